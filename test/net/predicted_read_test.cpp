#include "net/predicted_read.hpp"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>

#include "messages.hpp"

using namespace shoal;
using namespace shoal::net;

namespace {

/// A link's reading half over a stream in memory.
class reader {
 public:
  explicit reader(std::size_t pool_blocks)
      : pool_(pool_blocks), general_({}, pool_), ahead_(pool_, general_) {}

  predicted_read& ahead() { return ahead_; }
  buffer::pool& pool() { return pool_; }
  std::size_t planned_reads() const { return planned_; }
  std::size_t general_reads() const { return general_reads_; }

  /// One read of at most `most` bytes, and a look before it where one is due; what is left of the stream is
  /// returned.
  byte_view read(byte_view stream, std::size_t most, std::vector<spoken>& out) {
    inbound_batch batch;
    result<inbox::verdict> done = inbox::verdict::hungry;
    const bool look = ahead_.should_look();
    if (look) {
      ++general_reads_;
      const std::size_t n = std::min({most, stream.size(), predicted_read::look_bytes});
      done = ahead_.feed(stream.first(n), batch);
      stream = stream.subspan(n);
      most -= n;
    }
    predicted_read::plan plan;
    if (!done || *done != inbox::verdict::hungry || most == 0 || stream.empty()) {
    } else if (ahead_.prepare(plan, look)) {
      ++planned_;
      std::size_t n = std::min({most, stream.size(), plan.bytes()});
      const std::size_t taken = n;
      for (auto& part : plan.parts()) {
        const std::size_t here = std::min(n, part.iov_len);
        std::memcpy(part.iov_base, stream.data(), here);
        stream = stream.subspan(here);
        n -= here;
      }
      done = ahead_.settle(plan, taken, room_, batch);
    } else {
      ++general_reads_;
      const std::size_t n = std::min({most, stream.size(), room_.size()});
      done = ahead_.feed(stream.first(n), batch);
      stream = stream.subspan(n);
    }
    REQUIRE(done.has_value());
    collect(batch, out);
    while (*done == inbox::verdict::full) {
      inbound_batch more;
      done = ahead_.feed({}, more);
      REQUIRE(done.has_value());
      collect(more, out);
    }
    CHECK(*done == inbox::verdict::hungry);
    if (stream.empty()) ahead_.trim();
    return stream;
  }

 private:
  static void collect(inbound_batch& batch, std::vector<spoken>& out) {
    std::size_t next = 0;
    std::uint64_t bytes = 0;
    for (auto& m : batch.messages) {
      spoken s{std::move(m), {}};
      if (const auto* p = std::get_if<wire::piece>(&s.msg)) {
        const auto payload = batch.blocks.at(next++).bytes(p->block.length);
        s.payload.assign(payload.begin(), payload.end());
      }
      bytes += on_the_wire({s}).size();
      out.push_back(std::move(s));
    }
    CHECK(next == batch.blocks.size());
    CHECK(bytes == batch.bytes_total);
  }

  buffer::pool pool_;
  inbox general_;
  predicted_read ahead_;
  std::vector<std::byte> room_ = std::vector<std::byte>(predicted_read::bytes_max);
  std::size_t planned_ = 0, general_reads_ = 0;
};

/// What a peer may do to the order of asking.
struct habit {
  const char* name;
  unsigned control_every;  ///< a message that is no block, one time in so many; 0: never
  unsigned skip_every;     ///< an answer left out
  unsigned swap_every;     ///< an answer before its turn
  unsigned stray_every;    ///< a block that nobody asked for
};

std::vector<spoken> answers(const habit& h, std::vector<spoken> asked, rng& random) {
  const auto now = [&](unsigned every) { return every != 0 && random.below(every) == 0; };
  std::vector<spoken> out;
  for (std::size_t i = 0; i < asked.size(); ++i) {
    if (now(h.control_every)) out.push_back(random_control(random));
    if (now(h.stray_every))
      out.push_back(random_piece(random, static_cast<std::uint32_t>(1 + random.below(block_bytes))));
    if (now(h.swap_every) && i + 1 < asked.size()) std::swap(asked[i], asked[i + 1]);
    if (!now(h.skip_every)) out.push_back(asked[i]);
  }
  return out;
}

}  // namespace

