#!/usr/bin/env python3
"""Months of hospitals paid by DRG on the database: random months against month_oracle.py, each case once, Σ gross = budget; closing again,
closing after kill -9 between and inside the steps, two closers at once, changes after a release, and what is refused. Settlements and
lists are put into drg's tables directly; how they come there is services/drg/handlers/month_test.c. Prints its seed."""
import concurrent.futures, json, os, random, subprocess, unittest
from fractions import Fraction as F

import hospital as h
import month_oracle as oracle
from month_oracle import sql

R = random.Random(h.SEED)
MONTHS = max(4, int(8 * h.MINUTES))
STARTER = os.path.join(h.SOURCE, "services", "drg", "data", "starter")
PLANS = os.environ.get("YB_PLAN_DIR") or os.path.join(os.environ.get("YB_HOME", ""), "plans")
CASES = list(oracle.drg_scheme.read_cases(os.path.join(STARTER, "cases.tsv")))
WEIGHTS = {}
with open(os.path.join(STARTER, "plan", "starter-weights.tsv"), encoding="utf-8") as f:
    for row in f.read().splitlines()[1:]:
        drg, rw, kind = row.split("\t")
        WEIGHTS[drg] = (rw, kind)
SETTLEMENT = ("setl_id known reversed_by reverses poolarea mdtrt_id psn_no insutype med_type fixmedins_code insuplc_admdvs inpatient setl_time begntime endtime"
              " medfee_sumamt_fen fund_pay_sumamt_fen fulamt_ownpay_amt_fen overlmt_selfpay_fen acct_pay_fen psn_cash_pay_fen funds basic_fund_fen").split()
LIST = ("setl_list_id setl_id poolarea setl_ym mdtrt_id psn_no insutype fixmedins_code version stas_type lacking voided frozen_us medfee_sumamt_fen"
        " fund_pay_sumamt_fen admission_day discharge_day sex age age_day los bir_wt_g adm_wt_g vent_min coma_before_min coma_after_min icu has_principal dscg_way"
        " dscg_caty chfpdr_code hi_paymtd ipt_med_type dx px uploaded_us state_us").split()
next_id = R.randrange(10**15, 10**16)
areas = iter(R.sample(range(1500, 1599), 90))


def new_id():
    global next_id
    next_id += R.randrange(1, 50)
    return next_id


def insert(table, columns, rows):
    for i in range(0, len(rows), 500):
        values = ",".join("(" + ",".join(f"'{v}'" if isinstance(v, str) else str(v) for v in row) + ")" for row in rows[i:i + 500])
        sql(f"INSERT INTO {table} ({', '.join(columns)}) VALUES {values}")


