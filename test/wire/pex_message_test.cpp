// proto/peer_exchange.json, replayed both ways.

#include <map>
#include <string>
#include <string_view>

#include <doctest/doctest.h>

#include <shoal/bencode/bencode.hpp>
#include <shoal/wire/codec.hpp>
#include <shoal/wire/pex_message.hpp>

#include "proto/golden.hpp"

namespace {

using namespace shoal;
using namespace shoal::wire;

const golden::file& vectors() {
  static const golden::file it("peer_exchange.json");
  return it;
}

pex_message value_of(const golden::json::object& value) {
  pex_message out;
  for (const auto& entry : value.at("added").as_array()) {
    const auto who = endpoint::parse(golden::text_of(entry.at(0)));
    out.added.push_back({who.value(), entry.at(1).to_number<std::uint8_t>()});
  }
  for (const auto& entry : value.at("dropped").as_array()) {
    out.dropped.push_back(endpoint::parse(golden::text_of(entry)).value());
  }
  return out;
}

}  // namespace

TEST_CASE("every golden peer exchange is read and written") {
  vectors().check_rows();
  vectors().for_each_vector([](const golden::json::object& vector) {
    const auto text = golden::bytes_of(vector);
    const auto message = decode_pex_message(as_bytes(text));
    REQUIRE(message.has_value());
    CHECK(*message == value_of(vector.at("value").as_object()));
    CHECK(decode_pex_message(encode(*message)).value() == *message);
    if (!golden::is_canonical(vector)) {
      return;
    }
    CHECK(as_text(encode(*message)) == text);
    for (std::size_t n = 0; n < text.size(); ++n) {
      CAPTURE(n);
      CHECK(decode_pex_message(as_bytes(text).first(n)).error() == bencode::errc::truncated);
    }
    CHECK(decode_pex_message(as_bytes(text + "x")).value() == *message);
  });
}

TEST_CASE("every golden peer exchange that is none is refused by name") {
  const std::map<std::string_view, error> errors{
      {"truncated", bencode::errc::truncated},
      {"too_deep", bencode::errc::too_deep},
      {"bad_extension_message", wire::errc::bad_extension_message}};
  vectors().for_each_rejected([&](const golden::json::object& vector) {
    const auto message = decode_pex_message(as_bytes(golden::bytes_of(vector)));
    REQUIRE(message.has_error());
    CHECK(message.error() == errors.at(golden::text_of(vector.at("error"))));
  });
}

TEST_CASE("a list of thousands is cut") {
  const std::string list(6 * 10'000, 'x');
  const auto text = "d5:added60000:" + list + "7:dropped60000:" + list + "e";
  const auto message = decode_pex_message(as_bytes(text));
  REQUIRE(message.has_value());
  CHECK(message->added.size() == pex_message::peers_max);
  CHECK(message->dropped.size() == pex_message::peers_max);
}
