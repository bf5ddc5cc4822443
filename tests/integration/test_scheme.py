#!/usr/bin/env python3
"""The scheme (险种) changes while the patient lies in hospital: the cover of the day of discharge decides. What such a stay pays is, to the
fen, what the same stay pays of somebody who was in that scheme all along; the year of the other scheme is not touched."""
import copy, unittest

import hospital as h
from hospital import JIA, LIMITED, YI, line, money

ADMITTED, LAST, FIRST, LATER = "2025-03-01", "2025-03-05", "2025-03-06", "2025-03-10"    # the old cover's last day, the new one's first
LINES = [line(JIA, "1250.40", 3, "a"), line(YI, "333.33", "12.5", "b"), line(LIMITED, "18.00", 20, "c")]
WAGE, BALANCE = "60000.00", "400.00"
W = None


def changing(old, new):
    """Somebody who was in one scheme until LAST and is in the other from FIRST on."""
    p = W.person(old, enddate=LAST, wage=WAGE if old == "310" else "0.00", balc=BALANCE if old == "310" else "0.00")
    W.changed.append([p.psn_no, new, "1101" if new == "310" else "1501", p.area, FIRST, "", "", WAGE if new == "310" else "0.00",
                      BALANCE if new == "310" else "0.00"])
    return p


def setUpModule():
    global W
    W = h.World()
    W.changed, W.hospital = [], W.institution(charge_class=2, tier="city")
    W.people = {(old, new): [changing(old, new) for _ in range(3)] for old, new in (("390", "310"), ("310", "390"))}
    W.always = {s: [W.person(s, wage=WAGE if s == "310" else "0.00", balc=BALANCE if s == "310" else "0.00") for _ in range(3)] for s in ("310", "390")}
    W.load()
    W.put("coverage", "psn_no insutype psn_type insuplc_admdvs begndate enddate emp_no clct_wage balc", W.changed)


def tearDownModule():
    h.check_audit()
    h.check_recompute()


def under(person, insutype):
    """The person as the hospital would name him in that scheme."""
    p = copy.copy(person)
    p.insutype = insutype
    return p


def discharged(c, person, day):
    v = h.Visit(c, person, True, ADMITTED)
    v.end = f"{day} 17:00:00"
    v.admit()
    v.upload(LINES)
    return v.discharge()


def paid(out):
    return {k: money(out["setlinfo"][k]) for k in h.AMOUNTS}, [(d["fund_pay_type"], money(d["fund_payamt"])) for d in out["setldetail"]]


class Change(h.Case):
    def settles_by(self, person, day, right, wrong, like):
        """Of the two schemes only `right` is settled, as the stay of `like` is."""
        c = h.Client(W.hospital)
        v, w = discharged(c, person, day), discharged(c, like, day)
        here = under(person, right)
        for infno in ("2303", "2304"):
            self.refused(c.ask(infno, h.settle_in(under(person, wrong), v.mdtrt_id, h.total_of(LINES))), "参保", day, field="insutype")
        echo = c.call("2303", h.settle_in(here, v.mdtrt_id, h.total_of(LINES), acct="1"))
        done = c.call("2304", h.settle_in(here, v.mdtrt_id, h.total_of(LINES), acct="1"))
        h.check_identities(done)
        self.assertEqual(paid(done), paid(echo))
        self.assertEqual(paid(done), paid(w.settle(acct="1")))
        self.assertGreater(money(done["setlinfo"]["hifp_pay"]), 0)
        self.assertEqual(done["setlinfo"]["insutype"], right)
        self.assertEqual(money(done["setlinfo"]["acct_pay"]) > 0, right == "310")
        self.assertEqual(h.accumulators(c, here, 2025), h.accumulators(c, like, 2025))
        self.assertFalse(any(h.accumulators(c, under(person, wrong), 2025).values()))
        back = c.call("2305", h.undo(person, v.mdtrt_id, done["setlinfo"]["setl_id"]))
        h.check_reversal(done, back)
        self.assertFalse(any(h.accumulators(c, here, 2025).values()))
        self.assertEqual(paid(c.call("2304", h.settle_in(here, v.mdtrt_id, h.total_of(LINES), acct="1"))), paid(done))

    def each(self, number, day, is_new):
        for (old, new), people in W.people.items():
            right, wrong = (new, old) if is_new else (old, new)
            with self.subTest(changed=f"{old} to {new}"):
                self.settles_by(people[number], day, right, wrong, W.always[right][number])

    def test_days_after(self):
        self.each(0, LATER, True)

    def test_first_day_of_the_new_one(self):
        self.each(1, FIRST, True)

    def test_last_day_of_the_old_one(self):
        self.each(2, LAST, False)


if __name__ == "__main__":
    h.main()
