#!/usr/bin/env python3
"""Two replicas of settlement (YB_NODE 0 and 1) on one database. Sixty-four clients settle and cancel visits of one person through a gateway
that knows both; first the one replica, then the other is killed (-9) in the middle. The person's messages go on at the one that is left; what
the clients were told is what stands, each year's cap and deductible counted once, and the books hold."""
import os, random, socket, subprocess, threading, unittest
from decimal import Decimal

import load
from load import JIA, YI, h, line

CLIENTS = 64


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Program:
    """A program of the platform that this test starts itself, as number 1 of its kind."""

    def __init__(self, name, **env):
        self.run, self.name = os.environ["YB_RUN_DIR"], name
        self.env = {**os.environ, "YB_NODE": "1", **env}
        self.process = None

    def start(self):
        with open(os.path.join(os.environ["YB_LOG_DIR"], f"{self.name}-1.log"), "ab") as log:
            self.process = subprocess.Popen([os.path.join(h.BIN, f"yibao-{self.name}")], env=self.env, stderr=log, stdin=subprocess.DEVNULL)
        h.until(f"{self.name} 1 is ready", self.is_ready, 60)

    def is_ready(self):
        assert self.process.poll() is None, f"{self.name} 1 ended with {self.process.returncode}: see its log"
        try:
            with open(os.path.join(self.run, f"{self.name}-1.ready"), encoding="ascii") as f:
                return int(f.read()) == self.process.pid
        except FileNotFoundError:
            return False

    def kill(self):
        self.process.kill()
        self.process.wait()

    def stop(self):
        if self.process is not None and self.process.poll() is None:
            self.process.terminate()
            assert self.process.wait(60) == 0, f"{self.name} 1: exit code {self.process.returncode}"


class First(Program):
    """Number 0 is the platform's own."""

    def __init__(self):
        pass

    def start(self):
        h.platform("start", "settlement")

    def kill(self):
        h.platform("kill", "settlement")


def nodes_of(person):
    """The replicas that have written settlements of this person: their lanes' holders name them."""
    sql = ("SELECT DISTINCT SUBSTRING_INDEX(SUBSTRING_INDEX(l.holder, ':', -2), ':', 1) FROM lane l JOIN journal_entry e USING (lane)"
           f" JOIN settlement s ON s.setl_id = e.subject WHERE s.psn_no = '{person.psn_no}'")
    r = subprocess.run(["mariadb", f"--defaults-file={os.environ['YB_HOME']}/db/client.cnf", "--batch", "--skip-column-names",
                        "yibao_settlement", "-e", sql], capture_output=True, text=True, check=True, stdin=subprocess.DEVNULL)
    return sorted(r.stdout.split())


class Replicas(h.Case):
    def setUp(self):
        run = os.environ["YB_RUN_DIR"]
        second, self.port = f"ipc://{run}/settlement-1.sock", free_port()
        self.one = Program("settlement", YB_LISTEN=second, YB_DB_NAME="yibao_settlement", YB_DB_USER="yibao_settlement",
                           YB_DB_PASSWORD_FILE=os.path.join(os.environ["YB_HOME"], "secrets", "db-settlement"))
        self.gateway = Program("gateway", YB_HTTP_PORT=str(self.port), YB_LISTEN="", YB_SETTLEMENT=f"{os.environ['YB_SETTLEMENT']},{second}")
        self.replicas = [First(), self.one]
        self.addCleanup(self.end)
        self.one.start()
        self.gateway.start()

    def end(self):
        self.gateway.stop()
        self.one.stop()
        h.platform("start", "settlement")

    def client(self):
        return h.Client(self.work.code, url=f"http://127.0.0.1:{self.port}", timeout=self.work.patience)

    def visits(self, person):
        """Stays and outpatient visits, more than the year pays for."""
        rng, c = random.Random(h.SEED), self.client()
        for i in range(CLIENTS):
            inpatient = i % 2 == 0
            pric = Decimal(rng.randrange(*((200000, 900000) if inpatient else (5000, 90000)))) / 100
            yield h.ready_visit(c, person, load.DAY, [line(rng.choice((JIA, YI)), pric, 1, "1")], inpatient)

    def settle(self, c, visit):
        out = self.work.say(c, "2304" if visit.inpatient else "2207", visit.message(acct="1"))
        h.check_identities(out)
        entry = {"person": visit.person, "mdtrt_id": visit.mdtrt_id, "inpatient": visit.inpatient, "out": out, "gone": None}
        with self.work.lock:
            self.work.settled.append(entry)
        return entry

    def cancel(self, c, visit, entry):
        undo = h.undo(visit.person, visit.mdtrt_id, entry["out"]["setlinfo"]["setl_id"])
        entry["gone"] = self.work.say(c, "2305" if visit.inpatient else "2208", undo)

    def play(self, visit):
        """One client: settles and cancels until it is told to stop; its visit stands settled at the end."""
        c = self.client()
        try:
            while True:
                entry = self.settle(c, visit)
                if self.over.is_set():
                    return
                self.cancel(c, visit, entry)
        except Exception as e:
            with self.work.lock:
                self.work.errors.append(f"{visit.mdtrt_id}: {type(e).__name__}: {e}")

    def test_one_person_at_two_replicas(self):
        world = h.World()
        self.work, self.over = load.Load(world, clients=0), threading.Event()
        person = world.person("310", wage="30000.00", balc="3000.00")
        self.work.people.append(person)
        world.load()
        threads = [threading.Thread(target=self.play, args=(v,)) for v in self.visits(person)]
        for t in threads:
            t.start()
        try:
            for number, replica in enumerate(self.replicas):
                self.work.progress(CLIENTS)
                before = len(self.work.trouble)
                replica.kill()
                self.work.progress(3 * CLIENTS)          # at the other one alone
                replica.start()
                self.work.progress(3 * CLIENTS)
                print(f"replica {number} killed: {len(self.work.trouble) - before} messages had to be sent again", flush=True)
        finally:
            self.over.set()
            for t in threads:
                t.join()
        self.assertEqual(self.work.errors, [])
        standing = [e for e in self.work.settled if not e["gone"]]
        self.assertEqual(sorted(e["mdtrt_id"] for e in standing), sorted({e["mdtrt_id"] for e in self.work.settled}))
        self.assertEqual(len(standing), CLIENTS)
        acc = h.accumulators(h.Client(self.work.code), person, 2025)
        self.assertEqual(acc["D310100"], 60000, "the visits were chosen to reach the year's cap in any order")
        self.assertEqual(acc["TQ0000_BIZ11"], 300)
        self.assertEqual(nodes_of(person), ["0", "1"])
        self.work.compare()


if __name__ == "__main__":
    h.main()
