#pragma once
// .torrent files as the commands read and write them, with complaints for people.

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <shoal/base/endpoint.hpp>
#include <shoal/metainfo/magnet_link.hpp>
#include <shoal/metainfo/torrent_info.hpp>

#include "app/complaint.hpp"

namespace shoal::app {

/// Reads one; complains about magnet links, URLs, folders and files that are no torrents.
std::shared_ptr<const metainfo::torrent_info> load_torrent(const std::string& argument);

bool is_magnet(const std::string& argument);
metainfo::magnet_link load_magnet(const std::string& argument);
/// Its peers ("x.pe"), the first few names looked up where that may be; those that cannot be are passed over.
std::vector<endpoint> peers_of(const metainfo::magnet_link& link, bool may_look_up);
/// What a magnet link leaves open, fetched from peers, as a torrent file: at `where`, or in it under the
/// torrent's name when it is a folder. Gives the file's path.
std::filesystem::path save_fetched(const std::string& where, const metainfo::torrent_info& t);

/// Written beside and renamed, so that it is whole or not there. Refuses to replace what is no torrent: a
/// slip of the fingers (`-o bigfile`) must not cost the big file.
void save_torrent(const std::filesystem::path& file, const metainfo::torrent_info& t);

/// 40 hex digits.
std::string hex_of(const info_hash& h);

/// Where the torrent's file or folder lies below `directory`.
std::filesystem::path content_path(const std::filesystem::path& directory, const metainfo::torrent_info& t);

/// The path without "." and trailing slashes, absolute; complains when nothing is there.
std::filesystem::path existing_path(const std::string& argument);

/// The folder in which the content lies (or will). People also name the content itself: then its folder is
/// meant. Complains when there is no such folder.
std::filesystem::path content_directory(const std::string& argument, const metainfo::torrent_info& t);

/// "3 files, 1.20 GiB in 614 pieces of 2.00 MiB"
std::string content_summary(const metainfo::torrent_info& t);

}  // namespace shoal::app
