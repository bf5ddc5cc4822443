#!/usr/bin/env python3
"""What drg knows of settlement's stays: compared (yibaoctl drg compare), forgotten on purpose, told again (backfill), twice, with the same
result; stays that were told by a release that did not say what the basic fund paid."""
import time, unittest

import hospital as h
from hospital import JIA, YI, line

AREA = "141100"
W = None


def setUpModule():
    global W
    W = h.World()
    W.one, W.two = W.institution(charge_class=3, tier="county"), W.institution()
    W.people = [W.person(("390", "310")[i % 2]) for i in range(12)]
    W.load()


def settled(person, code):
    v = h.ready_visit(h.Client(code), person, "2025-03-10", [line(JIA, "1200.50", 30, "1"), line(YI, 300, 7, "2")])
    v.out = v.settle()
    return v


def copies():
    return h.sql("drg", "SELECT setl_id, known, reversed_by, reverses, poolarea, mdtrt_id, psn_no, insutype, med_type, fixmedins_code, insuplc_admdvs,"
                 " inpatient, setl_time, begntime, endtime, medfee_sumamt_fen, fund_pay_sumamt_fen, fulamt_ownpay_amt_fen, overlmt_selfpay_fen,"
                 " acct_pay_fen, psn_cash_pay_fen, basic_fund_fen, HEX(funds) FROM settlement WHERE setl_id IN"
                 f" ({','.join(W.ids)}) ORDER BY setl_id")


class Backfill(h.Case):
    def compare(self, code, *words):
        got, out, err = h.ctl("drg", "compare", "--area", AREA, "--month", self.month, "--wait", "30")
        self.assertEqual(got, code, out + err)
        for w in words:
            self.assertIn(w, out)

    def backfill(self, *words):
        code, out, err = h.ctl("drg", "backfill", "--area", AREA, "--from", self.month, "--to", self.month)
        self.assertEqual(code, 0, out + err)
        for w in words + ("settlement and drg agree",):
            self.assertIn(w, out)

    def test_forgotten_and_told_again(self):
        self.month = time.strftime("%Y%m")
        visits = [settled(p, W.one if i % 3 else W.two) for i, p in enumerate(W.people)]
        W.ids = [v.setl_id for v in visits]
        for v in visits[::5]:
            W.ids.append(v.reverse()["setlinfo"]["setl_id"])
        self.compare(0, "agree")
        first = copies()
        self.assertEqual(len(first), len(W.ids))
        gone = ",".join(W.ids[1:4])                                # whole, forgotten
        h.sql("drg", f"DELETE FROM settlement WHERE setl_id IN ({gone})")
        self.compare(1, W.one, "backfill")
        h.sql("drg", f"UPDATE settlement SET basic_fund_fen = -1 WHERE setl_id IN ({','.join(W.ids)}) AND known = 1")
        h.sql("drg", f"DELETE FROM settlement WHERE setl_id = {W.ids[-1]} OR setl_id = {W.ids[0]}")   # a reversal and an original
        self.compare(1, W.two)
        for again in range(2):
            self.backfill()
            self.assertEqual(copies(), first)
        self.compare(0, "agree")

    def test_usage(self):
        for args in (("compare",), ("compare", "--area", AREA), ("compare", "--area", AREA, "--month", "2025-13"), ("backfill", "--area", AREA),
                     ("compare", "--area", "12", "--month", "202501"), ("backfill", "--area", AREA, "--from", "202502", "--to", "202501")):
            code, out, err = h.ctl("drg", *args)
            self.assertEqual((code, bool(err.strip())), (2, True), out + err)
        code, out, err = h.ctl("drg", "backfill", "--area", "999900", "--from", "202501", "--to", "202501")
        self.assertEqual((code, "0 stays" in out), (0, True), out + err)


if __name__ == "__main__":
    h.main()
