#!/usr/bin/env python3
"""The gateway with a certificate of its own (YB_TLS_CERT, YB_TLS_KEY), beside the platform's plain one: transactions and a set of conformance cases over
https, long bodies and many small records, requests sent ahead, slow readers, old versions of TLS refused, the certificate renewed while connections stand,
health and metrics, and what it refuses to start with."""
import csv, http.client, json, os, re, shutil, signal, socket, ssl, subprocess, sys, tempfile, unittest

import hospital as h

sys.path.insert(0, os.path.join(h.SOURCE, "tests", "support"))
import seeing

W = None


def setUpModule():
    global W
    W = h.World()
    W.code, W.someone = W.institution(charge_class=3, tier="county"), W.person("390")
    W.load()


def make_certificate(folder, name, days=90):
    cert, key = os.path.join(folder, f"{name}.pem"), os.path.join(folder, f"{name}.key")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", str(days), "-subj", f"/CN={name}",
                    "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", cert], check=True, capture_output=True)
    os.chmod(key, 0o600)
    return cert, key


def trusting(cert):
    return ssl.create_default_context(cafile=cert)


class Gateway:
    """A second gateway of the platform, with TLS."""

    def __init__(self, **env):
        self.folder = tempfile.mkdtemp(prefix="yb")
        self.cert, self.key = make_certificate(self.folder, "one")
        self.port = int(subprocess.run([sys.executable, os.path.join(h.SOURCE, "scripts", "port.py"), "free"], capture_output=True, text=True).stdout)
        self.env = dict(os.environ, YB_NODE="8", YB_HTTP_PORT=str(self.port), YB_LISTEN="", YB_TLS_CERT=self.cert, YB_TLS_KEY=self.key, YB_SLOW_MS="60000", **env)
        self.log, self.process = os.path.join(self.folder, "log"), None
        self.url = f"https://127.0.0.1:{self.port}"

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen([os.path.join(h.BIN, "yibao-gateway")], env=self.env, stderr=log, stdin=subprocess.DEVNULL)
        h.until("the gateway is ready", lambda: self.process.poll() is not None or self.health() == 0, 60)
        return self

    def run_to_its_end(self):
        env = dict(self.env, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":detect_leaks=0")      # what cannot start leaves its memory to the system
        r = subprocess.run([os.path.join(h.BIN, "yibao-gateway")], env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        return r.returncode, r.stderr

    def health(self):
        return subprocess.run([os.path.join(h.BIN, "yibao-gateway"), "--health"], env=self.env, capture_output=True, stdin=subprocess.DEVNULL, timeout=60).returncode

    def said(self):
        with open(self.log, encoding="utf-8") as f:
            return f.read()

    def client(self):
        return h.Client(W.code, url=self.url, tls=trusting(self.cert))

    def socket(self, context=None):
        s = (context or trusting(self.cert)).wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=60), server_hostname="127.0.0.1")
        return s

    def stop(self):
        if self.process is not None:
            self.process.send_signal(signal.SIGTERM)
            code = self.process.wait(60)
            assert code == 0, f"exit code {code}: {self.said()[-2000:]}"
        shutil.rmtree(self.folder, ignore_errors=True)


def message(c, infno, data):
    body = json.dumps(c.envelope(infno, data), ensure_ascii=False).encode()
    return (f"POST /hsa/hgs/{infno} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: {len(body)}\r\n\r\n").encode() + body


def read_answers(s, count, piece=65536):
    """So many answers from a connection, `piece` bytes at a time; their bodies."""
    data, bodies = b"", []
    while len(bodies) < count:
        head, sep, rest = data.partition(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head, re.I)[1]) if sep else None
        if sep and len(rest) >= length:
            bodies.append(rest[:length])
            data = rest[length:]
            continue
        got = s.recv(piece)
        assert got, f"closed after {len(bodies)} answers"
        data += got
    assert not data
    return bodies


