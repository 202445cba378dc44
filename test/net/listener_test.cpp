#include <array>
#include <cstdint>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string>
#include <sys/resource.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <shoal/net/error.hpp>
#include <shoal/net/listener.hpp>

#include "coroutines.hpp"

using namespace shoal;
using namespace shoal::net;

namespace {

endpoint parsed(const std::string& text) {
  const auto e = endpoint::parse(text);
  REQUIRE(e);
  return *e;
}

/// Connects through the backlog: nobody needs to accept meanwhile.
tcp::socket connected_to(asio::io_context& context, const endpoint& where) {
  tcp::socket socket(context);
  socket.connect(to_asio(where));
  return socket;
}

/// What a listener that runs on `context` accepts.
struct catcher {
  explicit catcher(asio::io_context& context) : ear(context.get_executor()) {}

  void start(asio::io_context& context) {
    asio::co_spawn(context, ear.run([this](tcp::socket s) { caught.push_back(std::move(s)); }),
                   [this](const std::exception_ptr& e) {
                     rethrow(e);
                     ended = true;
                   });
  }

  listener ear;
  std::vector<tcp::socket> caught;
  bool ended = false;
};

/// Takes away the descriptors beyond those in use, and gives them back at the end.
class without_descriptors {
 public:
  without_descriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before_);
    auto now = before_;
    now.rlim_cur = 0;
    ::setrlimit(RLIMIT_NOFILE, &now);
  }
  ~without_descriptors() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  without_descriptors(const without_descriptors&) = delete;
  without_descriptors& operator=(const without_descriptors&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

TEST_CASE("accepted sockets have the congestion control that was asked for") {
  asio::io_context context;
  catcher c(context);
  REQUIRE(c.ear.open(parsed("127.0.0.1:0"), "reno"));  // which every kernel has
  c.start(context);
  const auto caller = connected_to(context, c.ear.local());
  while (c.caught.empty()) {
    REQUIRE(context.run_one() == 1);
  }
  std::array<char, 16> name{};
  socklen_t size = name.size();
  REQUIRE(::getsockopt(c.caught[0].native_handle(), IPPROTO_TCP, TCP_CONGESTION, name.data(), &size) == 0);
  CHECK(std::string(name.data()) == "reno");
  c.ear.close();

  listener deaf(context.get_executor());
  const auto opened = deaf.open(parsed("127.0.0.1:0"), "nonesuch");
  REQUIRE(opened.has_error());
  CHECK(opened.error().code == errc::no_such_congestion_control);
}

TEST_CASE("a listener accepts many connections, each on a strand of its own") {
  asio::io_context context;
  catcher c(context);
  REQUIRE(c.ear.open(parsed("127.0.0.1:0")));
  CHECK(c.ear.local().port != 0);
  CHECK(c.ear.local().address == *ip_address::parse("127.0.0.1"));
  c.start(context);
  std::vector<tcp::socket> callers;
  for (int i = 0; i < 50; ++i) {
    callers.push_back(connected_to(context, c.ear.local()));
  }
  while (c.caught.size() < callers.size()) {
    REQUIRE(context.run_one() == 1);
  }
  for (std::size_t i = 0; i < c.caught.size(); ++i) {
    CAPTURE(i);
    const auto ex = c.caught[i].get_executor();
    const auto* own = ex.target<strand>();
    REQUIRE(own != nullptr);
    CHECK((i == 0 || ex != c.caught[i - 1].get_executor()));
  }
  c.ear.close();
  context.run();
  CHECK(c.ended);
}

TEST_CASE("the unspecified IPv6 address takes IPv4 callers too, and they look like IPv4") {
  asio::io_context context;
  catcher c(context);
  if (const auto opened = c.ear.open(parsed("[::]:0")); !opened) {
    MESSAGE("no IPv6 here: " << opened.error().message());
    return;
  }
  c.start(context);
  const auto caller = connected_to(context, endpoint{*ip_address::parse("127.0.0.1"), c.ear.local().port});
  while (c.caught.empty()) {
    REQUIRE(context.run_one() == 1);
  }
  CHECK(from_asio(c.caught[0].remote_endpoint()) == from_asio(caller.local_endpoint()));
  c.ear.close();
  context.run();
}

TEST_CASE("a listener says what it could not listen on") {
  asio::io_context context;
  listener first(context.get_executor());
  REQUIRE(first.open(parsed("127.0.0.1:0")));
  listener second(context.get_executor());
  const auto taken = second.open(first.local());
  REQUIRE(!taken);
  CHECK(taken.error().code == asio::error::address_in_use);
  CHECK(taken.error().subject == first.local().to_string());
  CHECK(second.open(parsed("127.0.0.1:0")));  // the failure left it as new
}

TEST_CASE("a port can be listened on again at once after its connections are closed") {
  asio::io_context context;
  catcher c(context);
  REQUIRE(c.ear.open(parsed("127.0.0.1:0")));
  const auto where = c.ear.local();
  c.start(context);
  auto caller = connected_to(context, where);
  while (c.caught.empty()) {
    REQUIRE(context.run_one() == 1);
  }
  c.caught.clear();  // closed by this side first: the port is left in TIME_WAIT
  caller.close();
  c.ear.close();
  context.run();
  listener again(context.get_executor());
  CHECK(again.open(where));
}

TEST_CASE("running out of descriptors pauses accepting without spinning and loses nobody") {
  asio::io_context context;
  catcher c(context);
  REQUIRE(c.ear.open(parsed("127.0.0.1:0")));
  c.start(context);
  const auto caller = connected_to(context, c.ear.local());
  {
    const without_descriptors poor;
    context.run_one();
    context.poll();  // would not return if accepting span
    CHECK(c.caught.empty());
  }
  while (c.caught.empty()) {
    REQUIRE(context.run_one() == 1);
  }
  c.ear.close();
  context.run();
  CHECK(c.ended);
}

TEST_CASE("close ends a listener that rests for want of descriptors") {
  asio::io_context context;
  catcher c(context);
  REQUIRE(c.ear.open(parsed("127.0.0.1:0")));
  c.start(context);
  const auto caller = connected_to(context, c.ear.local());
  const without_descriptors poor;
  context.run_one();
  context.poll();
  c.ear.close();
  context.poll();  // without waiting for the rest to be over
  CHECK(c.ended);
  CHECK(c.caught.empty());
}

TEST_CASE("close from within the callback ends the run") {
  asio::io_context context;
  listener ear(context.get_executor());
  REQUIRE(ear.open(parsed("127.0.0.1:0")));
  int calls = 0;
  asio::co_spawn(context, ear.run([&](const tcp::socket&) {
    ++calls;
    ear.close();
  }),
                 rethrow);
  const auto one = connected_to(context, ear.local());
  const auto two = connected_to(context, ear.local());
  context.run();
  CHECK(calls == 1);
}
