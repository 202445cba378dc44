// The brain of a magnet link against scripted peers, and what it hands over.

#include <doctest/doctest.h>

#include <shoal/hash/sha1.hpp>
#include <shoal/swarm/metadata_core.hpp>
#include <shoal/swarm/torrent_core.hpp>
#include <shoal/wire/metadata_message.hpp>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

using kind = wire::metadata_message::kind;

constexpr std::uint8_t their_id = 9;  // under which the peers here want their ut_metadata

std::vector<std::byte> some_metadata() {
  std::vector<std::byte> out(2 * wire::metadata_part_bytes + 1000);
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i] = static_cast<std::byte>(i * 7 + i / 251);
  }
  return out;
}

template <class Core>
struct metadata_script : driven<Core> {
  using driven<Core>::driven;
  using driven<Core>::say;

  void say(peer_key key, const wire::metadata_message& m, byte_view data = {},
           std::uint8_t id = wire::our_ut_metadata_id) {
    say(key, wire::extended{id, wire::encode(m, data)});
  }
  peer_key join(std::uint8_t host, bool fast = true) {
    return this->join_from({ip_address::v4({10, 0, 0, host}), 1000}, fast, true);
  }
  peer_key join_offering(std::uint8_t host, std::uint64_t size) {
    const auto key = join(host);
    wire::extension_handshake hello;
    hello.ids = {{"ut_metadata", their_id}};
    hello.metadata_size = size;
    say(key, wire::extended{0, wire::encode(hello)});
    return key;
  }
  /// The metadata messages that went to the peer, with their data.
  std::vector<std::pair<wire::metadata_message, std::size_t>> metadata_to(peer_key key) const {
    std::vector<std::pair<wire::metadata_message, std::size_t>> out;
    for (const auto& m : this->template said_to<wire::extended>(key)) {
      if (m.id == their_id) {
        const auto frame = wire::decode_metadata_message(m.payload).value();
        out.emplace_back(frame.msg, frame.data.size());
      }
    }
    return out;
  }
};

struct seeker : metadata_script<metadata_core> {
  explicit seeker(const std::vector<std::byte>& metadata) : metadata_script(setup_for(metadata)) {
    on(start{});
  }
  static metadata_setup setup_for(const std::vector<std::byte>& metadata) {
    metadata_setup setup;
    setup.info_hash = sha1(metadata);
    setup.trackers = {{"http://t/announce"}};
    setup.listen_port = 6881;
    return setup;
  }
};

TEST_CASE("metadata is asked for as soon as a peer offers it, and kept when it is right") {
  const auto metadata = some_metadata();
  seeker s(metadata);
  CHECK(s.all<announce_to>().size() == 1);
  CHECK(s.all<announce_to>()[0].left > 0);
  const auto key = s.join_offering(2, metadata.size());
  CHECK(s.said_to<wire::have_none>(key).size() == 1);
  const auto hello = wire::decode_extension_handshake(s.said_to<wire::extended>(key)[0].payload).value();
  CHECK(hello.id_of("ut_metadata") == wire::our_ut_metadata_id);
  CHECK(hello.listen_port == 6881);
  CHECK_FALSE(hello.metadata_size);
  REQUIRE(s.metadata_to(key).size() == 3);
  for (std::uint32_t part = 0; part < 3; ++part) {
    const auto rest = byte_view(metadata).subspan(part * wire::metadata_part_bytes);
    s.say(key, {kind::data, part, metadata.size()},
          rest.first(std::min<std::size_t>(rest.size(), wire::metadata_part_bytes)));
  }
  CHECK(s.core.complete());
  CHECK(s.core.metadata() == metadata);
}

TEST_CASE("what a peer said of its pieces is handed over, once each and in order") {
  seeker s(some_metadata());
  const auto key = s.join(2);
  s.say(key, wire::have_none{});
  s.say(key, wire::have{piece_index(3)});
  s.say(key, wire::unchoke{});
  s.say(key, wire::choke{});
  s.say(key, wire::unchoke{});
  s.say(key, wire::interested{});
  const auto gone = s.join(3);
  s.on(peer_left{gone});
  const auto handed = s.core.release();
  REQUIRE(handed.size() == 1);
  CHECK(handed[0].joined.key == key);
  CHECK(handed[0].joined.greeted);
  CHECK(handed[0].said == std::vector<wire::message>{wire::have_none{}, wire::have{piece_index(3)},
                                                     wire::choke{}, wire::unchoke{}, wire::interested{}});
}

