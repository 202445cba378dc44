#pragma once
// The inside of a simulated swarm: nodes, the ends of their connections, what is on its way, and one function
// an event. What happens at one node at one instant is one visit: its core hears it all, and settles once.
// Split over files by subject: world.cpp (the loop, nodes), wiring.cpp (connections), letters.cpp (messages),
// transfer.cpp (blocks), services.cpp (disk, tracker), fetch_early.cpp (hints to the caches), watch.cpp (the
// checkers).

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include <shoal/base/ring.hpp>
#include <shoal/registry/swarm_table.hpp>
#include <shoal/sim/pipe.hpp>
#include <shoal/sim/trace.hpp>
#include <shoal/sim/virtual_swarm.hpp>

#include "sim/agenda.hpp"

namespace shoal::sim {

/// In one cache line. The ends of a connection lie side by side, and have the same serial number.
struct alignas(64) connection_end {
  node_index node;
  peer_key key;  ///< from `peer_joined` on
  node_index other_node;
  std::uint32_t serial = 0;
  duration one_way{};
  std::uint32_t in_flight = 0;     ///< bytes from here to the other end, on the uplink or beyond
  bool open = false;               ///< its node has not heard the end of it
  bool joined = false;             ///< its node has heard the beginning of it
  instant paced_until{};           ///< when packets are lost
  std::vector<block_ref> waiting;  ///< for room in flight
};
static_assert(sizeof(connection_end) == 64);

/// The other end.
inline end_index far_end(end_index e) {
  return end_index(e.value() ^ 1U);
}

/// What a node needs to send a message, for all its connections in a row.
struct link {
  peer_key key;
  end_index end;
  std::uint32_t serial;
  node_index to;
  duration one_way;
};

/// A block that waits for a node's uplink.
struct upload_job {
  end_index end;
  std::uint32_t serial = 0;
  block_ref block;
};

/// Blocks of one connection, one after another on their way.
struct block_train {
  end_index end;  ///< of the sender
  std::uint32_t serial = 0;
  std::uint32_t bytes = 0;
  std::vector<block_ref> blocks;
};

/// A false block in the copy of a piece that is in hand, or that failed.
struct false_block {
  piece_index piece;
  node_index liar;
  bool in_hand = true;
};

/// What the checkers keep of a node that they watch.
struct watch_record {
  bitfield verified;
  std::set<block_ref> stored;  ///< of pieces that are not verified
  std::set<peer_key> unchoked;
  std::uint64_t sent = 0, received = 0;  ///< bytes
  instant fed{};                         ///< the last time that something came, or that it began to wait
};

struct node {
  std::optional<swarm::torrent_core> core;  ///< while present
  std::unique_ptr<node_plan> plan;          ///< until it joins
  pipe up, down, disk;
  duration latency{};
  std::optional<site_index> site;
  std::uint32_t host = 0;  ///< which of its site
  std::uint8_t side = 0;
  bool lies = false;
  bool gives = true;  ///< whether or not it gets anything for it
  bool sending = false;
  float loss = 0;
  std::uint32_t upload_slots = 0;
  std::uint32_t last_key = 0;
  std::vector<link> links;         ///< keys ascend
  std::vector<upload_job> uplink;  ///< those before `uplink_head` are spent
  std::size_t uplink_head = 0;
  std::uint32_t train = 0;  ///< its number, while sending
  instant departs{};        ///< when its last byte is out
  instant wake = instant::max();
  std::vector<false_block> false_blocks;
  std::unique_ptr<watch_record> watched;
  swarm::core_totals totals;  ///< when it has left
};

struct site {
  pipe up, down;
  duration latency{};
  std::vector<node_index> hosts;
};

/// An announce under way.
struct ask {
  node_index from;
  std::uint32_t ticket = 0;
  announce::announce_request request;
  bool reached = false;
  announce::announce_response response;
};

struct virtual_swarm::world {
  world(const swarm_plan& p, observer* w);

  // The loop and the nodes: world.cpp.
  void run_until(instant end);
  void visit(node_index i, std::span<const happening> what);
  void happen(const happening& h);
  void hear(node_index i, const swarm::event& e);
  void settle(node_index i);
  void carry_out(node_index i);
  void set_wake(node_index i);
  void woken(node_index i);
  void join(node_index i);
  void remove(node_index i);
  void push(instant when, const happening& h, agenda::rounding how = agenda::rounding::nearest);

  // Ahead of need: fetch_early.cpp.
  void fetch_early(std::span<const happening> now_to_do) const;
  void fetch_early(const node& n, int visits) const;

