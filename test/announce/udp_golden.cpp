#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/announce/udp.hpp>

#include "proto/golden.hpp"

namespace {

using golden::field;
using golden::json::object;
using golden::json::value;
using shoal::as_bytes;
using shoal::as_text;
using shoal::byte_view;
using std::string;
using namespace shoal::announce;

const golden::file& vectors() {
  static const golden::file file("udp_tracker.json");
  return file;
}

/// Numbers, or hex digits where JSON's numbers do not reach.
std::uint64_t number(const value& v) {
  if (!v.is_string()) {
    return v.to_number<std::uint64_t>();
  }
  const auto digits = golden::text_of(v);
  std::uint64_t out = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
  return out;
}

std::uint64_t number_or(const object& from, std::string_view name, std::uint64_t otherwise) {
  const auto* const v = field(from, name);
  return v == nullptr ? otherwise : number(*v);
}

std::uint32_t transaction(const object& v) {
  return static_cast<std::uint32_t>(number(v.at("transaction_id")));
}

template <class Fixed>
Fixed fixed(const value& digits) {
  const auto bytes = golden::unhex(digits);
  return Fixed::from(as_bytes(bytes)).value();
}

announce_request request_of(const object& v) {
  announce_request r;
  r.info_hash = fixed<shoal::sha1_digest>(v.at("info_hash"));
  r.peer_id = fixed<shoal::peer_id>(v.at("peer_id"));
  r.port = static_cast<std::uint16_t>(number(v.at("port")));
  r.uploaded = number_or(v, "uploaded", 0);
  r.downloaded = number_or(v, "downloaded", 0);
  r.left = number_or(v, "left", 0);
  if (const auto* const name = field(v, "event")) {
    for (const event e : {event::started, event::completed, event::stopped, event::paused}) {
      r.event = golden::text_of(*name) == to_string(e) ? e : r.event;
    }
  }
  if (const auto* const ip = field(v, "ip")) {
    r.ip = shoal::ip_address::parse(golden::text_of(*ip));
  }
  if (const auto* const key = field(v, "key")) {
    r.key = static_cast<std::uint32_t>(number(*key));
  }
  if (const auto* const wish = field(v, "num_want")) {
    r.num_want = static_cast<std::uint32_t>(number(*wish));
  }
  return r;
}

string url_data_of(const object& v) {
  const auto* const text = field(v, "url_data");
  return text == nullptr ? string() : golden::text_of(*text);
}

std::vector<shoal::sha1_digest> hashes_of(const object& v) {
  std::vector<shoal::sha1_digest> out;
  for (const auto& digits : v.at("hashes").as_array()) {
    out.push_back(fixed<shoal::sha1_digest>(digits));
  }
  return out;
}

udp::reply reply_of(const object& v) {
  if (const auto* const connect = field(v, "connect")) {
    const auto& c = connect->as_object();
    return udp::connect_reply{transaction(c), number(c.at("connection_id"))};
  }
  if (const auto* const announce = field(v, "announce")) {
    const auto& a = announce->as_object();
    udp::announce_reply out{transaction(a), {}};
    out.response.interval_s = static_cast<std::uint32_t>(number(a.at("interval_s")));
    out.response.complete = number(a.at("complete"));
    out.response.incomplete = number(a.at("incomplete"));
    for (const auto& peer : a.at("peers").as_array()) {
      out.response.peers.push_back({shoal::endpoint::parse(golden::text_of(peer)).value(), std::nullopt});
    }
    return out;
  }
  if (const auto* const scrape = field(v, "scrape")) {
    udp::scrape_reply out{transaction(scrape->as_object()), {}};
    for (const auto& e : scrape->at("entries").as_array()) {
      const auto at = [&](std::size_t i) { return static_cast<std::uint32_t>(number(e.at(i))); };
      out.entries.push_back({at(0), at(1), at(2)});
    }
    return out;
  }
  const auto& e = v.at("error").as_object();
  return udp::error_reply{transaction(e), golden::text_of(e.at("message"))};
}

/// What the tracker would send for the reply.
string written(const udp::reply& r, bool v6) {
  std::array<std::byte, 1500> room{};
  shoal::span_writer out(room);
  if (const auto* const c = std::get_if<udp::connect_reply>(&r)) {
    udp::write_connect_reply(*c, out);
  } else if (const auto* const a = std::get_if<udp::announce_reply>(&r)) {
    udp::write_announce_reply(*a, v6, out);
  } else if (const auto* const s = std::get_if<udp::scrape_reply>(&r)) {
    udp::write_scrape_reply_head(s->transaction_id, out);
    for (const auto& counts : s->entries) {
      udp::write_scrape_counts(counts, out);
    }
  } else {
    const auto& e = std::get<udp::error_reply>(r);
    udp::write_error_reply(e.transaction_id, e.message, out);
  }
  return string(as_text(out.written()));
}

void check_ask(const object& expected, const string& bytes, bool canonical) {
  const auto parsed = udp::parse_ask(as_bytes(bytes));
  REQUIRE(parsed.has_value());
  std::vector<std::byte> again;
  if (const auto* const connect = field(expected, "connect")) {
    const auto& c = connect->as_object();
    CHECK(std::get<udp::connect_ask>(*parsed).transaction_id == transaction(c));
    again = udp::connect_datagram(transaction(c));
  } else if (const auto* const announce = field(expected, "announce")) {
    const auto& a = announce->as_object();
    const auto& got = std::get<udp::announce_ask>(*parsed);
    CHECK(got.connection_id == number(a.at("connection_id")));
    CHECK(got.transaction_id == transaction(a));
    CHECK(got.request == request_of(a));
    CHECK(got.url_data() == url_data_of(a));
    again = udp::announce_datagram(got.connection_id, got.transaction_id, request_of(a), url_data_of(a));
  } else {
    const auto& s = expected.at("scrape").as_object();
    const auto& got = std::get<udp::scrape_ask>(*parsed);
    const auto hashes = hashes_of(s);
    CHECK(got.connection_id == number(s.at("connection_id")));
    CHECK(got.transaction_id == transaction(s));
    REQUIRE(got.size() == hashes.size());
    for (std::size_t i = 0; i < hashes.size(); ++i) {
      CHECK(got[i] == hashes[i]);
    }
    again = udp::scrape_datagram(got.connection_id, got.transaction_id, hashes);
  }
  if (canonical) {
    CHECK(as_text(again) == bytes);
  }
}

bool is_v6(const object& vector) {
  const auto* const flag = field(vector, "v6");
  return flag != nullptr && flag->as_bool();
}

/// Every strict head, in memory of its own for the sanitizers to watch: none is read beyond its end, and
/// those shorter than `least` are refused.
template <class F>
void check_heads(const string& bytes, std::size_t least, F parse) {
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    CAPTURE(n);
    const std::vector<std::byte> head(as_bytes(bytes).begin(), as_bytes(bytes).begin() + static_cast<int>(n));
    const bool is_read = parse(byte_view(head)).has_value();
    CHECK((n >= least || !is_read));
  }
}

}  // namespace

