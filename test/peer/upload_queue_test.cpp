#include <algorithm>
#include <deque>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/peer/upload_queue.hpp>

namespace shoal::peer {
namespace {

block_ref numbered(std::uint32_t n) {
  return {piece_index(n / 16), n % 16 * block_bytes, block_bytes};
}

template <class Sequence>
bool take(Sequence& from, const block_ref& b) {
  const auto found = std::find(from.begin(), from.end(), b);
  if (found == from.end()) {
    return false;
  }
  from.erase(found);
  return true;
}

TEST_CASE("an upload queue behaves as two plain queues do") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    rng chance(seed);
    upload_queue queue;
    std::deque<block_ref> waiting, loading;
    std::uint32_t last = 0;
    for (int step = 0; step < 2000; ++step) {
      CAPTURE(step);
      const auto any = numbered(last < 40 ? last : last - static_cast<std::uint32_t>(chance.below(40)));
      switch (chance.below(8)) {
        case 0:
        case 1:
        case 2:
          CHECK(queue.push(numbered(++last)));
          waiting.push_back(numbered(last));
          break;
        case 3:
        case 4:
          if (!waiting.empty()) {
            CHECK(queue.front() == waiting.front());
            CHECK(queue.start_load() == waiting.front());
            loading.push_back(waiting.front());
            waiting.pop_front();
          }
          break;
        case 5: {
          const auto b = !loading.empty() && chance.below(4) != 0 ? loading.front() : any;
          CHECK(queue.finish_load(b) == take(loading, b));
          break;
        }
        case 6:
          CHECK(queue.cancel(any) == (take(waiting, any) || take(loading, any)));
          break;
        default:
          if (chance.below(50) == 0) {
            std::vector<block_ref> all(loading.begin(), loading.end());
            all.insert(all.end(), waiting.begin(), waiting.end());
            CHECK(queue.take_all() == all);
            waiting.clear();
            loading.clear();
          }
      }
      REQUIRE(queue.idle() == waiting.empty());
    }
  }
}

TEST_CASE("late requests wait for the others, in their own order") {
  const auto b = [](std::uint32_t n) { return block_ref{piece_index(n), 0, block_bytes}; };
  upload_queue q;
  q.push(b(1), true);
  CHECK(q.only_late());
  q.push(b(2));
  q.push(b(3), true);
  q.push(b(4));
  q.push(b(5), true);
  CHECK(!q.only_late());
  CHECK(q.cancel(b(3)));
  CHECK(q.start_load() == b(2));
  CHECK(!q.only_late());
  CHECK(q.start_load() == b(4));
  CHECK(q.only_late());
  CHECK(q.start_load() == b(1));
  CHECK(q.finish_load(b(4)));
  q.push(b(6));
  CHECK(!q.only_late());
  CHECK(q.start_load() == b(6));
  CHECK(q.start_load() == b(5));
  CHECK(q.idle());
  CHECK(!q.only_late());
}

TEST_CASE("an upload queue is bounded") {
  upload_queue queue;
  for (std::uint32_t n = 0; n < upload_queue::requests_max; ++n) {
    REQUIRE(queue.push(numbered(n)));
  }
  CHECK_FALSE(queue.push(numbered(upload_queue::requests_max)));
  const auto first = queue.start_load();
  CHECK_FALSE(queue.push(first));
  CHECK(queue.finish_load(first));
  CHECK(queue.push(first));
}

TEST_CASE("a block goes ahead of those that yield, as far as they stand at the end, and of late ones") {
  upload_queue queue;
  for (std::uint32_t n = 0; n < 4; ++n) {
    REQUIRE(queue.push(numbered(n)));
  }
  REQUIRE(queue.push(numbered(9), true));
  queue.start_load();
  const auto odd = [](const block_ref& b) { return b.begin / block_bytes != 1; };
  REQUIRE(queue.push_ahead(numbered(5), odd));
  for (const std::uint32_t n : {1U, 5U, 2U, 3U, 9U}) {
    CHECK(queue.start_load() == numbered(n));
  }
}

}  // namespace
}  // namespace shoal::peer
