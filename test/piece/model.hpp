#pragma once
// What the picker's header says, in the plainest words: every fact kept by itself, every question answered by
// looking at everything.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <utility>
#include <vector>

#include <doctest/doctest.h>

#include <shoal/piece/picker.hpp>

namespace shoal::piece::test {

struct model_block {
  std::set<peer_key> askers;
  std::optional<peer_key> sender;
};

struct model {
  geometry g;
  picker_settings settings;
  std::vector<std::uint8_t> priority;
  std::vector<bool> have;
  std::map<piece_index, std::vector<model_block>> begun;
  std::map<peer_key, bitfield> peers;

  model(const geometry& geo, const picker_settings& s)
      : g(geo), settings(s), priority(geo.piece_count(), 4), have(geo.piece_count(), false) {}

  bool wants(piece_index p) const { return priority[p.index()] > 0 && !have[p.index()]; }
  bool candidate(piece_index p) const { return wants(p) && !begun.contains(p); }
  static bool missing(const model_block& b) { return !b.sender && b.askers.empty(); }
  static auto received(const std::vector<model_block>& blocks) {
    return std::count_if(blocks.begin(), blocks.end(), [](const auto& b) { return b.sender.has_value(); });
  }
  bool complete(piece_index p) const {
    const auto at = begun.find(p);
    return at != begun.end() && received(at->second) == static_cast<std::ptrdiff_t>(at->second.size());
  }
  bool open(piece_index p) const {
    const auto at = begun.find(p);
    return wants(p) && at != begun.end() && std::any_of(at->second.begin(), at->second.end(), missing);
  }

  template <class F>
  void for_each_piece(F f) const {
    for (piece_index p(0); g.contains(p); ++p) {
      f(p);
    }
  }
  std::uint32_t wanted_in(const bitfield& has) const {
    std::uint32_t n = 0;
    for_each_piece([&](piece_index p) { n += wants(p) && has.test(p) ? 1 : 0; });
    return n;
  }
  std::uint64_t wanted_bytes() const {
    std::uint64_t n = 0;
    for_each_piece([&](piece_index p) { n += wants(p) ? g.piece_bytes(p) : 0; });
    return n;
  }
  std::uint32_t availability(piece_index p) const {
    return static_cast<std::uint32_t>(
        std::count_if(peers.begin(), peers.end(), [&](const auto& peer) { return peer.second.test(p); }));
  }
  bool nothing_unasked() const {
    bool out = true;
    for_each_piece([&](piece_index p) { out = out && !candidate(p) && !open(p); });
    return out;
  }
  bool in_endgame() const { return wanted_in(bitfield(g.piece_count(), true)) > 0 && nothing_unasked(); }
  bool may_double(piece_index p, const model_block& b, peer_key who) const {
    return wants(p) && !b.sender && !b.askers.contains(who) && b.askers.size() < settings.endgame_copies_max;
  }

  /// The piece that a pick must go on with: begun, in `among`, first by the rules.
  std::optional<piece_index> best_open(const bitfield& among) const {
    std::optional<piece_index> best;
    const auto rank = [&](piece_index p) {
      const auto& blocks = begun.at(p);
      const auto to_come =
          settings.sequential ? 0 : static_cast<std::ptrdiff_t>(blocks.size()) - received(blocks);
      return std::tuple(-int{priority[p.index()]}, to_come, p);
    };
    for_each_piece([&](piece_index p) {
      if (among.test(p) && open(p) && (!best || rank(p) < rank(*best))) {
        best = p;
      }
    });
    return best;
  }
  /// Whether `p` is as good a new piece as any in `among`.
  bool is_best_new(piece_index p, const bitfield& among) const {
    const bool any_have = std::find(have.begin(), have.end(), true) != have.end();
    const auto rank = [&](piece_index c) {
      const auto second = settings.sequential ? c.value() : any_have ? availability(c) : 0;
      return std::pair(-int{priority[c.index()]}, second);
    };
    bool out = candidate(p);
    for_each_piece(
        [&](piece_index c) { out = out && !(among.test(c) && candidate(c) && rank(c) < rank(p)); });
    return out;
  }
  bool any_new(const bitfield& among) const {
    bool out = false;
    for_each_piece([&](piece_index p) { out = out || (among.test(p) && candidate(p)); });
    return out;
  }

  /// One picked block: that it follows the rules, and then the fact.
  void follow_pick(const block_ref& b, const bitfield& among, peer_key who) {
    CAPTURE(b.piece.value());
    CAPTURE(b.begin);
    REQUIRE(g.is_block(b));
    REQUIRE(wants(b.piece));
    REQUIRE(among.test(b.piece));
    const std::uint32_t n = g.block_number(b);
    if (const auto p = best_open(among)) {
      REQUIRE(b.piece == *p);
      auto& blocks = begun.at(*p);
      REQUIRE(static_cast<std::ptrdiff_t>(n) ==
              std::find_if(blocks.begin(), blocks.end(), missing) - blocks.begin());
    } else if (any_new(among)) {
      REQUIRE(is_best_new(b.piece, among));
      REQUIRE(n == 0);
      begun[b.piece].resize(g.block_count(b.piece));
    } else {
      REQUIRE(nothing_unasked());
      REQUIRE(may_double(b.piece, begun.at(b.piece)[n], who));
    }
    REQUIRE(begun.at(b.piece)[n].askers.insert(who).second);
  }
  /// That there was no more to pick.
  void follow_end_of_pick(const bitfield& among, peer_key who) const {
    REQUIRE_FALSE(best_open(among).has_value());
    REQUIRE_FALSE(any_new(among));
    if (nothing_unasked()) {
      for (const auto& [p, blocks] : begun) {
        for (const auto& b : blocks) {
          REQUIRE_FALSE((among.test(p) && may_double(p, b, who)));
        }
      }
    }
  }

  picker::arrival received(const block_ref& b, peer_key who) {
    if (have[b.piece.index()]) {
      return picker::arrival::duplicate;
    }
    if (!begun.contains(b.piece)) {
      if (!wants(b.piece)) {
        return picker::arrival::unexpected;
      }
      begun[b.piece].resize(g.block_count(b.piece));
    }
    auto& block = begun.at(b.piece)[g.block_number(b)];
    block.askers.erase(who);
    if (block.sender) {
      return picker::arrival::duplicate;
    }
    block.sender = who;
    return complete(b.piece) ? picker::arrival::completes : picker::arrival::accepted;
  }
  void abandoned(const block_ref& b, peer_key who) {
    const auto at = begun.find(b.piece);
    if (at == begun.end()) {
      return;
    }
    at->second[g.block_number(b)].askers.erase(who);
    if (std::all_of(at->second.begin(), at->second.end(), missing)) {
      begun.erase(at);
    }
  }
};

}  // namespace shoal::piece::test
