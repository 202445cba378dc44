#include "app/swarm_run.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <set>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <spdlog/spdlog.h>

#include <shoal/base/units.hpp>

#include "app/complaint.hpp"
#include "app/hook.hpp"
#include "app/inbox.hpp"
#include "app/open_session.hpp"
#include "app/progress.hpp"
#include "app/text.hpp"
#include "app/torrent_file.hpp"

namespace shoal::app {

namespace {

using namespace std::chrono_literals;
using kind = session_event::kind;

instant now() {
  return instant(std::chrono::duration_cast<duration>(std::chrono::steady_clock::now().time_since_epoch()));
}

/// Torrents whose status is looked at in a round, in turn: thousands cost no more, only each comes later.
constexpr std::size_t looks_per_round = 100;

std::string event_name(kind k) {
  std::string out(to_string(k));
  std::replace(out.begin(), out.end(), ' ', '_');
  return out;
}

/// What `leech` and `seed` watch of one torrent; there may be thousands.
struct watched {
  torrent_id id;
  std::shared_ptr<const metainfo::torrent_info> info;      ///< null while only a magnet link is known
  std::string name;                                        ///< for people
  std::shared_ptr<const std::filesystem::path> directory;  ///< one for all that go there
  bool trust_complete = false;                             ///< it was hashed a moment ago
  torrent_figures last;                                    ///< as of the last look
  std::optional<instant> complete_at;
  instant next_event{};  ///< of its progress, with --json
};

class swarm_run {
 public:
  swarm_run(context& x, swarm_plan plan)
      : x_(x), out_(x.out), plan_(std::move(plan)), hook_(plan_.on_complete), stall_(plan_.end.stall_max) {}
  ~swarm_run() { x_.stop.on_request({}); }
  swarm_run(const swarm_run&) = delete;
  swarm_run& operator=(const swarm_run&) = delete;

  exit_code run();

 private:
  void add_torrents();
  void tell_started(const std::vector<swarm_job>& jobs);
  exit_code watch();
  void tell(const session_event& e);
  void take_metadata(watched& w);
  void refresh();
  void look_at(watched& w);
  void note_completion(watched& w);
  std::string line_of_all(std::size_t columns) const;
  void show_progress();
  exit_code finish(exit_code code);
  std::vector<standing> standings() const;
  bool all_complete() const;

