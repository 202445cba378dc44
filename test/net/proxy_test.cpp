// proto/proxy.json, replayed; and connections through proxies that a thread plays.

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/net/http_client.hpp>
#include <shoal/net/proxy.hpp>
#include <shoal/net/tracker_client.hpp>

#include "net/blocking.hpp"
#include "net/proxy_handshake.hpp"
#include "net/script_server.hpp"
#include "proto/golden.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::test;
using namespace std::chrono_literals;

namespace {

const golden::file& vectors() {
  static const golden::file it("proxy.json");
  return it;
}

proxy proxy_in(const golden::json::value& url) {
  const auto p = parse_proxy(golden::text_of(url));
  REQUIRE(p.has_value());
  return *p;
}

std::string said(proxy_handshake& talk) {
  const auto out = talk.output();
  return std::string(as_text(out));
}

/// Feeds no more than is wanted, and at most `step`; what is left of the bytes then.
std::string_view feed(proxy_handshake& talk, std::string_view bytes, std::size_t step, error& failed) {
  while (!failed && !bytes.empty() && talk.wanted() > 0) {
    const auto part = bytes.substr(0, std::min(step, talk.wanted()));
    failed = talk.feed(as_bytes(part));
    bytes.remove_prefix(part.size());
  }
  return bytes;
}

http_options through(const proxy& p, std::string user = {}) {
  http_options o;
  o.by.via = p;
  o.by.via->user = std::move(user);
  o.deadline = 5s;
  return o;
}

proxy at(const script_server& server, proxy::kind how) {
  return {how, "127.0.0.1", server.port(), {}, {}};
}

std::string some(tcp::socket& s, std::size_t bytes) {
  std::string out(bytes, ' ');
  error ignored;
  asio::read(s, asio::buffer(out), ignored);
  return out;
}

/// Plays a SOCKS5 proxy that is itself what it connects to.
script_server::script socks_to(std::string& asked, script_server::script target) {
  return [&asked, target = std::move(target)](tcp::socket& s) {
    some(s, 3);
    say(s, std::string("\x05\x00", 2));
    const auto head = some(s, 5);
    asked = some(s, static_cast<std::uint8_t>(head[4]) + std::size_t{2});
    say(s, std::string("\x05\x00\x00\x01\x0a\x00\x00\x01\x04\x38", 10));
    target(s);
  };
}

}  // namespace

TEST_CASE(
    "every golden conversation with a proxy is held, however it is cut, and no byte behind it is taken") {
  vectors().check_rows();
  vectors().for_each_vector([](const golden::json::object& vector) {
    const auto& value = vector.at("value").as_object();
    for (const std::size_t step : {std::size_t{1}, std::size_t{4096}}) {
      CAPTURE(step);
      proxy_handshake talk(proxy_in(value.at("proxy")), golden::text_of(value.at("host")),
                           value.at("port").to_number<std::uint16_t>());
      const auto& says = value.at("says").as_array();
      const auto& hears = value.at("hears").as_array();
      for (std::size_t turn = 0; turn < says.size(); ++turn) {
        CAPTURE(turn);
        CHECK(said(talk) == golden::unhex(says[turn]));
        CHECK(talk.wanted() > 0);
        const bool last = turn + 1 == says.size();
        const auto bytes = golden::unhex(hears[turn]) + (last ? "behind" : "");
        error failed;
        const auto rest = feed(talk, bytes, step, failed);
        CHECK_MESSAGE(!failed, failed.message());
        CHECK(rest == (last ? "behind" : ""));
      }
      CHECK(talk.wanted() == 0);
      CHECK(said(talk).empty());
    }
  });
}

TEST_CASE("what a proxy may not say, or refuses, is an error by name, however it is cut") {
  const std::map<std::string_view, proxy_errc> errors{{"not_this_kind", proxy_errc::not_this_kind},
                                                      {"login_wanted", proxy_errc::login_wanted},
                                                      {"login_refused", proxy_errc::login_refused},
                                                      {"forbidden", proxy_errc::forbidden},
                                                      {"target_unreachable", proxy_errc::target_unreachable},
                                                      {"target_refused", proxy_errc::target_refused},
                                                      {"failed", proxy_errc::failed}};
  vectors().for_each_rejected([&](const golden::json::object& vector) {
    const auto bytes = golden::bytes_of(vector);
    for (const std::size_t step : {std::size_t{1}, std::size_t{4096}}) {
      CAPTURE(step);
      proxy_handshake talk(proxy_in(vector.at("proxy")), "10.1.2.3", 6881);
      error failed;
      feed(talk, bytes, step, failed);
      CHECK_MESSAGE(failed == errors.at(golden::text_of(vector.at("error"))), failed.message());
    }
  });
}

