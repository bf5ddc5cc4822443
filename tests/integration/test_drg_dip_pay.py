#!/usr/bin/env python3
"""yibaoctl drg pay under a plan of DIP scores against an oracle in fractions: random catalogues (built, or imported without sums), plans and
cases from a printed seed. Needs no platform."""
import json, os, random, shutil, tempfile, unittest
from fractions import Fraction as F

import hospital as h
import pay_oracle as oracle
import test_drg_dip as dip
from pay_oracle import half_up

R = random.Random(h.SEED)
ROUNDS = max(15, int(40 * h.MINUTES))
KINDS = dip.KINDS
DXS = ["I20.0", "I20.1", "I25.1", "J18.9", "C50.9"]
OPS = ["36.0700", "37.2200", "99.2500", "88.5500", "1"]
INSTITUTIONS = [f"H6201000000{i}" for i in range(1, 6)]
LEVELS = ["三级", "二级"]
COLUMNS = ["id", "fixmedins_code", "insutype", "dx", "ops", "op_kind", "fee", "other_pay", "los", "pay", "level", "age", "age_days", "severity", "tumour"]
WORDS = {"core": ["核心", "核心病种", "core"], "basic": ["基层", "基层病种", "basic"], "composite": ["综合", "综合病种", "composite"]}
OP_WORDS = {"none": ["保守治疗", "保守治疗组", "none"], "diagnostic": ["诊断性操作", "diagnostic"], "therapeutic": ["治疗性操作组", "therapeutic"], "operation": ["相关手术", "operation"]}


def money(low, high):
    return dip.money(low, high)


# --- catalogues -------------------------------------------------------------------------------------------------------

def entry(code, kind, op_kind, rw, mean, levels=None):
    return {"code": code, "kind": kind, "op_kind": op_kind, "rw": F(rw), "mean": F(mean), "levels": levels or {}}


def published():
    """Entries, and the same as rows of a city's table."""
    entries, rows = {}, []
    for _ in range(R.randrange(5, 40)):
        kind = R.choice(["core"] * 4 + ["basic", "composite"])
        rw, mean, op_kind = f"{R.randrange(1, 5 * 10**7) / 10**4:.4f}", money(1, 3000000), R.choice(KINDS)
        row = {"病种类型": R.choice(WORDS[kind]), "分值": rw, "均次费用": mean, "操作类型": R.choice(OP_WORDS[op_kind])}
        if kind == "composite":
            where = R.choice(["09", "10", "02", "I20", "I25", "I20-I25", "I00-J99"])
            code, row["诊断编码"] = f"~{where}:{op_kind}", where
        else:
            members = [R.sample(OPS, R.randrange(1, 4)) for _ in range(R.randrange(0, 4))]
            sort = lambda ops: sorted(set(ops), key=str.encode)
            dx = R.choice(DXS)
            code = dx + ":" + "+".join(sort("/".join(sort(m)) for m in members))
            row["诊断编码"], row["手术操作编码"] = R.choice([dx, dx + "00x001"]), "+".join("/".join(m) for m in members)
        if code not in entries:
            entries[code] = entry(code, kind, op_kind, rw, mean)
            rows.append(row)
    return list(entries.values()), rows


def built(rows):
    """What `dip build` makes of a history: its keys have no alternatives."""
    made = []
    for code, (rw, mean, of) in dip.catalogue_of(rows, 3).items():
        kind = max((KINDS.index(r["op_kind"]) for r in of), default=0)
        levels = {v: [F(r["fee"]) for r in of if r["year"] == "2023" and r["level"] == v] for v in LEVELS}
        made.append(entry(code, "composite" if code[0] == "~" else "core", KINDS[kind], F(rw, 10000), mean, levels))
    return made


# --- the oracle -------------------------------------------------------------------------------------------------------

