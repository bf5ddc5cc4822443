#!/usr/bin/env python3
"""From the release before to this one and back, under load: new replicas of each service are started beside the old ones (their migrations run meanwhile),
the old ones are stopped; then the way back with deploy/way-back, and forward again. Nothing that was answered is lost, nothing stands twice, and the
books hold after each step. YB_PREVIOUS names the source folder of the release before, built (scripts/previous.sh)."""
import os, random, subprocess, sys, time, unittest

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests", "fault"))
import load
import test_books
from load import h
from test_replicas import Program, free_port

OLD = os.environ["YB_PREVIOUS"]
SERVICES = ("identity", "enrollment", "settlement", "drg")
RUN = os.environ["YB_RUN_DIR"]


class Replica(Program):
    """Of the release before: number 0. Of this one: number 1."""

    def __init__(self, name, new):
        self.new, self.port = new, free_port()
        suffix = "-1" if new else ""
        env = {"YB_NODE": str(int(new)), "YB_LISTEN": "", "YB_HTTP_PORT": str(self.port), "YB_SERVICE": name}
        for s in SERVICES:                      # everybody knows of both
            env[f"YB_{s.upper()}"] = f"ipc://{RUN}/{s}.sock,ipc://{RUN}/{s}-1.sock"
        if name != "gateway":
            env |= {"YB_LISTEN": f"ipc://{RUN}/{name}{suffix}.sock", "YB_DB_NAME": f"yibao_{name}", "YB_DB_USER": f"yibao_{name}",
                    "YB_DB_PASSWORD_FILE": os.path.join(os.environ["YB_HOME"], "secrets", f"db-{name}")}
        if not new:
            env |= {"YB_POLICY_DIR": f"{OLD}/services/settlement/data", "YB_LIST_DIR": f"{OLD}/services/drg/data"}
        super().__init__(name, **env)
        self.folder = h.BIN if new else os.path.join(OLD, "bin")
        self.ready = os.path.join(RUN, f"{name}{suffix}.ready")

    def __repr__(self):
        return f"{'new' if self.new else 'old'} {self.name}"

    def start(self, wait=True):
        with open(os.path.join(os.environ["YB_LOG_DIR"], f"{repr(self).replace(' ', '-')}.log"), "ab") as log:
            self.process = subprocess.Popen([os.path.join(self.folder, f"yibao-{self.name}")], env=self.env, stderr=log, stdin=subprocess.DEVNULL)
        if wait:
            h.until(f"{self} is ready", self.is_ready, 60)

    def is_ready(self):
        assert self.process.poll() is None, f"{self} ended with {self.process.returncode}: see its log"
        try:
            with open(self.ready, encoding="ascii") as f:
                return int(f.readline()) == self.process.pid
        except FileNotFoundError:
            return False


class Client(h.Client):
    """Sends each message, and each again, to one of the gateways in service, as a load balancer would."""

    def __init__(self, ports, *args, **other):
        super().__init__(*args, **other)
        self.ports = ports

    def send(self, *args, **other):
        port = random.choice(self.ports)
        if port != self.u.port:
            self.close()
            self.u = self.u._replace(netloc=f"127.0.0.1:{port}")
        return super().send(*args, **other)


class Load(load.Load):
    def __init__(self, ports, *args, **other):
        super().__init__(*args, **other)
        self.ports = ports

    def new_client(self):
        return Client(self.ports, self.code, timeout=self.patience)


def schema(service):
    return [int(r[0]) for r in h.sql(service, "SELECT version FROM schema_version WHERE version > 0 ORDER BY 1")]


def way_back(service):
    """Exit code and words of the script that an operator runs."""
    with open(os.path.join(SOURCE, "deploy", "way-back", f"{service}-to-0.1.0.sql"), encoding="utf-8") as f:
        r = subprocess.run(["mariadb", f"--defaults-file={os.environ['YB_HOME']}/db/client.cnf", f"yibao_{service}"], stdin=f, capture_output=True,
                           text=True, check=False)
    return r.returncode, r.stderr


