// Links whose owner, pool or peer does not keep up, and what then waits.

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/net/error.hpp>
#include <shoal/net/peer_link.hpp>

#include "coroutines.hpp"
#include "link_harness.hpp"

using namespace shoal;
using namespace shoal::net;

TEST_CASE("an owner that does not consume stops the reading, and the sender with it") {
  rng random(11);
  conversation c(256, false);
  const auto blocks = random_blocks(random, 3000);
  c.a.say(blocks, c.payload);
  // Until nothing moves any more: the kernel's buffers are full and both links wait.
  while (c.context.poll() > 0) {
  }
  CHECK(c.b.owner.waiting_batches() == peer_link::batches_ahead_max);
  CHECK(c.a.owner.blocks_gone() < blocks.size());
  const auto held = c.b.pool.capacity() - c.b.pool.available();
  CHECK(held <= peer_link::batches_ahead_max * 32);
  run_until(c.context, [&] {
    c.b.owner.consume_one();
    CHECK(c.b.owner.waiting_batches() <= peer_link::batches_ahead_max);
    return c.b.owner.heard_count() == blocks.size();
  });
  CHECK((c.b.owner.heard() == blocks));
  c.finish();
}

TEST_CASE("an empty pool stops the reading until blocks come back") {
  rng random(12);
  interview i(4);
  std::vector<buffer::lease> others;
  REQUIRE(i.end.pool.try_acquire(4, others) == 4);
  std::vector<spoken> said{{wire::unchoke{}, {}}};
  for (const auto& s : random_blocks(random, 6)) {
    said.push_back(s);
    said.push_back({wire::have{piece_index(1)}, {}});
  }
  asio::write(i.raw, asio::buffer(on_the_wire(said)));
  while (i.context.poll() > 0) {
  }
  CHECK(i.end.owner.heard_count() == 1);  // what stood before the first block
  others.pop_back();
  run_until(i.context, [&] { return i.end.owner.heard_count() == said.size(); });
  CHECK((i.end.owner.heard() == said));
  i.end.link.close({});
  i.run_until_closed();
}

TEST_CASE("a link that is woken for a block which another took waits again") {
  rng random(16);
  interview i(1);
  auto other = i.end.pool.try_acquire();
  asio::write(i.raw, asio::buffer(on_the_wire(random_blocks(random, 1))));
  for (int turn = 0; turn < 3; ++turn) {
    while (i.context.poll() > 0) {
    }
    other = {};
    other = i.end.pool.try_acquire();
  }
  while (i.context.poll() > 0) {
  }
  CHECK(i.end.owner.heard_count() == 0);
  other = {};
  run_until(i.context, [&] { return i.end.owner.heard_count() == 1; });
  i.end.link.close({});
  i.run_until_closed();
}

TEST_CASE("a link that waits for the pool can be closed, and a late wake finds nobody") {
  rng random(13);
  asio::io_context context;
  buffer::pool pool(1);
  auto other = pool.try_acquire();
  recorder owner(true);
  {
    auto pair = connected_pair(context.get_executor());
    peer_link link(established{std::move(pair.first), {}, {}, true}, peer_key(1), {}, owner, pool);
    owner.link = &link;
    task_group group(context.get_executor());
    group.spawn(link.executor(), link.run());
    asio::write(pair.second, asio::buffer(on_the_wire(random_blocks(random, 1))));
    while (context.poll() > 0) {
    }
    link.close(asio::error::timed_out);
    context.restart();
    context.run();
    CHECK(owner.closed() == 1);
    CHECK(owner.why() == asio::error::timed_out);
  }
  other = {};
  CHECK(pool.available() == 1);
}

