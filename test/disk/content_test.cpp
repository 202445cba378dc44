#include <atomic>
#include <random>
#include <sys/stat.h>

#include <doctest/doctest.h>

#include <shoal/disk/content.hpp>
#include <shoal/hash/sha1.hpp>

#include "disk/layouts.hpp"
#include "disk/piece_sweep.hpp"
#include "support/temp_directory.hpp"

using namespace shoal;
using namespace shoal::disk;
using shoal::test::file;
using shoal::test::padding;
using shoal::test::temp_directory;
using shoal::test::write_file;
namespace fs = std::filesystem;

namespace {

/// The plain loop.
std::vector<sha1_digest> plain_hashes(byte_view content, std::size_t piece_length) {
  std::vector<sha1_digest> out;
  for (; !content.empty(); content = content.subspan(std::min(piece_length, content.size()))) {
    out.push_back(sha1(content.first(std::min(piece_length, content.size()))));
  }
  return out;
}

std::string text(byte_view bytes) {
  return std::string(as_text(bytes));
}

void write_content(const fs::path& where, const metainfo::file_layout& layout, byte_view content) {
  for (const auto& f : layout.files()) {
    if (!f.padding) write_file(where / f.safe_path, text(content.subspan(f.offset, f.length)));
  }
}

std::vector<std::string> names(const metainfo::build_request& request) {
  std::vector<std::string> out;
  for (const auto& f : request.files) {
    std::string joined;
    for (const auto& component : f.path) {
      joined += (joined.empty() ? "" : "/") + component;
    }
    out.push_back(joined);
  }
  return out;
}

/// A torrent of five files and its content, on disk below `here`.
struct shared_content {
  explicit shared_content(std::uint32_t piece_length, std::uint64_t seed = 7) : random(seed) {
    t.piece_length = piece_length;
    t.files = metainfo::file_layout({file("t/a", 3 * std::uint64_t{piece_length} + 5), file("t/empty", 0),
                                     file("t/b", 11), padding(200),
                                     file("t/c", 4 * std::uint64_t{piece_length}), file("t/d", 1)});
    content = test::random_content(random, t.files);
    t.piece_hashes = plain_hashes(content, piece_length);
    write_content(here.path(), t.files, content);
  }
  std::shared_ptr<file_store> store() const {
    return file_store::open(here.path(), t.files, file_store::mode::read_only).value();
  }
  bitfield check(unsigned threads = 2) const { return check_content(*store(), t, threads, {}).value(); }
  /// Every piece but those that have bytes of [begin, end).
  bitfield all_but(std::uint64_t begin, std::uint64_t end) const {
    bitfield out(t.piece_count(), true);
    for (std::uint64_t at = begin; at < end; ++at) {
      out.reset(piece_index(static_cast<std::uint32_t>(at / t.piece_length)));
    }
    return out;
  }

  const temp_directory here;
  rng random;
  metainfo::torrent_info t;
  std::vector<std::byte> content;
};

}  // namespace

TEST_CASE("a folder is listed by path as bytes, with hidden files and linked files") {
  const temp_directory here;
  write_file(here / "top/b/x", "1");
  write_file(here / "top/b-/y", "22");
  write_file(here / "top/.hidden", "333");
  write_file(here / "top/zero", "");
  write_file(here / "top/.0123.shoal-resume", "ours");
  write_file(here / "elsewhere/real", "4444");
  fs::create_symlink(here / "elsewhere/real", here / "top/linked");
  fs::create_symlink(here / "elsewhere", here / "top/linked-folder");
  fs::permissions(here / "top/zero", fs::perms::owner_all);
  for (const auto& path : {here / "top", here / "top/", here / "top/.", here / "top/b/.."}) {
    CAPTURE(path);
    const auto found = scan(path).value();
    CHECK(found.name == "top");
    CHECK(found.multi_file);
    CHECK(names(found) == std::vector<std::string>{".hidden", "b-/y", "b/x", "linked", "zero"});
    CHECK(found.files[3].length == 4);
    CHECK_FALSE(found.files[3].executable);
    CHECK(found.files[4].executable);
  }
}

TEST_CASE("one file is listed alone, also through a link") {
  const temp_directory here;
  write_file(here / "file", "12345");
  fs::create_symlink("file", here / "link");
  for (const auto* name : {"file", "link"}) {
    const auto found = scan(here / name).value();
    CHECK(found.name == name);
    CHECK_FALSE(found.multi_file);
    REQUIRE(found.files.size() == 1);
    CHECK(found.files[0].length == 5);
    CHECK(hash_content(here / name, found, 4, 1, {}).value() == plain_hashes(as_bytes("12345"), 4));
  }
}

