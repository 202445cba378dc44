#pragma once
// What a peer and a tracker say to each other (BEP 3, 7, 23, 24, 31, 48), as values, and their form in HTTP.
// `udp.hpp` has their form in UDP.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/result.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal::announce {

enum class errc {
  not_bencoded = 1,   ///< the tracker's reply is no bencoded dictionary (a web page, perhaps)
  bad_reply,          ///< a reply without interval or peers, or with the wrong types
  bad_query,          ///< a request whose query string cannot be read
  missing_info_hash,  ///< absent, or not 20 bytes
  missing_peer_id,    ///< absent, or not 20 bytes
  missing_port,       ///< absent, or no port number
  refused,            ///< a scrape's reply with a failure reason
  bad_datagram,       ///< no message of the UDP tracker protocol
  no_scrape,          ///< the tracker's URL names no place for scrapes
};
const boost::system::error_category& category();
inline error make_error_code(errc e) {
  return {static_cast<int>(e), category()};
}

/// `paused` is what a partial seed says in every announce (BEP 21): it wants no more, though not all is
/// there.
enum class event : std::uint8_t { none, started, completed, stopped, paused };
/// "", "started", "completed", "stopped", "paused": the value of the `event` parameter.
std::string_view to_string(event e);

struct announce_request {
  sha1_digest info_hash;
  shoal::peer_id peer_id;
  std::uint16_t port = 0;        ///< 0 when it accepts no connections: never hand such a peer to others
  std::uint64_t uploaded = 0;    ///< bytes since `started`
  std::uint64_t downloaded = 0;  ///< bytes since `started`
  std::uint64_t left = 0;        ///< bytes still to fetch; 0 is a seeder
  announce::event event = announce::event::none;
  std::optional<std::uint32_t> num_want;
  std::optional<std::uint32_t> key;  ///< tells one client from another behind one address
  std::string tracker_id;            ///< as the last reply gave it
  bool compact = true;
  bool no_peer_id = false;
  std::optional<ip_address> ip;          ///< "ip": believed only by trackers that choose to
  std::optional<ip_address> ipv4, ipv6;  ///< BEP 7: the other family's address

  friend bool operator==(const announce_request&, const announce_request&) = default;
};

struct announced_peer {
  shoal::endpoint endpoint;
  std::optional<shoal::peer_id> id;  ///< only in dictionary replies

  friend bool operator==(const announced_peer&, const announced_peer&) = default;
};

struct announce_response {
  std::uint32_t interval_s = 0;
  std::optional<std::uint32_t> min_interval_s;
  std::string tracker_id;
  std::optional<std::uint64_t> complete, incomplete;  ///< seeders, leechers
  std::optional<ip_address> external_ip;              ///< BEP 24
  std::string warning;
  std::vector<announced_peer> peers;  ///< peers, peers6 and dictionaries, in that order
  /// When not empty the tracker refused and nothing but `retry_in_s` counts.
  std::string failure_reason;
  /// BEP 31: seconds until a retry makes sense (whole minutes on the wire); `never_retry` for "never".
  std::optional<std::uint32_t> retry_in_s;

  friend bool operator==(const announce_response&, const announce_response&) = default;
};
inline constexpr std::uint32_t never_retry = 0xffffffff;

struct scrape_entry {
  sha1_digest info_hash;
  std::uint64_t complete = 0;    ///< seeders now
  std::uint64_t downloaded = 0;  ///< `completed` events ever
  std::uint64_t incomplete = 0;  ///< leechers now, with those who want no more
  /// BEP 21: of the incomplete, those who want no more; on the wire their difference, `downloaders`.
  std::uint64_t partial_seeds = 0;

  friend bool operator==(const scrape_entry&, const scrape_entry&) = default;
};

// The client's side.

/// The announce URL with the request as its query; keeps a query that the URL already has, drops a fragment.
std::string announce_url(std::string_view tracker_url, const announce_request& r);
/// BEP 48: ".../announce..." becomes ".../scrape..."; nothing when the path's last component is not so named.
std::optional<std::string> scrape_url(std::string_view tracker_url, const std::vector<sha1_digest>& hashes);
/// A reply's body. Peers beyond 10,000, with port 0 or with a host name are left out. A failure reason is a
/// value. Optional keys of the wrong type count as absent; `interval` and the peers must be right.
result<announce_response> parse_announce_response(byte_view body);
result<std::vector<scrape_entry>> parse_scrape_response(byte_view body);
/// Peers as BEP 23 and BEP 7 pack them, `peer_bytes` (6 or 18) each, appended; those with port 0 are left
/// out, and a part of one at the end.
void unpack_peers(byte_view packed, std::size_t peer_bytes, std::vector<announced_peer>& peers);

// The tracker's side.

/// The query string (after '?') of an announce. Unknown parameters are ignored, of repeated ones the first
/// counts. Without `left` the peer is taken for a leecher; an unknown `event` is none; a `key` that is not 32
/// bits in hexadecimal is hashed to 32 bits.
result<announce_request> parse_announce_query(std::string_view query);
/// The info_hash parameters of a scrape, the first `hashes_max`; none means all (the tracker may refuse).
result<std::vector<sha1_digest>> parse_scrape_query(std::string_view query, std::size_t hashes_max = 100);

/// The body of a reply, compact (BEP 23 `peers`, BEP 7 `peers6`) or with dictionaries, appended to `out`; the
/// refusal alone when there is a failure reason.
void write_announce_response(const announce_response& r, bool compact, bool no_peer_id, std::string& out);
/// The same, compact, for a tracker that has its peers packed already: `r.peers` does not count, nor a
/// refusal.
void write_packed_response(const announce_response& r, byte_view v4, byte_view v6, std::string& out);
void write_failure(std::string_view reason, std::string& out);
/// Entries come in any order; of equal info-hashes the first is written.
void write_scrape_response(const std::vector<scrape_entry>& entries, std::string& out);
/// The same in parts, for what is too long for one: between these two, `write_scrape_entry` once a torrent,
/// in ascending order of info-hashes.
inline constexpr std::string_view scrape_response_head = "d5:filesd";
inline constexpr std::string_view scrape_response_tail = "ee";
void write_scrape_entry(const scrape_entry& entry, std::string& out);

}  // namespace shoal::announce

template <>
struct boost::system::is_error_code_enum<shoal::announce::errc> : std::true_type {};