TEST_CASE("peers that misbehave before the metadata is here are dropped") {
  const auto metadata = some_metadata();
  SUBCASE("data of a wrong length") {
    seeker s(metadata);
    const auto key = s.join_offering(2, metadata.size());
    s.say(key, {kind::data, 0, metadata.size()}, byte_view(metadata).first(100));
    CHECK(s.dropped(key) == drop_reason::protocol_violation);
  }
  SUBCASE("floods") {
    const std::vector<wire::message> floods{
        wire::extended{0, {std::byte{'x'}}}, wire::extended{wire::our_ut_metadata_id, {std::byte{'x'}}},
        wire::extended{wire::our_ut_metadata_id, wire::encode({kind::request, 0, 0})},
        wire::request{{piece_index(0), 0, block_bytes}}, wire::piece{{piece_index(0), 0, block_bytes}}};
    for (const auto& m : floods) {
      seeker s(metadata);
      const auto key = s.join_offering(2, metadata.size());
      for (int n = 0; n < 1000 && !s.dropped(key); ++n) {
        s.say(key, m);
      }
      CHECK(s.dropped(key) == drop_reason::protocol_violation);
    }
  }
  SUBCASE("false metadata") {
    seeker s(metadata);
    const auto key = s.join_offering(2, 5);
    s.say(key, {kind::data, 0, 5}, byte_view(metadata).first(5));
    CHECK(s.dropped(key) == drop_reason::banned);
    s.on(peer_left{key});
    CHECK(s.dropped(s.join(2)) == drop_reason::banned);
  }
}

TEST_CASE("an offer beyond the limit is remembered, and not taken") {
  seeker s(some_metadata());
  const auto key = s.join_offering(2, std::uint64_t{1} << 40);
  CHECK(s.metadata_to(key).empty());
  CHECK(s.core.refused_bytes() == std::uint64_t{1} << 40);
  CHECK_FALSE(s.dropped(key));
}

TEST_CASE("an extension id that collides is not used") {
  seeker s(some_metadata());
  const auto key = s.join(2);
  wire::extension_handshake hello;
  hello.ids = {{"ut_metadata", their_id}, {"ut_pex", their_id}};
  hello.metadata_size = some_metadata().size();
  s.say(key, wire::extended{0, wire::encode(hello)});
  CHECK(s.metadata_to(key).empty());
}

// The other side: a torrent that has its metadata.

struct server : metadata_script<torrent_core> {
  explicit server(bool is_private = false) : metadata_script(setup_of(is_private)) { on(start{}); }
  static core_setup setup_of(bool is_private) {
    auto setup = script::setup(false, {});
    setup.is_private = is_private;
    setup.metadata = std::make_shared<const std::vector<std::byte>>(some_metadata());
    return setup;
  }
};

TEST_CASE("metadata is served part by part, within bounds") {
  server s;
  const auto key = s.join_offering(2, 0);
  const auto hello = wire::decode_extension_handshake(s.said_to<wire::extended>(key)[0].payload).value();
  CHECK(hello.metadata_size == some_metadata().size());
  for (const std::uint32_t part : {0U, 2U, 3U, 0xffffffffU}) {
    s.say(key, {kind::request, part, 0});
  }
  const auto answers = s.metadata_to(key);
  REQUIRE(answers.size() == 4);
  CHECK(answers[0] == std::pair{wire::metadata_message{kind::data, 0, some_metadata().size()},
                                std::size_t{wire::metadata_part_bytes}});
  CHECK(answers[1] ==
        std::pair{wire::metadata_message{kind::data, 2, some_metadata().size()}, std::size_t{1000}});
  CHECK(answers[2].first.what == kind::reject);
  CHECK(answers[3].first.what == kind::reject);
}

TEST_CASE("one connection cannot drain our uplink of metadata") {
  server s;
  const auto key = s.join_offering(2, 0);
  for (int n = 0; n < 1000 && !s.dropped(key); ++n) {
    s.say(key, {kind::request, 0, 0});
  }
  CHECK(s.dropped(key) == drop_reason::protocol_violation);
  std::size_t bytes = 0;
  for (const auto& [message, size] : s.metadata_to(key)) {
    bytes += size;
  }
  CHECK(bytes < 30 * wire::metadata_part_bytes);
}

TEST_CASE("a private torrent's metadata is not given away") {
  server s(true);
  const auto key = s.join_offering(2, 0);
  const auto hello = wire::decode_extension_handshake(s.said_to<wire::extended>(key)[0].payload).value();
  CHECK_FALSE(hello.ids.contains(std::string(wire::ut_metadata)));
  CHECK_FALSE(hello.ids.contains(std::string(wire::ut_pex)));
  CHECK_FALSE(hello.metadata_size);
  s.say(key, {kind::request, 0, 0});
  CHECK(s.metadata_to(key).empty());
}

TEST_CASE("a connection that is handed over is not greeted twice") {
  server s;
  peer_joined e{peer_key(1), {ip_address::v4({10, 0, 0, 2}), 1000}, {}, true, true, true, true};
  s.on(e);
  CHECK(s.said_to<wire::have_none>(peer_key(1)).empty());
  CHECK(s.said_to<wire::extended>(peer_key(1)).size() == 1);  // with the metadata's size, this time
  CHECK_FALSE(s.dropped(peer_key(1)));
}

}  // namespace
}  // namespace shoal::swarm
