#include "server/shared_swarms.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <optional>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_future.hpp>
#include <spdlog/spdlog.h>

#include "server/logs_failures.hpp"
#include "server/steady_now.hpp"
#include "server/store_passkeys.hpp"

namespace shoal::server {

namespace asio = boost::asio;
using kind = redis_value::kind;

namespace {

constexpr std::string_view stream = "shoal:swarms";
/// How long news are gathered: so that one command carries many.
constexpr duration gather_time = std::chrono::milliseconds(50);
constexpr std::size_t parcel_bytes = std::size_t{64} * 1024;
/// News kept while Redis is away; beyond them all peers are sent when it is back.
constexpr std::size_t parcels_bytes_max = std::size_t{16} << 20;
constexpr duration pause_min = std::chrono::milliseconds(100);
constexpr duration pause_max = std::chrono::seconds(2);
constexpr duration last_words = std::chrono::seconds(1);
/// How long a read waits for news on the server's side.
constexpr std::string_view block_ms = "1000";
constexpr std::string_view entries_a_read = "64";
/// Entries outlive the longest silence by this.
constexpr std::uint64_t spare_ms = 60'000;

std::uint64_t in_ms(duration d) {
  return static_cast<std::uint64_t>(
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::milliseconds>(d).count()));
}

std::optional<std::uint64_t> number_in(std::string_view text) {
  std::uint64_t out = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), out);
  return failed == std::errc() && end == text.data() + text.size() ? std::optional(out) : std::nullopt;
}

/// "run_id:..." of INFO's answer.
std::string run_id_in(std::string_view info) {
  constexpr std::string_view name = "run_id:";
  const auto at = info.find(name);
  if (at == std::string_view::npos) {
    return {};
  }
  info.remove_prefix(at + name.size());
  return std::string(info.substr(0, info.find_first_of("\r\n")));
}

}  // namespace

std::uint64_t shared_swarms::peer_server::unix_ms_at(instant now) const {
  return unix_ms + in_ms(now - seen);
}

shared_swarms::shared_swarms(redis_address at, swarm_shards& swarms, std::uint64_t origin,
                             duration silence_max)
    : at_(std::move(at)),
      swarms_(swarms),
      origin_(std::to_string(origin)),
      silence_max_(silence_max),
      context_(1),
      work_(context_.get_executor()),
      writing_(context_.get_executor(), logs_failures("store")),
      reading_(context_.get_executor(), logs_failures("store")),
      writer_strand_(context_.get_executor()),
      reader_strand_(context_.get_executor()) {
  writing_.spawn(writer_strand_, write());
  reading_.spawn(reader_strand_, read());
  thread_ = std::thread([this] { context_.run(); });
}

shared_swarms::~shared_swarms() {
  stopping_ = true;
  const net::strand home{context_.get_executor()};
  asio::co_spawn(home, finish(), asio::use_future).get();
  work_.reset();
  thread_.join();
}

void shared_swarms::follow_passkeys(duration every, admission& door_keeper) {
  door_keeper.require_passkeys({});
  const net::strand own{context_.get_executor()};
  reading_.spawn(own, server::follow_passkeys(own, at_, every, door_keeper));
}

net::awaitable<void> shared_swarms::finish() {
  reading_.cancel();
  co_await reading_.join();
  const bool all_sent = co_await writing_.join_for(last_words);
  if (!all_sent) {
    writing_.cancel();
    co_await writing_.join();
  }
}

store_state shared_swarms::state() const {
  return {writer_open_ && reader_open_, sent_bytes_, learnt_, breaks_};
}

net::awaitable<void> shared_swarms::pause(duration length) {
  const auto executor = co_await asio::this_coro::executor;
  asio::steady_timer timer(executor, length);
  co_await timer.async_wait(net::use_tuple);
}

