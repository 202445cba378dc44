#include "disk/write_turns.hpp"

#include <future>

#include <doctest/doctest.h>

#include "disk/jobs.hpp"

using namespace shoal;
using namespace shoal::disk;
using shoal::test::file;
using shoal::test::fixture;
using shoal::test::piece_bytes;
using shoal::test::sink_of;
using shoal::test::temp_directory;

TEST_CASE("who brings pieces while another writes leaves them with him") {
  const temp_directory here;
  fixture f(here.path(), {file("t/a", 2 * piece_bytes)});
  write_turns turns;
  std::promise<void> entered, left;
  std::vector<std::uint32_t> written;  // by one thread only
  const auto hashed = [&](std::uint32_t index, const piece_sink& sink) {
    auto job = f.piece(index, index * piece_bytes, piece_bytes);
    const auto digest = job.expected;
    std::vector<hashed_piece> out;
    out.push_back({std::move(job), sink, digest});
    return out;
  };
  auto writer = std::async(std::launch::async,
                           [&, first = hashed(0, sink_of([&](piece_outcome out) {
                                                written.push_back(out.job.piece.value());
                                                entered.set_value();
                                                left.get_future().wait();
                                              }))]() mutable { return turns.write(std::move(first)); });
  entered.get_future().wait();
  CHECK(turns.write(
            hashed(1, sink_of([&](piece_outcome out) { written.push_back(out.job.piece.value()); }))) == 0);
  left.set_value();
  CHECK(writer.get() == 2);
  CHECK(written == std::vector<std::uint32_t>{0, 1});
  CHECK(f.holds(0, 2 * piece_bytes));
  CHECK(turns.write(hashed(0, sink_of([](piece_outcome) {}))) == 1);  // his turn is over
}
