#include <algorithm>
#include <string>
#include <sys/stat.h>

#include <shoal/disk/content.hpp>

#include "disk/unique_fd.hpp"

namespace shoal::disk {

namespace fs = std::filesystem;

namespace {

/// Ours, and rewritten while the content is shared.
bool is_resume_file(const fs::path& path) {
  const std::string name = path.filename().string();
  return name.starts_with('.') && name.ends_with(".shoal-resume");
}

metainfo::file_entry entry_of(const fs::path& relative, const struct stat& found) {
  metainfo::file_entry out;
  for (const auto& component : relative) {
    out.path.push_back(component.string());
  }
  out.length = static_cast<std::uint64_t>(found.st_size);
  out.executable = (found.st_mode & S_IXUSR) != 0;
  return out;
}

/// The last name of a path, also of "folder/", "." and "..".
std::string name_of(const fs::path& path) {
  std::error_code ignored;
  fs::path plain = fs::absolute(path, ignored).lexically_normal();
  if (!plain.has_filename()) plain = plain.parent_path();
  return plain.filename().string();
}

struct listed {
  std::string relative;
  metainfo::file_entry entry;
};

/// One entry of a folder; appended when it is a file to be shared.
outcome<void> add(const fs::path& top, const fs::directory_entry& found, std::vector<listed>& out) {
  if (is_resume_file(found.path())) return {};
  struct stat what{};
  if (::stat(found.path().c_str(), &what) != 0) return failure{last_error(), found.path().string()};
  if (S_ISDIR(what.st_mode)) return {};  // walked into, or a link and left out
  if (!S_ISREG(what.st_mode)) return failure{errc::not_a_file, found.path().string()};
  const fs::path relative = found.path().lexically_relative(top);
  out.push_back({relative.string(), entry_of(relative, what)});
  return {};
}

outcome<std::vector<metainfo::file_entry>> list_folder(const fs::path& top) {
  std::vector<listed> found;
  std::error_code code;
  fs::recursive_directory_iterator at(top, code);
  for (; !code && at != fs::recursive_directory_iterator(); at.increment(code)) {
    const auto done = add(top, *at, found);
    if (!done) return done.error();
  }
  if (code) return failure{error(code), top.string()};
  std::ranges::sort(found, {}, &listed::relative);
  std::vector<metainfo::file_entry> out;
  std::ranges::transform(found, std::back_inserter(out), [](listed& f) { return std::move(f.entry); });
  return out;
}

}  // namespace

outcome<metainfo::build_request> scan(const fs::path& path) {
  struct stat what{};
  if (::stat(path.c_str(), &what) != 0) return failure{last_error(), path.string()};
  metainfo::build_request out;
  out.name = name_of(path);
  if (out.name.empty()) {  // the root of everything
    return failure{make_error_code(boost::system::errc::invalid_argument), path.string()};
  }
  if (S_ISREG(what.st_mode)) {
    out.files.push_back(entry_of(out.name, what));
    return out;
  }
  if (!S_ISDIR(what.st_mode)) return failure{errc::not_a_file, path.string()};
  auto files = list_folder(path);
  if (!files) return files.error();
  out.multi_file = true;
  out.files = std::move(*files);
  return out;
}

}  // namespace shoal::disk
