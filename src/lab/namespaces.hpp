#pragma once
// A network of namespaces on this machine: one with a bridge, where the tracker runs, and one a peer,
// connected to the bridge by a link of a rate, a latency and a loss of its own. Needs root, and iproute2's
// `ip` and `tc`.

#include <cstdint>
#include <string>
#include <vector>

#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>

namespace shoal::lab {

/// An access link.
struct shaping {
  double up_bytes_per_s = 0;  ///< of payload; infinite for no limit
  double down_bytes_per_s = 0;
  duration latency{};  ///< one way
  double loss = 0;     ///< part of the packets, both ways
};

class namespaces {
 public:
  /// Makes the one with the bridge.
  static outcome<namespaces> make();
  namespaces(namespaces&& other) noexcept;
  namespaces(const namespaces&) = delete;
  namespaces& operator=(const namespaces&) = delete;
  namespaces& operator=(namespaces&&) = delete;
  /// Removes all of them, and with them every link.
  ~namespaces();

  /// One more, for the address.
  outcome<void> add(const std::string& address, const shaping& link);
  outcome<void> shape(const std::string& address, const shaping& link);

  /// What has to stand before a command that is to run at this address.
  std::vector<std::string> prefix(const std::string& address) const;

 private:
  explicit namespaces(std::string name) : name_(std::move(name)) {}
  std::string inner(const std::string& address) const;

  std::string name_;  // of the one with the bridge; the others' begin with it
  std::vector<std::string> addresses_;
};

/// The tracker's, which every peer reaches.
inline constexpr const char* bridge_address = "10.77.0.1";

}  // namespace shoal::lab
