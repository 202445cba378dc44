// shoal seed: shares what a torrent names, or hashes a path and shares that; with the tracker, if wished.

#include <memory>
#include <set>

#include <shoal/base/units.hpp>

#include "app/complaint.hpp"
#include "app/hashing.hpp"
#include "app/swarm_run.hpp"
#include "app/text.hpp"
#include "app/torrent_file.hpp"
#include "app/tracker_host.hpp"

namespace shoal::app {

namespace fs = std::filesystem;

namespace {

struct seed_options {
  std::vector<std::string> what;
  std::string directory;
  std::string output;
  std::optional<endpoint> with_tracker;
  bool no_verify = false;
  std::uint32_t piece_length = 0;
  bool is_private = false;
  bool super_seed = false;
  transfer_options transfer;
};

void declare_seed(CLI::App& c, seed_options& o) {
  c.add_option("PATH", o.what, "Torrent files, or files and folders to make torrents of")->required();
  add_optional(c, "--with-tracker", o.with_tracker, parse_listen, "ADDR:PORT",
               "Run a tracker in this process too; default [::]:6969")
      ->expected(0, 1);
  c.add_option("--dir", o.directory, "Folder of a torrent's content; default here or beside the torrent")
      ->type_name("DIR");
  c.add_option("-o,--output", o.output, "Torrent file to write for a PATH; default NAME.torrent")
      ->type_name("FILE");
  add_value(c, "--piece-length", o.piece_length, parse_piece_length, "SIZE", "For a PATH; a power of two");
  c.add_flag("--private", o.is_private, "For a PATH: only peers that the tracker names may join");
  c.add_flag("--no-verify", o.no_verify, "Trust that a torrent's content is all there");
  c.add_flag("--super-seed", o.super_seed,
             "For the only seeder: give each piece out once before any a second time");
  add_transfer(c, o.transfer);
  c.footer(
      "Examples:\n"
      "  shoal seed bigfile --with-tracker      one command shares a file; it says what others type\n"
      "  shoal seed bigfile.torrent --dir /srv/files --max-up 50MiB");
}

bool is_torrent_file(const std::string& argument) {
  std::error_code ec;
  return is_magnet(argument) || (argument.ends_with(".torrent") && !fs::is_directory(argument, ec));
}

// Beside where it is run; but not inside what is shared, where it would be part of the content next time.
fs::path output_for(const seed_options& o, const fs::path& path) {
  if (!o.output.empty()) return o.output;
  auto name = path.filename();
  name += ".torrent";
  std::error_code ec;
  const auto here = fs::current_path(ec);
  const auto inside = here.lexically_relative(path);
  const bool is_inside = !inside.empty() && *inside.begin() != "..";
  return is_inside ? path.parent_path() / name : name;
}

// An hour of somebody's hashing, or the only copy of a torrent that came from elsewhere, may be in the way of
// the name that nobody chose.
void check_not_another(const fs::path& file, const metainfo::torrent_info& ours) {
  std::error_code ec;
  if (!fs::is_regular_file(file, ec)) return;
  if (load_torrent(file.string())->info_hash != ours.info_hash) {
    throw complaint(exit_code::usage,
                    printable(file.string()) +
                        ": is there already and is of other content (or the content changed "
                        "since); remove it, or name another file with -o");
  }
}

swarm_job job_of_path(context& x, const seed_options& o, const std::string& argument,
                      const std::vector<std::string>& trackers) {
  const auto path = existing_path(argument);
  torrent_wishes wishes;
  wishes.piece_length = o.piece_length;
  wishes.threads = o.transfer.threads;
  wishes.is_private = o.is_private;
  wishes.trackers = trackers;
  const auto made = make_torrent(x, path, wishes);
  const auto file = output_for(o, path);
  if (o.output.empty()) check_not_another(file, *made.info);
  save_torrent(file, *made.info);
  x.out.say("Hashed " + printable(made.info->name) + " in " + elapsed(made.seconds) + ": " +
            content_summary(*made.info));

  swarm_job job;
  job.settings.info = made.info;
  job.settings.directory = path.parent_path();
  job.settings.trust_complete = true;
  job.settings.resume = false;
  job.torrent_file = file.string();
  return job;
}

fs::path directory_of_torrent(const seed_options& o, const std::string& argument,
                              const metainfo::torrent_info& t) {
  std::error_code ec;
  const auto content = content_path({}, t);
  const auto chosen = content_directory(o.directory.empty() ? "." : o.directory, t);
  if (fs::exists(chosen / content, ec)) return chosen;
  const auto beside = existing_path(argument).parent_path();
  if (o.directory.empty() && fs::exists(beside / content, ec)) return beside;
  throw complaint(exit_code::storage, printable(argument) + ": its content '" + printable(content.string()) +
                                          "' is not in " + printable(chosen.string()) +
                                          "; name the folder where it lies with --dir");
}

swarm_job job_of_torrent(const seed_options& o, const std::string& argument,
                         const std::vector<std::string>& trackers, bool with_tracker) {
  swarm_job job;
  job.settings.info = load_torrent(argument);
  const auto& info = *job.settings.info;
  job.settings.directory = directory_of_torrent(o, argument, info);
  job.settings.trust_complete = o.no_verify;
  job.settings.trackers = tiers_of(trackers);
  if (with_tracker && o.transfer.trackers.empty()) {
    // Ours comes besides the torrent's own, which other peers go on using.
    job.settings.trackers.insert(job.settings.trackers.end(), info.trackers.begin(), info.trackers.end());
  }
  job.torrent_file = argument;
  return job;
}

// What can be seen before anything is started.
void check_usage(const seed_options& o) {
  std::size_t paths = 0;
  for (const auto& w : o.what) {
    if (is_torrent_file(w)) {
      load_torrent(w);
    } else {
      existing_path(w);
      ++paths;
    }
  }
  if (!o.output.empty() && paths != 1) {
    throw complaint(exit_code::usage,
                    "-o names one torrent file, so it needs exactly one PATH that is no torrent");
  }
}

// What the others type. Their copy of the torrent may not know our tracker, and without any they need us.
std::string command_for_others(const swarm_job& job, const endpoint& us) {
  auto out = "shoal leech " + shell_word(fs::path(job.torrent_file).filename().string());
  const auto& s = job.settings;
  if (!s.trackers.empty() && s.trackers != s.info->trackers) {
    out += " -a " + shell_word(s.trackers.front().front());
  }
  if (trackers_in_use(s).empty()) out += " --peer " + us.to_string();
  return out;
}

void introduce(context& x, const std::vector<swarm_job>& jobs, const std::optional<running_tracker>& tracker,
               const endpoint& listening) {
  const auto us = reachable_at(listening);
  bool without_tracker = false;
  for (const auto& job : jobs) {
    x.out.say("");
    x.out.say("Torrent file  " + printable(job.torrent_file));
    x.out.say("Magnet link   " + job.magnet);
    without_tracker = without_tracker || trackers_in_use(job.settings).empty();
  }
  if (tracker) {
    x.out.say("Tracker       " + tracker->announce_url + " (in this process)");
    const auto remark = address_remark(tracker->at, "--with-tracker ADDR:PORT");
    if (!remark.empty()) x.out.say("              " + remark);
  }
  x.out.say("Listening on  " + listening.to_string());
  x.out.say("");
  x.out.say("To fetch it on another machine, copy the torrent file there and run:");
  for (const auto& job : jobs) {
    x.out.say("    " + command_for_others(job, us.at));
  }
  if (without_tracker) {
    const auto remark = address_remark(us, "--listen ADDR:PORT");
    if (!remark.empty()) x.out.say("    (" + remark + ")");
    x.out.say(
        "There is no tracker, so others have to name a peer; with --with-tracker they find each other.");
  }
  x.out.say("");
  x.out.say("Ctrl-C stops.");
}

std::vector<swarm_job> jobs_of(context& x, const seed_options& o,
                               const std::optional<running_tracker>& tracker) {
  auto trackers = o.transfer.trackers;
  if (tracker) trackers.insert(trackers.begin(), tracker->announce_url);
  std::vector<swarm_job> jobs;
  std::set<info_hash> seen;
  for (const auto& argument : o.what) {
    auto job = is_torrent_file(argument) ? job_of_torrent(o, argument, trackers, tracker.has_value())
                                         : job_of_path(x, o, argument, trackers);
    if (!seen.insert(job.settings.info->info_hash).second) {
      throw complaint(exit_code::usage, printable(argument) + ": named twice; name each torrent once");
    }
    job.settings.read_only = true;
    job.settings.super_seed = o.super_seed;
    job.settings.peers = o.transfer.peers;
    job.magnet = magnet_in_use(job.settings);
    jobs.push_back(std::move(job));
  }
  return jobs;
}

exit_code seed(context& x, const seed_options& o) {
  check_usage(o);
  std::optional<running_tracker> tracker;
  if (o.with_tracker) {
    server::tracker_settings settings;
    settings.listen = {*o.with_tracker};
    tracker = start_tracker(settings, "--with-tracker ADDR:PORT");
  }
  swarm_plan plan;
  plan.role = swarm_role::seed;
  plan.session = settings_of(o.transfer);
  plan.listen_chosen = o.transfer.listen.has_value();
  if (tracker) plan.announce_url = tracker->announce_url;
  plan.prepare = [&] { return jobs_of(x, o, tracker); };
  plan.introduce = [&](const auto& jobs, const endpoint& e) { introduce(x, jobs, tracker, e); };
  const auto code = run_swarm(x, std::move(plan));
  if (tracker) tracker->server->stop();
  return code;
}

}  // namespace

void add_seed(CLI::App& program, chosen_command& chosen) {
  add_command<seed_options>(program, chosen, "seed",
                            "Share files: hash them or take a torrent, then serve whoever asks.",
                            declare_seed, seed);
}

}  // namespace shoal::app
