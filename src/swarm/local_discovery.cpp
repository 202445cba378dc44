#include <algorithm>

#include <shoal/swarm/local_discovery.hpp>

namespace shoal::swarm {
namespace {

/// Without the link, which an endpoint does not tell, nobody is reached there.
bool is_link_local(const ip_address& a) {
  const auto bytes = a.bytes();
  return a.is_v6() && bytes[0] == std::byte{0xfe} && (bytes[1] & std::byte{0xc0}) == std::byte{0x80};
}

}  // namespace

local_discovery::local_discovery(std::uint16_t port, std::string cookie)
    : port_(port), cookie_(std::move(cookie)) {}

std::vector<announce::local_announce> local_discovery::round(instant now,
                                                             std::span<const sha1_digest> torrents) {
  std::vector<announce::local_announce> out;
  for (auto& [torrent, known] : calls_) {
    known.wanted = false;
  }
  for (const auto& torrent : torrents) {
    const auto [at, fresh] = calls_.try_emplace(torrent, call{now, true});
    at->second.wanted = true;
    if (!fresh && now - at->second.called < interval) {
      continue;
    }
    at->second.called = now;
    if (out.empty() || out.back().torrents.size() == announce::local_announce::torrents_max) {
      out.push_back({port_, {}, cookie_});
    }
    out.back().torrents.push_back(torrent);
  }
  std::erase_if(calls_, [now](const auto& entry) {
    return !entry.second.wanted && now - entry.second.called >= interval_least;
  });
  return out;
}

std::optional<std::pair<endpoint, std::vector<sha1_digest>>> local_discovery::heard(
    instant now, const ip_address& from, std::string_view datagram) {
  if (now - second_ >= std::chrono::seconds(1)) {
    second_ = now;
    heard_ = 0;
    heard_from_.clear();
  }
  if (heard_ >= heard_per_second_max || from.is_unspecified() || from.is_multicast() || is_link_local(from)) {
    return std::nullopt;
  }
  ++heard_;
  if (++heard_from_[from] > heard_per_second_max / 10) {
    return std::nullopt;
  }
  auto said = announce::read_local_announce(datagram);
  if (!said || (!said->cookie.empty() && said->cookie == cookie_)) {
    return std::nullopt;
  }
  return std::pair(endpoint{from, said->port}, std::move(said->torrents));
}

}  // namespace shoal::swarm