TEST_CASE("a peer that never reads is dropped when control messages pile up, and payload does not") {
  rng random(14);
  interview i;
  buffer::pool payload(512);
  const auto blocks = random_blocks(random, 500);
  i.end.say(blocks, payload);
  while (i.context.poll() > 0) {
  }
  CHECK(i.end.owner.closed() == 0);
  CHECK(i.end.owner.blocks_gone() < blocks.size());
  const std::vector<spoken> haves(10'000, {wire::have{piece_index(1)}, {}});
  for (std::size_t said = 0; i.end.owner.closed() == 0 && said < peer_link::control_bytes_max;
       said += 9 * haves.size()) {
    i.end.say(haves, payload);
    while (i.context.poll() > 0) {
    }
  }
  i.run_until_closed();
  CHECK(i.end.owner.why() == errc::peer_reads_nothing);
  CHECK(payload.available() == payload.capacity());  // the queue is let go at once
}

TEST_CASE("unsend takes out what waits, and the owner's count of queued blocks comes out even") {
  rng random(15);
  conversation c(256, false);
  const auto blocks = random_blocks(random, 2000);
  c.a.say(blocks, c.payload);
  while (c.context.poll() > 0) {
  }
  const auto& last = std::get<wire::piece>(blocks.back().msg).block;
  const auto& first = std::get<wire::piece>(blocks.front().msg).block;
  c.a.link.unsend({last, first});  // the first is long gone
  c.context.poll();
  run_until(c.context, [&] {
    c.b.owner.consume_one();
    return c.a.owner.blocks_gone() == blocks.size() && c.b.owner.heard_count() == blocks.size() - 1;
  });
  auto expected = blocks;
  expected.pop_back();
  CHECK((c.b.owner.heard() == expected));
  CHECK(c.a.owner.payload_sent() == payload_of(expected));
  CHECK(c.payload.available() == c.payload.capacity());
  c.finish();
}

TEST_CASE("after a slow flow has ended a single message is heard without another") {
  rng random(17);
  interview i;
  asio::steady_timer clock(i.context);
  std::size_t said = 0;
  const auto say = [&](const std::vector<spoken>& all) {
    asio::write(i.raw, asio::buffer(on_the_wire(all)));
    said += all.size();
  };
  const auto pass = [&](std::chrono::milliseconds time) {
    bool over = false;
    clock.expires_after(time);
    clock.async_wait([&](error) { over = true; });
    run_until(i.context, [&] { return over; });
  };
  for (int n = 0; n < 30; ++n) {
    say(random_blocks(random, 1));
    pass(std::chrono::milliseconds(10));
  }
  run_until(i.context, [&] { return i.end.owner.heard_count() == said; });
  pass(std::chrono::milliseconds(200));
  say({{wire::have{piece_index(3)}, {}}});
  run_until(i.context, [&] { return i.end.owner.heard_count() == said; });
  i.end.link.close({});
  i.run_until_closed();
}

TEST_CASE("the requests of a peer that is sent to fast wake the link one by one") {
  asio::io_context context;
  auto sockets = connected_pair(context.get_executor());
  tcp::socket same(context, tcp::v4(), ::dup(sockets.second.native_handle()));  // shares the socket's options
  link_end end(std::move(sockets.second), 16);
  task_group group{context.get_executor()};
  end.run_in(group);
  std::vector<spoken> some;
  for (std::uint32_t i = 0; i < 40; ++i) {
    some.push_back({wire::request{{piece_index(0), i * block_bytes, block_bytes}}, {}});
  }
  const auto bytes = on_the_wire(some);
  const auto begin = std::chrono::steady_clock::now();
  std::size_t sent = 0;
  while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(300)) {
    asio::write(sockets.first, asio::buffer(bytes));  // at most 40 a millisecond, 640 MiB/s of answers
    sent += some.size();
    context.run_for(std::chrono::milliseconds(1));
  }
  run_until(context, [&] { return end.owner.heard_count() == sent; });
  tcp::socket::receive_low_watermark threshold;
  same.get_option(threshold);
  CHECK(threshold.value() == 1);
  end.link.close({});
  context.run();
}
