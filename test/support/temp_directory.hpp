#pragma once
// A directory of its own for a test, gone with the test; and the files in it.

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

namespace shoal::test {

class temp_directory {
 public:
  temp_directory() {
    std::string name = (std::filesystem::temp_directory_path() / "shoal-test-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::system_error(errno, std::generic_category(), name);
    path_ = name;
  }
  ~temp_directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temp_directory(const temp_directory&) = delete;
  temp_directory& operator=(const temp_directory&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::filesystem::path operator/(std::string_view name) const { return path_ / name; }

 private:
  std::filesystem::path path_;
};

/// Creates parents as well.
inline void write_file(const std::filesystem::path& where, std::string_view content) {
  std::filesystem::create_directories(where.parent_path());
  std::ofstream out(where, std::ios::binary | std::ios::trunc);
  out.write(content.data(), static_cast<std::streamsize>(content.size()));
  out.close();
  if (!out) throw std::runtime_error("cannot write " + where.string());
}

inline std::string read_file(const std::filesystem::path& where) {
  std::ifstream in(where, std::ios::binary);
  if (!in) throw std::runtime_error("cannot read " + where.string());
  return {std::istreambuf_iterator<char>(in), {}};
}

}  // namespace shoal::test
