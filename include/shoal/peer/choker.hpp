#pragma once
// Whom to give to. One round every 10 s (BEP 3; Cohen 2003):
//
//  - A leecher unchokes those that give it most, over the last 20 s; a peer that snubs us is not repaid.
//  - A seeder, whom nobody repays, unchokes for `seed_hold` at a time, longest-waiting first, so that all get
//    their turn; among those that hold a slot the fastest stay, as data spreads sooner through them.
//  - One slot is optimistic: every 30 s it goes to a random one of the rest, newcomers three times as likely,
//    so that strangers get something to trade and better partners are found.
//  - A slot is never left empty while an interested peer waits.
//
// Between rounds the caller (`swarm/uploads`) unchokes who turns interested while a slot is free, and lends
// the slots of those who are not interested any more. Cost: O(n log n) a round.

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include <shoal/base/rng.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/base/time.hpp>

namespace shoal::peer {

enum class choke_rule : std::uint8_t {
  tit_for_tat,  ///< as above
  by_chance,    ///< slots are held for `seed_hold` and go round by chance, whatever a peer gives
  what_pays,    ///< gives to who repays, and as little as that takes (`peer/thrift`); nothing when complete
  nobody,       ///< gives nothing
};

/// Gives to whoever asks when there is room, and expects nothing first.
constexpr bool gives_freely(choke_rule r) {
  return r != choke_rule::nobody && r != choke_rule::what_pays;
}

struct choker_settings {
  choke_rule rule = choke_rule::tit_for_tat;  ///< the others are what experiments hold it against
  duration round_every = std::chrono::seconds(10);
  duration optimistic_every = std::chrono::seconds(30);
  duration seed_hold = std::chrono::seconds(30);
  duration newcomer_for = std::chrono::seconds(45);
};

/// One interested peer, as the choker sees it.
struct candidate {
  peer_key key;
  bool unchoked = false;
  bool snubbed = false;
  double down_bytes_per_s = 0;  ///< from it to us
  double up_bytes_per_s = 0;    ///< from us to it
  instant joined_at{};
  instant unchoked_at{};  ///< the last time we unchoked it; the epoch for never
};

class choker {
 public:
  explicit choker(const choker_settings& s = {}) : settings_(s) {}

  const choker_settings& settings() const { return settings_; }

  /// Who should be unchoked now: at most `slots` of `interested`, the optimistic one last.
  std::vector<peer_key> round(instant now, std::span<const candidate> interested, std::uint32_t slots,
                              bool seeding, rng& chance);
  /// The holder of the optimistic slot, if any.
  std::optional<peer_key> optimistic() const { return optimistic_; }

 private:
  peer_key choose_optimistic(instant now, std::span<const candidate> rest, rng& chance);

  choker_settings settings_;
  std::optional<peer_key> optimistic_;
  instant optimistic_until_{};
};

/// How many slots suit an uplink without a limit: about sqrt(0.6 x KiB/s) of what was measured, so that each
/// gets a rate worth having while the uplink is shared by more the faster it is; 8 to 50.
std::uint32_t slots_for_rate(double rate_bytes_per_s);

/// How many suit an uplink with a limit, found by trying: as few as use it up, 4 to 50. The fewer peers are
/// served at once, the sooner each has something whole to pass on.
class slot_finder {
 public:
  std::uint32_t slots() const { return slots_; }
  /// To be told now and then whether the uplink was used up since the last time; true when that makes one
  /// slot more, since it was not though somebody waits.
  bool review(bool used_up, bool somebody_waits);

 private:
  static constexpr std::uint32_t least = 4, most = 50;
  std::uint32_t slots_ = least;
};

}  // namespace shoal::peer
