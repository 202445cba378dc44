#pragma once
// One row a message: what the codec, the names and the tests agree on. The rows stand in the order of the
// `message` variant, so an alternative's index finds its row.

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <variant>

#include <shoal/wire/message.hpp>

namespace shoal::wire {

/// How a frame's length may vary once its fixed fields are there.
enum class tail : std::uint8_t { none, bits, block, payload };

struct message_row {
  std::string_view name;
  std::uint8_t id;
  std::uint8_t length;  ///< of the id and the fixed fields, as the length prefix counts
  tail rest;
};

/// All messages that have an id, `keep_alive` (which is an empty frame) and `unknown` left out.
inline constexpr std::array<message_row, 16> message_rows{{
    {"choke", 0, 1, tail::none},
    {"unchoke", 1, 1, tail::none},
    {"interested", 2, 1, tail::none},
    {"not interested", 3, 1, tail::none},
    {"have", 4, 5, tail::none},
    {"bitfield", 5, 1, tail::bits},
    {"request", 6, 13, tail::none},
    {"piece", 7, 9, tail::block},
    {"cancel", 8, 13, tail::none},
    {"port", 9, 3, tail::none},
    {"suggest piece", 13, 5, tail::none},
    {"have all", 14, 1, tail::none},
    {"have none", 15, 1, tail::none},
    {"reject request", 16, 13, tail::none},
    {"allowed fast", 17, 5, tail::none},
    {"extended", 20, 2, tail::payload},
}};
static_assert(message_rows.size() + 2 == std::variant_size_v<message>);

/// The row of an id, or null for one that we do not know.
constexpr const message_row* find_row(std::uint8_t id) {
  constexpr auto row_of = [] {
    std::array<std::uint8_t, 32> out{};
    for (std::size_t i = 0; i < message_rows.size(); ++i) {
      out[message_rows[i].id] = static_cast<std::uint8_t>(i + 1);
    }
    return out;
  }();
  if (id >= row_of.size() || row_of[id] == 0) {
    return nullptr;
  }
  return &message_rows[row_of[id] - 1U];
}

}  // namespace shoal::wire
