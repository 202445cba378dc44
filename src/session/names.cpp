// The names of states and events, as the program's --json has them.

#include <shoal/session/session.hpp>

namespace shoal {

std::string_view to_string(torrent_state s) {
  switch (s) {
    case torrent_state::fetching_metadata:
      return "fetching_metadata";
    case torrent_state::checking:
      return "checking";
    case torrent_state::downloading:
      return "downloading";
    case torrent_state::seeding:
      return "seeding";
    case torrent_state::paused:
      return "paused";
    case torrent_state::stopped:
      return "stopped";
  }
  return "";
}

std::string_view to_string(session_event::kind k) {
  switch (k) {
    case session_event::kind::metadata_fetched:
      return "metadata_fetched";
    case session_event::kind::torrent_checked:
      return "torrent_checked";
    case session_event::kind::torrent_completed:
      return "torrent_completed";
    case session_event::kind::torrent_spread:
      return "torrent_spread";
    case session_event::kind::torrent_paused:
      return "torrent_paused";
    case session_event::kind::torrent_resumed:
      return "torrent_resumed";
    case session_event::kind::tracker_replied:
      return "tracker_replied";
    case session_event::kind::tracker_failed:
      return "tracker_failed";
    case session_event::kind::peer_connected:
      return "peer_connected";
    case session_event::kind::peer_dropped:
      return "peer_dropped";
    case session_event::kind::piece_failed:
      return "piece_failed";
    case session_event::kind::peer_banned:
      return "peer_banned";
    case session_event::kind::port_mapped:
      return "port_mapped";
    case session_event::kind::port_not_mapped:
      return "port_not_mapped";
    case session_event::kind::warning:
      return "warning";
  }
  return "";
}

}  // namespace shoal
