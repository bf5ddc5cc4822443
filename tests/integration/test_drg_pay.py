#!/usr/bin/env python3
"""yibaoctl drg pay against an oracle of other arithmetic (pay_oracle.py): random plans from a printed seed, the shared example, Lanzhou.
Needs no platform."""
import csv, json, os, random, shutil, tempfile, unittest
from fractions import Fraction as F

import hospital as h
import pay_oracle as oracle

R = random.Random(h.SEED)
PLANS = max(20, int(60 * h.MINUTES))
EXAMPLE = os.path.join(h.SHARED, "drg", "payment", "example")
COLUMNS = ["id", "fixmedins_code", "insutype", "drg", "fee", "other_pay", "los", "pay", "med_type", "offsite"]
INSTITUTIONS = [f"H6201000000{i}" for i in range(1, 9)]
LEVELS = ["省三甲", "三甲", "二级"]


def decimal(low, high, scale):
    value = R.randrange(low, high + 1)
    return f"{value // 10**scale}.{value % 10**scale:0{scale}d}" if scale else str(value)


def write(folder, plan, weights, cases, line_end="\n", mark=""):
    with open(os.path.join(folder, "plan.yaml"), "w", encoding="utf-8") as f:
        json.dump(plan, f, ensure_ascii=False, indent=1)
    with open(os.path.join(folder, "weights.tsv"), "w", encoding="utf-8", newline="") as f:
        f.write(mark + "drg\trw\tkind" + line_end + "".join(f"{d}\t{rw}\t{kind}{line_end}" for d, (rw, kind) in weights.items()))
    with open(os.path.join(folder, "cases.tsv"), "w", encoding="utf-8", newline="") as f:
        f.write(mark + "\t".join(COLUMNS) + line_end + "".join("\t".join(c.get(k, "") for k in COLUMNS) + line_end for c in cases))


def run(folder, name="out.tsv"):
    p = lambda n: os.path.join(folder, n)
    code, out, err = h.ctl("drg", "pay", "--plan", p("plan.yaml"), p("cases.tsv"), "-o", p(name))
    if code != 0:
        return code, out, err, None
    with open(p(name), encoding="utf-8", newline="") as f:
        rows = [tuple(line.rstrip("\n").split("\t")) for line in f]
    assert rows[0] == ("id", "class", "points", "gross", "due"), rows[0]
    return code, out, err, rows[1:]


def random_weights():
    weights = {}
    for i in range(R.randrange(3, 40)):
        kind = R.choice(["stable"] * 5 + ["basic", "unstable", "uncovered"])
        rw = "" if kind == "uncovered" and R.random() < 0.5 else decimal(0 if kind in ("unstable", "uncovered") else 1, R.choice([9999, 30000, 9999999]), 4)
        weights[f"{R.choice('ABCDEFGHJZ')}{R.choice('BCRST')}{i:02d}"] = (rw, kind)
    return weights


def random_high(plan):
    steps, rw = [], 0
    for _ in range(R.randrange(0, 4)):
        rw += R.randrange(1, 30000)
        step = {"rw_max": f"{rw // 10000}.{rw % 10000:04d}", "ratio": decimal(1500000, 4000000, 6)}
        if R.random() < 0.3:
            step["level"] = R.choice([R.choice(LEVELS), R.sample(LEVELS, 2)])
        steps.append(step)
    steps.append({"ratio": R.choice(["none", "2", "1.5", decimal(1300000, 4000000, 6)])})
    plan["high"] = steps
    plan["high_form"] = R.choice(["excess"] * 3 + ["excess_weight", "over_one", "weight", "share", "cost"])
    if plan["high_form"] == "share":
        plan["high_share"] = R.choice(["0.7", "1", decimal(1, 10000, 4)])


def random_money(plan):
    money = {t: decimal(1, 10**R.randrange(3, 12), 2) for t in ("310", "390")}
    if plan["method"] == "rate":
        plan["rate"] = {t: decimal(10000, 300000000, 4) for t in money}
        return
    plan["mean_all"] = R.choice(["from_cases", decimal(100, 3000000, 2), decimal(10000, 300000000, 4)])
    plan["budget"] = {t: m for t, m in money.items() if R.random() < 0.7}
    plan["fund_budget"] = {t: m for t, m in money.items() if t not in plan["budget"]}
    plan["reserve_ratio"] = R.choice(["0", "0.05", decimal(0, 400000, 6)])


def random_plan():
    plan = {"plan": "random", "area": "620100", "from": "2023-01-01", "method": R.choice(["points", "rate"]), "weights": "weights.tsv",
            "low_ratio": R.choice(["0", "0.3", "0.4", decimal(0, 900000, 6)])}
    for bound in ("low_bound", "high_bound"):
        if R.random() < 0.5:
            plan[bound] = R.choice(["included", "excluded"])
    random_high(plan)
    plan["factor"] = {k: R.choice(["1", "0.85", decimal(0, 2000000, 6)]) for k in oracle.CLASSES if R.random() < 0.7}
    plan["coefficient"] = {"default": decimal(5000, 15000, 4)} | {i: decimal(5000, 15000, 4) for i in R.sample(INSTITUTIONS, 3)}
    plan["coefficient_level"] = {level: decimal(5000, 15000, 4) for level in R.sample(LEVELS, 2)}
    plan["levels"] = {i: R.choice(LEVELS) for i in R.sample(INSTITUTIONS, 6)}
    random_money(plan)
    value = "points" if plan["method"] == "points" else "rate"
    steps = lambda: [{"to": str(R.randrange(1, 9)), value: decimal(0, 99999, 2)}, {"to": str(R.randrange(9, 30)), value: decimal(0, 99999, 2)}, {value: decimal(0, 99999, 2)}]
    plan["day"] = [{"kind": "mental", "steps": steps()}, {"kind": "mental", "institution": INSTITUTIONS[0], "steps": steps()}, {"kind": "hospice", "steps": steps()[2:]}]
    plan["disease"] = [{"code": "DB01", "price": decimal(1, 999999, 2)}, {"code": "DB01", "level": "三甲", "price": decimal(1, 999999, 2)}]
    plan["scope"] = R.choice([{}, {"los_min": "1", "los_max": "60"}, {"offsite": "out", "med_type": ["52"]}])
    return plan


