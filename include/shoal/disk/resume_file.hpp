#pragma once
// What a torrent remembers between runs. Written to a temporary file, synced and renamed, so that it is whole
// or the old one; checksummed, so that damage is noticed; and it only claims pieces that were verified and
// written.

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include <shoal/base/bitfield.hpp>
#include <shoal/base/result.hpp>
#include <shoal/disk/file_store.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal::disk {

struct resume_data {
  info_hash torrent;
  bitfield have;
  std::vector<file_state> files;  ///< as they were when it was written
  std::uint64_t uploaded = 0;     ///< bytes, ever
  std::uint64_t downloaded = 0;

  friend bool operator==(const resume_data&, const resume_data&) = default;
};

/// Bencoded, with a SHA-1 of the rest at the end.
std::string encode_resume(const resume_data& d);
/// errc::resume_damaged for anything that `encode_resume` does not write.
result<resume_data> decode_resume(byte_view bytes);

/// Where it lies: ".HASH.shoal-resume" in the download directory, the hash in hexadecimal.
std::filesystem::path resume_path(const std::filesystem::path& directory, const info_hash& torrent);
/// The folder in there for parts of files that are not wanted (`file_store::set_aside`):
/// ".HASH.shoal-unwanted".
std::string unwanted_folder(const info_hash& torrent);

outcome<void> save_resume(const std::filesystem::path& file, const resume_data& d);
/// Nothing when there is no file; a failure when it cannot be read or is damaged.
outcome<std::optional<resume_data>> load_resume(const std::filesystem::path& file);

}  // namespace shoal::disk
