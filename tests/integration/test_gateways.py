#!/usr/bin/env python3
"""Sign-in where an institution must, and several gateways: a nonce used at one is used at all, with Redis gone signed writes wait
and the rest goes on. The gateways and the Redis of this program are its own."""
import os, shutil, socket, subprocess, tempfile, time, unittest

import hospital as h

W = None


def setUpModule():
    global W
    W = h.World()
    W.strict = W.institution()
    W.plain = W.institution()
    W.signed = W.institution(secret="s3cret-of-a-test")
    W.load()


def sign_in(client):
    return client.call("9001", {"signIn": {"opter_no": "001", "mac": "00-00-00-00-00-01", "ip": "10.0.0.1"}})["signinoutb"]["sign_no"]


class SignIn(h.Case):
    def test_must_sign_in(self):
        self.assertEqual(h.ctl("institution", "require-sign-in", W.strict, "on")[0], 0)
        strict, plain = h.Client(W.strict), h.Client(W.plain)
        ask = lambda c: c.ask("1201", {"medinsinfo": {"fixmedins_type": "1", "fixmedins_name": "", "fixmedins_code": W.plain}})
        wait = time.monotonic() + 20     # the gateway asks anew after a few seconds
        while ask(strict).ok and time.monotonic() < wait:
            pass
        for number in ("", "123456789", sign_in(plain)):
            strict.sign_no = number
            answer = ask(strict)
            self.assertFalse(answer.ok, number)
            self.assertIn("sign_no", answer.err_msg)
            self.assertIn("9001", answer.err_msg)
        strict.sign_no = sign_in(strict)
        self.assertTrue(ask(strict).ok)
        self.assertTrue(ask(plain).ok)
        strict.call("9002", {"signOut": {"sign_no": strict.sign_no, "opter_no": "001"}})
        wait = time.monotonic() + 20
        while ask(strict).ok:
            self.assertLess(time.monotonic(), wait, "signed out and still let in")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


# The platform links it into its run folder where the system has it under its other name only (scripts/platform.sh).
REDIS = shutil.which("redis-server", path=f"{os.environ.get('PATH', '')}:{os.environ.get('YB_RUN_DIR', '')}")


@unittest.skipIf(REDIS is None, "no redis-server")
class SeveralGateways(h.Case):
    def setUp(self):
        self.folder, self.processes, self.clients = tempfile.mkdtemp(prefix="yb_gw_"), [], []
        self.redis = self.start_redis()
        for node in (1, 2):
            port = free_port()
            run = os.path.join(self.folder, str(node))
            os.mkdir(run, 0o700)
            env = {**os.environ, "YB_HTTP_PORT": str(port), "YB_NODE": str(node), "YB_GATEWAYS": "2", "YB_RUN_DIR": run,
                   "YB_REDIS": f"unix:{self.folder}/redis", "YB_LISTEN": ""}
            with open(os.path.join(run, "log"), "wb") as log:
                self.processes.append(subprocess.Popen([os.path.join(h.BIN, "yibao-gateway")], env=env, stderr=log))
            self.until(lambda r=run: os.path.exists(os.path.join(r, f"gateway-{os.path.basename(r)}.ready")))
            self.clients.append(h.Client(W.signed, secret="s3cret-of-a-test", url=f"http://127.0.0.1:{port}"))

    def tearDown(self):
        for c in self.clients:
            c.close()
        for p in self.processes:
            p.terminate()
            self.assertEqual(p.wait(30), 0)
        if self.redis is not None:
            self.stop_redis()
        shutil.rmtree(self.folder)

    def start_redis(self):
        r = subprocess.Popen([REDIS, "--port", "0", "--unixsocket", f"{self.folder}/redis", "--save", "", "--appendonly", "no",
                              "--dir", self.folder], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.until(lambda: os.path.exists(f"{self.folder}/redis"))
        return r

    def stop_redis(self):
        self.redis.kill()
        self.redis.wait()
        self.redis = None

    def until(self, true):
        end = time.monotonic() + 20
        while not true():
            self.assertLess(time.monotonic(), end)

    def write(self, client, nonce=None):
        """9001 is a write."""
        body = h.json.dumps(client.envelope("9001", {"signIn": {"opter_no": "001", "mac": "m", "ip": "10.0.0.1"}})).encode()
        return client.send(body, "9001", client.headers(nonce=nonce))

    def read(self, client):
        return client.ask("1201", {"medinsinfo": {"fixmedins_type": "1", "fixmedins_name": "", "fixmedins_code": W.plain}})

    def test_nonces_are_shared(self):
        a, b = self.clients
        self.until(lambda: self.write(a).ok and self.write(b).ok)
        nonce = os.urandom(8).hex()
        self.assertTrue(self.write(a, nonce).ok)
        for client in (a, b):
            answer = self.write(client, nonce)
            self.assertEqual(answer.status, 401)
            self.assertIn("重放", answer.err_msg)
        # Redis gone: what cannot be checked is not done, what does no harm goes on
        self.stop_redis()
        lost = os.urandom(8).hex()
        answer = self.write(a, lost)
        self.assertEqual(answer.status, 503)
        self.assertNotEqual(answer.err_msg, "")
        begun = time.monotonic()
        for client in (a, b):
            self.assertTrue(self.read(client).ok)
        self.assertLess(time.monotonic() - begun, 5)
        os.unlink(f"{self.folder}/redis")
        self.redis = self.start_redis()
        self.until(lambda: self.write(a).ok and self.write(b).ok)


if __name__ == "__main__":
    h.main()
