#!/usr/bin/env python3
"""yibaoctl drg year and head against an oracle in fractions: random plans and months from a printed seed. Needs no platform."""
import json, os, random, shutil, tempfile, unittest
from collections import defaultdict
from fractions import Fraction as F

import hospital as h
from pay_oracle import half_up, split

R = random.Random(h.SEED)
ROUNDS = max(10, int(30 * h.MINUTES))
INSTITUTIONS = [f"H6201000000{i}" for i in range(1, 9)]
MONTHS = ["fixmedins_code", "insutype", "month", "gross", "cost", "other_pay", "prepaid", "withheld", "adjustment", "penalty", "score", "grade",
          "procurement_kept", "offline_purchase"]
SUMMED = ["gross", "cost", "other_pay", "prepaid", "withheld", "adjustment", "penalty", "procurement_kept", "offline_purchase"]
SHEET = ["cost", "budget", "adjustment", "penalty", "total", "kept", "returned", "fund_share", "own_share", "other_pay", "payable", "withheld",
         "deposit_back", "deposit_lost", "prepaid", "procurement_kept", "offline_purchase", "settle"]
HEADS = ["amount", "used", "surplus", "kept", "returned", "overrun", "fund_share", "own_share", "payable"]


def yuan(fen):
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def fen(text):
    return half_up(F(text or 0) * 100)


def write(path, rows, columns, end="\n"):
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write("\t".join(columns) + end + "".join("\t".join(r.get(c, "") for c in columns) + end for r in rows))


def read(path):
    with open(path, encoding="utf-8") as f:
        head, *rows = [line.rstrip("\n").split("\t") for line in f]
    return [dict(zip(head, r)) for r in rows]


# --- the oracle: a unit at a time, as PAYMENT.md §4 says it ------------------------------------------------------------

def balance(terms, gross, cost):
    """(kept, returned, wanted, overrun) in fen."""
    if cost <= gross:
        kept = min(gross - cost, half_up(F(terms.get("keep_ratio_max", "0")) * gross))
        return kept, gross - cost - kept, 0, 0
    over, wanted = F(cost - gross), F(0)
    for s in terms.get("overrun", []):
        low, high = F(s["from"]) * gross, F(s["to"]) * gross if "to" in s else over
        wanted += max(F(0), min(over, high) - low) * F(s["share"])
    return 0, 0, 0 if terms.get("bear_overrun") else half_up(wanted), cost - gross


def terms_of(plan, group):
    own = plan["groups"][group] if group else {}
    terms = {k: own[k] for k in ("keep_ratio_max", "overrun", "bear_overrun") if k in own}
    if "keep_ratio_max" not in terms and "keep_ratio_max" in plan:
        terms["keep_ratio_max"] = plan["keep_ratio_max"]
    if "overrun" not in terms and "bear_overrun" not in terms:
        terms |= {k: plan[k] for k in ("overrun", "bear_overrun") if k in plan}
    return terms


def group_of(plan, code):
    return next((g for g, v in plan.get("groups", {}).items() if code in v["members"]), None)


def deposit_ratio(plan, score, grade):
    rule = plan.get("deposit")
    if rule is None:
        return F(1)
    if grade in rule.get("grade", {}):
        return F(rule["grade"][grade])
    return next(F(s["ratio"]) for s in rule["score"] if score != "" and F(score) >= F(s["min"]))


