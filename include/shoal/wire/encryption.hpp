#pragma once
// The encrypted handshake that clients call MSE or PE (message stream encryption; no BEP has it, the protocol
// is described on wiki.vuze.com as "Message Stream Encryption"). It hides from whoever looks on that this is
// BitTorrent; it proves nobody's identity.
//
//   caller -> answerer   its public key, padding
//   answerer -> caller   its public key, padding
//   caller -> answerer   sha1("req1" S), sha1("req2" torrent) xor sha1("req3" S),
//                        RC4(verification, what ciphers it offers, padding, first bytes of the stream)
//   answerer -> caller   RC4(verification, the cipher it chose, padding), then the stream
//
// S is the Diffie-Hellman secret. Both machines here take bytes and give bytes; chance comes as an argument.
// What the other side sends is bounded: padding ends in 512 bytes or nothing comes of it.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/result.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal::wire::mse {

/// A number below the 768-bit prime, in network order.
using public_key = fixed_bytes<96, struct public_key_tag>;
/// Unguessable bytes: from the system's source, not from a seeded one.
using private_key = fixed_bytes<20, struct private_key_tag>;

inline constexpr std::size_t padding_bytes_max = 512;

/// 2 to the power of the private key.
public_key public_key_of(const private_key& ours);
/// The secret that both sides share. Nothing when `theirs` is no key: 0, 1, the prime less one, or beyond.
std::optional<public_key> shared_secret(const private_key& ours, const public_key& theirs);

/// One direction's key stream. The same call encrypts and decrypts, in place; the first 1024 bytes of the
/// stream are thrown away. About 1 s/GiB.
class rc4 {
 public:
  explicit rc4(byte_view key);
  ~rc4();
  rc4(rc4&&) noexcept;
  rc4& operator=(rc4&&) noexcept;

  void apply(std::span<std::byte> bytes);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// What may come after the handshake, as the bits of `crypto_provide`.
enum class cipher : std::uint32_t { plaintext = 1, rc4 = 2 };

/// Ciphers that one side accepts. An answerer takes `preferred` where both are possible.
struct cipher_choice {
  bool plaintext = true;
  bool rc4 = true;
  cipher preferred = cipher::rc4;
};

/// How a client stands towards encryption. It hides traffic at the cost of about 1 s of processor a GiB.
enum class policy : std::uint8_t {
  off,      ///< neither calls nor answers so
  allow,    ///< calls in plain, and once more when that is hung up on; answers what comes
  prefer,   ///< calls encrypted, and in plain where that is not understood; answers what comes
  require,  ///< nothing else
};

/// May a connection be made, and may one be answered, without the encrypted handshake?
constexpr bool may_be_plain(policy p) {
  return p != policy::require;
}
constexpr bool may_be_encrypted(policy p) {
  return p != policy::off;
}
/// Which handshake a call begins with.
constexpr bool encrypted_first(policy p) {
  return p == policy::prefer || p == policy::require;
}
/// What a caller offers: who wants encryption does not let the stream be plain after the handshake.
constexpr cipher_choice offer_of(policy p) {
  return {p == policy::allow, true, cipher::rc4};
}
/// What an answerer takes: who only allows encryption would rather be spared it after the handshake.
constexpr cipher_choice acceptance_of(policy p) {
  return {p != policy::require, true, p == policy::allow ? cipher::plaintext : cipher::rc4};
}

/// Chance for one handshake.
struct entropy {
  private_key secret;
  std::vector<std::byte> padding;    ///< sent after the public key; at most padding_bytes_max bytes
  std::uint16_t sealed_padding = 0;  ///< how many zeros are sent encrypted; at most padding_bytes_max
};

/// What a handshake ended in.
struct secured {
  cipher chosen = cipher::plaintext;
  std::optional<rc4> sending, receiving;  ///< of the stream that follows, unless it is plain
  std::vector<std::byte> received;        ///< the stream's bytes that have come already, decrypted
};

/// One side of one handshake: feed what comes, send what `output` gives. Used up by the first error.
class encryption_handshake {
 public:
  /// The side that calls. `first_bytes` (at most 65535) begin the stream: its BitTorrent handshake.
  static encryption_handshake caller(const sha1_digest& torrent, const cipher_choice& offered,
                                     byte_view first_bytes, entropy chance);
  static encryption_handshake answerer(const cipher_choice& accepted, entropy chance);

  /// errc::bad_public_key, padding_too_long (or a marker that never comes: the other side means another
  /// torrent or another protocol), bad_verification, no_common_cipher.
  result<void> feed(byte_view in);
  /// Bytes to send, each once.
  std::vector<std::byte> output();

  /// An answerer that has heard which torrent is meant stops here until it is told: sha1("req2" torrent).
  const std::optional<sha1_digest>& asked() const { return asked_; }
  /// The torrent of that name; `feed({})` goes on then.
  void torrent(const sha1_digest& which);

  bool done() const { return phase_ == phase::done; }
  /// Once, when done.
  secured finish();

 private:
  enum class phase : std::uint8_t { key, mark, torrent, verification, padding, first_bytes, done };

  encryption_handshake(bool calls, const cipher_choice& accepted, entropy chance);

  enum class progress : std::uint8_t { waits, moves };

  result<progress> step();
  result<progress> take_key();
  result<progress> find_mark();
  result<progress> take_torrent();
  result<progress> take_verification();
  result<progress> take_padding();
  result<progress> take_first_bytes();
  result<cipher> choose(std::uint32_t bits) const;
  void derive(const sha1_digest& torrent);
  void offer();
  void reply();
  void seal(byte_view plain);
  std::optional<std::vector<std::byte>> take(std::size_t n);
  std::optional<std::vector<std::byte>> take_sealed(std::size_t n);

  bool calls_;
  cipher_choice accepted_;
  entropy chance_;
  phase phase_ = phase::key;
  public_key secret_;                   // from `mark` on
  std::vector<std::byte> mark_;         // what ends the padding
  std::optional<sha1_digest> asked_;    // between `torrent` and the call of that name
  sha1_digest torrent_;                 // the caller's, from the start
  std::vector<std::byte> first_bytes_;  // the caller's own, or what the answerer gets
  std::size_t padding_ = 0;             // bytes that are still to come, sealed
  cipher chosen_ = cipher::plaintext;
  std::optional<rc4> sending_, receiving_;
  std::vector<std::byte> in_;
  std::vector<std::byte> out_;
};

/// sha1("req2" torrent): what a caller says of the torrent it wants, to be looked up by the answerer.
sha1_digest obfuscated(const sha1_digest& torrent);

}  // namespace shoal::wire::mse
