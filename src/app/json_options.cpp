#include "app/json_options.hpp"

#include <fstream>
#include <iterator>
#include <optional>
#include <vector>

#include <CLI/Error.hpp>
#include <CLI/Option.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "app/text.hpp"

namespace shoal::app {

namespace json = boost::json;

namespace {

[[noreturn]] void object(const std::string& file, const std::string& what) {
  throw CLI::ValidationError("--config", printable(file) + ": " + what);
}

json::object read(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) object(file, "it cannot be read; check the path");
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  boost::system::error_code failed;
  auto document = json::parse(text, failed);
  if (failed || !document.is_object()) object(file, "it is no JSON object");
  return document.as_object();
}

/// As it would stand on the command line; nothing for what cannot.
std::optional<std::string> as_text(const json::value& v) {
  if (v.is_string()) return std::string(v.as_string());
  if (v.is_number()) return json::serialize(v);
  return std::nullopt;
}

void give(CLI::Option& o, const json::value& v, const std::string& file, const std::string& name) {
  if (o.get_items_expected_max() == 0) {  // a flag
    if (!v.is_bool()) object(file, "'" + name + "' is true or false");
    if (v.as_bool()) o.add_result("true");
    return;
  }
  const auto values = v.is_array() ? v.as_array() : json::array{v};
  for (const auto& one : values) {
    const auto text = as_text(one);
    if (!text) object(file, "'" + name + "' takes a string or a number");
    o.add_result(*text);
  }
}

}  // namespace

void add_config_file(CLI::App& c) {
  c.add_option_function<std::string>(
       "--config",
       [&c](const std::string& file) {
         for (const auto& [key, value] : read(file)) {
           const std::string name(key);
           auto* const o = c.get_option_no_throw("--" + name);
           if (o == nullptr || name == "config" || name == "help" || name == "version") {
             object(file, "'" + printable(name) + "' is no option");
           }
           if (o->count() == 0) give(*o, value, file, name);
         }
       },
       "Options from a JSON file too, such as {\"interval\": \"30m\"}")
      ->type_name("FILE");
}

}  // namespace shoal::app
