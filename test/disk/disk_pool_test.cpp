#include <algorithm>
#include <atomic>
#include <bit>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <utility>

#include <doctest/doctest.h>

#include <shoal/disk/disk_pool.hpp>

#include "disk/full_disk.hpp"
#include "disk/jobs.hpp"

using namespace shoal;
using namespace shoal::disk;
using shoal::test::file;
using shoal::test::fixture;
using shoal::test::padding;
using shoal::test::piece_bytes;
using shoal::test::sink_of;
using shoal::test::temp_directory;
using verdict = piece_outcome::verdict;

namespace {

/// What was given to `done`, once it is there.
template <class T>
class awaited {
 public:
  void put(T value) {
    const std::lock_guard lock(mutex_);
    value_ = std::move(value);
    there_.notify_one();
  }
  T get() {
    std::unique_lock lock(mutex_);
    there_.wait(lock, [this] { return value_.has_value(); });
    return std::move(*value_);
  }

 private:
  std::mutex mutex_;
  std::condition_variable there_;
  std::optional<T> value_;
};

std::vector<piece_job> list_of(piece_job job) {
  std::vector<piece_job> out;
  out.push_back(std::move(job));
  return out;
}

piece_outcome run(disk_pool& pool, piece_job job) {
  awaited<piece_outcome> result;
  pool.submit(list_of(std::move(job)), sink_of([&](piece_outcome out) { result.put(std::move(out)); }));
  return result.get();
}

template <class Job>  // spill_job or read_job
std::pair<outcome<void>, Job> run(disk_pool& pool, Job job) {
  awaited<std::pair<outcome<void>, Job>> result;
  pool.submit(std::move(job),
              [&](outcome<void> done, Job back) { result.put({std::move(done), std::move(back)}); });
  return result.get();
}

}  // namespace

TEST_CASE("a good piece is written across its files and given back") {
  const temp_directory here;
  fixture f(here.path(), {file("t/a", 20000), file("t/none", 0), padding(7000), file("t/b", 200000)});
  disk_pool pool(2);
  const auto out = run(pool, f.piece(0, 0, piece_bytes));
  CHECK(out.what == verdict::written);
  CHECK(out.job.piece == piece_index(0));
  CHECK(out.job.blocks.size() == 6);
  CHECK(out.job.store == f.store);
  CHECK(f.holds(0, piece_bytes));
}

TEST_CASE("a bad piece touches nothing and is given back") {
  const temp_directory here;
  fixture f(here.path(), {file("t/a", 200000)});
  disk_pool pool(1);
  auto job = f.piece(0, 0, piece_bytes);
  SUBCASE("a byte of a block differs") {
    job.blocks[3].data.data()[17] ^= std::byte{1};
  }
  SUBCASE("its last byte differs") {
    job.blocks.back().data.data()[99] ^= std::byte{0x80};
  }
  SUBCASE("two blocks changed places") {
    std::swap(job.blocks[0].data, job.blocks[1].data);
  }
  SUBCASE("another digest is expected") {
    job.expected = sha1(as_bytes("else"));
  }
  const auto expected = job.expected;
  const auto out = run(pool, std::move(job));
  CHECK(out.what == verdict::hash_mismatch);
  CHECK(out.job.blocks.size() == 6);
  CHECK(out.job.expected == expected);
  CHECK_FALSE(std::filesystem::exists(here / "t"));
}

TEST_CASE("spilled blocks are read back to be hashed, and only the others are written") {
  const temp_directory here;
  fixture f(here.path(), {file("t/a", 30000), file("t/b", 170001)});
  disk_pool pool(2);
  const std::uint64_t offset = 1000;
  // Every choice of the six blocks to spill.
  for (unsigned choice = 0; choice < 64; ++choice) {
    CAPTURE(choice);
    std::filesystem::remove_all(here / "t");
    f.store->close();
    auto job = f.piece(0, offset, piece_bytes);
    for (std::size_t i = 0; i < job.blocks.size(); ++i) {
      if ((choice >> i & 1U) == 0) continue;
      spill_job spill{f.store, offset + i * block_bytes, {std::move(job.blocks[i])}};
      job.blocks[i].data = {};
      job.blocks[i].length = spill.blocks[0].length;
      REQUIRE(run(pool, std::move(spill)).first);
    }
    const auto out = run(pool, std::move(job));
    REQUIRE(out.what == verdict::written);
    REQUIRE(f.holds(offset, piece_bytes));
    CHECK(f.blocks.available() == f.blocks.capacity() - 6 + static_cast<unsigned>(std::popcount(choice)));
  }
}

