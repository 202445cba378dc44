#include <algorithm>
#include <bit>
#include <cassert>
#include <limits>
#include <numeric>
#include <utility>

#include <shoal/base/fetch_early.hpp>
#include <shoal/piece/availability.hpp>

namespace shoal::piece {
namespace {

/// Candidates that `rarest` looks at one by one before it turns to the words: a peer that has one in sixteen
/// of the pieces, spread evenly, gets past them once in sixty times.
constexpr std::uint32_t probes_max = 64;
/// After so many of them it is looked up, in a torrent of so few words, where a peer has something at all, if
/// it has so few candidates: most peers that are looked at in vain have none.
constexpr std::uint32_t probes_in_vain = 8;
constexpr std::size_t least_in_words_max = 8;
constexpr std::size_t least_in_looks_max = 8;
/// Words and candidates that a search by rarity looks at before it takes the best so far: all of a torrent of
/// some thousand pieces. Of a greater one it is a sample that holds one of the rarest in a thousand with near
/// certainty, at a bounded price, even when the peer has half of a million pieces and none of the rare half.
constexpr std::size_t effort_max = 4096;

piece_index index_of(std::uint32_t piece) {
  return piece_index(piece);
}

}  // namespace

availability::availability(std::uint32_t pieces, std::uint8_t priority)
    : partial_(pieces), priority_(pieces, priority), place_(pieces), candidates_(pieces, priority > 0) {
  assert(priority <= priority_max);
  census_.push_back(pieces);
  std::iota(place_.begin(), place_.end(), 0U);
  if (priority > 0) {
    orders_[priority].pieces = place_;
  }
}

// Counting.

void availability::joined(const bitfield& has) {
  assert(has.size() == partial_.size());
  if (has.all()) {
    ++seeds_;
    return;
  }
  has.for_each([this](piece_index p) { raise(p.value()); });
}

void availability::left(const bitfield& has) {
  assert(has.size() == partial_.size());
  if (!has.all()) {
    has.for_each([this](piece_index p) { lower(p.value()); });
  } else if (seeds_ > 0) {
    // If it became complete while here it was counted piece by piece, and a seed that stays takes over that
    // count: the sums are the same.
    --seeds_;
  } else {
    lower_all();
  }
}

void availability::got(piece_index p) {
  raise(p.value());
}

void availability::lost(const bitfield& has, piece_index p) {
  if (!has.all()) {
    lower(p.value());
    return;
  }
  left(has);
  bitfield rest = has;
  rest.reset(p);
  joined(rest);
}

void availability::raise(std::uint32_t piece) {
  std::uint32_t& n = partial_[piece];
  if (priority_[piece] > 0) {
    move(orders_[priority_[piece]], piece, n, n + 1);
  }
  --census_[n];
  ++n;
  if (n == census_.size()) {
    census_.push_back(0);
  }
  ++census_[n];
}

void availability::lower(std::uint32_t piece) {
  std::uint32_t& n = partial_[piece];
  assert(n > 0);
  if (priority_[piece] > 0) {
    move(orders_[priority_[piece]], piece, n, n - 1);
  }
  --census_[n];
  --n;
  ++census_[n];
}

void availability::lower_all() {
  assert(census_[0] == 0);
  census_.erase(census_.begin());
  for (auto& n : partial_) {
    --n;
  }
  for (auto& o : orders_) {  // the pieces stand as they stood
    o.begin.erase(o.begin.begin());
    if (o.begin.empty()) {
      o.begin.push_back(0);
    }
  }
}

double availability::distributed_copies() const {
  std::size_t least = 0;
  while (census_[least] == 0) {
    ++least;
  }
  const auto pieces = static_cast<double>(partial_.size());
  return static_cast<double>(least + seeds_) + (pieces - census_[least]) / pieces;
}

// Order.

std::uint32_t availability::order::least() const {
  std::uint32_t n = 0;
  while (begin[n] == end_of(n)) {
    ++n;
  }
  return n;
}

/// Moves a piece from among those of one availability to those of another, one boundary at a time.
void availability::move(order& o, std::uint32_t piece, std::uint32_t at, std::uint32_t to) {
  const auto swap_to = [&](std::uint32_t place) {
    const std::uint32_t from = place_[piece];
    const std::uint32_t other = o.pieces[place];
    o.pieces[from] = other;
    o.pieces[place] = piece;
    place_[other] = from;
    place_[piece] = place;
  };
  if (o.begin.size() <= to) {
    o.begin.resize(to + 1, 0);
  }
  for (; at < to; ++at) {
    swap_to(o.begin[at]++);
  }
  for (; at > to; --at) {
    swap_to(--o.begin[at - 1]);
  }
}

void availability::set_candidate(piece_index p, std::uint8_t priority) {
  assert(priority <= priority_max);
  const std::uint32_t piece = p.value();
  const std::uint32_t counted = partial_[piece];
  if (priority == priority_[piece]) {
    return;
  }
  if (priority_[piece] > 0) {
    order& o = orders_[priority_[piece]];
    move(o, piece, counted, 0);
    const std::uint32_t last = o.pieces.back();
    o.pieces[place_[piece]] = last;
    place_[last] = place_[piece];
    o.pieces.pop_back();
    candidates_.reset(p);
  }
  priority_[piece] = priority;
  if (priority > 0) {
    order& o = orders_[priority];
    place_[piece] = static_cast<std::uint32_t>(o.pieces.size());
    o.pieces.push_back(piece);
    move(o, piece, 0, counted);
    candidates_.set(p);
  }
}

// Choosing.

std::uint8_t availability::highest_priority() const {
  std::uint8_t priority = priority_max;
  while (priority > 0 && orders_[priority].pieces.empty()) {
    --priority;
  }
  return priority;
}

std::optional<piece_index> availability::rarest(const bitfield& has, rng& random) const {
  std::uint32_t probes = 0;
  for (std::uint8_t priority = priority_max; priority > 0; --priority) {
    const order& o = orders_[priority];
    std::optional<std::size_t> none_below;
    auto end = static_cast<std::uint32_t>(o.pieces.size());
    for (std::size_t n = 0; end > 0; ++n) {
      const std::uint32_t begin = o.begin[n];
      const std::uint32_t size = std::exchange(end, begin) - begin;
      if (size == 0) {
        continue;
      }
      auto at = static_cast<std::uint32_t>(random.below(size));
      if (probes >= probes_in_vain && !none_below) {
        none_below = least_in(has, priority);
      }
      if (none_below && n < *none_below) {
        probes += size;
        if (probes >= probes_max) {
          return scan(has, static_cast<std::size_t>(random.below(partial_.size())), true);
        }
        continue;
      }
      for (std::uint32_t i = 0; i < size; ++i, at = at + 1 == size ? 0 : at + 1) {
        const piece_index p = index_of(o.pieces[begin + at]);
        if (has.test(p)) {
          return p;
        }
        if (++probes == probes_max) {
          return scan(has, static_cast<std::size_t>(random.below(partial_.size())), true);
        }
      }
    }
  }
  return std::nullopt;
}

/// The least number of peers counted for a candidate of this priority in `has`, or less where that would take
/// long to find; the largest number there is when there is no such candidate.
std::size_t availability::least_in(const bitfield& has, std::uint8_t priority) const {
  const auto ours = candidates_.words();
  const auto theirs = has.words();
  if (ours.size() > least_in_words_max) {
    return 0;
  }
  std::size_t looks = 0;
  std::size_t least = std::numeric_limits<std::size_t>::max();
  for (std::size_t w = 0; w < ours.size(); ++w) {
    for (std::uint64_t bits = ours[w] & theirs[w]; bits != 0; bits &= bits - 1) {
      const std::size_t piece = w * 64 + static_cast<std::size_t>(std::countr_zero(bits));
      if (++looks > least_in_looks_max) {
        return 0;  // one of so many is met soon
      }
      if (priority_[piece] == priority) {
        least = std::min<std::size_t>(least, partial_[piece]);
      }
    }
  }
  return least;
}

std::optional<piece_index> availability::first_from(const bitfield& has, piece_index start) const {
  return scan(has, start.index(), false);
}

/// The first candidate in `has`, from `start` on and around, of the least rank; over words, so that a peer
/// with few pieces costs little more than one look at each word. By rarity it is content with the least of a
/// sample, but only in the highest priority that there is.
std::optional<piece_index> availability::scan(const bitfield& has, std::size_t start, bool by_rarity) const {
  const std::uint8_t highest = highest_priority();
  if (highest == 0) {
    return std::nullopt;
  }
  const std::uint64_t best_possible = rank(highest, orders_[highest].least(), by_rarity);
  const auto ours = candidates_.words();
  const auto theirs = has.words();
  assert(ours.size() == theirs.size() && start < partial_.size());
  std::optional<piece_index> best;
  std::uint64_t best_rank = std::numeric_limits<std::uint64_t>::max();
  std::size_t effort = 0;
  const std::uint64_t tail = ~std::uint64_t{0} << (start % 64);
  std::size_t w = start / 64;
  for (std::size_t i = 0; i <= ours.size(); ++i, w = w + 1 == ours.size() ? 0 : w + 1) {
    std::uint64_t bits = ours[w] & theirs[w];
    if (i == 0) {  // the first word comes twice: its tail, and at last its head
      bits &= tail;
    } else if (i == ours.size()) {
      bits &= ~tail;
    }
    effort += 1 + static_cast<std::size_t>(std::popcount(bits));
    for (; bits != 0; bits &= bits - 1) {
      const auto p = piece_index(static_cast<std::uint32_t>(w * 64) +
                                 static_cast<std::uint32_t>(std::countr_zero(bits)));
      const std::uint64_t r = rank(candidate(p), partial_[p.index()], by_rarity);
      if (r < best_rank) {
        best = p;
        best_rank = r;
        if (r == best_possible) {
          return best;
        }
      }
    }
    if (by_rarity && effort > effort_max && best && candidate(*best) == highest) {
      return best;
    }
  }
  return best;
}

void availability::fetch_early() const {
  constexpr std::size_t pieces_max = 512;  // more would push out what is needed sooner
  if (partial_.size() <= pieces_max) {
    shoal::fetch_early(partial_.data(), partial_.size() * sizeof(partial_[0]));
    shoal::fetch_early(priority_.data(), priority_.size() * sizeof(priority_[0]));
    shoal::fetch_early(place_.data(), place_.size() * sizeof(place_[0]));
    const order& o = orders_[highest_priority()];
    shoal::fetch_early(o.pieces.data(), o.pieces.size() * sizeof(o.pieces[0]));
    shoal::fetch_early(o.begin.data(), o.begin.size() * sizeof(o.begin[0]));
  }
}

void availability::check() const {
  std::size_t listed = 0;
  for (std::size_t priority = 0; priority < orders_.size(); ++priority) {
    const order& o = orders_[priority];
    listed += o.pieces.size();
    assert(priority > 0 || o.pieces.empty());
    assert(o.begin.back() == 0);
    for (std::size_t n = 0; n < o.begin.size(); ++n) {
      assert(o.begin[n] <= o.end_of(n));
      for (std::uint32_t at = o.begin[n]; at < o.end_of(n); ++at) {
        const std::uint32_t piece = o.pieces[at];
        assert(place_[piece] == at && priority_[piece] == priority && partial_[piece] == n);
      }
    }
  }
  assert(listed == candidates_.count());
  std::vector<std::uint32_t> census(census_.size());
  for (std::size_t piece = 0; piece < partial_.size(); ++piece) {
    ++census.at(partial_[piece]);
    assert(candidates_.test(index_of(static_cast<std::uint32_t>(piece))) == (priority_[piece] > 0));
  }
  assert(census == census_);
}

}  // namespace shoal::piece
