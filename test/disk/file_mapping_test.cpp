#include <algorithm>
#include <csignal>
#include <fcntl.h>
#include <optional>
#include <string>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>

#include <shoal/disk/file_mapping.hpp>

#include "disk/layouts.hpp"
#include "disk/unique_fd.hpp"
#include "support/temp_directory.hpp"

using namespace shoal;
using namespace shoal::disk;
using shoal::test::temp_directory;
using shoal::test::write_file;

namespace {

constexpr std::size_t file_bytes = 300'000;

/// A file of bytes by chance, open.
struct mapped_scene {
  mapped_scene() : random(3), content(test::random_bytes(random, file_bytes)) {
    write_file(here / "f", std::string(as_text(content)));
    fd = unique_fd(::open((here / "f").c_str(), O_RDWR | O_CLOEXEC));
    REQUIRE(fd);
  }
  std::optional<file_mapping> map(std::uint64_t offset, std::size_t length) const {
    return file_mapping::map_cached(fd.get(), offset, length);
  }
  void cut(off_t bytes) const { REQUIRE(::ftruncate(fd.get(), bytes) == 0); }

  const temp_directory here;
  rng random;
  std::vector<std::byte> content;
  unique_fd fd;
};

bool all_zero(byte_view bytes) {
  return std::ranges::all_of(bytes, [](std::byte b) { return b == std::byte{0}; });
}

}  // namespace

TEST_CASE("a mapping shows the file's bytes from any offset") {
  const mapped_scene s;
  for (const std::size_t offset : {std::size_t{0}, std::size_t{1}, std::size_t{4096}, std::size_t{100'001}}) {
    CAPTURE(offset);
    const auto mapping = s.map(offset, file_bytes - offset);
    REQUIRE(mapping);
    CHECK(std::ranges::equal(mapping->bytes(), byte_view(s.content).subspan(offset)));
    CHECK_FALSE(mapping->torn());
  }
}

TEST_CASE("what is not in the file is not mapped") {
  const mapped_scene s;
  CHECK_FALSE(s.map(0, file_bytes + 1));
  CHECK_FALSE(s.map(file_bytes, 1));
  CHECK_FALSE(file_mapping::map_cached(-1, 0, 1));
}

TEST_CASE("a file with holes is not mapped, which would fill them") {
  const mapped_scene s;
  s.cut(50'000'000);
  CHECK_FALSE(s.map(0, file_bytes));
}

TEST_CASE("a file that is cut while it is mapped reads as zeros and says so, and its neighbours do not") {
  const mapped_scene s;
  const mapped_scene other;
  const auto before = other.map(0, file_bytes);
  auto mapping = s.map(5, file_bytes - 5);
  const auto after = other.map(1000, 5000);
  REQUIRE((before && mapping && after));
  s.cut(10'000);
  const auto moved = std::move(*mapping);  // it is known where it lies, not who holds it
  CHECK(all_zero(moved.bytes().last(1000)));
  CHECK(moved.torn());
  CHECK(all_zero(moved.bytes()));
  CHECK_FALSE(before->torn());
  CHECK_FALSE(after->torn());
  CHECK(std::ranges::equal(before->bytes(), other.content));
}

TEST_CASE("a bus error elsewhere still ends the process") {
  const mapped_scene s;
  const auto ours = s.map(0, 1);  // the handler is there
  void* const elsewhere = ::mmap(nullptr, file_bytes, PROT_READ, MAP_SHARED, s.fd.get(), 0);
  REQUIRE(elsewhere != MAP_FAILED);
  s.cut(0);
  const pid_t child = ::fork();
  if (child == 0) {
    ::signal(SIGABRT, SIG_DFL);
    const volatile char* const bytes = static_cast<const char*>(elsewhere);
    ::_exit(bytes[100'000]);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK((WIFSIGNALED(status) || WEXITSTATUS(status) != 0));
  ::munmap(elsewhere, file_bytes);
}
