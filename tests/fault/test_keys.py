#!/usr/bin/env python3
"""The CURVE pair of each service, and of the operators' first key, changed under load in the three steps of deploy/curve.sh: every message is answered
(some are sent again under their id while a program restarts: how many is printed), what clients were told is what stands, and at the end a client with an old pair is let in nowhere. A key taken from a folder is refused on connections that
stand, too, and let in again when it is put back, without a restart."""
import os, re, shutil, time, unittest

import load
from load import h
import keyed


def copy_of(name, to):
    """The pair of `name` as it is now, with everybody's public keys: what a client had that nobody told of the change."""
    os.makedirs(to, mode=0o700)
    home = keyed.place(name)
    shutil.copy2(f"{home}/{name}.key", to)
    for file in os.listdir(home):
        if file.endswith(".pub"):
            shutil.copy2(f"{home}/{file}", to)
    return to


class Keys(h.Case):
    @classmethod
    def setUpClass(cls):
        keyed.begin()
        cls.addClassCleanup(keyed.end)

    def old_pair_in_new_folder(self, name):
        """The old pair, knowing the services' keys of now: if it is refused, it is for itself."""
        folder = os.path.join(keyed.FOLDER, f"old-{name}")
        for service in keyed.SERVICES[:4]:
            for file in os.listdir(folder):
                if file.split(".")[0] == service and service != name and file.endswith(".pub"):
                    os.unlink(os.path.join(folder, file))
            if service != name:
                shutil.copy2(os.path.join(keyed.place(service), f"{service}.pub"), folder)
        return folder

    def test_1_change_under_load(self):
        world = h.World()
        work = load.Load(world, clients=4)
        world.load()
        names = ("identity", "enrollment", "settlement", "drg", "gateway", "ctl")
        for name in names:
            folder = copy_of(name, os.path.join(keyed.FOLDER, f"old-{name}"))
            self.assertGreater(keyed.up(keyed.ctl("status", key=name, folder=folder)), 1, name)
        work.start()
        seen, begun = {}, time.monotonic()
        os.utime(os.path.join(keyed.place("identity"), "identity.key"), (time.time() - 500 * 86400,) * 2)
        try:
            for name in names:
                before = len(work.trouble)
                keyed.curve("next", name)
                keyed.curve("switch", name)
                work.progress(20)               # both are known, the old one still serves
                if name != "ctl":
                    h.platform("stop", name)
                    h.platform("start", name)
                work.progress(20)
                keyed.curve("retire", name)
                work.progress(20)
                seen[name] = work.trouble[before:]
        finally:
            work.stop.set()
            h.platform("start", *keyed.SERVICES)
        work.finish()
        print(f"six pairs changed in {time.monotonic() - begun:.1f} s", flush=True)
        work.compare()
        print("sent again while the pair was changed of:", ", ".join(f"{name} {len(trouble)}" for name, trouble in seen.items()), flush=True)
        made = re.search(r"^yibao_curve_key_made_seconds\S* (\d+)", keyed.ctl("metrics", "identity")[1], re.M)
        self.assertGreater(int(made[1]), time.time() - 86400, "the alert YibaoCurveKeyOld ends with the change")
        self.assertEqual(keyed.up(keyed.ctl("status")), 4)
        for name in names:
            left = sorted(f for _, _, files in os.walk(keyed.FOLDER) for f in files if f.startswith(f"{name}.") and (".old" in f or ".next" in f))
            self.assertEqual(left, [], "the change is over")
            folder = self.old_pair_in_new_folder(name)
            code, out, err = keyed.ctl("status", key=name, folder=folder)
            self.assertEqual((code, keyed.up((code, out, err))), (1, 0), f"the old key of {name} is let in: {out}{err}")

    def test_2_a_standing_connection_is_refused(self):
        world = h.World(" standing")
        person = world.person("390")
        world.institution()
        world.load()
        his, pub = world.client(), os.path.join(keyed.place("identity"), "gateway.pub")
        answer = lambda: his.ask("1101", h.m1101(person))
        self.assertTrue(answer().ok)
        with open(pub, encoding="ascii") as f:
            text = f.read()
        with open(os.path.join(keyed.HOME, "log", "identity.log"), encoding="utf-8") as f:
            f.seek(0, os.SEEK_END)
            at = f.tell()
        os.unlink(pub)
        refused = h.until("the withdrawn key is refused", lambda: next((a for a in [answer()] if not a.ok), None), 10)
        self.assertIn("已撤销", refused.err_msg)
        with open(os.path.join(keyed.HOME, "log", "identity.log"), encoding="utf-8") as f:
            f.seek(at)
            self.assertIn("the key folder changed", f.read())
        with open(pub + ".tmp", "w", encoding="ascii") as f:
            f.write(text)
        os.rename(pub + ".tmp", pub)
        h.until("it is let in again", lambda: answer().ok, 10)

    def test_3_a_new_key_is_let_in_without_a_restart(self):
        folder = os.path.join(keyed.FOLDER, "new")
        os.mkdir(folder, 0o700)
        for service in keyed.SERVICES[:4]:
            shutil.copy2(os.path.join(keyed.place(service), f"{service}.pub"), folder)
        self.assertEqual(keyed.ctl("keys", "operator", "nina", "--role", "audit", "--dir", folder)[0], 0)
        self.assertEqual(keyed.up(keyed.ctl("status", key="nina", folder=folder)), 0)
        keyed.curve("admit", os.path.join(folder, "nina.audit.pub"))
        h.until("the new key is let in", lambda: keyed.up(keyed.ctl("status", key="nina", folder=folder)) == 4, 20)
        keyed.curve("withdraw", "nina")
        h.until("the withdrawn key is let in no more", lambda: keyed.up(keyed.ctl("status", key="nina", folder=folder)) == 0, 20)

    def test_4_a_broken_file_keeps_nobody_else_out(self):
        broken = os.path.join(keyed.place("identity"), "zz.pub")
        with open(broken, "w", encoding="ascii") as f:
            f.write("half a ke")
        self.addCleanup(os.unlink, broken)
        self.assertEqual(keyed.up(keyed.ctl("status")), 4)


if __name__ == "__main__":
    h.main()
