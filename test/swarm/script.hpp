#pragma once
// A core and what it did, driven by hand.

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include <shoal/swarm/torrent_core.hpp>

namespace shoal::swarm {

using std::chrono::seconds;

constexpr std::uint32_t piece_length = 64 * 1024;

/// A `torrent_core` or `metadata_core`, what it did, and a clock. The torrent's core is checked after each
/// event.
template <class Core>
struct driven {
  template <class Setup>
  explicit driven(Setup s) : core(std::move(s)) {}

  void on(const event& e) {
    core.on(now, e);
    collect();
    if constexpr (requires { core.check(); }) {
      core.check();
    }
  }
  void collect() {
    action a;
    while (core.poll(a)) {
      actions.push_back(a);
    }
  }
  void say(peer_key key, wire::message m) { on(received{key, std::span(&m, 1)}); }
  /// Lets a peer join, with an id that follows from its address.
  peer_key join_from(const endpoint& remote, bool fast, bool extended = false, bool outgoing = false,
                     bool near = false) {
    const peer_key key(++last_key);
    peer_joined e{key, remote, {}, outgoing, fast, extended, false, near};
    std::ranges::copy(remote.address.bytes(), e.id.bytes.begin() + 1);
    on(e);
    return key;
  }

  template <class A>
  std::vector<A> all() const {
    std::vector<A> out;
    for (const auto& a : actions) {
      if (const auto* const wanted = std::get_if<A>(&a)) {
        out.push_back(*wanted);
      }
    }
    return out;
  }
  template <class M>
  std::vector<M> said_to(peer_key key) const {
    std::vector<M> out;
    for (const auto& s : all<send>()) {
      const auto* const m = std::get_if<M>(&s.message);
      if (m != nullptr && s.key == key) {
        out.push_back(*m);
      }
    }
    return out;
  }
  std::optional<drop_reason> dropped(peer_key key) const {
    for (const auto& d : all<drop>()) {
      if (d.key == key) {
        return d.reason;
      }
    }
    return std::nullopt;
  }

  Core core;
  instant now{seconds(100)};
  std::uint32_t last_key = 0;
  std::vector<action> actions;
};

struct script : driven<torrent_core> {
  explicit script(bool seed = false, core_settings settings = {}) : script(setup(seed, settings)) {}
  explicit script(core_setup s) : driven(std::move(s)) { on(start{}); }

  static core_setup setup(bool seed, const core_settings& settings) {
    core_setup s;
    s.settings = settings;
    s.geometry = piece::geometry(10 * piece_length, piece_length);
    s.our_id.bytes[0] = std::byte{1};
    s.have = bitfield(10, seed);
    s.seed = 1;
    return s;
  }

  peer_key join(std::uint8_t host = 2, bool fast = true) {
    // Host 0 comes by IPv6, for which there is no allowed-fast set.
    const auto address = host == 0 ? *ip_address::parse("2001:db8::1") : ip_address::v4({10, 0, 0, host});
    return join_from({address, 1000}, fast);
  }
  /// A peer that has everything and unchoked us.
  peer_key join_seed(std::uint8_t host = 2) {
    const auto key = join(host);
    say(key, wire::have_all{});
    say(key, wire::unchoke{});
    return key;
  }
};

inline block_ref block(std::uint32_t piece, std::uint32_t n) {
  return {piece_index(piece), n * block_bytes, block_bytes};
}

}  // namespace shoal::swarm
