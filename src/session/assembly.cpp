#include "session/assembly.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include <shoal/hash/sha1.hpp>

namespace shoal {

namespace {

/// Failed copies kept a piece, and pieces with such: enough to convict, bounded against a flood of bad
/// pieces.
constexpr std::size_t copies_max = 4;
constexpr std::size_t failed_pieces_max = 64;

}  // namespace

assembly::assembly(services& s, net::strand strand, assembly_owner& owner,
                   std::shared_ptr<disk::file_store> store,
                   std::shared_ptr<const metainfo::torrent_info> info, const piece::geometry& geometry)
    : services_(s),
      strand_(std::move(strand)),
      owner_(owner),
      store_(std::move(store)),
      info_(std::move(info)),
      geometry_(geometry),
      sink_(std::make_shared<const std::function<void(std::vector<disk::piece_outcome>)>>(
          [this](std::vector<disk::piece_outcome> outcomes) {
            net::asio::post(
                strand_, [this, outcomes = std::move(outcomes)]() mutable { finished(std::move(outcomes)); });
          })) {}

void assembly::store(const block_ref& block, buffer::lease data, const ip_address& from) {
  auto& hand = hands_[block.piece];
  if (hand.slots.empty()) {
    hand.slots.resize(geometry_.block_count(block.piece));
    hand.from.resize(hand.slots.size());
  }
  const auto n = geometry_.block_number(block);
  hand.slots[n] = {std::move(data), block.length};
  hand.from[n] = from;
  ++hand.received;
}

void assembly::verify(piece_index piece) {
  auto node = hands_.extract(piece);
  senders_[piece] = std::move(node.mapped().from);
  whole_.push_back({store_, piece, geometry_.piece_offset(piece), std::move(node.mapped().slots),
                    info_->piece_hashes[piece.index()]});
}

void assembly::flush() {
  if (whole_.empty()) {
    return;
  }
  at_disk_ += whole_.size();
  services_.disk.submit(std::exchange(whole_, {}), sink_);
}

void assembly::finished(std::vector<disk::piece_outcome> outcomes) {
  at_disk_ -= outcomes.size();
  std::vector<swarm::piece_verified> verdicts;
  for (auto& outcome : outcomes) {
    finished(std::move(outcome), verdicts);
  }
  if (!verdicts.empty()) {
    owner_.pieces_done(verdicts);
  }
  if (std::ranges::any_of(verdicts, &swarm::piece_verified::good)) {
    recovered();
  }
}

/// Gives the buffers back and notes the verdict, if the disk has let it come to one.
void assembly::finished(disk::piece_outcome outcome, std::vector<swarm::piece_verified>& verdicts) {
  const piece_index piece = outcome.job.piece;
  switch (outcome.what) {
    case disk::piece_outcome::verdict::written:
      accuse(outcome.job);
      senders_.erase(piece);
      verdicts.push_back({piece, true});
      break;
    case disk::piece_outcome::verdict::hash_mismatch:
      remember(outcome.job, senders_[piece]);
      senders_.erase(piece);
      verdicts.push_back({piece, false});
      break;
    case disk::piece_outcome::verdict::io_failed:
      unwritten_.push_back(std::move(outcome.job));
      refused(outcome.why);
      break;
  }
}

void assembly::refused(const failure& why) {
  if (!failing_) {
    failing_ = true;
    owner_.disk_refused(why);
  }
}

void assembly::recovered() {
  if (failing_) {
    failing_ = false;
    retry();
    owner_.disk_works_again();
  }
}

void assembly::retry() {
  auto jobs = std::exchange(unwritten_, {});
  if (jobs.empty()) {
    recovered();  // it was blocks written early that were refused; they are still here
  }
  std::ranges::move(jobs, std::back_inserter(whole_));
  flush();
}

void assembly::remember(const disk::piece_job& job, const std::vector<ip_address>& from) {
  const bool one_sender = std::set<ip_address>(from.begin(), from.end()).size() == 1;
  if (one_sender || (failed_.size() >= failed_pieces_max && !failed_.contains(job.piece))) {
    return;  // the core has blamed a lone sender already
  }
  auto& copies = failed_[job.piece];
  if (copies.size() >= copies_max) {
    copies.erase(copies.begin());
  }
  failed_copy copy{{}, from};
  for (const auto& slot : job.blocks) {
    copy.digests.push_back(slot.data ? std::optional(sha1(slot.data.bytes(slot.length))) : std::nullopt);
  }
  copies.push_back(std::move(copy));
}

void assembly::accuse(const disk::piece_job& job) {
  const auto node = failed_.extract(job.piece);
  if (node.empty()) {
    return;
  }
  std::set<ip_address> liars;
  for (std::size_t n = 0; n < job.blocks.size(); ++n) {
    const auto& slot = job.blocks[n];
    if (!slot.data) {
      continue;
    }
    const auto good = sha1(slot.data.bytes(slot.length));
    for (const auto& copy : node.mapped()) {
      if (copy.digests[n] && *copy.digests[n] != good) {
        liars.insert(copy.from[n]);
      }
    }
  }
  for (const auto& who : liars) {
    owner_.peer_lied(who);
  }
}

void assembly::relieve() {
  auto& pool = services_.receive_buffers;
  // What is at the disk gives its buffers back soon, and then we are called again.
  if (at_disk_ > 0 || failing_ || pool.available() * 8 > pool.capacity()) {
    return;
  }
  const auto share = [](const piece_in_hand& h) {
    return static_cast<double>(h.received) / static_cast<double>(h.slots.size());
  };
  auto least = hands_.end();
  for (auto it = hands_.begin(); it != hands_.end(); ++it) {
    const bool has_buffers = std::any_of(it->second.slots.begin(), it->second.slots.end(),
                                         [](const disk::block_slot& slot) { return bool(slot.data); });
    if (has_buffers && (least == hands_.end() || share(it->second) < share(least->second))) {
      least = it;
    }
  }
  if (least != hands_.end()) {
    spill(least->first, least->second);
  }
}

/// Each run of blocks that lie side by side becomes one job. The buffers are shared with the jobs until these
/// are done, so a piece that is verified meanwhile loses nothing.
void assembly::spill(piece_index piece, piece_in_hand& hand) {
  for (std::size_t n = 0; n < hand.slots.size();) {
    disk::spill_job job{store_, geometry_.piece_offset(piece) + n * block_bytes, {}};
    const std::size_t first = n;
    while (n < hand.slots.size() && hand.slots[n].data) {
      job.blocks.push_back(hand.slots[n++]);
    }
    if (job.blocks.empty()) {
      ++n;
      continue;
    }
    ++at_disk_;
    services_.disk.submit(std::move(job), [this, piece, first](outcome<void> result, disk::spill_job done) {
      net::asio::post(strand_, [this, piece, first, result = std::move(result), done = std::move(done)] {
        spilled(result, done, piece, first);
      });
    });
  }
}

void assembly::spilled(const outcome<void>& result, const disk::spill_job& job, piece_index piece,
                       std::size_t first) {
  --at_disk_;
  const auto found = hands_.find(piece);
  if (result.has_error()) {
    refused(result.error());
    return;
  }
  for (std::size_t i = 0; found != hands_.end() && i < job.blocks.size(); ++i) {
    auto& slot = found->second.slots[first + i];
    if (slot.data && slot.data.data() == job.blocks[i].data.data()) {  // not a later copy of the piece
      slot.data = {};
    }
  }
}

}  // namespace shoal
