#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <shoal/net/handshaking.hpp>
#include <shoal/net/task_group.hpp>
#include <shoal/wire/codec.hpp>

#include "coroutines.hpp"
#include "handshakes.hpp"
#include "link_harness.hpp"
#include "net/serial.hpp"

using namespace shoal;
using namespace shoal::net;
using wire::mse::policy;

namespace {

encrypted_calls calls_of(policy p) {
  return {p, [](const sha1_digest& asked) {
            return asked == wire::mse::obfuscated(torrent) ? std::optional(torrent) : std::nullopt;
          }};
}

awaitable<void> call(shaken& out, tcp::acceptor& acceptor, policy p, wire::handshake ours,
                     duration deadline) {
  const auto ex = co_await asio::this_coro::executor;
  connect_options options;
  options.deadline = deadline;
  options.encryption = p;
  const auto where = from_asio(acceptor.local_endpoint());
  auto done = co_await connect_peer(ex, where, ours, options);
  out.emplace(std::move(done));
  acceptor.close();
}

/// Answers one call after the other until the acceptor is closed; the last outcome counts.
awaitable<void> answer(shaken& out, int& calls, tcp::acceptor& acceptor, policy p) {
  const auto ex = co_await asio::this_coro::executor;
  for (;;) {
    const asio::any_io_executor own = new_strand(ex);
    auto [failed, socket] = co_await acceptor.async_accept(own, use_tuple);
    if (failed) {
      co_return;
    }
    ++calls;
    handshake_answer answers = [](const wire::handshake&) { return bob; };
    encrypted_calls encrypted = calls_of(p);
    auto done = co_await accept_peer(std::move(socket), std::move(answers), plenty, std::move(encrypted));
    out.emplace(std::move(done));
  }
}

/// Two of us on one loopback connection.
struct meeting {
  meeting(policy calls_by, policy answers_by) {
    asio::co_spawn(context, answer(called, calls, acceptor, answers_by), rethrow);
    asio::co_spawn(context, call(calling, acceptor, calls_by, alice, plenty), rethrow);
    run_until(context, [this] { return calling.has_value(); });
    context.poll();
  }

  asio::io_context context;
  tcp::acceptor acceptor{context, tcp::endpoint(asio::ip::address_v4::loopback(), 0)};
  shaken calling, called;
  int calls = 0;
};

/// Two links on an encrypted connection.
struct sealed_talk {
  explicit sealed_talk(std::size_t payload_blocks) : payload(payload_blocks) {
    REQUIRE(m.calling->has_value());
    REQUIRE(m.called->has_value());
    a.emplace(std::move(m.calling->value()), 64);
    b.emplace(std::move(m.called->value()), 64);
    group.emplace(m.context.get_executor());
    a->run_in(*group);
    b->run_in(*group);
    m.context.restart();
  }
  template <class Condition>
  void until(Condition c) {
    run_until(m.context, c);
  }
  void finish() {
    a->link.close(asio::error::operation_aborted);
    until([this] { return a->owner.closed() == 1 && b->owner.closed() == 1; });
  }

  meeting m{policy::require, policy::require};
  buffer::pool payload;
  std::optional<link_end> a, b;
  std::optional<task_group> group;
};

std::string name_of(policy p) {
  return std::to_string(static_cast<int>(p));
}

/// Accepts connections and says what it is told to, heedless of what it hears.
awaitable<void> babble(tcp::acceptor& acceptor, stranger who) {
  for (;;) {
    auto [failed, socket] = co_await acceptor.async_accept(use_tuple);
    if (failed) {
      co_return;
    }
    co_await say(socket, who);
  }
}

awaitable<void> say_and_wait(tcp::endpoint remote, stranger who) {
  const auto ex = co_await asio::this_coro::executor;
  tcp::socket socket(ex);
  co_await socket.async_connect(remote, use_tuple);
  co_await say(socket, std::move(who));
}

awaitable<void> answer_once(shaken& out, tcp::acceptor& acceptor, policy p, duration deadline) {
  const auto ex = co_await asio::this_coro::executor;
  const asio::any_io_executor own = new_strand(ex);
  auto [failed, socket] = co_await acceptor.async_accept(own, use_tuple);
  handshake_answer answers = [](const wire::handshake&) { return bob; };
  encrypted_calls encrypted = calls_of(p);
  auto done = co_await accept_peer(std::move(socket), std::move(answers), deadline, std::move(encrypted));
  out.emplace(std::move(done));
}

}  // namespace

