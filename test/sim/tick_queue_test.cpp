#include <algorithm>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/sim/tick_queue.hpp>

namespace shoal::sim {
namespace {

struct thing {
  std::uint32_t where = 0;
  int number = 0;
  bool joined = false;  // what was ahead at its place: the queue does not show it before its turn

  std::uint32_t place() const { return where; }
  friend bool operator==(const thing& a, const thing& b) {
    return a.where == b.where && a.number == b.number;
  }
};

TEST_CASE("things come out by tick, then by place, then in the order in which they went in") {
  // Places that take one digit to sort by, two, and three; spans from one tick to beyond the ring.
  for (const std::uint32_t places : {3U, 5000U, 3'000'000U}) {
    for (const std::uint64_t span : {1U, 20U, 2000U}) {
      CAPTURE(places);
      CAPTURE(span);
      rng chance(places + span);
      tick_queue<thing> queue;
      std::map<std::int64_t, std::vector<thing>> model;
      std::deque<thing> today;  // of the tick in hand, in order
      std::int64_t tick = 0;
      int last = 0;
      std::uint32_t seen = 0;  // the place of the last that came out
      std::size_t joined = 0;
      for (int step = 0; step < 6000; ++step) {
        if (queue.empty() || chance.below(100) < (step < 3000 ? 75U : 30U)) {
          const thing t{static_cast<std::uint32_t>(chance.below(places)), ++last};
          const auto when = tick + static_cast<std::int64_t>(chance.below(span + 1));
          const auto after = std::ranges::find_if(today, [&](const thing& o) { return o.where > t.where; });
          const bool joins =
              when == tick && t.where > seen && after != today.begin() && std::prev(after)->where == t.where;
          REQUIRE((when == tick && queue.is_ahead(t.where)) == joins);
          queue.push(when, t);
          if (joins) {
            today.insert(after, {t.where, t.number, true});
            ++joined;
          } else {
            model[when].push_back(t);
          }
          continue;
        }
        if (today.empty()) {
          tick = model.begin()->first;
          auto& all = model.begin()->second;
          std::ranges::sort(all, {}, [](const thing& t) { return std::pair(t.where, t.number); });
          today.assign(all.begin(), all.end());
          model.erase(model.begin());
        }
        REQUIRE(queue.next_tick() == tick);
        const auto got = queue.pop();
        REQUIRE_FALSE(got.empty());
        seen = got.front().where;
        for (const auto& t : got) {
          REQUIRE(t == today.front());
          REQUIRE(t.where == got.front().where);
          today.pop_front();
        }
        REQUIRE((today.empty() || today.front().where != got.front().where));
        const auto known_before = std::ranges::count_if(today, [](const thing& t) { return !t.joined; });
        REQUIRE(queue.ahead(2).size() == std::min<std::size_t>(2, static_cast<std::size_t>(known_before)));
      }
      std::size_t left = today.size();
      for (const auto& [when, all] : model) {
        left += all.size();
      }
      CHECK(queue.size() == left);
      CHECK((joined > 0) == (places <= 5000 && span < 2000));
    }
  }
}

}  // namespace
}  // namespace shoal::sim
