#pragma once
// Swarms shared between trackers, through a stream in Redis (5.0 and later speak streams, 6.2 trims them by
// time).
//
// Every tracker knows all swarms and answers from what it knows: no announce waits for Redis. What announces
// change is gathered for some ten milliseconds and appended to the stream as one entry, on a thread of its
// own; what others append is read and learnt. The stream reaches back as far as the longest silence, so
// whoever reads all of it knows everybody. While Redis is away each tracker answers from what it knows and
// keeps its news; when it is back they go out. A Redis that was restarted is given all peers that announced
// here, for it may have lost some.
//
// What this gives: each tracker's word arrives everywhere, in its order, in about a tenth of a second while
// Redis is there. Of one peer the later word counts; what two trackers say of it in one tick (a 64th of the
// longest silence) may be taken in either order. A peer that leaves while Redis is away may be told of by
// other trackers until it has been silent too long, should Redis lose what it knew or be away for so long
// that news were dropped.

#include <atomic>
#include <cstdint>
#include <deque>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>

#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/net/task_group.hpp>
#include <shoal/server/redis_address.hpp>
#include <shoal/server/tracker_server.hpp>

#include "server/admission.hpp"
#include "server/redis_connection.hpp"
#include "server/swarm_shards.hpp"
#include "server/trouble.hpp"

namespace shoal::server {

class shared_swarms {
 public:
  /// `swarms` outlives it and keeps news. `origin` is chance: which entries of the stream are its own.
  /// Entries older than `silence_max` are of no interest to anybody.
  shared_swarms(redis_address at, swarm_shards& swarms, std::uint64_t origin, duration silence_max);
  /// Stops, after what news there are have been sent, or a second.
  ~shared_swarms();
  shared_swarms(const shared_swarms&) = delete;
  shared_swarms& operator=(const shared_swarms&) = delete;

  store_state state() const;
  /// From now on `door_keeper`, which outlives it, requires the passkeys that are in the store: read every
  /// `every`, on the same thread, since many of them take their time.
  void follow_passkeys(duration every, admission& door_keeper);

 private:
  /// News that are to be sent, and when they were made.
  struct parcel {
    instant made;
    std::vector<std::byte> excerpts;
  };
  /// What is known of the server behind a connection.
  struct peer_server {
    std::string run_id;  ///< another after each restart
    instant seen{};
    std::uint64_t unix_ms = 0;  ///< its clock, when it was seen

    std::uint64_t unix_ms_at(instant now) const;
  };

  net::awaitable<void> write();
  net::awaitable<void> read();
  net::awaitable<void> finish();
  net::awaitable<bool> open(redis_connection& c, peer_server& server, trouble* told);
  // What went wrong; empty when nothing did.
  net::awaitable<std::string> send_parcels(redis_connection& c, const peer_server& server);
  net::awaitable<std::string> send_all(redis_connection& c, const peer_server& server);
  net::awaitable<std::string> taken(redis_connection& c, redis_connection::call_ptr call, std::size_t bytes);
  redis_connection::call_ptr append(redis_connection& c, const peer_server& server, const parcel& p);
  void gather();
  void learn_entries(const redis_value& reply, const peer_server& server, std::string& last_id);
  void learn_entry(const redis_value& entry, const peer_server& server);
  net::awaitable<void> pause(duration length);

  const redis_address at_;
  swarm_shards& swarms_;
  const std::string origin_;
  const duration silence_max_;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> writer_open_ = false, reader_open_ = false;
  std::atomic<std::uint64_t> sent_bytes_ = 0, learnt_ = 0, breaks_ = 0;

  std::deque<parcel> parcels_;      // on the writer's strand
  std::size_t parcels_bytes_ = 0;   // on the writer's strand
  bool all_is_to_be_sent_ = false;  // on the writer's strand
  net::asio::io_context context_;
  net::asio::executor_work_guard<net::asio::io_context::executor_type> work_;
  net::task_group writing_, reading_;
  net::strand writer_strand_, reader_strand_;
  std::thread thread_;
};

}  // namespace shoal::server
