// proto/local_discovery.json.

#include <string>

#include <doctest/doctest.h>

#include <shoal/announce/announce.hpp>
#include <shoal/announce/local.hpp>

#include "proto/golden.hpp"

namespace {

using namespace shoal;
using namespace shoal::announce;

const golden::file& vectors() {
  static const golden::file it("local_discovery.json");
  return it;
}

}  // namespace

TEST_CASE("every golden call is read and written") {
  vectors().check_rows();
  vectors().for_each_vector([](const golden::json::object& vector) {
    const auto text = golden::bytes_of(vector);
    const auto& value = vector.at("value").as_object();
    const auto call = read_local_announce(text);
    REQUIRE(call.has_value());
    CHECK(call->port == value.at("port").to_number<std::uint16_t>());
    const auto& torrents = value.at("torrents").as_array();
    REQUIRE(call->torrents.size() == torrents.size());
    for (std::size_t i = 0; i < torrents.size(); ++i) {
      CHECK(to_hex(call->torrents[i].view()) == golden::text_of(torrents[i]));
    }
    const auto* cookie = golden::field(value, "cookie");
    CHECK(call->cookie == (cookie == nullptr ? std::string() : golden::text_of(*cookie)));
    if (golden::is_canonical(vector)) {
      const bool four = value.at("group").to_number<int>() == 4;
      CHECK(write_local_announce(*call, four ? local_group_v4() : local_group_v6()) == text);
    }
    for (std::size_t n = 0; n < text.size(); ++n) {
      read_local_announce(text.substr(0, n));  // whatever it gives, it reads no further
    }
  });
}

TEST_CASE("what is no call is refused") {
  vectors().for_each_rejected([](const golden::json::object& vector) {
    CHECK(read_local_announce(golden::bytes_of(vector)).error() == announce::errc::bad_datagram);
  });
}

TEST_CASE("a call names so many torrents at most, and is no longer than a datagram") {
  local_announce a{6881, std::vector<sha1_digest>(local_announce::torrents_max), std::string(64, 'c')};
  CHECK(write_local_announce(a, local_group_v6()).size() <= 1400);
  a.torrents.resize(local_announce::torrents_max + 5);
  const auto read = read_local_announce(write_local_announce(a, local_group_v4()));
  REQUIRE(read.has_value());
  CHECK(read->torrents.size() == local_announce::torrents_max);
}
