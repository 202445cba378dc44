// Links on several threads that are closed at random moments. What it finds, it finds under the sanitizers.

#include <algorithm>
#include <cstdint>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>

#include "coroutines.hpp"
#include "link_harness.hpp"

using namespace shoal;
using namespace shoal::net;

namespace {

awaitable<void> join_group(task_group& group) {
  co_await group.join();
}

/// True when `part` is the beginning of `whole`, as far as order goes in each kind.
bool begins(const std::vector<spoken>& whole, const std::vector<spoken>& part) {
  return part.size() <= whole.size() && std::equal(part.begin(), part.end(), whole.begin());
}

struct talker {
  talker(tcp::socket socket, std::size_t pool_blocks) : end(std::move(socket), pool_blocks) {}
  link_end end;
  std::vector<spoken> said;
};

void say_something(talker& t, rng& random, buffer::pool& payload) {
  std::vector<spoken> batch;
  for (std::uint64_t i = random.below(12); i > 0; --i) {
    batch.push_back(random_message(random));
  }
  const auto blocks = static_cast<std::size_t>(std::count_if(batch.begin(), batch.end(), [](const spoken& s) {
    return std::holds_alternative<wire::piece>(s.msg);
  }));
  if (payload.available() < blocks) {
    return;
  }
  t.end.say(batch, payload);
  t.said.insert(t.said.end(), batch.begin(), batch.end());
}

void end_somehow(talker& t, task_group& group, rng& random) {
  switch (random.below(4)) {
    case 0:
      group.cancel();
      break;
    default:
      t.end.link.close(asio::error::timed_out);
      break;
  }
}

}  // namespace

TEST_CASE("links that are closed at random moments end once and lose nothing before that") {
  for (std::uint64_t seed = 0; seed < 60; ++seed) {
    CAPTURE(seed);
    rng random(seed);
    crowd threads(3);
    buffer::pool payload(200);
    auto pair = connected_pair(threads.get_executor());
    const std::size_t pool_blocks = random.below(2) == 0 ? 4 : 64;
    talker a(std::move(pair.first), pool_blocks);
    talker b(std::move(pair.second), pool_blocks);
    {
      task_group group(threads.get_executor());
      a.end.run_in(group);
      b.end.run_in(group);
      for (std::uint64_t turns = random.below(40); turns > 0; --turns) {
        say_something(random.below(2) == 0 ? a : b, random, payload);
        if (random.below(4) == 0) {
          std::this_thread::yield();
        }
      }
      end_somehow(random.below(2) == 0 ? a : b, group, random);
      asio::co_spawn(strand(threads.get_executor()), join_group(group), asio::use_future).get();
    }
    threads.join();
    CHECK(a.end.owner.closed() == 1);
    CHECK(b.end.owner.closed() == 1);
    for (const auto& [speaker, hearer] : {std::pair(&a, &b), std::pair(&b, &a)}) {
      const auto said = apart(speaker->said);
      const auto heard = apart(hearer->end.owner.heard());
      CHECK(begins(said.first, heard.first));
      CHECK(begins(said.second, heard.second));
    }
    CHECK(payload.available() == payload.capacity());
  }
}
