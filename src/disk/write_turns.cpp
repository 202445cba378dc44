#include "disk/write_turns.hpp"

#include <algorithm>
#include <cassert>
#include <iterator>
#include <utility>

#include "disk/piece_work.hpp"

namespace shoal::disk {

namespace {

piece_outcome finish(hashed_piece piece) {
  using verdict = piece_outcome::verdict;
  piece_outcome out;
  auto& job = piece.job;
  if (!piece.digest) {
    out = {verdict::io_failed, piece.digest.error(), {}};
  } else if (*piece.digest != job.expected) {
    out.what = verdict::hash_mismatch;
  } else if (const auto written = write_blocks(*job.store, job.offset, job.blocks); !written) {
    out = {verdict::io_failed, written.error(), {}};
  } else {
    out.what = verdict::written;
  }
  out.job = std::move(job);
  return out;
}

/// Outcomes of neighbours that go to one sink go there together.
void finish_all(std::vector<hashed_piece> pieces) {
  for (std::size_t i = 0; i < pieces.size();) {
    const piece_sink sink = pieces[i].sink;
    std::vector<piece_outcome> outcomes;
    for (; i < pieces.size() && pieces[i].sink == sink; ++i) {
      outcomes.push_back(finish(std::move(pieces[i])));
    }
    (*sink)(std::move(outcomes));
  }
}

}  // namespace

std::size_t write_turns::write(std::vector<hashed_piece> pieces) {
  assert(!pieces.empty());
  const auto store = pieces.front().job.store;  // kept: the pieces go with their outcomes
  std::size_t done = 0;
  std::unique_lock lock(mutex_);
  if (const auto [busy, mine] = waiting_.try_emplace(store.get()); !mine) {
    std::ranges::move(pieces, std::back_inserter(busy->second));
    return 0;
  }
  while (!pieces.empty()) {
    lock.unlock();
    done += pieces.size();
    finish_all(std::move(pieces));
    lock.lock();
    pieces = std::exchange(waiting_.at(store.get()), {});
  }
  waiting_.erase(store.get());
  return done;
}

}  // namespace shoal::disk