TEST_CASE("a proxy is a URL with a host and a port, and is shown without its login") {
  const auto p = parse_proxy("socks5://me:p%40ss%3a@[2001:db8::1]:1080");
  REQUIRE(p.has_value());
  CHECK(*p == proxy{proxy::kind::socks5, "2001:db8::1", 1080, "me", "p@ss:"});
  CHECK(p->shown() == "socks5://[2001:db8::1]:1080");
  CHECK(parse_proxy("socks5h://proxy:1080")->how == proxy::kind::socks5);
  CHECK(parse_proxy("http://proxy:3128/")->shown() == "http://proxy:3128");
  const std::string long_word(256, 'x');
  for (const std::string& bad :
       {std::string(), std::string("proxy:1080"), std::string("socks5://proxy"),
        std::string("socks5://:1080"), std::string("socks4://proxy:1080"), std::string("https://proxy:1080"),
        std::string("http://proxy:0"), std::string("http://proxy:99999"), std::string("http://proxy:80/path"),
        std::string("http://a%00b:80"), "socks5://" + long_word + "@proxy:1080",
        "socks5://me:" + long_word + "@proxy:1080"}) {
    CAPTURE(bad);
    CHECK(parse_proxy(bad).error() == proxy_errc::bad_url);
  }
}

TEST_CASE("a URL is fetched through a proxy, which is told the name") {
  std::string asked;
  const script_server server(socks_to(asked, answer(ok("by the proxy"))));
  const auto reply = run(http_get("http://tracker.invalid:6969/", through(at(server, proxy::kind::socks5))));
  REQUIRE_MESSAGE(reply.has_value(), reply.error().message());
  CHECK(reply->body == "by the proxy");
  CHECK(asked == std::string("tracker.invalid\x1b\x39", 17));
}

TEST_CASE("through a proxy a redirect leads no nearer either") {
  for (const std::string location : {"http://127.0.0.1/", "http://localhost/", "http://10.0.0.1/"}) {
    CAPTURE(location);
    const std::string moved = "HTTP/1.1 302 Found\r\nLocation: " + location + "\r\nContent-Length: 0\r\n\r\n";
    std::string asked;
    const script_server server(socks_to(asked, answer(moved)));
    const auto reply = run(http_get("http://tracker.invalid/", through(at(server, proxy::kind::socks5))));
    REQUIRE(reply.has_error());
    CHECK(reply.error().code == http_errc::unsafe_redirect);
  }
}

TEST_CASE("a proxy that is none, hangs up, stalls or is not there is an error that says so") {
  const auto failing = [](script_server::script script, proxy::kind how, duration deadline = 5s) {
    const script_server server(std::move(script));
    auto options = through(at(server, how));
    options.deadline = deadline;
    const auto reply = run(http_get("http://tracker.invalid/", options));
    REQUIRE(reply.has_error());
    return reply.error().code;
  };
  using kind = proxy::kind;
  for (const auto how : {kind::socks5, kind::http}) {
    CHECK(failing([](tcp::socket&) {}, how) == proxy_errc::failed);
    CHECK(failing([](tcp::socket& s) { wait_for_end(s); }, how, 100ms) == http_errc::deadline_passed);
  }
  CHECK(failing([](tcp::socket& s) { say(s, "HTTP/1.1 400 Bad Request\r\n\r\n"), wait_for_end(s); },
                kind::socks5) == proxy_errc::not_this_kind);
  CHECK(
      failing([](tcp::socket& s) { read_request(s), say(s, "HTTP/1.1 407 Login\r\n\r\n"), wait_for_end(s); },
              kind::http) == proxy_errc::login_wanted);
  proxy gone;
  {
    const script_server server([](tcp::socket&) {});
    gone = at(server, kind::socks5);
  }
  const auto reply = run(http_get("http://tracker.invalid/", through(gone)));
  CHECK(reply.error().code == proxy_errc::unreachable);
}

TEST_CASE("a UDP tracker is not asked past a proxy, and its name not looked up") {
  tracker_options options;
  options.http = through({proxy::kind::socks5, "127.0.0.1", 9, {}, {}});
  const auto reply = run(announce_to("udp://tracker.invalid:6969/announce", {}, options));
  REQUIRE(reply.has_error());
  CHECK(reply.error().code == proxy_errc::no_datagrams);
}
