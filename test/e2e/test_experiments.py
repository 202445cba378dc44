"""shoal swarm: scenarios from the command line to the report, simulated and with real processes."""
import json
import os
import signal
import subprocess
import unittest

from processes import wait_until
from shoal import Shoal
from swarm_test import INCOMPLETE, OK, USAGE, SwarmTest

SMALL = {
    "name": "small",
    "about": "Three peers",
    "content": {"size": "1 MiB", "piece_length": "32 KiB"},
    "groups": {
        "seeder": {"role": "seeder", "up": "1 MiB/s"},
        "crowd": {"role": "leecher", "count": 3, "up": "1 MiB/s"},
    },
}
ENDLESS = {**SMALL, "name": "endless", "content": {"size": "64 MiB", "piece_length": "256 KiB"},
           "end": {"time": "1000 h", "whole_time": True}}


class ExperimentTest(SwarmTest):
    def scenario(self, text):
        path = self.shop.path / f"{text['name']}.json"
        path.write_text(json.dumps(text))
        return path

    def swarm(self, *arguments, code=OK):
        done = self.shoal("swarm", *arguments, "-o", self.shop.path / "report")
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def report(self):
        """The runs, once the three files are seen to be there."""
        folder = self.shop.path / "report"
        self.assertEqual({p.name for p in folder.iterdir()}, {"report.html", "result.json", "peers.csv"})
        return json.loads((folder / "result.json").read_text())["runs"]

    def test_the_scenarios_that_come_along_are_listed(self):
        done = self.shoal("swarm", "--list")
        self.assertEqual(done.returncode, OK)
        self.assertIn("\nflash-crowd ", done.stdout)
        named = [json.loads(line)["name"] for line in self.shoal("swarm", "--list", "--json").stdout.splitlines()]
        self.assertGreaterEqual(len(named), 12)

    def test_a_wrong_scenario_is_refused_with_the_place(self):
        wrong = self.scenario({**SMALL, "tracker": {"intervall": "60 s"}})
        self.assertIn("tracker: 'intervall' is not known here", self.swarm(wrong, code=USAGE).stderr)
        good = self.scenario(SMALL)
        self.assertIn("crowd.up", self.swarm(good, "--set", "crowd.up=fast", code=USAGE).stderr)
        self.assertIn("--set", self.swarm(good, "--set", "crowd.up", code=USAGE).stderr)
        self.assertIn("neither a file nor", self.swarm("no-such-scenario", code=USAGE).stderr)
        self.assertIn("peers_lie", self.swarm(good, "--live", "--set", 'faults=[{"peers_lie": {"group": "crowd"}}]', code=USAGE).stderr)
        self.swarm(code=USAGE)
        self.assertFalse((self.shop.path / "report").exists())

    def test_a_sweep_is_a_run_a_combination(self):
        done = self.swarm(self.scenario(SMALL), "--sweep", "crowd.count=2,4,8", "--sweep", "seeder.up=1MiB,2MiB", "--jobs", "2")
        self.assertIn("report.html", done.stdout)
        runs = self.report()
        self.assertEqual([r["label"] for r in runs][:3],
                         ["crowd.count=2, seeder.up=1MiB", "crowd.count=2, seeder.up=2MiB", "crowd.count=4, seeder.up=1MiB"])
        self.assertEqual([r["all"]["completed"] for r in runs], [2, 2, 4, 4, 8, 8])
        for run in runs:
            self.assertEqual(run["breaches"], [])
            self.assertGreaterEqual(run["all"]["last_s"], run["bound_s"])

    def test_the_same_seed_gives_the_same_run(self):
        def digest(*options):
            self.swarm(self.scenario(SMALL), *options)
            return self.report()[0]["digest"]

        first = digest("--seed", "5")
        self.assertEqual(digest("--seed", "5"), first)
        self.assertEqual(digest("--seed", "5", "--wire"), first)
        self.assertNotEqual(digest("--seed", "6"), first)

    def test_ctrl_c_still_writes_the_report(self):
        run = Shoal(self.shop, "endless", "swarm", self.scenario(ENDLESS), "-o", self.shop.path / "report")
        run.wait_for("progress")
        run.signal(signal.SIGINT)
        self.assertEqual(run.wait(), INCOMPLETE)
        self.assertTrue(self.report()[0]["interrupted"])
        self.assertTrue(run.last("run")["interrupted"])
        self.assertEqual(run.last("report")["runs"], 1)

    def test_real_processes_with_a_death_among_them(self):
        scenario = self.scenario({**SMALL, "faults": [{"at": "500 ms", "peers_die": {"group": "crowd", "count": 1}}]})
        self.swarm(scenario, "--live")
        run = self.report()[0]
        self.assertEqual((run["mode"], run["all"]["joined"], run["all"]["completed"], run["all"]["gave_up"]), ("live", 3, 2, 1))
        given, taken = sum(map(sum, run["exchanged"])), sum(g["taken"] for g in run["groups"])
        self.assertGreaterEqual(taken, 2 * (1 << 20))
        self.assertAlmostEqual(given / taken, 1, delta=0.1)
        self.assertEqual(len(run["series"]["t"]), len(run["series"]["uplink_use"]))

    def test_live_runs_leave_nothing_behind_when_killed_by_ctrl_c(self):
        run = Shoal(self.shop, "endless", "swarm", self.scenario(ENDLESS), "--live", "-o", self.shop.path / "report")
        wait_until(lambda: (run.last("progress") or {}).get("peers") == 4, "all four are there")
        children = children_of(run.pid)
        self.assertEqual(len(children), 5)
        run.signal(signal.SIGINT)
        self.assertEqual(run.wait(), INCOMPLETE)
        self.assertTrue(self.report()[0]["interrupted"])
        wait_until(lambda: not any(map(alive, children)), "the peers end with it", 10)

    def test_killed_outright_it_takes_its_processes_along(self):
        run = Shoal(self.shop, "endless", "swarm", self.scenario(ENDLESS), "--live", "-o", self.shop.path / "report")
        wait_until(lambda: (run.last("progress") or {}).get("peers") == 4, "all four are there")
        children = children_of(run.pid)
        run.kill()
        wait_until(lambda: not any(map(alive, children)), "the peers end with it", 20)
        subprocess.run(["rm", "-rf", f"/tmp/shoal-swarm-{run.pid}"], check=True)

    @unittest.skipUnless(os.geteuid() == 0, "network namespaces need root")
    def test_every_peer_in_a_namespace_of_its_own(self):
        self.swarm(self.scenario(SMALL), "--live", "--netns")
        self.assertEqual(self.report()[0]["all"]["completed"], 3)
        left = subprocess.run(["ip", "netns", "list"], capture_output=True, text=True, check=True).stdout
        self.assertNotIn("shoal-", left)


def children_of(pid):
    """All threads' children."""
    found = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children", encoding="ascii") as file:
            found += map(int, file.read().split())
    return found


def alive(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


if __name__ == "__main__":
    unittest.main()
