#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>

#include "support/source_file.hpp"

std::string shoal::test::source_file(std::string_view name) {
  return std::string(SHOAL_SOURCE_DIR "/").append(name);
}
