#include <algorithm>
#include <cassert>
#include <chrono>
#include <exception>
#include <map>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <shoal/base/bitfield.hpp>
#include <shoal/metainfo/web_seed.hpp>
#include <shoal/net/task_group.hpp>
#include <shoal/net/web_seed_link.hpp>

#include "net/gate.hpp"
#include "net/serial.hpp"
#include "net/web_source.hpp"

namespace shoal::net {
namespace {

constexpr std::size_t batches_ahead_max = 2;
constexpr std::size_t blocks_per_batch_max = 16;
/// A slow server's blocks are handed over at least so often: the owner counts silence.
constexpr auto batch_age_max = std::chrono::milliseconds(200);

}  // namespace

/// On the link's strand, all of it but the constants.
struct web_seed_link::state : std::enable_shared_from_this<web_seed_link::state> {
  state(asio::any_io_executor ex, web_seed_setup s, peer_key k, link_owner& o, buffer::pool& p)
      : home(strand_of(ex)),
        setup(std::move(s)),
        key(k),
        owner(o),
        pool(p),
        source(setup.http),
        end(home),
        work(home) {}

  std::uint64_t offset_of(const block_ref& b) const {
    return std::uint64_t{b.piece.value()} * setup.info->piece_length + b.begin;
  }
  bool may_work() const { return !wanted.empty() && batches_ahead < batches_ahead_max; }

  void take(const outbound& o);
  void hand_over(inbound_batch batch);
  void flush();
  std::uint64_t run_end(std::uint64_t offset) const;
  void stop(error reason);

  awaitable<error> load(std::uint64_t offset, std::span<std::byte> room);
  awaitable<error> serve_one();
  static awaitable<void> serve_until_end(std::shared_ptr<state> s);
  static awaitable<void> run(std::shared_ptr<state> s);

  const strand home;
  const web_seed_setup setup;
  const peer_key key;
  link_owner& owner;
  buffer::pool& pool;
  web_source source;

  gate end, work;
  bool ended = false;
  error why;
  std::uint64_t served = 0;

