#!/usr/bin/env python3
"""The year's clearing on the database: months released, then close --year against the oracle of test_drg_year.py, each amount and each
difference to what the months have booked; again, with other inputs, released, and what is refused. Prints its seed."""
import csv, os, random, subprocess, tempfile, unittest
from collections import defaultdict
from fractions import Fraction as F

import hospital as h
import month_oracle as oracle
from month_oracle import sql
from test_drg_year import SHEET, SUMMED, clear, fen, random_slices, yuan
import test_month
from test_month import Case, Place

R = random.Random(h.SEED)
test_month.areas = iter(R.sample(range(2100, 2199), 90))        # none that test_month.py has on the same platform
ROUNDS = max(2, int(3 * h.MINUTES))
SUMS = "gross_fen fee_fen other_pay_fen prepaid_fen withheld_fen due_fen".split()
INPUTS = ["fixmedins_code", "insutype", "adjustment", "penalty", "score", "grade", "procurement_kept", "offline_purchase"]


class YearPlace(Place):
    """Its hospitals are partly a county group; with a small budget they overrun, with a large one there are surpluses."""

    def __init__(self, small, **keys):
        super().__init__(prepay_ratio=R.choice(["1", "0.95", "0.9"]), keep_ratio_max="0.1", overrun=random_slices(), reserve_ratio=R.choice(["0.05", "0.002"]),
                         budget=dict.fromkeys(["310", "390"], "900000.00" if small else "900000000.00"),
                         deposit={"score": [{"min": "80", "ratio": "1"}, {"min": "0", "ratio": "0.7"}], "grade": {"D": "0"}}, **keys)
        if R.random() < 0.7:
            self.plan["groups"] = {"G1": {"members": R.sample(self.hospitals, R.randrange(1, len(self.hospitals))), "keep_ratio_max": "0.5"}}
        self.write_plan()

    def year(self, command, *more, who="anna"):
        env = dict(os.environ, YB_OPERATOR=who)
        import subprocess
        r = subprocess.run([os.path.join(h.BIN, "yibaoctl"), "drg", command, "--area", str(self.area), "--year", "2025", *more], capture_output=True, text=True,
                           timeout=300, stdin=subprocess.DEVNULL, env=env)
        return r.returncode, r.stdout, r.stderr

    def release_month(self, case, ym, count):
        ids = self.settle(ym, count)
        case.good(self.drg("freeze", ym))
        case.good(self.drg("close", ym))
        case.good(self.drg("release", ym, who="boris"))
        return ids

    def sums(self):
        """{insutype: {code: dict}} of the released months' statements."""
        found = defaultdict(dict)
        for r in oracle.select("statement", ["fixmedins_code", "insutype"] + SUMS, f"poolarea = {self.area} AND period > 9999 AND state >= 2") or []:
            m = found[r["insutype"]].setdefault(r["fixmedins_code"], dict.fromkeys(SUMMED, 0) | {"score": "", "grade": "", "due": 0})
            for k, c in (("gross", "gross_fen"), ("cost", "fee_fen"), ("other_pay", "other_pay_fen"), ("prepaid", "prepaid_fen"), ("withheld", "withheld_fen"), ("due", "due_fen")):
                m[k] += r[c]
        return found

    def reserve(self, insutype, months):
        """Of each month that has cases of the insutype, half-up of its part of the budget."""
        total, share = 0, F(self.plan["reserve_ratio"])
        for ym in months:
            if sql(f"SELECT 1 FROM run_case c JOIN run r USING (run_id) WHERE r.poolarea = {self.area} AND r.period = {ym} AND r.state = 3 AND c.insutype = '{insutype}' LIMIT 1"):
                total += oracle.pay_oracle.half_up(F(oracle.Month(self.area, ym, self.plan, {}, oracle_scheme()).month_budget(self.plan["budget"][insutype])) * 100 * share)
        return total

    def inputs(self, sums):
        rows = []
        for insutype, members in sums.items():
            for code in members:
                if R.random() < 0.8:
                    rows.append({"fixmedins_code": code, "insutype": insutype, "adjustment": yuan(R.randrange(-10**6, 10**6)), "penalty": R.choice(["", yuan(R.randrange(10**6))]),
                                 "score": R.choice(["95", "80", "79.9999", "12"]), "grade": R.choice(["", "", "D", "A"]), "procurement_kept": R.choice(["", "123.45"]),
                                 "offline_purchase": R.choice(["", "67.8"])})
        return rows


