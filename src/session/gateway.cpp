#include "session/gateway.hpp"

#include <string>

namespace shoal {

namespace {

bool is_wanted(const services& s) {
  const auto& here = s.listening.address;
  const auto& by = s.settings.route;
  const bool possible =
      !by.via && !here.is_loopback() && !by.is_loopback() && (here.is_v4() || here.is_unspecified());
  const bool needed = here.is_unspecified() ? net::behind_a_gateway() : here.is_private();
  switch (s.settings.map_port) {
    case port_mapping_wish::off:
      return false;
    case port_mapping_wish::automatic:
      return possible && needed && !by.confined();
    case port_mapping_wish::on:
      return possible;
  }
  return false;
}

void mapped(services& s, const std::optional<net::port_mapping>& m) {
  using kind = session_event::kind;
  s.outside_port = m ? m->port : 0;
  if (!m) {
    s.emit({kind::port_not_mapped, {}, "no gateway lets callers in by PCP, NAT-PMP or UPnP", {}});
    return;
  }
  const auto where =
      m->address ? endpoint{*m->address, m->port}.to_string() : "port " + std::to_string(m->port);
  s.emit({kind::port_mapped, {}, "callers are let in at " + where + " by " + m->way, {}});
}

}  // namespace

std::unique_ptr<net::port_mapper> map_port(services& s) {
  if (!is_wanted(s)) return nullptr;
  return std::make_unique<net::port_mapper>(s.listening.port, [&s](const auto& m) { mapped(s, m); });
}

}  // namespace shoal
