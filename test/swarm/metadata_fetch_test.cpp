// Which part of the metadata is asked of whom, and who is found to have lied.

#include <algorithm>
#include <string>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/hash/sha1.hpp>
#include <shoal/swarm/metadata_fetch.hpp>
#include <shoal/wire/metadata_message.hpp>

namespace shoal::swarm {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using verdict = metadata_fetch::verdict;

constexpr std::uint64_t part_bytes = wire::metadata_part_bytes;

/// Peers that answer at once, in rounds; a liar's parts are false.
struct bazaar {
  struct stall {
    ip_address address;
    std::uint64_t bytes;
    bool liar = false;
    bool mute = false;
  };

  explicit bazaar(std::uint64_t bytes, metadata_settings settings = {})
      : truth(static_cast<std::size_t>(bytes)), fetch(hash_of_truth(), settings) {}

  sha1_digest hash_of_truth() {
    rng chance(truth.size());
    for (auto& b : truth) {
      b = static_cast<std::byte>(chance.next());
    }
    return sha1(truth);
  }

  peer_key open(stall s) {
    stalls.push_back(s);
    const peer_key key(static_cast<std::uint32_t>(stalls.size()));
    fetch.offered(key, s.address, s.bytes);
    return key;
  }
  peer_key open(std::uint8_t host, bool liar = false) {
    return open({address(host), truth.size(), liar, false});
  }
  static ip_address address(std::uint8_t host) { return ip_address::v4({10, 0, 0, host}); }

  std::vector<metadata_fetch::request> ask() {
    std::vector<metadata_fetch::request> out;
    fetch.ask(now, out);
    return out;
  }
  verdict answer(const metadata_fetch::request& r) {
    const auto& s = stalls[r.to.index() - 1];
    const auto length = std::min(part_bytes, s.bytes - r.part * part_bytes);
    std::vector<std::byte> data(static_cast<std::size_t>(length), std::byte{0x66});
    if (!s.liar) {
      std::copy_n(truth.begin() + static_cast<std::ptrdiff_t>(r.part * part_bytes), length, data.begin());
    }
    ++answers;
    return fetch.received(r.to, r.part, s.bytes, data);
  }
  /// Until the metadata is here; false when that does not come about.
  bool run() {
    for (int round = 0; round < 200 && !fetch.complete(); ++round) {
      for (const auto& r : ask()) {
        if (!stalls[r.to.index() - 1].mute) {
          answer(r);
        }
      }
      for (const auto& liar : fetch.take_liars()) {
        liars.push_back(liar);
      }
      now += seconds(1);
    }
    return fetch.complete() && fetch.metadata() == truth;
  }

