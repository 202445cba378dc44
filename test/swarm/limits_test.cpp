// Rate limits of the core in virtual time, against peers that take and give all they can at once.

#include <algorithm>
#include <map>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/swarm/torrent_core.hpp>

namespace shoal::swarm {
namespace {

constexpr std::uint32_t piece_length = 1U << 20;
constexpr std::uint64_t mib = 1U << 20;

/// A core and some peers behind a network and a disk that take no time.
class greedy_peers {
 public:
  greedy_peers(bool seed, const core_settings& settings, std::uint32_t pieces, std::uint32_t peers)
      : core_(setup(seed, settings, pieces)) {
    on(start{});
    for (std::uint32_t n = 1; n <= peers; ++n) {
      const peer_key key(n);
      peer_joined e{key, {ip_address::v4({10, 0, 0, static_cast<std::uint8_t>(n)}), 1000}, {}, false, true};
      e.id.bytes[1] = static_cast<std::byte>(n);
      got_[key] = 0;
      on(e);
      if (seed) {
        say(key, {wire::have_none{}, wire::interested{}});
        say(key, std::vector<wire::message>(64, wire::request{{piece_index(0), 0, block_bytes}}));
      } else {
        say(key, {wire::have_all{}, wire::unchoke{}});
      }
    }
  }

  void run_for(duration length) {
    const instant end = now_ + length;
    while (now_ < end) {
      now_ = std::max(now_ + std::chrono::microseconds(1), core_.deadline().value_or(end));
      on(tick{});
    }
  }

  /// Runs for a while, in which the limit's store is used up, and then measures.
  void measure_for(duration length, duration run_in = std::chrono::seconds(1)) {
    run_for(run_in);
    for (auto& [key, bytes] : got_) {
      bytes = 0;
    }
    run_for(length);
  }

  std::uint64_t total() const {
    std::uint64_t sum = 0;
    for (const auto& [key, bytes] : got_) {
      sum += bytes;
    }
    return sum;
  }
  std::uint64_t least() const { return std::ranges::min_element(got_, {}, second)->second; }
  std::uint64_t most() const { return std::ranges::max_element(got_, {}, second)->second; }

 private:
  static std::uint64_t second(const std::pair<const peer_key, std::uint64_t>& entry) { return entry.second; }

  static core_setup setup(bool seed, const core_settings& settings, std::uint32_t pieces) {
    core_setup s;
    s.settings = settings;
    s.geometry = piece::geometry(std::uint64_t{pieces} * piece_length, piece_length);
    s.have = bitfield(pieces, seed);
    s.seed = 1;
    return s;
  }

  void on(const event& e) {
    core_.on(now_, e);
    while (answer_all()) {
    }
  }
  void say(peer_key key, const std::vector<wire::message>& messages) { on(received{key, messages}); }

  /// Carries out what the core wants, and tells it; false when it wanted nothing.
  bool answer_all() {
    std::vector<block_loaded> loaded;
    std::vector<piece_index> whole;
    std::map<peer_key, std::vector<wire::message>> said;
    action a;
    while (core_.poll(a)) {
      if (const auto* const l = std::get_if<load>(&a)) {
        loaded.push_back({l->key, l->block, true});
      } else if (const auto* const u = std::get_if<upload>(&a)) {
        got_[u->key] += u->block.length;
        said[u->key].push_back(wire::request{u->block});
      } else if (const auto* const v = std::get_if<verify>(&a)) {
        whole.push_back(v->piece);
      } else if (const auto* const s = std::get_if<send>(&a)) {
        if (const auto* const r = std::get_if<wire::request>(&s->message)) {
          got_[s->key] += r->block.length;
          said[s->key].push_back(wire::piece{r->block});
        }
      }
    }
    if (!loaded.empty()) {
      core_.on(now_, blocks_loaded{loaded});
    }
    for (const auto& [key, messages] : said) {
      if (std::holds_alternative<wire::request>(messages.front())) {
        core_.on(now_, sent{key, messages.size() * block_bytes});
      }
      core_.on(now_, received{key, messages});
    }
    for (const auto piece : whole) {
      core_.on(now_, piece_verified{piece, true});
    }
    return !loaded.empty() || !said.empty() || !whole.empty();
  }

  torrent_core core_;
  instant now_{std::chrono::seconds(100)};
  std::map<peer_key, std::uint64_t> got_;  // bytes, by peer
};

TEST_CASE("a limit of uploads is exact, and even over the peers") {
  for (const auto& [rate, seconds] : {std::pair{mib, 20}, std::pair{1024 * mib, 2}}) {
    CAPTURE(rate);
    core_settings settings;
    settings.upload_bytes_per_s = rate;
    greedy_peers peers(true, settings, 4, 4);
    peers.measure_for(std::chrono::seconds(seconds), std::chrono::seconds(5));  // first copies go first
    const auto expected = static_cast<double>(rate) * seconds;
    CHECK(static_cast<double>(peers.total()) == doctest::Approx(expected).epsilon(0.02));
    CHECK(peers.most() - peers.least() <= 2 * mib);  // a turn at both ends
  }
}

TEST_CASE("a limit of downloads is exact, and no peer is left out") {
  for (const auto& [rate, seconds] : {std::pair{mib, 20}, std::pair{1024 * mib, 2}}) {
    CAPTURE(rate);
    core_settings settings;
    settings.download_bytes_per_s = rate;
    greedy_peers peers(false, settings, static_cast<std::uint32_t>(rate / mib) * 4 + 64, 4);
    peers.measure_for(std::chrono::seconds(seconds));
    const auto expected = static_cast<double>(rate) * seconds;
    CHECK(static_cast<double>(peers.total()) == doctest::Approx(expected).epsilon(0.02));
    CHECK(peers.least() * 5 >= peers.most() * 4);
  }
}

}  // namespace
}  // namespace shoal::swarm
