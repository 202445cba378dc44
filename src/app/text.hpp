#pragma once
// Text for terminals and pipes. Names come from torrents, so from strangers: nothing of theirs reaches a
// terminal before `printable`.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace shoal::app {

/// Valid UTF-8 without control characters and without those that reverse the direction of text; each bad byte
/// or character becomes U+FFFD. The attacker considered: a torrent whose name holds escape sequences.
std::string printable(std::string_view text);

/// Code points, which is columns for most scripts. `text` must be valid UTF-8.
std::size_t columns_of(std::string_view text);
/// At most `columns` of `text`, with an ellipsis in the middle when something had to go (the end of a file's
/// name says as much as its beginning).
std::string shortened(std::string_view text, std::size_t columns);

/// A word as a POSIX shell takes it: quoted when it must be.
std::string shell_word(std::string_view text);

/// Breaks at spaces into lines of at most `columns`.
std::vector<std::string> wrapped(std::string_view text, std::size_t columns);

/// "1 peer", "3 peers", "1,024 pieces".
std::string counted(std::uint64_t n, std::string_view one, std::string_view many = {});
/// "0.3 s", "12:34"
std::string elapsed(double seconds);
/// "1,234,567"
std::string grouped(std::uint64_t n);

}  // namespace shoal::app
