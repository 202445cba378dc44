// The tracker over HTTP: what clients ask, and what they are told.

#include <string>
#include <utility>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <doctest/doctest.h>

#include <shoal/announce/announce.hpp>

#include "server/running_tracker.hpp"

using namespace shoal;
using namespace shoal::server;
using namespace shoal::server::test;

namespace {

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  return text.replace(text.find(what), what.size(), by);
}

}  // namespace

TEST_CASE("peers that announce hear of each other, at the address that they come from") {
  const running tracker;
  raw_client first(tracker.at(), "127.0.0.2");
  raw_client second(tracker.at(), "127.0.0.3");
  CHECK(peers(read_announce(first.get(announce_target(1001, "&event=started&ip=8.8.8.8")))).empty());
  const auto told = read_announce(second.get(announce_target(1002, "&event=started&ipv4=9.9.9.9")));
  CHECK(peers(told) == names{"127.0.0.2:1001"});
  CHECK(told.incomplete == 2U);
  CHECK(peers(read_announce(first.get(announce_target(1001)))) == names{"127.0.0.3:1002"});
  CHECK(read_announce(second.get(announce_target(1002, "&event=stopped"))).peers.empty());
  CHECK(peers(read_announce(first.get(announce_target(1001)))).empty());
}

TEST_CASE("an announce that lacks something is refused with a reason that clients show") {
  const running tracker;
  raw_client client(tracker.at());
  const std::string hash = "info_hash=%01%02%03%04%05%06%07%08%09%0a%0b%0c%0d%0e%0f%10%11%12%13%14";
  for (const std::string& query : {
           std::string(""),
           "?" + hash,
           "?" + hash + "&peer_id=-XX0001-abcdefghijkl",
           "?" + hash + "&port=1",
           "?" + hash + "&peer_id=-XX0001-abcdefghijkl&port=99999",
           "?" + hash + "&peer_id=short&port=1",
           std::string("?info_hash=short&peer_id=-XX0001-abcdefghijkl&port=1"),
           std::string("?info_hash=%zz&peer_id=-XX0001-abcdefghijkl&port=1"),
       }) {
    CAPTURE(query);
    CHECK_FALSE(read_announce(client.get("/announce" + query)).failure_reason.empty());
  }
  CHECK(tracker.server.stats().table.announces == 0);
  CHECK(tracker.server.stats().bad_requests == 8);
}

TEST_CASE("an info-hash of any bytes is taken") {
  const running tracker;
  raw_client client(tracker.at());
  std::string escaped;
  for (int i = 0; i < 20; ++i) {
    escaped += i % 2 == 0 ? "%00" : "%fF";
  }
  const std::string rest = "&peer_id=-XX0001-abcdefghijkl&left=1&port=";
  read_announce(client.get("/announce?info_hash=" + escaped + rest + "1"));
  CHECK(peers(read_announce(client.get("/announce?info_hash=" + escaped + rest + "2"))) ==
        names{"127.0.0.1:1"});
}

TEST_CASE("peers are given as compact strings or as dictionaries") {
  const running tracker;
  raw_client client(tracker.at());
  client.get(announce_target(1));
  const auto body = [&](std::string_view how) {
    return client.get(replaced(announce_target(2), "&compact=1", how)).body;
  };
  CHECK(body("").find("5:peers6:") != std::string::npos);
  CHECK(body("&compact=0").find("5:peersld2:ip9:127.0.0.14:porti1eee") != std::string::npos);
  CHECK(body("&compact=0&no_peer_id=1").find("5:peersld2:ip9:127.0.0.14:porti1eee") != std::string::npos);
}

TEST_CASE("a peer gets as many peers as it wants, within bounds") {
  tracker_settings settings;
  settings.table.num_want_default = 5;
  settings.table.num_want_max = 8;
  const running tracker(settings);
  raw_client client(tracker.at());
  for (std::uint16_t i = 1; i <= 20; ++i) {
    client.get(announce_target(i));
  }
  const auto given = [&](const char* more) {
    return read_announce(client.get(announce_target(1, more))).peers.size();
  };
  CHECK(given("") == 5);
  CHECK(given("&numwant=0") == 0);
  CHECK(given("&numwant=3") == 3);
  CHECK(given("&numwant=-1") == 5);
  CHECK(given("&numwant=1000000000000") == 8);
}

TEST_CASE("an IPv6 peer is given to IPv4 peers in peers6, and the other way round") {
  tracker_settings settings;
  settings.listen = {*endpoint::parse("[::1]:0"), *endpoint::parse("127.0.0.1:0")};
  tracker_server server(settings);
  const auto started = server.start();
  if (!started) {
    MESSAGE("no IPv6 here: " << started.error().message());
    return;
  }
  REQUIRE(server.listening().size() == 2);
  CHECK(server.announce_url().starts_with("http://[::1]:"));
  raw_client six(server.listening()[0]);
  raw_client four(server.listening()[1]);
  six.get(announce_target(6));
  const auto reply = four.get(announce_target(4));
  CHECK(reply.body.find("6:peers618:") != std::string::npos);
  CHECK(peers(read_announce(reply)) == names{"[::1]:6"});
  CHECK(peers(read_announce(six.get(announce_target(6)))) == names{"127.0.0.1:4"});
}

