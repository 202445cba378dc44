// How finely time is told, by how much happens.

#include "sim/agenda.hpp"

#include <doctest/doctest.h>

namespace shoal::sim {
namespace {

using std::chrono::milliseconds;

constexpr duration busy_grain = milliseconds(100);
constexpr duration quiet_grain = milliseconds(10);

/// `count` things at each multiple of the quiet grain up to `end`, all of them taken out.
void pass(agenda& todo, instant from, instant end, std::uint32_t count) {
  for (instant t = from; t < end; t += quiet_grain) {
    for (std::uint32_t n = 0; n < count; ++n) {
      todo.push(t, {node_index(n % 4), happening_kind::wake});
    }
    instant when;
    while (!todo.next(t, when).empty()) {
      CHECK(when == t);
    }
  }
}

TEST_CASE("ticks are short until much happens, and again when that is over") {
  agenda todo(busy_grain, quiet_grain);
  instant now{};
  const auto second = [&](std::uint32_t count) {
    pass(todo, now, now + milliseconds(1000), count);
    now += milliseconds(1000);
  };
  CHECK(todo.grain() == quiet_grain);
  second(20'000);  // 200,000 in a busy grain
  CHECK(todo.grain() == quiet_grain);
  second(40'000);
  CHECK(todo.grain() == busy_grain);
  second(40'000);
  CHECK(todo.grain() == busy_grain);
  second(1);
  CHECK(todo.grain() == quiet_grain);
}

TEST_CASE("one busy grain without much, as the first after a change has, changes nothing") {
  agenda todo(busy_grain, quiet_grain);
  instant now{};
  const auto grain = [&](std::uint32_t count) {
    pass(todo, now, now + busy_grain, count);
    now += busy_grain;
  };
  for (int n = 0; n < 6; ++n) {
    grain(100'000);
  }
  CHECK(todo.grain() == busy_grain);
  grain(1000);
  grain(100'000);
  CHECK(todo.grain() == busy_grain);
}

TEST_CASE("with one grain it stays that, and without one instants are not rounded") {
  agenda one(quiet_grain, quiet_grain);
  pass(one, instant{}, instant(busy_grain * 2), 100'000);
  CHECK(one.grain() == quiet_grain);
  agenda none(duration{}, duration{});
  CHECK_FALSE(none.coarse());
  const instant odd(std::chrono::microseconds(1234));
  CHECK(none.round(instant{}, odd, agenda::rounding::nearest, true) == odd);
}

}  // namespace
}  // namespace shoal::sim