TEST_CASE("a spilled block that changed on disk makes the piece bad") {
  const temp_directory here;
  fixture f(here.path(), {file("a", 200000)});
  disk_pool pool(1);
  auto job = f.piece(0, 0, piece_bytes);
  REQUIRE(run(pool, spill_job{f.store, 0, {job.blocks[0], job.blocks[1]}}).first);
  job.blocks[0].data = {};
  job.blocks[1].data = {};
  const byte_view wrong = as_bytes("x");
  REQUIRE(f.store->write(block_bytes + 5, {&wrong, 1}));
  CHECK(run(pool, std::move(job)).what == verdict::hash_mismatch);
}

TEST_CASE("a spilled block that cannot be read back fails, and the rest is not lost") {
  const temp_directory here;
  fixture f(here.path(), {file("a", 200000)});
  disk_pool pool(1);
  auto job = f.piece(0, 0, piece_bytes);
  job.blocks[5].data = {};
  const auto out = run(pool, std::move(job));
  CHECK(out.what == verdict::io_failed);
  CHECK(out.why.code == errc::short_read);
  CHECK(out.why.subject == (here / "a").string());
  REQUIRE(out.job.blocks.size() == 6);
  CHECK(out.job.blocks[0].data);
}

TEST_CASE("a piece that the full disk refused comes back whole and is written when there is room") {
  disk_pool pool(1);
  piece_job refused;
  test::with_little_room([&](const std::filesystem::path& where, auto expected) {
    fixture f(where, {file("t/a", 200000)});
    auto out = run(pool, f.piece(0, 0, piece_bytes));
    REQUIRE(out.what == verdict::io_failed);
    CHECK(out.why.code == expected);
    CHECK(out.why.subject == (where / "t/a").string());
    refused = std::move(out.job);
    refused.store = nullptr;
  });
  const temp_directory roomy;
  const fixture f(roomy.path(), {file("t/a", 200000)});
  refused.store = f.store;
  CHECK(run(pool, std::move(refused)).what == verdict::written);
  CHECK(f.holds(0, piece_bytes));
}

TEST_CASE("a medium that fails gives pieces, spills and reads back with the reason") {
  fixture f(test::broken_medium, {file("mem", 200000)});
  disk_pool pool(1);
  const auto piece = run(pool, f.piece(0, 0, piece_bytes));
  CHECK(piece.what == verdict::io_failed);
  CHECK(piece.why.code == boost::system::errc::io_error);
  CHECK(piece.job.blocks.size() == 6);
  const auto spill = run(pool, spill_job{f.store, 0, test::blocks_of(f.blocks, f.bytes(0, 100))});
  CHECK(spill.first.error().code == boost::system::errc::io_error);
  CHECK(spill.second.blocks.size() == 1);
  const auto read = run(pool, read_job{f.store, {{0, 100, f.blocks.try_acquire()}}});
  CHECK(read.first.error().code == boost::system::errc::io_error);
  CHECK(read.second.items.size() == 1);
}