def order(e, fee):
    rank = {"core": 3 - KINDS.index(e["op_kind"]), "basic": 4, "composite": 5}[e["kind"]]
    where = e["code"][1:].split(":")[0]
    width = 0 if e["kind"] != "composite" else 2 if where.isdigit() else 1 if "-" in where else 0
    members = [m for m in e["code"].split(":")[1].split("+") if m] if e["kind"] != "composite" else []
    return rank, width, -len(members), abs(half_up(e["mean"] * 100) - half_up(fee * 100)), e["code"].encode()


def takes(e, dx, ops, op_kind, require):
    where, tail = e["code"].split(":")
    if e["kind"] == "composite":
        where = where[1:]
        first, _, last = where.partition("-")
        fits = dip.CHAPTER[dx[0]] == int(where) if where.isdigit() else first <= dx[:3] <= (last or first)
        return fits and e["op_kind"] == op_kind
    if dx[:5] != where:
        return False
    members = [set(m.split("/")) for m in tail.split("+")] if tail else []
    if not members:
        return not ops or (require != "same" and op_kind == "none")
    named = set().union(*members)
    return all(m & ops for m in members) and {"same": ops <= named, "listed": True, "all": named <= ops}[require]


def by_cost(plan, world, c, factor):
    return half_up(1000 * F(c["fee"]) / world["mean"] * F(plan.get("factor", {}).get(factor, "1")) * 10000)


def worth(plan, world, c):
    """(class, points in 10^-4)"""
    fee = abs(F(c["fee"]))
    ops = {o for o in c["ops"].split("+") if o}
    op_kind = KINDS[max((KINDS.index(world["op_kinds"][o]) for o in ops), default=0)] if world["op_kinds"] else c["op_kind"]
    found = min((e for e in world["entries"] if takes(e, c["dx"], ops, op_kind, plan["dip"].get("require", "same"))), key=lambda e: order(e, fee), default=None)
    sign = -1 if F(c["fee"]) < 0 else 1
    if found is None:
        return "none", by_cost(plan, world, c, "none")
    level = c["level"] or plan["levels"].get(c["fixmedins_code"], "")
    last = found["levels"].get(level, [])
    reference = sum(last) / len(last) if len(last) >= 15 else found["mean"]
    band = "" if c["age"] == "" else "66+" if int(c["age"]) >= 66 else "" if int(c["age"]) >= 18 else "0-28d" if int(c["age_days"]) <= 28 else "29d-1y"
    facts = {"age": band, "severity": c["severity"], "tumour": c["tumour"]}
    aux = max([F(v) for t, k, v in world["aux"] if facts[t] == k], default=F(1))
    r, included = fee / reference, plan["dip"].get("bounds") == "included"
    score = found["rw"] * aux * (F(1) if found["kind"] == "basic" else oracle.coefficient(plan, c["fixmedins_code"]))
    if r < F(1, 2) or (included and r == F(1, 2)):
        return "low", sign * half_up(score * r * 10000)
    if r > 2 or (included and r == 2):
        return "high", sign * half_up(score * (r - 2 + 1) * 10000)
    return found["kind"], sign * half_up(score * 10000)


def pay(plan, world, cases):
    rows, pools = {}, {}
    for c in cases:
        how, sign = c["pay"], -1 if F(c["fee"]) < 0 else 1
        if how == "item" or (how in ("", "dip") and oracle.left_out(plan, c)):
            rows[c["id"]] = ["item", None, half_up(F(c["fee"]) * 100)]
        elif how == "disease:DB01":
            rows[c["id"]] = ["disease", None, sign * half_up(F(plan["disease"][0]["price"]) * 100)]
        elif how == "day:mental":
            rows[c["id"]] = ["day", half_up(sign * oracle.days_value(plan, "mental", c["fixmedins_code"], int(c["los"])) * 10000), None]
        elif how in ("late", "special"):
            rows[c["id"]] = [how, by_cost(plan, world, c, how), None]
        else:
            rows[c["id"]] = [*worth(plan, world, c), None]
        if rows[c["id"]][1] is not None:
            pools.setdefault(c["insutype"], []).append(c)
    for insutype, members in pools.items():
        budget = plan["budget"].get(insutype)
        total = half_up(F(budget) * 100) if budget else half_up((F(plan["fund_budget"][insutype]) + sum(F(c["other_pay"]) for c in members)) * 100)
        total -= half_up(total * F(plan["reserve_ratio"]))
        for i, fen in oracle.split(total, {c["id"]: F(rows[c["id"]][1]) for c in members}).items():
            rows[i][2] = fen
    text = lambda value, scale: f"{'-' if value < 0 else ''}{abs(value) // 10**scale}.{abs(value) % 10**scale:0{scale}d}"
    return [(c["id"], rows[c["id"]][0], "" if rows[c["id"]][1] is None else text(rows[c["id"]][1], 4), text(rows[c["id"]][2], 2),
             text(rows[c["id"]][2] - half_up(F(c["other_pay"]) * 100), 2)) for c in cases]


