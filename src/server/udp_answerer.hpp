#pragma once
// What the tracker says to a datagram, apart from how datagrams travel. Allocates nothing for a peer that is
// known. Thread-safe.

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include <shoal/announce/udp.hpp>
#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/time.hpp>
#include <shoal/registry/connection_ids.hpp>

#include "server/admission.hpp"
#include "server/request_counts.hpp"
#include "server/swarm_shards.hpp"

namespace shoal::server {

/// No reply is longer: as much as passes everywhere in one piece (IPv6's least MTU without the headers).
inline constexpr std::size_t udp_reply_bytes_max = 1280 - 40 - 8;
/// Of a longer request the rest is of no interest: room for 74 hashes, or for an announce and its URL data.
inline constexpr std::size_t udp_request_bytes_max = 1536;

class udp_answerer {
 public:
  /// `key` makes the connection ids; `swarms` and `door_keeper` outlive this.
  udp_answerer(swarm_shards& swarms, admission& door_keeper, const std::array<std::uint64_t, 2>& key)
      : swarms_(swarms), door_keeper_(door_keeper), ids_(key) {}

  struct answer {
    std::size_t bytes = 0;  ///< of the reply; 0 for none
    request_label label;
  };
  /// Writes the reply to `room`, which has `udp_reply_bytes_max` bytes. What is no request is not answered,
  /// or two servers could be made to talk to each other for ever; and without a good connection id no reply
  /// is longer than its request.
  answer reply(byte_view datagram, const ip_address& from, instant now, std::span<std::byte> room) const;

 private:
  /// Why a request that needs a connection id is not answered; empty when it is.
  std::string_view refusal(std::uint64_t connection_id, const ip_address& from, instant now) const;
  // False when it was refused.
  bool announce(const announce::udp::announce_ask& a, const ip_address& from, instant now,
                span_writer& out) const;
  bool scrape(const announce::udp::scrape_ask& a, span_writer& out) const;

  swarm_shards& swarms_;
  admission& door_keeper_;
  registry::connection_ids ids_;
};

}  // namespace shoal::server
