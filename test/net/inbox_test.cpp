#include "net/inbox.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>

#include "messages.hpp"

using namespace shoal;
using namespace shoal::net;
using verdict = inbox::verdict;

namespace {

/// Takes the batch apart into what was said; the batch's blocks go back to the pool.
void collect(inbound_batch&& batch, std::vector<spoken>& out) {
  std::size_t next_block = 0;
  for (auto& m : batch.messages) {
    spoken s{std::move(m), {}};
    if (const auto* p = std::get_if<wire::piece>(&s.msg)) {
      REQUIRE(next_block < batch.blocks.size());
      const auto bytes = batch.blocks[next_block++].bytes(p->block.length);
      s.payload.assign(bytes.begin(), bytes.end());
    }
    out.push_back(std::move(s));
  }
  CHECK(next_block == batch.blocks.size());
}

/// Feeds `stream` in cuts of random length, taking each batch away at once.
std::vector<spoken> read_in_cuts(inbox& in, byte_view stream, std::size_t cut_max, rng& random) {
  std::vector<spoken> out;
  while (!stream.empty()) {
    const std::size_t n = std::min<std::size_t>(stream.size(), 1 + random.below(cut_max));
    byte_view cut = stream.first(n);
    stream = stream.subspan(n);
    verdict v = verdict::full;
    while (v != verdict::hungry) {
      inbound_batch batch;
      const auto done = in.feed(cut, batch);
      REQUIRE(done.has_value());
      v = *done;
      cut = {};
      CHECK((!batch.messages.empty() || v == verdict::hungry));
      CHECK(batch.blocks.size() <= inbox::blocks_per_batch_max);
      CHECK(batch.messages.size() <= inbox::messages_per_batch_max);
      collect(std::move(batch), out);
    }
  }
  return out;
}

byte_vector bytes_of(std::initializer_list<int> values) {
  byte_vector out;
  for (const int v : values) {
    out.push_back(static_cast<std::byte>(v));
  }
  return out;
}

}  // namespace

TEST_CASE("a stream cut anywhere says the same, whatever the pool holds") {
  struct row {
    std::size_t cut_max;
    std::size_t pool_blocks;
  };
  for (const row r :
       {row{3, 64}, row{100, 64}, row{20'000, 64}, row{300'000, 64}, row{300'000, 4}, row{300'000, 1}}) {
    const std::uint64_t seed = r.cut_max + r.pool_blocks;
    CAPTURE(r.cut_max);
    CAPTURE(r.pool_blocks);
    CAPTURE(seed);
    rng random(seed);
    std::vector<spoken> said;
    for (int i = 0; i < 200; ++i) {
      said.push_back(random_message(random));
    }
    buffer::pool pool(r.pool_blocks);
    inbox in({}, pool);
    const auto heard = read_in_cuts(in, on_the_wire(said), r.cut_max, random);
    CHECK((heard == said));
    CHECK(in.kept_bytes() == 0);
    CHECK(pool.available() == pool.capacity());
  }
}

TEST_CASE("a frame is whole with its last byte and not before") {
  rng random(7);
  std::vector<spoken> kinds;
  for (int i = 0; i < 60; ++i) {
    kinds.push_back(random_control(random));
  }
  kinds.push_back(random_piece(random, 100));
  for (const auto& kind : kinds) {
    CAPTURE(wire::name_of(kind.msg));
    const auto stream = on_the_wire({kind});
    for (std::size_t cut = 1; cut < stream.size(); cut += stream.size() > 300 ? 97 : 1) {
      CAPTURE(cut);
      buffer::pool pool(1);
      inbox in({}, pool);
      inbound_batch batch;
      REQUIRE(in.feed(byte_view(stream).first(cut), batch).has_value());
      CHECK(batch.messages.empty());
      CHECK(in.kept_bytes() == cut);
      REQUIRE(in.feed(byte_view(stream).subspan(cut), batch).has_value());
      CHECK(batch.messages.size() == 1);
      CHECK(batch.bytes_total == stream.size());
      CHECK(in.kept_bytes() == 0);
    }
  }
}

