#include <iostream>

#include "app/command_line.hpp"

int main(int argc, char** argv) {
  return shoal::app::to_int(shoal::app::run({argv + (argc > 0 ? 1 : 0), argv + argc}, std::cout, std::cerr));
}
