#include <algorithm>
#include <array>
#include <charconv>

#include <shoal/announce/announce.hpp>

// A busy tracker writes these by the thousand a second: straight into the reply, keys as literals in sorted
// order, no allocation but the reply's own growth.

namespace shoal::announce {

namespace {

template <class Integer>
void put_number(std::string& out, Integer value) {
  std::array<char, 24> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(digits.data(), end);
}

/// `key` is already bencoded.
void put_integer(std::string& out, std::string_view key, std::uint64_t value) {
  out += key;
  out += 'i';
  put_number(out, std::min(value, std::uint64_t{0x7fffffffffffffff}));  // bencoding's readers expect 63 bits
  out += 'e';
}

void put_string(std::string& out, std::string_view key, std::string_view value) {
  out += key;
  put_number(out, value.size());
  out += ':';
  out += value;
}

void put_compact(std::string& out, const std::vector<announced_peer>& peers, bool v4, std::size_t count) {
  put_number(out, count * (v4 ? 6U : 18U));
  out += ':';
  for (const auto& peer : peers) {
    if (peer.endpoint.address.is_v4() == v4) {
      out += as_text(peer.endpoint.address.bytes());
      out += static_cast<char>(peer.endpoint.port >> 8);
      out += static_cast<char>(peer.endpoint.port & 0xff);
    }
  }
}

void put_compact_peers(std::string& out, const std::vector<announced_peer>& peers) {
  const auto v4 = static_cast<std::size_t>(std::count_if(
      peers.begin(), peers.end(), [](const announced_peer& p) { return p.endpoint.address.is_v4(); }));
  out.reserve(out.size() + 18 * peers.size() + 200);
  out += "5:peers";
  put_compact(out, peers, true, v4);
  if (v4 < peers.size()) {
    out += "6:peers6";
    put_compact(out, peers, false, peers.size() - v4);
  }
}

void put_dictionary_peers(std::string& out, const std::vector<announced_peer>& peers, bool no_peer_id) {
  out += "5:peersl";
  for (const auto& peer : peers) {
    put_string(out, "d2:ip", peer.endpoint.address.to_string());
    if (peer.id && !no_peer_id) {
      put_string(out, "7:peer id", as_text(peer.id->view()));
    }
    put_integer(out, "4:port", peer.endpoint.port);
    out += 'e';
  }
  out += 'e';
}

void put_refusal(std::string& out, std::string_view reason, std::optional<std::uint32_t> retry_in_s) {
  put_string(out, "d14:failure reason", reason);
  if (retry_in_s == never_retry) {
    out += "8:retry in5:never";
  } else if (retry_in_s) {
    const std::uint64_t minutes = (std::uint64_t{*retry_in_s} + 59) / 60;
    put_string(out, "8:retry in", std::to_string(minutes));
  }
  out += 'e';
}

}  // namespace

void write_announce_response(const announce_response& r, bool compact, bool no_peer_id, std::string& out) {
  if (!r.failure_reason.empty()) {
    put_refusal(out, r.failure_reason, r.retry_in_s);
    return;
  }
  out += 'd';
  if (r.complete) {
    put_integer(out, "8:complete", *r.complete);
  }
  if (r.external_ip) {
    put_string(out, "11:external ip", as_text(r.external_ip->bytes()));
  }
  if (r.incomplete) {
    put_integer(out, "10:incomplete", *r.incomplete);
  }
  put_integer(out, "8:interval", r.interval_s);
  if (r.min_interval_s) {
    put_integer(out, "12:min interval", *r.min_interval_s);
  }
  if (compact) {
    put_compact_peers(out, r.peers);
  } else {
    put_dictionary_peers(out, r.peers, no_peer_id);
  }
  if (!r.tracker_id.empty()) {
    put_string(out, "10:tracker id", r.tracker_id);
  }
  if (!r.warning.empty()) {
    put_string(out, "15:warning message", r.warning);
  }
  out += 'e';
}

void write_failure(std::string_view reason, std::string& out) {
  put_refusal(out, reason, std::nullopt);
}

void write_scrape_response(const std::vector<scrape_entry>& entries, std::string& out) {
  std::vector<const scrape_entry*> sorted;
  sorted.reserve(entries.size());
  for (const auto& entry : entries) {
    sorted.push_back(&entry);
  }
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) {
    return a->info_hash != b->info_hash ? a->info_hash < b->info_hash : a < b;
  });
  const auto same_hash = [](const auto* a, const auto* b) { return a->info_hash == b->info_hash; };
  sorted.erase(std::unique(sorted.begin(), sorted.end(), same_hash), sorted.end());

  out += "d5:filesd";
  for (const auto* entry : sorted) {
    put_string(out, "", as_text(entry->info_hash.view()));
    put_integer(out, "d8:complete", entry->complete);
    put_integer(out, "10:downloaded", entry->downloaded);
    put_integer(out, "10:incomplete", entry->incomplete);
    out += 'e';
  }
  out += "ee";
}

}  // namespace shoal::announce