def clear(plan, reserve, members, seen):
    """members: {code: dict of fen and score, grade} -> {unit: (balance, granted)}, {code: dict of the sheet}; reserve None = no limit."""
    units = defaultdict(dict)
    for code, m in members.items():
        units[group_of(plan, code) or code][code] = m
    balances = {u: balance(terms_of(plan, u if u in plan.get("groups", {}) else None), sum(m["gross"] for m in ms.values()),
                           sum(m["cost"] for m in ms.values())) for u, ms in units.items()}
    wanted = {u: b[2] for u, b in balances.items()}
    granted = wanted if reserve is None or sum(wanted.values()) <= reserve else split(reserve, {u: F(w) for u, w in wanted.items()})
    seen["short"] += reserve is not None and 0 < reserve < sum(wanted.values())
    sheets = {}
    for u, ms in units.items():
        kept, returned, _, over = balances[u]
        weights = {c: F(m["gross"]) for c, m in ms.items()} if any(m["gross"] for m in ms.values()) else {c: F(m["cost"]) for c, m in ms.items()}
        parts = [split(amount, weights) if amount else dict.fromkeys(ms, 0) for amount in (kept, returned, granted[u], over - granted[u])]
        for c, m in ms.items():
            s = dict(m, budget=m["gross"], kept=parts[0][c], returned=parts[1][c], fund_share=parts[2][c], own_share=parts[3][c])
            s["total"] = m["gross"] + m["adjustment"] - m["penalty"]
            s["payable"] = s["total"] - s["returned"] + s["fund_share"] - m["other_pay"]
            s["deposit_back"] = half_up(m["withheld"] * deposit_ratio(plan, m["score"], m["grade"])) if m["withheld"] > 0 else m["withheld"]
            s["deposit_lost"] = m["withheld"] - s["deposit_back"]
            s["settle"] = s["payable"] - s["deposit_lost"] - m["prepaid"] + m["procurement_kept"] - m["offline_purchase"]
            sheets[c] = s
    return sheets


# --- random input -----------------------------------------------------------------------------------------------------

def random_slices():
    edges = sorted({F(R.randrange(1, 40), 100) for _ in range(R.randrange(1, 4))})
    text = lambda x: f"{half_up(x * 10**6) // 10**6}.{half_up(x * 10**6) % 10**6:06d}"
    slices, low = [], F(0)
    for edge in edges:
        slices.append({"from": text(low), "to": text(edge), "share": text(F(R.randrange(0, 101), 100))})
        low = edge
    if R.random() < 0.5:
        slices.append({"from": text(low), "share": text(F(R.randrange(0, 101), 100))})
    return slices


def random_plan():
    plan = {"plan": "random", "area": "620100", "from": "2023-01-01", "method": "points", "mean_all": "10000", "weights": "weights.tsv", "low_ratio": "0.4",
            "high": [{"ratio": "3"}], "coefficient": {"default": "1"}, "reserve_ratio": R.choice(["0", "0.001", "0.05", "0.5"]),
            "head": {"family": "120.00", "chronic": yuan(R.randrange(1, 10**6))}}
    plan["budget"] = {"310": yuan(R.randrange(10**6, 10**10)), "390": yuan(R.randrange(10**6, 10**10))}
    if R.random() < 0.5:
        plan["fund_budget"] = {"390": plan["budget"].pop("390")}
    if R.random() < 0.8:
        plan["keep_ratio_max"] = R.choice(["0.05", "0.1", "1"])
    plan |= R.choice([{}, {"overrun": random_slices()}, {"overrun": random_slices()}, {"bear_overrun": "all"}])
    if R.random() < 0.7:
        plan["groups"] = {"G1": {"members": INSTITUTIONS[:3]} | R.choice([{}, {"bear_overrun": "all"}, {"overrun": random_slices()}]),
                          "G2": {"members": INSTITUTIONS[5:7], "keep_ratio_max": R.choice(["0", "0.333333"])}}
    if R.random() < 0.7:
        plan["deposit"] = {"score": [{"min": "90", "ratio": "1"}, {"min": "60.5", "ratio": "0.777777"}, {"min": "0", "ratio": "0"}], "grade": {"A": "1", "D": "0.1"}}
    return plan


