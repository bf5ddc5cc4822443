#!/usr/bin/env python3
"""yibaoctl drg pay against an oracle of other arithmetic (pay_oracle.py): random plans from a printed seed, the shared example, Lanzhou.
Needs no platform."""
import csv, json, os, random, shutil, tempfile, unittest
from fractions import Fraction as F

import hospital as h
import pay_oracle as oracle

R = random.Random(h.SEED)
PLANS = max(20, int(60 * h.MINUTES))
MEAN_MAX_FEN = 999999999         # services/drg/rules/plan.h, YB_BASE_E4_MAX
PUBLISHED = os.path.join(h.SHARED, "drg", "payment")
EXAMPLE = os.path.join(PUBLISHED, "example")
PLANS_SHIPPED = os.path.join(h.SOURCE, "services", "drg", "data", "plans")
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
    plan["factor"] = {k: R.choice(["1", "0.85", decimal(0, 2000000, 6)]) for k in (*oracle.CLASSES, "late", "special") if R.random() < 0.7}
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
             "los": str(R.randrange(0, 70)), "pay": R.choice([""] * 9 + ["drg", "item", "day:mental", "day:hospice", "disease:DB01", "late", "special"]),
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
            mean_fen = oracle.half_up(sum(F(c["fee"]) for c in cases) * 100 / len(cases))
            if plan.get("mean_all") == "from_cases" and not 0 < mean_fen <= MEAN_MAX_FEN:
                self.assertEqual((code, rows), (1, None), f"plan {n}: {out}{err}")      # few cases: a cancellation, or all of them dear
                refused += 1
                continue
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
        self.assertEqual(set(seen), {"low", "high", "normal", "0000", "QY", "unstable", "uncovered", "day", "disease", "item", "late", "special"})
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


class Cities(h.Case):
    """Plans that are shipped, with the weights their cities published, which are imported."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        if not os.path.isdir(PUBLISHED):
            self.skipTest(f"{PUBLISHED} is not there; YB_SHARED names the folder that holds drg/")

    def imported(self, city, table, *options):
        """The weights as the oracle wants them, read from the city's own file; the import put them beside the plan."""
        out = os.path.join(self.folder, table)
        code, said, err = h.ctl("drg", "plan", "import", os.path.join(PUBLISHED, city), "-o", out, *options)
        self.assertEqual(code, 0, err)
        kinds = {"": "stable", "普通": "stable", "正常": "stable", "基础": "basic", "分级": "basic", "不稳": "unstable", "未覆": "uncovered"}
        with open(os.path.join(PUBLISHED, city), encoding="utf-8-sig", newline="") as f:
            want = {r["DRG编码"]: (r["RW"], kinds[(r.get("病组类型") or r.get("病组标识") or "")[:2]]) for r in csv.DictReader(f)}
        with open(out, encoding="utf-8") as f:
            got = {r["drg"]: (r["rw"], r["kind"]) for r in csv.DictReader(f, delimiter="\t")}
        self.assertEqual({d: (F(rw or 0), k) for d, (rw, k) in got.items()}, {d: (F(rw or 0), k) for d, (rw, k) in want.items()})
        return want, said

    def paid(self, name, plan, weights, more=""):
        """The shipped file, with what an office adds to it, pays as the oracle does under the same plan."""
        path = os.path.join(self.folder, name)
        with open(os.path.join(PLANS_SHIPPED, name), encoding="utf-8") as f:
            text = f.read()
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace("levels: {}\n", more) if more else text)
        code, said, err = h.ctl("drg", "plan", "check", path)
        self.assertEqual(code, 0, said + err)
        cases, groups = [], list(weights)
        for i in range(3000):
            drg = R.choice(["0000", "BQY"]) if R.random() < 0.05 else R.choice(groups)
            cases.append({"id": f"{i:05d}", "fixmedins_code": R.choice(INSTITUTIONS[:4]), "insutype": R.choice(list(plan.get("rate") or plan["budget"])), "drg": drg,
                          "los": "7", "fee": decimal(10000, 10**R.randrange(5, 8), 2), "other_pay": decimal(0, 1000000, 2)})
        write(self.folder, {}, {}, cases)
        out = os.path.join(self.folder, "out.tsv")
        code, said, err = h.ctl("drg", "pay", "--plan", path, os.path.join(self.folder, "cases.tsv"), "-o", out)
        self.assertEqual(code, 0, err)
        with open(out, encoding="utf-8") as f:
            rows = [tuple(line.rstrip("\n").split("\t")) for line in f][1:]
        self.assertEqual(rows, oracle.pay(plan, weights, cases))
        self.assertLessEqual({"low", "high", "normal", "0000", "QY"}, {r[1] for r in rows})

    def test_lanzhou(self):
        weights, said = self.imported("lanzhou-2023.csv", "620100-lanzhou-2023.tsv")
        self.assertIn('rate: {"职工": "9986.9352"}', said)
        self.assertIn('"省三甲": "1.1476", "三甲": "1.003", "三级": "0.8308", "二级": "0.7487"', said)
        levels = dict(zip(INSTITUTIONS, ["省三甲", "三甲", "三级", "二级"]))
        plan = {"method": "rate", "rate": {"310": "9986.9352"}, "coefficient": {}, "levels": levels, "low_ratio": "0.4", "high_bound": "included", "high_form": "cost",
                "coefficient_level": {"省三甲": "1.1476", "三甲": "1.0030", "三级": "0.8308", "二级": "0.7487"},
                "high": [{"level": ["省三甲", "三甲", "三级"], "ratio": "3"}, {"ratio": "2"}]}
        self.paid("620100-lanzhou-2023.yaml", plan, weights, "levels: " + json.dumps(levels, ensure_ascii=False) + "\n")

    def test_lvliang_with_the_weights_of_linfen(self):
        code, _, err = h.ctl("drg", "plan", "import", os.path.join(PUBLISHED, "linfen-2022.csv"), "-o", os.path.join(self.folder, "w.tsv"))
        self.assertEqual((code, "分级诊疗" in err, os.path.exists(os.path.join(self.folder, "w.tsv"))), (1, True, False), err)
        weights, _ = self.imported("linfen-2022.csv", "141100-lvliang.tsv", "--kind", "分级诊疗=basic")
        plan = {"method": "points", "mean_all": "from_cases", "low_ratio": "0.4", "coefficient": {"default": "1"}, "reserve_ratio": "0.05",
                "high": [{"rw_max": "1", "ratio": "3"}, {"rw_max": "2", "ratio": "2.5"}, {"ratio": "2"}],
                "budget": {"310": "600000000.00", "390": "900000000.00"}}
        self.paid("141100-lvliang.yaml", plan, weights)

    def test_other_cities(self):
        for city, columns in (("lanzhou-2022.csv", 792), ("changzhou-2022.csv", 740)):
            weights, _ = self.imported(city, "w.tsv")
            self.assertEqual(len(weights), columns)


