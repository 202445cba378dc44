#include "server/tls_identity.hpp"

#include <utility>

#include <openssl/ssl.h>

namespace shoal::server {

outcome<void> tls_identity::load(const std::string& chain_file, const std::string& key_file) {
  using boost::asio::ssl::context;
  auto made = std::make_shared<context>(context::tls_server);
  SSL_CTX_set_min_proto_version(made->native_handle(), TLS1_2_VERSION);
  SSL_CTX_set_mode(made->native_handle(), SSL_MODE_RELEASE_BUFFERS);  // idle connections take less
  error failed;
  made->use_certificate_chain_file(chain_file, failed);
  if (failed) {
    return failure{failed, chain_file};
  }
  made->use_private_key_file(key_file, context::pem, failed);
  if (failed) {
    return failure{failed, key_file};
  }
  const std::lock_guard lock(mutex_);
  current_ = std::move(made);
  return {};
}

std::shared_ptr<boost::asio::ssl::context> tls_identity::current() const {
  const std::lock_guard lock(mutex_);
  return current_;
}

}  // namespace shoal::server