  std::vector<std::byte> truth;
  metadata_fetch fetch;
  std::vector<stall> stalls;
  std::vector<ip_address> liars;
  std::size_t answers = 0;
  instant now{seconds(100)};
};

TEST_CASE("the parts are asked of all peers alike, each once") {
  bazaar b(100 * part_bytes - 5);
  for (std::uint8_t host = 1; host <= 4; ++host) {
    b.open(host);
  }
  const auto first = b.ask();
  CHECK(first.size() == 4 * metadata_settings{}.requests_max);
  for (std::uint32_t n = 0; n < first.size(); ++n) {
    CHECK(first[n].part == n);
  }
  for (const auto& r : first) {
    CHECK(b.answer(r) == verdict::kept);
  }
  CHECK(b.fetch.progress() ==
        std::pair<std::uint64_t, std::uint64_t>{first.size() * part_bytes, b.truth.size()});
  CHECK(b.run());
  CHECK(b.answers == 100);
}

TEST_CASE("a lone liar is convicted at once, and the metadata comes from elsewhere") {
  bazaar b(3 * part_bytes);
  const auto liar = b.open(1, true);
  for (const auto& r : b.ask()) {
    b.answer(r);
  }
  CHECK(b.fetch.take_liars() == std::vector{bazaar::address(1)});
  CHECK(b.ask().empty());
  CHECK(b.fetch.received(liar, 0, 0, {}) == verdict::unwanted);
  b.open(2);
  CHECK(b.run());
  CHECK(b.liars.empty());
}

TEST_CASE("liars among honest peers are found out in the end, and only they") {
  for (std::uint8_t honest = 1; honest <= 4; ++honest) {
    for (std::uint8_t lying = 1; lying <= 4; ++lying) {
      CAPTURE(honest);
      CAPTURE(lying);
      bazaar b(40 * part_bytes + 7);
      for (std::uint8_t n = 0; n < lying; ++n) {
        b.open(static_cast<std::uint8_t>(100 + n), true);
      }
      for (std::uint8_t n = 0; n < honest; ++n) {
        b.open(static_cast<std::uint8_t>(1 + n));
      }
      CHECK(b.run());
      CHECK_FALSE(b.liars.empty());
      for (const auto& who : b.liars) {
        CHECK(who.bytes()[3] >= std::byte{100});
      }
      CHECK(b.answers <= (3U + lying) * 41);
    }
  }
}

TEST_CASE("a lie about the length holds nobody up") {
  bazaar b(5 * part_bytes);
  for (std::uint8_t n = 0; n < 3; ++n) {  // three lengths, and nobody there ever answers
    b.open({bazaar::address(static_cast<std::uint8_t>(50 + n)), (1000U + n) * part_bytes, true, true});
  }
  b.open(1);
  CHECK(b.run());
  CHECK(b.answers == 5);
}

TEST_CASE("lengths that are nothing or too great are not pursued") {
  metadata_settings settings;
  settings.bytes_max = 4 * part_bytes;
  bazaar b(4 * part_bytes, settings);
  CHECK_FALSE(b.fetch.offered(peer_key(7), bazaar::address(7), 0));
  CHECK_FALSE(b.fetch.offered(peer_key(8), bazaar::address(8), settings.bytes_max + 1));
  CHECK_FALSE(b.fetch.offered(peer_key(9), bazaar::address(9), ~std::uint64_t{0}));
  CHECK(b.ask().empty());
  b.open(1);
  CHECK(b.run());
}

TEST_CASE("data against the sender's own word is a breach, unasked data is unwanted") {
  bazaar b(2 * part_bytes + 100);
  const auto key = b.open(1);
  const std::vector<std::byte> part(part_bytes);
  CHECK(b.fetch.received(key, 0, b.truth.size(), part) == verdict::unwanted);
  b.ask();
  const byte_view whole(part);
  CHECK(b.fetch.received(key, 3, b.truth.size(), whole) == verdict::breach);
  CHECK(b.fetch.received(key, 0, b.truth.size(), whole.first(5)) == verdict::breach);
  CHECK(b.fetch.received(key, 2, b.truth.size(), whole) == verdict::breach);
  CHECK(b.fetch.received(key, 0, b.truth.size() + 1, whole) == verdict::breach);
  CHECK(b.fetch.received(peer_key(99), 0, b.truth.size(), whole) == verdict::unwanted);
  CHECK(b.fetch.received(key, 0, 0, whole) == verdict::kept);
  CHECK(b.fetch.received(key, 0, 0, whole) == verdict::unwanted);
}

TEST_CASE("a silent peer's parts go to others, and its late answers still count") {
  bazaar b(4 * part_bytes);
  const auto silent = b.open({bazaar::address(1), b.truth.size(), false, true});
  const auto asked = b.ask();
  REQUIRE(asked.size() == 4);
  const auto other = b.open(2);
  CHECK(b.ask().empty());
  b.now += milliseconds(1500);
  const auto again = b.ask();
  REQUIRE(again.size() == 1);  // one part at a time is asked twice
  CHECK(again[0] == metadata_fetch::request{other, 0});
  b.answer(again[0]);
  b.now += seconds(10);
  CHECK(b.ask().size() == 3);
  CHECK(b.answer({silent, 1}) == verdict::kept);
  CHECK(b.answer({other, 1}) == verdict::unwanted);
  CHECK(b.run());
  CHECK(b.liars.empty());
}

TEST_CASE("a peer that rejects rests, and one that leaves gives its parts back") {
  bazaar b(4 * part_bytes);
  const auto poor = b.open(1);
  CHECK(b.ask().size() == 4);
  b.fetch.rejected(b.now, poor, 0);
  CHECK(b.ask().empty());
  const auto leaver = b.open(2);
  CHECK(b.ask().size() == 4);
  b.fetch.left(leaver);
  CHECK(b.ask().empty());
  b.now += seconds(31);
  CHECK(b.ask().size() == 4);
}

}  // namespace
}  // namespace shoal::swarm
