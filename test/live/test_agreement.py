"""The simulation tells the truth: real processes complete when it says."""
import json
import unittest

from swarm_test import OK, SwarmTest


class AgreementTest(SwarmTest):
    def test_the_same_scenario_takes_as_long_in_both_modes(self):
        done = self.shoal("swarm", "sim-and-live", "--sim", "--live", "--set", "crowd.count=8", "--set",
                          "seeder.up=4 MiB/s", "--set", "crowd.up=4 MiB/s", "-o", self.shop.path / "report")
        self.assertEqual(done.returncode, OK, done.stderr)
        sim, live = (r["all"] for r in json.loads((self.shop.path / "report" / "result.json").read_text())["runs"])
        self.assertEqual(live["completed"], sim["completed"])
        self.assertAlmostEqual(live["median_s"] / sim["median_s"], 1, delta=0.10)
        self.assertAlmostEqual(live["last_s"] / sim["last_s"], 1, delta=0.15)


if __name__ == "__main__":
    unittest.main()
