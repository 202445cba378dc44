
#include <chrono>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <doctest/doctest.h>

#include <shoal/announce/local.hpp>
#include <shoal/net/multicast.hpp>

#include "coroutines.hpp"

using namespace shoal;
using namespace shoal::net;

namespace {

/// What two members of the group on loopback hear of `said`. Linux sends none of IPv6's groups over loopback:
/// test/e2e/test_local_discovery.py has those.
std::vector<std::string> heard_by_both() {
  asio::io_context context;
  multicast first(context.get_executor(), announce::local_group_v4());
  multicast second(context.get_executor(), announce::local_group_v4());
  const auto here = ip_address::parse("127.0.0.1");
  const auto by = route::from(*here);
  REQUIRE_FALSE(first.open(by));
  REQUIRE_FALSE(second.open(by));
  const std::string said = "said on loopback by " + std::to_string(::getpid());
  std::vector<std::string> heard;
  asio::steady_timer timeout(context, std::chrono::seconds(5));
  const auto end = [&] {
    first.close();
    second.close();
    timeout.cancel();
  };
  const auto listen = [&](const ip_address& from, std::string_view text) {
    if (text != said) return;  // another test's
    CHECK(from == here);
    heard.emplace_back(text);
    if (heard.size() == 2) end();
  };
  asio::co_spawn(context, first.run(listen), rethrow);
  asio::co_spawn(context, second.run(listen), rethrow);
  timeout.async_wait([&](error failed) {
    if (!failed) end();
  });
  first.send(said);
  context.run();
  return heard;
}

}  // namespace

TEST_CASE("what is sent to a group is heard by its members, the sender too") {
  CHECK(heard_by_both().size() == 2);
}

TEST_CASE("an address that this machine does not have is no place to call from") {
  asio::io_context context;
  multicast one(context.get_executor(), announce::local_group_v4());
  CHECK(one.open(route::from(*ip_address::parse("203.0.113.77"))));
}