class Place:
    """A pooling area of its own, with hospitals and a plan."""

    def __init__(self, **keys):
        self.area = next(areas) * 100
        self.hospitals = [f"H{self.area // 100}02{R.randrange(10**5):05d}" for _ in range(R.randrange(1, 6))] + [f"H990102{R.randrange(10**5):05d}"]
        self.plan = {"plan": f"plan-{self.area}", "area": str(self.area), "from": "2020-01-01", "method": "points", "mean_all": "from_cases", "weights": "starter-weights.tsv",
                     "low_ratio": "0.4", "high": [{"rw_max": "1", "ratio": "3"}, {"ratio": "2"}], "coefficient": {"default": "1", self.hospitals[0]: "1.0731"},
                     "factor": {"QY": "0.9", "late": "0.7", "special": "1.1", "unstable": "0.95"}, "budget": {"310": "1234567.89", "390": "2345678.91"},
                     "prepay_ratio": "0.95", **keys}
        self.plan = {k: v for k, v in self.plan.items() if v is not None}
        self.write_plan()

    def write_plan(self):
        path = os.path.join(PLANS, f"{self.area}.yaml")
        with open(path + ".new", "w", encoding="utf-8") as out:
            json.dump(self.plan, out, ensure_ascii=False, indent=1)
        os.replace(path + ".new", path)

    def settle(self, ym, count, **fixed):
        """Random settlements with their lists; (setl_ids of those that stand and are inpatient)."""
        settlements, lists, standing = [], [], []
        for _ in range(count):
            setl_id, hospital, fee = new_id(), R.choice(self.hospitals), R.choice([R.randrange(1, 100), R.randrange(20000, 3000000), R.randrange(500000, 1500000)])
            insutype, basic = R.choice(["310", "390"]), R.randrange(0, fee + 1)
            s = {"setl_id": setl_id, "known": 1, "reversed_by": 0, "reverses": 0, "poolarea": self.area, "mdtrt_id": setl_id, "psn_no": "P1", "insutype": insutype,
                 "med_type": R.choice(["21", "21", "52"]), "fixmedins_code": hospital, "insuplc_admdvs": str(self.area), "inpatient": 1, "setl_time": ym * 10**8 + R.randrange(1, 29) * 10**6 + 120000,
                 "begntime": ym * 10**8 + 1 * 10**6 + 90000, "endtime": ym * 10**8 + R.randrange(1, 29) * 10**6 + 100000, "medfee_sumamt_fen": fee,
                 "fund_pay_sumamt_fen": basic, "fulamt_ownpay_amt_fen": 0, "overlmt_selfpay_fen": 0, "acct_pay_fen": 0, "psn_cash_pay_fen": fee - basic, "funds": "",
                 "basic_fund_fen": basic, **fixed}
            how = R.random()
            if how < 0.06:
                s.update(reversed_by=new_id())
            elif how < 0.1:
                s.update(inpatient=0)
            else:
                standing.append(setl_id)
            settlements.append([s[c] for c in SETTLEMENT])
            if R.random() < 0.9:
                lists.append(self.list_of(s, ym))
        insert("settlement", SETTLEMENT, settlements)
        insert("settlement_list", LIST, lists)
        return standing

    def list_of(self, s, ym):
        c = R.choice(CASES)
        some = lambda v: -1 if v is None else v
        dx = c["dx"] if len(c["dx"]) < 2 else c["dx"][:1] + R.sample(c["dx"][1:], len(c["dx"]) - 1)
        l = {"setl_list_id": new_id(), "setl_id": s["setl_id"], "poolarea": self.area, "setl_ym": ym, "mdtrt_id": s["mdtrt_id"], "psn_no": "P1", "insutype": s["insutype"],
             "fixmedins_code": s["fixmedins_code"], "version": R.randrange(1, 4), "stas_type": int(R.random() < 0.93), "lacking": 0, "voided": int(s["reversed_by"] != 0), "frozen_us": 0,
             "medfee_sumamt_fen": s["medfee_sumamt_fen"], "fund_pay_sumamt_fen": s["fund_pay_sumamt_fen"], "admission_day": ym * 100 + 1, "discharge_day": R.choice([0, ym * 100 + 9]),
             "sex": c["sex"] or 0, "age": some(c["age"]), "age_day": some(c["age_day"]), "los": R.choice([some(c["los"]), -1, R.randrange(1, 90)]), "bir_wt_g": some(c["weight"]),
             "adm_wt_g": -1, "vent_min": -1, "coma_before_min": -1, "coma_after_min": -1, "icu": c["icu"], "has_principal": int(R.random() < 0.97), "dscg_way": R.choice(["1", "1", "5"]),
             "dscg_caty": R.choice(["A03", "A04", ""]), "chfpdr_code": "", "hi_paymtd": R.choice("4445542"), "ipt_med_type": "1", "dx": " ".join(dx), "px": " ".join(c["px"]), "uploaded_us": 1, "state_us": 1}
        return [l[c] for c in LIST]

    def oracle(self, ym):
        return oracle.Month(self.area, ym, self.plan, WEIGHTS, STARTER)

    def drg(self, command, ym, *more, who="anna"):
        env = dict(os.environ, YB_OPERATOR=who)
        r = subprocess.run([os.path.join(h.BIN, "yibaoctl"), "drg", command, "--area", str(self.area), "--month", str(ym), *more], capture_output=True, text=True, timeout=300,
                           stdin=subprocess.DEVNULL, env=env)
        return r.returncode, r.stdout, r.stderr

    def run_id(self, ym):
        rows = sql(f"SELECT run_id FROM month WHERE poolarea = {self.area} AND ym = {ym}")
        return int(rows[0][0]) if rows else 0


