#include <algorithm>
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

/// A refusal over UDP, as over HTTP.
announce::announce_response announced(announce::udp::exchange::answer answer) {
  if (auto* const refused = std::get_if<announce::udp::exchange::refusal>(&answer)) {
    announce::announce_response out;
    out.failure_reason = std::move(refused->reason);
    return out;
  }
  return std::get<announce::announce_response>(std::move(answer));
}

failure refused_scrape(const std::string& tracker_url, std::string_view reason) {
  return {make_error_code(announce::errc::refused),
          shown_url(tracker_url) + " (" + plain_words(reason, words_bytes_max) + ")"};
}

outcome<std::vector<announce::scrape_entry>> counted(announce::udp::exchange::answer answer,
                                                     const std::vector<sha1_digest>& torrents,
                                                     const std::string& tracker_url) {
  if (const auto* const refused = std::get_if<announce::udp::exchange::refusal>(&answer)) {
    return refused_scrape(tracker_url, refused->reason);
  }
  const auto& counts = std::get<std::vector<announce::udp::scrape_counts>>(answer);
  std::vector<announce::scrape_entry> out;
  for (std::size_t i = 0; i < std::min(counts.size(), torrents.size()); ++i) {
    out.push_back({torrents[i], counts[i].complete, counts[i].downloaded, counts[i].incomplete, 0});
  }
  return out;
}

}  // namespace

awaitable<outcome<announce::announce_response>> announce_to(std::string tracker_url,
                                                            announce::announce_request request,
                                                            tracker_options options) {
  if (tracker_url.starts_with("udp://")) {
    auto answer = co_await ask_over_udp(tracker_url, std::move(request), std::move(options));
    if (!answer) {
      co_return std::move(answer).error();
    }
    co_return in_plain_words(announced(std::move(*answer)));
  }
  auto reply = co_await http_get(announce::announce_url(tracker_url, request), std::move(options.http));
  if (!reply) {
    co_return failure{reply.error().code, reply.error().subject};
  }
  co_return read_reply(*reply, tracker_url);
}

awaitable<outcome<std::vector<announce::scrape_entry>>> scrape_at(std::string tracker_url,
                                                                  std::vector<sha1_digest> torrents,
                                                                  tracker_options options) {
  if (tracker_url.starts_with("udp://")) {
    auto answer = co_await ask_over_udp(tracker_url, torrents, std::move(options));
    if (!answer) {
      co_return std::move(answer).error();
    }
    co_return counted(std::move(*answer), torrents, tracker_url);
  }
  auto url = announce::scrape_url(tracker_url, torrents);
  if (!url) {
    co_return failure{make_error_code(announce::errc::no_scrape), shown_url(tracker_url)};
  }
  const auto reply = co_await http_get(std::move(*url), std::move(options.http));
  if (!reply) {
    co_return failure{reply.error().code, reply.error().subject};
  }
  auto entries = announce::parse_scrape_response(as_bytes(reply->body));
  if (reply->status != 200 && !entries && entries.error() != announce::errc::refused) {
    co_return failure{make_error_code(http_errc::bad_status),
                      shown_url(tracker_url) + " (" + std::to_string(reply->status) + ")"};
  }
  if (!entries) {
    co_return failure{entries.error(), shown_url(tracker_url)};
  }
  std::erase_if(*entries,
                [&](const auto& e) { return std::ranges::find(torrents, e.info_hash) == torrents.end(); });
  co_return std::move(*entries);
}

}  // namespace shoal::net
