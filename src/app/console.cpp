#include "app/console.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <string>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utility>

#include <boost/json/serialize.hpp>

namespace shoal::app {

namespace {

constexpr std::string_view erase_line = "\r\x1b[K";

// As boost::json::serialize, but 0.25 is "0.25" and not "2.5E-1": people and awk read these lines too.
void append(std::string& out, const boost::json::value& v) {
  const auto sequence = [&out](char open, const auto& items, char close, auto each) {
    out += open;
    bool first = true;
    for (const auto& item : items) {
      if (!std::exchange(first, false)) out += ',';
      each(item);
    }
    out += close;
  };
  if (v.is_double()) {
    std::array<char, 32> text{};
    const auto end = std::to_chars(text.data(), text.data() + text.size(), v.get_double()).ptr;
    out.append(text.data(), end);
  } else if (v.is_object()) {
    sequence('{', v.get_object(), '}', [&out](const auto& member) {
      out += boost::json::serialize(member.key()) + ":";
      append(out, member.value());
    });
  } else if (v.is_array()) {
    sequence('[', v.get_array(), ']', [&out](const auto& item) { append(out, item); });
  } else {
    out += boost::json::serialize(v);
  }
}

}  // namespace

console::console(style s, std::ostream& out, std::ostream& err) : style_(s), out_(out), err_(err) {}

console::~console() {
  clear_status();
}

console::style console::style_of_stdout(bool json) {
  if (json) return style::json;
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal == nullptr || std::string_view(terminal) == "dumb";
  return isatty(STDOUT_FILENO) != 0 && !dumb ? style::terminal : style::plain;
}

std::size_t console::columns() const {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) return size.ws_col;
  return 80;
}

double console::seconds_since_start() const {
  const auto elapsed = std::chrono::steady_clock::now() - start_;
  return std::round(std::chrono::duration<double>(elapsed).count() * 1000) / 1000;
}

void console::write_out(std::string_view text) {
  out_ << text << std::flush;
}

void console::say(std::string_view line) {
  if (style_ == style::json) return;
  const std::lock_guard lock(mutex_);
  if (status_.empty()) {
    write_out(std::string(line) + "\n");
  } else {
    write_out(std::string(erase_line) + std::string(line) + "\n" + status_);
  }
}

void console::status(std::string_view line) {
  if (style_ != style::terminal) return;
  const std::lock_guard lock(mutex_);
  if (line == status_) return;
  status_ = line;
  write_out(std::string(erase_line) + status_);
}

void console::clear_status() {
  const std::lock_guard lock(mutex_);
  if (status_.empty()) return;
  status_.clear();
  write_out(erase_line);
}

void console::event(std::string_view name, const boost::json::object& fields) {
  if (style_ != style::json) return;
  boost::json::object line{{"event", name}, {"t", seconds_since_start()}};
  for (const auto& [key, value] : fields) {
    line.insert_or_assign(key, value);
  }
  object(line);
}

void console::object(const boost::json::object& line) {
  if (style_ != style::json) return;
  std::string text;
  append(text, line);
  text += '\n';
  const std::lock_guard lock(mutex_);
  write_out(text);
}

void console::complain(std::string_view line) {
  const std::lock_guard lock(mutex_);
  if (!status_.empty()) write_out(erase_line);
  err_ << line << std::endl;
  if (!status_.empty()) write_out(status_);
}

void console::abandon() {
  if (style_ == style::terminal) {
    // No lock and no stream: whoever holds them may be what hangs.
    [[maybe_unused]] const auto n = write(STDOUT_FILENO, "\n", 1);
  }
}

}  // namespace shoal::app