class Case(h.Case):
    def good(self, answer):
        code, out, err = answer
        self.assertEqual(code, 0, out + err)
        return out

    def bad(self, answer, word):
        code, out, err = answer
        self.assertEqual(code, 1, out + err)
        self.assertIn(word, err)

    def agree(self, place, ym):
        """run_case and statement of the month's run are what the oracle says; every case once; Σ gross = budget."""
        run_id, month = place.run_id(ym), place.oracle(ym)
        expected, got = month.rows(run_id), oracle.stored_rows(run_id)
        wanted = [{c: r[c] for c in oracle.CASE_COLUMNS} for r in expected]
        for w, g in zip(wanted, got):
            w["flags"] &= ~oracle.LOW_RISK          # as stored_rows does; a row taken back has it from the released one
            self.assertEqual(g, w)
        self.assertEqual(len(got), len(wanted))
        self.assertEqual(oracle.stored_statements(run_id), month.statements(expected))
        of_month = [r["setl_id"] for r in got if r["kind"] == 1]
        standing = [int(r[0]) for r in sql(f"SELECT setl_id FROM settlement WHERE poolarea = {place.area} AND setl_ym = {ym} AND known = 1 AND inpatient = 1 AND reversed_by = 0")]
        self.assertEqual(sorted(of_month), sorted(standing))
        if place.plan["method"] == "points":
            for insutype, budget in place.plan.get("budget", {}).items():
                rows = [r for r in got if r["insutype"] == insutype and oracle.CLASSES[r["class"]] not in ("item", "disease")]
                total = int(F(month.month_budget(budget)) * 100)
                total -= oracle.pay_oracle.half_up(total * F(place.plan.get("reserve_ratio", "0")))
                if rows:
                    self.assertEqual(sum(r["gross_fen"] for r in rows), total)
        return got


def random_keys():
    keys = {"reserve_ratio": R.choice(["0", "0.05"]), "prepay_ratio": R.choice(["1", "0.95", "0.9"]),
            "scope": R.choice([{}, {"los_max": "60"}, {"offsite": "out"}, {"med_type": ["52"]}]), "mean_all": R.choice(["from_cases", "9986.94"])}
    if R.random() < 0.3:
        keys.update(method="rate", rate={"310": "9986.9352", "390": "8123.5"}, budget=None, mean_all=None, reserve_ratio=None)
    elif R.random() < 0.3:
        keys.update(fund_budget={"310": "234567.89", "390": "345678.91"}, budget=None)
    if not keys["scope"]:
        del keys["scope"]
    return {**keys, **(other_ways("rate" if "rate" in keys else "points") if R.random() < 0.7 else {})}


def other_ways(unit):
    """By bed-day and by single disease, for lists that say so (hi_paymtd 5 and 2)."""
    dx, px = R.choice([c for c in CASES if c["dx"] and c["px"]]), R.choice([c for c in CASES if c["px"]])
    steps = [{"to": "10", unit: R.choice(["3.5", "12.25"])}, {unit: "2"}]
    return {"day": [{"kind": "mental", "steps": steps, "dept": ["A03", "B"]}] + ([{"kind": "hospice", "steps": [{unit: "1.75"}]}] if R.random() < 0.5 else []),
            "disease": [{"code": "DB01", "price": "6000.00", "dx": [dx["dx"][0][:3]], "px": [dx["px"][0][:2], px["px"][0]]}, {"code": "DB02", "price": "0.01", "dx": list("ABCDEFGHIJ")},
                        {"code": "DB03", "price": "77.00"}]}


