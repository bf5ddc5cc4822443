#!/usr/bin/env python3
"""The report computed slowly from the rows of run_case, with fractions, and compared with what drg answered.
   report_oracle.py FOLDER    cases.tsv: ym and the columns of a row; answer-BY-HOSPITAL.tsv: what Drg/Report said"""
import glob, os, sys
from fractions import Fraction

LOW, HIGH, DAY, DISEASE, ITEM, NONE = 0, 1, 7, 8, 9, 13
KEYS = {1: ("code",), 2: ("code", "caty"), 3: ("drg",), 4: ("ym",), 5: ("class",)}
SUMS = ["rw", "days", "points", "fee", "other", "booked", "gross", "due"]


def half_up(value, scale):
    scaled = abs(value) * 10**scale
    rounded = (2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)
    return str(-rounded if value < 0 else rounded)


def quotient(over, under, scale):
    return "-" if under <= 0 else half_up(Fraction(over) / under, scale)


def read(folder):
    with open(os.path.join(folder, "cases.tsv"), encoding="utf-8") as f:
        names = f.readline().rstrip("\n").split("\t")
        for line in f:
            case = dict(zip(names, line.rstrip("\n").split("\t")))
            yield {k: v if k in ("code", "caty", "drg") else int(v) for k, v in case.items()}


def sign(case):
    return -1 if case["kind"] == 2 else 1


def is_compared(case):
    return (case["class"] not in (DAY, DISEASE, ITEM, NONE) and case["drg"] not in ("", "0000") and not case["drg"].endswith("QY"))


def of_drg(cases, drg):
    mine = [c for c in cases if c["drg"] == drg and is_compared(c)]
    return sum(map(sign, mine)), sum(sign(c) * c["los"] for c in mine), sum(c["fee"] for c in mine)


def row(cases, region):
    n = sum(map(sign, cases))
    count = lambda test: sum(sign(c) for c in cases if test(c))
    weighted, grouped = count(lambda c: c["rw"] > 0), count(is_compared)
    excluded = count(lambda c: c["class"] in (DAY, DISEASE, ITEM))
    low_risk, deaths = count(lambda c: c["flags"] & 2), count(lambda c: c["flags"] & 3 == 3)
    money = lambda name, cs=cases: sum(c[name] for c in cs)
    by_case = [c for c in cases if c["class"] not in (DAY, ITEM)]
    drgs, compared, time, cost = 0, 0, Fraction(0), Fraction(0)
    for drg in {c["drg"] for c in cases if is_compared(c)}:
        (own_n, own_days, own_fee), (all_n, all_days, all_fee) = of_drg(cases, drg), of_drg(region, drg)
        drgs += own_n > 0
        if own_n > 0 and own_days >= 0 and own_fee >= 0 and all_n > 0 and all_days > 0 and all_fee > 0:
            compared += own_n
            time += own_n * (Fraction(own_days, own_n) / Fraction(all_days, all_n))
            cost += own_n * (Fraction(own_fee, own_n) / Fraction(all_fee, all_n))
    rw, days = sum(sign(c) * c["rw"] for c in cases), sum(sign(c) * c["los"] for c in cases)
    return [n, count(lambda c: c["version"] > 0), weighted, excluded, grouped, count(lambda c: c["class"] == LOW), count(lambda c: c["class"] == HIGH), drgs,
            count(lambda c: c["flags"] & 1), low_risk, deaths, rw, days, money("points"), money("fee"), money("other"), money("booked"), money("gross"),
            money("due"), money("gross") - money("fee"), quotient(Fraction(rw, 10000), weighted, 4), quotient(time, compared, 4), quotient(cost, compared, 4),
            quotient(grouped, n - excluded, 4), quotient(deaths, low_risk, 6), quotient(money("fee", by_case), money("fee"), 4),
            quotient(money("due", by_case), money("due"), 4), quotient(money("fee"), n, 0), quotient(days, n, 2),
            quotient(count(lambda c: c["class"] == LOW), weighted, 4), quotient(count(lambda c: c["class"] == HIGH), weighted, 4)]


def expected(cases, by, hospital):
    own = [c for c in cases if hospital in ("all", c["code"])]
    groups = {}
    for c in own:
        groups.setdefault(tuple(c[k] for k in KEYS[by]), []).append(c)
    for key in sorted(groups):
        region = [c for c in cases if by != 4 or c["ym"] == key[0]]
        yield ["|".join(map(str, key))] + row(groups[key], region)
    yield ["total"] + row(own, cases)


def main(folder):
    cases, wrong = list(read(folder)), 0
    answers = sorted(glob.glob(os.path.join(folder, "answer-*.tsv")))
    for path in answers:
        by, hospital = os.path.basename(path)[len("answer-"):-len(".tsv")].split("-")
        with open(path, encoding="utf-8") as f:
            got = [line.rstrip("\n").split("\t") for line in f]
        want = [list(map(str, r)) for r in expected(cases, int(by), hospital)]
        for w, g in zip(want + [[]] * len(got), got + [[]] * len(want)):
            if w != g:
                wrong += 1
                print(f"{os.path.basename(path)}:\n  expected {w}\n  got      {g}")
    print(f"{len(cases)} cases, {len(answers)} answers, {wrong} rows differ")
    return 1 if wrong or not answers or not cases else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
