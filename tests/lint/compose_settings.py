#!/usr/bin/env python3
""".env.example explains every setting of docker-compose.yml, with its default, and no other; every service has the same safe shape."""
import pathlib, re, sys

root = pathlib.Path(__file__).resolve().parents[2]
compose = (root / "docker-compose.yml").read_text(encoding="utf-8")
example = (root / ".env.example").read_text(encoding="utf-8")
used, faults = {}, []
for name, default in re.findall(r"\$\{([A-Z_]+):-([^}]*)\}", compose):
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
for name in sorted(set(used) ^ set(said)):
    faults.append(f"{name}: only in {'docker-compose.yml' if name in used else '.env.example'}")
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
for fault in faults:
    print(fault)
print(f"{len(used)} settings, {len(services)} services, {len(faults)} faults")
sys.exit(1 if faults or len(used) < 10 or len(services) < 8 else 0)
