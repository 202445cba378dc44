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

void put_packed_peers(std::string& out, byte_view v4, byte_view v6) {
  put_string(out, "5:peers", as_text(v4));
  if (!v6.empty()) {
    put_string(out, "6:peers6", as_text(v6));
  }
}

/// Those of one family, as BEP 23 and BEP 7 pack them.
std::vector<std::byte> packed(const std::vector<announced_peer>& peers, bool v4) {
  std::vector<std::byte> bytes;
  byte_writer out(bytes);
  for (const auto& peer : peers) {
    if (peer.endpoint.address.is_v4() == v4) {
      out.bytes(peer.endpoint.address.bytes());
      out.u16(peer.endpoint.port);
    }
  }
  return bytes;
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

/// The keys before those of the peers.
void put_head(const announce_response& r, std::string& out) {
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
}

/// The keys behind those of the peers.
void put_tail(const announce_response& r, std::string& out) {
  if (!r.tracker_id.empty()) {
    put_string(out, "10:tracker id", r.tracker_id);
  }
  if (!r.warning.empty()) {
    put_string(out, "15:warning message", r.warning);
  }
  out += 'e';
}

}  // namespace

void write_announce_response(const announce_response& r, bool compact, bool no_peer_id, std::string& out) {
  if (!r.failure_reason.empty()) {
    put_refusal(out, r.failure_reason, r.retry_in_s);
  } else if (compact) {
    write_packed_response(r, packed(r.peers, true), packed(r.peers, false), out);
  } else {
    put_head(r, out);
    put_dictionary_peers(out, r.peers, no_peer_id);
    put_tail(r, out);
  }
}

void write_packed_response(const announce_response& r, byte_view v4, byte_view v6, std::string& out) {
  out.reserve(out.size() + v4.size() + v6.size() + 200);
  put_head(r, out);
  put_packed_peers(out, v4, v6);
  put_tail(r, out);
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

  out += scrape_response_head;
  for (const auto* entry : sorted) {
    write_scrape_entry(*entry, out);
  }
  out += scrape_response_tail;
}

void write_scrape_entry(const scrape_entry& entry, std::string& out) {
  put_string(out, "", as_text(entry.info_hash.view()));
  put_integer(out, "d8:complete", entry.complete);
  put_integer(out, "10:downloaded", entry.downloaded);
  put_integer(out, "11:downloaders", entry.incomplete - std::min(entry.incomplete, entry.partial_seeds));
  put_integer(out, "10:incomplete", entry.incomplete);
  out += 'e';
}

}  // namespace shoal::announce
