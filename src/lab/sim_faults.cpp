// What goes wrong in a simulated scenario.

#include <algorithm>
#include <type_traits>
#include <utility>

#include "lab/sim_cast.hpp"

namespace shoal::lab {

void sim_cast::plan_fault(const fault& f) {
  if (f.when.progress) {
    waiting_faults_.push_back(&f);
  } else {
    swarm_.at(sim::beginning + f.when.at, [this, &f] { strike(f); });
  }
}

/// Called in the midst of an event.
void sim_cast::strike_due() {
  const double done = part_done();
  std::erase_if(waiting_faults_, [&](const fault* f) {
    const bool due = done >= *f->when.progress;
    if (due) {
      after({}, [this, f] { strike(*f); });
    }
    return due;
  });
}

std::vector<sim::node_index> sim_cast::choose(const victims& v) {
  std::vector<sim::node_index> out;
  for (std::uint32_t i = 0; i < parts_.size(); ++i) {
    if (parts_[i].present && parts_[i].group == v.group) {
      out.emplace_back(i);
    }
  }
  chance_.shuffle(std::span(out));
  out.resize(std::min<std::size_t>(out.size(), v.count));
  return out;
}

void sim_cast::strike(const fault& f) {
  const auto for_victims = [&](const victims& v, auto begin, std::optional<duration> lasting, auto end) {
    for (const auto who : choose(v)) {
      begin(who);
      if (lasting) {
        after(*lasting, [end, who] { end(who); });
      }
    }
  };
  const auto befall = [&](const auto& what) {
    using kind = std::decay_t<decltype(what)>;
    if constexpr (std::is_same_v<kind, peers_die>) {
      const auto who = choose(what.who);
      for (std::size_t i = 0; i < who.size(); ++i) {
        after(what.over * static_cast<std::int64_t>(i) / static_cast<std::int64_t>(who.size()),
              [this, dead = who[i]] { go(dead, false); });
      }
    } else if constexpr (std::is_same_v<kind, tracker_dies>) {
      swarm_.set_tracker(false);
      swarm_.forget_swarm();
      if (what.lasting) {
        after(*what.lasting, [this] { swarm_.set_tracker(true); });
      }
    } else if constexpr (std::is_same_v<kind, links_lose>) {
      for_victims(
          what.who, [&](auto who) { swarm_.set_loss(who, what.part); }, what.lasting,
          [this](auto who) { swarm_.set_loss(who, 0); });
    } else if constexpr (std::is_same_v<kind, network_parts>) {
      const auto set = [this, &what](std::uint8_t side) {
        for (std::uint32_t i = 0; i < parts_.size(); ++i) {
          if (std::find(what.side.begin(), what.side.end(), parts_[i].group) != what.side.end()) {
            swarm_.set_side(sim::node_index(i), side);
          }
        }
      };
      set(1);
      if (what.lasting) {
        after(*what.lasting, [set] { set(0); });
      }
    } else if constexpr (std::is_same_v<kind, peers_lie>) {
      for_victims(what.who, [&](auto who) { swarm_.set_lies(who, true); }, std::nullopt, [](auto) {});
    } else {
      for_victims(
          what.who, [&](auto who) { swarm_.set_disk_rate(who, what.bytes_per_s); }, what.lasting,
          [this](auto who) { swarm_.set_disk_rate(who, unlimited); });
    }
  };
  std::visit(befall, f.what);
}

}  // namespace shoal::lab
