"""A small, slow reader of grouping schemes (docs: the tables mdc, adrg, drg, qy, mdc_dx, adrg_code, severity, exclusion,
px_valid). Independent of the grouper in C: tests compare the two, and the shipped starter scheme is checked with it."""
import pathlib
import re

TABLES = {
    "mdc": ["order", "mdc", "condition", "adrg_in_order"],
    "adrg": ["mdc", "order", "adrg", "condition", "drg_in_order"],
    "drg": ["adrg", "order", "drg", "condition", "name"],
    "qy": ["mdc", "group", "condition", "before_adrg"],
    "mdc_dx": ["mdc", "site", "code"],
    "adrg_code": ["adrg", "list", "code"],
    "severity": ["code", "level", "table"],
    "exclusion": ["principal", "table"],
    "px_valid": ["code", "name"],
}
NUMBERS = ("age", "age_day", "weight", "los", "sex", "icu", "sites")


class Fault(Exception):
    """Says file, line and what is wrong."""


def read_table(path, columns):
    """Rows as dicts with their line; `columns` must be the header."""
    text = path.read_text(encoding="utf-8")
    if not text.endswith("\n"):
        raise Fault(f"{path.name}: the last line has no end")
    lines = text[:-1].split("\n")
    if lines[0].split("\t") != columns:
        raise Fault(f"{path.name}:1: columns are {lines[0].split(chr(9))}, expected {columns}")
    rows = []
    for number, line in enumerate(lines[1:], 2):
        fields = line.split("\t")
        if len(fields) != len(columns) or line != line.strip("\r ") and not line.endswith("\t"):
            raise Fault(f"{path.name}:{number}: {len(fields)} fields, expected {len(columns)}, no blanks around")
        rows.append(dict(zip(columns, fields), line=number))
    return rows


# ---- conditions: parsed to ("and"|"or", a, b), ("not", a), ("code", which, list), ("number", name, op, value), ("flag", word)

TOKEN = re.compile(r"\s*(?:((?:dx|px)(?:1|\*|\+)):(@mdc|@valid|\{[^{}]*\}|\w+)|(<=|>=|==|<|>)|([&|!()])|(\w+))")


def tokens(text):
    at, found = 0, []
    text = text.rstrip()
    while at < len(text):
        hit = TOKEN.match(text, at)
        if not hit:
            raise Fault(f"column {at + 1}: cannot be read: {text[at:]!r}")
        if hit.group(1):
            found.append(("code", hit.group(1), hit.group(2)))
        else:
            found.append(("sign", hit.group(3) or hit.group(4)) if not hit.group(5) else ("word", hit.group(5)))
        at = hit.end()
    return found


def parse(text):
    left = tokens(text)

    def take(kind, *values):
        if left and left[0][0] == kind and (not values or left[0][1] in values):
            return left.pop(0)
        return None

    def either():
        node = both()
        while take("sign", "|"):
            node = ("or", node, both())
        return node

    def both():
        node = single()
        while take("sign", "&"):
            node = ("and", node, single())
        return node

    def single():
        if take("sign", "!"):
            return ("not", single())
        if take("sign", "("):
            node = either()
            if not take("sign", ")"):
                raise Fault("a parenthesis is not closed")
            return node
        if left and left[0][0] == "code":
            return left.pop(0)
        word = take("word")
        if not word:
            raise Fault(f"a term is missing before {left[:1]}")
        if word[1] in ("MCC", "CC", "true"):
            return ("flag", word[1])
        sign, value = take("sign", "<=", ">=", "==", "<", ">"), take("word")
        if word[1] not in NUMBERS or not sign or not value or not value[1].isdigit():
            raise Fault(f"{word[1]!r} is no term")
        return ("number", word[1], sign[1], int(value[1]))

    tree = either()
    if left:
        raise Fault(f"something follows the end: {left[0]}")
    return tree


def lists_of(tree):
    """Names of the code lists a condition uses."""
    if tree[0] == "code":
        return {tree[2]}
    return set().union(*(lists_of(part) for part in tree[1:] if isinstance(part, tuple)), set())


COMPARE = {"==": lambda a, b: a == b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
           ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}


