#pragma once
// k of the peers of two tables, every subset equally likely, written as replies carry them. O(k) however
// large the tables are.
//
// Where most are wanted the places are walked once, from a random one on, taking each peer with the chance
// that makes all subsets equal (selection sampling, Knuth, TAOCP 2, 3.4.2, algorithm S). Where few of many
// are wanted, places are drawn until enough new peers were met; the tables are at least a third full, so few
// draws miss. Near peers come first where some are: found by a walk over a bounded number of places.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/near_prefix.hpp>
#include <shoal/base/rng.hpp>

#include "registry/peer_table.hpp"

namespace shoal::registry {

/// Which peers are near: those whose address begins with the same bits.
template <std::size_t AddressBytes>
class vicinity {
 public:
  using record = peer_record<AddressBytes>;

  /// Nobody is.
  vicinity() = default;
  /// Those whose first `bits` are those of `centre`; with 0 nobody.
  vicinity(const typename record::place& centre, unsigned bits)
      : centre_(centre), bits_(std::min<unsigned>(bits, AddressBytes * 8)) {}

  bool is_empty() const { return bits_ == 0; }
  bool has(const record& r) const { return begin_alike(centre_, r.where, bits_); }

 private:
  typename record::place centre_{};
  unsigned bits_ = 0;
};

template <std::size_t AddressBytes>
class choice {
 public:
  using record = peer_record<AddressBytes>;
  using near_peers = vicinity<AddressBytes>;
  static constexpr std::size_t peer_bytes = AddressBytes + 2;
  /// Of so many that are wanted one is chosen wherever it is, so that no vicinity is cut off from the rest.
  static constexpr std::uint32_t far_one_in = 5;
  /// Places that are looked at for near peers. In larger swarms not all of them are found.
  static constexpr std::size_t near_places_max = 4096;

  /// Of the peers of both tables but `asker` (nullptr: none of them). The second may be nullptr.
  choice(const peer_table<AddressBytes>& first, const peer_table<AddressBytes>* second, const record* asker)
      : first_(first.places()),
        second_(second == nullptr ? std::span<record>() : second->places()),
        asker_(asker),
        candidates_(first.size() + (second == nullptr ? 0 : second->size()) - (asker == nullptr ? 0 : 1)) {}

  /// Writes `wanted` of them, or all when there are fewer, as far as there is room; says how many. Four of
  /// five are `near` ones if so many are found. `scratch` only saves an allocation.
  std::uint32_t write(std::uint32_t wanted, const near_peers& near, rng& chance,
                      std::vector<record*>& scratch, span_writer& out) {
    wanted =
        static_cast<std::uint32_t>(std::min<std::size_t>({wanted, candidates_, out.room() / peer_bytes}));
    scratch.clear();
    if (!near.is_empty() && wanted < candidates_) {
      write_near(wanted - (wanted + far_one_in - 1) / far_one_in, near, chance, scratch, out);
    }
    const auto chosen = static_cast<std::uint32_t>(scratch.size());
    if ((wanted - chosen) * std::uint64_t{2} >= candidates_ - chosen) {
      write_most(wanted - chosen, candidates_ - chosen, chance, out);
    } else {
      write_few(wanted, chance, scratch, out);
    }
    for (record* const r : scratch) {
      r->marks &= static_cast<std::uint8_t>(~record::chosen);
    }
    return wanted;
  }

 private:
  std::size_t places() const { return first_.size() + second_.size(); }
  record& at(std::size_t place) const {
    return place < first_.size() ? first_[place] : second_[place - first_.size()];
  }
  bool is_left(const record& r) const { return !r.is_free() && !r.has(record::chosen) && &r != asker_; }
  static void choose(record& r, std::vector<record*>& chosen, span_writer& out) {
    r.marks |= record::chosen;
    out.bytes(r.where);
    chosen.push_back(&r);
  }

  void write_near(std::uint32_t wanted, const near_peers& near, rng& chance, std::vector<record*>& chosen,
                  span_writer& out) {
    auto place = static_cast<std::size_t>(chance.below(places()));
    for (auto looks = std::min(places(), near_places_max); looks > 0 && chosen.size() < wanted; --looks) {
      if (record& r = at(place); is_left(r) && near.has(r)) {
        choose(r, chosen, out);
      }
      place = place + 1 == places() ? 0 : place + 1;
    }
  }

  void write_most(std::uint32_t wanted, std::uint32_t left, rng& chance, span_writer& out) {
    const auto walk = [&](std::span<record> some) {
      for (const record& r : some) {
        if (wanted == 0) {
          return;
        }
        if (!is_left(r)) {
          continue;
        }
        if (left == wanted || chance.below(left) < wanted) {
          out.bytes(r.where);
          --wanted;
        }
        --left;
      }
    };
    const auto start = static_cast<std::size_t>(chance.below(places()));
    const std::size_t in_first = std::min(start, first_.size());
    const std::size_t in_second = start - in_first;
    walk(first_.subspan(in_first));
    walk(second_.subspan(in_second));
    walk(first_.first(in_first));
    walk(second_.first(in_second));
  }

  /// Until `wanted` are chosen.
  void write_few(std::uint32_t wanted, rng& chance, std::vector<record*>& chosen, span_writer& out) {
    while (chosen.size() < wanted) {
      if (record& r = at(static_cast<std::size_t>(chance.below(places()))); is_left(r)) {
        choose(r, chosen, out);
      }
    }
  }

  std::span<record> first_, second_;
  const record* asker_;
  std::uint32_t candidates_;
};

}  // namespace shoal::registry
