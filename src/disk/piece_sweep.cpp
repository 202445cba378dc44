#include "disk/piece_sweep.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <optional>
#include <pthread.h>
#include <thread>

#include <shoal/hash/sha1.hpp>

namespace shoal::disk {

namespace {

constexpr std::size_t buffer_bytes = std::size_t{4} << 20;
constexpr std::size_t stream_bytes = std::size_t{1} << 20;
/// Pieces of this size and less are hashed together: four are in the buffer at once.
constexpr std::size_t small_piece_bytes = buffer_bytes / 4;

class sweeper {
 public:
  explicit sweeper(const piece_sweep& sweep)
      : sweep_(sweep),
        small_(sweep.geometry.piece_length() <= small_piece_bytes),
        batch_(small_ ? buffer_bytes / sweep.geometry.piece_length() : 1) {
    for (const auto p : sweep.pieces) {
      bytes_total_ += sweep.geometry.piece_bytes(p);
    }
  }

  outcome<void> run() {
    std::size_t threads = sweep_.threads != 0 ? sweep_.threads : std::thread::hardware_concurrency();
    threads = std::clamp<std::size_t>(threads, 1, sweep_.pieces.size() / batch_ + 1);
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < threads; ++i) {
      others.emplace_back([this] { work(); });
      ::pthread_setname_np(others.back().native_handle(), "shoal-hash");
    }
    work();
    for (auto& thread : others) {
      thread.join();
    }
    report();
    if (failed_) return *failed_;
    return {};
  }

 private:
  void work();
  outcome<void> hash_small(std::span<const piece_index> pieces, std::span<std::byte> buffer);
  outcome<void> hash_large(piece_index p, std::span<std::byte> buffer);
  void fail(failure why);
  void report();

  const piece_sweep& sweep_;
  const bool small_;
  const std::size_t batch_;  ///< pieces taken at once
  std::uint64_t bytes_total_ = 0;
  std::atomic<std::uint64_t> bytes_done_{0};
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  ///< guards `failed_` and calls of `progress`
  std::optional<failure> failed_;
};

void sweeper::work() {
  std::vector<std::byte> buffer(small_ ? buffer_bytes : stream_bytes);
  while (!stop_) {
    const std::size_t begin = next_.fetch_add(batch_);
    if (begin >= sweep_.pieces.size()) return;
    const auto rest = std::span(sweep_.pieces).subspan(begin);
    const auto mine = rest.first(std::min(batch_, rest.size()));
    const auto done = small_ ? hash_small(mine, buffer) : hash_large(mine.front(), buffer);
    if (!done) return fail(done.error());
    for (const auto p : mine) {
      bytes_done_ += sweep_.geometry.piece_bytes(p);
    }
    report();
  }
}

outcome<void> sweeper::hash_small(std::span<const piece_index> pieces, std::span<std::byte> buffer) {
  std::vector<piece_index> there;
  std::vector<chunk_list> messages;
  for (const auto p : pieces) {
    const auto place = buffer.first(sweep_.geometry.piece_bytes(p));
    const auto filled = sweep_.read(sweep_.geometry.piece_offset(p), place);
    if (!filled) return filled.error();
    if (!*filled) continue;
    there.push_back(p);
    messages.push_back({place});
    buffer = buffer.subspan(place.size());
  }
  std::vector<sha1_digest> digests(there.size());
  sha1_many(messages, digests);
  for (std::size_t i = 0; i < there.size(); ++i) {
    sweep_.hashed(there[i], digests[i]);
  }
  return {};
}

outcome<void> sweeper::hash_large(piece_index p, std::span<std::byte> buffer) {
  sha1_hasher hasher;
  const std::uint64_t begin = sweep_.geometry.piece_offset(p);
  const std::uint64_t length = sweep_.geometry.piece_bytes(p);
  for (std::uint64_t done = 0; done < length;) {
    if (stop_) return {};
    const auto part = buffer.first(std::min<std::uint64_t>(buffer.size(), length - done));
    const auto filled = sweep_.read(begin + done, part);
    if (!filled) return filled.error();
    if (!*filled) return {};
    hasher.update(part);
    done += part.size();
  }
  sweep_.hashed(p, hasher.finish());
  return {};
}

void sweeper::fail(failure why) {
  const std::lock_guard lock(mutex_);
  if (!failed_) failed_ = std::move(why);
  stop_ = true;
}

void sweeper::report() {
  if (!sweep_.progress) return;
  const std::lock_guard lock(mutex_);
  if (!failed_ && !sweep_.progress(bytes_done_, bytes_total_)) {
    failed_ = failure{make_error_code(boost::system::errc::operation_canceled), {}};
    stop_ = true;
  }
}

}  // namespace

outcome<void> run(const piece_sweep& sweep) {
  return sweeper(sweep).run();
}

}  // namespace shoal::disk
