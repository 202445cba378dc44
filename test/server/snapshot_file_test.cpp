// Swarms kept in a file between two runs.

#include "server/snapshot_file.hpp"

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include <doctest/doctest.h>

#include <shoal/registry/category.hpp>
#include <shoal/server/tracker_server.hpp>

#include "server/raw_client.hpp"

using namespace shoal;
using namespace shoal::server;
using namespace shoal::server::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// A folder that goes when it is no longer needed.
struct folder {
  fs::path path;

  folder() {
    std::string name = (fs::temp_directory_path() / "shoal-snapshot-XXXXXX").string();
    REQUIRE(mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~folder() { fs::remove_all(path); }
};

tracker_settings keeping(const fs::path& file) {
  tracker_settings s;
  s.listen.push_back(*endpoint::parse("127.0.0.1:0"));
  s.snapshot = file;
  return s;
}

void write(const fs::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

/// Leaves a snapshot of a torrent with two leechers, one of which saw its download through before.
void leave_snapshot(const fs::path& file) {
  tracker_server server(keeping(file));
  REQUIRE(server.start().has_value());
  CHECK(server.restored().value() == false);
  raw_client client(server.listening().front());
  client.get(announce_target(1));
  client.get(announce_target(2));
  CHECK(server.stop().has_value());
}

}  // namespace

TEST_CASE("a tracker knows after a restart whom it knew before") {
  const folder f;
  leave_snapshot(f.path / "swarms");
  tracker_server server(keeping(f.path / "swarms"));
  REQUIRE(server.start().has_value());
  CHECK(server.restored().value());
  CHECK(server.stats().table.leechers == 2);
  CHECK(fs::directory_iterator(f.path)->path().filename() == "swarms");
}

TEST_CASE("a snapshot that is no good is reported and ignored") {
  const folder f;
  const fs::path file = f.path / "swarms";
  error expected;
  SUBCASE("foreign") {
    write(file, "hello, world\n");
    expected = registry::errc::snapshot_foreign;
  }
  SUBCASE("a folder") {
    fs::create_directory(file);
    expected = registry::errc::snapshot_foreign;
  }
  SUBCASE("torn") {
    leave_snapshot(file);
    fs::resize_file(file, fs::file_size(file) - 1);
    expected = registry::errc::snapshot_torn;
  }
  tracker_server server(keeping(file));
  REQUIRE(server.start().has_value());
  REQUIRE(server.restored().has_error());
  CHECK(server.restored().error().code == expected);
  CHECK(server.restored().error().subject == file.string());
  CHECK(raw_client(server.listening().front()).get(announce_target(7)).status == 200);
}

TEST_CASE("an old snapshot is reported and ignored, one from the future is not") {
  const folder f;
  swarm_shards before({}, 1);
  REQUIRE(save_snapshot(f.path / "swarms", before, instant(1h), 5'000'000).has_value());
  swarm_shards after({}, 1);
  const auto load = [&](std::uint64_t unix_ms) {
    return load_snapshot(f.path / "swarms", after, instant(1h), unix_ms, 300s);
  };
  CHECK(load(5'000'000).value());
  CHECK(load(5'300'000).value());
  CHECK(load(5'300'001).error().code == registry::errc::snapshot_old);
  CHECK(load(1).value());
}

TEST_CASE("a snapshot is saved while the tracker runs") {
  const folder f;
  auto settings = keeping(f.path / "swarms");
  settings.snapshot_every = 10ms;
  tracker_server server(settings);
  REQUIRE(server.start().has_value());
  raw_client(server.listening().front()).get(announce_target(1));
  std::size_t leechers = 0;
  while (leechers == 0) {
    std::this_thread::sleep_for(1ms);
    swarm_shards seen({}, 1);
    const auto loaded = load_snapshot(f.path / "swarms", seen, instant(1h), 1, 300s);
    REQUIRE(loaded.has_value());
    leechers = seen.totals().leechers;
  }
  CHECK(leechers == 1);
}

TEST_CASE("a snapshot that cannot be saved leaves the old one, and the end says so") {
  const folder f;
  const fs::path file = f.path / "below" / "swarms";
  fs::create_directory(f.path / "below");
  leave_snapshot(file);
  const auto size = fs::file_size(file);
  tracker_server server(keeping(file));
  REQUIRE(server.start().has_value());
  fs::create_directories(file.string() + ".new/in the way");
  const auto stopped = server.stop();
  REQUIRE(stopped.has_error());
  CHECK(stopped.error().subject == file.string() + ".new");
  CHECK(fs::file_size(file) == size);
}
