// spdlog makes its default logger when it is first asked for, and guards that inside its library, where the
// thread sanitizer does not look. Here it is made before there is a second thread.

#include <spdlog/spdlog.h>

namespace {

[[maybe_unused]] const auto logger = spdlog::default_logger();

}  // namespace
