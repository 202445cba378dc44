#include "disk/full_disk.hpp"

#include <doctest/doctest.h>

#include <shoal/disk/file_store.hpp>

#include "disk/layouts.hpp"

using namespace shoal;
using namespace shoal::disk;
using shoal::test::file;

TEST_CASE("a disk that fills up fails the write with its reason and its file") {
  test::with_little_room([](const std::filesystem::path& where, auto expected) {
    const metainfo::file_layout layout({file("t/small", 1000), file("t/big", 1 << 20)});
    const auto store = file_store::open(where, layout, file_store::mode::read_write).value();
    rng random(1);
    const auto content = test::random_content(random, layout);
    const byte_view all = content;
    const auto refused = store->write(0, {&all, 1});
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == expected);
    CHECK(refused.error().subject == (where / "t/big").string());

    std::vector<std::byte> got(1000);
    const std::span<std::byte> chunk = got;
    REQUIRE(store->read(0, {&chunk, 1}));
    CHECK(std::ranges::equal(got, all.first(1000)));
  });
}

TEST_CASE("full allocation shows at once that there is no room") {
  test::with_little_room([](const std::filesystem::path& where, auto expected) {
    const metainfo::file_layout layout({file("big", 1 << 20)});
    const auto store = file_store::open(where, layout, file_store::mode::read_write).value();
    const auto refused = store->prepare(allocation::full);
    REQUIRE_FALSE(refused);
    CHECK(refused.error().code == expected);
    CHECK(refused.error().subject == (where / "big").string());
  });
}

TEST_CASE("a medium that fails is told apart from a short file") {
  const auto store = file_store::open(test::broken_medium, metainfo::file_layout({file("mem", 100)}),
                                      file_store::mode::read_write)
                         .value();
  std::vector<std::byte> bytes(100);
  const std::span<std::byte> place = bytes;
  const byte_view source = bytes;
  for (const auto& failed : {store->read(0, {&place, 1}), store->write(0, {&source, 1})}) {
    REQUIRE_FALSE(failed);
    CHECK(failed.error().code == boost::system::errc::io_error);
    CHECK(failed.error().subject == "/proc/self/mem");
  }
}
