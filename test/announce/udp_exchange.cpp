// The client's machine against a tracker played by hand: what it sends, when, and what it believes.

#include <set>

#include <doctest/doctest.h>

#include <shoal/announce/udp_exchange.hpp>

namespace {

using namespace shoal;
using namespace shoal::announce;
using namespace shoal::announce::udp;
using std::chrono::seconds;

constexpr instant start{seconds(5000)};

announce_request some_request() {
  announce_request r;
  r.port = 6881;
  r.left = 5;
  r.event = event::started;
  return r;
}

udp::exchange make(std::optional<connection> known = {}) {
  return {some_request(), "/announce", false, known, 1};
}

ask sent(udp::exchange& e, instant now, std::vector<std::byte>& kept) {
  auto datagram = e.poll(now);
  REQUIRE(datagram.has_value());
  kept = std::move(*datagram);
  return parse_ask(kept).value();
}

template <class Write>
std::vector<std::byte> written(std::size_t room, Write write) {
  std::vector<std::byte> out(room);
  span_writer w(out);
  write(w);
  return out;
}
std::vector<std::byte> connect_answer(std::uint32_t transaction, std::uint64_t id) {
  return written(connect_reply_bytes, [&](span_writer& w) { write_connect_reply({transaction, id}, w); });
}
std::vector<std::byte> announce_answer(std::uint32_t transaction) {
  return written(announce_reply_head_bytes + 6, [&](span_writer& w) {
    announce_reply r;
    r.transaction_id = transaction;
    r.response.interval_s = 1800;
    r.response.peers.push_back({*endpoint::parse("10.0.0.7:6881"), {}});
    write_announce_reply(r, false, w);
  });
}
std::vector<std::byte> error_answer(std::uint32_t transaction, std::string_view text) {
  return written(error_reply_head_bytes + text.size(),
                 [&](span_writer& w) { write_error_reply(transaction, text, w); });
}

}  // namespace

TEST_CASE("an exchange connects, announces, and keeps the connection id for a minute") {
  std::vector<std::byte> kept;
  auto e = make();
  const auto connect = std::get<connect_ask>(sent(e, start, kept));
  CHECK_FALSE(e.poll(start));
  CHECK_FALSE(e.received(start, connect_answer(connect.transaction_id, 77)));
  const auto announce = std::get<announce_ask>(sent(e, start, kept));
  CHECK(announce.connection_id == 77);
  CHECK(announce.transaction_id != connect.transaction_id);
  CHECK(announce.request.port == 6881);
  CHECK(announce.request.event == event::started);
  CHECK(announce.url_data() == "/announce");
  const auto answer = e.received(start, announce_answer(announce.transaction_id));
  REQUIRE(answer);
  const auto& response = std::get<announce_response>(*answer);
  CHECK(response.interval_s == 1800);
  REQUIRE(response.peers.size() == 1);
  CHECK(response.failure_reason.empty());

  auto soon = make(e.known());
  CHECK(std::get<announce_ask>(sent(soon, start + seconds(59), kept)).connection_id == 77);
  auto later = make(e.known());
  CHECK(std::holds_alternative<connect_ask>(sent(later, start + seconds(60), kept)));
}

TEST_CASE("what is not answered is sent again after 15 s, 30 s and so on, each time under another id") {
  std::vector<std::byte> kept;
  auto e = make();
  instant now = start;
  std::set<std::uint32_t> ids;
  for (int n = 0; n < 10; ++n) {
    CAPTURE(n);
    ids.insert(std::get<connect_ask>(sent(e, now, kept)).transaction_id);
    CHECK(e.deadline() == now + seconds(15) * (1 << std::min(n, 8)));
    CHECK_FALSE(e.poll(e.deadline() - seconds(1)));
    now = e.deadline();
  }
  CHECK(ids.size() == 10);
}

