#include <limits>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/announce/announce.hpp>
#include <shoal/base/rng.hpp>

namespace {

using namespace shoal::announce;
using shoal::as_bytes;
using shoal::ip_address;
using std::string;

constexpr const char* base_query = "info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=-SH0001-bbbbbbbbbbbb&port=6881";

announce_request minimal() {
  announce_request r;
  r.info_hash = *shoal::sha1_digest::from(as_bytes("aaaaaaaaaaaaaaaaaaaa"));
  r.peer_id = *shoal::peer_id::from(as_bytes("-SH0001-bbbbbbbbbbbb"));
  r.port = 6881;
  r.left = 1;
  return r;
}

string query_of(const string& url) {
  return url.substr(url.find('?') + 1);
}

announce_request parsed(const string& query) {
  const auto r = parse_announce_query(query);
  REQUIRE_MESSAGE(r.has_value(), query);
  return *r;
}

}  // namespace

TEST_CASE("an announce URL carries every field of the request to the tracker") {
  announce_request r = minimal();
  CHECK(parsed(query_of(announce_url("http://t/announce", r))) == r);
  for (std::size_t i = 0; i < r.info_hash.bytes.size(); ++i) {
    r.info_hash.bytes[i] = static_cast<std::byte>(i * 13);  // '&', '%', '+', NUL and high bytes among them
  }
  r.peer_id = *shoal::peer_id::from(as_bytes("-SH0001-%&=+ #?/\xff\x80\n0"));
  r.uploaded = std::numeric_limits<std::uint64_t>::max();
  r.downloaded = 1;
  r.left = 0;
  r.num_want = 50;
  r.key = 0xdeadbeef;
  r.tracker_id = "id&with=odd %41 bytes\xff";
  r.compact = false;
  r.no_peer_id = true;
  r.ip = ip_address::parse("2001:db8::1");
  r.ipv4 = ip_address::parse("10.0.0.1");
  r.ipv6 = ip_address::parse("2001:db8::2");
  for (const event e : {event::none, event::started, event::completed, event::stopped, event::paused}) {
    r.event = e;
    CHECK(parsed(query_of(announce_url("http://t/announce", r))) == r);
  }
}

TEST_CASE("every byte of an info-hash survives the percent-encoding") {
  constexpr std::uint64_t seed = 5;
  CAPTURE(seed);
  shoal::rng random(seed);
  announce_request r = minimal();
  for (int round = 0; round < 200; ++round) {
    for (auto& b : r.info_hash.bytes) {
      b = static_cast<std::byte>(random.below(256));
    }
    REQUIRE(parsed(query_of(announce_url("http://t/", r))).info_hash == r.info_hash);
    const auto url = scrape_url("http://t/announce", {r.info_hash, r.info_hash});
    REQUIRE(parse_scrape_query(query_of(*url)).value() == std::vector(2, r.info_hash));
  }
}

TEST_CASE("a plus sign in a query is a space, as libraries for web forms write it") {
  const std::string rest = "&peer_id=-XX0000-abcdefghijkl&port=1&left=0&uploaded=0&downloaded=0";
  const auto plus = parse_announce_query("info_hash=++++++++++++++++++++" + rest);
  const auto escaped =
      parse_announce_query("info_hash=%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20" + rest);
  const auto real_plus =
      parse_announce_query("info_hash=%2b%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20%20" + rest);
  REQUIRE(plus.has_value());
  REQUIRE(escaped.has_value());
  REQUIRE(real_plus.has_value());
  CHECK(plus->info_hash == escaped->info_hash);
  CHECK(real_plus->info_hash.bytes[0] == std::byte{'+'});
}

TEST_CASE("an announce URL keeps the tracker's own query and drops a fragment") {
  struct row {
    const char* tracker;
    const char* head;
  };
  for (const auto& [tracker, head] : std::vector<row>{
           {"http://t/announce", "http://t/announce?info_hash="},
           {"http://t/announce?passkey=x", "http://t/announce?passkey=x&info_hash="},
           {"http://t/announce?", "http://t/announce?info_hash="},
           {"http://t/announce?a=b&", "http://t/announce?a=b&info_hash="},
           {"http://t/announce#part", "http://t/announce?info_hash="},
           {"http://t/announce?a=b#part", "http://t/announce?a=b&info_hash="},
           {"https://[2001:db8::1]:8443/p/announce.php",
            "https://[2001:db8::1]:8443/p/announce.php?info_hash="},
       }) {
    CAPTURE(tracker);
    CHECK(announce_url(tracker, minimal()).starts_with(head));
  }
}

