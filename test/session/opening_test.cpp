// What the files of a torrent make of the pieces' priorities.

#include "session/opening.hpp"

#include <vector>

#include <doctest/doctest.h>

namespace shoal {
namespace {

using priorities = std::vector<std::uint8_t>;

metainfo::torrent_info torrent(const std::vector<std::uint64_t>& lengths) {
  std::vector<metainfo::file_entry> files;
  for (const auto length : lengths) {
    auto& f = files.emplace_back();
    f.path = {"f" + std::to_string(files.size())};
    f.length = length;
  }
  metainfo::torrent_info t;
  t.files = metainfo::file_layout(files);
  return t;
}

TEST_CASE("a piece is wanted as much as the most wanted file in it") {
  const auto t = torrent({25, 30, 0, 45});
  const piece::geometry g(t.total_bytes(), 10);
  CHECK(piece_priorities(t, g, {0, 4, 0, 0}, false) == priorities{0, 0, 4, 4, 4, 4, 0, 0, 0, 0});
  CHECK(piece_priorities(t, g, {5, 4, 7, 0}, false) == priorities{5, 5, 5, 4, 4, 4, 0, 0, 0, 0});
  CHECK(piece_priorities(t, g, {4}, false) == priorities{4, 4, 4, 0, 0, 0, 0, 0, 0, 0});
}

TEST_CASE("the ends of the wanted files may come first") {
  const auto t = torrent({25, 30, 0, 45});
  const piece::geometry g(t.total_bytes(), 10);
  CHECK(piece_priorities(t, g, {}, true) == priorities{7, 4, 7, 4, 4, 7, 4, 4, 4, 7});
  CHECK(piece_priorities(t, g, {0, 4, 4, 0}, true) == priorities{0, 0, 7, 4, 4, 7, 0, 0, 0, 0});
}

}  // namespace
}  // namespace shoal
