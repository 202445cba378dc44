#include "app/hashing.hpp"

#include <chrono>
#include <ctime>
#include <thread>

#include <boost/system/errc.hpp>

#include <shoal/base/units.hpp>
#include <shoal/metainfo/builder.hpp>

#include "app/complaint.hpp"
#include "app/text.hpp"
#include "app/torrent_file.hpp"

namespace shoal::app {

namespace fs = std::filesystem;
using steady = std::chrono::steady_clock;

namespace {

struct pace {
  steady::time_point start = steady::now();
  steady::time_point shown{};
};

std::string hashing_line(const std::string& verb, const std::string& name, std::uint64_t done,
                         std::uint64_t total, double seconds, std::size_t columns) {
  const double rate = seconds > 0.2 ? static_cast<double>(done) / seconds : 0;
  const auto percent = total == 0 ? 100 : done * 100 / total;
  std::string tail = "  " + std::to_string(percent) + "%";
  if (rate > 0) {
    tail += "  " + format_rate(rate) + "  ETA " +
            format_duration(from_seconds(static_cast<double>(total - std::min(done, total)) / rate));
  }
  const auto room = columns > tail.size() + verb.size() + 2 ? columns - tail.size() - verb.size() - 2 : 8;
  return verb + " " + shortened(name, room) + tail;
}

[[noreturn]] void give_up(const failure& f) {
  if (f.code == boost::system::errc::operation_canceled) {
    throw complaint(exit_code::incomplete, "stopped before everything was read; nothing was written");
  }
  throw storage_complaint(f);
}

// Files are stored and looked for under safe names; one that is not called so could be hashed but not served.
void check_names(const metainfo::torrent_info& t) {
  for (const auto& f : t.files.files()) {
    std::string real = t.multi_file ? t.name : std::string();
    for (const auto& part : f.path) {
      if (t.multi_file) real += "/" + part;
    }
    if (!t.multi_file) real = t.name;
    if (real != f.safe_path && !f.padding) {
      throw complaint(exit_code::usage, printable(real) +
                                            ": cannot have this name on every machine; rename it, for "
                                            "example to '" +
                                            f.safe_path + "'");
    }
  }
}

}  // namespace

disk::progress_fn show_progress(context& x, std::string verb, std::string name) {
  return [&x, verb = std::move(verb), name = printable(name), p = pace{}](std::uint64_t done,
                                                                          std::uint64_t total) mutable {
    const auto now = steady::now();
    const auto every = x.out.how() == console::style::json ? std::chrono::milliseconds(1000)
                                                           : std::chrono::milliseconds(100);
    if (now - p.shown >= every) {
      p.shown = now;
      const double seconds = std::chrono::duration<double>(now - p.start).count();
      x.out.status(hashing_line(verb, name, done, total, seconds, x.out.columns() - 1));
      x.out.event("hashing", {{"name", name},
                              {"bytes_done", done},
                              {"bytes_total", total},
                              {"percent", total == 0 ? 100 : done * 100 / total}});
    }
    return !x.stop.requested();
  };
}

metainfo::tracker_tiers tiers_of(const std::vector<std::string>& trackers) {
  metainfo::tracker_tiers tiers;
  for (const auto& url : trackers) {
    tiers.push_back({url});
  }
  return tiers;
}

hashed_content make_torrent(context& x, const fs::path& path, const torrent_wishes& wishes) {
  auto request = disk::scan(path);
  if (!request) give_up(request.error());
  std::uint64_t bytes = 0;
  for (const auto& f : request->files) {
    bytes += f.length;
  }
  if (bytes == 0) {
    throw complaint(exit_code::usage, printable(path.string()) + ": nothing to share in it; it has no bytes");
  }
  request->piece_length =
      wishes.piece_length != 0 ? wishes.piece_length : metainfo::choose_piece_length(bytes);
  const auto threads =
      wishes.threads != 0 ? wishes.threads : std::max(1U, std::thread::hardware_concurrency());

  const auto start = steady::now();
  const auto progress = show_progress(x, "Hashing", path.filename().string());
  auto hashes = disk::hash_content(path, *request, request->piece_length, threads, progress);
  x.out.clear_status();
  if (!hashes) give_up(hashes.error());
  const auto seconds = std::chrono::duration<double>(steady::now() - start).count();

  request->piece_hashes = std::move(*hashes);
  request->is_private = wishes.is_private;
  request->trackers = tiers_of(wishes.trackers);
  request->web_seeds = wishes.web_seeds;
  request->comment = wishes.comment;
  request->created_by = "shoal " SHOAL_VERSION;
  request->creation_date = static_cast<std::int64_t>(std::time(nullptr));
  auto info = metainfo::build(std::move(*request));
  if (!info) {
    throw complaint(exit_code::usage, printable(path.string()) + ": " + info.error().message());
  }
  check_names(*info);
  return {std::make_shared<const metainfo::torrent_info>(std::move(*info)), seconds};
}

}  // namespace shoal::app
