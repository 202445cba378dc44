#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/announce/announce.hpp>

namespace {

using namespace shoal::announce;
using shoal::as_bytes;
using shoal::endpoint;
using shoal::ip_address;
using std::string;

announced_peer peer(const char* text, const char* id = nullptr) {
  announced_peer p;
  p.endpoint = *endpoint::parse(text);
  if (id != nullptr) {
    p.id = shoal::peer_id::from(as_bytes(id));
  }
  return p;
}

string written(const announce_response& r, bool compact, bool no_peer_id = false) {
  string out;
  write_announce_response(r, compact, no_peer_id, out);
  return out;
}

announce_response parsed(const string& body) {
  const auto r = parse_announce_response(as_bytes(body));
  REQUIRE_MESSAGE(r.has_value(), body);
  return *r;
}

shoal::error failure_of(const string& body) {
  const auto r = parse_announce_response(as_bytes(body));
  return r ? shoal::error() : r.error();
}

announce_response full() {
  announce_response r;
  r.interval_s = 1800;
  r.min_interval_s = 60;
  r.tracker_id = "a tracker";
  r.complete = 3;
  r.incomplete = 70'000;
  r.external_ip = ip_address::parse("2001:db8::7");
  r.warning = "be careful";
  r.peers = {peer("10.0.0.1:6881"), peer("10.0.0.2:1"), peer("[2001:db8::1]:65535")};
  return r;
}

}  // namespace

TEST_CASE("a reply survives both forms") {
  announce_response r = full();
  CHECK(parsed(written(r, true)) == r);
  CHECK(parsed(written(r, false)) == r);
  r.peers = {peer("10.0.0.1:6881", "aaaaaaaaaaaaaaaaaaaa"), peer("[2001:db8::1]:2"), peer("10.0.0.3:3")};
  CHECK(parsed(written(r, false)) == r);
  const auto without_ids = parsed(written(r, false, true));
  CHECK(!without_ids.peers.front().id);
  announce_response least;
  CHECK(parsed(written(least, true)) == least);
  CHECK(parsed(written(least, false)) == least);
}

TEST_CASE("replies are appended") {
  string out = "head";
  write_announce_response(full(), true, false, out);
  CHECK(out.starts_with("headd8:complete"));
  write_failure("no", out);
  CHECK(out.ends_with("d14:failure reason2:noe"));
}

TEST_CASE("every head of a reply, and one byte more, is an error") {
  for (const bool compact : {true, false}) {
    const string body = written(full(), compact);
    for (std::size_t n = 0; n < body.size(); ++n) {
      CHECK(failure_of(body.substr(0, n)) == errc::not_bencoded);
    }
    CHECK(failure_of(body + "e") == errc::not_bencoded);
    CHECK(parsed(body + "\r\n") == full());
  }
}

TEST_CASE("what is no tracker's reply is named so") {
  for (const string& body :
       {string(), string("<html><body>404</body></html>"), string("4:spam"), string("le"), string("i1e"),
        string(100'000, 'd'), string(100'000, '\0'), string("d8:intervali1e")}) {
    CHECK(failure_of(body) == errc::not_bencoded);
  }
  for (const char* body :
       {"de", "d8:intervali1800ee", "d5:peers0:e", "d8:interval4:18005:peers0:e", "d8:intervali-1e5:peers0:e",
        "d8:intervali1e5:peersi1ee", "d8:intervali1e5:peers5:xxxxxe", "d8:intervali1e5:peersli1eee",
        "d8:intervali1e5:peersdee", "d8:intervali1e6:peers66:xxxxxxe"}) {
    CAPTURE(body);
    CHECK(failure_of(body) == errc::bad_reply);
  }
}

TEST_CASE("optional keys of the wrong type count as absent") {
  const auto r = parsed(
      "d8:complete1:x11:external ip3:abc10:incompletei-5e8:intervali5e12:min intervalle5:peers0:"
      "10:tracker idi1e15:warning messagedee");
  announce_response expected;
  expected.interval_s = 5;
  CHECK(r == expected);
}

