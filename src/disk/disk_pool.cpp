#include <algorithm>
#include <cassert>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <string>
#include <thread>
#include <utility>

#include <shoal/disk/disk_pool.hpp>

#include "disk/piece_work.hpp"

namespace shoal::disk {

namespace {

/// Pieces hashed together by one thread: as many as SHA-1 has lanes.
constexpr std::size_t batch_pieces = 4;

struct piece_task {
  piece_job job;
  std::function<void(piece_outcome)> done;
};

void finish(piece_task& task, const outcome<sha1_digest>& digest) {
  using verdict = piece_outcome::verdict;
  piece_outcome out;
  if (!digest) {
    out = {verdict::io_failed, digest.error(), {}};
  } else if (*digest != task.job.expected) {
    out.what = verdict::hash_mismatch;
  } else if (const auto written = write_blocks(*task.job.store, task.job.offset, task.job.blocks); !written) {
    out = {verdict::io_failed, written.error(), {}};
  } else {
    out.what = verdict::written;
  }
  out.job = std::move(task.job);
  task.done(std::move(out));
}

void finish_all(std::vector<piece_task> tasks) {
  std::vector<piece_job> jobs;
  for (auto& task : tasks) {
    jobs.push_back(std::move(task.job));
  }
  const auto digests = hash_pieces(jobs);
  for (std::size_t i = 0; i < tasks.size(); ++i) {
    tasks[i].job = std::move(jobs[i]);
    finish(tasks[i], digests[i]);
  }
}

}  // namespace

// Two queues, since finished pieces are taken several at once; tickets say which queue's head came first, so
// that neither starves the other.
struct disk_pool::state {
  struct ticketed_piece {
    std::uint64_t ticket;
    piece_task task;
  };
  struct ticketed_work {
    std::uint64_t ticket;
    std::function<void()> work;
  };

  void run();
  bool pieces_first() const {
    return work.empty() || (!pieces.empty() && pieces.front().ticket < work.front().ticket);
  }
  std::vector<piece_task> take_pieces();

  mutable std::mutex mutex;
  std::condition_variable something;
  std::deque<ticketed_piece> pieces;
  std::deque<ticketed_work> work;
  std::uint64_t next_ticket = 0;
  std::size_t pending = 0;  ///< queued or being done
  std::size_t idle = 0;     ///< threads that wait
  bool stopping = false;
  std::vector<std::thread> threads;
};

/// A fair share: lanes are for when there is more than one piece a thread.
std::vector<piece_task> disk_pool::state::take_pieces() {
  const std::size_t share = (pieces.size() + idle) / (idle + 1);
  std::vector<piece_task> out;
  for (std::size_t n = std::min(share, batch_pieces); n > 0; --n) {
    out.push_back(std::move(pieces.front().task));
    pieces.pop_front();
  }
  return out;
}

void disk_pool::state::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    ++idle;
    something.wait(lock, [this] { return stopping || !pieces.empty() || !work.empty(); });
    --idle;
    if (pieces.empty() && work.empty()) return;
    std::size_t count = 1;
    if (pieces_first()) {
      auto taken = take_pieces();
      count = taken.size();
      lock.unlock();
      finish_all(std::move(taken));
    } else {
      auto next = std::move(work.front().work);
      work.pop_front();
      lock.unlock();
      next();
      next = nullptr;  // what it holds goes outside the lock
    }
    lock.lock();
    pending -= count;
  }
}

disk_pool::disk_pool(unsigned threads) : state_(std::make_unique<state>()) {
  for (unsigned i = 0; i < std::max(threads, 1U); ++i) {
    state_->threads.emplace_back([s = state_.get()] { s->run(); });
    const auto name = "shoal-disk-" + std::to_string(i);
    ::pthread_setname_np(state_->threads.back().native_handle(), name.substr(0, 15).c_str());
  }
}

disk_pool::~disk_pool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->something.notify_all();
  for (auto& thread : state_->threads) {
    assert(thread.get_id() != std::this_thread::get_id());
    thread.join();
  }
}

void disk_pool::submit(piece_job job, std::function<void(piece_outcome)> done) {
  assert(job.store && !job.blocks.empty());
  {
    const std::lock_guard lock(state_->mutex);
    state_->pieces.push_back({state_->next_ticket++, {std::move(job), std::move(done)}});
    ++state_->pending;
  }
  state_->something.notify_one();
}

void disk_pool::submit(std::function<void()> work) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->work.push_back({state_->next_ticket++, std::move(work)});
    ++state_->pending;
  }
  state_->something.notify_one();
}

void disk_pool::submit(spill_job job, std::function<void(outcome<void>, spill_job)> done) {
  assert(job.store);
  submit([job = std::move(job), done = std::move(done)]() mutable {
    auto written = write_blocks(*job.store, job.offset, job.blocks);
    done(std::move(written), std::move(job));
  });
}

void disk_pool::submit(read_job job, std::function<void(outcome<void>, read_job)> done) {
  assert(job.store);
  submit([job = std::move(job), done = std::move(done)]() mutable {
    auto filled = read_items(*job.store, job.items);
    done(std::move(filled), std::move(job));
  });
}

std::size_t disk_pool::pending() const {
  const std::lock_guard lock(state_->mutex);
  return state_->pending;
}

}  // namespace shoal::disk
