#include "net/web_source.hpp"

#include <atomic>
#include <chrono>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include "net/blocking.hpp"
#include "net/script_server.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::test;
using namespace std::chrono_literals;

namespace {

const std::string content = "0123456789abcdefghij";

http_options hurried() {
  http_options o;
  o.deadline = 300ms;
  return o;
}

std::string part(std::size_t first, std::size_t last) {
  const auto body = content.substr(first, last - first + 1);
  return "HTTP/1.1 206 Partial Content\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nContent-Range: bytes " + std::to_string(first) + "-" + std::to_string(last) + "/" +
         std::to_string(content.size()) + "\r\n\r\n" + body;
}

std::string whole() {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(content.size()) + "\r\n\r\n" + content;
}

/// Answers every request on a connection with the next of these, then closes.
script_server::script answers(std::vector<std::string> replies) {
  return [replies](tcp::socket& s) {
    for (const auto& reply : replies) {
      if (read_request(s).empty() || !say(s, reply)) return;
    }
  };
}

awaitable<result<std::string>> fetch(web_source& source, std::string url, std::uint64_t offset,
                                     std::size_t bytes, std::size_t file_bytes = content.size()) {
  error failed = co_await source.seek(url, file_bytes, offset, bytes);
  std::string out(bytes, ' ');
  if (!failed) {
    failed = co_await source.read(std::as_writable_bytes(std::span(out)));
  }
  if (failed) {
    co_return failed;
  }
  co_return out;
}

awaitable<std::vector<std::string>> fetch_all(std::string url, std::vector<std::uint64_t> offsets) {
  web_source source(hurried());
  std::vector<std::string> out;
  for (const auto offset : offsets) {
    auto got = co_await fetch(source, url, offset, 4);
    out.push_back(got ? *got : got.error().message());
  }
  co_return out;
}

awaitable<error> failure_of(std::string url, std::size_t file_bytes, http_options options = hurried()) {
  web_source source(std::move(options));
  auto got = co_await fetch(source, url, 4, 4, file_bytes);
  co_return got ? error() : got.error();
}

}  // namespace

TEST_CASE("parts come over one connection, and over another when the server closed it") {
  std::atomic<int> connections = 0;
  const script_server server([&connections](tcp::socket& s) {
    ++connections;
    answers({part(0, 3), part(8, 11)})(s);
  });
  const auto got = run(fetch_all(server.url("/file"), {0, 8, 0}));
  CHECK(got == std::vector<std::string>{"0123", "89ab", "0123"});
  CHECK(connections == 2);
}

TEST_CASE("from a server that sends whole files, what is wanted is taken as it passes by") {
  std::atomic<int> connections = 0;
  const script_server server([&connections](tcp::socket& s) {
    ++connections;
    answers({whole()})(s);
  });
  const auto got = run(fetch_all(server.url("/file"), {2, 6, 16, 4}));
  CHECK(got == std::vector<std::string>{"2345", "6789", "ghij", "4567"});
  CHECK(connections == 2);
}

TEST_CASE("a redirect is followed") {
  const script_server target(answers({part(4, 7)}));
  const script_server server(
      answers({"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + target.url("/there") + "\r\n\r\n"}));
  CHECK_FALSE(run(failure_of(server.url("/here"), content.size())));
}

TEST_CASE("what servers send that was not asked for is refused by name") {
  struct row {
    std::string name;
    std::vector<std::string> replies;
    error expected;
    std::size_t file_bytes = content.size();
  };
  const std::string loop = "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: /again\r\n\r\n";
  const row rows[] = {
      {"another part", {part(5, 8)}, http_errc::wrong_range},
      {"a longer part", {part(4, 9)}, http_errc::wrong_range},
      {"a file of another length", {part(4, 7)}, http_errc::wrong_range, 21},
      {"a whole file of another length", {whole()}, http_errc::wrong_range, 21},
      {"a whole file that is too large",
       {"HTTP/1.1 200 OK\r\nContent-Length: 600000000\r\n\r\n"},
       http_errc::ignores_ranges,
       600'000'000},
      {"no range", {"HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\n\r\n4567"}, http_errc::wrong_range},
      {"packed",
       {"HTTP/1.1 206 Partial Content\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n"
        "Content-Range: bytes 4-7/20\r\n\r\n4567"},
       http_errc::wrong_range},
      {"too short", {part(4, 7).substr(0, part(4, 7).size() - 1)}, http_errc::incomplete_reply},
      {"nothing", {""}, http_errc::incomplete_reply},
      {"no HTTP", {"220 mail.example.org ESMTP\r\n\r\n"}, http_errc::not_http},
      {"not there", {"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"}, http_errc::no_such_file},
      {"out of order", {"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\n\r\n"}, http_errc::bad_status},
      {"a loop", {loop}, http_errc::too_many_redirects},
      {"a header without end", {"HTTP/1.1 206 OK\r\nX: " + std::string(40'000, 'x')}, http_errc::not_http},
  };
  for (const auto& r : rows) {
    CAPTURE(r.name);
    const script_server server(answers(r.replies));
    const error failed = run(failure_of(server.url("/file"), r.file_bytes));
    CHECK_MESSAGE(failed == r.expected, failed.message());
  }
}

TEST_CASE("a server that stalls is given up") {
  const script_server server([](tcp::socket& s) {
    read_request(s);
    say(s, part(4, 7).substr(0, part(4, 7).size() - 2));
    read_request(s);  // until the client has gone
  });
  CHECK(run(failure_of(server.url("/file"), content.size())) == http_errc::deadline_passed);
}

TEST_CASE("a redirect from elsewhere into this machine or network is refused") {
  for (const std::string near : {"127.0.0.1", "[::1]", "10.1.2.3", "localhost"}) {
    CAPTURE(near);
    const script_server as_proxy([&near](tcp::socket& s) {
      read_request(s);  // CONNECT
      say(s, "HTTP/1.1 200 OK\r\n\r\n");
      answers({"HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://" + near + "/\r\n\r\n"})(s);
    });
    auto options = hurried();
    options.by.via = proxy{proxy::kind::http, "127.0.0.1", as_proxy.port(), {}, {}};
    CHECK(run(failure_of("http://web.invalid/file", content.size(), options)) == http_errc::unsafe_redirect);
  }
}
