#include <algorithm>
#include <array>
#include <cassert>
#include <chrono>
#include <exception>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <utility>

#include <boost/asio/buffer.hpp>
#include <boost/asio/defer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <shoal/net/error.hpp>
#include <shoal/net/peer_link.hpp>
#include <shoal/net/task_group.hpp>

#include "net/gate.hpp"
#include "net/gathered_io.hpp"
#include "net/link_reader.hpp"
#include "net/outbox.hpp"
#include "net/read_pace.hpp"
#include "net/sealed_writer.hpp"
#include "net/serial.hpp"
#include "net/wake_threshold.hpp"

namespace shoal::net {
namespace {

/// The rest of a begun block, control bytes, and a head and a payload for each block.
constexpr std::size_t parts_per_write_max = 2 + 1 + 2 * peer_link::blocks_per_write_max;

error code_of(const std::exception_ptr& e) {
  try {
    std::rethrow_exception(e);
  } catch (const boost::system::system_error& failure) {
    return failure.code();
  } catch (const std::bad_alloc&) {
    return asio::error::no_memory;
  } catch (...) {
    return asio::error::fault;
  }
}

}  // namespace

/// On the link's strand, all of it but the constants.
struct peer_link::state : std::enable_shared_from_this<peer_link::state> {
  const strand home;
  const endpoint remote;
  const peer_key key;
  link_owner& owner;
  buffer::pool& pool;

  tcp::socket socket;
  bool ended = false;
  error why;
  gate end;

  link_reader reader;
  gate reading;
  read_pace pace;
  asio::steady_timer pause;
  wake_threshold wakes;
  bool asked_pool = false;
  std::size_t batches_ahead = 0;

  outbox out;
  gate writing;

  std::optional<sealed_writer> sealing;  ///< of an encrypted connection

  /// What a coroutine does after one step.
  enum class next { step, wait_for_socket, wait_for_gate, pause };

  state(established e, peer_key k, wire::limits limits, link_owner& o, buffer::pool& p)
      : home(strand_of(e.socket.get_executor())),
        remote(e.remote),
        key(k),
        owner(o),
        pool(p),
        socket(std::move(e.socket)),
        end(home),
        reader(limits, p, std::move(e.stream.receiving), std::move(e.stream.received)),
        reading(home),
        pause(home),
        writing(home) {
    if (e.stream.sending) sealing.emplace(std::move(*e.stream.sending));
  }

  next read_step();
  next after_reading(std::chrono::steady_clock::time_point now);
  void ask_pool();
  next write_step();
  std::size_t gather_sealed(std::span<iovec> parts);
  void stop(error reason);

