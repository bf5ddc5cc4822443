#!/usr/bin/env python3
""".env.example explains every setting of docker-compose.yml and deploy/prometheus/compose.yml, with its default, and no other;
every service has the same safe shape; every image says version and commit."""
import pathlib, re, sys

root = pathlib.Path(__file__).resolve().parents[2]
compose = (root / "docker-compose.yml").read_text(encoding="utf-8")
example = (root / ".env.example").read_text(encoding="utf-8")
OF_COMPOSE = {"COMPOSE_PROJECT_NAME"}       # read by docker-compose itself
beside = (root / "deploy/prometheus/compose.yml").read_text(encoding="utf-8")
used, faults = {}, []
for name, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", compose + beside):
    if used.setdefault(name, default) != default:
        faults.append(f"{name}: two defaults, {used[name]} and {default}")
for name in re.findall(r"\$\{([A-Z_]+)\}", compose):
    faults.append(f"{name}: no default in docker-compose.yml")
said, explained = {}, False
for text in example.splitlines():
    hit = re.match(r"([A-Z_]+)=(.*)$", text)
    if hit:
        said[hit[1]] = hit[2]
        if not explained:
            faults.append(f"{hit[1]}: not explained")
    elif not text.startswith("# ---"):
        explained = text.startswith("#")
for name in sorted((set(used) | OF_COMPOSE) ^ set(said)):
    faults.append(f"{name}: only in {'.env.example' if name in said else 'docker-compose.yml'}")
for name in sorted(set(used) & set(said)):
    if used[name] != said[name]:
        faults.append(f"{name}: default is {used[name]}, .env.example says {said[name]}")
services = re.split(r"^  (?=[a-z]+:$)", compose.partition("\nservices:\n")[2].partition("\nnetworks:\n")[0], flags=re.M)[1:]
for block in services:
    name = block.partition(":")[0]
    if not re.search(r"<<: \*(box|program|service)$", block, re.M):
        faults.append(f"service {name}: not of the common shape")
    if name not in ("setup", "ctl", "backup", "restore") and "healthcheck:" not in block:
        faults.append(f"service {name}: no healthcheck")
    if "ports:" in block and name != "gateway":
        faults.append(f"service {name}: publishes a port")
    if re.search(r"PASSWORD: |SECRET: ", block):
        faults.append(f"service {name}: a secret in the environment")
names = [block.partition(":")[0] for block in services]
watched = [name for name, block in zip(names, services) if "YB_BACKUP_DIR:" in block and re.search(r"<<: \*service$", block, re.M)]
if "backup" in names and not watched:
    faults.append("service backup: no service with a page of metrics has YB_BACKUP_DIR and the volume of the backups, so nobody learns that one failed")

dockerfile = (root / "deploy/Dockerfile").read_text(encoding="utf-8")
version = re.search(r"^project\(yibao VERSION ([\d.]+)", (root / "CMakeLists.txt").read_text(encoding="utf-8"), re.M)[1]
if f"\nARG VERSION={version}\n" not in dockerfile:
    faults.append(f"deploy/Dockerfile: VERSION is not {version}, that of CMakeLists.txt")
stages = re.split(r"^(?=FROM )", dockerfile, flags=re.M)[1:]
targets = set(re.findall(r"target: (\w+)", compose))
for stage in stages:
    name = re.match(r"FROM \S+ AS (\w+)", stage)[1]
    if name in targets and not re.search(r"^ARG VERSION\nARG REVISION\nLABEL (?=.*image\.version=\$VERSION)(?=.*image\.revision=\$REVISION)", stage, re.M):
        faults.append(f"deploy/Dockerfile: stage {name} does not end with ARG VERSION, ARG REVISION and the labels that say them, as the others do")
for fault in faults:
    print(fault)
print(f"{len(used)} settings, {len(services)} services, {len(targets)} images, {len(faults)} faults")
sys.exit(1 if faults or len(used) < 10 or len(services) < 8 or len(targets) < 3 else 0)
