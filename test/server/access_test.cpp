// Passkeys and tokens: who shows what, and where.

#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/announce/udp.hpp>
#include <shoal/base/hex.hpp>
#include <shoal/server/token_keys.hpp>
#include <shoal/server/tracker_server.hpp>

#include "server/raw_client.hpp"
#include "server/request_target.hpp"
#include "server/running_tracker.hpp"
#include "server/steady_now.hpp"
#include "server/swarm_shards.hpp"
#include "server/tokens.hpp"
#include "server/udp_answerer.hpp"

using namespace shoal;
using namespace shoal::server;
using namespace shoal::server::test;
namespace udp = shoal::announce::udp;

namespace {

const sha1_digest torrent = *sha1_digest::from(as_bytes(std::string(20, '\xa7')));
const std::string torrent_claim = R"("infohash":")" + to_hex(torrent.view()) + '"';

std::string claims_until(std::uint64_t exp, const std::string& more = "") {
  return "{" + torrent_claim + R"(,"exp":)" + std::to_string(exp) + more + "}";
}

registry::passkey_list passkeys(const std::string& text) {
  std::size_t bad_line = 0;
  auto list = registry::passkey_list::parse(text, bad_line);
  REQUIRE(list.has_value());
  return *list;
}

std::string reason(const reply& r) {
  const auto parsed = announce::parse_announce_response(as_bytes(r.body));
  REQUIRE(parsed.has_value());
  return parsed->failure_reason;
}

}  // namespace

TEST_CASE("a target is an announce, a scrape or a page, perhaps with a passkey") {
  struct row {
    std::string target;
    resource what;
    std::string passkey;
    std::string parameters;
  };
  for (const row& r : {
           row{"/announce?a=b", resource::announce, "", "a=b"},
           row{"/announce", resource::announce, "", ""},
           row{"/KEY12345/announce?a", resource::announce, "KEY12345", "a"},
           row{"/KEY12345/scrape", resource::scrape, "KEY12345", ""},
           row{"http://tracker.example/KEY12345/announce?x", resource::announce, "KEY12345", "x"},
           row{"/a/b/announce", resource::page, "", ""},
           row{"//announce", resource::page, "", ""},
           row{"/announce/KEY12345", resource::page, "", ""},
           row{"/announcement", resource::page, "", ""},
           row{"announce", resource::page, "", ""},
           row{"/", resource::page, "", ""},
           row{"", resource::page, "", ""},
           row{"/?/x/announce", resource::page, "", "/x/announce"},
       }) {
    CAPTURE(r.target);
    const auto t = read_target(r.target);
    CHECK(t.what == r.what);
    CHECK(t.shown.passkey == r.passkey);
    CHECK(t.parameters == r.parameters);
  }
}

TEST_CASE("URL data may leave out the last part of the path") {
  CHECK(read_url_data("/KEY12345/announce").passkey == "KEY12345");
  CHECK(read_url_data("/KEY12345").passkey == "KEY12345");
  CHECK(read_url_data("/KEY12345/?jwt=a.b.c&x").token == "a.b.c");
  CHECK(read_url_data("/KEY12345/?jwt=a.b.c&x").passkey == "KEY12345");
  CHECK(read_url_data("/announce?xjwt=1&jwt=a.b.c").token == "a.b.c");
  CHECK(read_url_data("/announce").passkey.empty());
  for (const std::string none : {"", "/", "//", "/a/b/c", "?", "x"}) {
    CAPTURE(none);
    CHECK(read_url_data(none).passkey.empty());
    CHECK(read_url_data(none).token.empty());
  }
}

TEST_CASE("keys of tokens are RSA and EC keys in PEM, and nothing weaker") {
  const auto rsa = signing_key::rsa().public_pem();
  const auto ec = signing_key::ec().public_pem();
  CHECK(token_keys::parse(rsa).has_value());
  CHECK(token_keys::parse("ours:\n" + ec + rsa).has_value());
  CHECK_FALSE(token_keys::parse("").has_value());
  CHECK_FALSE(token_keys::parse("hello").has_value());
  CHECK_FALSE(token_keys::parse(rsa + ec.substr(0, 60)).has_value());
  CHECK_FALSE(token_keys::parse(signing_key::rsa(1024).public_pem()).has_value());
  CHECK_FALSE(token_keys::parse(ec + signing_key::ec("P-384").public_pem()).has_value());
  std::string many;
  for (int i = 0; i < 9; ++i) {
    many += ec;
  }
  CHECK_FALSE(token_keys::parse(many).has_value());
}

