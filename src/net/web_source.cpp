#include "net/web_source.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include <boost/asio/ssl/error.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/buffer_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>

#include <shoal/metainfo/web_seed.hpp>
#include <shoal/net/with_deadline.hpp>

#include "net/dial.hpp"
#include "net/http_exchange.hpp"
#include "net/tls.hpp"

namespace shoal::net {

namespace http = boost::beast::http;

namespace {

std::optional<duration> seconds_in(std::string_view text) {
  std::uint32_t seconds = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (failed != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;  // a date, or nothing
  }
  return std::chrono::seconds(seconds);
}

using parser_type = http::response_parser<http::buffer_body>;

awaitable<error> within(duration limit, awaitable<error> operation) {
  auto done = co_await with_deadline(limit, std::move(operation));
  co_return done ? *done : make_error_code(http_errc::deadline_passed);
}

}  // namespace

/// References to it are held by operations under way only, which its owner awaits.
struct web_source::connection {
  connection(tcp::socket s, std::optional<asio::ssl::context> tls)
      : context(std::move(tls)), plain(std::move(s)) {
    if (context) secured.emplace(std::move(plain), *context);
  }

  tcp::socket& lowest() { return secured ? secured->next_layer() : plain; }

  awaitable<error> write(std::string text) {
    if (secured) {
      const auto [failed, n] = co_await asio::async_write(*secured, asio::buffer(text), use_tuple);
      co_return failed;
    }
    const auto [failed, n] = co_await asio::async_write(plain, asio::buffer(text), use_tuple);
    co_return failed;
  }

  awaitable<error> read_header() {
    parser.emplace();
    parser->header_limit(http_header_bytes_max);
    parser->body_limit(boost::none);
    if (secured) {
      const auto [failed, n] = co_await http::async_read_header(*secured, buffer, *parser, use_tuple);
      co_return failed;
    }
    const auto [failed, n] = co_await http::async_read_header(plain, buffer, *parser, use_tuple);
    co_return failed;
  }

  awaitable<error> read_body() {
    if (secured) {
      const auto [failed, n] = co_await http::async_read(*secured, buffer, *parser, use_tuple);
      co_return failed;
    }
    const auto [failed, n] = co_await http::async_read(plain, buffer, *parser, use_tuple);
    co_return failed;
  }

