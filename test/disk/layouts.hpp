#pragma once
// Layouts and contents for the tests of this module.

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/metainfo/file_layout.hpp>

namespace shoal::test {

/// "a/b" of so many bytes.
inline metainfo::file_entry file(std::string_view path, std::uint64_t length) {
  metainfo::file_entry out;
  for (std::size_t begin = 0; begin <= path.size();) {
    const auto end = std::min(path.find('/', begin), path.size());
    out.path.emplace_back(path.substr(begin, end - begin));
    begin = end + 1;
  }
  out.length = length;
  return out;
}

inline metainfo::file_entry padding(std::uint64_t length) {
  auto out = file(".pad/" + std::to_string(length), length);
  out.padding = true;
  return out;
}

inline std::vector<std::byte> random_bytes(rng& random, std::size_t n) {
  std::vector<std::byte> out(n);
  for (auto& b : out) {
    b = static_cast<std::byte>(random.next());
  }
  return out;
}

/// The content that a torrent of this layout has: chance, but zeros where padding lies.
inline std::vector<std::byte> random_content(rng& random, const metainfo::file_layout& layout) {
  auto out = random_bytes(random, layout.total_bytes());
  for (const auto& f : layout.files()) {
    if (f.padding) std::fill_n(out.begin() + static_cast<std::ptrdiff_t>(f.offset), f.length, std::byte{0});
  }
  return out;
}

/// Cuts bytes into chunks of random lengths, some of them empty.
template <class Byte>
std::vector<std::span<Byte>> random_chunks(rng& random, std::span<Byte> bytes) {
  std::vector<std::span<Byte>> out;
  while (!bytes.empty()) {
    const auto n = static_cast<std::size_t>(random.below(bytes.size() + 1));
    out.push_back(bytes.first(n));
    bytes = bytes.subspan(n);
  }
  return out;
}

}  // namespace shoal::test
