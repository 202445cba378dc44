#include <algorithm>
#include <utility>

#include <shoal/announce/udp_exchange.hpp>

namespace shoal::announce::udp {

namespace {

constexpr duration patience = std::chrono::seconds(15);
/// BEP 15: "n starts at 0 and is increased up to 8".
constexpr int doublings_max = 8;

}  // namespace

exchange::exchange(question asked, std::string url_data, bool v6, std::optional<connection> known,
                   std::uint64_t seed)
    : question_(std::move(asked)),
      url_data_(std::move(url_data)),
      v6_(v6),
      connection_(known),
      chance_(seed) {}

std::vector<std::byte> exchange::ask() const {
  if (const auto* const torrents = std::get_if<std::vector<sha1_digest>>(&question_)) {
    return scrape_datagram(connection_->id, transaction_id_, *torrents);
  }
  return announce_datagram(connection_->id, transaction_id_, std::get<announce_request>(question_),
                           url_data_);
}

std::optional<std::vector<std::byte>> exchange::poll(instant now) {
  if (sent_ > 0 && now < send_again_at_) {
    return std::nullopt;
  }
  if (connection_ && !connection_->usable(now)) {
    connection_.reset();
  }
  connecting_ = !connection_;
  transaction_id_ = static_cast<std::uint32_t>(chance_.next() >> 32);
  send_again_at_ = now + patience * (std::int64_t{1} << std::min(sent_++, doublings_max));
  return connecting_ ? connect_datagram(transaction_id_) : ask();
}

std::optional<exchange::answer> exchange::received(instant now, byte_view datagram) {
  if (sent_ == 0) {
    return std::nullopt;
  }
  auto parsed = parse_reply(datagram, v6_);
  const bool ours =
      parsed && std::visit([&](const auto& r) { return r.transaction_id == transaction_id_; }, *parsed);
  if (!ours) {
    return std::nullopt;
  }
  if (const auto* const connected = std::get_if<connect_reply>(&*parsed);
      connected != nullptr && connecting_) {
    connection_ = connection{connected->connection_id, now};
    sent_ = 0;  // the question goes out at the next `poll`
    return std::nullopt;
  }
  const bool announces = std::holds_alternative<announce_request>(question_);
  if (auto* const announced = std::get_if<announce_reply>(&*parsed);
      announced != nullptr && !connecting_ && announces) {
    return std::move(announced->response);
  }
  if (auto* const scraped = std::get_if<scrape_reply>(&*parsed);
      scraped != nullptr && !connecting_ && !announces) {
    return std::move(scraped->entries);
  }
  if (auto* const refused = std::get_if<error_reply>(&*parsed)) {
    connection_.reset();  // a tracker that has forgotten the connection id refuses it
    return refusal{refused->message.empty() ? "the tracker gives no reason" : std::move(refused->message)};
  }
  return std::nullopt;
}

}  // namespace shoal::announce::udp
