#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>

#include <shoal/net/task_group.hpp>
#include <shoal/net/tracker_client.hpp>
#include <shoal/session/scrape.hpp>

namespace shoal {

namespace {

constexpr std::size_t trackers_max = 64;

/// References are to the frame of `scrape_trackers`, which waits for this.
net::awaitable<void> ask(std::string url, sha1_digest torrent, net::tracker_options options,
                         tracker_counts& into) {
  std::vector<sha1_digest> these{torrent};  // g++ 12 takes no list in a co_await
  auto answer = co_await net::scrape_at(std::move(url), std::move(these), std::move(options));
  if (!answer) {
    into.counts = answer.error();
  } else {
    into.counts = answer->empty() ? announce::scrape_entry{torrent, 0, 0, 0, 0} : answer->front();
  }
}

}  // namespace

std::vector<tracker_counts> scrape_trackers(const std::vector<std::string>& urls, const sha1_digest& torrent,
                                            const session_settings& settings, duration patience,
                                            const std::function<bool()>& stopped) {
  net::tracker_options options;
  options.http.by = settings.route;
  options.http.user_agent = settings.user_agent;
  options.http.extra_ca_file = settings.extra_ca_file;
  options.http.deadline = patience;
  std::vector<tracker_counts> out;
  for (const auto& url : urls) {
    if (out.size() == trackers_max) break;
    const auto shown = net::shown_url(url);
    out.push_back({shown, failure{make_error_code(net::http_errc::deadline_passed), shown}});
  }
  net::asio::io_context context(1);
  const net::strand home = net::asio::make_strand(context);
  net::task_group asked(home);
  for (std::size_t i = 0; i < out.size(); ++i) {
    asked.spawn(home, ask(urls[i], torrent, options, out[i]));
  }
  while (asked.size() > 0) {
    context.run_for(std::chrono::milliseconds(100));
    context.restart();
    if (stopped()) asked.cancel();
  }
  return out;
}

}  // namespace shoal
