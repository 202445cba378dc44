#pragma once
// Whether a read should wait for more to arrive. What a slow connection brings comes in many small parts, and
// each of them would wake this side, and often the peer for the requests that answer it. Where nothing is
// lost by it, the next read comes a few milliseconds later and finds them together in the socket's buffer.
//
// Only a steady flow of payload is paced. What comes first on a connection, single messages, and whatever
// comes fast are read at once: neither a handshake nor a fast transfer ever waits.

#include <chrono>
#include <cstddef>

namespace shoal::net {

class read_pace {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Short beside every round trip that is not on one machine, and far too short to fill a receive buffer of
  /// 128 KiB at `fast`.
  static constexpr auto pause = std::chrono::milliseconds(5);

  /// `n` bytes were read.
  void read(std::size_t n, time_point now) {
    if (now - begin_ > stale) {
      begin_ = now;
      bytes_ = 0;
      paced_ = false;
    }
    bytes_ += n;
    const auto elapsed = now - begin_;
    if (elapsed >= interval) {
      const double rate = static_cast<double>(bytes_) / std::chrono::duration<double>(elapsed).count();
      paced_ = rate > trickle && rate < fast;
      begin_ = now;
      bytes_ = 0;
    }
  }

  /// Until when the next read should wait, after one at `now` that emptied the socket; `now` for not at all.
  /// The times are the same for all connections, so that one wake serves them all.
  time_point next(time_point now) const {
    if (!paced_) return now;
    const auto since = now.time_since_epoch();
    return time_point(since - since % pause + pause);
  }

 private:
  static constexpr auto interval = std::chrono::milliseconds(100);
  static constexpr auto stale = std::chrono::seconds(1);
  static constexpr double trickle = 128.0 * 1024;    // bytes per second
  static constexpr double fast = 8.0 * 1024 * 1024;  // bytes per second

  time_point begin_{};
  std::size_t bytes_ = 0;
  bool paced_ = false;
};

}  // namespace shoal::net