TEST_CASE("a token holds for its torrent until it expires") {
  for (const bool is_rsa : {true, false}) {
    CAPTURE(is_rsa);
    const auto key = is_rsa ? signing_key::rsa() : signing_key::ec();
    const auto stranger = is_rsa ? signing_key::rsa() : signing_key::ec();
    const auto keys = token_keys::parse(signing_key::ec().public_pem() + key.public_pem());
    REQUIRE(keys.has_value());
    const auto good = keys->check(key.token(claims_until(1000)), 999);
    CHECK(good.refusal.empty());
    CHECK(good.info_hash == torrent);
    CHECK(keys->check(key.token(claims_until(1000, R"(,"nbf":900)")), 999).refusal.empty());

    const auto is_refused = [&](const std::string& token, std::string_view why) {
      CAPTURE(token);
      const auto verdict = keys->check(token, 1000);
      CHECK(verdict.refusal.find(why) != std::string_view::npos);
    };
    is_refused(key.token(claims_until(1000)), "expired");
    is_refused(key.token(claims_until(2000, R"(,"nbf":1001)")), "not valid yet");
    is_refused(key.token(claims_until(2000, R"(,"nbf":"x")")), "not valid yet");
    is_refused(stranger.token(claims_until(2000)), "not signed by");
    is_refused(key.token("{" + torrent_claim + "}"), "no time of expiry");
    is_refused(key.token("{" + torrent_claim + R"(,"exp":1e999})"), "");
    is_refused(key.token(R"({"exp":2000})"), "no infohash");
    is_refused(key.token(R"({"exp":2000,"infohash":"a7"})"), "no infohash");
    is_refused(key.token("[]"), "malformed");
    is_refused(key.token(R"({"alg":"none"})", claims_until(2000)), "another algorithm");
    is_refused(key.token(R"({"alg":"HS256"})", claims_until(2000)), "another algorithm");
    is_refused(
        key.token(R"({"alg":")" + std::string(is_rsa ? "ES256" : "RS256") + R"("})", claims_until(2000)),
        "not signed by");
    is_refused(key.token(R"({"alg":"RS256","crit":["x"]})", claims_until(2000)), "malformed");
  }
}

