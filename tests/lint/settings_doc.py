#!/usr/bin/env python3
"""The table of settings in docs/operations.md names every setting of libcommon/conf.c once, in that order, with its default and a meaning."""
import pathlib, re, sys

root = pathlib.Path(__file__).resolve().parents[2]
setting = re.compile(r'^\s*\{ "([A-Z_]+)", (?:TEXT|INT|BOOL), "([^"]*)", [^"]*, "([^"]*)" \},?$')
row = re.compile(r"^\| `YB_([A-Z_]+)` \| (?:`([^`]*)`)? ?\| (.*) \|$")


def section(text, begin, end):
    return text.partition(begin)[2].partition(end)[0].strip("\n").splitlines()


def read(lines, form, where, faults):
    found = []
    for line in lines:
        hit = form.match(line)
        if hit:
            found.append((hit[1], hit[2] or "", hit[3].strip()))
        elif line.strip():
            faults.append(f"{where}: not understood: {line.strip()}")
    return found


faults = []
conf = read(section((root / "libcommon/conf.c").read_text(encoding="utf-8"), "} settings[] = {", "};"), setting, "conf.c", faults)
table = section((root / "docs/operations.md").read_text(encoding="utf-8"), "| setting | default | meaning |\n|---|---|---|", "\n\n")
docs = read(table, row, "operations.md", faults)
for name, default, meaning in conf + docs:
    if not meaning:
        faults.append(f"YB_{name}: no meaning")
if [name for name, _, _ in conf] != [name for name, _, _ in docs]:
    missing = [name for name, _, _ in conf if name not in {n for n, _, _ in docs}]
    extra = [name for name, _, _ in docs if name not in {n for n, _, _ in conf}]
    faults.append(f"operations.md has not the settings of conf.c in their order: missing {missing}, unknown {extra}")
defaults = {name: default for name, default, _ in conf}
for name, default, _ in docs:
    if defaults.get(name, default) != default:
        faults.append(f"YB_{name}: default is {defaults[name]!r}, operations.md says {default!r}")
for fault in faults:
    print(fault)
print(f"{len(conf)} settings, {len(faults)} faults")
sys.exit(1 if faults or not conf else 0)
