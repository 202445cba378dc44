#include "server/open_connections.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>

#include <shoal/base/result.hpp>

namespace shoal::server {

namespace asio = boost::asio;

namespace {

/// Connections among which one is chosen that gives way.
constexpr std::size_t drawn = 16;

}  // namespace

open_connections::place::place(open_connections& all, std::shared_ptr<open_connection> c)
    : all_(&all), connection_(std::move(c)) {
  const std::lock_guard lock(all_->mutex_);
  connection_->nth = all_->all_.size();
  all_->all_.push_back(connection_);
  ++all_->count_;
}

open_connections::place::~place() {
  if (connection_) {
    const std::lock_guard lock(all_->mutex_);
    auto& last = all_->all_.back();
    last->nth = connection_->nth;
    std::swap(all_->all_[connection_->nth], last);
    all_->all_.pop_back();
    --all_->count_;
  }
}

bool open_connections::make_room() {
  const std::lock_guard lock(mutex_);
  std::shared_ptr<open_connection> victim;
  for (std::size_t i = 0; i < std::min(drawn, all_.size()); ++i) {
    const auto at = all_.size() <= drawn ? i : static_cast<std::size_t>(chance_.below(all_.size()));
    const auto& c = all_[at];
    if (!c->replying && !c->leaves && (!victim || c->deadline.load() < victim->deadline.load())) {
      victim = c;
    }
  }
  if (!victim) {
    return false;
  }
  victim->leaves = true;
  asio::post(victim->socket.get_executor(), [victim] {
    error ignored;
    victim->socket.close(ignored);
  });
  return true;
}

void open_connections::close_overdue(instant now) {
  const std::lock_guard lock(mutex_);
  for (const auto& c : all_) {
    if (c->deadline.load(std::memory_order_relaxed) > now) {
      continue;
    }
    asio::post(c->socket.get_executor(), [c, now] {
      if (c->deadline.load(std::memory_order_relaxed) <= now) {  // it may have got somewhere meanwhile
        error ignored;
        c->socket.close(ignored);
      }
    });
  }
}

void open_connections::stop() {
  stopping_ = true;
  const std::lock_guard lock(mutex_);
  for (const auto& c : all_) {
    asio::post(c->socket.get_executor(), [c] {
      if (!c->replying) {
        error ignored;
        c->socket.close(ignored);
      }
    });
  }
}

}  // namespace shoal::server
