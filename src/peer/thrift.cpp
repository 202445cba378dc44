#include <algorithm>
#include <utility>

#include <shoal/peer/thrift.hpp>

namespace shoal::peer {

namespace {

constexpr double cheaper = 0.9, dearer = 1.2;
constexpr std::uint32_t rounds_repaid = 3;
/// A block a second; less is no connection.
constexpr double price_least = 16.0 * 1024;
/// Of a stranger, as long as nobody has given anything by which to tell.
constexpr double price_first = 256.0 * 1024;
/// Part of the uplink that a first offer may take.
constexpr double first_part = 1.0 / 8;

bool repays(const candidate& c) {
  return c.down_bytes_per_s > 0 && !c.snubbed;
}

/// What those give that give: so much it takes, as it seems.
double going_rate(std::span<const candidate> all, double up_bytes_per_s) {
  double sum = 0;
  int givers = 0;
  for (const auto& c : all) {
    sum += repays(c) ? c.down_bytes_per_s : 0;
    givers += repays(c) ? 1 : 0;
  }
  return std::max(price_least,
                  std::min(givers > 0 ? sum / givers : price_first, up_bytes_per_s * first_part));
}

}  // namespace

thrift::offer* thrift::find(peer_key key) {
  const auto at = std::ranges::lower_bound(offers_, key, {}, &offer::key);
  return at != offers_.end() && at->key == key ? &*at : nullptr;
}

void thrift::revise(std::span<const candidate> interested, double up_bytes_per_s) {
  const double rate = going_rate(interested, up_bytes_per_s);
  std::vector<offer> now;
  for (const auto& c : interested) {
    const offer* const before = find(c.key);
    offer o = before != nullptr ? *before : offer{c.key, rate, 0};
    if (repays(c)) {
      o.price *= c.unchoked && ++o.repaid >= rounds_repaid ? cheaper : 1;
    } else if (std::exchange(o.repaid, 0) > 0 || c.unchoked) {
      o.price *= dearer;
    }
    o.price = std::clamp(o.price, price_least, std::max(price_least, up_bytes_per_s));
    now.push_back(o);
  }
  std::ranges::sort(now, {}, &offer::key);
  offers_ = std::move(now);
}

thrift::decision thrift::round(std::span<const candidate> interested, double up_bytes_per_s, rng& chance) {
  revise(interested, up_bytes_per_s);
  struct choice {
    const candidate* who;
    double price;
    double worth;
    std::size_t turn = 0;  // by chance: among equals, and for the one by chance
  };
  std::vector<choice> order;
  for (const auto& c : interested) {
    const double price = find(c.key)->price;
    order.push_back({&c, price, repays(c) ? c.down_bytes_per_s / price : 0});
  }
  chance.shuffle(std::span(order));
  for (std::size_t n = 0; n < order.size(); ++n) {
    order[n].turn = n;
  }
  std::ranges::sort(order, {}, [](const choice& c) { return std::pair(-c.worth, c.turn); });

  decision out;
  std::vector<choice> rest;
  for (const auto& c : order) {
    if (c.worth >= 1 && out.bytes_per_s + c.price <= up_bytes_per_s) {
      out.chosen.push_back(c.who->key);
      out.bytes_per_s += c.price;
    } else {
      rest.push_back(c);
    }
  }
  if (!rest.empty()) {
    const auto& tried = rest[static_cast<std::size_t>(chance.below(rest.size()))];
    out.chosen.push_back(tried.who->key);
    out.bytes_per_s = std::min(out.bytes_per_s + tried.price, up_bytes_per_s);
  }
  return out;
}

}  // namespace shoal::peer