class Random(Case):
    def test_months(self):
        for _ in range(MONTHS):
            place = Place(**random_keys())
            ym = R.choice([202501, 202506, 202512])
            ids = place.settle(ym, R.choice([0, 1, 2, 30, 200]))
            place.settle(202507, 5)              # another month's
            for setl_id in R.sample(ids, min(len(ids), 3)):
                sql(f"INSERT INTO case_ruling VALUES ({setl_id}, {place.area}, {R.choice([1, 2])}, '{R.choice(list(WEIGHTS))}', 1, 1)")
            with self.subTest(area=place.area, ym=ym, plan=place.plan, cases=len(ids)):
                self.good(place.drg("freeze", ym))
                self.good(place.drg("close", ym))
                self.agree(place, ym)
                self.good(place.drg("release", ym, who="boris"))


class Life(Case):
    def setUp(self):
        self.place = Place(**other_ways("points"))
        self.ids = self.place.settle(202501, 60)

    def close(self, ym=202501):
        self.good(self.place.drg("freeze", ym))
        return self.good(self.place.drg("close", ym))

    def test_again_nothing_changes(self):
        self.close()
        before = sql(f"SELECT * FROM run_case WHERE run_id = {self.place.run_id(202501)}"), sql(f"SELECT * FROM statement WHERE poolarea = {self.place.area}")
        self.assertEqual(before[1] != [], True)
        self.good(self.place.drg("close", 202501))
        after = sql(f"SELECT * FROM run_case WHERE run_id = {self.place.run_id(202501)}"), sql(f"SELECT * FROM statement WHERE poolarea = {self.place.area}")
        self.assertEqual(after, before)

    def test_order_of_steps(self):
        self.bad(self.place.drg("close", 202501), "MONTH_STATE")
        self.bad(self.place.drg("release", 202501), "MONTH_STATE")
        self.good(self.place.drg("freeze", 202501))
        self.bad(self.place.drg("release", 202501), "MONTH_STATE")
        self.good(self.place.drg("reopen", 202501, "--reason", "too early"))
        self.bad(self.place.drg("close", 202501), "MONTH_STATE")
        self.close()
        self.good(self.place.drg("release", 202501, who="boris"))
        for command in ("freeze", "reopen", "close", "release"):
            self.bad(self.place.drg(command, 202501, *(["--reason", "x"] if command == "reopen" else [])), "MONTH_STATE")
        self.assertIn("released", self.good((*h.ctl("drg", "months", "--area", str(self.place.area)),)))

    def test_second_person(self):
        self.close()
        self.bad(self.place.drg("release", 202501), "SECOND_PERSON")
        out = self.good(self.place.drg("release", 202501, who="boris"))
        self.assertIn("released by boris", out)
        released = sql(f"SELECT DISTINCT state FROM statement WHERE poolarea = {self.place.area}")
        self.assertLessEqual({r[0] for r in released}, {"2", "3"})                # 3: nothing to book, or in the books already
        trail = [r[0] for r in sql(f"SELECT what FROM trail WHERE poolarea = {self.place.area} ORDER BY trail_id")]
        self.assertEqual(trail, ["frozen", "closed", "released", "released"])

    def test_change_between_close_and_release(self):
        self.close()
        one, two = R.sample(self.ids, 2)
        sql(f"UPDATE settlement SET reversed_by = 7 WHERE setl_id = {one}")
        self.bad(self.place.drg("release", 202501, who="boris"), "MONTH_OUTDATED")
        old = self.place.run_id(202501)
        self.good(self.place.drg("close", 202501))
        self.assertNotEqual(self.place.run_id(202501), old)
        self.agree(self.place, 202501)
        self.place.settle(202501, 20)                                     # late ones, before the release
        self.bad(self.place.drg("release", 202501, who="boris"), "MONTH_OUTDATED")
        self.good(self.place.drg("close", 202501))
        sql(f"INSERT INTO case_ruling VALUES ({two}, {self.place.area}, 1, '', 1, 1)")
        self.bad(self.place.drg("release", 202501, who="boris"), "MONTH_OUTDATED")
        self.good(self.place.drg("close", 202501))
        self.agree(self.place, 202501)
        # one goes, another comes: as many as before
        sql(f"UPDATE settlement SET reversed_by = 8 WHERE setl_id = {two}")
        while sql(f"SELECT COUNT(*) FROM settlement WHERE poolarea = {self.place.area} AND setl_ym = 202501 AND inpatient = 1 AND reversed_by = 0")[0][0] != str(
                len(oracle.stored_rows(self.place.run_id(202501)))):
            self.place.settle(202501, 1)
        self.bad(self.place.drg("release", 202501, who="boris"), "MONTH_OUTDATED")
        self.good(self.place.drg("close", 202501))
        self.good(self.place.drg("release", 202501, who="boris"))
        h.until("rows of dropped runs go", lambda: sql(f"SELECT COUNT(*) FROM run r WHERE r.poolarea = {self.place.area} AND r.state = 4 AND EXISTS "
                                                       "(SELECT 1 FROM run_case c WHERE c.run_id = r.run_id)")[0][0] == "0")

    def test_changes_after_release(self):
        self.close()
        self.good(self.place.drg("release", 202501, who="boris"))
        reversed_, regrouped, both, late = (*R.sample(self.ids, 3), self.place.settle(202501, 1, reversed_by=0, inpatient=1) or [0])[:4]
        late = int(sql(f"SELECT MAX(setl_id) FROM settlement WHERE poolarea = {self.place.area}")[0][0])
        sql(f"UPDATE settlement SET reversed_by = 0, inpatient = 1 WHERE setl_id = {late}")
        sql(f"UPDATE settlement SET reversed_by = 9 WHERE setl_id IN ({reversed_}, {both})")
        sql(f"INSERT INTO case_ruling VALUES ({regrouped}, {self.place.area}, 2, 'GB15', 1, 1)")
        change = lambda setl_id, cause: f"({new_id()}, {setl_id}, {self.place.area}, {cause}, 1, 0, 1)"
        sql("INSERT INTO case_change VALUES " + ",".join([change(reversed_, 1), change(regrouped, 4), change(both, 4), change(both, 1), change(late, 2)]))
        self.place.settle(202502, 40)
        self.close(202502)
        rows = {(r["setl_id"], r["kind"]): r for r in self.agree(self.place, 202502) if r["kind"] != 1}
        self.assertEqual(set(rows), {(reversed_, 2), (regrouped, 2), (regrouped, 3), (both, 2), (late, 3)})
        self.assertEqual(rows[regrouped, 2]["booked_fen"] + rows[regrouped, 3]["booked_fen"], 0)
        self.good(self.place.drg("release", 202502, who="boris"))
        self.assertEqual(sql(f"SELECT COUNT(*) FROM case_change WHERE poolarea = {self.place.area} AND run_id = 0")[0][0], "0")
        # and again: what was paid anew is taken back, from the row of February
        sql(f"UPDATE settlement SET reversed_by = 11 WHERE setl_id IN ({regrouped}, {late})")
        sql("INSERT INTO case_change VALUES " + ",".join([change(regrouped, 1), change(late, 1), change(reversed_, 4)]))
        self.place.settle(202503, 30)
        self.close(202503)
        rows = {(r["setl_id"], r["kind"]) for r in self.agree(self.place, 202503) if r["kind"] != 1}
        self.assertEqual(rows, {(regrouped, 2), (late, 2)})               # of what was taken back already nothing is left
        self.good(self.place.drg("release", 202503, who="boris"))

    def test_changes_of_two_months_at_once(self):
        self.close()
        self.good(self.place.drg("release", 202501, who="boris"))
        one = R.choice(self.ids)
        self.place.settle(202502, 20)
        self.place.settle(202503, 20)
        change = lambda: sql(f"INSERT INTO case_change VALUES ({new_id()}, {one}, {self.place.area}, 4, 1, 0, 1)")
        change()
        self.close(202502)
        change()
        self.close(202503)                                                # both take the row of January back
        self.good(self.place.drg("release", 202503, who="boris"))
        self.bad(self.place.drg("release", 202502, who="boris"), "MONTH_OUTDATED")
        self.good(self.place.drg("close", 202502))
        self.agree(self.place, 202502)
        self.good(self.place.drg("release", 202502, who="boris"))

    def reverse(self, setl_ids):
        for setl_id in setl_ids:
            sql(f"UPDATE settlement SET reversed_by = 7 WHERE setl_id = {setl_id}")
            sql(f"INSERT INTO case_change VALUES ({new_id()}, {setl_id}, {self.place.area}, 1, 7, 0, 1)")

    def test_a_month_of_reversals_alone(self):
        """No points that add up to more than 0: what was paid is taken back, to the fen."""
        self.close()
        paid = oracle.stored_rows(self.place.run_id(202501))
        self.good(self.place.drg("release", 202501, who="boris"))
        self.reverse(self.ids)
        self.close(202502)
        back = oracle.stored_rows(self.place.run_id(202502))
        key = lambda r: (r["setl_id"], r["drg"], r["class"], r["rw_e4"])
        self.assertEqual([(key(r), -r["gross_fen"], -r["due_fen"], -r["standard_fen"]) for r in back], [(key(r), r["gross_fen"], r["due_fen"], r["standard_fen"]) for r in paid])
        self.good(self.place.drg("release", 202502, who="boris"))
        out = self.good(h.ctl("drg", "report", "--by", "class", "--area", str(self.place.area), "--month", "202501-202502", "--format", "csv"))
        table = [line.split(",") for line in out.splitlines()]
        self.assertEqual({row[table[0].index("病例数")] for row in table[1:]}, {"0"}, out)      # of every class, none is left

    def test_changes_of_later_months_wait(self):
        for ym in (202503, 202504):
            ids = self.place.settle(ym, 20)
            self.close(ym)
            self.good(self.place.drg("release", ym, who="boris"))
        self.reverse(ids[:3])
        self.close()                                                      # January, late
        self.assertEqual({r["kind"] for r in oracle.stored_rows(self.place.run_id(202501))}, {1})
        self.good(self.place.drg("release", 202501, who="boris"))
        self.place.settle(202505, 20)
        self.close(202505)
        self.assertEqual(sorted(r["setl_id"] for r in oracle.stored_rows(self.place.run_id(202505)) if r["kind"] == 2), sorted(ids[:3]))

    def test_whose_month(self):
        self.bad(self.place.drg("freeze", 209901, "--now"), "FIELD_RANGE")
        nobody = Place()
        nobody.area += 1
        self.bad(nobody.drg("freeze", 202501, "--now"), "POLICY_NONE")
        self.bad(self.place.drg("reopen", 202502, "--reason", "x"), "MONTH_STATE")
        for who in (" ", "anna ", "\u3000anna"):
            self.bad(self.place.drg("freeze", 202501, who=who), "opter")

    def test_two_closers(self):
        self.good(self.place.drg("freeze", 202501))
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            for answer in pool.map(lambda _: self.place.drg("close", 202501), range(4)):
                self.good(answer)
        self.assertEqual(sql(f"SELECT COUNT(*) FROM run WHERE poolarea = {self.place.area}")[0][0], "1")
        self.agree(self.place, 202501)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            codes = sorted(code for code, _, _ in pool.map(lambda i: self.place.drg("release", 202501, who=f"boris{i}"), range(4)))
        self.assertEqual(codes, [0, 1, 1, 1])


