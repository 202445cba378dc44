#include "app/fetch_metadata.hpp"

#include <chrono>

#include "app/complaint.hpp"
#include "app/inbox.hpp"
#include "app/open_session.hpp"
#include "app/progress.hpp"
#include "app/swarm_plan.hpp"
#include "app/text.hpp"

namespace shoal::app {

namespace {

using kind = session_event::kind;

/// While it waits, a request to stop wakes it.
class wait_for_stop {
 public:
  wait_for_stop(stop_signal& stop, inbox& news) : stop_(stop) {
    stop_.on_request([&news] { news.wake(); });
  }
  ~wait_for_stop() { stop_.on_request({}); }
  wait_for_stop(const wait_for_stop&) = delete;
  wait_for_stop& operator=(const wait_for_stop&) = delete;

 private:
  stop_signal& stop_;
};

[[noreturn]] void give_up(const context& x, const metadata_wish& wish, const torrent_status& last) {
  const auto name = name_of(wish.torrent);
  if (x.stop.requested())
    throw complaint(exit_code::incomplete, name + ": stopped before its metadata was found");
  if (last.peers == 0) {
    throw complaint(exit_code::network,
                    name + ": no peer was found in time; name one with --peer, or a tracker with -a");
  }
  throw complaint(exit_code::incomplete, name + ": no peer gave its metadata in time; raise --timeout");
}

}  // namespace

std::shared_ptr<const metainfo::torrent_info> fetch_metadata(context& x, metadata_wish wish) {
  using clock = std::chrono::steady_clock;
  inbox news;
  const wait_for_stop waiting(x.stop, news);
  auto session = open_session(x.out, wish.session, true, [&news](const session_event& e) { news.post(e); });
  wish.torrent.metadata_only = true;
  const auto id = session->add(wish.torrent);
  if (!id) throw storage_complaint(id.error());
  const auto end = clock::now() + wish.patience;
  torrent_status last;
  std::shared_ptr<const metainfo::torrent_info> info;
  while (!info && !x.stop.requested() && clock::now() < end) {
    for (const auto& e : news.wait(std::chrono::milliseconds(200))) {
      if (e.what == kind::torrent_paused) {
        throw complaint(exit_code::bad_torrent, name_of(wish.torrent) + ": " + printable(e.text));
      }
    }
    info = session->info(*id);
    last = session->status(*id).value_or(last);
    x.out.status(progress_line(last, x.out.columns() - 1));
  }
  x.out.clear_status();
  session->stop(std::chrono::seconds(1));
  if (!info) give_up(x, wish, last);
  return info;
}

}  // namespace shoal::app
