#include <algorithm>
#include <cassert>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <pthread.h>
#include <string>
#include <thread>
#include <utility>

#include <shoal/disk/disk_pool.hpp>

#include "disk/piece_work.hpp"
#include "disk/write_turns.hpp"

namespace shoal::disk {

namespace {

using steady = std::chrono::steady_clock;

/// As many as SHA-1 has lanes.
constexpr std::size_t lanes = 4;
/// More than these many pieces are hashed together as long as they are no more than these many bytes: what is
/// posted and locked once a batch would weigh on small pieces.
constexpr std::uint64_t batch_bytes = std::uint64_t{1} << 20;
/// How long a small piece waits for others to be hashed with: as long as these should take to come, within
/// bounds. Where they come too rarely for that it is not worth the longer wait.
constexpr steady::duration patience_least = std::chrono::milliseconds(3);
constexpr steady::duration patience_most = std::chrono::milliseconds(80);
/// Larger pieces do not wait: four of them would take too much of the pool.
constexpr std::uint64_t patient_bytes_max = std::uint64_t{1} << 20;

struct piece_task {
  piece_job job;
  piece_sink sink;
  steady::time_point due;  ///< then it waits no longer
  std::uint64_t bytes = 0;
};

std::uint64_t piece_bytes(const piece_job& job) {
  std::uint64_t out = 0;
  for (const auto& block : job.blocks) {
    out += block.length;
  }
  return out;
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
  void wait(std::unique_lock<std::mutex>& lock);
  bool pieces_ready() const {
    return !pieces.empty() &&
           (stopping || pieces.size() >= lanes || pieces.front().task.due <= steady::now());
  }
  bool pieces_first() const {
    return pieces_ready() && (work.empty() || pieces.front().ticket < work.front().ticket);
  }
  std::vector<piece_task> take_pieces();
  std::size_t finish(std::vector<piece_task> tasks);
  steady::duration patience(steady::time_point now);

  write_turns turns;
  mutable std::mutex mutex;
  std::condition_variable something;
  std::deque<ticketed_piece> pieces;
  std::deque<ticketed_work> work;
  steady::time_point last_piece;          ///< when it came
  steady::duration gap = patience_least;  ///< between pieces, smoothed
  std::uint64_t next_ticket = 0;
  std::size_t pending = 0;  ///< queued or being done
  std::size_t idle = 0;     ///< threads that wait
  bool clock_held = false;  ///< one of them wakes when the first piece is due
  bool stopping = false;
  std::vector<std::thread> threads;
};

/// Lanes are filled first; what is more is shared among the threads.
std::vector<piece_task> disk_pool::state::take_pieces() {
  const std::size_t share = std::max(lanes, (pieces.size() + idle) / (idle + 1));
  std::vector<piece_task> out;
  std::uint64_t bytes = 0;
  while (!pieces.empty() && out.size() < share && (out.size() < lanes || bytes < batch_bytes)) {
    bytes += pieces.front().task.bytes;
    out.push_back(std::move(pieces.front().task));
    pieces.pop_front();
  }
  return out;
}

/// Hashes them all, and sees to it that they get written. Returns how many pieces were done here.
std::size_t disk_pool::state::finish(std::vector<piece_task> tasks) {
  std::vector<piece_job> jobs;
  for (auto& task : tasks) {
    jobs.push_back(std::move(task.job));
  }
  const auto digests = hash_pieces(jobs);
  std::size_t done = 0;
  for (std::size_t i = 0; i < tasks.size();) {
    const file_store* const store = jobs[i].store.get();
    std::vector<hashed_piece> hashed;
    for (; i < tasks.size() && jobs[i].store.get() == store; ++i) {
      hashed.push_back({std::move(jobs[i]), std::move(tasks[i].sink), digests[i]});
    }
    done += turns.write(std::move(hashed));
  }
  return done;
}

/// Of a piece that comes now.
steady::duration disk_pool::state::patience(steady::time_point now) {
  gap += (std::min(now - last_piece, patience_most) - gap) / 4;
  last_piece = now;
  const bool company_comes = gap * 2 <= patience_most;
  return company_comes ? std::clamp<steady::duration>(gap * (lanes - 1), patience_least, patience_most)
                       : patience_least;
}

/// Until there is something to do. While pieces wait for others, one thread looks at the clock for all.
void disk_pool::state::wait(std::unique_lock<std::mutex>& lock) {
  ++idle;
  while (!stopping && work.empty() && !pieces_ready()) {
    if (pieces.empty() || clock_held) {
      something.wait(lock);
    } else {
      clock_held = true;
      const auto due = pieces.front().task.due;  // a copy: another thread may take the piece meanwhile
      something.wait_until(lock, due);
      clock_held = false;
    }
  }
  --idle;
}

void disk_pool::state::run() {
  std::unique_lock lock(mutex);
  for (;;) {
    wait(lock);
    if (pieces.empty() && work.empty()) return;
    std::size_t count = 1;
    if (pieces_first()) {
      auto taken = take_pieces();
      if (!pieces.empty()) something.notify_one();
      lock.unlock();
      count = finish(std::move(taken));
    } else {
      auto next = std::move(work.front().work);
      work.pop_front();
      if (!pieces.empty()) something.notify_one();  // another may have to look at the clock now
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

void disk_pool::submit(std::vector<piece_job> jobs, const piece_sink& sink) {
  const auto now = steady::now();
  bool wake = false;
  {
    const std::lock_guard lock(state_->mutex);
    for (auto& job : jobs) {
      assert(job.store && !job.blocks.empty());
      const std::uint64_t bytes = piece_bytes(job);
      const auto due = bytes <= patient_bytes_max ? now + state_->patience(now) : now;
      state_->pieces.push_back({state_->next_ticket++, {std::move(job), sink, due, bytes}});
      ++state_->pending;
    }
    wake = state_->pieces_ready() || !state_->clock_held;
  }
  if (wake) state_->something.notify_one();
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

unsigned disk_pool::share() const {
  const std::lock_guard lock(state_->mutex);
  const auto jobs = std::max<std::size_t>(state_->pending, 1);
  return static_cast<unsigned>(std::max<std::size_t>(state_->threads.size() / jobs, 1));
}

}  // namespace shoal::disk