class Dip(Case):
    """Under a DIP plan: what `drg pay` makes of the same cases in a file (test_drg_dip_pay.py holds that against fractions)."""

    def place(self):
        place = Place(method="dip", mean_all=None, weights=None, low_ratio=None, high=None, factor={"none": "0.7", "late": "0.8", "special": "1.1"},
                      dip={"catalogue": f"catalogue-{next_id}.tsv", "op_kinds": f"kinds-{next_id}.tsv"})
        history, kinds = os.path.join(PLANS, "history.txt"), {p for c in CASES for p in c["px"]}
        with open(history, "w", encoding="utf-8") as f:
            f.write("year\tdx\tops\top_kind\tfee\n")
            for c in R.sample([c for c in CASES if c["dx"] and set(c["dx"][0]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.x")], 80):
                for year in ("2021", "2022", "2023"):
                    for _ in range(R.randrange(1, 30)):
                        f.write(f"{year}\t{c['dx'][0]}\t{'+'.join(sorted(set(c['px'])))}\t{'operation' if c['px'] else 'none'}\t{R.randrange(100, 30000)}.00\n")
        self.good(h.ctl("drg", "dip", "build", history, "-o", os.path.join(PLANS, place.plan["dip"]["catalogue"])))
        with open(os.path.join(PLANS, place.plan["dip"]["op_kinds"]), "w", encoding="utf-8") as f:
            f.write("code\tkind\n" + "".join(f"{p}\toperation\n" for p in sorted(kinds)))
        return place

    def test_like_the_file(self):
        place = self.place()
        place.settle(202501, 150)
        sql(f"UPDATE settlement_list SET has_principal = 1, dx = IF(dx = '' OR dx REGEXP '^[^ ]*[^A-Z0-9.x ]', 'I10.x00', dx) WHERE poolarea = {place.area}")
        self.good(place.drg("freeze", 202501))
        self.good(place.drg("close", 202501))
        month = place.oracle(202501)
        plan = dict(place.plan, budget={i: month.month_budget(t) for i, t in place.plan["budget"].items()})
        p = lambda name: os.path.join(PLANS, f"{place.area}-{name}")
        with open(p("month.txt"), "w", encoding="utf-8") as f:          # not *.yaml: it is not of the folder's plans
            json.dump(plan, f, ensure_ascii=False)
        columns = "id fixmedins_code insutype dx ops fee other_pay los pay age age_days med_type".split()
        with open(p("cases.txt"), "w", encoding="utf-8") as f:
            f.write("\t".join(columns) + "\n")
            for s, l, _ in sorted(month.truth("setl_ym = 202501 AND reversed_by = 0"), key=lambda t: (t[0]["fixmedins_code"], t[0]["setl_id"])):
                row = month.case(s, None, None, 1)
                aged = l and l["age"] >= 0 and (l["age"] > 0 or l["age_day"] >= 0)
                f.write("\t".join(map(str, [s["setl_id"], s["fixmedins_code"], s["insutype"], l["dx"].split()[0] if l else "I10.x00", "+".join(l["px"].split()) if l else "",
                                            oracle.yuan(s["medfee_sumamt_fen"]), oracle.yuan(row["other_pay_fen"]), l["los"] if l and l["los"] >= 0 else row["los"],
                                            "" if l else "late", l["age"] if aged else "", l["age_day"] if aged and l["age_day"] >= 0 else "", s["med_type"]])) + "\n")
        self.good(h.ctl("drg", "pay", "--plan", p("month.txt"), p("cases.txt"), "-o", p("out.txt")))
        with open(p("out.txt"), encoding="utf-8") as f:
            wanted = [line.rstrip("\n").split("\t") for line in f][1:]
        got = oracle.stored_rows(place.run_id(202501))
        cents = lambda text: int(F(text) * 100)
        self.assertEqual([(str(r["setl_id"]), oracle.CLASSES[r["class"]], r["points_e4"], r["gross_fen"], r["due_fen"]) for r in got],
                         [(w[0], w[1], int(F(w[2] or "0") * 10000), cents(w[3]), cents(w[4])) for w in wanted])
        code, out, err = h.ctl("drg", "petition", "file", str(got[0]["setl_id"]), "group", "group", "BB11", "--reason", "x")
        self.assertEqual((code, "UNSUPPORTED" in err), (1, True), out + err)
        self.assertTrue({"core", "late", "none"} <= {w[1] for w in wanted}, {w[1] for w in wanted})
        self.assertEqual({oracle.CLASSES[r["class"]] for r in got if not r["drg"]} - {"none", "late", "item"}, set())
        self.assertEqual({r["drg"].split(":")[0][:3] == dx[:3] for r in got if oracle.CLASSES[r["class"]] == "core"
                          for (dx,) in sql(f"SELECT dx FROM settlement_list WHERE setl_id = {r['setl_id']}")}, {True})
        # taken back, a case scores what it scored
        self.good(place.drg("release", 202501, who="boris"))
        one = R.choice([r for r in got if r["points_e4"] > 0 and oracle.CLASSES[r["class"]] in ("core", "low", "high")])
        sql(f"UPDATE settlement SET reversed_by = 5 WHERE setl_id = {one['setl_id']}")
        sql(f"INSERT INTO case_change VALUES ({new_id()}, {one['setl_id']}, {place.area}, 1, 5, 0, 1)")
        place.settle(202502, 60)
        self.good(place.drg("freeze", 202502))
        self.good(place.drg("close", 202502))
        back = [r for r in oracle.stored_rows(place.run_id(202502)) if r["kind"] == 2]
        self.assertEqual([(r["setl_id"], r["drg"], r["class"], r["points_e4"], r["fee_fen"], r["booked_fen"]) for r in back],
                         [(one["setl_id"], one["drg"], one["class"], -one["points_e4"], -one["fee_fen"], -one["booked_fen"])])


class Missing(Case):
    def test_plan(self):
        place = Place()
        place.settle(202501, 5)
        path = os.path.join(PLANS, f"{place.area}.yaml")
        os.remove(path)
        self.bad(place.drg("freeze", 202501), "POLICY_NONE")
        self.good(place.drg("freeze", 202501, "--now"))
        self.bad(place.drg("close", 202501), "POLICY_NONE")
        place.plan["low_ratio"] = "x"
        place.write_plan()
        self.bad(place.drg("close", 202501), "low_ratio")
        place.plan["low_ratio"] = "0.4"
        place.write_plan()                                               # no restart
        self.good(place.drg("close", 202501))
        run = place.run_id(202501)
        place.plan["low_ratio"] = "0.5"
        place.write_plan()                                               # another plan: another run
        self.good(place.drg("close", 202501))
        self.assertNotEqual(place.run_id(202501), run)
        self.agree(place, 202501)

    def test_scheme_and_fund(self):
        place = Place()
        place.settle(199901, 30)
        self.good(place.drg("freeze", 199901, "--now"))
        place.plan["from"] = "1990-01-01"
        place.write_plan()
        self.bad(place.drg("close", 199901), "scheme import")
        place.settle(202501, 30, basic_fund_fen=-1)
        self.good(place.drg("freeze", 202501))
        self.bad(place.drg("close", 202501), "drg backfill")

    def test_insutype_without_budget(self):
        place = Place(budget={"310": "100.00"})
        place.settle(202501, 30)
        self.good(place.drg("freeze", 202501))
        self.bad(place.drg("close", 202501), "390")

    def test_calendar(self):
        place = Place(calendar={"upload_day": 28})
        place.settle(202501, 5)
        self.bad(place.drg("freeze", 210001), "ym")
        self.good(place.drg("freeze", 202501))

    def test_usage(self):
        for args in (("freeze",), ("close", "--area", "141100"), ("close", "--area", "1411", "--month", "202501"), ("release", "--area", "141100", "--month", "2025-01"),
                     ("reopen", "--area", "141100", "--month", "202501"), ("statements",)):
            with self.subTest(args=args):
                self.assertEqual(h.ctl("drg", *args)[0], 2)
        self.assertIn("freeze", h.ctl("drg", "--help")[1])


if __name__ == "__main__":
    print(f"seed {h.SEED}", flush=True)
    h.main()
