#include <algorithm>
#include <bit>
#include <cassert>
#include <functional>

#include <shoal/piece/picker.hpp>

namespace shoal::piece {
namespace {

constexpr std::uint8_t priority_default = 4;
constexpr std::uint32_t rare_copies = 1;

}  // namespace

picker::picker(const geometry& g, const picker_settings& s, std::uint64_t seed)
    : geometry_(g),
      settings_(s),
      random_(seed),
      priority_(g.piece_count(), priority_default),
      have_(g.piece_count()),
      wanted_(g.piece_count(), true),
      wanted_bytes_(g.total_bytes()),
      peers_(g.piece_count(), priority_default),
      progress_(g.piece_count()),
      due_(g.piece_count()) {}

// What we want.

/// Brings the candidates, the wanted and the open pieces in line with a piece's priority, possession and
/// progress. Each change of one of these ends here.
void picker::settle(piece_index p) {
  const std::uint8_t priority = priority_[p.index()];
  const bool wanted = priority > 0 && !have_.test(p);
  if (wanted && wanted_.set(p)) {
    wanted_bytes_ += geometry_.piece_bytes(p);
  } else if (!wanted && wanted_.reset(p)) {
    wanted_bytes_ -= geometry_.piece_bytes(p);
  }
  const piece_progress* const begun = progress_.find(p);
  peers_.set_candidate(p, wanted && begun == nullptr && !has_deadline(p) ? priority : 0);
  if (begun != nullptr) {
    progress_.set_open(p, wanted && begun->missing_count() > 0);
  }
}

void picker::set_priority(piece_index p, std::uint8_t priority) {
  assert(geometry_.contains(p) && priority <= priority_max);
  priority_[p.index()] = priority;
  settle(p);
}

std::uint8_t picker::priority(piece_index p) const {
  return priority_[p.index()];
}

void picker::set_sequential(bool on) {
  settings_.sequential = on;
}

void picker::set_deadline(piece_index p, std::optional<instant> by) {
  assert(geometry_.contains(p));
  const auto forget = [this](std::vector<piece_deadline>::iterator which) {
    const piece_index gone = which->piece;
    due_.reset(gone);
    deadlines_.erase(which);
    settle(gone);
  };
  if (due_.test(p)) {
    forget(std::ranges::find(deadlines_, p, &piece_deadline::piece));
  }
  if (by && !have_.test(p)) {
    const auto later = std::ranges::upper_bound(deadlines_, *by, {}, &piece_deadline::by);
    deadlines_.insert(later, {*by, p});
    due_.set(p);
    settle(p);
  }
  if (deadlines_.size() > deadlines_max) {
    forget(deadlines_.end() - 1);
  }
}

void picker::mark_have(piece_index p) {
  assert(geometry_.contains(p));
  if (has_deadline(p)) {
    set_deadline(p, std::nullopt);
  }
  if (progress_.contains(p)) {
    progress_.end(p);
  }
  have_.set(p);
  settle(p);
}

void picker::mark_missing(piece_index p) {
  assert(geometry_.contains(p));
  have_.reset(p);
  settle(p);
}

const bitfield& picker::have() const {
  return have_;
}

bool picker::wants(piece_index p) const {
  return wanted_.test(p);
}

std::uint32_t picker::wanted_count() const {
  return static_cast<std::uint32_t>(wanted_.count());
}

std::uint64_t picker::wanted_bytes() const {
  return wanted_bytes_;
}

std::uint32_t picker::wanted_in(const bitfield& has) const {
  assert(has.size() == wanted_.size());
  const auto ours = wanted_.words();
  const auto theirs = has.words();
  std::uint32_t count = 0;
  for (std::size_t w = 0; w < ours.size(); ++w) {
    count += static_cast<std::uint32_t>(std::popcount(ours[w] & theirs[w]));
  }
  return count;
}

// What peers have.

void picker::peer_joined(const bitfield& has) {
  peers_.joined(has);
}

void picker::peer_left(const bitfield& has) {
  peers_.left(has);
}

void picker::peer_got(piece_index p) {
  peers_.got(p);
}

void picker::peer_lost(const bitfield& has, piece_index p) {
  peers_.lost(has, p);
}

std::uint32_t picker::availability(piece_index p) const {
  return peers_.of(p);
}

double picker::distributed_copies() const {
  return peers_.distributed_copies();
}

// Asking.

piece_progress& picker::begin(piece_index p) {
  peers_.set_candidate(p, 0);
  return progress_.begin(p, geometry_.block_count(p));
}

/// Rules 2, 3 and 5.
std::optional<piece_index> picker::choose_new(const bitfield& has) {
  if (peers_.no_candidates()) {
    return std::nullopt;
  }
  if (settings_.sequential) {
    return peers_.first_from(has, piece_index(0));
  }
  if (have_.none() || settings_.random) {
    const auto start = static_cast<std::uint32_t>(random_.below(geometry_.piece_count()));
    return peers_.first_from(has, piece_index(start));
  }
  return peers_.rarest(has, random_);
}

/// The missing blocks of a begun piece, lowest first.
std::size_t picker::take(piece_index p, peer_key who, std::size_t n, std::vector<block_ref>& out) {
  piece_progress& begun = *progress_.find(p);
  const std::size_t count = std::min<std::size_t>(n, begun.missing_count());
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint32_t block = begun.next_missing();
    begun.ask(block, who);
    out.push_back(geometry_.block(p, block));
  }
  settle(p);
  return count;
}

