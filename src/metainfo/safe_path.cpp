#include <cstdint>
#include <map>
#include <set>
#include <utility>

#include <shoal/metainfo/file_layout.hpp>

#include "metainfo/name_fold.hpp"
#include "metainfo/utf8.hpp"

namespace shoal::metainfo {

namespace {

constexpr std::size_t component_bytes_max = 255;  // NAME_MAX of every common file system
constexpr std::size_t extension_bytes_max = 32;
constexpr std::size_t number_bytes_max = 12;  // room for " (1048577)" and more

/// Characters that no name keeps: separators of this and other systems, controls (C0, DEL, C1), and the
/// direction overrides that show "gpj.exe" as "exe.jpg".
bool is_unsafe(char32_t c) {
  return c < 0x20 || (c >= 0x7f && c <= 0x9f) || c == '/' || c == '\\' || (c >= 0x202a && c <= 0x202e) ||
         (c >= 0x2066 && c <= 0x2069);
}

struct split_name {
  std::string_view stem;
  std::string_view extension;  // with its dot; empty when there is none
};

split_name split(std::string_view name) {
  const auto dot = name.rfind('.');
  if (dot == std::string_view::npos || dot == 0 || name.size() - dot > extension_bytes_max ||
      dot + 1 == name.size()) {
    return {name, {}};
  }
  return {name.substr(0, dot), name.substr(dot)};
}

/// Where names already stand, in folded form. Ordered maps, not hashed ones: the names are the attacker's,
/// and no choice of names makes these slow. Directories are interned, so a path costs its own length.
class name_space {
 public:
  using directory_id = std::uint32_t;

  directory_id enter(directory_id parent, const std::string& name) {
    const auto next = static_cast<directory_id>(directories_.size() + 1);
    return directories_.try_emplace({parent, fold_name(name)}, next).first->second;
  }

  /// `name`, or its first numbered variant that no directory and no earlier file has.
  std::string claim(directory_id parent, std::string name) {
    if (take(parent, name)) {
      return name;
    }
    const auto [full_stem, extension] = split(name);
    const auto stem = utf8_head(full_stem, component_bytes_max - number_bytes_max - extension.size());
    // A variant is tried once in its life, whoever asks: with the counter per stem a million equal names
    // cost a million tries, not their square.
    key counter{parent, fold_name(stem)};
    counter.second += '/';
    counter.second += fold_name(extension);
    std::uint32_t& number = numbers_.try_emplace(std::move(counter), 2).first->second;
    for (;;) {
      std::string variant(stem);
      variant += " (" + std::to_string(number++) + ")";
      variant += extension;
      if (take(parent, variant)) {
        return variant;
      }
    }
  }

 private:
  using key = std::pair<directory_id, std::string>;

  bool take(directory_id parent, std::string_view name) {
    key k{parent, fold_name(name)};
    return !directories_.contains(k) && files_.insert(std::move(k)).second;
  }

  std::map<key, directory_id> directories_;
  std::set<key> files_;
  std::map<key, std::uint32_t> numbers_;
};

}  // namespace

std::string safe_component(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  for (std::string_view rest = name; !rest.empty();) {
    const char32_t c = take_character(rest);
    append_character(out, is_unsafe(c) ? U'_' : c);
  }
  if (out.empty() || out == ".") {
    return "_";
  }
  if (out == "..") {
    return "__";
  }
  if (out.size() > component_bytes_max) {
    const auto [stem, extension] = split(out);
    std::string cut(utf8_head(stem, component_bytes_max - extension.size()));
    cut += extension;
    return cut;
  }
  return out;
}

void assign_safe_paths(std::vector<file_entry>& files, std::string_view root) {
  const std::string top = root.empty() ? std::string() : safe_component(root) + "/";
  name_space names;

  // All directories first: a file gives way to a directory wherever it stands in the list.
  std::vector<name_space::directory_id> parents;
  parents.reserve(files.size());
  for (file_entry& file : files) {
    name_space::directory_id parent = 0;
    file.safe_path.clear();
    if (!file.padding) {
      file.safe_path = top;
      for (std::size_t i = 0; i + 1 < file.path.size(); ++i) {
        const std::string directory = safe_component(file.path[i]);
        file.safe_path += directory + "/";
        parent = names.enter(parent, directory);
      }
    }
    parents.push_back(parent);
  }
  for (std::size_t i = 0; i < files.size(); ++i) {
    if (!files[i].padding) {
      const std::string_view name = files[i].path.empty() ? std::string_view() : files[i].path.back();
      files[i].safe_path += names.claim(parents[i], safe_component(name));
    }
  }
}

}  // namespace shoal::metainfo