TEST_CASE("what cannot be shared is refused by name") {
  const temp_directory here;
  fs::create_directory(here / "top");
  SUBCASE("nothing there") {
    fs::remove(here / "top");
  }
  SUBCASE("a fifo") {
    REQUIRE(::mkfifo((here / "top/pipe").c_str(), 0600) == 0);
  }
  SUBCASE("a link to nothing") {
    fs::create_symlink("gone", here / "top/link");
  }
  SUBCASE("a link to a device") {
    fs::create_symlink("/dev/null", here / "top/link");
  }
  const auto found = scan(here / "top");
  REQUIRE_FALSE(found.has_value());
  CHECK(found.error().subject.starts_with((here / "top").string()));
  CHECK_FALSE(scan("/dev/null").has_value());
  CHECK_FALSE(scan("/").has_value());
}

TEST_CASE("hashes of content are those of a plain loop, for any piece length and number of threads") {
  const auto seed = std::uint64_t{std::random_device{}()};
  CAPTURE(seed);
  rng random(seed);
  const temp_directory here;
  std::string all;
  for (const auto* name : {"a", "b/c", "b/d", "e"}) {
    const auto bytes = test::random_bytes(random, static_cast<std::size_t>(random.below(3'000'000)));
    write_file(here / "top" / name, text(bytes));
    all += text(bytes);
  }
  write_file(here / "top/b/empty", "");
  const auto files = scan(here / "top").value();
  for (const std::uint32_t piece_length : {16U << 10, 32U << 10, 1U << 20, 2U << 20, 16U << 20}) {
    for (const unsigned threads : {0U, 1U, 3U}) {
      CAPTURE(piece_length);
      CAPTURE(threads);
      std::uint64_t last = 0;
      const auto progress = [&](std::uint64_t done, std::uint64_t total) {
        CHECK(total == all.size());
        CHECK(done >= last);
        last = done;
        return true;
      };
      const auto hashes = hash_content(here / "top", files, piece_length, threads, progress).value();
      CHECK(hashes == plain_hashes(as_bytes(all), piece_length));
      CHECK(last == all.size());
    }
  }
}

TEST_CASE("an empty content has no pieces") {
  const temp_directory here;
  write_file(here / "top/empty", "");
  CHECK(hash_content(here / "top", scan(here / "top").value(), 16384, 2, {}).value().empty());
}

