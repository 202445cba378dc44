#include "app/help.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Option.hpp>

#include "app/exit_code.hpp"
#include "app/text.hpp"

namespace shoal::app {

namespace {

constexpr std::size_t columns = 96;
constexpr std::size_t label_columns = 28;

std::string row(const std::string& label, const std::string& description) {
  std::string out = "  " + label;
  out.append(label.size() < label_columns ? label_columns - label.size() : 2, ' ');
  const auto indent = std::string(label_columns + 2, ' ');
  bool first = true;
  for (const auto& line : wrapped(description, columns - indent.size())) {
    out += (first ? std::string() : indent) + line + "\n";
    first = false;
  }
  return out;
}

std::string usage(const CLI::App& app, const std::string& name) {
  std::string out = "Usage: " + name;
  for (const auto* o : app.get_options([](const CLI::Option* p) { return p->get_positional(); })) {
    out += " " + (o->get_required() ? option_label(*o) : "[" + option_label(*o) + "]");
  }
  if (!app.get_subcommands([](const CLI::App*) { return true; }).empty()) {
    return out + " COMMAND [OPTION]...\n";
  }
  return out + " [OPTION]...\n";
}

std::string group_rows(const CLI::App& app, const std::string& group, bool positional) {
  std::string out;
  for (const auto* o : app.get_options()) {
    if (o->get_group() == group && o->get_positional() == positional) {
      out += row(option_label(*o), o->get_description());
    }
  }
  return out;
}

}  // namespace

std::string option_label(const CLI::Option& o) {
  if (!o.nonpositional()) {
    return o.get_name(true) + (o.get_items_expected_max() > 1 ? "..." : "");
  }
  std::string out;
  for (const auto& s : o.get_snames()) {
    out += (out.empty() ? "-" : ", -") + s;
  }
  for (const auto& l : o.get_lnames()) {
    out += (out.empty() ? "--" : ", --") + l;
  }
  if (o.get_items_expected_max() == 0) return out;
  const bool optional_value = o.get_expected_min() == 0;
  return out + " " + (optional_value ? "[" + o.get_type_name() + "]" : o.get_type_name());
}

std::string help_format::make_help(const CLI::App* app, std::string name, CLI::AppFormatMode mode) const {
  if (name.empty()) name = app->get_name();
  std::string out = usage(*app, name);
  for (const auto& line : wrapped(app->get_description(), columns)) {
    out += line + "\n";
  }
  const auto commands = app->get_subcommands([](const CLI::App*) { return true; });
  if (!commands.empty()) out += "\nCommands:\n";
  for (const auto* c : commands) {
    const auto text = c->get_description();
    out += row(c->get_name(), text.substr(0, text.find('.')));
  }
  if (const auto rows = group_rows(*app, "Options", true); !rows.empty()) out += "\n" + rows;
  for (const auto& g : app->get_groups()) {
    if (g == finer_options && mode != CLI::AppFormatMode::All) continue;
    if (const auto rows = group_rows(*app, g, false); !g.empty() && !rows.empty()) {
      out += "\n" + g + ":\n" + rows;
    }
  }
  if (!app->get_footer().empty()) out += "\n" + app->get_footer() + "\n";
  return out;
}

std::string exit_code_lines() {
  std::string out;
  for (const auto& r : exit_code_table) {
    out += "  " + std::to_string(to_int(r.code)) + "  " + std::string(r.meaning) + "\n";
  }
  return out;
}

}  // namespace shoal::app
