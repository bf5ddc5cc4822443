#!/usr/bin/env python3
"""What was released on the bus stays: every field of the last release (proto/released.tsv) still has its number, name and type, and every method its messages.

    proto_numbers.py            compare
    proto_numbers.py --release  write the list anew (at a release)
"""
import pathlib, re, sys

root = pathlib.Path(__file__).resolve().parents[2]
released = root / "proto" / "released.tsv"
field = re.compile(r"^\s*(?:(repeated)\s+)?([A-Za-z_.0-9]+)\s+([a-z_0-9]+)\s*=\s*(\d+)\s*;")

rpc = re.compile(r"^\s*rpc\s+(\w+)\s*\(([\w.]+)\)\s*returns\s*\(([\w.]+)\)")

def fields():
    found = {}
    for path in sorted((root / "proto").glob("*.proto")):
        message = service = None
        for line in path.read_text(encoding="utf-8").splitlines():
            line = re.sub(r"//.*", "", line)
            for part in re.split(r"(?<=[{;}])", line):
                start = re.search(r"\b(message|enum|service)\s+(\w+)", part)
                if start:
                    message = f"{path.stem}.{start.group(2)}" if start.group(1) == "message" else None
                    service = f"{path.stem}.{start.group(2)}" if start.group(1) == "service" else None
                hit = field.match(part)
                if hit and message:
                    found[(message, int(hit.group(4)))] = (hit.group(3), (hit.group(1) or "") + hit.group(2))
                hit = rpc.match(part)
                if hit and service:
                    found[(service, hit.group(1))] = (hit.group(2), hit.group(3))
    return found

now = fields()
if "--release" in sys.argv:
    released.write_text("".join(f"{m}\t{n}\t{name}\t{kind}\n" for (m, n), (name, kind) in sorted(now.items(), key=lambda e: (e[0][0], str(e[0][1]).rjust(40)))))
    sys.exit(0)
bad = 0
for line in released.read_text().splitlines():
    message, number, name, kind = line.split("\t")
    here = now.get((message, int(number) if number.isdigit() else number))
    if here != (name, kind):
        bad += 1
        print(f"{message} {number} was {name} {kind}, is {here}: keep it; what is no longer used keeps its number")
print(f"{len(now) - bad} passed, {bad} failed")
sys.exit(1 if bad or not now else 0)
