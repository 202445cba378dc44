#pragma once
// What a .torrent file says (BEP 3, 12, 19, 27, 47). v1 today; `info_hash` and the piece table are shaped so
// that BEP 52 adds fields and moves none.

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/result.hpp>
#include <shoal/hash/digest.hpp>
#include <shoal/metainfo/file_layout.hpp>

namespace shoal::metainfo {

enum class errc {
  not_bencoded = 1,
  no_info,           ///< no "info" dictionary
  bad_name,          ///< absent or empty
  bad_piece_length,  ///< absent, zero, or over 2^30 bytes
  bad_pieces,        ///< "pieces" is no multiple of 20 bytes or does not fit the length
  bad_files,  ///< no files, no bytes, a bad length, a path of 0 or over 256 names, both length and files
  too_large,  ///< over 2^50 bytes, 2^24 pieces or 2^20 files
  only_v2,    ///< a BEP 52 torrent without v1 part: not supported yet
  bad_magnet,
  no_info_hash,      ///< a magnet link without a usable xt
  no_file_selected,  ///< none fits the numbers and patterns that were given
};
const boost::system::error_category& category();
inline error make_error_code(errc e) {
  return {static_cast<int>(e), category()};
}

/// Trackers in tiers (BEP 12); a lone "announce" is one tier of one. From a torrent at most 1,000 in all, and
/// none with a space or control character: they will stand in request lines.
using tracker_tiers = std::vector<std::vector<std::string>>;

/// One torrent. A value; large (20 bytes a piece), so share it by shared_ptr<const>.
struct torrent_info {
  shoal::info_hash info_hash;
  std::string name;                       ///< the suggested name, as it came
  std::uint32_t piece_length = 0;         ///< bytes
  std::vector<sha1_digest> piece_hashes;  ///< v1: one a piece
  file_layout files;                      ///< safe paths begin with the name for multi-file torrents
  bool multi_file = false;
  bool is_private = false;  ///< BEP 27
  tracker_tiers trackers;
  std::vector<std::string> web_seeds;  ///< BEP 19
  std::string comment;
  std::string created_by;
  std::optional<std::int64_t> creation_date;  ///< seconds since 1970, UTC
  std::vector<std::byte> info_bytes;  ///< the info dictionary, byte for byte (hashed; served by BEP 9)

  std::uint64_t total_bytes() const { return files.total_bytes(); }
  std::uint32_t piece_count() const { return static_cast<std::uint32_t>(piece_hashes.size()); }

  friend bool operator==(const torrent_info&, const torrent_info&) = default;
};

/// Reads a whole .torrent file. Cost: linear (paths n log n), no recursion. Symbolic links (BEP 47 'l') are
/// not made: without bytes they become padding, with bytes they are ordinary files. Where a name has a
/// ".utf-8" twin, the twin counts.
result<torrent_info> parse_torrent(byte_view bytes);

/// Reads an info dictionary alone (as metadata exchange gives it).
result<torrent_info> parse_info(byte_view info_bytes);

/// Writes a .torrent: the info dictionary byte for byte, the rest canonical.
std::string write_torrent(const torrent_info& t);

}  // namespace shoal::metainfo

template <>
struct boost::system::is_error_code_enum<shoal::metainfo::errc> : std::true_type {};
