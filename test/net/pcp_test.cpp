// proto/pcp.json, replayed.

#include "net/pcp.hpp"

#include <algorithm>

#include <doctest/doctest.h>

#include "proto/golden.hpp"

using namespace shoal;
using namespace shoal::net;

namespace {

const golden::file& vectors() {
  static const golden::file it("pcp.json");
  return it;
}

endpoint endpoint_in(const golden::json::value& v) {
  return endpoint::parse(golden::text_of(v)).value();
}

pcp_map_request request_in(const golden::json::object& value) {
  pcp_map_request out;
  out.client = ip_address::parse(golden::text_of(value.at("client"))).value();
  const auto nonce = golden::unhex(value.at("nonce"));
  REQUIRE(nonce.size() == out.nonce.size());
  std::ranges::copy(as_bytes(nonce), out.nonce.begin());
  out.port = value.at("port").to_number<std::uint16_t>();
  out.lifetime_s = value.at("lifetime_s").to_number<std::uint32_t>();
  out.wished = endpoint_in(value.at("wished"));
  return out;
}

pcp_map_request first_request() {
  std::optional<pcp_map_request> out;
  vectors().for_each_vector(
      [&](const golden::json::object& vector) {
        if (!out) out = request_in(vector.at("value").as_object());
      },
      "request");
  return out.value();
}

}  // namespace

TEST_CASE("every golden request of PCP is written") {
  vectors().check_rows();
  vectors().for_each_vector(
      [](const golden::json::object& vector) {
        CHECK(as_text(encode(request_in(vector.at("value").as_object()))) == golden::bytes_of(vector));
      },
      "request");
}

TEST_CASE("every golden reply of PCP is read, whole and with options only") {
  const auto asked = first_request();
  vectors().for_each_vector(
      [&](const golden::json::object& vector) {
        const auto& value = vector.at("value").as_object();
        const pcp_map_reply expected{value.at("result").to_number<std::uint8_t>(),
                                     value.at("lifetime_s").to_number<std::uint32_t>(),
                                     endpoint_in(value.at("outside"))};
        const auto text = golden::bytes_of(vector);
        const auto reply = decode_pcp_reply(as_bytes(text), asked);
        REQUIRE(reply.has_value());
        CHECK(*reply == expected);
        CHECK_FALSE(decode_pcp_reply(as_bytes(text + "x"), asked).has_value());
        for (std::size_t n = 0; n < pcp_map_bytes; ++n) {
          CAPTURE(n);
          CHECK_FALSE(decode_pcp_reply(as_bytes(text).first(n), asked).has_value());
        }
      },
      "reply");
}

TEST_CASE("what answers no request of PCP is no reply") {
  const auto asked = first_request();
  vectors().for_each_rejected([&](const golden::json::object& vector) {
    CHECK_FALSE(decode_pcp_reply(as_bytes(golden::bytes_of(vector)), asked).has_value());
  });
}
