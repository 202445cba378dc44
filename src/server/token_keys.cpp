#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <openssl/bio.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <shoal/base/bytes.hpp>
#include <shoal/base/hex.hpp>
#include <shoal/server/token_keys.hpp>

namespace shoal::server {

namespace json = boost::json;

namespace {

template <class T, void (*Free)(T*)>
struct freed_by {
  void operator()(T* p) const { Free(p); }
};
void free_bio(BIO* b) {
  BIO_free(b);
}
using bio_ptr = std::unique_ptr<BIO, freed_by<BIO, free_bio>>;
using key_ptr = std::unique_ptr<EVP_PKEY, freed_by<EVP_PKEY, EVP_PKEY_free>>;
using context_ptr = std::unique_ptr<EVP_MD_CTX, freed_by<EVP_MD_CTX, EVP_MD_CTX_free>>;
using signature_ptr = std::unique_ptr<ECDSA_SIG, freed_by<ECDSA_SIG, ECDSA_SIG_free>>;

constexpr std::size_t keys_max = 8;
constexpr int rsa_bits_min = 2048;
constexpr std::size_t p256_number_bytes = 32;
/// A token of 4096 bits of RSA and some claims has about a thousand.
constexpr std::size_t token_chars_max = 4096;

constexpr std::string_view malformed = "the token is malformed";

enum class algorithm : std::uint8_t { rs256, es256 };

std::optional<algorithm> algorithm_of(const EVP_PKEY* key) {
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA) {
    return EVP_PKEY_get_bits(key) >= rsa_bits_min ? std::optional(algorithm::rs256) : std::nullopt;
  }
  std::array<char, 32> group{};
  std::size_t length = 0;
  if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC &&
      EVP_PKEY_get_group_name(key, group.data(), group.size(), &length) == 1 &&
      std::string_view(group.data(), length) == "prime256v1") {
    return algorithm::es256;
  }
  return std::nullopt;
}

/// RFC 4648, 5, without padding.
std::optional<std::string> from_base64url(std::string_view text) {
  constexpr std::string_view alphabet = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  if (text.find_first_not_of(alphabet) != std::string_view::npos) {
    return std::nullopt;
  }
  std::string plain(text);
  std::replace(plain.begin(), plain.end(), '-', '+');
  std::replace(plain.begin(), plain.end(), '_', '/');
  const std::size_t padding = (4 - plain.size() % 4) % 4;
  if (padding == 3 || plain.empty()) {
    return std::nullopt;
  }
  plain.append(padding, '=');
  std::string out(plain.size() / 4 * 3, '\0');
  const int length =
      EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(plain.data()), static_cast<int>(plain.size()));
  if (length < 0) {
    return std::nullopt;
  }
  out.resize(static_cast<std::size_t>(length) - padding);
  return out;
}

std::optional<json::object> object_of(std::string_view part) {
  const auto text = from_base64url(part);
  if (!text) {
    return std::nullopt;
  }
  boost::system::error_code failed;
  auto value = json::parse(*text, failed);
  if (failed || !value.is_object()) {
    return std::nullopt;
  }
  return std::move(value.as_object());
}

std::optional<std::string_view> text_of(const json::object& o, std::string_view name) {
  const auto* const v = o.if_contains(name);
  return v != nullptr && v->is_string() ? std::optional<std::string_view>(v->get_string()) : std::nullopt;
}

/// RFC 7519's NumericDate, which may have a fraction.
std::optional<double> time_of(const json::object& o, std::string_view name) {
  const auto* const v = o.if_contains(name);
  if (v == nullptr || !v->is_number()) {
    return std::nullopt;
  }
  const double seconds = v->to_number<double>();
  return std::isfinite(seconds) ? std::optional(seconds) : std::nullopt;
}

/// RFC 7518, 3.4: the two numbers one after the other; OpenSSL wants them in DER.
std::string der_of(std::string_view signature) {
  if (signature.size() != 2 * p256_number_bytes) {
    return {};
  }
  const auto* const bytes = reinterpret_cast<const unsigned char*>(signature.data());
  const signature_ptr numbers(ECDSA_SIG_new());
  BIGNUM* const r = BN_bin2bn(bytes, p256_number_bytes, nullptr);
  BIGNUM* const s = BN_bin2bn(bytes + p256_number_bytes, p256_number_bytes, nullptr);
  if (!numbers || ECDSA_SIG_set0(numbers.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return {};
  }
  unsigned char* der = nullptr;
  const int length = i2d_ECDSA_SIG(numbers.get(), &der);
  std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(std::max(length, 0)));
  OPENSSL_free(der);
  return out;
}

