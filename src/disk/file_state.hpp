#pragma once

#include <sys/stat.h>

#include <shoal/disk/file_store.hpp>

namespace shoal::disk {

inline file_state state_of(const struct stat& found) {
  constexpr std::int64_t ns_per_s = 1'000'000'000;
  return {.bytes = static_cast<std::uint64_t>(found.st_size),
          .modified_ns = std::int64_t{found.st_mtim.tv_sec} * ns_per_s + found.st_mtim.tv_nsec,
          .exists = true};
}

}  // namespace shoal::disk
