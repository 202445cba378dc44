#pragma once
// Pooled 16 KiB buffers: where a block lives between the socket and the disk, both ways. One owner at a time
// fills a buffer; afterwards it is read-only and may be shared. `net` and `disk` both speak it, which is why
// it is a module of its own; it is thread-safe, which is why the core may not use it.
//
// The pool's size is the bound on memory for payload. A reader that finds it empty stops reading, and TCP
// tells the sender: that is the back-pressure.

#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/strong.hpp>

namespace shoal::buffer {

class pool;

/// A counted reference to one buffer of `block_bytes` bytes; the last one gives it back. Empty when default
/// constructed or moved from. Copies share; the bytes may be written only while `unique()`.
class lease {
 public:
  lease() = default;
  lease(const lease& other) noexcept;
  lease(lease&& other) noexcept;
  lease& operator=(lease other) noexcept;
  ~lease();

  explicit operator bool() const { return slot_ != nullptr; }
  std::byte* data() const;
  std::span<std::byte> bytes(std::size_t n = block_bytes) const { return {data(), n}; }
  bool unique() const;

 private:
  friend class pool;
  struct slot;
  explicit lease(slot* s) : slot_(s) {}
  slot* slot_ = nullptr;
};

/// Thread-safe. Leases may outlive the pool object.
class pool {
 public:
  /// At most `blocks_max` (> 0) buffers, allocated in slabs as they are first needed and kept. Free ones are
  /// given lowest first, so that a batch is adjacent in memory where possible.
  explicit pool(std::size_t blocks_max);
  ~pool();
  pool(const pool&) = delete;
  pool& operator=(const pool&) = delete;

  /// Empty when none is free.
  lease try_acquire();
  /// Appends up to `n`; returns how many. One lock for all.
  std::size_t try_acquire(std::size_t n, std::vector<lease>& out);

  std::size_t capacity() const;
  std::size_t available() const;

  /// Calls `wake` once, on the thread that gives a buffer back, as soon as at least an eighth of the pool
  /// (and one buffer) is free; at once when it is already. For readers that paused; `wake` should only post.
  /// Wakes that still wait when the pool is destroyed are dropped.
  void on_available(std::function<void()> wake);

 private:
  friend class lease;
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace shoal::buffer
