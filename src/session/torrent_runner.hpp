#pragma once
// One torrent behind real sockets and files: the only caller of its `torrent_core`, on a strand that guards
// all the torrent's state. It turns what happens (batches from links, answers from disk and trackers, time)
// into events and the core's actions into calls. It decides nothing about the swarm.
//
// What runs where: everything private here on `strand_`; each link on its own strand; disk work on the disk
// pool. Between them go posts, one a batch.

#include <atomic>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include <boost/asio/steady_timer.hpp>

#include <shoal/net/handshaking.hpp>
#include <shoal/net/peer_link.hpp>
#include <shoal/net/task_group.hpp>
#include <shoal/swarm/metadata_core.hpp>
#include <shoal/swarm/torrent_core.hpp>

#include "session/announcer.hpp"
#include "session/assembly.hpp"
#include "session/block_reader.hpp"
#include "session/opening.hpp"
#include "session/resume_keeper.hpp"
#include "session/services.hpp"

namespace shoal {

class torrent_runner final : private net::link_owner,
                             private assembly_owner,
                             private reader_owner,
                             private announcer_owner {
 public:
  torrent_runner(torrent_id id, torrent_settings settings, services& s, std::uint64_t seed);
  ~torrent_runner() override;

  torrent_id id() const { return id_; }
  net::strand executor() const { return strand_; }
  const info_hash& hash() const { return settings_.info_hash(); }

  // From any thread.

  /// Checks what is on disk, then runs. `services::begin_next` is called when the start is over, or will take
  /// long for other reasons than the check.
  void begin();
  /// A connection that shook hands for this torrent.
  void adopt(net::established e);
  /// A peer in our own network says that it has the torrent. Nothing is done for a private one (BEP 27).
  void found_locally(const endpoint& peer);
  /// Whether the own network may be told of the torrent: it trades, and is not known to be private.
  bool may_be_told_locally() const { return told_locally_; }
  void set_rates(std::uint64_t upload, std::uint64_t download);
  /// The last snapshot; at most a second old.
  torrent_status status() const;
  /// Null while only a magnet link is known.
  std::shared_ptr<const metainfo::torrent_info> info() const;
  std::vector<peer_status> peers();
  std::vector<peer_total> ledger();
  /// Takes a new snapshot soon, if anything can have changed.
  void refresh();

  /// Stops in good order, at most `grace`; then everything is cancelled. Awaited by the session.
  net::awaitable<void> shutdown(duration grace);

 private:
  struct link_record {
    std::shared_ptr<net::link> link;
    std::vector<net::outbound> outbox;
    std::vector<block_ref> withdrawn;  // handed over, cancelled since
    endpoint remote;
    bool dropped = false;  // by us; the core has told why
  };

  // Life.
  net::awaitable<void> live();
  void end_turn();
  static swarm::tracker_tiers trackers_of(const metainfo::magnet_link& link);
  net::awaitable<void> find_metadata();
  void take_metadata();
  std::shared_ptr<const metainfo::torrent_info> complete_info(metainfo::torrent_info fetched) const;
  std::string name() const;
  bool select_files();
  net::awaitable<void> retry_writing();
  void start_core(opened_content content);
  void hand_over();
  void save_resume();
  bool settled() const;

  // Rest.
  swarm::core_setup core_setup(bitfield have) const;
  void make_hands();
  void wake();
  void rest_if_idle();
  bool is_trading() const { return core_ || at_rest_ || finder_; }

  // The core.
  void drive(const swarm::event& e);
  template <class Core>
  void carry_out(Core& core);
  void act(swarm::send& a);
  void act(swarm::connect& a);
  void act(swarm::drop& a);
  void act(swarm::store& a);
  void act(swarm::verify& a);
  void act(swarm::load& a);
  void act(swarm::upload& a);
  void act(swarm::unsend& a);
  void act(swarm::announce_to& a);
  void act(swarm::report& a);
  link_record* link_to_write(peer_key key);
  void flush();
  void arm();

  // Answers, on link strands or on ours.
  void on_received(peer_key who, net::inbound_batch&& batch) override;
  void on_sent(peer_key who, std::uint64_t payload_bytes, std::uint32_t blocks) override;
  void on_unsent(peer_key who, std::vector<block_ref>&& blocks) override;
  void on_closed(peer_key who, error why) override;
  void pieces_done(std::span<const swarm::piece_verified> verdicts) override;
  void peer_lied(const ip_address& who) override;
  void disk_refused(const failure& why) override;
  void disk_works_again() override;
  void blocks_read(std::span<const swarm::block_loaded> blocks, std::span<buffer::lease> data) override;
  void read_failed(const failure& why) override;
  void tracker_answered(const swarm::announced& e) override;
  void tracker_told(session_event::kind what, std::string text) override;

  net::awaitable<void> dial(endpoint remote);
  void join_swarm(net::established e);
  void start_web_seeds();
  net::awaitable<void> use_web_seed(std::size_t nth, std::string url);

  // Looking.
  void take_snapshot();
  void tell(session_event::kind what, std::string text, std::optional<endpoint> peer = {});
  peer_total& account(const ip_address& who);
  std::vector<peer_status> look_at_peers();
  std::vector<peer_total> look_at_ledger();
  template <class T>
  std::vector<T> ask(std::vector<T> (torrent_runner::*question)());
  void set_state(torrent_state s);

  const torrent_id id_;
  torrent_settings settings_;
  services& services_;
  const std::uint64_t seed_;
  net::strand strand_;
  net::task_group tasks_;
  announcer announcer_;
  boost::asio::steady_timer alarm_;
  instant armed_ = instant::max();

  piece::geometry geometry_;
  std::shared_ptr<disk::file_store> store_;
  std::unique_ptr<swarm::metadata_core> finder_;              // of a magnet link, until `core_` is there
  std::unique_ptr<boost::asio::steady_timer> metadata_here_;  // its wait ends when the metadata is
  bool refusal_told_ = false;                                 // that a peer's metadata is beyond the limit
  std::optional<swarm::core_at_rest> at_rest_;                // instead of `core_` and its hands
  std::unique_ptr<swarm::torrent_core> core_;
  std::unique_ptr<assembly> assembly_;
  std::unique_ptr<block_reader> reader_;
  std::unique_ptr<resume_keeper> resume_;

  std::unordered_map<peer_key, link_record> links_;
  std::vector<peer_key> dirty_;          // links with something in their outbox
  std::vector<net::established> early_;  // connected while the files were being checked
  std::uint32_t last_key_ = 0;
  net::inbound_batch* batch_in_hand_ = nullptr;  // for `store`
  std::span<buffer::lease> loaded_in_hand_;      // for `upload`

  opening_progress opening_;  // cancelled when the torrent stops
  torrent_state state_ = torrent_state::checking;
  std::optional<failure> problem_;
  instant started_at_{};
  std::optional<duration> completed_after_;
  std::unordered_map<ip_address, peer_total> ledger_;
  std::uint64_t upload_rate_ = 0, download_rate_ = 0;          // limits, bytes a second, 0 for none
  std::uint64_t uploaded_before_ = 0, downloaded_before_ = 0;  // in earlier runs
  instant last_snapshot_{};
  mutable std::mutex snapshot_mutex_;
  torrent_status snapshot_;
  std::shared_ptr<const metainfo::torrent_info> info_shown_;
  bool retrying_ = false;
  bool turn_ended_ = false;  // the next torrent may begin
  std::atomic<bool> snapshot_holds_{
      false};  // nothing has happened since the snapshot, and no rate is left to fall
  std::atomic<bool> told_locally_{false};
  std::atomic<bool> over_{false};  // shutdown has finished: no strand runs any more
};

}  // namespace shoal
