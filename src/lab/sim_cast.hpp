#pragma once
// The peers of a simulated scenario: who comes when, what each begins with, who goes when and why, and the
// faults that befall them.

#include <cstdint>
#include <vector>

#include <shoal/base/rng.hpp>
#include <shoal/lab/result.hpp>
#include <shoal/sim/virtual_swarm.hpp>

#include "lab/sampler.hpp"
#include "lab/slot_times.hpp"

namespace shoal::lab {

class sim_cast : public sim::observer {
 public:
  sim_cast(const scenario& s, const run_options& options, run_result& out);

  sim::virtual_swarm& swarm() { return swarm_; }
  run_progress progress() const;
  /// Everybody came, and whoever stays is complete.
  bool over() const;
  /// One sample of the series.
  void sample();
  /// How long the next one should be.
  double sample_every_s() const { return series_.every_s(); }
  /// What is known only at the end.
  void finish();

  void on_block(sim::node_index from, sim::node_index to, std::uint32_t bytes) override;
  void on_piece(sim::node_index who, piece_index piece) override;
  void on_complete(sim::node_index who) override;
  void on_slot(sim::node_index who, sim::node_index whom, bool unchoked) override;

 private:
  struct part {  // one peer's
    group_index group;
    bool present = false;
    bool complete = false;
    bool limited = false;
    std::uint64_t held = 0;        // bytes of verified pieces
    std::uint64_t given = 0;       // bytes
    std::uint64_t given_done = 0;  // when it completed
    double last_block_s = 0;
  };

  void hire(group_index g);
  std::vector<duration> arrivals(const group_plan& g);
  void come(sim::node_index who);
  void go(sim::node_index who, bool in_good_order);
  void maybe_go(sim::node_index who);
  void spread(piece_index piece);
  void plan_fault(const fault& f);
  void strike(const fault& f);
  void strike_due();
  std::vector<sim::node_index> choose(const victims& v);
  void after(duration d, std::function<void()> what);
  double exponential(double mean);
  double now_s() const { return to_seconds(swarm_.now() - sim::beginning); }
  double part_done() const;

  const scenario& s_;
  run_result& out_;
  sim::virtual_swarm swarm_;
  sampler series_;
  rng chance_;
  std::vector<part> parts_;
  struct exchange {
    std::uint64_t given = 0, taken = 0;  // bytes
  };
  std::vector<exchange> exchanged_;           // of each peer, with each group
  slot_times slots_;                          // not of a large swarm
  std::vector<const fault*> waiting_faults_;  // for a part of the work
  std::uint32_t leechers_ = 0;                // that are to come, or have come
  std::uint32_t to_come_ = 0;
  std::uint32_t present_ = 0;
  std::uint32_t incomplete_ = 0;       // leechers that are there
  std::uint32_t complete_ = 0;         // leechers, ever
  std::uint64_t held_ = 0;             // bytes, of the leechers that have come
  std::uint32_t came_ = 0;             // leechers
  std::vector<std::uint32_t> spread_;  // of each piece, the leechers that have it
  std::uint32_t unspread_;             // pieces that none has
};

}  // namespace shoal::lab
