// The pace of reads, with a clock of the test's own.

#include "net/read_pace.hpp"

#include <doctest/doctest.h>

namespace shoal::net {
namespace {

using namespace std::chrono_literals;

/// Reads `n` bytes each millisecond for so long, and so many requests among them.
struct flow {
  read_pace pace;
  read_pace::time_point now{1000s};

  void run(std::chrono::milliseconds length, std::size_t n, std::size_t requests = 0) {
    for (const auto end = now + length; now < end; now += 1ms) {
      pace.read(n, requests, now);
    }
  }
  bool paced() const { return pace.next(now) != now; }
};

TEST_CASE("what comes first is read at once, and so is what comes fast or hardly at all") {
  flow f;
  f.run(90ms, 1024);
  CHECK(!f.paced());
  SUBCASE("fast") {
    f.run(500ms, 16 * 1024);
  }
  SUBCASE("hardly at all") {
    f.run(500ms, 50);
  }
  CHECK(!f.paced());
}

TEST_CASE("the requests of a peer that is sent to fast never wait, be there payload among them or not") {
  flow f;
  SUBCASE("requests alone") {
    f.run(300ms, 40 * 17, 40);
    CHECK(!f.paced());
  }
  SUBCASE("payload too") {
    f.run(300ms, 1024 + 40 * 17, 40);
    CHECK(!f.paced());
    f.run(200ms, 1024);  // and no more of them
    CHECK(f.paced());
  }
}

TEST_CASE("a slow steady flow is read every few milliseconds, all connections at the same times") {
  flow a, b;
  a.now += 1234us;
  a.run(300ms, 1024);
  b.run(300ms, 1024);
  REQUIRE(a.paced());
  const auto later = a.pace.next(a.now);
  CHECK((later > a.now));
  CHECK((later <= a.now + read_pace::longest));
  CHECK((later.time_since_epoch() % read_pace::longest == 0ms));
  CHECK((b.pace.next(a.now) == later));
}

TEST_CASE("the faster a flow the shorter are its pauses, so that they bring about as much") {
  flow f;
  f.run(300ms, 6 * 1024);
  REQUIRE(f.paced());
  f.now -= f.now.time_since_epoch() % read_pace::longest;
  CHECK((f.pace.next(f.now) == f.now + read_pace::longest / 2));
}

TEST_CASE("the pace is forgotten when the flow gets fast, and when nothing came for a while") {
  flow f;
  f.run(300ms, 1024);
  REQUIRE(f.paced());
  SUBCASE("fast") {
    f.run(200ms, 16 * 1024);
  }
  SUBCASE("nothing, and at once") {
    f.now += 150ms;
  }
  SUBCASE("nothing") {
    f.now += 2s;
    f.run(1ms, 1024);
  }
  CHECK(!f.paced());
}

}  // namespace
}  // namespace shoal::net
