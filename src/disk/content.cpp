#include <algorithm>
#include <cassert>

#include <shoal/disk/content.hpp>

#include "disk/piece_sweep.hpp"
#include "disk/source_files.hpp"

namespace shoal::disk {

namespace {

std::vector<piece_index> present(const bitfield& pieces) {
  std::vector<piece_index> out;
  out.reserve(pieces.count());
  pieces.for_each([&](piece_index p) { out.push_back(p); });
  return out;
}

/// Pieces of which no file lacks a byte, by the files' lengths alone. O(files + pieces).
bitfield candidates(const metainfo::torrent_info& t, const std::vector<file_state>& states) {
  bitfield out(t.piece_count(), true);
  for (std::size_t i = 0; i < states.size(); ++i) {
    const auto& file = t.files.files()[i];
    const std::uint64_t there = states[i].exists ? std::min(states[i].bytes, file.length) : 0;
    if (file.padding || there == file.length) continue;
    const auto last = static_cast<std::uint32_t>((file.offset + file.length - 1) / t.piece_length);
    auto p = static_cast<std::uint32_t>((file.offset + there) / t.piece_length);
    for (; p <= last; ++p) {
      out.reset(piece_index(p));
    }
  }
  return out;
}

}  // namespace

outcome<std::vector<sha1_digest>> hash_content(const std::filesystem::path& path,
                                               const metainfo::build_request& files,
                                               std::uint32_t piece_length, unsigned threads,
                                               const progress_fn& progress) {
  assert(piece_length > 0);
  source_files source(path, files);
  const auto remembered = source.remember();
  if (!remembered) return remembered.error();

  const piece::geometry geometry(source.total_bytes(), piece_length);
  piece_sweep sweep{.geometry = geometry,
                    .pieces = present(bitfield(geometry.piece_count(), true)),
                    .threads = threads,
                    .progress = progress};
  std::vector<sha1_digest> digests(sweep.pieces.size());
  sweep.read = [&](std::uint64_t offset, std::span<std::byte> out) -> outcome<bool> {
    const auto done = source.read(offset, out);
    if (!done) return done.error();
    return true;
  };
  sweep.map = [&](std::uint64_t offset, std::size_t length_min, std::size_t length_max) {
    return source.map(offset, length_min, length_max);
  };
  sweep.hashed = [&](piece_index p, const sha1_digest& digest) { digests[p.index()] = digest; };
  const auto done = run(sweep);
  if (!done) return done.error();

  const auto same = source.compare();
  if (!same) return same.error();
  return digests;
}

outcome<bitfield> check_content(file_store& store, const metainfo::torrent_info& t, unsigned threads,
                                const progress_fn& progress) {
  std::vector<std::uint8_t> good(t.piece_count());  // bytes, so that threads may set neighbours
  piece_sweep sweep{.geometry = piece::geometry(t.total_bytes(), t.piece_length),
                    .pieces = present(candidates(t, store.stat_files())),
                    .threads = threads,
                    .progress = progress};
  sweep.read = [&](std::uint64_t offset, std::span<std::byte> out) -> outcome<bool> {
    const auto done = store.read(offset, {&out, 1});
    if (done) return true;
    if (done.error().code == errc::short_read) return false;  // it was cut since we looked
    return done.error();
  };
  sweep.map = [&](std::uint64_t offset, std::size_t length_min, std::size_t length_max) {
    return store.map(offset, length_min, length_max);
  };
  sweep.hashed = [&](piece_index p, const sha1_digest& digest) {
    good[p.index()] = digest == t.piece_hashes[p.index()] ? 1 : 0;
  };
  const auto done = run(sweep);
  if (!done) return done.error();

  bitfield out(t.piece_count());
  for (std::uint32_t p = 0; p < t.piece_count(); ++p) {
    if (good[p] != 0) out.set(piece_index(p));
  }
  return out;
}

}  // namespace shoal::disk
