#pragma once
// One announce to, or scrape of, one UDP tracker at one address (BEP 15), as a machine: datagrams and
// instants in, datagrams out. A connection id is had first, unless one is known that is younger than a
// minute; what is not answered is sent again after 15 s, then 30 s, and so on, twice as long each time; a
// connection id that has aged meanwhile is had anew.
//
// The attacker considered: somebody who does not see our datagrams and sends us replies. Each request has a
// transaction id of its own that cannot be guessed, and whatever does not carry the last one is ignored. That
// replies come from the tracker's address is the shell's to see to.

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include <shoal/announce/udp.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/base/time.hpp>

namespace shoal::announce::udp {

struct connection {
  std::uint64_t id = 0;
  instant received_at{};

  /// BEP 15: "a client can use a connection ID until one minute after it has received it".
  bool usable(instant now) const { return now - received_at < std::chrono::minutes(1); }
};

class exchange {
 public:
  /// An announce, or the torrents to scrape: `scrape_hashes_max` of them at most.
  using question = std::variant<announce_request, std::vector<sha1_digest>>;
  /// The tracker's reason to refuse; never empty.
  struct refusal {
    std::string reason;
  };
  /// To an announce, or the counts in the order of the torrents; fewer where the tracker gave fewer.
  using answer = std::variant<announce_response, std::vector<scrape_counts>, refusal>;

  /// `url_data` as in `announce_datagram`; a scrape has no place for it. `v6` is the family of the tracker's
  /// address.
  exchange(question asked, std::string url_data, bool v6, std::optional<connection> known,
           std::uint64_t seed);

  /// The datagram to send now, if any; ask again at `deadline`, and after every datagram.
  std::optional<std::vector<std::byte>> poll(instant now);
  /// Only after `poll` was asked.
  instant deadline() const { return send_again_at_; }
  /// The tracker's answer, when this is it. Anything else is ignored.
  std::optional<answer> received(instant now, byte_view datagram);
  /// To be used in the next exchange with this address.
  std::optional<connection> known() const { return connection_; }

 private:
  std::vector<std::byte> ask() const;

  question question_;
  std::string url_data_;
  bool v6_;
  std::optional<connection> connection_;
  rng chance_;
  std::uint32_t transaction_id_ = 0;
  bool connecting_ = false;  // what the last datagram was
  int sent_ = 0;             // of this kind
  instant send_again_at_{};
};

}  // namespace shoal::announce::udp
