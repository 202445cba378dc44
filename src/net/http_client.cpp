#include <utility>

#include <shoal/base/reach.hpp>
#include <shoal/net/http_client.hpp>
#include <shoal/net/tracker_client.hpp>
#include <shoal/net/with_deadline.hpp>

#include "net/dial.hpp"
#include "net/http_exchange.hpp"
#include "net/http_url.hpp"
#include "net/tls.hpp"

namespace shoal::net {

namespace {

std::string_view http_error_text(int value) {
  switch (static_cast<http_errc>(value)) {
    case http_errc::bad_url:
      return "not a valid http:// or https:// URL";
    case http_errc::unsupported_scheme:
      return "only http:// and https:// are supported";
    case http_errc::too_many_redirects:
      return "the server redirects in a loop or too often";
    case http_errc::unsafe_redirect:
      return "the server redirects to a place that is not safe to follow (from https to http, or into this "
             "network)";
    case http_errc::body_too_large:
      return "the server's reply is too large";
    case http_errc::bad_status:
      return "the server answered with an HTTP error";
    case http_errc::not_http:
      return "the server's reply is not valid HTTP; is this the right port?";
    case http_errc::incomplete_reply:
      return "the server closed the connection before its reply was whole";
    case http_errc::deadline_passed:
      return "no whole reply in time";
    case http_errc::wrong_range:
      return "the server sends something else than was asked for";
    case http_errc::ignores_ranges:
      return "the server sends whole files only";
    case http_errc::no_such_file:
      return "the server does not have the file, or not for us";
  }
  return "unknown HTTP error";
}

std::string request_text(const http_url& url, const std::string& user_agent) {
  return "GET " + url.target + " HTTP/1.1\r\nHost: " + url.authority + "\r\nUser-Agent: " + user_agent +
         "\r\nAccept: */*\r\nAccept-Encoding: gzip\r\nConnection: close\r\n\r\n";
}

/// One GET along its redirects.
class fetch {
 public:
  fetch(std::string url, http_options options) : url_text_(std::move(url)), options_(std::move(options)) {}

  awaitable<outcome<http_reply>> run() {
    auto url = parse_http_url(url_text_);
    for (int hop = 0; url && hop <= options_.redirects_max; ++hop) {
      auto answer = co_await ask(*url);
      if (!answer) {
        co_return std::move(answer).error();
      }
      if (!is_redirect(answer->status) || answer->location.empty()) {
        http_reply reply;
        reply.status = answer->status;
        reply.body = std::move(answer->body);
        reply.final_url = url->text;
        co_return reply;
      }
      url = follow_location(*url, answer->location);
    }
    co_return about_url(url ? make_error_code(http_errc::too_many_redirects) : url.error());
  }

 private:
  failure about_url(error code) const { return {code, shown_url(url_text_)}; }

  awaitable<outcome<http_answer>> ask(http_url url) {
    dial_options dialling;
    dialling.by = options_.by;
    dialling.narrowest = narrowest_;
    dialling.connecting_max = options_.deadline;
    auto dialled = co_await dial(url.host, url.port, dialling);
    if (!dialled) {
      co_return about_url(dialled.error());
    }
    tcp::socket socket = std::move(*dialled);
    narrowest_ = reached(socket, url.host, options_.by);
    if (url.tls) {
      auto secured = co_await ask_secured(std::move(socket), std::move(url));
      co_return secured;
    }
    auto answer = co_await exchange(socket, request_text(url, options_.user_agent), options_.body_bytes_max);
    co_return with_subject(std::move(answer));
  }

  awaitable<outcome<http_answer>> ask_secured(tcp::socket socket, http_url url) {
    auto context = client_tls(options_.extra_ca_file);
    if (!context) {
      co_return failure{context.error(), options_.extra_ca_file};
    }
    tls_stream stream(std::move(socket), *context);
    const error failed = co_await shake_hands_as_client(stream, url.host);
    if (failed) {
      co_return about_url(failed);
    }
    auto answer = co_await exchange(stream, request_text(url, options_.user_agent), options_.body_bytes_max);
    co_return with_subject(std::move(answer));
  }

  outcome<http_answer> with_subject(result<http_answer> answer) const {
    if (!answer) {
      return about_url(answer.error());
    }
    return std::move(*answer);
  }

  std::string url_text_;
  http_options options_;
  reach narrowest_ = reach::host;  // a redirect may not lead to anything nearer than the last server
};

awaitable<outcome<http_reply>> follow(std::string url, http_options options) {
  fetch one(std::move(url), std::move(options));
  auto reply = co_await one.run();
  co_return reply;
}

}  // namespace

const boost::system::error_category& http_category() {
  static const message_category it("http", http_error_text);
  return it;
}

awaitable<outcome<http_reply>> http_get(std::string url, http_options options) {
  const std::string shown = shown_url(url);
  const duration limit = options.deadline;
  auto reply = co_await with_deadline(limit, follow(std::move(url), std::move(options)));
  if (!reply) {
    co_return failure{make_error_code(http_errc::deadline_passed), shown};
  }
  co_return std::move(*reply);
}

}  // namespace shoal::net
