#include "app/options.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "app/help.hpp"
#include "app/text.hpp"

namespace shoal::app {

namespace {

parsed<std::string> parse_level(std::string_view text) {
  for (const auto* level : {"trace", "debug", "info", "warn", "error", "off"}) {
    if (text == level) return {level, {}};
  }
  return {std::nullopt, "'" + printable(text) + "' is no level; use trace, debug, info, warn, error or off"};
}

parsed<std::string> parse_file(std::string_view text) {
  std::error_code ec;
  if (std::filesystem::is_regular_file(std::filesystem::path(text), ec)) return {std::string(text), {}};
  return {std::nullopt, "'" + printable(text) + "' is no file; check the path"};
}

/// As the kernel names them; whether it has this one shows when the session starts.
parsed<std::string> parse_congestion(std::string_view text) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  };
  if (!text.empty() && text.size() < 16 && std::all_of(text.begin(), text.end(), fits))
    return {std::string(text), {}};
  return {std::nullopt,
          "'" + printable(text) +
              "' is no congestion control; see sysctl net.ipv4.tcp_available_congestion_control"};
}

parsed<std::shared_ptr<const peer::address_filter>> parse_ip_filter(std::string_view path) {
  std::ifstream in{std::filesystem::path(path), std::ios::binary};
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  if (!in) return {std::nullopt, "'" + printable(path) + "' cannot be read; check the path"};
  auto filter = peer::address_filter::parse(text);
  // Half a list that is taken for a whole one would let in those whom the user means to keep out.
  if (filter.bad_lines() > 0) {
    return {std::nullopt,
            "'" + printable(path) + "' line " + std::to_string(filter.first_bad_line()) +
                " is no range of addresses; write CIDR, FIRST-LAST, NAME:FIRST-LAST or dat lines"};
  }
  return {std::make_shared<const peer::address_filter>(std::move(filter)), {}};
}

parsed<wire::mse::policy> parse_encryption(std::string_view text) {
  using wire::mse::policy;
  constexpr std::pair<std::string_view, policy> words[] = {{"off", policy::off},
                                                           {"allow", policy::allow},
                                                           {"prefer", policy::prefer},
                                                           {"require", policy::require}};
  for (const auto& [word, meaning] : words) {
    if (text == word) return {meaning, {}};
  }
  return {std::nullopt, "'" + printable(text) + "' is none of: off, allow, prefer, require"};
}

parsed<net::route> parse_bind(std::string_view text) {
  if (const auto by = net::route_of(text)) return {*by, {}};
  return {std::nullopt,
          "'" + printable(text) + "' is no address or network interface of this machine; see: ip address"};
}

parsed<port_mapping_wish> parse_nat(std::string_view text) {
  if (text == "on") return {port_mapping_wish::on, {}};
  if (text == "off") return {port_mapping_wish::off, {}};
  return {std::nullopt, "'" + printable(text) + "' is none of: on, off"};
}

/// The text may hold a password, so it is not repeated.
parsed<net::proxy> parse_proxy(std::string_view text) {
  if (const auto p = net::parse_proxy(text)) return {*p, {}};
  return {std::nullopt, make_error_code(net::proxy_errc::bad_url).message()};
}

}  // namespace

void add_common(CLI::App& c, common_options& o) {
  c.option_defaults()->group("General");
  c.add_flag("--json", o.json, "One JSON object a line on standard output");
  add_value(c, "--log-level", o.log_level, parse_level, "LEVEL",
            "trace, debug, info, warn (default), error, off; to stderr");
  c.set_version_flag("--version", "shoal " SHOAL_VERSION, "Print the version")->group("General");
  c.set_help_flag("-h,--help", "Print this help")->group("General");
}

void add_transfer(CLI::App& c, transfer_options& o) {
  c.set_help_all_flag("--help-all", "Print these and the finer options")->group("General");
  c.option_defaults()->group("Network");
  add_values(c, "-a,--tracker", o.trackers, parse_tracker, "URL", "Tracker to use; repeat for more");
  add_optional(c, "--listen", o.listen, parse_listen, "ADDR:PORT",
               "Where peers reach us; default [::]:6881, else a free port");
  add_ways(c, o, std::string(finer_options));
  add_value(c, "--max-up", o.up_max, parse_size, "RATE", "Upload at most this fast, such as 8MiB (a second)");
  add_value(c, "--max-down", o.down_max, parse_size, "RATE", "Download at most this fast");
  add_value(c, "--encryption", o.encryption, parse_encryption, "HOW",
            "off, allow (default), prefer or require it between peers");
  c.option_defaults()->group(std::string(finer_options));
  c.add_flag("--announce-all", o.announce_all, "Announce to every tracker, not to the first that answers");
  c.add_flag("--no-lsd", o.no_local_discovery, "Do not look for peers in the own network by multicast");
  add_value(c, "--nat", o.map_port, parse_nat, "HOW",
            "on, off: have the router let callers in; default if one is there");
  add_value(c, "--ip-filter", o.ip_filter, parse_ip_filter, "FILE",
            "Speak with no peer that it lists: CIDR, ranges, p2p or dat lines");
  add_value(c, "--near", o.near, parse_near, "BITS[,BITS]",
            "Fetch what our network of so many bits lacks once for all of it");
  add_value(c, "--max-peers", o.peers_max, parse_count, "N", "Connections a torrent; default 200");
  add_value(c, "--max-uploads", o.uploads_max, parse_count, "N", "Peers served at once; default by the rate");
  add_value(c, "--threads", o.threads, parse_count, "N", "Network threads at most; default one a core");
  add_value(c, "--congestion", o.congestion, parse_congestion, "NAME",
            "TCP congestion control, such as cubic or bbr");
}

void add_ways(CLI::App& c, transfer_options& o, const std::string& group) {
  add_value(c, "--bind", o.bind, parse_bind, "FROM", "Leave by this address or network interface only")
      ->group(group);
  add_optional(c, "--proxy", o.proxy, parse_proxy, "URL",
               "Only by this proxy: socks5:// or http://[USER:PASS@]HOST:PORT")
      ->group(group);
  add_value(c, "--ca-file", o.ca_file, parse_file, "PEM", "Trust these authorities too, for https URLs")
      ->group(group);
  // Options are taken in the order in which they are declared, so whether there is a proxy is known here.
  c.add_option_function<std::vector<std::string>>(
       "--peer",
       [&o](const std::vector<std::string>& texts) {
         for (const auto& text : texts) {
           const auto p = parse_peer(text, o.may_look_up());
           if (!p.value) throw CLI::ValidationError("--peer", p.objection);
           o.peers.push_back(*p.value);
         }
       },
       "Try this peer as well; repeat for more")
      ->type_name("ADDR:PORT")
      ->allow_extra_args(false);
}

}  // namespace shoal::app
