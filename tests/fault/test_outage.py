#!/usr/bin/env python3
"""The database frozen, then stopped; Redis gone. Clear errors meanwhile (503 as JSON, in bounded time), recovery without a restart of any
service, and nothing lost or doubled."""
import http.client, json, os, signal, threading, time, unittest

import load
from load import JIA, h, line

SECONDS = min(60.0, max(10.0, float(12 * h.MINUTES)))
W = WORK = None


def setUpModule():
    global W, WORK
    W = h.World()
    WORK = load.Load(W, clients=8)
    W.probe = W.person("390")
    W.load()


class Outage(h.Case):
    def setUp(self):
        self.pids = {s: load.pid_of(s) for s in ("identity", "enrollment", "settlement", "drg", "gateway")}
        WORK.stop.clear()
        WORK.start()

    def away(self, bring_back):
        """What a hospital sees while the database is away; bring_back() ends it."""
        gone = threading.Event()
        threading.Timer(SECONDS, lambda: (bring_back(), gone.set())).start()
        asked, c = 0, h.Client(WORK.code, timeout=90)
        while not gone.is_set():
            begin = time.monotonic()
            a = c.ask("2401", h.m2401(W.probe, f"{load.DAY} 08:00:00"))
            took = time.monotonic() - begin
            self.assertLess(took, 40, a.body)
            if a.ok:                            # written just before, or just after
                WORK.say(c, "2404", h.whose(W.probe, a.output["result"]["mdtrt_id"]))
            elif a.status == 200:
                # an admission whose answer was "unknown" may stand: it names itself
                self.refused(a, "未出院")
                self.leave(c)
            else:
                self.refused(a, status=503)
                asked += 1
        return asked

    def leave(self, c):
        for v in WORK.say(c, "5303", {"data": {"psn_no": W.probe.psn_no}})["data"]:
            WORK.say(c, "2404", h.whose(W.probe, v["mdtrt_id"]))

    def ready(self, status):
        """What /health/ready says, when it answers with this status."""
        u = h.Client(WORK.code).u
        page = http.client.HTTPConnection(u.hostname, u.port or 80, timeout=30)
        page.request("GET", "/health/ready")
        a = page.getresponse()
        said = json.loads(a.read())
        page.close()
        return said if a.status == status else None

    def recovered(self):
        WORK.progress(200)
        WORK.stop.set()
        WORK.finish()
        self.assertEqual({s: load.pid_of(s) for s in self.pids}, self.pids, "a service was restarted")
        self.leave(h.Client(WORK.code))
        WORK.compare()

    def test_database_frozen(self):
        pid = load.pid_of("mariadb")
        os.kill(pid, signal.SIGSTOP)
        try:
            refused = self.away(lambda: os.kill(pid, signal.SIGCONT))
        finally:
            os.kill(pid, signal.SIGCONT)
        print(f"frozen for {SECONDS} s: {refused} times 503", flush=True)
        self.recovered()

    def test_database_stopped(self):
        h.platform("stop", "mariadb")
        h.until("the gateway is not ready, and names them all", lambda: all(
            s in (self.ready(503) or {"detail": ""})["detail"] for s in ("identity", "enrollment", "settlement")))
        try:
            refused = self.away(lambda: h.platform("start", "mariadb"))
        finally:
            h.platform("start", "mariadb")
        print(f"stopped for {SECONDS} s: {refused} times 503", flush=True)
        self.assertGreater(refused, 0)
        self.recovered()
        h.until("the gateway is ready", lambda: self.ready(200))

    def test_redis_gone(self):
        h.platform("stop", "redis")
        try:
            before = len(WORK.trouble)
            WORK.progress(500)
            c = h.Client(WORK.code)
            v = h.ready_visit(c, W.probe, load.DAY, [line(JIA, 100, 1, "1")], inpatient=False)
            h.check_reversal(v.settle(), v.reverse())
            self.assertEqual(WORK.trouble[before:], [])
        finally:
            h.platform("start", "redis")
        WORK.progress(100)
        self.recovered()


if __name__ == "__main__":
    h.main()
