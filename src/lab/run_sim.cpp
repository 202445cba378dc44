#include <chrono>
#include <sys/resource.h>

#include <shoal/lab/run_sim.hpp>

#include "lab/roomy_heap.hpp"
#include "lab/sim_cast.hpp"

namespace shoal::lab {

namespace {

using wall_clock = std::chrono::steady_clock;

/// How often the caller hears of the run and is heard.
constexpr auto report_every = std::chrono::milliseconds(200);

double seconds_since(wall_clock::time_point start) {
  return std::chrono::duration<double>(wall_clock::now() - start).count();
}

std::uint64_t memory_at_most() {
  rusage use{};
  ::getrusage(RUSAGE_SELF, &use);
  return static_cast<std::uint64_t>(use.ru_maxrss) * 1024;
}

/// A stretch of virtual time that takes about `report_every`.
class stride {
 public:
  duration length() const { return length_; }
  void took(wall_clock::duration wall) {
    if (wall < report_every / 4 && length_ < std::chrono::hours(1)) {
      length_ *= 2;
    } else if (wall > report_every && length_ > std::chrono::microseconds(100)) {
      length_ /= 2;
    }
  }

 private:
  duration length_ = std::chrono::milliseconds(10);
};

}  // namespace

run_result run_sim(const scenario& s, const run_options& options) {
  const auto start = wall_clock::now();
  roomy_heap heap;
  run_result out;
  out.scenario = s;
  out.mode = run_mode::sim;
  out.seed = options.seed;
  sim_cast cast(out.scenario, options, out);

  const instant end = sim::beginning + s.time_max;
  instant next_sample = sim::beginning + s.sample_every;
  stride pace;
  auto last_report = start;
  const auto over = [&] { return cast.swarm().now() >= end || (cast.over() && !s.whole_time); };
  while (!over() && !out.interrupted) {
    const auto begun = wall_clock::now();
    cast.swarm().run_until(std::min({end, next_sample, cast.swarm().now() + pace.length()}));
    heap.has_grown();
    if (cast.swarm().now() >= next_sample) {
      cast.sample();
      next_sample += from_seconds(cast.sample_every_s());
    }
    pace.took(wall_clock::now() - begun);
    if (options.progress && wall_clock::now() - last_report >= report_every) {
      last_report = wall_clock::now();
      auto p = cast.progress();
      p.wall_s = seconds_since(start);
      options.progress(p);
    }
    out.interrupted = options.stop != nullptr && options.stop->load();
  }
  cast.finish();
  out.wall_s = seconds_since(start);
  out.memory_bytes = memory_at_most();
  return out;
}

}  // namespace shoal::lab
