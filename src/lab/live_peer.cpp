#include "lab/live_peer.hpp"

#include <boost/json/parse.hpp>

namespace shoal::lab {

namespace json = boost::json;

namespace {

std::uint64_t bytes_of(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  json::error_code ec;
  const auto n = v != nullptr && v->is_number() ? v->to_number<std::uint64_t>(ec) : 0;
  return ec ? 0 : n;
}

std::string text_of(const json::object& o, std::string_view key) {
  const auto* v = o.if_contains(key);
  return v != nullptr && v->is_string() ? std::string(v->get_string()) : std::string();
}

}  // namespace

void live_peer::heard(const std::string& line, double now_s) {
  json::error_code ec;
  const auto document = json::parse(line, ec);
  if (ec || !document.is_object()) return;
  const auto& fields = document.get_object();
  const auto event = text_of(fields, "event");
  const auto count = [&](const json::object& o) {
    given_ = std::max(given_, bytes_of(o, "uploaded"));
    taken_ = std::max(taken_, bytes_of(o, "downloaded"));
    done_ = std::max(done_, bytes_of(o, "bytes_done"));
  };
  if (event == "started") {
    joined_s_ = now_s;
    announce_url_ = text_of(fields, "announce_url");
  } else if (event == "progress") {
    count(fields);
    wasted_ = std::max(wasted_, bytes_of(fields, "wasted"));
  } else if (event == "complete" && joined_s_ && !completed_s_) {
    const auto* seconds = fields.if_contains("seconds");
    const auto took =
        seconds != nullptr && seconds->is_number() ? seconds->to_number<double>() : now_s - *joined_s_;
    completed_s_ = *joined_s_ + took;
    done_ = std::max(done_, bytes_of(fields, "bytes"));
    given_when_complete_ = given_;
  } else if (event == "stopped") {
    const auto* list = fields.if_contains("torrents");
    if (list == nullptr || !list->is_array() || list->get_array().empty()) return;
    const auto* torrent = list->get_array().front().if_object();
    if (torrent == nullptr) return;
    count(*torrent);
    const auto* ledger = torrent->if_contains("ledger");
    if (ledger == nullptr || !ledger->is_array()) return;
    for (const auto& v : ledger->get_array()) {
      if (const auto* row = v.if_object()) {
        auto& e = ledger_[text_of(*row, "address")];
        e.given += bytes_of(*row, "uploaded");
        e.taken += bytes_of(*row, "downloaded");
      }
    }
  }
}

}  // namespace shoal::lab
