#include <shoal/announce/announce.hpp>

namespace shoal::announce {

namespace {

std::string_view describe(int value) {
  switch (static_cast<errc>(value)) {
    case errc::not_bencoded:
      return "the reply is not a tracker's; check the announce URL";
    case errc::bad_reply:
      return "the tracker's reply lacks an interval or peers, or they are malformed";
    case errc::bad_query:
      return "the request's query string is malformed";
    case errc::missing_info_hash:
      return "the request needs an info_hash of 20 bytes";
    case errc::missing_peer_id:
      return "the request needs a peer_id of 20 bytes";
    case errc::missing_port:
      return "the request needs a port";
    case errc::refused:
      return "the tracker refuses to be scraped";
    case errc::bad_datagram:
      return "the datagram is no message of the UDP tracker protocol";
    case errc::no_scrape:
      return "the tracker cannot be scraped: the last part of its URL does not begin with announce";
  }
  return "unknown announce error";
}

}  // namespace

const boost::system::error_category& category() {
  static constexpr message_category instance("shoal.announce", describe);
  return instance;
}

std::string_view to_string(event e) {
  switch (e) {
    case event::none:
      return "";
    case event::started:
      return "started";
    case event::completed:
      return "completed";
    case event::stopped:
      return "stopped";
    case event::paused:
      return "paused";
  }
  return "";
}

}  // namespace shoal::announce
