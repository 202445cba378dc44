// A dictionary (keys in order) and 20 bytes after it:
//
//     downloaded  integer, bytes
//     files       one list a file: [] when it does not exist, else [bytes, modified_ns]
//     have        string, as BEP 3's bitfield
//     pieces      integer, how many bits of `have` count
//     uploaded    integer, bytes
//     v1, v2      strings, the info-hashes that the torrent has
//     version     1
//
// The checksum is against torn and rotten files, not against an attacker; what it lets through is still
// checked as any input from outside.

#include <algorithm>
#include <limits>

#include <shoal/bencode/bencode.hpp>
#include <shoal/disk/resume_file.hpp>
#include <shoal/hash/sha1.hpp>

namespace shoal::disk {

namespace {

constexpr std::int64_t version = 1;
constexpr std::int64_t pieces_max = std::int64_t{1} << 24;  // as metainfo allows
constexpr bencode::limits resume_limits{.depth_max = 3, .values_max = 4'000'000};

std::int64_t as_integer(std::uint64_t v) {
  constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(v, most));
}

/// A number that cannot be negative.
std::optional<std::uint64_t> count(bencode::node_view node) {
  const auto v = node.integer();
  if (!v || *v < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*v);
}

/// An info-hash that is absent (true, and `out` empty) or of its length.
template <class Digest>
bool read_hash(bencode::node_view node, std::optional<Digest>& out) {
  if (!node) return true;
  const auto text = node.string();
  if (text) out = Digest::from(as_bytes(*text));
  return out.has_value();
}

std::optional<file_state> read_file_state(bencode::node_view node) {
  if (!node.is_list()) return std::nullopt;
  if (node.size() == 0) return file_state{};
  std::vector<bencode::node_view> fields;
  if (node.size() == 2) node.for_each([&](bencode::node_view field) { fields.push_back(field); });
  if (fields.empty()) return std::nullopt;
  const auto bytes = count(fields[0]);
  const auto modified_ns = fields[1].integer();
  if (!bytes || !modified_ns) return std::nullopt;
  return file_state{.bytes = *bytes, .modified_ns = *modified_ns, .exists = true};
}

std::optional<std::vector<file_state>> read_files(bencode::node_view node) {
  if (!node.is_list()) return std::nullopt;
  std::vector<file_state> out;
  bool good = true;
  node.for_each([&](bencode::node_view entry) {
    const auto one = read_file_state(entry);
    good = good && one;
    if (good) out.push_back(*one);
  });
  if (!good) return std::nullopt;
  return out;
}

std::optional<bitfield> read_have(bencode::node_view root) {
  const auto pieces = count(root["pieces"]);
  const auto bits = root["have"].string();
  if (!pieces || *pieces > pieces_max || !bits) return std::nullopt;
  return bitfield::from_wire(as_bytes(*bits), *pieces);
}

}  // namespace

std::string encode_resume(const resume_data& d) {
  std::string out;
  bencode::writer w(out);
  w.begin_dictionary();
  w.key("downloaded").integer(as_integer(d.downloaded));
  w.key("files").begin_list();
  for (const auto& file : d.files) {
    w.begin_list();
    if (file.exists) w.integer(as_integer(file.bytes)).integer(file.modified_ns);
    w.end();
  }
  w.end();
  w.key("have").string(d.have.to_wire());
  w.key("pieces").integer(static_cast<std::int64_t>(d.have.size()));
  w.key("uploaded").integer(as_integer(d.uploaded));
  if (d.torrent.v1) w.key("v1").string(d.torrent.v1->view());
  if (d.torrent.v2) w.key("v2").string(d.torrent.v2->view());
  w.key("version").integer(version);
  w.end();
  out += as_text(sha1(as_bytes(out)).view());
  return out;
}

result<resume_data> decode_resume(byte_view bytes) {
  if (bytes.size() < sha1_digest::size) return errc::resume_damaged;
  const byte_view body = bytes.first(bytes.size() - sha1_digest::size);
  if (sha1(body) != *sha1_digest::from(bytes.last(sha1_digest::size))) return errc::resume_damaged;
  const auto document = bencode::document::parse(body, resume_limits);
  if (!document) return errc::resume_damaged;

  const auto root = document->root();
  resume_data out;
  auto have = read_have(root);
  auto files = read_files(root["files"]);
  const auto uploaded = count(root["uploaded"]);
  const auto downloaded = count(root["downloaded"]);
  const bool hashes = read_hash(root["v1"], out.torrent.v1) && read_hash(root["v2"], out.torrent.v2);
  if (root["version"].integer() != version || !have || !files || !uploaded || !downloaded || !hashes ||
      (!out.torrent.v1 && !out.torrent.v2)) {
    return errc::resume_damaged;
  }
  out.have = std::move(*have);
  out.files = std::move(*files);
  out.uploaded = *uploaded;
  out.downloaded = *downloaded;
  return out;
}

}  // namespace shoal::disk