TEST_CASE("reads fill adjacent, scattered and repeated items") {
  const temp_directory here;
  fixture f(here.path(), {file("t/a", 50001), padding(333), file("t/b", 100000)});
  const byte_view all = f.content;
  REQUIRE(f.store->write(0, {&all, 1}));
  disk_pool pool(2);
  read_job job{f.store, {}};
  const auto want = [&](std::uint64_t offset, std::uint32_t length) {
    job.items.push_back({offset, length, f.blocks.try_acquire()});
  };
  want(0, block_bytes);
  want(block_bytes, block_bytes);
  want(2 * block_bytes, 1);
  want(49'990, 1000);
  want(49'990, 1000);
  want(f.content.size() - 10, 10);
  want(5, 0);
  want(5, 7);
  const auto out = run(pool, std::move(job));
  REQUIRE(out.first);
  for (const auto& item : out.second.items) {
    CAPTURE(item.offset);
    CHECK(std::ranges::equal(item.into.bytes(item.length), f.bytes(item.offset, item.length)));
  }
}

TEST_CASE("a job whose bytes are cached may be done at once, and any other is refused") {
  const temp_directory here;
  fixture f(here.path(), {file("t/a", 4 * block_bytes)});
  const auto job = [&] {
    read_job out{f.store, {}};
    for (const std::uint64_t block : {3U, 0U, 1U}) {
      out.items.push_back({block * block_bytes, block_bytes, f.blocks.try_acquire()});
    }
    return out;
  };
  CHECK_FALSE(read_cached(job()));  // there is no file
  disk_pool pool(1);
  CHECK(run(pool, f.piece(0, 0, 4 * block_bytes)).what == verdict::written);
  const auto done = job();
  if (read_cached(done)) {  // not every file system can tell
    for (const auto& item : done.items) {
      CHECK(std::ranges::equal(item.into.bytes(item.length), f.bytes(item.offset, item.length)));
    }
  }
}

TEST_CASE("many pieces on many threads get each its own verdict, and the destructor waits for all") {
  const auto seed = std::uint64_t{std::random_device{}()};
  CAPTURE(seed);
  const temp_directory here;
  constexpr std::uint32_t pieces = 60;
  constexpr std::size_t length = 2 * block_bytes + 17;
  fixture f(here.path(), {file("t/a", 1'000'000), file("t/b", pieces * length - 1'000'000)}, seed);
  std::vector<verdict> expected;
  std::mutex mutex;
  std::map<piece_index, verdict> got;
  std::atomic<int> work_done{0};
  {
    disk_pool pool(3);
    const auto sink = sink_of([&](const piece_outcome& out) {
      const std::lock_guard lock(mutex);
      got.emplace(out.job.piece, out.what);
    });
    for (std::uint32_t i = 0; i < pieces; ++i) {
      auto job = f.piece(i, i * length, length);
      const bool bad = f.random.below(3) == 0;
      if (bad) job.blocks[f.random.below(3)].data.data()[0] ^= std::byte{4};
      expected.push_back(bad ? verdict::hash_mismatch : verdict::written);
      pool.submit(list_of(std::move(job)), sink);
      pool.submit([&] { ++work_done; });
    }
  }
  CHECK(work_done == pieces);
  REQUIRE(got.size() == pieces);
  for (std::uint32_t i = 0; i < pieces; ++i) {
    CAPTURE(i);
    CHECK(got[piece_index(i)] == expected[i]);
    if (expected[i] == verdict::written) CHECK(f.holds(i * length, length));
  }
  CHECK(f.blocks.available() == f.blocks.capacity());
}

TEST_CASE("jobs of one kind start in order, and a job may submit another while the pool ends") {
  std::vector<int> order;
  {
    disk_pool pool(1);
    for (int i = 0; i < 20; ++i) {
      pool.submit([&, i] {
        order.push_back(i);
        if (i == 19) pool.submit([&] { order.push_back(20); });
      });
    }
    CHECK(pool.pending() <= 21);
  }
  REQUIRE(order.size() == 21);
  CHECK(std::ranges::is_sorted(order));
}

TEST_CASE("the threads of a pool are shared by the jobs that it has") {
  std::promise<void> end;
  const auto ended = end.get_future().share();
  disk_pool pool(4);
  CHECK(pool.share() == 4);
  for (const unsigned share : {4U, 2U, 1U, 1U, 1U}) {
    pool.submit([ended] { ended.wait(); });
    CHECK(pool.share() == share);
  }
  end.set_value();
}

TEST_CASE("pieces that are submitted together come back together, each to its sink") {
  const temp_directory here;
  constexpr std::uint32_t pieces = 40;
  fixture f(here.path(), {file("a", pieces * block_bytes)});
  std::mutex mutex;
  std::vector<std::size_t> calls;
  std::size_t others = 0;
  const auto counted =
      std::make_shared<const std::function<void(std::vector<piece_outcome>)>>([&](auto outcomes) {
        const std::lock_guard lock(mutex);
        calls.push_back(outcomes.size());
      });
  {
    disk_pool pool(1);
    std::vector<piece_job> jobs;
    for (std::uint32_t i = 0; i < pieces; ++i) {
      jobs.push_back(f.piece(i, i * block_bytes, block_bytes));
    }
    auto last = list_of(std::move(jobs.back()));
    jobs.pop_back();
    pool.submit(std::move(jobs), counted);
    pool.submit(std::move(last), sink_of([&](const piece_outcome&) {
                  const std::lock_guard lock(mutex);
                  ++others;
                }));
  }
  CHECK(calls == std::vector<std::size_t>{pieces - 1});
  CHECK(others == 1);
  CHECK(f.holds(0, f.content.size()));
}

TEST_CASE("a piece alone does not wait for others that never come") {
  const temp_directory here;
  fixture f(here.path(), {file("a", 3 * block_bytes)});
  for (const unsigned threads : {1U, 4U}) {
    awaited<bool> begun;
    awaited<bool> end;
    disk_pool pool(threads);  // the last, so that its threads end before what they use
    for (std::uint32_t i = 0; i < 3; ++i) {
      CHECK(run(pool, f.piece(i, i * block_bytes, block_bytes)).what == verdict::written);
    }
    // Nor while a thread is busy with other work.
    if (threads == 1) continue;
    pool.submit([&] {
      begun.put(true);
      end.get();
    });
    begun.get();
    CHECK(run(pool, f.piece(0, 0, block_bytes)).what == verdict::written);
    end.put(true);
  }
}
