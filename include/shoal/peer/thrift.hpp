#pragma once
// Whom to give to, and how much, for somebody who gives only what pays (Piatek, Isdal, Anderson,
// Krishnamurthy, Venkataramani 2007, "Do incentives build robustness in BitTorrent?"). Nobody is served well
// by a swarm of such peers; it is here so that experiments can show by how much.
//
// Each peer has a price: the rate at which it repays. Who has repaid for three rounds is offered a tenth
// less, who was given to and did not repay a fifth more. Those with the best return over price come first, as
// long as they give no less than they cost and the uplink lasts; one more is tried by chance. All prices
// together are the cap on what is given.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <shoal/base/rng.hpp>
#include <shoal/base/time.hpp>
#include <shoal/peer/choker.hpp>

namespace shoal::peer {

class thrift {
 public:
  struct decision {
    std::vector<peer_key> chosen;
    double bytes_per_s = 0;  ///< what to give to all of them together
  };

  /// Once a choke round. `up_bytes_per_s` is the uplink, infinite when nobody knows. O(n log n).
  decision round(std::span<const candidate> interested, double up_bytes_per_s, rng& chance);

 private:
  struct offer {
    peer_key key;
    double price = 0;
    std::uint32_t repaid = 0;  ///< rounds in a row
  };

  /// Brings the offers in line with who is there and what each has done since the last round.
  void revise(std::span<const candidate> interested, double up_bytes_per_s);
  offer* find(peer_key key);

  std::vector<offer> offers_;  // keys ascend
};

}  // namespace shoal::peer