TEST_CASE("every two policies meet as well as they can") {
  enum class how { plain, plain_after_handshake, rc4, never };
  struct row {
    policy caller, answerer;
    how expected;
    int calls;
  };
  const row rows[] = {
      {policy::off, policy::off, how::plain, 1},      {policy::off, policy::allow, how::plain, 1},
      {policy::off, policy::prefer, how::plain, 1},   {policy::off, policy::require, how::never, 1},
      {policy::allow, policy::off, how::plain, 1},    {policy::allow, policy::allow, how::plain, 1},
      {policy::allow, policy::prefer, how::plain, 1}, {policy::allow, policy::require, how::rc4, 2},
      {policy::prefer, policy::off, how::plain, 2},   {policy::prefer, policy::allow, how::rc4, 1},
      {policy::prefer, policy::prefer, how::rc4, 1},  {policy::prefer, policy::require, how::rc4, 1},
      {policy::require, policy::off, how::never, 1},  {policy::require, policy::allow, how::rc4, 1},
      {policy::require, policy::prefer, how::rc4, 1}, {policy::require, policy::require, how::rc4, 1},
  };
  for (const auto& r : rows) {
    const auto names = name_of(r.caller) + " calls " + name_of(r.answerer);
    CAPTURE(names);
    meeting m(r.caller, r.answerer);
    CHECK(m.calls == r.calls);
    if (r.expected == how::never) {
      CHECK(m.calling->has_error());
      continue;
    }
    REQUIRE_MESSAGE(m.calling->has_value(), m.calling->error().message());
    REQUIRE(m.called);
    REQUIRE_MESSAGE(m.called->has_value(), m.called->error().message());
    CHECK((*m.calling)->theirs == bob);
    CHECK((*m.called)->theirs == alice);
    const bool sealed = r.expected == how::rc4;
    for (const auto* side : {&m.calling->value(), &m.called->value()}) {
      CHECK(side->stream.sending.has_value() == sealed);
      CHECK(side->stream.receiving.has_value() == sealed);
    }
  }
}

TEST_CASE("links over an encrypted connection say everything, in both directions") {
  const std::uint64_t seed = 7;
  CAPTURE(seed);
  rng random(seed);
  sealed_talk talk(2000);
  auto& a = *talk.a;
  auto& b = *talk.b;
  std::vector<spoken> from_a;
  std::vector<spoken> from_b;
  for (int i = 0; i < 800; ++i) {
    from_a.push_back(random_message(random));
    from_b.push_back(random_message(random));
  }
  a.say(from_a, talk.payload);
  b.say(from_b, talk.payload);
  talk.until(
      [&] { return b.owner.heard_count() == from_a.size() && a.owner.heard_count() == from_b.size(); });
  CHECK((apart(b.owner.heard()) == apart(from_a)));
  CHECK((apart(a.owner.heard()) == apart(from_b)));
  std::uint64_t bytes = 0;
  for (const auto& s : from_a) {
    bytes += s.payload.size();
  }
  CHECK(a.owner.payload_sent() == bytes);
  CHECK(talk.payload.available() == talk.payload.capacity());
  talk.finish();
  CHECK(b.owner.why() == asio::error::eof);
}

