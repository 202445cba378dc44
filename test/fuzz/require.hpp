#pragma once
// The oracles' assertion: it holds in every build, and its failure is an input that libFuzzer keeps.

#include <cstdlib>

inline void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}