TEST_CASE("guessing reads the same as not guessing") {
  const habit habits[] = {{"in order", 0, 0, 0, 0},   {"with haves between", 12, 0, 0, 0},
                          {"with gaps", 0, 10, 0, 0}, {"out of order", 0, 0, 6, 0},
                          {"strays", 0, 0, 0, 6},     {"everything", 3, 5, 4, 7}};
  for (const auto& h : habits) {
    for (const std::size_t cut_max : {5UL, 700UL, 20'000UL, 100'000UL, 400'000UL}) {
      for (const std::size_t pool_blocks : {64UL, 40UL}) {
        const std::uint64_t seed = cut_max * 100 + pool_blocks;
        CAPTURE(h.name);
        CAPTURE(cut_max);
        CAPTURE(seed);
        rng random(seed);
        reader r(pool_blocks);
        std::vector<spoken> asked;
        for (int i = 0; i < (cut_max < 100 ? 8 : 100); ++i) {
          asked.push_back(random_piece(random, random.below(8) == 0
                                                   ? static_cast<std::uint32_t>(1 + random.below(block_bytes))
                                                   : block_bytes));
          r.ahead().sending(wire::request{std::get<wire::piece>(asked.back().msg).block});
        }
        const auto said = answers(h, asked, random);
        const auto stream = on_the_wire(said);
        std::vector<spoken> heard;
        for (byte_view rest = stream; !rest.empty();) {
          rest = r.read(rest, 1 + random.below(cut_max), heard);
        }
        CHECK((heard == said));
        CHECK(r.pool().available() == r.pool().capacity());
      }
    }
  }
}

TEST_CASE("a peer that answers in order is read by plan from its first answer to its last") {
  rng random(1);
  reader r(64);
  std::vector<spoken> said;
  for (int i = 0; i < 64; ++i) {
    said.push_back(random_piece(random, block_bytes));
    r.ahead().sending(wire::request{std::get<wire::piece>(said.back().msg).block});
  }
  const auto stream = on_the_wire(said);
  std::vector<spoken> heard;
  for (byte_view rest = stream; !rest.empty();) {
    rest = r.read(rest, stream.size(), heard);
  }
  CHECK((heard == said));
  CHECK(r.planned_reads() == 64 / predicted_read::blocks_max);
  CHECK(r.general_reads() == 0);
}

TEST_CASE("whoever breaks the order on purpose is soon read without guesses") {
  rng random(2);
  reader r(64);
  std::vector<spoken> heard;
  for (int round = 0; round < 400; ++round) {
    std::vector<spoken> asked;
    for (int i = 0; i < 4; ++i) {
      asked.push_back(random_piece(random, 100));
      r.ahead().sending(wire::request{std::get<wire::piece>(asked.back().msg).block});
    }
    std::reverse(asked.begin(), asked.end());
    const auto stream = on_the_wire(asked);
    for (byte_view rest = stream; !rest.empty();) {
      rest = r.read(rest, stream.size(), heard);
    }
  }
  CHECK(heard.size() == 1600);
  CHECK(r.planned_reads() * 10 < r.general_reads());
}

TEST_CASE("blocks behind control messages are guessed at after a look") {
  rng random(5);
  reader r(256);
  std::vector<spoken> said;
  std::vector<spoken> heard;
  std::size_t looked_at = 0;
  for (int burst = 0; burst < 40; ++burst) {
    std::vector<spoken> here(1 + random.below(8), {wire::have{piece_index(7)}, {}});
    for (int i = 0; i < 14; ++i) {
      here.push_back(random_piece(random, block_bytes));
      r.ahead().sending(wire::request{std::get<wire::piece>(here.back().msg).block});
    }
    const auto stream = on_the_wire(here);
    const std::size_t planned_before = r.planned_reads();
    byte_view rest = r.read(stream, stream.size(), heard);
    looked_at += rest.empty() && r.planned_reads() > planned_before ? 1 : 0;
    while (!rest.empty())
      rest = r.read(rest, stream.size(), heard);
    said.insert(said.end(), here.begin(), here.end());
  }
  CHECK((heard == said));
  CHECK(looked_at >= 36);  // whole bursts with one look and one plan, but for a blind guess in seventeen
  CHECK(r.pool().available() == r.pool().capacity());
}

TEST_CASE("a guess reaches as far as the last one was right") {
  rng random(6);
  reader r(256);
  std::vector<spoken> asked;
  for (int i = 0; i < 100; ++i) {
    asked.push_back(random_piece(random, block_bytes));
    r.ahead().sending(wire::request{std::get<wire::piece>(asked.back().msg).block});
  }
  std::vector<spoken> heard;
  std::vector<spoken> said(asked.begin(), asked.begin() + 3);
  said.insert(said.end(), 2, {wire::have{piece_index(7)}, {}});
  const auto broken = on_the_wire(said);
  CHECK(r.read(broken, broken.size(), heard).empty());
  for (const std::size_t reach : {3UL, 6UL, 12UL, 16UL, 16UL}) {
    predicted_read::plan plan;
    REQUIRE(r.ahead().prepare(plan));
    CHECK(plan.bytes() == reach * (wire::piece_head_bytes + block_bytes));
    const std::vector<spoken> next(asked.begin() + static_cast<std::ptrdiff_t>(heard.size() - 2),
                                   asked.begin() + static_cast<std::ptrdiff_t>(heard.size() - 2 + reach));
    const auto stream = on_the_wire(next);
    CHECK(r.read(stream, stream.size(), heard).empty());
  }
}

TEST_CASE("where buffers are scarce a begun block holds none") {
  rng random(7);
  reader r(8);
  std::vector<spoken> said{{wire::have{piece_index(7)}, {}}, random_piece(random, block_bytes)};
  r.ahead().sending(wire::request{std::get<wire::piece>(said.back().msg).block});
  const auto stream = on_the_wire(said);
  std::vector<buffer::lease> others;
  std::vector<spoken> heard;
  SUBCASE("many") {
    r.pool().try_acquire(3, others);
    const auto rest = r.read(stream, 1000, heard);
    CHECK(r.pool().available() == 4);
    CHECK(r.read(rest, stream.size(), heard).empty());
    CHECK(r.planned_reads() == 1);
  }
  SUBCASE("few") {
    r.pool().try_acquire(4, others);
    const auto rest = r.read(stream, 1000, heard);
    CHECK(r.pool().available() == 4);
    CHECK(r.read(rest, stream.size(), heard).empty());
    CHECK(r.planned_reads() == 0);
  }
  CHECK((heard == said));
}

TEST_CASE("what cannot come any more is not expected") {
  rng random(3);
  reader r(64);
  std::vector<spoken> asked;
  for (int i = 0; i < 8; ++i) {
    asked.push_back(random_piece(random, block_bytes));
    r.ahead().sending(wire::request{std::get<wire::piece>(asked.back().msg).block});
  }
  std::vector<spoken> heard;
  predicted_read::plan plan;
  SUBCASE("a block that no buffer would hold") {
    reader other(64);
    for (int i = 0; i < 8; ++i) {
      other.ahead().sending(wire::request{block_ref{piece_index(1), 0, block_bytes + 1}});
    }
    CHECK_FALSE(other.ahead().prepare(plan));
  }
  SUBCASE("after a choke") {
    r.read(on_the_wire({{wire::choke{}, {}}}), 100, heard);
    CHECK_FALSE(r.ahead().prepare(plan));
  }
  SUBCASE("after cancels") {
    for (const auto& s : asked) {
      r.ahead().sending(wire::cancel{std::get<wire::piece>(s.msg).block});
    }
    CHECK_FALSE(r.ahead().prepare(plan));
  }
  SUBCASE("after rejects") {
    std::vector<spoken> rejects;
    for (const auto& s : asked) {
      rejects.push_back({wire::reject_request{std::get<wire::piece>(s.msg).block}, {}});
    }
    const auto stream = on_the_wire(rejects);
    for (byte_view rest = stream; !rest.empty();) {
      rest = r.read(rest, 100, heard);
    }
    CHECK_FALSE(r.ahead().prepare(plan));
  }
}

TEST_CASE("an empty pool foretells nothing, but a begun block is finished") {
  rng random(4);
  reader r(4);
  std::vector<spoken> said;
  for (int i = 0; i < 6; ++i) {
    said.push_back(random_piece(random, block_bytes));
    r.ahead().sending(wire::request{std::get<wire::piece>(said.back().msg).block});
  }
  const auto stream = on_the_wire(said);
  std::vector<spoken> heard;
  byte_view rest = r.read(stream, 20'000, heard);
  CHECK(heard.size() == 1);
  r.ahead().trim();
  std::vector<buffer::lease> others;
  r.pool().try_acquire(4, others);
  predicted_read::plan plan;
  REQUIRE(r.ahead().prepare(plan));
  CHECK(plan.bytes() == 2 * (wire::piece_head_bytes + block_bytes) - 20'000);
  rest = r.read(rest, 100'000, heard);
  CHECK(heard.size() == 2);
  r.pool().try_acquire(4, others);
  predicted_read::plan none;
  CHECK_FALSE(r.ahead().prepare(none));
  others.clear();
  while (!rest.empty()) {
    rest = r.read(rest, 100'000, heard);
  }
  CHECK((heard == said));
}
