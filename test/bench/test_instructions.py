"""The instructions that decoding and picking take on a fixed trace, which is the same number on every machine."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

BUDGETS = pathlib.Path(__file__).with_name("budget.json")
COUNTED = ("decode_and_receive*", "pick_more*")


def instructions_a_block(program):
    with tempfile.TemporaryDirectory() as folder:
        out = pathlib.Path(folder, "out")
        done = subprocess.run(["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}",
                               *(f"--toggle-collect={name}" for name in COUNTED), program],
                              capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(done.stderr)
        total = int(re.search(r"^(?:totals|summary): (\d+)", out.read_text(), re.MULTILINE)[1])
        return total / int(done.stdout)


class Instructions(unittest.TestCase):
    @unittest.skipUnless(shutil.which("valgrind"), "valgrind is not installed: run scripts/setup")
    def test_decode_and_pick_keep_to_their_budget(self):
        budget = json.loads(BUDGETS.read_text())["decode and pick, instructions a block"]
        used = instructions_a_block(os.environ["DECODE_AND_PICK"])
        self.assertLessEqual(used, budget, f"decoding and picking a block takes {used:.0f} instructions, more than "
                                           f"the budget of {budget}: make it cheaper, or say why and raise it")
        self.assertGreater(used, 0.85 * budget, f"it takes {used:.0f} now: write that into {BUDGETS.name}")


if __name__ == "__main__":
    unittest.main()
