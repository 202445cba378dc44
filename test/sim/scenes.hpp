#pragma once
// Swarms for the tests, and who of them completed when.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/sim/virtual_swarm.hpp>

namespace shoal::sim {

inline constexpr std::uint64_t mib = 1 << 20;

/// Remembers what happened.
class diary : public observer {
 public:
  void on_complete(node_index who) override {
    if (swarm_ != nullptr) {
      completed_[who] = to_seconds(swarm_->now() - beginning);
    }
  }
  void on_report(node_index who, const swarm::report& r) override { ++reports_[{who, r.what}]; }
  void on_block(node_index from, node_index, std::uint32_t bytes) override { given_[from] += bytes; }

  void of(const virtual_swarm& s) { swarm_ = &s; }
  std::optional<double> completed_s(node_index who) const {
    const auto found = completed_.find(who);
    return found == completed_.end() ? std::nullopt : std::optional(found->second);
  }
  std::size_t completed_count() const { return completed_.size(); }
  int reports(node_index who, swarm::report::kind what) const {
    const auto found = reports_.find({who, what});
    return found == reports_.end() ? 0 : found->second;
  }
  std::uint64_t given(node_index who) const {
    const auto found = given_.find(who);
    return found == given_.end() ? 0 : found->second;
  }

 private:
  const virtual_swarm* swarm_ = nullptr;
  std::map<node_index, double> completed_;
  std::map<std::pair<node_index, swarm::report::kind>, int> reports_;
  std::map<node_index, std::uint64_t> given_;
};

/// A swarm with its diary.
struct scene {
  explicit scene(const swarm_plan& plan) : swarm(plan, &notes) { notes.of(swarm); }

  node_index add(double up_bytes_per_s, bool complete = false) {
    node_plan plan;
    plan.up_bytes_per_s = up_bytes_per_s;
    plan.core.upload_bytes_per_s = static_cast<std::uint64_t>(up_bytes_per_s);
    plan.complete = complete;
    return add(plan);
  }
  node_index add(node_plan plan) {
    plan.latency = std::chrono::microseconds(500);
    const auto i = swarm.add(plan);
    swarm.join(i);
    return i;
  }
  void run(double seconds) { swarm.run_until(beginning + from_seconds(seconds)); }
  /// No rule was broken.
  void check() {
    swarm.check();
    for (const auto& b : swarm.breaches()) {
      FAIL_CHECK(b);
    }
  }

  diary notes;
  virtual_swarm swarm;
};

}  // namespace shoal::sim
