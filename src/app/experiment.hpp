#pragma once
// Runs of scenarios, several at a time, with one line that says how far they are.

#include <filesystem>
#include <string>
#include <vector>

#include <shoal/lab/result.hpp>

#include "app/command_line.hpp"

namespace shoal::app {

struct planned_run {
  lab::scenario scenario;
  lab::run_mode mode = lab::run_mode::sim;
  std::string label;  ///< what tells it from the others; empty when it is the only one
};

struct experiment_options {
  std::uint64_t seed = 1;
  bool wire = false;
  bool namespaces = false;
  std::uint32_t jobs = 1;  ///< simulations at a time; live runs have the machine to themselves
};

/// Runs them all, or until the stop signal; what was begun has its result then too, what was not is left out.
/// In the order of the plan. Complains when a live run cannot be.
std::vector<lab::run_result> run_experiment(context& x, const std::vector<planned_run>& plan,
                                            const experiment_options& o);

/// What a run showed, for people: some lines.
std::vector<std::string> summary_lines(const lab::run_result& r);
boost::json::object summary_fields(const lab::run_result& r);

}  // namespace shoal::app
