// shoal verify: is what lies on disk what the torrent says?

#include <algorithm>
#include <chrono>
#include <thread>

#include <boost/json/array.hpp>
#include <boost/system/errc.hpp>

#include <shoal/base/units.hpp>
#include <shoal/piece/geometry.hpp>

#include "app/command_line.hpp"
#include "app/complaint.hpp"
#include "app/hashing.hpp"
#include "app/text.hpp"
#include "app/torrent_file.hpp"

namespace shoal::app {

namespace {

constexpr std::size_t files_named_max = 20;

struct verify_options {
  std::string torrent;
  std::string directory;
  std::uint32_t threads = 0;
};

void declare_verify(CLI::App& c, verify_options& o) {
  c.add_option("TORRENT", o.torrent, "Torrent file")->required();
  c.add_option("DIR", o.directory, "Folder in which the torrent's file or folder lies")->required();
  add_value(c, "--threads", o.threads, parse_count, "N", "Hashing threads; default one a core");
  c.footer(
      "Exits with 0 when everything is right and with 7 when something is missing or wrong.\n"
      "\nExample:\n  shoal verify bigfile.torrent /srv/files && echo all there");
}

// Files of which some piece is not right; the files after the last one named are only counted.
std::vector<std::string> incomplete_files(const metainfo::torrent_info& t, const bitfield& good) {
  std::vector<std::string> out;
  for (const auto& f : t.files.files()) {
    if (f.padding || f.length == 0) continue;
    const auto first = f.offset / t.piece_length;
    const auto last = (f.offset + f.length - 1) / t.piece_length;
    for (auto p = first; p <= last; ++p) {
      if (!good.test(piece_index(static_cast<std::uint32_t>(p)))) {
        out.push_back(printable(f.safe_path));
        break;
      }
    }
  }
  return out;
}

exit_code verify(context& x, const verify_options& o) {
  const auto info = load_torrent(o.torrent);
  const auto& t = *info;
  const auto directory = content_directory(o.directory, t);
  auto store = disk::file_store::open(directory, t.files, disk::file_store::mode::read_only);
  if (!store) throw storage_complaint(store.error());

  const auto start = std::chrono::steady_clock::now();
  const auto threads = o.threads != 0 ? o.threads : std::max(1U, std::thread::hardware_concurrency());
  const auto found = disk::check_content(**store, t, threads, show_progress(x, "Checking", t.name));
  x.out.clear_status();
  if (!found) {
    if (found.error().code == boost::system::errc::operation_canceled) {
      throw complaint(exit_code::incomplete, "stopped before everything was read");
    }
    throw storage_complaint(found.error());
  }
  const auto seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  const piece::geometry pieces(t.total_bytes(), t.piece_length);
  std::uint64_t bytes_ok = 0;
  found->for_each([&](piece_index p) { bytes_ok += pieces.piece_bytes(p); });
  const auto wrong = incomplete_files(t, *found);
  const auto named = std::min(wrong.size(), files_named_max);

  x.out.event(
      "verified",
      {{"ok", found->all()},
       {"pieces_ok", found->count()},
       {"pieces_total", found->size()},
       {"bytes_ok", bytes_ok},
       {"missing", boost::json::array(wrong.begin(), wrong.begin() + static_cast<std::ptrdiff_t>(named))},
       {"seconds", seconds}});
  const auto name = printable(t.name);
  if (found->all()) {
    x.out.say(name + " is complete: " + content_summary(t) + ", all right");
    return exit_code::ok;
  }
  x.out.say(name + " is not complete: " + grouped(found->count()) + " of " + counted(found->size(), "piece") +
            " right, " + format_bytes(bytes_ok) + " of " + format_bytes(t.total_bytes()));
  for (std::size_t i = 0; i < named; ++i) {
    x.out.say("  missing or wrong: " + wrong[i]);
  }
  if (wrong.size() > named) x.out.say("  and " + counted(wrong.size() - named, "more file", "more files"));
  x.out.say("Fetch what is missing: shoal leech " + shell_word(o.torrent) + " -o " +
            shell_word(directory.string()));
  return exit_code::mismatch;
}

}  // namespace

void add_verify(CLI::App& program, chosen_command& chosen) {
  add_command<verify_options>(program, chosen, "verify", "Check data on disk against a torrent file.",
                              declare_verify, verify);
}

}  // namespace shoal::app
