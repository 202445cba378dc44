#include "session/opening.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <shoal/disk/content.hpp>
#include <shoal/piece/availability.hpp>

#include "session/resume_keeper.hpp"

namespace shoal {

namespace {

outcome<bitfield> hash_what_is_here(disk::file_store& store, const torrent_settings& t, unsigned threads,
                                    opening_progress& progress) {
  return disk::check_content(store, *t.info, threads, [&](std::uint64_t done, std::uint64_t) {
    progress.checked_bytes = done;
    return !progress.cancelled;
  });
}

/// One mark a file; empty: all are wanted.
std::vector<bool> wanted_files(const torrent_settings& t) {
  std::vector<bool> out;
  for (const auto priority : t.file_priorities) {
    out.push_back(priority != 0);
  }
  return out;
}

}  // namespace

outcome<opened_content> open_content(const torrent_settings& t, unsigned threads, opening_progress& progress,
                                     const std::function<void(std::string)>& warn) {
  const auto mode = t.read_only ? disk::file_store::mode::read_only : disk::file_store::mode::read_write;
  auto opened = disk::file_store::open(
      t.directory, std::shared_ptr<const metainfo::file_layout>(t.info, &t.info->files), mode);
  if (opened.has_error()) {
    return opened.error();
  }
  opened_content out{std::move(*opened), bitfield(t.info->piece_count(), t.trust_complete)};
  if (t.trust_complete) {
    return out;
  }
  const auto wanted = wanted_files(t);
  if (!t.read_only) {
    const auto aside = out.store->set_aside(wanted, disk::unwanted_folder(t.info->info_hash));
    if (aside.has_error()) {
      return aside.error();
    }
  }
  std::optional<disk::resume_data> resumed;
  if (t.resume) {
    auto loaded = resume_keeper::load(*out.store, t.info->info_hash, t.info->piece_count());
    if (loaded.has_error()) {
      warn(loaded.error().message() + "; checking the files instead");
    } else {
      resumed = std::move(*loaded);
    }
  }
  if (resumed) {
    out.have = std::move(resumed->have);
    out.uploaded_before = resumed->uploaded;
    out.downloaded_before = resumed->downloaded;
  } else {
    auto checked = hash_what_is_here(*out.store, t, threads, progress);
    if (checked.has_error()) {
      return checked.error();
    }
    out.have = std::move(*checked);
  }
  if (!t.read_only && !out.have.all()) {
    const auto made =
        out.store->prepare(t.preallocate ? disk::allocation::full : disk::allocation::sparse, wanted);
    if (made.has_error()) {
      return made.error();
    }
  }
  return out;
}

std::vector<std::uint8_t> piece_priorities(const metainfo::torrent_info& t, const piece::geometry& g,
                                           const std::vector<std::uint8_t>& file_priorities,
                                           bool ends_first) {
  std::vector<std::uint8_t> out(g.piece_count(), 0);
  const auto& files = t.files.files();
  for (std::size_t i = 0; i < files.size(); ++i) {
    const auto given = i < file_priorities.size() ? file_priorities[i] : std::uint8_t{0};
    const auto priority = file_priorities.empty() ? std::uint8_t{4} : given;
    if (files[i].length == 0 || files[i].padding || priority == 0) {
      continue;
    }
    const auto first = files[i].offset / g.piece_length();
    const auto last = (files[i].offset + files[i].length - 1) / g.piece_length();
    for (auto p = first; p <= last; ++p) {
      out[p] = std::max(out[p], priority);
    }
    if (ends_first) {
      out[first] = out[last] = piece::priority_max;
    }
  }
  return out;
}

}  // namespace shoal