class Scheme:
    def __init__(self, folder):
        folder = pathlib.Path(folder)
        self.rows = {name: read_table(folder / f"{name}.tsv", columns) for name, columns in TABLES.items()}
        self.trees = {}
        for name in ("mdc", "adrg", "drg", "qy"):
            for row in self.rows[name]:
                try:
                    self.trees[row["condition"]] = parse(row["condition"])
                except Fault as fault:
                    raise Fault(f"{name}.tsv:{row['line']}: condition: {fault}") from None
        self.codes = {}
        for row in self.rows["adrg_code"]:
            self.codes.setdefault((row["adrg"], row["list"]), set()).add(row["code"])
        self.mdc_codes, self.sites = {}, {}
        for row in self.rows["mdc_dx"]:
            self.mdc_codes.setdefault(row["mdc"], set()).add(row["code"])
            if row["site"]:
                self.sites.setdefault((row["mdc"], row["code"]), set()).add(row["site"])
        self.valid = {row["code"] for row in self.rows["px_valid"]}
        self.level = {row["code"]: (row["level"], row["table"]) for row in self.rows["severity"]}
        self.excludes = {row["principal"]: row["table"] for row in self.rows["exclusion"]}
        order = lambda row: int(row["order"])
        self.mdcs = sorted(self.rows["mdc"], key=order)
        self.adrgs, self.drgs = {}, {}
        for row in sorted(self.rows["adrg"], key=order):
            self.adrgs.setdefault((row["mdc"], row["adrg"]), []).append(row)
        for row in self.rows["drg"]:
            self.drgs[row["drg"]] = row
        for row in self.rows["adrg"]:
            missing = [drg for drg in row["drg_in_order"].split(",") if drg not in self.drgs]
            if missing:
                raise Fault(f"adrg.tsv:{row['line']}: not in drg.tsv: {missing}")
        self.qys = {(row["mdc"], row["before_adrg"]): row for row in self.rows["qy"]}

    def holds(self, condition, case, mdc, adrg):
        return self.tree_holds(self.trees[condition], case, mdc, adrg)

    def tree_holds(self, tree, case, mdc, adrg):
        kind = tree[0]
        if kind == "and":
            return self.tree_holds(tree[1], case, mdc, adrg) and self.tree_holds(tree[2], case, mdc, adrg)
        if kind == "or":
            return self.tree_holds(tree[1], case, mdc, adrg) or self.tree_holds(tree[2], case, mdc, adrg)
        if kind == "not":
            return not self.tree_holds(tree[1], case, mdc, adrg)
        if kind == "code":
            codes = case[tree[1][:2]]
            chosen = {"1": codes[:1], "*": codes, "+": codes[1:]}[tree[1][2]]
            return any(code in self.list(tree[2], mdc, adrg) for code in chosen)
        if kind == "number":
            value = self.site_count(case, mdc) if tree[1] == "sites" else case[tree[1]]
            return value is not None and COMPARE[tree[2]](value, tree[3])
        return tree[1] == "true" or self.is_complicated(case, tree[1])

    def list(self, name, mdc, adrg):
        if name == "@mdc":
            return self.mdc_codes.get(mdc, set())
        if name == "@valid":
            return self.valid
        if name.startswith("{"):
            return set(name[1:-1].split(","))
        return self.codes.get((adrg, name)) or self.codes.get((adrg.split("_")[0], name), set())

    def site_count(self, case, mdc):
        return len(set().union(*(self.sites.get((mdc, code), set()) for code in case["dx"]), set()))

    def is_complicated(self, case, level):
        excluded = self.excludes.get(case["dx"][0]) if case["dx"] else None
        return any(self.level.get(code, ("", ""))[0] == level and self.level[code][1] != excluded
                   for code in case["dx"][1:])

    def group(self, case):
        """(mdc, adrg, drg); the third is the ambiguous group where the second is empty; 0000 with 00 as the second when nothing fits."""
        for mdc in self.mdcs:
            if not self.holds(mdc["condition"], case, mdc["mdc"], ""):
                continue
            for name in filter(None, mdc["adrg_in_order"].split(",")):
                qy = self.qys.get((mdc["mdc"], name))
                if qy and self.holds(qy["condition"], case, mdc["mdc"], ""):
                    return mdc["mdc"], "", qy["group"]
                for row in self.adrgs.get((mdc["mdc"], name), []):
                    if not self.holds(row["condition"], case, mdc["mdc"], name):
                        continue
                    for drg in row["drg_in_order"].split(","):
                        if self.holds(self.drgs[drg]["condition"], case, mdc["mdc"], name):
                            return mdc["mdc"], name.split("_")[0], drg
        return "", "00", "0000"


def read_cases(path):
    """Cases with the columns of a case file; further columns are kept as texts."""
    with open(path, encoding="utf-8") as file:
        header = file.readline().rstrip("\n").split("\t")
        for line in file:
            row = dict(zip(header, line.rstrip("\n").split("\t")))
            for name in ("dx", "px"):
                row[name] = row[name].split("|") if row[name] else []
            for name in ("sex", "age", "age_day", "weight", "los"):
                row[name] = int(float(row[name])) if row[name] else None
            row["icu"] = int(row.get("icu") or 0)
            yield row
