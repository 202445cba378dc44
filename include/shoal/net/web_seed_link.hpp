#pragma once
// A web seed (BEP 19) as a peer: it has every piece, never chokes, and answers requests with what its server
// sends for them. So the torrent's brain shares its work between web seeds and peers, limits the speed of
// both, and finds out who lies, without knowing the difference.
//
// Requests are served in the order of the torrent's bytes, round and round, and those that adjoin by one
// range, so that a server sees few and long reads. Cancelled ones are not asked for, or not handed over.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <shoal/base/time.hpp>
#include <shoal/metainfo/torrent_info.hpp>
#include <shoal/net/http_client.hpp>
#include <shoal/net/peer_link.hpp>

namespace shoal::net {

struct web_seed_setup {
  std::string url;
  std::shared_ptr<const metainfo::torrent_info> info;
  http_options http;  ///< its deadline is that of each wait
};

class web_seed_link final : public link {
 public:
  /// Bytes of one range at most.
  static constexpr std::uint64_t run_bytes_max = 4U << 20;

  /// `executor` is a strand of its own. `owner` and `pool` outlive the link's run.
  web_seed_link(asio::any_io_executor executor, web_seed_setup setup, peer_key key, link_owner& owner,
                buffer::pool& pool);
  ~web_seed_link() override;

  /// Serves until the end; then `on_closed`. Once; spawn it on `executor()`, in a task_group.
  awaitable<void> run();

  void send(std::vector<outbound> batch) override;
  void close(error why) override;
  void unsend(std::vector<block_ref> blocks) override;
  void consumed() override;

  asio::any_io_executor executor() const;

  // After `run`.

  error why() const;
  std::uint64_t served_bytes() const;
  std::optional<duration> retry_after() const;

 private:
  struct state;
  std::shared_ptr<state> state_;
};

}  // namespace shoal::net
