#pragma once
// Where the tests find the tree's own files, such as golden vectors.

#include <string>
#include <string_view>

namespace shoal::test {

/// The path of a file of the tree, named from its top. The top is compiled into one file alone, so that the
/// compilations of all others are the same in every checkout, and a compiler cache serves them all.
std::string source_file(std::string_view name);

}  // namespace shoal::test
