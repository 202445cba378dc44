#pragma once
// The peers we know of and may connect to: who, how often it failed, when to try again, who is banned.
//
// Bounded: `entries_max` addresses; when full, one that failed most is forgotten for a new one, so a tracker
// or a peer that lies about addresses cannot push out the good ones (they have no failures). Banned addresses
// are bounded as well, the oldest is forgotten. Of those whose time has come the one is next that is worth
// most (BEP 40), where that is known, else any. Choosing the next is O(log n).
//
// The addresses stand in one table, where a new one costs O(n): some 80 bytes each, of which a large swarm's
// peers have millions.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/base/ring.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/base/time.hpp>
#include <shoal/peer/address_filter.hpp>

namespace shoal::peer {

struct book_settings {
  std::size_t entries_max = 2000;
  std::size_t banned_max = 1000;
  duration retry_first = std::chrono::seconds(3);  ///< after the first failure; doubles with each
  duration retry_max = std::chrono::minutes(30);
  std::uint32_t failures_max = 12;               ///< then it is forgotten
  std::shared_ptr<const address_filter> filter;  ///< whom the user does not want; null: nobody
};

class peer_book {
 public:
  explicit peer_book(const book_settings& s = {}) : settings_(s) {}

  /// What a peer is worth, more is better; nothing where it is not known. Asked when a peer is added, and of
  /// all anew by `reconsider`, O(n log n).
  using worth = std::function<std::optional<std::uint32_t>(const endpoint&)>;
  void prefer(worth w) { worth_ = std::move(w); }
  void reconsider();

  /// True when it is new. Port 0, unspecified and multicast addresses and banned ones are not taken.
  bool add(instant now, const endpoint& who, rng& chance);
  /// The next to connect to, if one is due; it counts as busy until `failed` or `ended`.
  std::optional<endpoint> next(instant now);
  /// That one, if it is known and not busy, whenever it was to be tried; it counts as busy from now on.
  bool take(const endpoint& who);
  /// When `next` will give one, as far as is known.
  std::optional<instant> due() const;

  /// The attempt failed, or the connection ended badly.
  void failed(instant now, const endpoint& who);
  /// The connection ended in good order; it may be tried again after `retry_first`.
  void ended(instant now, const endpoint& who);
  /// A peer connected to us and told its listening port: no need to connect to it.
  void busy(const endpoint& who);
  /// It has nothing for us and we nothing for it, or it is ourselves.
  void forget(const endpoint& who);

  void ban(const ip_address& who);
  /// For what it did, or by the user's filter.
  bool banned(const ip_address& who) const {
    return banned_.contains(who) || (settings_.filter && settings_.filter->blocks(who));
  }

  std::size_t size() const { return entries_.size(); }
  bool knows(const endpoint& who) const { return find(who) != nullptr; }
  /// Nobody is in it, and nobody is banned but by the user's filter.
  bool knows_nobody() const { return entries_.empty() && banned_.empty(); }
  /// All that are not busy. O(n).
  std::vector<endpoint> idle() const;

 private:
  enum class standing : std::uint8_t { busy, waiting, ready };  ///< ready: its time has come
  struct entry {
    endpoint who;
    std::uint16_t failures = 0;
    standing now = standing::busy;
    instant due{};         ///< unless busy
    std::uint64_t ticket;  ///< the order of those whose time has come: least first
  };
  /// A place in a heap. It counts for nothing when the entry has moved on meanwhile.
  template <class Key>
  struct place {
    Key key;
    endpoint who;
    friend auto operator<=>(const place&, const place&) = default;
  };
  template <class Key>
  using heap = std::vector<place<Key>>;  // least first

  std::vector<entry>::iterator lower_bound(const endpoint& who);
  entry* find(const endpoint& who);
  const entry* find(const endpoint& who) const;
  bool counts(const place<instant>& p) const;
  bool counts(const place<std::uint64_t>& p) const;
  template <class Key>
  void push(heap<Key>& into, Key key, const endpoint& who);
  template <class Key>
  void tidy(heap<Key>& h);
  void schedule(entry& e, instant due);
  void unschedule(entry& e);
  void erase(entry& e);
  std::uint64_t ticket_for(const endpoint& who, std::uint64_t random) const;
  bool make_room();

  book_settings settings_;
  std::vector<entry> entries_;  // by endpoint
  std::size_t failing_ = 0;     // entries with failures
  heap<instant> waiting_;       // the first of each heap counts
  heap<std::uint64_t> ready_;   // by ticket
  worth worth_;
  std::set<ip_address> banned_;
  ring<ip_address> banned_order_;
};

}  // namespace shoal::peer
