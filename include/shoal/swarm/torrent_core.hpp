#pragma once
// A torrent's brain: one pure state machine that decides what to ask of whom, whom to give to, whom to
// connect to and when to ask the tracker. It knows no socket, file, clock, thread or log; the same code runs
// behind real sockets and in the lab's virtual time. The same inputs give the same outputs, always.
//
// Contract: `on` takes one event at an instant that never goes back; then `poll` until it returns false,
// carrying out the actions in order; `deadline` says when to call on(now, tick{}) at the latest. Who has
// several events of one instant may have them heard one after another, and settles once. No call may be made
// from within another. Misbehaviour of peers is answered by `drop` actions, never by exceptions.
//
// Cost: a `received` batch costs O(1) amortised a message; a verified piece O(peers); once a second O(peers).

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include <shoal/base/bitfield.hpp>
#include <shoal/base/ring.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/peer/choker.hpp>
#include <shoal/peer/peer_book.hpp>
#include <shoal/peer/peer_state.hpp>
#include <shoal/piece/geometry.hpp>
#include <shoal/piece/picker.hpp>
#include <shoal/swarm/action.hpp>
#include <shoal/swarm/announce_schedule.hpp>
#include <shoal/swarm/event.hpp>
#include <shoal/swarm/pex_intake.hpp>

namespace shoal::swarm {

struct core_settings {
  std::uint32_t peers_max = 200;      ///< connections
  std::uint32_t connect_until = 0;    ///< connects by itself to so many; 0: 60 % of `peers_max`
  std::uint32_t connecting_max = 30;  ///< attempts at a time
  std::uint32_t upload_slots = 0;     ///< 0: as many as suit the uplink, see `peer/choker`
  bool advises = true;                ///< as a seeder, suggests to each peer what nobody else has (BEP 6)
  bool super_seed = false;            ///< with everything: hides it, and shows pieces one by one (BEP 16)
  bool lends_slots = true;            ///< between two rounds, those that their holders have no use for
  bool moves_requests = true;         ///< that wait in line at one peer, to another that could answer at once
  bool once_from_afar = false;        ///< what no near peer has one of us fetches from others (`swarm/afar`)
  std::uint64_t upload_bytes_per_s = 0;  ///< of payload, 0 for no limit
  std::uint64_t download_bytes_per_s = 0;
  std::uint64_t upload_ahead_bytes_max = 16U << 20;  ///< loading, or loaded and not sent, all peers
  std::uint32_t num_want = 80;
  duration keep_alive_after = std::chrono::seconds(100);  ///< we say something at least so often
  duration silence_max = std::chrono::seconds(180);       ///< BEP 3: peers say something every two minutes
  piece::picker_settings picking;
  peer::window_settings window;
  peer::choker_settings choking;
  peer::book_settings book;
  announce_settings announcing;
  pex_settings exchange;
};

/// What a torrent's brain begins with.
struct core_setup {
  core_settings settings;
  piece::geometry geometry;
  sha1_digest info_hash;  ///< as on the wire; for the allowed-fast set
  shoal::peer_id our_id;
  std::uint16_t listen_port = 0;  ///< told to peers; 0 when there is none
  std::string client;             ///< "v" of our extension handshake
  bool is_private = false;        ///< BEP 27
  /// The info dictionary, for peers that came by a magnet link; null: they get it elsewhere. That of a
  /// private torrent is not given away.
  std::shared_ptr<const std::vector<std::byte>> metadata;
  tracker_tiers trackers;
  bitfield have;                         ///< verified and on disk
  std::vector<std::uint8_t> priorities;  ///< one a piece, as `picker::set_priority`; empty: all 4
  std::uint64_t seed = 0;                ///< of all chance
  /// Where actions wait for `poll`; null: each core has its own. Who drives many cores by turns from one
  /// thread may give them one, and empties it before it turns to another core: it stays in the caches.
  ring<action>* outbox = nullptr;
};

/// Payload bytes.
struct core_totals {
  std::uint64_t downloaded = 0;  ///< all that came, useful or not
  std::uint64_t uploaded = 0;
  std::uint64_t wasted = 0;  ///< came twice, unasked for, or in a piece that failed
};

/// What a brain keeps while it rests: when to announce, and what was counted.
struct core_at_rest {
  announce_schedule schedule;
  core_totals totals;
  rng chance;

  /// When the core is to be made anew for `tick`.
  std::optional<instant> deadline() const { return schedule.deadline(); }
};

class torrent_core {
 public:
  explicit torrent_core(core_setup setup);
  /// Goes on after a rest. `setup` has every piece and no trackers, and is else what the first core began
  /// with, but for the limits, which may have changed. O(pieces).
  torrent_core(core_setup setup, core_at_rest rested);
  ~torrent_core();
  torrent_core(torrent_core&&) noexcept;
  torrent_core& operator=(torrent_core&&) noexcept;

  /// `hear`, then `settle`.
  void on(instant now, const event& e);
  /// What `e` says. An action that names things of a batch by their place (`store`, `upload`) has to be
  /// polled before the next batch is heard, by whom the place matters.
  void hear(instant now, const event& e);
  /// After all that was heard: does what became possible, and what is due.
  void settle(instant now);
  bool poll(action& out);
  std::optional<instant> deadline() const;

  /// Hints for who drives more cores than the caches hold: what events look at may be on its way before they
  /// come. Each of these looks at what the one before it fetched, so it should be called some time later.
  void fetch_early() const;
  void fetch_lists_early() const;
  void fetch_peers_early() const;
  void fetch_queues_early() const;

  /// There is nothing to do but to announce, and nothing to remember but what `core_at_rest` holds: all
  /// pieces are here, no peer is, none is known or banned, and nothing went out of late. A shell that has
  /// thousands of torrents lets such a core rest, and makes it anew when something happens. Nothing is lost
  /// by it but what others said of our address.
  bool may_rest(instant now) const;
  /// After `may_rest`. Nothing else may be called then.
  core_at_rest rest() &&;

  // To look at; valid until the next `on`.

  const piece::picker& pieces() const;
  const core_totals& totals() const;
  /// Bytes of the wanted pieces, ours or not.
  std::uint64_t wanted_bytes_total() const;
  /// Everything wanted is here.
  bool complete() const;
  /// Connected peers, in the order in which they joined.
  std::vector<peer::peer_state*> peers();
  /// It sent false data, or the user's filter has it.
  bool banned(const ip_address& who) const;
  double download_rate(instant now);
  double upload_rate(instant now);

  /// Asserts every invariant, O(peers x requests + pieces). For tests and fuzzing.
  void check() const;

 private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

}  // namespace shoal::swarm
