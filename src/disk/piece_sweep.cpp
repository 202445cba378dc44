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

constexpr std::size_t sweep_batch_bytes = std::size_t{4} << 20;
constexpr std::size_t stream_bytes = std::size_t{1} << 20;
/// As many as SHA-1 has lanes.
constexpr std::size_t batch_pieces_min = 4;

class sweeper {
 public:
  explicit sweeper(const piece_sweep& sweep)
      : sweep_(sweep),
        threads_(sweep.threads != 0 ? sweep.threads : std::max(1U, std::thread::hardware_concurrency())),
        batch_max_(std::max(batch_pieces_min, sweep_batch_bytes / sweep.geometry.piece_length())) {
    for (const auto p : sweep.pieces) {
      bytes_total_ += sweep.geometry.piece_bytes(p);
    }
  }

  outcome<void> run() {
    std::vector<std::thread> others;
    for (std::size_t i = 1; i < std::min(threads_, sweep_.pieces.size()); ++i) {
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
  /// Pieces that are hashed together.
  struct batch {
    std::vector<piece_index> pieces;
    std::vector<chunk_list> messages;

    void add(piece_index p, byte_view bytes) {
      pieces.push_back(p);
      messages.push_back({bytes});
    }
  };

  void work();
  std::span<const piece_index> take();
  std::vector<piece_index> hash_mapped(std::span<const piece_index> pieces);
  std::optional<file_mapping> map(std::span<const piece_index> pieces) const;
  outcome<void> hash_read(std::span<const piece_index> pieces, std::vector<std::byte>& buffer);
  outcome<void> hash_stream(piece_index p, std::span<std::byte> buffer);
  void hash(const batch& b);
  void fail(failure why);
  void report();

  const piece_sweep& sweep_;
  const std::size_t threads_;
  const std::size_t batch_max_;  ///< pieces
  std::uint64_t bytes_total_ = 0;
  std::atomic<std::uint64_t> bytes_done_{0};
  std::atomic<std::size_t> next_{0};
  std::atomic<bool> stop_{false};
  std::mutex mutex_;  ///< guards `failed_` and calls of `progress`
  std::optional<failure> failed_;
};

/// The next pieces for this thread: a batch, and at the end a fair share, so that all threads end together.
std::span<const piece_index> sweeper::take() {
  const std::size_t all = sweep_.pieces.size();
  std::size_t begin = next_;
  std::size_t count = 0;
  do {
    count = std::min(batch_max_, (all - begin + threads_ - 1) / threads_);
  } while (!next_.compare_exchange_weak(begin, begin + count));
  return std::span(sweep_.pieces).subspan(begin, count);
}

void sweeper::work() {
  std::vector<std::byte> buffer;
  while (!stop_) {
    const auto mine = take();
    if (mine.empty()) return;
    const auto done = hash_read(hash_mapped(mine), buffer);
    if (!done) return fail(done.error());
    for (const auto p : mine) {
      bytes_done_ += sweep_.geometry.piece_bytes(p);
    }
    report();
  }
}

/// Hashes what can be mapped; returns what must be read.
std::vector<piece_index> sweeper::hash_mapped(std::span<const piece_index> pieces) {
  std::vector<piece_index> to_read;
  std::vector<file_mapping> mappings;
  batch found;
  for (std::size_t i = 0; i < pieces.size();) {
    auto mapping = map(pieces.subspan(i));
    if (!mapping) {
      to_read.push_back(pieces[i++]);
      continue;
    }
    byte_view bytes = mapping->bytes();
    for (; !bytes.empty() && bytes.size() >= sweep_.geometry.piece_bytes(pieces[i]); ++i) {
      const auto piece = bytes.first(sweep_.geometry.piece_bytes(pieces[i]));
      found.add(pieces[i], piece);
      bytes = bytes.subspan(piece.size());
    }
    mappings.push_back(std::move(*mapping));
  }
  hash(found);
  if (std::ranges::any_of(mappings, &file_mapping::torn)) return {pieces.begin(), pieces.end()};
  return to_read;
}

/// The first of `pieces` and those after it that are its neighbours in the same file.
std::optional<file_mapping> sweeper::map(std::span<const piece_index> pieces) const {
  if (!sweep_.map) return std::nullopt;
  const auto& geometry = sweep_.geometry;
  const std::uint64_t begin = geometry.piece_offset(pieces.front());
  const std::uint64_t length_min = geometry.piece_bytes(pieces.front());
  std::uint64_t length = length_min;
  for (std::size_t i = 1; i < pieces.size() && geometry.piece_offset(pieces[i]) == begin + length; ++i) {
    length += geometry.piece_bytes(pieces[i]);
  }
  return sweep_.map(begin, length_min, length);
}

void sweeper::hash(const batch& b) {
  std::vector<sha1_digest> digests(b.pieces.size());
  sha1_many(b.messages, digests);
  for (std::size_t i = 0; i < digests.size(); ++i) {
    sweep_.hashed(b.pieces[i], digests[i]);
  }
}

/// Reads what fits into a batch together, and larger pieces as streams.
outcome<void> sweeper::hash_read(std::span<const piece_index> pieces, std::vector<std::byte>& buffer) {
  const bool large = sweep_.geometry.piece_length() > sweep_batch_bytes / batch_pieces_min;
  std::size_t needed = 0;  // of a small torrent less than a batch: there may be thousands to check
  for (const auto p : pieces) {
    needed += sweep_.geometry.piece_bytes(p);
  }
  buffer.resize(std::max(buffer.size(), large ? std::min(needed, stream_bytes) : needed));
  std::span<std::byte> room = buffer;
  batch found;
  for (const auto p : pieces) {
    if (large) {
      const auto done = hash_stream(p, buffer);
      if (!done) return done.error();
      continue;
    }
    const auto place = room.first(sweep_.geometry.piece_bytes(p));
    const auto filled = sweep_.read(sweep_.geometry.piece_offset(p), place);
    if (!filled) return filled.error();
    if (!*filled) continue;
    found.add(p, place);
    room = room.subspan(place.size());
  }
  hash(found);
  return {};
}

outcome<void> sweeper::hash_stream(piece_index p, std::span<std::byte> buffer) {
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
