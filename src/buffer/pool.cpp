#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cassert>
#include <cstdint>
#include <mutex>
#include <new>
#include <sys/mman.h>
#include <utility>

#include <shoal/buffer/pool.hpp>

namespace shoal::buffer {

namespace {

// One word of free bits is one slab: 1 MiB of blocks.
constexpr std::size_t slab_blocks = 64;

struct unmap {
  void operator()(std::byte* memory) const { ::munmap(memory, slab_blocks * block_bytes); }
};
using mapping = std::unique_ptr<std::byte, unmap>;

/// Page aligned and without pages until they are touched.
mapping map_slab() {
  void* const memory =
      ::mmap(nullptr, slab_blocks * block_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return mapping(static_cast<std::byte*>(memory));
}

}  // namespace

struct lease::slot {
  std::atomic<std::uint32_t> references{0};
  std::uint32_t number = 0;  ///< in the pool
  std::byte* data = nullptr;
  pool::state* owner = nullptr;
};

struct pool::state {
  struct slab {
    mapping memory = map_slab();
    std::uint64_t free = 0;  ///< a bit a slot
    std::array<lease::slot, slab_blocks> slots;
  };

  explicit state(std::size_t blocks_max) : capacity(blocks_max), free_blocks(blocks_max) {
    assert(blocks_max > 0);
  }

  std::size_t allocated_blocks() const { return std::min(capacity, slabs.size() * slab_blocks); }
  bool plenty() const { return free_blocks > 0 && free_blocks >= capacity / 8; }

  void add_slab();
  /// Takes up to `n` slots, lowest first, so that memory once touched is touched again and a batch from a
  /// fresh pool is one run. Gives each to `f`.
  template <class F>
  std::size_t take(std::size_t n, F f);
  void give_back(const lease::slot& s);

  const std::size_t capacity;  ///< blocks

  mutable std::mutex mutex;
  std::size_t free_blocks;           ///< those not allocated yet included
  std::size_t lowest_with_free = 0;  ///< no slab below it has a free slot
  std::vector<std::unique_ptr<slab>> slabs;
  std::vector<std::function<void()>> waiting;
  /// Itself, while a lease is out: leases may outlive the pool.
  std::shared_ptr<state> kept_by_leases;
};

void pool::state::add_slab() {
  const std::size_t before = slabs.size() * slab_blocks;
  const std::size_t count = std::min(slab_blocks, capacity - before);
  auto fresh = std::make_unique<slab>();
  fresh->free = count == slab_blocks ? ~std::uint64_t{0} : (std::uint64_t{1} << count) - 1;
  for (std::size_t i = 0; i < count; ++i) {
    fresh->slots[i].number = static_cast<std::uint32_t>(before + i);
    fresh->slots[i].data = fresh->memory.get() + i * block_bytes;
    fresh->slots[i].owner = this;
  }
  slabs.push_back(std::move(fresh));
}

template <class F>
std::size_t pool::state::take(std::size_t n, F f) {
  const std::size_t granted = std::min(n, free_blocks);
  while (granted > free_blocks - (capacity - allocated_blocks())) {
    add_slab();  // may throw; nothing is taken yet
  }
  for (std::size_t left = granted; left > 0;) {
    slab& from = *slabs[lowest_with_free];
    for (; left > 0 && from.free != 0; --left) {
      const auto i = static_cast<std::size_t>(std::countr_zero(from.free));
      f(&from.slots[i]);
      from.free &= from.free - 1;
      from.slots[i].references.store(1, std::memory_order_relaxed);
      --free_blocks;
    }
    if (from.free == 0) ++lowest_with_free;
  }
  return granted;
}

void pool::state::give_back(const lease::slot& s) {
  std::vector<std::function<void()>> wakes;
  std::shared_ptr<state> last;  // may hold the last reference to *this: destroyed after the lock
  {
    const std::lock_guard lock(mutex);
    const std::size_t slab_number = s.number / slab_blocks;
    const std::uint64_t bit = std::uint64_t{1} << (s.number % slab_blocks);
    assert((slabs[slab_number]->free & bit) == 0);
    slabs[slab_number]->free |= bit;
    lowest_with_free = std::min(lowest_with_free, slab_number);
    ++free_blocks;
    if (plenty()) wakes.swap(waiting);
    if (free_blocks == capacity) last.swap(kept_by_leases);
  }
  for (const auto& wake : wakes) {
    wake();
  }
}

lease::lease(const lease& other) noexcept : slot_(other.slot_) {
  if (slot_ != nullptr) slot_->references.fetch_add(1, std::memory_order_relaxed);
}

lease::lease(lease&& other) noexcept : slot_(std::exchange(other.slot_, nullptr)) {}

lease& lease::operator=(lease other) noexcept {
  std::swap(slot_, other.slot_);
  return *this;
}

lease::~lease() {
  // What this holder wrote or read happens before the next holder writes: release here, acquire by the last.
  if (slot_ != nullptr && slot_->references.fetch_sub(1, std::memory_order_acq_rel) == 1) {
    slot_->owner->give_back(*slot_);
  }
}

std::byte* lease::data() const {
  return slot_ == nullptr ? nullptr : slot_->data;
}

bool lease::unique() const {
  return slot_ != nullptr && slot_->references.load(std::memory_order_acquire) == 1;
}

pool::pool(std::size_t blocks_max) : state_(std::make_shared<state>(blocks_max)) {}

pool::~pool() {
  std::vector<std::function<void()>> dropped;  // their captures may hold leases: destroyed after the lock
  const std::lock_guard lock(state_->mutex);
  dropped.swap(state_->waiting);
}

lease pool::try_acquire() {
  const std::lock_guard lock(state_->mutex);
  lease out;
  state_->take(1, [&](lease::slot* s) { out.slot_ = s; });
  if (out && !state_->kept_by_leases) state_->kept_by_leases = state_;
  return out;
}

std::size_t pool::try_acquire(std::size_t n, std::vector<lease>& out) {
  const std::lock_guard lock(state_->mutex);
  out.reserve(out.size() + std::min(n, state_->free_blocks));
  const std::size_t granted = state_->take(n, [&](lease::slot* s) { out.push_back(lease(s)); });
  if (granted > 0 && !state_->kept_by_leases) state_->kept_by_leases = state_;
  return granted;
}

std::size_t pool::capacity() const {
  return state_->capacity;
}

std::size_t pool::available() const {
  const std::lock_guard lock(state_->mutex);
  return state_->free_blocks;
}

void pool::on_available(std::function<void()> wake) {
  {
    const std::lock_guard lock(state_->mutex);
    if (!state_->plenty()) {
      state_->waiting.push_back(std::move(wake));
      return;
    }
  }
  wake();
}

}  // namespace shoal::buffer
