#pragma once
// What is to happen in a simulated swarm, where and when.

#include <algorithm>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include <shoal/base/strong.hpp>
#include <shoal/base/time.hpp>
#include <shoal/sim/event_queue.hpp>
#include <shoal/sim/plan.hpp>
#include <shoal/sim/tick_queue.hpp>

namespace shoal::sim {

/// One end of a connection. Slots are used again; the serial number tells whose they are.
using end_index = strong_index<struct end_index_tag>;
inline constexpr end_index no_end{0xffffffff};
/// At no node: the tracker, and what was asked for with `virtual_swarm::at`.
inline constexpr node_index nobody{0xffffffff};

enum class happening_kind : std::uint8_t {
  call,         // number
  wake,         //
  letter,       // end, serial, piece or number of the parcel, begin
  departed,     //
  arrived,      // number of the train, serial of the receiving end
  unsent,       // end, serial, piece, begin
  verified,     // piece, good
  loaded,       // key, piece, begin
  dialled,      // from
  dial_failed,  // to
  joined,       // end, serial
  left,         // end, serial
  asked,        // number of the ask
  announced,    // number of the ask
};

struct happening {
  node_index who;
  happening_kind what;
  std::uint8_t message = 0;  ///< of a letter, see letters.cpp
  std::uint32_t a = 0, b = 0, c = 0, d = 0;

  /// Nobody's come first.
  std::uint32_t place() const { return who.value() + 1; }
};

/// In the order of time. At one instant: by when it was put in; or when all instants are multiples of a
/// `grain`, by node, and only then by when. The grain is the quiet one until much happens.
class agenda {
 public:
  /// `grain` is a multiple of `quiet_grain`.
  agenda(duration grain, duration quiet_grain)
      : busy_grain_(grain), quiet_grain_(quiet_grain), grain_(quiet_grain) {}

  bool coarse() const { return grain_ > duration::zero(); }
  /// At present.
  duration grain() const { return grain_; }

  enum class rounding : std::uint8_t { nearest, down, up };
  /// When it will be, not before `now`; `later`: and after it.
  instant round(instant now, instant when, rounding how, bool later) const {
    if (!coarse()) {
      return when;
    }
    const auto up = how == rounding::nearest ? grain_ / 2
                    : how == rounding::up    ? grain_ - duration(1)
                                             : duration{};
    const auto earliest = (now.time_since_epoch() + (later ? grain_ : grain_ - duration(1))) / grain_;
    return instant(std::max((when.time_since_epoch() + up) / grain_, earliest) * grain_);
  }
  /// Whether there is more to do at its place at this instant, after what is in hand.
  bool is_ahead(const happening& h) const { return coarse() && ticks_.is_ahead(h.place()); }
  /// `when` is one that `round` gave.
  void push(instant when, const happening& what) {
    if (coarse()) {
      ticks_.push(when.time_since_epoch() / quiet_grain_, what);
    } else {
      exact_.push(when, what);
    }
  }

  /// What comes next at one node at one instant, and sets `when`; nothing when there is nothing up to `end`.
  /// Valid until the next call.
  std::span<const happening> next(instant end, instant& when);
  /// What may come after that.
  std::span<const happening> ahead(std::size_t n) const {
    return coarse() ? ticks_.ahead(n) : std::span<const happening>();
  }

 private:
  /// As many in one busy grain are much: visits to some of the nodes, each with something to do, then cost
  /// more than one visit to all of them.
  static constexpr std::size_t much = 300'000;

  void choose_grain(instant when);

  duration busy_grain_, quiet_grain_;
  duration grain_;
  std::int64_t counting_in_ = 0;  ///< which of the busy grains
  std::size_t count_ = 0;         ///< of what happened in it
  std::size_t usual_ = 0;         ///< the same, smoothed
  event_queue<happening> exact_;  // without a grain
  tick_queue<happening> ticks_;   // with one
  std::vector<happening> visit_;
};

/// Things by number, used again.
template <class T>
class numbered {
 public:
  std::uint32_t take() {
    if (free_.empty()) {
      things_.emplace_back();
      return static_cast<std::uint32_t>(things_.size() - 1);
    }
    const auto n = free_.back();
    free_.pop_back();
    return n;
  }
  void give_back(std::uint32_t n) { free_.push_back(n); }
  T& operator[](std::uint32_t n) { return things_[n]; }
  const T& operator[](std::uint32_t n) const { return things_[n]; }

 private:
  std::deque<T> things_;
  std::vector<std::uint32_t> free_;
};

}  // namespace shoal::sim
