#include <atomic>
#include <random>
#include <sys/stat.h>
#include <thread>

#include <doctest/doctest.h>

#include <shoal/disk/file_store.hpp>

#include "disk/layouts.hpp"
#include "support/temp_directory.hpp"

using namespace shoal;
using namespace shoal::disk;
using metainfo::file_layout;
using shoal::test::file;
using shoal::test::padding;
using shoal::test::read_file;
using shoal::test::temp_directory;
using shoal::test::write_file;
namespace fs = std::filesystem;

namespace {

std::shared_ptr<file_store> open_store(const fs::path& where, const file_layout& layout,
                                       file_store::mode m = file_store::mode::read_write,
                                       std::size_t descriptors_max = 256) {
  return file_store::open(where, layout, m, descriptors_max).value();
}

outcome<void> write_text(file_store& store, std::uint64_t offset, std::string_view text) {
  const byte_view chunk = as_bytes(text);
  return store.write(offset, {&chunk, 1});
}

outcome<void> read_into(file_store& store, std::uint64_t offset, std::span<std::byte> chunk) {
  return store.read(offset, {&chunk, 1});
}

outcome<std::string> read_text(file_store& store, std::uint64_t offset, std::size_t length) {
  std::string out(length, '?');
  const auto done = read_into(store, offset, std::as_writable_bytes(std::span(out)));
  if (!done) return done.error();
  return out;
}

}  // namespace

TEST_CASE("one write fills many files, with parents, and skips padding and empty files") {
  const temp_directory here;
  const file_layout layout(
      {file("t/a", 3), file("t/empty", 0), padding(2), file("t/deep/er/b", 1), file("t/c", 4)});
  const auto store = open_store(here.path(), layout);
  CHECK(write_text(*store, 0, "aaa00bcccc"));
  CHECK(read_file(here / "t/a") == "aaa");
  CHECK(read_file(here / "t/deep/er/b") == "b");
  CHECK(read_file(here / "t/c") == "cccc");
  CHECK_FALSE(fs::exists(here / "t/.pad"));
  CHECK_FALSE(fs::exists(here / "t/empty"));  // it holds nothing to be written: prepare makes it

  CHECK(read_text(*store, 0, 10).value() == std::string("aaa\0\0bcccc", 10));
  CHECK(read_text(*store, 2, 5).value() == std::string("a\0\0bc", 5));
  CHECK(read_text(*store, 10, 0).value().empty());
  CHECK(store->sync());
  CHECK(store->sync());
}

TEST_CASE("random writes and reads agree with a model in memory, whatever the descriptor cap") {
  const auto seed = std::uint64_t{std::random_device{}()};
  CAPTURE(seed);
  rng random(seed);
  for (const std::size_t descriptors_max : {1U, 3U, 256U}) {
    const temp_directory here;
    std::vector<metainfo::file_entry> files;
    for (int i = 0; i < 12; ++i) {
      const auto length = random.below(3) == 0 ? 0 : random.below(3000);
      files.push_back(random.below(5) == 0
                          ? padding(length)
                          : file("t/d" + std::to_string(i % 3) + "/f" + std::to_string(i), length));
    }
    files.push_back(file("t/last", 1));
    const file_layout layout(files);
    const auto store = open_store(here.path(), layout, file_store::mode::read_write, descriptors_max);
    REQUIRE(store->prepare(allocation::sparse));
    std::vector<std::byte> model(layout.total_bytes());
    const auto zero_padding = [&] {
      for (const auto& f : layout.files()) {
        if (f.padding)
          std::fill_n(model.begin() + static_cast<std::ptrdiff_t>(f.offset), f.length, std::byte{0});
      }
    };
    for (int step = 0; step < 300; ++step) {
      const auto offset = random.below(model.size() + 1);
      const auto length = static_cast<std::size_t>(random.below(model.size() - offset + 1));
      const auto part = std::span(model).subspan(offset, length);
      if (random.below(2) == 0) {
        const auto fresh = test::random_bytes(random, length);
        const auto chunks = test::random_chunks(random, std::span<const std::byte>(fresh));
        REQUIRE(store->write(offset, chunks));
        std::ranges::copy(fresh, part.begin());
        zero_padding();
      } else {
        std::vector<std::byte> got(length, std::byte{0xee});
        const auto chunks = test::random_chunks(random, std::span(got));
        REQUIRE(store->read(offset, chunks));
        REQUIRE(std::ranges::equal(got, part));
        std::ranges::fill(got, std::byte{0xee});
        REQUIRE((!store->read_cached(offset, chunks) || std::ranges::equal(got, part)));
      }
    }
  }
}

