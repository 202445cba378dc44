#include <algorithm>
#include <cassert>
#include <initializer_list>
#include <string_view>
#include <utility>

#include <shoal/hash/sha1.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/encryption.hpp>

namespace shoal::wire::mse {
namespace {

constexpr std::size_t verification_bytes = 8;  // zeros, called VC
constexpr std::size_t bits_bytes = 4;
constexpr std::size_t length_bytes = 2;

sha1_digest digest_of(std::string_view label, std::initializer_list<byte_view> parts) {
  sha1_hasher hasher;
  hasher.update(as_bytes(label));
  for (const auto part : parts) {
    hasher.update(part);
  }
  return hasher.finish();
}

sha1_digest exclusive_or(sha1_digest a, const sha1_digest& b) {
  for (std::size_t i = 0; i < a.bytes.size(); ++i) {
    a.bytes[i] ^= b.bytes[i];
  }
  return a;
}

std::uint32_t bits_of(const cipher_choice& c) {
  return (c.plaintext ? static_cast<std::uint32_t>(cipher::plaintext) : 0) |
         (c.rc4 ? static_cast<std::uint32_t>(cipher::rc4) : 0);
}

void append(std::vector<std::byte>& to, byte_view bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

}  // namespace

sha1_digest obfuscated(const sha1_digest& torrent) {
  return digest_of("req2", {torrent.view()});
}

encryption_handshake::encryption_handshake(bool calls, const cipher_choice& accepted, entropy chance)
    : calls_(calls), accepted_(accepted), chance_(std::move(chance)) {
  assert(chance_.padding.size() <= padding_bytes_max && chance_.sealed_padding <= padding_bytes_max);
}

encryption_handshake encryption_handshake::caller(const sha1_digest& torrent, const cipher_choice& offered,
                                                  byte_view first_bytes, entropy chance) {
  assert(first_bytes.size() <= 0xffff);
  encryption_handshake out(true, offered, std::move(chance));
  out.torrent_ = torrent;
  append(out.first_bytes_, first_bytes);
  append(out.out_, public_key_of(out.chance_.secret).view());
  append(out.out_, out.chance_.padding);
  return out;
}

encryption_handshake encryption_handshake::answerer(const cipher_choice& accepted, entropy chance) {
  return {false, accepted, std::move(chance)};
}

result<void> encryption_handshake::feed(byte_view in) {
  append(in_, in);
  while (!done()) {
    const auto moved = step();
    if (!moved) {
      return moved.error();
    }
    if (*moved == progress::waits) {
      break;
    }
  }
  return boost::system::in_place_value;
}

std::vector<std::byte> encryption_handshake::output() {
  return std::exchange(out_, {});
}

auto encryption_handshake::step() -> result<progress> {
  switch (phase_) {
    case phase::key:
      return take_key();
    case phase::mark:
      return find_mark();
    case phase::torrent:
      return take_torrent();
    case phase::verification:
      return take_verification();
    case phase::padding:
      return take_padding();
    case phase::first_bytes:
      return take_first_bytes();
    case phase::done:
      break;
  }
  return progress::waits;
}

auto encryption_handshake::take_key() -> result<progress> {
  const auto bytes = take(public_key::size);
  if (!bytes) {
    return progress::waits;
  }
  const auto secret = shared_secret(chance_.secret, *public_key::from(*bytes));
  if (!secret) {
    return errc::bad_public_key;
  }
  secret_ = *secret;
  if (calls_) {
    derive(torrent_);
    offer();
    mark_.resize(verification_bytes);  // what the zeros look like in their key stream
    receiving_->apply(mark_);
  } else {
    append(out_, public_key_of(chance_.secret).view());
    append(out_, chance_.padding);
    append(mark_, digest_of("req1", {secret_.view()}).view());
  }
  phase_ = phase::mark;
  return progress::moves;
}

/// The padding before the mark is of a length that nobody tells; it is over where the mark begins.
auto encryption_handshake::find_mark() -> result<progress> {
  const auto end =
      in_.begin() + static_cast<std::ptrdiff_t>(std::min(in_.size(), padding_bytes_max + mark_.size()));
  const auto found = std::search(in_.begin(), end, mark_.begin(), mark_.end());
  if (found == end) {
    if (in_.size() >= padding_bytes_max + mark_.size()) {
      return errc::padding_too_long;
    }
    return progress::waits;
  }
  in_.erase(in_.begin(), found + static_cast<std::ptrdiff_t>(mark_.size()));
  phase_ = calls_ ? phase::verification : phase::torrent;
  return progress::moves;
}

auto encryption_handshake::take_torrent() -> result<progress> {
  if (asked_) {
    return progress::waits;  // until we are told which it is
  }
  const auto bytes = take(sha1_digest::size);
  if (!bytes) {
    return progress::waits;
  }
  asked_ = exclusive_or(*sha1_digest::from(*bytes), digest_of("req3", {secret_.view()}));
  return progress::waits;
}

void encryption_handshake::torrent(const sha1_digest& which) {
  assert(phase_ == phase::torrent && asked_);
  derive(which);
  asked_.reset();
  phase_ = phase::verification;
}

/// The caller has found the zeros already, as its mark.
auto encryption_handshake::take_verification() -> result<progress> {
  const std::size_t zeros = calls_ ? 0 : verification_bytes;
  const auto bytes = take_sealed(zeros + bits_bytes + length_bytes);
  if (!bytes) {
    return progress::waits;
  }
  byte_reader in(*bytes);
  for (const std::byte b : in.bytes(zeros)) {
    if (b != std::byte{0}) {
      return errc::bad_verification;
    }
  }
  const auto chosen = choose(in.u32());
  if (!chosen) {
    return chosen.error();
  }
  chosen_ = *chosen;
  padding_ = in.u16();
  if (padding_ > padding_bytes_max) {
    return errc::padding_too_long;
  }
  phase_ = phase::padding;
  return progress::moves;
}

result<cipher> encryption_handshake::choose(std::uint32_t bits) const {
  const std::uint32_t common = bits & bits_of(accepted_);
  const auto has = [common](cipher c) { return (common & static_cast<std::uint32_t>(c)) != 0; };
  if (common == 0 || (calls_ && (bits & (bits - 1)) != 0)) {  // a choice is one bit, and one we offered
    return errc::no_common_cipher;
  }
  if (has(accepted_.preferred)) {
    return accepted_.preferred;
  }
  return has(cipher::rc4) ? cipher::rc4 : cipher::plaintext;
}

auto encryption_handshake::take_padding() -> result<progress> {
  const std::size_t behind = calls_ ? 0 : length_bytes;
  const auto bytes = take_sealed(padding_ + behind);
  if (!bytes) {
    return progress::waits;
  }
  if (calls_) {
    phase_ = phase::done;
    return progress::moves;
  }
  padding_ = byte_reader(byte_view(*bytes).last(length_bytes)).u16();
  phase_ = phase::first_bytes;
  return progress::moves;
}

auto encryption_handshake::take_first_bytes() -> result<progress> {
  auto bytes = take_sealed(padding_);
  if (!bytes) {
    return progress::waits;
  }
  first_bytes_ = std::move(*bytes);
  reply();
  phase_ = phase::done;
  return progress::moves;
}

void encryption_handshake::derive(const sha1_digest& torrent) {
  rc4 of_caller(digest_of("keyA", {secret_.view(), torrent.view()}).view());
  rc4 of_answerer(digest_of("keyB", {secret_.view(), torrent.view()}).view());
  sending_ = calls_ ? std::move(of_caller) : std::move(of_answerer);
  receiving_ = calls_ ? std::move(of_answerer) : std::move(of_caller);
}

void encryption_handshake::offer() {
  append(out_, digest_of("req1", {secret_.view()}).view());
  append(out_, exclusive_or(obfuscated(torrent_), digest_of("req3", {secret_.view()})).view());
  std::vector<std::byte> plain(verification_bytes);
  byte_writer w(plain);
  w.u32(bits_of(accepted_));
  w.u16(chance_.sealed_padding);
  plain.resize(plain.size() + chance_.sealed_padding);
  w.u16(static_cast<std::uint16_t>(first_bytes_.size()));
  w.bytes(first_bytes_);
  seal(plain);
}

void encryption_handshake::reply() {
  std::vector<std::byte> plain(verification_bytes);
  byte_writer w(plain);
  w.u32(static_cast<std::uint32_t>(chosen_));
  w.u16(chance_.sealed_padding);
  plain.resize(plain.size() + chance_.sealed_padding);
  seal(plain);
}

void encryption_handshake::seal(byte_view plain) {
  const std::size_t before = out_.size();
  append(out_, plain);
  sending_->apply(std::span(out_).subspan(before));
}

std::optional<std::vector<std::byte>> encryption_handshake::take(std::size_t n) {
  if (in_.size() < n) {
    return std::nullopt;
  }
  const auto end = in_.begin() + static_cast<std::ptrdiff_t>(n);
  std::vector<std::byte> out(in_.begin(), end);
  in_.erase(in_.begin(), end);
  return out;
}

std::optional<std::vector<std::byte>> encryption_handshake::take_sealed(std::size_t n) {
  auto out = take(n);
  if (out) {
    receiving_->apply(*out);
  }
  return out;
}

secured encryption_handshake::finish() {
  assert(done());
  secured out;
  out.chosen = chosen_;
  if (chosen_ == cipher::rc4) {
    receiving_->apply(in_);
    out.sending = std::move(sending_);
    out.receiving = std::move(receiving_);
  }
  if (!calls_) {
    out.received = std::move(first_bytes_);
  }
  append(out.received, in_);
  return out;
}

}  // namespace shoal::wire::mse
