#include "net/outbox.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <list>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>

#include "messages.hpp"

using namespace shoal;
using namespace shoal::net;

namespace {

outbound packed(const spoken& s, buffer::pool& pool) {
  outbound o{s.msg, {}};
  if (std::holds_alternative<wire::piece>(s.msg)) {
    o.block = pool.try_acquire();
    std::copy(s.payload.begin(), s.payload.end(), o.block.data());
  }
  return o;
}

block_ref block_of(const spoken& s) {
  return std::get<wire::piece>(s.msg).block;
}

/// The first `n` bytes of what `gather` gives with room for `parts_max` parts.
byte_vector gathered(const outbox& out, std::size_t parts_max) {
  std::vector<iovec> parts(parts_max);
  parts.resize(out.gather(parts));
  byte_vector bytes;
  for (const auto& part : parts) {
    const auto* at = static_cast<const std::byte*>(part.iov_base);
    CHECK(part.iov_len > 0);
    bytes.insert(bytes.end(), at, at + part.iov_len);
  }
  return bytes;
}

/// What an outbox should do, in the plainest way: a list of encoded frames, of which the first may have
/// begun.
class naive_outbox {
 public:
  void push(const spoken& s) {
    entry e{s, on_the_wire({s})};
    auto where = frames_.end();
    if (!is_piece(e)) {
      where = std::find_if(frames_.begin(), frames_.end(), [](const entry& f) { return is_piece(f); });
      if (where == frames_.begin() && begun_ > 0) {
        ++where;
        where = std::find_if(where, frames_.end(), [](const entry& f) { return is_piece(f); });
      }
    }
    frames_.insert(where, std::move(e));
  }

  outbox::progress send(std::size_t n, byte_vector& out) {
    outbox::progress p;
    while (n > 0) {
      entry& front = frames_.front();
      const std::size_t head = is_piece(front) ? wire::piece_head_bytes : front.bytes.size();
      out.push_back(front.bytes[begun_]);
      p.payload_bytes += begun_ >= head ? 1 : 0;
      --n;
      if (++begun_ == front.bytes.size()) {
        p.blocks += is_piece(front) ? 1 : 0;
        frames_.pop_front();
        begun_ = 0;
      }
    }
    return p;
  }

  std::uint32_t unsend(const block_ref& block) {
    std::uint32_t n = 0;
    for (auto it = frames_.begin(); it != frames_.end();) {
      const bool begun = it == frames_.begin() && begun_ > 0;
      if (!begun && is_piece(*it) && block_of(it->what) == block) {
        it = frames_.erase(it);
        ++n;
      } else {
        ++it;
      }
    }
    return n;
  }

  std::size_t bytes() const {
    std::size_t sum = 0;
    for (const auto& f : frames_) {
      sum += f.bytes.size();
    }
    return sum - begun_;
  }

 private:
  struct entry {
    spoken what;
    byte_vector bytes;
  };
  static bool is_piece(const entry& e) { return std::holds_alternative<wire::piece>(e.what.msg); }

  std::list<entry> frames_;
  std::size_t begun_ = 0;  ///< bytes of the first that are out
};

}  // namespace

TEST_CASE("control messages overtake blocks, but not one that has begun") {
  buffer::pool pool(8);
  rng random(1);
  const spoken first = random_piece(random, 100);
  const spoken second = random_piece(random, 200);
  const spoken choke{wire::choke{}, {}};
  const spoken have{wire::have{piece_index(3)}, {}};
  outbox out;
  out.push(packed(first, pool));
  out.push(packed(second, pool));
  out.push(packed(choke, pool));
  out.push(packed(have, pool));
  CHECK(gathered(out, 16) == on_the_wire({choke, have, first, second}));

  out.sent(on_the_wire({choke, have}).size() + 1);
  out.push(packed(choke, pool));
  auto expected = on_the_wire({first, choke, second});
  expected.erase(expected.begin());
  CHECK(gathered(out, 16) == expected);
}

TEST_CASE("a write has no more parts than there is room for, and whole blocks but for the begun one") {
  buffer::pool pool(8);
  rng random(2);
  outbox out;
  std::vector<spoken> blocks;
  for (int i = 0; i < 8; ++i) {
    blocks.push_back(random_piece(random, 50));
    out.push(packed(blocks.back(), pool));
  }
  CHECK(gathered(out, 2) == on_the_wire({blocks[0]}));
  CHECK(gathered(out, 5) == on_the_wire({blocks[0], blocks[1]}));
  CHECK(gathered(out, 16) == on_the_wire(blocks));
}

TEST_CASE("unsend takes out every waiting copy of a block and leaves the begun one") {
  buffer::pool pool(8);
  rng random(3);
  const spoken wanted = random_piece(random, 50);
  const spoken other = random_piece(random, 60);
  outbox out;
  for (const auto& s : {wanted, other, wanted, wanted}) {
    out.push(packed(s, pool));
  }
  out.sent(1);
  CHECK(out.unsend(block_of(wanted)) == 2);
  CHECK(pool.available() == 6);
  auto expected = on_the_wire({wanted, other});
  expected.erase(expected.begin());
  CHECK(gathered(out, 16) == expected);
  CHECK(out.unsend(block_of(other)) == 1);
  CHECK(out.unsend(block_of(other)) == 0);
}

TEST_CASE("an outbox agrees with a naive one over random operations") {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    CAPTURE(seed);
    rng random(seed);
    buffer::pool pool(64);
    outbox out;
    naive_outbox naive;
    std::vector<spoken> pushed_pieces;
    for (int step = 0; step < 400; ++step) {
      switch (random.below(4)) {
        case 0: {
          const auto control = random_control(random);
          out.push(packed(control, pool));
          naive.push(control);
          break;
        }
        case 1: {
          if (pool.available() == 0) {
            break;
          }
          const auto piece = random_piece(random, static_cast<std::uint32_t>(random.below(300)));
          out.push(packed(piece, pool));
          naive.push(piece);
          pushed_pieces.push_back(piece);
          break;
        }
        case 2: {
          if (!pushed_pieces.empty()) {
            const auto block = block_of(pushed_pieces[random.below(pushed_pieces.size())]);
            CHECK(out.unsend(block) == naive.unsend(block));
          }
          break;
        }
        default: {
          auto bytes = gathered(out, 3 + random.below(20));
          bytes.resize(random.below(bytes.size() + 1));
          const auto progress = out.sent(bytes.size());
          byte_vector expected;
          const auto expected_progress = naive.send(bytes.size(), expected);
          REQUIRE((bytes == expected));
          CHECK(progress.payload_bytes == expected_progress.payload_bytes);
          CHECK(progress.blocks == expected_progress.blocks);
          break;
        }
      }
      REQUIRE(out.empty() == (naive.bytes() == 0));
    }
    out.clear();
    CHECK(out.empty());
    CHECK(pool.available() == pool.capacity());
  }
}
