#include "app/complaint.hpp"

#include <boost/system/errc.hpp>

#include <shoal/net/error.hpp>

#include "app/text.hpp"

namespace shoal::app {

namespace {

namespace errc = boost::system::errc;

bool is_full(const error& e) {
  return e == errc::no_space_on_device || e.value() == EDQUOT;
}

std::string storage_remedy(const error& e) {
  if (is_full(e)) {
    return "make room or choose another folder; what is already there is kept and will not be fetched again";
  }
  if (e == errc::permission_denied || e == errc::operation_not_permitted) {
    return "check its owner and permissions, or choose another folder";
  }
  if (e == errc::read_only_file_system) {
    return "choose a folder that can be written";
  }
  if (e == errc::no_such_file_or_directory) {
    return "check the path";
  }
  if (e == errc::not_a_directory) {
    return "name a folder";
  }
  if (e == errc::too_many_files_open) {
    return "raise the limit with ulimit -n";
  }
  if (e == errc::io_error) {
    return "the disk may be failing; look at the system's log";
  }
  return {};
}

std::string with_remedy(std::string text, const std::string& remedy) {
  return remedy.empty() ? text : std::move(text) + "; " + remedy;
}

}  // namespace

complaint storage_complaint(const failure& f) {
  return {exit_code::storage, with_remedy(printable(f.message()), storage_remedy(f.code))};
}

complaint listen_complaint(const failure& f, const std::string& address, const std::string& option) {
  const auto say = [&](const std::string& what) {
    return complaint(exit_code::network, address + ": " + what);
  };
  if (f.code == errc::address_in_use) {
    return say("another program listens there; choose another port with " + option +
               ", or :0 for a free one");
  }
  if (f.code == errc::address_not_available) {
    return say("no address of this machine; choose another with " + option + " (see: ip address)");
  }
  if (f.code == errc::permission_denied) {
    return say("not allowed; ports below 1024 need privileges: choose a higher one with " + option);
  }
  if (f.code == net::errc::no_such_congestion_control) {
    return complaint(exit_code::usage,
                     "--congestion: this kernel does not have it, or does not let you choose it; see "
                     "sysctl net.ipv4.tcp_allowed_congestion_control");
  }
  return say("cannot listen: " + printable(f.code.message()) + "; choose another address with " + option);
}

std::string pause_text(const std::string& name, const failure& f) {
  const auto remedy = is_full(f.code) ? std::string("make room and it goes on by itself; nothing is lost")
                                      : storage_remedy(f.code);
  return with_remedy(printable(name) + " is paused: " + printable(f.message()), remedy);
}

}  // namespace shoal::app
