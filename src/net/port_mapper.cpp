#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

#include <shoal/net/port_mapper.hpp>

#include "net/gateways.hpp"
#include "net/interfaces.hpp"

namespace shoal::net {

namespace {

constexpr duration renewed_after = std::chrono::seconds(mapping_lifetime_s / 2);
/// A router may come back, or we may have moved to another network.
constexpr duration tried_again_after = std::chrono::minutes(10);

}  // namespace

port_mapper::port_mapper(std::uint16_t port, told t)
    : port_(port), told_(std::move(t)), thread_([this] { run(); }) {}

port_mapper::~port_mapper() {
  stop();
  thread_.join();
}

void port_mapper::stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  wake_.notify_all();
}

bool port_mapper::stopped() const {
  const std::lock_guard lock(mutex_);
  return stopped_;
}

bool port_mapper::rest(duration time) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, time, [this] { return stopped_; });
}

void port_mapper::run() {
  std::unique_ptr<gateway> used;
  std::optional<port_mapping> mapped;
  const auto asked = [this] { return stopped(); };
  do {
    auto made = used ? used->map(port_, asked) : std::nullopt;
    for (const auto another : {nat_pmp_gateway, upnp_gateway}) {
      if (made || stopped()) break;
      used = another();
      made = used->map(port_, asked);
    }
    if (!made && stopped()) break;  // what was mapped before is mapped still
    if (!told_once_ || made != mapped) told_(made);
    told_once_ = true;
    mapped = std::move(made);
  } while (rest(mapped ? renewed_after : tried_again_after));
  if (mapped && used) used->remove();
}

bool behind_a_gateway() {
  const auto all = interface_addresses();
  return std::ranges::any_of(
      all, [](const auto& i) { return i.up && !i.loopback && i.address.is_v4() && i.address.is_private(); });
}

}  // namespace shoal::net
