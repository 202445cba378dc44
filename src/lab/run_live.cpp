#include <algorithm>
#include <chrono>
#include <cmath>
#include <functional>
#include <map>

#include <shoal/base/rng.hpp>
#include <shoal/lab/recorder.hpp>
#include <shoal/lab/run_live.hpp>

#include "lab/live_swarm.hpp"

namespace shoal::lab {

namespace {

using clock = std::chrono::steady_clock;

constexpr double goodbye_max_s = 15;

/// A run under way: what is to happen when, and what has been seen.
class live_run {
 public:
  live_run(const scenario& s, const run_options& options, const live_options& live)
      : scenario_(s), options_(options), swarm_(s, live), recorder_(s), chance_(options.seed) {}

  outcome<run_result> run();

 private:
  void plan_arrivals();
  void plan_faults();
  void befall(const fault& f);
  void befall(const peers_die& what);
  void befall(const tracker_dies& what);
  void befall(const links_lose& what);
  template <class Other>
  void befall(const Other&) {}  // `live_refuses`
  std::vector<live_peer*> chosen(const victims& who);
  outcome<void> start_first_seeders();
  void start(std::size_t i);
  void watch_departures();
  void depart(live_peer& p);
  bool over(double now_s) const;
  double done_part() const;
  void sample(double now_s);
  void say_progress(double now_s) const;
  void say_goodbye();
  run_result result(double ended_s);

  void at(double when_s, std::function<void()> what) { agenda_.emplace(when_s, std::move(what)); }
  double now_s() const { return std::chrono::duration<double>(clock::now() - begin_).count(); }
  bool stopped() const { return options_.stop != nullptr && options_.stop->load(std::memory_order_relaxed); }
  double exponential(double mean) { return -mean * std::log(1 - chance_.unit()); }
  bool is_leecher(const live_peer& p) const {
    return scenario_.groups[p.group().index()].role == role::leecher;
  }

