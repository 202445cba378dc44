#pragma once
// Options as the subcommands share them, on top of CLI11.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <CLI/App.hpp>

#include <shoal/net/route.hpp>
#include <shoal/peer/address_filter.hpp>
#include <shoal/session/settings.hpp>
#include <shoal/wire/encryption.hpp>

#include "app/values.hpp"

namespace shoal::app {

/// An option whose value `parse` reads: clear objections, and no option swallows the arguments after it.
/// `Target` is T or std::optional<T>.
template <class T, class Target>
CLI::Option* add_parsed(CLI::App& c, const std::string& names, Target& into,
                        parsed<T> (*parse)(std::string_view), const std::string& type,
                        const std::string& description) {
  return c
      .add_option_function<std::string>(
          names,
          [&into, parse, names](const std::string& text) {
            auto p = parse(text);
            if (!p.value) throw CLI::ValidationError(names, p.objection);
            into = std::move(*p.value);
          },
          description)
      ->type_name(type);
}

template <class T>
CLI::Option* add_value(CLI::App& c, const std::string& names, T& into, parsed<T> (*parse)(std::string_view),
                       const std::string& type, const std::string& description) {
  return add_parsed<T>(c, names, into, parse, type, description);
}

/// The same for one whose absence means something.
template <class T>
CLI::Option* add_optional(CLI::App& c, const std::string& names, std::optional<T>& into,
                          parsed<T> (*parse)(std::string_view), const std::string& type,
                          const std::string& description) {
  return add_parsed<T>(c, names, into, parse, type, description);
}

/// The same for an option that may be given more than once.
template <class T>
CLI::Option* add_values(CLI::App& c, const std::string& names, std::vector<T>& into,
                        parsed<T> (*parse)(std::string_view), const std::string& type,
                        const std::string& description) {
  return c
      .add_option_function<std::vector<std::string>>(
          names,
          [&into, parse, names](const std::vector<std::string>& texts) {
            for (const auto& text : texts) {
              auto p = parse(text);
              if (!p.value) throw CLI::ValidationError(names, p.objection);
              into.push_back(std::move(*p.value));
            }
          },
          description)
      ->type_name(type)
      ->allow_extra_args(false);
}

/// What every subcommand takes.
struct common_options {
  bool json = false;
  std::string log_level = "warn";
};
void add_common(CLI::App& c, common_options& o);

/// What a session takes: `seed` and `leech`.
struct transfer_options {
  std::optional<endpoint> listen;
  net::route bind;  ///< unconfined unless told
  std::optional<net::proxy> proxy;
  std::vector<std::string> trackers;
  std::vector<endpoint> peers;
  std::uint64_t up_max = 0;    ///< bytes a second, 0: no limit
  std::uint64_t down_max = 0;  ///< bytes a second, 0: no limit
  std::uint32_t peers_max = 200;
  std::uint32_t uploads_max = 0;  ///< 0: by the upload rate
  std::uint32_t threads = 0;      ///< 0: one a core
  std::string congestion;         ///< TCP congestion control; empty: the system's
  std::string ca_file;
  std::shared_ptr<const peer::address_filter> ip_filter;
  near_prefix near;
  wire::mse::policy encryption = wire::mse::policy::allow;
  bool announce_all = false;
  bool no_local_discovery = false;
  port_mapping_wish map_port = port_mapping_wish::automatic;

  /// A proxy looks names up itself; nobody else shall learn them.
  bool may_look_up() const { return !proxy; }
};
void add_transfer(CLI::App& c, transfer_options& o);
/// Of those, the ones that say how connections leave, in this group of the help, and to whom.
void add_ways(CLI::App& c, transfer_options& o, const std::string& group);

}  // namespace shoal::app
