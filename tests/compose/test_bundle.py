#!/usr/bin/env python3
"""The bundle where there is nothing: a daemon without images that reaches no registry, an empty folder. A damaged bundle is refused by the name of
what is damaged; a whole one installs, starts at the first try and settles. scripts/compose-test.sh starts this (YB_BUNDLE names the file)."""
import os, pathlib, re, subprocess

import stack
from stack import OURS, compose, containers, docker
import load
from load import h, line

BUNDLE = os.environ["YB_BUNDLE"]
VERSION = re.fullmatch(r"yibao-([\d.]+)-bundle\.tar\.gz", os.path.basename(BUNDLE))[1]
HERE = os.path.join(os.path.dirname(BUNDLE), f"yibao-{VERSION}")


def install(*args):
    return subprocess.run(["./install.sh", *args], cwd=HERE, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)


def images():
    return docker("images", "--format", "{{.Repository}}:{{.Tag}}").split()


class Bundle(stack.Timed, h.Case):
    def test_1_unpacked(self):
        subprocess.run(["sha256sum", "--quiet", "-c", BUNDLE + ".sha256"], cwd=os.path.dirname(BUNDLE), check=True)
        subprocess.run(["tar", "-xzf", BUNDLE], cwd=os.path.dirname(BUNDLE), check=True)
        self.assertEqual(install("--check").returncode, 0)
        stack.FOLDER.append(HERE)
        self.assertEqual((images(), containers()), ([], []))

    def installs_nothing(self, words):
        r = install()
        self.assertEqual(r.returncode, 1, r.stdout + r.stderr)
        self.assertIn(f"install: {words}\n", r.stderr)
        self.assertIn("nothing was changed", r.stderr)
        self.assertEqual(images(), [])
        self.assertFalse(os.path.exists(os.path.join(HERE, ".env")))

    def test_2_damaged_is_refused_by_name(self):
        for name in ("images.tar", "services/settlement/schema/" + sorted(os.listdir(os.path.join(HERE, "services/settlement/schema")))[0]):
            path = os.path.join(HERE, name)
            with open(path, "r+b") as f:
                f.seek(os.path.getsize(path) // 2)
                was = f.read(1)
                f.seek(-1, os.SEEK_CUR)
                f.write(bytes([was[0] ^ 1]))
                f.flush()
                self.installs_nothing(f"{name} is damaged")
                f.seek(-1, os.SEEK_CUR)
                f.write(was)
        away = os.path.join(HERE, "docs", "operations.md")
        os.rename(away, away + ".away")
        self.installs_nothing("docs/operations.md is missing")
        os.rename(away + ".away", away)

    def test_3_installs_starts_and_settles(self):
        r = install()
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        self.assertIn("docker-compose up -d\n", r.stdout)
        packed = pathlib.Path(HERE, "IMAGES").read_text(encoding="utf-8").splitlines()
        self.assertEqual(sorted(images()), sorted(row.split()[0] for row in packed))
        compose("config", "-q")
        self.assertNotIn("build:", compose("--profile", "tools", "config"))
        out = compose("up", "-d", check=False)
        self.assertEqual(out.returncode, 0, out.stdout + out.stderr)
        stack.operator(h.BIN)
        stack.wait_healthy(containers())
        for s in OURS:
            self.assertEqual(stack.inspect(containers(s)[0], ".Config.Image"), f'"yibao/services:{VERSION}"')
        self.assertIn(VERSION, compose("run", "--rm", "-T", "ctl", "status"))
        world = h.World()
        person, code = world.person("390"), world.institution()
        world.load()
        h.check_identities(h.ready_visit(h.Client(code), person, load.DAY, [line(h.JIA, "12.50", 2, "1")], inpatient=False).settle())
        self.nightly_jobs()

    def nightly_jobs(self):
        """What the timers of deploy/systemd call, out of the bundle's own folder."""
        for job, words in (("full", "full backup "), ("audit", "the books hold")):
            r = subprocess.run(["deploy/backup/job.sh", job], cwd=HERE, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
            self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
            self.assertIn(words, r.stdout)

    def test_4_installed_again(self):
        """Settings stay; a newer bundle beside it asks for them, for without them it would begin an empty platform."""
        env = os.path.join(HERE, ".env")
        with open(env, "a", encoding="utf-8") as f:
            f.write("YB_SLOW_MS=750\nYB_TAG=older\n")
        r = install()
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        self.assertIn(f"YB_TAG was older and is {VERSION}", r.stdout)
        text = pathlib.Path(env).read_text(encoding="utf-8")
        self.assertIn("YB_SLOW_MS=750\n", text)
        self.assertEqual(re.findall(r"^YB_TAG=.*$", text, re.M), [f"YB_TAG={VERSION}"])
        newer = HERE + "-newer"
        subprocess.run(["cp", "-rl", HERE, newer], check=True)
        os.unlink(os.path.join(newer, ".env"))
        r = subprocess.run(["./install.sh"], cwd=newer, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
        self.assertEqual(r.returncode, 1, r.stdout + r.stderr)
        self.assertIn(f"cp {HERE}/.env .", r.stderr)
        docker("rm", "-f", stack.OPERATOR)
        compose("rm", "-s", "-f")               # as after `down`: only the volumes tell that there is a platform
        r = subprocess.run(["./install.sh"], cwd=newer, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
        self.assertEqual(r.returncode, 1, r.stdout + r.stderr)
        self.assertIn("its settings are not", r.stderr)
        self.assertFalse(os.path.exists(os.path.join(newer, ".env")))


if __name__ == "__main__":
    h.main()