  const scenario& scenario_;
  const run_options& options_;
  live_swarm swarm_;
  series_recorder recorder_;
  rng chance_;
  clock::time_point begin_ = clock::now();
  std::multimap<double, std::function<void()>> agenda_;
  std::size_t arrivals_left_ = 0;
  std::vector<bool> departing_;         // by peer: its departure is planned or done
  std::vector<const fault*> awaiting_;  // faults that wait for progress
  std::optional<failure> failed_;
  double could_give_ = 0;
  double last_sample_s_ = 0;
  std::vector<std::string> notes_;
};

outcome<run_result> live_run::run() {
  if (auto ready = swarm_.prepare(options_.seed); ready.has_error()) return ready.error();
  departing_.resize(swarm_.peers().size());
  plan_arrivals();
  if (auto ready = start_first_seeders(); ready.has_error()) return ready.error();
  begin_ = clock::now();
  plan_faults();
  sample(0);
  double t = 0;
  double next_word_s = 0;
  while (!over(t) && !stopped() && !failed_) {
    const double next =
        agenda_.empty() ? recorder_.next_s() : std::min(agenda_.begin()->first, recorder_.next_s());
    swarm_.listen(std::clamp(next - t, 0.0, 0.1), t);
    t = now_s();
    while (!agenda_.empty() && agenda_.begin()->first <= t) {
      const auto what = std::move(agenda_.begin()->second);
      agenda_.erase(agenda_.begin());
      what();
    }
    watch_departures();
    if (t >= recorder_.next_s()) sample(t);
    if (t >= next_word_s) {
      next_word_s = t + 0.2;
      say_progress(t);
    }
  }
  if (failed_) return *failed_;
  if (t > last_sample_s_ + 0.1) sample(t);
  say_goodbye();
  auto out = result(t);
  out.interrupted = stopped() && !over(t);
  return out;
}

void live_run::plan_arrivals() {
  std::size_t i = 0;
  for (const auto& g : scenario_.groups) {
    double poisson_s = 0;
    for (std::uint32_t n = 0; n < g.count; ++n, ++i) {
      double when_s = 0;
      if (const auto* once = std::get_if<arrive_at_once>(&g.arrival)) {
        when_s = to_seconds(once->at);
      } else if (const auto* poisson = std::get_if<arrive_poisson>(&g.arrival)) {
        poisson_s += exponential(1 / poisson->per_s);
        when_s = to_seconds(poisson->from) + poisson_s;
      } else if (const auto* list = std::get_if<arrive_at_times>(&g.arrival)) {
        when_s = to_seconds(list->times[n]);
      } else if (const auto* over = std::get_if<arrive_over>(&g.arrival)) {
        when_s = to_seconds(over->from) + to_seconds(over->to - over->from) * n / g.count;
      }
      if (g.role == role::seeder && when_s == 0) continue;  // `start_first_seeders`
      ++arrivals_left_;
      at(when_s, [this, i] {
        --arrivals_left_;
        start(i);
      });
    }
  }
}

/// Seeders that are there from the beginning are up before the clock starts.
outcome<void> live_run::start_first_seeders() {
  std::vector<live_peer*> first;
  for (auto& p : swarm_.peers()) {
    const auto* once = std::get_if<arrive_at_once>(&scenario_.groups[p.group().index()].arrival);
    if (is_leecher(p) || once == nullptr || once->at > duration{}) continue;
    if (auto done = swarm_.start(p); done.has_error()) return done;
    first.push_back(&p);
  }
  const auto is_up = [](const live_peer* p) { return p->joined_s().has_value(); };
  for (int tenth = 0; tenth < 600 && !std::all_of(first.begin(), first.end(), is_up) && !stopped(); ++tenth) {
    swarm_.listen(0.1, 0);
    for (const auto& word : swarm_.deserters()) {
      return failure{error(boost::system::errc::no_such_process, boost::system::generic_category()), word};
    }
  }
  return {};
}

void live_run::plan_faults() {
  for (const auto& f : scenario_.faults) {
    if (f.when.progress) {
      awaiting_.push_back(&f);
    } else {
      at(to_seconds(f.when.at), [this, &f] { befall(f); });
    }
  }
}

void live_run::befall(const fault& f) {
  std::visit([this](const auto& what) { befall(what); }, f.what);
}

std::vector<live_peer*> live_run::chosen(const victims& who) {
  std::vector<live_peer*> out;
  for (auto& p : swarm_.peers()) {
    if (p.group() == who.group && p.process && !p.left_s()) out.push_back(&p);
  }
  chance_.shuffle(std::span(out));
  out.resize(std::min<std::size_t>(out.size(), who.count));
  return out;
}

void live_run::befall(const peers_die& what) {
  const auto dying = chosen(what.who);
  for (std::size_t i = 0; i < dying.size(); ++i) {
    const double after_s = to_seconds(what.over) * static_cast<double>(i) / static_cast<double>(dying.size());
    at(now_s() + after_s, [this, p = dying[i]] { swarm_.kill(*p, now_s()); });
  }
}

void live_run::befall(const tracker_dies& what) {
  swarm_.kill_tracker();
  if (!what.lasting) return;
  at(now_s() + to_seconds(*what.lasting), [this] {
    if (auto done = swarm_.restart_tracker(); done.has_error()) failed_ = done.error();
  });
}

void live_run::befall(const links_lose& what) {
  const auto set = [this](const std::vector<live_peer*>& peers, double loss) {
    for (const auto* p : peers) {
      if (auto done = swarm_.set_loss(*p, loss); done.has_error()) failed_ = done.error();
    }
  };
  const auto hit = chosen(what.who);
  set(hit, what.part);
  if (what.lasting) at(now_s() + to_seconds(*what.lasting), [set, hit] { set(hit, 0); });
}

void live_run::start(std::size_t i) {
  auto& p = swarm_.peers()[i];
  if (auto done = swarm_.start(p); done.has_error()) {
    failed_ = done.error();
    return;
  }
  if (const auto& patience = scenario_.groups[p.group().index()].patience_mean) {
    at(now_s() + exponential(to_seconds(*patience)), [this, &p] {
      if (!p.completed_s()) swarm_.dismiss(p);
    });
  }
}

/// Who is complete may leave; who gave enough leaves now.
void live_run::watch_departures() {
  for (auto& word : swarm_.deserters()) {
    notes_.push_back(std::move(word));
  }
  for (std::size_t i = 0; i < departing_.size(); ++i) {
    auto& p = swarm_.peers()[i];
    const bool complete = is_leecher(p) ? p.completed_s().has_value() : p.joined_s().has_value();
    if (complete && !departing_[i]) depart(p);
  }
  const auto part = awaiting_.empty() ? 0 : done_part();
  std::erase_if(awaiting_, [&](const fault* f) {
    const bool now = part >= *f->when.progress;
    if (now) befall(*f);
    return now;
  });
}

void live_run::depart(live_peer& p) {
  const auto& how = scenario_.groups[p.group().index()].departure;
  auto planned = departing_[static_cast<std::size_t>(&p - swarm_.peers().data())];
  const auto content = static_cast<double>(scenario_.content_bytes);
  if (const auto* later = std::get_if<leave_after>(&how)) {
    const double mean = to_seconds(later->time);
    at(now_s() + (later->exponential ? exponential(mean) : mean), [this, &p] { swarm_.dismiss(p); });
    planned = true;
  } else if (std::holds_alternative<stay_for_ever>(how)) {
    planned = true;
  } else if (std::holds_alternative<leave_complete>(how)) {
    planned = true;
    swarm_.dismiss(p);
  } else if (const auto* ratio = std::get_if<leave_at_ratio>(&how)) {
    planned = static_cast<double>(p.given()) >= ratio->ratio * content;
    if (planned) swarm_.dismiss(p);
  } else if (const auto* pieces = std::get_if<leave_after_pieces>(&how)) {
    planned = p.given() >= p.given_when_complete() + std::uint64_t{pieces->pieces} * scenario_.piece_length;
    if (planned) swarm_.dismiss(p);
  }
}

bool live_run::over(double now_s) const {
  if (now_s >= to_seconds(scenario_.time_max)) return true;
  if (scenario_.whole_time || arrivals_left_ > 0) return false;
  return std::all_of(swarm_.peers().begin(), swarm_.peers().end(),
                     [this](const live_peer& p) { return !is_leecher(p) || p.completed_s() || p.left_s(); });
}

double live_run::done_part() const {
  double done = 0;
  double wanted = 0;
  for (const auto& p : swarm_.peers()) {
    if (!is_leecher(p) || !p.joined_s()) continue;
    done += static_cast<double>(p.done());
    wanted += static_cast<double>(scenario_.content_bytes);
  }
  return wanted > 0 ? done / wanted : 0;
}

void live_run::sample(double now_s) {
  std::vector<group_snapshot> groups(scenario_.groups.size());
  std::uint64_t gave = 0;
  for (const auto& p : swarm_.peers()) {
    auto& g = groups[p.group().index()];
    g.given += p.given();
    g.taken += p.taken();
    const bool complete = !is_leecher(p) || p.completed_s();
    if (p.there()) ++(complete ? g.seeding : g.leeching);
    if (!std::isfinite(swarm_.uplink(p))) continue;
    gave += p.given();
    if (p.there()) could_give_ += swarm_.uplink(p) * (now_s - last_sample_s_);
  }
  recorder_.take({now_s, groups, could_give_, gave, {}});
  last_sample_s_ = now_s;
}

void live_run::say_progress(double now_s) const {
  if (!options_.progress) return;
  run_progress word{.t_s = now_s, .wall_s = now_s, .done_part = done_part()};
  for (const auto& p : swarm_.peers()) {
    word.present += p.there() ? 1U : 0U;
    word.leechers += is_leecher(p) ? 1U : 0U;
    word.complete += is_leecher(p) && p.completed_s() ? 1U : 0U;
  }
  options_.progress(word);
}

/// Everybody leaves in good order and says whom they gave to and took from.
void live_run::say_goodbye() {
  std::vector<std::optional<double>> left;
  for (auto& p : swarm_.peers()) {
    left.push_back(p.left_s());
    swarm_.dismiss(p);
  }
  const auto deadline = clock::now() + std::chrono::duration_cast<clock::duration>(
                                           std::chrono::duration<double>(goodbye_max_s));
  const auto is_gone = [](const live_peer& p) { return !p.process || p.process->output() < 0; };
  while (clock::now() < deadline && !std::all_of(swarm_.peers().begin(), swarm_.peers().end(), is_gone)) {
    swarm_.listen(0.1, now_s());
  }
}

run_result live_run::result(double ended_s) {
  run_result out{.scenario = scenario_, .mode = run_mode::live, .seed = options_.seed};
  std::map<std::string, std::size_t> by_address;
  for (const auto& p : swarm_.peers()) {
    by_address.emplace(p.address(), out.peers.size());
    out.peers.push_back({.group = p.group(),
                         .joined_s = p.joined_s(),
                         .completed_s = p.completed_s(),
                         .left_s = p.left_s() && *p.left_s() < ended_s ? p.left_s() : std::nullopt,
                         .up_bytes_per_s = swarm_.uplink(p),
                         .wasted = p.wasted(),
                         .given = std::vector<std::uint64_t>(scenario_.groups.size()),
                         .taken = std::vector<std::uint64_t>(scenario_.groups.size())});
  }
  for (std::size_t i = 0; i < out.peers.size(); ++i) {
    const auto& p = swarm_.peers()[i];
    for (const auto& [address, bytes] : p.ledger()) {
      const auto other = by_address.find(address);
      if (other == by_address.end()) continue;
      auto& partner = out.peers[other->second];
      out.peers[i].given[partner.group.index()] += bytes.given;
      out.peers[i].taken[partner.group.index()] += bytes.taken;
      // Who was killed left no ledger: its partners' tell.
      if (!swarm_.peers()[other->second].ledger().empty()) continue;
      partner.given[p.group().index()] += bytes.taken;
      partner.taken[p.group().index()] += bytes.given;
    }
  }
  out.series = recorder_.finish();
  out.ended_s = ended_s;
  out.wall_s = now_s();
  out.notes = std::move(notes_);
  out.notes.emplace_back("Real processes do not say which pieces they have, so there is no map of pieces.");
  return out;
}

}  // namespace

outcome<run_result> run_live(const scenario& s, const run_options& options, const live_options& live) {
  live_run run(s, options, live);
  return run.run();
}

}  // namespace shoal::lab
