#include <doctest/doctest.h>

#include <shoal/base/near_prefix.hpp>

using shoal::are_near;
using shoal::ip_address;
using shoal::near_prefix;

namespace {

bool near(const char* a, const char* b, near_prefix p) {
  return are_near(*ip_address::parse(a), *ip_address::parse(b), p);
}

}  // namespace

TEST_CASE("hosts are near each other when so many bits of their addresses are the same") {
  CHECK(near("10.1.2.3", "10.1.2.250", {24, 0}));
  CHECK_FALSE(near("10.1.2.3", "10.1.3.3", {24, 0}));
  CHECK(near("10.1.2.3", "10.1.3.3", {23, 0}));
  CHECK_FALSE(near("10.1.2.63", "10.1.2.64", {26, 0}));
  CHECK(near("10.1.2.64", "10.1.2.127", {26, 0}));
  CHECK(near("10.1.2.3", "10.1.2.3", {32, 0}));
  CHECK_FALSE(near("10.1.2.3", "10.1.2.2", {32, 0}));
  CHECK(near("2001:db8:1:2::3", "2001:db8:1:2:ffff::", {24, 64}));
  CHECK_FALSE(near("2001:db8:1:2::3", "2001:db8:1:3::3", {24, 64}));
  CHECK(near("2001:db8::3", "2001:db8::3", {0, 128}));
}

TEST_CASE("without bits nobody is near, nor are hosts of two families") {
  CHECK_FALSE(near("10.1.2.3", "10.1.2.3", {}));
  CHECK_FALSE(near("2001:db8::3", "2001:db8::3", {24, 0}));
  CHECK_FALSE(near("10.1.2.3", "2001:db8::3", {1, 1}));
  CHECK(near_prefix{}.is_empty());
  CHECK_FALSE(near_prefix{0, 64}.is_empty());
}
