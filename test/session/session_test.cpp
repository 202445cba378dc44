// Whole sessions in one process, over loopback: real sockets, real files.

#include <array>
#include <chrono>
#include <functional>
#include <mutex>
#include <poll.h>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/disk/content.hpp>
#include <shoal/disk/resume_file.hpp>
#include <shoal/metainfo/builder.hpp>
#include <shoal/net/asio.hpp>
#include <shoal/server/tracker_server.hpp>
#include <shoal/session/session.hpp>
#include <shoal/wire/handshake.hpp>

#include "support/temp_directory.hpp"

namespace shoal {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;
using torrent_ptr = std::shared_ptr<const metainfo::torrent_info>;

std::string random_text(std::size_t n, std::uint64_t seed) {
  rng chance(seed);
  std::string out(n, '\0');
  for (auto& c : out) {
    c = static_cast<char>(chance.next());
  }
  return out;
}

using test::read_file;
using test::write_file;

torrent_ptr make_torrent(const fs::path& content, std::uint32_t piece_length,
                         const std::string& tracker = {}) {
  auto request = disk::scan(content);
  REQUIRE(request.has_value());
  auto hashes = disk::hash_content(content, *request, piece_length, 1, {});
  REQUIRE(hashes.has_value());
  request->piece_length = piece_length;
  request->piece_hashes = *hashes;
  if (!tracker.empty()) {
    request->trackers = {{tracker}};
  }
  auto built = metainfo::build(*request);
  REQUIRE(built.has_value());
  return std::make_shared<metainfo::torrent_info>(std::move(*built));
}

/// A session on 127.0.0.HOST with one torrent.
struct peer {
  peer(std::uint8_t host, torrent_ptr info, const fs::path& directory,
       const std::function<void(session_settings&, torrent_settings&)>& adjust = {}) {
    session_settings s;
    s.listen = {ip_address::v4({127, 0, 0, host}), 0};
    s.threads = s.threads_least = 2;
    s.disk_threads = 1;
    s.buffer_bytes_max = 16U << 20;
    torrent_settings t;
    t.info = std::move(info);
    t.directory = directory;
    if (adjust) {
      adjust(s, t);
    }
    it = std::make_unique<session>(s);
    it->on_event([this](const session_event& e) {
      const std::lock_guard lock(mutex);
      events.push_back(e);
    });
    REQUIRE(it->start().has_value());
    const auto added = it->add(t);
    REQUIRE(added.has_value());
    id = *added;
  }

  torrent_status status() const { return *it->status(id); }
  bool happened(session_event::kind what) {
    const std::lock_guard lock(mutex);
    for (const auto& e : events) {
      if (e.what == what) {
        return true;
      }
    }
    return false;
  }

  torrent_id id;
  std::mutex mutex;
  std::vector<session_event> events;
  std::unique_ptr<session> it;  // stops before the rest goes
};

bool eventually(const std::function<bool()>& holds, duration limit = seconds(60)) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > end) {
      return false;
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
  return true;
}

bool completes(const peer& p) {
  return eventually([&] { return p.status().state == torrent_state::seeding; });
}

TEST_CASE("a file goes from a seeder to a leecher that is told where it is") {
  const test::temp_directory dir;
  const auto content = random_text(5'000'000, 1);
  write_file(dir.path() / "from" / "file.bin", content);
  const auto info = make_torrent(dir.path() / "from" / "file.bin", 64 * 1024);
  peer seeder(2, info, dir.path() / "from");
  peer leecher(3, info, dir.path() / "to", [&](auto&, auto& t) { t.peers = {seeder.it->listening()}; });
  REQUIRE(completes(leecher));
  CHECK(read_file(dir.path() / "to" / "file.bin") == content);
  const auto ledger = leecher.it->ledger(leecher.id);
  REQUIRE(ledger.size() == 1);
  CHECK(ledger[0].address == ip_address::v4({127, 0, 0, 2}));
  CHECK(ledger[0].downloaded >= content.size());
  CHECK(leecher.status().bytes_done == content.size());
  leecher.it->stop();
  const auto resume = disk::load_resume(disk::resume_path(dir.path() / "to", info->info_hash));
  REQUIRE(resume.has_value());
  REQUIRE(resume->has_value());
  CHECK((**resume).have.all());
}

