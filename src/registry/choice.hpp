#pragma once
// k of the peers of two tables, every subset equally likely, written as replies carry them. O(k) however
// large the tables are.
//
// Where most are wanted the places are walked once, from a random one on, taking each peer with the chance
// that makes all subsets equal (selection sampling, Knuth, TAOCP 2, 3.4.2, algorithm S). Where few of many
// are wanted, places are drawn until enough new peers were met; the tables are at least a third full, so few
// draws miss.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/rng.hpp>

#include "registry/peer_table.hpp"

namespace shoal::registry {

template <std::size_t AddressBytes>
class choice {
 public:
  using record = peer_record<AddressBytes>;
  static constexpr std::size_t peer_bytes = AddressBytes + 2;

  /// Of the peers of both tables but `asker` (nullptr: none of them). The second may be nullptr.
  choice(const peer_table<AddressBytes>& first, const peer_table<AddressBytes>* second, const record* asker)
      : first_(first.places()),
        second_(second == nullptr ? std::span<record>() : second->places()),
        asker_(asker),
        candidates_(first.size() + (second == nullptr ? 0 : second->size()) - (asker == nullptr ? 0 : 1)) {}

  /// Writes `wanted` of them, or all when there are fewer, as far as there is room; says how many. `scratch`
  /// only saves an allocation.
  std::uint32_t write(std::uint32_t wanted, rng& chance, std::vector<record*>& scratch, span_writer& out) {
    wanted =
        static_cast<std::uint32_t>(std::min<std::size_t>({wanted, candidates_, out.room() / peer_bytes}));
    if (wanted * std::uint64_t{2} >= candidates_) {
      write_most(wanted, chance, out);
    } else {
      write_few(wanted, chance, scratch, out);
    }
    return wanted;
  }

 private:
  void write_most(std::uint32_t wanted, rng& chance, span_writer& out) {
    std::uint32_t left = candidates_;
    const auto walk = [&](std::span<record> places) {
      for (const record& r : places) {
        if (wanted == 0) {
          return;
        }
        if (r.is_free() || &r == asker_) {
          continue;
        }
        if (left == wanted || chance.below(left) < wanted) {
          out.bytes(r.where);
          --wanted;
        }
        --left;
      }
    };
    const auto start = static_cast<std::size_t>(chance.below(first_.size() + second_.size()));
    const std::size_t in_first = std::min(start, first_.size());
    const std::size_t in_second = start - in_first;
    walk(first_.subspan(in_first));
    walk(second_.subspan(in_second));
    walk(first_.first(in_first));
    walk(second_.first(in_second));
  }

  void write_few(std::uint32_t wanted, rng& chance, std::vector<record*>& scratch, span_writer& out) {
    const std::size_t places = first_.size() + second_.size();
    scratch.clear();
    while (scratch.size() < wanted) {
      const auto i = static_cast<std::size_t>(chance.below(places));
      record& r = i < first_.size() ? first_[i] : second_[i - first_.size()];
      if (!r.is_free() && !r.has(record::chosen) && &r != asker_) {
        r.marks |= record::chosen;
        out.bytes(r.where);
        scratch.push_back(&r);
      }
    }
    for (record* const r : scratch) {
      r->marks &= static_cast<std::uint8_t>(~record::chosen);
    }
  }

  std::span<record> first_, second_;
  const record* asker_;
  std::uint32_t candidates_;
};

}  // namespace shoal::registry
