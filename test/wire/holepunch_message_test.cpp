// proto/holepunch.json, replayed both ways.

#include <doctest/doctest.h>

#include <shoal/wire/codec.hpp>
#include <shoal/wire/holepunch_message.hpp>

#include "proto/golden.hpp"

namespace {

using namespace shoal;
using namespace shoal::wire;

const golden::file& vectors() {
  static const golden::file it("holepunch.json");
  return it;
}

}  // namespace

TEST_CASE("every golden message of hole punching is read and written") {
  vectors().check_rows();
  vectors().for_each_vector([](const golden::json::object& vector) {
    const auto text = golden::bytes_of(vector);
    const auto& value = vector.at("value").as_object();
    holepunch_message expected;
    expected.what = static_cast<holepunch_message::kind>(value.at("kind").to_number<int>());
    expected.who = endpoint::parse(golden::text_of(value.at("who"))).value();
    expected.why = static_cast<holepunch_message::reason>(value.at("error").to_number<std::uint32_t>());
    const auto message = decode_holepunch_message(as_bytes(text));
    REQUIRE(message.has_value());
    CHECK(*message == expected);
    CHECK(decode_holepunch_message(encode(*message)).value() == expected);
    if (!golden::is_canonical(vector)) {
      return;
    }
    const auto written = encode(expected);
    CHECK(as_text(written) == text);
    CHECK(decode_holepunch_message(as_bytes(text + "x")).has_error());
    const std::size_t without_code = text.size() - 4;
    for (std::size_t n = 0; n < text.size(); ++n) {
      CAPTURE(n);
      const bool is_read = n == without_code && expected.what != holepunch_message::kind::error;
      CHECK(decode_holepunch_message(as_bytes(text).first(n)).has_value() == is_read);
    }
  });
}

TEST_CASE("what is no message of hole punching is refused") {
  vectors().for_each_rejected([&](const golden::json::object& vector) {
    const auto message = decode_holepunch_message(as_bytes(golden::bytes_of(vector)));
    REQUIRE(message.has_error());
    CHECK(message.error() == wire::errc::bad_extension_message);
  });
}
