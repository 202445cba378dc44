#pragma once
// The UDP form of what peers and trackers say to each other (BEP 15, with BEP 41's options), both ways.
//
// A client makes whole datagrams and reads replies as values. A tracker reads a request without allocating
// (what has no fixed size stays a view of the datagram) and writes its reply in place, since it does so some
// hundred thousand times a second. A datagram may be longer than what is known of it: what follows is
// ignored.

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <shoal/announce/announce.hpp>
#include <shoal/base/bytes.hpp>
#include <shoal/base/result.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal::announce::udp {

/// Stands where later requests have their connection id.
inline constexpr std::uint64_t protocol_id = 0x41727101980;

enum class action : std::uint32_t { connect, announce, scrape, error };

/// BEP 15: "up to about 74 torrents can be scraped at once": more would not fit a datagram that is sure to
/// arrive.
inline constexpr std::size_t scrape_hashes_max = 74;
/// BEP 41's URL data beyond this is cut off; the datagram would not be sure to arrive.
inline constexpr std::size_t url_data_bytes_max = 1024;

// The client's side.

std::vector<std::byte> connect_datagram(std::uint32_t transaction_id);
/// `url_data` is the path and query of the tracker's URL, in URLData options (BEP 41); none when it is empty.
/// Of the addresses only an IPv4 `ip` can be said; `key` 0 and an absent one look alike.
std::vector<std::byte> announce_datagram(std::uint64_t connection_id, std::uint32_t transaction_id,
                                         const announce_request& r, std::string_view url_data = {});
/// The first `scrape_hashes_max` of them.
std::vector<std::byte> scrape_datagram(std::uint64_t connection_id, std::uint32_t transaction_id,
                                       std::span<const sha1_digest> hashes);

struct connect_reply {
  std::uint32_t transaction_id = 0;
  std::uint64_t connection_id = 0;

  friend bool operator==(const connect_reply&, const connect_reply&) = default;
};
struct announce_reply {
  std::uint32_t transaction_id = 0;
  announce_response response;  ///< interval, complete, incomplete and peers; the rest cannot be said in UDP

  friend bool operator==(const announce_reply&, const announce_reply&) = default;
};
struct scrape_counts {
  std::uint32_t complete = 0, downloaded = 0, incomplete = 0;

  friend bool operator==(const scrape_counts&, const scrape_counts&) = default;
};
struct scrape_reply {
  std::uint32_t transaction_id = 0;
  std::vector<scrape_counts> entries;  ///< in the order of the request's hashes

  friend bool operator==(const scrape_reply&, const scrape_reply&) = default;
};
struct error_reply {
  std::uint32_t transaction_id = 0;
  std::string message;  ///< a stranger's bytes

  friend bool operator==(const error_reply&, const error_reply&) = default;
};
using reply = std::variant<connect_reply, announce_reply, scrape_reply, error_reply>;

/// `v6` tells the address family of the datagram, on which the size of a peer depends. Whether the
/// transaction id is the request's is the caller's to check. Peers with port 0 are left out, and so is a part
/// of a peer or an entry at the end. `bad_datagram` when it is too short or of no known action.
result<reply> parse_reply(byte_view datagram, bool v6);

// The tracker's side.

struct connect_ask {
  std::uint32_t transaction_id = 0;

  friend bool operator==(const connect_ask&, const connect_ask&) = default;
};
struct announce_ask {
  std::uint64_t connection_id = 0;
  std::uint32_t transaction_id = 0;
  announce_request request;
  byte_view options;  ///< of the datagram; `url_data` reads them

  /// BEP 41: the URLData options' data, one after the other. Allocates.
  std::string url_data() const;
};
struct scrape_ask {
  std::uint64_t connection_id = 0;
  std::uint32_t transaction_id = 0;
  byte_view hashes;  ///< of the datagram: whole ones, `scrape_hashes_max` at most

  std::size_t size() const { return hashes.size() / sha1_digest::size; }
  sha1_digest operator[](std::size_t i) const {
    return *sha1_digest::from(hashes.subspan(i * sha1_digest::size, sha1_digest::size));
  }
};
using ask = std::variant<connect_ask, announce_ask, scrape_ask>;

/// The views in it live as long as the datagram. `bad_datagram` when it is too short, of no known action, or
/// a connect without the protocol's id. An unknown event is none; a negative number of peers is no wish.
result<ask> parse_ask(byte_view datagram);

// Replies, each written behind what is in `out`, which must have room.

inline constexpr std::size_t connect_reply_bytes = 16;
inline constexpr std::size_t announce_reply_head_bytes = 20;
inline constexpr std::size_t scrape_reply_head_bytes = 8;
inline constexpr std::size_t scrape_counts_bytes = 12;
inline constexpr std::size_t error_reply_head_bytes = 8;

void write_connect_reply(const connect_reply& r, span_writer& out);
/// Peers follow, 6 or 18 bytes each (BEP 23, BEP 7).
void write_announce_reply_head(std::uint32_t transaction_id, std::uint32_t interval_s, std::uint32_t leechers,
                               std::uint32_t seeders, span_writer& out);
/// Whole: the peers of the family that `v6` names.
void write_announce_reply(const announce_reply& r, bool v6, span_writer& out);
/// `scrape_counts` follow.
void write_scrape_reply_head(std::uint32_t transaction_id, span_writer& out);
void write_scrape_counts(const scrape_counts& c, span_writer& out);
/// As much of the message as there is room for.
void write_error_reply(std::uint32_t transaction_id, std::string_view message, span_writer& out);

}  // namespace shoal::announce::udp
