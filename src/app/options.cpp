#include "app/options.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>

namespace shoal::app {

void add_common(CLI::App& c, common_options& o) {
  c.add_flag("--json", o.json, "One JSON object a line on standard output");
  c.add_option("--log-level", o.log_level, "trace, debug, info, warn (default), error or off; to stderr")
      ->type_name("LEVEL")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error", "off"}));
  c.set_version_flag("--version", "shoal " SHOAL_VERSION, "Print the version");
}

void add_transfer(CLI::App& c, transfer_options& o) {
  add_values(c, "-a,--tracker", o.trackers, parse_tracker, "URL", "Tracker to use; repeat for more");
  add_optional(c, "--listen", o.listen, parse_listen, "ADDR:PORT",
               "Address for peers; default [::]:6881, or a free port if it is taken");
  add_values(c, "--peer", o.peers, parse_peer, "ADDR:PORT", "Try this peer as well; repeat for more");
  add_value(c, "--max-up", o.up_max, parse_size, "RATE", "Upload at most this fast, such as 8MiB (a second)");
  add_value(c, "--max-down", o.down_max, parse_size, "RATE", "Download at most this fast");
  add_value(c, "--max-peers", o.peers_max, parse_count, "N", "Connections a torrent; default 200");
  add_value(c, "--max-uploads", o.uploads_max, parse_count, "N", "Peers served at once; default by the rate");
  add_value(c, "--threads", o.threads, parse_count, "N", "Network threads; default one a core");
  c.add_option("--ca-file", o.ca_file, "Trust these authorities too, for https trackers")
      ->type_name("PEM")
      ->check(CLI::ExistingFile);
}

}  // namespace shoal::app
