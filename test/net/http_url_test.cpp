#include "net/http_url.hpp"

#include <doctest/doctest.h>

#include <shoal/base/reach.hpp>
#include <shoal/net/http_client.hpp>
#include <shoal/net/tracker_client.hpp>

#include "net/plain_words.hpp"

using namespace shoal;
using namespace shoal::net;

TEST_CASE("an HTTP URL is taken apart") {
  struct row {
    const char* text;
    bool tls;
    const char* host;
    std::uint16_t port;
    const char* authority;
    const char* target;
  };
  for (const row& r : {
           row{"http://a.example/announce", false, "a.example", 80, "a.example", "/announce"},
           row{"HTTP://a.example", false, "a.example", 80, "a.example", "/"},
           row{"http://a.example:80?x=%ff", false, "a.example", 80, "a.example", "/?x=%ff"},
           row{"http://a.example:/x#y", false, "a.example", 80, "a.example", "/x"},
           row{"https://a.example:8443/x", true, "a.example", 8443, "a.example:8443", "/x"},
           row{"https://user:word@a.example/x", true, "a.example", 443, "a.example", "/x"},
           row{"http://[2001:db8::1]:6969/a", false, "2001:db8::1", 6969, "[2001:db8::1]:6969", "/a"},
       }) {
    CAPTURE(r.text);
    const auto u = parse_http_url(r.text);
    REQUIRE(u.has_value());
    CHECK(u->tls == r.tls);
    CHECK(u->host == r.host);
    CHECK(u->port == r.port);
    CHECK(u->authority == r.authority);
    CHECK(u->target == r.target);
  }
}

TEST_CASE("a redirect from https down to http is refused, the other way is fine") {
  const auto secure = parse_http_url("https://a.example/x");
  const auto plain = parse_http_url("http://a.example/x");
  CHECK(follow_location(*secure, "http://a.example/x").error() == http_errc::unsafe_redirect);
  CHECK(follow_location(*secure, "//b.example/y")->text == "https://b.example/y");
  CHECK(follow_location(*plain, "https://a.example/x")->tls);
  CHECK(follow_location(*plain, "y?z")->text == "http://a.example/y?z");
}

TEST_CASE("an address has a reach, so that redirects can be kept from narrowing it") {
  const auto of = [](const char* text) { return reach_of(*ip_address::parse(text)); };
  for (const char* host : {"127.0.0.1", "127.9.9.9", "::1", "0.0.0.0", "::", "::ffff:127.0.0.1"}) {
    CAPTURE(host);
    CHECK(of(host) == reach::host);
  }
  for (const char* near : {"10.0.0.1", "192.168.1.1", "172.31.0.1", "169.254.169.254", "100.64.0.1",
                           "fe80::1", "fd00::1", "::ffff:10.0.0.1", "224.0.0.1"}) {
    CAPTURE(near);
    CHECK(of(near) == reach::network);
  }
  for (const char* far : {"8.8.8.8", "172.32.0.1", "2001:db8::1"}) {
    CAPTURE(far);
    CHECK(of(far) == reach::internet);
  }
  CHECK(reach::host < reach::network);
  CHECK(reach::network < reach::internet);
}

TEST_CASE("a URL is shown without what may be secret") {
  CHECK(shown_url("http://t.example:6969/announce") == "http://t.example:6969/announce");
  CHECK(shown_url("http://t.example/announce?passkey=abc") == "http://t.example/announce");
  CHECK(shown_url("http://t.example/0123456789abcdef0123456789abcdef/announce") ==
        "http://t.example/.../announce");
  CHECK(shown_url("https://user:word@t.example/a/b/") == "https://t.example/a/b/");
  CHECK(shown_url("http://t.example") == "http://t.example");
  CHECK(shown_url("udp://t.example:80/announce#x") == "udp://t.example:80/announce");
  CHECK(shown_url("nonsense\x1b[2J") == "nonsense?[2J");
  CHECK(shown_url("") == "");
  CHECK(shown_url("http://t.example/" + std::string(1000, 'a')).size() <= 256);
}

TEST_CASE("a stranger's words are made plain") {
  CHECK(plain_words("sorry, no", 512) == "sorry, no");
  CHECK(plain_words("a\x1b[31m\nb\x7f", 512) == "a [31m b ");
  CHECK(plain_words("gr\xc3\xbc\xc3\x9f", 512) == "gr\xc3\xbc\xc3\x9f");
  CHECK(plain_words("\xf0\x9f\x90\x9f", 512) == "\xf0\x9f\x90\x9f");
  CHECK(plain_words("\xc2\x9b!", 512) == " !");                         // C1
  CHECK(plain_words("\xff\xc3", 512) == "??");                          // no UTF-8
  CHECK(plain_words("\xc0\xaf\xed\xa0\x80", 512) == "?????");           // long form, surrogate
  CHECK(plain_words("\xe2\x82\xac\xe2\x82\xac", 5) == "\xe2\x82\xac");  // cut between characters
  CHECK(plain_words(std::string(1000, 'x'), 512).size() == 512);
}
