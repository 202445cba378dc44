#pragma once
// What a table is made of; its functions stand in several files.

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <tuple>
#include <vector>

#include <shoal/registry/swarm_table.hpp>

#include "registry/choice.hpp"
#include "registry/key_index.hpp"
#include "registry/keyed_hash.hpp"
#include "registry/peer_table.hpp"
#include "registry/swarm.hpp"
#include "registry/swarm_directory.hpp"
#include "registry/sweep.hpp"
#include "registry/ticks.hpp"

namespace shoal::registry {

template <std::size_t AddressBytes>
typename peer_record<AddressBytes>::place place_of(const endpoint& e) {
  typename peer_record<AddressBytes>::place out;
  std::memcpy(out.data(), e.address.bytes().data(), AddressBytes);
  out[AddressBytes] = static_cast<std::byte>(e.port >> 8);
  out[AddressBytes + 1] = static_cast<std::byte>(e.port & 0xff);
  return out;
}

template <std::size_t AddressBytes>
endpoint endpoint_of(const typename peer_record<AddressBytes>::place& p) {
  byte_reader in(p);
  const auto address = ip_address::from_bytes(in.bytes(AddressBytes));
  return {*address, in.u16()};
}

/// Whom an asker is told of.
enum class company : std::uint8_t { all, leechers, leechers_first };

struct swarm_table::state {
  /// Keeps account of a swarm's memory while its peers change.
  class weighing {
   public:
    weighing(state& t, const swarm& s) : table_(t), swarm_(s), before_(s.bytes()) {}
    ~weighing() { table_.peers_bytes += swarm_.bytes() - before_; }
    weighing(const weighing&) = delete;
    weighing& operator=(const weighing&) = delete;

   private:
    state& table_;
    const swarm& swarm_;
    std::size_t before_;
  };

  state(const table_settings& s, std::uint64_t seed)
      : settings(s),
        clock(from_seconds(s.expire_intervals * s.interval_s)),
        chance(seed),
        hash(chance),
        swarms(keyed_hash(chance), s.swarms_max),
        silent(hash) {}

  std::uint64_t advance(instant now);
  bool expire(std::uint64_t tick, std::size_t places_max);

  template <std::size_t AddressBytes>
  told announce_from(std::uint64_t tick, const announce::announce_request& r, const endpoint& from,
                     peer_room& peers, table_room room);
  template <std::size_t AddressBytes>
  peer_record<AddressBytes>* remember(std::uint64_t tick, swarm& s, const announce::announce_request& r,
                                      const endpoint& from, std::uint8_t inherited, table_room room);
  /// From where an asker moved, and the marks that go along.
  struct move {
    endpoint from;
    std::uint8_t marks = 0;
  };
  template <std::size_t AddressBytes>
  move follow_key(std::uint64_t tick, swarm& s, const announce::announce_request& r, const endpoint& from,
                  table_room room);
  template <std::size_t AddressBytes>
  void drop(swarm& s, const endpoint& from);
  template <std::size_t AddressBytes>
  void learn_peers(std::uint64_t tick, swarm& s, byte_view records, const lesson& how);
  template <std::size_t AddressBytes>
  void learn_peer(std::uint64_t tick, swarm& s, peer_record<AddressBytes> told, std::uint8_t said,
                  const lesson& how);
  void count(swarm& s, bool gives, bool partial, int by);
  void count_partial(swarm& s, int by);
  told reply_about(const swarm& s);
  template <std::size_t AddressBytes>
  std::uint32_t tell(swarm& s, std::uint32_t wanted, company whom, const vicinity<AddressBytes>& near,
                     const peer_record<AddressBytes>* asker, span_writer& out);

  table_settings settings;
  tick_clock clock;
  rng chance;
  keyed_hash hash;
  swarm_directory swarms;
  sweep silent;
  std::tuple<key_index<4>, key_index<16>> keys;
  std::uint64_t last_tick = 0;
  std::tuple<std::vector<peer_record<4>*>, std::vector<peer_record<16>*>> scratch;

  std::size_t peers_bytes = 0;  // of memory
  std::size_t givers = 0, wanters = 0, partial_seeds = 0;
  std::uint64_t announces = 0, completed = 0, expired = 0;
};

}  // namespace shoal::registry
