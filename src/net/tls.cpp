#include "net/tls.hpp"

#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include <shoal/base/endpoint.hpp>
#include <shoal/net/http_client.hpp>

namespace shoal::net {

namespace {

class certificate_errors final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "certificate"; }
  std::string message(int value) const override {
    return std::string("the server's certificate is not trusted: ") + X509_verify_cert_error_string(value) +
           " (a private authority can be added)";
  }
};

/// Whom the certificate must name. True when OpenSSL took it.
bool expect_host(SSL* ssl, const std::string& host) {
  X509_VERIFY_PARAM* const expected = SSL_get0_param(ssl);
  if (ip_address::parse(host)) {
    return X509_VERIFY_PARAM_set1_ip_asc(expected, host.c_str()) == 1;
  }
  X509_VERIFY_PARAM_set_hostflags(expected, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return X509_VERIFY_PARAM_set1_host(expected, host.data(), host.size()) == 1 &&
         SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                  const_cast<char*>(host.c_str())) == 1;
}

}  // namespace

const boost::system::error_category& certificate_category() {
  static const certificate_errors it;
  return it;
}

result<asio::ssl::context> client_tls(const std::string& extra_ca_file) {
  asio::ssl::context context(asio::ssl::context::tls_client);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  context.set_verify_mode(asio::ssl::verify_peer);
  error ignored;  // without the system's authorities the handshake fails, and says so
  context.set_default_verify_paths(ignored);
  if (!extra_ca_file.empty()) {
    error failed;
    context.load_verify_file(extra_ca_file, failed);
    if (failed) {
      return failed;
    }
  }
  return context;
}

awaitable<error> shake_hands_as_client(tls_stream& stream, std::string host) {
  if (!expect_host(stream.native_handle(), host)) {
    co_return make_error_code(http_errc::bad_url);
  }
  const auto [failed] = co_await stream.async_handshake(asio::ssl::stream_base::client, use_tuple);
  if (failed) {
    const long verdict = SSL_get_verify_result(stream.native_handle());
    if (verdict != X509_V_OK) {
      co_return error(static_cast<int>(verdict), certificate_category());
    }
  }
  co_return failed;
}

}  // namespace shoal::net
