#include "session/block_reader.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/defer.hpp>

namespace shoal {

namespace {

/// Blocks of one read job: enough to make the hops between threads cheap, few enough to share the work.
constexpr std::size_t job_blocks_max = 64;
/// Jobs that the strand does by itself before it looks at anything else, half a millisecond's worth.
constexpr std::size_t jobs_here_max = 4;

}  // namespace

block_reader::block_reader(services& s, net::strand strand, reader_owner& owner,
                           std::shared_ptr<disk::file_store> store, const piece::geometry& geometry)
    : services_(s),
      strand_(std::move(strand)),
      owner_(owner),
      store_(std::move(store)),
      geometry_(geometry) {}

void block_reader::flush() {
  while (!queue_.empty()) {
    std::vector<buffer::lease> buffers;
    const auto n = services_.send_buffers.try_acquire(std::min(queue_.size(), job_blocks_max), buffers);
    if (n == 0) {
      wait_for_buffers();
      return;
    }
    std::vector<wanted> items;
    for (std::size_t i = 0; i < n; ++i) {
      items.push_back(queue_.front());
      queue_.pop_front();
    }
    submit(std::move(items), std::move(buffers));
  }
}

void block_reader::wait_for_buffers() {
  if (waiting_) {
    return;
  }
  waiting_ = true;
  services_.send_buffers.on_available([this] {
    net::asio::post(strand_, [this] {
      waiting_ = false;
      flush();
    });
  });
}

void block_reader::submit(std::vector<wanted> items, std::vector<buffer::lease> buffers) {
  disk::read_job job{store_, {}};
  for (std::size_t i = 0; i < items.size(); ++i) {
    const auto& b = items[i].block;
    job.items.push_back({geometry_.piece_offset(b.piece) + b.begin, b.length, std::move(buffers[i])});
  }
  ++at_disk_;
  if (reading_here_ < jobs_here_max) {
    ++reading_here_;
    net::asio::defer(strand_, [this, items = std::move(items), job = std::move(job)]() mutable {
      --reading_here_;
      if (disk::read_cached(job)) {
        finished({}, job, items);
      } else {
        ask_disk(std::move(items), std::move(job));
      }
    });
  } else {
    ask_disk(std::move(items), std::move(job));
  }
}

void block_reader::ask_disk(std::vector<wanted> items, disk::read_job job) {
  services_.disk.submit(
      std::move(job), [this, items = std::move(items)](outcome<void> result, disk::read_job done) {
        net::asio::post(strand_, [this, items, result = std::move(result), done = std::move(done)]() mutable {
          finished(result, done, items);
        });
      });
}

void block_reader::finished(const outcome<void>& result, disk::read_job& job,
                            const std::vector<wanted>& items) {
  --at_disk_;
  std::vector<swarm::block_loaded> blocks;
  std::vector<buffer::lease> data;
  for (std::size_t i = 0; i < items.size(); ++i) {
    blocks.push_back({items[i].key, items[i].block, result.has_value()});
    data.push_back(std::move(job.items[i].into));
  }
  if (result.has_error()) {
    owner_.read_failed(result.error());
  }
  owner_.blocks_read(blocks, data);
}

}  // namespace shoal
