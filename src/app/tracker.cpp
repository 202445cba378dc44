// shoal tracker: introduces peers to one another.

#include <condition_variable>
#include <mutex>
#include <unistd.h>

#include <shoal/base/units.hpp>

#include "app/access_files.hpp"
#include "app/command_line.hpp"
#include "app/complaint.hpp"
#include "app/file_watch.hpp"
#include "app/help.hpp"
#include "app/json_options.hpp"
#include "app/service_manager.hpp"
#include "app/text.hpp"
#include "app/tracker_host.hpp"

namespace shoal::app {

namespace {

using namespace std::chrono_literals;

struct tracker_options {
  std::vector<endpoint> listen;
  duration interval = 120s;
  std::uint32_t threads = 1;
  std::uint32_t peers_max = 200;
  std::uint32_t connections_max = 10'000;
  std::uint32_t swarms_kept_max = 2'000'000;
  std::uint32_t peers_kept_max = 10'000'000;
  std::uint64_t bytes_kept_max = 0;
  std::uint32_t requests_per_s_max = 0;
  std::vector<ip_address> trusted_proxies;
  access_files access;
  std::string snapshot;
  std::optional<server::redis_address> store;
  bool store_passkeys = false;
  bool proxy_protocol = false;
  near_prefix near;
  bool follow_keys = false;
  bool full_scrape = false;
  bool check_config = false;
};

parsed<ip_address> parse_address(std::string_view text) {
  if (const auto address = ip_address::parse(text)) return {address, {}};
  return {std::nullopt, "'" + printable(text) + "' is no address, such as 10.0.0.1"};
}

parsed<server::redis_address> parse_store(std::string_view text) {
  if (auto address = server::redis_address::parse(text)) return {std::move(address), {}};
  return {std::nullopt, "it is no address such as redis://10.0.0.1:6379/0"};  // and may have a password
}

void declare_access(CLI::App& c, tracker_options& o) {
  auto* const allow = c.add_option("--allow", o.access.allow,
                                   "Serve only the info-hashes in this file; read again when it changes");
  c.add_option("--deny", o.access.deny, "Serve all but the info-hashes in this file")
      ->type_name("FILE")
      ->excludes(allow);
  allow->type_name("FILE");
  auto* const passkeys = c.add_option("--passkeys", o.access.passkeys,
                                      "Serve only /PASSKEY/announce with one in this file; read again too");
  passkeys->type_name("FILE");
  c.add_flag("--store-passkeys", o.store_passkeys,
             "Serve only /PASSKEY/announce with one of the store's set shoal:passkeys")
      ->needs("--store")
      ->excludes(passkeys);
  c.add_option("--token-key", o.access.token_keys,
               "Serve only who shows a JWT that these public keys vouch for")
      ->type_name("PEM");
  auto* const certificate =
      c.add_option("--tls-cert", o.access.certificate,
                   "Answer HTTPS too, on the same port, with this chain; read again too");
  auto* const key = c.add_option("--tls-key", o.access.private_key, "The certificate's private key");
  certificate->type_name("PEM")->needs(key);
  key->type_name("PEM")->needs(certificate);
}

void declare_fine(CLI::App& c, tracker_options& o) {
  c.option_defaults()->group(std::string(finer_options));
  add_value(c, "--max-reply", o.peers_max, parse_count, "N", "Peers told in one reply at most; default 200");
  add_value(c, "--max-connections", o.connections_max, parse_count, "N",
            "Connections open at once; default 10000");
  add_value(c, "--max-swarms", o.swarms_kept_max, parse_count, "N",
            "Torrents known at once; default 2000000");
  add_value(c, "--max-peers", o.peers_kept_max, parse_count, "N",
            "Peers known at once; default 10000000 (11 bytes each, IPv6 27)");
  add_value(c, "--max-memory", o.bytes_kept_max, parse_size, "SIZE",
            "Memory for torrents and peers; default no limit but these");
  c.add_flag("--proxy-protocol", o.proxy_protocol, "Those proxies speak the PROXY protocol, version 1 or 2")
      ->needs("--trusted-proxy");
  c.add_flag("--follow-keys", o.follow_keys, "Take a peer that moves, by its key, for one; 50 bytes a peer");
}

void declare_tracker(CLI::App& c, tracker_options& o) {
  c.set_help_all_flag("--help-all", "Print these and the finer options")->group("General");
  add_config_file(c);
  add_values(c, "--listen", o.listen, parse_listen, "ADDR:PORT",
             "Where peers announce; default [::]:6969; repeat for more");
  add_value(c, "--interval", o.interval, parse_time, "TIME", "How often peers shall announce; default 120s");
  add_value(c, "--threads", o.threads, parse_count, "N", "Threads; default 1");
  add_value(c, "--near", o.near, parse_near, "BITS[,BITS]",
            "Tell peers mostly of those near: in one network of so many bits");
  add_value(c, "--max-rate", o.requests_per_s_max, parse_count, "N",
            "Requests a second from one address (IPv6: /64); default no limit");
  c.add_option("--snapshot", o.snapshot, "Keep the swarms in this file between two runs")->type_name("FILE");
  add_optional(c, "--store", o.store, parse_store, "URL",
               "Share the swarms with other trackers through redis://HOST:PORT");
  declare_access(c, o);
  add_values(c, "--trusted-proxy", o.trusted_proxies, parse_address, "ADDR",
             "Believe its X-Forwarded-For; repeat for more");
  c.add_flag("--full-scrape", o.full_scrape, "Tell everything about all swarms to who asks");
  c.add_flag("--check-config", o.check_config, "Only say whether the options and files are right");
  declare_fine(c, o);
  c.footer(
      "HTTP and UDP are answered on the same port number: -a udp://... works as well.\n"
      "\nExample:\n"
      "  shoal tracker --listen 10.0.0.1:6969\n"
      "  shoal seed bigfile -a http://10.0.0.1:6969/announce\n"
      "Statistics as JSON: curl http://10.0.0.1:6969/stats");
}

server::tracker_settings settings_of(const tracker_options& o) {
  server::tracker_settings s;
  s.listen = o.listen;
  s.inherited = take_inherited_sockets();
  if (s.listen.empty() && s.inherited.empty()) s.listen.push_back({ip_address::v6({}), 6969});
  s.threads = o.threads;
  s.connections_max = o.connections_max;
  s.full_scrape = o.full_scrape;
  s.snapshot = o.snapshot;
  s.store = o.store;
  s.store_passkeys = o.store_passkeys;
  s.proxy_protocol = o.proxy_protocol;
  s.table.follow_keys = o.follow_keys;
  s.table.near = o.near;
  s.requests_per_s_max = o.requests_per_s_max;
  s.trusted_proxies = o.trusted_proxies;
  s.table.interval_s = std::max(
      1U, static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(o.interval).count()));
  s.table.min_interval_s = std::min(s.table.min_interval_s, std::max(1U, s.table.interval_s / 2));
  s.table.num_want_max = o.peers_max;
  s.table.swarms_max = o.swarms_kept_max;
  s.table.peers_max = o.peers_kept_max;
  if (o.bytes_kept_max != 0) s.table.bytes_max = o.bytes_kept_max;
  s.table.num_want_default = std::min(s.table.num_want_default, o.peers_max);
  return s;
}

std::string stats_line(const server::tracker_stats& s) {
  return counted(s.table.swarms, "swarm") + ", " + counted(s.table.seeders, "seeder") + ", " +
         counted(s.table.leechers, "leecher") + ", " + counted(s.table.announces, "announce") + " so far";
}

boost::json::object stats_fields(const server::tracker_stats& s) {
  return {{"swarms", s.table.swarms},       {"seeders", s.table.seeders},     {"leechers", s.table.leechers},
          {"announces", s.table.announces}, {"completed", s.table.completed}, {"requests", s.requests},
          {"bad_requests", s.bad_requests}, {"connections", s.connections}};
}

void introduce(context& x, const running_tracker& t) {
  x.out.say("Tracker is running. Announce URL: " + t.announce_url);
  if (const auto remark = address_remark(t.at, "--listen ADDR:PORT"); !remark.empty())
    x.out.say("  (" + remark + ")");
  std::string addresses;
  for (const auto& e : t.server->listening()) {
    addresses += (addresses.empty() ? "" : ", ") + e.to_string();
  }
  x.out.say("Listening on " + addresses);
  x.out.say("Share something through it: shoal seed PATH -a " + t.announce_url);
  x.out.say("Ctrl-C stops it.");
  x.out.event("started", {{"role", "tracker"},
                          {"version", SHOAL_VERSION},
                          {"pid", getpid()},
                          {"listen", t.server->listening().front().to_string()},
                          {"announce_url", t.announce_url}});
}

void report_snapshot(context& x, const tracker_options& o, const server::tracker_server& tracker) {
  const auto& restored = tracker.restored();
  if (!restored) {
    x.out.complain("Starting without what was known before: " + restored.error().message());
  } else if (*restored) {
    const auto known = tracker.stats().table;
    x.out.say("Restored " + counted(known.swarms, "swarm") + " with " +
              counted(known.seeders + known.leechers, "peer") + " from " + printable(o.snapshot));
  }
}

// The files of who and what is served, again; the old ones count on when a new one is wrong.
void read_again(context& x, const access_files& access, server::tracker_server& tracker) {
  try {
    x.out.say("Read again: " + access.apply(tracker));
  } catch (const complaint& e) {
    x.out.complain(e.what());
  }
}

// Until the signal: looks whether a file was changed, and tells statistics, twice a second on a terminal,
// else every 10 s when they changed.
void watch(context& x, const access_files& access, file_watch& files, server::tracker_server& tracker) {
  std::mutex mutex;
  std::condition_variable woken;
  x.stop.on_request([&] {
    const std::lock_guard lock(mutex);
    woken.notify_all();
  });
  const int looks_a_line = x.out.how() == console::style::terminal ? 1 : 20;
  std::string last;
  std::unique_lock lock(mutex);
  for (int looks = 1; !woken.wait_for(lock, 500ms, [&] { return x.stop.requested(); }); ++looks) {
    if (files.changed()) read_again(x, access, tracker);
    if (looks % looks_a_line != 0) continue;
    const auto stats = tracker.stats();
    const auto line = stats_line(stats);
    x.out.status(shortened(line, x.out.columns() - 1));
    x.out.event("stats", stats_fields(stats));
    if (x.out.how() == console::style::plain && line != last) x.out.say(line);
    last = line;
  }
  lock.unlock();
  x.stop.on_request({});
}

exit_code tracker(context& x, const tracker_options& o) {
  if (o.check_config) {
    o.access.check();
    x.out.say("The configuration is fine.");
    return exit_code::ok;
  }
  file_watch files(o.access.names());  // before they are read, and a snapshot takes its time
  const auto t =
      start_tracker(settings_of(o), "--listen", [&o](server::tracker_server& s) { o.access.apply(s); });
  if (!o.access.names().empty()) x.stop.on_hangup([&] { read_again(x, o.access, *t.server); });
  report_snapshot(x, o, *t.server);
  introduce(x, t);
  tell_service_manager("READY=1");
  watch(x, o.access, files, *t.server);
  tell_service_manager("STOPPING=1");
  x.stop.on_hangup({});
  x.out.clear_status();
  const auto saved = t.server->stop();
  if (!saved) x.out.complain("No snapshot was saved: " + saved.error().message());
  const auto stats = t.server->stats();
  x.out.say("Stopped: " + stats_line(stats));
  x.out.event("stats", stats_fields(stats));
  const auto code = saved ? exit_code::ok : exit_code::storage;
  x.out.event("stopped", {{"exit_code", to_int(code)}, {"torrents", boost::json::array()}});
  return code;
}

}  // namespace

void add_tracker(CLI::App& program, chosen_command& chosen) {
  add_command<tracker_options>(program, chosen, "tracker",
                               "Run a tracker: it introduces peers to one another and sees no content.",
                               declare_tracker, tracker);
}

}  // namespace shoal::app