TEST_CASE("peers with no port or no address of their own are left out") {
  const auto r = parsed(
      "d8:intervali5e5:peersl"
      "d2:ip8:10.0.0.14:porti0ee"
      "d2:ip8:10.0.0.14:porti70000ee"
      "d2:ip11:example.org4:porti5ee"
      "d2:ip8:10.0.0.1e"
      "d4:porti5ee"
      "de"
      "d2:ip8:10.0.0.37:peer id3:bad4:porti7ee"
      "d2:ip8:10.0.0.44:porti8ee"
      "ee");
  CHECK(r.peers == std::vector<announced_peer>{peer("10.0.0.3:7"), peer("10.0.0.4:8")});
}

TEST_CASE("a hundred thousand peers are cut to ten thousand") {
  announce_response r;
  for (std::uint32_t i = 0; i < 100'000; ++i) {
    announced_peer p;
    p.endpoint.address = ip_address::v4({10, static_cast<std::uint8_t>(i >> 16),
                                         static_cast<std::uint8_t>(i >> 8), static_cast<std::uint8_t>(i)});
    p.endpoint.port = 6881;
    r.peers.push_back(p);
  }
  CHECK(parsed(written(r, true)).peers.size() == 10'000);
  CHECK(parsed(written(r, false)).peers.size() == 10'000);
}

TEST_CASE("a refusal is a value, and nothing else in it counts") {
  announce_response refusal;
  refusal.failure_reason = "not today";
  CHECK(parsed("d14:failure reason9:not today8:intervali5e5:peers0:e") == refusal);
  CHECK(written(refusal, true) == "d14:failure reason9:not todaye");
  CHECK(!parsed("d14:failure reason0:e").failure_reason.empty());
}

TEST_CASE("a refusal says when to come back, in minutes") {
  struct row {
    string value;
    std::optional<std::uint32_t> seconds;
  };
  for (const auto& [value, seconds] : std::vector<row>{{"1:5", 300},
                                                       {"i5e", 300},
                                                       {"5:never", never_retry},
                                                       {"20:99999999999999999999", std::nullopt},
                                                       {"10:9999999999", (never_retry - 1) / 60 * 60},
                                                       {"4:soon", std::nullopt},
                                                       {"0:", std::nullopt},
                                                       {"i-1e", std::nullopt},
                                                       {"le", std::nullopt}}) {
    CAPTURE(value);
    const auto r = parsed("d14:failure reason1:x8:retry in" + value + "e");
    CHECK(r.retry_in_s == seconds);
    CHECK(parsed(written(r, true)) == r);
  }
}

TEST_CASE("IPv4 in IPv6 clothes is IPv4") {
  const string mapped = string(10, '\0') + "\xff\xff\x0a" + string(2, '\0') + "\x01\x1a\xe1";
  const auto r = parsed("d8:intervali5e6:peers618:" + mapped + "e");
  REQUIRE(r.peers.size() == 1);
  CHECK(r.peers.front() == peer("10.0.0.1:6881"));
}

TEST_CASE("a scrape survives, sorted, each hash once") {
  const auto hash = [](char c) { return *shoal::sha1_digest::from(as_bytes(string(20, c))); };
  string out;
  write_scrape_response({{hash('b'), 1, 2, 3}, {hash('a'), 4, 5, 6}, {hash('b'), 7, 8, 9}}, out);
  const auto entries = parse_scrape_response(as_bytes(out));
  REQUIRE(entries.has_value());
  CHECK(*entries == std::vector<scrape_entry>{{hash('a'), 4, 5, 6}, {hash('b'), 1, 2, 3}});
  for (std::size_t n = 0; n < out.size(); ++n) {
    CHECK(parse_scrape_response(as_bytes(out.substr(0, n))).error() == errc::not_bencoded);
  }
}

TEST_CASE("a bad scrape reply is refused by name") {
  const auto failure = [](std::string_view body) { return parse_scrape_response(as_bytes(body)).error(); };
  CHECK(failure("<html>") == errc::not_bencoded);
  CHECK(failure("de") == errc::bad_reply);
  CHECK(failure("d5:filesle") == errc::not_bencoded);
  CHECK(failure("d5:fileslee") == errc::bad_reply);
  CHECK(failure("d5:filesd3:abcdeee") == errc::bad_reply);
  CHECK(failure("d5:filesd20:aaaaaaaaaaaaaaaaaaaai1eee") == errc::bad_reply);
  CHECK(failure("d14:failure reason2:noe") == errc::refused);
  CHECK(parse_scrape_response(as_bytes("d5:filesdee")).value().empty());
}
