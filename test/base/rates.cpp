#include <chrono>
#include <cstdint>
#include <deque>
#include <utility>

#include <doctest/doctest.h>

#include <shoal/base/rate_meter.hpp>
#include <shoal/base/rng.hpp>
#include <shoal/base/token_bucket.hpp>

namespace {

using shoal::instant;
using shoal::rate_meter;
using shoal::token_bucket;
using namespace std::chrono_literals;

constexpr std::uint64_t block = 16 * 1024;

/// Sends blocks as soon as the bucket allows, for so long, and gives the bytes sent.
std::uint64_t send_for(token_bucket& bucket, instant& now, shoal::duration length) {
  const instant end = now + length;
  std::uint64_t sent = 0;
  while (now < end) {
    if (bucket.ready(now)) {
      bucket.take(block);
      sent += block;
    } else {
      REQUIRE((bucket.ready_at() > now));
      now = bucket.ready_at();
    }
  }
  return sent;
}

}  // namespace

TEST_CASE("a bucket without a rate is always ready") {
  token_bucket bucket;
  bucket.take(1'000'000'000);
  CHECK(!bucket.limited());
  CHECK(bucket.ready(instant{}));
}

TEST_CASE("over a minute a bucket lets its mean rate pass, whatever the rate") {
  for (const std::uint64_t rate : {20'000ULL, 1'000'000ULL, 8'388'608ULL, 125'000'000ULL}) {
    CAPTURE(rate);
    token_bucket bucket;
    instant now{};
    bucket.set_rate(rate, now);
    const auto sent = static_cast<double>(send_for(bucket, now, 60s));
    const double expected = static_cast<double>(rate) * 60;
    CHECK(sent >= expected * 0.999 - static_cast<double>(block));
    CHECK(sent <= expected * 1.001 + static_cast<double>(block));
  }
}

TEST_CASE("who looks late loses nothing: the mean is exact at 1 MiB/s and at 1 GiB/s") {
  for (const std::uint64_t rate : {1ULL << 20, 1ULL << 30}) {
    CAPTURE(rate);
    shoal::rng random(7);
    token_bucket bucket;
    instant now{};
    bucket.set_rate(rate, now);
    const instant end = now + 10s;
    std::uint64_t sent = 0;
    while (now < end) {
      while (bucket.ready(now)) {
        bucket.take(block);
        sent += block;
      }
      now = bucket.ready_at() + std::chrono::milliseconds(random.below(150));
    }
    const double expected = static_cast<double>(rate) * shoal::to_seconds(now.time_since_epoch());
    CHECK(static_cast<double>(sent) == doctest::Approx(expected).epsilon(0.02));
  }
}

TEST_CASE("after a pause no more than a bunch passes at once") {
  token_bucket bucket;
  instant now{};
  bucket.set_rate(1'000'000, now);
  now += 1h;
  std::uint64_t at_once = 0;
  while (bucket.ready(now)) {
    bucket.take(block);
    at_once += block;
  }
  CHECK(at_once >= 50'000);
  CHECK(at_once <= 50'000 + block);
}

TEST_CASE("a bucket tells once what flowed in and could not be kept") {
  token_bucket bucket;
  instant now{};
  bucket.set_rate(1'000'000, now);
  now += 10s;
  CHECK(bucket.take_unused(now) == 9'950'000);
  CHECK(bucket.take_unused(now) == 0);
  bucket.take(50'000);
  now += 50ms;
  CHECK(bucket.take_unused(now) == 0);
}

TEST_CASE("an empty bucket opens for a bunch, some twenty times a second, not for every block") {
  token_bucket bucket;
  instant now{};
  bucket.set_rate(8'388'608, now);
  (void)send_for(bucket, now, 1s);
  int openings = 0;
  const instant end = now + 1s;
  while (now < end) {
    while (bucket.ready(now)) {
      bucket.take(block);
    }
    now = bucket.ready_at();
    ++openings;
  }
  CHECK(openings >= 17);
  CHECK(openings <= 22);
}

TEST_CASE("an overdraft is paid back before the next") {
  token_bucket bucket;
  instant now{};
  bucket.set_rate(1000, now);
  now += 1s;
  REQUIRE(bucket.ready(now));
  bucket.take(11'000);
  CHECK(!bucket.ready(now + 9s));
  CHECK((bucket.ready_at() <= now + 10s + 60ms));
  CHECK(bucket.ready(now + 10s + 60ms));
}

TEST_CASE("what is given back can be taken again, and a clock that stands gives nothing") {
  token_bucket bucket;
  instant now{};
  bucket.set_rate(1'000'000, now);
  now += 50ms;
  REQUIRE(bucket.ready(now));
  bucket.take(60'000);
  CHECK(!bucket.ready(now));
  bucket.give_back(60'000);
  CHECK(bucket.ready(now));
  bucket.take(60'000);
  CHECK(!bucket.ready(now));
  CHECK(!bucket.ready(now - 1s));
}

TEST_CASE("a changed rate holds from then on, and a lifted limit at once") {
  token_bucket bucket;
  instant now{};
  bucket.set_rate(1'000'000, now);
  (void)send_for(bucket, now, 10s);
  bucket.set_rate(100'000, now);
  const auto sent = send_for(bucket, now, 60s);
  CHECK(sent <= 6'000'000 + 2 * block + 32 * 1024);
  CHECK(sent >= 6'000'000 - 2 * block);
  bucket.set_rate(0, now);
  CHECK(bucket.ready(now));
}

TEST_CASE("a steady flow is metered at its rate") {
  rate_meter meter;
  instant now{};
  CHECK(meter.bytes_per_s(now) == 0);
  for (int i = 0; i < 600; ++i) {
    now += 100ms;
    meter.add(now, 1000);
  }
  CHECK(meter.bytes_per_s(now) == doctest::Approx(10'000).epsilon(0.06));
  CHECK(meter.total() == 600'000);
  now += 21s;
  CHECK(meter.bytes_per_s(now) == 0);
  CHECK(meter.total() == 600'000);
}

TEST_CASE("what is too much for a small meter's second counts in its total") {
  shoal::small_rate_meter meter;
  const instant start{1h};
  meter.add(start, 3'000'000'000);
  meter.add(start, 3'000'000'000);
  CHECK(meter.bytes_per_s(start) == doctest::Approx(4'294'967'295.0));
  CHECK(meter.total() == 6'000'000'000);
  meter.add(start + 1s, 1000);
  CHECK(meter.bytes_per_s(start + 2s) == doctest::Approx(4'294'968'295.0 / 2));
  CHECK(meter.bytes_per_s(start + 20s) == doctest::Approx(1000.0 / 20));
  CHECK(meter.bytes_per_s(start + 21s) == 0);
}

TEST_CASE("a young meter divides by its age, and by no less than a second") {
  rate_meter meter;
  const instant start{1h};
  meter.add(start, 5000);
  CHECK(meter.bytes_per_s(start) == doctest::Approx(5000));
  CHECK(meter.bytes_per_s(start + 5s) == doctest::Approx(1000));
}

TEST_CASE("the meter agrees with a list of everything that passed") {
  using std::chrono::floor;
  using std::chrono::seconds;
  constexpr std::uint64_t seed = 3;
  CAPTURE(seed);
  shoal::rng random(seed);
  rate_meter meter;
  std::deque<std::pair<instant, std::uint64_t>> passed;
  instant now{7s};
  const instant start = now;
  for (int i = 0; i < 5000; ++i) {
    const auto bytes = random.below(100'000);
    meter.add(now, bytes);
    passed.emplace_back(now, bytes);
    now += std::chrono::milliseconds(random.below(i % 500 == 0 ? 60'000 : 400));
    // Slots are whole seconds, so what counts is the second in which something passed.
    const auto oldest = floor<seconds>(now.time_since_epoch()) - seconds(rate_meter::slots);
    std::erase_if(passed,
                  [&](const auto& p) { return floor<seconds>(p.first.time_since_epoch()) <= oldest; });
    std::uint64_t sum = 0;
    for (const auto& p : passed) {
      sum += p.second;
    }
    const double age = shoal::to_seconds(now - start);
    const double span = age < 1 ? 1 : (age < rate_meter::slots ? age : rate_meter::slots);
    REQUIRE(meter.bytes_per_s(now) == doctest::Approx(static_cast<double>(sum) / span));
  }
}
