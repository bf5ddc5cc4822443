#!/usr/bin/env python3
"""docs/list-check.md lists every rule of services/drg/data/list-rules.csv that is in force without end, with its severity and source."""
import csv, pathlib, re, sys

root = pathlib.Path(__file__).resolve().parents[2]
severity = {"error": "错误", "warning": "警告", "hint": "提示"}
with open(root / "services" / "drg" / "data" / "list-rules.csv", encoding="utf-8") as file:
    want = [[r["rule"], r["name"], severity[r["severity"]], r["source"]] for r in csv.DictReader(file) if not r["to"]]
text = (root / "docs" / "list-check.md").read_text(encoding="utf-8")
have = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if re.match(r"\| [A-Z]+-\d", line)]
bad = [row for row in want if row not in have] + [row for row in have if row not in want]
for row in bad:
    print("not in both:", " | ".join(row))
print(f"{len(want)} passed, {len(bad)} failed")
sys.exit(1 if bad or not want else 0)
