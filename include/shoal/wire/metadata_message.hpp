#pragma once
// The messages of metadata exchange (BEP 9, extension "ut_metadata"): a bencoded dictionary, and for `data`
// the bytes of one 16 KiB part of the info dictionary right after it. Types that we do not know decode as
// `other`, for the receiver to ignore.

#include <cstdint>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/result.hpp>

namespace shoal::wire {

/// Bytes of every part of the metadata but the last, which has the rest.
inline constexpr std::uint32_t metadata_part_bytes = 16 * 1024;

struct metadata_message {
  enum class kind : std::uint8_t { request = 0, data = 1, reject = 2, other = 3 };

  kind what = kind::request;
  std::uint32_t part = 0;        ///< BEP 9 calls it "piece"; 0 of a message of another kind
  std::uint64_t total_size = 0;  ///< of the whole metadata, in `data`; 0 when it is not told

  friend bool operator==(const metadata_message&, const metadata_message&) = default;
};

struct metadata_frame {
  metadata_message msg;
  byte_view data;  ///< what follows a `data` message's dictionary, inside the input; empty otherwise
};

/// The payload of the `extended` message. `data` belongs to a `data` message; `other` may not be encoded.
std::vector<std::byte> encode(const metadata_message& m, byte_view data = {});
/// Fails for what is no dictionary, and where the type or a known message's part is missing or no number
/// that it can be.
result<metadata_frame> decode_metadata_message(byte_view payload);

}  // namespace shoal::wire
