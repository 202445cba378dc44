#include <string>
#include <zlib.h>

#include <doctest/doctest.h>

#include <shoal/net/error.hpp>
#include <shoal/net/http_client.hpp>

#include "net/blocking.hpp"
#include "net/script_server.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::test;
using namespace std::chrono_literals;

namespace {

outcome<http_reply> get(const std::string& url, http_options options = {}) {
  return run(http_get(url, std::move(options)));
}

/// The error of a GET that must fail.
error failing(const std::string& url, http_options options = {}) {
  const auto reply = get(url, std::move(options));
  REQUIRE_FALSE(reply.has_value());
  return reply.error().code;
}

std::string gzipped(std::string_view text) {
  z_stream stream{};
  REQUIRE(::deflateInit2(&stream, Z_BEST_COMPRESSION, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY) ==
          Z_OK);
  std::string out(::deflateBound(&stream, text.size()), '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  REQUIRE(::deflate(&stream, Z_FINISH) == Z_STREAM_END);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  return out;
}

std::string repeated(std::string_view what, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) {
    out += what;
  }
  return out;
}

}  // namespace

TEST_CASE("a reply's status and body are given") {
  std::string request;
  script_server server([&](tcp::socket& s) {
    request = read_request(s);
    say(s, ok("d8:intervali60e5:peers0:e"));
  });
  const auto reply = get(server.url("/announce?a=%00b"));
  REQUIRE(reply.has_value());
  CHECK(reply->status == 200);
  CHECK(reply->body == "d8:intervali60e5:peers0:e");
  CHECK(reply->final_url == server.url("/announce?a=%00b"));
  CHECK(request.starts_with("GET /announce?a=%00b HTTP/1.1\r\n"));
  CHECK(request.find("\r\nHost: 127.0.0.1:" + std::to_string(server.port()) + "\r\n") != std::string::npos);
  CHECK(request.find("\r\nUser-Agent: shoal\r\n") != std::string::npos);
  CHECK(request.find("\r\nConnection: close\r\n") != std::string::npos);
}

TEST_CASE("every way to frame a body is understood") {
  std::string text;
  SUBCASE("by its length") {
    text = ok("whole");
  }
  SUBCASE("by the end of the connection") {
    text = "HTTP/1.1 200 OK\r\n\r\nwhole";
  }
  SUBCASE("in HTTP/1.0") {
    text = "HTTP/1.0 200 OK\r\nServer: old\r\n\r\nwhole";
  }
  SUBCASE("in chunks") {
    text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nwh\r\n3;x=y\r\nole\r\n0\r\n\r\n";
  }
  SUBCASE("with more behind it") {
    text = ok("whole") + "HTTP/1.1 200 OK\r\n\r\n";
  }
  script_server server(answer(text));
  const auto reply = get(server.url());
  REQUIRE(reply.has_value());
  CHECK(reply->body == "whole");
}

TEST_CASE("another status than 200 is a value with its body") {
  script_server server(answer("HTTP/1.1 500 Oops\r\nContent-Length: 4\r\n\r\nwhy!"));
  const auto reply = get(server.url());
  REQUIRE(reply.has_value());
  CHECK(reply->status == 500);
  CHECK(reply->body == "why!");
}