# --- random plans and cases -------------------------------------------------------------------------------------------

def random_plan(world):
    plan = {"plan": "dip", "area": "620100", "from": "2024-01-01", "method": "dip", "coefficient": {"default": "1.05", INSTITUTIONS[0]: "0.9512"},
            "coefficient_level": {"三级": "1.1476"}, "levels": {i: R.choice(LEVELS) for i in INSTITUTIONS[1:4]}, "budget": {"310": money(10**5, 10**11)},
            "reserve_ratio": R.choice(["0", "0", "0.05"]), "factor": {"none": R.choice(["1", "0.7", "0"]), "late": "0.8"},
            "day": [{"kind": "mental", "steps": [{"to": "10", "points": "35.5"}, {"points": "20.25"}]}], "disease": [{"code": "DB01", "price": "6000.00"}],
            "dip": {"catalogue": "catalogue.tsv"}, "scope": R.choice([{}, {"los_min": "1", "los_max": "60"}])}
    plan["budget" if R.random() < 0.5 else "fund_budget"] = plan.get("budget", {}) | {"390": money(10**5, 10**11)}
    if "fund_budget" in plan:
        plan["fund_budget"].pop("310")
    for key, words in (("bounds", ["included", "excluded"]), ("require", ["same", "listed", "all"])):
        if R.random() < 0.7:
            plan["dip"][key] = R.choice(words)
    if world["aux"]:
        plan["dip"]["aux"] = "aux.tsv"
    if world["op_kinds"]:
        plan["dip"]["op_kinds"] = "kinds.tsv"
    if not world["sums"] or R.random() < 0.3:
        world["mean"] = F(world["said"])
        plan["mean_all"] = world["said"]
    return plan


def random_cases(world):
    cases = []
    for i in range(R.randrange(5, 100)):
        e = R.choice(world["entries"])
        age, days = R.choice([("70", ""), ("0", "28"), ("0", "29"), ("30", ""), ("", "")])
        ops = R.sample(OPS, R.randrange(0, 4))
        if world["sums"]:
            dx, joined, kind = R.choice(dip.DISEASES)
            ops = joined.split("+") if joined else []
        else:
            dx, kind = R.choice(DXS) + R.choice(["", "00"]), R.choice(KINDS)
        near = half_up(R.choice([e["mean"], e["mean"] / 2, e["mean"] * 2]) * 100) + R.choice([-1, 0, 1])
        fen = max(1, R.choice([near, near, R.randrange(1, 10**7)])) * (-1 if R.random() < 0.02 else 1)
        cases.append({"id": f"{R.randrange(1000)}-{i}", "fixmedins_code": R.choice(INSTITUTIONS), "insutype": R.choice(["310", "390"]), "dx": dx,
                      "ops": "+".join(ops), "op_kind": kind, "fee": f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}", "other_pay": money(0, 10**6),
                      "los": str(R.randrange(0, 70)), "pay": R.choice([""] * 8 + ["dip", "item", "late", "special", "day:mental", "disease:DB01"]), "level": R.choice(["", "", "三级"]),
                      "age": age, "age_days": days, "severity": R.choice(["", "III"]), "tumour": R.choice(["", "V-B"])})
    return cases