class Faults(h.Case):
    """What is wrong is said with file, line and column; nothing is written."""

    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)
        self.plan = {"plan": "p", "area": "620100", "from": "2023-01-01", "method": "points", "mean_all": "10000", "weights": "weights.tsv", "low_ratio": "0.4",
                     "high": [{"ratio": "3"}], "coefficient": {"default": "1"}, "budget": {"310": "1000.00"}}
        self.case = {"id": "1", "fixmedins_code": INSTITUTIONS[0], "insutype": "310", "drg": "AA11", "fee": "100.00", "other_pay": "0.00", "los": "3"}

    def refused(self, plan, cases, *words):
        write(self.folder, plan, {"AA11": ("1.0", "stable")}, cases)
        code, out, err, rows = run(self.folder)
        self.assertEqual((code, rows, os.path.exists(os.path.join(self.folder, "out.tsv"))), (1, None, False), out + err)
        for word in words:
            self.assertIn(word, out + err)

    def test_a_missing_budget_or_rate_names_its_insutype(self):
        other = self.case | {"id": "2", "insutype": "390"}
        self.refused(self.plan, [self.case, other], "cases.tsv:3: error: column 3 insutype", "险种390的预算")
        self.refused(self.plan | {"method": "rate", "rate": {"310": "8000"}}, [self.case, other], "cases.tsv:3", "险种390的费率")

    def test_cases(self):
        self.refused(self.plan, [self.case, self.case], "cases.tsv:3: error: ", "病例1重复")
        self.refused(self.plan, [self.case | {"fee": "1,000"}], "cases.tsv:2: error: column 5 fee")
        self.refused(self.plan, [], "没有一个病例")
        self.refused(self.plan | {"coefficient": {}}, [self.case], "机构" + INSTITUTIONS[0] + "的系数")
        self.refused(self.plan, [self.case | {"fee": "0"}], "险种310", "总点数不大于零")

    def test_plans(self):
        self.refused(self.plan | {"low_ratoi": "0.4"}, [self.case], "plan.yaml:", "low_ratoi")
        self.refused({k: v for k, v in self.plan.items() if k != "budget"}, [self.case], "缺少budget")
        self.refused(self.plan | {"weights": "other.tsv"}, [self.case], "other.tsv:0: error", "无法读取")

    def test_an_old_result_stays_when_nothing_was_paid(self):
        write(self.folder, self.plan, {"AA11": ("1.0", "stable")}, [self.case])
        self.assertEqual(run(self.folder)[3], [("1", "low", "1.0000", "1000.00", "1000.00")])
        write(self.folder, self.plan, {"AA11": ("1.0", "stable")}, [self.case | {"fee": "x"}])
        self.assertEqual(run(self.folder)[0], 1)
        with open(os.path.join(self.folder, "out.tsv"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "id\tclass\tpoints\tgross\tdue\n1\tlow\t1.0000\t1000.00\t1000.00\n")
        self.assertEqual(sorted(os.listdir(self.folder)), ["cases.tsv", "out.tsv", "plan.yaml", "weights.tsv"])

    def test_the_results_are_not_what_is_read(self):
        write(self.folder, self.plan, {"AA11": ("1.0", "stable")}, [self.case])
        for name in "cases.tsv", "plan.yaml":
            path = os.path.join(self.folder, name)
            with open(path, encoding="utf-8") as f:
                before = f.read()
            code, _, _, _ = run(self.folder, name)
            with open(path, encoding="utf-8") as f:
                self.assertEqual((code, f.read()), (2, before))

    def test_a_negative_sum_is_warned_of(self):
        write(self.folder, self.plan, {"AA11": ("1.0", "stable")}, [self.case | {"other_pay": "1000.01"}])
        code, out, _, rows = run(self.folder)
        self.assertEqual((code, rows[0][4]), (0, "-0.01"))
        self.assertIn("warning: 310: the sum due is negative (-0.01)", out)

    def test_usage(self):
        for args in (("drg",), ("drg", "pay"), ("drg", "pay", "x.tsv", "-o", "y"), ("drg", "plan", "check"), ("drg", "plan", "import", "x.csv"), ("drg", "nonsuch"),
                     ("drg", "dip", "build", "x"), ("drg", "dip", "score", "x", "-o", "y"), ("drg", "plan", "import", "x", "-o", "y", "--kind", "a=b")):
            with self.subTest(args=args):
                code, _, err = h.ctl(*args)
                self.assertEqual((code, bool(err.strip())), (2, True))


if __name__ == "__main__":
    h.main()