TEST_CASE("a folder goes around a swarm that meets at a tracker") {
  const test::temp_directory dir;
  server::tracker_settings ts;
  ts.listen = {{ip_address::v4({127, 0, 0, 1}), 0}};
  server::tracker_server tracker(ts);
  REQUIRE(tracker.start().has_value());
  write_file(dir.path() / "from" / "set" / "a.bin", random_text(700'000, 2));
  write_file(dir.path() / "from" / "set" / "sub" / "b.bin", random_text(1'300'001, 3));
  write_file(dir.path() / "from" / "set" / "empty", "");
  const auto info = make_torrent(dir.path() / "from" / "set", 32 * 1024, tracker.announce_url());
  peer seeder(2, info, dir.path() / "from", [](auto& s, auto&) { s.upload_rate_max = 2 << 20; });
  std::vector<std::unique_ptr<peer>> leechers;
  for (std::uint8_t i = 0; i < 4; ++i) {
    leechers.push_back(std::make_unique<peer>(static_cast<std::uint8_t>(3 + i), info,
                                              dir.path() / ("to" + std::to_string(i))));
  }
  for (std::size_t i = 0; i < leechers.size(); ++i) {
    CAPTURE(i);
    REQUIRE(completes(*leechers[i]));
    const auto to = dir.path() / ("to" + std::to_string(i)) / "set";
    CHECK(read_file(to / "a.bin") == read_file(dir.path() / "from" / "set" / "a.bin"));
    CHECK(read_file(to / "sub" / "b.bin") == read_file(dir.path() / "from" / "set" / "sub" / "b.bin"));
    CHECK(fs::is_regular_file(to / "empty"));
  }
  CHECK(tracker.stats().table.seeders + tracker.stats().table.leechers == 5);
  for (auto& l : leechers) {
    l->it->stop();
  }
  seeder.it->stop();
  CHECK(tracker.stats().table.seeders + tracker.stats().table.leechers == 0);
  tracker.stop();
}

TEST_CASE("a stopped download goes on where it was") {
  const test::temp_directory dir;
  const auto content = random_text(4'000'000, 4);
  write_file(dir.path() / "from" / "file.bin", content);
  const auto info = make_torrent(dir.path() / "from" / "file.bin", 32 * 1024);
  peer seeder(2, info, dir.path() / "from", [](auto& s, auto&) { s.upload_rate_max = 4 << 20; });
  const auto to = dir.path() / "to";
  const auto meet = [&](auto&, auto& t) { t.peers = {seeder.it->listening()}; };
  std::uint32_t had = 0;
  {
    peer first(3, info, to, meet);
    REQUIRE(eventually([&] { return first.status().pieces_done > 20; }));
    first.it->stop();
    had = first.status().pieces_done;
    CHECK(first.status().state == torrent_state::stopped);
  }
  REQUIRE(had < info->piece_count());
  peer second(3, info, to, meet);
  REQUIRE(completes(second));
  CHECK(read_file(to / "file.bin") == content);
  CHECK(second.status().downloaded <= content.size() - (had - 1) * 32 * 1024);
}

TEST_CASE("files that were changed behind our back are checked again") {
  const test::temp_directory dir;
  const auto content = random_text(1'000'000, 5);
  write_file(dir.path() / "from" / "file.bin", content);
  const auto info = make_torrent(dir.path() / "from" / "file.bin", 32 * 1024);
  {
    peer once(2, info, dir.path() / "from");
    REQUIRE(completes(once));
    once.it->stop();
  }
  auto damaged = content;
  damaged[100'000] ^= 1;
  write_file(dir.path() / "from" / "file.bin", damaged);
  peer again(2, info, dir.path() / "from");
  REQUIRE(eventually([&] { return again.status().state == torrent_state::downloading; }));
  CHECK(again.status().pieces_done == info->piece_count() - 1);
}

TEST_CASE("more torrent than buffers: pieces larger than the pool still complete") {
  const test::temp_directory dir;
  const auto content = random_text(12'000'000, 6);
  write_file(dir.path() / "from" / "file.bin", content);
  const auto info = make_torrent(dir.path() / "from" / "file.bin", 4 << 20);
  peer seeder(2, info, dir.path() / "from");
  peer leecher(3, info, dir.path() / "to", [&](auto& s, auto& t) {
    s.buffer_bytes_max = 3 << 20;  // 2 MiB to receive into, less than one piece
    t.peers = {seeder.it->listening()};
  });
  REQUIRE(completes(leecher));
  CHECK(read_file(dir.path() / "to" / "file.bin") == content);
}

TEST_CASE("only the chosen files are fetched") {
  const test::temp_directory dir;
  write_file(dir.path() / "from" / "set" / "a.bin", random_text(320'000, 7));
  write_file(dir.path() / "from" / "set" / "b.bin", random_text(320'000, 8));
  write_file(dir.path() / "from" / "set" / "c.bin", random_text(320'000, 9));
  const auto info = make_torrent(dir.path() / "from" / "set", 16 * 1024);
  peer seeder(2, info, dir.path() / "from");
  peer leecher(3, info, dir.path() / "to", [&](auto&, auto& t) {
    t.peers = {seeder.it->listening()};
    t.file_priorities = {0, 4, 0};
  });
  REQUIRE(completes(leecher));
  CHECK(read_file(dir.path() / "to" / "set" / "b.bin") == read_file(dir.path() / "from" / "set" / "b.bin"));
  CHECK(leecher.status().pieces_done < 25);
  CHECK(leecher.status().bytes_done == leecher.status().bytes_total);
}

TEST_CASE("files that are not wanted are not made, and what was kept of them is used when they are") {
  const test::temp_directory dir;
  const auto from = dir.path() / "from" / "set", to = dir.path() / "to" / "set";
  for (const auto* name : {"a.bin", "b.bin", "c.bin"}) {
    write_file(from / name, random_text(100'000, static_cast<std::uint64_t>(name[0])));
  }
  const auto info = make_torrent(from, 64 * 1024);  // a piece where a and b meet, and one where b and c do
  peer seeder(2, info, dir.path() / "from");
  const auto folder = dir.path() / "to" / disk::unwanted_folder(info->info_hash);
  {
    peer leecher(3, info, dir.path() / "to", [&](auto&, auto& t) {
      t.peers = {seeder.it->listening()};
      t.files = *metainfo::parse_file_selection("b.*");
    });
    REQUIRE(completes(leecher));
    CHECK(read_file(to / "b.bin") == read_file(from / "b.bin"));
    CHECK_FALSE(fs::exists(to / "a.bin"));
    CHECK_FALSE(fs::exists(to / "c.bin"));
    CHECK(fs::exists(folder / "0"));
    leecher.it->stop();
  }
  {
    peer again(4, info, dir.path() / "to", [&](auto&, auto& t) { t.file_priorities = {0, 4, 0}; });
    REQUIRE(completes(again));  // nobody to fetch from: all is there
    again.it->stop();
  }
  peer rest(5, info, dir.path() / "to", [&](auto&, auto& t) { t.peers = {seeder.it->listening()}; });
  REQUIRE(completes(rest));
  CHECK(read_file(to / "a.bin") == read_file(from / "a.bin"));
  CHECK(read_file(to / "c.bin") == read_file(from / "c.bin"));
  CHECK_FALSE(fs::exists(folder));
  CHECK(rest.status().downloaded < 250'000);
}

TEST_CASE("a selection that fits no file pauses the torrent") {
  const test::temp_directory dir;
  write_file(dir.path() / "from" / "file.bin", random_text(100'000, 1));
  const auto info = make_torrent(dir.path() / "from" / "file.bin", 64 * 1024);
  peer leecher(3, info, dir.path() / "to",
               [&](auto&, auto& t) { t.files = *metainfo::parse_file_selection("*.iso"); });
  REQUIRE(eventually([&] { return leecher.status().state == torrent_state::paused; }));
  REQUIRE(leecher.status().problem.has_value());
  CHECK(leecher.status().problem->code == metainfo::errc::no_file_selected);
}

TEST_CASE("the limits of a session hold") {
  const test::temp_directory dir;
  const auto content = random_text(3'000'000, 10);
  write_file(dir.path() / "from" / "file.bin", content);
  const auto info = make_torrent(dir.path() / "from" / "file.bin", 32 * 1024);
  peer seeder(2, info, dir.path() / "from");
  peer leecher(3, info, dir.path() / "to", [&](auto& s, auto& t) {
    s.download_rate_max = 1'500'000;
    t.peers = {seeder.it->listening()};
  });
  REQUIRE(completes(leecher));
  CHECK(to_seconds(*leecher.status().completed_after) > 1.5);  // 2 s less the burst
}

TEST_CASE("an address in use is refused with its name") {
  session_settings s;
  s.listen = {ip_address::v4({127, 0, 0, 1}), 0};
  session first(s);
  REQUIRE(first.start().has_value());
  s.listen = first.listening();
  session second(s);
  const auto started = second.start();
  REQUIRE(started.has_error());
  CHECK(started.error().message().find(s.listen.to_string()) != std::string::npos);
}

TEST_CASE("who calls before the first torrent is here waits for it, and is not turned away") {
  const test::temp_directory dir;
  write_file(dir.path() / "file.bin", "hello");
  torrent_settings t;
  t.info = make_torrent(dir.path() / "file.bin", 16 * 1024);
  t.directory = dir.path();
  session s({.listen = {ip_address::v4({127, 0, 0, 1}), 0}});
  REQUIRE(s.start().has_value());

  boost::asio::io_context context;
  net::tcp::socket caller(context);
  caller.connect(net::to_asio(s.listening()));
  const auto greeting = wire::encode(wire::make_handshake(t.info->info_hash.wire(), peer_id{}));
  boost::asio::write(caller, boost::asio::buffer(greeting));
  const auto said_within_ms = [&](int ms) {
    pollfd what{caller.native_handle(), POLLIN, 0};
    return ::poll(&what, 1, ms) == 1;
  };
  CHECK_FALSE(said_within_ms(100));  // nor closed, which would be as readable
  REQUIRE(s.add(t).has_value());
  REQUIRE(said_within_ms(10'000));
  std::array<std::byte, wire::handshake_bytes> answer{};
  boost::system::error_code failed;
  CHECK(boost::asio::read(caller, boost::asio::buffer(answer), failed) == answer.size());
}

TEST_CASE("the same torrent is taken once, and a session that never started stops") {
  const test::temp_directory dir;
  write_file(dir.path() / "file.bin", "hello");
  torrent_settings t;
  t.info = make_torrent(dir.path() / "file.bin", 16 * 1024);
  t.directory = dir.path();
  session s({});
  CHECK(s.add(t).has_value());
  CHECK(s.add(t).has_error());
  CHECK(s.add({}).has_error());  // says of no torrent
  s.stop();
}

TEST_CASE("torrents that cannot begin do not keep others from it") {
  const test::temp_directory dir;
  write_file(dir.path() / "file.bin", "hello");
  session s({.listen = {ip_address::v4({127, 0, 0, 1}), 0}});
  REQUIRE(s.start().has_value());
  torrent_settings t;
  t.directory = dir.path() / "file.bin";  // no folder
  std::vector<torrent_id> ids;
  for (int i = 0; i < 100; ++i) {
    write_file(dir.path() / "other.bin", std::to_string(i));
    t.info = make_torrent(dir.path() / "other.bin", 16 * 1024);
    ids.push_back(*s.add(t));
  }
  t.info = make_torrent(dir.path() / "file.bin", 16 * 1024);
  t.directory = dir.path();
  const auto good = *s.add(t);
  CHECK(eventually([&] { return s.status(good)->state == torrent_state::seeding; }));
  CHECK(s.status(ids.front())->problem);
}

}  // namespace
}  // namespace shoal