  std::map<std::uint64_t, block_ref> wanted;  // by their place in the torrent
  std::uint64_t position = 0;                 // behind what was served last
  inbound_batch ready;
  std::chrono::steady_clock::time_point ready_since;
  std::size_t batches_ahead = 0;
};

void web_seed_link::state::take(const outbound& o) {
  if (const auto* r = std::get_if<wire::request>(&o.msg)) {
    wanted.emplace(offset_of(r->block), r->block);
  } else if (const auto* c = std::get_if<wire::cancel>(&o.msg)) {
    wanted.erase(offset_of(c->block));
  } else if (std::holds_alternative<wire::keep_alive>(o.msg)) {
    inbound_batch alive;
    alive.messages.emplace_back(wire::keep_alive{});
    hand_over(std::move(alive));
  }
}

void web_seed_link::state::hand_over(inbound_batch batch) {
  ++batches_ahead;
  owner.on_received(key, std::move(batch));
}

void web_seed_link::state::flush() {
  if (!ready.messages.empty()) hand_over(std::exchange(ready, {}));
}

/// Where the requests that adjoin the one at `offset` end.
std::uint64_t web_seed_link::state::run_end(std::uint64_t offset) const {
  const std::uint64_t most = offset + run_bytes_max;
  std::uint64_t out = offset;
  for (auto at = wanted.find(offset); at != wanted.end() && at->first == out && out < most; ++at) {
    out += at->second.length;
  }
  return out;
}

/// The bytes of the torrent at `offset`, file by file.
awaitable<error> web_seed_link::state::load(std::uint64_t offset, std::span<std::byte> room) {
  const auto& files = setup.info->files;
  for (const auto& slice : files.slices(offset, room.size())) {
    const auto part = room.first(slice.length);
    room = room.subspan(slice.length);
    const auto& file = files[slice.file];
    if (file.padding) {
      std::ranges::fill(part, std::byte{0});
      continue;
    }
    auto url = metainfo::web_seed_url(setup.url, *setup.info, slice.file);
    error failed;
    if (source.readable(url, slice.offset) < slice.length) {
      const std::uint64_t here = file.offset + slice.offset;
      const std::uint64_t bytes = std::max(run_end(offset), here + slice.length) - here;
      const std::uint64_t in_file = std::min(bytes, file.length - slice.offset);
      failed = co_await source.seek(std::move(url), file.length, slice.offset, in_file);
    }
    if (!failed) {
      failed = co_await source.read(part);
    }
    if (failed) {
      co_return failed;
    }
  }
  co_return error();
}

awaitable<error> web_seed_link::state::serve_one() {
  auto next = wanted.lower_bound(position);
  if (next == wanted.end()) next = wanted.begin();
  const auto [offset, block] = *next;
  auto lease = pool.try_acquire();
  if (!lease) {
    flush();
    pool.on_available([weak = weak_from_this()] {
      if (const auto s = weak.lock()) asio::post(s->home, [s] { s->work.wake(); });
    });
    co_await work.sleep();
    co_return error();
  }
  const error failed = co_await load(offset, lease.bytes(block.length));
  if (failed) {
    co_return failed;
  }
  position = offset + block.length;
  if (wanted.erase(offset) == 0) {
    co_return error();  // cancelled meanwhile
  }
  if (ready.messages.empty()) ready_since = std::chrono::steady_clock::now();
  ready.messages.emplace_back(wire::piece{block});
  ready.blocks.push_back(std::move(lease));
  ready.bytes_total += block.length;
  served += block.length;
  co_return error();
}

awaitable<void> web_seed_link::state::serve_until_end(std::shared_ptr<state> s) {
  while (!s->ended) {
    if (!s->may_work()) {
      s->flush();
      co_await s->work.sleep();
      continue;
    }
    const error failed = co_await s->serve_one();
    const bool old = std::chrono::steady_clock::now() - s->ready_since > batch_age_max;
    if (failed || old || s->ready.blocks.size() >= blocks_per_batch_max) s->flush();
    if (failed) s->stop(failed);
  }
}

void web_seed_link::state::stop(error reason) {
  if (std::exchange(ended, true)) {
    return;
  }
  why = reason;
  end.wake();
}

awaitable<void> web_seed_link::state::run(std::shared_ptr<state> s) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  task_group serving(s->home, [s](const std::exception_ptr&) { s->stop(asio::error::fault); });
  if (!s->ended) {
    inbound_batch greeting;
    const bitfield all(s->setup.info->piece_count(), true);
    greeting.messages.emplace_back(wire::bitfield_bits{all.to_wire()});
    greeting.messages.emplace_back(wire::unchoke{});
    s->hand_over(std::move(greeting));
    serving.spawn(s->home, serve_until_end(s));
  }
  while (!s->ended) {
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      s->stop(asio::error::operation_aborted);
    } else {
      co_await s->end.sleep();
    }
  }
  serving.cancel();
  co_await serving.join();
  s->source.close();
  s->owner.on_closed(s->key, s->why);
}

web_seed_link::web_seed_link(asio::any_io_executor executor, web_seed_setup setup, peer_key key,
                             link_owner& owner, buffer::pool& pool)
    : state_(std::make_shared<state>(std::move(executor), std::move(setup), key, owner, pool)) {}

web_seed_link::~web_seed_link() = default;

awaitable<void> web_seed_link::run() {
  return state::run(state_);
}

void web_seed_link::send(std::vector<outbound> batch) {
  asio::post(state_->home, [s = state_, messages = std::move(batch)] {
    if (s->ended) {
      return;
    }
    for (const auto& o : messages) {
      s->take(o);
    }
    s->work.wake();
  });
}

void web_seed_link::close(error why) {
  asio::post(state_->home, [s = state_, why] { s->stop(why); });
}

void web_seed_link::unsend(std::vector<block_ref>) {}  // it is never sent a block

void web_seed_link::consumed() {
  asio::post(state_->home, [s = state_] {
    assert(s->batches_ahead > 0);
    --s->batches_ahead;
    s->work.wake();
  });
}

asio::any_io_executor web_seed_link::executor() const {
  return state_->home;
}
error web_seed_link::why() const {
  return state_->why;
}
std::uint64_t web_seed_link::served_bytes() const {
  return state_->served;
}
std::optional<duration> web_seed_link::retry_after() const {
  return state_->source.retry_after();
}

}  // namespace shoal::net
