#pragma once
// Whom of the peers that another peer tells of (BEP 11) we believe to be worth a connection. The attacker
// considered: a peer that wants to fill our address book with its friends, or to make us knock at addresses
// that it cannot reach itself.
//
// - One address may tell `burst` peers, and then one more every `refill`.
// - A message that comes sooner than BEP 11 allows is not read.
// - An address of our own network, or of this host, is believed only from there.

#include <cstddef>
#include <cstdint>
#include <map>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/time.hpp>
#include <shoal/wire/pex_message.hpp>

namespace shoal::swarm {

struct pex_settings {
  duration send_every = std::chrono::seconds(60);
  std::size_t added_max = 50;                       ///< a message, BEP 11
  duration heard_least = std::chrono::seconds(30);  ///< between two messages of one source; clocks differ
  double burst = 200;                               ///< peers
  duration refill = std::chrono::seconds(10);       ///< for one peer more
};

class pex_intake {
 public:
  explicit pex_intake(const pex_settings& s = {}) : settings_(s) {}

  /// Appends those that may be added to the book. False when the message came too soon: it was not looked at.
  bool take(instant now, const ip_address& source, const wire::pex_message& m, std::vector<endpoint>& out);

 private:
  struct record {
    double allowance = 0;
    instant last{};
  };
  static constexpr std::size_t sources_max = 1000;

  record& record_of(instant now, const ip_address& source);

  pex_settings settings_;
  std::map<ip_address, record> sources_;
};

}  // namespace shoal::swarm
