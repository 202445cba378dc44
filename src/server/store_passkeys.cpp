#include "server/store_passkeys.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/steady_timer.hpp>

#include <shoal/registry/passkey_list.hpp>

#include "server/redis_connection.hpp"
#include "server/trouble.hpp"

namespace shoal::server {

namespace asio = boost::asio;
using kind = redis_value::kind;

namespace {

constexpr std::string_view set_name = "shoal:passkeys";
constexpr std::string_view members_a_step = "1000";
/// Of all members: a million passkeys and more.
constexpr std::size_t set_bytes_max = std::size_t{64} << 20;

/// The members, a line each; or what went wrong.
struct reading {
  std::string lines;
  std::string fault;
};

net::awaitable<reading> read_set(redis_connection& c) {
  reading out;
  std::string cursor = "0";
  do {
    const auto asked = c.send({"SSCAN", set_name, cursor, "COUNT", members_a_step});
    const redis_value said = co_await c.answer(asked, redis_answer_limit);
    if (said.is != kind::list || said.items.size() != 2) {
      out.fault = said.is == kind::refusal ? said.text : "the connection broke";
      co_return out;
    }
    for (const redis_value& member : said.items[1].items) {
      out.lines += member.text;
      out.lines += '\n';
    }
    if (out.lines.size() > set_bytes_max) {
      out.fault = std::string(set_name) + " is too large";
      co_return out;
    }
    cursor = said.items[0].text;
  } while (cursor != "0");
  co_return out;
}

net::awaitable<std::string> read_passkeys(redis_connection& c, redis_address at, admission& door_keeper) {
  if (!c.is_open()) {
    const auto opened = co_await c.open(std::move(at), redis_answer_limit);
    if (!opened) {
      co_return opened.error().message();
    }
  }
  reading set = co_await read_set(c);
  if (!set.fault.empty()) {
    c.close();
    co_return set.fault;
  }
  std::size_t bad_line = 0;
  auto keys = registry::passkey_list::parse(set.lines, bad_line);
  if (!keys) {
    co_return "a member of " + std::string(set_name) +
        " is no passkey, which is 8 to 128 letters, digits, '-' or '_'";
  }
  door_keeper.require_passkeys(std::move(*keys));
  co_return std::string();
}

}  // namespace

net::awaitable<void> follow_passkeys(net::strand where, redis_address at, duration every,
                                     admission& door_keeper) {
  redis_connection c(where);
  trouble told("the passkeys read last count on");
  asio::steady_timer timer(where);
  while (true) {
    const std::string fault = co_await read_passkeys(c, at, door_keeper);
    if (fault.empty()) {
      told.over();
    } else {
      told.met(at.to_string() + ": " + fault);
    }
    timer.expires_after(every);
    const auto [stopped] = co_await timer.async_wait(net::use_tuple);
    if (stopped) {
      co_return;
    }
  }
}

}  // namespace shoal::server