TEST_CASE("every row of the UDP tracker's table has a vector") {
  vectors().check_rows();
}

TEST_CASE("UDP requests are read, and written byte for byte") {
  vectors().for_each_vector(
      [](const object& vector) {
        const auto bytes = golden::bytes_of(vector);
        const auto& expected = vector.at("value").as_object();
        check_ask(expected, bytes, golden::is_canonical(vector));
        const std::size_t least = expected.contains("connect") ? 16 : expected.contains("announce") ? 98 : 36;
        check_heads(bytes, least, udp::parse_ask);
        check_ask(expected, bytes + '\0', false);
      },
      "request");
}

TEST_CASE("UDP replies are read, and written byte for byte") {
  vectors().for_each_vector(
      [](const object& vector) {
        const auto bytes = golden::bytes_of(vector);
        const auto expected = reply_of(vector.at("value").as_object());
        const bool v6 = is_v6(vector);
        const auto parsed = udp::parse_reply(as_bytes(bytes), v6);
        REQUIRE(parsed.has_value());
        CHECK(*parsed == expected);
        if (golden::is_canonical(vector)) {
          CHECK(written(expected, v6) == bytes);
        }
        const bool is_connect = std::holds_alternative<udp::connect_reply>(expected);
        const bool is_announce = std::holds_alternative<udp::announce_reply>(expected);
        check_heads(bytes,
                    is_connect    ? 16
                    : is_announce ? 20
                                  : 8,
                    [&](byte_view head) { return udp::parse_reply(head, v6); });
        if (!std::holds_alternative<udp::error_reply>(expected)) {
          CHECK(udp::parse_reply(as_bytes(bytes + '\0'), v6).value() == expected);
        }
      },
      "reply");
}

TEST_CASE("the UDP tracker's bad inputs are refused by name") {
  vectors().for_each_rejected([](const object& vector) {
    const auto bytes = golden::bytes_of(vector);
    const bool is_request = golden::text_of(vector.at("message")) == "request";
    const auto e = is_request ? udp::parse_ask(as_bytes(bytes)).error()
                              : udp::parse_reply(as_bytes(bytes), false).error();
    CHECK(e == errc::bad_datagram);
  });
}

TEST_CASE("what does not fit a datagram is cut") {
  const std::vector<shoal::sha1_digest> hashes(100);
  CHECK(udp::scrape_datagram(1, 2, hashes).size() == 16 + udp::scrape_hashes_max * 20);
  const auto datagram = udp::announce_datagram(1, 2, {}, string(5000, 'u'));
  const auto parsed = udp::parse_ask(datagram);
  CHECK(std::get<udp::announce_ask>(parsed.value()).url_data() == string(udp::url_data_bytes_max, 'u'));
  std::array<std::byte, 12> room{};
  shoal::span_writer out(room);
  udp::write_error_reply(7, "a long story", out);
  CHECK(std::get<udp::error_reply>(udp::parse_reply(out.written(), false).value()).message == "a lo");
}

TEST_CASE("a wish and counts beyond the wire's range are bounded") {
  announce_request r;
  r.num_want = 0xffffffff;
  CHECK(
      std::get<udp::announce_ask>(udp::parse_ask(udp::announce_datagram(1, 2, r)).value()).request.num_want ==
      0x7fffffffU);
  udp::announce_reply reply;
  reply.response.complete = std::uint64_t{1} << 40;
  reply.response.incomplete = 5;
  const auto bytes = written(reply, false);
  CHECK(std::get<udp::announce_reply>(udp::parse_reply(as_bytes(bytes), false).value()).response.complete ==
        0xffffffffU);
}