bool is_signed_by(EVP_PKEY* key, std::string_view message, std::string_view signature) {
  const context_ptr context(EVP_MD_CTX_new());
  const bool holds =
      context != nullptr && EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1 &&
      EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                       signature.size(), reinterpret_cast<const unsigned char*>(message.data()),
                       message.size()) == 1;
  ERR_clear_error();
  return holds;
}

/// The next public key of a PEM text, in DER; empty after the last, nothing for anything else.
std::optional<std::string> next_block(BIO* in) {
  char* name = nullptr;
  char* head = nullptr;
  unsigned char* data = nullptr;
  long length = 0;
  std::optional<std::string> out;
  if (PEM_read_bio(in, &name, &head, &data, &length) == 1) {
    if (std::string_view(name) == "PUBLIC KEY") {
      out.emplace(reinterpret_cast<const char*>(data), static_cast<std::size_t>(length));
    }
  } else if (ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE) {
    out.emplace();
  }
  ERR_clear_error();
  OPENSSL_free(name);
  OPENSSL_free(head);
  OPENSSL_free(data);
  return out;
}

}  // namespace

struct token_keys::key_ring {
  struct entry {
    key_ptr key;
    algorithm by;
  };
  std::vector<entry> entries;

  bool has_signed(algorithm by, std::string_view message, std::string_view signature) const {
    const std::string der = by == algorithm::es256 ? der_of(signature) : std::string();
    return std::any_of(entries.begin(), entries.end(), [&](const entry& e) {
      return e.by == by && is_signed_by(e.key.get(), message, by == algorithm::es256 ? der : signature);
    });
  }
};

token_keys::token_keys(std::shared_ptr<const key_ring> keys) : keys_(std::move(keys)) {}

std::optional<token_keys> token_keys::parse(std::string_view pem) {
  const bio_ptr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  auto ring = std::make_shared<key_ring>();
  while (in) {
    const auto block = next_block(in.get());
    if (!block) {
      return std::nullopt;
    }
    if (block->empty()) {
      break;
    }
    const auto* at = reinterpret_cast<const unsigned char*>(block->data());
    key_ptr found(d2i_PUBKEY(nullptr, &at, static_cast<long>(block->size())));
    ERR_clear_error();
    const auto by = found ? algorithm_of(found.get()) : std::nullopt;
    if (!by || ring->entries.size() == keys_max) {
      return std::nullopt;
    }
    ring->entries.push_back({std::move(found), *by});
  }
  return ring->entries.empty() ? std::nullopt : std::optional(token_keys(std::move(ring)));
}

token_verdict token_keys::check(std::string_view token, std::uint64_t unix_now_s) const {
  const auto head_end = token.find('.');
  const auto claims_end = token.find('.', std::min(head_end, token.size() - 1) + 1);
  if (token.size() > token_chars_max || head_end == std::string_view::npos ||
      claims_end == std::string_view::npos) {
    return {malformed, {}};
  }
  const auto head = object_of(token.substr(0, head_end));
  const auto claims = object_of(token.substr(head_end + 1, claims_end - head_end - 1));
  const auto signature = from_base64url(token.substr(claims_end + 1));
  if (!head || !claims || !signature || head->contains("crit")) {
    return {malformed, {}};
  }
  const auto by = text_of(*head, "alg");
  if (by != "RS256" && by != "ES256") {
    return {"the token is signed by another algorithm than RS256 and ES256", {}};
  }
  const auto name = from_hex(text_of(*claims, "infohash").value_or(""));
  const auto info_hash = name ? sha1_digest::from(*name) : std::nullopt;
  const auto expires = time_of(*claims, "exp");
  if (!info_hash || !expires) {
    return {"the token names no infohash or no time of expiry", {}};
  }
  const auto now = static_cast<double>(unix_now_s);
  if (now >= *expires) {
    return {"the token has expired", {}};
  }
  if (claims->contains("nbf") && !(time_of(*claims, "nbf").value_or(now + 1) <= now)) {
    return {"the token is not valid yet", {}};
  }
  // Last, for it takes most.
  const auto which = by == "RS256" ? algorithm::rs256 : algorithm::es256;
  if (!keys_->has_signed(which, token.substr(0, claims_end), *signature)) {
    return {"the token is not signed by whom this tracker trusts", {}};
  }
  return {{}, *info_hash};
}

}  // namespace shoal::server
