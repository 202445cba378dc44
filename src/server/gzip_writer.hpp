#pragma once
// Text into a gzip stream (RFC 1952), as it comes.

#include <memory>
#include <string>
#include <string_view>

namespace shoal::server {

class gzip_writer {
 public:
  gzip_writer();
  ~gzip_writer();
  gzip_writer(const gzip_writer&) = delete;
  gzip_writer& operator=(const gzip_writer&) = delete;

  /// Appends what it makes of `text` to `out`, perhaps nothing yet; after the `last` text, all.
  void write(std::string_view text, bool last, std::string& out);

 private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Whether a client takes gzip, by its Accept-Encoding field (RFC 9110, 12.5.3).
bool takes_gzip(std::string_view accept_encoding);

}  // namespace shoal::server
