// The picker beside a naive one, under random operations. SHOAL_TEST_SEED=n replays a run whose seed was
// printed.

#include "piece/model.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/piece/picker.hpp>

namespace {

using namespace shoal;
using piece::geometry;
using piece::picker;
using piece::picker_settings;
using piece::test::model;
using piece::test::model_block;

/// Both, driven by one source of chance.
class duel {
 public:
  explicit duel(std::uint64_t seed)
      : random_(seed), model_(draw_geometry(), draw_settings()), picker_(model_.g, model_.settings, seed) {}

  void step() {
    switch (random_.below(12)) {
      case 0:
        return join();
      case 1:
        return leave();
      case 2:
        return got();
      case 3:
        return abandon();
      case 4:
        return settle_complete();
      case 5:
        return random_.below(4) == 0 ? change_wishes() : got();
      case 6:
        return pick_from();
      case 7:
      case 8:
        return pick();
      default:
        return receive();
    }
  }

  void compare() {
    picker_.check();
    const bitfield all(model_.g.piece_count(), true);
    REQUIRE(picker_.wanted_count() == model_.wanted_in(all));
    REQUIRE(picker_.wanted_bytes() == model_.wanted_bytes());
    REQUIRE(picker_.in_endgame() == model_.in_endgame());
    REQUIRE(picker_.progress().size() == model_.begun.size());
    std::uint32_t least = 0xffffffff;
    std::vector<std::uint32_t> copies;
    model_.for_each_piece([&](piece_index p) {
      copies.push_back(model_.availability(p));
      least = std::min(least, copies.back());
      agree(picker_.availability(p), copies.back());
      agree(picker_.wants(p), model_.wants(p));
      agree(picker_.priority(p), model_.priority[p.index()]);
      agree(picker_.have().test(p), model_.have[p.index()]);
    });
    double above = 0;
    for (const auto n : copies) {
      above += n > least ? 1 : 0;
    }
    REQUIRE(picker_.distributed_copies() == doctest::Approx(least + above / model_.g.piece_count()));
    for (const auto& [key, has] : model_.peers) {
      agree(picker_.wanted_in(has), model_.wanted_in(has));
    }
    for (const auto& [p, blocks] : model_.begun) {
      compare(p, blocks);
    }
  }

 private:
  /// Of the many comparisons only one that fails becomes an assertion, which takes a hundred times as long.
  template <class T, class U>
  static void agree(const T& ours, const U& the_models) {
    if (ours != the_models) {
      REQUIRE(ours == the_models);
    }
  }

  void compare(piece_index p, const std::vector<model_block>& blocks) {
    const auto* progress = picker_.progress().find(p);
    REQUIRE(progress != nullptr);
    REQUIRE(progress->complete() == model_.complete(p));
    for (std::uint32_t n = 0; n < blocks.size(); ++n) {
      agree(progress->received(n), blocks[n].sender.has_value());
      agree(!blocks[n].sender || progress->sender(n) == *blocks[n].sender, true);
      std::vector<peer_key> askers;
      picker_.askers(model_.g.block(p, n), askers);
      agree(std::set(askers.begin(), askers.end()) == blocks[n].askers, true);
      agree(askers.size(), blocks[n].askers.size());
    }
  }

  geometry draw_geometry() {
    const auto length = static_cast<std::uint32_t>(1 + random_.below(5 * block_bytes));
    const std::uint64_t pieces = 1 + random_.below(random_.below(3) == 0 ? 150 : 12);
    return {(pieces - 1) * length + 1 + random_.below(length), length};
  }
  picker_settings draw_settings() {
    return {random_.below(4) == 0, static_cast<std::uint32_t>(1 + random_.below(3))};
  }
  piece_index draw_piece() {
    return piece_index(static_cast<std::uint32_t>(random_.below(model_.g.piece_count())));
  }
  template <class C>
  auto draw(C& from) {
    return std::next(from.begin(), static_cast<std::ptrdiff_t>(random_.below(from.size())));
  }

  void join() {
    if (model_.peers.size() > 9) {
      return;
    }
    bitfield has(model_.g.piece_count());
    const auto density = random_.below(5);
    model_.for_each_piece([&](piece_index p) {
      if (random_.below(4) < density) {
        has.set(p);
      }
    });
    model_.peers.emplace(next_key_, has);
    ++next_key_;
    picker_.peer_joined(has);
  }

  void leave() {
    if (model_.peers.empty()) {
      return;
    }
    const auto at = draw(model_.peers);
    std::vector<block_ref> asked;
    for (const auto& [p, blocks] : model_.begun) {
      for (std::uint32_t n = 0; n < blocks.size(); ++n) {
        if (blocks[n].askers.contains(at->first)) {
          asked.push_back(model_.g.block(p, n));
        }
      }
    }
    for (const auto& b : asked) {
      model_.abandoned(b, at->first);
      picker_.abandoned(b, at->first);
    }
    picker_.peer_left(at->second);
    model_.peers.erase(at);
  }

  void got() {
    if (model_.peers.empty()) {
      return;
    }
    const auto at = draw(model_.peers);
    // Now and then all the rest, so that peers become complete while here.
    for (auto more = random_.below(8) == 0 ? 1000U : 1U; more > 0; --more) {
      const auto p = draw_piece();
      if (at->second.set(p)) {
        picker_.peer_got(p);
      }
    }
  }

