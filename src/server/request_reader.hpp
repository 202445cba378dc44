#pragma once
// Bytes to HTTP requests, no socket. Beast's parser reads them in place, so a byte is looked at once however
// slowly it comes; what this adds is the bounds and what to answer when they are broken.

#include <cstddef>
#include <optional>
#include <string_view>

#include <boost/asio/buffer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>

#include <shoal/base/bytes.hpp>

namespace shoal::server {

struct http_request {
  std::string_view target;           ///< path and query; valid until the next call
  std::string_view forwarded_for;    ///< X-Forwarded-For, the last one's; as long valid
  std::string_view accept_encoding;  ///< Accept-Encoding; as long valid
  bool head = false;                 ///< HEAD instead of GET
  bool keep_alive = false;
  bool minor_version_0 = false;  ///< HTTP/1.0, where keeping alive must be said
  /// Not 0: no request of ours but this status to answer with, the last thing on the connection.
  unsigned refused = 0;
};

class request_reader {
 public:
  /// `head_bytes_max` bounds one request; a GET has no body.
  explicit request_reader(std::size_t head_bytes_max);

  /// Where the next bytes go; never empty after `next` has found nothing.
  boost::asio::mutable_buffer space();
  void received(std::size_t bytes) { buffer_.commit(bytes); }
  /// The first bytes, which somebody else has read; some thousand at most.
  void put(byte_view bytes) {
    buffer_.commit(boost::asio::buffer_copy(buffer_.prepare(bytes.size()),
                                            boost::asio::buffer(bytes.data(), bytes.size())));
  }

  /// The next request whose head is there; nothing when there is no whole one. After a refusal there is no
  /// next.
  std::optional<http_request> next();
  /// Whether bytes have come that `next` has not looked at.
  bool has_more() const { return buffer_.size() > 0; }

 private:
  using parser = boost::beast::http::request_parser<boost::beast::http::empty_body>;

  void skip_empty_lines();
  std::string_view pending() const;
  http_request refuse(unsigned status);
  http_request accept();

  std::size_t head_bytes_max_;
  boost::beast::flat_buffer buffer_;
  std::optional<parser> parser_;  // of the request that `next` gave or still waits for
  bool refused_ = false;
};

}  // namespace shoal::server
