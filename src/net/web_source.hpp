#pragma once
// Parts of files by HTTP, for web seeds: one connection, kept while it serves the same host; redirects
// followed as `http_get` follows them. A server that ignores ranges sends whole files: what is wanted is
// picked out of them while they pass by.
//
// Hostile: headers of at most 16 KiB, every wait has a deadline, lengths and ranges must be those that were
// asked for. Whether the bytes are right is told by the pieces' hashes, not here.

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <shoal/base/reach.hpp>
#include <shoal/base/result.hpp>
#include <shoal/base/time.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/net/http_client.hpp>

#include "net/http_url.hpp"

namespace shoal::net {

class web_source {
 public:
  /// A file that is sent whole, since its server knows no ranges, may be so large.
  static constexpr std::uint64_t whole_file_bytes_max = 512U << 20;

  /// `options`: route, agent, authorities, redirects; the deadline is that of each wait.
  explicit web_source(http_options options);
  ~web_source();

  /// Goes to `offset` of the file at `url`, of which `file_bytes` is the length, to read `bytes` there.
  awaitable<error> seek(std::string url, std::uint64_t file_bytes, std::uint64_t offset, std::uint64_t bytes);
  /// The next bytes from there, all of `room`.
  awaitable<error> read(std::span<std::byte> room);
  /// Whether `read` would give this byte of this file next, and how many there are until the next `seek`.
  std::uint64_t readable(std::string_view url, std::uint64_t offset) const;
  /// Of a server that is overloaded (RFC 9110, section 10.2.3).
  std::optional<duration> retry_after() const { return retry_after_; }
  void close();

 private:
  struct connection;

  awaitable<error> open(std::string url, std::uint64_t file_bytes, std::uint64_t offset, std::uint64_t bytes);
  awaitable<error> connect(http_url url);
  awaitable<error> ask(http_url url, std::uint64_t first, std::uint64_t last);
  awaitable<error> fill(std::span<std::byte> room);
  awaitable<error> skip(std::uint64_t bytes);
  error judge(std::uint64_t file_bytes, std::uint64_t offset, std::uint64_t bytes);

  http_options options_;
  std::unique_ptr<connection> connection_;
  reach narrowest_ = reach::host;
  std::string url_;              ///< that the body is of
  std::uint64_t position_ = 0;   ///< in that file
  std::uint64_t remaining_ = 0;  ///< bytes of the body behind it
  std::optional<duration> retry_after_;
};

}  // namespace shoal::net
