// Writes the report of made-up runs, for the tests of the page and for those who work on it.

#include <iostream>
#include <vector>

#include <shoal/lab/report.hpp>

#include "lab/sample_result.hpp"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: sample_report DIR\n";
    return 2;
  }
  const std::vector runs{shoal::lab::sample_result(300, 1, "quick.count=300"),
                         shoal::lab::sample_result(20, 1.5, "quick.count=20")};
  const auto done = shoal::lab::write_report(argv[1], runs);
  if (done.has_error()) {
    std::cerr << done.error().message() << "\n";
    return 1;
  }
  return 0;
}
