#include "lab/live_swarm.hpp"

#include <cmath>
#include <csignal>
#include <fstream>
#include <poll.h>
#include <utility>

#include <shoal/base/rng.hpp>

namespace shoal::lab {

namespace fs = std::filesystem;

namespace {

failure failed(boost::system::errc::errc_t code, const std::string& what) {
  return {error(code, boost::system::generic_category()), what};
}

/// Addresses of the n-th peer: 77.1.0 and on, without those that end in 0 or 255.
std::string address_of(std::uint32_t n, bool namespaces) {
  return std::string(namespaces ? "10.77." : "127.77.") + std::to_string(1 + n / 250) + "." +
         std::to_string(1 + n % 250);
}

std::string last_line(const std::string& file) {
  std::ifstream in(file);
  std::string line;
  std::string last;
  while (std::getline(in, line)) {
    if (!line.empty()) last = line;
  }
  return last;
}

void add_rate(std::vector<std::string>& arguments, const char* option, double bytes_per_s) {
  if (std::isfinite(bytes_per_s)) {
    arguments.insert(arguments.end(), {option, std::to_string(std::llround(std::max(1.0, bytes_per_s)))});
  }
}

void add_count(std::vector<std::string>& arguments, const char* option, std::uint32_t n) {
  if (n > 0) arguments.insert(arguments.end(), {option, std::to_string(n)});
}

}  // namespace

live_swarm::live_swarm(const scenario& s, const live_options& live)
    : scenario_(s),
      live_(live),
      tracker_(group_index(0), 0, live.namespaces ? bridge_address : "127.77.0.1"),
      content_((live.folder / "content" / "data.bin").string()),
      torrent_((live.folder / "shared.torrent").string()) {
  for (std::uint32_t g = 0; g < s.groups.size(); ++g) {
    for (std::uint32_t i = 0; i < s.groups[g].count; ++i) {
      peers_.emplace_back(group_index(g), i,
                          address_of(static_cast<std::uint32_t>(peers_.size()), live.namespaces));
    }
  }
  asked_.resize(peers_.size());
}

live_swarm::~live_swarm() {
  peers_.clear();
  tracker_.process.reset();
  network_.reset();
  std::error_code ec;
  fs::remove_all(live_.folder, ec);
}

outcome<void> live_swarm::prepare(std::uint64_t seed) {
  if (live_.namespaces) {
    auto made = namespaces::make();
    if (made.has_error()) return made.error();
    network_.emplace(std::move(*made));
    for (const auto& p : peers_) {
      if (auto done = network_->add(p.address(), link_of(p)); done.has_error()) return done;
    }
  }
  if (auto done = make_content(seed); done.has_error()) return done;
  if (auto done = start_tracker(tracker_.address() + ":0"); done.has_error()) return done;
  return make_torrent();
}

outcome<void> live_swarm::make_content(std::uint64_t seed) {
  std::error_code ec;
  fs::create_directories(live_.folder / "content", ec);
  if (ec) return failure{error(ec.value(), boost::system::system_category()), live_.folder.string()};
  std::ofstream out(content_, std::ios::binary);
  rng chance(seed);
  std::vector<std::uint64_t> words(1U << 15);
  for (std::uint64_t left = scenario_.content_bytes; left > 0;) {
    for (auto& w : words) {
      w = chance.next();
    }
    const auto n = std::min<std::uint64_t>(left, words.size() * sizeof words[0]);
    out.write(reinterpret_cast<const char*>(words.data()), static_cast<std::streamsize>(n));
    left -= n;
  }
  out.close();
  if (!out) return failed(boost::system::errc::no_space_on_device, content_);
  return {};
}

outcome<void> live_swarm::start_tracker(const std::string& where) {
  const auto& t = scenario_.tracker;
  auto process =
      child::start(command_at(tracker_.address(), {"tracker", "--json", "--listen", where, "--interval",
                                                   std::to_string(t.interval_s), "--max-reply",
                                                   std::to_string(std::min(t.num_want, t.reply_max)),
                                                   "--max-connections", "60000"}),
                   errors_of(tracker_));
  if (process.has_error()) return process.error();
  tracker_ = live_peer(tracker_.group(), 0, tracker_.address());
  tracker_.process.emplace(std::move(*process));
  for (int tenth = 0; tenth < 100 && !tracker_.joined_s() && tracker_.process->output() >= 0; ++tenth) {
    listen(0.1, 0);
  }
  if (!tracker_.joined_s()) {
    return failed(boost::system::errc::no_such_process,
                  "the tracker did not start: " + last_line(errors_of(tracker_)));
  }
  return {};
}

outcome<void> live_swarm::make_torrent() {
  auto process =
      child::start({live_.program.string(), "create", content_, "-o", torrent_, "-a", tracker_.announce_url(),
                    "--piece-length", std::to_string(scenario_.piece_length)},
                   errors_of(tracker_));
  if (process.has_error()) return process.error();
  if (!process->wait()) {
    return failed(boost::system::errc::io_error, "shoal create failed: " + last_line(errors_of(tracker_)));
  }
  return {};
}

outcome<void> live_swarm::start(live_peer& p) {
  const auto& g = scenario_.groups[p.group().index()];
  const bool seeder = g.role == role::seeder;
  std::vector<std::string> arguments{seeder ? "seed" : "leech", torrent_};
  if (seeder) {
    arguments.insert(arguments.end(), {"--dir", fs::path(content_).parent_path().string(), "--no-verify"});
  } else {
    arguments.insert(arguments.end(), {"-o", folder_of(p), "--no-resume"});
    std::error_code ec;
    fs::create_directories(folder_of(p), ec);
    if (ec) return failure{error(ec.value(), boost::system::system_category()), folder_of(p)};
  }
  arguments.insert(arguments.end(), {"--json", "--listen", p.address() + ":0", "--threads", "1", "--no-lsd"});
  add_rate(arguments, "--max-up", uplink(p));
  add_rate(arguments, "--max-down", g.down.of(p.number()));
  add_count(arguments, "--max-uploads", g.strategy.slots);
  add_count(arguments, "--max-peers", g.strategy.neighbours_max);
  if (g.strategy.super_seeds) arguments.emplace_back("--super-seed");
  if (g.strategy.pick == pick_rule::sequential && !seeder) arguments.emplace_back("--sequential");
  auto process = child::start(command_at(p.address(), std::move(arguments)), errors_of(p));
  if (process.has_error()) return process.error();
  p.process.emplace(std::move(*process));
  return {};
}

void live_swarm::dismiss(live_peer& p) {
  asked_[static_cast<std::size_t>(&p - peers_.data())] = true;
  if (p.process) p.process->signal(SIGTERM);
}

void live_swarm::kill(live_peer& p, double now_s) {
  asked_[static_cast<std::size_t>(&p - peers_.data())] = true;
  p.process.reset();
  p.ended(now_s);
}

void live_swarm::kill_tracker() {
  tracker_.process.reset();
}

outcome<void> live_swarm::restart_tracker() {
  const auto& url = tracker_.announce_url();  // http://ADDRESS:PORT/announce
  const auto from = url.find("//") + 2;
  return start_tracker(url.substr(from, url.rfind('/') - from));
}

outcome<void> live_swarm::set_loss(const live_peer& p, double loss) {
  auto link = link_of(p);
  link.loss = loss;
  return network_ ? network_->shape(p.address(), link) : outcome<void>();
}

void live_swarm::listen(double wait_s, double now_s) {
  std::vector<pollfd> waiting;
  std::vector<live_peer*> whose;
  const auto add = [&](live_peer& p) {
    if (!p.process || p.process->output() < 0) return;
    waiting.push_back({p.process->output(), POLLIN, 0});
    whose.push_back(&p);
  };
  add(tracker_);
  for (auto& p : peers_) {
    add(p);
  }
  const auto wait_ms = static_cast<int>(std::clamp(std::ceil(wait_s * 1000), 0.0, 1000.0));
  if (::poll(waiting.data(), waiting.size(), wait_ms) <= 0) return;
  for (std::size_t i = 0; i < waiting.size(); ++i) {
    if (waiting[i].revents == 0) continue;
    for (const auto& line : whose[i]->process->lines()) {
      whose[i]->heard(line, now_s);
    }
    if (whose[i]->process->output() < 0 && whose[i] != &tracker_) whose[i]->ended(now_s);
  }
}

std::vector<std::string> live_swarm::deserters() {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < peers_.size(); ++i) {
    const auto& p = peers_[i];
    if (asked_[i] || !p.left_s()) continue;
    asked_[i] = true;
    out.push_back(scenario_.groups[p.group().index()].name + " " + std::to_string(p.number() + 1) +
                  " ended by itself: " + last_line(errors_of(p)));
  }
  return out;
}

std::vector<std::string> live_swarm::command_at(const std::string& address,
                                                std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), live_.program.string());
  if (network_) {
    const auto prefix = network_->prefix(address);
    arguments.insert(arguments.begin(), prefix.begin(), prefix.end());
  }
  return arguments;
}

double live_swarm::uplink(const live_peer& p) const {
  return scenario_.groups[p.group().index()].up.of(p.number());
}

shaping live_swarm::link_of(const live_peer& p) const {
  const auto& g = scenario_.groups[p.group().index()];
  return {g.up.of(p.number()), g.down.of(p.number()), g.latency, 0};
}

std::string live_swarm::folder_of(const live_peer& p) const {
  return (live_.folder / ("peer-" + std::to_string(&p - peers_.data()))).string();
}

std::string live_swarm::errors_of(const live_peer& p) const {
  return (live_.folder /
          (&p == &tracker_ ? "tracker.log" : "peer-" + std::to_string(&p - peers_.data()) + ".log"))
      .string();
}

}  // namespace shoal::lab
