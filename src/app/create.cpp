// shoal create: a torrent file from what is on disk.

#include <shoal/base/units.hpp>
#include <shoal/metainfo/magnet_link.hpp>

#include "app/command_line.hpp"
#include "app/hashing.hpp"
#include "app/text.hpp"
#include "app/torrent_file.hpp"

namespace shoal::app {

namespace {

struct create_options {
  std::string path;
  std::string output;
  torrent_wishes wishes;
};

void declare_create(CLI::App& c, create_options& o) {
  c.add_option("PATH", o.path, "File or folder to make a torrent of")->required();
  c.add_option("-o,--output", o.output, "Torrent file to write")->type_name("FILE")->required();
  add_values(c, "-a,--tracker", o.wishes.trackers, parse_tracker, "URL",
             "Tracker, such as http://HOST:6969/announce; repeat for more");
  add_values(c, "--web-seed", o.wishes.web_seeds, parse_web_seed, "URL",
             "Web server that has the content too; repeat for more");
  add_value(c, "--piece-length", o.wishes.piece_length, parse_piece_length, "SIZE",
            "A power of two from 16KiB; default by the size, for 1,000 to 2,000 pieces");
  c.add_flag("--private", o.wishes.is_private, "Only peers that its trackers name may join");
  c.add_option("--comment", o.wishes.comment, "A remark for those who look at it")->type_name("TEXT");
  add_value(c, "--threads", o.wishes.threads, parse_count, "N", "Hashing threads; default one a core");
  c.footer(
      "Example:\n"
      "  shoal create photos/ -o photos.torrent -a http://10.0.0.1:6969/announce\n"
      "  shoal seed photos.torrent\n"
      "To make a torrent and share it in one go: shoal seed photos/");
}

exit_code create(context& x, const create_options& o) {
  const auto path = existing_path(o.path);
  const auto made = make_torrent(x, path, o.wishes);
  const auto& info = *made.info;
  save_torrent(o.output, info);

  const auto magnet = metainfo::write_magnet(metainfo::magnet_of(info));
  x.out.say("Wrote " + printable(o.output) + ": " + content_summary(info) + ", hashed in " +
            elapsed(made.seconds));
  x.out.say("Magnet link: " + magnet);
  if (info.trackers.empty()) {
    x.out.say("It names no tracker: others find it by --peer ADDR:PORT only (-a URL adds a tracker)");
  }
  x.out.say("Share it:    shoal seed " + shell_word(o.output) + " --dir " +
            shell_word(path.parent_path().string()));
  x.out.event("created", {{"torrent_file", printable(o.output)},
                          {"info_hash", hex_of(info.info_hash)},
                          {"magnet", magnet},
                          {"bytes", info.total_bytes()},
                          {"pieces", info.piece_count()},
                          {"piece_length", info.piece_length},
                          {"seconds", made.seconds}});
  return exit_code::ok;
}

}  // namespace

void add_create(CLI::App& program, chosen_command& chosen) {
  add_command<create_options>(program, chosen, "create",
                              "Make a torrent file. The content is read once to hash its pieces.",
                              declare_create, create);
}

}  // namespace shoal::app
