#pragma once
// The library's façade: a session runs torrents on threads of its own. Thread-safe. No Asio in this header.

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/base/time.hpp>
#include <shoal/session/settings.hpp>

namespace shoal {

using torrent_id = strong_index<struct torrent_id_tag>;

enum class torrent_state : std::uint8_t {
  fetching_metadata,  ///< only a magnet link is known so far
  checking,           ///< looking at what is on disk
  downloading,
  seeding,  ///< all that is wanted is here
  paused,   ///< the disk failed: see `status::problem`; resumes by itself when it can write again
  stopped,
};
std::string_view to_string(torrent_state s);

struct peer_status {
  endpoint remote;
  std::string client;            ///< from the extension handshake, else from the peer id
  std::uint64_t downloaded = 0;  ///< payload bytes from it
  std::uint64_t uploaded = 0;    ///< payload bytes to it
  double down_bytes_per_s = 0;
  double up_bytes_per_s = 0;
  double completed = 0;  ///< share of the pieces it has, 0 to 1
  bool outgoing = false;
  bool we_choke = true, they_choke = true, we_interested = false, they_interested = false, snubbed = false;
};

/// What was exchanged with one address in this run, over all its connections, gone ones included.
struct peer_total {
  ip_address address;
  std::string client;
  std::uint64_t downloaded = 0;  ///< payload bytes from it
  std::uint64_t uploaded = 0;    ///< payload bytes to it
};

struct tracker_status {
  std::string url;  ///< as it may be shown
  bool working = false;
  std::string message;  ///< the last failure or warning
};

/// What of a torrent is told in numbers.
struct torrent_figures {
  torrent_id id;
  torrent_state state = torrent_state::checking;
  std::uint64_t metadata_done = 0, metadata_total = 0;  ///< bytes, while fetching it; 0: nobody has told
  std::uint64_t bytes_total = 0;                        ///< of the wanted pieces
  std::uint64_t bytes_done = 0;                         ///< verified and on disk, of the wanted
  std::uint32_t pieces_total = 0, pieces_done = 0;
  double checked = 0;                          ///< while checking: 0 to 1
  std::uint64_t downloaded = 0, uploaded = 0;  ///< payload bytes in this run
  std::uint64_t wasted = 0;  ///< payload bytes that came twice, unasked for or in a bad piece
  double down_bytes_per_s = 0, up_bytes_per_s = 0;
  std::uint32_t peers = 0, seeds = 0;
  double distributed_copies = 0;
  duration since_start{};
  std::optional<duration>
      completed_after;  ///< from the start to the last piece, when it completed in this run
};

struct torrent_status : torrent_figures {
  std::string name;
  std::optional<failure> problem;  ///< why it is paused
  std::vector<tracker_status> trackers;
};

/// Something that happened, for logs and `--json`.
struct session_event {
  enum class kind : std::uint8_t {
    metadata_fetched,
    torrent_checked,
    torrent_completed,
    torrent_spread,  ///< super seeding has done its work
    torrent_paused,
    torrent_resumed,
    tracker_replied,
    tracker_failed,
    peer_connected,
    peer_dropped,
    piece_failed,
    peer_banned,
    port_mapped,  ///< of the session, no torrent's; so is the next
    port_not_mapped,
    warning
  };
  kind what;
  torrent_id torrent;
  std::string text;  ///< one line for people
  std::optional<endpoint> peer;
};
std::string_view to_string(session_event::kind k);

class session {
 public:
  explicit session(session_settings settings);
  /// Stops, if `stop` was not called.
  ~session();
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  /// Called from a session thread, one call at a time. Set before `start`; must return soon and may not call
  /// `stop`.
  void on_event(std::function<void(const session_event&)> f);

  /// Listens and starts the threads. Fails when the address cannot be had. Callers wait until there is a
  /// torrent.
  outcome<void> start();
  endpoint listening() const;

  /// Starts a torrent. Fails when it is already here, or nothing says which torrent is meant.
  outcome<torrent_id> add(torrent_settings t);

  std::optional<torrent_status> status(torrent_id id) const;
  /// Null while only a magnet link is known.
  std::shared_ptr<const metainfo::torrent_info> info(torrent_id id) const;
  std::vector<peer_status> peers(torrent_id id) const;
  /// By address; at most 10,000 addresses are remembered.
  std::vector<peer_total> ledger(torrent_id id) const;

  /// Changes the limits of a running session; bytes a second, 0 for none.
  void set_rate_limits(std::uint64_t upload, std::uint64_t download);

  /// Finishes what is being written, writes resume data, tells the trackers `stopped`, closes every
  /// connection; at most `grace`, whatever hangs is cut off then.
  void stop(duration grace = std::chrono::seconds(4));

 private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

}  // namespace shoal