/// Rule 1.
std::size_t picker::pick_begun(const bitfield& has, peer_key who, std::size_t n,
                               std::vector<block_ref>& out) {
  // Priority, blocks to come, index, as one number; less is better. A piece has fewer than 2^29 blocks, since
  // its length is a 32-bit number.
  begun_ranks_.clear();
  for (const auto& begun : progress_.open()) {
    const piece_index p = begun.piece();
    if (has.test(p) && !has_deadline(p)) {
      const std::uint64_t to_come = settings_.sequential ? 0 : begun.block_count() - begun.received_count();
      const std::uint64_t urgency = std::uint64_t{priority_max} - priority_[p.index()];
      begun_ranks_.push_back(urgency << 61U | to_come << 32U | p.value());
    }
  }
  std::make_heap(begun_ranks_.begin(), begun_ranks_.end(), std::greater<>{});
  std::size_t given = 0;
  while (given < n && !begun_ranks_.empty()) {
    std::pop_heap(begun_ranks_.begin(), begun_ranks_.end(), std::greater<>{});
    given += take(piece_index(static_cast<std::uint32_t>(begun_ranks_.back())), who, n - given, out);
    begun_ranks_.pop_back();
  }
  return given;
}

std::size_t picker::pick(const bitfield& has, peer_key who, std::size_t n, std::vector<block_ref>& out) {
  assert(has.size() == have_.size());
  std::size_t given = pick_begun(has, who, n, out);
  while (given < n) {
    const auto p = choose_new(has);
    if (!p) {
      break;
    }
    begin(*p);
    given += take(*p, who, n - given, out);
  }
  if (given < n && in_endgame()) {
    given += pick_endgame(has, who, n - given, out);
  }
  return given;
}

std::size_t picker::pick_from(piece_index p, peer_key who, std::size_t n, std::vector<block_ref>& out) {
  assert(geometry_.contains(p));
  if (n == 0 || !wants(p)) {
    return 0;
  }
  if (!progress_.contains(p)) {
    begin(p);
  }
  std::size_t given = take(p, who, n, out);
  if (given < n && in_endgame()) {
    given += double_up(*progress_.find(p), who, n - given, out);
  }
  return given;
}

std::size_t picker::pick_rare(piece_index p, peer_key who, std::size_t n, std::vector<block_ref>& out) {
  const bool rarest_first = !settings_.sequential && !settings_.random;
  if (!rarest_first || has_deadline(p) || peers_.beside_seeds(p) > rare_copies ||
      priority_[p.index()] < peers_.highest_priority()) {
    return 0;
  }
  return pick_from(p, who, std::min<std::size_t>(n, open_blocks(p)), out);
}

std::size_t picker::pick_due(piece_index p, peer_key who, std::size_t n, bool again,
                             std::vector<block_ref>& out) {
  std::size_t given = pick_from(p, who, n, out);
  if (again && given < n && wants(p) && !in_endgame()) {
    given += double_up(*progress_.find(p), who, n - given, out);
  }
  return given;
}

std::uint32_t picker::open_blocks(piece_index p) const {
  if (!wants(p)) {
    return 0;
  }
  const auto* const begun = progress_.find(p);
  return begun != nullptr ? begun->missing_count() : geometry_.block_count(p);
}

bool picker::in_endgame() const {
  return !wanted_.none() && peers_.no_candidates() && progress_.open().empty() &&
         std::ranges::all_of(deadlines_, [this](const auto& d) { return open_blocks(d.piece) == 0; });
}

