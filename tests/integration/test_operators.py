#!/usr/bin/env python3
"""Operators are who their key says (deploy/curve.sh operator): what each role may do is refused to the others by name; the second person of a month's
release is another key, whatever YB_OPERATOR claims; what is recorded is the key's name. On a platform whose sockets have keys."""
import os, shutil, subprocess, unittest

import hospital as h
import keyed
import test_month as months
from month_oracle import sql

months.areas = iter(months.R.sample(range(2100, 2199), 5))
months.next_id = months.R.randrange(10**17, 10**18)
ROLES = {"anna": "business", "boris": "business", "olga": "audit", "sven": "system", "sasha": "security"}
W = None


def setUpModule():
    global W
    W = h.World()
    W.code, W.person_seen = W.institution(), W.person("390")
    W.load()
    keyed.begin()
    unittest.addModuleCleanup(keyed.end)
    for name, role in ROLES.items():
        keyed.curve("operator", name, role)


class Operators(h.Case):
    def allowed(self, key, *args):
        code, out, err = keyed.ctl(*args, key=key)
        self.assertNotIn("无权办理", err, f"{key}: {args}")
        return code, out, err

    def forbidden(self, key, *args):
        code, out, err = keyed.ctl(*args, key=key)
        self.assertNotEqual(code, 0, f"{key} may {args}: {out}")
        self.assertIn(f"密钥{key}", err + out, f"{key}: {args}")
        self.assertIn("无权办理", err + out)

    def test_roles(self):
        path = os.path.join(W.folder, "institutions.csv")
        v = h.ready_visit(h.Client(W.code), W.person_seen, "2025-03-10", [h.line(h.JIA, 100, 1, "1")])
        setl = v.his.call("2304", v.message())["setlinfo"]["setl_id"]
        work = {
            ("import", "institutions", path): {"anna", "boris"},
            ("reads", W.person_seen.psn_no): {"olga"},
            ("explain", setl): {"anna", "boris", "olga"},
            ("audit",): {"olga"},
            ("institution", "unblock", W.code): {"sasha"},
            ("drg", "months", "--area", "141100"): {"anna", "boris", "olga"},
        }
        for args, who in work.items():
            for key in ROLES:
                with self.subTest(key=key, args=args):
                    if key in who:
                        self.assertEqual(self.allowed(key, *args)[0], 0)
                    else:
                        self.forbidden(key, *args)
        for key in ROLES:                        # whether it runs, everybody may see
            self.assertEqual(keyed.up(keyed.ctl("status", key=key)), 4)

    def drg(self, key, place, command, ym, *more, folder=None):
        return keyed.ctl("drg", command, "--area", place.area, "--month", ym, *more, key=key, folder=folder)

    def test_the_second_person_is_another_key(self):
        place, ym = months.Place(), 202503
        place.settle(ym, 20)
        self.assertEqual(self.drg("anna", place, "freeze", ym)[0], 0)
        self.assertEqual(self.drg("anna", place, "close", ym)[0], 0)
        self.assertEqual(sql(f"SELECT made_by FROM run WHERE run_id = {place.run_id(ym)}"), [["anna"]])
        # Anna says she is Boris: her pair under his name, and the environment agrees.
        lie = os.path.join(keyed.FOLDER, "lie")
        shutil.copytree(keyed.place("ctl"), lie)
        shutil.copy2(os.path.join(lie, "anna.key"), os.path.join(lie, "boris.key"))
        shutil.copy2(os.path.join(lie, "anna.business.pub"), os.path.join(lie, "boris.business.pub"))
        code, out, err = self.drg("boris", place, "release", ym, folder=lie)
        self.assertEqual(code, 1, out + err)
        self.assertIn("结账人anna", err)
        self.assertEqual(self.drg("boris", place, "release", ym)[0], 0)

    def test_the_shared_key_is_one_person(self):
        """The key of a first start has every role, and one name: it cannot be its own second person."""
        place, ym = months.Place(), 202504
        place.settle(ym, 5)
        for command in ("freeze", "close"):
            code, out, err = self.drg("nobody-of-that-name", place, command, ym)
            self.assertEqual(code, 0, out + err)
        code, _, err = self.drg("somebody-else", place, "release", ym)
        self.assertEqual(code, 1)
        self.assertIn("结账人ctl", err)

    def test_up_knows_the_keys(self):
        env = {name: value for name, value in os.environ.items() if name not in ("YB_CURVE_DIR", "YB_OPERATOR")}
        r = subprocess.run([os.path.join(h.SOURCE, "scripts", "platform.sh"), "up"], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL, timeout=180)
        self.assertEqual(r.returncode, 0, r.stdout + r.stderr)
        self.assertIn("already up", r.stdout)

    def test_withdrawn(self):
        keyed.curve("operator", "tom", "audit")
        self.assertEqual(self.allowed("tom", "audit")[0], 0)
        keyed.curve("withdraw", "tom")
        h.until("the withdrawn key is let in no more", lambda: keyed.up(keyed.ctl("status", key="tom")) == 0, 20)
        self.assertNotEqual(keyed.curve("withdraw", "identity", good=False)[0], 0, "a service cannot be withdrawn as if it were an operator")


if __name__ == "__main__":
    h.main()
