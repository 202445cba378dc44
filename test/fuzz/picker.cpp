// The picker under operations that the input spells, with all its invariants asserted on the way.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/piece/picker.hpp>

namespace {

using namespace shoal;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

class player {
 public:
  explicit player(byte_view in)
      : in_(in),
        geometry_(1 + in_.u16() * std::uint64_t{37}, 1 + in_.u16()),
        picker_(geometry_, {(in_.u8() & 1U) != 0, 1U + in_.u8() % 3}, in_.u8()) {}

  void play() {
    if (geometry_.piece_count() > 2000) {
      return;
    }
    while (in_.remaining() > 0) {
      step();
    }
    picker_.check();
  }

 private:
  piece_index any_piece() { return piece_index(in_.u16() % geometry_.piece_count()); }
  block_ref any_block() {
    const auto p = any_piece();
    return geometry_.block(p, in_.u8() % geometry_.block_count(p));
  }
  peer_key any_peer() { return peer_key(in_.u8() % 8); }
  bitfield& has(peer_key who) {
    const auto [at, is_new] = has_.try_emplace(who, geometry_.piece_count());
    if (is_new) {
      picker_.peer_joined(at->second);
    }
    return at->second;
  }

  void pick(bool one_piece) {
    const auto who = any_peer();
    std::vector<block_ref> out;
    if (one_piece) {
      picker_.pick_from(any_piece(), who, in_.u8(), out);
    } else {
      picker_.pick(has(who), who, in_.u8(), out);
    }
    for (const auto& b : out) {
      require(geometry_.is_block(b) && picker_.wants(b.piece));
      require(one_piece || has(who).test(b.piece));
      std::vector<peer_key> askers;
      picker_.askers(b, askers);
      require(askers.size() <= 3);
    }
  }

  void receive() {
    const auto b = any_block();
    const auto who = any_peer();
    if (picker_.received(b, who) != picker::arrival::completes) {
      return;
    }
    if (in_.u8() % 4 != 0) {
      picker_.verified(b.piece);
    } else {
      std::vector<peer_key> senders;
      picker_.failed(b.piece, senders);
      require(senders.size() == geometry_.block_count(b.piece));
    }
  }

  void step() {
    switch (in_.u8() % 12) {
      case 0: {
        const auto who = any_peer();
        if (const auto at = has_.find(who); at != has_.end()) {
          picker_.peer_left(at->second);
          has_.erase(at);
        } else {
          picker_.peer_joined(has_.emplace(who, bitfield(geometry_.piece_count(), true)).first->second);
        }
        return;
      }
      case 1:
      case 2: {
        bitfield& theirs = has(any_peer());
        const auto p = any_piece();
        if (theirs.set(p)) {
          picker_.peer_got(p);
        }
        return;
      }
      case 3: {
        const auto b = any_block();
        return picker_.abandoned(b, any_peer());
      }
      case 4: {
        const auto p = any_piece();
        return picker_.set_priority(p, in_.u8() % 8);
      }
      case 5:
        return picker_.mark_missing(any_piece());
      case 6:
        return picker_.set_sequential((in_.u8() & 1U) != 0);
      case 7:
        return pick(true);
      case 8:
        return pick(false);
      case 9:
        return picker_.check();
      default:
        return receive();
    }
  }

  using picker = piece::picker;

  byte_reader in_;
  piece::geometry geometry_;
  picker picker_;
  std::map<peer_key, bitfield> has_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size >= 8) {
    player(std::as_bytes(std::span(data, size))).play();
  }
  return 0;
}
