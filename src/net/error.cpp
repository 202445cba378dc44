#include <string_view>

#include <shoal/net/error.hpp>

namespace shoal::net {
namespace {

std::string_view describe(int value) {
  switch (static_cast<errc>(value)) {
    case errc::deadline_passed:
      return "no answer in time";
    case errc::wrong_torrent:
      return "the peer is in another torrent";
    case errc::connected_to_self:
      return "the peer is this very client";
    case errc::no_such_interface:
      return "nothing can leave by the interface or address that was asked for: it is none of this machine, "
             "or of another IP version than the other side's";
    case errc::peer_reads_nothing:
      return "the peer does not read what it is sent";
    case errc::plaintext_refused:
      return "the peer does not encrypt, and encryption is required here";
    case errc::no_such_congestion_control:
      return "no such TCP congestion control here";
  }
  return "unknown error";
}

}  // namespace

const boost::system::error_category& category() {
  static const message_category instance("shoal.net", describe);
  return instance;
}

}  // namespace shoal::net
