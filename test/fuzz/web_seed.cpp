// What a web server says of a range, and the URLs of files with any names.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <shoal/metainfo/web_seed.hpp>

#include "fuzz/require.hpp"

using namespace shoal;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(as_text(std::as_bytes(std::span(data, size))));
  if (const auto range = metainfo::parse_content_range(text)) {
    require(range->first <= range->last && (!range->total || range->last < *range->total));
  }
  metainfo::torrent_info t;
  t.name = text;
  const std::string base = "http://example.org/";
  const auto url = metainfo::web_seed_url(base, t, file_index(0));
  require(url.starts_with(base));
  for (const char c : url.substr(base.size())) {
    require(c > ' ' && c < 0x7f && c != '/' && c != '?' && c != '#');
  }
  return 0;
}
