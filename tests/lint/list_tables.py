#!/usr/bin/env python3
"""The gateway's tables of the settlement list (4101, 4101A) have the fields of services/drg/data/list-fields.csv, in its order, with its lengths, and
require no field that the check does not: the list travels under these names."""
import csv, pathlib, re, sys

root = pathlib.Path(__file__).resolve().parents[2]
source = (root / "services/gateway/rules/tables/list.c").read_text(encoding="utf-8")
SHORT = {"MDTRT_ID": ("mdtrt_id", "30"), "SETL_ID": ("setl_id", "30"), "PSN_NO": ("psn_no", "30")}
ENTRY = re.compile(r'(\w+)\((REQ|OPT)(?:, "(\w+)", "[^"]*"(?:, (\d+))?(?:, (\d+))?)?\)')
SHARED = re.compile(r'X\((REQ|OPT), (REQ|OPT|NOT), (\w+), (.*)\)')
FORMS = {"n4101": "need_4101", "n4101A": "need_4101a"}


def expand(use):
    """SETLINFO(WHOLE) as the fields of 4101, SETLINFO(CLINICAL) as those of 4101A: the list is a macro of both."""
    rows = SHARED.findall(re.search(r"#define %s\(X\)((?:.*\\\n)+.*)" % use[1], source).group(1))
    needs = [(whole if use[2] == "WHOLE" else clinical, kind, rest) for whole, clinical, kind, rest in rows]
    return ", ".join(f"{kind}({need}, {rest})" for need, kind, rest in needs if need != "NOT") + ","


def array(name):
    text = re.search(r"static const yb_(?:field|node)_t %s\[\] = \{(.*?)\};" % name, source, re.S).group(1)
    return re.sub(r"(\w+)\((WHOLE|CLINICAL)\)", expand, text)


def fields(name):
    for kind, need, field, length, scale in ENTRY.findall(array(name)):
        if kind in SHORT:
            yield SHORT[kind][0], need == "REQ", SHORT[kind][1]
        else:
            yield field, need == "REQ", {"AMT": "16,2", "NUM": f"{length},{scale}", "INT": f"{length},0", "DAY": "", "TIME": ""}.get(kind, length)


rows = list(csv.DictReader(open(root / "services/drg/data/list-fields.csv", encoding="utf-8")))
passed, faults = 0, []
for form, need in FORMS.items():
    nodes = dict(re.findall(r'(?:ONE|LIST)\(\w+, "(\w+)", "[^"]*", (\w+)\)', array(form)))
    wanted = {}
    for row in rows:
        if row[need] != "absent":
            length = {"duration": "20"}.get(row["kind"], row["len"])
            wanted.setdefault(row["node"], []).append((row["field"], row[need] == "required", length))
    if set(nodes) != set(wanted):
        faults.append(f"{form}: nodes {sorted(set(nodes) ^ set(wanted))}")
    for node in sorted(set(nodes) & set(wanted)):
        have, passed = list(fields(nodes[node])), passed + 1
        if have != wanted[node]:
            faults.append(f"{form} {node}: {[(h, w) for h, w in zip(have, wanted[node]) if h != w][:3] or 'more or fewer fields'}")
print("\n".join(faults))
print(f"{passed - len(faults)} passed, {len(faults)} failed")
sys.exit(1 if faults or not passed else 0)