def random_months():
    rows, by_month = [], R.random() < 0.5
    assessed = {c: {"score": R.choice(["60.5", "60.4999", "95", "0"]), "grade": R.choice(["", "A", "D", "X"])} for c in INSTITUTIONS}
    for code in R.sample(INSTITUTIONS, R.randrange(1, 9)):
        for insutype in R.choice([["310"], ["390"], ["310", "390"]]):
            for month in R.sample(range(1, 13), R.randrange(1, 5)) if by_month else [None]:
                gross = R.choice([0, R.randrange(0, 10**4), R.randrange(0, 10**9)])
                row = {"fixmedins_code": code, "insutype": insutype, "month": str(month or ""), "gross": yuan(gross),
                       "cost": yuan(R.choice([gross, gross * R.randrange(50, 200) // 100, R.randrange(0, 10**9)])), "other_pay": yuan(R.randrange(0, 10**8)),
                       "prepaid": yuan(R.randrange(-10**6, 10**9)), "withheld": yuan(R.choice([0, -5, R.randrange(0, 10**7)]))}
                row |= {k: yuan(R.randrange(0, 10**6)) for k in ("penalty", "procurement_kept", "offline_purchase", "adjustment") if R.random() < 0.5}
                row |= assessed[code] if R.random() < 0.7 or not by_month or month is None else {"score": "", "grade": ""}
                rows.append(row)
            rows[-1] |= assessed[code]
    return rows, by_month


class Year(h.Case):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def run_on(self, what, plan, rows, columns, end="\n"):
        with open(self.path("plan.yaml"), "w", encoding="utf-8") as f:
            json.dump(plan, f)
        write(self.path("weights.tsv"), [{"drg": "AA11", "rw": "1", "kind": "stable"}], ["drg", "rw", "kind"])
        write(self.path("in.tsv"), rows, columns, end)
        if os.path.exists(self.path("out.tsv")):
            os.unlink(self.path("out.tsv"))
        return h.ctl("drg", what, "--plan", self.path("plan.yaml"), self.path("in.tsv"), "-o", self.path("out.tsv"))

    def members(self, rows):
        found = {}
        for r in rows:
            m = found.setdefault(r["fixmedins_code"], dict.fromkeys(SUMMED, 0) | {"score": "", "grade": ""})
            for k in SUMMED:
                m[k] += fen(r.get(k))
            m["score"], m["grade"] = m["score"] or r["score"], m["grade"] or r["grade"]
        return found

    def reserve(self, plan, insutypes, rows):
        total = 0
        for t in insutypes:
            fund = t in plan.get("fund_budget", {})
            budget = fen((plan["fund_budget"] if fund else plan["budget"])[t]) + (sum(fen(r["other_pay"]) for r in rows) if fund else 0)
            total += half_up(budget * F(plan["reserve_ratio"]))
        return total

    def check_pot(self, plan, got, want, names, what):
        """Each institution's row is the oracle's; a group's row is the sum of its members', to the fen."""
        rows = {r["fixmedins_code"]: r for r in got if r["row"] != "group"}
        self.assertEqual(set(rows), set(want), what)
        for code, s in want.items():
            self.assertEqual((rows[code]["row"], rows[code]["unit"]), ("member", group_of(plan, code)) if group_of(plan, code) else ("institution", code))
            self.assertEqual({k: rows[code][k] for k in names}, {k: yuan(s[k]) for k in names}, f"{what}: {code} {plan}")
        groups = [r for r in got if r["row"] == "group"]
        self.assertEqual({r["unit"] for r in groups}, {group_of(plan, c) for c in want} - {None})
        for r in groups:
            for k in names:
                self.assertEqual(fen(r[k]), sum(fen(m[k]) for m in got if m["row"] == "member" and m["unit"] == r["unit"]), f"{what}: {r['unit']} {k}")

    def test_random_years(self):
        print(f"seed {h.SEED}")
        seen = defaultdict(int)
        for n in range(ROUNDS):
            plan, (rows, by_month) = random_plan(), random_months()
            by_fund = R.random() < 0.7
            columns = [c for c in MONTHS if (c != "month" or by_month) and (c != "insutype" or by_fund)]
            if not by_fund:       # one row an institution: the other insutype's rows are left out
                rows = [r for r in rows if r["insutype"] == rows[0]["insutype"]]
                plan["budget"] |= plan.pop("fund_budget", {})
            code, out, err = self.run_on("year", plan, rows, columns, R.choice(["\n", "\r\n"]))
            self.assertEqual(code, 0, f"seed {h.SEED} round {n}: {out}{err}{plan}")
            got = read(self.path("out.tsv"))
            for insutype in sorted({r["insutype"] for r in rows}):
                mine = [r for r in rows if r["insutype"] == insutype]
                want = clear(plan, self.reserve(plan, [insutype] if by_fund else ["310", "390"], mine), self.members(mine), seen)
                self.check_pot(plan, [r for r in got if r["insutype"] == (insutype if by_fund else "")], want, SHEET, f"seed {h.SEED} round {n} {insutype}")
                for s in want.values():
                    for k in ("kept", "returned", "fund_share", "own_share", "deposit_lost"):
                        seen[k] += s[k] > 0
            R.shuffle(rows)
            self.assertEqual(self.run_on("year", plan, rows, columns)[0], 0)
            self.assertEqual(read(self.path("out.tsv")), got)
        self.assertTrue(all(seen[k] for k in ("kept", "returned", "fund_share", "own_share", "deposit_lost", "short")), dict(seen))

    def test_random_heads(self):
        for n in range(ROUNDS):
            plan = random_plan()
            rows = [{"fixmedins_code": c, "insutype": t, "kind": k, "persons": str(R.choice([0, R.randrange(1, 10**5)])), "used": yuan(R.choice([0, R.randrange(0, 10**9)]))}
                    for c in R.sample(INSTITUTIONS, 6) for t in ("310", "390") for k in plan["head"] if R.random() < 0.6] or [
                        {"fixmedins_code": INSTITUTIONS[0], "insutype": "310", "kind": "family", "persons": "1", "used": "0"}]
            code, out, err = self.run_on("head", plan, rows, ["used", "persons", "kind", "insutype", "fixmedins_code"])
            self.assertEqual(code, 0, out + err)
            got = read(self.path("out.tsv"))
            for pot in {(r["insutype"], r["kind"]) for r in rows}:
                mine = [r for r in rows if (r["insutype"], r["kind"]) == pot]
                blank = dict.fromkeys(SUMMED, 0) | {"score": "", "grade": ""}
                want = clear(plan, None, {r["fixmedins_code"]: blank | {"gross": int(r["persons"]) * fen(plan["head"][pot[1]]), "cost": fen(r["used"])} for r in mine}, defaultdict(int))
                for s in want.values():
                    s |= {"amount": s["gross"], "used": s["cost"], "surplus": s["kept"] + s["returned"], "overrun": s["fund_share"] + s["own_share"]}
                self.check_pot(plan, [r for r in got if (r["insutype"], r["kind"]) == pot], want, HEADS, f"seed {h.SEED} round {n} {pot}")
            self.assertEqual(sum(int(r["persons"]) for r in got if r["row"] != "group"), sum(int(r["persons"]) for r in rows))

    def test_by_hand(self):
        """G1: P 1,000,000 of 600,000 + 300,000 + 100,000, C 1,150,000: 0.6 × 100,000 + 0.3 × 50,000 = 75,000 wanted, and the reserve has more."""
        plan = {"plan": "p", "area": "620100", "from": "2023-01-01", "method": "points", "mean_all": "10000", "weights": "weights.tsv", "low_ratio": "0.4",
                "high": [{"ratio": "3"}], "coefficient": {"default": "1"}, "budget": {"310": "2000000.00"}, "reserve_ratio": "0.05",
                "overrun": [{"from": "0", "to": "0.1", "share": "0.6"}, {"from": "0.1", "to": "0.2", "share": "0.3"}], "groups": {"G1": {"members": INSTITUTIONS[:3]}}}
        rows = [dict(fixmedins_code=c, gross=g, cost=k, other_pay="0", prepaid="0", withheld="0") for c, g, k in
                zip(INSTITUTIONS, ("600000", "300000", "100000"), ("500000", "300000", "350000"))]
        code, out, err = self.run_on("year", plan, rows, ["fixmedins_code", "gross", "cost", "other_pay", "prepaid", "withheld"])
        self.assertEqual(code, 0, err)
        self.assertEqual([(r["row"], r["fixmedins_code"], r["fund_share"], r["own_share"], r["settle"]) for r in read(self.path("out.tsv"))],
                         [("group", "", "75000.00", "75000.00", "1075000.00"), ("member", INSTITUTIONS[0], "45000.00", "45000.00", "645000.00"),
                          ("member", INSTITUTIONS[1], "22500.00", "22500.00", "322500.00"), ("member", INSTITUTIONS[2], "7500.00", "7500.00", "107500.00")])

    def refused(self, what, plan, rows, columns, *words):
        code, out, err = self.run_on(what, plan, rows, columns)
        self.assertEqual((code, os.path.exists(self.path("out.tsv"))), (1, False), out + err)
        for word in words:
            self.assertIn(word, out + err)

    def test_faults(self):
        plan = random_plan() | {"deposit": {"score": [{"min": "60", "ratio": "1"}]}, "budget": {"310": "1000.00", "390": "1000.00"}, "reserve_ratio": "0.1"}
        plan.pop("fund_budget", None)
        good = dict(fixmedins_code="H1", insutype="310", month="1", gross="10", cost="5", other_pay="1", prepaid="2", withheld="3", score="60")
        columns = [*good, "penalty", "grade"]
        self.assertEqual(self.run_on("year", plan, [good], columns)[0], 0)
        self.refused("year", plan, [good, good | {"gross": "x"}], columns, "in.tsv:3: error: column 4 gross")
        self.refused("year", plan, [good, good], columns, "in.tsv:3: error", "month", "第2行已有")
        self.refused("year", plan, [good, good], [c for c in columns if c != "month"], "in.tsv:3: error", "H1重复", "须有month列")
        self.refused("year", plan, [good, good | {"month": "2", "score": "61"}], columns, "in.tsv:3: error", "score", "考核分数")
        self.refused("year", plan, [good, good | {"month": "2", "grade": "A"}, good | {"month": "3", "grade": "B"}], columns, "in.tsv:4: error", "信用等级")
        self.refused("year", plan, [good | {"month": "13"}], columns, "column 3 month")
        self.refused("year", plan, [good | {"insutype": "510"}], columns, "column 2 insutype", "没有险种510")
        self.refused("year", plan, [good | {"penalty": "-1"}], columns, "penalty")
        self.refused("year", plan, [good | {"score": "59"}], columns, "score", "H1", "deposit")
        self.refused("year", plan, [good | {"gross": "-10"}], columns, "gross", "H1")
        self.refused("year", plan, [], columns, "没有一行")
        self.refused("year", plan, [good], ["fixmedins_code", "gross"], "in.tsv:1: error", "cost")
        self.refused("year", plan | {"fund_budget": {"390": "5"}, "budget": {"310": "5"}}, [good], [c for c in columns if c != "insutype"], "须有insutype列")
        head = dict(fixmedins_code="H1", insutype="310", kind="family", persons="3", used="1.5")
        self.refused("head", plan, [head, head | {"kind": "none"}], [*head], "in.tsv:3: error: column 3 kind", "none")
        self.refused("head", plan, [head, head], [*head], "in.tsv:3: error", "H1重复")
        self.refused("head", plan, [head | {"persons": "1.5"}], [*head], "column 4 persons")
        self.refused("head", plan, [head | {"used": "-1"}], [*head], "column 5 used")
        for args in (("drg", "year"), ("drg", "head", "x.tsv", "-o", "y"), ("drg", "year", "--plan", "p", "x.tsv")):
            code, _, err = h.ctl(*args)
            self.assertEqual((code, bool(err.strip())), (2, True))


if __name__ == "__main__":
    h.main()
