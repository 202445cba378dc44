// The HTTP tracker protocol, read as a client and as a tracker: each input is tried as every message, and
// what was read, written again, reads the same.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include <shoal/announce/announce.hpp>

#include "fuzz/require.hpp"

namespace {

using namespace shoal;
using namespace shoal::announce;

std::string query_of(const std::string& url) {
  const auto mark = url.find('?');
  return mark == std::string::npos ? std::string() : url.substr(mark + 1);
}

void check_reply(byte_view body) {
  const auto reply = parse_announce_response(body);
  if (!reply) {
    return;
  }
  require(reply->peers.size() <= 10'000);
  require(std::all_of(reply->peers.begin(), reply->peers.end(),
                      [](const auto& p) { return p.endpoint.port != 0; }));
  std::string dictionaries;
  write_announce_response(*reply, false, false, dictionaries);
  require(parse_announce_response(as_bytes(dictionaries)).value() == *reply);

  // The packed form has no ids, and IPv4 first.
  auto packable = *reply;
  packable.peers.clear();
  for (const bool v4 : {true, false}) {
    for (const auto& peer : reply->peers) {
      if (peer.endpoint.address.is_v4() == v4) {
        packable.peers.push_back({peer.endpoint, std::nullopt});
      }
    }
  }
  std::string packed;
  write_announce_response(packable, true, false, packed);
  require(parse_announce_response(as_bytes(packed)).value() == packable);
}

void check_query(std::string_view query) {
  if (const auto request = parse_announce_query(query)) {
    const auto again = parse_announce_query(query_of(announce_url("http://t/announce?k=v", *request)));
    require(again.has_value() && *again == *request);
  }
  if (const auto hashes = parse_scrape_query(query)) {
    require(hashes->size() <= 100);
    const auto url = scrape_url("http://t/announce", *hashes);
    require(url.has_value() && parse_scrape_query(query_of(*url)).value() == *hashes);
  }
}

void check_scrape(byte_view body) {
  const auto entries = parse_scrape_response(body);
  if (!entries) {
    return;
  }
  const auto by_hash = [](const scrape_entry& a, const scrape_entry& b) { return a.info_hash < b.info_hash; };
  std::vector<scrape_entry> unique;
  for (const auto& entry : *entries) {
    const bool seen = std::any_of(unique.begin(), unique.end(),
                                  [&](const scrape_entry& e) { return e.info_hash == entry.info_hash; });
    if (!seen) {
      unique.push_back(entry);
    }
  }
  std::sort(unique.begin(), unique.end(), by_hash);
  std::string text;
  write_scrape_response(*entries, text);
  require(parse_scrape_response(as_bytes(text)).value() == unique);
}

/// As somebody's tracker URL: it must not be read beyond its end.
void check_url(std::string_view url) {
  announce_request request;
  require(announce_url(url, request).find("info_hash=") != std::string::npos);
  if (const auto scrape = scrape_url(url, {})) {
    require(scrape->find("/scrape") != std::string::npos);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto input = std::as_bytes(std::span(data, size));
  check_reply(input);
  check_scrape(input);
  check_query(as_text(input));
  check_url(as_text(input));
  return 0;
}
