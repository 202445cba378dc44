#include "session/torrent_table.hpp"

#include <malloc.h>
#include <utility>

#include <shoal/wire/encryption.hpp>

namespace shoal {

namespace {

constexpr std::size_t beginning_max = 32;
constexpr std::size_t many = 100;

}  // namespace

outcome<torrent_id> torrent_table::add(torrent_settings t) {
  if (!t.info && !t.magnet) {
    return failure{make_error_code(boost::system::errc::invalid_argument), "neither metadata nor a link"};
  }
  const std::lock_guard lock(mutex_);
  const auto wire_hash = t.info_hash().wire();
  if (by_hash_.contains(wire_hash)) {
    return failure{make_error_code(boost::system::errc::file_exists), t.info ? t.info->name : t.magnet->name};
  }
  const torrent_id id(static_cast<std::uint32_t>(runners_.size()));
  auto* const runner =
      runners_.emplace_back(std::make_unique<torrent_runner>(id, std::move(t), services_, chance_.next()))
          .get();
  by_hash_[wire_hash] = runner;
  by_obfuscated_[wire::mse::obfuscated(wire_hash)] = runner;
  begin_some();
  return id;
}

/// Under the mutex.
void torrent_table::begin_some() {
  while (beginning_ < beginning_max && begun_ < runners_.size()) {
    ++beginning_;
    runners_[begun_++]->begin();
  }
}

void torrent_table::begin_next() {
  const std::lock_guard lock(mutex_);
  --beginning_;
  begin_some();
  // What the start of many took lies free among what stays. The allocator gives none of it back by itself.
  if (beginning_ == 0 && begun_ - begun_when_tidy_ >= many) {
    begun_when_tidy_ = begun_;
    net::asio::post(services_.context, [] { ::malloc_trim(0); });
  }
}

torrent_runner* torrent_table::find(torrent_id id) const {
  const std::lock_guard lock(mutex_);
  return id.value() < runners_.size() ? runners_[id.value()].get() : nullptr;
}

torrent_runner* torrent_table::find(const sha1_digest& wire_hash) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_hash_.find(wire_hash);
  return found != by_hash_.end() ? found->second : nullptr;
}

std::optional<sha1_digest> torrent_table::torrent_of(const sha1_digest& obfuscated) const {
  const std::lock_guard lock(mutex_);
  const auto found = by_obfuscated_.find(obfuscated);
  return found != by_obfuscated_.end() ? std::optional(found->second->hash().wire()) : std::nullopt;
}

bool torrent_table::empty() const {
  const std::lock_guard lock(mutex_);
  return runners_.empty();
}

std::vector<torrent_runner*> torrent_table::all() const {
  const std::lock_guard lock(mutex_);
  std::vector<torrent_runner*> out;
  out.reserve(runners_.size());
  for (const auto& runner : runners_) {
    out.push_back(runner.get());
  }
  return out;
}

}  // namespace shoal
