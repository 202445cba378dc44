#pragma once
// Whole contents: list what to share, hash it, check it. Used by `create`, `seed PATH`, `verify` and a start
// without resume data. Pieces are spread over threads; memory is a few buffers a thread.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <vector>

#include <shoal/base/bitfield.hpp>
#include <shoal/base/result.hpp>
#include <shoal/disk/file_store.hpp>
#include <shoal/metainfo/builder.hpp>
#include <shoal/metainfo/torrent_info.hpp>

namespace shoal::disk {

/// Called now and then and at the end, from any one thread at a time; false stops the work (it fails with
/// operation_canceled).
using progress_fn = std::function<bool(std::uint64_t bytes_done, std::uint64_t bytes_total)>;

/// What is at `path`: one file, or a folder's files, sorted by path as bytes; symbolic links to files are
/// followed, to folders are not; hidden files are included, but resume files are not; sockets and devices are
/// refused. Fills name, multi_file and files.
outcome<metainfo::build_request> scan(const std::filesystem::path& path);

/// SHA-1 of each piece of `files` (as `scan` listed them) found at `path`. A file that changes meanwhile, or
/// has since it was listed, is errc::vanished. `threads` of 0 are as many as the machine has.
outcome<std::vector<sha1_digest>> hash_content(const std::filesystem::path& path,
                                               const metainfo::build_request& files,
                                               std::uint32_t piece_length, unsigned threads,
                                               const progress_fn& progress);

/// Which pieces of `t` are whole in `store`. Missing and short files only make pieces absent, without being
/// read; an I/O error is a failure.
outcome<bitfield> check_content(file_store& store, const metainfo::torrent_info& t, unsigned threads,
                                const progress_fn& progress);

}  // namespace shoal::disk
