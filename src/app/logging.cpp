#include "app/logging.hpp"

#include <memory>
#include <mutex>

#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/null_sink.h>
#include <spdlog/spdlog.h>

#include "app/text.hpp"

namespace shoal::app {

namespace {

class console_sink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  explicit console_sink(console& out) : out_(out) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    spdlog::memory_buf_t line;
    formatter_->format(message, line);
    std::string_view text(line.data(), line.size());
    while (text.ends_with('\n'))
      text.remove_suffix(1);
    out_.complain(printable(text));  // peers and trackers word some of it
  }
  void flush_() override {}

  console& out_;
};

}  // namespace

log_to_console::log_to_console(console& out, const std::string& level) {
  auto logger = std::make_shared<spdlog::logger>("shoal", std::make_shared<console_sink>(out));
  logger->set_pattern("%Y-%m-%d %H:%M:%S.%e %l: %v");
  logger->set_level(spdlog::level::from_str(level));
  spdlog::set_default_logger(std::move(logger));
}

log_to_console::~log_to_console() {
  spdlog::set_default_logger(
      std::make_shared<spdlog::logger>("", std::make_shared<spdlog::sinks::null_sink_mt>()));
}

}  // namespace shoal::app
