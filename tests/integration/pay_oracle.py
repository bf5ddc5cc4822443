"""What a file of cases is paid, computed another way than services/drg does: fractions, formulas as the sources print them, one case at
a time. A plan is a dict with the keys of a plan file; weights are {drg: (rw text, kind)}; cases are dicts of texts."""
from fractions import Fraction as F

CLASSES = ("0000", "QY", "unstable", "uncovered")


def half_up(x):
    whole = (2 * abs(x.numerator) + x.denominator) // (2 * x.denominator)
    return -whole if x < 0 else whole


def floor(x):
    return x.numerator // x.denominator


def coefficient(plan, institution):
    own = plan["coefficient"].get(institution)
    level = plan.get("coefficient_level", {}).get(plan.get("levels", {}).get(institution))
    return F(own or level or plan["coefficient"]["default"])


def threshold(plan, rw, institution):
    for step in plan["high"]:
        levels = step.get("level")
        levels = [levels] if isinstance(levels, str) else levels
        if rw <= F(step.get("rw_max", "1000000")) and (levels is None or plan.get("levels", {}).get(institution) in levels):
            return None if step["ratio"] == "none" else F(step["ratio"])
    return None


def high(form, share, rw, k, cost, thr):
    """In units of the standard of RW 1; cost likewise (cost ÷ mean, or cost ÷ rate)."""
    r, m = cost / (rw * k), cost / rw
    return {"excess": rw * k + (r - thr) * rw * k,                       # PAYMENT.md §2
            "excess_weight": rw * k + (m - thr) * rw,                    # 四川省级
            "over_one": rw * k + (m - 1) * rw,                           # 克州
            "weight": cost - (thr - 1) * rw,                             # 丹东
            "share": rw * k * (1 + share * (r - thr)),                   # 运城
            "cost": cost}[form]                                          # 西安


def worth(plan, weights, case, base):
    """(class, worth in units of the standard of RW 1, exact); `base` in yuan."""
    drg = plan.get("tcm", {}).get(case["drg"], case["drg"])
    fee = F(case["fee"])
    sign, cost = (-1 if fee < 0 else 1), abs(fee) / base
    rw, kind = weights.get(drg, ("", "uncovered"))
    by_cost = drg if drg == "0000" else "QY" if drg.endswith("QY") else kind if kind in CLASSES else None
    if by_cost:
        return by_cost, sign * cost * F(plan.get("factor", {}).get(by_cost, "1"))
    rw, k = F(rw), F(1) if kind == "basic" else coefficient(plan, case["fixmedins_code"])
    r, low, thr = cost / (rw * k), F(plan["low_ratio"]), threshold(plan, rw, case["fixmedins_code"])
    if r < low or (r == low and plan.get("low_bound") == "included"):
        return "low", sign * cost
    if thr is not None and (r > thr or (r == thr and plan.get("high_bound") == "included")):
        return "high", sign * high(plan.get("high_form", "excess"), F(plan.get("high_share", "1")), rw, k, cost, thr)
    return "normal", sign * rw * k


def left_out(plan, case):
    scope, los = plan.get("scope", {}), int(case["los"])
    return (los <= int(scope.get("los_min", "-1")) or los >= int(scope.get("los_max", "1000000")) or case.get("med_type") in scope.get("med_type", [])
            or (scope.get("offsite") == "out" and case.get("offsite") == "1"))


def days_value(plan, kind, institution, days):
    entry = next((d for d in plan["day"] if d["kind"] == kind and d.get("institution") == institution), None) or next(
        d for d in plan["day"] if d["kind"] == kind and "institution" not in d)
    total = F(0)
    for day in range(1, days + 1):
        step = next(s for s in entry["steps"] if "to" not in s or day <= int(s["to"]))
        total += F(step.get("points", step.get("rate")))
    return total


