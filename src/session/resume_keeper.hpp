#pragma once
// Keeps a torrent's resume file up to date: read at the start, written now and then while pieces come in, at
// completion and at the end. What it writes was verified, written and synced before. Lives on the torrent's
// strand; its work is done on a disk thread, one write at a time.

#include <filesystem>
#include <memory>
#include <optional>

#include <shoal/disk/resume_file.hpp>

#include "session/services.hpp"

namespace shoal {

class resume_keeper {
 public:
  resume_keeper(services& s, net::strand strand, std::shared_ptr<disk::file_store> store, info_hash torrent);

  /// What the file says, if it fits the files on disk. For a disk thread; errors are of the file only.
  static outcome<std::optional<disk::resume_data>> load(const disk::file_store& store,
                                                        const info_hash& torrent, std::size_t pieces);

  /// Something changed; it is written when `interval` has passed since the last time, or at once when `now`.
  void changed(bool at_once, const bitfield& have, std::uint64_t uploaded, std::uint64_t downloaded);
  bool idle() const { return !writing_; }
  /// The last write failed so.
  const std::optional<failure>& problem() const { return problem_; }

 private:
  void write();

  services& services_;
  net::strand strand_;
  std::shared_ptr<disk::file_store> store_;
  info_hash torrent_;
  std::optional<disk::resume_data> next_;
  std::optional<failure> problem_;
  instant last_{};
  bool writing_ = false;
};

}  // namespace shoal
