#pragma once
// The certificate that the tracker shows, which may be changed while it runs. Thread-safe.

#include <memory>
#include <mutex>
#include <string>

#include <boost/asio/ssl/context.hpp>

#include <shoal/base/result.hpp>

namespace shoal::server {

class tls_identity {
 public:
  /// A chain of certificates, its own first, and its private key, both PEM. New connections show it from now
  /// on; after a failure, the one before.
  outcome<void> load(const std::string& chain_file, const std::string& key_file);
  /// For one connection; nullptr when there is none.
  std::shared_ptr<boost::asio::ssl::context> current() const;

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<boost::asio::ssl::context> current_;  // guarded by mutex_
};

}  // namespace shoal::server
