#!/usr/bin/env python3
"""The starter scheme (services/drg/data/starter) holds together: columns, references, conditions, code lists, and an example case
for every group. Reads the tables with the small reader of tests/support/drg_scheme.py, not with the grouper. Where the
folder of national files is present (YB_SHARED), the reader itself is compared with its 10,000 grouped cases, and every code of
the starter must be a national one."""
import collections, os, pathlib, re, sys

sys.dont_write_bytecode = True
root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "tests" / "support"))
import drg_scheme

folder = root / "services" / "drg" / "data" / "starter"
shared = pathlib.Path(os.environ.get("YB_SHARED", root.parent / "shared")) / "drg"
faults = []
checks = 0


def check(holds, text):
    global checks
    checks += 1
    if not holds:
        faults.append(text)


def once(table, *columns):
    """No two rows of the table have the same values there."""
    seen = collections.Counter(tuple(row[c] for c in columns) for row in scheme.rows[table])
    check(max(seen.values(), default=0) <= 1, f"{table}.tsv: twice: {[k for k, n in seen.items() if n > 1][:3]}")


def own(name, columns):
    return drg_scheme.read_table(folder / f"{name}.tsv", columns)


def check_order():
    once("mdc", "order"), once("mdc", "mdc"), once("adrg", "mdc", "order"), once("drg", "drg"), once("drg", "adrg", "order")
    once("severity", "code"), once("exclusion", "principal"), once("px_valid", "code"), once("qy", "mdc", "before_adrg")
    once("mdc_dx", "mdc", "site", "code"), once("adrg_code", "adrg", "list", "code")
    listed = {(row["mdc"], name) for row in scheme.mdcs for name in row["adrg_in_order"].split(",")}
    check(listed == set(scheme.adrgs), f"mdc.tsv and adrg.tsv differ: {listed ^ set(scheme.adrgs)}")
    for row in scheme.rows["adrg"]:
        name = row["adrg"]
        check(re.fullmatch(row["mdc"] + "[A-HJ-Z][1-9]", name), f"adrg.tsv:{row['line']}: {name} is not named as an ADRG of MDC {row['mdc']}")
        for drg in row["drg_in_order"].split(","):
            check(drg in scheme.drgs and scheme.drgs[drg]["adrg"] == name, f"adrg.tsv:{row['line']}: {drg} is no DRG of {name}")
        check(row["drg_in_order"].split(",") == [d["drg"] for d in scheme.rows["drg"] if d["adrg"] == name],
              f"adrg.tsv:{row['line']}: not the DRGs of {name} in drg.tsv")
    for row in scheme.rows["drg"]:
        check(re.fullmatch(row["adrg"] + "[1-9]", row["drg"]) and row["name"], f"drg.tsv:{row['line']}: name or code")
        check((row["adrg"][0], row["adrg"]) in scheme.adrgs, f"drg.tsv:{row['line']}: no ADRG {row['adrg']}")
    for row in scheme.mdcs:                            # surgical and other operations before medical groups
        kinds = [name[1] >= "R" for name in row["adrg_in_order"].split(",")]
        check(kinds == sorted(kinds), f"mdc.tsv:{row['line']}: a medical group stands before a surgical one")


def check_lists():
    used = collections.defaultdict(set)
    for row in scheme.rows["adrg"]:
        for name in drg_scheme.lists_of(scheme.trees[row["condition"]]):
            used[row["adrg"]].add(name)
            known = name[0] in "@{" or (row["adrg"], name) in scheme.codes
            check(known, f"adrg.tsv:{row['line']}: no list {name}")
    for table in ("mdc", "qy"):
        for row in scheme.rows[table]:
            for name in drg_scheme.lists_of(scheme.trees[row["condition"]]):
                check(name[0] in "@{", f"{table}.tsv:{row['line']}: list {name} is not known there")
    for row in scheme.rows["adrg_code"]:
        adrg, name = row["adrg"], row["list"]
        check(name in used[adrg], f"adrg_code.tsv:{row['line']}: {adrg} does not use {name}")
        check(re.match("zd|ss", name), f"adrg_code.tsv:{row['line']}: {name} says neither diagnoses nor procedures")
        if name.startswith("ss"):
            check(row["code"] in scheme.valid, f"adrg_code.tsv:{row['line']}: {row['code']} is not in px_valid.tsv")
        elif name == "zd":
            check(row["code"] in scheme.mdc_codes[adrg[0]], f"adrg_code.tsv:{row['line']}: {row['code']} is not in MDC {adrg[0]}")
    for row in scheme.rows["qy"]:
        order = next((m["adrg_in_order"] for m in scheme.mdcs if m["mdc"] == row["mdc"]), "")
        check(row["before_adrg"] in order.split(","), f"qy.tsv:{row['line']}: no {row['before_adrg']} in MDC {row['mdc']}")
        check(row["group"] == row["mdc"] + "QY", f"qy.tsv:{row['line']}: {row['group']}")
    for row in scheme.rows["mdc_dx"]:
        check(bool(row["site"]) == (row["mdc"] == "Z"), f"mdc_dx.tsv:{row['line']}: body sites are MDC Z's")