/// Rule 4, from a random piece on, so that peers asked at the same time are asked for different blocks.
std::size_t picker::pick_endgame(const bitfield& has, peer_key who, std::size_t n,
                                 std::vector<block_ref>& out) {
  const auto all = progress_.all();
  const auto start = static_cast<std::size_t>(random_.below(all.size()));
  std::size_t given = 0;
  for (std::size_t i = 0; i < all.size() && given < n; ++i) {
    const piece_progress& shared = all[(start + i) % all.size()];
    if (wants(shared.piece()) && has.test(shared.piece())) {
      given += double_up(shared, who, n - given, out);
    }
  }
  return given;
}

/// Asks `who` as well for blocks of a piece that are in flight from others, from a random block on.
std::size_t picker::double_up(const piece_progress& shared, peer_key who, std::size_t n,
                              std::vector<block_ref>& out) {
  if (shared.complete()) {
    return 0;
  }
  piece_progress& begun = *progress_.find(shared.piece());
  const std::uint32_t blocks = begun.block_count();
  auto block = static_cast<std::uint32_t>(random_.below(blocks));
  std::size_t given = 0;
  for (std::uint32_t i = 0; i < blocks && given < n; ++i, block = block + 1 == blocks ? 0 : block + 1) {
    if (!begun.received(block) && begun.asker_count(block) < settings_.endgame_copies_max &&
        !begun.asked(block, who)) {
      begun.ask(block, who);
      out.push_back(geometry_.block(begun.piece(), block));
      ++given;
    }
  }
  return given;
}

// Answers.

picker::arrival picker::received(const block_ref& b, peer_key who) {
  assert(geometry_.is_block(b));
  if (have_.test(b.piece)) {
    return arrival::duplicate;
  }
  piece_progress* begun = progress_.find(b.piece);
  if (begun == nullptr) {
    if (!wants(b.piece)) {
      return arrival::unexpected;
    }
    begun = &begin(b.piece);
  }
  const std::uint32_t block = geometry_.block_number(b);
  if (begun->received(block)) {
    begun->forget(block, who);
    return arrival::duplicate;
  }
  const bool was_missing = begun->missing(block);
  begun->receive(block, who);
  const bool complete = begun->complete();
  if (was_missing) {
    settle(b.piece);
  }
  return complete ? arrival::completes : arrival::accepted;
}

void picker::askers(const block_ref& b, std::vector<peer_key>& out) const {
  assert(geometry_.is_block(b));
  if (const auto* begun = progress_.find(b.piece)) {
    begun->askers(geometry_.block_number(b), out);
  }
}

void picker::abandoned(const block_ref& b, peer_key who) {
  assert(geometry_.is_block(b));
  piece_progress* const begun = progress_.find(b.piece);
  if (begun == nullptr || !begun->forget(geometry_.block_number(b), who)) {
    return;
  }
  if (begun->untouched()) {
    progress_.end(b.piece);  // not begun after all: rarest first decides anew
  }
  settle(b.piece);
}

void picker::failed(piece_index p, std::vector<peer_key>& senders) {
  const piece_progress* const begun = progress_.find(p);
  assert(begun != nullptr && begun->complete());
  senders.clear();
  for (std::uint32_t block = 0; block < begun->block_count(); ++block) {
    senders.push_back(begun->sender(block));
  }
  progress_.end(p);
  settle(p);
}

const progress_table& picker::progress() const {
  return progress_;
}

void picker::check() const {
  peers_.check();
  progress_.check();
  std::uint64_t bytes = 0;
  for (piece_index p(0); geometry_.contains(p); ++p) {
    const std::uint8_t priority = priority_[p.index()];
    const bool begun = progress_.contains(p);
    assert(wanted_.test(p) == (priority > 0 && !have_.test(p)));
    assert(peers_.candidate(p) == (wanted_.test(p) && !begun && !due_.test(p) ? priority : 0));
    assert(!(due_.test(p) && have_.test(p)));
    assert(!(begun && have_.test(p)));
    bytes += wanted_.test(p) ? geometry_.piece_bytes(p) : 0;
  }
  assert(bytes == wanted_bytes_);
  assert(due_.count() == deadlines_.size());
  assert(std::ranges::is_sorted(deadlines_, {}, &piece_deadline::by));
  for (const auto& begun : progress_.all()) {
    const bool open = begun.missing_count() > 0 && wanted_.test(begun.piece());
    const auto of_open = progress_.open();
    assert(open == (&begun < of_open.data() + of_open.size()));
    assert(begun.block_count() == geometry_.block_count(begun.piece()));
  }
}

}  // namespace shoal::piece
