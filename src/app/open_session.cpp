#include "app/open_session.hpp"

#include <boost/system/errc.hpp>

#include "app/complaint.hpp"
#include "app/text.hpp"

namespace shoal::app {

std::unique_ptr<session> open_session(console& out, const session_settings& settings, bool chosen,
                                      const std::function<void(const session_event&)>& observer) {
  namespace errc = boost::system::errc;
  std::unique_ptr<session> opened;
  auto tried = settings;
  const auto attempt = [&] {
    opened = std::make_unique<session>(tried);
    opened->on_event(observer);
    return opened->start();
  };

  auto started = attempt();
  if (!started && started.error().code == errc::address_family_not_supported &&
      tried.listen.address.is_unspecified()) {
    tried.listen.address = ip_address{};
    started = attempt();
  }
  if (!started && started.error().code == errc::address_in_use && !chosen) {
    tried.listen.port = 0;
    started = attempt();
    if (started) {
      out.say("Port " + std::to_string(settings.listen.port) + " is taken: listening on port " +
              std::to_string(opened->listening().port) + " instead");
    }
  }
  if (!started) throw listen_complaint(started.error(), settings.listen.to_string(), "--listen");
  if (const auto& via = settings.route.via) {
    out.say("By the proxy " + printable(via->shown()) +
            " only: no UDP trackers, no local discovery, no port mapping");
  }
  return opened;
}

}  // namespace shoal::app
