#include "disk/piece_work.hpp"

#include <algorithm>
#include <cassert>

#include <shoal/hash/sha1.hpp>

namespace shoal::disk {

namespace {

byte_view bytes_of(const block_slot& block) {
  return block.data.bytes(block.length);
}

bool in_memory(const piece_job& job) {
  return std::ranges::all_of(job.blocks, [](const block_slot& b) { return static_cast<bool>(b.data); });
}

/// Feeds what is on disk at [offset, offset + length) to the hasher.
outcome<void> hash_from_disk(file_store& store, std::uint64_t offset, std::uint64_t length,
                             std::vector<std::byte>& scratch, sha1_hasher& hasher) {
  while (length > 0) {
    const auto part = std::span(scratch).first(std::min<std::uint64_t>(length, scratch.size()));
    const auto done = store.read(offset, {&part, 1});
    if (!done) return done.error();
    hasher.update(part);
    offset += part.size();
    length -= part.size();
  }
  return {};
}

outcome<sha1_digest> hash_with_spilled(const piece_job& job) {
  std::vector<std::byte> scratch(std::size_t{16} * block_bytes);
  sha1_hasher hasher;
  std::uint64_t offset = job.offset;
  for (auto block = job.blocks.begin(); block != job.blocks.end();) {
    if (block->data) {
      hasher.update(bytes_of(*block));
      offset += block->length;
      ++block;
      continue;
    }
    std::uint64_t run = 0;
    for (; block != job.blocks.end() && !block->data; ++block) {
      run += block->length;
    }
    const auto done = hash_from_disk(*job.store, offset, run, scratch, hasher);
    if (!done) return done.error();
    offset += run;
  }
  return hasher.finish();
}

}  // namespace

std::vector<outcome<sha1_digest>> hash_pieces(std::span<const piece_job> jobs) {
  std::vector<outcome<sha1_digest>> out(jobs.size());
  std::vector<std::size_t> together;
  std::vector<chunk_list> messages;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    if (!in_memory(jobs[i])) {
      out[i] = hash_with_spilled(jobs[i]);
      continue;
    }
    chunk_list& message = messages.emplace_back();
    std::ranges::transform(jobs[i].blocks, std::back_inserter(message), bytes_of);
    together.push_back(i);
  }
  std::vector<sha1_digest> digests(messages.size());
  sha1_many(messages, digests);
  for (std::size_t i = 0; i < together.size(); ++i) {
    out[together[i]] = digests[i];
  }
  return out;
}

outcome<void> write_blocks(file_store& store, std::uint64_t offset, std::span<const block_slot> blocks) {
  std::vector<byte_view> run;
  for (std::size_t i = 0; i < blocks.size();) {
    std::uint64_t bytes = 0;
    run.clear();
    for (; i < blocks.size() && blocks[i].data; ++i) {
      run.push_back(bytes_of(blocks[i]));
      bytes += blocks[i].length;
    }
    if (!run.empty()) {
      const auto done = store.write(offset, run);
      if (!done) return done.error();
    }
    for (; i < blocks.size() && !blocks[i].data; ++i) {
      bytes += blocks[i].length;
    }
    offset += bytes;
  }
  return {};
}

namespace {

/// Calls read(offset, buffers) for each run of neighbours, until it fails.
template <class Read>
auto for_each_run(std::span<const read_item> items, Read read) {
  std::vector<std::span<std::byte>> run;
  decltype(read(0, run)) done{};
  for (std::size_t i = 0; i < items.size();) {
    const std::uint64_t offset = items[i].offset;
    run.clear();
    for (std::uint64_t end = offset; i < items.size() && items[i].offset == end; ++i) {
      assert(items[i].length <= block_bytes && items[i].into);
      run.push_back(items[i].into.bytes(items[i].length));
      end += items[i].length;
    }
    done = read(offset, run);
    if (!done) break;
  }
  return done;
}

}  // namespace

outcome<void> read_items(file_store& store, std::span<const read_item> items) {
  return for_each_run(items, [&](std::uint64_t offset, const auto& run) { return store.read(offset, run); });
}

bool read_cached(const read_job& job) {
  return for_each_run(
      job.items, [&](std::uint64_t offset, const auto& run) { return job.store->read_cached(offset, run); });
}

}  // namespace shoal::disk
