#include "server/admission.hpp"

#include <mutex>
#include <utility>

namespace shoal::server {

void admission::serve(torrents_served which, registry::info_hash_list list) {
  const std::lock_guard lock(mutex_);
  list_ = std::move(list);
  which_ = which;
}

std::string_view admission::refusal(const sha1_digest& info_hash) const {
  if (which_.load(std::memory_order_relaxed) == torrents_served::all) {
    return {};
  }
  const std::shared_lock lock(mutex_);
  const bool is_served = list_.contains(info_hash) == (which_ == torrents_served::listed);
  return is_served ? std::string_view() : "this tracker does not serve this torrent";
}

}  // namespace shoal::server
