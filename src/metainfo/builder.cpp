#include <algorithm>
#include <bit>

#include <shoal/metainfo/builder.hpp>

#include "metainfo/info_dictionary.hpp"

namespace shoal::metainfo {

namespace {

constexpr std::uint32_t piece_length_min = block_bytes;
constexpr std::uint32_t chosen_piece_length_max = 16 * 1024 * 1024;
constexpr std::uint64_t chosen_pieces_max = 2000;

/// Tiers as a reader will see them: none empty.
tracker_tiers without_empty(tracker_tiers tiers) {
  std::erase_if(tiers, [](const auto& tier) { return tier.empty(); });
  return tiers;
}

}  // namespace

result<torrent_info> build(build_request request) {
  if (request.piece_length < piece_length_min || !std::has_single_bit(request.piece_length)) {
    return errc::bad_piece_length;
  }
  if (!request.multi_file && request.files.size() != 1) {
    return errc::bad_files;
  }
  auto t = parse_info(as_bytes(write_info(request)));
  if (!t) {
    return t;
  }
  t->trackers = without_empty(std::move(request.trackers));
  t->web_seeds = std::move(request.web_seeds);
  t->comment = std::move(request.comment);
  t->created_by = std::move(request.created_by);
  t->creation_date = request.creation_date;
  // Through the text and back, so that what was built is what others will read.
  return parse_torrent(as_bytes(write_torrent(*t)));
}

std::uint32_t choose_piece_length(std::uint64_t total_bytes) {
  std::uint32_t length = piece_length_min;
  while (length < chosen_piece_length_max && total_bytes / length > chosen_pieces_max) {
    length *= 2;
  }
  return length;
}

}  // namespace shoal::metainfo
