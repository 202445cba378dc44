#pragma once
// Links with owners that write down what they are told, over real loopback sockets.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <boost/asio/post.hpp>
#include <doctest/doctest.h>

#include <shoal/net/peer_link.hpp>
#include <shoal/net/task_group.hpp>

#include "messages.hpp"
#include "net/serial.hpp"

namespace shoal::net {

/// Two ends of one loopback connection, each on a strand of its own.
struct socket_pair {
  tcp::socket first;
  tcp::socket second;
};

inline socket_pair connected_pair(const asio::any_io_executor& context) {
  tcp::acceptor acceptor(context, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  tcp::socket first(new_strand(context));
  first.connect(acceptor.local_endpoint());
  const asio::any_io_executor own = new_strand(context);
  tcp::socket second = acceptor.accept(own);
  first.set_option(tcp::no_delay(true));
  second.set_option(tcp::no_delay(true));
  return {std::move(first), std::move(second)};
}

/// An owner that keeps what it hears. Consumes each batch at once unless told to wait.
class recorder : public link_owner {
 public:
  explicit recorder(bool consumes) : consumes_(consumes) {}

  void on_received(peer_key, inbound_batch&& batch) override {
    const std::lock_guard lock(mutex_);
    CHECK(closed_ == 0);
    CHECK_FALSE(batch.messages.empty());
    bytes_ += batch.bytes_total;
    std::size_t next_block = 0;
    for (auto& m : batch.messages) {
      spoken s{std::move(m), {}};
      if (const auto* p = std::get_if<wire::piece>(&s.msg)) {
        const auto payload = batch.blocks.at(next_block++).bytes(p->block.length);
        s.payload.assign(payload.begin(), payload.end());
      }
      heard_.push_back(std::move(s));
    }
    CHECK(next_block == batch.blocks.size());
    if (consumes_) {
      link->consumed();
    } else {
      unconsumed_.push_back(std::move(batch.blocks));
    }
  }

  void on_sent(peer_key, std::uint64_t payload_bytes, std::uint32_t blocks) override {
    const std::lock_guard lock(mutex_);
    CHECK(closed_ == 0);
    payload_sent_ += payload_bytes;
    blocks_gone_ += blocks;
  }
  void on_unsent(peer_key, std::vector<block_ref>&& blocks) override {
    const std::lock_guard lock(mutex_);
    blocks_gone_ += static_cast<std::uint32_t>(blocks.size());
  }

  void on_closed(peer_key, error why) override {
    const std::lock_guard lock(mutex_);
    ++closed_;
    why_ = why;
  }

  /// Gives back the oldest batch that waits.
  void consume_one() {
    const std::lock_guard lock(mutex_);
    if (!unconsumed_.empty()) {
      unconsumed_.erase(unconsumed_.begin());
      link->consumed();
    }
  }

  template <class T>
  T ask(T recorder::* what) const {
    const std::lock_guard lock(mutex_);
    return this->*what;
  }
  std::vector<spoken> heard() const { return ask(&recorder::heard_); }
  std::size_t heard_count() const {
    const std::lock_guard lock(mutex_);
    return heard_.size();
  }
  std::size_t waiting_batches() const {
    const std::lock_guard lock(mutex_);
    return unconsumed_.size();
  }
  std::uint64_t bytes() const { return ask(&recorder::bytes_); }
  std::uint64_t payload_sent() const { return ask(&recorder::payload_sent_); }
  std::uint32_t blocks_gone() const { return ask(&recorder::blocks_gone_); }
  int closed() const { return ask(&recorder::closed_); }
  error why() const { return ask(&recorder::why_); }

  peer_link* link = nullptr;

 private:
  const bool consumes_;
  mutable std::mutex mutex_;
  std::vector<spoken> heard_;
  std::vector<std::vector<buffer::lease>> unconsumed_;
  std::uint64_t bytes_ = 0;
  std::uint64_t payload_sent_ = 0;
  std::uint32_t blocks_gone_ = 0;
  int closed_ = 0;
  error why_;
};

/// One link, its owner and its pool.
struct link_end {
  link_end(tcp::socket socket, std::size_t pool_blocks, bool consumes = true, wire::limits limits = {})
      : link_end(established{std::move(socket), {}, {}, true, {}}, pool_blocks, consumes, limits) {}
  link_end(established e, std::size_t pool_blocks, bool consumes = true, wire::limits limits = {})
      : pool(pool_blocks), owner(consumes), link(std::move(e), peer_key(1), limits, owner, pool) {
    owner.link = &link;
  }

  void run_in(task_group& group) { group.spawn(link.executor(), link.run()); }
  void say(const std::vector<spoken>& all, buffer::pool& from) {
    std::vector<outbound> batch;
    for (const auto& s : all) {
      outbound o{s.msg, {}};
      if (std::holds_alternative<wire::piece>(s.msg)) {
        o.block = from.try_acquire();
        REQUIRE(o.block);
        std::copy(s.payload.begin(), s.payload.end(), o.block.data());
      }
      batch.push_back(std::move(o));
    }
    link.send(std::move(batch));
  }

  buffer::pool pool;
  recorder owner;
  peer_link link;
};

/// Runs handlers until `done()`; a test that would wait for ever is ended by ctest.
template <class Done>
void run_until(asio::io_context& context, Done done) {
  while (!done()) {
    if (context.run_one() == 0) {
      FAIL("everything came to rest too early");
    }
  }
}

/// Control messages keep their order and so do blocks, but the one may overtake the other.
inline std::pair<std::vector<spoken>, std::vector<spoken>> apart(const std::vector<spoken>& all) {
  std::pair<std::vector<spoken>, std::vector<spoken>> out;
  for (const auto& s : all) {
    (std::holds_alternative<wire::piece>(s.msg) ? out.second : out.first).push_back(s);
  }
  return out;
}

/// Two links that talk to each other on one thread.
struct conversation {
  explicit conversation(std::size_t pool_blocks = 256, bool b_consumes = true)
      : a(std::move(sockets.first), pool_blocks), b(std::move(sockets.second), pool_blocks, b_consumes) {
    a.run_in(group);
    b.run_in(group);
  }

  void finish() {
    a.link.close(asio::error::operation_aborted);
    b.link.close(asio::error::operation_aborted);
    context.run();
    CHECK(a.owner.closed() == 1);
    CHECK(b.owner.closed() == 1);
    CHECK(group.size() == 0);
  }

  asio::io_context context;
  socket_pair sockets = connected_pair(context.get_executor());
  buffer::pool payload{4096};
  link_end a;
  link_end b;
  task_group group{context.get_executor()};
};

/// A link against a raw socket that says what no link would.
struct interview {
  explicit interview(std::size_t pool_blocks = 256) : end(std::move(sockets.second), pool_blocks) {
    end.run_in(group);
  }

  void run_until_closed() {
    run_until(context, [this] { return end.owner.closed() > 0; });
    context.run();
    CHECK(end.owner.closed() == 1);
    CHECK(group.size() == 0);
  }

  asio::io_context context;
  socket_pair sockets = connected_pair(context.get_executor());
  tcp::socket& raw = sockets.first;
  link_end end;
  task_group group{context.get_executor()};
};

inline std::vector<spoken> random_talk(rng& random, int messages) {
  std::vector<spoken> out;
  for (int i = 0; i < messages; ++i) {
    out.push_back(random_message(random));
  }
  return out;
}

inline std::vector<spoken> random_blocks(rng& random, int n) {
  std::vector<spoken> out;
  for (int i = 0; i < n; ++i) {
    out.push_back(random_piece(random, block_bytes));
  }
  return out;
}

inline std::uint64_t payload_of(const std::vector<spoken>& all) {
  std::uint64_t sum = 0;
  for (const auto& s : all) {
    sum += s.payload.size();
  }
  return sum;
}

}  // namespace shoal::net
