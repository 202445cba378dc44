// Torrents and magnet links from strangers: what is read can be written and reads the same, and its files lie
// apart from one another below one directory, whatever they are called.

#include <cstddef>
#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include <shoal/metainfo/builder.hpp>
#include <shoal/metainfo/magnet_link.hpp>
#include <shoal/metainfo/torrent_info.hpp>

#include "fuzz/require.hpp"
#include "metainfo/name_fold.hpp"

namespace {

using namespace shoal;
using namespace shoal::metainfo;

/// Calls f(component, whether it is the last) for each component of a safe path.
template <class F>
void for_each_component(std::string_view path, F f) {
  for (;;) {
    const auto slash = path.find('/');
    f(path.substr(0, slash), slash == std::string_view::npos);
    if (slash == std::string_view::npos) {
      return;
    }
    path.remove_prefix(slash + 1);
  }
}

void check_paths(const torrent_info& t) {
  std::set<std::string> files;
  std::set<std::string> directories;
  for (const auto& file : t.files.files()) {
    if (file.padding) {
      require(file.safe_path.empty());
      continue;
    }
    std::string folded;
    for_each_component(file.safe_path, [&](std::string_view name, bool last) {
      require(!name.empty() && name != "." && name != ".." && name.size() <= 255);
      require(name.find('\0') == std::string_view::npos);
      require(safe_component(name) == name);
      folded += "/" + fold_name(name);
      if (last) {
        require(files.insert(folded).second);
      } else {
        directories.insert(folded);
      }
    });
  }
  for (const auto& file : files) {
    require(!directories.contains(file));
  }
}

void check_slices(const torrent_info& t) {
  std::uint64_t offset = 0;
  for (std::uint32_t piece = 0; piece < t.piece_count() && piece < 100; ++piece) {
    const auto length = std::min<std::uint64_t>(t.piece_length, t.total_bytes() - offset);
    for (const auto& slice : t.files.slices(offset, length)) {
      const auto& file = t.files[slice.file];
      require(slice.length > 0 && slice.length <= file.length && slice.offset <= file.length - slice.length);
      require(file.offset + slice.offset == offset);
      offset += slice.length;
    }
    require(offset == std::min<std::uint64_t>((piece + std::uint64_t{1}) * t.piece_length, t.total_bytes()));
  }
}

void check_torrent(const torrent_info& t) {
  require(t.total_bytes() > 0 && t.total_bytes() <= std::uint64_t{1} << 50);
  require((t.total_bytes() + t.piece_length - 1) / t.piece_length == t.piece_count());
  check_paths(t);
  check_slices(t);
  const auto text = write_torrent(t);
  const auto again = parse_torrent(as_bytes(text));
  require(again.has_value() && *again == t);
  const auto info = parse_info(t.info_bytes);
  require(info.has_value() && info->info_hash == t.info_hash && info->files == t.files);
  const auto link = parse_magnet(write_magnet(magnet_of(t)));
  require(link.has_value() && link->info_hash == t.info_hash && link->name == t.name);
}

/// A torrent's contents make a torrent again, when its piece length is one that is built.
void check_builder(const torrent_info& t) {
  build_request r;
  r.name = t.name;
  r.multi_file = t.multi_file;
  r.files = t.files.files();
  r.piece_length = t.piece_length;
  r.piece_hashes = t.piece_hashes;
  r.is_private = t.is_private;
  r.trackers = t.trackers;
  r.web_seeds = t.web_seeds;
  const auto built = build(r);
  if (!built) {
    require(built.error() == metainfo::errc::bad_piece_length);
    return;
  }
  require(built->files == t.files && built->trackers == t.trackers && built->web_seeds == t.web_seeds);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  if (const auto t = parse_torrent(input)) {
    check_torrent(*t);
    check_builder(*t);
  }
  if (const auto t = parse_info(input)) {
    check_torrent(*t);
  }
  if (const auto link = parse_magnet(as_text(input))) {
    const auto again = parse_magnet(write_magnet(*link));
    require(again.has_value() && *again == *link);
  }
  const auto safe = safe_component(as_text(input));
  require(safe_component(safe) == safe);
  require(fold_name(fold_name(safe)) == fold_name(safe));
  return 0;
}
