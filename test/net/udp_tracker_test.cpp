// Announces over UDP against a tracker played by a thread on loopback.

#include <atomic>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/udp.hpp>
#include <doctest/doctest.h>

#include <shoal/announce/udp.hpp>
#include <shoal/net/tracker_client.hpp>

#include "net/blocking.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::test;
namespace wire_udp = shoal::announce::udp;

namespace {

using udp = asio::ip::udp;
using datagrams = std::vector<std::vector<std::byte>>;

/// Answers each datagram with what `answer` gives, until it is destroyed.
class udp_server {
 public:
  using answer_fn = std::function<datagrams(const wire_udp::ask&)>;

  explicit udp_server(answer_fn answer)
      : socket_(context_, udp::endpoint(asio::ip::address_v4::loopback(), 0)),
        answer_(std::move(answer)),
        thread_([this] { serve(); }) {}
  ~udp_server() {
    stopping_ = true;
    asio::io_context context;
    udp::socket waker(context, udp::v4());
    waker.send_to(asio::buffer("x", 1), socket_.local_endpoint());
    thread_.join();
  }
  udp_server(const udp_server&) = delete;
  udp_server& operator=(const udp_server&) = delete;

  std::string url(const std::string& target = "/announce") const {
    return "udp://127.0.0.1:" + std::to_string(socket_.local_endpoint().port()) + target;
  }
  /// For answers from elsewhere.
  udp::endpoint last_client() const { return client_; }

 private:
  void serve() {
    std::array<std::byte, 4096> room;
    while (!stopping_) {
      const auto n = socket_.receive_from(asio::buffer(room), client_);
      const auto ask = wire_udp::parse_ask(byte_view(room).first(n));
      if (!ask) {
        continue;
      }
      for (const auto& datagram : answer_(*ask)) {
        socket_.send_to(asio::buffer(datagram), client_);
      }
    }
  }

