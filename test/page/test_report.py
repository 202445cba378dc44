"""The report's page: it is built from the sources in the tree, and a browser draws all of it."""
import hashlib
import html.parser
import json
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).parent.parent.parent
WEB = ROOT / "web" / "report"
BUILT = ROOT / "src" / "lab" / "report_page.html"
# Where the built programs are: beside the program itself.
SAMPLE_REPORT = pathlib.Path(os.environ["SHOAL"]).parent / "test" / "page" / "sample_report"


class Charts(html.parser.HTMLParser):
    """The data attributes of the elements with ids, and those of the document."""

    def __init__(self, text):
        super().__init__()
        self.page = {}
        self.charts = {}
        self.canvases = 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        if tag == "html":
            self.page = attributes
        if attributes.get("class", "").startswith("chart"):
            self.charts[attributes["id"]] = {name[5:]: value for name, value in attributes.items() if name.startswith("data-")}
        self.canvases += tag == "canvas"


def browse(page, profile):
    """The document after its scripts have run, and what the console said."""
    done = subprocess.run(
        ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
         "--disable-component-update", "--disable-sync", f"--user-data-dir={profile}", "--enable-logging=stderr",
         "--window-size=1360,2000", "--dump-dom", page.as_uri()],
        capture_output=True, text=True, timeout=100, check=True)
    return done.stdout, [line for line in done.stderr.splitlines() if "CONSOLE" in line]


class ReportPage(unittest.TestCase):
    def test_the_built_page_is_that_of_its_sources(self):
        names = re.search(r"const sources = \[(.*?)\];", (WEB / "build.mjs").read_text(), re.DOTALL)[1]
        names = re.findall(r'"([^"]+)"', names)
        here = {p.relative_to(WEB).as_posix() for p in WEB.rglob("*")
                if p.is_file() and "node_modules" not in p.parts}
        self.assertEqual(set(names), here, "web/report/build.mjs lists its sources")
        digest = hashlib.sha256()
        for name in names:
            digest.update(f"{name}\n".encode())
            digest.update((WEB / name).read_bytes())
        self.assertIn(digest.hexdigest(), BUILT.read_text(), "run npm ci && npm run build in web/report")

    def test_it_needs_no_network(self):
        page = re.sub(r'"http://www\.w3\.org/2000/svg"', "", BUILT.read_text())
        self.assertNotRegex(page, r"<link[^>]+href=\"(?!data:)")
        self.assertNotRegex(page, r"<script[^>]+src=|@import|url\(|fetch\(|XMLHttpRequest")

    def test_a_browser_draws_all_of_it(self):
        with tempfile.TemporaryDirectory(prefix="shoal-page-", ignore_cleanup_errors=True) as folder:
            folder = pathlib.Path(folder)
            subprocess.run([SAMPLE_REPORT, folder / "report"], check=True)
            text, console = browse(folder / "report" / "report.html", folder / "profile")
            run = json.loads((folder / "report" / "result.json").read_text())["runs"][0]
        self.assertEqual(console, [])
        drawn = Charts(text)
        self.assertNotIn("data-error", drawn.page)
        self.assertEqual(drawn.page.get("data-ready"), "yes")

        samples = str(len(run["series"]["t"]))
        groups = len(run["groups"])
        for name, series in {"rates": 1 + groups, "use": 1, "map": 1, "rarest": 2, "peers": 2}.items():
            self.assertEqual((name, drawn.charts[name]["points"], drawn.charts[name]["series"]), (name, samples, str(series)))
        self.assertEqual(drawn.charts["map"]["rows"], "256")
        times = {t for g in run["groups"] for t in g["times_s"]} | {0}
        self.assertEqual(drawn.charts["completion"]["points"], str(len(times)))
        self.assertEqual(drawn.charts["completion"]["series"], "2")
        self.assertEqual(drawn.charts["compare-completion"]["series"], "2")
        self.assertEqual(drawn.charts["compare-table"]["points"], "2")
        self.assertEqual(drawn.charts["gave"]["points"], str(groups * groups))
        self.assertEqual(drawn.charts["fair"]["points"], str(sum(len(g["share_ratios"]) for g in run["groups"])))
        self.assertEqual(drawn.charts["groups"]["points"], str(groups))
        self.assertGreaterEqual(drawn.canvases, 7)


if __name__ == "__main__":
    unittest.main()