TEST_CASE("more chunks than one system call takes are written and read") {
  const temp_directory here;
  const std::size_t n = 5000;  // IOV_MAX is 1024
  const auto store = open_store(here.path(), file_layout({file("many", n)}));
  rng random(1);
  const auto content = test::random_bytes(random, 2 * n);
  std::vector<byte_view> chunks;
  for (std::size_t i = 0; i < n; ++i) {
    chunks.push_back(byte_view(content).subspan(2 * i, 1));  // gaps, so that they do not merge
  }
  REQUIRE(store->write(0, chunks));
  std::vector<std::byte> got(2 * n);
  std::vector<std::span<std::byte>> places;
  for (std::size_t i = 0; i < n; ++i) {
    places.push_back(std::span(got).subspan(2 * i, 1));
  }
  REQUIRE(store->read(0, places));
  for (std::size_t i = 0; i < n; ++i) {
    REQUIRE(got[2 * i] == content[2 * i]);
  }
}

TEST_CASE("what is cached is read without waiting, in files that are open only") {
  const temp_directory here;
  const file_layout layout({file("t/a", 3), padding(2), file("t/b", 4)});
  std::string got(9, '?');
  const auto chunk = std::as_writable_bytes(std::span(got));
  {
    const auto store = open_store(here.path(), layout);
    CHECK_FALSE(store->read_cached(0, {&chunk, 1}));
    REQUIRE(write_text(*store, 0, "aaa00bbbb"));
    if (store->read_cached(0, {&chunk, 1})) {  // some file systems cannot say
      CHECK(got == std::string("aaa\0\0bbbb", 9));
    } else {
      MESSAGE("the file system of " << here.path() << " does not tell what is cached");
    }
    fs::resize_file(here / "t/b", 2);
    CHECK_FALSE(store->read_cached(0, {&chunk, 1}));
  }
  CHECK_FALSE(open_store(here.path(), layout)->read_cached(0, {&chunk, 1}));
}

TEST_CASE("missing and short files are short reads that name the path") {
  const temp_directory here;
  write_file(here / "t/short", "ab");
  const auto store = open_store(here.path(), file_layout({file("t/short", 3), file("t/none/x", 2)}));
  CHECK(read_text(*store, 0, 2).value() == "ab");
  const auto cut = read_text(*store, 0, 3);
  REQUIRE_FALSE(cut);
  CHECK(cut.error().code == errc::short_read);
  CHECK(cut.error().subject == (here / "t/short").string());
  const auto none = read_text(*store, 3, 1);
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::short_read);
  CHECK(none.error().subject == (here / "t/none/x").string());
}

TEST_CASE("a symbolic link below the directory is refused, wherever it stands and whatever it names") {
  const temp_directory outside;
  write_file(outside / "victim", "precious");
  const temp_directory here;
  const file_layout layout({file("t/sub/name", 8)});
  struct link_case {
    const char* what;
    const char* place;
    fs::path target;
  };
  const std::vector<link_case> cases = {
      {"the file", "t/sub/name", outside / "victim"},
      {"the file, dangling", "t/sub/name", outside / "not-there"},
      {"the file, to itself", "t/sub/name", "name"},
      {"a directory", "t/sub", outside.path()},
      {"the first directory", "t", outside.path()},
      {"a directory, dangling", "t", outside / "not-there"},
      {"a directory, to a sibling inside", "t/sub", "../elsewhere"},
  };
  for (const auto& c : cases) {
    CAPTURE(c.what);
    fs::remove_all(here / "t");
    fs::create_directories(here / "elsewhere");
    fs::create_directories((here / c.place).parent_path());
    fs::create_symlink(c.target, here / c.place);
    const auto store = open_store(here.path(), layout);
    for (const auto& refused : {write_text(*store, 0, "clobber!"), store->prepare(allocation::sparse),
                                store->prepare(allocation::full)}) {
      REQUIRE_FALSE(refused);
      CHECK(refused.error().code == errc::symlink_below);
      CHECK(refused.error().subject == (here / "t/sub/name").string());
    }
    const auto read = read_text(*store, 0, 8);
    REQUIRE_FALSE(read);
    CHECK(read.error().code == errc::symlink_below);
    CHECK_FALSE(store->stat_files()[0].exists);
    CHECK(read_file(outside / "victim") == "precious");
    CHECK_FALSE(fs::exists(outside / "not-there"));
    CHECK(fs::is_empty(here / "elsewhere"));
    CHECK_FALSE(fs::exists(outside / "sub"));
    CHECK_FALSE(fs::exists(outside / "name"));
  }
}