class Tls(h.Case):
    @classmethod
    def setUpClass(cls):
        cls.g = Gateway().start()
        cls.addClassCleanup(cls.g.stop)

    def test_visits(self):
        his = self.g.client()
        for inpatient in (True, False):
            v = h.ready_visit(his, W.someone, "2025-03-10", [h.line(h.JIA, 100, 1, "1")], inpatient)
            out = his.call("2304" if inpatient else "2207", v.message())
            h.check_identities(out)
            self.assertEqual(h.Client(W.code).call("5203", h.undo(W.someone, v.mdtrt_id, out["setlinfo"]["setl_id"]))["setlinfo"]["setl_id"], out["setlinfo"]["setl_id"])

    def test_long_bodies_on_one_connection(self):
        """Over many records, and after each other: what GnuTLS has read and not yet given must not wait for the next byte from outside."""
        his = self.g.client()
        for size in (1, 16000, 16384, 16385, 40000, 300000, 3000000):
            answer = his.ask("1101", {"data": {"filler": "x" * size}})
            self.assertEqual(answer.infcode, -1)
            self.assertTrue(his.ask("1101", h.m1101(W.someone)).ok)
        self.assertEqual(his.send(b" " * (5 << 20)).status, 413)

    def test_sent_ahead(self):
        """Several requests in one record: each is answered although no further byte comes."""
        his = self.g.client()
        with self.g.socket() as s:
            s.sendall(b"".join(message(his, "1101", h.m1101(W.someone)) for _ in range(5)))
            bodies = read_answers(s, 5)
        self.assertEqual([json.loads(b)["infcode"] for b in bodies], [0] * 5)

    def test_byte_by_byte_both_ways(self):
        his = self.g.client()
        with self.g.socket() as s:
            for byte in message(his, "1101", h.m1101(W.someone)):
                s.sendall(bytes([byte]))
            self.assertEqual(json.loads(read_answers(s, 1, 1)[0])["infcode"], 0)
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n" * 3)
            for body in read_answers(s, 3, 7):
                self.assertIn(b"yibao_info", body)

    def test_many_at_once(self):
        def one(i):
            his = self.g.client()
            return [his.call("1101", h.m1101(W.someone))["baseinfo"]["psn_no"] for _ in range(10)]
        self.assertEqual(h.together(16, one), [[W.someone.psn_no] * 10] * 16)

    def test_versions(self):
        for version, good in ((ssl.TLSVersion.TLSv1, False), (ssl.TLSVersion.TLSv1_1, False), (ssl.TLSVersion.TLSv1_2, True), (ssl.TLSVersion.TLSv1_3, True)):
            context = trusting(self.g.cert)
            context.minimum_version = context.maximum_version = version
            context.set_ciphers("ALL:@SECLEVEL=0")
            with self.subTest(version=version.name):
                if good:
                    with self.g.socket(context) as s:
                        self.assertIn(s.version(), ("TLSv1.2", "TLSv1.3"))
                else:
                    with self.assertRaises(ssl.SSLError) as e:
                        self.g.socket(context).close()
                    self.assertRegex(str(e.exception).lower(), "alert|eof", "it was the gateway that refused, not this side")

    def test_plain_http_is_no_answer(self):
        c = http.client.HTTPConnection("127.0.0.1", self.g.port, timeout=60)
        with self.assertRaises((http.client.HTTPException, ConnectionError)):
            c.request("GET", "/health/live")
            c.getresponse()

    def test_health_status_metrics(self):
        self.assertEqual(self.g.health(), 0)
        env = dict(os.environ, YB_HTTP_PORT=str(self.g.port))
        r = subprocess.run([os.path.join(h.BIN, "yibaoctl"), "status"], env=env, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60)
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        self.assertIn(f"https://127.0.0.1:{self.g.port}", r.stdout)
        with self.g.socket() as s:
            s.sendall(b"GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            text = read_answers(s, 1)[0].decode()
        self.assertGreater(seeing.value_of(text, "yibao_certificate_expires_seconds", file=self.g.cert), 0)

    def test_conformance(self):
        """A set of the shared cases, its runner unchanged but for the connection."""
        cases = os.path.join(h.SHARED, "cases")
        if not os.path.isdir(cases):
            self.skipTest(f"{cases} is not there")
        folder = min((e.path for e in os.scandir(cases) if e.is_dir()), key=lambda s: os.path.getsize(os.path.join(s, "cases.jsonl")))
        with open(os.path.join(folder, "institutions.csv"), encoding="utf-8-sig") as f:
            area = next(csv.DictReader(f))["admdvs"]
        for kind in ("institutions", "persons", "coverage", "tags", "chronic", "catalogue"):
            code, out, err = h.ctl("import", kind, os.path.join(folder, f"{kind}.csv"), "--strict")
            self.assertEqual(code, 0, out + err)
        code = ("import http.client, runpy, ssl, sys; tls = ssl.create_default_context(cafile=sys.argv[1]);"
                "http.client.HTTPConnection = lambda host, port, timeout: http.client.HTTPSConnection(host, port, timeout=timeout, context=tls);"
                "sys.argv = sys.argv[2:]; runpy.run_path(sys.argv[0], run_name='__main__')")
        r = subprocess.run([sys.executable, "-c", code, self.g.cert, os.path.join(h.SHARED, "cases", "run_cases.py"), "--url", self.g.url, "--admdvs", area, folder], capture_output=True,
                           text=True, stdin=subprocess.DEVNULL, timeout=120)
        self.assertEqual(r.returncode, 0, r.stdout[-2000:] + r.stderr[-2000:])
        print(os.path.basename(folder), r.stdout.strip().splitlines()[-1], flush=True)


class Renewal(h.Case):
    def subject(self, g, cafile):
        with g.socket(trusting(cafile)) as s:
            return dict(x[0] for x in s.getpeercert()["subject"])["commonName"]

    def test_renewed_while_connections_stand(self):
        g = Gateway().start()
        self.addCleanup(g.stop)
        standing = g.client()
        self.assertTrue(standing.ask("1101", h.m1101(W.someone)).ok)
        self.assertEqual(self.subject(g, g.cert), "one")
        new_cert, new_key = make_certificate(g.folder, "two")
        trusted = os.path.join(g.folder, "both.pem")
        with open(trusted, "w", encoding="ascii") as out:
            for path in (g.cert, new_cert):
                with open(path, encoding="ascii") as f:
                    out.write(f.read())
        os.rename(new_cert, g.cert)              # half of a renewal: the pair does not match, the old one stays
        h.until("half a renewal is told", lambda: "the certificate stays the old one" in g.said(), 40)
        self.assertEqual(self.subject(g, trusted), "one")
        os.rename(new_key, g.key)
        h.until("new connections see the new certificate", lambda: self.subject(g, trusted) == "two", 40)
        self.assertTrue(standing.ask("1101", h.m1101(W.someone)).ok)
        self.assertEqual(g.health(), 0)


class Refused(h.Case):
    def setUp(self):
        self.g = Gateway()
        self.addCleanup(self.g.stop)

    def wont_start(self, *words):
        code, err = self.g.run_to_its_end()
        self.assertEqual(code, 3, err)
        for word in words:
            self.assertIn(word, err)

    def test_key_open_to_others(self):
        os.chmod(self.g.key, 0o644)
        self.wont_start("YB_TLS_KEY", self.g.key)

    def test_pair_that_is_none(self):
        self.g.env["YB_TLS_KEY"] = make_certificate(self.g.folder, "other")[1]
        self.wont_start("不配对")

    def test_one_without_the_other(self):
        self.g.env["YB_TLS_KEY"] = ""
        self.wont_start("go together")


if __name__ == "__main__":
    h.main()
