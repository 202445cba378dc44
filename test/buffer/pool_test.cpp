#include <algorithm>
#include <atomic>
#include <cstring>
#include <optional>
#include <thread>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/buffer/pool.hpp>

using shoal::block_bytes;
using shoal::buffer::lease;
using shoal::buffer::pool;

TEST_CASE("a pool gives as many buffers as it has, and gives them again when they come back") {
  for (const std::size_t capacity : {1U, 2U, 63U, 64U, 65U, 200U}) {
    CAPTURE(capacity);
    pool p(capacity);
    CHECK(p.capacity() == capacity);
    CHECK(p.available() == capacity);
    for (int round = 0; round < 2; ++round) {
      std::vector<lease> all;
      while (lease l = p.try_acquire()) {
        all.push_back(std::move(l));
      }
      CHECK(all.size() == capacity);
      CHECK(p.available() == 0);
      std::vector<std::byte*> where;
      for (const auto& l : all) {
        where.push_back(l.data());
      }
      std::sort(where.begin(), where.end());
      for (std::size_t i = 1; i < where.size(); ++i) {
        CHECK(where[i] - where[i - 1] >= static_cast<std::ptrdiff_t>(block_bytes));
      }
    }
    CHECK(p.available() == capacity);
  }
}

TEST_CASE("a batch from a fresh pool is adjacent in memory, and a batch never exceeds what is free") {
  pool p(100);
  std::vector<lease> batch;
  CHECK(p.try_acquire(64, batch) == 64);
  for (std::size_t i = 1; i < batch.size(); ++i) {
    CHECK(batch[i].data() == batch[i - 1].data() + block_bytes);
  }
  CHECK(p.try_acquire(64, batch) == 36);
  CHECK(p.try_acquire(1, batch) == 0);
  CHECK(batch.size() == 100);
  CHECK(p.try_acquire(0, batch) == 0);

  // What is free again below is preferred, so the run is found again.
  const std::byte* const first = batch[10].data();
  batch.erase(batch.begin() + 10, batch.begin() + 20);
  std::vector<lease> again;
  CHECK(p.try_acquire(10, again) == 10);
  CHECK(again.front().data() == first);
  CHECK(again.back().data() == first + 9 * block_bytes);
}

TEST_CASE("copies of a lease share one buffer, which returns with the last of them") {
  pool p(2);
  lease a = p.try_acquire();
  CHECK(a.unique());
  CHECK(a.bytes().size() == block_bytes);
  CHECK(a.bytes(7).size() == 7);
  {
    const lease b = a;
    CHECK(b.data() == a.data());
    CHECK_FALSE(a.unique());
    CHECK(p.available() == 1);
  }
  CHECK(a.unique());
  lease c = std::move(a);
  CHECK_FALSE(a);  // NOLINT(bugprone-use-after-move): moved from is empty, by contract
  CHECK_FALSE(a.unique());
  CHECK(a.data() == nullptr);
  CHECK(c.unique());
  const lease& itself = c;
  c = itself;
  CHECK(c.unique());
  c = p.try_acquire();
  CHECK(p.available() == 1);
  c = lease();
  CHECK(p.available() == 2);
}

TEST_CASE("leases outlive their pool") {
  std::vector<lease> kept;
  {
    pool p(70);
    p.try_acquire(70, kept);
  }
  for (auto& l : kept) {
    std::memset(l.data(), 1, block_bytes);
  }
  const lease copy = kept[3];
  kept.clear();
  CHECK(copy.data()[block_bytes - 1] == std::byte{1});
}

TEST_CASE("who waits is woken once, when an eighth is free") {
  pool p(16);
  int woken = 0;
  p.on_available([&] { ++woken; });
  CHECK(woken == 1);  // at once

  std::vector<lease> all;
  p.try_acquire(16, all);
  p.on_available([&] { ++woken; });
  p.on_available([&] { ++woken; });
  all.pop_back();
  CHECK(woken == 1);
  all.pop_back();
  CHECK(woken == 3);
  all.clear();
  CHECK(woken == 3);
}

TEST_CASE("a pool of one buffer wakes when that one is free") {
  pool p(1);
  bool woken = false;
  lease only = p.try_acquire();
  p.on_available([&] { woken = true; });
  CHECK_FALSE(woken);
  only = lease();
  CHECK(woken);
}

TEST_CASE("a wake may acquire and wait again, and a dropped wake may hold leases") {
  std::optional<pool> p(8);
  std::vector<lease> all;
  std::vector<lease> taken;
  p->try_acquire(8, all);
  p->on_available([&] { p->try_acquire(8, taken); });
  all.pop_back();
  CHECK(taken.size() == 1);
  p->on_available([held = std::move(taken)] {});
  p.reset();
  CHECK(all.size() == 7);
}

TEST_CASE("threads that take, share, write and give back never meet in one buffer") {
  pool p(150);
  std::atomic<int> torn{0};
  std::atomic<int> wakes{0};
  const auto work = [&](std::uint64_t seed) {
    shoal::rng random(seed);
    std::vector<lease> mine;
    for (int i = 0; i < 2000; ++i) {
      if (p.try_acquire(random.below(8), mine) == 0) p.on_available([&] { ++wakes; });
      const auto mark = static_cast<int>(random.next() & 0xff);
      for (auto& l : mine) {
        std::memset(l.data(), mark, 64);
        const lease shared = l;
        if (std::to_integer<int>(shared.data()[63]) != mark) ++torn;
      }
      mine.resize(static_cast<std::size_t>(random.below(mine.size() + 1)));
    }
  };
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back(work, t);
  }
  for (auto& t : threads) {
    t.join();
  }
  CHECK(torn == 0);
  CHECK(p.available() == 150);
}
