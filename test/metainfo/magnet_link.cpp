#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/hex.hpp>
#include <shoal/metainfo/magnet_link.hpp>

namespace {

using namespace shoal::metainfo;
using std::string;
using std::vector;

constexpr const char* hex = "0123456789abcdef0123456789abcdef01234567";

magnet_link parsed(const string& uri) {
  const auto link = parse_magnet(uri);
  REQUIRE_MESSAGE(link.has_value(), uri);
  return *link;
}

shoal::error failure_of(const string& uri) {
  const auto link = parse_magnet(uri);
  return link ? shoal::error() : link.error();
}

}  // namespace

TEST_CASE("a magnet link is read with all its parts and written again") {
  const auto link = parsed(string("magnet:?xt=urn:btih:") + hex +
                           "&dn=a%20name%2Bmore&tr=http%3A%2F%2Fa%2Fannounce%3Fx%3D1&tr=http://b&ws=http://w/"
                           "&x.pe=10.0.0.1:6881&x.pe=%5B2001:db8::1%5D:1&so=0&xl=10");
  CHECK(shoal::to_hex(link.info_hash.v1->view()) == hex);
  CHECK(link.name == "a name+more");
  CHECK(link.trackers == vector<string>{"http://a/announce?x=1", "http://b"});
  CHECK(link.web_seeds == vector<string>{"http://w/"});
  CHECK(link.peers == vector<string>{"10.0.0.1:6881", "[2001:db8::1]:1"});
  CHECK(parsed(write_magnet(link)) == link);
}

TEST_CASE("an info-hash comes in hexadecimal or base32, in either case") {
  // RFC 4648: the base32 of these 20 bytes.
  const auto from_hex = parsed("magnet:?xt=urn:btih:0123456789ABCDEF0123456789ABCDEF01234567").info_hash;
  CHECK(parsed("MAGNET:?xt=urn:btih:AERUKZ4JVPG66AJDIVTYTK6N54ASGRLH").info_hash == from_hex);
  CHECK(parsed("magnet:?xt=URN:BTIH:aerukz4jvpg66ajdivtytk6n54asgrlh").info_hash == from_hex);
}

TEST_CASE("parameters may be numbered, empty, repeated or unknown") {
  const auto link = parsed(string("magnet:?&&dn&x=&xt.1=urn:sha1:abc&xt.2=urn:btih:") + hex +
                           "&tr.1=http://a&tr.22=http://b&dn=a+b&dn=other&tr=");
  CHECK(link.name == "a b");
  CHECK(link.trackers == vector<string>{"http://a", "http://b"});
}

TEST_CASE("a hybrid link keeps both hashes") {
  const string v2(64, 'a');
  const auto link = parsed(string("magnet:?xt=urn:btih:") + hex + "&xt=urn:btmh:1220" + v2);
  CHECK(link.info_hash.v2.has_value());
  CHECK(parsed(write_magnet(link)) == link);
}

TEST_CASE("a link that cannot be is refused by name") {
  CHECK(failure_of("") == errc::bad_magnet);
  CHECK(failure_of("magnet:") == errc::bad_magnet);
  CHECK(failure_of("http://t/?xt=urn:btih:") == errc::bad_magnet);
  CHECK(failure_of("magnet:?dn=%4") == errc::bad_magnet);
  CHECK(failure_of("magnet:?") == errc::no_info_hash);
  CHECK(failure_of("magnet:?xt=urn:btih:") == errc::no_info_hash);
  CHECK(failure_of("magnet:?xt=urn:btih:" + string(39, 'a')) == errc::no_info_hash);
  CHECK(failure_of("magnet:?xt=urn:btih:" + string(40, 'g')) == errc::no_info_hash);
  CHECK(failure_of("magnet:?xt=urn:btih:" + string(32, '1')) == errc::no_info_hash);
  CHECK(failure_of("magnet:?xt=urn:ed2k:abc") == errc::no_info_hash);
  CHECK(failure_of("magnet:?xt=urn:btmh:1220" + string(64, 'a')) == errc::only_v2);
}

TEST_CASE("a selection says which files to fetch, and what is no range in it is left out") {
  const auto chosen = [](const string& so) {
    return parsed(string("magnet:?xt=urn:btih:") + hex + "&so=" + so).files;
  };
  CHECK(chosen("1,3-99") == vector<file_range>{{1, 1}, {3, 99}});
  CHECK(chosen("x,5-2,,7") == vector<file_range>{{7, 7}});
  CHECK(chosen("").empty());
}

TEST_CASE("trackers that would break a request line, and those beyond a thousand, are left out") {
  string uri = string("magnet:?xt=urn:btih:") + hex + "&tr=http%3A%2F%2Fa%0D%0AX:y";
  for (int i = 0; i < 1500; ++i) {
    uri += "&tr=http://t" + std::to_string(i);
  }
  const auto link = parsed(uri);
  CHECK(link.trackers.size() == 1000);
  CHECK(link.trackers.front() == "http://t0");
}

TEST_CASE("the link of a torrent finds it") {
  torrent_info t;
  t.info_hash = parsed(string("magnet:?xt=urn:btih:") + hex).info_hash;
  t.name = "a & b";
  t.trackers = {{"http://a", "http://b"}, {"http://c"}};
  t.web_seeds = {"http://w"};
  const auto link = parsed(write_magnet(magnet_of(t)));
  CHECK(link == magnet_of(t));
  CHECK(link.trackers.size() == 3);
  CHECK(link.name == "a & b");
}
