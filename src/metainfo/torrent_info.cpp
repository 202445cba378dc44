#include <shoal/bencode/bencode.hpp>
#include <shoal/metainfo/torrent_info.hpp>

#include "metainfo/info_dictionary.hpp"
#include "metainfo/url_list.hpp"

namespace shoal::metainfo {

namespace {

using bencode::node_view;

/// 2^20 files take some 7 million values.
constexpr bencode::limits torrent_limits{.depth_max = 64, .values_max = 8'000'000};

std::string text(node_view node) {
  return std::string(node.string().value_or(std::string_view()));
}

void add_url(std::vector<std::string>& urls, node_view node, std::size_t& room) {
  const auto url = node.string();
  if (url && room > 0 && is_usable_url(*url)) {
    urls.emplace_back(*url);
    --room;
  }
}

/// A string or a list of strings.
std::vector<std::string> read_urls(node_view node, std::size_t& room) {
  std::vector<std::string> urls;
  add_url(urls, node, room);
  node.for_each([&](node_view entry) { add_url(urls, entry, room); });
  return urls;
}

/// BEP 12: with an "announce-list" the "announce" does not count.
tracker_tiers read_trackers(node_view torrent) {
  tracker_tiers tiers;
  std::size_t room = urls_max;
  const auto add_tier = [&](node_view node) {
    auto tier = read_urls(node, room);
    if (!tier.empty()) {
      tiers.push_back(std::move(tier));
    }
  };
  torrent["announce-list"].for_each(add_tier);
  if (tiers.empty()) {
    add_tier(torrent["announce"]);
  }
  return tiers;
}

void write_urls(bencode::writer& out, const std::vector<std::string>& urls) {
  out.begin_list();
  for (const auto& url : urls) {
    out.string(url);
  }
  out.end();
}

void write_trackers(bencode::writer& out, const tracker_tiers& tiers) {
  if (tiers.empty()) {
    return;
  }
  out.key("announce").string(tiers.front().front());
  if (tiers.size() == 1 && tiers.front().size() == 1) {
    return;
  }
  out.key("announce-list").begin_list();
  for (const auto& tier : tiers) {
    write_urls(out, tier);
  }
  out.end();
}

}  // namespace

result<torrent_info> parse_torrent(byte_view bytes) {
  const auto document = bencode::document::parse(bytes, torrent_limits);
  if (!document) {
    return errc::not_bencoded;
  }
  const auto root = document->root();
  auto t = read_info(root["info"]);
  if (!t) {
    return t;
  }
  t->trackers = read_trackers(root);
  std::size_t room = urls_max;
  t->web_seeds = read_urls(root["url-list"], room);
  t->comment = text(root["comment"]);
  t->created_by = text(root["created by"]);
  t->creation_date = root["creation date"].integer();
  return t;
}

result<torrent_info> parse_info(byte_view info_bytes) {
  const auto document = bencode::document::parse(info_bytes, torrent_limits);
  if (!document) {
    return errc::not_bencoded;
  }
  return read_info(document->root());
}

std::string write_torrent(const torrent_info& t) {
  std::string text;
  text.reserve(t.info_bytes.size() + 1000);
  bencode::writer out(text);
  out.begin_dictionary();
  write_trackers(out, t.trackers);
  if (!t.comment.empty()) {
    out.key("comment").string(t.comment);
  }
  if (!t.created_by.empty()) {
    out.key("created by").string(t.created_by);
  }
  if (t.creation_date) {
    out.key("creation date").integer(*t.creation_date);
  }
  out.key("info").raw(as_text(t.info_bytes));
  if (!t.web_seeds.empty()) {
    out.key("url-list");
    write_urls(out, t.web_seeds);
  }
  out.end();
  return text;
}

}  // namespace shoal::metainfo
