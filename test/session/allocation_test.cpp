// What a torrent costs that seeds and has nobody to serve. Thousands of them are common.

#include <chrono>
#include <functional>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <shoal/bencode/bencode.hpp>
#include <shoal/session/session.hpp>

#include "support/counted_heap.hpp"
#include "support/temp_directory.hpp"

namespace shoal {
namespace {

constexpr std::uint32_t torrents = 200;
/// All that `session::add` and what follows take for one, its settings included, without the metadata that
/// the caller shares. Whoever makes it cheaper lowers the number.
constexpr std::ptrdiff_t torrent_bytes_max = 2600;

std::shared_ptr<const metainfo::torrent_info> make_torrent(std::uint32_t number) {
  const auto name = "file " + std::to_string(number);
  const auto text = "d6:lengthi40000e4:name" + std::to_string(name.size()) + ":" + name +
                    "12:piece lengthi16384e6:pieces60:" + std::string(60, 'h') + "e";
  auto parsed = metainfo::parse_info(as_bytes(text));
  REQUIRE(parsed.has_value());
  return std::make_shared<const metainfo::torrent_info>(std::move(*parsed));
}

/// Until nothing is given back any more: the torrents come to rest in their own time.
std::ptrdiff_t bytes_at_rest(const std::function<bool(std::ptrdiff_t)>& enough) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!enough(counted_heap::bytes_held) && std::chrono::steady_clock::now() < end) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return counted_heap::bytes_held;
}

TEST_CASE("a torrent that seeds for nobody takes little of the heap") {
  const test::temp_directory dir;
  std::vector<std::shared_ptr<const metainfo::torrent_info>> infos;
  for (std::uint32_t n = 0; n < torrents; ++n) {
    infos.push_back(make_torrent(n));
  }
  session_settings s;
  s.listen = {ip_address::v4({127, 0, 0, 1}), 0};
  s.threads = s.threads_least = 1;
  s.disk_threads = 1;
  session it(s);
  REQUIRE(it.start().has_value());
  const std::ptrdiff_t before = counted_heap::bytes_held;
  for (const auto& info : infos) {
    torrent_settings t;
    t.info = info;
    t.directory = dir.path();
    t.trust_complete = true;
    REQUIRE(it.add(t).has_value());
  }
  const auto each = [&](std::ptrdiff_t held) { return (held - before) / std::ptrdiff_t{torrents}; };
  CHECK(each(bytes_at_rest([&](std::ptrdiff_t held) { return each(held) < torrent_bytes_max; })) <
        torrent_bytes_max);
}

}  // namespace
}  // namespace shoal