TEST_CASE("the directory itself may be a link, and a reader follows a link in a file's place only") {
  const temp_directory outside;
  write_file(outside / "real", "bytes");
  write_file(outside / "folder/x", "12345");
  const temp_directory here;
  fs::create_directories(here / "real-directory/t");
  fs::create_symlink(here / "real-directory", here / "way");
  const file_layout layout({file("t/f", 5), file("t/d/x", 5)});
  fs::create_symlink(outside / "real", here / "real-directory/t/f");
  fs::create_symlink(outside / "folder", here / "real-directory/t/d");
  const auto store = open_store(here / "way", layout, file_store::mode::read_only);
  CHECK(read_text(*store, 0, 5).value() == "bytes");
  CHECK(store->stat_files()[0].bytes == 5);
  const auto refused = read_text(*store, 5, 5);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::symlink_below);
  CHECK_FALSE(store->stat_files()[1].exists);
}

TEST_CASE("something else in a file's place is not touched and not waited for") {
  const temp_directory here;
  const file_layout layout({file("t/name", 4)});
  SUBCASE("a directory") {
    fs::create_directories(here / "t/name");
  }
  SUBCASE("a fifo") {
    fs::create_directories(here / "t");
    REQUIRE(::mkfifo((here / "t/name").c_str(), 0600) == 0);
  }
  SUBCASE("a file where a directory should be") {
    write_file(here / "t", "plain");
  }
  const auto store = open_store(here.path(), layout);
  for (const auto& refused : {write_text(*store, 0, "data"), store->prepare(allocation::sparse),
                              store->prepare(allocation::full)}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == errc::not_a_file);
  }
  const auto read = read_text(*store, 0, 4);
  REQUIRE_FALSE(read);
  CHECK(read.error().code == errc::not_a_file);
  CHECK_FALSE(store->stat_files()[0].exists);
  if (fs::is_regular_file(here / "t")) CHECK(read_file(here / "t") == "plain");
}

TEST_CASE("prepare makes the wanted files at their length and keeps what they hold") {
  const temp_directory here;
  auto script = file("t/run.sh", 10);
  script.executable = true;
  const file_layout layout({script, file("t/empty", 0), padding(6), file("t/old", 8), file("t/long", 2)});
  for (const auto how : {allocation::sparse, allocation::full}) {
    CAPTURE(static_cast<int>(how));
    fs::remove_all(here / "t");
    write_file(here / "t/old", "12345");
    write_file(here / "t/long", "xyz");
    const auto store = open_store(here.path(), layout);
    REQUIRE(store->prepare(how, {false, true, true, true, true}));
    CHECK_FALSE(fs::exists(here / "t/run.sh"));
    CHECK(fs::file_size(here / "t/empty") == 0);
    CHECK(read_file(here / "t/old") == std::string("12345\0\0\0", 8));
    CHECK(read_file(here / "t/long") == "xy");
    CHECK_FALSE(fs::exists(here / "t/.pad"));
    REQUIRE(store->prepare(how));
    CHECK(fs::file_size(here / "t/run.sh") == 10);
    CHECK((fs::status(here / "t/run.sh").permissions() & fs::perms::owner_exec) != fs::perms::none);
    CHECK((fs::status(here / "t/old").permissions() & fs::perms::owner_exec) == fs::perms::none);
    struct stat found{};
    REQUIRE(::stat((here / "t/run.sh").c_str(), &found) == 0);
    if (how == allocation::sparse) CHECK(found.st_blocks == 0);
  }
}

TEST_CASE("a longer file is cut when it is written and left alone while it is only read") {
  const temp_directory here;
  write_file(here / "f", "abcdefgh");
  const auto store = open_store(here.path(), file_layout({file("f", 4)}));
  CHECK(read_text(*store, 0, 4).value() == "abcd");
  CHECK(store->stat_files()[0].bytes == 8);
  CHECK(fs::file_size(here / "f") == 8);
  CHECK(write_text(*store, 0, "AB"));
  CHECK(read_file(here / "f") == "ABcd");
}

