// Many cores that are driven from one thread by turns, and have one outbox.

#include <doctest/doctest.h>

#include "swarm/script.hpp"

namespace shoal::swarm {
namespace {

core_setup sharing(bool seed, ring<action>& outbox) {
  auto s = script::setup(seed, {});
  s.outbox = &outbox;
  return s;
}

TEST_CASE("cores that share an outbox do what they would do alone") {
  ring<action> outbox;
  script alone(false);
  script one(sharing(false, outbox));
  script other(sharing(true, outbox));
  for (script* const s : {&alone, &one}) {
    const auto key = s->join_seed(2);
    other.join(3);
    s->say(key, wire::suggest_piece{piece_index(7)});
    other.say(peer_key(other.last_key), wire::interested{});
  }
  CHECK(one.actions.size() == alone.actions.size());
  const auto asked = one.said_to<wire::request>(peer_key(1));
  CHECK_FALSE(asked.empty());
  CHECK(asked == alone.said_to<wire::request>(peer_key(1)));
  CHECK(other.said_to<wire::request>(peer_key(1)).empty());
  CHECK(other.said_to<wire::unchoke>(peer_key(1)).size() == 1);
  CHECK(outbox.empty());
}

TEST_CASE("hints of what comes change nothing") {
  script hinted(false);
  script other(false);
  for (script* const s : {&hinted, &other}) {
    const auto hint = [&] {
      if (s == &hinted) {
        s->core.fetch_early();
        s->core.fetch_lists_early();
        s->core.fetch_peers_early();
      }
    };
    hint();  // there is nobody yet
    s->join_seed(2);
    hint();
    s->join_seed(3);
  }
  for (const auto key : {peer_key(1), peer_key(2)}) {
    CHECK(hinted.said_to<wire::request>(key) == other.said_to<wire::request>(key));
  }
}

}  // namespace
}  // namespace shoal::swarm