  // What a core asks for.
  void act(node_index i, swarm::send& a);
  void act(node_index i, swarm::connect& a);
  void act(node_index i, swarm::drop& a);
  void act(node_index i, swarm::store& a);
  void act(node_index i, swarm::verify& a);
  void act(node_index i, swarm::load& a);
  void act(node_index i, swarm::upload& a);
  void act(node_index i, swarm::unsend& a);
  void act(node_index i, swarm::announce_to& a);
  void act(node_index i, swarm::report& a);

  // Connections and messages: wiring.cpp.
  endpoint address_of(node_index i) const;
  std::optional<node_index> node_at(const endpoint& e) const;
  peer_id id_of(node_index i) const;
  duration latency(node_index from, node_index to) const;
  bool parted(node_index a, node_index b) const {
    return has_sides && nodes[a.index()].side != nodes[b.index()].side;
  }
  bool share_site(node_index a, node_index b) const {
    return nodes[a.index()].site && nodes[a.index()].site == nodes[b.index()].site;
  }
  const link* find_link(node_index i, peer_key key) const;
  end_index find_end(node_index i, peer_key key) const;
  void dialled(node_index from, node_index to);
  void dial_failed(node_index from, node_index to);
  void joined(end_index e);
  void close(end_index e);
  void left(end_index e);
  end_index fresh_pair();
  connection_end& join_end(end_index e);
  void reunite();

  // Messages: letters.cpp.
  void post(node_index from, const link& l, wire::message&& m);
  wire::message unpack(const happening& letter);
  void read(const happening& letter);
  void deliver_read();

  // Blocks: transfer.cpp.
  std::uint32_t flight_max(const connection_end& e) const;
  void begin_upload(end_index e, const block_ref& b);
  void put_on_uplink(end_index e, const block_ref& b);
  bool is_whole(const connection_end& e, std::uint32_t serial) const { return e.serial == serial && e.open; }
  std::uint32_t train_bytes_max(const node& n) const;
  void start_uplink(node_index i, instant from);
  void departed(node_index i);
  void send_off(std::uint32_t number, instant out, bool was_held);
  void arrived(std::uint32_t number);
  void give_back_train(std::uint32_t number);
  void unsent(end_index e, const block_ref& b);
  block_ref block_at(std::uint32_t piece, std::uint32_t begin) const;

  // Disk and tracker: services.cpp.
  void verified(node_index i, piece_index piece, bool good);
  void loaded(node_index i, peer_key key, const block_ref& b);
  void asked(std::uint32_t number);
  void announced(std::uint32_t number);

  // Checkers: watch.cpp.
  void breach(node_index i, std::string what);
  void watch_send(node_index i, const swarm::send& a);
  void watch_slots(node_index i);
  void watch_store(node_index i, const swarm::store& a);
  void watch_upload(node_index i, const swarm::upload& a);
  void watch_waits();
  std::optional<node_index> passed_over_by(node_index i) const;
  void check();

  swarm_plan plan;
  piece::geometry geometry;
  observer* watcher;
  agenda todo;
  trace_digest digest;
  std::uint64_t events = 0;
  instant now = beginning;
  bool stopped = false;
  rng chance;
  registry::swarm_table tracker;
  bool tracker_answers = true;
  bool has_sides = false;  // some node was put on a side of a partition once
  sha1_digest info_hash;
  ring<swarm::action> outbox;  // of the core in hand
  std::deque<node> nodes;
  std::vector<site> sites;
  std::vector<connection_end> ends;
  std::vector<end_index> free_pairs;  // their first ends
  numbered<wire::message> parcels;    // messages that do not fit into a letter
  numbered<block_train> trains;
  numbered<ask> asks;
  numbered<std::function<void()>> calls;
  // Of the visit in hand.
  node_index visiting = nobody;
  bool heard = false;                            // its core has
  std::vector<happening> at_once;                // there, at this instant
  end_index reading = no_end;                    // whose letters these are
  std::vector<wire::message> letters;            // read, and not heard of yet
  std::vector<wire::message> payloads;           // of the train in hand
  std::vector<swarm::block_loaded> ready_loads;  // answered as soon as the core has said all
  std::vector<swarm::block_loaded> loads;        // being answered
  struct held_letter {
    end_index from;
    std::uint32_t serial;
    wire::message message;
  };
  std::vector<held_letter> held_letters;  // between sides of a partition
  std::vector<std::uint32_t> held_trains;
  std::vector<std::string> breaches;
};

}  // namespace shoal::sim