  static awaitable<void> read_until_end(std::shared_ptr<state> s);
  static awaitable<void> write_until_end(std::shared_ptr<state> s);
  static awaitable<void> run(std::shared_ptr<state> s);
};

/// Hands over one batch, if there is one to be had now.
peer_link::state::next peer_link::state::read_step() {
  if (batches_ahead >= batches_ahead_max) {
    return next::wait_for_gate;
  }
  inbound_batch batch;
  const auto got = reader.read(socket.native_handle(), batch);
  const auto now = std::chrono::steady_clock::now();
  if (got.bytes > 0) pace.read(got.bytes, batch.messages.size() - batch.blocks.size(), now);
  if (!batch.messages.empty()) {
    ++batches_ahead;
    owner.on_received(key, std::move(batch));
  }
  if (!got.verdict) {
    stop(got.verdict.error());
    return next::step;
  }
  if (*got.verdict == inbox::verdict::starved) {
    ask_pool();
    return next::wait_for_gate;
  }
  if (!got.emptied || reader.backlog()) {
    return next::step;
  }
  reader.trim();
  return after_reading(now);
}

/// The socket is empty.
peer_link::state::next peer_link::state::after_reading(std::chrono::steady_clock::time_point now) {
  const auto later = pace.next(now);
  if (later == now) {
    wakes.set(socket, 1);
    return next::wait_for_socket;
  }
  wakes.set(socket, read_pace::lump_bytes);
  pause.expires_at(later);
  return next::pause;
}

void peer_link::state::ask_pool() {
  if (std::exchange(asked_pool, true)) {
    return;
  }
  pool.on_available([weak = weak_from_this()] {
    if (const auto s = weak.lock()) {
      asio::post(s->home, [s] {
        s->asked_pool = false;
        s->reading.wake();
      });
    }
  });
}

std::size_t peer_link::state::gather_sealed(std::span<iovec> parts) {
  if (sealing->empty()) sealing->fill(out);
  const auto rest = sealing->rest();
  // iovec is for both directions and so not const; sending does not write.
  parts.front() = {const_cast<std::byte*>(rest.data()), rest.size()};
  return 1;
}

/// One gathered write.
peer_link::state::next peer_link::state::write_step() {
  if (out.empty() && (!sealing || sealing->empty())) {
    return next::wait_for_gate;
  }
  std::array<iovec, parts_per_write_max> room;
  const auto parts = std::span(room).first(sealing ? gather_sealed(room) : out.gather(room));
  error failed;
  const std::size_t n = send_some(socket.native_handle(), parts, failed);
  if (would_block(failed)) {
    return next::wait_for_socket;
  }
  if (failed) {
    stop(failed);
    return next::step;
  }
  const bool all = n == bytes_of(parts);
  const auto progress = sealing ? sealing->sent(n) : out.sent(n);
  if (progress.payload_bytes > 0 || progress.blocks > 0) {
    owner.on_sent(key, progress.payload_bytes, progress.blocks);
  }
  return all ? next::step : next::wait_for_socket;
}

/// Whatever the coroutines wait for ends: the socket's waits by its closing, the gates by a wake.
void peer_link::state::stop(error reason) {
  if (std::exchange(ended, true)) {
    return;
  }
  why = reason;
  error ignored;
  socket.shutdown(tcp::socket::shutdown_both, ignored);
  socket.close(ignored);
  out.clear();
  pause.cancel();
  reading.wake();
  writing.wake();
  end.wake();
}

awaitable<void> peer_link::state::read_until_end(std::shared_ptr<state> s) {
  while (!s->ended) {
    const next then = s->read_step();
    if (s->ended) {
      break;
    }
    if (then == next::step) {  // let the writer and the mailbox have their turn
      co_await asio::post(asio::use_awaitable);
    } else if (then == next::wait_for_gate) {
      co_await s->reading.sleep();
    } else if (then == next::pause) {
      co_await s->pause.async_wait(use_tuple);
    } else {
      const auto [failed] = co_await s->socket.async_wait(tcp::socket::wait_read, use_tuple);
      if (failed) {
        s->stop(failed);
      }
    }
  }
}

awaitable<void> peer_link::state::write_until_end(std::shared_ptr<state> s) {
  while (!s->ended) {
    const next then = s->write_step();
    if (s->ended) {
      break;
    }
    if (then == next::step) {
      co_await asio::post(asio::use_awaitable);
    } else if (then == next::wait_for_gate) {
      co_await s->writing.sleep();
    } else {
      const auto [failed] = co_await s->socket.async_wait(tcp::socket::wait_write, use_tuple);
      if (failed) {
        s->stop(failed);
      }
    }
  }
}

/// Sleeps until the end, or until it is cancelled, which is one more way to end; then waits for both halves,
/// which need no cancelling, since `stop` ends all that they wait for.
awaitable<void> peer_link::state::run(std::shared_ptr<state> s) {
  co_await asio::this_coro::throw_if_cancelled(false);
  const auto cancellation = co_await asio::this_coro::cancellation_state;
  error failed;
  if (!s->ended) {
    s->socket.non_blocking(true, failed);
  }
  if (failed) {
    s->stop(failed);
  }
  task_group halves(s->home, [s](const std::exception_ptr& e) { s->stop(code_of(e)); });
  halves.spawn(s->home, read_until_end(s));
  halves.spawn(s->home, write_until_end(s));
  while (!s->ended) {
    if (cancellation.cancelled() != asio::cancellation_type::none) {
      s->stop(asio::error::operation_aborted);
    } else {
      co_await s->end.sleep();
    }
  }
  co_await halves.join();
  s->owner.on_closed(s->key, s->why);
}

peer_link::peer_link(established e, peer_key key, wire::limits limits, link_owner& owner, buffer::pool& pool)
    : state_(std::make_shared<state>(std::move(e), key, limits, owner, pool)) {}

peer_link::~peer_link() = default;

awaitable<void> peer_link::run() {
  return state::run(state_);
}

// Deferred where that may be, so that the caller's thread goes on with it itself when it is idle.

void peer_link::send(std::vector<outbound> batch) {
  asio::defer(state_->home, [s = state_, messages = std::move(batch)]() mutable {
    if (s->ended) {
      return;
    }
    for (auto& o : messages) {
      s->reader.sending(o.msg);
      s->out.push(std::move(o));
    }
    if (s->out.control_bytes() > control_bytes_max) {
      s->stop(errc::peer_reads_nothing);
    }
    s->writing.wake();
  });
}

void peer_link::close(error why) {
  asio::post(state_->home, [s = state_, why] { s->stop(why); });
}

void peer_link::unsend(std::vector<block_ref> blocks) {
  asio::defer(state_->home, [s = state_, wanted = std::move(blocks)] {
    std::vector<block_ref> taken;
    for (const auto& block : wanted) {
      taken.insert(taken.end(), s->out.unsend(block), block);
    }
    if (!taken.empty()) {
      s->owner.on_unsent(s->key, std::move(taken));
    }
  });
}

void peer_link::consumed() {
  asio::defer(state_->home, [s = state_] {
    assert(s->batches_ahead > 0);
    --s->batches_ahead;
    s->reading.wake();
  });
}

tcp::socket::executor_type peer_link::executor() const {
  return state_->home;
}

const endpoint& peer_link::remote() const {
  return state_->remote;
}

}  // namespace shoal::net