def oracle_scheme():
    return os.path.join(h.SOURCE, "services", "drg", "data", "starter")


class Year(Case):
    def setUp(self):
        self.dir = tempfile.TemporaryDirectory()
        self.addCleanup(self.dir.cleanup)

    def write(self, rows, columns=INPUTS):
        path = os.path.join(self.dir.name, "inputs.tsv")
        with open(path, "w", encoding="utf-8") as out:
            out.write("\t".join(columns) + "\n" + "".join("\t".join(r.get(c, "") for c in columns) + "\n" for r in rows))
        return path

    def complete(self, place, sums, rows):
        """Every institution that withheld money has a score."""
        have = {(r["fixmedins_code"], r["insutype"]) for r in rows}
        for insutype, members in sums.items():
            for code in members:
                if (code, insutype) not in have:
                    rows.append({"fixmedins_code": code, "insutype": insutype, "score": "85"})
        return rows

    def agree(self, place, sums, rows, months):
        run_id = int(sql(f"SELECT run_id FROM month WHERE poolarea = {place.area} AND ym = 2025")[0][0])
        sheets = {(r["fixmedins_code"], r["insutype"]): r for r in self.csv(place)}
        self.assertEqual(len(sheets), sum(len(m) for m in sums.values()))
        for insutype, members in sums.items():
            for r in rows:
                if r["insutype"] == insutype:
                    m = members[r["fixmedins_code"]]
                    m.update({k: fen(r.get(k)) for k in ("adjustment", "penalty", "procurement_kept", "offline_purchase")}, score=r["score"], grade=r.get("grade", ""))
            want = clear(place.plan, place.reserve(insutype, months), members, defaultdict(int))
            for code, s in want.items():
                got = sheets[code, insutype]
                self.assertEqual({k: got[k] for k in SHEET}, {k: yuan(s[k]) for k in SHEET}, f"{code} {insutype} {place.plan}")
                due = s["settle"] + s["prepaid"]
                self.assertEqual((got["booked"], got["difference"]), (yuan(members[code]["due"]), yuan(due - members[code]["due"])))
                stored = oracle.select("statement", ["due_fen", "booked_fen", "difference_fen"], f"run_id = {run_id} AND fixmedins_code = '{code}' AND insutype = '{insutype}'")
                self.assertEqual(stored, [{"due_fen": due, "booked_fen": members[code]["due"], "difference_fen": due - members[code]["due"]}])
        return run_id

    def csv(self, place):
        path = os.path.join(self.dir.name, "out.csv")
        self.good(place.year("statements", "-o", path))
        with open(path, encoding="utf-8-sig", newline="") as f:
            head, *rows = list(csv.reader(f))
        self.assertEqual(len(head), 3 + len(SHEET) + 2)
        return [dict(zip(["fixmedins_code", "insutype", "unit"] + SHEET + ["booked", "difference"], r)) for r in rows]

    def test_random_years(self):
        seen = defaultdict(int)
        for n in range(ROUNDS):
            place = YearPlace(small=n % 2 == 0)
            months = [202510, 202511, 202512]
            ids = place.release_month(self, 202510, 60)
            place.release_month(self, 202511, 40)
            place.settle(202512, 30)
            reversed_ = R.choice(ids)
            sql(f"UPDATE settlement SET reversed_by = 9 WHERE setl_id = {reversed_}")
            sql(f"INSERT INTO case_change VALUES ({R.randrange(10**15)}, {reversed_}, {place.area}, 1, 9, 0, 1)")
            self.bad(place.year("close", "--now"), "202512")
            place.release_month(self, 202512, 5)
            sums = place.sums()
            rows = self.complete(place, sums, place.inputs(sums))
            with self.subTest(area=place.area, plan=place.plan):
                out = self.good(place.year("close", "--now", "--inputs", self.write(rows)))
                self.assertIn("ready, by anna", out)
                run_id = self.agree(place, sums, rows, months)
                for sheet in self.csv(place):
                    for k in ("kept", "returned", "fund_share", "own_share", "deposit_lost"):
                        seen[k] += fen(sheet[k]) > 0
                # again: nothing changes; the inputs are known
                self.good(place.year("close", "--now"))
                self.assertEqual(self.agree(place, place.sums(), rows, months), run_id)
                # other inputs: another run, the old one's sheets are gone
                rows[0]["penalty"] = "1.23"
                self.good(place.year("close", "--now", "--inputs", self.write(rows)))
                self.assertNotEqual(self.agree(place, place.sums(), rows, months), run_id)
                self.assertEqual(sql(f"SELECT COUNT(*) FROM year_sheet WHERE run_id = {run_id}"), [["0"]])
                self.bad(place.year("release"), "SECOND_PERSON")
                out = self.good(place.year("release", who="boris"))
                self.assertEqual(sql(f"SELECT COUNT(*) FROM month WHERE poolarea = {place.area} AND ym DIV 100 = 2025 AND state = 3"), [["12"]])
                self.bad(place.drg("freeze", 202503, "--now"), "MONTH_STATE")
                self.assertIn("released by boris", out)
                self.bad(place.year("release", who="boris"), "MONTH_STATE")
                self.bad(place.year("close", "--now"), "MONTH_STATE")
                if "groups" in place.plan:
                    self.assertIn("医共体G1", self.good(place.year("statements")))
        self.assertTrue(all(seen[k] for k in ("kept", "returned", "fund_share", "own_share")), dict(seen))

    def test_refused(self):
        place = YearPlace(small=False)
        self.bad(place.year("close", "--now"), "NOT_FOUND")
        self.bad(place.year("statements"), "NOT_FOUND")
        place.release_month(self, 202512, 20)
        self.bad(place.year("release", who="boris"), "MONTH_STATE")
        if place.plan["prepay_ratio"] != "1":
            self.bad(place.year("close", "--now"), "score")          # money was withheld, and nobody has a score
        sums = place.sums()
        rows = self.complete(place, sums, [])
        # what a file says wrong: nothing is stored
        self.bad(place.year("close", "--now", "--inputs", self.write([dict(rows[0], fixmedins_code="H00000000000")])), "H00000000000")
        self.bad(place.year("close", "--now", "--inputs", self.write(rows + rows[:1])), "inputs")
        self.assertEqual(place.year("close", "--now", "--inputs", self.write([dict(rows[0], penalty="-1")]))[0], 1)
        self.assertEqual(place.year("close", "--now", "--inputs", self.write([dict(rows[0], penalty="x")]))[0], 1)
        self.assertEqual(sql(f"SELECT COUNT(*) FROM year_input WHERE poolarea = {place.area}"), [["0"]])
        self.good(place.year("close", "--now", "--inputs", self.write(rows)))
        # the year goes on changing: not released as it was
        sql(f"UPDATE year_input SET penalty_fen = penalty_fen + 1 WHERE poolarea = {place.area} LIMIT 1")
        self.bad(place.year("release", who="boris"), "MONTH_OUTDATED")
        self.good(place.year("close", "--now"))
        self.good(place.year("release", who="boris"))
        for args in (("close", "--area", "141100", "--year", "25"), ("close", "--year", "2025"), ("release", "--area", "1411", "--year", "2025")):
            self.assertEqual(h.ctl("drg", *args)[0], 2)

    def test_not_over(self):
        place = YearPlace(small=False)
        code, out, err = h.ctl("drg", "close", "--area", str(place.area), "--year", "2099")
        self.assertEqual(code, 1, out + err)
        self.assertIn("--now", err)


if __name__ == "__main__":
    print(f"seed {h.SEED}", flush=True)
    h.main()
