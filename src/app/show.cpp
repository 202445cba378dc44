// shoal show: what a torrent file or a magnet link says.

#include <algorithm>
#include <ctime>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include <shoal/base/units.hpp>
#include <shoal/session/scrape.hpp>

#include "app/command_line.hpp"
#include "app/complaint.hpp"
#include "app/fetch_metadata.hpp"
#include "app/hashing.hpp"
#include "app/swarm_plan.hpp"
#include "app/text.hpp"
#include "app/torrent_file.hpp"

namespace shoal::app {

namespace {

namespace json = boost::json;

struct show_options {
  std::string what;
  bool fetch = false;
  bool scrape = false;
  std::string save_torrent;
  std::optional<duration> patience;
  transfer_options transfer;
};

void declare_show(CLI::App& c, show_options& o) {
  c.add_option("TORRENT", o.what, "Torrent file or magnet link")->required();
  auto* fetch = c.add_flag("--fetch", o.fetch, "Fetch from peers what a magnet link leaves open");
  c.add_flag("--scrape", o.scrape, "Ask the trackers how many peers each counts")->excludes(fetch);
  c.add_option("--save-torrent", o.save_torrent, "With --fetch: write the torrent file here")
      ->type_name("PATH")
      ->needs(fetch);
  add_optional(c, "--timeout", o.patience, parse_time, "TIME",
               "Give up after so long; default 2m with --fetch, 15s with --scrape");
  c.option_defaults()->group("Network");
  add_values(c, "-a,--tracker", o.transfer.trackers, parse_tracker, "URL", "Tracker to use; repeat for more");
  add_optional(c, "--listen", o.transfer.listen, parse_listen, "ADDR:PORT",
               "Where peers reach us; default a free port");
  add_ways(c, o.transfer, "Network");
  c.footer(
      "Examples:\n  shoal show bigfile.torrent --scrape\n  shoal show --json bigfile.torrent | jq .files\n"
      "  shoal show 'magnet:?xt=urn:btih:...' --fetch --save-torrent bigfile.torrent");
}

void field(context& x, const std::string& label, const std::string& value) {
  if (!value.empty()) x.out.say(label + std::string(label.size() < 14 ? 14 - label.size() : 1, ' ') + value);
}

std::string date_text(std::int64_t seconds) {
  const auto when = static_cast<std::time_t>(seconds);
  std::tm utc{};
  char text[64];
  if (gmtime_r(&when, &utc) == nullptr) return {};
  return {text, std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S UTC", &utc)};
}

std::string joined(const std::vector<std::string>& path) {
  std::string out;
  for (const auto& part : path) {
    out += (out.empty() ? "" : "/") + part;
  }
  return printable(out);
}

json::array strings(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& s : list) {
    out.emplace_back(printable(s));
  }
  return out;
}

json::array tiers(const metainfo::tracker_tiers& list) {
  json::array out;
  for (const auto& tier : list) {
    out.emplace_back(strings(tier));
  }
  return out;
}

json::array files(const metainfo::torrent_info& t) {
  json::array out;
  for (const auto& f : t.files.files()) {
    json::object entry{{"path", t.multi_file ? joined(f.path) : printable(t.name)}, {"length", f.length}};
    if (f.padding) entry["padding"] = true;
    out.emplace_back(std::move(entry));
  }
  return out;
}

json::object as_json(const metainfo::torrent_info& t) {
  json::object out{{"name", printable(t.name)},
                   {"info_hash", hex_of(t.info_hash)},
                   {"magnet", metainfo::write_magnet(metainfo::magnet_of(t))},
                   {"bytes", t.total_bytes()},
                   {"pieces", t.piece_count()},
                   {"piece_length", t.piece_length},
                   {"private", t.is_private},
                   {"trackers", tiers(t.trackers)},
                   {"web_seeds", strings(t.web_seeds)},
                   {"comment", printable(t.comment)},
                   {"created_by", printable(t.created_by)},
                   {"creation_date", nullptr},
                   {"files", files(t)}};
  if (t.creation_date) out["creation_date"] = *t.creation_date;
  return out;
}

void show_text(context& x, const metainfo::torrent_info& t) {
  field(x, "Name", printable(t.name));
  field(x, "Content", content_summary(t));
  field(x, "Info-hash", hex_of(t.info_hash));
  for (const auto& tier : t.trackers) {
    std::string urls;
    for (const auto& url : tier) {
      urls += (urls.empty() ? "" : ", ") + printable(url);
    }
    field(x, "Tracker", urls);
  }
  for (const auto& url : t.web_seeds) {
    field(x, "Web seed", printable(url));
  }
  field(x, "Private", t.is_private ? "yes: only peers that its trackers name may join" : "");
  field(x, "Comment", printable(t.comment));
  field(x, "Created by", printable(t.created_by));
  field(x, "Created", t.creation_date ? date_text(*t.creation_date) : "");
  field(x, "Magnet link", metainfo::write_magnet(metainfo::magnet_of(t)));
  if (!t.multi_file) return;
  x.out.say("");
  const auto right = [](const std::string& text, std::size_t width) {
    return std::string(text.size() < width ? width - text.size() : 0, ' ') + text;
  };
  const auto& files = t.files.files();
  for (std::size_t i = 0; i < files.size(); ++i) {  // a file's number is what leech --files takes
    if (files[i].padding) continue;
    x.out.say(right(std::to_string(i), 6) + right(format_bytes(files[i].length), 12) + "  " +
              joined(files[i].path));
  }
}

json::object as_json(const metainfo::magnet_link& m) {
  return {{"name", printable(m.name)},           {"info_hash", hex_of(m.info_hash)},
          {"magnet", metainfo::write_magnet(m)}, {"trackers", strings(m.trackers)},
          {"web_seeds", strings(m.web_seeds)},   {"peers", strings(m.peers)}};
}

void show_text(context& x, const metainfo::magnet_link& m) {
  field(x, "Name", printable(m.name));
  field(x, "Info-hash", hex_of(m.info_hash));
  for (const auto& url : m.trackers) {
    field(x, "Tracker", printable(url));
  }
  for (const auto& url : m.web_seeds) {
    field(x, "Web seed", printable(url));
  }
  for (const auto& peer : m.peers) {
    field(x, "Peer", printable(peer));
  }
}

json::array as_json(const std::vector<tracker_counts>& scraped) {
  json::array out;
  for (const auto& t : scraped) {
    json::object entry{{"tracker", printable(t.url)}};
    if (t.counts) {
      entry["seeders"] = t.counts->complete;
      entry["leechers"] = t.counts->incomplete;
      entry["completed"] = t.counts->downloaded;
    } else {
      entry["error"] = printable(t.counts.error().message());
    }
    out.emplace_back(std::move(entry));
  }
  return out;
}

void show_text(context& x, const std::vector<tracker_counts>& scraped) {
  for (const auto& t : scraped) {
    if (!t.counts) {
      field(x, "Scrape", printable(t.counts.error().message()));
      continue;
    }
    const auto& n = *t.counts;
    field(x, "Scrape",
          printable(t.url) + ": " + std::to_string(n.complete) + " seeders, " + std::to_string(n.incomplete) +
              " leechers, completed " + std::to_string(n.downloaded) + " times");
  }
}

template <class Subject>
void present(context& x, const Subject& s, const std::vector<tracker_counts>& scraped = {}) {
  if (x.out.how() == console::style::json) {
    auto object = as_json(s);
    if (!scraped.empty()) object["scrape"] = as_json(scraped);
    x.out.object(object);
  } else {
    show_text(x, s);
    show_text(x, scraped);
  }
}

/// Of the trackers that were named, else of the torrent's own; nothing unless it is wanted.
std::vector<tracker_counts> scraped(context& x, const show_options& o, const torrent_settings& t) {
  if (!o.scrape) return {};
  std::vector<std::string> urls;
  for (const auto& tier : trackers_in_use(t)) {
    urls.insert(urls.end(), tier.begin(), tier.end());
  }
  if (urls.empty()) {
    throw complaint(exit_code::usage, name_of(t) + ": there is no tracker to ask; name one with -a");
  }
  return scrape_trackers(urls, t.info_hash().wire(), settings_of(o.transfer),
                         o.patience.value_or(std::chrono::seconds(15)), [&x] { return x.stop.requested(); });
}

exit_code verdict(const std::vector<tracker_counts>& scraped) {
  const bool heard = std::ranges::any_of(scraped, [](const auto& t) { return t.counts.has_value(); });
  return scraped.empty() || heard ? exit_code::ok : exit_code::network;
}

exit_code fetch_and_present(context& x, const show_options& o) {
  metadata_wish wish;
  wish.torrent.magnet = std::make_shared<const metainfo::magnet_link>(load_magnet(o.what));
  wish.torrent.trackers = tiers_of(o.transfer.trackers);
  wish.torrent.peers = peers_of(*wish.torrent.magnet, o.transfer.may_look_up());
  wish.torrent.peers.insert(wish.torrent.peers.end(), o.transfer.peers.begin(), o.transfer.peers.end());
  wish.session = settings_of(o.transfer);
  if (!o.transfer.listen) wish.session.listen.port = 0;
  wish.session.map_port = port_mapping_wish::off;  // nobody needs to reach us for that
  wish.patience = o.patience.value_or(std::chrono::minutes(2));
  const auto info = fetch_metadata(x, wish);
  if (!o.save_torrent.empty()) save_fetched(o.save_torrent, *info);
  present(x, *info);
  return exit_code::ok;
}

exit_code show(context& x, const show_options& o) {
  if (o.fetch && !is_magnet(o.what)) {
    throw complaint(exit_code::usage, "--fetch is for magnet links; a torrent file has everything");
  }
  if (o.fetch) return fetch_and_present(x, o);
  torrent_settings t;
  t.trackers = tiers_of(o.transfer.trackers);
  if (is_magnet(o.what)) {
    t.magnet = std::make_shared<const metainfo::magnet_link>(load_magnet(o.what));
    const auto counts = scraped(x, o, t);
    present(x, *t.magnet, counts);
    return verdict(counts);
  }
  t.info = load_torrent(o.what);
  const auto counts = scraped(x, o, t);
  present(x, *t.info, counts);
  return verdict(counts);
}

}  // namespace

void add_show(CLI::App& program, chosen_command& chosen) {
  add_command<show_options>(program, chosen, "show", "Print what a torrent file or a magnet link says.",
                            declare_show, show);
}

}  // namespace shoal::app