net::awaitable<bool> shared_swarms::open(redis_connection& c, peer_server& server, trouble* told) {
  const auto opened = co_await c.open(at_, redis_answer_limit);
  redis_value info;
  redis_value time;
  if (opened) {
    const auto info_asked = c.send({"INFO", "server"});
    const auto time_asked = c.send({"TIME"});
    info = co_await c.answer(info_asked, redis_answer_limit);
    time = co_await c.answer(time_asked, redis_answer_limit);
  }
  const auto s = time.items.size() == 2 ? number_in(time.items[0].text) : std::nullopt;
  const auto us = time.items.size() == 2 ? number_in(time.items[1].text) : std::nullopt;
  const std::string run_id = run_id_in(info.text);
  if (!opened || !s || !us || run_id.empty()) {
    ++breaks_;
    if (told != nullptr) {
      told->met(opened ? at_.to_string() + ": no answer of a Redis server" : opened.error().message());
    }
    c.close();
    co_return false;
  }
  server = {run_id, steady_now(), *s * 1000 + *us / 1000};
  co_return true;
}

void shared_swarms::gather() {
  parcel p{steady_now(), {}};
  if (!swarms_.take_news(p.excerpts)) {
    all_is_to_be_sent_ = true;
  }
  if (p.excerpts.empty()) {
    return;
  }
  parcels_bytes_ += p.excerpts.size();
  parcels_.push_back(std::move(p));
  if (parcels_bytes_ > parcels_bytes_max) {
    parcels_.clear();
    parcels_bytes_ = 0;
    all_is_to_be_sent_ = true;
  }
}

redis_connection::call_ptr shared_swarms::append(redis_connection& c, const peer_server& server,
                                                 const parcel& p) {
  const instant now = steady_now();
  const std::uint64_t unix_ms = server.unix_ms_at(now);
  const std::string oldest = std::to_string(unix_ms - std::min(unix_ms, in_ms(silence_max_) + spare_ms));
  const std::string tick = std::to_string(swarms_.tick().count());
  const std::string age = std::to_string(in_ms(now - p.made));
  return c.send({"XADD", stream, "MINID", "~", oldest, "*", "origin", origin_, "tick", tick, "age", age,
                 "peers", as_text(p.excerpts)});
}

/// Empty when the server took it.
net::awaitable<std::string> shared_swarms::taken(redis_connection& c, redis_connection::call_ptr call,
                                                 std::size_t bytes) {
  const redis_value said = co_await c.answer(call, redis_answer_limit);
  if (said.is == kind::text) {
    sent_bytes_ += bytes;
    co_return std::string();
  }
  co_return at_.to_string() + (said.is == kind::refusal ? ": " + said.text : ": the connection broke");
}

/// All that waits goes out at once, and then the answers are waited for; what was not taken waits on.
net::awaitable<std::string> shared_swarms::send_parcels(redis_connection& c, const peer_server& server) {
  std::vector<redis_connection::call_ptr> calls;
  for (const parcel& p : parcels_) {
    calls.push_back(append(c, server, p));
  }
  for (const auto& call : calls) {
    const std::size_t bytes = parcels_.front().excerpts.size();
    const std::string fault = co_await taken(c, call, bytes);
    if (!fault.empty()) {
      co_return fault;
    }
    parcels_bytes_ -= bytes;
    parcels_.pop_front();
  }
  co_return std::string();
}

/// All peers that announced here.
net::awaitable<std::string> shared_swarms::send_all(redis_connection& c, const peer_server& server) {
  swarm_shards::walk at;
  parcel p;
  for (bool done = false; !done && !stopping_;) {
    p.made = steady_now();
    done = swarms_.save_step(p.made, at, true, p.excerpts);
    if (p.excerpts.empty() || (!done && p.excerpts.size() < parcel_bytes)) {
      continue;
    }
    const auto call = append(c, server, p);
    const std::string fault = co_await taken(c, call, p.excerpts.size());
    if (!fault.empty()) {
      co_return fault;
    }
    p.excerpts.clear();
  }
  co_return std::string();
}

