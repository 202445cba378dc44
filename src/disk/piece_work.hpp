#pragma once
// What the disk threads do with one job, without the threads.

#include <span>
#include <vector>

#include <shoal/disk/disk_pool.hpp>

namespace shoal::disk {

/// The digests of several pieces, hashed together where all their blocks are in memory; blocks that are on
/// disk already are read back a little at a time.
std::vector<outcome<sha1_digest>> hash_pieces(std::span<const piece_job> jobs);

/// Writes the blocks that are in memory, each run of neighbours at once.
outcome<void> write_blocks(file_store& store, std::uint64_t offset, std::span<const block_slot> blocks);

/// Fills the items, each run of neighbours at once.
outcome<void> read_items(file_store& store, std::span<const read_item> items);

}  // namespace shoal::disk
