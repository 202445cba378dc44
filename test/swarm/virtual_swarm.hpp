#pragma once
// A swarm of torrent cores in virtual time, for tests: no payload, links with a latency and an uplink rate, a
// tracker that knows everybody. Everything happens in order of (time, sequence), so a run is a function of
// its seed.

#include <functional>
#include <map>
#include <memory>
#include <queue>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/swarm/torrent_core.hpp>

namespace shoal::swarm {

struct node_plan {
  bool seed = false;
  double up_bytes_per_s = 8 << 20;  ///< the uplink's capacity
  std::uint64_t up_limit = 0;       ///< the core's own limit
  bool liar = false;                ///< every block it sends is false
};

class virtual_swarm {
 public:
  virtual_swarm(std::uint64_t bytes, std::uint32_t piece_length, std::uint64_t seed)
      : geometry_(bytes, piece_length), seed_(seed) {}

  std::size_t add(const node_plan& plan, const core_settings& settings = {}) {
    const auto i = nodes_.size();
    core_setup setup;
    setup.settings = settings;
    setup.settings.upload_bytes_per_s = plan.up_limit;
    setup.geometry = geometry_;
    setup.our_id.bytes[0] = static_cast<std::byte>(i);
    setup.our_id.bytes[1] = static_cast<std::byte>(i >> 8);
    setup.listen_port = 1;
    setup.trackers = {{"tracker"}};
    setup.have = bitfield(geometry_.piece_count(), plan.seed);
    setup.seed = seed_ + i;
    nodes_.push_back(std::make_unique<node>(plan, std::move(setup), address_of(i)));
    at(now_, [this, i] { drive(i, start{}); });
    return i;
  }

  torrent_core& core(std::size_t i) { return nodes_[i]->core; }
  std::optional<instant> completed_at(std::size_t i) const { return nodes_[i]->completed_at; }
  const std::vector<report>& reports(std::size_t i) const { return nodes_[i]->reports; }
  const std::string& trace() const { return trace_; }
  const piece::geometry& geometry() const { return geometry_; }
  instant now() const { return now_; }

  /// The connection of `i` vanishes from under it and everybody else.
  void kill(std::size_t i) {
    nodes_[i]->dead = true;
    const auto links = nodes_[i]->links;
    for (const auto& [key, other] : links) {
      disconnect(i, key);
    }
  }

  /// Until nobody has anything to do before `end`, or all live nodes are complete.
  void run_until(instant end) {
    while (!queue_.empty() && queue_.top().when <= end && !all_complete()) {
      const auto what = queue_.top();
      queue_.pop();
      now_ = what.when;
      what.run();
    }
  }
  bool all_complete() const {
    for (const auto& n : nodes_) {
      if (!n->dead && !n->core.complete()) {
        return false;
      }
    }
    return true;
  }
  void check() const {
    for (const auto& n : nodes_) {
      n->core.check();
    }
  }

 private:
  struct far_end {
    std::size_t node;
    peer_key key;
  };
  struct node {
    node(const node_plan& p, core_setup s, endpoint e) : plan(p), core(std::move(s)), where(e) {}
    node_plan plan;
    torrent_core core;
    endpoint where;
    std::map<peer_key, far_end> links;
    std::uint32_t last_key = 0;
    instant uplink_free{};
    std::optional<instant> wake;
    std::optional<instant> completed_at;
    std::set<block_ref> stored;                       // blocks of pieces not verified yet
    std::map<piece_index, std::set<endpoint>> liars;  // in the copy in hand
    std::vector<report> reports;
    bool dead = false;
  };
  struct happening {
    instant when;
    std::uint64_t sequence;
    std::function<void()> run;
    friend bool operator<(const happening& a, const happening& b) {
      return std::tie(b.when, b.sequence) < std::tie(a.when, a.sequence);
    }
  };

  static constexpr duration latency = std::chrono::milliseconds(1);

  static endpoint address_of(std::size_t i) {
    return {
        ip_address::v4({10, 0, static_cast<std::uint8_t>(i / 250), static_cast<std::uint8_t>(i % 250 + 1)}),
        6881};
  }

  void at(instant when, std::function<void()> run) { queue_.push({when, sequence_++, std::move(run)}); }

  void drive(std::size_t i, const event& e) {
    node& n = *nodes_[i];
    if (n.dead) {
      return;
    }
    n.core.on(now_, e);
    action a;
    while (n.core.poll(a)) {
      std::visit([&](auto& what) { act(i, what); }, a);
    }
    const auto due = n.core.deadline();
    if (due && (!n.wake || *due < *n.wake)) {
      n.wake = std::max(*due, now_);
      at(*n.wake, [this, i, when = *n.wake] {
        if (nodes_[i]->wake == when) {
          nodes_[i]->wake.reset();
          drive(i, tick{});
        }
      });
    }
  }

  void deliver(std::size_t to, peer_key key, const wire::message& m) {
    drive(to, received{key, std::span(&m, 1)});
  }

