#include <chrono>

#include <doctest/doctest.h>

#include <shoal/swarm/web_seed_standing.hpp>

using namespace shoal;
using namespace shoal::swarm;
using namespace std::chrono_literals;
using ending = web_seed_standing::ending;

TEST_CASE("a web seed that fails is asked less and less often, and one that serves soon again") {
  web_seed_standing s;
  instant now{};
  CHECK(s.due() == now);
  duration waited{};
  for (const duration expected : {5s, 10s, 20s, 40s}) {
    s.ended(now, ending::failed);
    REQUIRE(s.due());
    CHECK(*s.due() - now == expected);
    now = *s.due();
  }
  for (int i = 0; i < 20; ++i) {
    s.ended(now, ending::failed);
    waited = *s.due() - now;
    now = *s.due();
  }
  CHECK(waited > 30min);
  CHECK(waited <= web_seed_standing::pause_most);
  s.ended(now, ending::served);
  CHECK(*s.due() - now == web_seed_standing::pause_least);
  s.ended(now, ending::failed);
  CHECK(*s.due() - now == web_seed_standing::pause_least);
}

TEST_CASE("what a server asks for counts, within reason") {
  web_seed_standing s;
  s.ended(instant{}, ending::failed, 2min);
  CHECK(s.due() == instant{} + 2min);
  s.ended(instant{}, ending::failed, 100h);
  CHECK(s.due() == instant{} + web_seed_standing::pause_most);
  s.ended(instant{}, ending::served, 0s);
  CHECK(s.due() == instant{} + web_seed_standing::pause_least);
}

TEST_CASE("a web seed that is of no use, or that lied, is never asked again") {
  web_seed_standing useless;
  useless.ended(instant{}, ending::useless);
  CHECK_FALSE(useless.due());
  useless.ended(instant{}, ending::served);
  CHECK_FALSE(useless.due());
  web_seed_standing liar;
  liar.ended(instant{}, ending::served);
  liar.convicted();
  CHECK_FALSE(liar.due());
}
