#include "session/announcer.hpp"

#include <utility>

namespace shoal {

announcer::announcer(services& s, const net::strand& strand, net::task_group& tasks,
                     const sha1_digest& info_hash, std::uint32_t key, announcer_owner& owner)
    : services_(s), strand_(strand), tasks_(tasks), info_hash_(info_hash), key_(key), owner_(owner) {}

void announcer::ask(swarm::announce_to request, duration within) {
  ++under_way_;
  if (!tasks_.spawn(strand_, ask_one(std::move(request), within))) {
    --under_way_;
  }
}

net::awaitable<void> announcer::ask_one(swarm::announce_to request, duration within) {
  announce::announce_request r;
  r.info_hash = info_hash_;
  r.peer_id = services_.our_id;
  r.port = services_.port();
  r.uploaded = request.uploaded;
  r.downloaded = request.downloaded;
  r.left = request.left;
  r.event = request.event;
  r.num_want = request.num_want;
  r.key = key_;
  r.tracker_id = request.tracker_id;
  net::tracker_options options;
  options.http.by = services_.route;
  options.http.user_agent = services_.settings.user_agent;
  options.http.extra_ca_file = services_.settings.extra_ca_file;
  options.http.deadline = within;
  options.udp = &services_.udp_connections;
  const auto answer = co_await net::announce_to(request.url, r, options);
  --under_way_;
  note(request.url, answer);
  swarm::announced e;
  e.ticket = request.ticket;
  e.reached = answer.has_value();
  if (answer.has_value()) {
    e.response = *answer;
  }
  owner_.tracker_answered(e);
}

void announcer::note(const std::string& url, const outcome<announce::announce_response>& answer) {
  auto& status = trackers_[url];
  status.url = net::shown_url(url);
  status.working = answer.has_value() && answer->failure_reason.empty();
  if (answer.has_error()) {
    status.message = answer.error().code.message();
  } else {
    status.message = answer->failure_reason.empty() ? answer->warning : answer->failure_reason;
  }
  if (status.working) {
    owner_.tracker_told(session_event::kind::tracker_replied,
                        status.url + ": " + std::to_string(answer->peers.size()) + " peers" +
                            (status.message.empty() ? "" : "; " + status.message));
  } else {
    owner_.tracker_told(session_event::kind::tracker_failed, status.url + ": " + status.message);
  }
}

std::vector<tracker_status> announcer::trackers() const {
  std::vector<tracker_status> out;
  for (const auto& [url, status] : trackers_) {
    out.push_back(status);
  }
  return out;
}

}  // namespace shoal