TEST_CASE("a scrape URL follows from an announce URL by BEP 48") {
  using optional_url = std::optional<string>;
  struct row {
    const char* tracker;
    optional_url scrape;
  };
  for (const auto& [tracker, scrape] : std::vector<row>{
           {"http://t/announce", "http://t/scrape"},
           {"http://t/x/announce", "http://t/x/scrape"},
           {"http://t/announce.php", "http://t/scrape.php"},
           {"http://t/announce?x=2%0644", "http://t/scrape?x=2%0644"},
           {"http://t/announce?x=2/4", "http://t/scrape?x=2/4"},
           {"http://t/x%064announce", std::nullopt},
           {"http://t/a", std::nullopt},
           {"http://t/announce/", std::nullopt},
           {"http://announce", std::nullopt},
           {"http://t/?announce", std::nullopt},
           {"announce", std::nullopt},
           {"", std::nullopt},
       }) {
    CAPTURE(tracker);
    CHECK(scrape_url(tracker, {}) == scrape);
  }
  const auto hash = minimal().info_hash;
  CHECK(scrape_url("http://t/announce?k=1", {hash}) == "http://t/scrape?k=1&info_hash=aaaaaaaaaaaaaaaaaaaa");
}

TEST_CASE("a query without its needed fields is refused by name") {
  struct row {
    string query;
    errc expected;
  };
  for (const auto& [query, expected] : std::vector<row>{
           {"", errc::missing_info_hash},
           {"&&&=&", errc::missing_info_hash},
           {"info_hash=short", errc::missing_info_hash},
           {"info_hash=aaaaaaaaaaaaaaaaaaaaa", errc::missing_info_hash},
           {"info_hash=%zzaaaaaaaaaaaaaaaaaaa", errc::missing_info_hash},
           {"info_hash=aaaaaaaaaaaaaaaaaaaa", errc::missing_peer_id},
           {"info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=x", errc::missing_peer_id},
           {"info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb", errc::missing_port},
           {"info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb&port=", errc::missing_port},
           {"info_hash=aaaaaaaaaaaaaaaaaaaa&peer_id=bbbbbbbbbbbbbbbbbbbb&port=65536", errc::missing_port},
           {string(base_query) + "&left=-1", errc::bad_query},
           {string(base_query) + "&left=", errc::bad_query},
           {string(base_query) + "&uploaded=18446744073709551616", errc::bad_query},
           {string(base_query) + "&downloaded=1x", errc::bad_query},
           {string(base_query) + "&numwant=lots", errc::bad_query},
           {string(base_query) + "&trackerid=%4", errc::bad_query},
       }) {
    CAPTURE(query);
    const auto r = parse_announce_query(query);
    REQUIRE(!r.has_value());
    CHECK(r.error() == expected);
  }
}

TEST_CASE("every head of a query is read or refused, never more") {
  announce_request r = minimal();
  r.key = 1;
  r.tracker_id = "\xff\xff";
  const string query = query_of(announce_url("http://t/announce", r));
  for (std::size_t n = 0; n < query.size(); ++n) {
    const string head = query.substr(0, n);  // its own allocation, so that a sanitizer sees an overrun
    (void)parse_announce_query(head);
    (void)parse_scrape_query(head);
  }
}

TEST_CASE("what clients write in their own ways is understood") {
  const auto with = [](const string& more) { return parsed(string(base_query) + more); };
  CHECK(with("").left == 1);  // unknown: a leecher
  CHECK(with("").compact);
  CHECK(with("&compact=0").compact == false);
  CHECK(with("&event=").event == event::none);
  CHECK(with("&event=resumed").event == event::none);
  CHECK(with("&event=stopped&event=started").event == event::stopped);
  CHECK(!with("&numwant=-1").num_want);
  CHECK(with("&numwant=99999999999").num_want == 0xffffffff);
  CHECK(with("&key=2a").key == 0x2aU);
  CHECK(with("&key=abcdefgh").key.has_value());
  CHECK(with("&key=abcdefgh").key != with("&key=abcdefgi").key);
  CHECK(with("&ip=10.0.0.1").ip == ip_address::parse("10.0.0.1"));
  CHECK(with("&ip=host.example").ip == std::nullopt);
  CHECK(with("&ipv6=%5B2001%3Adb8%3A%3A1%5D%3A6881").ipv6 == ip_address::parse("2001:db8::1"));
  CHECK(with("&ipv6=2001:db8::1").ipv6 == ip_address::parse("2001:db8::1"));
  CHECK(with("&ipv6=10.0.0.1").ipv6 == std::nullopt);
  CHECK(with("&ipv4=10.0.0.1:99").ipv4 == ip_address::parse("10.0.0.1"));
  CHECK(with("&port=1&unknown=%zz&corrupt=0").port == 6881);
}

TEST_CASE("a scrape's hashes are read up to the bound") {
  string query;
  for (int i = 0; i < 150; ++i) {
    query += "&info_hash=aaaaaaaaaaaaaaaaaaaa";
  }
  CHECK(parse_scrape_query(query).value().size() == 100);
  CHECK(parse_scrape_query(query, 3).value().size() == 3);
  CHECK(parse_scrape_query("").value().empty());
  CHECK(parse_scrape_query("info_hash=a").error() == errc::missing_info_hash);
}
