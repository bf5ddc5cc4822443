#!/usr/bin/env python3
"""docker-compose.yml, and the files laid over it, say only what docker-compose 1.29 and compose v2 read alike: keys of both, values of the form
both take, names that exist, no cycle of starts. Debian 12 has no v2 to ask, so the rules stand here (the Compose Specification, and 1.29's own
schema); docker-compose itself is asked in make compose-test.

    compose_file.py [FILE...]      default: docker-compose.yml, then each with deploy/*/compose.yml over it"""
import pathlib, re, sys

sys.dont_write_bytecode = True
root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "tests" / "support"))
import debian_yaml

yaml = debian_yaml.module("the compose files")

DURATION, BYTES = re.compile(r"(\d+(us|ms|s|m|h))+"), re.compile(r"\d+(b|k|kb|m|mb|g|gb)")
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}
faults, checks = [], 0


def check(holds, text):
    global checks
    checks += 1
    if not holds:
        faults.append(text)
    return holds


def texts(value):
    return isinstance(value, list) and all(isinstance(x, str) for x in value)


def mapping(value, keys):
    return isinstance(value, dict) and set(value) <= keys


def plain(value):
    """What v2 takes as a value of the environment, of build arguments: no true and false, which it refuses."""
    return isinstance(value, dict) and all(v is None or isinstance(v, (str, int, float)) and not isinstance(v, bool) for v in value.values())


def duration(value):
    return isinstance(value, str) and DURATION.fullmatch(value)


# Every key that both know and this project has a use for, with the form that both take.
HEALTH = {"test": lambda v: texts(v) and v[0] in ("CMD", "CMD-SHELL", "NONE"), "interval": duration, "timeout": duration, "start_period": duration,
          "retries": lambda v: isinstance(v, int)}
SERVICE = {
    "image": lambda v: isinstance(v, str) and re.fullmatch(r"[a-z0-9./:-]+", v),
    "build": lambda v: mapping(v, {"context", "dockerfile", "target", "network", "args"}) and plain(v.get("args", {})),
    "command": texts, "entrypoint": texts, "environment": plain, "networks": texts, "volumes": texts, "tmpfs": texts, "profiles": texts,
    "ports": texts, "cap_drop": texts, "security_opt": texts, "dns_opt": texts,
    "init": lambda v: isinstance(v, bool), "read_only": lambda v: isinstance(v, bool), "pids_limit": lambda v: isinstance(v, int),
    "restart": lambda v: v in ("no", "always", "on-failure", "unless-stopped"),          # an unquoted no is false, and neither takes that
    "network_mode": lambda v: v in ("none", "host"), "user": lambda v: isinstance(v, str),
    "stop_grace_period": duration, "mem_limit": lambda v: isinstance(v, str) and BYTES.fullmatch(v),
    "logging": lambda v: mapping(v, {"driver", "options"}) and all(isinstance(x, str) for x in v["options"].values()),
    "depends_on": lambda v: isinstance(v, dict) and all(mapping(d, {"condition"}) and d["condition"] in CONDITIONS for d in v.values()),
    "healthcheck": lambda v: mapping(v, set(HEALTH)) and "test" in v and all(HEALTH[k](x) for k, x in v.items()),
}


def read(path):
    text = path.read_text(encoding="utf-8")
    for form in set(re.findall(r"\$\{[^}]*\}?", text)):
        check(re.fullmatch(r"\$\{[A-Z_]+:-[^${}]*\}", form), f"{path.name}: {form} is not ${{NAME:-default}}")
    rest = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", text)
    check("$" not in re.sub(r"\$\$|#.*", "", rest), f"{path.name}: a $ that is no setting ($$ is a $)")
    try:
        return yaml.safe_load(rest)                       # an anchor that is not there is a fault of its own
    except yaml.YAMLError as e:
        check(False, f"{path.name}: {e}")
        return {}


def over(under, top):
    """As both lay one file over another, as far as it matters here."""
    if isinstance(under, dict) and isinstance(top, dict):
        return under | {k: over(under.get(k), v) for k, v in top.items()}
    return under + [x for x in top if x not in under] if isinstance(under, list) and isinstance(top, list) else top


def comes_back_to(name, services, seen=()):
    return name in seen or any(comes_back_to(d, services, (*seen, name)) for d in services.get(name, {}).get("depends_on", {}))


def look(where, whole):
    for key in whole:
        check(key in ("services", "networks", "volumes") or key.startswith("x-"), f"{where}: `{key}` at the top: not of both (no version, no name)")
    services = whole.get("services", {})
    check(services, f"{where}: no services")
    for name, box in services.items():
        at = f"{where}: {name}"
        check(re.fullmatch(r"[a-z][a-z0-9-]*", name), f"{at}: name")
        for key, value in box.items():
            if check(key in SERVICE, f"{at}: `{key}` is not among the keys that both read alike"):
                check(SERVICE[key](value), f"{at}: {key}: {value!r} is not of the form that both take")
        check("image" in box, f"{at}: no image")
        check(not ("network_mode" in box and "networks" in box), f"{at}: network_mode and networks")
        check(box.get("restart") == "no" or "healthcheck" in box or "build" not in box, f"{at}: goes on, and has no healthcheck")
        for net in box.get("networks", []):
            check(net in whole.get("networks", {}), f"{at}: no network {net}")
        targets = set()
        for volume in box.get("volumes", []):
            source, target, *mode = re.split(r":", volume)
            check(source in whole.get("volumes", {}) or re.match(r"\.{0,2}/", source), f"{at}: no volume {source}")
            check(target.startswith("/") and mode in ([], ["ro"], ["rw"]) and target not in targets, f"{at}: {volume}")
            targets.add(target)
        for port in box.get("ports", []):
            check(re.fullmatch(r"([\d.]+:)?\d+:\d+", port), f"{at}: port {port}")
        for other, how in box.get("depends_on", {}).items():
            if not check(other in services, f"{at}: waits for {other}, which is not there"):
                continue
            check(how["condition"] != "service_healthy" or "healthcheck" in services[other], f"{at}: {other} never gets healthy")
            check(how["condition"] != "service_completed_successfully" or services[other].get("restart") == "no", f"{at}: {other} never ends")
            check("profiles" not in services[other], f"{at}: {other} is not started by up")
        check(not comes_back_to(name, services), f"{at}: waits for itself")
    for kind in ("networks", "volumes"):
        for name, value in (whole.get(kind) or {}).items():
            check(mapping(value or {}, {"internal", "driver", "driver_opts", "external"}), f"{where}: {kind}: {name}")


files = [pathlib.Path(f) for f in sys.argv[1:]] or [root / "docker-compose.yml"]
base = read(files[0])
look(files[0].name, base)
for path in files[1:] or sorted((root / "deploy").glob("*/compose.yml")):
    look(f"{path.parent.name}/{path.name}", over(base, read(path)))
for text in faults[:50]:
    print(text)
print(f"{checks - len(faults)} passed, {len(faults)} failed")
sys.exit(1 if faults or checks < 100 else 0)
