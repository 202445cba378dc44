// shoal leech: fetches what torrents name, and by default goes on seeding it.

#include <algorithm>
#include <set>
#include <sys/stat.h>

#include <shoal/base/units.hpp>

#include "app/complaint.hpp"
#include "app/hashing.hpp"
#include "app/swarm_run.hpp"
#include "app/text.hpp"
#include "app/torrent_file.hpp"

namespace shoal::app {

namespace fs = std::filesystem;

namespace {

struct leech_options {
  std::vector<std::string> torrents;
  std::string directory = ".";
  std::string on_complete;
  ending end;
  metainfo::file_selection files;
  bool sequential = false;
  bool first_last = false;
  bool preallocate = false;
  bool no_resume = false;
  std::vector<std::string> web_seeds;
  std::string save_torrent;
  std::uint64_t metadata_max = 64U << 20;
  transfer_options transfer;
};

void declare_leech(CLI::App& c, leech_options& o) {
  c.add_option("TORRENT", o.torrents, "Torrent files or magnet links")->required();
  c.add_option("-o,--output", o.directory, "Folder to save in; default here")->type_name("DIR");
  auto* leave = c.add_flag("--exit-when-complete", o.end.when_complete,
                           "Leave when all is there; else it seeds on until stopped");
  auto* ratio = add_optional(c, "--seed-ratio", o.end.seed_ratio, parse_ratio, "R",
                             "Leave when so many times its size was uploaded");
  auto* time = add_optional(c, "--seed-time", o.end.seed_time, parse_time, "TIME",
                            "Leave so long after completion, such as 90s, 15m or 2h");
  ratio->excludes(leave)->excludes(time);
  time->excludes(leave);
  add_optional(c, "--stall-timeout", o.end.stall_max, parse_time, "TIME",
               "Give up after so long without a byte");
  c.add_option("--on-complete", o.on_complete,
               "Run at completion, with SHOAL_NAME, SHOAL_PATH, SHOAL_INFO_HASH")
      ->type_name("CMD");
  add_value(c, "--files", o.files, parse_files, "LIST",
            "Fetch these only: numbers as shoal show has them, patterns; such as 0,2,6-8,*.iso,docs/");
  c.add_flag("--sequential", o.sequential, "In order, not rarest first: slower for the swarm");
  c.add_flag("--first-last", o.first_last, "The first and the last piece of each file before the others");
  c.add_flag("--preallocate", o.preallocate, "Reserve the disk space at the start");
  c.add_flag("--no-resume", o.no_resume, "Neither read nor write resume data");
  c.add_option("--save-torrent", o.save_torrent, "For a magnet link: write the torrent file here too")
      ->type_name("PATH");
  add_value(c, "--max-metadata", o.metadata_max, parse_size, "SIZE",
            "For a magnet link: refuse more metadata; default 64MiB");
  c.option_defaults()->group("Network");
  add_values(c, "--web-seed", o.web_seeds, parse_web_seed, "URL",
             "Fetch from this web server as well; repeat for more");
  add_transfer(c, o.transfer);
  c.footer(
      "Examples:\n"
      "  shoal leech 'magnet:?xt=urn:btih:...' --save-torrent bigfile.torrent\n"
      "  shoal leech bigfile.torrent -o /srv --exit-when-complete --on-complete 'systemctl restart model'");
}

// Of the files that are wanted; what those that are there already take is not needed again.
std::uint64_t bytes_needed(const fs::path& directory, const metainfo::torrent_info& t,
                           const metainfo::file_selection& wanted) {
  std::uint64_t bytes = 0;
  const auto& files = t.files.files();
  const auto priorities = metainfo::select_files(wanted, t.files);
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto& f = files[i];
    if (f.padding || (!wanted.empty() && priorities[i] == 0)) continue;
    struct stat s{};
    constexpr std::uint64_t stat_block_bytes = 512;
    const bool there = ::stat((directory / f.safe_path).c_str(), &s) == 0;
    const auto has = there ? static_cast<std::uint64_t>(s.st_blocks) * stat_block_bytes : 0;
    bytes += f.length - std::min(f.length, has);
  }
  return bytes;
}

// A slip in one part of the list must not leave a file out in silence. Of a magnet link's files the session
// finds out later.
void check_selection(const metainfo::torrent_info& t, const metainfo::file_selection& wanted) {
  const auto check = [&](const metainfo::file_selection& part, const std::string& text) {
    if (metainfo::selects_any(metainfo::select_files(part, t.files))) return;
    throw complaint(exit_code::usage, "--files: no file of " + printable(t.name) + " is '" + printable(text) +
                                          "'; shoal show lists them with their numbers");
  };
  for (const auto& range : wanted.numbers) {
    check({{range}, {}}, std::to_string(range.first));
  }
  for (const auto& pattern : wanted.patterns) {
    check({{}, {pattern}}, pattern);
  }
}

// Only a remark: file systems compress, and room may be made while it runs.
void warn_if_full(context& x, const fs::path& directory, std::uint64_t needed) {
  std::error_code ec;
  const auto space = fs::space(directory, ec);
  if (!ec && space.available < needed) {
    x.out.say("Warning: " + format_bytes(needed) + " are still needed, but only " +
              format_bytes(space.available) + " are free in " + printable(directory.string()) +
              ". It will pause when the disk is full.");
  }
}

fs::path prepare_directory(const leech_options& o) {
  std::error_code ec;
  fs::create_directories(o.directory, ec);
  if (!fs::is_directory(o.directory)) {
    if (!ec) ec = std::make_error_code(std::errc::not_a_directory);
    throw storage_complaint({ec, o.directory});
  }
  return existing_path(o.directory);
}

void introduce(context& x, const std::vector<swarm_job>& jobs, const endpoint& listening) {
  bool without_tracker = false;
  for (const auto& job : jobs) {
    const auto& info = job.settings.info;
    x.out.say("Fetching " + name_of(job.settings) + ": " +
              (info ? content_summary(*info) : std::string("what is in it, peers will tell")));
    const auto trackers = trackers_in_use(job.settings);
    if (!trackers.empty()) x.out.say("Tracker " + printable(trackers.front().front()));
    without_tracker =
        without_tracker || (trackers.empty() && job.settings.peers.empty() &&
                            job.settings.web_seeds.empty() && (!info || info->web_seeds.empty()));
  }
  x.out.say("Into " + printable(jobs.front().settings.directory.string()) + ", listening on " +
            listening.to_string());
  if (without_tracker) {
    x.out.say(
        "Warning: there is no tracker and no --peer, so nobody can be found: add -a URL or --peer ADDR:PORT");
  }
}

void check_saving(const std::string& where, const std::vector<swarm_job>& jobs) {
  if (where.empty()) return;
  const auto links = std::count_if(jobs.begin(), jobs.end(), [](const auto& j) { return !j.settings.info; });
  if (links == 0) throw complaint(exit_code::usage, "--save-torrent is for a magnet link; there is none");
  if (links > 1 && !fs::is_directory(where)) {
    throw complaint(exit_code::usage, printable(where) + ": not a folder; several torrent files need one");
  }
}

std::vector<swarm_job> jobs_of(const leech_options& o) {
  std::vector<swarm_job> jobs;
  std::set<info_hash> seen;
  for (const auto& argument : o.torrents) {
    swarm_job job;
    if (is_magnet(argument)) {
      job.settings.magnet = std::make_shared<const metainfo::magnet_link>(load_magnet(argument));
      job.settings.metadata_bytes_max = o.metadata_max;
      job.settings.peers = peers_of(*job.settings.magnet, o.transfer.may_look_up());
    } else {
      job.settings.info = load_torrent(argument);
      job.torrent_file = argument;
    }
    if (!seen.insert(job.settings.info_hash()).second) {
      throw complaint(exit_code::usage, printable(argument) + ": named twice; name each torrent once");
    }
    job.settings.trackers = tiers_of(o.transfer.trackers);
    job.settings.peers.insert(job.settings.peers.end(), o.transfer.peers.begin(), o.transfer.peers.end());
    job.settings.web_seeds = o.web_seeds;
    job.settings.resume = !o.no_resume;
    job.settings.preallocate = o.preallocate;
    job.settings.sequential = o.sequential;
    job.settings.ends_first = o.first_last;
    job.settings.files = o.files;
    if (job.settings.info) check_selection(*job.settings.info, o.files);
    job.magnet = magnet_in_use(job.settings);
    jobs.push_back(std::move(job));
  }
  check_saving(o.save_torrent, jobs);
  return jobs;
}

exit_code leech(context& x, const leech_options& o) {
  auto jobs = jobs_of(o);
  const auto directory = prepare_directory(o);
  std::uint64_t needed = 0;
  for (auto& job : jobs) {
    job.settings.directory = directory;
    if (!job.settings.info) continue;
    needed += bytes_needed(directory, *job.settings.info, o.files);
  }
  warn_if_full(x, directory, needed);

  swarm_plan plan;
  plan.role = swarm_role::leech;
  plan.session = settings_of(o.transfer);
  plan.listen_chosen = o.transfer.listen.has_value();
  plan.end = o.end;
  plan.on_complete = o.on_complete;
  plan.save_torrent = o.save_torrent;
  plan.prepare = [&jobs] { return std::move(jobs); };
  plan.introduce = [&x](const auto& ready, const endpoint& e) { introduce(x, ready, e); };
  return run_swarm(x, std::move(plan));
}

}  // namespace

void add_leech(CLI::App& program, chosen_command& chosen) {
  add_command<leech_options>(
      program, chosen, "leech",
      "Fetch what torrents name, then seed it for the others. Run again, it goes on where it was.",
      declare_leech, leech);
}

}  // namespace shoal::app
