#pragma once
// One web seed's standing (BEP 19): when it may be asked again after what came of the last time.

#include <chrono>
#include <cstdint>
#include <optional>

#include <shoal/base/time.hpp>

namespace shoal::swarm {

class web_seed_standing {
 public:
  enum class ending : std::uint8_t {
    served,   ///< it gave data, until the connection ended somehow
    failed,   ///< nothing came: unreachable, an error of the server's, silence
    useless,  ///< it has not the files of this torrent, or its data was false
  };

  /// A stay is over. `retry_after`: what the server asked for, if anything.
  void ended(instant now, ending how, std::optional<duration> retry_after = {});
  /// Its data was false, whatever else is heard of it.
  void convicted() { gone_ = true; }
  /// When to come back; nothing for never.
  std::optional<instant> due() const { return gone_ ? std::nullopt : std::optional(due_); }

  static constexpr duration pause_least = std::chrono::seconds(5);
  static constexpr duration pause_most = std::chrono::hours(1);

 private:
  instant due_{};
  unsigned failures_ = 0;  ///< in a row
  bool gone_ = false;
};

}  // namespace shoal::swarm
