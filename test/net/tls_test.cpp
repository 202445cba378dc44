// HTTPS against a server with a certificate that is made here.

#include <functional>
#include <memory>
#include <string>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <doctest/doctest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <shoal/net/http_client.hpp>

#include "net/blocking.hpp"
#include "net/script_server.hpp"
#include "support/temp_directory.hpp"

using namespace shoal;
using namespace shoal::net;
using namespace shoal::net::test;
using namespace std::chrono_literals;

namespace {

struct identity {
  std::string certificate_pem;
  std::string key_pem;
};

std::string text_of(BIO* bio) {
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  return {data, static_cast<std::size_t>(size)};
}

/// A certificate that vouches for itself and for `names` ("IP:127.0.0.1", "DNS:localhost").
identity self_signed(const std::string& names, std::chrono::seconds valid_for = 1h) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> x(X509_new(), X509_free);
  X509_set_version(x.get(), X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x.get()), 1);
  X509_gmtime_adj(X509_getm_notBefore(x.get()), -7200);
  X509_gmtime_adj(X509_getm_notAfter(x.get()), static_cast<long>(valid_for.count()));
  X509_NAME* const name = X509_get_subject_name(x.get());
  const std::string common = "a tracker of our own";
  X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(common.data()),
                             static_cast<int>(common.size()), -1, 0);
  X509_set_issuer_name(x.get(), name);
  X509_set_pubkey(x.get(), key.get());
  X509_EXTENSION* const alternative =
      X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, names.c_str());
  X509_add_ext(x.get(), alternative, -1);
  X509_EXTENSION_free(alternative);
  X509_sign(x.get(), key.get(), EVP_sha256());

  const std::unique_ptr<BIO, decltype(&BIO_free)> certificate(BIO_new(BIO_s_mem()), BIO_free);
  const std::unique_ptr<BIO, decltype(&BIO_free)> secret(BIO_new(BIO_s_mem()), BIO_free);
  PEM_write_bio_X509(certificate.get(), x.get());
  PEM_write_bio_PrivateKey(secret.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return {text_of(certificate.get()), text_of(secret.get())};
}

using server_stream = asio::ssl::stream<tcp::socket&>;

script_server::script over_tls(const identity& who, std::function<void(server_stream&)> then) {
  return [who, then = std::move(then)](tcp::socket& s) {
    asio::ssl::context context(asio::ssl::context::tls_server);
    context.use_certificate(asio::buffer(who.certificate_pem), asio::ssl::context::pem);
    context.use_private_key(asio::buffer(who.key_pem), asio::ssl::context::pem);
    server_stream stream(s, context);
    error failed;
    stream.handshake(asio::ssl::stream_base::server, failed);
    if (!failed) {
      then(stream);
    }
  };
}

void answer_hello(server_stream& s) {
  read_request(s);
  say(s, ok("hello"));
}

std::string secure(const script_server& server, const std::string& host = "127.0.0.1") {
  return "https://" + host + ":" + std::to_string(server.port()) + "/announce";
}

http_options trusting(const identity& who, const shoal::test::temp_directory& dir) {
  http_options options;
  options.extra_ca_file = (dir / "ca.pem").string();
  shoal::test::write_file(options.extra_ca_file, who.certificate_pem);
  return options;
}

}  // namespace

TEST_CASE("https with a private authority") {
  const shoal::test::temp_directory dir;
  const identity who = self_signed("IP:127.0.0.1, DNS:tracker.example");
  script_server server(over_tls(who, answer_hello));
  http_options options;

  SUBCASE("is refused when nobody vouches for it") {
    const auto reply = run(http_get(secure(server), options));
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().code.category() == certificate_category());
    CHECK(reply.error().code.value() == X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT);
    CHECK(reply.error().message().find("not trusted") != std::string::npos);
  }
  SUBCASE("is trusted when it is named") {
    options = trusting(who, dir);
    const auto reply = run(http_get(secure(server), options));
    REQUIRE(reply.has_value());
    CHECK(reply->body == "hello");
  }
  SUBCASE("is refused for another host's name") {
    options = trusting(who, dir);
    const auto reply = run(http_get(secure(server, "localhost"), options));
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().code == error(X509_V_ERR_HOSTNAME_MISMATCH, certificate_category()));
  }
  SUBCASE("is refused for another address") {
    options = trusting(who, dir);
    const auto reply = run(http_get(secure(server, "127.0.0.2"), options));
    REQUIRE_FALSE(reply.has_value());
  }
  SUBCASE("fails when the authorities' file is not there, and names it") {
    options.extra_ca_file = (dir / "none.pem").string();
    const auto reply = run(http_get(secure(server), options));
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().subject == options.extra_ca_file);
  }
}

TEST_CASE("an expired certificate is refused") {
  const shoal::test::temp_directory dir;
  const identity who = self_signed("IP:127.0.0.1", -1h);
  script_server server(over_tls(who, answer_hello));
  const auto reply = run(http_get(secure(server), trusting(who, dir)));
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code == error(X509_V_ERR_CERT_HAS_EXPIRED, certificate_category()));
}

TEST_CASE("an https reply cut short by closing the connection is not whole") {
  const shoal::test::temp_directory dir;
  const identity who = self_signed("IP:127.0.0.1");
  script_server server(over_tls(who, [](server_stream& s) {
    read_request(s);
    say(s, "HTTP/1.1 200 OK\r\n\r\nhalf");
  }));
  const auto reply = run(http_get(secure(server), trusting(who, dir)));
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code == http_errc::incomplete_reply);
}

TEST_CASE("https does not go down to http on a server's word") {
  const shoal::test::temp_directory dir;
  const identity who = self_signed("IP:127.0.0.1");
  script_server plain(answer(ok("plain")));
  script_server server(over_tls(who, [&](server_stream& s) {
    read_request(s);
    say(s, "HTTP/1.1 302 Found\r\nLocation: " + plain.url() + "\r\nContent-Length: 0\r\n\r\n");
  }));
  const auto reply = run(http_get(secure(server), trusting(who, dir)));
  REQUIRE_FALSE(reply.has_value());
  CHECK(reply.error().code == http_errc::unsafe_redirect);
}

TEST_CASE("https to a server that does not speak it fails, and one that stalls meets the deadline") {
  http_options options;
  SUBCASE("plain HTTP") {
    script_server server([](tcp::socket& s) { say(s, "HTTP/1.1 400 Bad Request\r\n\r\n"); });
    CHECK_FALSE(run(http_get(secure(server), options)).has_value());
  }
  SUBCASE("closed at once") {
    script_server server([](tcp::socket&) {});
    CHECK_FALSE(run(http_get(secure(server), options)).has_value());
  }
  SUBCASE("silence") {
    script_server server([](tcp::socket& s) { wait_for_end(s); });
    options.deadline = 100ms;
    const auto reply = run(http_get(secure(server), options));
    REQUIRE_FALSE(reply.has_value());
    CHECK(reply.error().code == http_errc::deadline_passed);
  }
}