TEST_CASE("a reply that is none, or not whole, is an error that says so") {
  std::string text;
  error expected;
  SUBCASE("nothing") {
    expected = http_errc::incomplete_reply;
  }
  SUBCASE("half a header") {
    text = "HTTP/1.1 200 OK\r\nContent-";
    expected = http_errc::incomplete_reply;
  }
  SUBCASE("half a body") {
    text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nd8:interval";
    expected = http_errc::incomplete_reply;
  }
  SUBCASE("half the chunks") {
    text = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nwh\r\n";
    expected = http_errc::incomplete_reply;
  }
  SUBCASE("a garbage status line") {
    text = "SSH-2.0-OpenSSH_9.2\r\n\r\n";
    expected = http_errc::not_http;
  }
  SUBCASE("a garbage length") {
    text = "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n";
    expected = http_errc::not_http;
  }
  SUBCASE("a header without end") {
    text = "HTTP/1.1 200 OK\r\n" + repeated("X-Filler: yes, more of it\r\n", 40'000);
    expected = http_errc::not_http;
  }
  SUBCASE("one field without end") {
    text = "HTTP/1.1 200 OK\r\nX: " + repeated("x", 1'000'000);
    expected = http_errc::not_http;
  }
  script_server server([&](tcp::socket& s) {
    read_request(s);
    if (say(s, text)) {
      error ignored;
      s.shutdown(tcp::socket::shutdown_send, ignored);
      wait_for_end(s);
    }
  });
  CHECK(failing(server.url()) == expected);
}

TEST_CASE("a body larger than the bound is refused without reading it all") {
  std::string header;
  SUBCASE("that says so") {
    header = "HTTP/1.1 200 OK\r\nContent-Length: 104857600\r\n\r\n";
  }
  SUBCASE("that does not") {
    header = "HTTP/1.1 200 OK\r\n\r\n";
  }
  SUBCASE("in one chunk") {
    header = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6400000\r\n";
  }
  std::size_t megabytes_sent = 0;
  {
    script_server server([&](tcp::socket& s) {
      read_request(s);
      bool listening = say(s, header);
      const std::string megabyte(1U << 20, 'x');
      while (listening && megabytes_sent < 100) {
        listening = say(s, megabyte);
        ++megabytes_sent;
      }
    });
    CHECK(failing(server.url()) == http_errc::body_too_large);
  }
  CHECK(megabytes_sent < 100);
}

TEST_CASE("a body as large as the bound is taken") {
  script_server server(answer(ok("0123456789")));
  http_options options;
  options.body_bytes_max = 10;
  CHECK(get(server.url(), options).has_value());
  options.body_bytes_max = 9;
  CHECK(failing(server.url(), options) == http_errc::body_too_large);
}

TEST_CASE("a body packed by gzip is unpacked, as far as its bound allows") {
  const auto reply_with = [](const std::string& packed, const std::string& coding = "gzip") {
    script_server server(answer("HTTP/1.1 200 OK\r\nContent-Encoding: " + coding + "\r\nContent-Length: " +
                                std::to_string(packed.size()) + "\r\n\r\n" + packed));
    return get(server.url());
  };
  const std::string body = "d8:intervali60e5:peers0:e";
  CHECK(reply_with(gzipped(body)).value().body == body);
  CHECK(reply_with(gzipped(body), "x-gzip").value().body == body);
  CHECK(reply_with(gzipped("")).value().body.empty());
  const std::size_t bound = http_options().body_bytes_max;
  CHECK(reply_with(gzipped(std::string(bound, 'x'))).value().body.size() == bound);
  CHECK(reply_with(gzipped(std::string(bound + 1, 'x'))).error().code == http_errc::body_too_large);
  const auto bomb = gzipped(std::string(64U << 20, 'x'));
  CHECK(bomb.size() * 1000 < 70U << 20);
  CHECK(reply_with(bomb).error().code == http_errc::body_too_large);
  auto half = gzipped(repeated("0123456789abcdef ", 100));
  half.resize(half.size() / 2);
  CHECK(reply_with(half).error().code == http_errc::incomplete_reply);
  CHECK(reply_with("").error().code == http_errc::incomplete_reply);
  CHECK(reply_with(body).error().code == http_errc::not_http);
}

TEST_CASE("a server that stalls meets the deadline") {
  std::string text;
  SUBCASE("before it says anything") {}
  SUBCASE("in the header") {
    text = "HTTP/1.1 200";
  }
  SUBCASE("in the body") {
    text = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nd8:interval";
  }
  script_server server([&](tcp::socket& s) {
    read_request(s);
    say(s, text);
    wait_for_end(s);
  });
  http_options options;
  options.deadline = 100ms;
  const auto reply = get(server.url("/announce?passkey=secret"), options);
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code == http_errc::deadline_passed);
  CHECK(reply.error().subject == server.url("/announce"));
}

TEST_CASE("the deadline holds for all redirects together") {
  script_server server([](tcp::socket& s) {
    const std::string request = read_request(s);
    if (request.starts_with("GET /a ")) {
      say(s, "HTTP/1.1 302 Found\r\nLocation: /b\r\nContent-Length: 0\r\n\r\n");
    } else {
      wait_for_end(s);
    }
  });
  http_options options;
  options.deadline = 100ms;
  CHECK(failing(server.url("/a"), options) == http_errc::deadline_passed);
}

TEST_CASE("redirects are followed, relative and absolute") {
  std::string last_request;
  script_server goal([&](tcp::socket& s) {
    last_request = read_request(s);
    say(s, ok("here"));
  });
  script_server server([&](tcp::socket& s) {
    const std::string request = read_request(s);
    const std::string where = request.starts_with("GET /a/b ") ? "../c?x=1" : goal.url("/d?y=2#part");
    say(s, "HTTP/1.1 307 Elsewhere\r\nLocation: " + where + "\r\nContent-Length: 0\r\n\r\n");
  });
  const auto reply = get(server.url("/a/b"));
  REQUIRE(reply.has_value());
  CHECK(reply->body == "here");
  CHECK(reply->final_url == goal.url("/d?y=2"));
  CHECK(last_request.starts_with("GET /d?y=2 HTTP/1.1\r\n"));
}

