#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/swarm/local_discovery.hpp>

using namespace shoal;
using namespace shoal::swarm;
using namespace std::chrono_literals;

namespace {

sha1_digest torrent(int n) {
  sha1_digest out;
  out.bytes[0] = static_cast<std::byte>(n);
  return out;
}

ip_address host(std::uint8_t n) {
  return ip_address::v4({10, 0, 0, n});
}

std::string call_of(std::uint16_t port, std::string cookie, std::vector<sha1_digest> torrents) {
  return announce::write_local_announce({port, std::move(torrents), std::move(cookie)},
                                        announce::local_group_v4());
}

}  // namespace

TEST_CASE("a torrent is called at once, and then every five minutes") {
  local_discovery d(6881, "ours");
  const std::vector<sha1_digest> two{torrent(1), torrent(2)};
  instant now{};
  int calls = 0;
  for (int second = 0; second <= 15 * 60; ++second, now += 1s) {
    for (const auto& call : d.round(now, two)) {
      CHECK(call.port == 6881);
      CHECK(call.cookie == "ours");
      CHECK(call.torrents == two);
      ++calls;
    }
  }
  CHECK(calls == 4);
}

TEST_CASE("a torrent that comes and goes is called once a minute at most") {
  local_discovery d(6881, "ours");
  const std::vector<sha1_digest> one{torrent(1)};
  instant now{};
  int calls = 0;
  for (int second = 0; second < 10 * 60; ++second, now += 1s) {
    calls += static_cast<int>(d.round(now, second % 2 == 0 ? one : std::vector<sha1_digest>()).size());
  }
  CHECK(calls <= 10);
  CHECK(calls >= 2);
}

TEST_CASE("many torrents take several calls") {
  local_discovery d(6881, "ours");
  std::vector<sha1_digest> many;
  for (int i = 0; i < 45; ++i) {
    many.push_back(torrent(i));
  }
  const auto calls = d.round(instant{}, many);
  REQUIRE(calls.size() == 3);
  CHECK(calls[0].torrents.size() == announce::local_announce::torrents_max);
  CHECK(calls[2].torrents.size() == 5);
}

TEST_CASE("who calls is believed for its own address, and we know ourselves by the cookie") {
  local_discovery d(6881, "ours");
  const auto peer = d.heard(instant{}, host(7), call_of(1234, "theirs", {torrent(1)}));
  REQUIRE(peer);
  CHECK(peer->first == endpoint{host(7), 1234});
  CHECK(peer->second == std::vector{torrent(1)});
  CHECK(d.heard(instant{}, host(7), call_of(1234, "", {torrent(1)})));
  CHECK_FALSE(d.heard(instant{}, host(7), call_of(1234, "ours", {torrent(1)})));
  CHECK_FALSE(d.heard(instant{}, ip_address(), call_of(1234, "theirs", {torrent(1)})));
  CHECK_FALSE(d.heard(instant{}, *ip_address::parse("239.192.152.143"), call_of(1, "theirs", {torrent(1)})));
  CHECK_FALSE(d.heard(instant{}, *ip_address::parse("fe80::1"), call_of(1, "theirs", {torrent(1)})));
  CHECK(d.heard(instant{}, *ip_address::parse("fd00::1"), call_of(1, "theirs", {torrent(1)})));
  CHECK_FALSE(d.heard(instant{}, host(7), "noise"));
}

TEST_CASE("a flood of calls is not believed") {
  local_discovery d(6881, "ours");
  const auto call = call_of(1234, "theirs", {torrent(1)});
  unsigned believed = 0;
  for (int i = 0; i < 1000; ++i) {
    believed += d.heard(instant{}, host(1), call) ? 1 : 0;
  }
  CHECK(believed == local_discovery::heard_per_second_max / 10);
  for (int i = 0; i < 1000; ++i) {
    believed += d.heard(instant{}, host(static_cast<std::uint8_t>(i % 250)), call) ? 1 : 0;
  }
  CHECK(believed <= local_discovery::heard_per_second_max);
  CHECK(d.heard(instant{} + 1s, host(1), call));
}
