#include "session/resume_keeper.hpp"

#include <utility>

namespace shoal {

namespace {

/// Between two writes while pieces come in: what a crash may cost is hashing these pieces again.
constexpr duration interval = std::chrono::seconds(20);

}  // namespace

resume_keeper::resume_keeper(services& s, net::strand strand, std::shared_ptr<disk::file_store> store,
                             info_hash torrent)
    : services_(s),
      strand_(std::move(strand)),
      store_(std::move(store)),
      torrent_(std::move(torrent)),
      last_(steady_now()) {}

outcome<std::optional<disk::resume_data>> resume_keeper::load(const disk::file_store& store,
                                                              const info_hash& torrent, std::size_t pieces) {
  auto loaded = disk::load_resume(disk::resume_path(store.directory(), torrent));
  if (loaded.has_error() || !loaded->has_value()) {
    return loaded;
  }
  const auto& data = **loaded;
  const bool fits = data.torrent == torrent && data.have.size() == pieces && data.files == store.stat_files();
  return fits ? std::move(loaded) : outcome<std::optional<disk::resume_data>>(std::nullopt);
}

void resume_keeper::changed(bool at_once, const bitfield& have, std::uint64_t uploaded,
                            std::uint64_t downloaded) {
  if (!at_once && steady_now() - last_ < interval) {
    return;
  }
  next_ = disk::resume_data{torrent_, have, {}, uploaded, downloaded};
  if (!writing_) {
    write();
  }
}

void resume_keeper::write() {
  writing_ = true;
  last_ = steady_now();
  auto data = std::make_shared<disk::resume_data>(std::move(*next_));
  next_.reset();
  services_.disk.submit(std::function<void()>([this, data] {
    auto result = store_->sync();
    if (result.has_value()) {
      data->files = store_->stat_files();
      result = disk::save_resume(disk::resume_path(store_->directory(), torrent_), *data);
    }
    net::asio::post(strand_, [this, result = std::move(result)] {
      writing_ = false;
      problem_ = result.has_error() ? std::optional(result.error()) : std::nullopt;
      if (next_) {
        write();
      }
    });
  }));
}

}  // namespace shoal
