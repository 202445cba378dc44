#include "server/request_reader.hpp"

#include <algorithm>

#include <boost/beast/core/string.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/field.hpp>

namespace shoal::server {

namespace http = boost::beast::http;

namespace {

// Room beyond one largest head, so that the parser, not the buffer, finds that a head is too large.
constexpr std::size_t spare_bytes = 1024;
/// Most connections bring one request of a few hundred bytes; who sends more is read in larger parts.
constexpr std::size_t first_read_bytes = 960;
constexpr std::size_t read_bytes = 2048;

}  // namespace

request_reader::request_reader(std::size_t head_bytes_max)
    : head_bytes_max_(head_bytes_max), buffer_(head_bytes_max + spare_bytes) {}

boost::asio::mutable_buffer request_reader::space() {
  const std::size_t wished = buffer_.capacity() == 0 ? first_read_bytes : read_bytes;
  return buffer_.prepare(std::min(wished, buffer_.max_size() - buffer_.size()));
}

std::optional<http_request> request_reader::next() {
  if (refused_) {
    return std::nullopt;
  }
  if (!parser_ || parser_->is_header_done()) {
    parser_.emplace();
    parser_->header_limit(static_cast<std::uint32_t>(head_bytes_max_));
  }
  if (!parser_->got_some()) {
    skip_empty_lines();
  }
  if (buffer_.size() == 0) {
    return std::nullopt;
  }
  boost::system::error_code failed;
  const std::size_t used = parser_->put(buffer_.data(), failed);
  buffer_.consume(used);  // the start line may go before its fields have come
  if (failed == http::error::need_more && buffer_.size() < buffer_.max_size()) {
    return std::nullopt;
  }
  if (failed == http::error::header_limit || failed == http::error::need_more) {
    const bool in_start_line =
        parser_->get().target().empty() && pending().find('\n') == std::string_view::npos;
    return refuse(in_start_line ? 414 : 431);
  }
  if (!parser_->is_header_done()) {
    return refuse(400);
  }
  return accept();
}

http_request request_reader::accept() {
  const auto& head = parser_->get();
  const bool is_head = head.method() == http::verb::head;
  if (head.method() != http::verb::get && !is_head) {
    return refuse(405);
  }
  if (!parser_->is_done()) {  // a body, which nothing here takes
    return refuse(400);
  }
  http_request out;
  out.target = head.target();
  for (const auto& field : head) {
    if (boost::beast::iequals(field.name_string(), "X-Forwarded-For")) {
      out.forwarded_for = field.value();
    } else if (field.name() == http::field::accept_encoding) {
      out.accept_encoding = field.value();
    }
  }
  out.head = is_head;
  out.keep_alive = parser_->keep_alive();
  out.minor_version_0 = head.version() == 10;
  return out;
}

http_request request_reader::refuse(unsigned status) {
  refused_ = true;
  http_request out;
  out.refused = status;
  return out;
}

/// RFC 9112, 2.2: a server should ignore empty lines before a request.
void request_reader::skip_empty_lines() {
  const std::string_view text = pending();
  buffer_.consume(std::min(text.find_first_not_of("\r\n"), text.size()));
}

std::string_view request_reader::pending() const {
  const auto data = buffer_.cdata();
  return {static_cast<const char*>(data.data()), data.size()};
}

}  // namespace shoal::server
