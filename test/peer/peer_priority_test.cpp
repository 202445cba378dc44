// Who is worth more (BEP 40), and what we are to others.

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <string>

#include <doctest/doctest.h>

#include <shoal/peer/outside_view.hpp>
#include <shoal/peer/peer_book.hpp>
#include <shoal/peer/peer_priority.hpp>

namespace shoal::peer {
namespace {

endpoint at(const char* address, std::uint16_t port = 6881) {
  return {*ip_address::parse(address), port};
}
ip_address ip(const char* address) {
  return *ip_address::parse(address);
}

TEST_CASE("the checksum is Castagnoli's") {
  CHECK(crc32c(as_bytes("123456789")) == 0xe3069283);
  CHECK(crc32c({}) == 0);
}

TEST_CASE("priorities are those of the BEP, from either side") {
  CHECK(peer_priority(at("123.213.32.10"), at("98.76.54.32")) == 0xec2d7224);
  CHECK(peer_priority(at("98.76.54.32"), at("123.213.32.10")) == 0xec2d7224);
  CHECK(peer_priority(at("123.213.32.10"), at("123.213.32.234")) == 0x99568189);
}

TEST_CASE("the nearer two addresses are, the more of them counts") {
  const auto of = [](const char* theirs) { return peer_priority(at("10.20.30.40"), at(theirs)); };
  CHECK(of("80.1.0.0") == of("80.1.170.170"));  // FF.FF.55.55
  CHECK(of("80.1.0.0") != of("80.2.0.0"));
  CHECK(of("10.20.64.0") == of("10.20.64.170"));  // the same /16: FF.FF.FF.55
  CHECK(of("10.20.64.0") != of("10.20.66.0"));
  CHECK(of("10.20.30.0") != of("10.20.30.2"));  // the same /24
  const auto of6 = [](const char* theirs) { return peer_priority(at("2001:db8:1:200::1"), at(theirs)); };
  CHECK(of6("2001:db9:1:aa::aa") == of6("2001:db9:1::"));
  CHECK(of6("2001:db8:1:400::aa") == of6("2001:db8:1:400::"));
  CHECK(of6("2001:db8:1:400::") != of6("2001:db8:1:600::"));
  CHECK(of6("2001:db8:1:2aa::") != of6("2001:db8:1:200::"));
}

TEST_CASE("of one address the ports count") {
  CHECK(peer_priority(at("10.0.0.1", 1), at("10.0.0.1", 2)) ==
        peer_priority(at("10.0.0.1", 2), at("10.0.0.1", 1)));
  CHECK(peer_priority(at("10.0.0.1", 1), at("10.0.0.1", 2)) !=
        peer_priority(at("10.0.0.1", 1), at("10.0.0.1", 3)));
  CHECK(peer_priority(at("10.0.0.1", 0x0102), at("10.0.0.1", 0x0304)) == crc32c(as_bytes("\1\2\3\4")));
}

TEST_CASE("of those whose time has come the book tells the one that is worth most") {
  peer_book book;
  rng chance(1);
  const instant now{std::chrono::seconds(100)};
  std::uint32_t turn = 0;
  book.prefer([&](const endpoint& who) { return std::optional<std::uint32_t>(who.port ^ turn); });
  for (const auto port : std::initializer_list<std::uint16_t>{3, 9, 1, 7}) {
    book.add(now + std::chrono::seconds(port == 9 ? 5 : 0), at("10.0.0.1", port), chance);
  }
  CHECK(book.next(now)->port == 7);
  CHECK(book.next(now + std::chrono::seconds(5))->port == 9);
  turn = 0xffffffff;
  book.reconsider();
  CHECK(book.next(now)->port == 1);
  CHECK(book.take(at("10.0.0.1", 3)));
  CHECK_FALSE(book.take(at("10.0.0.1", 3)));
  CHECK_FALSE(book.next(now));
  CHECK_FALSE(book.due());
}

TEST_CASE("an address of ours is believed when two say so, and the most of several") {
  outside_view v;
  const auto far = ip("90.0.0.1");
  CHECK_FALSE(v.told(ip("80.0.0.1"), ip("81.0.0.1")));
  CHECK_FALSE(v.told(ip("80.0.0.1"), ip("81.0.0.1")));  // the same witness
  CHECK_FALSE(v.towards(far));
  CHECK(v.told(ip("80.0.0.2"), ip("81.0.0.1")));
  CHECK(v.towards(far) == ip("81.0.0.1"));
  SUBCASE("liars need a majority") {
    v.told(ip("80.0.0.3"), ip("6.6.6.6"));
    v.told(ip("80.0.0.4"), ip("6.6.6.6"));
    CHECK(v.towards(far) == ip("81.0.0.1"));
  }
  SUBCASE("towards the own network, and by IPv6, it is another") {
    v.told(ip("10.0.0.2"), ip("10.0.0.1"));
    v.told(ip("10.0.0.3"), ip("10.0.0.1"));
    CHECK(v.towards(ip("10.9.9.9")) == ip("10.0.0.1"));
    CHECK(v.towards(far) == ip("81.0.0.1"));
    CHECK_FALSE(v.towards(ip("2001:db8::1")));
  }
  SUBCASE("old witnesses are forgotten") {
    for (std::uint8_t n = 0; n < 40; ++n) {
      v.told(ip_address::v4({70, 0, 0, n}), ip("82.0.0.1"));
    }
    CHECK(v.towards(far) == ip("82.0.0.1"));
  }
  SUBCASE("what is no address says nothing") {
    CHECK_FALSE(v.told(ip("80.0.0.9"), ip("0.0.0.0")));
  }
}

}  // namespace
}  // namespace shoal::peer
