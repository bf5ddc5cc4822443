"""A month's run recomputed from drg's tables, slowly and with fractions: what run_case and statement must hold. Independent of the C
code: the groups come from the small reader of scheme tables, the money from pay_oracle.py."""
import copy, os, pathlib, subprocess, sys
from fractions import Fraction as F

import hospital as h
import pay_oracle

sys.path.insert(0, os.path.join(h.SOURCE, "tests", "support"))
import drg_scheme  # noqa: E402

CLASSES = ["low", "high", "normal", "0000", "QY", "unstable", "uncovered", "day", "disease", "item", "core", "basic", "composite", "none", "late", "special"]
DIED, LOW_RISK, OFFSITE, SENT_LATE, RULED = 1, 2, 4, 8, 16
CASE_COLUMNS = ("fixmedins_code setl_id kind insutype dscg_caty list_version drg flags class los rw_e4 k_e4 fee_fen other_pay_fen booked_fen"
                " standard_fen points_e4 gross_fen due_fen").split()
STATEMENT_COLUMNS = ("fixmedins_code insutype fund_pay_type case_count fee_fen other_pay_fen points_e4 gross_fen due_fen booked_fen"
                     " difference_fen prepaid_fen withheld_fen").split()
TEXTS = {"fixmedins_code", "insutype", "dscg_caty", "drg", "fund_pay_type", "med_type", "dscg_way", "dx", "px", "hi_paymtd"}


def sql(text):
    """Rows of texts; drg's schema."""
    home = os.environ["YB_HOME"]
    r = subprocess.run(["mariadb", f"--defaults-file={home}/db/client.cnf", "-B", "-N", "yibao_drg"], input=text, capture_output=True, text=True, timeout=300)
    assert r.returncode == 0, r.stderr
    return [line.split("\t") for line in r.stdout.splitlines()]


def select(table, columns, where):
    rows = sql(f"SELECT {', '.join(columns)} FROM `{table}` WHERE {where}")
    return [{c: (v if c in TEXTS else int(v)) for c, v in zip(columns, row)} for row in rows]


def yuan(fen):
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02d}"


