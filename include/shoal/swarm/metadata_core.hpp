#pragma once
// A torrent's brain while only its info-hash is known (a magnet link): finds peers, fetches the metadata from
// them (BEP 9) and learns meanwhile what they have. Then the shell makes a `torrent_core` and hands the
// connections over to it. The same contract as `torrent_core`, with the same events and actions; events that
// speak of pieces do not come here.
//
// Cost: O(peers) an event and twice a second.
//
// Deliberately absent: interest, choking and payload. A request is rejected, whatever a peer says of its
// pieces is kept for the core to come.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <shoal/base/ring.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/peer/peer_book.hpp>
#include <shoal/swarm/action.hpp>
#include <shoal/swarm/announce_schedule.hpp>
#include <shoal/swarm/event.hpp>
#include <shoal/swarm/metadata_fetch.hpp>
#include <shoal/swarm/pex_intake.hpp>
#include <shoal/wire/extension.hpp>

namespace shoal::swarm {

/// What it begins with; the names and meanings are `core_setup`'s and `core_settings`'.
struct metadata_setup {
  std::uint32_t peers_max = 200;
  std::uint32_t connecting_max = 30;
  std::uint32_t num_want = 80;
  duration keep_alive_after = std::chrono::seconds(100);
  duration silence_max = std::chrono::seconds(180);
  metadata_settings fetching;
  peer::book_settings book;
  announce_settings announcing;
  sha1_digest info_hash;
  shoal::peer_id our_id;
  std::uint16_t listen_port = 0;
  std::string client;
  tracker_tiers trackers;
  std::uint64_t seed = 0;
};

class metadata_core {
 public:
  explicit metadata_core(metadata_setup setup);
  ~metadata_core();

  void on(instant now, const event& e);
  bool poll(action& out);
  std::optional<instant> deadline() const;

  /// The metadata is here, whole and right by its hash.
  bool complete() const { return fetch_.complete(); }
  const std::vector<std::byte>& metadata() const { return fetch_.metadata(); }
  /// Bytes of it here and in all; zeros until a peer has told.
  std::pair<std::uint64_t, std::uint64_t> progress() const { return fetch_.progress(); }
  std::size_t peers() const { return peers_.size(); }
  /// What a peer last told that is beyond the limit; 0 when none did.
  std::uint64_t refused_bytes() const { return refused_bytes_; }

  /// A connection for the core to come: what it would have heard.
  struct handover {
    peer_joined joined;
    std::vector<wire::message> said;
  };
  /// Gives every connection away, in the order of joining. It is over then.
  std::vector<handover> release();
  /// Peers that were found and are not connected.
  std::vector<endpoint> known() const;

 private:
  struct peer;

  void handle(const peer_joined& e);
  void handle(const connect_failed& e);
  void handle(const peer_left& e);
  void handle(const received& e);
  void handle(const peers_found& e);
  void handle(const announced& e);
  void handle(const start&);
  void handle(const stop&);
  template <class Other>
  void handle(const Other&) {}

  bool is_duplicate(const peer_joined& e);
  void greet(peer& p);
  void take(peer& p, const wire::message& m);
  void keep(peer& p, const wire::message& m);
  void take_extended(peer& p, const wire::extended& m);
  void take_handshake(peer& p, const wire::extended& m);
  void take_metadata(peer& p, const wire::extended& m);
  void take_peers(peer& p, const wire::extended& m);
  void oddity(peer& p, std::string_view detail);
  void drop(peer& p, drop_reason reason, std::string_view detail = {});
  void punish_liars();
  void settle();
  void sweep();
  void ask();
  void announce(const announce_schedule::request& r, std::uint32_t num_want);
  peer* find(peer_key key);
  void tell(peer& p, wire::message m);
  void emit(action a) { outbox_.push_back(std::move(a)); }

  metadata_setup setup_;
  rng chance_;
  announce_schedule schedule_;
  shoal::peer::peer_book book_;
  metadata_fetch fetch_;
  pex_intake intake_;
  std::vector<std::unique_ptr<peer>> peers_;  // by key, which only grows
  ring<action> outbox_;
  instant now_{};
  instant next_sweep_{};
  std::uint32_t connecting_ = 0;
  std::uint64_t refused_bytes_ = 0;
  bool running_ = false;
};

}  // namespace shoal::swarm
