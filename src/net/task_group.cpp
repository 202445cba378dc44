#include <algorithm>
#include <cassert>
#include <mutex>
#include <optional>
#include <unordered_set>
#include <utility>
#include <vector>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <shoal/base/result.hpp>
#include <shoal/net/task_group.hpp>

#include "net/serial.hpp"

namespace shoal::net {

namespace {

/// `ex` itself when it is a strand, else a new strand on it.
asio::any_io_executor serial(const asio::any_io_executor& ex) {
  if (is_strand(ex)) {
    return ex;
  }
  return new_strand(ex);
}

bool is_abort(const std::exception_ptr& e) {
  try {
    std::rethrow_exception(e);
  } catch (const boost::system::system_error& failure) {
    return failure.code() == asio::error::operation_aborted;
  } catch (...) {
    return false;
  }
}

}  // namespace

/// All but `where` is touched on `where` only.
struct task_group::child {
  asio::any_io_executor where;
  asio::cancellation_signal signal;
  bool stopping = false;
  bool done = false;
};

/// Somebody in `join` or `join_for`. `resume` is taken out under the group's mutex, so the last child and the
/// timer cannot both call it.
struct task_group::waiter {
  explicit waiter(const asio::any_io_executor& home) : grace(home) {}
  std::function<void(bool)> resume;
  asio::steady_timer grace;  // touched on the group's home only
};

struct task_group::state : std::enable_shared_from_this<task_group::state> {
  const asio::any_io_executor home;
  const std::function<void(std::exception_ptr)> on_failure;

  mutable std::mutex mutex;  // guards what follows
  std::unordered_set<std::shared_ptr<child>> children;
  std::vector<std::shared_ptr<waiter>> waiters;
  bool cancelled = false;

  state(const asio::any_io_executor& ex, std::function<void(std::exception_ptr)> report)
      : home(serial(ex)), on_failure(std::move(report)) {}

  void start(const std::shared_ptr<child>& c, awaitable<void> task);
  void stop(child& c);
  void finish(const std::shared_ptr<child>& c, const std::exception_ptr& e);

  /// `resume(true)` when no child is left, `resume(false)` after `grace`.
  void wait(std::function<void(bool)> resume, std::optional<duration> grace);
  void give_up(const std::shared_ptr<waiter>& w);
};

/// On the child's strand, where co_spawn runs the task at once to its first suspension.
void task_group::state::start(const std::shared_ptr<child>& c, awaitable<void> task) {
  auto finished = [self = shared_from_this(), c](const std::exception_ptr& e) { self->finish(c, e); };
  asio::co_spawn(c->where, std::move(task),
                 asio::bind_cancellation_slot(c->signal.slot(), std::move(finished)));
}

/// On the child's strand, after `start`.
void task_group::state::stop(child& c) {
  c.stopping = true;
  if (!c.done) {
    c.signal.emit(asio::cancellation_type::terminal);
  }
}

/// On the child's strand.
void task_group::state::finish(const std::shared_ptr<child>& c, const std::exception_ptr& e) {
  c->done = true;
  if (e && on_failure && !(c->stopping && is_abort(e))) {
    on_failure(e);
  }
  std::vector<std::shared_ptr<waiter>> served;
  {
    const std::lock_guard lock(mutex);
    children.erase(c);
    if (children.empty()) {
      served.swap(waiters);
      decltype(children)().swap(
          children);  // its table too: thousands of torrents have a group and nothing to do
    }
  }
  for (const auto& w : served) {
    std::exchange(w->resume, {})(true);
    asio::post(home, [w] { w->grace.cancel(); });
  }
}

void task_group::state::wait(std::function<void(bool)> resume, std::optional<duration> grace) {
  {
    const std::lock_guard lock(mutex);
    if (!children.empty()) {
      auto w = std::make_shared<waiter>(home);
      w->resume = std::move(resume);
      waiters.push_back(w);
      if (grace) {  // posted under the lock, so that it stands before the cancel that `finish` posts
        asio::post(home, [self = shared_from_this(), w, length = *grace] {
          w->grace.expires_after(length);
          w->grace.async_wait([self, w](const error& stopped) {
            if (!stopped) {
              self->give_up(w);
            }
          });
        });
      }
      return;
    }
  }
  resume(true);
}

void task_group::state::give_up(const std::shared_ptr<waiter>& w) {
  {
    const std::lock_guard lock(mutex);
    if (std::erase(waiters, w) == 0) {
      return;
    }
  }
  std::exchange(w->resume, {})(false);
}

task_group::task_group(asio::any_io_executor home, std::function<void(std::exception_ptr)> on_failure)
    : state_(std::make_shared<state>(home, std::move(on_failure))) {}

task_group::~task_group() {
  assert(size() == 0 && "a task_group was destroyed before its children were joined");
}

bool task_group::spawn(asio::any_io_executor where, awaitable<void> task) {
  auto c = std::make_shared<child>();
  c->where = serial(where);
  const std::lock_guard lock(state_->mutex);
  if (state_->cancelled) {
    return false;
  }
  state_->children.insert(c);
  // Posted under the lock, so that it stands before the stop that `cancel` posts.
  asio::post(c->where, [s = state_, c, t = std::move(task)]() mutable { s->start(c, std::move(t)); });
  return true;
}

void task_group::cancel() {
  std::vector<std::shared_ptr<child>> asked;
  {
    const std::lock_guard lock(state_->mutex);
    if (std::exchange(state_->cancelled, true)) {
      return;
    }
    asked.assign(state_->children.begin(), state_->children.end());
  }
  for (const auto& c : asked) {
    asio::post(c->where, [s = state_, c] { s->stop(*c); });
  }
}

namespace {

/// Turns a function that calls back once, on any thread, into an await. The waiting coroutine's executor has
/// work meanwhile. It cannot be cancelled.
template <class Start>
awaitable<bool> suspended(Start start) {
  auto initiate = [](auto handler, Start begin) {
    auto kept = std::make_shared<decltype(handler)>(std::move(handler));
    auto ex = asio::prefer(asio::get_associated_executor(*kept), asio::execution::outstanding_work.tracked);
    begin([kept, ex](bool value) { asio::post(ex, [kept, value] { std::move (*kept)(value); }); });
  };
  return asio::async_initiate<const asio::use_awaitable_t<>, void(bool)>(initiate, asio::use_awaitable,
                                                                         std::move(start));
}

}  // namespace

// The await's operand is a named local because g++ 12 destroys what a temporary lambda beside an await has
// captured twice.

awaitable<void> task_group::join() {
  auto until_empty =
      suspended([s = state_](std::function<void(bool)> resume) { s->wait(std::move(resume), std::nullopt); });
  co_await std::move(until_empty);
}

awaitable<bool> task_group::join_for(duration grace) {
  return suspended(
      [s = state_, grace](std::function<void(bool)> resume) { s->wait(std::move(resume), grace); });
}

const asio::any_io_executor& task_group::home() const {
  return state_->home;
}

std::size_t task_group::size() const {
  const std::lock_guard lock(state_->mutex);
  return state_->children.size();
}

}  // namespace shoal::net
