#include "lab/sim_cast.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>

#include "lab/sim_plan.hpp"

namespace shoal::lab {

namespace {

/// Peers of a swarm in which all slots are watched.
constexpr std::uint32_t slots_watched_max = 1000;

}  // namespace

sim_cast::sim_cast(const scenario& s, const run_options& options, run_result& out)
    : s_(s),
      out_(out),
      swarm_(plan_of(s, options), this),
      series_(s, out.series),
      chance_(options.seed + 1),
      slots_(s.groups.size(), s.peer_count() <= slots_watched_max),
      spread_(s.piece_count()),
      unspread_(s.piece_count()) {
  for (std::uint32_t g = 0; g < s.groups.size(); ++g) {
    hire(group_index(g));
  }
  for (const auto& f : s.faults) {
    plan_fault(f);
  }
  out_.notes = notes_on_precision(s_);
}

double sim_cast::exponential(double mean) {
  return -mean * std::log(1 - chance_.unit());
}

void sim_cast::after(duration d, std::function<void()> what) {
  swarm_.at(swarm_.now() + d, std::move(what));
}

std::vector<duration> sim_cast::arrivals(const group_plan& g) {
  std::vector<duration> out(g.count);
  if (const auto* once = std::get_if<arrive_at_once>(&g.arrival)) {
    std::fill(out.begin(), out.end(), once->at);
  } else if (const auto* poisson = std::get_if<arrive_poisson>(&g.arrival)) {
    double t = to_seconds(poisson->from);
    for (auto& when : out) {
      t += exponential(1 / poisson->per_s);
      when = from_seconds(t);
    }
  } else if (const auto* times = std::get_if<arrive_at_times>(&g.arrival)) {
    std::copy_n(times->times.begin(), std::min<std::size_t>(times->times.size(), g.count), out.begin());
  } else if (const auto* over = std::get_if<arrive_over>(&g.arrival)) {
    for (std::uint32_t i = 0; i < g.count; ++i) {
      out[i] = over->from + (over->to - over->from) * i / std::max(1U, g.count - 1);
    }
  }
  return out;
}

void sim_cast::hire(group_index index) {
  const group_plan& g = s_.groups[index.index()];
  const auto times = arrivals(g);
  std::optional<sim::site_index> site;
  for (std::uint32_t i = 0; i < g.count; ++i) {
    sim::node_plan plan;
    plan.up_bytes_per_s = g.up.of(i);
    plan.down_bytes_per_s = g.down.of(i);
    plan.latency = g.latency;
    plan.core = settings_of(s_, g, plan.up_bytes_per_s, swarm_.geometry().block_length());
    plan.complete = g.role == role::seeder;
    if (g.one_club) {
      plan.have = bitfield(s_.piece_count(), true);
      plan.have->reset(piece_index(0));
    } else if (g.have_part > 0) {
      plan.have = bitfield(s_.piece_count());
      for (std::uint32_t p = 0; p < s_.piece_count(); ++p) {
        if (chance_.unit() < g.have_part) {
          plan.have->set(piece_index(p));
        }
      }
    }
    if (g.site) {
      if (i % g.site->hosts == 0) {
        site = swarm_.add_site({g.site->up_bytes_per_s, g.site->down_bytes_per_s, g.site->latency});
      }
      plan.site = site;
    }
    part& p = parts_.emplace_back();
    p.group = index;
    p.limited = plan.up_bytes_per_s != unlimited;
    peer_result& r = out_.peers.emplace_back();
    r.group = index;
    r.up_bytes_per_s = plan.up_bytes_per_s;
    exchanged_.resize(exchanged_.size() + s_.groups.size());
    const auto who = swarm_.add(plan);
    swarm_.at(sim::beginning + times[i], [this, who] { come(who); });
    ++to_come_;
    leechers_ += g.role == role::leecher ? 1 : 0;
  }
}

void sim_cast::come(sim::node_index who) {
  part& p = parts_[who.index()];
  const group_plan& g = s_.groups[p.group.index()];
  --to_come_;
  ++present_;
  p.present = true;
  p.last_block_s = now_s();
  out_.peers[who.index()].joined_s = now_s();
  swarm_.join(who);
  const auto& have = swarm_.core(who).pieces().have();
  p.complete = have.all();
  series_.joined(p.group, p.complete, out_.peers[who.index()].up_bytes_per_s);
  series_.has(have);
  if (g.role == role::leecher) {
    ++came_;
    have.for_each([&](piece_index piece) {
      p.held += swarm_.geometry().piece_bytes(piece);
      spread(piece);
    });
    held_ += p.held;
    if (p.complete) {
      p.complete = false;  // chance gave it everything
      ++incomplete_;
      on_complete(who);
    } else {
      ++incomplete_;
    }
    if (g.patience_mean) {
      after(from_seconds(exponential(to_seconds(*g.patience_mean))), [this, who] {
        if (!parts_[who.index()].complete) {
          go(who, true);
        }
      });
    }
  } else if (const auto* leave = std::get_if<leave_after>(&g.departure)) {
    const double wait = to_seconds(leave->time);
    after(from_seconds(leave->exponential ? exponential(wait) : wait), [this, who] { go(who, true); });
  }
}

void sim_cast::go(sim::node_index who, bool in_good_order) {
  part& p = parts_[who.index()];
  if (!p.present) {
    return;
  }
  p.present = false;
  slots_.end_all_of(who, now_s());
  --present_;
  incomplete_ -= p.complete ? 0 : 1;
  peer_result& r = out_.peers[who.index()];
  r.left_s = now_s();
  const auto& had = swarm_.core(who).pieces().have();
  series_.left(p.group, p.complete, r.up_bytes_per_s, had);
  if (s_.groups[p.group.index()].role == role::leecher) {
    had.for_each([&](piece_index piece) { unspread_ += --spread_[piece.index()] == 0 ? 1 : 0; });
  }
  if (in_good_order) {
    swarm_.leave(who);
  } else {
    swarm_.die(who);
  }
  r.wasted = swarm_.totals(who).wasted;
}

/// One whose time has come by what it gave. Called in the midst of an event.
void sim_cast::maybe_go(sim::node_index who) {
  const part& p = parts_[who.index()];
  if (!p.present || !p.complete) {
    return;
  }
  const auto& why = s_.groups[p.group.index()].departure;
  bool goes = std::holds_alternative<leave_complete>(why);
  if (const auto* ratio = std::get_if<leave_at_ratio>(&why)) {
    goes = static_cast<double>(p.given) >= ratio->ratio * static_cast<double>(s_.content_bytes);
  } else if (const auto* pieces = std::get_if<leave_after_pieces>(&why)) {
    goes = p.given - p.given_done >= std::uint64_t{pieces->pieces} * s_.piece_length;
  }
  if (goes) {
    after({}, [this, who] { go(who, true); });
  }
}

void sim_cast::on_block(sim::node_index from, sim::node_index to, std::uint32_t bytes) {
  part& giver = parts_[from.index()];
  part& taker = parts_[to.index()];
  giver.given += bytes;
  taker.last_block_s = now_s();
  const std::size_t groups = s_.groups.size();
  exchanged_[from.index() * groups + taker.group.index()].given += bytes;
  exchanged_[to.index() * groups + giver.group.index()].taken += bytes;
  series_.block(giver.group, taker.group, bytes, giver.limited);
  if (giver.complete) {
    maybe_go(from);
  }
}

void sim_cast::on_piece(sim::node_index who, piece_index piece) {
  part& p = parts_[who.index()];
  if (!p.present) {
    return;
  }
  const auto bytes = swarm_.geometry().piece_bytes(piece);
  series_.got(piece);
  p.held += bytes;
  held_ += bytes;
  spread(piece);
  if (!waiting_faults_.empty()) {
    strike_due();
  }
}

/// Some leecher has it.
void sim_cast::spread(piece_index piece) {
  unspread_ -= spread_[piece.index()]++ == 0 ? 1 : 0;
  if (unspread_ > 0 || out_.seeder_bytes_until_whole) {
    return;
  }
  std::uint64_t sent = 0;
  for (std::uint32_t i = 0; i < parts_.size(); ++i) {
    const bool seeder = s_.groups[parts_[i].group.index()].role == role::seeder;
    sent += seeder ? swarm_.totals(sim::node_index(i)).uploaded : 0;
  }
  out_.seeder_bytes_until_whole = sent;
}

void sim_cast::on_slot(sim::node_index who, sim::node_index whom, bool unchoked) {
  const part& giver = parts_[who.index()];
  const part& taker = parts_[whom.index()];
  if (!unchoked) {
    slots_.end(who, whom, now_s());
  } else if (giver.present && !giver.complete && taker.present && !taker.complete) {
    slots_.begin(who, giver.group.index(), whom, taker.group.index(), now_s());
  }
}

void sim_cast::on_complete(sim::node_index who) {
  part& p = parts_[who.index()];
  if (!p.present || p.complete) {
    return;
  }
  p.complete = true;
  slots_.end_all_of(who, now_s());
  p.given_done = p.given;
  --incomplete_;
  ++complete_;
  out_.peers[who.index()].completed_s = now_s();
  series_.completed(p.group);
  const auto& why = s_.groups[p.group.index()].departure;
  if (const auto* leave = std::get_if<leave_after>(&why)) {
    const double wait = to_seconds(leave->time);
    after(from_seconds(leave->exponential ? exponential(wait) : wait), [this, who] { go(who, true); });
  } else {
    maybe_go(who);
  }
  if (over() && !s_.whole_time) {
    after({}, [this] { swarm_.stop(); });  // after those who leave now have left
  }
}

bool sim_cast::over() const {
  return to_come_ == 0 && incomplete_ == 0;
}

double sim_cast::part_done() const {
  const double wanted = static_cast<double>(s_.content_bytes) * came_;
  return wanted > 0 ? static_cast<double>(held_) / wanted : 0;
}

run_progress sim_cast::progress() const {
  run_progress out;
  out.t_s = now_s();
  out.events = swarm_.events();
  out.present = present_;
  out.complete = complete_;
  out.leechers = leechers_;
  out.done_part =
      leechers_ > 0 ? static_cast<double>(held_) / (static_cast<double>(s_.content_bytes) * leechers_) : 1;
  return out;
}

void sim_cast::sample() {
  series_.take(now_s());
  swarm_.check_waits();
}

void sim_cast::finish() {
  sample();
  out_.ended_s = now_s();
  out_.events = swarm_.events();
  out_.trace_digest = swarm_.digest();
  out_.unchoked_s = slots_.table(now_s());
  for (std::uint32_t i = 0; i < parts_.size(); ++i) {
    peer_result& r = out_.peers[i];
    if (parts_[i].present) {
      r.wasted = swarm_.totals(sim::node_index(i)).wasted;
    }
    for (std::size_t g = 0; g < s_.groups.size(); ++g) {
      r.given.push_back(exchanged_[i * s_.groups.size() + g].given);
      r.taken.push_back(exchanged_[i * s_.groups.size() + g].taken);
    }
  }
  swarm_.check();
  out_.breaches = swarm_.breaches();
}

}  // namespace shoal::lab
