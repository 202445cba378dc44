#include <random>
#include <sys/stat.h>

#include <doctest/doctest.h>

#include <shoal/base/rng.hpp>
#include <shoal/disk/resume_file.hpp>
#include <shoal/hash/sha1.hpp>

#include "disk/full_disk.hpp"
#include "support/temp_directory.hpp"

using namespace shoal;
using namespace shoal::disk;
using shoal::test::read_file;
using shoal::test::temp_directory;
using shoal::test::write_file;
namespace fs = std::filesystem;

namespace {

info_hash some_hash(std::string_view of) {
  info_hash out;
  out.v1 = sha1(as_bytes(of));
  return out;
}

resume_data sample() {
  resume_data d;
  d.torrent = some_hash("torrent");
  d.have = bitfield(13);
  d.have.set(piece_index(0));
  d.have.set(piece_index(12));
  d.files = {{.bytes = 100, .modified_ns = 1'700'000'000'123'456'789, .exists = true},
             {},
             {.bytes = 0, .modified_ns = -5, .exists = true}};
  d.uploaded = 1ULL << 40;
  d.downloaded = 7;
  return d;
}

/// A body with a checksum that fits, so that what is inside is what decides.
std::string sealed(std::string body) {
  body += as_text(sha1(as_bytes(body)).view());
  return body;
}

std::string body_of(const std::string& encoded) {
  return encoded.substr(0, encoded.size() - sha1_digest::size);
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  REQUIRE(at != std::string::npos);
  return text.replace(at, from.size(), to);
}

}  // namespace

