#include <shoal/metainfo/torrent_info.hpp>

namespace shoal::metainfo {

namespace {

std::string_view describe(int value) {
  switch (static_cast<errc>(value)) {
    case errc::not_bencoded:
      return "not a torrent file (it is not bencoded)";
    case errc::no_info:
      return "not a torrent file (it has no info dictionary)";
    case errc::bad_name:
      return "the torrent has no name";
    case errc::bad_piece_length:
      return "the torrent's piece length is missing, zero or over 1 GiB";
    case errc::bad_pieces:
      return "the torrent's piece hashes do not fit its length";
    case errc::bad_files:
      return "the torrent's list of files is missing, empty or malformed";
    case errc::too_large:
      return "the torrent is larger than 1 PiB, 2^24 pieces or 2^20 files";
    case errc::only_v2:
      return "a BitTorrent v2 torrent without a v1 part; only v1 and hybrid torrents are supported";
    case errc::bad_magnet:
      return "not a magnet link; it begins with \"magnet:?\" and has well-formed parameters";
    case errc::no_info_hash:
      return "the magnet link names no torrent (no xt=urn:btih:...)";
    case errc::no_file_selected:
      return "no file of the torrent fits the selection; shoal show lists them";
  }
  return "unknown torrent error";
}

}  // namespace

const boost::system::error_category& category() {
  static constexpr message_category instance("shoal.metainfo", describe);
  return instance;
}

}  // namespace shoal::metainfo
