#pragma once
// What goes out on an encrypted connection: bytes of the outbox, copied and encrypted in bunches. Once a byte
// is encrypted its place in the stream is fixed, so a bunch is sent to its end before the outbox is asked
// again; it holds no more than a link without encryption may have in the kernel's hands anyway.

#include <cstddef>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/wire/encryption.hpp>

#include "net/outbox.hpp"

namespace shoal::net {

class sealed_writer {
 public:
  static constexpr std::size_t bunch_bytes_max = 256 * 1024;

  explicit sealed_writer(wire::mse::rc4 cipher) : cipher_(std::move(cipher)) {}

  bool empty() const { return sent_ == bunch_.size(); }
  /// Takes the next bunch; only when `empty`. Its bytes count as sent in the outbox.
  void fill(outbox& out);
  byte_view rest() const { return byte_view(bunch_).subspan(sent_); }
  /// `n` bytes of `rest` are out. What of the outbox has gone is told with a bunch's last byte.
  outbox::progress sent(std::size_t n);

 private:
  wire::mse::rc4 cipher_;
  std::vector<std::byte> bunch_;
  std::size_t sent_ = 0;
  outbox::progress taken_;
};

}  // namespace shoal::net