class DipPay(h.Case):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def ctl(self, *args):
        code, out, err = h.ctl("drg", *args)
        self.assertEqual(code, 0, f"seed {h.SEED}: {args}: {out}{err}")
        return out

    def make_world(self):
        aux = R.choice([[], [("age", "66+", "1.1500"), ("age", "0-28d", "1.3"), ("severity", "III", "1.2"), ("tumour", "V-B", "0.85")]])
        world = {"aux": aux, "op_kinds": {o: R.choice(KINDS) for o in OPS} if R.random() < 0.3 else {}, "sums": R.random() < 0.4, "said": money(10**4, 10**7)}
        if world["sums"]:
            history = [dict(zip(("dx", "ops", "op_kind"), R.choice(dip.DISEASES)), year=str(R.choice(dip.YEARS)), fee=money(1, 2000000), level=R.choice(LEVELS + [""]))
                       for _ in range(R.randrange(60, 600))] + [dict(dx="I10.x00", ops="", op_kind="none", year="2023", fee="100.00", level="")]
            world |= {"entries": built(history), "mean": dip.mean(history), "op_kinds": {}}
            dip.write(self.path("history.tsv"), history, ["year", "dx", "ops", "op_kind", "fee", "level"])
            self.ctl("dip", "build", self.path("history.tsv"), "-o", self.path("catalogue.tsv"), "--threshold", "3")
        else:
            world["entries"], rows = published()
            is_tsv, columns = R.random() < 0.5, R.sample(["病种类型", "分值", "均次费用", "操作类型", "诊断编码", "手术操作编码", "名称"], 7)
            name = self.path("city.tsv" if is_tsv else "city.csv")
            with open(name, "w", encoding=R.choice(["utf-8", "utf-8-sig"]), newline="") as f:
                join = "\t" if is_tsv else ","
                f.write(join.join(columns) + "\r\n" + "".join(join.join(r.get(c, "") for c in columns) + "\r\n" for r in rows))
            self.assertIn("without sums", self.ctl("dip", "import", name, "-o", self.path("catalogue.tsv")))
            codes = [r["code"] for r in dip.read(self.path("catalogue.tsv"))]
            self.assertEqual(codes, sorted((e["code"] for e in world["entries"]), key=str.encode))
        dip.write(self.path("aux.tsv"), [dict(zip(("table", "key", "coefficient"), a)) for a in aux], ["table", "key", "coefficient"])
        dip.write(self.path("kinds.tsv"), [{"code": o, "kind": k} for o, k in world["op_kinds"].items()], ["code", "kind"])
        return world

    def run_pay(self, plan, cases, columns=None):
        with open(self.path("plan.yaml"), "w", encoding="utf-8") as f:
            json.dump(plan, f, ensure_ascii=False)
        dip.write(self.path("cases.tsv"), cases, columns or COLUMNS)
        if os.path.exists(self.path("out.tsv")):
            os.unlink(self.path("out.tsv"))
        code, out, err = h.ctl("drg", "pay", "--plan", self.path("plan.yaml"), self.path("cases.tsv"), "-o", self.path("out.tsv"))
        rows = [tuple(r.values()) for r in dip.read(self.path("out.tsv"))] if code == 0 else None
        return code, out + err, rows

    def test_random_plans(self):
        print(f"seed {h.SEED}")
        seen, refused = {}, 0
        for n in range(ROUNDS):
            world = self.make_world()
            plan, cases = random_plan(world), random_cases(world)
            columns = [c for c in COLUMNS if c != "op_kind"] if world["op_kinds"] else COLUMNS
            code, said, rows = self.run_pay(plan, cases, columns)
            if code != 0 and "总点数不大于零" in said:
                refused += 1
                continue
            self.assertEqual(code, 0, f"seed {h.SEED} round {n}: {said}\n{plan}")
            for c, got, want in zip(cases, rows, pay(plan, world, cases)):
                self.assertEqual(got, want, f"seed {h.SEED} round {n}: {plan}\n{c}\n{world}")
                seen[got[1]] = seen.get(got[1], 0) + 1
            if plan["reserve_ratio"] == "0":
                for insutype, budget in plan["budget"].items():
                    inside = [F(r[3]) for c, r in zip(cases, rows) if c["insutype"] == insutype and r[2] != ""]
                    self.assertTrue(not inside or sum(inside) == F(budget))
            R.shuffle(cases)
            self.assertEqual(sorted(self.run_pay(plan, cases, columns)[2]), sorted(rows))
        print("cases per class:", seen, "refused:", refused)
        self.assertEqual(set(seen), {"core", "basic", "composite", "none", "low", "high", "day", "disease", "item", "late", "special"})
        self.assertLess(refused, ROUNDS // 2)

    def test_by_hand(self):
        """RW 1000 at 10,000: 1.05 × 1000 and 1 × 1000 (basic) and half of 1000 (none at half the mean): 2,550 points for 2,550.00."""
        dip.write(self.path("city.tsv"), [{"code": "I20.0:36.0700", "kind": "core", "rw": "1000", "mean": "10000"}, {"code": "J18.9:", "kind": "basic", "rw": "1000", "mean": "10000"}],
                  ["code", "kind", "rw", "mean"])
        self.ctl("dip", "import", self.path("city.tsv"), "-o", self.path("catalogue.tsv"))
        plan = {"plan": "dip", "area": "620100", "from": "2024-01-01", "method": "dip", "coefficient": {"default": "1.05"}, "budget": {"310": "2550.00"}, "mean_all": "10000",
                "dip": {"catalogue": "catalogue.tsv"}}
        case = dict(fixmedins_code="H1", insutype="310", op_kind="none", fee="10000", other_pay="100")
        cases = [case | dict(id="1", dx="I20.000", ops="36.0700"), case | dict(id="2", dx="J18.900", ops=""), case | dict(id="3", dx="K80.0", ops="", fee="5000")]
        code, said, rows = self.run_pay(plan, cases, ["id", "dx", "ops", *case])
        self.assertEqual((code, rows), (0, [("1", "core", "1050.0000", "1050.00", "950.00"), ("2", "basic", "1000.0000", "1000.00", "900.00"),
                                            ("3", "none", "500.0000", "500.00", "400.00")]), said)

    def refused(self, plan, cases, *words):
        code, said, _ = self.run_pay(plan, cases, [c for c in COLUMNS if any(c in x for x in cases)])
        self.assertEqual((code, os.path.exists(self.path("out.tsv"))), (1, False), said)
        for word in words:
            self.assertIn(word, said)

    def test_faults(self):
        dip.write(self.path("city.tsv"), [{"code": "I20.0:1", "rw": "1000", "mean": "10000"}], ["code", "rw", "mean"])
        self.ctl("dip", "import", self.path("city.tsv"), "-o", self.path("catalogue.tsv"))
        dip.write(self.path("kinds.tsv"), [{"code": "2", "kind": "operation"}], ["code", "kind"])
        plan = {"plan": "dip", "area": "620100", "from": "2024-01-01", "method": "dip", "coefficient": {"default": "1"}, "budget": {"310": "1000.00"}, "dip": {"catalogue": "catalogue.tsv"}}
        good = dict(id="1", fixmedins_code="H1", insutype="310", dx="I20.0", ops="1", op_kind="operation", fee="1", other_pay="0")
        self.assertEqual(self.run_pay(plan, [good], [*good])[0], 0)
        for change, word in ((dict(dx="x"), "column 4 dx"), (dict(ops="1/2"), "column 4 dx"), (dict(op_kind="some"), "column 6 op_kind"), (dict(op_kind=""), "column 6 op_kind"),
                             (dict(fee="1.001"), "column 7 fee"), (dict(insutype="390"), "column 3 insutype"), (dict(dx="J18.9"), "mean_all")):
            self.refused(plan, [good, good | {"id": "2"} | change], "cases.tsv:3: error", word)
        self.refused(plan, [good, good | {"id": "2", "pay": "drg"}], "cases.tsv:3: error", "应为dip")
        self.refused(plan, [good, good | {"id": "2", "pay": "day:mental", "los": ""}], "cases.tsv:3: error", "los")
        self.refused(plan, [good, good], "病例1重复")
        self.refused(plan | {"coefficient": {}}, [good], "column 2 fixmedins_code", "系数")
        self.refused(plan, [{k: v for k, v in good.items() if k != "op_kind"}], "cases.tsv:1: error", "op_kind")
        with_kinds = plan | {"mean_all": "100", "dip": {"catalogue": "catalogue.tsv", "op_kinds": "kinds.tsv"}}
        self.refused(with_kinds, [good | {"ops": "2+3", "op_kind": ""}], "手术操作3不在操作类型表中")
        self.assertEqual(self.run_pay(with_kinds, [good | {"op_kind": ""}], [*good])[0], 0)   # core: no kind is needed
        for key, value in (("weights", "w.tsv"), ("low_ratio", "0.4"), ("high", [{"ratio": "3"}]), ("rate", {"310": "1"}), ("tcm", {"A": "B"})):
            self.refused(plan | {key: value}, [good], "plan.yaml:", key)
        self.refused(plan | {"mean_all": "from_cases"}, [good], "plan.yaml:", "from_cases")
        self.refused({k: v for k, v in plan.items() if k != "dip"}, [good], "缺少dip")
        self.refused({k: v for k, v in plan.items() if k != "budget"}, [good], "缺少budget")
        self.refused(plan | {"dip": {"catalogue": "other.tsv"}}, [good], "other.tsv:0: error", "无法读取")
        self.refused(plan | {"dip": {"catalogue": "catalogue.tsv", "require": "some"}}, [good], "dip.require", "some")
        self.refused(plan | {"dip": {"aux": "catalogue.tsv"}}, [good], "缺少catalogue")
        self.refused(plan | {"dip": {"catalogue": "catalogue.tsv", "aux": "kinds.tsv"}}, [good], "kinds.tsv:1: error", "table")

    def test_faults_of_a_published_table(self):
        good = {"code": "I20.0:1", "kind": "core", "op_kind": "operation", "rw": "1000", "mean": "10000"}
        for change, word in ((dict(code="I20:1"), "column 1 code"), (dict(code="I20.0:1++2"), "column 1 code"), (dict(kind="some"), "column 2 kind"), (dict(rw="0"), "column 4 rw"),
                             (dict(mean="0"), "column 5 mean"), (dict(mean="1.234"), "column 5 mean"), (dict(op_kind="some"), "column 3 op_kind"), (dict(code="~09:none"), "column 1 code"),
                             (dict(code="~09:none", kind="composite"), "column 3 op_kind")):
            dip.write(self.path("city.tsv"), [good | {"code": "I20.1:"}, good | change], [*good])
            code, _, err = h.ctl("drg", "dip", "import", self.path("city.tsv"), "-o", self.path("c.tsv"))
            self.assertEqual((code, "city.tsv:3: error" in err, word in err, os.path.exists(self.path("c.tsv"))), (1, True, True, False), err)
        for rows, columns, word in (([good, good], [*good], "I20.0:1重复"), ([], [*good], "没有一个病种"), ([good], ["code", "rw"], "均次费用"), ([good], ["rw", "mean"], "病种编码")):
            dip.write(self.path("city.tsv"), rows, columns)
            code, _, err = h.ctl("drg", "dip", "import", self.path("city.tsv"), "-o", self.path("c.tsv"))
            self.assertEqual((code, word in err, os.path.exists(self.path("c.tsv"))), (1, True, False), err)


if __name__ == "__main__":
    h.main()