TEST_CASE("resume data comes back as it was") {
  auto d = sample();
  CHECK(decode_resume(as_bytes(encode_resume(d))).value() == d);
  SUBCASE("complete") {
    d.have.set_all();
  }
  SUBCASE("without pieces and files") {
    d.have = {}, d.files = {};
  }
  SUBCASE("hybrid") {
    d.torrent.v2 = sha256(as_bytes("v2"));
  }
  SUBCASE("v2 alone") {
    d.torrent.v1.reset(), d.torrent.v2 = sha256(as_bytes("v2"));
  }
  SUBCASE("large") {
    d.have = bitfield(std::size_t{1} << 24, true);
    d.files.resize(100'000, {.bytes = 1, .modified_ns = 2, .exists = true});
  }
  CHECK(decode_resume(as_bytes(encode_resume(d))).value() == d);
}

TEST_CASE("every torn and every bit-flipped resume file is noticed") {
  const std::string good = encode_resume(sample());
  for (std::size_t n = 0; n < good.size(); ++n) {
    CAPTURE(n);
    CHECK(decode_resume(as_bytes(good).first(n)).error() == errc::resume_damaged);
    for (int bit = 0; bit < 8; ++bit) {
      std::string bad = good;
      bad[n] = static_cast<char>(bad[n] ^ (1 << bit));
      REQUIRE(decode_resume(as_bytes(bad)).error() == errc::resume_damaged);
    }
  }
  CHECK(decode_resume(as_bytes(good + "x")).error() == errc::resume_damaged);
}

TEST_CASE("a sum that fits does not make nonsense into resume data") {
  const std::string good = body_of(encode_resume(sample()));
  REQUIRE(decode_resume(as_bytes(sealed(good))).has_value());
  const std::vector<std::string> bodies = {
      "",
      "de",
      "le",
      "i1e",
      "d4:havei5ee",
      good + "e",
      good.substr(0, good.size() - 1),
      replaced(good, "6:piecesi13e", "6:piecesi17e"),  // more than the bits
      replaced(good, "6:piecesi13e", "6:piecesi12e"),  // a spare bit is set
      replaced(good, "6:piecesi13e", "6:piecesi-13e"),
      replaced(good, "6:piecesi13e", "6:piecesi9223372036854775807e"),  // no such allocation
      replaced(good, "6:piecesi13e", "6:piecesi16777217e"),
      replaced(good, "6:piecesi13e", "6:pieces2:13"),
      replaced(good, "4:have2:", "4:have9999999999:"),
      replaced(good, "10:downloadedi7e", "10:downloadedi-7e"),
      replaced(good, "10:downloadedi7e", ""),
      replaced(good, "2:v120:", "2:v119:"),
      replaced(good, "2:v120:", "2:v020:"),
      replaced(good, "7:versioni1e", "7:versioni2e"),
      replaced(good, "7:versioni1e", ""),
      replaced(good, "li100e", "li-100e"),
      replaced(good, "li100e", "li1ei100e"),
      replaced(good, "li100e", "l"),
      replaced(good, "5:filesl", "5:filesli5e"),
      "d5:files" + std::string(10'000, 'l') + std::string(10'000, 'e') + "e",
  };
  for (const auto& body : bodies) {
    CAPTURE(body.substr(0, 200));
    CHECK(decode_resume(as_bytes(sealed(body))).error() == errc::resume_damaged);
  }
}

TEST_CASE("random bytes are never resume data") {
  const auto seed = std::uint64_t{std::random_device{}()};
  CAPTURE(seed);
  rng random(seed);
  const std::string good = body_of(encode_resume(sample()));
  for (int round = 0; round < 3000; ++round) {
    std::string body = good;
    for (auto changes = random.below(4) + 1; changes > 0; --changes) {
      body[random.below(body.size())] = static_cast<char>(random.next());
    }
    const auto decoded = decode_resume(as_bytes(sealed(body)));  // a crash or a sanitizer's word is a failure
    if (decoded) CHECK(decoded->have.size() < 100);
  }
}

TEST_CASE("saving replaces the old file whole and leaves nothing else") {
  const temp_directory here;
  auto d = sample();
  const auto path = resume_path(here.path(), d.torrent);
  CHECK(path.parent_path() == here.path());
  CHECK(path != resume_path(here.path(), some_hash("other")));
  CHECK_FALSE(load_resume(path).value().has_value());

  REQUIRE(save_resume(path, d));
  CHECK(*load_resume(path).value() == d);
  d.have.set_all();
  write_file(path.string() + ".new", "what a crash left");
  REQUIRE(save_resume(path, d));
  CHECK(*load_resume(path).value() == d);
  CHECK(std::distance(fs::directory_iterator(here.path()), fs::directory_iterator()) == 1);
}

TEST_CASE("a save that fails keeps the old file, and says where") {
  test::with_little_room([](const fs::path& where, auto expected) {
    const auto small = sample();
    const auto path = resume_path(where, small.torrent);
    REQUIRE(save_resume(path, small));
    auto large = small;
    large.have = bitfield(std::size_t{1} << 22, true);
    const auto refused = save_resume(path, large);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == expected);
    CHECK(*load_resume(path).value() == small);
    CHECK(std::distance(fs::directory_iterator(where), fs::directory_iterator()) == 1);
  });
  const temp_directory here;
  const auto refused = save_resume(here / "none/x", sample());
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == boost::system::errc::no_such_file_or_directory);
}

TEST_CASE("links are neither written through nor read through") {
  const temp_directory here;
  write_file(here / "victim", "precious");
  fs::create_symlink(here / "victim", here / "resume");
  fs::create_symlink(here / "victim", here / "resume.new");
  CHECK_FALSE(load_resume(here / "resume").has_value());
  REQUIRE(save_resume(here / "resume", sample()));
  CHECK(read_file(here / "victim") == "precious");
  CHECK(*load_resume(here / "resume").value() == sample());
}

TEST_CASE("damaged, huge and strange files are failures that name the file") {
  const temp_directory here;
  const auto path = here / "resume";
  SUBCASE("empty") {
    write_file(path, "");
  }
  SUBCASE("text") {
    write_file(path, "hello");
  }
  SUBCASE("torn") {
    const auto whole = encode_resume(sample());
    write_file(path, whole.substr(0, whole.size() / 2));
  }
  SUBCASE("huge") {
    write_file(path, "x");
    fs::resize_file(path, std::uintmax_t{1} << 40);
  }
  SUBCASE("a directory") {
    fs::create_directory(path);
  }
  SUBCASE("a fifo") {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  }
  const auto loaded = load_resume(path);
  REQUIRE_FALSE(loaded.has_value());
  CHECK(loaded.error().subject == path.string());
  CHECK(loaded.error().code.category() == category());
}
