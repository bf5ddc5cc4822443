#!/usr/bin/env python3
"""What an operator sees: every metric that alerts and dashboard name is in a real answer; a request is followed by its id through the logs
of all services; a slow call says where its time went; refusals, books and the audit show in the numbers."""
import os, re, shutil, subprocess, sys, tempfile, time, unittest, urllib.error, urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "support"))
import hospital as h
import seeing
from hospital import JIA, line

DAY = "2025-03-10"
LINES = [line(JIA, "120.50", 3, "a1")]
SERVICES = ("identity", "enrollment", "settlement", "drg")
LOGS = os.path.join(os.environ["YB_HOME"], "log")
W = None


def setUpModule():
    global W
    W = h.World()
    W.code = W.institution(charge_class=3, tier="county")
    W.people = [W.person("310", balc="1000000.00") for _ in range(6)]
    W.load()
    slowly("settlement", "gateway")


def tearDownModule():
    again("settlement", "gateway")
    h.check_audit()


def again(*names):
    h.platform("stop", *names)
    h.platform("start", *names)


def slowly(*names):
    """Started anew so that whatever takes a millisecond is slow."""
    os.environ["YB_SLOW_MS"] = "1"
    try:
        again(*names)
    finally:
        del os.environ["YB_SLOW_MS"]


def get(url):
    with urllib.request.urlopen(url, timeout=20) as r:
        return r.status, r.headers["Content-Type"], r.read().decode()


def page(service):
    if service == "gateway":
        return get(h.URL + "/metrics")[2]
    code, out, err = h.ctl("metrics", service)
    assert code == 0, err
    return out


def number(service, name, **labels):
    return seeing.value_of(page(service), name, **labels) or 0


def sql(text):
    r = subprocess.run(["mariadb", f"--defaults-file={os.environ['YB_HOME']}/db/client.cnf", "--batch", "--skip-column-names", "yibao_settlement"],
                       input=text, capture_output=True, text=True, timeout=60)
    assert r.returncode == 0, r.stderr
    return r.stdout.split()


def settle(person):
    """A settled visit: msgid of its 2304, setl_id."""
    v, msgid = h.ready_visit(h.Client(W.code), person, DAY, LINES), h.new_msgid(W.code)
    return msgid, v.his.call("2304", v.message(), msgid)["setlinfo"]["setl_id"]


class Beside:
    """A second replica of identity with everything set that the metrics can tell of; its page over HTTP."""

    def __enter__(self):
        self.folder = tempfile.mkdtemp(prefix="yb")
        keys = os.path.join(self.folder, "curve")
        port = subprocess.run([sys.executable, os.path.join(h.SOURCE, "scripts", "port.py"), "free"], capture_output=True, text=True).stdout.strip()
        code, _, err = h.ctl("keys", "make", "identity", "--dir", keys)
        assert code == 0, err
        cert, backup = os.path.join(self.folder, "tls.pem"), os.path.join(self.folder, "backup")
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "90", "-subj", "/CN=test",
                        "-keyout", os.path.join(self.folder, "tls.key"), "-out", cert], check=True, capture_output=True)
        os.mkdir(backup)
        with open(os.path.join(backup, "full.mbstream"), "w") as f:
            f.write("backup")
        home = os.environ["YB_HOME"]
        env = dict(os.environ, YB_NODE="9", YB_LISTEN=f"ipc://{self.folder}/i.sock", YB_DB_NAME="yibao_identity", YB_DB_USER="yibao_identity",
                   YB_DB_PASSWORD_FILE=f"{home}/secrets/db-identity", YB_METRICS_PORT=port, YB_WATCH_CERTS=cert, YB_BACKUP_DIR=backup, YB_CURVE_DIR=keys)
        self.log = open(os.path.join(self.folder, "log"), "w+")
        self.process = subprocess.Popen([os.path.join(h.BIN, "yibao-identity")], env=env, stdin=subprocess.DEVNULL, stderr=self.log)
        self.url, self.cert, self.backup = f"http://127.0.0.1:{port}", cert, backup
        h.until("the page of metrics", self.answers, 60)
        return self

    def answers(self):
        if self.process.poll() is not None:
            self.log.seek(0)
            raise AssertionError(self.log.read())
        try:
            return get(self.url + "/metrics")[0] == 200
        except (urllib.error.URLError, ConnectionError):
            return False

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)


