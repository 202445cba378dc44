#include <map>
#include <utility>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/sim/event_queue.hpp>
#include <shoal/sim/pipe.hpp>

namespace shoal::sim {
namespace {

TEST_CASE("events come out by time, then in the order in which they went in") {
  // Spans from one instant to hours, so that each of the queue's three places is used.
  for (const std::int64_t span_ns : {1LL, 1000LL, 10'000'000LL, 20'000'000'000LL, 10'000'000'000'000LL}) {
    CAPTURE(span_ns);
    rng chance(static_cast<std::uint64_t>(span_ns));
    event_queue<int> queue;
    std::multimap<instant, int> model;
    instant now{};
    int last = 0;
    for (int step = 0; step < 20000; ++step) {
      if (model.empty() || chance.below(100) < (step < 10000 ? 60U : 40U)) {
        const auto span = chance.below(5) == 0 ? span_ns / 1000 + 1 : span_ns;
        const instant when = now + duration(chance.below(static_cast<std::uint64_t>(span) + 1));
        queue.push(when, ++last);
        model.emplace(when, last);
      } else {
        REQUIRE(queue.next_time() == model.begin()->first);
        const auto [when, what] = queue.pop();
        REQUIRE(what == model.begin()->second);
        now = when;
        model.erase(model.begin());
      }
      REQUIRE(queue.size() == model.size());
    }
  }
}

TEST_CASE("a pipe passes bytes at its rate, and adds nothing when it is idle and fast") {
  const auto ms = [](int n) { return instant(std::chrono::milliseconds(n)); };
  pipe slow(1000.0);
  CHECK(slow.send(ms(1000), 500) == ms(1500));
  CHECK(slow.send(ms(1000), 500) == ms(2000));
  CHECK(slow.send(ms(5000), 100) == ms(5100));

  pipe fast(1000.0);
  CHECK(fast.pass(ms(0), ms(1000), 500) == ms(1000));
  pipe slower(250.0);
  CHECK(slower.pass(ms(0), ms(1000), 500) == ms(2000));
  CHECK(slower.pass(ms(1000), ms(2000), 500) == ms(4000));
  CHECK(slower.pass(ms(9000), ms(10000), 500) == ms(11000));  // rest is no credit

  pipe open;
  CHECK(open.send(ms(7), 1U << 30) == ms(7));
}

}  // namespace
}  // namespace shoal::sim