net::awaitable<void> shared_swarms::write() {
  redis_connection c(writer_strand_);
  peer_server server;
  std::string known_run;
  trouble told("announces are answered from what is known here");
  duration rest = pause_min;
  for (bool last = false; !last;) {
    last = stopping_;  // what came until now is still sent
    gather();
    if (!c.is_open()) {
      writer_open_ = false;
      bool opened = false;
      if (!last) {
        opened = co_await open(c, server, &told);
      }
      if (!opened && last) {
        co_return;
      }
      if (!opened) {
        co_await pause(rest);
        rest = std::min(rest * 2, pause_max);
        continue;
      }
      all_is_to_be_sent_ = all_is_to_be_sent_ || server.run_id != known_run;
      known_run = server.run_id;
    }
    // What waits goes first: a peer that left since then is not among all.
    std::string fault = co_await send_parcels(c, server);
    if (fault.empty() && all_is_to_be_sent_) {
      fault = co_await send_all(c, server);
      all_is_to_be_sent_ = !fault.empty();
    }
    if (fault.empty()) {
      writer_open_ = true;
      rest = pause_min;
      told.over();
      co_await pause(last ? duration::zero() : gather_time);
    } else {
      ++breaks_;
      told.met(fault);
      c.close();
      co_await pause(rest);
      rest = std::min(rest * 2, pause_max);
    }
  }
}

net::awaitable<void> shared_swarms::read() {
  redis_connection c(reader_strand_);
  peer_server server;
  std::string known_run;
  std::string last_id;
  duration rest = pause_min;
  while (!stopping_) {
    if (!c.is_open()) {
      reader_open_ = false;
      const bool opened = co_await open(c, server, nullptr);  // the writer complains
      if (!opened) {
        co_await pause(rest);
        rest = std::min(rest * 2, pause_max);
        continue;
      }
      if (std::exchange(known_run, server.run_id) != server.run_id) {  // its stream may be another
        last_id = std::to_string(server.unix_ms - std::min(server.unix_ms, in_ms(silence_max_)));
      }
    }
    const auto asked =
        c.send({"XREAD", "COUNT", entries_a_read, "BLOCK", block_ms, "STREAMS", stream, last_id});
    const redis_value said = co_await c.answer(asked, redis_answer_limit);
    learn_entries(said, server, last_id);
    if (said.is == kind::refusal) {
      c.close();
    }
    reader_open_ = c.is_open();
    if (!c.is_open()) {
      ++breaks_;
      co_await pause(pause_min);
    } else {
      rest = pause_min;
    }
  }
}

/// [[stream, [[id, [name, value, ...]], ...]]]
void shared_swarms::learn_entries(const redis_value& reply, const peer_server& server, std::string& last_id) {
  if (reply.items.empty() || reply.items[0].items.size() != 2) {
    return;
  }
  for (const redis_value& entry : reply.items[0].items[1].items) {
    if (!entry.items.empty() && entry.items[0].is == kind::text) {
      last_id = entry.items[0].text;
      learn_entry(entry, server);
    }
  }
}

void shared_swarms::learn_entry(const redis_value& entry, const peer_server& server) {
  if (entry.items.size() != 2) {
    return;
  }
  const auto& fields = entry.items[1].items;
  const auto field = [&](std::string_view name) {
    for (std::size_t i = 0; i + 1 < fields.size(); i += 2) {
      if (fields[i].text == name) {
        return std::string_view(fields[i + 1].text);
      }
    }
    return std::string_view();
  };
  const auto appended_ms =
      number_in(std::string_view(entry.items[0].text).substr(0, entry.items[0].text.find('-')));
  const auto tick = number_in(field("tick"));
  const auto age_ms = number_in(field("age"));
  constexpr auto tick_max = static_cast<std::uint64_t>(duration(std::chrono::hours(24 * 30)).count());
  if (field("origin") == origin_ || !appended_ms || !tick || *tick > tick_max || !age_ms) {
    return;
  }
  const instant now = steady_now();
  const std::uint64_t now_ms = server.unix_ms_at(now);
  const std::uint64_t silent_ms = now_ms - std::min(now_ms, *appended_ms) + std::min(*age_ms, now_ms);
  if (silent_ms > in_ms(silence_max_)) {
    return;
  }
  registry::lesson how;
  how.tick = duration(static_cast<std::int64_t>(*tick));
  how.silent = std::chrono::milliseconds(silent_ms);
  how.foreign = true;
  learnt_ += swarms_.learn(now, as_bytes(field("peers")), how);
}

}  // namespace shoal::server
