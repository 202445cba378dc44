#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/net/error.hpp>
#include <shoal/net/peer_link.hpp>

#include "coroutines.hpp"
#include "link_harness.hpp"

using namespace shoal;
using namespace shoal::net;

namespace {

/// Writes the stream in cuts, yielding between them so that the reader meets each on its own.
awaitable<void> write_in_cuts(tcp::socket& socket, byte_vector stream, std::size_t cut_max,
                              std::uint64_t seed) {
  rng random(seed);
  for (std::size_t at = 0; at < stream.size();) {
    const std::size_t n = std::min<std::size_t>(stream.size() - at, 1 + random.below(cut_max));
    const auto cut = asio::buffer(stream.data() + at, n);
    const auto [failed, written] = co_await asio::async_write(socket, cut, use_tuple);
    if (failed) {
      co_return;
    }
    at += n;
    for (std::uint64_t turns = random.below(3); turns > 0; --turns) {
      co_await asio::post(socket.get_executor(), asio::use_awaitable);
    }
  }
}

}  // namespace

TEST_CASE("two links say every kind of message to each other") {
  const std::uint64_t seed = 42;
  CAPTURE(seed);
  rng random(seed);
  conversation c;
  std::vector<spoken> from_a;
  std::vector<spoken> from_b;
  for (int round = 0; round < 20; ++round) {
    const auto said_by_a = random_talk(random, 30);
    const auto said_by_b = random_talk(random, 30);
    c.a.say(said_by_a, c.payload);
    c.b.say(said_by_b, c.payload);
    from_a.insert(from_a.end(), said_by_a.begin(), said_by_a.end());
    from_b.insert(from_b.end(), said_by_b.begin(), said_by_b.end());
    for (int i = 0; i < 5; ++i) {
      c.context.poll_one();
    }
  }
  run_until(c.context, [&] {
    return c.b.owner.heard_count() == from_a.size() && c.a.owner.heard_count() == from_b.size();
  });
  CHECK((apart(c.b.owner.heard()) == apart(from_a)));
  CHECK((apart(c.a.owner.heard()) == apart(from_b)));
  CHECK(c.a.owner.payload_sent() == payload_of(from_a));
  CHECK(c.a.owner.blocks_gone() == apart(from_a).second.size());
  CHECK(c.b.owner.bytes() == on_the_wire(from_a).size());
  CHECK(c.payload.available() == c.payload.capacity());
  c.finish();
}

TEST_CASE("a message larger than the read buffer comes through, and the next one after it") {
  rng random(44);
  conversation c;
  const std::vector<spoken> said{{wire::bitfield_bits{random_bytes(random, 1U << 20)}, {}},
                                 {wire::extended{7, random_bytes(random, 1U << 17)}, {}},
                                 random_piece(random, block_bytes),
                                 random_piece(random, 1),
                                 random_piece(random, 0)};
  c.a.say(said, c.payload);
  run_until(c.context, [&] { return c.b.owner.heard_count() == said.size(); });
  CHECK((c.b.owner.heard() == said));
  c.finish();
}

TEST_CASE("thousands of blocks arrive as they were sent") {
  const std::uint64_t seed = 43;
  CAPTURE(seed);
  rng random(seed);
  conversation c;
  const auto blocks = random_blocks(random, 3000);
  c.a.say(blocks, c.payload);
  run_until(c.context, [&] { return c.b.owner.heard_count() == blocks.size(); });
  CHECK((c.b.owner.heard() == blocks));
  CHECK(c.a.owner.payload_sent() == payload_of(blocks));
  CHECK(c.a.owner.blocks_gone() == blocks.size());
  CHECK(c.b.pool.available() == c.b.pool.capacity());
  c.finish();
}

