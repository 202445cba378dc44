"""scripts/check-layers finds what it forbids and lets pass what it allows."""
import pathlib
import subprocess
import tempfile
import unittest

CHECK_LAYERS = pathlib.Path(__file__).parents[2] / "scripts" / "check-layers"


def check(files):
    """Runs the check over a tree of the given files; what it printed, None when it found nothing."""
    with tempfile.TemporaryDirectory() as root:
        for name, text in files.items():
            path = pathlib.Path(root, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        done = subprocess.run([CHECK_LAYERS, root], capture_output=True, text=True)
        return done.stdout if done.returncode else None


class CheckLayers(unittest.TestCase):
    def test_forbids(self):
        cases = {
            "a higher floor": ("src/piece/a.cpp", "#include <shoal/net/listener.hpp>", "may not include `net`"),
            "a stranger on its own floor": ("src/net/a.cpp", "#include <shoal/disk/x.hpp>", "may not include `disk`"),
            "an arrow turned round": ("src/piece/a.cpp", "#include <shoal/peer/x.hpp>", "may not include `peer`"),
            "an unknown module": ("src/net/a.cpp", "#include <shoal/util/x.hpp>", "no module"),
            "a folder that is no module": ("src/util/a.cpp", "", "no module"),
            "Asio in the core": ("include/shoal/wire/a.hpp", "#include <boost/asio/buffer.hpp>", "not included"),
            "logging in the core": ("src/swarm/a.cpp", "# include <spdlog/spdlog.h>", "not included"),
            "files in the core": ("src/metainfo/a.cpp", "#include <fstream>", "not included"),
            "a clock in the core": ("src/peer/a.cpp", "auto t = steady_clock::now();", "take it as an argument"),
            "chance in the core": ("src/peer/a.cpp", "#include <random>", "not included"),
            "a path upwards": ("src/net/a.cpp", '#include "../disk/x.hpp"', "climbs out"),
        }
        for why, (name, line, message) in cases.items():
            with self.subTest(why):
                found = check({name: line + "\n"})
                self.assertIsNotNone(found)
                self.assertIn(message, found)
                self.assertTrue(found.startswith(name))

    def test_forbids_another_modules_private_header(self):
        found = check({"src/session/a.cpp": '#include "net/inner.hpp"\n', "src/net/inner.hpp": ""})
        self.assertIn("private to `net`", found)

    def test_allows(self):
        cases = {
            "a lower floor": ("src/swarm/a.cpp", "#include <shoal/wire/message.hpp>"),
            "itself": ("src/swarm/a.cpp", "#include <shoal/swarm/core.hpp>"),
            "a listed sibling": ("src/peer/a.cpp", "#include <shoal/piece/picker.hpp>"),
            "Asio above the core": ("src/net/a.cpp", "#include <boost/asio/buffer.hpp>"),
            "a clock above the core": ("src/net/a.cpp", "auto t = steady_clock::now();"),
            "a remark on clocks": ("src/peer/a.cpp", "// never steady_clock::now()"),
        }
        for why, (name, line) in cases.items():
            with self.subTest(why):
                self.assertIsNone(check({name: line + "\n"}))

    def test_finds_nothing_in_the_tree(self):
        done = subprocess.run([CHECK_LAYERS], capture_output=True, text=True)
        self.assertEqual((done.returncode, done.stdout), (0, "every include points down\n"))


if __name__ == "__main__":
    unittest.main()
