"""docs/beps.md against the tree: its tests exist, and what the code cites is there."""
import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).parents[2]
ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| (yes|partly|no) \| ([^|]*)\| ([^|]*)\|$", re.MULTILINE)


def rows():
    return ROW.findall((ROOT / "docs/beps.md").read_text())


class BepsTest(unittest.TestCase):
    def test_every_row_can_be_read_and_stands_in_order(self):
        numbers = [int(row[0]) for row in rows()]
        self.assertEqual(numbers, sorted(set(numbers)))
        lines = [line for line in (ROOT / "docs/beps.md").read_text().splitlines() if re.match(r"\| \d", line)]
        self.assertEqual(len(lines), len(numbers))

    def test_the_tests_named_there_exist(self):
        for number, _, here, _, shown_by in rows():
            with self.subTest(bep=number):
                references = re.findall(r"`(test/[^`]+)`: ((?:`[^`]+`(?:, )?)+)", shown_by)
                self.assertEqual(bool(references), here != "no")
                for path, names in references:
                    text = (ROOT / path).read_text()
                    for name in re.findall(r"`([^`]+)`", names):
                        self.assertTrue(f'TEST_CASE("{name}")' in text or f"def {name}(self)" in text, (path, name))

    def test_what_the_code_cites_is_there(self):
        cited = {number for top in ("include", "src") for path in (ROOT / top).rglob("*.[hc]pp")
                 for listed in re.findall(r"BEP ((?:\d+(?:, | and )?)+)", path.read_text())
                 for number in re.findall(r"\d+", listed)}
        self.assertGreater(len(cited), 10)
        self.assertLessEqual(cited, {row[0] for row in rows()})

    def test_readme_does_not_call_missing_what_is_here(self):
        missing = re.search(r"Not there yet: ([^.]*)\.", (ROOT / "README.md").read_text())[1]
        for number, _, here, _, _ in rows():
            with self.subTest(bep=number):
                names = {"9": "magnet", "11": "peer exchange", "14": "local", "15": "UDP", "19": "web seeds", "5": "DHT"}
                if here == "yes" and number in names:
                    self.assertNotIn(names[number], missing)


if __name__ == "__main__":
    unittest.main()
