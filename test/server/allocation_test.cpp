// The hot path takes nothing from the heap.

#include <array>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/announce/udp.hpp>

#include "server/swarm_shards.hpp"
#include "server/udp_answerer.hpp"
#include "support/counted_heap.hpp"

using namespace shoal;
using namespace shoal::server;
namespace udp = shoal::announce::udp;

TEST_CASE("connects, announces of known peers and scrapes by UDP allocate nothing") {
  swarm_shards swarms({}, 1);
  admission door_keeper(1'000, 1);
  const udp_answerer answerer(swarms, door_keeper, {1, 2});
  const auto from = ip_address::v4({10, 0, 0, 1});
  std::array<std::byte, udp_reply_bytes_max> room{};
  const instant now{};
  answerer.reply(udp::connect_datagram(1), from, now, room);
  byte_reader reply(room);
  reply.u64();
  const std::uint64_t id = reply.u64();

  std::vector<std::vector<std::byte>> datagrams{udp::connect_datagram(1)};
  for (std::uint16_t port = 1; port <= 500; ++port) {
    announce::announce_request r;
    r.info_hash.bytes.fill(static_cast<std::byte>(port % 3));
    r.port = port;
    r.left = port % 4;
    datagrams.push_back(udp::announce_datagram(id, 2, r, "/announce?key=value"));
    datagrams.push_back(udp::scrape_datagram(id, 2, std::vector<sha1_digest>(5, r.info_hash)));
  }
  for (const auto& d : datagrams) {
    const auto label = answerer.reply(d, from, now, room).label;
    REQUIRE_FALSE(label.refused);
    REQUIRE(label.kind != request_kind::bad);
  }
  door_keeper.serve(torrents_served::not_listed, {});
  const std::size_t before = counted_heap::allocations;
  for (const auto& d : datagrams) {
    answerer.reply(d, from, now, room);
  }
  CHECK(counted_heap::allocations == before);
}
