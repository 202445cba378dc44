// Who may ask for what, and how often.

#include <string>

#include <doctest/doctest.h>

#include <shoal/registry/info_hash_list.hpp>
#include <shoal/registry/passkey_list.hpp>
#include <shoal/registry/source_limits.hpp>

#include "registry/scenes.hpp"

using namespace shoal;
using namespace shoal::registry;
using namespace shoal::registry::test;

TEST_CASE("a list of info-hashes is read as people write it") {
  const std::string text =
      "# ours\n"
      "0101010101010101010101010101010101010101\n"
      "\n"
      "  ABABABABABABABABABABABABABABABABABABABAB   # Anna's\r\n"
      "0101010101010101010101010101010101010101";
  std::size_t bad_line = 0;
  const auto list = info_hash_list::parse(text, bad_line);
  REQUIRE(list.has_value());
  CHECK(list->size() == 2);
  CHECK(list->contains(hash_number(1)));
  CHECK(list->contains(hash_number(0xab)));
  CHECK_FALSE(list->contains(hash_number(2)));
  CHECK(info_hash_list::parse("", bad_line)->size() == 0);
}

TEST_CASE("a list with a bad line is refused, and the line named") {
  const std::string good = "0101010101010101010101010101010101010101\n";
  for (const std::string& bad :
       {std::string("01"), std::string(41, '0'), std::string(40, 'g'), "magnet:" + std::string(40, '0')}) {
    CAPTURE(bad);
    std::size_t bad_line = 0;
    CHECK_FALSE(info_hash_list::parse(good + "# x\n" + bad + "\n" + good, bad_line).has_value());
    CHECK(bad_line == 3);
  }
}

TEST_CASE("a source may ask in a burst, then at its rate") {
  source_limits limits(10, 5, 1);
  const auto taken = [&](double when, const ip_address& from, int tries) {
    int n = 0;
    for (int i = 0; i < tries; ++i) {
      n += limits.take(at(when), from) ? 1 : 0;
    }
    return n;
  };
  const auto mine = v4_peer(1).address;
  CHECK(taken(100, mine, 20) == 5);
  CHECK(taken(100.05, mine, 20) == 0);
  CHECK(taken(100.11, mine, 20) == 1);
  CHECK(taken(100.31, mine, 20) == 2);
  CHECK(taken(200, mine, 20) == 5);
  CHECK(taken(200, v4_peer(2).address, 20) == 5);
}

TEST_CASE("an IPv6 host is its /64") {
  source_limits limits(1, 3, 1);
  int n = 0;
  for (std::uint32_t i = 0; i < 10; ++i) {
    n += limits.take(at(1), v6_peer(i).address) ? 1 : 0;
  }
  CHECK(n == 3);
}

TEST_CASE("without a rate there is no limit, and many sources do not harm each other") {
  source_limits none(0, 0, 1);
  for (int i = 0; i < 1000; ++i) {
    REQUIRE(none.take(at(1), v4_peer(1).address));
  }
  source_limits limits(1, 2, 1);
  for (std::uint32_t host = 0; host < 300'000; ++host) {
    REQUIRE(limits.take(at(1), v4_peer(host).address));
  }
}

TEST_CASE("a list of passkeys is read as people write it") {
  std::size_t bad_line = 0;
  const auto list =
      passkey_list::parse("# members\nAnna_1234\n  bob-5678   # on leave\r\nAnna_1234\n", bad_line);
  REQUIRE(list.has_value());
  CHECK(list->size() == 2);
  CHECK(list->contains("Anna_1234"));
  CHECK(list->contains("bob-5678"));
  for (const std::string_view other : {"", "anna_1234", "Anna_123", "bob-5678 ", "Anna_12345"}) {
    CAPTURE(other);
    CHECK_FALSE(list->contains(other));
  }
  for (const std::string& bad : {std::string("short"), std::string(129, 'x'), std::string("with space"),
                                 std::string("slash/slash"), std::string("per%20cent")}) {
    CAPTURE(bad);
    CHECK_FALSE(passkey_list::parse("\nAnna_1234\n" + bad, bad_line).has_value());
    CHECK(bad_line == 3);
  }
}