TEST_CASE("a batch ends at its bounds and the rest waits for the next") {
  SUBCASE("blocks of one byte") {
    std::vector<spoken> said;
    rng random(1);
    for (int i = 0; i < 100; ++i) {
      said.push_back(random_piece(random, 1));
    }
    buffer::pool pool(1000);
    inbox in({}, pool);
    inbound_batch batch;
    const auto done = in.feed(on_the_wire(said), batch);
    REQUIRE(done.has_value());
    CHECK(*done == verdict::full);
    CHECK(batch.blocks.size() == inbox::blocks_per_batch_max);
    CHECK(pool.capacity() - pool.available() == inbox::blocks_per_batch_max);
  }
  SUBCASE("keep-alives") {
    const byte_vector stream(4 * (inbox::messages_per_batch_max + 1));
    buffer::pool pool(1);
    inbox in({}, pool);
    inbound_batch batch;
    const auto done = in.feed(stream, batch);
    REQUIRE(done.has_value());
    CHECK(*done == verdict::full);
    CHECK(batch.messages.size() == inbox::messages_per_batch_max);
    inbound_batch rest;
    REQUIRE(in.feed({}, rest).has_value());
    CHECK(rest.messages.size() == 1);
  }
}

TEST_CASE("an empty pool stops at the block, and what stands before it is there") {
  rng random(3);
  buffer::pool pool(1);
  auto taken = pool.try_acquire();
  inbox in({}, pool);
  const auto stream =
      on_the_wire({{wire::unchoke{}, {}}, random_piece(random, block_bytes), {wire::choke{}, {}}});
  inbound_batch first;
  const auto starved = in.feed(stream, first);
  REQUIRE(starved.has_value());
  CHECK(*starved == verdict::starved);
  CHECK(first.messages.size() == 1);
  inbound_batch none;
  CHECK(*in.feed({}, none) == verdict::starved);
  CHECK(none.messages.empty());
  taken = {};
  inbound_batch second;
  CHECK(*in.feed({}, second) == verdict::hungry);
  CHECK(second.messages.size() == 2);
  CHECK(second.blocks.size() == 1);
}

TEST_CASE("lies and garbage are errors at once, after what was said before them") {
  struct row {
    std::string name;
    byte_vector bytes;
    wire::errc expected;
  };
  const row rows[] = {
      {"longer than any frame", bytes_of({0xff, 0xff, 0xff, 0xff}), wire::errc::frame_too_long},
      {"a block longer than any", bytes_of({0, 0, 0x40, 0x0a, 7}), wire::errc::frame_too_long},
      {"a piece without its head", bytes_of({0, 0, 0, 8, 7}), wire::errc::bad_length},
      {"a choke with a body", bytes_of({0, 0, 0, 2, 0}), wire::errc::bad_length},
      {"a have that is short", bytes_of({0, 0, 0, 4, 4}), wire::errc::bad_length},
      {"an unknown id, too long", bytes_of({0, 1, 0, 0, 99}), wire::errc::frame_too_long},
      {"a web page", byte_vector(as_bytes("HTTP/1.1 200").begin(), as_bytes("HTTP/1.1 200").end()),
       wire::errc::frame_too_long},
  };
  for (const auto& r : rows) {
    CAPTURE(r.name);
    for (const bool byte_by_byte : {false, true}) {
      CAPTURE(byte_by_byte);
      auto stream = on_the_wire({{wire::interested{}, {}}});
      stream.insert(stream.end(), r.bytes.begin(), r.bytes.end());
      buffer::pool pool(1);
      inbox in({}, pool);
      inbound_batch batch;
      const std::size_t step = byte_by_byte ? 1 : stream.size();
      error failed;
      for (std::size_t at = 0; at < stream.size() && !failed; at += step) {
        failed = in.feed(byte_view(stream).subspan(at, step), batch).error();
      }
      CHECK(failed == r.expected);
      CHECK(batch.messages.size() == 1);
    }
  }
}

TEST_CASE("unknown messages pass") {
  buffer::pool pool(1);
  inbox in({}, pool);
  inbound_batch batch;
  REQUIRE(in.feed(bytes_of({0, 0, 0, 3, 99, 1, 2}), batch).has_value());
  REQUIRE(batch.messages.size() == 1);
  CHECK(std::holds_alternative<wire::unknown>(batch.messages[0]));
}

TEST_CASE("a pool's block is never overrun, whatever limit was asked for") {
  wire::limits generous;
  generous.block_bytes_max = 1U << 20;
  buffer::pool pool(1);
  inbox in(generous, pool);
  rng random(5);
  inbound_batch batch;
  const auto done = in.feed(on_the_wire({random_piece(random, block_bytes + 1)}), batch);
  CHECK(done.error() == wire::errc::frame_too_long);
}
