// shoal swarm: experiments on swarms, simulated or with real processes, and the report of what they showed.

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include <shoal/lab/report.hpp>
#include <shoal/lab/scenario_file.hpp>

#include "app/complaint.hpp"
#include "app/experiment.hpp"
#include "app/text.hpp"

namespace shoal::app {

namespace fs = std::filesystem;

namespace {

struct swarm_options {
  std::string scenario;
  bool list = false;
  bool sim = false;
  bool live = false;
  std::string output;
  std::vector<std::string> settings;
  std::vector<std::string> sweeps;
  std::uint32_t seed = 1;
  std::uint32_t jobs = 0;
  bool wire = false;
  bool namespaces = false;
};

parsed<std::string> parse_change(std::string_view text) {
  const auto s = lab::parse_sweep(text);
  if (s) return {std::string(text), {}};
  return {std::nullopt, printable(s.error().message())};
}

void declare_swarm(CLI::App& c, swarm_options& o) {
  c.add_option("SCENARIO", o.scenario, "A file, or the name of one that --list shows");
  c.add_flag("--list", o.list, "Print the scenarios that come with shoal");
  c.add_flag("--sim", o.sim, "Simulate it in virtual time; the default");
  c.add_flag("--live", o.live, "Run it with real processes on this machine; with --sim: both");
  c.add_option("-o,--output", o.output, "Folder for the report; default NAME-report")->type_name("DIR");
  add_values(c, "--set", o.settings, parse_change, "KEY=VALUE",
             "Change the scenario: crowd.count=50; repeat for more");
  add_values(c, "--sweep", o.sweeps, parse_change, "KEY=A,B,C",
             "One run a value; repeat for every combination");
  add_value(c, "--seed", o.seed, parse_count, "N", "Of all chance; default 1");
  add_value(c, "--jobs", o.jobs, parse_count, "N", "Simulations at a time; default one a core");
  c.add_flag("--wire", o.wire, "Simulate with the real encoder and decoder between peers; for small swarms");
  c.add_flag("--netns", o.namespaces, "Live, as root: a network namespace a peer, its link shaped");
  c.footer(
      "The report is a page to look at, report.html, with result.json and peers.csv beside it.\n"
      "\n"
      "Examples:\n"
      "  shoal swarm flash-crowd --sweep crowd.count=20,50,100\n"
      "  shoal swarm flash-crowd --set crowd.count=16 --sim --live");
}

exit_code list(context& x) {
  for (const auto& s : lab::shipped_scenarios()) {
    const auto read = lab::parse_scenario(s.text);
    if (!read) throw std::logic_error(read.error().message());
    x.out.say(read->name + std::string(read->name.size() < 18 ? 18 - read->name.size() : 2, ' ') +
              read->about);
    x.out.event("scenario", {{"name", read->name}, {"about", read->about}});
  }
  return exit_code::ok;
}

// A file of that name, else the scenario that comes with the program.
std::string scenario_text(const std::string& argument) {
  std::error_code ec;
  if (fs::is_regular_file(argument, ec)) {
    std::ifstream in(argument, std::ios::binary);
    std::string text(std::istreambuf_iterator<char>(in), {});
    if (!in) throw complaint(exit_code::storage, printable(argument) + ": cannot be read");
    return text;
  }
  for (const auto& s : lab::shipped_scenarios()) {
    if (s.name == argument) return std::string(s.text);
  }
  throw complaint(exit_code::usage, "'" + printable(argument) +
                                        "' is neither a file nor one of the scenarios of shoal swarm --list");
}

lab::scenario read(const std::string& name, const std::string& text,
                   const std::vector<lab::setting>& settings) {
  auto s = lab::parse_scenario(text, settings);
  if (!s) throw complaint(exit_code::usage, printable(name) + ": " + printable(s.error().message()));
  return std::move(*s);
}

// Every combination of the sweeps' values, the first sweep changing slowest.
std::vector<std::vector<lab::setting>> combinations(const std::vector<std::string>& sweeps) {
  constexpr std::size_t runs_max = 1000;
  std::vector<std::vector<lab::setting>> out{{}};
  for (const auto& text : sweeps) {
    const auto values = lab::parse_sweep(text);
    std::vector<std::vector<lab::setting>> longer;
    for (const auto& c : out) {
      for (const auto& v : *values) {
        longer.push_back(c);
        longer.back().push_back(v);
      }
    }
    out = std::move(longer);
    if (out.size() > runs_max) throw complaint(exit_code::usage, "--sweep: more than 1000 runs");
  }
  return out;
}

std::vector<planned_run> plan_of(const swarm_options& o) {
  const auto text = scenario_text(o.scenario);
  std::vector<lab::setting> settings;
  for (const auto& s : o.settings) {
    settings.push_back(*lab::parse_setting(s));
  }
  std::vector<planned_run> out;
  for (const auto& changes : combinations(o.sweeps)) {
    auto all = settings;
    all.insert(all.end(), changes.begin(), changes.end());
    const auto scenario = read(o.scenario, text, all);
    std::string label;
    for (const auto& c : changes) {
      label += (label.empty() ? "" : ", ") + c.path + "=" + c.value;
    }
    for (const auto mode : {lab::run_mode::sim, lab::run_mode::live}) {
      if (!(mode == lab::run_mode::live ? o.live : o.sim || !o.live)) continue;
      auto name = label;
      if (o.sim && o.live)
        name += std::string(label.empty() ? "" : ", ") + (mode == lab::run_mode::sim ? "sim" : "live");
      out.push_back({scenario, mode, name});
    }
  }
  return out;
}

exit_code swarm(context& x, const swarm_options& o) {
  if (o.list) return list(x);
  if (o.scenario.empty()) {
    throw complaint(exit_code::usage, "name a scenario; shoal swarm --list shows those that come with shoal");
  }
  if (o.namespaces && !o.live) throw complaint(exit_code::usage, "--netns goes with --live");
  const auto plan = plan_of(o);
  const auto jobs = o.jobs != 0 ? o.jobs : std::max(1U, std::thread::hardware_concurrency());
  const auto runs = run_experiment(x, plan, {o.seed, o.wire, o.namespaces, jobs});
  if (runs.empty()) return exit_code::incomplete;

  const auto folder = fs::path(o.output.empty() ? plan.front().scenario.name + "-report" : o.output);
  if (const auto written = lab::write_report(folder, runs); !written)
    throw storage_complaint(written.error());
  const auto page = (folder / "report.html").string();
  x.out.say("The report is " + printable(page));
  x.out.event("report", {{"page", printable(page)}, {"runs", runs.size()}});
  for (const auto& r : runs) {
    if (!r.breaches.empty()) return exit_code::internal_error;
  }
  const bool stopped = runs.size() < plan.size() || runs.back().interrupted;
  return stopped ? exit_code::incomplete : exit_code::ok;
}

}  // namespace

void add_swarm(CLI::App& program, chosen_command& chosen) {
  add_command<swarm_options>(program, chosen, "swarm",
                             "Try a swarm out: in virtual time, or live on this machine.", declare_swarm,
                             swarm);
}

}  // namespace shoal::app
