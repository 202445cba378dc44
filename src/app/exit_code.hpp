#pragma once
// What the process tells its parent. Scripts depend on these numbers: they never change their meaning.

#include <array>
#include <string_view>

namespace shoal::app {

enum class exit_code : int {
  ok = 0,
  internal_error = 1,
  usage = 2,
  bad_torrent = 3,
  storage = 4,
  network = 5,
  incomplete = 6,
  mismatch = 7,
};

constexpr int to_int(exit_code c) {
  return static_cast<int>(c);
}

struct exit_code_row {
  exit_code code;
  std::string_view meaning;
};

/// In the order of their numbers. Help and documentation are made from this table.
inline constexpr std::array<exit_code_row, 8> exit_code_table{{
    {exit_code::ok, "ok"},
    {exit_code::internal_error, "internal error"},
    {exit_code::usage, "wrong usage"},
    {exit_code::bad_torrent, "bad torrent file or magnet link"},
    {exit_code::storage, "disk full, or a file cannot be read or written"},
    {exit_code::network, "cannot listen, or nobody could be reached"},
    {exit_code::incomplete, "stopped before complete"},
    {exit_code::mismatch, "the data is not what the torrent says"},
}};

}  // namespace shoal::app
