#include "lab/namespaces.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <unistd.h>
#include <utility>

#include "lab/child.hpp"

namespace shoal::lab {

namespace {

/// Part of what passes a link that is no payload: TCP, IP and Ethernet headers, and our own.
constexpr double overhead = 1.05;

bool run(const std::vector<std::string>& command) {
  auto process = child::start(command, "/dev/null");
  return process.has_value() && process->wait();
}

outcome<void> run_all(const std::vector<std::vector<std::string>>& commands) {
  for (const auto& c : commands) {
    if (run(c)) continue;
    std::string words;
    for (const auto& w : c) {
      words += (words.empty() ? "" : " ") + w;
    }
    return failure{error(boost::system::errc::operation_not_permitted, boost::system::generic_category()),
                   "namespaces need root and iproute2, latency and loss the kernel's netem: " + words};
  }
  return {};
}

/// The discipline of one direction of a link: a bucket for the rate alone; the kernel's netem, which not
/// every kernel has, where packets are to be late or lost.
std::vector<std::string> discipline(double bytes_per_s, const shaping& link) {
  const auto rate = std::to_string(std::llround(std::min(bytes_per_s, 1e10) * 8 * overhead)) + "bit";
  if (link.latency == duration{} && link.loss == 0) {
    // Two of the largest packets that the kernel hands down, or 5 ms of a fast link.
    const auto burst = std::max<std::int64_t>(131072, std::llround(std::min(bytes_per_s, 1e10) / 200));
    return {"tbf", "rate", rate, "burst", std::to_string(burst), "latency", "100ms"};
  }
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(link.latency).count();
  return {"netem",
          "limit",
          "100000",
          "delay",
          std::to_string(us) + "us",
          "loss",
          std::to_string(link.loss * 100) + "%",
          "rate",
          rate};
}

std::vector<std::string> joined(std::vector<std::string> a, const std::vector<std::string>& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

/// An interface's name for an address, short enough for the kernel.
std::string link_of(const std::string& address) {
  auto out = "v" + address.substr(address.find('.') + 1);
  std::replace(out.begin(), out.end(), '.', '-');
  return out;
}

}  // namespace

outcome<namespaces> namespaces::make() {
  namespaces out("shoal-" + std::to_string(::getpid()));
  const auto& n = out.name_;
  const auto made =
      run_all({{"ip", "netns", "add", n},
               {"ip", "-n", n, "link", "set", "lo", "up"},
               {"ip", "-n", n, "link", "add", "bridge", "type", "bridge"},
               {"ip", "-n", n, "address", "add", std::string(bridge_address) + "/16", "dev", "bridge"},
               {"ip", "-n", n, "link", "set", "bridge", "up"}});
  if (made.has_error()) return made.error();
  return out;
}

namespaces::namespaces(namespaces&& other) noexcept
    : name_(std::exchange(other.name_, {})), addresses_(std::exchange(other.addresses_, {})) {}

namespaces::~namespaces() {
  if (name_.empty()) return;
  for (const auto& a : addresses_) {
    run({"ip", "netns", "del", inner(a)});
  }
  run({"ip", "netns", "del", name_});
}

outcome<void> namespaces::add(const std::string& address, const shaping& link) {
  const auto peer = inner(address);
  const auto outer = link_of(address);
  addresses_.push_back(address);
  auto made = run_all(
      {{"ip", "netns", "add", peer},
       {"ip", "-n", peer, "link", "set", "lo", "up"},
       {"ip", "-n", name_, "link", "add", outer, "type", "veth", "peer", "name", "up0", "netns", peer},
       {"ip", "-n", name_, "link", "set", outer, "master", "bridge", "up"},
       {"ip", "-n", peer, "address", "add", address + "/16", "dev", "up0"},
       {"ip", "-n", peer, "link", "set", "up0", "up"}});
  return made.has_error() ? made : shape(address, link);
}

outcome<void> namespaces::shape(const std::string& address, const shaping& link) {
  const auto rule = [](const std::string& where, const std::string& device) {
    return std::vector<std::string>{"tc", "-n", where, "qdisc", "replace", "dev", device, "root"};
  };
  return run_all({joined(rule(inner(address), "up0"), discipline(link.up_bytes_per_s, link)),
                  joined(rule(name_, link_of(address)), discipline(link.down_bytes_per_s, link))});
}

std::vector<std::string> namespaces::prefix(const std::string& address) const {
  return {"ip", "netns", "exec", address == bridge_address ? name_ : inner(address)};
}

std::string namespaces::inner(const std::string& address) const {
  return name_ + "-" + link_of(address);
}

}  // namespace shoal::lab
