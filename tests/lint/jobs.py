#!/usr/bin/env python3
"""deploy/systemd: each timer has its service, each service calls a job that deploy/backup/job.sh knows, at a time that systemd understands,
shut in; the bundle holds what it needs; and the cluster (deploy/kubernetes/jobs.yaml) does the same at the same times. docs/operations.md names each."""
import configparser, pathlib, re, shutil, subprocess, sys

root = pathlib.Path(__file__).resolve().parents[2]
folder, faults, checks = root / "deploy/systemd", [], 0
operations = (root / "docs/operations.md").read_text(encoding="utf-8")
script = (root / "deploy/backup/job.sh").read_text(encoding="utf-8")
known = set(re.findall(r"^  ([a-z|]+)\)", script, re.M))
known = {job for words in known for job in words.split("|")}
JOBS = {"backup": ("full", "10 2 * * *"), "binlog": ("binlog", "*/5 * * * *"), "audit": ("audit", "40 3 * * *")}


def check(holds, text):
    global checks
    checks += 1
    if not holds:
        faults.append(text)


def read(name):
    unit = configparser.ConfigParser(strict=True, interpolation=None)
    unit.optionxform = str
    path = folder / name
    check(path.is_file(), f"{name} is missing")
    unit.read(path, encoding="utf-8")
    return unit


def cron(calendar):
    """OnCalendar as five fields; only the two forms used here."""
    daily = re.fullmatch(r"\*-\*-\* (\d\d):(\d\d):00 Asia/Shanghai", calendar)
    if daily:
        return f"{int(daily[2])} {int(daily[1])} * * *"
    often = re.fullmatch(r"\*:0/(\d+)", calendar)
    return f"*/{often[1]} * * * *" if often else None


cluster = (root / "deploy/kubernetes/jobs.yaml").read_text(encoding="utf-8")
schedules = dict(re.findall(r'^metadata: \{ name: (\w+), .*\nspec:\n  schedule: "([^"]+)"', cluster, re.M))
check({p.stem for p in folder.iterdir()} == {f"yibao-{name}" for name in JOBS}, f"units: {sorted(p.name for p in folder.iterdir())}")
for name, (job, when) in JOBS.items():
    timer, service = read(f"yibao-{name}.timer"), read(f"yibao-{name}.service")
    check(timer.get("Timer", "Persistent", fallback="") == "true", f"{name}: a night with the machine off is left out")
    check(timer.get("Install", "WantedBy", fallback="") == "timers.target", f"{name}: not started with the machine")
    calendar = timer.get("Timer", "OnCalendar", fallback="")
    check(cron(calendar) == when, f"{name}: OnCalendar={calendar} is not {when}")
    check(schedules.get(name) == when, f"{name}: the cluster's schedule is {schedules.get(name)}")
    check(service.get("Service", "Type", fallback="") == "oneshot", f"{name}: type")
    check(service.get("Service", "TimeoutStartSec", fallback=""), f"{name}: may run for ever")
    for guard in ("NoNewPrivileges", "CapabilityBoundingSet", "ProtectSystem", "PrivateTmp", "PrivateDevices", "ProtectKernelTunables", "RestrictNamespaces"):
        check(service.get("Service", guard, fallback=""), f"{name}: not shut in ({guard})")
    command = service.get("Service", "ExecStart", fallback="").split()
    check(len(command) == 2 and command[0].startswith("/opt/yibao/"), f"{name}: ExecStart {command}")
    if len(command) == 2:
        path = root / command[0].removeprefix("/opt/yibao/")
        check(path.is_file() and path.stat().st_mode & 0o111, f"{name}: {path} is no program")
        check(command[1] == job and job in known, f"{name}: job '{command[1]}'")
    check(f"yibao-{name}" in operations, f"yibao-{name} is not in docs/operations.md")
    if shutil.which("systemd-analyze"):
        said = subprocess.run(["systemd-analyze", "calendar", calendar], capture_output=True, text=True)
        check(said.returncode == 0, f"{name}: {said.stderr.strip()}")

# A bureau on an isolated network has the bundle at /opt/yibao.
bundle = (root / "scripts/bundle.sh").read_text(encoding="utf-8")
for needed in re.findall(r"^# shellcheck source=(\S+)", script, re.M):
    check(needed.startswith("deploy/") or f" {needed} " in bundle, f"job.sh needs {needed}, which is not in the bundle")
for text in faults:
    print(text)
print(f"{checks - len(faults)} passed, {len(faults)} failed")
sys.exit(1 if faults or not checks else 0)
