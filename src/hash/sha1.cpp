#include <cassert>
#include <new>
#include <stdexcept>

#include <openssl/evp.h>

#include <shoal/hash/sha1.hpp>

#include "hash/sha1_lanes.hpp"

namespace shoal {

namespace {

/// Fetched once: looking an algorithm up by name costs as much as hashing a small block.
const EVP_MD* fetched(const char* name) {
  const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, name, nullptr);
  if (algorithm == nullptr) {
    throw std::runtime_error(std::string("OpenSSL provides no ") + name);
  }
  return algorithm;  // kept for the life of the process
}
const EVP_MD* sha1_algorithm() {
  static const EVP_MD* const algorithm = fetched("SHA1");
  return algorithm;
}
const EVP_MD* sha256_algorithm() {
  static const EVP_MD* const algorithm = fetched("SHA256");
  return algorithm;
}

void require(int ok) {
  if (ok != 1) {
    throw std::runtime_error("OpenSSL: a digest failed");
  }
}

template <class Digest>
Digest digest_of(byte_view bytes, const EVP_MD* algorithm) {
  Digest out;
  unsigned length = 0;
  require(EVP_Digest(bytes.data(), bytes.size(), reinterpret_cast<unsigned char*>(out.bytes.data()), &length,
                     algorithm, nullptr));
  assert(length == Digest::size);
  return out;
}

}  // namespace

struct sha1_hasher::state {
  EVP_MD_CTX* context = EVP_MD_CTX_new();

  state() {
    if (context == nullptr) {
      throw std::bad_alloc();
    }
    require(EVP_DigestInit_ex2(context, sha1_algorithm(), nullptr));
  }
  ~state() { EVP_MD_CTX_free(context); }
  state(const state&) = delete;
  state& operator=(const state&) = delete;
};

sha1_hasher::sha1_hasher() : state_(std::make_unique<state>()) {}
sha1_hasher::~sha1_hasher() = default;
sha1_hasher::sha1_hasher(sha1_hasher&&) noexcept = default;
sha1_hasher& sha1_hasher::operator=(sha1_hasher&&) noexcept = default;

void sha1_hasher::update(byte_view bytes) {
  require(EVP_DigestUpdate(state_->context, bytes.data(), bytes.size()));
}

sha1_digest sha1_hasher::finish() {
  sha1_digest out;
  unsigned length = 0;
  require(EVP_DigestFinal_ex(state_->context, reinterpret_cast<unsigned char*>(out.bytes.data()), &length));
  assert(length == sha1_digest::size);
  // Without an algorithm the context keeps the one it has: no look-up, no allocation.
  require(EVP_DigestInit_ex2(state_->context, nullptr, nullptr));
  return out;
}

sha1_digest sha1(byte_view bytes) {
  return digest_of<sha1_digest>(bytes, sha1_algorithm());
}

sha256_digest sha256(byte_view bytes) {
  return digest_of<sha256_digest>(bytes, sha256_algorithm());
}

void sha1_many(std::span<const chunk_list> messages, std::span<sha1_digest> out) {
  assert(messages.size() == out.size());
  if (const auto compress = detail::sha1_compress()) return detail::sha1_in_lanes(compress, messages, out);
  sha1_hasher hasher;
  for (std::size_t i = 0; i < messages.size(); ++i) {
    for (const byte_view chunk : messages[i]) {
      hasher.update(chunk);
    }
    out[i] = hasher.finish();
  }
}

}  // namespace shoal
