#include <shoal/disk/file_store.hpp>

namespace shoal::disk {

namespace {

std::string_view describe(int value) {
  switch (static_cast<errc>(value)) {
    case errc::symlink_below:
      return "a symbolic link below the download directory; remove it, or choose the directory that it names";
    case errc::not_a_file:
      return "something that is not a regular file (or, above it, not a directory) is in the way; move it "
             "away";
    case errc::short_read:
      return "the file is missing or shorter than the torrent says; verify the content again";
    case errc::resume_damaged:
      return "the resume file is damaged; remove it, and the content is checked instead";
    case errc::resume_foreign:
      return "the resume file is another torrent's; remove it, and the content is checked instead";
    case errc::vanished:
      return "the file changed while it was being hashed; try again when nobody writes to it";
  }
  return "unknown disk error";
}

}  // namespace

const boost::system::error_category& category() {
  static constexpr message_category instance("shoal.disk", describe);
  return instance;
}

}  // namespace shoal::disk
