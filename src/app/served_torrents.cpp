#include "app/served_torrents.hpp"

#include <cerrno>
#include <fstream>
#include <iterator>
#include <utility>

#include "app/complaint.hpp"
#include "app/text.hpp"

namespace shoal::app {

namespace {

registry::info_hash_list read(const std::string& file) {
  errno = 0;
  std::ifstream in(file, std::ios::binary);
  if (!in) throw storage_complaint({error(errno, boost::system::system_category()), file});
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::size_t bad_line = 0;
  auto list = registry::info_hash_list::parse(text, bad_line);
  if (!list) {
    throw complaint(exit_code::usage, printable(file) + ": line " + std::to_string(bad_line) +
                                          " is no info-hash; write 40 hexadecimal digits a line");
  }
  return std::move(*list);
}

}  // namespace

void served_torrents::check() const {
  if (restricted()) read(allow_file.empty() ? deny_file : allow_file);
}

std::size_t served_torrents::apply(server::tracker_server& tracker) const {
  if (!restricted()) return 0;
  auto list = read(allow_file.empty() ? deny_file : allow_file);
  const std::size_t size = list.size();
  using server::torrents_served;
  tracker.set_torrents_served(allow_file.empty() ? torrents_served::not_listed : torrents_served::listed,
                              std::move(list));
  return size;
}

}  // namespace shoal::app
