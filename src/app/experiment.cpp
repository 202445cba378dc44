#include "app/experiment.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <malloc.h>
#include <mutex>
#include <thread>
#include <unistd.h>

#include <shoal/base/units.hpp>
#include <shoal/lab/bound.hpp>
#include <shoal/lab/run_live.hpp>
#include <shoal/lab/run_sim.hpp>
#include <shoal/lab/summary.hpp>

#include "app/complaint.hpp"
#include "app/progress.hpp"
#include "app/text.hpp"

namespace shoal::app {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

namespace {

class experiment {
 public:
  experiment(context& x, const std::vector<planned_run>& plan, const experiment_options& o)
      : x_(x), plan_(plan), options_(o), progress_(plan.size()), results_(plan.size()) {}

  std::vector<lab::run_result> run();

 private:
  void work();
  lab::run_result perform(std::size_t i);
  void refuse_what_cannot_be() const;
  void show();
  std::string line(const std::vector<std::size_t>& under_way, std::size_t done) const;

  context& x_;
  const std::vector<planned_run>& plan_;
  const experiment_options& options_;
  const lab::live_options live_{fs::read_symlink("/proc/self/exe"),
                                fs::temp_directory_path() / ("shoal-swarm-" + std::to_string(::getpid())),
                                options_.namespaces};
  std::atomic<bool> stop_ = false;
  std::atomic<std::size_t> next_ = 0;
  std::atomic<std::size_t> working_ = 0;

  std::mutex mutex_;  // guards what follows
  std::vector<lab::run_progress> progress_;
  std::vector<std::optional<lab::run_result>> results_;
  std::exception_ptr trouble_;
  double next_event_s_ = 1;
  double next_line_s_ = 10;
};

std::vector<lab::run_result> experiment::run() {
  refuse_what_cannot_be();
  const bool any_live =
      std::any_of(plan_.begin(), plan_.end(), [](const auto& p) { return p.mode == lab::run_mode::live; });
  const auto jobs = any_live ? 1 : std::min<std::size_t>(options_.jobs, plan_.size());
  if (jobs == 1 && !any_live) {
    ::mallopt(M_ARENA_MAX, 1);  // its thread shares this one's heap, see lab/roomy_heap
  }
  std::vector<std::thread> workers;
  working_ = jobs;
  for (std::size_t i = 0; i < jobs; ++i) {
    workers.emplace_back([this] { work(); });
  }
  while (working_ > 0) {
    if (x_.stop.requested()) stop_ = true;
    show();
    std::this_thread::sleep_for(50ms);
  }
  for (auto& w : workers) {
    w.join();
  }
  x_.out.clear_status();
  if (trouble_) std::rethrow_exception(trouble_);
  std::vector<lab::run_result> out;
  for (auto& r : results_) {
    if (r) out.push_back(std::move(*r));
  }
  return out;
}

void experiment::refuse_what_cannot_be() const {
  for (const auto& p : plan_) {
    if (p.mode == lab::run_mode::sim) continue;
    const auto what = lab::live_refuses(p.scenario, live_);
    if (!what) continue;
    throw complaint(exit_code::usage, p.scenario.name + ": real processes cannot do this: " +
                                          printable(*what) + "; change it with --set, or take --sim");
  }
}

void experiment::work() {
  for (auto i = next_++; i < plan_.size() && !stop_; i = next_++) {
    try {
      auto result = perform(i);
      const std::lock_guard lock(mutex_);
      x_.out.event("run", summary_fields(result));
      for (const auto& text : summary_lines(result)) {
        x_.out.say(text);
      }
      results_[i] = std::move(result);
    } catch (...) {
      const std::lock_guard lock(mutex_);
      if (!trouble_) trouble_ = std::current_exception();
      stop_ = true;
    }
  }
  --working_;
}

lab::run_result experiment::perform(std::size_t i) {
  const auto& p = plan_[i];
  lab::run_options options{.seed = options_.seed, .wire = options_.wire, .stop = &stop_};
  options.progress = [this, i](const lab::run_progress& now) {
    const std::lock_guard lock(mutex_);
    progress_[i] = now;
  };
  if (p.mode == lab::run_mode::sim) {
    auto result = lab::run_sim(p.scenario, options);
    result.label = p.label;
    return result;
  }
  auto result = lab::run_live(p.scenario, options, live_);
  if (!result) throw complaint(exit_code::storage, printable(result.error().message()));
  result->label = p.label;
  return std::move(*result);
}

void experiment::show() {
  const auto seconds = x_.out.seconds_since_start();
  const std::lock_guard lock(mutex_);
  std::vector<std::size_t> under_way;
  std::size_t done = 0;
  for (std::size_t i = 0; i < plan_.size(); ++i) {
    if (results_[i]) {
      ++done;
    } else if (progress_[i].wall_s > 0) {
      under_way.push_back(i);
    }
  }
  if (under_way.empty()) return;
  const auto text = line(under_way, done);
  x_.out.status(shortened(text, x_.out.columns() - 1));
  if (seconds >= next_event_s_) {
    next_event_s_ = seconds + 1;
    for (const auto i : under_way) {
      const auto& p = progress_[i];
      x_.out.event("progress", {{"run", i},
                                {"label", plan_[i].label},
                                {"time_s", p.t_s},
                                {"events", p.events},
                                {"peers", p.present},
                                {"complete", p.complete},
                                {"leechers", p.leechers},
                                {"done", p.done_part}});
    }
  }
  if (x_.out.how() == console::style::plain && seconds >= next_line_s_) {
    next_line_s_ = seconds + 10;
    x_.out.say(text);
  }
}

/// "38.2%  0:24 in the swarm  1,204 of 5,000 complete  5,001 peers  2.1 M events/s  run 2 of 6".
std::string experiment::line(const std::vector<std::size_t>& under_way, std::size_t done) const {
  const auto& p = progress_[under_way.front()];
  std::vector<line_part> parts{
      {percent_text(static_cast<std::uint64_t>(p.done_part * 1e6), 1'000'000), 0},
      {format_duration(from_seconds(p.t_s)) + " in the swarm", 1},
      {grouped(p.complete) + " of " + grouped(p.leechers) + " complete", 2},
      {counted(p.present, "peer"), 4},
  };
  if (p.events > 0) {
    double rate = 0;
    for (const auto i : under_way) {
      rate += static_cast<double>(progress_[i].events) / std::max(progress_[i].wall_s, 1e-3);
    }
    parts.push_back({grouped(static_cast<std::uint64_t>(rate)) + " events/s", 5});
  }
  if (plan_.size() > 1) {
    parts.push_back({counted(done, "run") + " of " + std::to_string(plan_.size()) + " done", 3});
  }
  return fitted(std::move(parts), x_.out.how() == console::style::terminal ? x_.out.columns() - 1 : 200);
}

std::string seconds_text(std::optional<double> s) {
  if (!s) return "never";
  return *s < 60 ? elapsed(*s) : format_duration(from_seconds(*s));
}

std::string times_text(double n) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f", n);
  return text;
}

}  // namespace

