#include <utility>

#include <shoal/net/tracker_client.hpp>

#include "net/plain_words.hpp"
#include "net/udp_tracker.hpp"

namespace shoal::net {

namespace {

constexpr std::size_t words_bytes_max = 512;

announce::announce_response in_plain_words(announce::announce_response r) {
  r.failure_reason = plain_words(r.failure_reason, words_bytes_max);
  r.warning = plain_words(r.warning, words_bytes_max);
  return r;
}

outcome<announce::announce_response> read_reply(const http_reply& reply, const std::string& tracker_url) {
  auto parsed = announce::parse_announce_response(as_bytes(reply.body));
  const bool refused = parsed && !parsed->failure_reason.empty();
  if (reply.status != 200 && !refused) {  // some trackers explain an error status in the body
    return failure{make_error_code(http_errc::bad_status),
                   shown_url(tracker_url) + " (" + std::to_string(reply.status) + ")"};
  }
  if (!parsed) {
    return failure{parsed.error(), shown_url(tracker_url)};
  }
  return in_plain_words(std::move(*parsed));
}

}  // namespace

awaitable<outcome<announce::announce_response>> announce_to(std::string tracker_url,
                                                            announce::announce_request request,
                                                            tracker_options options) {
  if (tracker_url.starts_with("udp://")) {
    auto answer = co_await udp_announce(tracker_url, std::move(request), std::move(options));
    if (!answer) {
      co_return std::move(answer).error();
    }
    co_return in_plain_words(std::move(*answer));
  }
  auto reply = co_await http_get(announce::announce_url(tracker_url, request), std::move(options.http));
  if (!reply) {
    co_return failure{reply.error().code, reply.error().subject};
  }
  co_return read_reply(*reply, tracker_url);
}

}  // namespace shoal::net