TEST_CASE("a token that is cut or changed anywhere does not hold") {
  const auto key = signing_key::ec();
  const auto keys = token_keys::parse(key.public_pem());
  const auto token = key.token(claims_until(2000));
  REQUIRE(keys->check(token, 1).refusal.empty());
  for (std::size_t n = 0; n < token.size(); ++n) {
    CAPTURE(n);
    CHECK_FALSE(keys->check(token.substr(0, n), 1).refusal.empty());
    auto changed = token;
    changed[n] = changed[n] == 'A' ? '_' : 'A';
    const bool is_spare_bit = n + 1 == token.size();  // a last digit may hold bits that count for nothing
    CHECK((is_spare_bit || !keys->check(changed, 1).refusal.empty()));
  }
  CHECK_FALSE(keys->check(token + "=", 1).refusal.empty());
  CHECK_FALSE(keys->check(token + ".", 1).refusal.empty());
  CHECK_FALSE(keys->check("..", 1).refusal.empty());
  CHECK_FALSE(keys->check(std::string(100'000, '.'), 1).refusal.empty());
}

TEST_CASE("with passkeys only who shows one is answered, by HTTP") {
  tracker_server server(on_loopback());
  server.require_passkeys(passkeys("anna-s-key\nbob-s-key # left in May\n"));
  REQUIRE(server.start().has_value());
  raw_client client(server.listening().front());
  CHECK(reason(client.get(announce_target(1))).find("lacks a passkey") != std::string::npos);
  CHECK(reason(client.get("/carls-key" + announce_target(1))).find("not known") != std::string::npos);
  CHECK(reason(client.get("/anna-s-key" + announce_target(1))).empty());
  CHECK(client.get("/scrape?info_hash=" + percent_encode(torrent.view())).body.find("failure") !=
        std::string::npos);
  CHECK(client.get("/bob-s-key/scrape?info_hash=" + percent_encode(torrent.view()))
            .body.find("incompletei1e") != std::string::npos);
  CHECK(client.get("/health").status == 200);
  CHECK(server.stats().table.leechers == 1);
  server.require_passkeys(passkeys("carls-key"));
  CHECK_FALSE(reason(client.get("/anna-s-key" + announce_target(1))).empty());
  CHECK(reason(client.get("/carls-key" + announce_target(1))).empty());
}

TEST_CASE("with keys of tokens only who shows one for the torrent is answered, by HTTP") {
  const auto key = signing_key::ec();
  tracker_server server(on_loopback());
  server.require_tokens(*token_keys::parse(key.public_pem()));
  REQUIRE(server.start().has_value());
  raw_client client(server.listening().front());
  const auto good = key.token(claims_until(unix_now_ms() / 1000 + 1000));
  CHECK(reason(client.get(announce_target(1))).find("lacks a token") != std::string::npos);
  CHECK(reason(client.get(announce_target(1, "&jwt=" + good))).empty());
  CHECK(reason(client.get("/" + good + announce_target(1))).empty());
  CHECK(reason(client.get(announce_target(1, "&jwt=" + good, 'x'))).find("another torrent") !=
        std::string::npos);
  const auto old = key.token(claims_until(1000));
  CHECK(reason(client.get(announce_target(1, "&jwt=" + old))).find("expired") != std::string::npos);
  CHECK(
      client.get("/scrape?jwt=" + good + "&info_hash=" + percent_encode(torrent.view())).body.find("files") !=
      std::string::npos);
  CHECK(client.get("/scrape?jwt=" + good).body.find("failure") != std::string::npos);
  // With both, one is enough.
  server.require_passkeys(passkeys("anna-s-key"));
  CHECK(reason(client.get("/anna-s-key" + announce_target(1))).empty());
  CHECK(reason(client.get(announce_target(1, "&jwt=" + good))).empty());
  CHECK_FALSE(reason(client.get("/carls-key" + announce_target(1))).empty());
}

TEST_CASE("by UDP the passkey or token is in the URL data") {
  swarm_shards swarms({}, 5);
  admission door_keeper(0, 6);
  const udp_answerer answerer(swarms, door_keeper, {3, 4});
  const auto from = ip_address::v4({10, 0, 0, 1});
  const auto ask = [&](const std::vector<std::byte>& datagram) {
    std::array<std::byte, udp_reply_bytes_max> room{};
    const auto answer = answerer.reply(datagram, from, instant(), room);
    return udp::parse_reply(std::span(room).first(answer.bytes), false).value();
  };
  const auto id = std::get<udp::connect_reply>(ask(udp::connect_datagram(1))).connection_id;
  const auto refusal = [&](const std::string& url_data) {
    announce::announce_request r;
    r.info_hash = torrent;
    r.port = 1;
    const auto reply = ask(udp::announce_datagram(id, 2, r, url_data));
    const auto* const e = std::get_if<udp::error_reply>(&reply);
    return e == nullptr ? std::string() : e->message;
  };
  CHECK(refusal("").empty());
  door_keeper.require_passkeys(passkeys("anna-s-key"));
  CHECK(refusal("").find("lacks") != std::string::npos);
  CHECK(refusal("/announce").find("lacks") != std::string::npos);
  CHECK(refusal("/bob-s-key/announce").find("not known") != std::string::npos);
  CHECK(refusal("/anna-s-key/announce").empty());
  CHECK(refusal("/anna-s-key").empty());
  const auto key = signing_key::rsa();
  door_keeper.require_tokens(*token_keys::parse(key.public_pem()));
  const auto token = key.token(claims_until(unix_now_ms() / 1000 + 1000));
  CHECK(refusal("/announce?jwt=" + token).empty());
  CHECK(refusal("/" + token + "/announce").empty());
  CHECK(refusal("/announce?jwt=" + token.substr(1)) == "the token is malformed");
  const auto scrape = ask(udp::scrape_datagram(id, 3, std::vector<sha1_digest>{torrent}));
  CHECK(std::get<udp::error_reply>(scrape).message == "scrape this tracker by HTTP");
}