def check_severity():
    tables = {row["table"] for row in own("severity_table", ["table", "name"])}
    for row in scheme.rows["severity"]:
        check(row["level"] in ("MCC", "CC") and row["table"] in tables, f"severity.tsv:{row['line']}: level or table")
        check(scheme.excludes.get(row["code"]) == row["table"], f"severity.tsv:{row['line']}: as principal it must be in its own table")
    for row in scheme.rows["exclusion"]:
        check(row["table"] in tables, f"exclusion.tsv:{row['line']}: no table {row['table']}")


def check_names():
    mdcs = own("mdc_name", ["mdc", "name", "english", "complete"])
    check([row["mdc"] for row in mdcs] == list("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), "mdc_name.tsv: not the 26 MDCs in order")
    check({row["mdc"] for row in mdcs} == {row["mdc"] for row in scheme.mdcs}, "mdc.tsv: not the 26 MDCs")
    names = {row["code"] for row in own("dx_name", ["code", "name"])}
    used = {row["code"] for row in scheme.rows["mdc_dx"]} | set(scheme.level)
    used |= {row["code"] for row in scheme.rows["adrg_code"] if row["list"].startswith("zd")}
    check(names == used, f"dx_name.tsv: {sorted(names ^ used)[:5]}")
    check({row["code"] for row in scheme.rows["adrg_code"] if row["list"].startswith("ss")} == scheme.valid, "px_valid.tsv: unused")
    return {row["mdc"] for row in mdcs if row["complete"] == "1"}


def check_complete(complete):
    """Of a complete MDC every category has codes in its group, and every code belongs to a category."""
    categories = collections.defaultdict(list)
    for row in own("category", ["mdc", "category", "adrg"]):
        categories[row["mdc"]].append(row["category"])
        codes = scheme.codes.get((row["adrg"], "zd"), set())
        check(any(code.startswith(row["category"]) for code in codes), f"category.tsv:{row['line']}: no code in {row['adrg']}")
    check(set(categories) == complete and len(complete) >= 5, f"category.tsv: MDCs {sorted(categories)}")
    drgs = [drg for drg in scheme.drgs if drg[0] in complete]
    check(len(drgs) >= 60, f"only {len(drgs)} DRGs in complete MDCs")
    for mdc in complete:
        for code in scheme.mdc_codes[mdc]:
            check(code.startswith(tuple(categories[mdc])), f"mdc_dx.tsv: {code} of MDC {mdc} is in no category")


def check_reached():
    """Every diagnosis of an MDC alone comes into a group, there or in an MDC tried before; MDC Z needs two body sites."""
    for mdc, codes in scheme.mdc_codes.items():
        person = {"age": 0, "age_day": 10, "weight": 3000} if mdc == "P" else {"age": 40, "age_day": None, "weight": None}
        for code in codes if mdc != "Z" else ():
            case = {"dx": [code], "px": [], "sex": 1 if mdc == "M" else 2, "los": 5, "icu": 0, **person}
            check(scheme.group(case)[2] != "0000", f"{code} alone has no group in MDC {mdc}")


def check_cases():
    reached, ids = set(), set()
    for case in drg_scheme.read_cases(folder / "cases.tsv"):
        got = scheme.group(case)
        check(got == (case["mdc"], case["adrg"], case["drg"]), f"cases.tsv: {case['id']}: {got}")
        check(case["reason"] and case["id"] not in ids, f"cases.tsv: {case['id']}: no reason, or twice")
        reached.add(got[2]), ids.add(case["id"])
    every = set(scheme.drgs) | {row["group"] for row in scheme.rows["qy"]} | {"0000"}
    check(reached == every, f"cases.tsv: no example of {sorted(every - reached)}")


def check_against_national():
    if not shared.is_dir():
        print(f"skipped: no national files at {shared} (YB_SHARED names the folder that holds drg/)")
        return
    for kind, codes in (("icd10", {r["code"] for r in own("dx_name", ["code", "name"])}), ("icd9cm3", scheme.valid)):
        with open(shared / "icd" / f"{kind}-yb-2.0.dat", encoding="utf-8-sig") as file:
            national = {line.split(" ", 1)[0] for line in file}
        check(codes <= national, f"not in {kind}: {sorted(codes - national)[:5]}")
    other = drg_scheme.Scheme(shared / "schemes" / "chs-drg-1.1")
    for case in drg_scheme.read_cases(shared / "cases" / "chs-drg-1.1.tsv"):
        check(other.group(case)[2] == case["drg"], f"the reader groups case {case['id']} as {other.group(case)}")


try:
    scheme = drg_scheme.Scheme(folder)
    check_order(), check_lists(), check_severity(), check_complete(check_names()), check_reached(), check_cases(), check_against_national()
except drg_scheme.Fault as fault:
    check(False, str(fault))
for text in faults[:50]:
    print(text)
print(f"{checks - len(faults)} passed, {len(faults)} failed")
sys.exit(1 if faults or not checks else 0)
