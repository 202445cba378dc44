// Web seeds: each joins the swarm as a peer, again and again as its standing allows, until all is here.

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>

#include <shoal/net/tracker_client.hpp>
#include <shoal/net/web_seed_link.hpp>
#include <shoal/swarm/web_seed_standing.hpp>

#include "session/torrent_runner.hpp"

namespace shoal {

namespace {

/// A torrent may name a thousand.
constexpr std::size_t web_seeds_max = 16;
constexpr duration request_patience = std::chrono::seconds(30);

/// Each goes by an address of its own, that no peer can have (RFC 6666: packets to it are discarded): false
/// data is blamed on the web seed alone, and nobody is told to connect there.
endpoint address_of(std::size_t nth) {
  std::array<std::uint8_t, 16> bytes{};
  bytes[0] = 0x01;
  bytes[15] = static_cast<std::uint8_t>(nth + 1);
  return {ip_address::v6(bytes), 0};
}

peer_id id_of(std::size_t nth) {
  const auto text = "-WS0000-web seed " + std::to_string(100 + nth);
  return *peer_id::from(as_bytes(text));
}

bool is_useless(const error& e) {
  using net::http_errc;
  for (const auto hopeless : {http_errc::bad_url, http_errc::unsupported_scheme,
                              http_errc::too_many_redirects, http_errc::unsafe_redirect,
                              http_errc::wrong_range, http_errc::ignores_ranges, http_errc::no_such_file}) {
    if (e == hopeless) return true;
  }
  return false;
}

}  // namespace

void torrent_runner::start_web_seeds() {
  std::vector<std::string> urls = settings_.web_seeds;
  urls.insert(urls.end(), settings_.info->web_seeds.begin(), settings_.info->web_seeds.end());
  std::vector<std::string> chosen;
  for (auto& url : urls) {
    const bool fetchable = url.starts_with("http://") || url.starts_with("https://");
    if (fetchable && chosen.size() < web_seeds_max && std::ranges::find(chosen, url) == chosen.end()) {
      chosen.push_back(url);
      tasks_.spawn(strand_, use_web_seed(chosen.size() - 1, std::move(url)));
    }
  }
}

net::awaitable<void> torrent_runner::use_web_seed(std::size_t nth, std::string url) {
  net::asio::steady_timer timer(strand_);
  swarm::web_seed_standing standing;
  while (!opening_.cancelled && core_ && !core_->complete()) {  // who rests wants nothing
    net::web_seed_setup setup{url, settings_.info, {}};
    setup.http.by = services_.route;
    setup.http.deadline = request_patience;
    setup.http.user_agent = services_.settings.user_agent;
    setup.http.extra_ca_file = services_.settings.extra_ca_file;
    const peer_key key(++last_key_);
    const auto where = address_of(nth);
    const net::asio::any_io_executor own = net::asio::make_strand(services_.context);
    auto link = std::make_shared<net::web_seed_link>(
        own, std::move(setup), key, static_cast<net::link_owner&>(*this), services_.receive_buffers);
    links_.emplace(key, link_record{link, {}, {}, where});
    account(where.address).client = "web seed " + net::shown_url(url);
    tell(session_event::kind::peer_connected, "web seed " + net::shown_url(url), where);
    drive(swarm::peer_joined{key, where, id_of(nth)});
    co_await net::asio::co_spawn(own, link->run(), net::asio::use_awaitable);
    using ending = swarm::web_seed_standing::ending;
    const bool served = link->served_bytes() > 0;
    const auto how = is_useless(link->why()) ? ending::useless : served ? ending::served : ending::failed;
    standing.ended(steady_now(), how, link->retry_after());
    if (core_ && core_->banned(where.address)) standing.convicted();
    const auto due = standing.due();
    if (!due) {
      tell(session_event::kind::warning, net::shown_url(url) + " is not used any more");
      co_return;
    }
    timer.expires_after(*due - steady_now());
    const auto [stopped] = co_await timer.async_wait(net::use_tuple);
    if (stopped) {
      co_return;
    }
  }
}

}  // namespace shoal
