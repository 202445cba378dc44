// The book beside one that looks at everything each time, under random operations.

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <set>

#include <doctest/doctest.h>

#include <shoal/peer/peer_book.hpp>

namespace shoal::peer {
namespace {

using std::chrono::seconds;

constexpr std::size_t entries_max = 12;

struct model {
  struct known {
    std::uint32_t failures = 0;
    std::optional<instant> due;
    bool ready = false;
  };

  std::uint32_t worth(const endpoint& who) const { return who.port * salt; }
  bool add(instant now, const endpoint& who) {
    if (all.contains(who) || banned.contains(who.address)) return false;
    if (all.size() == entries_max) {
      const auto worst = std::max_element(all.begin(), all.end(), [](const auto& a, const auto& b) {
        return a.second.failures < b.second.failures;
      });
      if (worst->second.failures == 0) return false;
      all.erase(worst);
    }
    all[who].due = now;
    return true;
  }
  std::optional<endpoint> next(instant now) {
    std::optional<endpoint> best;
    for (auto& [who, k] : all) {
      k.ready = k.due && (k.ready || *k.due <= now);
      if (k.ready && (!best || worth(who) > worth(*best))) best = who;
    }
    if (best) all[*best] = {all[*best].failures, std::nullopt, false};
    return best;
  }
  std::optional<instant> due() const {
    std::optional<instant> out;
    std::optional<endpoint> best;
    for (const auto& [who, k] : all) {
      if (k.ready && (!best || worth(who) > worth(*best))) best = who;
      if (k.due && !k.ready) out = std::min(out.value_or(*k.due), *k.due);
    }
    return best ? all.at(*best).due : out;
  }
  void again(instant now, const endpoint& who, bool failed) {
    const auto found = all.find(who);
    if (found == all.end()) return;
    auto& k = found->second;
    k.failures = failed ? k.failures + 1 : 0;
    if (k.failures == 4) {
      all.erase(found);
      return;
    }
    k.due = now + seconds(3) * (failed ? 1 << (k.failures - 1) : 1);
    k.ready = false;
  }

  std::map<endpoint, known> all;
  std::set<ip_address> banned;
  std::uint32_t salt = 1;
};

}  // namespace

TEST_CASE("the book does what a naive one does, under random operations") {
  const std::uint64_t first = std::random_device{}();
  for (std::uint64_t seed = first; seed < first + 30; ++seed) {
    CAPTURE(seed);
    rng random(seed);
    model naive;
    book_settings settings;
    settings.entries_max = entries_max;
    settings.failures_max = 4;
    peer_book book(settings);
    book.prefer([&](const endpoint& who) { return std::optional(naive.worth(who)); });
    instant now{seconds(1000)};
    const auto draw = [&] {
      const auto host = static_cast<std::uint8_t>(1 + random.below(8));
      // Each port once, so that no two are worth the same.
      return endpoint{ip_address::v4({10, 0, 0, host}),
                      static_cast<std::uint16_t>(8 * random.below(3) + host)};
    };
    for (int step = 0; step < 500; ++step) {
      CAPTURE(step);
      now += std::chrono::milliseconds(random.below(2000));
      const auto who = draw();
      switch (random.below(9)) {
        case 0:
        case 1:
          REQUIRE(book.add(now, who, random) == naive.add(now, who));
          break;
        case 2:
        case 3:
          REQUIRE(book.next(now) == naive.next(now));
          break;
        case 4:
          book.failed(now, who);
          naive.again(now, who, true);
          break;
        case 5:
          book.ended(now, who);
          naive.again(now, who, false);
          break;
        case 6: {
          const auto found = naive.all.find(who);
          REQUIRE(book.take(who) == (found != naive.all.end() && found->second.due.has_value()));
          if (found != naive.all.end()) found->second = {found->second.failures, std::nullopt, false};
          break;
        }
        case 7:
          if (random.below(2) == 0) {
            book.forget(who);
            naive.all.erase(who);
          } else {
            naive.salt =
                static_cast<std::uint32_t>(1 + random.below(2) * 0xfffffffeU);  // turns the order round
            book.reconsider();
          }
          break;
        default:
          if (random.below(20) == 0) {
            book.ban(who.address);
            naive.banned.insert(who.address);
            std::erase_if(naive.all, [&](const auto& one) { return one.first.address == who.address; });
          }
      }
      REQUIRE(book.size() == naive.all.size());
      REQUIRE(book.due() == naive.due());
      REQUIRE(static_cast<std::ptrdiff_t>(book.idle().size()) ==
              std::ranges::count_if(naive.all, [](const auto& one) { return one.second.due.has_value(); }));
    }
  }
}

}  // namespace shoal::peer
