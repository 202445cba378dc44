// The parser against its own grammar: there is one way to write each value, so what was parsed, written again
// entry by entry in its order, is the input.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include <shoal/bencode/bencode.hpp>

#include "fuzz/require.hpp"

namespace {

using namespace shoal::bencode;

/// Depth is bounded by the parser's limit. `sorted` turns false when a dictionary's keys are not.
void write(node_view node, std::string& out, bool& sorted) {
  if (node.is_list()) {
    out += 'l';
    node.for_each([&](node_view entry) { write(entry, out, sorted); });
    out += 'e';
  } else if (node.is_dictionary()) {
    out += 'd';
    std::string last;
    bool first = true;
    node.for_each_entry([&](std::string_view key, node_view value) {
      sorted = sorted && (first || last < key);
      first = false;
      last = key;
      writer(out).string(key);
      write(value, out, sorted);
    });
    out += 'e';
  } else if (const auto number = node.integer()) {
    writer(out).integer(*number);
  } else {
    writer(out).string(node.string().value());
  }
}

void check_refused_in_part(shoal::byte_view value) {
  for (const std::size_t cut : {value.size() - 1, value.size() / 2, value.size() / 7}) {
    require(document::parse(value.first(cut)).error() == errc::truncated);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  std::size_t consumed = 0;
  const auto prefix = document::parse_prefix(input, consumed);
  std::size_t offset = size + 1;
  const auto whole = document::parse(input, {}, &offset);
  require(consumed <= size);
  require(whole.has_value() == (prefix.has_value() && consumed == size));
  require(whole.has_value() || offset <= size);
  if (!prefix) {
    require(whole.error() == prefix.error());
    return 0;
  }
  std::string again;
  bool sorted = true;
  write(prefix->root(), again, sorted);
  require(again == shoal::as_text(input.first(consumed)));
  require(shoal::as_text(prefix->root().raw()) == again);
  require(prefix->is_canonical() == sorted);
  check_refused_in_part(input.first(consumed));
  return 0;
}
