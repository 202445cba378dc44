#include "server/open_connections.hpp"

#include <utility>

#include <boost/asio/post.hpp>

#include <shoal/base/result.hpp>

namespace shoal::server {

namespace asio = boost::asio;

open_connections::place::place(open_connections& all, std::shared_ptr<open_connection> c)
    : all_(&all), connection_(std::move(c)) {
  const std::lock_guard lock(all_->mutex_);
  all_->all_.insert(connection_);
  ++all_->count_;
}

open_connections::place::~place() {
  if (connection_) {
    const std::lock_guard lock(all_->mutex_);
    all_->all_.erase(connection_);
    --all_->count_;
  }
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