TEST_CASE("a connection id that aged while the announce was not answered is had anew") {
  std::vector<std::byte> kept;
  auto e = make(connection{7, start});
  CHECK(std::holds_alternative<announce_ask>(sent(e, start, kept)));
  CHECK(std::holds_alternative<announce_ask>(sent(e, start + seconds(15), kept)));
  CHECK(std::holds_alternative<announce_ask>(sent(e, start + seconds(45), kept)));
  CHECK(std::holds_alternative<connect_ask>(sent(e, start + seconds(105), kept)));
}

TEST_CASE("what is no answer to the last request is ignored") {
  std::vector<std::byte> kept;
  auto e = make();
  CHECK_FALSE(e.received(start, connect_answer(0, 1)));  // nothing was asked
  const auto id = std::get<connect_ask>(sent(e, start, kept)).transaction_id;
  CHECK_FALSE(e.received(start, {}));
  CHECK_FALSE(e.received(start, connect_answer(id + 1, 1)));
  CHECK_FALSE(e.received(start, announce_answer(id)));  // before we announced
  CHECK_FALSE(e.received(start, error_answer(id ^ 0x100, "go away")));
  CHECK_FALSE(e.poll(start));
  CHECK_FALSE(e.received(start, connect_answer(id, 9)));
  const auto next = std::get<announce_ask>(sent(e, start, kept)).transaction_id;
  CHECK_FALSE(e.received(start, connect_answer(next, 1)));
  CHECK_FALSE(e.received(start, announce_answer(id)));
  auto torn = announce_answer(next);
  torn.resize(19);
  CHECK_FALSE(e.received(start, torn));
  CHECK(e.received(start, announce_answer(next)));
}

TEST_CASE("a refusal ends it with the tracker's reason, and its connection id is not used again") {
  std::vector<std::byte> kept;
  auto e = make(connection{7, start});
  const auto id = std::get<announce_ask>(sent(e, start, kept)).transaction_id;
  const auto answer = e.received(start, error_answer(id, "connection id mismatch"));
  REQUIRE(answer);
  CHECK(std::get<udp::exchange::refusal>(*answer).reason == "connection id mismatch");
  CHECK_FALSE(e.known());
  auto mute = make(connection{7, start});
  const auto other = std::get<announce_ask>(sent(mute, start, kept)).transaction_id;
  CHECK_FALSE(
      std::get<udp::exchange::refusal>(*mute.received(start, error_answer(other, ""))).reason.empty());
}

TEST_CASE("a scrape is asked under a connection id like an announce, and only its own answer counts") {
  const std::vector<sha1_digest> torrents{*sha1_digest::from(as_bytes("aaaaaaaaaaaaaaaaaaaa")),
                                          *sha1_digest::from(as_bytes("bbbbbbbbbbbbbbbbbbbb"))};
  udp::exchange e(torrents, "/announce", false, {}, 1);
  std::vector<std::byte> kept;
  const auto connect = std::get<connect_ask>(sent(e, start, kept));
  CHECK_FALSE(e.received(start, connect_answer(connect.transaction_id, 77)));
  const auto scrape = std::get<scrape_ask>(sent(e, start, kept));
  CHECK(scrape.connection_id == 77);
  REQUIRE(scrape.size() == 2);
  CHECK(scrape[1] == torrents[1]);
  CHECK_FALSE(e.received(start, announce_answer(scrape.transaction_id)));
  const auto counts = written(scrape_reply_head_bytes + scrape_counts_bytes, [&](span_writer& w) {
    write_scrape_reply_head(scrape.transaction_id, w);
    write_scrape_counts({3, 2, 1}, w);
  });
  const auto answer = e.received(start, counts);
  REQUIRE(answer);
  const std::vector<scrape_counts> expected{{3, 2, 1}};
  CHECK((std::get<std::vector<scrape_counts>>(*answer) == expected));
  CHECK(e.known()->id == 77);

  udp::exchange announces = make(connection{77, start});
  const auto announce = std::get<announce_ask>(sent(announces, start, kept));
  const auto foreign = written(scrape_reply_head_bytes,
                               [&](span_writer& w) { write_scrape_reply_head(announce.transaction_id, w); });
  CHECK_FALSE(announces.received(start, foreign));
}
