// proto/encryption.json, replayed from both sides.

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/wire/codec.hpp>
#include <shoal/wire/encryption.hpp>
#include <shoal/wire/handshake.hpp>

#include "proto/golden.hpp"

namespace {

using namespace shoal;
using namespace shoal::wire::mse;
using wire::errc;

const golden::file& vectors() {
  static const golden::file it("encryption.json");
  return it;
}

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto view = as_bytes(text);
  return {view.begin(), view.end()};
}

template <class Bytes>
Bytes fixed(const golden::json::value& hex) {
  const auto text = golden::unhex(hex);
  const auto out = Bytes::from(as_bytes(text));
  REQUIRE(out);
  return *out;
}

cipher_choice choice(std::uint64_t bits) {
  return {(bits & 1) != 0, (bits & 2) != 0, (bits & 2) != 0 ? cipher::rc4 : cipher::plaintext};
}

entropy chance_of(const golden::json::object& value, const std::string& side) {
  return {fixed<private_key>(value.at(side + "_key")), bytes_of(golden::unhex(value.at(side + "_padding"))),
          value.at(side + "_sealed_padding").to_number<std::uint16_t>()};
}

std::string sealed(std::optional<rc4>& cipher, std::string text) {
  auto bytes = bytes_of(text);
  if (cipher) {
    cipher->apply(bytes);
  }
  return std::string(as_text(bytes));
}

/// Feeds so many bytes at once.
void feed(encryption_handshake& side, std::string_view bytes, std::size_t step) {
  while (!bytes.empty()) {
    const auto part = bytes.substr(0, step);
    const auto fed = side.feed(as_bytes(part));
    REQUIRE_MESSAGE(fed.has_value(), fed.error().message());
    bytes.remove_prefix(part.size());
  }
}

std::string said(encryption_handshake& side) {
  const auto out = side.output();
  return std::string(as_text(out));
}

void replay(const golden::json::object& vector, std::size_t step) {
  const auto& value = vector.at("value").as_object();
  const auto& on_wire = value.at("wire").as_object();
  const auto torrent = fixed<sha1_digest>(value.at("torrent"));
  const auto first_bytes = golden::unhex(value.at("first_bytes"));
  auto caller = encryption_handshake::caller(torrent, choice(value.at("offered").to_number<std::uint64_t>()),
                                             as_bytes(first_bytes), chance_of(value, "caller"));
  auto answerer = encryption_handshake::answerer(choice(value.at("accepted").to_number<std::uint64_t>()),
                                                 chance_of(value, "answerer"));

  std::string called = said(caller);
  feed(answerer, called, step);
  CHECK_FALSE(answerer.asked());
  const auto answered = said(answerer);
  CHECK(answered == golden::unhex(on_wire.at("answerer_key")));
  feed(caller, answered, step);
  const auto offered = said(caller);
  called += offered;
  CHECK(called == golden::unhex(vector.at("hex")));

  feed(answerer, offered, step);
  REQUIRE(answerer.asked());
  CHECK(*answerer.asked() == obfuscated(torrent));
  answerer.torrent(torrent);
  REQUIRE(answerer.feed({}).has_value());
  REQUIRE(answerer.done());
  const auto chosen = said(answerer);
  CHECK(chosen == golden::unhex(on_wire.at("choice")));
  const auto up = golden::unhex(value.at("caller_says"));
  const auto down = golden::unhex(value.at("answerer_says"));
  auto theirs = answerer.finish();
  const auto down_on_wire = sealed(theirs.sending, down);
  CHECK(down_on_wire == golden::unhex(on_wire.at("answerer_says")));
  feed(caller, chosen, step);
  feed(caller, down_on_wire, step);  // behind the handshake: part of the stream
  REQUIRE(caller.done());
  auto ours = caller.finish();
  CHECK(as_text(ours.received) == down);
  CHECK(as_text(theirs.received) == first_bytes);
  const auto up_on_wire = sealed(ours.sending, up);
  CHECK(up_on_wire == golden::unhex(on_wire.at("caller_says")));
  CHECK(sealed(theirs.receiving, up_on_wire) == up);
  const auto expected = static_cast<cipher>(value.at("chosen").to_number<std::uint32_t>());
  CHECK(ours.chosen == expected);
  CHECK(theirs.chosen == expected);
}

