#include <algorithm>

#include <doctest/doctest.h>

#include <shoal/peer/peer_book.hpp>

namespace shoal::peer {
namespace {

using std::chrono::seconds;
constexpr instant start{seconds(1000)};

endpoint peer(std::uint8_t n, std::uint16_t port = 6881) {
  return {ip_address::v4({10, 0, 0, n}), port};
}

TEST_CASE("an address is tried once at a time, and again after growing waits") {
  peer_book book;
  rng chance(1);
  CHECK(book.add(start, peer(1), chance));
  CHECK_FALSE(book.add(start, peer(1), chance));
  CHECK(book.next(start) == peer(1));
  CHECK_FALSE(book.next(start + seconds(1000)));  // busy
  instant now = start;
  duration wait = seconds(3);
  for (int i = 0; i < 11; ++i) {
    CAPTURE(i);
    book.failed(now, peer(1));
    REQUIRE(book.due());
    CHECK(*book.due() == now + wait);
    CHECK_FALSE(book.next(*book.due() - duration(1)));
    now = *book.due();
    CHECK(book.next(now) == peer(1));
    wait = std::min<duration>(wait * 2, std::chrono::minutes(30));
  }
  book.failed(now, peer(1));  // the twelfth failure: forgotten
  CHECK(book.size() == 0);
  CHECK_FALSE(book.due());
}

TEST_CASE("addresses that can be no peer are not taken") {
  peer_book book;
  rng chance(1);
  CHECK_FALSE(book.add(start, peer(1, 0), chance));
  CHECK_FALSE(book.add(start, {ip_address(), 6881}, chance));
  CHECK_FALSE(book.add(start, {ip_address::v4({224, 0, 0, 1}), 6881}, chance));
}

TEST_CASE("a banned address is forgotten with all its ports and not taken again") {
  peer_book book;
  rng chance(1);
  book.add(start, peer(1, 1000), chance);
  book.add(start, peer(1, 2000), chance);
  book.add(start, peer(2), chance);
  book.ban(peer(1).address);
  CHECK(book.size() == 1);
  CHECK_FALSE(book.add(start, peer(1, 3000), chance));
  CHECK(book.next(start) == peer(2));
  CHECK_FALSE(book.next(start));
}

TEST_CASE("bans are bounded: the oldest is forgotten") {
  peer_book book(book_settings{.banned_max = 3});
  for (std::uint8_t i = 1; i <= 4; ++i) {
    book.ban(peer(i).address);
  }
  CHECK_FALSE(book.banned(peer(1).address));
  CHECK(book.banned(peer(2).address));
  CHECK(book.banned(peer(4).address));
}

TEST_CASE("a flood of addresses does not push out good ones") {
  peer_book book(book_settings{.entries_max = 10});
  rng chance(1);
  for (std::uint8_t i = 0; i < 10; ++i) {
    CHECK(book.add(start, peer(i), chance));
  }
  CHECK_FALSE(book.add(start, peer(100), chance));
  const auto bad = *book.next(start);
  book.failed(start, bad);
  CHECK(book.add(start, peer(100), chance));  // in the place of the one that failed
  CHECK(book.size() == 10);
  CHECK(book.add(start, bad, chance) == false);

  const auto flaky = *book.next(start);
  book.failed(start, flaky);
  book.ended(start, flaky);  // it was reached after all
  CHECK_FALSE(book.add(start, bad, chance));
  const auto gone = *book.next(start);
  book.failed(start, gone);
  book.forget(gone);
  CHECK(book.add(start, bad, chance));
  CHECK_FALSE(book.add(start, gone, chance));
}

TEST_CASE("a peer that left in good order may come back after a while") {
  peer_book book;
  rng chance(1);
  book.add(start, peer(1), chance);
  book.next(start);
  book.ended(start, peer(1));
  CHECK_FALSE(book.next(start + seconds(2)));
  CHECK(book.next(start + seconds(3)) == peer(1));
}

}  // namespace
}  // namespace shoal::peer
