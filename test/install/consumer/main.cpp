// Makes a torrent of one file in memory, gives it to a session, and prints its magnet link.

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iostream>
#include <memory>
#include <span>
#include <vector>

#include <shoal/hash/sha1.hpp>
#include <shoal/metainfo/builder.hpp>
#include <shoal/metainfo/magnet_link.hpp>
#include <shoal/session/session.hpp>

namespace {

constexpr std::uint32_t piece_bytes = 16 * 1024;

shoal::metainfo::torrent_info torrent_of(std::span<const std::byte> content) {
  shoal::metainfo::build_request request;
  request.name = "content.bin";
  request.files.push_back({.path = {request.name}, .length = content.size()});
  request.piece_length = piece_bytes;
  for (std::size_t at = 0; at < content.size(); at += piece_bytes)
    request.piece_hashes.push_back(
        shoal::sha1(content.subspan(at, std::min<std::size_t>(piece_bytes, content.size() - at))));
  return shoal::metainfo::build(std::move(request)).value();
}

}  // namespace

int main() {
  const std::vector<std::byte> content(100'000, std::byte{42});
  const auto torrent = std::make_shared<const shoal::metainfo::torrent_info>(torrent_of(content));

  shoal::session session({.listen = *shoal::endpoint::parse("127.0.0.1:0")});
  session.start().value();
  const auto folder = std::filesystem::temp_directory_path() / "shoal-consumer";
  std::filesystem::create_directories(folder);
  const auto id = session.add({.info = torrent, .directory = folder}).value();
  const auto pieces = session.status(id).value().pieces_total;
  session.stop();
  std::filesystem::remove_all(folder);

  std::cout << write_magnet(magnet_of(*torrent)) << '\n';
  return pieces == 7 ? 0 : 1;
}