  std::string authority;
  std::optional<asio::ssl::context> context;
  tcp::socket plain;  // moved from when secured
  std::optional<tls_stream> secured;
  boost::beast::flat_buffer buffer{http_buffer_bytes_max};
  std::optional<parser_type> parser;
};

web_source::web_source(http_options options) : options_(std::move(options)) {}
web_source::~web_source() = default;

void web_source::close() {
  if (connection_) {
    error ignored;
    connection_->lowest().close(ignored);
  }
  connection_.reset();
  url_.clear();
  remaining_ = 0;
}

std::uint64_t web_source::readable(std::string_view url, std::uint64_t offset) const {
  return connection_ && url == url_ && offset == position_ ? remaining_ : 0;
}

awaitable<error> web_source::seek(std::string url, std::uint64_t file_bytes, std::uint64_t offset,
                                  std::uint64_t bytes) {
  const bool passing_by =
      connection_ && url == url_ && offset >= position_ && offset - position_ + bytes <= remaining_;
  error failed;
  if (passing_by) {
    failed = co_await skip(offset - position_);
    co_return failed;
  }
  if (remaining_ > 0) {
    close();  // the rest of a body that is not wanted would have to be read first
  }
  const bool kept = connection_ != nullptr;
  failed = co_await open(url, file_bytes, offset, bytes);
  if (failed == http_errc::incomplete_reply && kept) {  // the server has closed what it had kept
    close();
    failed = co_await open(url, file_bytes, offset, bytes);
  }
  if (failed) {
    close();
  }
  co_return failed;
}

awaitable<error> web_source::open(std::string url, std::uint64_t file_bytes, std::uint64_t offset,
                                  std::uint64_t bytes) {
  auto where = parse_http_url(url);
  narrowest_ = reach::host;
  for (int hop = 0; where && hop <= options_.redirects_max; ++hop) {
    error failed = co_await connect(*where);
    if (!failed) {
      failed = co_await ask(*where, offset, offset + bytes - 1);
    }
    if (failed) {
      co_return failed;
    }
    const auto& header = connection_->parser->get();
    if (!is_redirect(header.result_int())) {
      failed = judge(file_bytes, offset, bytes);
      url_ = std::move(url);
      if (!failed) {
        failed = co_await skip(offset - position_);
      }
      co_return failed;
    }
    const std::string location(header[http::field::location]);
    narrowest_ = reached(connection_->lowest(), where->host, options_.by);
    where = follow_location(*where, location);
    close();  // its body, and what may come behind it, are of no use
  }
  co_return where ? make_error_code(http_errc::too_many_redirects) : where.error();
}

/// Uses the connection that is there when it leads to the same server.
awaitable<error> web_source::connect(http_url url) {
  const std::string authority = (url.tls ? "s " : "p ") + url.authority;
  if (connection_ && connection_->authority == authority) {
    co_return error();
  }
  close();
  dial_options dialling;
  dialling.by = options_.by;
  dialling.narrowest = narrowest_;
  dialling.connecting_max = options_.deadline;
  auto dialled = co_await dial(url.host, url.port, dialling);
  if (!dialled) {
    co_return dialled.error();
  }
  std::optional<asio::ssl::context> tls;
  if (url.tls) {
    auto made = client_tls(options_.extra_ca_file);
    if (!made) {
      co_return made.error();
    }
    tls.emplace(std::move(*made));
  }
  connection_ = std::make_unique<connection>(std::move(*dialled), std::move(tls));
  connection_->authority = authority;
  if (!url.tls) {
    co_return error();
  }
  const error failed =
      co_await within(options_.deadline, shake_hands_as_client(*connection_->secured, url.host));
  co_return failed;
}

awaitable<error> web_source::ask(http_url url, std::uint64_t first, std::uint64_t last) {
  const std::string text =
      "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority + "\r\nUser-Agent: " + options_.user_agent +
      "\r\nAccept: */*\r\nAccept-Encoding: identity\r\nRange: bytes=" + std::to_string(first) + "-" +
      std::to_string(last) + "\r\n\r\n";
  error failed = co_await within(options_.deadline, connection_->write(text));
  if (!failed) {
    failed = co_await within(options_.deadline, connection_->read_header());
  }
  co_return in_our_words(failed);
}

/// What the header says of the body that follows.
error web_source::judge(std::uint64_t file_bytes, std::uint64_t offset, std::uint64_t bytes) {
  const auto& parser = *connection_->parser;
  const auto& header = parser.get();
  retry_after_ = seconds_in(header[http::field::retry_after]);
  const auto length = parser.content_length();
  if (const auto coding = header[http::field::content_encoding]; !coding.empty() && coding != "identity") {
    return http_errc::wrong_range;
  }
  switch (header.result_int()) {
    case 206: {
      const auto range = metainfo::parse_content_range(header[http::field::content_range]);
      const bool right = range && range->first == offset && range->last == offset + bytes - 1 &&
                         range->total.value_or(file_bytes) == file_bytes && length.value_or(bytes) == bytes;
      position_ = offset;
      remaining_ = bytes;
      return right ? error() : make_error_code(http_errc::wrong_range);
    }
    case 200:
      position_ = 0;
      remaining_ = file_bytes;
      if (length.value_or(file_bytes) != file_bytes) {
        return http_errc::wrong_range;
      }
      return file_bytes <= whole_file_bytes_max ? error() : make_error_code(http_errc::ignores_ranges);
    case 401:
    case 403:
    case 404:
    case 410:
    case 416:
      return http_errc::no_such_file;
    default:
      return http_errc::bad_status;
  }
}

awaitable<error> web_source::read(std::span<std::byte> room) {
  error failed = co_await fill(room);
  if (failed) {
    close();
    co_return failed;
  }
  if (remaining_ == 0) {
    const auto& parser = *connection_->parser;
    if (!parser.is_done() || !parser.keep_alive()) close();  // what else it has to say is not wanted
  }
  co_return error();
}

awaitable<error> web_source::fill(std::span<std::byte> room) {
  auto& parser = *connection_->parser;
  auto& body = parser.get().body();
  while (!room.empty()) {
    body.data = room.data();
    body.size = room.size();
    body.more = true;
    error failed = co_await within(options_.deadline, connection_->read_body());
    if (failed && failed != http::error::need_buffer) {
      co_return in_our_words(failed);
    }
    const std::size_t got = room.size() - body.size;
    room = room.subspan(got);
    position_ += got;
    remaining_ -= got;
    if (parser.is_done() && !room.empty()) {
      co_return http_errc::incomplete_reply;
    }
  }
  body.data = nullptr;
  co_return error();
}

awaitable<error> web_source::skip(std::uint64_t bytes) {
  std::array<std::byte, 16 * 1024> room;
  while (bytes > 0) {
    const auto part = std::span(room).first(std::min<std::uint64_t>(bytes, room.size()));
    const error failed = co_await fill(part);
    if (failed) {
      co_return failed;
    }
    bytes -= part.size();
  }
  co_return error();
}

}  // namespace shoal::net
