// Hearing of several things at one instant, and acting on them once.

#include <doctest/doctest.h>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

TEST_CASE("what is heard is settled once") {
  script s(false);
  const auto key = s.join(2);
  s.say(key, wire::have_all{});
  s.actions.clear();
  const wire::message unchoke = wire::unchoke{};
  const endpoint found{ip_address::v4({10, 0, 0, 7}), 6881};
  s.core.hear(s.now, received{key, std::span(&unchoke, 1)});
  s.core.hear(s.now, peers_found{std::span(&found, 1)});
  s.collect();
  CHECK_FALSE(s.said_to<wire::request>(key).empty());  // what follows from the message alone
  CHECK(s.all<connect>().empty());
  s.core.settle(s.now);
  s.collect();
  CHECK(s.all<connect>().size() == 1);
}

}  // namespace
}  // namespace shoal::swarm
