#pragma once
// A stranger's words, made fit for our terminal, log and JSON.

#include <cstddef>
#include <string>
#include <string_view>

namespace shoal::net {

/// `text` cut to `bytes_max` between characters; control characters (terminals obey them) become spaces, and
/// what is not UTF-8 becomes '?'.
std::string plain_words(std::string_view text, std::size_t bytes_max);

}  // namespace shoal::net