  asio::io_context context_;
  udp::socket socket_;
  answer_fn answer_;
  udp::endpoint client_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

std::vector<std::byte> connected(std::uint32_t transaction, std::uint64_t id) {
  std::vector<std::byte> out(wire_udp::connect_reply_bytes);
  span_writer w(out);
  wire_udp::write_connect_reply({transaction, id}, w);
  return out;
}
std::vector<std::byte> announced(std::uint32_t transaction, std::uint32_t interval_s) {
  std::vector<std::byte> out(wire_udp::announce_reply_head_bytes + 6);
  span_writer w(out);
  wire_udp::announce_reply r;
  r.transaction_id = transaction;
  r.response.interval_s = interval_s;
  r.response.peers.push_back({*endpoint::parse("10.0.0.7:6881"), {}});
  wire_udp::write_announce_reply(r, false, w);
  return out;
}
std::vector<std::byte> refused(std::uint32_t transaction, std::string_view why) {
  std::vector<std::byte> out(wire_udp::error_reply_head_bytes + why.size());
  span_writer w(out);
  wire_udp::write_error_reply(transaction, why, w);
  return out;
}

outcome<announce::announce_response> ask(const std::string& url, udp_connections* ids = nullptr) {
  announce::announce_request r;
  r.port = 6881;
  r.left = 5;
  tracker_options options;
  options.udp = ids;
  options.http.deadline = std::chrono::seconds(10);
  return run(announce_to(url, r, options));
}

}  // namespace

TEST_CASE("a UDP tracker is connected to and announced to, and its connection id is shared") {
  std::atomic<int> connects{0};
  std::string url_data;
  udp_server tracker([&](const wire_udp::ask& a) -> datagrams {
    if (const auto* const c = std::get_if<wire_udp::connect_ask>(&a)) {
      ++connects;
      return {connected(c->transaction_id, 99)};
    }
    const auto& announce = std::get<wire_udp::announce_ask>(a);
    url_data = announce.url_data();
    return announce.connection_id == 99 ? datagrams{announced(announce.transaction_id, 60)} : datagrams{};
  });
  udp_connections ids;
  for (int n = 0; n < 3; ++n) {
    const auto reply = ask(tracker.url("/announce?key=1"), &ids);
    REQUIRE(reply.has_value());
    CHECK(reply->interval_s == 60);
    REQUIRE(reply->peers.size() == 1);
    CHECK(reply->peers[0].endpoint == endpoint::parse("10.0.0.7:6881"));
  }
  CHECK(connects == 1);
  CHECK(url_data == "/announce?key=1");
}

TEST_CASE("answers with wrong transaction ids, torn ones and those of other addresses are ignored") {
  std::atomic<udp_server*> self = nullptr;
  udp_server tracker([&](const wire_udp::ask& a) -> datagrams {
    if (const auto* const c = std::get_if<wire_udp::connect_ask>(&a)) {
      asio::io_context context;
      udp::socket stranger(context, udp::endpoint(asio::ip::make_address("127.0.0.9"), 0));
      stranger.send_to(asio::buffer(connected(c->transaction_id, 666)), self.load()->last_client());
      return {connected(c->transaction_id + 1, 666),
              refused(c->transaction_id ^ 1U, "no"),
              {std::byte{0}},
              connected(c->transaction_id, 99)};
    }
    const auto& announce = std::get<wire_udp::announce_ask>(a);
    CHECK(announce.connection_id == 99);
    return {connected(announce.transaction_id, 1), announced(announce.transaction_id - 1, 1),
            announced(announce.transaction_id, 60)};
  });
  self = &tracker;
  const auto reply = ask(tracker.url());
  REQUIRE(reply.has_value());
  CHECK(reply->interval_s == 60);
}

TEST_CASE("a UDP tracker's refusal is a value in plain words") {
  udp_server tracker([](const wire_udp::ask& a) -> datagrams {
    return {std::visit([](const auto& q) { return refused(q.transaction_id, "not\x1b here"); }, a)};
  });
  const auto reply = ask(tracker.url());
  REQUIRE(reply.has_value());
  CHECK(reply->failure_reason.starts_with("not"));
  CHECK(reply->failure_reason.find('\x1b') == std::string::npos);
}

TEST_CASE("a UDP tracker that is not there, and what is no URL of one, is an error about it") {
  std::string gone;
  {
    udp_server tracker([](const wire_udp::ask&) { return datagrams(); });
    gone = tracker.url();
  }
  CHECK(ask(gone).error().code == boost::system::errc::connection_refused);  // the kernel says so at once
  for (const std::string url : {"udp://127.0.0.1/announce", "udp://:6969", "udp://127.0.0.1:0",
                                "udp://127.0.0.1:99999", "udp://a%00b:1"}) {
    CAPTURE(url);
    CHECK(ask(url).error().code == http_errc::bad_url);
  }
}

TEST_CASE("a UDP tracker is scraped, a short answer is taken as it is, and a refusal says why") {
  const auto scrape = [](const std::string& url) {
    const std::vector<sha1_digest> torrents{*sha1_digest::from(as_bytes("aaaaaaaaaaaaaaaaaaaa")),
                                            *sha1_digest::from(as_bytes("bbbbbbbbbbbbbbbbbbbb"))};
    tracker_options options;
    options.http.deadline = std::chrono::seconds(10);
    return run(scrape_at(url, torrents, options));
  };
  std::atomic<bool> refuses = false;
  udp_server tracker([&](const wire_udp::ask& a) -> datagrams {
    if (const auto* const c = std::get_if<wire_udp::connect_ask>(&a))
      return {connected(c->transaction_id, 99)};
    const auto& asked = std::get<wire_udp::scrape_ask>(a);
    if (refuses) return {refused(asked.transaction_id, "not\x1b here")};
    std::vector<std::byte> out(wire_udp::scrape_reply_head_bytes + wire_udp::scrape_counts_bytes + 5);
    span_writer w(out);
    wire_udp::write_scrape_reply_head(asked.transaction_id, w);
    wire_udp::write_scrape_counts({3, 2, 1}, w);
    return {out};
  });
  const auto counts = scrape(tracker.url());
  REQUIRE(counts.has_value());
  REQUIRE(counts->size() == 1);
  CHECK(counts->front() ==
        announce::scrape_entry{*sha1_digest::from(as_bytes("aaaaaaaaaaaaaaaaaaaa")), 3, 2, 1, 0});
  refuses = true;
  const auto none = scrape(tracker.url());
  REQUIRE(none.has_error());
  CHECK(none.error().code == announce::errc::refused);
  CHECK(none.error().subject == tracker.url() + " (not  here)");
}
