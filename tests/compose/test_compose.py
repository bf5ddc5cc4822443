#!/usr/bin/env python3
"""docker-compose.yml from an empty machine to an empty machine: first start, what a container may and may not, conformance cases through the
published port, three replicas of settlement, every container killed and paused under load, down and up again. What the hospitals were told is
compared with the database. scripts/compose-test.sh starts this with a daemon and images at hand; the order of the tests is that of a life.
"""
import json, os, pathlib, re, subprocess, sys

import stack
sys.path.insert(0, os.path.join(stack.SOURCE, "tests", "support"))
import seeing
from stack import OURS, SOURCE, clock, compose, containers, docker, measured, sql
import load
from load import h, line

COLD_START_S, ERROR_WINDOW_S, IMAGE_MB, RESIDENT_MB = 30, 5, 150, 150
PAUSE_S = 4.0                       # longer than the bus takes to notice (three heartbeats)
REPLICAS = 3


class Stack(stack.Timed, h.Case):
    folder = world = work = None

    @classmethod
    def setUpClass(cls):
        cls.folder = h.BIN                  # scripts/compose-test.sh made it for this

    # --- the first start ----

    def test_01_first_settlement(self):
        cls = type(self)
        begun = clock()
        out = compose("up", "-d", check=False)
        self.assertEqual(out.returncode, 0, f"the first start failed\n{out.stdout}\n{out.stderr}")
        up = clock() - begun
        stack.operator(self.folder)
        cls.world = h.World()
        cls.work = load.Watched(cls.world, clients=8)
        person, other = cls.world.person("390"), cls.world.institution()      # apart from what the load remembers
        cls.world.load()
        visit = h.ready_visit(h.Client(other), person, load.DAY, [line(h.JIA, "12.50", 2, "1")], inpatient=False)
        h.check_identities(visit.settle())
        print(f"docker-compose up returned after {up:.1f} s", flush=True)
        measured("cold_start_s", clock() - begun, "s", COLD_START_S)

    def test_02_all_healthy_and_small(self):
        self.assertEqual(len(containers()), len(OURS) + 2)
        stack.wait_healthy(containers())
        self.assertNotIn(" no ", compose("run", "--rm", "-T", "ctl", "status"))
        self.assertIn("starter", compose("run", "--rm", "-T", "ctl", "scheme", "list"))
        version = re.search(r"project\(yibao VERSION ([\d.]+)", pathlib.Path(SOURCE, "CMakeLists.txt").read_text(encoding="utf-8"))[1]
        self.assertEqual(docker("exec", stack.OPERATOR, "yibaoctl", "--version").split()[1], version)
        for name in ("services", "mariadb", "redis"):
            labels = json.loads(stack.inspect(f"yibao/{name}:{os.environ['YB_TAG']}", ".Config.Labels"))
            self.assertEqual(labels["org.opencontainers.image.version"], version)
            self.assertRegex(labels["org.opencontainers.image.revision"], r"^([0-9a-f]{12}\+?|unknown)$")
            size = int(docker("image", "inspect", "--format", "{{.Size}}", f"yibao/{name}:{os.environ['YB_TAG']}")) / 1e6
            measured(f"image_{name}_mb", size, "MB", IMAGE_MB)
        rss = sum(stack.resident_kb(n) for s in OURS for n in containers(s))
        measured("resident_mb", rss / 1024, "MB", RESIDENT_MB)

    # --- what a container may ----

    def test_03_only_the_gateway_is_published(self):
        published = {n: docker("port", n).strip() for n in containers()}
        self.assertEqual([n for n, p in published.items() if p], containers("gateway"))
        for n in containers():
            c = json.loads(docker("inspect", n))[0]
            self.assertTrue(c["HostConfig"]["ReadonlyRootfs"], n)
            self.assertEqual(c["HostConfig"]["CapDrop"], ["ALL"], n)
            self.assertTrue(c["HostConfig"]["Init"], n)
            self.assertEqual(docker("exec", n, "id", "-u").strip(), "10001", n)
            self.assertGreater(c["HostConfig"]["Memory"], 0, n)
            tools = docker("exec", n, "sh", "-c", "command -v gcc cc make cmake || true").strip()
            self.assertEqual(tools, "", f"{n} has tools to build with")
        nets = {s: set(json.loads(stack.inspect(containers(s)[0], ".NetworkSettings.Networks"))) for s in OURS + ("mariadb", "redis")}
        self.assertFalse(nets["gateway"] & nets["mariadb"], "the gateway has nothing to do with the database")
        self.assertFalse(nets["redis"] & nets["settlement"])

    def test_04_each_service_its_own_schema(self):
        db = containers("mariadb")[0]
        for s in ("identity", "enrollment", "settlement", "drg"):
            ask = f'MYSQL_PWD=$(cat /keys/db-{s}) mariadb --no-defaults -h 127.0.0.1 -u yibao_{s} -N -e "SHOW DATABASES"'
            got = set(docker("exec", db, "sh", "-c", ask).split()) - {"information_schema"}
            self.assertEqual(got, {f"yibao_{s}"})
        self.assertNotEqual(docker("exec", db, "mariadb", "--no-defaults", "-h", "127.0.0.1", "-u", "root", check=False).returncode, 0)

    def test_05_secrets_stay_in_their_files(self):
        secrets = {}
        for n in containers():
            files = docker("exec", n, "sh", "-c", "test -d /keys && find /keys -type f ! -name '*.pub' || true").split()
            for f in files:
                text = docker("exec", n, "cat", f) if not f.endswith(".box") else ""
                for word in re.findall(r"\S{32,}", text):
                    secrets[word] = f"{n}:{f}"
        self.assertGreaterEqual(len(secrets), 4 + 5)
        told = compose("logs", "--no-color") + docker("inspect", *containers()) + compose("config")
        told += "".join(docker("history", "--no-trunc", f"yibao/{n}:{os.environ['YB_TAG']}") for n in ("services", "mariadb", "redis"))
        self.assertEqual([where for word, where in secrets.items() if word in told], [])
        for n in ("services", "mariadb"):
            self.assertEqual(docker("run", "--rm", "--network", "none", "--entrypoint", "find", f"yibao/{n}:{os.environ['YB_TAG']}", "/keys",
                                    "-type", "f"), "", "a secret in an image")

    def test_06_a_stranger_is_not_let_in(self):
        """A pair that setup did not make knows no service; and with everybody's public key, no service knows it."""
        out = docker("run", "--rm", "--network", f"{stack.PROJECT}_bus", "-v", f"{stack.PROJECT}_keys-ctl:/known:ro", "--tmpfs",
                     "/k:uid=10001,mode=700", "-e", "YB_CURVE_DIR=/k", *[x for s, p in zip(OURS, range(7001, 7005)) for x in
                     ("-e", f"YB_{s.upper()}=tcp://{s}:{p}")], f"yibao/services:{os.environ['YB_TAG']}", "sh", "-c",
                     "yibaoctl keys make ctl >/dev/null && cp /known/curve/[!c]*.pub /k/ && yibaoctl status", check=False)
        self.assertEqual(out.returncode, 1, out.stdout + out.stderr)
        self.assertEqual(len(re.findall(r"^(?:identity|enrollment|settlement|drg) +away", out.stdout, re.M)), 4, out.stdout)

    def test_06_what_an_operator_sees(self):
        """A request followed through the containers' logs; what the alarms look at is there, and hospitals do not see it."""
        code, msgid = self.world.institution(), None
        person = self.world.person("390")
        self.world.load()
        v, msgid = h.ready_visit(h.Client(code), person, load.DAY, [line(h.JIA, "9.90", 1, "1")], inpatient=False), h.new_msgid(code)
        v.settle(msgid)
        out = h.ctl("trace", msgid, "-", stdin=compose("logs", "--no-color"))[1]
        self.assertLessEqual({"gateway", "settlement", "enrollment", "identity"}, {row.split()[1] for row in out.splitlines()[1:]}, out)
        for service in OURS:
            text = stack.page(service)
            told = lambda name, **labels: seeing.value_of(text, name, **labels)
            self.assertGreater(told("yibao_disk_size_bytes", dir="/"), 0, service)
            self.assertGreater(told("yibao_time_seconds"), 0, service)
            self.assertIn(told("yibao_clock_synchronised"), (0, 1), service)
            self.assertGreater(told("yibao_curve_key_made_seconds"), 0, service)
        text = stack.page("settlement")
        self.assertGreater(seeing.value_of(text, "yibao_disk_size_bytes", dir="/var/lib/yibao/heads"), 0)
        self.assertEqual(h.Client(code).send(None, path="/metrics", method="GET").status, 405)

    def test_07_conformance(self):
        cases = os.path.join(h.SHARED, "cases")
        if os.path.isfile(os.path.join(cases, "run_cases.py")):
            folder = os.path.join(cases, "lvliang")
            for kind in ("institutions", "persons", "coverage", "tags", "chronic", "catalogue"):
                code, out, err = h.ctl("import", kind, os.path.join(folder, f"{kind}.csv"), "--strict")
                self.assertEqual(code, 0, f"{kind}: {out} {err}")
            command = [os.path.join(cases, "run_cases.py"), "--url", h.URL, "--admdvs", h.AREA, folder]
        else:
            command = [os.path.join(SOURCE, "tests", "integration", "test_visit.py")]
        r = subprocess.run([sys.executable, "-B", *command], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
        print(f"conformance: {r.stdout.strip().splitlines()[-1]}", flush=True)
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)

    # --- more of one, and less of each ----

    def test_08_three_replicas_share_the_load(self):
        self.work.start()
        compose("up", "-d", "--no-recreate", "--scale", f"settlement={REPLICAS}")
        self.assertEqual(len(containers("settlement")), REPLICAS)
        holders = "SELECT COUNT(DISTINCT SUBSTRING_INDEX(l.holder, ':', 1)) FROM lane l JOIN journal_entry e USING (lane)"
        h.until("each replica has settled", lambda: self.work.errors or int(sql(holders, "yibao_settlement")) >= REPLICAS, 60)
        self.assertEqual(self.work.errors, [])
        stack.wait_healthy(containers())
        status = compose("run", "--rm", "-T", "ctl", "status")
        self.assertEqual(len(re.findall(r"^settlement +yes .* tcp://[\d.]+:7003$", status, re.M)), REPLICAS, status)
        self.assertNotIn("\033", status)

    def fault(self, name, kind):
        """Does it, mends it, and says how long messages failed."""
        service = stack.service_of(name)
        alone, begun = len(containers(service)) == 1, clock()
        if kind == "pause":
            docker("pause", name)
            stack.pause(PAUSE_S)
            docker("unpause", name)
            begun = clock() if alone else begun      # of a part that there is once, the pause itself is not ours
        elif kind == "crash":                        # Docker starts it again by itself
            os.kill(stack.pid_in(name, "mariadbd" if service == "mariadb" else f"yibao-{service}"), 9)
        else:                                        # what an operator has ended he starts
            docker("kill", "-s", kind, name)
            docker("wait", name)
            docker("start", name)
        self.work.progress(30)
        stack.wait_answers(name)
        self.work.progress(30)
        seconds, failed = self.work.window(begun)
        print(f"{kind:5} {name.removeprefix(stack.PROJECT + '_'):14} {seconds:5.2f} s, {failed} messages sent again", flush=True)
        return seconds

    def test_09_every_container_lost_under_load(self):
        parts, worst = ["redis", "drg", "identity", "enrollment", "settlement", "gateway", "mariadb"], {}
        for turn, (kind, services) in enumerate((("TERM", parts), ("KILL", parts), ("pause", parts), ("crash", parts[4:]))):
            for service in services:
                names = containers(service)
                name = names[turn % len(names)]
                worst[kind, name.removeprefix(stack.PROJECT + "_")] = self.fault(name, kind)
            stack.wait_healthy(containers())
        self.work.finish()
        for kind in ("TERM", "KILL", "pause", "crash"):
            at = max((w for w in worst if w[0] == kind), key=worst.get)
            measured(f"{kind.lower()}_window_s", worst[at], f"s ({at[1]})")
        where = max(worst, key=worst.get)
        print(f"the worst: {' '.join(where)}", flush=True)
        measured("kill_error_window_s", worst[where], "s", ERROR_WINDOW_S)

    def test_10_what_was_told_is_what_stands(self):
        told = {r["setlinfo"]["setl_id"] for e in self.work.settled for r in (e["out"], e["gone"]) if r}
        stands = sql(f"SELECT setl_id FROM settlement WHERE fixmedins_code = '{self.work.code}'", "yibao_settlement").split()
        measured("settlements", len(told), "answered")
        measured("lost", len(told - set(stands)), "settlements", 0)
        measured("doubled", len(set(stands) - told), "settlements", 0)       # nobody was told of it: its message was answered by another
        self.work.compare()

    def test_11_down_and_up_again(self):
        checksums = "CHECKSUM TABLE settlement, journal_entry, journal_leg, accumulator, account EXTENDED"
        before = sql(checksums, "yibao_settlement")
        docker("rm", "-f", stack.OPERATOR)
        compose("down")
        self.assertEqual(containers(), [])
        compose("up", "-d")
        stack.operator(self.folder)
        stack.wait_healthy(containers())
        self.assertEqual(sql(checksums, "yibao_settlement"), before)
        h.check_audit()
        self.settle_one("3.10")

    def settle_one(self, price):
        person = self.work.own[0][1]
        h.check_identities(h.ready_visit(h.Client(self.work.code), person, load.DAY, [line(h.JIA, price, 1, "1")], inpatient=False).settle())

    def test_12_backup_and_restore(self):
        """A backup while it works, then settlements that only the binary log has; the database's volume is lost; restored to the end."""
        run = lambda *command: compose("run", "--rm", "-T", *command)
        run("backup", "full")
        self.settle_one("4.20")
        run("backup", "binlog")
        rows = lambda: sql("CHECKSUM TABLE settlement, journal_entry, journal_leg, accumulator, account, visit, fee_line EXTENDED", "yibao_settlement")
        before = rows()
        docker("rm", "-f", stack.OPERATOR)
        compose("down")
        docker("volume", "rm", f"{stack.PROJECT}_db")
        run("restore")
        compose("up", "-d")
        stack.operator(self.folder)
        stack.wait_healthy(containers())
        self.assertEqual(rows(), before)
        h.check_audit()
        self.settle_one("5.30")
        size = int(docker("image", "inspect", "--format", "{{.Size}}", f"yibao/backup:{os.environ['YB_TAG']}")) / 1e6
        measured("image_backup_mb", size, "MB", IMAGE_MB)


if __name__ == "__main__":
    h.main()
