#pragma once
// The peers of one swarm that have one standing and one address family, 8 bytes each for IPv4: found by
// address in O(1), drawn at random in O(1), with neither lists nor indices beside them.
//
// A few peers stand in a row; more are placed by their hash, with linear probing, between two thirds and five
// sixths of the places taken. A place is a fraction of the hash's range, so a larger table has the same order
// and growing it is one pass. A free place is one with port 0, which no peer has.

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>

#include "registry/keyed_hash.hpp"

namespace shoal::registry {

template <std::size_t AddressBytes>
struct peer_record {
  /// Address and port as replies carry them (BEP 23, BEP 7): the peer's identity.
  using place = std::array<std::byte, AddressBytes + 2>;

  static constexpr std::uint8_t completed = 1;  ///< its `completed` event has been counted
  static constexpr std::uint8_t partial = 2;    ///< BEP 21: not all is there, and it wants no more
  static constexpr std::uint8_t chosen = 4;     ///< only while a reply is being written
  static constexpr std::uint8_t foreign = 8;    ///< it announced to another tracker only

  place where{};
  std::uint8_t heard = 0;  ///< the tick, modulo 256
  std::uint8_t marks = 0;

  bool is_free() const { return (where[AddressBytes] | where[AddressBytes + 1]) == std::byte{}; }
  bool has(std::uint8_t mark) const { return (marks & mark) != 0; }
};
static_assert(sizeof(peer_record<4>) == 8 && sizeof(peer_record<16>) == 20);

template <std::size_t AddressBytes>
class peer_table {
 public:
  using record = peer_record<AddressBytes>;
  using place = typename record::place;

  std::uint32_t size() const { return size_; }
  std::size_t bytes() const { return capacity_ * sizeof(record); }
  /// All places, the free ones among them.
  std::span<record> places() const { return {places_.get(), capacity_}; }

  /// Valid until the next change of the table; nullptr when it is not there.
  record* find(const place& where, const keyed_hash& hash) const {
    if (is_row()) {
      record* const end = places_.get() + size_;
      record* const found =
          std::find_if(places_.get(), end, [&](const record& r) { return r.where == where; });
      return found == end ? nullptr : found;
    }
    for (std::uint32_t i = home(where, hash);; i = after(i)) {
      if (places_[i].where == where) {
        return &places_[i];
      }
      if (places_[i].is_free()) {
        return nullptr;
      }
    }
  }

  /// A peer that must not be there yet, with a port.
  record& add(const place& where, const keyed_hash& hash) {
    if (is_row() ? size_ == capacity_ : (size_ + std::uint64_t{1}) * 6 > capacity_ * std::uint64_t{5}) {
      resize(capacity_for(size_ + 1), hash);
    }
    record& added = places_[free_place(where, hash)];
    added.where = where;
    ++size_;
    return added;
  }

  void remove(record* r, const keyed_hash& hash) {
    remove_at(static_cast<std::uint32_t>(r - places_.get()), hash);
    shrink(hash);
  }

  /// Looks at up to `count` places from `from` on and removes the peers of which `is_gone(record)` says so.
  /// Returns where to go on; when that is `places().size()`, it has seen all, and `shrink` is due.
  template <class IsGone>
  std::uint32_t sweep(std::uint32_t from, std::uint32_t count, const keyed_hash& hash, IsGone is_gone) {
    while (from < capacity_ && count-- > 0) {
      if (!places_[from].is_free() && is_gone(std::as_const(places_[from]))) {
        remove_at(from, hash);  // another peer may stand there now
      } else {
        ++from;
      }
    }
    return from;
  }

  /// Gives memory back when most places are free.
  void shrink(const keyed_hash& hash) {
    if (size_ == 0) {
      places_.reset();
      capacity_ = 0;
    } else if (size_ * std::uint64_t{3} < capacity_) {
      resize(capacity_for(size_), hash);
    }
  }

 private:
  static constexpr std::uint32_t row_max = 15;

  bool is_row() const { return capacity_ <= row_max; }
  std::uint32_t after(std::uint32_t i) const { return i + 1 == capacity_ ? 0 : i + 1; }
  std::uint32_t distance(std::uint32_t from, std::uint32_t to) const {
    return to >= from ? to - from : to + capacity_ - from;
  }

  /// Odd, since 8 bytes times an odd number is what malloc hands out without a remainder.
  static std::uint32_t capacity_for(std::uint32_t size) {
    const std::uint64_t wanted = size + std::uint64_t{size} / 4 + 2;
    return static_cast<std::uint32_t>(wanted <= row_max ? wanted : size + std::uint64_t{size} / 2 + 2) | 1U;
  }

  std::uint32_t home(const place& where, const keyed_hash& hash) const {
    return static_cast<std::uint32_t>((hash(where, 0) >> 32) * capacity_ >> 32);
  }

  std::uint32_t free_place(const place& where, const keyed_hash& hash) const {
    if (is_row()) {
      return size_;
    }
    std::uint32_t i = home(where, hash);
    while (!places_[i].is_free()) {
      i = after(i);
    }
    return i;
  }

  void resize(std::uint32_t capacity, const keyed_hash& hash) {
    const auto old = std::exchange(places_, std::make_unique<record[]>(capacity));
    const std::uint32_t old_capacity = std::exchange(capacity_, capacity);
    size_ = 0;
    for (const record& r : std::span(old.get(), old_capacity)) {
      if (!r.is_free()) {
        places_[free_place(r.where, hash)] = r;
        ++size_;
      }
    }
  }

  void remove_at(std::uint32_t i, const keyed_hash& hash) {
    assert(i < capacity_ && !places_[i].is_free());
    --size_;
    if (is_row()) {
      places_[i] = places_[size_];
      places_[size_] = {};
    } else {
      close_gap(i, hash);
    }
  }

  /// Those behind the gap that are beyond their home move up (Knuth, TAOCP 3, 6.4, algorithm R), so that no
  /// search ends too early.
  void close_gap(std::uint32_t gap, const keyed_hash& hash) {
    for (std::uint32_t i = after(gap); !places_[i].is_free(); i = after(i)) {
      if (distance(home(places_[i].where, hash), i) >= distance(gap, i)) {
        places_[gap] = places_[i];
        gap = i;
      }
    }
    places_[gap] = {};
  }

  std::unique_ptr<record[]> places_;
  std::uint32_t size_ = 0, capacity_ = 0;
};

}  // namespace shoal::registry
