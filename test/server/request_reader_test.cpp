#include "server/request_reader.hpp"

#include <algorithm>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

using namespace shoal::server;

namespace {

using list = std::vector<std::string>;

/// What comes out when `text` is given in portions of at most `portion` bytes.
list targets(std::string_view text, std::size_t portion = 1'000'000, std::size_t head_bytes_max = 4096) {
  request_reader reader(head_bytes_max);
  list out;
  while (true) {
    while (const auto r = reader.next()) {
      out.push_back(r->refused != 0 ? "refused " + std::to_string(r->refused) : std::string(r->target));
    }
    if (text.empty() || (!out.empty() && out.back().starts_with("refused"))) {
      return out;
    }
    const auto space = reader.space();
    const std::size_t n = std::min({text.size(), portion, space.size()});
    REQUIRE(n > 0);
    std::memcpy(space.data(), text.data(), n);
    reader.received(n);
    text.remove_prefix(n);
  }
}

}  // namespace

TEST_CASE("requests come out whole, however their bytes come in") {
  const std::string text =
      "GET /a?x=%00 HTTP/1.1\r\nHost: t\r\n\r\n"
      "\r\n"
      "GET /b HTTP/1.0\r\n\r\n"
      "HEAD /c HTTP/1.1\r\nContent-Length: 0\r\n\r\n";
  for (const std::size_t portion : {1U, 2U, 3U, 7U, 50U, 1000U}) {
    CAPTURE(portion);
    CHECK(targets(text, portion) == list{"/a?x=%00", "/b", "/c"});
  }
}

TEST_CASE("nothing comes out of any beginning of a request") {
  const std::string text = "GET /a HTTP/1.1\r\nHost: t\r\n\r\n";
  for (std::size_t n = 0; n < text.size(); ++n) {
    CAPTURE(n);
    CHECK(targets(text.substr(0, n)).empty());
  }
}

TEST_CASE("a request tells whether the connection stays") {
  const auto first = [](std::string_view text) {
    request_reader reader(4096);
    std::memcpy(reader.space().data(), text.data(), text.size());
    reader.received(text.size());
    const auto r = reader.next();
    REQUIRE(r.has_value());
    return *r;
  };
  CHECK(first("GET / HTTP/1.1\r\n\r\n").keep_alive);
  CHECK_FALSE(first("GET / HTTP/1.1\r\nConnection: close\r\n\r\n").keep_alive);
  CHECK_FALSE(first("GET / HTTP/1.0\r\n\r\n").keep_alive);
  const auto old = first("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(old.keep_alive);
  CHECK(old.minor_version_0);
  CHECK(first("HEAD / HTTP/1.1\r\n\r\n").head);
}

TEST_CASE("what is no request of ours is refused, and nothing follows it") {
  const std::string more = "GET /after HTTP/1.1\r\n\r\n";
  const std::vector<std::pair<std::string, std::string>> rows{
      {"POST /announce HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "refused 405"},
      {"DELETE / HTTP/1.1\r\n\r\n", "refused 405"},
      {"GET / HTTP/1.1\r\nContent-Length: 5\r\n\r\nhello", "refused 400"},
      {"GET / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "refused 400"},
      {"GET / HTTP/1.1\r\nContent-Length: -5\r\n\r\n", "refused 400"},
      {"GET / HTTP/2.7\r\n\r\n", "refused 400"},
      {"GET /\r\n\r\n", "refused 400"},
      {"GET / HTTP/1.1\r\nno colon\r\n\r\n", "refused 400"},
      {std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), "refused 400"},
      {"\023BitTorrent protocol........\r\n\r\n", "refused 400"},
  };
  for (const auto& [text, answer] : rows) {
    CAPTURE(text);
    CHECK(targets(text + more) == list{answer});
    CHECK(targets(text + more, 1) == list{answer});
  }
}

TEST_CASE("a head beyond the bound is refused, one at the bound is taken") {
  const auto padded = [](std::size_t head_bytes) {
    const std::string start = "GET /";
    const std::string end = " HTTP/1.1\r\n\r\n";
    return start + std::string(head_bytes - start.size() - end.size(), 'x') + end;
  };
  std::string fields = "GET / HTTP/1.1\r\n";
  while (fields.size() < 5000) {
    fields += "X-Filler: y\r\n";
  }
  for (const std::size_t portion : {1U, 100U, 100'000U}) {
    CAPTURE(portion);
    const list taken = targets(padded(1000), portion, 1000);
    REQUIRE(taken.size() == 1);
    CHECK(taken.front().starts_with("/xxx"));
    CHECK(targets("GET /" + std::string(5000, 'x'), portion, 1000) == list{"refused 414"});
    CHECK(targets(fields, portion, 1000) == list{"refused 431"});
  }
}

TEST_CASE("many requests pass through a small buffer") {
  std::string text;
  list expected;
  for (int i = 0; i < 500; ++i) {
    const std::string target = "/announce?number=" + std::to_string(i);
    text += "GET " + target + " HTTP/1.1\r\nHost: tracker.example\r\n\r\n";
    expected.push_back(target);
  }
  for (const std::size_t portion : {777U, 1'000'000U}) {
    CAPTURE(portion);
    const list got = targets(text, portion, 200);
    CHECK(got.size() == expected.size());
    CHECK(got.back() == expected.back());
    CHECK(got == expected);
  }
}