TEST_CASE("a file that changes while it is hashed is noticed") {
  const temp_directory here;
  write_file(here / "top/a", std::string(100'000, 'a'));
  write_file(here / "top/b", std::string(100'000, 'b'));
  const auto files = scan(here / "top").value();
  bool at_first = true;
  std::function<void()> change;
  SUBCASE("longer") {
    change = [&] { write_file(here / "top/a", std::string(100'001, 'a')); };
  }
  SUBCASE("shorter") {
    change = [&] { write_file(here / "top/b", "b"); };
  }
  SUBCASE("gone") {
    change = [&] { fs::remove(here / "top/b"); };
  }
  SUBCASE("of another time") {
    change = [&] {
      fs::last_write_time(here / "top/a", fs::file_time_type::clock::now() + std::chrono::hours(1));
    };
  }
  SUBCASE("before the start") {
    write_file(here / "top/b", "shorter");
    change = [] {};
  }
  const auto hashes = hash_content(here / "top", files, 16384, 1, [&](auto, auto) {
    if (at_first) change();
    at_first = false;
    return true;
  });
  REQUIRE_FALSE(hashes.has_value());
  CHECK(hashes.error().code == errc::vanished);
  CHECK(hashes.error().subject.starts_with((here / "top").string()));
}

TEST_CASE("whole content is whole, for small and large pieces") {
  for (const std::uint32_t piece_length : {16U << 10, 2U << 20}) {
    CAPTURE(piece_length);
    const shared_content c(piece_length);
    for (const unsigned threads : {0U, 1U, 3U}) {
      CHECK(c.check(threads).all());
    }
  }
}

TEST_CASE("missing, short, corrupt and longer files cost the pieces that they touch and no other") {
  const shared_content c(16U << 10);
  const auto& files = c.t.files.files();
  const auto& a = files[0];
  const auto& b = files[2];
  const auto& big = files[4];
  const auto path = [&](const metainfo::file_entry& f) { return c.here.path() / f.safe_path; };
  bitfield expected(c.t.piece_count(), true);
  SUBCASE("missing, large") {
    fs::remove(path(big));
    expected = c.all_but(big.offset, big.offset + big.length);
  }
  SUBCASE("missing, in the middle of a piece") {
    fs::remove(path(b));
    expected = c.all_but(b.offset, b.offset + b.length);
  }
  SUBCASE("missing, empty") {
    fs::remove(path(files[1]));
  }
  SUBCASE("short by one byte") {
    fs::resize_file(path(big), big.length - 1);
    expected = c.all_but(big.offset + big.length - 1, big.offset + big.length);
  }
  SUBCASE("short by all but one byte") {
    fs::resize_file(path(a), 1);
    expected = c.all_but(1, a.length);
  }
  SUBCASE("a byte differs") {
    std::string bytes = test::read_file(path(a));
    bytes[20'000] = static_cast<char>(bytes[20'000] ^ 1);
    write_file(path(a), bytes);
    expected = c.all_but(20'000, 20'001);
  }
  SUBCASE("longer") {
    fs::resize_file(path(a), a.length + 1000);
  }
  SUBCASE("everything missing") {
    fs::remove_all(c.here / "t");
    expected = bitfield(c.t.piece_count());
  }
  for (const unsigned threads : {1U, 3U}) {
    CHECK(c.check(threads) == expected);
  }
}

TEST_CASE("checking reads nothing of pieces that cannot be whole") {
  const shared_content c(16U << 10);
  fs::remove_all(c.here / "t");
  const auto nothing = check_content(
      *c.store(), c.t, 2, [](std::uint64_t done, std::uint64_t total) { return done == 0 && total == 0; });
  CHECK(nothing.value().none());
}

TEST_CASE("work that is cancelled fails so, whenever") {
  const shared_content c(16U << 10);
  const auto cancelled = boost::system::errc::operation_canceled;
  CHECK(check_content(*c.store(), c.t, 3, [](auto, auto) { return false; }).error().code == cancelled);
  const auto files = scan(c.here / "t").value();
  CHECK(hash_content(c.here / "t", files, 16U << 10, 3, [](auto, auto) { return false; }).error().code ==
        cancelled);
  const auto at_the_end = [](std::uint64_t done, std::uint64_t total) { return done < total; };
  CHECK(check_content(*c.store(), c.t, 1, at_the_end).error().code == cancelled);
}

TEST_CASE("what is no file is as good as missing") {
  const shared_content c(16U << 10);
  const auto& f = c.t.files.files()[4];
  fs::remove(c.here / "t/c");
  fs::create_directory(c.here / "t/c");
  CHECK(c.check() == c.all_but(f.offset, f.offset + f.length));
}

TEST_CASE("a medium that fails ends the sweep, and bytes that are gone do not") {
  for (const unsigned threads : {1U, 3U}) {
    for (const std::uint32_t piece_length : {16U << 10, 2U << 20}) {
      CAPTURE(threads);
      CAPTURE(piece_length);
      piece_sweep sweep{.geometry = piece::geometry(20 * std::uint64_t{piece_length}, piece_length),
                        .threads = threads};
      for (std::uint32_t p = 0; p < 20; ++p) {
        sweep.pieces.push_back(piece_index(p));
      }
      const std::uint64_t gone = sweep.geometry.piece_offset(piece_index(7));
      std::uint64_t bad = sweep.geometry.total_bytes();
      std::atomic<int> hashed{0};
      sweep.read = [&](std::uint64_t offset, std::span<std::byte>) -> outcome<bool> {
        if (offset == bad) return failure{make_error_code(boost::system::errc::io_error), "it"};
        return offset != gone;
      };
      sweep.hashed = [&](piece_index p, const sha1_digest&) {
        if (p == piece_index(7)) hashed += 1000;
        ++hashed;
      };
      CHECK(run(sweep).has_value());
      CHECK(hashed == 19);
      bad = sweep.geometry.piece_offset(piece_index(13));
      const auto failed = run(sweep);
      REQUIRE_FALSE(failed.has_value());
      CHECK(failed.error().message() ==
            failure{make_error_code(boost::system::errc::io_error), "it"}.message());
    }
  }
}
