#include "metainfo/info_dictionary.hpp"

#include <shoal/hash/sha1.hpp>

namespace shoal::metainfo {

namespace {

using bencode::node_view;

constexpr std::int64_t piece_length_max = std::int64_t{1} << 30;   // bytes
constexpr std::uint64_t total_bytes_max = std::uint64_t{1} << 50;  // bytes
constexpr std::size_t pieces_max = std::size_t{1} << 24;
constexpr std::size_t files_max = std::size_t{1} << 20;
constexpr std::size_t path_names_max = 256;

/// Clients of the days before UTF-8 wrote a legacy encoding at `key` and UTF-8 beside it.
node_view text_at(node_view dictionary, std::string_view key) {
  const auto utf8 = dictionary[std::string(key) + ".utf-8"];
  return utf8 ? utf8 : dictionary[key];
}

/// BEP 47 attributes.
struct attributes {
  bool padding = false;
  bool executable = false;
  bool symlink = false;
};

attributes read_attributes(node_view dictionary) {
  const auto letters = dictionary["attr"].string().value_or(std::string_view());
  const auto has = [&](char c) { return letters.find(c) != std::string_view::npos; };
  return {has('p'), has('x'), has('l')};
}

error read_path(node_view list, std::vector<std::string>& path) {
  if (!list.is_list() || list.size() == 0 || list.size() > path_names_max) {
    return errc::bad_files;
  }
  bool good = true;
  list.for_each([&](node_view name) {
    const auto text = name.string();
    good = good && text;
    path.emplace_back(text.value_or(std::string_view()));
  });
  return good ? error() : errc::bad_files;
}

/// Length and attributes: what a file of a list and a lone file have in common.
result<file_entry> read_file_facts(node_view dictionary) {
  const auto a = read_attributes(dictionary);
  const auto length = dictionary["length"];
  const auto bytes = a.symlink && !length ? std::optional<std::int64_t>(0) : length.integer();
  if (!bytes || *bytes < 0) {
    return errc::bad_files;
  }
  file_entry file;
  file.length = static_cast<std::uint64_t>(*bytes);
  if (file.length > total_bytes_max) {
    return errc::too_large;
  }
  file.padding = a.padding || (a.symlink && file.length == 0);
  file.executable = a.executable;
  return file;
}

result<file_entry> read_listed_file(node_view dictionary) {
  if (!dictionary.is_dictionary()) {
    return errc::bad_files;
  }
  auto file = read_file_facts(dictionary);
  if (!file) {
    return file;
  }
  const auto path = text_at(dictionary, "path");
  if (!path && file->padding) {
    return file;  // BEP 47: "should not require it to be present on padding files"
  }
  if (const error e = read_path(path, file->path)) {
    return e;
  }
  return file;
}

result<std::vector<file_entry>> read_file_list(node_view list) {
  if (list.size() > files_max) {
    return errc::too_large;
  }
  std::vector<file_entry> files;
  files.reserve(list.size());
  std::uint64_t total = 0;
  error failed = list.size() == 0 ? make_error_code(errc::bad_files) : error();
  list.for_each([&](node_view dictionary) {
    if (failed) {
      return;
    }
    auto file = read_listed_file(dictionary);
    if (!file) {
      failed = file.error();
      return;
    }
    total += file->length;  // no overflow: both are at most 2^50
    if (total > total_bytes_max) {
      failed = errc::too_large;
      return;
    }
    files.push_back(std::move(*file));
  });
  if (failed) {
    return failed;
  }
  return files;
}

error read_files(node_view info, torrent_info& t) {
  const auto list = info["files"];
  if (list) {
    if (!list.is_list() || info["length"]) {
      return errc::bad_files;
    }
    auto files = read_file_list(list);
    if (!files) {
      return files.error();
    }
    t.multi_file = true;
    t.files = file_layout(std::move(*files), t.name);
  } else {
    auto file = read_file_facts(info);
    if (!file) {
      return file.error();
    }
    if (file->padding) {
      return errc::bad_files;
    }
    file->path = {t.name};
    t.files = file_layout({std::move(*file)});
  }
  return t.total_bytes() == 0 ? errc::bad_files : error();
}

error read_pieces(node_view pieces, torrent_info& t) {
  const auto hashes = pieces.string();
  const std::uint64_t needed = (t.total_bytes() + t.piece_length - 1) / t.piece_length;
  if (needed > pieces_max) {
    return errc::too_large;
  }
  if (!hashes || hashes->size() != needed * sha1_digest::size) {
    return errc::bad_pieces;
  }
  t.piece_hashes.resize(static_cast<std::size_t>(needed));
  for (std::size_t i = 0; i < t.piece_hashes.size(); ++i) {
    const auto bytes = as_bytes(hashes->substr(i * sha1_digest::size, sha1_digest::size));
    t.piece_hashes[i] = *sha1_digest::from(bytes);
  }
  return {};
}

void write_file(bencode::writer& out, const file_entry& file) {
  out.begin_dictionary();
  if (file.padding || file.executable) {
    out.key("attr").string(std::string(file.executable ? "x" : "") + (file.padding ? "p" : ""));
  }
  out.key("length").integer(static_cast<std::int64_t>(file.length));
  if (!file.path.empty()) {
    out.key("path").begin_list();
    for (const auto& name : file.path) {
      out.string(name);
    }
    out.end();
  }
  out.end();
}

}  // namespace

result<torrent_info> read_info(node_view info) {
  if (!info.is_dictionary()) {
    return errc::no_info;
  }
  if (info["meta version"].integer() == 2 && !info["pieces"]) {
    return errc::only_v2;
  }
  torrent_info t;
  t.name = text_at(info, "name").string().value_or(std::string_view());
  if (t.name.empty()) {
    return errc::bad_name;
  }
  const auto piece_length = info["piece length"].integer().value_or(0);
  if (piece_length < 1 || piece_length > piece_length_max) {
    return errc::bad_piece_length;
  }
  t.piece_length = static_cast<std::uint32_t>(piece_length);
  if (const error e = read_files(info, t)) {
    return e;
  }
  if (const error e = read_pieces(info["pieces"], t)) {
    return e;
  }
  t.is_private = info["private"].integer() == 1;
  const byte_view raw = info.raw();
  t.info_bytes.assign(raw.begin(), raw.end());
  t.info_hash.v1 = sha1(raw);
  return t;
}

std::string write_info(const build_request& request) {
  std::string text;
  bencode::writer out(text);
  out.begin_dictionary();
  if (request.multi_file) {
    out.key("files").begin_list();
    for (const auto& file : request.files) {
      write_file(out, file);
    }
    out.end();
  } else if (!request.files.empty()) {
    if (request.files.front().executable) {
      out.key("attr").string("x");
    }
    out.key("length").integer(static_cast<std::int64_t>(request.files.front().length));
  }
  out.key("name").string(request.name);
  out.key("piece length").integer(request.piece_length);
  std::string hashes;
  hashes.reserve(request.piece_hashes.size() * sha1_digest::size);
  for (const auto& hash : request.piece_hashes) {
    hashes += as_text(hash.view());
  }
  out.key("pieces").string(hashes);
  if (request.is_private) {
    out.key("private").integer(1);
  }
  out.end();
  return text;
}

}  // namespace shoal::metainfo