TEST_CASE("a stream in cuts of any size is understood, with plenty of pool and with hardly any") {
  struct row {
    int messages;
    std::size_t cut_max;
    std::size_t pool_blocks;
  };
  for (const row r : {row{20, 200, 64}, row{200, 30'000, 64}, row{200, 400'000, 64}, row{200, 400'000, 4},
                      row{100, 30'000, 1}}) {
    const std::uint64_t seed = r.cut_max + r.pool_blocks;
    CAPTURE(r.cut_max);
    CAPTURE(r.pool_blocks);
    CAPTURE(seed);
    rng random(seed);
    interview i(r.pool_blocks);
    const auto said = random_talk(random, r.messages);
    asio::co_spawn(i.raw.get_executor(), write_in_cuts(i.raw, on_the_wire(said), r.cut_max, seed), rethrow);
    run_until(i.context, [&] { return i.end.owner.heard_count() == said.size(); });
    CHECK((i.end.owner.heard() == said));
    CHECK(i.end.pool.available() == i.end.pool.capacity());
    i.raw.close();
    i.run_until_closed();
    CHECK(i.end.owner.why() == asio::error::eof);
  }
}

TEST_CASE("a peer that closes in good order is heard to its last byte") {
  rng random(9);
  interview i(4);
  const auto blocks = random_blocks(random, 10);
  const auto stream = on_the_wire(blocks);
  asio::write(i.raw, asio::buffer(stream));  // fits into the socket's buffers
  i.raw.close();
  i.run_until_closed();
  CHECK((i.end.owner.heard() == blocks));
  CHECK(i.end.owner.why() == asio::error::eof);
}

TEST_CASE("garbage closes the link with the reason, after what was said before it") {
  struct row {
    std::string name;
    std::string bytes;
    error expected;
  };
  using namespace std::string_literals;
  const row rows[] = {
      {"a frame larger than any message", "\xff\xff\xff\xff"s, wire::errc::frame_too_long},
      {"a block larger than any", "\x00\x00\x40\x0a\x07"s, wire::errc::frame_too_long},
      {"a bitfield larger than allowed", "\x7f\x00\x00\x00\x05"s, wire::errc::frame_too_long},
      {"a piece without its head", "\x00\x00\x00\x03\x07\x00\x00"s, wire::errc::bad_length},
      {"a request that is short", "\x00\x00\x00\x0c\x06"s, wire::errc::bad_length},
      {"text", "GET / HTTP/1.1\r\n\r\n"s, wire::errc::frame_too_long},
      {"half a message, then the end", "\x00\x00\x00\x05\x04\x00"s, asio::error::eof},
  };
  for (const auto& r : rows) {
    CAPTURE(r.name);
    interview i;
    auto stream = on_the_wire({{wire::unchoke{}, {}}});
    const auto tail = as_bytes(r.bytes);
    stream.insert(stream.end(), tail.begin(), tail.end());
    asio::write(i.raw, asio::buffer(stream));
    if (r.expected == asio::error::eof) {
      i.raw.close();
    }
    i.run_until_closed();
    CHECK_MESSAGE(i.end.owner.why() == r.expected, i.end.owner.why().message());
    CHECK(i.end.owner.heard_count() == 1);
  }
}

TEST_CASE("the first reason to close is the one that is told") {
  conversation c;
  c.a.link.close(asio::error::timed_out);
  c.a.link.close(asio::error::fault);
  c.context.run();
  CHECK(c.a.owner.closed() == 1);
  CHECK(c.a.owner.why() == asio::error::timed_out);
  CHECK(c.b.owner.closed() == 1);
  CHECK(c.b.owner.why() == asio::error::eof);
  c.a.say({{wire::choke{}, {}}}, c.payload);  // to nobody
  c.a.link.close(asio::error::fault);
  c.a.link.unsend({});
  c.context.restart();
  c.context.run();
  CHECK(c.a.owner.closed() == 1);
}

TEST_CASE("cancelling the group ends its links, even those that have not begun") {
  conversation c;
  SUBCASE("before their first step") {}
  SUBCASE("when they wait") {
    while (c.context.poll() > 0) {
    }
  }
  c.group.cancel();
  c.context.run();
  CHECK(c.a.owner.closed() == 1);
  CHECK(c.b.owner.closed() == 1);
  const bool aborted =
      c.a.owner.why() == asio::error::operation_aborted || c.b.owner.why() == asio::error::operation_aborted;
  CHECK(aborted);
}

TEST_CASE("a reset is an error and not an end in good order") {
  interview i;
  i.raw.set_option(tcp::socket::linger(true, 0));
  i.raw.close();
  i.run_until_closed();
  CHECK(i.end.owner.why() == asio::error::connection_reset);
}

TEST_CASE("an empty batch and an early send do no harm") {
  asio::io_context context;
  auto pair = connected_pair(context.get_executor());
  link_end a(std::move(pair.first), 4);
  link_end b(std::move(pair.second), 4);
  a.link.send({});
  a.say({{wire::interested{}, {}}}, a.pool);
  context.run();  // nothing runs yet: it is only queued
  context.restart();
  task_group group(context.get_executor());
  a.run_in(group);
  b.run_in(group);
  run_until(context, [&] { return b.owner.heard_count() == 1; });
  a.link.close({});
  context.run();
  CHECK(a.owner.closed() == 1);
  CHECK(b.owner.closed() == 1);
}
