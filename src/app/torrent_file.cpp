#include "app/torrent_file.hpp"

#include <cerrno>
#include <fcntl.h>
#include <fstream>
#include <system_error>
#include <unistd.h>

#include <shoal/base/bytes.hpp>
#include <shoal/base/hex.hpp>
#include <shoal/base/units.hpp>

#include "app/text.hpp"
#include "app/values.hpp"

namespace shoal::app {

namespace fs = std::filesystem;

namespace {

// 2^24 pieces and 2^20 files (what `parse_torrent` takes) stay below this.
constexpr std::size_t torrent_bytes_max = 512U << 20;

complaint bad(const std::string& argument, const std::string& what) {
  return {exit_code::bad_torrent, printable(argument) + ": " + what};
}

error last_error() {
  return {errno, boost::system::system_category()};
}

std::string read_bounded(const std::string& path) {
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) throw storage_complaint({last_error(), path});
  std::string text;
  std::string chunk(1U << 20, '\0');
  while (in) {
    in.read(chunk.data(), static_cast<std::streamsize>(chunk.size()));
    text.append(chunk, 0, static_cast<std::size_t>(in.gcount()));
    if (text.size() > torrent_bytes_max) throw bad(path, "far too big for a torrent file");
  }
  return text;
}

void write_whole(int descriptor, std::string_view bytes, const fs::path& file) {
  while (!bytes.empty()) {
    const auto n = ::write(descriptor, bytes.data(), bytes.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) throw storage_complaint({last_error(), file.string()});
    bytes.remove_prefix(static_cast<std::size_t>(n));
  }
}

}  // namespace

bool is_magnet(const std::string& argument) {
  return argument.starts_with("magnet:");
}

metainfo::magnet_link load_magnet(const std::string& argument) {
  auto link = metainfo::parse_magnet(argument);
  if (!link) throw bad(shortened(printable(argument), 60), link.error().message());
  return std::move(*link);
}

std::vector<endpoint> peers_of(const metainfo::magnet_link& link, bool may_look_up) {
  constexpr int names_max = 8;  // a look-up takes seconds where nobody answers
  std::vector<endpoint> out;
  int names = 0;
  for (const auto& text : link.peers) {
    if (!endpoint::parse(text) && ++names > names_max) continue;
    if (const auto peer = parse_peer(text, may_look_up); peer.value) out.push_back(*peer.value);
  }
  return out;
}

fs::path save_fetched(const std::string& where, const metainfo::torrent_info& t) {
  std::error_code ignored;
  fs::path file(where);
  if (fs::is_directory(file, ignored)) file /= metainfo::safe_component(t.name) + ".torrent";
  save_torrent(file, t);
  return file;
}

std::shared_ptr<const metainfo::torrent_info> load_torrent(const std::string& argument) {
  if (is_magnet(argument)) {
    throw bad(shortened(printable(argument), 60),
              "a torrent file is needed here; shoal show MAGNET --fetch --save-torrent FILE makes it one");
  }
  std::error_code ignored;
  const auto status = fs::status(argument, ignored);
  if (!fs::exists(status)) {
    if (argument.starts_with("http://") || argument.starts_with("https://")) {
      throw bad(argument,
                "a URL is not fetched; download the torrent file first: curl -O " + shell_word(argument));
    }
    throw bad(argument, "no such torrent file; check the path");
  }
  if (fs::is_directory(status)) {
    throw bad(argument, "a folder, not a torrent file; to share it: shoal seed " + shell_word(argument));
  }
  const auto text = read_bounded(argument);
  auto info = metainfo::parse_torrent(as_bytes(text));
  if (!info) {
    throw bad(argument,
              text.empty() ? "an empty file, not a torrent; fetch it again" : info.error().message());
  }
  return std::make_shared<const metainfo::torrent_info>(std::move(*info));
}

void save_torrent(const fs::path& file, const metainfo::torrent_info& t) {
  std::error_code ignored;
  const auto status = fs::status(file, ignored);
  if (fs::is_directory(status)) {
    throw complaint(exit_code::usage, printable(file.string()) + ": a folder; name a file with -o");
  }
  if (fs::is_regular_file(status) && fs::file_size(file, ignored) > 0) {
    const auto there = fs::file_size(file, ignored) <= torrent_bytes_max ? read_bounded(file.string()) : "";
    if (!metainfo::parse_torrent(as_bytes(there))) {
      throw complaint(
          exit_code::usage,
          printable(file.string()) + ": is there already and is no torrent file; name another with -o");
    }
  }
  const auto temporary = fs::path(file).concat("." + std::to_string(::getpid()) + ".part");
  const int descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0) throw storage_complaint({last_error(), file.string()});
  try {
    write_whole(descriptor, metainfo::write_torrent(t), file);
  } catch (...) {
    ::close(descriptor);
    ::unlink(temporary.c_str());
    throw;
  }
  const bool written = ::fsync(descriptor) == 0;
  ::close(descriptor);
  if (!written || ::rename(temporary.c_str(), file.c_str()) != 0) {
    const auto why = last_error();
    ::unlink(temporary.c_str());
    throw storage_complaint({why, file.string()});
  }
}

std::string hex_of(const info_hash& h) {
  return to_hex(h.wire().view());
}

fs::path content_path(const fs::path& directory, const metainfo::torrent_info& t) {
  if (t.files.files().empty()) return directory;
  const auto& first = t.files.files().front().safe_path;
  return directory / (t.multi_file ? first.substr(0, first.find('/')) : first);
}

fs::path existing_path(const std::string& argument) {
  if (is_magnet(argument)) load_torrent(argument);  // says what to do instead
  std::error_code ec;
  if (!fs::exists(argument, ec)) {
    throw complaint(exit_code::storage, printable(argument) + ": no such file or folder; check the path");
  }
  auto path = fs::absolute(argument, ec).lexically_normal();
  if (!path.has_filename()) path = path.parent_path();
  if (!path.has_filename()) {
    throw complaint(exit_code::usage,
                    printable(argument) + ": the whole file system cannot be shared; name a folder");
  }
  return path;
}

fs::path content_directory(const std::string& argument, const metainfo::torrent_info& t) {
  std::error_code ec;
  const auto given = existing_path(argument);
  const auto content = content_path({}, t);
  if (!fs::exists(given / content, ec) && given.filename() == content) return given.parent_path();
  if (!fs::is_directory(given, ec)) {
    throw complaint(exit_code::usage, printable(argument) + ": not a folder; name the one in which '" +
                                          printable(content.string()) + "' lies");
  }
  return given;
}

std::string content_summary(const metainfo::torrent_info& t) {
  std::uint64_t files = 0;
  for (const auto& f : t.files.files()) {
    files += f.padding ? 0 : 1;
  }
  return counted(files, "file") + ", " + format_bytes(t.total_bytes()) + " in " +
         counted(t.piece_count(), "piece") + " of " + format_bytes(t.piece_length);
}

}  // namespace shoal::app
