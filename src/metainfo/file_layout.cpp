#include <algorithm>
#include <cassert>

#include <shoal/metainfo/file_layout.hpp>

namespace shoal::metainfo {

file_layout::file_layout(std::vector<file_entry> files, std::string_view root) : files_(std::move(files)) {
  assign_safe_paths(files_, root);
  for (std::size_t i = 0; i < files_.size(); ++i) {
    files_[i].offset = total_;
    total_ += files_[i].length;
    if (files_[i].length > 0) {
      occupied_.push_back(file_index(static_cast<std::uint32_t>(i)));
    }
  }
}

std::vector<file_slice> file_layout::slices(std::uint64_t offset, std::uint64_t length) const {
  assert(offset <= total_ && length <= total_ - offset);
  std::vector<file_slice> out;
  // The last file that begins at or before the offset.
  auto at = std::upper_bound(occupied_.begin(), occupied_.end(), offset,
                             [&](std::uint64_t o, file_index i) { return o < (*this)[i].offset; });
  if (at != occupied_.begin()) {
    --at;
  }
  for (; length > 0 && at != occupied_.end(); ++at) {
    const file_entry& file = (*this)[*at];
    const std::uint64_t inside = offset - file.offset;
    const std::uint64_t taken = std::min(length, file.length - inside);
    out.push_back({*at, inside, taken});
    offset += taken;
    length -= taken;
  }
  return out;
}

}  // namespace shoal::metainfo
