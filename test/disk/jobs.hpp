#pragma once
// Jobs for the disk threads, about a torrent's content.

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/disk/disk_pool.hpp>
#include <shoal/hash/sha1.hpp>

#include "disk/layouts.hpp"
#include "support/temp_directory.hpp"

namespace shoal::test {

constexpr std::size_t piece_bytes = 5 * block_bytes + 100;

/// Blocks of the pool that hold these bytes.
inline std::vector<disk::block_slot> blocks_of(buffer::pool& pool, byte_view bytes) {
  std::vector<disk::block_slot> out;
  for (; !bytes.empty(); bytes = bytes.subspan(out.back().length)) {
    const auto n = std::min<std::size_t>(bytes.size(), block_bytes);
    disk::block_slot slot{pool.try_acquire(), static_cast<std::uint32_t>(n)};
    REQUIRE(slot.data);
    std::ranges::copy(bytes.first(n), slot.data.data());
    out.push_back(std::move(slot));
  }
  return out;
}

/// A torrent's content, a store for it and jobs about it.
struct fixture {
  explicit fixture(const std::filesystem::path& where, std::vector<metainfo::file_entry> files,
                   std::uint64_t seed = 1)
      : random(seed),
        layout(std::move(files)),
        content(random_content(random, layout)),
        store(disk::file_store::open(where, layout, disk::file_store::mode::read_write).value()) {}

  byte_view bytes(std::uint64_t offset, std::size_t length) const {
    return byte_view(content).subspan(offset, length);
  }
  disk::piece_job piece(std::uint32_t index, std::uint64_t offset, std::size_t length) {
    return {store, piece_index(index), offset, blocks_of(blocks, bytes(offset, length)),
            sha1(bytes(offset, length))};
  }
  std::vector<std::byte> on_disk(std::uint64_t offset, std::size_t length) const {
    std::vector<std::byte> out(length);
    const std::span<std::byte> chunk = out;
    store->read(offset, {&chunk, 1}).value();
    return out;
  }
  bool holds(std::uint64_t offset, std::size_t length) const {
    return std::ranges::equal(on_disk(offset, length), bytes(offset, length));
  }

  rng random;
  metainfo::file_layout layout;
  std::vector<std::byte> content;
  std::shared_ptr<disk::file_store> store;
  buffer::pool blocks{256};
};

/// Every outcome of its own to `f`.
template <class F>
disk::piece_sink sink_of(F f) {
  return std::make_shared<const std::function<void(std::vector<disk::piece_outcome>)>>(
      [f](std::vector<disk::piece_outcome> outcomes) {
        for (auto& out : outcomes) {
          f(std::move(out));
        }
      });
}

}  // namespace shoal::test
