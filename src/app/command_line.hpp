#pragma once
// From arguments to a subcommand's run and on to an exit code. A subcommand is one file with one function,
// `add_NAME`: it declares its options and, when it is the one that was typed, fills in what is to be done.

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include <CLI/App.hpp>

#include "app/console.hpp"
#include "app/exit_code.hpp"
#include "app/options.hpp"
#include "app/stop_signal.hpp"

namespace shoal::app {

/// What a subcommand's run has at hand.
struct context {
  console& out;
  stop_signal& stop;
};

/// The subcommand that was typed.
struct chosen_command {
  std::string name;
  common_options common;
  std::function<exit_code(context&)> run;
};

void add_create(CLI::App& program, chosen_command& chosen);
void add_show(CLI::App& program, chosen_command& chosen);
void add_verify(CLI::App& program, chosen_command& chosen);
void add_tracker(CLI::App& program, chosen_command& chosen);
void add_seed(CLI::App& program, chosen_command& chosen);
void add_leech(CLI::App& program, chosen_command& chosen);
void add_swarm(CLI::App& program, chosen_command& chosen);

/// Adds a subcommand with the options that all have. `run` gets its `Options`, which live until it returns.
template <class Options, class Declare>
void add_command(CLI::App& program, chosen_command& chosen, const std::string& name,
                 const std::string& description, Declare declare,
                 exit_code (*run)(context&, const Options&)) {
  auto* c = program.add_subcommand(name, description);
  const auto options = std::make_shared<Options>();
  const auto common = std::make_shared<common_options>();
  declare(*c, *options);
  add_common(*c, *common);
  c->final_callback([&chosen, name, options, common, run] {
    chosen = {name, *common, [options, run](context& x) { return run(x, *options); }};
  });
}

/// An optional value (`--with-tracker [ADDR:PORT]`) is only taken when it reads as one, so that the path
/// after the option stays a path; `help COMMAND` becomes `COMMAND --help`.
std::vector<std::string> rearranged(std::vector<std::string> arguments);

/// The whole program; `arguments` without its name.
exit_code run(std::vector<std::string> arguments, std::ostream& out, std::ostream& err);

}  // namespace shoal::app