std::vector<lab::run_result> run_experiment(context& x, const std::vector<planned_run>& plan,
                                            const experiment_options& o) {
  return experiment(x, plan, o).run();
}

std::vector<std::string> summary_lines(const lab::run_result& r) {
  const auto all = lab::completions(r);
  const auto bound = lab::lower_bound_s(r.scenario);
  std::vector<std::string> out;
  out.push_back(r.scenario.name + (r.label.empty() ? "" : ", " + printable(r.label)) + ", " +
                (r.mode == lab::run_mode::sim ? "simulated" : "live") +
                (r.interrupted ? ", interrupted" : "") + ":");
  std::string line = "  " + grouped(all.completed) + " of " + counted(all.joined, "leecher") +
                     " complete; median " + seconds_text(all.median()) + ", last " + seconds_text(all.last());
  if (bound && *bound > 0 && all.last()) {
    line += ", " + times_text(*all.last() / *bound) + " times the lower bound of " + seconds_text(bound);
  }
  out.push_back(line);
  if (r.seeder_bytes_until_whole) {
    const auto sent = static_cast<double>(*r.seeder_bytes_until_whole);
    out.push_back("  until every piece was somewhere else the seeders sent " +
                  times_text(sent / static_cast<double>(r.scenario.content_bytes)) + " times the content");
  }
  if (r.events > 0) {
    out.push_back("  " + grouped(r.events) + " events in " + elapsed(r.wall_s) + "; trace " + r.trace_digest);
  }
  for (const auto& b : r.breaches) {
    out.push_back("  Rule broken: " + printable(b));
  }
  for (const auto& n : r.notes) {
    out.push_back("  " + printable(n));
  }
  return out;
}

boost::json::object summary_fields(const lab::run_result& r) {
  const auto all = lab::completions(r);
  boost::json::object out{{"name", r.scenario.name},
                          {"label", printable(r.label)},
                          {"mode", r.mode == lab::run_mode::sim ? "sim" : "live"},
                          {"seed", r.seed},
                          {"interrupted", r.interrupted},
                          {"joined", all.joined},
                          {"completed", all.completed},
                          {"median_s", nullptr},
                          {"last_s", nullptr},
                          {"bound_s", nullptr},
                          {"seeder_bytes_until_whole", nullptr},
                          {"events", r.events},
                          {"wall_s", r.wall_s},
                          {"trace", r.trace_digest},
                          {"breaches", r.breaches.size()}};
  if (const auto t = all.median()) out["median_s"] = *t;
  if (const auto t = all.last()) out["last_s"] = *t;
  if (const auto t = lab::lower_bound_s(r.scenario)) out["bound_s"] = *t;
  if (const auto sent = r.seeder_bytes_until_whole) out["seeder_bytes_until_whole"] = *sent;
  return out;
}

}  // namespace shoal::app
