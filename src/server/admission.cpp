#include "server/admission.hpp"

#include <algorithm>
#include <mutex>
#include <utility>

namespace shoal::server {

void admission::serve(torrents_served which, registry::info_hash_list list) {
  const std::lock_guard lock(mutex_);
  list_ = std::move(list);
  which_ = which;
}

void admission::require_passkeys(registry::passkey_list keys) {
  const std::lock_guard lock(mutex_);
  passkeys_ = std::make_shared<registry::passkey_list>(std::move(keys));
  asks_ = true;
}

void admission::require_tokens(token_keys keys) {
  const std::lock_guard lock(mutex_);
  tokens_ = std::move(keys);
  asks_ = true;
}

std::string_view admission::refusal(std::span<const sha1_digest> info_hashes, const credentials& shown,
                                    std::uint64_t unix_now_s) const {
  std::shared_lock lock(mutex_);
  const auto passkeys = passkeys_;
  const auto tokens = tokens_;
  lock.unlock();
  if (passkeys && passkeys->contains(shown.passkey)) {
    return {};
  }
  const bool is_token_in_path = shown.passkey.find('.') != std::string_view::npos;
  const std::string_view token = !shown.token.empty() || !is_token_in_path ? shown.token : shown.passkey;
  if (tokens && !token.empty()) {
    const auto verdict = tokens->check(token, unix_now_s);
    if (!verdict.refusal.empty()) {
      return verdict.refusal;
    }
    const bool is_for_these = std::all_of(info_hashes.begin(), info_hashes.end(),
                                          [&](const sha1_digest& h) { return h == verdict.info_hash; });
    return is_for_these && !info_hashes.empty() ? std::string_view() : "the token is for another torrent";
  }
  if (!passkeys) {
    return tokens ? "the announce URL lacks a token" : std::string_view();
  }
  return shown.passkey.empty() ? "the announce URL lacks a passkey" : "the passkey is not known";
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
