#include <cstddef>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/bitfield.hpp>
#include <shoal/base/rng.hpp>

namespace {

using shoal::bitfield;
using shoal::piece_index;

piece_index piece(std::size_t i) {
  return piece_index(static_cast<std::uint32_t>(i));
}

/// What a bitfield is said to be, one piece at a time.
struct naive_bitfield {
  std::vector<bool> bits;

  std::size_t count() const {
    std::size_t n = 0;
    for (const bool b : bits) {
      n += b ? 1 : 0;
    }
    return n;
  }
  std::vector<std::byte> to_wire() const {
    std::vector<std::byte> out((bits.size() + 7) / 8);
    for (std::size_t i = 0; i < bits.size(); ++i) {
      if (bits[i]) {
        out[i / 8] |= std::byte{1} << (7 - i % 8);
      }
    }
    return out;
  }
};

void check_equal(const bitfield& b, const naive_bitfield& naive) {
  REQUIRE(b.size() == naive.bits.size());
  CHECK(b.count() == naive.count());
  CHECK(b.all() == (naive.count() == naive.bits.size()));
  CHECK(b.none() == (naive.count() == 0));
  std::vector<bool> seen(b.size());
  std::size_t next = 0;
  b.for_each([&](piece_index i) {
    CHECK(i.index() >= next);
    next = i.index() + 1;
    seen[i.index()] = true;
  });
  CHECK((seen == naive.bits));
  for (std::size_t i = 0; i < b.size(); ++i) {
    REQUIRE(b.test(piece(i)) == naive.bits[i]);
  }
  CHECK((b.to_wire() == naive.to_wire()));
  const auto back = bitfield::from_wire(naive.to_wire(), b.size());
  REQUIRE(back.has_value());
  CHECK((*back == b));
}

}  // namespace

TEST_CASE("a bitfield does what a row of booleans does") {
  constexpr std::uint64_t seed = 1;
  CAPTURE(seed);
  shoal::rng random(seed);
  for (const std::size_t size : {0U, 1U, 7U, 8U, 9U, 63U, 64U, 65U, 127U, 128U, 1000U}) {
    CAPTURE(size);
    bitfield b(size);
    naive_bitfield naive{std::vector<bool>(size)};
    check_equal(b, naive);
    for (std::size_t step = 0; size > 0 && step < 300; ++step) {
      const auto at = static_cast<std::size_t>(random.below(size));
      const bool to = random.below(3) != 0;
      CHECK((to ? b.set(piece(at)) : b.reset(piece(at))) == (naive.bits[at] != to));
      naive.bits[at] = to;
      if (step % 50 == 0) {
        check_equal(b, naive);
      }
    }
    b.set_all();
    naive.bits.assign(size, true);
    check_equal(b, naive);
    CHECK((b == bitfield(size, true)));
  }
}

TEST_CASE("what two bitfields have in common, and what only one has") {
  shoal::rng random(2);
  for (const std::size_t size : {0U, 1U, 64U, 65U, 256U, 257U, 1000U}) {
    CAPTURE(size);
    bitfield a(size), b(size);
    naive_bitfield both{std::vector<bool>(size)}, only_a{std::vector<bool>(size)};
    for (std::size_t i = 0; i < size; ++i) {
      const bool in_a = random.below(2) != 0 && a.set(piece(i));
      const bool in_b = random.below(3) != 0 && b.set(piece(i));
      both.bits[i] = in_a && in_b;
      only_a.bits[i] = in_a && !in_b;
    }
    bitfield common = a;
    common &= b;
    check_equal(common, both);
    a -= b;
    check_equal(a, only_a);
  }
}

TEST_CASE("on the wire the first piece is the high bit of the first byte") {
  bitfield b(10);
  b.set(piece(0));
  b.set(piece(9));
  CHECK((b.to_wire() == std::vector<std::byte>{std::byte{0x80}, std::byte{0x40}}));
}

TEST_CASE("a bitfield of the wrong length or with a spare bit is refused") {
  for (const std::size_t size : {1U, 7U, 8U, 9U, 63U, 64U, 65U, 100U}) {
    CAPTURE(size);
    std::vector<std::byte> wire((size + 7) / 8);
    CHECK(bitfield::from_wire(wire, size).has_value());
    for (std::size_t spare = size; spare < wire.size() * 8; ++spare) {
      CAPTURE(spare);
      auto bad = wire;
      bad[spare / 8] = std::byte{1} << (7 - spare % 8);
      CHECK(!bitfield::from_wire(bad, size));
    }
    wire.push_back(std::byte{0});
    CHECK(!bitfield::from_wire(wire, size));
    wire.resize(wire.size() - 2);
    CHECK(!bitfield::from_wire(wire, size));
  }
}

TEST_CASE("a copy is of its own, and what was moved from is empty") {
  for (const std::size_t size : {3U, 256U, 257U, 1000U}) {
    CAPTURE(size);
    bitfield a(size);
    a.set(piece(size - 1));
    bitfield b = a;
    CHECK((b == a));
    b.set(piece(0));
    CHECK((b != a));
    CHECK_FALSE(a.test(piece(0)));
    a = b;
    CHECK((b == a));
    const bitfield c = std::move(b);
    CHECK((c == a));
    CHECK((b == bitfield()));  // NOLINT(bugprone-use-after-move): it is said to be so
    a = bitfield(5);
    CHECK(a.size() == 5);
    CHECK(c.count() == 2);
  }
}

TEST_CASE("words past the last piece stay zero, so set operations need no mask") {
  const bitfield b(70, true);
  REQUIRE(b.words().size() == 2);
  CHECK(b.words()[0] == ~std::uint64_t{0});
  CHECK(b.words()[1] == 0x3f);
}
