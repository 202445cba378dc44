// How connections come to a torrent: those it makes, and those that came to the session's listener.

#include <span>
#include <utility>

#include <boost/asio/post.hpp>

#include "session/client_name.hpp"
#include "session/torrent_runner.hpp"

namespace shoal {

namespace {

/// Connections that may wait while the files are being checked.
constexpr std::size_t early_max = 50;

/// Ours, towards this peer; 0.0.0.0 when the connection is gone already.
ip_address local_address(const net::tcp::socket& socket) {
  boost::system::error_code gone;
  const auto at = socket.local_endpoint(gone);
  return gone ? ip_address() : net::from_asio(at).address;
}

}  // namespace

net::awaitable<void> torrent_runner::dial(endpoint remote) {
  const auto ours = wire::make_handshake(hash().wire(), services_.our_id);
  net::connect_options options;
  options.by = services_.route;
  options.congestion_control = services_.settings.congestion_control;
  options.encryption = services_.settings.encryption;
  auto connected = co_await net::connect_peer(services_.context.get_executor(), remote, ours, options);
  if (opening_.cancelled) {
    co_return;
  }
  if (connected.has_value()) {
    join_swarm(std::move(*connected));
  } else {
    drive(swarm::connect_failed{remote, connected.error() == net::errc::connected_to_self});
  }
}

void torrent_runner::adopt(net::established e) {
  net::asio::post(strand_, [this, e = std::move(e)]() mutable {
    if (opening_.cancelled) {
      return;
    }
    if (is_trading()) {
      join_swarm(std::move(e));
    } else if (early_.size() < early_max) {
      early_.push_back(std::move(e));
    }
  });
}

void torrent_runner::found_locally(const endpoint& peer) {
  net::asio::post(strand_, [this, peer] {
    if (told_locally_ && is_trading()) {
      drive(swarm::peers_found{std::span(&peer, 1)});
    }
  });
}

void torrent_runner::join_swarm(net::established e) {
  const peer_key key(++last_key_);
  const auto ours = wire::make_handshake(hash().wire(), services_.our_id);
  const swarm::peer_joined joined{
      key,
      e.remote,
      e.theirs.id,
      e.outgoing,
      e.theirs.has_fast() && ours.has_fast(),
      e.theirs.has_extended(),
      false,
      are_near(local_address(e.socket), e.remote.address, services_.settings.near)};
  wire::limits limits;
  if (settings_.info) {
    limits.bitfield_bytes_max = (geometry_.piece_count() + 7) / 8;
  }
  const auto name = client_name(e.theirs.id);
  const auto remote = e.remote;
  auto link = std::make_shared<net::peer_link>(
      std::move(e), key, limits, static_cast<net::link_owner&>(*this), services_.receive_buffers);
  links_.emplace(key, link_record{link, {}, {}, remote});
  account(remote.address).client = name;
  tell(session_event::kind::peer_connected, name, remote);
  tasks_.spawn(link->executor(), link->run());
  drive(joined);
}

}  // namespace shoal
