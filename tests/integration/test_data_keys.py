#!/usr/bin/env python3
"""Keys of data that grow by one: what identity sealed with its first key is read after a second one was added and put into use, a person is found by his
ID number as before, and new rows have the new key's number; heads that settlement's journal signed before its key was changed still verify, and only with
the public key that was kept. Ends with the keys it leaves: they only ever grow."""
import os, unittest

import hospital as h

KEYS = os.environ.get("YB_KEY_DIR") or os.path.join(os.environ.get("YB_HOME", ""), "keys")
W = None


def setUpModule():
    global W
    W = h.World()
    W.code = W.institution()


def keys(*args):
    code, out, err = h.ctl("keys", "data", *args, "--dir", KEYS)
    assert code == 0, out + err
    return out


def restart(name):
    h.platform("stop", name)
    h.platform("start", name)


class Box(h.Case):
    def sealed_with(self, person):
        return int(h.sql("identity", f"SELECT ORD(SUBSTRING(certno, 2, 1)) FROM person WHERE psn_no = '{person.psn_no}'")[0][0])

    def found(self, person):
        out = h.Client(W.code).call("1101", h.m1101(person))["baseinfo"]
        self.assertEqual((out["psn_no"], out["certno"], out["psn_name"]), (person.psn_no, person.certno, person.name))

    def test_old_rows_are_read_with_old_keys(self):
        first = W.person("390")
        W.load()
        old = self.sealed_with(first)
        keys("identity", "--next")
        code, _, err = h.ctl("keys", "data", "identity", "--next", "--dir", KEYS)
        self.assertEqual(code, 1, "one that is not in use yet is enough")
        restart("identity")
        second = W.person("390")
        W.load()
        self.assertEqual(self.sealed_with(second), old, "a key that other replicas may not have yet seals nothing")
        keys("identity", "--use")
        restart("identity")
        third = W.person("390")
        W.load()
        self.assertEqual(self.sealed_with(third), old + 1)
        for person in (first, second, third):
            self.found(person)


class Journal(h.Case):
    def heads(self):
        """(faults, how many heads the audit checked)"""
        code, out, err = h.ctl("audit")
        row = next(line for line in out.splitlines() if line.startswith("signed heads"))
        return code, int(row.removeprefix("signed heads saved outside the database").split()[0]), out + err

    def test_old_heads_verify(self):
        person = W.person("390")
        W.load()
        v = h.ready_visit(h.Client(W.code), person, "2025-03-10", [h.line(h.JIA, 100, 1, "1")])
        v.his.call("2304", v.message())
        restart("settlement")                    # the day's heads are written soon after a start, when they are not yet
        h.until("heads are saved", lambda: self.heads()[1] > 0, 60)
        code, count, text = self.heads()
        self.assertEqual(code, 0, text)
        out = keys("settlement", "--next")
        kept = next(word for line in out.splitlines() for word in line.split() if word.endswith(".pub"))
        self.assertEqual(self.heads()[:2], (0, count))
        os.rename(kept, kept + ".away")
        try:
            code, _, text = self.heads()
            self.assertEqual(code, 1, "without the old public key nothing says whose signature it is")
            self.assertIn("the signature is not ours", text)
        finally:
            os.rename(kept + ".away", kept)
        self.assertEqual(self.heads()[:2], (0, count))


if __name__ == "__main__":
    h.main()
