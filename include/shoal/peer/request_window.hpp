#pragma once
// The requests one peer owes us, and how many there should be.
//
// The size follows from what the peer gives: enough requests to cover its measured rate for the round trip
// and `horizon` more, so that its queue never runs dry and never holds more than it can send soon (a long
// queue at a slow peer would hold pieces up, and waste more in endgame). Until the first measurement shows
// less, each answer adds one request, which doubles the window each round trip. The same begins anew when a
// peer has answered all that was asked before more could be: some clients answer in rounds of half a second,
// which the best round trip does not show, and a window that follows their rate would shrink round by round.
//
// Answers are expected in the order of asking, so matching one costs O(1); any other order costs a scan of at
// most `requests_max` entries.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <shoal/base/fetch_early.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/base/time.hpp>

namespace shoal::peer {

struct window_settings {
  std::uint32_t initial = 32;  ///< requests
  std::uint32_t least = 4;     ///< requests
  /// Ours; the peer's own limit may be lower. At 2 GiB/s these are 16 ms, through which a busy machine's
  /// scheduler may let one of the two wait.
  std::uint32_t requests_max = 2000;
  std::uint32_t untold_max = 512;  ///< to a peer that has not said how many it takes
  std::uint32_t request_bytes = block_bytes;
  duration horizon = std::chrono::milliseconds(250);
  duration snub_after = std::chrono::seconds(60);  ///< Cohen 2003: "over a minute"
};

class request_window {
 public:
  struct pending {
    block_ref block;
    instant asked_at;
  };

  explicit request_window(const window_settings& s = {});

  /// The peer's `reqq` (BEP 10).
  void limit_to(std::uint32_t requests_max);
  void asked(instant now, const block_ref& b);
  /// When `b` was awaited: when it was asked, and it is awaited no more.
  std::optional<instant> answered(instant now, const block_ref& b);
  /// True when `b` was awaited; it is no more, and counts as no answer.
  bool withdrawn(const block_ref& b);
  /// What is awaited, in the order of asking; valid until the next call.
  std::span<const pending> awaited() const { return std::span(queue_).subspan(head_); }
  /// When the last answer came, or what was asked of a peer that owed nothing.
  instant last_answer() const { return last_answer_; }
  /// Takes all that is awaited.
  std::vector<pending> take_all();

  /// How many requests to send now: none until a quarter of the window is free, so that they go in batches.
  /// With `at_least` as if the window were so large, if the peer takes so many and is not snubbing us.
  std::size_t room(std::size_t at_least = 0) const;
  /// How many to send now for what cannot wait: up to `more` beyond the window, if the peer takes so many and
  /// is not snubbing us.
  std::size_t room_beyond(std::size_t more) const;
  std::size_t size() const { return queue_.size() - head_; }
  /// See `swarm::torrent_core`.
  void fetch_early() const {
    if (size() > 0) {
      shoal::fetch_early(&queue_[head_], 1);
    }
  }
  std::size_t target() const;

  /// Nothing came for `snub_after` though something was asked. A snubbed window shrinks to one request, and
  /// any answer opens it again.
  bool snubbed() const { return snubbed_; }
  /// True when this call found the peer to be snubbing us.
  bool check_snub(instant now);

 private:
  void measure(instant now, std::uint32_t bytes, duration round_trip);
  void drop_spent();

  window_settings settings_;
  std::uint32_t limit_;         ///< of requests, the peer's or ours
  std::vector<pending> queue_;  // [0, head_) is spent
  std::size_t head_ = 0;
  double target_ = 0;
  bool slow_start_ = true;
  bool ran_dry_ = false;  // in this interval
  bool snubbed_ = false;
  instant last_answer_{};
  duration round_trip_min_ = duration::max();
  instant interval_start_{};
  std::uint64_t interval_bytes_ = 0;
};

}  // namespace shoal::peer