def split(total, shares):
    """{id: weight} -> {id: fen}: floors, then one fen each to the largest remainders, the smaller id first."""
    points = sum(shares.values())
    exact = {i: total * w / points for i, w in shares.items()}
    parts = {i: floor(x) for i, x in exact.items()}
    for i in sorted(shares, key=lambda i: (parts[i] - exact[i], i.encode()))[:total - sum(parts.values())]:
        parts[i] += 1
    return parts


def pay(plan, weights, cases):
    """[(id, class, points, gross, due)] as texts, in the order of the cases."""
    by_points, rows, pools = plan["method"] == "points", {}, {}
    if by_points:
        own = [F(c["fee"]) for c in cases if not c.get("pay", "").startswith("was:")]
        mean = F(plan["mean_all"]) if plan["mean_all"] != "from_cases" else F(half_up(sum(own) * 100 / (len(own) or 1)), 100)
    for c in cases:
        how, sign = c.get("pay", ""), -1 if F(c["fee"]) < 0 else 1
        if how == "item" or (how in ("", "drg") and left_out(plan, c)):
            rows[c["id"]] = ["item", None, half_up(F(c["fee"]) * 100)]
        elif how.startswith("was:"):                                     # a released one that is taken back: worth what it was worth
            _, name, points, gross = how.split(":")
            as_points = by_points and name not in ("item", "disease") and (int(points) or not int(gross))
            rows[c["id"]] = [name, sign * int(points), None] if as_points else [name, None, sign * int(gross)]
        elif how.startswith("disease:"):
            level = plan.get("levels", {}).get(c["fixmedins_code"])
            price = next((d["price"] for d in plan["disease"] if d["code"] == how[8:] and d.get("level") == level and level), None) or next(
                d["price"] for d in plan["disease"] if d["code"] == how[8:] and "level" not in d)
            rows[c["id"]] = ["disease", None, sign * half_up(F(price) * 100)]
        elif how.startswith("day:"):
            value = sign * days_value(plan, how[4:], c["fixmedins_code"], int(c["los"]))
            rows[c["id"]] = ["day", half_up(value * 10000), None] if by_points else ["day", None, half_up(value * 100)]
        elif how in ("late", "special"):
            base = mean if by_points else F(plan["rate"][c["insutype"]])
            value = F(c["fee"]) / base * F(plan.get("factor", {}).get(how, "1"))
            rows[c["id"]] = [how, half_up(value * 100 * 10000), None] if by_points else [how, None, half_up(value * base * 100)]
        else:
            base = mean if by_points else F(plan["rate"][c["insutype"]])
            name, value = worth(plan, weights, c, base)
            rows[c["id"]] = [name, half_up(value * 100 * 10000), None] if by_points else [name, None, half_up(value * base * 100)]
        if rows[c["id"]][1] is not None:
            pools.setdefault(c["insutype"], []).append(c)
    for insutype, members in pools.items():
        if sum(rows[c["id"]][1] for c in members) <= 0:                  # what is taken back leaves a pool that cannot carry it
            for c in members[:]:
                if c.get("pay", "").startswith("was:"):
                    rows[c["id"]][1:] = [None, (-1 if F(c["fee"]) < 0 else 1) * int(c["pay"].split(":")[3])]
                    members.remove(c)
        if not members:
            continue
        budget = plan.get("budget", {}).get(insutype)
        total = half_up(F(budget) * 100) if budget is not None else half_up((F(plan["fund_budget"][insutype]) + sum(F(c["other_pay"]) for c in members)) * 100)
        total -= half_up(total * F(plan.get("reserve_ratio", "0")))
        for i, fen in split(total, {c["id"]: F(rows[c["id"]][1]) for c in members}).items():
            rows[i][2] = fen
    text = lambda value, scale: f"{'-' if value < 0 else ''}{abs(value) // 10**scale}.{abs(value) % 10**scale:0{scale}d}"
    return [(c["id"], rows[c["id"]][0], "" if rows[c["id"]][1] is None else text(rows[c["id"]][1], 4), text(rows[c["id"]][2], 2),
             text(rows[c["id"]][2] - half_up(F(c["other_pay"]) * 100), 2)) for c in cases]