TEST_CASE("on the unspecified IPv6 address, IPv4 peers are IPv4 peers") {
  tracker_settings settings;
  settings.listen = {*endpoint::parse("[::]:0")};
  tracker_server server(settings);
  const auto started = server.start();
  if (!started) {
    MESSAGE("no IPv6 here: " << started.error().message());
    return;
  }
  CHECK(server.announce_url().starts_with("http://[::1]:"));
  const endpoint at{*ip_address::parse("127.0.0.1"), server.listening().front().port};
  raw_client client(at);
  client.get(announce_target(1));
  const auto told = read_announce(client.get(announce_target(2)));
  CHECK(peers(told) == names{"127.0.0.1:1"});
  CHECK(told.external_ip == ip_address::parse("127.0.0.1"));
}

TEST_CASE("a scrape counts the torrents that it names") {
  const running tracker;
  raw_client client(tracker.at());
  client.get(announce_target(1, "", 'a'));
  client.get(announce_target(2, "", 'a'));
  client.get(replaced(announce_target(3, "&event=completed", 'a'), "left=9", "left=0"));
  client.get(announce_target(1, "", 'b'));
  const std::string a(20, 'a');
  const std::string b(20, 'b');
  const std::string c(20, 'c');
  const auto reply = client.get("/scrape?info_hash=" + a + "&info_hash=" + b + "&info_hash=" + c);
  const auto entries = announce::parse_scrape_response(as_bytes(reply.body));
  REQUIRE(entries.has_value());
  REQUIRE(entries->size() == 3);
  CHECK((*entries)[0] == announce::scrape_entry{*sha1_digest::from(as_bytes(a)), 1, 1, 2});
  CHECK((*entries)[1] == announce::scrape_entry{*sha1_digest::from(as_bytes(b)), 0, 0, 1});
  CHECK((*entries)[2] == announce::scrape_entry{*sha1_digest::from(as_bytes(c)), 0, 0, 0});
  CHECK(client.get("/scrape?info_hash=short").body.starts_with("d14:failure reason"));
}

TEST_CASE("a scrape of everything is given only where it is allowed") {
  tracker_settings settings;
  SUBCASE("not by default") {
    const running tracker(settings);
    raw_client client(tracker.at());
    CHECK(client.get("/scrape").body.starts_with("d14:failure reason"));
  }
  SUBCASE("when the settings say so") {
    settings.full_scrape = true;
    const running tracker(settings);
    raw_client client(tracker.at());
    client.get(announce_target(1, "", 'a'));
    client.get(announce_target(1, "", 'b'));
    const auto body = client.get("/scrape").body;
    const auto entries = announce::parse_scrape_response(as_bytes(body));
    REQUIRE(entries.has_value());
    CHECK(entries->size() == 2);
  }
}

TEST_CASE("the statistics are JSON") {
  const running tracker;
  raw_client client(tracker.at());
  client.get(announce_target(1));
  client.get("/nowhere");
  const auto reply = client.get("/stats");
  CHECK(reply.fields.at("content-type") == "application/json");
  const auto stats = boost::json::parse(reply.body);
  CHECK(stats.at("leechers").as_int64() == 1);
  CHECK(stats.at("seeders").as_int64() == 0);
  CHECK(stats.at("swarms").as_int64() == 1);
  CHECK(stats.at("announces").as_int64() == 1);
  CHECK(stats.at("requests").as_int64() == 2);  // those before it
  CHECK(stats.at("bad_requests").as_int64() == 1);
  CHECK(stats.at("connections").as_int64() == 1);
  CHECK_FALSE(stats.at("version").as_string().empty());
}

TEST_CASE("a target that names the host is understood") {
  const running tracker;
  raw_client client(tracker.at());
  CHECK(client.get("http://tracker.example:6969/stats").status == 200);
  CHECK(read_announce(client.get("http://tracker.example" + announce_target(1))).incomplete == 1U);
}

TEST_CASE("peers are told an interval near the one that was set, not all the same") {
  tracker_settings settings;
  settings.table.interval_s = 1000;
  const running tracker(settings);
  raw_client client(tracker.at());
  std::set<std::uint32_t> intervals;
  for (int i = 0; i < 50; ++i) {
    const auto told = read_announce(client.get(announce_target(1)));
    CHECK(told.interval_s >= 900);
    CHECK(told.interval_s <= 1100);
    intervals.insert(told.interval_s);
  }
  CHECK(intervals.size() > 5);
}