/// Feeds so many bytes at once, until it fails.
result<void> fed_in_steps(encryption_handshake& machine, byte_view bytes, std::size_t step) {
  result<void> fed;
  while (fed && !bytes.empty() && !machine.asked()) {
    const auto part = bytes.first(std::min(step, bytes.size()));
    fed = machine.feed(part);
    bytes = bytes.subspan(part.size());
  }
  return fed && !bytes.empty() ? machine.feed(bytes) : fed;
}

/// What comes of it when these bytes are heard by the other side.
result<void> heard(const golden::json::object& vector, byte_view bytes, std::size_t step) {
  const auto side = golden::text_of(vector.at("message"));
  if (side == "public key") {
    auto machine = encryption_handshake::answerer({}, {});
    return fed_in_steps(machine, bytes, step);
  }
  const auto torrent = fixed<sha1_digest>(vector.at("torrent"));
  const entropy chance{fixed<private_key>(vector.at("key")), {}, 0};
  auto machine = side == "caller" ? encryption_handshake::answerer({}, chance)
                                  : encryption_handshake::caller(torrent, {}, {}, chance);
  auto fed = fed_in_steps(machine, bytes, step);
  if (fed && machine.asked()) {
    machine.torrent(torrent);
    fed = machine.feed({});
  }
  CHECK_FALSE(machine.done());
  return fed;
}

}  // namespace

TEST_CASE("every golden conversation is held from both sides, however it is cut") {
  vectors().check_rows();
  vectors().for_each_vector([](const golden::json::object& vector) {
    for (const std::size_t step : {std::size_t{1}, std::size_t{13}, std::size_t{4096}}) {
      CAPTURE(step);
      replay(vector, step);
    }
  });
}

TEST_CASE("what is no encrypted handshake is refused by name, however it is cut, and no head of it is") {
  const std::map<std::string_view, errc> errors{{"bad_public_key", errc::bad_public_key},
                                                {"padding_too_long", errc::padding_too_long},
                                                {"bad_verification", errc::bad_verification},
                                                {"no_common_cipher", errc::no_common_cipher}};
  vectors().for_each_rejected([&](const golden::json::object& vector) {
    const auto text = golden::bytes_of(vector);
    for (const std::size_t step : {std::size_t{1}, std::size_t{4096}}) {
      CAPTURE(step);
      const auto fed = heard(vector, as_bytes(text), step);
      REQUIRE(fed.has_error());
      CHECK(fed.error() == errors.at(golden::text_of(vector.at("error"))));
    }
    for (std::size_t n = 0; n < public_key::size; ++n) {
      CHECK(heard(vector, as_bytes(text).first(n), 4096).has_value());
    }
  });
}

TEST_CASE("an answerer waits until it is told which torrent is meant") {
  vectors().for_each_vector([](const golden::json::object& vector) {
    const auto& value = vector.at("value").as_object();
    auto answerer = encryption_handshake::answerer({}, chance_of(value, "answerer"));
    const auto call = golden::bytes_of(vector);
    feed(answerer, call, call.size());
    said(answerer);
    REQUIRE(answerer.feed({}).has_value());
    CHECK(answerer.asked());
    CHECK_FALSE(answerer.done());
    CHECK(said(answerer).empty());
    // Another torrent's keys do not open what follows.
    sha1_digest another = fixed<sha1_digest>(value.at("torrent"));
    another.bytes[0] ^= std::byte{1};
    answerer.torrent(another);
    CHECK(answerer.feed({}).error() == errc::bad_verification);
  });
}

TEST_CASE("the policy says how calls are made, answered and sealed") {
  CHECK_FALSE(may_be_encrypted(policy::off));
  CHECK_FALSE(may_be_plain(policy::require));
  CHECK_FALSE(encrypted_first(policy::allow));
  CHECK(encrypted_first(policy::prefer));
  CHECK(encrypted_first(policy::require));
  CHECK(offer_of(policy::allow).plaintext);
  CHECK_FALSE(offer_of(policy::prefer).plaintext);
  CHECK_FALSE(acceptance_of(policy::require).plaintext);
  CHECK(acceptance_of(policy::prefer).preferred == cipher::rc4);
  CHECK(acceptance_of(policy::allow).preferred == cipher::plaintext);
}

TEST_CASE("RC4 throws the first 1024 bytes of its stream away (RFC 6229)") {
  // The key 0102030405 at offset 1024.
  const std::string key("\x01\x02\x03\x04\x05");
  rc4 stream(as_bytes(key));
  std::vector<std::byte> zeros(16);
  stream.apply(zeros);
  CHECK(to_hex(zeros) == "30abbcc7c20b01609f23ee2d5f6bb7df");
}
