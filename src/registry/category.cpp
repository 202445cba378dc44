#include <shoal/registry/category.hpp>

namespace shoal::registry {

namespace {

std::string_view describe(int value) {
  switch (static_cast<errc>(value)) {
    case errc::snapshot_foreign:
      return "the file is no snapshot of a tracker";
    case errc::snapshot_version:
      return "the snapshot is of another version of the program";
    case errc::snapshot_torn:
      return "the snapshot is damaged";
    case errc::snapshot_old:
      return "the snapshot is too old: all peers in it would have been forgotten by now";
  }
  return "unknown registry error";
}

}  // namespace

const boost::system::error_category& category() {
  static constexpr message_category instance("shoal.registry", describe);
  return instance;
}

}  // namespace shoal::registry
