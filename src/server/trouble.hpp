#pragma once
// Tells the log of a lasting trouble with the store once, until it is over.

#include <string>
#include <string_view>
#include <utility>

#include <spdlog/spdlog.h>

namespace shoal::server {

class trouble {
 public:
  /// `meanwhile`: what the tracker does as long as it lasts.
  explicit trouble(std::string_view meanwhile) : meanwhile_(meanwhile) {}

  void met(const std::string& what) {
    if (!std::exchange(told_, true)) {
      spdlog::warn("store: {}; {}", what, meanwhile_);
    }
  }
  void over() {
    if (std::exchange(told_, false)) {
      spdlog::warn("store: all is well again");
    }
  }

 private:
  std::string_view meanwhile_;
  bool told_ = false;
};

}  // namespace shoal::server
