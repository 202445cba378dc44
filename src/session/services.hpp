#pragma once
// What every torrent of a session shares. Owned by the session, outlives the torrents.

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/post.hpp>

#include <shoal/base/time.hpp>
#include <shoal/buffer/pool.hpp>
#include <shoal/disk/disk_pool.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/net/route.hpp>
#include <shoal/net/udp_connections.hpp>
#include <shoal/session/session.hpp>

namespace shoal {

struct services {
  net::asio::io_context& context;
  disk::disk_pool& disk;
  buffer::pool& receive_buffers;
  buffer::pool& send_buffers;
  net::udp_connections& udp_connections;
  const session_settings& settings;
  peer_id our_id;
  endpoint listening;
  net::route route;                             ///< how connections and announces leave
  std::function<void(session_event)> emit;      ///< thread-safe
  std::function<void()> begin_next;             ///< by a torrent that has begun, once; thread-safe
  std::atomic<std::uint16_t> outside_port = 0;  ///< where a gateway lets callers in; 0: where we listen

  /// What trackers are told.
  std::uint16_t port() const { return outside_port != 0 ? outside_port.load() : listening.port; }
};

/// The steady clock, as the core counts time.
inline instant steady_now() {
  return instant(std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

/// Runs `work` on a disk thread and resumes the caller on its own executor.
template <class Work>
net::awaitable<std::invoke_result_t<Work>> on_disk(disk::disk_pool& pool, Work work) {
  auto answer = std::make_shared<std::optional<std::invoke_result_t<Work>>>();
  auto start = [&pool, answer, work = std::move(work)](auto handler) mutable {
    const auto where = net::asio::get_associated_executor(handler);
    auto resume = std::make_shared<decltype(handler)>(std::move(handler));
    pool.submit(std::function<void()>([answer, work = std::move(work), where, resume]() mutable {
      answer->emplace(work());
      net::asio::post(where, [resume] { (*resume)(); });
    }));
  };
  co_await net::asio::async_initiate<const net::asio::use_awaitable_t<>, void()>(std::move(start),
                                                                                 net::asio::use_awaitable);
  co_return std::move(**answer);
}

}  // namespace shoal
