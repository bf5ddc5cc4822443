#!/usr/bin/env python3
"""Many settlements of one person at the same moment, near every cap of a year: no cap is overrun, a deductible is counted once, what was
paid is what the year remembers (5206), and after all are cancelled, also at once, everything is back at zero.

In whatever order they came: each answer must be what the rules give for the state that the settlements before it left. The order is not
known, so the sums are checked, and yibaoctl recompute computes each anew from the state that was stored with it.
"""
import random, unittest
from decimal import Decimal

import hospital as h
from hospital import JIA, YI, line, money

CLIENTS = 64
DAY = "2025-03-10"
W = None


def setUpModule():
    global W
    W = h.World()
    W.small, W.big = W.institution(charge_class=3, tier="county"), W.institution(charge_class=1, tier="province")
    W.employee = W.person("310", wage="30000.00", balc="5000.00", chronic=["M03900"])
    W.resident = W.person("390", chronic=["M03900"])
    W.poor = W.person("390", tags=["低保"])
    W.crowd = [W.person(("310", "390")[i % 2], wage="90000.00", balc="300.00" if i % 2 == 0 else "0.00") for i in range(16)]
    W.load()


def tearDownModule():
    h.check_audit()
    h.check_recompute()


def settled(visit, acct="1"):
    """The settlement with its own connection; "processing" and "try again" are asked again under the same message id."""
    c, msgid = h.Client(visit.his.institution), h.new_msgid(visit.his.institution)
    infno = "2304" if visit.inpatient else "2207"
    for _ in range(100):
        a = c.ask(infno, visit.message(acct=acct), msgid)
        if a.ok:
            visit.setl_id = a.output["setlinfo"]["setl_id"]
            h.check_identities(a.output)
            return a.output
        assert a.status == 503 or "正在处理" in a.err_msg or "重试" in a.err_msg, a.err_msg
    raise AssertionError(a.err_msg)


def reversed_(visit):
    c, msgid = h.Client(visit.his.institution), h.new_msgid(visit.his.institution)
    for _ in range(100):
        a = c.ask("2305" if visit.inpatient else "2208", h.undo(visit.person, visit.mdtrt_id, visit.setl_id), msgid)
        if a.ok:
            return a.output
        assert a.status == 503 or "正在处理" in a.err_msg or "重试" in a.err_msg, a.err_msg
    raise AssertionError(a.err_msg)


def all_good(results):
    for r in results:
        if isinstance(r, Exception):
            raise r
    return results


