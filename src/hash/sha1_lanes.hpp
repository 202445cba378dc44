#pragma once
// Many messages through a few lanes: when one ends, the next takes its lane.

#include <span>

#include <shoal/hash/sha1.hpp>

#include "hash/sha1_compress.hpp"

namespace shoal::detail {

void sha1_in_lanes(sha1_compress_fn compress, std::span<const chunk_list> messages,
                   std::span<sha1_digest> out);

}  // namespace shoal::detail
