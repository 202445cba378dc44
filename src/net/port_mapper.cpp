#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

#include <shoal/base/time.hpp>
#include <shoal/net/port_mapper.hpp>

#include "net/gateways.hpp"
#include "net/interfaces.hpp"

namespace shoal::net {

namespace {

/// A router may come back, or we may have moved to another network.
constexpr duration tried_again_after = std::chrono::minutes(10);
/// A gateway that grants next to nothing is not asked all the time (RFC 6887, section 11.2.1).
constexpr duration renewed_least = std::chrono::seconds(4);
constexpr auto removed_within = std::chrono::seconds(3);

}  // namespace

class port_mapper::job {
 public:
  job(std::uint16_t port, told t) : port_(port), told_(std::move(t)) {}

  void run();

  void stop() {
    const std::lock_guard lock(mutex_);
    stopped_ = true;
    wake_.notify_all();
  }

  /// False when it has not ended by then, or looks for a gateway and holds nothing there; it says nothing any
  /// more in either case.
  bool ends_in(std::chrono::seconds time) {
    std::unique_lock lock(mutex_);
    const bool out = wake_.wait_for(lock, time, [this] { return ended_ || searching_; }) && ended_;
    lock.unlock();
    const std::lock_guard quiet(telling_);
    told_ = nullptr;
    return out;
  }

 private:
  bool stopped() const {
    const std::lock_guard lock(mutex_);
    return stopped_;
  }
  /// False when it was stopped meanwhile.
  bool rest(duration time) {
    std::unique_lock lock(mutex_);
    return !wake_.wait_for(lock, time, [this] { return stopped_; });
  }
  /// While nothing is `mapped`, whoever stops us need not wait for the end of the search.
  bool finds(gateway& g, bool mapped) {
    {
      const std::lock_guard lock(mutex_);
      searching_ = !mapped;
    }
    const bool found = g.find([this] { return stopped(); });
    const std::lock_guard lock(mutex_);
    searching_ = false;
    return found && !stopped_;
  }
  void tell(const std::optional<port_mapping>& m) {
    const std::lock_guard lock(telling_);
    if (told_) told_(m);
  }

  const std::uint16_t port_;
  std::mutex telling_;
  told told_;                 // `telling_`'s
  mutable std::mutex mutex_;  // of what follows
  std::condition_variable wake_;
  bool stopped_ = false;
  bool searching_ = false;  ///< for a gateway, with nothing to be removed at any
  bool ended_ = false;
};

void port_mapper::job::run() {
  std::unique_ptr<gateway> used;
  std::optional<port_mapping> mapped;
  bool told_once = false;
  duration next{};
  const auto asked = [this] { return stopped(); };
  do {
    auto made = used ? used->map(port_, asked) : std::nullopt;
    for (const auto another : {pcp_gateway, nat_pmp_gateway, upnp_gateway}) {
      if (made || stopped()) break;
      auto other = another();
      if (!finds(*other, mapped.has_value())) continue;
      made = other->map(port_, asked);
      if (made) used = std::move(other);
    }
    if (!made && stopped()) break;  // what was mapped before is mapped still
    const auto mapping = made ? std::optional(made->mapping) : std::nullopt;
    if (!std::exchange(told_once, true) || mapping != mapped) tell(mapping);
    mapped = mapping;
    next = made ? std::max(renewed_least, duration(std::chrono::seconds(made->lifetime_s)) / 2)
                : tried_again_after;
  } while (rest(next));
  if (mapped && used) used->remove();
  const std::lock_guard lock(mutex_);
  ended_ = true;
  wake_.notify_all();
}

port_mapper::port_mapper(std::uint16_t port, told t)
    : job_(std::make_shared<job>(port, std::move(t))), thread_([it = job_] { it->run(); }) {}

port_mapper::~port_mapper() {
  stop();
  if (job_->ends_in(removed_within)) {
    thread_.join();
  } else {
    thread_.detach();
  }
}

void port_mapper::stop() {
  job_->stop();
}

bool behind_a_gateway() {
  const auto all = interface_addresses();
  return std::ranges::any_of(
      all, [](const auto& i) { return i.up && !i.loopback && i.address.is_v4() && i.address.is_private(); });
}

}  // namespace shoal::net
