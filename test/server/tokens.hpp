#pragma once
// Makes keys and the tokens that they sign, by OpenSSL.

#include <memory>
#include <string>
#include <string_view>

#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

namespace shoal::server::test {

inline std::string base64url(std::string_view bytes) {
  std::string out(bytes.size() / 3 * 4 + 5, '\0');
  const int n =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                      reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
  out.resize(static_cast<std::size_t>(n));
  while (!out.empty() && out.back() == '=') {
    out.pop_back();
  }
  for (char& c : out) {
    c = c == '+' ? '-' : c == '/' ? '_' : c;
  }
  return out;
}

class signing_key {
 public:
  static signing_key rsa(unsigned bits = 2048) { return signing_key(EVP_RSA_gen(bits)); }
  static signing_key ec(const char* curve = "P-256") { return signing_key(EVP_EC_gen(curve)); }

  std::string public_pem() const {
    const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), BIO_free);
    REQUIRE(PEM_write_bio_PUBKEY(out.get(), key_.get()) == 1);
    char* data = nullptr;
    const long length = BIO_get_mem_data(out.get(), &data);
    return {data, static_cast<std::size_t>(length)};
  }

  /// head "." claims "." signature, whatever they say.
  std::string token(std::string_view head, std::string_view claims) const {
    const std::string message = base64url(head) + "." + base64url(claims);
    return message + "." + base64url(signature(message));
  }
  std::string token(std::string_view claims) const {
    return token(is_rsa() ? R"({"alg":"RS256","typ":"JWT"})" : R"({"alg":"ES256"})", claims);
  }

 private:
  explicit signing_key(EVP_PKEY* key) : key_(key, EVP_PKEY_free) { REQUIRE(key != nullptr); }

  bool is_rsa() const { return EVP_PKEY_get_base_id(key_.get()) == EVP_PKEY_RSA; }

  std::string signature(const std::string& message) const {
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
    REQUIRE(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key_.get()) == 1);
    std::string out(1024, '\0');
    std::size_t length = out.size();
    REQUIRE(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(out.data()), &length,
                           reinterpret_cast<const unsigned char*>(message.data()), message.size()) == 1);
    out.resize(length);
    return is_rsa() ? out : numbers_of(out);
  }

  static std::string numbers_of(const std::string& der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const std::unique_ptr<ECDSA_SIG, decltype(&ECDSA_SIG_free)> signature(
        d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())), ECDSA_SIG_free);
    std::string out(64, '\0');
    auto* const bytes = reinterpret_cast<unsigned char*>(out.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(signature.get()), bytes, 32);
    BN_bn2binpad(ECDSA_SIG_get0_s(signature.get()), bytes + 32, 32);
    return out;
  }

  std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key_;
};

}  // namespace shoal::server::test
