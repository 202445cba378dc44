#include "lab/sim_plan.hpp"

#include <algorithm>
#include <chrono>

#include <shoal/peer/choker.hpp>

#include "lab/precision.hpp"

namespace shoal::lab {

namespace {

/// Where an address book is short, it has so many times the addresses that the peer may be connected to.
constexpr std::uint32_t book_per_neighbour = 4;
/// Peers that the checkers watch.
constexpr std::uint32_t watched_max = 250;

peer::choke_rule rule_of(choke_rule r) {
  switch (r) {
    case choke_rule::no_reciprocation:
      return peer::choke_rule::by_chance;
    case choke_rule::selfish_cap:
      return peer::choke_rule::what_pays;
    case choke_rule::free_rider:
      return peer::choke_rule::nobody;
    case choke_rule::standard:
      break;
  }
  return peer::choke_rule::tit_for_tat;
}

}  // namespace

sim::swarm_plan plan_of(const scenario& s, const run_options& o) {
  const auto how = precision_for(s);
  sim::swarm_plan out;
  out.content_bytes = s.content_bytes;
  out.piece_length = s.piece_length;
  out.block_length = how.block_length;
  out.tracker.interval_s = s.tracker.interval_s;
  out.tracker.min_interval_s = s.tracker.min_interval_s;
  out.tracker.num_want_max = s.tracker.reply_max;
  if (s.tracker.policy == tell_rule::near) {
    out.tracker.near.v4_bits = sim::site_prefix_bits;
  }
  out.seed = o.seed;
  out.wire = o.wire;
  const std::uint32_t peers = s.peer_count();
  out.grain = how.tick;
  out.quiet_grain = how.quiet_tick;
  out.check_every = std::max(1U, peers / watched_max);
  return out;
}

swarm::core_settings settings_of(const scenario& s, const group_plan& g, double up,
                                 std::uint32_t block_length) {
  swarm::core_settings out;
  const std::uint32_t coarser = block_length / block_bytes;
  out.window.request_bytes = block_length;
  out.window.initial = std::max(2U, out.window.initial / coarser);
  out.window.least = std::max(2U, out.window.least / coarser);
  out.num_want = s.tracker.num_want;
  out.connect_until = g.strategy.neighbours_min;
  if (g.strategy.neighbours_max != 0) {
    out.peers_max = g.strategy.neighbours_max;
  }
  if (precision_for(s).short_books) {
    out.book.entries_max = std::size_t{book_per_neighbour} * out.peers_max;
  }
  out.upload_slots = g.strategy.slots;
  if (up != unlimited) {
    out.upload_bytes_per_s = static_cast<std::uint64_t>(up);
  }
  out.picking.sequential = g.strategy.pick == pick_rule::sequential;
  out.picking.random = g.strategy.pick == pick_rule::random;
  out.advises = g.strategy.advises;
  out.lends_slots = g.strategy.lends_slots;
  out.once_from_afar = g.strategy.once_from_afar;
  out.moves_requests = g.strategy.moves_requests;
  out.super_seed = g.strategy.super_seeds;
  out.choking.rule = rule_of(g.strategy.choke);
  return out;
}

std::vector<std::string> notes_on_precision(const scenario& s) {
  const auto how = precision_for(s);
  std::vector<std::string> out;
  if (how.block_length != block_bytes) {
    out.push_back("simulated with blocks of " + std::to_string(how.block_length / 1024) + " KiB");
  }
  if (how.short_books) {
    out.push_back("peers remember " + std::to_string(book_per_neighbour) +
                  " times as many addresses as they may have neighbours");
  }
  if (how.tick > duration{}) {
    const auto in_ms = [](duration d) { return std::to_string(d / std::chrono::milliseconds(1)) + " ms"; };
    const auto till_much =
        how.quiet_tick < how.tick ? " (" + in_ms(how.quiet_tick) + " while little happens)" : "";
    out.push_back("what happens is rounded to multiples of " + in_ms(how.tick) + till_much +
                  ", in which each peer has one turn; blocks of a connection go together, as many as "
                  "the sender's uplink takes in that time");
  }
  return out;
}

}  // namespace shoal::lab