class Upgrade(h.Case):
    def setUp(self):
        self.old = {s: Replica(s, False) for s in (*SERVICES, "gateway")}
        self.new = {s: Replica(s, True) for s in (*SERVICES, "gateway")}
        self.addCleanup(self.end)

    def end(self):
        for r in (*self.old.values(), *self.new.values()):
            if r.process is not None and r.process.poll() is None:
                r.kill()

    def change(self, there, order, messages=60):
        """In this order: another replica beside, then the one that was there goes."""
        come = self.new if there is self.old else self.old
        begun, before = time.monotonic(), len(self.work.trouble)
        for name in order:
            come[name].start()
            if name == "gateway":
                self.ports.append(come[name].port)
            self.work.progress(messages)
        self.work.progress(2 * messages)        # all of both releases side by side
        for name in order:
            if name == "gateway":
                self.ports.remove(there[name].port)
            there[name].stop()
            self.work.progress(messages)
        h.check_audit()
        print(f"{next(iter(there.values()))} … to {next(iter(come.values()))} …: {time.monotonic() - begun:.1f} s, "
              f"{len(self.work.trouble) - before} messages sent again", flush=True)

    def test_there_and_back_again(self):
        h.platform("start", "mariadb", "redis")
        for r in self.old.values():
            r.start()
        for s in SERVICES:
            os.environ[f"YB_{s.upper()}"] = self.old["gateway"].env[f"YB_{s.upper()}"]
        self.assertEqual([schema(s) for s in SERVICES], [[1], [1], [1, 2], [1]])
        world = h.World()
        self.ports = [self.old["gateway"].port]
        self.work = Load(self.ports, world, clients=8)
        world.load()
        self.work.start()
        try:
            self.there_and_back_again()
        finally:
            self.work.stop.set()
        self.work.finish()
        self.work.compare()

    def there_and_back_again(self):
        up, down = (*SERVICES, "gateway"), ("gateway", *reversed(SERVICES))
        self.work.progress(200)
        self.change(self.old, up)
        self.assertEqual([schema(s) for s in SERVICES], [[1], [1], [1, 2, 3], [1, 2, 3, 4, 5]])

        self.refuses_to_start(self.old["drg"])
        for s in ("drg", "settlement"):
            self.assertEqual(way_back(s), (0, ""))
        self.assertEqual([schema(s) for s in SERVICES], [[1], [1], [1, 2], [1]])
        self.change(self.new, down)

        self.work.progress(100)
        self.new["drg"].start()
        released = self.release()
        self.work.progress(100)
        self.assertEqual(self.waiting(), len(released.rows))   # the old settlement does not know them: they wait, nothing is lost
        self.new["drg"].stop()
        self.change(self.old, up)
        self.assertEqual([schema(s) for s in SERVICES], [[1], [1], [1, 2, 3], [1, 2, 3, 4, 5]])
        h.until("what waited is in the books", lambda: self.waiting() == 0, 60)
        released.compare()
        for s in ("drg", "settlement"):         # and that is what the release before would not understand
            code, words = way_back(s)
            self.assertNotEqual(code, 0)
            self.assertIn("not to 0.1.0", words)
        self.assertEqual(schema("drg"), [1, 2, 3, 4, 5])

    def refuses_to_start(self, replica):
        """The release before on the newer schema, without the way back."""
        replica.start(wait=False)
        self.assertNotEqual(replica.process.wait(60), 0)

    def release(self):
        released = test_books.Released(random.Random(h.SEED), int(time.time()) * 10**6)
        released.rows = released.rows[:300]
        released.release()
        return released

    def waiting(self):
        return int(h.sql("drg", "SELECT COUNT(*) FROM outbox WHERE type = 'PaymentReleased' AND acked_us = 0")[0][0])


if __name__ == "__main__":
    h.main()