class OnePerson(h.Case):
    def prepare(self, person, amounts, seed):
        """CLIENTS visits of one year: stays, ordinary and chronic outpatient visits, in small and big institutions."""
        rng = random.Random(f"{h.SEED} {seed}")
        kinds = [("21", "")] * 5 + [("11", "")] * 3 + [("14", "M03900")] * 2
        kinds = [k for k in kinds if k[0] in amounts]
        clients, visits = {code: h.Client(code) for code in (W.small, W.big)}, []
        for i in range(CLIENTS):
            med, dise = rng.choice(kinds)
            low, high = amounts[med]
            pric = Decimal(rng.randrange(low * 100, high * 100)) / 100
            visits.append(h.ready_visit(clients[rng.choice((W.small, W.big))], person, DAY, [line(rng.choice((JIA, YI)), pric, 1, "1")],
                                        med == "21", med, dise))
        return visits

    def play(self, person, amounts, caps, reached, seed):
        visits, c = self.prepare(person, amounts, seed), h.Client(W.small)
        balc = money(c.call("1101", h.m1101(person))["insuinfo"][0]["balc"])
        out = all_good(h.together(CLIENTS, lambda i: settled(visits[i])))
        acc = h.accumulators(c, person, 2025)
        total = lambda field, *meds: sum((money(o["setlinfo"][field]) for o in out if not meds or o["setlinfo"]["med_type"] in meds), Decimal(0))
        employee = person.insutype == "310"
        self.assertEqual(acc["C0000_BIZ21"], len([v for v in visits if v.inpatient]))
        self.assertEqual(acc["D310100" if employee else "D390100"], total("hifp_pay"))
        self.assertEqual(acc["D330100" if employee else "D390200"], total("hifob_pay") + total("hifmi_pay"))
        self.assertEqual(acc["D310100_BIZ11" if employee else "D390100_BIZ11"], total("hifp_pay", "11"))
        self.assertEqual(acc["TQ0000_BIZ11"], total("act_pay_dedc", "11"))
        if person.chronic:
            self.assertEqual(acc[("D310100" if employee else "D390100") + "_BIZ14_M03900"], total("hifp_pay", "14"))
        for what, value in caps.items():
            self.assertLessEqual(acc[what], value, what)
        for what in reached:
            self.assertEqual(acc[what], caps[what], f"{what}: the visits were chosen to reach this cap in any order")
        self.assertEqual(len({o["setlinfo"]["setl_id"] for o in out}), CLIENTS)
        left = money(c.call("1101", h.m1101(person))["insuinfo"][0]["balc"])
        self.assertEqual(left, balc - total("acct_pay"))
        self.assertTrue(all(money(o["setlinfo"]["balc"]) >= 0 for o in out) and left >= 0)
        self.assertEqual(left, 0 if employee else balc)
        gone = all_good(h.together(CLIENTS, lambda i: reversed_(visits[i])))
        for one, back in zip(out, gone):
            self.assertEqual([k for k in h.AMOUNTS if money(back["setlinfo"][k]) != -money(one["setlinfo"][k])], [])
        self.assertEqual({k: v for k, v in h.accumulators(c, person, 2025).items() if v}, {})
        self.assertEqual(money(c.call("1101", h.m1101(person))["insuinfo"][0]["balc"]), balc)

    def test_employee(self):
        # a yearly wage below 60 000: the basic cap is 60 000
        self.play(W.employee, {"21": (3000, 9000), "11": (400, 900), "14": (500, 2000)},
                  {"D310100": 60000, "D330100": 400000, "D310100_BIZ11": 2000, "D310100_BIZ14_M03900": 3000, "TQ0000_BIZ11": 300},
                  ["D310100", "TQ0000_BIZ11"], "employee")

    def test_employee_outpatient(self):
        self.play(W.employee, {"11": (100, 900), "14": (500, 2000)}, {"D310100_BIZ11": 2000, "D310100_BIZ14_M03900": 3000, "TQ0000_BIZ11": 300},
                  ["D310100_BIZ11", "D310100_BIZ14_M03900", "TQ0000_BIZ11"], "employee at the clinic")

    def test_resident(self):
        self.play(W.resident, {"21": (9000, 20000), "11": (50, 300), "14": (500, 2000)},
                  {"D390100": 100000, "D390200": 400000, "D390100_BIZ11": 300, "D390100_BIZ14_M03900": 3000}, ["D390100"], "resident")

    def test_resident_outpatient(self):
        self.play(W.resident, {"11": (50, 300), "14": (500, 2000)}, {"D390100_BIZ11": 300, "D390100_BIZ14_M03900": 3000},
                  ["D390100_BIZ11", "D390100_BIZ14_M03900"], "resident at the clinic")

    def test_poor(self):
        self.play(W.poor, {"21": (20000, 90000), "11": (50, 300)}, {"D390100": 100000, "D390100_BIZ11": 300, "D390200": 400000, "D610100": 80000},
                  ["D390100", "D390200", "D610100"], "poor")


class Crowd(h.Case):
    def test_settle_and_cancel_at_once(self):
        """64 clients settle, cancel and settle again the visits of sixteen persons; the year remembers what stands."""
        visits = [h.ready_visit(h.Client(W.small), p, DAY, [line(YI, "1234.56", k + 1, "1")], k % 2 == 0) for p in W.crowd for k in range(4)]

        def work(i):
            first = settled(visits[i])
            for _ in range(2):
                reversed_(visits[i])
                last = settled(visits[i])
            return last
        out = all_good(h.together(CLIENTS, work))
        c = h.Client(W.small)
        for n, p in enumerate(W.crowd):
            mine, acc = out[4 * n:4 * n + 4], h.accumulators(c, p, 2025)
            self.assertEqual(acc["C0000_BIZ21"], 2)
            self.assertEqual(acc["D310100" if p.insutype == "310" else "D390100"], sum(money(o["setlinfo"]["hifp_pay"]) for o in mine))
            self.assertEqual(acc["TQ0000_BIZ11"], sum(money(o["setlinfo"]["act_pay_dedc"]) for o in mine if o["setlinfo"]["med_type"] == "11"))
            self.assertEqual(money(c.call("1101", h.m1101(p))["insuinfo"][0]["balc"]), Decimal(p.balc) - sum(money(o["setlinfo"]["acct_pay"]) for o in mine))
            for v, o in zip(visits[4 * n:4 * n + 4], mine):
                self.assertEqual({k: money(x) for k, x in v.query()["setlinfo"].items() if k in h.AMOUNTS},
                                 {k: money(o["setlinfo"][k]) for k in h.AMOUNTS})


if __name__ == "__main__":
    h.main()