  void pick() {
    if (model_.peers.empty()) {
      return;
    }
    const auto at = draw(model_.peers);
    const std::size_t n = random_.below(12);
    std::vector<block_ref> out(1);
    const std::size_t given = picker_.pick(at->second, at->first, n, out);
    REQUIRE(given == out.size() - 1);
    follow(out, n, at->second, at->first);
  }

  void pick_from() {
    if (model_.peers.empty()) {
      return;
    }
    const auto at = draw(model_.peers);
    const auto p = draw_piece();
    const std::size_t n = random_.below(8);
    std::vector<block_ref> out(1);
    const std::size_t given = picker_.pick_from(p, at->first, n, out);
    REQUIRE(given == out.size() - 1);
    bitfield among(model_.g.piece_count());
    among.set(p);
    follow(out, n, among, at->first);
  }

  /// `out` holds one block that was there before.
  void follow(const std::vector<block_ref>& out, std::size_t n, const bitfield& among, peer_key who) {
    REQUIRE(out.size() - 1 <= n);
    REQUIRE(out[0] == block_ref{});
    for (std::size_t i = 1; i < out.size(); ++i) {
      model_.follow_pick(out[i], among, who);
    }
    if (out.size() - 1 < n) {
      model_.follow_end_of_pick(among, who);
    }
  }

  /// A block of a begun piece, mostly one that is asked for, and one of its askers.
  std::optional<std::pair<block_ref, peer_key>> draw_asked() {
    if (model_.begun.empty()) {
      return std::nullopt;
    }
    const auto at = draw(model_.begun);
    const auto n = static_cast<std::uint32_t>(random_.below(at->second.size()));
    const auto& askers = at->second[n].askers;
    return std::pair(model_.g.block(at->first, n), askers.empty() ? peer_key(999) : *draw(askers));
  }

  void receive() {
    auto asked = draw_asked();
    if (random_.below(25) == 0) {  // out of the blue
      const auto p = draw_piece();
      const auto n = static_cast<std::uint32_t>(random_.below(model_.g.block_count(p)));
      asked.emplace(model_.g.block(p, n), peer_key(998));
    }
    if (asked) {
      const auto expected = model_.received(asked->first, asked->second);
      REQUIRE(picker_.received(asked->first, asked->second) == expected);
    }
  }

  void abandon() {
    if (const auto asked = draw_asked()) {
      model_.abandoned(asked->first, asked->second);
      picker_.abandoned(asked->first, asked->second);
    }
  }

  void settle_complete() {
    for (const auto& [p, blocks] : model_.begun) {
      if (!model_.complete(p)) {
        continue;
      }
      if (random_.below(3) != 0) {
        picker_.verified(p);
        model_.have[p.index()] = true;
      } else {
        std::vector<peer_key> senders(3);
        picker_.failed(p, senders);
        REQUIRE(senders.size() == blocks.size());
        for (std::size_t n = 0; n < blocks.size(); ++n) {
          REQUIRE(senders[n] == blocks[n].sender);
        }
      }
      model_.begun.erase(p);
      return;
    }
  }

  void change_wishes() {
    const auto p = draw_piece();
    switch (random_.below(5)) {
      case 0:
        picker_.mark_have(p);
        model_.have[p.index()] = true;
        model_.begun.erase(p);
        return;
      case 1:
        picker_.mark_missing(p);
        model_.have[p.index()] = false;
        return;
      case 2:
        model_.settings.sequential = !model_.settings.sequential;
        picker_.set_sequential(model_.settings.sequential);
        return;
      default:
        model_.priority[p.index()] = static_cast<std::uint8_t>(random_.below(8));
        picker_.set_priority(p, model_.priority[p.index()]);
        return;
    }
  }

  rng random_;
  model model_;
  picker picker_;
  peer_key next_key_{1};
};

}  // namespace

TEST_CASE("the picker does what a naive one does, under random operations") {
  const char* const given = std::getenv("SHOAL_TEST_SEED");
  const std::uint64_t first = given != nullptr ? std::stoull(given) : std::random_device{}();
  const std::uint64_t runs = given != nullptr ? 1 : 100;
  MESSAGE("seeds " << first << " to " << first + runs - 1 << "; SHOAL_TEST_SEED=n replays one");
  for (std::uint64_t seed = first; seed < first + runs; ++seed) {
    CAPTURE(seed);
    duel d(seed);
    for (int step = 0; step < 400; ++step) {
      CAPTURE(step);
      d.step();
      d.compare();
    }
  }
}

TEST_CASE("the same seed and the same calls give the same picks") {
  const geometry g(300 * 3 * std::uint64_t{block_bytes}, 3 * block_bytes);
  const auto run = [&](std::uint64_t seed) {
    picker p(g, {}, seed);
    rng random(5);
    std::vector<block_ref> out;
    for (std::uint32_t k = 0; k < 30; ++k) {
      bitfield has(g.piece_count());
      for (int i = 0; i < 150; ++i) {
        has.set(piece_index(static_cast<std::uint32_t>(random.below(g.piece_count()))));
      }
      p.peer_joined(has);
      const std::size_t before = out.size();
      p.pick(has, peer_key(k), 40, out);
      for (std::size_t i = before; i < out.size(); ++i) {
        if (p.received(out[i], peer_key(k)) == picker::arrival::completes) {
          p.verified(out[i].piece);
        }
      }
    }
    return out;
  };
  CHECK(run(1) == run(1));
  CHECK(run(1) != run(2));
}
