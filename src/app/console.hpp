#pragma once
// Everything a command says. Three styles: on a terminal, lines for people and one status line below them
// that is redrawn; without a terminal the lines alone; with --json one object a line on the output and
// nothing else there. Safe from any thread: log lines arrive from all of them.

#include <chrono>
#include <cstddef>
#include <mutex>
#include <ostream>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace shoal::app {

class console {
 public:
  enum class style { terminal, plain, json };

  console(style s, std::ostream& out, std::ostream& err);
  /// Ends the status line.
  ~console();
  console(const console&) = delete;
  console& operator=(const console&) = delete;

  /// `json` when asked for, else by what standard output is.
  static style style_of_stdout(bool json);

  style how() const { return style_; }
  /// Columns of the terminal; 80 when it does not say.
  std::size_t columns() const;

  /// A line for people; nothing with --json.
  void say(std::string_view line);
  /// Redraws the status line; only a terminal has one. At most `columns()` wide, or it would wrap.
  void status(std::string_view line);
  void clear_status();
  /// A line of --json: the fields after "event" and "t" (seconds since start); nothing in the other styles.
  void event(std::string_view name, const boost::json::object& fields);
  /// One object of --json as it is.
  void object(const boost::json::object& line);
  /// A line on the error output.
  void complain(std::string_view line);

  /// Leaves the terminal usable when the process is about to end without destructors.
  void abandon();
  double seconds_since_start() const;

 private:
  void write_out(std::string_view text);

  const style style_;
  std::ostream& out_;
  std::ostream& err_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::mutex mutex_;
  std::string status_;
};

}  // namespace shoal::app
