// The client's side of a UDP tracker's exchange. The first byte chooses the question; then come datagrams,
// each behind a byte with its length: half of these carry the transaction id that is waited for, so that what
// is behind it is reached.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include <shoal/announce/udp_exchange.hpp>

#include "fuzz/require.hpp"

namespace {

using namespace shoal;
using namespace shoal::announce;

constexpr std::size_t transaction_at = 4, transaction_bytes = 4;

udp::exchange::question question_of(std::uint8_t chosen) {
  if ((chosen & 1) == 0) return announce_request{};
  return std::vector<sha1_digest>(1 + chosen % 80);
}

/// In a request it stands behind the connection id and the action.
std::vector<std::byte> transaction_of(const std::vector<std::byte>& request) {
  const auto from = request.begin() + 12;
  return {from, from + transaction_bytes};
}

void check(const udp::exchange::answer& answer, bool announced, std::size_t datagram_bytes) {
  if (const auto* const refused = std::get_if<udp::exchange::refusal>(&answer)) {
    require(!refused->reason.empty());
  } else if (const auto* const response = std::get_if<announce_response>(&answer)) {
    require(announced && response->failure_reason.empty() && response->peers.size() * 6 <= datagram_bytes);
  } else {
    const auto& counts = std::get<std::vector<udp::scrape_counts>>(answer);
    require(!announced && counts.size() * udp::scrape_counts_bytes <= datagram_bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  auto in = std::as_bytes(std::span(data, size)).subspan(1);
  const bool announces = (data[0] & 1) == 0;
  udp::exchange talk(question_of(data[0]), "/announce", (data[0] & 2) != 0, {}, 7);
  instant now{std::chrono::seconds(100)};
  std::vector<std::byte> request = *talk.poll(now);
  while (!in.empty()) {
    const auto told = static_cast<std::size_t>(in[0]);
    const auto part = in.subspan(1).first(std::min(told / 2, in.size() - 1));
    in = in.subspan(1 + part.size());
    std::vector<std::byte> datagram(part.begin(), part.end());
    const bool meant = told % 2 == 1 && datagram.size() >= transaction_at + transaction_bytes;
    if (meant) std::ranges::copy(transaction_of(request), datagram.begin() + transaction_at);
    if (const auto answer = talk.received(now, datagram)) {
      require(datagram.size() >= transaction_at + transaction_bytes);
      check(*answer, announces, datagram.size());
      return 0;
    }
    now += std::chrono::seconds(1);
    if (auto next = talk.poll(now)) request = std::move(*next);
    require(request.size() >= 16 && request.size() <= 2048);
  }
  return 0;
}
