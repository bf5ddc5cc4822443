#!/usr/bin/env python3
"""Who follows the README and then loads a conformance set must not meet its own rows there with other values."""
import os, pathlib, re, sys

root = pathlib.Path(__file__).resolve().parents[2]
cases = pathlib.Path(os.environ.get("YB_SHARED", root.parent / "shared")) / "cases"
codes = set(re.findall(r"\b(?:[HP]\d{11}|\d{20}|\d{17}[\dX])\b", (root / "README.md").read_text(encoding="utf-8")))
if len(codes) < 3:
    sys.exit("the README's first request has no institution, person and ID number any more")
if not cases.is_dir():
    print(f"skipped: {cases} is not there")
    sys.exit(0)
faults = [f"README: {code} is in {path.parent.name}/{path.name} too" for path in sorted(cases.glob("*/*.csv"))
          for code in sorted(codes & set(re.split(r"[,\s]", path.read_text(encoding="utf-8-sig"))))]
print("\n".join(faults) or f"{len(codes)} codes, in no set")
sys.exit(1 if faults else 0)