TEST_CASE("pages tell people, Prometheus and load balancers how it goes") {
  const running tracker;
  raw_client client(tracker.at());
  client.get(announce_target(1, "&event=started"));
  client.get("/nowhere");
  const auto front = client.get("/");
  CHECK(front.fields.at("content-type").starts_with("text/html"));
  CHECK(front.body.find("<td>Leechers<td>1") != std::string::npos);
  CHECK(client.get("/health").body == "ok\n");
  const auto metrics = client.get("/metrics");
  CHECK(metrics.fields.at("content-type").starts_with("text/plain; version=0.0.4"));
  const std::string started =
      "shoal_tracker_requests_total{protocol=\"http\",family=\"ipv4\",kind=\"announce\","
      "event=\"started\",result=\"answered\"} 1\n";
  for (const std::string& line :
       {std::string("shoal_tracker_swarms 1\n"), std::string("shoal_tracker_peers{standing=\"leecher\"} 1\n"),
        started, std::string("kind=\"bad\",event=\"\",result=\"answered\"} 1\n"),
        std::string("shoal_tracker_request_seconds_bucket{protocol=\"http\",le=\"+Inf\"} 4\n")}) {
    CAPTURE(line);
    CHECK(metrics.body.find(line) != std::string::npos);
  }
}

TEST_CASE("the busiest torrents stand on the front page where all torrents are told") {
  const auto front = [](tracker_settings s, bool members_only = false) {
    running tracker(std::move(s));
    raw_client client(tracker.at());
    client.get(announce_target(1, "", 'a'));
    if (members_only) tracker.server.require_passkeys({});
    return client.get("/").body;
  };
  tracker_settings told;
  told.full_scrape = true;
  CHECK(front(told).find("<code>6161616161616161616161616161616161616161</code><td>0<td>1<td>0") !=
        std::string::npos);
  CHECK(front({}).find("<code>6161") == std::string::npos);
  CHECK(front(told, true).find("<code>6161") == std::string::npos);
}

TEST_CASE("memory for torrents and peers has a limit, of which the pages tell") {
  tracker_settings settings;
  settings.table.bytes_max = 64 * 1024;
  const running tracker(settings);
  raw_client client(tracker.at());
  for (std::uint16_t port = 1; port <= 9000; ++port) {
    client.get(announce_target(port));
  }
  const auto full = tracker.server.stats().table;
  CHECK(full.leechers < 8500);
  CHECK(full.leechers > 1000);
  CHECK(full.bytes < 2 * settings.table.bytes_max);
  CHECK(client.get(announce_target(1, "", 'b')).body.find("no room for another torrent") !=
        std::string::npos);
  CHECK(client.get("/metrics").body.find("shoal_tracker_memory_bytes " + std::to_string(full.bytes)) !=
        std::string::npos);
}

TEST_CASE("an address is believed of trusted proxies only") {
  tracker_settings settings;
  settings.trusted_proxies = {*ip_address::parse("127.0.0.1"), *ip_address::parse("10.9.9.9")};
  const running tracker(settings);
  struct row {
    const char* from;
    const char* forwarded_for;
    const char* ip;
    const char* expected;
  };
  std::uint16_t port = 1000;
  for (const row& r : {
           row{"127.0.0.1", "", "", "127.0.0.1"},
           row{"127.0.0.1", "198.51.100.7", "", "198.51.100.7"},
           row{"127.0.0.1", "203.0.113.1, 198.51.100.7", "", "198.51.100.7"},
           row{"127.0.0.1", "203.0.113.1, 198.51.100.7 , 10.9.9.9", "", "198.51.100.7"},
           row{"127.0.0.1", "198.51.100.7:55555", "", "198.51.100.7"},
           row{"127.0.0.1", "unknown", "", "127.0.0.1"},
           row{"127.0.0.1", "", "198.51.100.8", "198.51.100.8"},
           row{"127.0.0.1", "2001:db8::7", "", "2001:db8::7"},
           row{"127.0.0.2", "198.51.100.7", "198.51.100.8", "127.0.0.2"},
       }) {
    CAPTURE(r.from);
    CAPTURE(r.forwarded_for);
    raw_client client(tracker.at(), r.from);
    const std::string ip = *r.ip == '\0' ? std::string() : std::string("&ip=") + r.ip;
    const std::string field = *r.forwarded_for == '\0'
                                  ? std::string()
                                  : std::string("X-Forwarded-For: ") + r.forwarded_for + "\r\n";
    client.send("GET " + announce_target(++port, ip) + " HTTP/1.1\r\n" + field + "\r\n");
    CHECK(read_announce(client.receive()).external_ip == ip_address::parse(r.expected));
  }
}

TEST_CASE("refusals by HTTP are reasons that clients show") {
  tracker_settings settings;
  settings.requests_per_s_max = 1;
  running tracker(settings);
  tracker.server.set_torrents_served(torrents_served::listed, {});
  raw_client client(tracker.at());
  CHECK(read_announce(client.get(announce_target(1))).failure_reason ==
        "this tracker does not serve this torrent");
  tracker.server.set_torrents_served(torrents_served::all, {});
  bool is_limited = false;
  for (int i = 0; i < 100 && !is_limited; ++i) {
    const auto r = read_announce(client.get(announce_target(1)));
    is_limited = r.failure_reason == "too many requests from your address" && r.retry_in_s == 60U;
  }
  CHECK(is_limited);
}
