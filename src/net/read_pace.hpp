#pragma once
// Whether a read should wait for more to arrive. What a slow connection brings comes in many small parts, and
// each of them would wake this side, and often the peer for the requests that answer it. Where nothing is
// lost by it, the next read comes 5 to 40 ms later, the faster the flow the sooner, and finds them together
// in the socket's buffer.
//
// Meanwhile the socket should wake nobody (net/wake_threshold).
//
// Only a steady flow of payload is paced. What comes first on a connection, single messages, and whatever
// comes fast are read at once: neither a handshake nor a fast transfer ever waits. Nor do the requests of a
// peer that is sent to fast; they are a steady flow too, of few bytes, and what answers them would dry up.

#include <chrono>
#include <cstddef>

#include <shoal/base/strong.hpp>
#include <shoal/base/time.hpp>

namespace shoal::net {

class read_pace {
 public:
  using time_point = std::chrono::steady_clock::time_point;

  /// Nearly what a limited sender of ours takes for a bunch, so that most reads find one.
  static constexpr duration longest = std::chrono::milliseconds(40);
  static constexpr duration shortest = std::chrono::milliseconds(5);
  /// So many bytes may come during a pause before they wake anybody.
  static constexpr int lump_bytes = 256 * 1024;

  /// `n` bytes were read, and `others` messages were among them that are not blocks: requests, mostly.
  void read(std::size_t n, std::size_t others, time_point now) {
    last_ = now;
    if (now - begin_ > stale) {
      count_from(now);
      paced_ = false;
    }
    bytes_ += n;
    others_ += others;
    const auto elapsed = now - begin_;
    if (elapsed >= interval) {
      const double rate = static_cast<double>(bytes_) / to_seconds(elapsed);
      const double asked = static_cast<double>(others_) / to_seconds(elapsed) * block_bytes;
      paced_ = rate > trickle && rate < fast && asked < fast;
      pause_ = longest;
      while (pause_ > shortest && rate * to_seconds(pause_) > most_bytes) {
        pause_ /= 2;
      }
      count_from(now);
    }
  }

  /// Until when the next read should wait, after one at `now` that emptied the socket; `now` for not at all.
  /// The times are the same for all connections, so that one wake serves them all.
  time_point next(time_point now) const {
    if (!paced_ || now - last_ > silence) return now;
    const auto since = now.time_since_epoch();
    return time_point(since - since % pause_ + pause_);
  }

 private:
  void count_from(time_point now) {
    begin_ = now;
    bytes_ = 0;
    others_ = 0;
  }

  /// Of a pause: no more than a receive buffer takes.
  static constexpr double most_bytes = 128.0 * 1024;
  static constexpr auto interval = std::chrono::milliseconds(100);
  static constexpr auto silence = std::chrono::milliseconds(100);
  static constexpr auto stale = std::chrono::seconds(1);
  static constexpr double trickle = 128.0 * 1024;    // bytes per second
  static constexpr double fast = 8.0 * 1024 * 1024;  // bytes per second

  time_point begin_{};
  time_point last_{};
  std::size_t bytes_ = 0;
  std::size_t others_ = 0;
  duration pause_ = longest;
  bool paced_ = false;
};

}  // namespace shoal::net
