#include "session/client_name.hpp"

#include <doctest/doctest.h>

namespace shoal {
namespace {

TEST_CASE("a peer id names its client, and a hostile one only printable characters") {
  struct row {
    std::string id;
    const char* name;
  };
  const std::string tail = "abcdefghijkl";
  for (const auto& r :
       {row{"-TR3000-" + tail, "Transmission 3.0.0"}, row{"-qB4630-" + tail, "qBittorrent 4.6.3"},
        row{"A2-1-36-0-0123456789", "aria2 1.36.0"}, row{"-ZZ1230-" + tail, "ZZ 1.2.3"},
        row{std::string(20, '\x1b'), "????????"}, row{"A2-\x1b[2J-x-y-0123456789", "A2-?[2J-"},
        row{"M7-9-2--" + tail, "M7-9-2--"}}) {
    CAPTURE(r.name);
    const auto id = peer_id::from(as_bytes(r.id.substr(0, 20)));
    REQUIRE(id);
    CHECK(client_name(*id) == r.name);
  }
}

}  // namespace
}  // namespace shoal