  void act(std::size_t i, send& a) {
    const auto link = nodes_[i]->links.find(a.key);
    if (link != nodes_[i]->links.end()) {
      at(now_ + latency, [this, to = link->second, m = a.message] { deliver(to.node, to.key, m); });
    }
  }
  void act(std::size_t i, connect& a) {
    at(now_ + latency, [this, i, remote = a.remote] {
      for (std::size_t j = 0; j < nodes_.size(); ++j) {
        if (nodes_[j]->where == remote && !nodes_[j]->dead) {
          join(i, j);
          return;
        }
      }
      drive(i, connect_failed{remote});
    });
  }
  void join(std::size_t i, std::size_t j) {
    if (i == j) {
      drive(i, connect_failed{nodes_[i]->where, true});
      return;
    }
    const peer_key mine(++nodes_[i]->last_key);
    const peer_key theirs(++nodes_[j]->last_key);
    nodes_[i]->links[mine] = {j, theirs};
    nodes_[j]->links[theirs] = {i, mine};
    peer_id id_i, id_j;
    id_i.bytes[0] = static_cast<std::byte>(i);
    id_i.bytes[1] = static_cast<std::byte>(i >> 8);
    id_j.bytes[0] = static_cast<std::byte>(j);
    id_j.bytes[1] = static_cast<std::byte>(j >> 8);
    drive(i, peer_joined{mine, nodes_[j]->where, id_j, true, true, true});
    endpoint from = nodes_[i]->where;
    from.port = 40000;
    drive(j, peer_joined{theirs, from, id_i, false, true, true});
  }
  void act(std::size_t i, drop& a) {
    at(now_, [this, i, key = a.key] { disconnect(i, key); });
  }
  void disconnect(std::size_t i, peer_key key) {
    const auto link = nodes_[i]->links.find(key);
    if (link == nodes_[i]->links.end()) {
      return;
    }
    const far_end other = link->second;
    nodes_[i]->links.erase(link);
    nodes_[other.node]->links.erase(other.key);
    drive(i, peer_left{key});
    drive(other.node, peer_left{other.key});
  }
  void act(std::size_t i, store& a) {
    CHECK(nodes_[i]->stored.insert(a.block).second);  // no block is stored twice
    const auto link = nodes_[i]->links.find(a.from);
    if (link != nodes_[i]->links.end() && nodes_[link->second.node]->plan.liar) {
      nodes_[i]->liars[a.block.piece].insert(nodes_[link->second.node]->where);
    }
  }
  void act(std::size_t i, verify& a) {
    node& n = *nodes_[i];
    std::erase_if(n.stored, [&](const block_ref& b) { return b.piece == a.piece; });
    const bool good = !n.liars.contains(a.piece);
    n.liars.erase(a.piece);
    at(now_ + latency, [this, i, piece = a.piece, good] { drive(i, piece_verified{piece, good}); });
  }
  void act(std::size_t i, load& a) {
    at(now_, [this, i, a] {
      const block_loaded done{a.key, a.block, true};
      drive(i, blocks_loaded{std::span(&done, 1)});
    });
  }
  void act(std::size_t i, upload& a) {
    node& n = *nodes_[i];
    const auto link = n.links.find(a.key);
    if (link == n.links.end()) {
      return;
    }
    CHECK(n.core.pieces().have().test(a.block.piece));
    n.uplink_free = std::max(n.uplink_free, now_) + from_seconds(a.block.length / n.plan.up_bytes_per_s);
    at(n.uplink_free, [this, i, a, to = link->second] {
      drive(i, sent{a.key, a.block.length});
      at(now_ + latency, [this, a, to] { deliver(to.node, to.key, wire::piece{a.block}); });
    });
  }
  void act(std::size_t, unsend&) {}  // what is on the uplink goes out
  void act(std::size_t i, announce_to& a) {
    trace_ += std::to_string(i) + " announces " + std::string(announce::to_string(a.event)) + "\n";
    at(now_ + latency, [this, i, ticket = a.ticket] {
      announced e{ticket, true, {}};
      e.response.interval_s = 120;
      for (std::size_t j = 0; j < nodes_.size(); ++j) {
        if (j != i && !nodes_[j]->dead) {
          e.response.peers.push_back({nodes_[j]->where, {}});
        }
      }
      drive(i, e);
    });
  }
  void act(std::size_t i, report& a) {
    node& n = *nodes_[i];
    if (a.what == report::kind::completed) {
      n.completed_at = now_;
      trace_ += std::to_string(i) + " complete at " + std::to_string(now_.time_since_epoch().count()) + "\n";
    }
    n.reports.push_back(a);
  }

  piece::geometry geometry_;
  std::uint64_t seed_;
  std::vector<std::unique_ptr<node>> nodes_;
  std::priority_queue<happening> queue_;
  std::uint64_t sequence_ = 0;
  instant now_{std::chrono::seconds(1)};
  std::string trace_;
};

}  // namespace shoal::swarm
