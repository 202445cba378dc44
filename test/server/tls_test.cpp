// HTTPS on the port of HTTP.

#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <doctest/doctest.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <shoal/server/tracker_server.hpp>

#include "server/raw_client.hpp"
#include "server/running_tracker.hpp"

using namespace shoal;
using namespace shoal::server;
using namespace shoal::server::test;
namespace ssl = boost::asio::ssl;

namespace {

/// A folder with a certificate that signs itself, made out to `name`.
struct certificate {
  std::filesystem::path folder;

  explicit certificate(const char* name) {
    std::string path = (std::filesystem::temp_directory_path() / "shoal-tls-XXXXXX").string();
    REQUIRE(mkdtemp(path.data()) != nullptr);
    folder = path;
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), X509_free);
    X509_gmtime_adj(X509_getm_notBefore(made.get()), 0);
    X509_gmtime_adj(X509_getm_notAfter(made.get()), 3600);
    X509_set_pubkey(made.get(), key.get());
    X509_NAME* const subject = X509_get_subject_name(made.get());
    X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, reinterpret_cast<const unsigned char*>(name), -1,
                               -1, 0);
    X509_set_issuer_name(made.get(), subject);
    REQUIRE(X509_sign(made.get(), key.get(), EVP_sha256()) > 0);
    write("chain", [&](FILE* f) { return PEM_write_X509(f, made.get()); });
    write("key",
          [&](FILE* f) { return PEM_write_PrivateKey(f, key.get(), nullptr, nullptr, 0, nullptr, nullptr); });
  }
  ~certificate() { std::filesystem::remove_all(folder); }
  certificate(const certificate&) = delete;
  certificate& operator=(const certificate&) = delete;

  std::string chain() const { return (folder / "chain").string(); }
  std::string key() const { return (folder / "key").string(); }

 private:
  template <class F>
  void write(const char* name, F by) {
    FILE* const f = std::fopen((folder / name).c_str(), "w");
    REQUIRE(f != nullptr);
    CHECK(by(f) == 1);
    std::fclose(f);
  }
};

/// Speaks TLS over a raw client's socket, and believes every certificate.
struct tls_client {
  raw_client& raw;
  ssl::context context{ssl::context::tls_client};
  ssl::stream<net::tcp::socket&> stream{raw.socket(), context};

  explicit tls_client(raw_client& c) : raw(c) { stream.handshake(ssl::stream_base::client); }

  std::string ask(std::string_view request) {
    boost::asio::write(stream, boost::asio::buffer(request));
    std::string out;
    error failed;
    while (!failed) {
      boost::asio::read(stream, boost::asio::dynamic_buffer(out), boost::asio::transfer_at_least(1), failed);
    }
    ended = failed;
    return out;
  }
  std::string name() const {
    std::array<char, 100> out{};
    const std::unique_ptr<X509, decltype(&X509_free)> shown(
        SSL_get1_peer_certificate(const_cast<ssl::stream<net::tcp::socket&>&>(stream).native_handle()),
        X509_free);
    X509_NAME_get_text_by_NID(X509_get_subject_name(shown.get()), NID_commonName, out.data(),
                              static_cast<int>(out.size()));
    return out.data();
  }
  error ended;
};

const std::string last_request = "GET /health HTTP/1.1\r\nConnection: close\r\n\r\n";

}  // namespace

TEST_CASE("HTTP and HTTPS are answered on one port, and a new certificate needs no restart") {
  const certificate first("first");
  const certificate second("second");
  tracker_server server(on_loopback());
  REQUIRE(server.set_certificate(first.chain(), first.key()).has_value());
  REQUIRE(server.start().has_value());
  const endpoint at = server.listening().front();

  raw_client raw(at);
  tls_client tls(raw);
  CHECK(tls.name() == "first");
  const auto reply = tls.ask("GET " + announce_target(1) + " HTTP/1.1\r\n\r\n" + last_request);
  CHECK(reply.find("8:intervali") != std::string::npos);
  CHECK(reply.ends_with("ok\n"));
  CHECK(tls.ended == boost::asio::error::eof);  // the end was said, not just made
  CHECK(raw_client(at).get("/health").body == "ok\n");

  REQUIRE(server.set_certificate(second.chain(), second.key()).has_value());
  raw_client another(at);
  CHECK(tls_client(another).name() == "second");
  CHECK(server.set_certificate(first.chain(), second.key()).has_error());
  CHECK(server.set_certificate("/nowhere", second.key()).error().subject == "/nowhere");
  raw_client third(at);
  CHECK(tls_client(third).name() == "second");
}

TEST_CASE("TLS goes behind a header of the PROXY protocol") {
  const certificate one("one");
  auto settings = on_loopback();
  settings.proxy_protocol = true;
  settings.trusted_proxies.push_back(*ip_address::parse("127.0.0.1"));
  tracker_server server(settings);
  REQUIRE(server.set_certificate(one.chain(), one.key()).has_value());
  REQUIRE(server.start().has_value());
  raw_client raw(server.listening().front());
  raw.send("PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n");
  tls_client tls(raw);
  const auto reply = tls.ask("GET " + announce_target(1) + " HTTP/1.1\r\nConnection: close\r\n\r\n");
  CHECK(reply.find(std::string("11:external ip4:\xc0\0\2\1", 20)) != std::string::npos);
}

TEST_CASE("a handshake that is none, or does not end, is closed") {
  const certificate one("one");
  auto settings = on_loopback();
  settings.idle_max = std::chrono::milliseconds(100);
  tracker_server server(settings);
  REQUIRE(server.set_certificate(one.chain(), one.key()).has_value());
  REQUIRE(server.start().has_value());
  raw_client silent(server.listening().front());
  raw_client half(server.listening().front());
  half.send("\x16\x03\x01");
  raw_client wrong(server.listening().front());
  wrong.send("\x16GET / HTTP/1.1\r\n\r\n");
  CHECK(silent.at_end());
  CHECK(half.at_end());
  wrong.rest();
  while (server.stats().connections > 0) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}