def days_between(begin, end):
    import datetime
    day = lambda t: datetime.date(t // 10**10, t // 10**8 % 100, t // 10**6 % 100)
    return max(1, (day(end) - day(begin)).days)


class Month:
    """`plan` is a dict with the keys of a plan file, `weights` {drg: (rw, kind)}, `scheme` a folder of tables."""

    def __init__(self, area, ym, plan, weights, scheme):
        self.area, self.ym, self.plan, self.weights = area, ym, plan, weights
        self.scheme = drg_scheme.Scheme(pathlib.Path(scheme))

    # ---- what is read

    def truth(self, where):
        rows = select("settlement", "setl_id fixmedins_code insutype med_type begntime endtime medfee_sumamt_fen basic_fund_fen reversed_by".split(),
                      f"poolarea = {self.area} AND known = 1 AND inpatient = 1 AND {where}")
        lists = select("settlement_list", "setl_id version dscg_way dscg_caty dx px sex age age_day los bir_wt_g adm_wt_g icu has_principal hi_paymtd".split(),
                       f"poolarea = {self.area} AND stas_type = 1 AND voided = 0")
        rulings = {int(r[0]): r[1:] for r in sql(f"SELECT setl_id, pay_as, drg FROM case_ruling WHERE poolarea = {self.area}")}
        by_id = {l["setl_id"]: l for l in lists}
        return [(s, by_id.get(s["setl_id"]), rulings.get(s["setl_id"])) for s in rows]

    def group(self, l):
        some = lambda v: None if v < 0 else v
        dx = l["dx"].split() if l["has_principal"] else [""] + l["dx"].split()
        case = {"dx": dx, "px": l["px"].split(), "sex": l["sex"] or None, "age": some(l["age"]), "age_day": some(l["age_day"]), "los": some(l["los"]),
                "weight": some(l["adm_wt_g"] if l["adm_wt_g"] >= 0 else l["bir_wt_g"]), "icu": l["icu"]}
        return self.scheme.group(case)[2]

    def declared(self, s, l):
        """By bed-day or by single disease, where the list says so and the plan has a price for it."""
        begins = lambda text, ones: any(text.startswith(o) for o in ones)
        if not s["medfee_sumamt_fen"]:
            return ""
        for d in self.plan.get("day", []) if l["hi_paymtd"] == "5" else []:
            if d.get("institution", s["fixmedins_code"]) == s["fixmedins_code"] and ("dept" not in d or begins(l["dscg_caty"], d["dept"])):
                return "day:" + d["kind"]
        for d in self.plan.get("disease", []) if l["hi_paymtd"] == "2" and l["has_principal"] else []:
            if begins(l["dx"].split(" ")[0], d.get("dx", [])) and ("px" not in d or any(begins(p, d["px"]) for p in l["px"].split())):
                return "disease:" + d["code"]
        return ""

    def case(self, s, l, ruling, kind):
        basic = s["basic_fund_fen"]
        row = {"fixmedins_code": s["fixmedins_code"], "setl_id": s["setl_id"], "kind": kind, "insutype": s["insutype"], "dscg_caty": "", "list_version": 0, "drg": "",
               "flags": 0, "pay": "late", "los": days_between(s["begntime"], s["endtime"]), "fee_fen": s["medfee_sumamt_fen"],
               "other_pay_fen": s["medfee_sumamt_fen"] - basic, "booked_fen": basic, "med_type": s["med_type"]}
        if s["fixmedins_code"][1:5] != str(self.area)[:4]:
            row["flags"] |= OFFSITE
        if l:
            row.update(dscg_caty=l["dscg_caty"], list_version=l["version"], drg=self.group(l), pay="" if ruling else self.declared(s, l))
            row["los"] = l["los"] if l["los"] >= 0 else row["los"]
            row["flags"] |= DIED if l["dscg_way"] == "5" else 0
        if ruling:
            row["flags"] |= RULED
            row["pay"] = "special" if ruling[0] == "1" else ""
            row["drg"] = row["drg"] if ruling[0] == "1" else ruling[1]
        return row

    def taken_back(self, old, med_type):
        was = f"was:{CLASSES[old['class']]}:{old['points_e4']}:{old['gross_fen']}"
        row = dict(old, kind=2, med_type=med_type, pay=was, standard_fen=-old["standard_fen"])
        for name in ("fee_fen", "other_pay_fen", "booked_fen"):
            row[name] = -old[name]
        return row

    def last_paid(self, setl_id, before_run):
        """The row that stands: of the newest released run that speaks of it, its kind 1 or 3."""
        runs = sql(f"SELECT run_id FROM run WHERE poolarea = {self.area} AND state = 3 AND period > 100000 AND run_id <> {before_run} ORDER BY released_us DESC, run_id DESC")
        for (run_id,) in runs:
            rows = select("run_case", CASE_COLUMNS, f"run_id = {run_id} AND setl_id = {setl_id}")
            if rows:
                return next((r for r in rows if r["kind"] != 2), None)
        return None

    # ---- what it must come to

    def rows(self, run_id):
        rows = [self.case(s, l, r, 1) for s, l, r in self.truth(f"setl_ym = {self.ym} AND reversed_by = 0")]
        changed = sql(f"SELECT DISTINCT setl_id FROM case_change WHERE run_id = {run_id}")
        for (setl_id,) in changed:
            for s, l, r in self.truth(f"setl_id = {setl_id}"):
                old = self.last_paid(int(setl_id), run_id)
                if old:
                    rows.append(self.taken_back(old, s["med_type"]))
                if not s["reversed_by"]:
                    rows.append(self.case(s, l, r, 3))
        rows.sort(key=lambda r: (r["fixmedins_code"].encode(), r["setl_id"], r["kind"]))
        return self.paid(rows)

    def month_budget(self, text):
        year = int(F(text) * 100)
        return yuan(year // 12 if self.ym % 100 != 12 else year - 11 * (year // 12))

    def paid(self, rows):
        plan = copy.deepcopy(self.plan)
        for key in ("budget", "fund_budget"):
            if key in plan:
                plan[key] = {i: self.month_budget(t) for i, t in plan[key].items()}
        ids = [f"{r['setl_id']}" if r["kind"] == 1 else f"{r['setl_id']}-{r['kind']}" for r in rows]
        cases = [{"id": i, "fixmedins_code": r["fixmedins_code"], "insutype": r["insutype"], "drg": r["drg"], "fee": yuan(r["fee_fen"]), "other_pay": yuan(r["other_pay_fen"]),
                  "los": str(r["los"]), "pay": r["pay"], "med_type": r["med_type"], "offsite": "1" if r["flags"] & OFFSITE else ""} for i, r in zip(ids, rows)]
        paid = pay_oracle.pay(plan, self.weights, cases) if cases else []
        by_points = plan["method"] == "points"
        mean = None
        if by_points and cases:
            own = [r["fee_fen"] for r in rows if r["kind"] != 2]
            mean = F(plan["mean_all"]) if plan["mean_all"] != "from_cases" else F(pay_oracle.half_up(F(sum(own), len(own) or 1)), 100)
        for r, (_, name, points, gross, due) in zip(rows, paid):
            r["class"], r["gross_fen"], r["due_fen"] = CLASSES.index(name), int(F(gross) * 100), int(F(due) * 100)
            r["points_e4"] = int(F(points) * 10000) if points else 0
            if r["kind"] == 2:
                continue                     # weight and standard are those of the row it takes back
            r["rw_e4"] = r["k_e4"] = r["standard_fen"] = 0
            if name in ("low", "high", "normal"):
                rw, kind = self.weights[plan.get("tcm", {}).get(r["drg"], r["drg"])]
                k = F(1) if kind == "basic" else pay_oracle.coefficient(plan, r["fixmedins_code"])
                base = mean if by_points else F(plan["rate"][r["insutype"]])
                r["rw_e4"], r["k_e4"] = int(F(rw) * 10000), int(k * 10000)
                r["standard_fen"] = (-1 if r["fee_fen"] < 0 else 1) * pay_oracle.half_up(base * F(rw) * k * 100)
        return rows

    def statements(self, rows):
        sums = {}
        for r in rows:
            s = sums.setdefault((r["fixmedins_code"], r["insutype"]), dict.fromkeys(STATEMENT_COLUMNS, 0))
            s.update(fixmedins_code=r["fixmedins_code"], insutype=r["insutype"], fund_pay_type=r["insutype"] + "100")
            s["case_count"] += 1
            for name in ("fee_fen", "other_pay_fen", "points_e4", "gross_fen", "due_fen", "booked_fen"):
                s[name] += r[name]
        for s in sums.values():
            s["difference_fen"] = s["due_fen"] - s["booked_fen"]
            s["prepaid_fen"] = pay_oracle.half_up(s["due_fen"] * F(self.plan.get("prepay_ratio", "1")))
            s["withheld_fen"] = s["due_fen"] - s["prepaid_fen"]
        return [sums[k] for k in sorted(sums)]


def stored_rows(run_id):
    rows = select("run_case", CASE_COLUMNS, f"run_id = {run_id} ORDER BY fixmedins_code, setl_id, kind")
    for r in rows:
        r["flags"] &= ~LOW_RISK      # of a table of the list check, not recomputed here
    return rows


def stored_statements(run_id):
    return select("statement", STATEMENT_COLUMNS, f"run_id = {run_id} ORDER BY fixmedins_code, insutype")
