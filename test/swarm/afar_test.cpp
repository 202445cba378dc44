// What no peer of our network has comes into it once.

#include <set>

#include <doctest/doctest.h>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

constexpr std::uint32_t pieces = 60;  // of one block

/// A host of the network 10.0.0.0/24.
struct host : script {
  explicit host(std::uint8_t number, bool once = true) : script(setup(number, once)) {}

  static core_setup setup(std::uint8_t number, bool once) {
    core_setup s;
    s.settings.once_from_afar = once;
    s.settings.window.initial = pieces;
    s.geometry = piece::geometry(std::uint64_t{pieces} * block_bytes, block_bytes);
    s.have = bitfield(pieces);
    const auto address = ip_address::v4({10, 0, 0, number});
    std::ranges::copy(address.bytes(), s.our_id.bytes.begin() + 1);  // as `join_from` names it
    s.seed = number;
    return s;
  }
  /// A near one that serves us, with some of the pieces.
  peer_key join_near(std::uint8_t number, std::initializer_list<std::uint32_t> some = {}) {
    const auto key = join_from({ip_address::v4({10, 0, 0, number}), 1000}, true, false, false, true);
    bitfield has(pieces);
    for (const auto p : some) {
      has.set(piece_index(p));
    }
    say(key, wire::bitfield_bits{has.to_wire()});
    say(key, wire::unchoke{});
    return key;
  }
  /// One from elsewhere, with everything.
  peer_key join_far() {
    const auto key = join_from({ip_address::v4({10, 0, 9, 1}), 1000}, true);
    say(key, wire::have_all{});
    say(key, wire::unchoke{});
    return key;
  }
  std::set<std::uint32_t> asked(peer_key key) const {
    std::set<std::uint32_t> out;
    for (const auto& r : said_to<wire::request>(key)) {
      CHECK(out.insert(r.block.piece.value()).second);
    }
    return out;
  }
  void pass(duration time) {
    now += time;
    on(tick{});
  }
};

TEST_CASE("the hosts of a network share out what none of them has, each piece to one") {
  std::set<std::uint32_t> all;
  std::size_t sum = 0;
  for (std::uint8_t number = 1; number <= 3; ++number) {
    CAPTURE(number);
    host h(number);
    bool first = true;
    for (std::uint8_t other = 1; other <= 3; ++other) {
      if (other != number) {
        h.join_near(other,
                    first ? std::initializer_list<std::uint32_t>{0} : std::initializer_list<std::uint32_t>{});
        first = false;
      }
    }
    const auto asked = h.asked(h.join_far());
    CHECK(asked.size() > pieces / 6);
    CHECK(asked.size() < pieces / 2);
    all.insert(asked.begin(), asked.end());
    sum += asked.size();
  }
  CHECK(sum == pieces - 1);  // all but the first, which somebody near has
  CHECK(all.size() == pieces - 1);
}

TEST_CASE("what somebody near has, or tells of, is asked of nobody else") {
  host h(1);
  const auto near = h.join_near(2, {0, 1, 2, 3});
  const auto far = h.join_from({ip_address::v4({10, 0, 9, 1}), 1000}, true);
  h.say(far, wire::have_none{});
  h.say(far, wire::unchoke{});
  CHECK(h.asked(near).size() == 4);
  h.say(near, wire::have{piece_index(7)});
  for (std::uint32_t p = 0; p < pieces; ++p) {
    h.say(far, wire::have{piece_index(p)});
  }
  const auto asked = h.asked(far);
  CHECK(!asked.empty());
  for (const std::uint32_t p : {0U, 1U, 2U, 3U, 7U}) {
    CHECK_FALSE(asked.contains(p));
  }
}

TEST_CASE("a near seeder makes the rest needless") {
  host h(1);
  const auto near = h.join_near(2);
  h.say(near, wire::have{piece_index(0)});
  const auto seeder = h.join_from({ip_address::v4({10, 0, 0, 3}), 1000}, true, false, false, true);
  h.say(seeder, wire::have_all{});
  const auto far = h.join_far();
  CHECK(h.asked(far).empty());
}

TEST_CASE("who gets nothing from near peers asks anybody for anything") {
  SUBCASE("since there are none") {
    host h(1);
    CHECK(h.asked(h.join_far()).size() == pieces);
  }
  SUBCASE("since they choke us") {
    host h(1);
    const auto near = h.join_near(2, {0});
    h.say(near, wire::choke{});
    CHECK(h.asked(h.join_far()).size() == pieces);
  }
  SUBCASE("since they have nothing that we lack") {
    host h(1);
    const auto near = h.join_near(2, {0});
    const auto far = h.join_far();
    const auto share = h.asked(far);
    CHECK(share.size() < pieces - 1);
    for (const std::uint32_t p : share) {
      h.say(far, wire::piece{block(p, 0)});
      h.on(piece_verified{piece_index(p), true});
    }
    CHECK(h.asked(far) == share);  // for piece 0 is on its way
    h.say(near, wire::piece{block(0, 0)});
    h.on(piece_verified{piece_index(0), true});
    h.pass(seconds(2));
    CHECK(h.asked(far).size() == pieces - 1);
  }
}

TEST_CASE("a near peer that rejects what it offers keeps us from nothing") {
  host h(1);
  const auto near = h.join_near(2);
  for (std::uint32_t p = 0; p < pieces; ++p) {
    h.say(near, wire::have{piece_index(p)});
  }
  const auto far = h.join_far();
  CHECK(h.asked(far).empty());
  for (const auto& r : h.said_to<wire::request>(near)) {
    h.say(near, wire::reject_request{r.block});
  }
  h.pass(seconds(1));
  CHECK(h.said_to<wire::request>(far).size() >= pieces);
}

TEST_CASE("the share of who leaves goes to the others") {
  host h(1);
  h.join_near(2, {0});
  const auto leaves = h.join_near(3);
  const auto far = h.join_far();
  const auto before = h.asked(far).size();
  h.on(peer_left{leaves});
  h.pass(seconds(1));
  CHECK(h.asked(far).size() > before);
  CHECK(h.asked(far).size() < pieces - 1);
}

TEST_CASE("without the setting near peers are like all others") {
  host h(1, false);
  h.join_near(2, {0});
  CHECK(h.asked(h.join_far()).size() >= pieces - 1);
}

}  // namespace
}  // namespace shoal::swarm
