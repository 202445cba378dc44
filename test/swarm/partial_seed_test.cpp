// A peer that wants nothing more though not all is there (BEP 21).

#include <doctest/doctest.h>

#include <shoal/wire/extension.hpp>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

/// Wants the first piece alone.
core_setup choosy() {
  auto s = script::setup(false, {});
  s.priorities.assign(10, 0);
  s.priorities[0] = 4;
  s.trackers = {{"http://t"}};
  return s;
}

struct chooser : script {
  chooser() : script(choosy()) { answer(); }

  peer_key join_extended(std::uint8_t host) {
    return join_from({ip_address::v4({10, 0, 0, host}), 1000}, true, true);
  }
  void fetch_first_piece(peer_key seed) {
    for (std::uint32_t n = 0; n < piece_length / block_bytes; ++n) {
      say(seed, wire::piece{block(0, n)});
    }
    on(piece_verified{piece_index(0), true});
  }
  /// What it said of itself to `key`, of `upload_only`.
  std::vector<std::optional<bool>> told(peer_key key) const {
    std::vector<std::optional<bool>> out;
    for (const auto& m : said_to<wire::extended>(key)) {
      if (m.id == 0) {
        out.push_back(wire::decode_extension_handshake(m.payload)->upload_only);
        CHECK(wire::decode_extension_handshake(m.payload)->ids.contains("ut_pex"));
      }
    }
    return out;
  }
  /// The event of the last announce, which the tracker answers.
  announce::event answer() {
    const auto asked = all<announce_to>();
    REQUIRE(!asked.empty());
    announced a{asked.back().ticket, true, {}};
    a.response.interval_s = 120;
    on(a);
    return asked.back().event;
  }
};

TEST_CASE("fulfilled wishes are told to neighbours and trackers, and new ones too") {
  chooser s;
  const auto seed = s.join_seed();
  const auto other = s.join_extended(3);
  CHECK(s.told(other) == std::vector<std::optional<bool>>{std::nullopt});
  s.fetch_first_piece(seed);
  CHECK(s.told(other) == std::vector<std::optional<bool>>{std::nullopt, true});
  CHECK(s.told(s.join_extended(4)) == std::vector<std::optional<bool>>{true});
  s.now += seconds(60);
  s.on(tick{});
  CHECK(s.answer() == announce::event::paused);
  s.now += seconds(120);
  s.on(tick{});
  CHECK(s.answer() == announce::event::paused);
  CHECK(s.all<announce_to>().size() == 3);

  s.on(set_priority{piece_index(1), 4});
  CHECK(s.told(other) == std::vector<std::optional<bool>>{std::nullopt, true, false});
  s.now += seconds(60);
  s.on(tick{});
  CHECK(s.answer() == announce::event::none);
  s.on(stop{});
  CHECK(s.all<announce_to>().back().event == announce::event::stopped);
}

TEST_CASE("a partial seed says so from its first announce on") {
  auto setup = choosy();
  setup.have.set(piece_index(0));
  script s(std::move(setup));
  REQUIRE(s.all<announce_to>().size() == 1);
  CHECK(s.all<announce_to>()[0].event == announce::event::paused);
}

TEST_CASE("two partial seeds part, and a leecher stays") {
  chooser s;
  const auto partial = s.join_extended(3), leecher = s.join_extended(4);
  wire::extension_handshake hello;
  hello.upload_only = true;
  s.say(partial, wire::extended{0, wire::encode(hello)});
  CHECK_FALSE(s.dropped(partial));
  s.fetch_first_piece(s.join_seed());
  CHECK(s.dropped(partial) == drop_reason::both_complete);
  CHECK_FALSE(s.dropped(leecher));
  CHECK(s.dropped(s.join_extended(5)) == std::nullopt);
}

TEST_CASE("who becomes whole says completed, and not that it wants nothing") {
  auto setup = script::setup(false, {});
  setup.have = bitfield(10, true);
  setup.have.reset(piece_index(0));
  setup.trackers = {{"http://t"}};
  script s(std::move(setup));
  announced a{s.all<announce_to>().back().ticket, true, {}};
  a.response.interval_s = 120;
  s.on(a);
  const auto other = s.join_from({ip_address::v4({10, 0, 0, 9}), 1000}, true, true);
  const auto seed = s.join_seed();
  for (std::uint32_t n = 0; n < piece_length / block_bytes; ++n) {
    s.say(seed, wire::piece{block(0, n)});
  }
  s.on(piece_verified{piece_index(0), true});
  CHECK(s.said_to<wire::extended>(other).size() == 1);
  CHECK(s.all<announce_to>().back().event == announce::event::completed);
}

}  // namespace
}  // namespace shoal::swarm
