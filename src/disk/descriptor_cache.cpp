#include "disk/descriptor_cache.hpp"

#include <algorithm>

namespace shoal::disk {

descriptor_cache::descriptor_cache(std::size_t descriptors_max)
    : descriptors_max_(std::max<std::size_t>(descriptors_max, 1)) {}

shared_file descriptor_cache::find(file_index file, bool writable) {
  const std::lock_guard lock(mutex_);
  const auto found = by_file_.find(file);
  if (found == by_file_.end() || (writable && !found->second->opened->writable)) return nullptr;
  by_use_.splice(by_use_.begin(), by_use_, found->second);
  return found->second->opened;
}

void descriptor_cache::keep(file_index file, shared_file opened) {
  shared_file closed;  // after the lock: a close may wait for a network file system
  const std::lock_guard lock(mutex_);
  const auto found = by_file_.find(file);
  if (found != by_file_.end()) {
    if (opened->writable || !found->second->opened->writable) found->second->opened.swap(opened);
    closed = std::move(opened);
    by_use_.splice(by_use_.begin(), by_use_, found->second);
    return;
  }
  by_use_.push_front({file, std::move(opened)});
  by_file_.emplace(file, by_use_.begin());
  if (by_use_.size() > descriptors_max_) {
    closed = std::move(by_use_.back().opened);
    by_file_.erase(by_use_.back().file);
    by_use_.pop_back();
  }
}

void descriptor_cache::clear() {
  std::list<entry> closed;
  const std::lock_guard lock(mutex_);
  closed.swap(by_use_);
  by_file_.clear();
}

std::size_t descriptor_cache::size() const {
  const std::lock_guard lock(mutex_);
  return by_use_.size();
}

}  // namespace shoal::disk
