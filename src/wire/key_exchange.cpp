// The mathematics of the encrypted handshake, over OpenSSL's libcrypto. RC4 is called by its old name there,
// which works without the provider of outdated algorithms, a file that a machine may not have.

#define OPENSSL_SUPPRESS_DEPRECATED

#include <memory>
#include <new>
#include <string_view>

#include <openssl/bn.h>
#include <openssl/rc4.h>

#include <shoal/wire/encryption.hpp>

namespace shoal::wire::mse {
namespace {

constexpr std::size_t discarded_bytes = 1024;

struct free_number {
  void operator()(BIGNUM* n) const { BN_clear_free(n); }
};
struct free_context {
  void operator()(BN_CTX* c) const { BN_CTX_free(c); }
};
using number = std::unique_ptr<BIGNUM, free_number>;
using context = std::unique_ptr<BN_CTX, free_context>;

template <class Pointer>
Pointer checked(Pointer p) {
  if (!p) {
    throw std::bad_alloc();
  }
  return p;
}

const unsigned char* raw(byte_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

number number_of(byte_view bytes) {
  return checked(number(BN_bin2bn(raw(bytes), static_cast<int>(bytes.size()), nullptr)));
}

/// The specification's own; only its end differs from the first Oakley group's.
constexpr const char* prime_digits =
    "FFFFFFFFFFFFFFFFC90FDAA22168C234C4C6628B80DC1CD129024E088A67CC74020BBEA63B139B22514A08798E3404DD"
    "EF9519B3CD3A431B302B0A6DF25F14374FE1356D6D51C245E485B576625E7EC6F44C42E9A63A36210000000000090563";

const BIGNUM* prime() {
  static const number p = [] {
    BIGNUM* read = nullptr;
    BN_hex2bn(&read, prime_digits);
    return checked(number(read));
  }();
  return p.get();
}

public_key power(const BIGNUM* base, const private_key& exponent) {
  const auto e = number_of(exponent.view());
  const auto out = checked(number(BN_new()));
  const auto room = checked(context(BN_CTX_new()));
  BN_set_flags(e.get(), BN_FLG_CONSTTIME);
  if (BN_mod_exp(out.get(), base, e.get(), prime(), room.get()) != 1) {
    throw std::bad_alloc();  // its only way to fail with these arguments
  }
  public_key key;
  BN_bn2binpad(out.get(), reinterpret_cast<unsigned char*>(key.bytes.data()), public_key::size);
  return key;
}

}  // namespace

public_key public_key_of(const private_key& ours) {
  const auto two = checked(number(BN_new()));
  BN_set_word(two.get(), 2);
  return power(two.get(), ours);
}

std::optional<public_key> shared_secret(const private_key& ours, const public_key& theirs) {
  const auto base = number_of(theirs.view());
  const auto last = checked(number(BN_dup(prime())));
  BN_sub_word(last.get(), 1);
  if (BN_is_zero(base.get()) || BN_is_one(base.get()) || BN_cmp(base.get(), last.get()) >= 0) {
    return std::nullopt;
  }
  return power(base.get(), ours);
}

struct rc4::state {
  RC4_KEY key;
};

rc4::rc4(byte_view key) : state_(std::make_unique<state>()) {
  RC4_set_key(&state_->key, static_cast<int>(key.size()), raw(key));
  std::byte discarded[discarded_bytes] = {};
  apply(discarded);
}

rc4::~rc4() = default;
rc4::rc4(rc4&&) noexcept = default;
rc4& rc4::operator=(rc4&&) noexcept = default;

void rc4::apply(std::span<std::byte> bytes) {
  auto* const at = reinterpret_cast<unsigned char*>(bytes.data());
  RC4(&state_->key, bytes.size(), at, at);
}

}  // namespace shoal::wire::mse