class Metrics(h.Case):
    def test_everything_named_is_there(self):
        with Beside() as b:
            status, kind, text = get(b.url + "/metrics")
            self.assertEqual((status, kind), (200, "text/plain; version=0.0.4; charset=utf-8"))
            with self.assertRaises(urllib.error.HTTPError) as nothing:
                get(b.url + "/")
            self.assertEqual(nothing.exception.code, 404)
            ends = seeing.value_of(text, "yibao_certificate_expires_seconds", file=b.cert)
            self.assertTrue(89 * 86400 < ends - time.time() < 91 * 86400, ends)
            self.assertEqual(seeing.value_of(text, "yibao_backup_newest_bytes"), 6)
            self.assertEqual(seeing.value_of(text, "yibao_backup_newest_seconds"), int(os.stat(b.backup + "/full.mbstream").st_mtime))
            self.assertGreater(seeing.value_of(text, "yibao_curve_key_made_seconds"), 0)
            self.assertGreater(seeing.value_of(text, "yibao_disk_free_bytes"), 0)
            there = seeing.samples(text).union(*(seeing.samples(page(s)) for s in (*SERVICES, "gateway")))
        named = 0
        for where, expr in seeing.expressions():
            for metric in seeing.metrics_of(expr):
                named += 1
                self.assertIn(metric, there, where)
        self.assertGreater(named, 50)

    def test_every_service_names_itself(self):
        for service in (*SERVICES, "gateway"):
            text = page(service)
            self.assertEqual(set(re.findall(r'service="(\w+)"', text)), {service})
            self.assertEqual(len(set(text.splitlines())), len(text.splitlines()), "a sample stands twice")
            if service != "gateway":
                self.assertEqual(seeing.value_of(text, "yibao_database_up"), 1)
        self.assertEqual(h.ctl("metrics", "nonsuch")[0], 2)

    def test_a_refusal_is_counted_by_its_code(self):
        v = h.ready_visit(h.Client(W.code), W.people[0], DAY, LINES)
        before = [number(s, "yibao_refused_by_code_total", code="TOTAL_MISMATCH") for s in ("gateway", "settlement")]
        calls = number("gateway", "yibao_transaction_seconds_count", infno="2304")
        self.assertFalse(v.his.ask("2304", v.message(total="1.00")).ok)
        after = [number(s, "yibao_refused_by_code_total", code="TOTAL_MISMATCH") for s in ("gateway", "settlement")]
        self.assertEqual([b - a for a, b in zip(before, after)], [1, 1])
        self.assertEqual(number("gateway", "yibao_transaction_seconds_count", infno="2304"), calls + 1)

    def test_connections_show(self):
        for peer in SERVICES:
            self.assertEqual(number("gateway", "yibao_peer_replicas", peer=peer), 1)
        h.platform("stop", "drg")
        try:
            h.until("drg away", lambda: number("gateway", "yibao_peer_replicas", peer="drg") == 0)
        finally:
            h.platform("start", "drg")
        h.until("drg back", lambda: number("gateway", "yibao_peer_replicas", peer="drg") == 1)


class Following(h.Case):
    def test_one_request_through_all_services(self):
        msgid, _ = settle(W.people[1])
        code, out, err = h.ctl("trace", msgid)
        self.assertEqual(code, 0, err)
        rows = [row.split() for row in out.splitlines()[1:]]
        request = {row[3] for row in rows if row[1] == "gateway"}
        self.assertEqual(len(request), 1, out)
        request = request.pop()
        self.assertEqual({row[1] for row in rows if row[3] == request}, {"gateway", "settlement", "enrollment", "identity"}, out)
        self.assertIn("Settlement/Settle OK", out)
        self.assertIn("Enrollment/Entitle OK", out)
        self.assertIn("Identity/Resolve OK", out)
        self.assertEqual(h.ctl("trace", request)[1], out)
        logs = "".join(f"{name}_1  | {text}" for name in ("gateway", *SERVICES) for text in open(os.path.join(LOGS, f"{name}.log"), encoding="utf-8"))
        self.assertEqual(h.ctl("trace", request, "-", stdin=logs)[1], out)      # as docker-compose shows them
        for person in W.people:
            for secret in (person.name, person.certno):
                self.assertNotIn(secret, logs)

    def test_nothing_to_follow(self):
        code, out, err = h.ctl("trace", "5" * 32)
        self.assertEqual((code, out), (1, ""), err)
        self.assertEqual(h.ctl("trace", "short")[0], 2)
        with tempfile.TemporaryDirectory() as empty:
            self.assertEqual(h.ctl("trace", "5" * 32, empty)[0], 2)

    def test_a_slow_call_says_where_its_time_went(self):
        before = number("settlement", "yibao_slow_total", method="Settlement/Settle")
        out = h.ctl("trace", settle(W.people[2])[0])[1]
        self.assertRegex(out, r"slow: Settlement/Settle batch of 1 took \d+ ms: database \d+ ms in \d+ round trips \(the longest \d+ ms: [\w.]+\)"
                              r", identity \d+ ms, enrollment \d+ ms, the rest \d+ ms; the first had waited \d+ ms for a lane")
        self.assertRegex(out, r"slow: 2304 took \d+ ms: services below \d+ ms in \d+ calls \(the longest \d+ ms: [\w/]+\), the rest \d+ ms")
        self.assertEqual(number("settlement", "yibao_slow_total", method="Settlement/Settle"), before + 1)


class Books(h.Case):
    def test_an_entry_that_was_changed_is_seen(self):
        setl = settle(W.people[3])[1]
        again("settlement")
        h.until("a look at the books", lambda: number("settlement", "yibao_journal_checked_total") > 0)
        for name in ("unbalanced_total", "broken_total", "net_fen"):
            self.assertEqual(number("settlement", f"yibao_journal_{name}"), 0, name)
        leg = f"UPDATE journal_leg l JOIN journal_entry e ON l.lane = e.lane AND l.seq = e.seq SET l.debit_fen = l.debit_fen %s 7 WHERE e.subject = {setl} AND l.n = 1;"
        sql(leg % "+")
        try:
            again("settlement")
            h.until("a look at the books", lambda: number("settlement", "yibao_journal_checked_total") > 0)
            self.assertEqual([number("settlement", f"yibao_journal_{n}") for n in ("unbalanced_total", "broken_total", "net_fen")], [1, 1, 7])
            code, out, _ = h.ctl("audit")
            self.assertEqual(code, 1, out)
            self.assertGreaterEqual(number("settlement", "yibao_audit_findings"), 2)
        finally:
            sql(leg % "-")
            slowly("settlement")

    def test_the_last_audit_is_told(self):
        begun = int(time.time())
        h.check_audit()
        self.assertGreaterEqual(number("settlement", "yibao_audit_finished_seconds"), begun)
        self.assertEqual(number("settlement", "yibao_audit_findings"), 0)
        checked = number("settlement", "yibao_audit_checked")
        self.assertGreater(checked, 0)
        slowly("settlement")                     # and is known to the next start
        h.until("the last audit", lambda: number("settlement", "yibao_audit_checked") == checked)


if __name__ == "__main__":
    h.main()