def random_fee(plan, weights, case, mean):
    """Often exactly at a bound, or a fen beside it."""
    rw, kind = weights.get(case["drg"], ("", ""))
    if kind in ("stable", "basic") and R.random() < 0.5:
        k = F(1) if kind == "basic" else oracle.coefficient(plan, case["fixmedins_code"])
        ratio = R.choice([F(plan["low_ratio"]), oracle.threshold(plan, F(rw), case["fixmedins_code"]) or F(1)])
        fen = oracle.half_up(mean * F(rw) * k * ratio * 100) + R.choice([-1, 0, 0, 1])
    else:
        fen = R.randrange(0, 10**R.randrange(3, 9))
    fen = max(fen, 0) * (-1 if R.random() < 0.02 else 1)
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def random_cases(plan, weights):
    drgs = list(weights) + ["0000", "BQY", "QY", "ZZ99", "TCM1"]
    cases = []
    for i in range(R.randrange(1, 120)):
        c = {"id": f"{R.randrange(1000)}-{i}", "fixmedins_code": R.choice(INSTITUTIONS), "insutype": R.choice(["310", "390"]), "drg": R.choice(drgs),
             "los": str(R.randrange(0, 70)), "pay": R.choice([""] * 9 + ["drg", "item", "day:mental", "day:hospice", "disease:DB01"]),
             "med_type": R.choice(["21", "21", "52"]), "offsite": R.choice(["0", "0", "1", ""])}
        base = plan["rate"][c["insutype"]] if plan["method"] == "rate" else plan["mean_all"]
        c["fee"] = random_fee(plan, weights, c, F(base if base != "from_cases" else "10000"))
        c["other_pay"] = decimal(0, 2000000, 2)
        cases.append(c)
    return cases


class Pay(h.Case):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def test_random_plans(self):
        print(f"seed {h.SEED}, {PLANS} plans")
        seen, refused = {}, 0
        for n in range(PLANS):
            plan, weights = random_plan(), random_weights()
            plan["tcm"] = {"TCM1": R.choice(list(weights))}
            cases = random_cases(plan, weights)
            write(self.folder, plan, weights, cases, *R.choice([("\n", ""), ("\r\n", "\ufeff")]))
            code, out, err, rows = run(self.folder)
            try:
                want = oracle.pay(plan, weights, cases)
            except (ZeroDivisionError, IndexError):
                self.assertEqual((code, rows), (1, None), f"plan {n}: {out}{err}")      # nothing to divide by
                refused += 1
                continue
            if code != 0 and "总点数不大于零" in err:
                refused += 1
                continue
            self.assertEqual(code, 0, f"plan {n}: {out}{err}")
            for c, got, wanted in zip(cases, rows, want):
                self.assertEqual(got, wanted, f"seed {h.SEED} plan {n}: {plan}\n{weights}\n{c}")
                seen[got[1]] = seen.get(got[1], 0) + 1
            self.assertEqual(len(rows), len(cases))
            self.check_sums(plan, cases, rows)
        print("cases per class:", seen, "refused:", refused)
        self.assertEqual(set(seen), {"low", "high", "normal", "0000", "QY", "unstable", "uncovered", "day", "disease", "item"})
        self.assertLess(refused, PLANS // 2)

    def check_sums(self, plan, cases, rows):
        """Σ gross = budget, or Σ due = fund_budget, to the fen."""
        if plan["method"] != "points" or F(plan["reserve_ratio"]) != 0:
            return
        for insutype in ("310", "390"):
            inside = [r for c, r in zip(cases, rows) if c["insutype"] == insutype and r[2] != ""]
            if inside and insutype in plan["budget"]:
                self.assertEqual(sum(F(r[3]) for r in inside), F(plan["budget"][insutype]))
            elif inside:
                self.assertEqual(sum(F(r[4]) for r in inside), F(plan["fund_budget"][insutype]))

    def test_again_and_in_another_order(self):
        for _ in range(5):
            plan, weights = random_plan(), random_weights()
            cases = random_cases(plan, weights)
            write(self.folder, plan, weights, cases)
            code, _, _, first = run(self.folder)
            self.assertEqual(run(self.folder, "again.tsv")[3], first)
            R.shuffle(cases)
            write(self.folder, plan, weights, cases)
            _, _, _, other = run(self.folder)
            self.assertEqual(first and sorted(first), other and sorted(other))

    def test_the_example(self):
        if not os.path.isdir(EXAMPLE):
            self.skipTest(f"{EXAMPLE} is not there; YB_SHARED names the folder that holds drg/")
        out = os.path.join(self.folder, "out.tsv")
        code, said, err = h.ctl("drg", "pay", "--plan", os.path.join(EXAMPLE, "plan.yaml"), os.path.join(EXAMPLE, "cases.tsv"), "-o", out)
        self.assertEqual(code, 0, err)
        with open(out, "rb") as got, open(os.path.join(EXAMPLE, "expected.tsv"), "rb") as want:
            self.assertEqual(got.read(), want.read())
        self.assertIn("2,000 cases", said)


if __name__ == "__main__":
    h.main()
