#pragma once
// The connection ids of the UDP tracker protocol (BEP 15), with nothing remembered for any of them: an id is
// a keyed hash of the address it was sent to and of the second it was made in. Who did not receive one for an
// address can but guess 56 bits, so nobody announces for another's address; and since nothing but the small
// connect reply is sent to an address that has not shown an id, the tracker is no amplifier.

#include <array>
#include <chrono>
#include <cstdint>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/time.hpp>

namespace shoal::registry {

class connection_ids {
 public:
  /// BEP 15: "two minutes after it has been send".
  static constexpr std::chrono::seconds valid_for{120};

  /// 128 bits of chance, which nobody outside must know.
  explicit connection_ids(const std::array<std::uint64_t, 2>& key) : key_(key) {}

  std::uint64_t issue(instant now, const ip_address& to) const;
  /// Whether `issue` made it for that address no more than `valid_for` ago, in whole seconds. An id of the
  /// next second is accepted too: threads read the clock once a batch.
  bool accepts(std::uint64_t id, instant now, const ip_address& from) const;

 private:
  std::uint64_t made(std::uint64_t second, const ip_address& address) const;

  std::array<std::uint64_t, 2> key_;
};

}  // namespace shoal::registry
