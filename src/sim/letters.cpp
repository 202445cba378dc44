// Messages without payload, on their way. A letter is a happening of 24 bytes: which message it is (its place
// in `wire::message`), and the piece and the block that it names. What does not fit goes beside it as a
// parcel.

#include <utility>
#include <variant>

#include <shoal/wire/codec.hpp>

#include "sim/world.hpp"

namespace shoal::sim {

namespace {

constexpr std::uint8_t is_parcel = 0x80;

/// What the other side reads of `m`; nothing when it cannot be read.
std::optional<wire::message> over_the_wire(const wire::message& m, const piece::geometry& g) {
  std::vector<std::byte> bytes;
  wire::encode(m, bytes);
  if (const auto* payload = std::get_if<wire::piece>(&m)) {
    bytes.resize(bytes.size() + payload->block.length);
  }
  wire::limits limits;
  limits.block_bytes_max = g.block_length();
  wire::frame frame;
  const auto taken = wire::decode(bytes, limits, frame);
  return taken && *taken == bytes.size() ? std::optional(std::move(frame.msg)) : std::nullopt;
}

/// The one of these types whose place is `which`, made by `make(type)`.
template <class F, std::size_t... I>
wire::message message_at(std::size_t which, F make, std::index_sequence<I...>) {
  wire::message out;
  static_cast<void>(
      ((I == which && (out = make(std::variant_alternative_t<I, wire::message>()), true)) || ...));
  return out;
}

template <class M>
concept names_piece = requires(M m) { m.piece; };
template <class M>
concept names_block = requires(M m) { m.block; };

}  // namespace

void virtual_swarm::world::post(node_index from, const link& l, wire::message&& m) {
  if (parted(from, l.to)) {
    held_letters.push_back({l.end, l.serial, std::move(m)});
    return;
  }
  happening h{l.to, happening_kind::letter, static_cast<std::uint8_t>(m.index()), far_end(l.end).value(),
              l.serial};
  const bool fits = std::visit(
      [&]<class M>(const M& what) {
        if constexpr (names_piece<M>) {
          h.c = what.piece.value();
        } else if constexpr (names_block<M>) {
          h.c = what.block.piece.value();
          h.d = what.block.begin;
          return geometry.contains(what.block) && block_at(h.c, h.d) == what.block;
        }
        return std::is_empty_v<M> || names_piece<M>;
      },
      m);
  if (!fits) {
    h.message |= is_parcel;
    h.c = parcels.take();
    parcels[h.c] = std::move(m);
  }
  push(now + l.one_way, h);
}

wire::message virtual_swarm::world::unpack(const happening& letter) {
  if ((letter.message & is_parcel) != 0) {
    parcels.give_back(letter.c);
    return std::move(parcels[letter.c]);
  }
  return message_at(
      letter.message,
      [&]<class M>(M m) {
        if constexpr (names_piece<M>) {
          m.piece = piece_index(letter.c);
        } else if constexpr (names_block<M>) {
          m.block = block_at(letter.c, letter.d);
        }
        return m;
      },
      std::make_index_sequence<std::variant_size_v<wire::message>>());
}

/// Those of one connection that come one after another are heard together.
void virtual_swarm::world::read(const happening& letter) {
  auto m = unpack(letter);
  const end_index e(letter.a);
  if (ends[e.index()].serial != letter.b || !ends[e.index()].open) {
    return;
  }
  if (reading != e) {
    deliver_read();
    joined(e);  // the letter may have been on its way before this connection was, for its instant is rounded
    reading = e;
  }
  if (!ends[e.index()].joined) {
    return;
  }
  if (plan.wire) {
    if (auto over = over_the_wire(m, geometry)) {
      m = std::move(*over);
    } else {
      breach(letter.who, "a message that cannot be read: " + std::string(wire::name_of(m)));
    }
  }
  letters.push_back(std::move(m));
}

void virtual_swarm::world::deliver_read() {
  if (!letters.empty()) {
    hear(visiting, swarm::received{ends[reading.index()].key, letters});
    letters.clear();
  }
  reading = no_end;
}

}  // namespace shoal::sim
