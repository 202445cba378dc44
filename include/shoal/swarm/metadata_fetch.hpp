#pragma once
// Metadata from many peers at once (BEP 9), when nobody can be trusted: which part to ask of whom, and who
// lied. Only the whole has a hash, so:
//
// - Every peer says how long the metadata is. Peers that say the same length fill one copy together, each
//   asked for other parts; a part that somebody keeps waiting is asked of a second peer too. Up to
//   `copies_max` lengths are pursued side by side, so a lie about the length holds nobody up.
// - A whole copy that does not match and that one address sent alone convicts that address. When several
//   sent it, nobody is convicted yet: the parts' digests are kept, and from then on that length is fetched
//   from one peer at a time, which finds either the metadata or a liar. Once the metadata is there, whoever
//   sent a part that differs from it lied, and so did whoever filled a copy of another length.
//
// Memory: parts are kept as they come, so a peer that claims a great length costs nothing until it has sent
// the bytes; at most `copies_max` x `bytes_max`. Cost: O(log parts + peers) a part.
//
// Deliberately absent: connections, and what becomes of a liar.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <shoal/base/bytes.hpp>
#include <shoal/base/endpoint.hpp>
#include <shoal/base/strong.hpp>
#include <shoal/base/time.hpp>
#include <shoal/hash/digest.hpp>

namespace shoal::swarm {

struct metadata_settings {
  std::uint64_t bytes_max = 64U << 20;                      ///< of an info dictionary
  std::uint32_t requests_max = 8;                           ///< parts asked of one peer at a time
  std::size_t copies_max = 4;                               ///< lengths pursued at a time
  duration patience = std::chrono::seconds(10);             ///< with a request
  duration second_after = std::chrono::milliseconds(1500);  ///< a part so late is asked of another peer too
  duration rest = std::chrono::seconds(30);                 ///< for a peer that rejected or kept us waiting
};

class metadata_fetch {
 public:
  struct request {
    peer_key to;
    std::uint32_t part = 0;

    friend bool operator==(const request&, const request&) = default;
  };
  enum class verdict : std::uint8_t {
    kept,      ///< a part of a copy that is not whole yet
    complete,  ///< the metadata is here
    failed,    ///< the copy is whole and is not the metadata
    unwanted,  ///< nobody asked for it, or it is here already
    breach,    ///< not as long as the part is, or against the sender's own word: no honest peer does that
  };

  metadata_fetch(const sha1_digest& info_hash, const metadata_settings& s);

  /// The peer tells how long the metadata is; it may change its mind. False when that is nothing, or beyond
  /// `bytes_max`: then it will be asked nothing.
  bool offered(peer_key who, const ip_address& address, std::uint64_t bytes);
  void left(peer_key who);

  /// Appends the requests to be sent now; they are under way from now on. To be called after whatever
  /// happened, and a few times a second.
  void ask(instant now, std::vector<request>& out);

  verdict received(peer_key who, std::uint32_t part, std::uint64_t total_size, byte_view data);
  void rejected(instant now, peer_key who, std::uint32_t part);

  bool complete() const { return !metadata_.empty(); }
  const std::vector<std::byte>& metadata() const { return metadata_; }
  /// Of the copy that is closest to its end: bytes here, and its length; zeros when there is none.
  std::pair<std::uint64_t, std::uint64_t> progress() const;
  /// Peers whose offer is taken.
  std::size_t suppliers() const { return suppliers_.size(); }
  /// Those convicted since the last call. They are asked nothing more.
  std::vector<ip_address> take_liars() { return std::exchange(liars_, {}); }

 private:
  struct pending {
    std::uint32_t part;
    instant asked_at;
  };
  struct supplier {
    ip_address address;
    std::uint64_t bytes = 0;
    std::vector<pending> asked;
    std::uint32_t late = 0;  // parts that may still come though we gave up on them
    instant ask_again_at{};
  };
  struct kept_part {
    std::vector<std::byte> data;
    ip_address from;
  };
  struct failed_copy {
    std::vector<sha1_digest> digests;
    std::vector<ip_address> from;
  };
  struct copy {
    std::vector<kept_part> parts;
    std::size_t here = 0;
    std::set<std::uint32_t> unasked;
    bool one_at_a_time = false;
    std::optional<peer_key> alone;  // whose turn it is then
    std::vector<failed_copy> failed;
  };

  copy* copy_for(std::uint64_t bytes);
  void start_over(copy& c) const;
  bool has_turn(instant now, peer_key who, const supplier& s, copy& c);
  void pass_turn(copy& c, peer_key who);
  void ask_one(instant now, peer_key who, supplier& s, std::vector<request>& out);
  std::optional<std::uint32_t> late_part(instant now, const supplier& s, const copy& c) const;
  void give_up(instant now, peer_key who, supplier& s);
  void release(supplier& s, std::uint32_t part);
  void forget_idle_copies();
  verdict judge(std::uint64_t bytes, copy& c);
  void accuse(std::uint64_t bytes, const copy& good);
  void convict(const ip_address& who);

  sha1_digest info_hash_;
  metadata_settings settings_;
  std::map<peer_key, supplier> suppliers_;
  std::map<std::uint64_t, copy> copies_;  // by length
  std::vector<std::byte> metadata_;
  std::vector<ip_address> liars_;
};

}  // namespace shoal::swarm
