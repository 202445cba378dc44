#pragma once
// One connection to a Redis server: hiredis's asynchronous API, driven by Asio. All of it runs on one strand.

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/server/redis_address.hpp>

namespace shoal::server {

/// How long Redis may take to be reached, and for an answer.
constexpr duration redis_answer_limit = std::chrono::seconds(5);

/// What Redis answers.
struct redis_value {
  enum class kind : std::uint8_t { nothing, number, text, list, refusal };
  kind is = kind::nothing;
  std::int64_t number = 0;
  std::string text;  ///< of a refusal too
  std::vector<redis_value> items;
};

class redis_connection {
 public:
  explicit redis_connection(net::strand where);
  ~redis_connection();
  redis_connection(const redis_connection&) = delete;
  redis_connection& operator=(const redis_connection&) = delete;

  /// Resolves, connects, logs in and selects the database; each step has `limit`. Closes what was open
  /// before. A failure says what went wrong.
  net::awaitable<outcome<void>> open(redis_address at, duration limit);
  void close();
  bool is_open() const;

  /// A command under way. Many may be, and are answered in order.
  struct call;
  using call_ptr = std::shared_ptr<call>;
  /// Sends it, without waiting; `words` are copied. nullptr when the connection is not open.
  call_ptr send(const std::vector<std::string_view>& words);
  /// Its answer; `nothing` with `is_open()` false when the connection broke, and it is closed when `limit` is
  /// over.
  net::awaitable<redis_value> answer(call_ptr c, duration limit);

 private:
  struct link;

  net::awaitable<error> connect(std::string address, std::uint16_t port, duration limit);

  net::strand strand_;
  std::shared_ptr<link> link_;
};

}  // namespace shoal::server
