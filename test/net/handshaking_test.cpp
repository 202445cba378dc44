#include <array>
#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <shoal/net/handshaking.hpp>
#include <shoal/net/task_group.hpp>
#include <shoal/wire/codec.hpp>

#include "coroutines.hpp"
#include "handshakes.hpp"
#include "net/serial.hpp"

using namespace shoal;
using namespace shoal::net;

namespace {

constexpr auto little = std::chrono::milliseconds(30);

std::string spelt(const wire::handshake& h) {
  const auto bytes = wire::encode(h);
  return std::string(as_text(bytes));
}

awaitable<void> take_call(tcp::acceptor& acceptor, stranger who) {
  auto [failed, socket] = co_await acceptor.async_accept(use_tuple);
  if (failed) {
    co_return;
  }
  socket.set_option(tcp::no_delay(true));
  // Closing with unread bytes would send a reset instead of an end.
  std::array<std::byte, wire::handshake_bytes> heard{};
  co_await asio::async_read(socket, asio::buffer(heard), use_tuple);
  co_await say(socket, std::move(who));
}

awaitable<void> make_call(tcp::endpoint remote, stranger who) {
  auto ex = co_await asio::this_coro::executor;
  tcp::socket socket(ex);
  const auto [failed] = co_await socket.async_connect(remote, use_tuple);
  if (!failed) {
    socket.set_option(tcp::no_delay(true));
    co_await say(socket, std::move(who));
  }
}

awaitable<void> connect_into(shaken& out, endpoint remote, wire::handshake ours, connect_options options) {
  auto ex = co_await asio::this_coro::executor;
  auto done = co_await connect_peer(ex, remote, ours, options);
  out.emplace(std::move(done));
}

awaitable<void> accept_into(shaken& out, tcp::acceptor& acceptor, handshake_answer answer,
                            duration deadline) {
  auto ex = co_await asio::this_coro::executor;
  const asio::any_io_executor own = new_strand(ex);
  auto [failed, socket] = co_await acceptor.async_accept(own, use_tuple);
  if (!failed) {
    auto done = co_await accept_peer(std::move(socket), std::move(answer), deadline);
    out.emplace(std::move(done));
  }
}

tcp::acceptor loopback_acceptor(asio::io_context& context) {
  return {context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
}

handshake_answer always(const wire::handshake& ours) {
  return [ours](const wire::handshake&) { return ours; };
}

struct row {
  std::string name;
  stranger who;
  error expected;
  duration deadline = plenty;
};

/// What strangers say that makes no peer of them, whichever side called.
std::vector<row> strangers() {
  const std::string right = spelt(bob);
  std::string late_difference = right.substr(0, 20);
  late_difference[19] = 'x';
  return {
      {"says nothing", {""}, errc::deadline_passed, little},
      {"says nothing and leaves", {"", 1000, false}, asio::error::eof},
      {"stops in the protocol", {right.substr(0, 10)}, errc::deadline_passed, little},
      {"stops one byte short", {right.substr(0, 67)}, errc::deadline_passed, little},
      {"leaves one byte short", {right.substr(0, 67), 1000, false}, asio::error::eof},
      {"one byte, the wrong one", {"H"}, wire::errc::bad_protocol},
      {"a web server", {"HTTP/1.1 400 Bad Request\r\n\r\n"}, wire::errc::bad_protocol},
      {"the protocol's last letter is another", {late_difference}, wire::errc::bad_protocol},
      {"the same, a byte at a time", {late_difference, 1}, wire::errc::bad_protocol},
  };
}

}  // namespace

TEST_CASE("strangers that are called make no peers") {
  auto rows = strangers();
  rows.push_back({"another torrent",
                  {spelt(wire::make_handshake(filled<sha1_digest>('u'), bob.id))},
                  errc::wrong_torrent});
  rows.push_back({"ourselves", {spelt(alice)}, errc::connected_to_self});
  for (const auto& r : rows) {
    CAPTURE(r.name);
    asio::io_context context;
    auto acceptor = loopback_acceptor(context);
    shaken out;
    asio::co_spawn(context, take_call(acceptor, r.who), rethrow);
    asio::co_spawn(context, connect_into(out, from_asio(acceptor.local_endpoint()), alice, {{}, r.deadline}),
                   rethrow);
    context.run();
    REQUIRE(out);
    REQUIRE(out->has_error());
    CHECK_MESSAGE(out->error() == r.expected, out->error().message());
  }
}

TEST_CASE("strangers that call make no peers") {
  auto rows = strangers();
  rows.push_back({"ourselves", {spelt(alice)}, errc::connected_to_self});
  for (const auto& r : rows) {
    CAPTURE(r.name);
    asio::io_context context;
    auto acceptor = loopback_acceptor(context);
    shaken out;
    asio::co_spawn(context, accept_into(out, acceptor, always(alice), r.deadline), rethrow);
    asio::co_spawn(context, make_call(acceptor.local_endpoint(), r.who), rethrow);
    context.run();
    REQUIRE(out);
    REQUIRE(out->has_error());
    CHECK_MESSAGE(out->error() == r.expected, out->error().message());
  }
}

TEST_CASE("a caller for a torrent that we do not have is refused without an answer") {
  asio::io_context context;
  auto acceptor = loopback_acceptor(context);
  shaken called;
  shaken calling;
  std::optional<wire::handshake> asked;
  const auto refuse = [&asked](const wire::handshake& theirs) {
    asked = theirs;
    return std::optional<wire::handshake>();
  };
  asio::co_spawn(context, accept_into(called, acceptor, refuse, plenty), rethrow);
  asio::co_spawn(context, connect_into(calling, from_asio(acceptor.local_endpoint()), alice, {{}, plenty}),
                 rethrow);
  context.run();
  REQUIRE(called);
  CHECK(called->error() == errc::wrong_torrent);
  CHECK(asked == alice);
  REQUIRE(calling);
  CHECK(calling->error() == asio::error::eof);
}

TEST_CASE("two of us shake hands, and what follows the handshake stays in the socket") {
  asio::io_context context;
  auto acceptor = loopback_acceptor(context);
  shaken called;
  shaken calling;
  asio::co_spawn(context, accept_into(called, acceptor, always(bob), plenty), rethrow);
  asio::co_spawn(context, connect_into(calling, from_asio(acceptor.local_endpoint()), alice, {{}, plenty}),
                 rethrow);
  context.run();
  REQUIRE(called);
  REQUIRE(called->has_value());
  REQUIRE(calling);
  REQUIRE(calling->has_value());
  established& a = calling->value();
  established& b = called->value();
  CHECK(a.theirs == bob);
  CHECK(b.theirs == alice);
  CHECK(a.outgoing);
  CHECK_FALSE(b.outgoing);
  CHECK(a.remote == from_asio(acceptor.local_endpoint()));
  CHECK(b.remote == from_asio(a.socket.local_endpoint()));
  CHECK(a.socket.get_executor().target<strand>() != nullptr);
  CHECK(b.socket.get_executor().target<strand>() != nullptr);
  tcp::no_delay nagle_is_off;
  a.socket.get_option(nagle_is_off);
  CHECK(nagle_is_off.value());
  b.socket.get_option(nagle_is_off);
  CHECK(nagle_is_off.value());
}

TEST_CASE("a connection made from a strand has one of its own beside it") {
  asio::io_context context;
  auto acceptor = loopback_acceptor(context);
  shaken called;
  shaken calling;
  const strand callers(context.get_executor());
  asio::co_spawn(context, accept_into(called, acceptor, always(bob), plenty), rethrow);
  asio::co_spawn(callers, connect_into(calling, from_asio(acceptor.local_endpoint()), alice, {{}, plenty}),
                 rethrow);
  context.run();
  REQUIRE(calling);
  REQUIRE(calling->has_value());
  const auto ex = (*calling)->socket.get_executor();
  const auto* own = ex.target<strand>();
  REQUIRE(own != nullptr);
  CHECK(*own != callers);
  CHECK(own->get_inner_executor() == context.get_executor());
}

TEST_CASE("a handshake may come a byte at a time, and bytes behind it are not swallowed") {
  for (const std::size_t bytes_at_once : {std::size_t{1}, std::size_t{7}, std::size_t{1000}}) {
    CAPTURE(bytes_at_once);
    asio::io_context context;
    auto acceptor = loopback_acceptor(context);
    shaken out;
    asio::co_spawn(context, accept_into(out, acceptor, always(alice), plenty), rethrow);
    stranger who{spelt(bob) + "behind", bytes_at_once, false};
    asio::co_spawn(context, make_call(acceptor.local_endpoint(), std::move(who)), rethrow);
    context.run();
    REQUIRE(out);
    REQUIRE(out->has_value());
    CHECK((*out)->theirs == bob);
    std::string behind(6, ' ');
    asio::read((*out)->socket, asio::buffer(behind));
    CHECK(behind == "behind");
  }
}

TEST_CASE("a slow stranger meets one deadline over the whole handshake") {
  // Every read succeeds until one byte is missing; the deadline counts from the first.
  asio::io_context context;
  auto acceptor = loopback_acceptor(context);
  shaken out;
  asio::co_spawn(context, accept_into(out, acceptor, always(alice), little), rethrow);
  asio::co_spawn(context, make_call(acceptor.local_endpoint(), {spelt(bob).substr(0, 67), 1, true}), rethrow);
  context.run();
  REQUIRE(out);
  CHECK(out->error() == errc::deadline_passed);
}

TEST_CASE("connections leave from the address that was asked for") {
  struct from_row {
    const char* from;
    const char* arrives_from;  // nullptr: refused
  };
  const from_row rows[] = {
      {"127.0.0.2", "127.0.0.2"}, {"0.0.0.0", "127.0.0.1"},
      {"::", "127.0.0.1"},        {"203.0.113.77", nullptr},  // RFC 5737: nobody's
      {"::1", nullptr},                                       // the remote is IPv4
  };
  for (const auto& r : rows) {
    CAPTURE(r.from);
    asio::io_context context;
    auto acceptor = loopback_acceptor(context);
    shaken called;
    shaken calling;
    asio::co_spawn(context, accept_into(called, acceptor, always(bob), plenty), rethrow);
    connect_options options{route::from(*ip_address::parse(r.from)), plenty};
    asio::co_spawn(context, connect_into(calling, from_asio(acceptor.local_endpoint()), alice, options),
                   rethrow);
    while (!calling) {
      REQUIRE(context.run_one() == 1);
    }
    if (r.arrives_from == nullptr) {
      CHECK(calling->error() == errc::no_such_interface);
      continue;
    }
    context.run();
    REQUIRE(called);
    REQUIRE(called->has_value());
    CHECK((*called)->remote.address == ip_address::parse(r.arrives_from));
  }
}

TEST_CASE("nobody listening is an error of its own, and no deadline is waited for") {
  asio::io_context context;
  endpoint nobody;
  {
    auto acceptor = loopback_acceptor(context);
    nobody = from_asio(acceptor.local_endpoint());
  }
  shaken out;
  asio::co_spawn(context, connect_into(out, nobody, alice, {{}, plenty}), rethrow);
  context.run();
  REQUIRE(out);
  CHECK(out->error() == asio::error::connection_refused);
}

TEST_CASE("cancelling the caller ends a handshake that waits") {
  asio::io_context context;
  auto acceptor = loopback_acceptor(context);
  shaken out;
  task_group group(context.get_executor());
  group.spawn(context.get_executor(), accept_into(out, acceptor, always(alice), plenty));
  tcp::socket silent(context);
  silent.connect(acceptor.local_endpoint());
  for (int i = 0; i < 10; ++i) {
    context.poll();
  }
  group.cancel();
  context.run();  // comes back long before `plenty`
  CHECK(group.size() == 0);
  CHECK((!out || !*out));
}

TEST_CASE("every error of the module says what is wrong") {
  for (const errc e : {errc::deadline_passed, errc::wrong_torrent, errc::connected_to_self,
                       errc::no_such_interface, errc::peer_reads_nothing}) {
    CHECK(make_error_code(e).message() != make_error_code(errc{99}).message());
  }
}
