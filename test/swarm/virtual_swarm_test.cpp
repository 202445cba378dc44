#include "virtual_swarm.hpp"

namespace shoal::swarm {
namespace {

constexpr std::uint64_t mib = 1 << 20;

double seconds_of(const virtual_swarm& s, std::size_t i) {
  REQUIRE(s.completed_at(i).has_value());
  return to_seconds(*s.completed_at(i) - instant(std::chrono::seconds(1)));
}

bool reported(const virtual_swarm& s, std::size_t i, report::kind what) {
  for (const auto& r : s.reports(i)) {
    if (r.what == what) {
      return true;
    }
  }
  return false;
}

TEST_CASE("one leecher gets everything from one seeder at the seeder's rate") {
  virtual_swarm s(8 * mib, 256 * 1024, 1);
  s.add({.seed = true, .up_bytes_per_s = 4.0 * mib});
  const auto leecher = s.add({});
  s.run_until(instant(std::chrono::seconds(60)));
  REQUIRE(s.all_complete());
  CHECK(seconds_of(s, leecher) == doctest::Approx(2.0).epsilon(0.1));
  CHECK(s.core(leecher).totals().wasted == 0);
  s.check();
}

TEST_CASE("a rate limit of the core is met") {
  virtual_swarm s(8 * mib, 256 * 1024, 1);
  s.add({.seed = true, .up_bytes_per_s = 100.0 * mib, .up_limit = 2 * mib});
  const auto leecher = s.add({});
  s.run_until(instant(std::chrono::seconds(60)));
  REQUIRE(s.all_complete());
  CHECK(seconds_of(s, leecher) == doctest::Approx(4.0).epsilon(0.1));
}

TEST_CASE("a flash crowd finishes near the lower bound, and the same seed gives the same run") {
  const auto run = [](std::uint64_t seed) {
    auto s = std::make_unique<virtual_swarm>(64 * mib, 64 * 1024, seed);
    s->add({.seed = true, .up_bytes_per_s = 100.0 * mib, .up_limit = 8 * mib});
    for (int i = 0; i < 8; ++i) {
      s->add({.up_bytes_per_s = 100.0 * mib, .up_limit = 8 * mib});
    }
    s->run_until(instant(std::chrono::seconds(200)));
    return s;
  };
  const auto s = run(7);
  REQUIRE(s->all_complete());
  s->check();
  double last = 0;
  for (std::size_t i = 1; i <= 8; ++i) {
    last = std::max(last, seconds_of(*s, i));
  }
  const double bound = 64.0 / 8;  // F/u_seed, the largest of the three terms here
  MESSAGE("last leecher at " << last / bound << " x the lower bound");
  CHECK(last / bound < 1.25);
  CHECK(run(7)->trace() == s->trace());
  CHECK(run(8)->trace() != s->trace());
}

TEST_CASE("the swarm completes when the seeder dies after one copy has left it") {
  virtual_swarm s(8 * mib, 64 * 1024, 3);
  s.add({.seed = true, .up_bytes_per_s = 8.0 * mib});
  for (int i = 0; i < 4; ++i) {
    s.add({.up_bytes_per_s = 2.0 * mib});
  }
  instant t(std::chrono::seconds(1));
  const auto whole_without_seeder = [&] {
    for (std::uint32_t p = 0; p < s.geometry().piece_count(); ++p) {
      bool here = false;
      for (std::size_t i = 1; i <= 4; ++i) {
        here = here || s.core(i).pieces().have().test(piece_index(p));
      }
      if (!here) {
        return false;
      }
    }
    return true;
  };
  while (!whole_without_seeder()) {
    t += std::chrono::milliseconds(100);
    s.run_until(t);
    REQUIRE(t < instant(std::chrono::seconds(100)));
  }
  s.kill(0);
  s.run_until(instant(std::chrono::seconds(300)));
  CHECK(s.all_complete());
  s.check();
}

TEST_CASE("a liar is banned and everybody completes") {
  virtual_swarm s(4 * mib, 64 * 1024, 5);
  s.add({.seed = true});
  const auto liar = s.add({.seed = true, .liar = true});
  for (int i = 0; i < 3; ++i) {
    s.add({});
  }
  s.run_until(instant(std::chrono::seconds(300)));
  REQUIRE(s.all_complete());
  s.check();
  for (std::size_t i = liar + 1; i < 5; ++i) {
    CHECK(reported(s, i, report::kind::piece_failed));
    CHECK(reported(s, i, report::kind::peer_banned));
  }
}

TEST_CASE("the tracker hears started, completed and stopped") {
  virtual_swarm s(1 * mib, 64 * 1024, 5);
  s.add({.seed = true});
  const auto leecher = s.add({});
  s.run_until(instant(std::chrono::seconds(20)));
  REQUIRE(s.all_complete());
  s.core(leecher).on(s.now() + std::chrono::seconds(1), tick{});
  CHECK(s.trace().find("1 announces started") != std::string::npos);
}

}  // namespace
}  // namespace shoal::swarm