  context& x_;
  console& out_;
  swarm_plan plan_;
  inbox inbox_;
  completion_hook hook_;
  stall_watch stall_;
  std::unique_ptr<session> session_;
  std::vector<watched> torrents_;
  std::map<torrent_id, std::set<std::string>> remarks_;  ///< said once already
  std::size_t next_look_ = 0;
  instant next_line_{};
  std::string last_line_;
  bool reached_somebody_ = false;
};

exit_code swarm_run::run() {
  session_ = open_session(out_, plan_.session, plan_.listen_chosen,
                          [this](const session_event& event) { inbox_.post(event); });
  add_torrents();
  x_.stop.on_request([this] { inbox_.wake(); });
  const auto code = watch();
  return finish(code);
}

void swarm_run::add_torrents() {
  const auto jobs = plan_.prepare();
  torrents_.reserve(jobs.size());
  for (const auto& job : jobs) {
    const auto& s = job.settings;
    const auto id = session_->add(s);
    if (!id) throw storage_complaint(id.error());
    watched w;
    w.id = *id;
    w.info = s.info;
    w.name = name_of(s);
    const bool same_place = !torrents_.empty() && *torrents_.back().directory == s.directory;
    w.directory =
        same_place ? torrents_.back().directory : std::make_shared<const std::filesystem::path>(s.directory);
    w.trust_complete = s.trust_complete;
    torrents_.push_back(std::move(w));
  }
  tell_started(jobs);
  plan_.introduce(jobs, session_->listening());
}

void swarm_run::tell_started(const std::vector<swarm_job>& jobs) {
  boost::json::array list;
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const auto& s = jobs[i].settings;
    boost::json::object entry{{"id", torrents_[i].id.value()},
                              {"name", torrents_[i].name},
                              {"info_hash", hex_of(s.info_hash())},
                              {"bytes", nullptr},
                              {"pieces", nullptr},
                              {"torrent_file", nullptr},
                              {"magnet", jobs[i].magnet}};
    if (s.info) {
      entry["bytes"] = s.info->total_bytes();
      entry["pieces"] = s.info->piece_count();
    }
    if (!jobs[i].torrent_file.empty()) entry["torrent_file"] = printable(jobs[i].torrent_file);
    list.emplace_back(std::move(entry));
  }
  boost::json::object fields{{"role", plan_.role == swarm_role::seed ? "seed" : "leech"},
                             {"version", SHOAL_VERSION},
                             {"pid", getpid()},
                             {"listen", session_->listening().to_string()},
                             {"torrents", std::move(list)}};
  if (!plan_.announce_url.empty()) fields["announce_url"] = plan_.announce_url;
  out_.event("started", fields);
}

exit_code swarm_run::watch() {
  const auto round = out_.how() == console::style::terminal ? 200ms : 500ms;
  while (!x_.stop.requested()) {
    for (const auto& e : inbox_.wait(round)) {
      tell(e);
    }
    refresh();
    hook_.reap(out_);
    show_progress();
    if (is_over(plan_.end, standings())) break;
    std::uint64_t bytes = 0;
    bool checking = false;
    for (const auto& w : torrents_) {
      bytes += w.last.downloaded + w.last.metadata_done;
      checking = checking || w.last.state == torrent_state::checking;
    }
    if (stall_.stalled(now(), bytes, checking || all_complete())) {
      out_.complain("Giving up: nothing has arrived for " + format_duration(*plan_.end.stall_max));
      const auto code = verdict(standings());
      return code == exit_code::incomplete && !reached_somebody_ ? exit_code::network : code;
    }
  }
  return verdict(standings());
}

void swarm_run::tell(const session_event& e) {
  const auto text = printable(e.text);
  if (e.what == kind::port_mapped || e.what == kind::port_not_mapped) {
    out_.event(event_name(e.what), {{"text", text}});
    spdlog::info("{}: {}", event_name(e.what), text);
    return;
  }
  boost::json::object fields{{"id", e.torrent.value()}, {"text", text}};
  if (e.peer) fields["peer"] = e.peer->to_string();
  const auto w =
      std::ranges::lower_bound(torrents_, e.torrent, {}, &watched::id);  // they were added in this order
  if (e.what == kind::metadata_fetched) return;                          // `look_at` sees it
  out_.event(event_name(e.what), fields);
  if (w == torrents_.end() || w->id != e.torrent) return;

  switch (e.what) {
    case kind::metadata_fetched:
    case kind::port_mapped:
    case kind::port_not_mapped:
      break;
    case kind::peer_connected:
    case kind::tracker_replied:
      reached_somebody_ = true;
      spdlog::info("{}: {}", event_name(e.what), text);
      break;
    case kind::peer_dropped:
    case kind::torrent_completed:  // told from the status, with numbers
      spdlog::debug("{}: {}", event_name(e.what), text);
      break;
    case kind::torrent_paused:
      if (const auto s = session_->status(w->id);
          s && s->problem && s->problem->code == metainfo::errc::no_file_selected)
        throw complaint(exit_code::usage, "--files: " + text);
      if (!w->info) throw complaint(exit_code::bad_torrent, w->name + ": " + text);
      if (const auto s = session_->status(w->id); s && s->problem) {
        const auto why = pause_text(w->name, *s->problem);
        out_.event("problem", {{"id", e.torrent.value()}, {"text", why}});
        out_.say(why);
      } else {
        out_.say(text);
      }
      break;
    case kind::tracker_failed:
      // It is retried for as long as the torrent runs; once is enough.
      if (auto& said = remarks_[w->id]; said.size() < 100 && said.insert(text).second)
        out_.say("Tracker: " + text + " (it will be tried again)");
      break;
    case kind::torrent_checked:
      if (w->trust_complete) break;
      [[fallthrough]];
    case kind::torrent_resumed:
    case kind::torrent_spread:
    case kind::piece_failed:
    case kind::peer_banned:
    case kind::warning:
      out_.say(w->name + ": " + text);
      break;
  }
}

/// A magnet link may have become a torrent.
void swarm_run::take_metadata(watched& w) {
  w.info = session_->info(w.id);
  if (!w.info) return;
  const auto& info = *w.info;
  w.name = printable(info.name);
  out_.event("metadata_fetched", {{"id", w.id.value()},
                                  {"name", w.name},
                                  {"info_hash", hex_of(info.info_hash)},
                                  {"bytes", info.total_bytes()},
                                  {"pieces", info.piece_count()},
                                  {"metadata_bytes", info.info_bytes.size()}});
  out_.say(w.name + ": " + content_summary(info));
  if (!plan_.save_torrent.empty()) {
    out_.say("Torrent file " + printable(save_fetched(plan_.save_torrent, info).string()));
  }
}

void swarm_run::refresh() {
  const auto looks = std::min(torrents_.size(), looks_per_round);
  for (std::size_t i = 0; i < looks; ++i) {
    look_at(torrents_[next_look_++ % torrents_.size()]);
  }
}

void swarm_run::look_at(watched& w) {
  if (!w.info) take_metadata(w);
  const auto seen = session_->status(w.id);
  const torrent_figures& figures = *seen;  // torrents are never taken out of a session
  w.last = figures;
  for (const auto& t : seen->trackers) {
    reached_somebody_ = reached_somebody_ || t.working;
  }
  const bool complete = w.last.state == torrent_state::seeding;
  if (complete && !w.complete_at) {
    w.complete_at = now();
    if (plan_.role == swarm_role::leech) note_completion(w);
  }
  if (plan_.role == swarm_role::seed && w.last.state == torrent_state::downloading) {
    throw complaint(exit_code::mismatch,
                    w.name + ": only " + percent_text(w.last.bytes_done, w.last.bytes_total) +
                        " of it is right in " + printable(w.directory->string()) +
                        "; name its folder with --dir, or fetch the rest with shoal leech");
  }
  const auto t = now();
  if (out_.how() == console::style::json && t >= w.next_event) {
    w.next_event = t + 1s - 20ms;  // a round is half a second; its jitter must not cost every other line
    out_.event("progress", progress_fields(w.last));
  }
}

void swarm_run::note_completion(watched& w) {
  const auto& info = *w.info;
  const auto& s = w.last;
  const double seconds = to_seconds(s.completed_after.value_or(s.since_start));
  const double rate = seconds > 0 ? static_cast<double>(s.downloaded) / seconds : 0;
  const auto ledger = session_->ledger(w.id);
  out_.event("complete", {{"id", w.id.value()},
                          {"seconds", seconds},
                          {"bytes", s.bytes_total},
                          {"rate", static_cast<std::uint64_t>(rate)},
                          {"ledger", ledger_fields(ledger)}});
  const auto path = content_path(*w.directory, info);
  if (s.downloaded > 0) {
    out_.say(w.name + " is complete: " + format_bytes(s.bytes_total) + " in " + elapsed(seconds) + ", " +
             format_rate(rate));
    for (const auto& line : ledger_lines(ledger, 8)) {
      out_.say(line);
    }
  } else {
    out_.say(w.name + " is complete: all of it was there already");
  }
  out_.say("It is in " + printable(path.string()));
  if (!plan_.end.when_complete) {
    const bool forever = !plan_.end.seed_ratio && !plan_.end.seed_time;
    out_.say(std::string("Now seeding for the others.") +
             (forever ? " Ctrl-C stops; --exit-when-complete leaves at once." : ""));
  }
  hook_.run(out_, info.name, path, hex_of(info.info_hash));
}

std::string swarm_run::line_of_all(std::size_t columns) const {
  if (torrents_.size() == 1) return progress_line(*session_->status(torrents_.front().id), columns);
  std::vector<torrent_figures> all;
  for (const auto& w : torrents_) {
    all.push_back(w.last);
  }
  return progress_line(all, columns);
}

void swarm_run::show_progress() {
  const auto t = now();
  const bool line_due = out_.how() == console::style::plain && t >= next_line_;
  if (out_.how() != console::style::terminal && !line_due) {
    return;
  }
  if (!line_due) {
    out_.status(line_of_all(out_.columns() - 1));
    return;
  }
  next_line_ = t + 10s;
  const auto line = line_of_all(200);
  if (line != last_line_) out_.say(format_duration(from_seconds(out_.seconds_since_start())) + "  " + line);
  last_line_ = line;
}

exit_code swarm_run::finish(exit_code code) {
  out_.clear_status();
  out_.say("Stopping: finishing what is being written and telling the trackers.");
  session_->stop();
  boost::json::array list;
  for (auto& w : torrents_) {
    const auto seen = session_->status(w.id);
    const torrent_figures& s = *seen;
    list.emplace_back(boost::json::object{{"id", w.id.value()},
                                          {"bytes_done", s.bytes_done},
                                          {"downloaded", s.downloaded},
                                          {"uploaded", s.uploaded},
                                          {"ledger", ledger_fields(session_->ledger(w.id))}});
    if (!w.info) {
      out_.say(w.name + " stopped before its metadata was found");
    } else if (plan_.role == swarm_role::leech && !w.complete_at) {
      out_.say(w.name + " stopped at " + percent_text(s.bytes_done, s.bytes_total) +
               "; the same command goes on from there");
    } else {
      out_.say(w.name + ": " + format_bytes(s.uploaded) + " uploaded");
    }
  }
  hook_.wait(out_, x_.stop);
  if (code != exit_code::ok) {
    const auto row = exit_code_table[static_cast<std::size_t>(to_int(code))];
    out_.event("error", {{"text", row.meaning}, {"exit_code", to_int(code)}});
  }
  out_.event("stopped", {{"exit_code", to_int(code)}, {"torrents", std::move(list)}});
  return code;
}

std::vector<standing> swarm_run::standings() const {
  std::vector<standing> out;
  for (const auto& w : torrents_) {
    const bool done = plan_.role == swarm_role::seed || w.complete_at.has_value();
    out.push_back({done, w.last.state == torrent_state::paused, w.last.uploaded, w.last.bytes_total,
                   w.complete_at ? now() - *w.complete_at : duration{}});
  }
  return out;
}

bool swarm_run::all_complete() const {
  return std::all_of(torrents_.begin(), torrents_.end(),
                     [](const watched& w) { return w.complete_at.has_value(); });
}

}  // namespace

exit_code run_swarm(context& x, swarm_plan plan) {
  swarm_run run(x, std::move(plan));
  return run.run();
}

}  // namespace shoal::app