TEST_CASE("a store that is read only creates and changes nothing") {
  const temp_directory here;
  const file_layout layout({file("t/a", 3), file("t/b", 3)});
  CHECK_FALSE(file_store::open(here / "none", layout, file_store::mode::read_only));
  CHECK_FALSE(fs::exists(here / "none"));

  write_file(here / "t/a", "longer");
  const auto store = open_store(here.path(), layout, file_store::mode::read_only);
  CHECK(read_text(*store, 0, 3).value() == "lon");
  for (const auto& refused :
       {write_text(*store, 0, "xxx"), write_text(*store, 3, "xxx"), store->prepare(allocation::sparse)}) {
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == boost::system::errc::read_only_file_system);
  }
  CHECK(read_file(here / "t/a") == "longer");
  CHECK_FALSE(fs::exists(here / "t/b"));
}

TEST_CASE("a store that writes creates its directory, and says when it cannot") {
  const temp_directory here;
  const file_layout layout({file("f", 1)});
  CHECK(file_store::open(here / "new/deeper", layout, file_store::mode::read_write));
  CHECK(fs::is_directory(here / "new/deeper"));
  write_file(here / "plain", "");
  const auto refused = file_store::open(here / "plain", layout, file_store::mode::read_write);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().subject == (here / "plain").string());
  CHECK(refused.error().code == boost::system::errc::not_a_directory);
}

TEST_CASE("a directory that may not be written refuses with its reason") {
  if (::geteuid() == 0) {
    MESSAGE("skipped: root may write anywhere");
    return;
  }
  const temp_directory here;
  fs::create_directories(here / "t");
  fs::permissions(here / "t", fs::perms::owner_read | fs::perms::owner_exec);
  const auto store = open_store(here.path(), file_layout({file("t/a", 3)}));
  const auto refused = write_text(*store, 0, "abc");
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == boost::system::errc::permission_denied);
  fs::permissions(here / "t", fs::perms::owner_all);
}

TEST_CASE("stat_files tells length, time and presence") {
  const temp_directory here;
  write_file(here / "t/a", "abc");
  const file_layout layout({file("t/a", 5), padding(1), file("t/none", 1)});
  const auto store = open_store(here.path(), layout);
  const auto before = store->stat_files();
  REQUIRE(before.size() == 3);
  CHECK(before[0].exists);
  CHECK(before[0].bytes == 3);
  CHECK(before[1] == file_state{});
  CHECK(before[2] == file_state{});
  struct stat found{};
  REQUIRE(::stat((here / "t/a").c_str(), &found) == 0);
  CHECK(before[0].modified_ns == std::int64_t{found.st_mtim.tv_sec} * 1'000'000'000 + found.st_mtim.tv_nsec);
  fs::last_write_time(here / "t/a", fs::file_time_type::clock::now() + std::chrono::hours(1));
  CHECK(store->stat_files()[0] != before[0]);
}

TEST_CASE("a cap of two descriptors serves fifty files to four threads, and holds") {
  const temp_directory here;
  std::vector<metainfo::file_entry> files;
  for (int i = 0; i < 50; ++i) {
    files.push_back(file("t/" + std::to_string(i), 100));
  }
  const file_layout layout(files);
  const auto store = open_store(here.path(), layout, file_store::mode::read_write, 2);
  const auto descriptors = [] {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  const auto before = descriptors();
  std::atomic<int> wrong{0};
  const auto work = [&](std::uint64_t t) {
    rng random(t);
    // Each thread has a quarter of every file, so that they share descriptors and no bytes.
    for (int step = 0; step < 400; ++step) {
      const auto offset = random.below(50) * 100 + t * 25;
      std::string text(25, static_cast<char>('a' + random.below(26)));
      if (!write_text(*store, offset, text)) ++wrong;
      const auto got = read_text(*store, offset, 25);
      if (!got || *got != text) ++wrong;
    }
  };
  std::vector<std::thread> threads;
  for (std::uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back(work, t);
  }
  for (auto& t : threads) {
    t.join();
  }
  CHECK(wrong == 0);
  CHECK(descriptors() <= before + 2);
  store->close();
  CHECK(descriptors() == before);
  CHECK(store->sync());
  CHECK(read_text(*store, 0, 1));
}