TEST_CASE("answers that come in the order of asking are read to their places encrypted as well") {
  rng random(8);
  sealed_talk talk(600);
  auto& a = *talk.a;
  auto& b = *talk.b;
  std::vector<spoken> asked;
  std::vector<spoken> answers;
  for (int i = 0; i < 500; ++i) {
    answers.push_back(random_piece(random, block_bytes));
    asked.push_back({wire::request{std::get<wire::piece>(answers.back().msg).block}, {}});
  }
  b.say(asked, talk.payload);
  talk.until([&] { return a.owner.heard_count() == asked.size(); });
  a.say(answers, talk.payload);
  talk.until([&] { return b.owner.heard_count() == answers.size(); });
  CHECK((b.owner.heard() == answers));
  talk.finish();
}

TEST_CASE("strangers that are called encrypted make no peers") {
  struct row {
    std::string name, script;
    error expected;
    duration deadline = plenty;
  };
  const std::string key(96, '\x55');
  const row rows[] = {
      {"a web server", "HTTP/1.1 400 Bad Request\r\n\r\n" + std::string(700, 'x'),
       wire::errc::padding_too_long},
      {"nothing", "", errc::deadline_passed, std::chrono::milliseconds(50)},
      {"the key 0", std::string(96, '\0'), wire::errc::bad_public_key},
      {"a key, then padding without end", key + std::string(700, 'x'), wire::errc::padding_too_long},
      {"a key, then silence", key, errc::deadline_passed, std::chrono::milliseconds(50)},
  };
  for (const auto& r : rows) {
    for (const std::size_t at_once : {std::size_t{1}, std::size_t{4096}}) {
      CAPTURE(r.name);
      CAPTURE(at_once);
      asio::io_context context;
      tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
      shaken out;
      asio::co_spawn(context, babble(acceptor, {r.script, at_once}), rethrow);
      asio::co_spawn(context, call(out, acceptor, policy::require, alice, r.deadline), rethrow);
      context.run();
      REQUIRE(out);
      REQUIRE(out->has_error());
      CHECK_MESSAGE(out->error() == r.expected, out->error().message());
    }
  }
}

TEST_CASE("strangers that call encrypted make no peers") {
  struct row {
    std::string name, script;
    error expected;
    policy ours = policy::allow;
    duration deadline = plenty;
  };
  const auto plain_bytes = wire::encode(alice);
  const std::string plain(as_text(plain_bytes));
  const std::string key(96, '\x55');
  const auto soon = std::chrono::milliseconds(50);
  const row rows[] = {
      {"in plain, where that is not wanted", plain, errc::plaintext_refused, policy::require},
      {"encrypted, where that is not wanted", key, wire::errc::bad_protocol, policy::off},
      {"the key 1", std::string(95, '\0') + '\1', wire::errc::bad_public_key},
      {"half a key", key.substr(0, 40), errc::deadline_passed, policy::allow, soon},
      {"a key, then padding without end", key + std::string(700, 'x'), wire::errc::padding_too_long},
      {"begins in plain", plain.substr(0, 10) + std::string(86, 'x') + std::string(700, 'x'),
       wire::errc::padding_too_long},
  };
  for (const auto& r : rows) {
    for (const std::size_t at_once : {std::size_t{1}, std::size_t{4096}}) {
      CAPTURE(r.name);
      CAPTURE(at_once);
      asio::io_context context;
      tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
      shaken out;
      asio::co_spawn(context, answer_once(out, acceptor, r.ours, r.deadline), rethrow);
      asio::co_spawn(context, say_and_wait(acceptor.local_endpoint(), {r.script, at_once}), rethrow);
      context.run();
      REQUIRE(out);
      REQUIRE(out->has_error());
      CHECK_MESSAGE(out->error() == r.expected, out->error().message());
    }
  }
}

TEST_CASE("an encrypted call for a torrent that we do not have is hung up on") {
  asio::io_context context;
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  shaken called, calling;
  const auto other = wire::make_handshake(filled<sha1_digest>('u'), alice.id);
  asio::co_spawn(context, answer_once(called, acceptor, policy::allow, plenty), rethrow);
  asio::co_spawn(context, call(calling, acceptor, policy::require, other, plenty), rethrow);
  context.run();
  REQUIRE(called);
  CHECK(called->error() == errc::wrong_torrent);
  REQUIRE(calling);
  CHECK(calling->has_error());
}
