#include "server/redis_connection.hpp"

#include <algorithm>
#include <hiredis/async.h>
#include <utility>

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

namespace shoal::server {

namespace asio = boost::asio;

struct redis_connection::call {
  explicit call(const net::strand& where) : done(where) {}

  asio::steady_timer done;
  bool finished = false;
  redis_value value;

  void finish(redis_value v) {
    value = std::move(v);
    finished = true;
    done.cancel();
  }
};

/// What hiredis and the descriptor share. hiredis owns the descriptor and closes it; the waits on it are
/// ours.
struct redis_connection::link : std::enable_shared_from_this<link> {
  explicit link(const net::strand& where) : descriptor(where), connected(where) {}

  asio::posix::stream_descriptor descriptor;
  asio::steady_timer connected;
  redisAsyncContext* context = nullptr;
  bool is_connected = false;
  bool reading = false, writing = false;  // a wait is under way
  bool wants_read = false, wants_write = false;

  void wait_to_read() {
    wants_read = true;
    if (!std::exchange(reading, true)) {
      descriptor.async_wait(asio::posix::stream_descriptor::wait_read,
                            [me = shared_from_this()](error failed) {
                              me->reading = false;
                              if (!failed && me->context != nullptr && me->wants_read) {
                                redisAsyncHandleRead(me->context);
                              }
                            });
    }
  }
  void wait_to_write() {
    wants_write = true;
    if (!std::exchange(writing, true)) {
      descriptor.async_wait(asio::posix::stream_descriptor::wait_write,
                            [me = shared_from_this()](error failed) {
                              me->writing = false;
                              if (!failed && me->context != nullptr && me->wants_write) {
                                redisAsyncHandleWrite(me->context);
                              }
                            });
    }
  }
  /// hiredis is about to free its context and to close the descriptor.
  void leave() {
    context = nullptr;
    is_connected = false;
    descriptor.release();
    connected.cancel();
  }
};

namespace {

redis_value value_of(const redisReply& r) {
  redis_value out;
  switch (r.type) {
    case REDIS_REPLY_INTEGER:
      out.is = redis_value::kind::number;
      out.number = r.integer;
      break;
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      out.is = redis_value::kind::text;
      out.text.assign(r.str, r.len);
      break;
    case REDIS_REPLY_ERROR:
      out.is = redis_value::kind::refusal;
      out.text.assign(r.str, r.len);
      break;
    case REDIS_REPLY_ARRAY:
      out.is = redis_value::kind::list;
      for (std::size_t i = 0; i < r.elements; ++i) {
        out.items.push_back(value_of(*r.element[i]));
      }
      break;
    default:
      break;
  }
  return out;
}

error broken() {
  return boost::system::errc::make_error_code(boost::system::errc::connection_reset);
}

}  // namespace

redis_connection::redis_connection(net::strand where) : strand_(std::move(where)) {}

redis_connection::~redis_connection() {
  close();
}

void redis_connection::close() {
  if (link_ && link_->context != nullptr) {
    redisAsyncFree(link_->context);  // calls leave()
  }
  link_.reset();
}

bool redis_connection::is_open() const {
  return link_ && link_->context != nullptr && link_->is_connected;
}

net::awaitable<error> redis_connection::connect(std::string address, std::uint16_t port, duration limit) {
  close();
  redisAsyncContext* const context = redisAsyncConnect(address.c_str(), port);
  if (context == nullptr) {
    co_return boost::system::errc::make_error_code(boost::system::errc::not_enough_memory);
  }
  if (context->err != 0) {
    redisAsyncFree(context);
    co_return boost::system::errc::make_error_code(boost::system::errc::connection_refused);
  }
  const auto made = std::make_shared<link>(strand_);
  link_ = made;
  made->context = context;
  made->descriptor.assign(context->c.fd);
  context->data = made.get();
  context->ev.data = made.get();
  context->ev.addRead = [](void* l) { static_cast<link*>(l)->wait_to_read(); };
  context->ev.delRead = [](void* l) { static_cast<link*>(l)->wants_read = false; };
  context->ev.addWrite = [](void* l) { static_cast<link*>(l)->wait_to_write(); };
  context->ev.delWrite = [](void* l) { static_cast<link*>(l)->wants_write = false; };
  context->ev.cleanup = [](void* l) { static_cast<link*>(l)->leave(); };
  made->connected.expires_after(limit);
  redisAsyncSetConnectCallback(context, [](const redisAsyncContext* c, int status) {
    auto* const l = static_cast<link*>(c->data);
    l->is_connected = status == REDIS_OK;
    l->connected.cancel();
  });
  const auto [stopped] = co_await made->connected.async_wait(net::use_tuple);
  if (!made->is_connected) {
    close();
    co_return stopped ? boost::system::errc::make_error_code(boost::system::errc::connection_refused)
                      : boost::system::errc::make_error_code(boost::system::errc::timed_out);
  }
  co_return error();
}

net::awaitable<outcome<void>> redis_connection::open(redis_address at, duration limit) {
  const std::string name = at.to_string();
  net::tcp::resolver resolver(strand_);
  const auto [unresolved, found] =
      co_await resolver.async_resolve(at.host, std::to_string(at.port), net::use_tuple);
  error failed = unresolved;
  for (const auto& entry : found) {
    failed = co_await connect(entry.endpoint().address().to_string(), at.port, limit);
    if (!failed) {
      break;
    }
  }
  if (failed || !is_open()) {
    co_return failure{failed ? failed : broken(), name};
  }
  std::vector<std::vector<std::string_view>> steps;
  const std::string database = std::to_string(at.database);
  if (!at.user.empty()) {
    steps.push_back({"AUTH", at.user, at.password});
  } else if (!at.password.empty()) {
    steps.push_back({"AUTH", at.password});
  }
  steps.push_back({"SELECT", database});
  for (const auto& step : steps) {
    const call_ptr asked = send(step);
    const redis_value said = co_await answer(asked, limit);
    if (said.is == redis_value::kind::refusal) {
      close();
      co_return failure{boost::system::errc::make_error_code(boost::system::errc::permission_denied),
                        name + ": " + said.text};
    }
    if (said.is == redis_value::kind::nothing) {
      co_return failure{broken(), name};
    }
  }
  co_return outcome<void>();
}

redis_connection::call_ptr redis_connection::send(const std::vector<std::string_view>& words) {
  if (!is_open()) {
    return nullptr;
  }
  std::vector<const char*> starts;
  std::vector<std::size_t> lengths;
  for (const auto word : words) {
    starts.push_back(word.data());
    lengths.push_back(word.size());
  }
  auto made = std::make_shared<call>(strand_);
  auto held = std::make_unique<call_ptr>(made);
  const auto answered = [](redisAsyncContext*, void* reply, void* privdata) {
    const std::unique_ptr<call_ptr> of(static_cast<call_ptr*>(privdata));
    (*of)->finish(reply == nullptr ? redis_value() : value_of(*static_cast<const redisReply*>(reply)));
  };
  if (redisAsyncCommandArgv(link_->context, answered, held.get(), static_cast<int>(words.size()),
                            starts.data(), lengths.data()) != REDIS_OK) {
    return nullptr;
  }
  static_cast<void>(held.release());  // the callback, which is always called, has it
  return made;
}

net::awaitable<redis_value> redis_connection::answer(call_ptr c, duration limit) {
  if (!c) {
    co_return redis_value();
  }
  if (!c->finished) {
    c->done.expires_after(limit);
    co_await c->done.async_wait(net::use_tuple);
    if (!c->finished) {  // it takes too long, or whoever waits is to stop
      close();
    }
  }
  co_return std::move(c->value);
}

}  // namespace shoal::server
