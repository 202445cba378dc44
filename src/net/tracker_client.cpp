#include <utility>

#include <shoal/net/tracker_client.hpp>

#include "net/plain_words.hpp"

namespace shoal::net {

namespace {

constexpr std::size_t words_bytes_max = 512;

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
  parsed->failure_reason = plain_words(parsed->failure_reason, words_bytes_max);
  parsed->warning = plain_words(parsed->warning, words_bytes_max);
  return std::move(*parsed);
}

}  // namespace

awaitable<outcome<announce::announce_response>> announce_to(std::string tracker_url,
                                                            announce::announce_request request,
                                                            http_options options) {
  auto reply = co_await http_get(announce::announce_url(tracker_url, request), std::move(options));
  if (!reply) {
    co_return failure{reply.error().code, reply.error().subject};
  }
  co_return read_reply(*reply, tracker_url);
}

}  // namespace shoal::net
