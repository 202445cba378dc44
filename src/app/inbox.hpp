#pragma once
// What the main thread sleeps on: the session's events and the stop signal. Bounded; when it is full the
// oldest goes, since the state of things is asked for and never deduced from events.

#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include <shoal/session/session.hpp>

namespace shoal::app {

class inbox {
 public:
  static constexpr std::size_t events_max = 65536;  // thousands of torrents start at once

  /// From any thread. News about peers and trackers does not wake: it can wait for the next round.
  void post(const session_event& e) {
    const std::lock_guard lock(mutex_);
    if (events_.size() == events_max) events_.pop_front();
    events_.push_back(e);
    if (is_urgent(e.what)) wake_locked();
  }
  void wake() {
    const std::lock_guard lock(mutex_);
    wake_locked();
  }

  /// What has come in, after at most `patience`.
  std::vector<session_event> wait(std::chrono::milliseconds patience) {
    std::unique_lock lock(mutex_);
    woken_.wait_for(lock, patience, [this] { return urgent_; });
    urgent_ = false;
    std::vector<session_event> out(events_.begin(), events_.end());
    events_.clear();
    return out;
  }

 private:
  static bool is_urgent(session_event::kind k) {
    using kind = session_event::kind;
    return k == kind::metadata_fetched || k == kind::torrent_checked || k == kind::torrent_completed ||
           k == kind::torrent_paused || k == kind::torrent_resumed;
  }
  void wake_locked() {
    urgent_ = true;
    woken_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable woken_;
  std::deque<session_event> events_;
  bool urgent_ = false;
};

}  // namespace shoal::app