TEST_CASE("redirects have an end") {
  int asked = 0;
  {
    script_server server([&](tcp::socket& s) {
      read_request(s);
      ++asked;
      say(s, "HTTP/1.1 301 Moved\r\nLocation: /announce\r\nContent-Length: 0\r\n\r\n");
    });
    http_options options;
    options.redirects_max = 3;
    CHECK(failing(server.url(), options) == http_errc::too_many_redirects);
  }
  CHECK(asked == 4);
}

TEST_CASE("a redirect to what we do not speak, or cannot read, is an error") {
  std::string where;
  error expected;
  SUBCASE("another scheme") {
    where = "ftp://127.0.0.1/";
    expected = http_errc::unsupported_scheme;
  }
  SUBCASE("a file") {
    where = "file:///etc/passwd";
    expected = http_errc::unsupported_scheme;
  }
  SUBCASE("no URL") {
    where = "http://[::1";
    expected = http_errc::bad_url;
  }
  script_server server(answer("HTTP/1.1 302 Found\r\nLocation: " + where + "\r\nContent-Length: 0\r\n\r\n"));
  CHECK(failing(server.url()) == expected);
}

TEST_CASE("a redirect without a place to go is a reply") {
  script_server server(answer("HTTP/1.1 302 Found\r\nContent-Length: 3\r\n\r\nhm."));
  const auto reply = get(server.url());
  REQUIRE(reply.has_value());
  CHECK(reply->status == 302);
}

TEST_CASE("URLs that are none are refused before anything is sent") {
  CHECK(failing("") == http_errc::bad_url);
  CHECK(failing("announce") == http_errc::bad_url);
  CHECK(failing("http:///announce") == http_errc::bad_url);
  CHECK(failing("http://127.0.0.1:0/") == http_errc::bad_url);
  CHECK(failing("http://127.0.0.1:99999/") == http_errc::bad_url);
  CHECK(failing("http://a%00b/") == http_errc::bad_url);
  CHECK(failing("http://a%0d%0aX:%20y/") == http_errc::bad_url);
  CHECK(failing("http://a b/") == http_errc::bad_url);
  CHECK(failing("http://127.0.0.1/\r\nX: y") == http_errc::bad_url);
  CHECK(failing("udp://127.0.0.1:80/announce") == http_errc::unsupported_scheme);
}

TEST_CASE("a port nobody listens on is refused") {
  std::uint16_t free_port = 0;
  {
    script_server server(answer(""));
    free_port = server.port();
  }
  CHECK(failing("http://127.0.0.1:" + std::to_string(free_port) + "/") == asio::error::connection_refused);
}

TEST_CASE("a host that does not exist is an error") {
  // A label beyond 63 characters (RFC 1035) fails without asking the network.
  const auto reply = get("http://" + repeated("a", 70) + ".invalid/announce");
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code.category() == asio::error::get_netdb_category());
}

TEST_CASE("a name is looked up") {
  script_server server(answer(ok("named")));
  const auto reply = get("http://localhost:" + std::to_string(server.port()) + "/");
  REQUIRE(reply.has_value());
  CHECK(reply->body == "named");
}

TEST_CASE("an IPv6 host stands in brackets") {
  std::string request;
  try {
    script_server server(
        [&](tcp::socket& s) {
          request = read_request(s);
          say(s, ok("six"));
        },
        "::1");
    const auto reply = get(server.url("?x"));
    REQUIRE(reply.has_value());
    CHECK(reply->body == "six");
    CHECK(request.starts_with("GET /?x HTTP/1.1\r\nHost: [::1]:"));
  } catch (const boost::system::system_error& e) {
    MESSAGE("no IPv6 here: " << e.what());
  }
}

TEST_CASE("a request leaves from the address it is bound to") {
  std::string from;
  script_server server([&](tcp::socket& s) {
    from = s.remote_endpoint().address().to_string();
    read_request(s);
    say(s, ok(""));
  });
  http_options options;
  options.by = route::from(*ip_address::parse("127.0.0.9"));
  CHECK(get(server.url(), options).has_value());
  CHECK(from == "127.0.0.9");
  options.by = route::from(*ip_address::parse("::1"));
  CHECK(failing(server.url(), options) == errc::no_such_interface);
  options.by = route::from(*ip_address::parse("192.0.2.1"));
  CHECK(failing(server.url(), options) == errc::no_such_interface);
}
