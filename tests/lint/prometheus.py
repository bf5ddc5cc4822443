#!/usr/bin/env python3
"""deploy/prometheus and deploy/grafana hold together: each alert is seen to fire and to be quiet in the rules' own tests, has a severity and
its row in docs/operations.md; every metric named in alerts, panels and there is described there; panels have ids of their own. With
promtool (scripts/promtool.sh) the configuration is checked and the rules' tests are run; in CI it is fetched."""
import os, pathlib, re, subprocess, sys

sys.dont_write_bytecode = True
root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "tests" / "support"))
import seeing

faults, checks = [], 0


def check(holds, text):
    global checks
    checks += 1
    if not holds:
        faults.append(text)


operations = (root / "docs/operations.md").read_text(encoding="utf-8")
described = {name for row in re.findall(r"^\| (`yibao_.*?) \|", operations, re.M) for name in seeing.METRIC.findall(row)}
rows = set(re.findall(r'^\| <a id="(\w+)"></a>`(\w+)` \|', operations, re.M))
alerts, (fires, quiet) = seeing.alerts(), seeing.tested()

check(len(alerts) >= 20, f"only {len(alerts)} alerts")
check({name for _, name in rows} == set(alerts), f"alerts and their rows in docs/operations.md: {sorted({n for _, n in rows} ^ set(alerts))}")
for name, (expr, severity, runbook) in alerts.items():
    check(name in fires, f"{name} is not seen to fire in {seeing.tests_file.name}")
    check(name in quiet, f"{name} is not seen to be quiet in {seeing.tests_file.name}")
    check(severity in ("warning", "critical"), f"{name}: severity '{severity}'")
    check(runbook == f"docs/operations.md#{name.lower()}" and (name.lower(), name) in rows, f"{name}: runbook {runbook}")


def family(metric):
    return re.sub(r"_(bucket|sum|count)$", "", metric)


for where, expr in seeing.expressions():
    for metric in seeing.metrics_of(expr):
        check(metric in described or family(metric) in described, f"{where}: {metric} is not described in docs/operations.md")
for file in seeing.dashboards:
    panels = seeing.panels(file)
    ids = [p["id"] for p in panels]
    check(len(ids) == len(set(ids)) and all(isinstance(i, int) for i in ids), f"{file.name}: ids of panels")
    for panel in panels:
        refs = [t["refId"] for t in panel.get("targets", [])]
        check(panel["type"] == "row" or refs, f"{file.name} panel {panel['id']}: nothing is asked")
        check(len(refs) == len(set(refs)), f"{file.name} panel {panel['id']}: refIds")
        check(panel.get("datasource", {}).get("uid", "yibao") == "yibao", f"{file.name} panel {panel['id']}: datasource")
check(seeing.dashboards, "no dashboard")

finder = [str(root / "scripts/promtool.sh")] + (["--fetch"] if os.environ.get("CI") else [])
found = subprocess.run(finder, capture_output=True, text=True)
if found.returncode == 0:
    tool = found.stdout.strip()
    for command in ([tool, "check", "config", "deploy/prometheus/prometheus.yml"], [tool, "test", "rules", str(seeing.tests_file)]):
        done = subprocess.run(command, cwd=root, capture_output=True, text=True)
        check(done.returncode == 0, f"{' '.join(command[1:])}:\n{done.stdout[-3000:]}{done.stderr[-3000:]}")
else:
    why = f"could not be fetched: {found.stderr.strip()[-300:]}" if os.environ.get("CI") else "is not here (scripts/promtool.sh --fetch gets it)"
    print(f"skipped: promtool {why}; the alerts were not run")

for text in faults[:50]:
    print(text)
print(f"{checks - len(faults)} passed, {len(faults)} failed")
sys.exit(1 if faults or not checks else 0)
