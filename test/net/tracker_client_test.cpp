#include <doctest/doctest.h>

#include <shoal/net/tracker_client.hpp>

#include "net/blocking.hpp"
#include "net/script_server.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::test;

namespace {

outcome<announce::announce_response> ask(const std::string& url) {
  announce::announce_request r;
  r.port = 6881;
  r.left = 5;
  return run(announce_to(url, r, {}));
}

}  // namespace

TEST_CASE("an announce's reply is read") {
  std::string request;
  script_server server([&](tcp::socket& s) {
    request = read_request(s);
    say(s, ok(std::string_view("d8:completei3e8:intervali60e5:peers6:\x7f\0\0\1\x1a\xe1"
                               "e",
                               44)));
  });
  const auto reply = ask(server.url("/announce?passkey=k"));
  REQUIRE(reply.has_value());
  CHECK(reply->interval_s == 60);
  CHECK(reply->complete == 3U);
  REQUIRE(reply->peers.size() == 1);
  CHECK(reply->peers[0].endpoint == endpoint::parse("127.0.0.1:6881"));
  CHECK(request.starts_with("GET /announce?passkey=k&"));
  CHECK(request.find("left=5") != std::string::npos);
}

TEST_CASE("a tracker's refusal is a value, in plain words of bounded length") {
  std::string text;
  std::string expected;
  SUBCASE("with status 200") {
    text =
        ok("d14:failure reason9:go\033[2J no"
           "e");
    expected = "go [2J no";
  }
  SUBCASE("with an error status") {
    text = "HTTP/1.1 403 Forbidden\r\n\r\nd14:failure reason2:noe";
    expected = "no";
  }
  SUBCASE("endless") {
    text = ok("d14:failure reason2000:" + std::string(2000, 'x') + "e");
    expected = std::string(512, 'x');
  }
  script_server server(answer(text));
  const auto reply = ask(server.url());
  REQUIRE(reply.has_value());
  CHECK(reply->failure_reason == expected);
}

TEST_CASE("what is no tracker's reply is an error about its URL") {
  std::string text;
  error expected;
  SUBCASE("a web page") {
    text = ok("<!DOCTYPE html><html><body>Welcome!</body></html>");
    expected = announce::errc::not_bencoded;
  }
  SUBCASE("nothing at all") {
    text = ok("");
    expected = announce::errc::not_bencoded;
  }
  SUBCASE("half a reply") {
    text = ok("d8:intervali60e5:peers");
    expected = announce::errc::not_bencoded;
  }
  SUBCASE("an empty dictionary") {
    text = ok("de");
    expected = announce::errc::bad_reply;
  }
  SUBCASE("an error status") {
    text = "HTTP/1.1 404 Not Found\r\n\r\n<html>not here</html>";
    expected = http_errc::bad_status;
  }
  script_server server(answer(text));
  const auto reply = ask(server.url("/announce?passkey=secret"));
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code == expected);
  CHECK(reply.error().subject.starts_with(server.url("/announce")));
  CHECK(reply.error().message().find("secret") == std::string::npos);
}

TEST_CASE("a tracker is scraped where its URL says, and torrents that were not asked for do not count") {
  const std::string a(20, 'a'), b(20, 'b');
  std::string request;
  const auto scrape = [&](const std::string& text, const std::string& target = "/announce") {
    script_server server([&](tcp::socket& s) {
      request = read_request(s);
      say(s, text);
    });
    return run(scrape_at(server.url(target), {*sha1_digest::from(as_bytes(a))}, {}));
  };
  const std::string counts = "d8:completei3e10:downloadedi2e10:incompletei1ee";
  const auto good =
      scrape(ok("d5:filesd20:" + a + counts + "20:" + b + counts + "ee"), "/announce?passkey=k");
  REQUIRE(good.has_value());
  REQUIRE(good->size() == 1);
  CHECK(good->front() == announce::scrape_entry{*sha1_digest::from(as_bytes(a)), 3, 2, 1, 0});
  CHECK(request.starts_with("GET /scrape?passkey=k&info_hash="));

  CHECK(scrape(ok("d14:failure reason2:noe")).error().code == announce::errc::refused);
  CHECK(scrape(ok("<html>")).error().code == announce::errc::not_bencoded);
  CHECK(scrape("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n").error().code == http_errc::bad_status);
  CHECK(scrape(ok(""), "/a").error().code == announce::errc::no_scrape);
}
