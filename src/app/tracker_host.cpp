#include "app/tracker_host.hpp"

#include <random>

#include <boost/system/errc.hpp>

#include "app/complaint.hpp"

namespace shoal::app {

namespace {

std::string listed(const std::vector<endpoint>& list) {
  std::string out;
  for (const auto& e : list) {
    out += (out.empty() ? "" : ", ") + e.to_string();
  }
  return out;
}

}  // namespace

running_tracker start_tracker(server::tracker_settings settings, const std::string& option,
                              const std::function<void(server::tracker_server&)>& prepare) {
  std::random_device device;
  const auto word = [&] { return (std::uint64_t{device()} << 32) | device(); };
  settings.seed = word();
  settings.id_key = {word(), word()};
  const auto made = [&] {
    auto out = std::make_unique<server::tracker_server>(settings);
    if (prepare) prepare(*out);
    return out;
  };
  auto server = made();
  auto started = server->start();
  if (!started && started.error().code == boost::system::errc::address_family_not_supported) {
    for (auto& e : settings.listen) {
      if (e.address.is_unspecified()) e.address = ip_address{};
    }
    server = made();
    started = server->start();
  }
  if (!started) throw listen_complaint(started.error(), listed(settings.listen), option);
  const auto at = reachable_at(server->listening().front());
  return {std::move(server), at, announce_url_at(at.at)};
}

std::string address_remark(const reachable& r, const std::string& option) {
  if (r.guessed && r.loopback) return "no network was found: only this machine can reach it";
  if (r.guessed) {
    return r.at.address.to_string() + " is a guess; if others cannot reach it, choose with " + option;
  }
  if (r.loopback) return "a loopback address: only this machine can reach it";
  return {};
}

}  // namespace shoal::app
