#include "net/http_exchange.hpp"

#include <utility>

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>

#include <shoal/net/http_client.hpp>

#include "net/gunzip.hpp"

namespace shoal::net {

namespace http = boost::beast::http;

bool is_redirect(unsigned status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

error in_our_words(const error& e) {
  if (e == http::error::body_limit) {
    return http_errc::body_too_large;
  }
  if (e == http::error::end_of_stream || e == http::error::partial_message || e == asio::error::eof ||
      e == asio::ssl::error::stream_truncated) {
    return http_errc::incomplete_reply;
  }
  const error any_of_beast = http::error::bad_version;
  return e.category() == any_of_beast.category() ? make_error_code(http_errc::not_http) : e;
}

namespace {

template <class Stream>
awaitable<result<http_answer>> exchange_on(Stream& stream, std::string request, std::size_t body_bytes_max) {
  const auto [write_failed, written] = co_await asio::async_write(stream, asio::buffer(request), use_tuple);
  if (write_failed) {
    co_return in_our_words(write_failed);
  }
  boost::beast::flat_buffer buffer(http_buffer_bytes_max);
  http::response_parser<http::string_body> parser;
  parser.header_limit(http_header_bytes_max);
  parser.body_limit(body_bytes_max);
  const auto [read_failed, read] = co_await http::async_read(stream, buffer, parser, use_tuple);
  if (read_failed) {
    co_return in_our_words(read_failed);
  }
  auto message = parser.release();
  http_answer out;
  out.status = message.result_int();
  out.location = message[http::field::location];
  out.body = std::move(message.body());
  if (const auto coding = message[http::field::content_encoding]; coding == "gzip" || coding == "x-gzip") {
    auto unpacked = gunzip(out.body, body_bytes_max);
    if (!unpacked) {
      co_return unpacked.error();
    }
    out.body = std::move(*unpacked);
  }
  co_return out;
}

}  // namespace

awaitable<result<http_answer>> exchange(tcp::socket& stream, std::string request,
                                        std::size_t body_bytes_max) {
  return exchange_on(stream, std::move(request), body_bytes_max);
}

awaitable<result<http_answer>> exchange(tls_stream& stream, std::string request, std::size_t body_bytes_max) {
  return exchange_on(stream, std::move(request), body_bytes_max);
}

}  // namespace shoal::net
