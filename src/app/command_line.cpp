#include "app/command_line.hpp"

#include <algorithm>
#include <exception>
#include <memory>
#include <optional>

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "app/complaint.hpp"
#include "app/help.hpp"
#include "app/logging.hpp"
#include "app/text.hpp"

namespace shoal::app {

namespace {

std::string overview_footer() {
  return "Share a file, then fetch it on other machines:\n"
         "  shoal seed bigfile --with-tracker      makes bigfile.torrent and says what to do with it\n"
         "  shoal leech bigfile.torrent            on each other machine\n"
         "\n"
         "Exit codes:\n" +
         exit_code_lines() + "\nMore about a command: shoal COMMAND --help";
}

// The subcommand that was parsed, else the program: whose help is to be shown.
const CLI::App& typed(const CLI::App& program) {
  const auto subcommands = program.get_subcommands();
  return subcommands.empty() ? program : *subcommands.back();
}

std::string full_name(const CLI::App& program, const CLI::App& c) {
  return &c == &program ? program.get_name() : program.get_name() + " " + c.get_name();
}

void declare(CLI::App& program, chosen_command& chosen) {
  program.formatter(std::make_shared<help_format>());
  program.set_help_flag("-h,--help", "Print this help");
  program.set_version_flag("--version", "shoal " SHOAL_VERSION, "Print the version");
  program.footer(overview_footer());
  program.require_subcommand(1, 1);
  for (const auto add : {add_seed, add_leech, add_tracker, add_create, add_show, add_verify, add_swarm}) {
    add(program, chosen);
  }
}

std::string unknown_command(const CLI::App& program, const std::string& word) {
  std::string names;
  for (const auto* c : program.get_subcommands([](const CLI::App*) { return true; })) {
    names += (names.empty() ? "" : ", ") + c->get_name();
  }
  return "'" + printable(word) + "' is no command; commands are " + names;
}

exit_code perform(const chosen_command& chosen, std::ostream& out, std::ostream& err) {
  console terminal(console::style_of_stdout(chosen.common.json), out, err);
  // Blocks the signals before any thread is there.
  stop_signal stop([&terminal] { terminal.abandon(); }, to_int(exit_code::incomplete));
  const log_to_console logs(terminal, chosen.common.log_level);
  context here{terminal, stop};
  const auto fail = [&](exit_code code, const std::string& text) {
    terminal.clear_status();
    terminal.event("error", {{"text", printable(text)}, {"exit_code", to_int(code)}});
    terminal.complain("shoal " + chosen.name + ": " + text);
    return code;
  };
  try {
    return chosen.run(here);
  } catch (const complaint& c) {
    return fail(c.code(), c.what());
  } catch (const std::exception& e) {
    return fail(exit_code::internal_error, std::string("unexpected: ") + e.what() + "; please report this");
  }
}

}  // namespace

std::vector<std::string> rearranged(std::vector<std::string> arguments) {
  if (arguments.size() >= 2 && arguments[0] == "help") {
    return {arguments[1], "--help"};
  }
  if (arguments.size() == 1 && arguments[0] == "help") {
    return {"--help"};
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--") {
      out.insert(out.end(), arguments.begin() + static_cast<std::ptrdiff_t>(i), arguments.end());
      break;
    }
    if (arguments[i] == "--with-tracker") {
      const bool has_value = i + 1 < arguments.size() && looks_like_listen(arguments[i + 1]);
      out.push_back("--with-tracker=" + (has_value ? arguments[++i] : "[::]:6969"));
    } else {
      out.push_back(std::move(arguments[i]));
    }
  }
  return out;
}

namespace {

/// What to end with at once, or nothing when a command was chosen. The parser and its copies of all
/// arguments, of which there may be thousands, are gone afterwards.
std::optional<exit_code> choose(std::vector<std::string> arguments, chosen_command& chosen, std::ostream& out,
                                std::ostream& err) {
  CLI::App program("BitTorrent for moving big files between many machines.", "shoal");
  declare(program, chosen);

  arguments = rearranged(std::move(arguments));
  const bool bare = arguments.empty();
  const auto word = bare ? std::string() : arguments.front();
  try {
    std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
    program.parse(std::move(arguments));
  } catch (const CLI::CallForHelp&) {
    const auto& c = typed(program);
    out << c.get_formatter()->make_help(&c, full_name(program, c), CLI::AppFormatMode::Normal) << std::flush;
    return exit_code::ok;
  } catch (const CLI::CallForAllHelp&) {
    const auto& c = typed(program);
    out << c.get_formatter()->make_help(&c, full_name(program, c), CLI::AppFormatMode::All) << std::flush;
    return exit_code::ok;
  } catch (const CLI::CallForVersion& version) {
    out << version.what() << std::endl;
    return exit_code::ok;
  } catch (const CLI::ParseError& e) {
    const auto& c = typed(program);
    if (bare) {
      err << c.get_formatter()->make_help(&c, full_name(program, c), CLI::AppFormatMode::Normal)
          << std::flush;
      return exit_code::usage;
    }
    const bool no_command = &c == &program;
    const auto name = full_name(program, c);
    err << name << ": " << (no_command ? unknown_command(program, word) : printable(e.what())) << "; see "
        << name << " --help" << std::endl;
    return exit_code::usage;
  }
  return std::nullopt;
}

}  // namespace

exit_code run(std::vector<std::string> arguments, std::ostream& out, std::ostream& err) {
  chosen_command chosen;
  const auto ended = choose(std::move(arguments), chosen, out, err);
  return ended ? *ended : perform(chosen, out, err);
}

}  // namespace shoal::app
