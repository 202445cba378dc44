#pragma once
// Scenarios as people write them: JSON with units in the values ("256 MiB", "8 MiB/s", "20 ms", "5 %"),
// comments allowed. docs/lab.md describes the keys.
//
// What a key means is checked where it is read, with everything else that must fit to it, so that a scenario
// that is accepted can be run. A key that is unknown, missing, given twice, out of range or against another
// is an objection that names its path. Files come from strangers too: depth, peers and pieces are bounded.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include <boost/system/result.hpp>

#include <shoal/base/result.hpp>
#include <shoal/lab/scenario.hpp>

namespace shoal::lab {

/// What is wrong with a scenario, for people.
struct objection {
  std::string path;  ///< "groups.crowd.up"; empty: the whole
  std::string text;  ///< "'8 MiBs' is no rate; write it as 8 MiB/s"

  std::string message() const { return path.empty() ? text : path + ": " + text; }
};

template <class T>
using checked = boost::system::result<T, objection>;

/// What `checked<T>::value()` throws; found by argument-dependent lookup.
[[noreturn]] void throw_exception_from_error(const objection& o, const boost::source_location&);

/// A change to a scenario before it is read: "groups.crowd.count" and "100"; a group's name may begin the
/// path.
struct setting {
  std::string path;
  std::string value;  ///< JSON, else a text as it is
};
/// "crowd.count=100".
checked<setting> parse_setting(std::string_view text);
/// "crowd.count=100,1000,10000": one setting a value. A value with commas is written in quotes or brackets.
checked<std::vector<setting>> parse_sweep(std::string_view text);

/// The scenario in a file's text, changed by the settings in order. `text` at most `scenario_bytes_max`.
checked<scenario> parse_scenario(std::string_view text, const std::vector<setting>& settings = {});

/// A scenario that is part of the program.
struct shipped_scenario {
  std::string_view name;
  std::string_view text;
};
/// Those of files/scenarios, by name.
std::vector<shipped_scenario> shipped_scenarios();

inline constexpr std::size_t scenario_bytes_max = 16U << 20;
inline constexpr std::uint32_t peers_max = 10'000'000;
inline constexpr std::uint32_t groups_max = 64;
inline constexpr std::uint32_t pieces_max = 1U << 20;

}  // namespace shoal::lab
