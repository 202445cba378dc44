#pragma once
// One peer of a live run: its process, and what it has said so far.

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <shoal/lab/result.hpp>

#include "lab/child.hpp"

namespace shoal::lab {

/// Payload with one other peer.
struct exchange {
  std::uint64_t given = 0;
  std::uint64_t taken = 0;
};

/// What a process prints, understood.
class live_peer {
 public:
  live_peer(group_index group, std::uint32_t number, std::string address)
      : group_(group), number_(number), address_(std::move(address)) {}

  group_index group() const { return group_; }
  std::uint32_t number() const { return number_; }  ///< in its group
  const std::string& address() const { return address_; }

  /// From now on its process; nothing while it has not come or is gone.
  std::optional<child> process;

  /// A line of its output, at a time of the experiment.
  void heard(const std::string& line, double now_s);
  /// Its process has ended.
  void ended(double now_s) {
    if (!left_s_) left_s_ = now_s;
  }

  std::optional<double> joined_s() const { return joined_s_; }
  std::optional<double> completed_s() const { return completed_s_; }
  std::optional<double> left_s() const { return left_s_; }
  bool there() const { return joined_s_ && !left_s_; }
  /// The tracker's, once it has started.
  const std::string& announce_url() const { return announce_url_; }

  // Bytes so far.
  std::uint64_t given() const { return given_; }
  std::uint64_t taken() const { return taken_; }
  std::uint64_t wasted() const { return wasted_; }
  std::uint64_t done() const { return done_; }
  std::uint64_t given_when_complete() const { return given_when_complete_; }
  /// By the other's address, as it said at its end.
  const std::map<std::string, exchange>& ledger() const { return ledger_; }

 private:
  group_index group_;
  std::uint32_t number_;
  std::string address_;
  std::optional<double> joined_s_, completed_s_, left_s_;
  std::uint64_t given_ = 0, taken_ = 0, wasted_ = 0, done_ = 0, given_when_complete_ = 0;
  std::map<std::string, exchange> ledger_;
  std::string announce_url_;
};

}  // namespace shoal::lab
