#pragma once
// When two names are one to some file system. ext4 with casefold, APFS, HFS+, NTFS and SMB each have their
// own rule; this is coarser than all of them: names that any of them would merge fold to the same key, and a
// few that none would merge do too, which costs no more than a " (2)".

#include <string>
#include <string_view>

namespace shoal::metainfo {

/// A key that equal-looking names share: canonical decomposition (Hangul included), simple case folding,
/// sharp s as "ss", runs of combining marks sorted, invisible characters and trailing dots and spaces
/// dropped. `name` is valid UTF-8. The key is for comparison only, not for display or disk.
std::string fold_name(std::string_view name);

}  // namespace shoal::metainfo
