#!/usr/bin/env python3
"""deploy/kubernetes has what docker-compose.yml has: the same services with the same images, commands, settings, ports and folders; every
container is probed, limited and locked down, every workload has its disruption budget, and what may reach what is the list of
deploy/curve.sh. Settings exist (docs/operations.md). Secrets are named, never written.

    kubernetes.py [COMPOSE_FILE]      default: docker-compose.yml, where there is one"""
import pathlib, re, sys

sys.dont_write_bytecode = True
root = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(root / "tests" / "support"))
import debian_yaml

yaml = debian_yaml.module("the manifests")

folder, faults, checks = root / "deploy/kubernetes", [], 0
PARTS = {"identity": 7001, "enrollment": 7002, "settlement": 7003, "drg": 7004, "gateway": 8080, "mariadb": 3306, "redis": 6379}
OURS = ("identity", "enrollment", "settlement", "drg", "gateway")
INGRESS_HAS = {"YB_TLS_CERT", "YB_TLS_KEY"}
# What a cluster has and one machine has not: several gateways, each with a number.
ONLY_HERE = {"YB_GATEWAYS", "YB_NODE"}


def check(holds, text):
    global checks
    checks += 1
    if not holds:
        faults.append(text)


manifests, names = [], set()
for path in sorted(folder.glob("*.yaml")):
    for m in yaml.safe_load_all(path.read_text(encoding="utf-8")):
        name = m.get("metadata", {}).get("name")
        check(m.get("apiVersion") and m.get("kind") and name, f"{path.name}: no kind or name")
        check((m["kind"], name) not in names, f"{path.name}: {m['kind']} {name} stands twice")
        check(m["kind"] == "Namespace" or m["metadata"].get("namespace") == "yibao", f"{path.name}: {name} is in no namespace")
        check(m["kind"] != "Secret", f"{path.name}: a Secret is written down")
        names.add((m["kind"], name)), manifests.append(m)


def of_kind(*kinds):
    return {m["metadata"]["name"]: m for m in manifests if m["kind"] in kinds}


workloads, services = of_kind("Deployment", "StatefulSet"), of_kind("Service")
budgets, policies = of_kind("PodDisruptionBudget"), of_kind("NetworkPolicy")
common = of_kind("ConfigMap")["yibao-settings"]["data"]
readme = (folder / "README.md").read_text(encoding="utf-8")
known = set(re.findall(r"`(YB_[A-Z_]+)`", (root / "docs/operations.md").read_text(encoding="utf-8")))
check(set(workloads) == set(PARTS), f"workloads: {sorted(set(workloads) ^ set(PARTS))}")


def settings(part):
    container = workloads[part]["spec"]["template"]["spec"]["containers"][0]
    own = {e["name"]: str(e.get("value", "")) for e in container.get("env", [])}
    return (dict(common) if container.get("envFrom") else {}) | own


for part, m in workloads.items():
    pod = m["spec"]["template"]["spec"]
    label = {"app": "yibao", "part": part}
    check(m["spec"]["selector"]["matchLabels"] == label == m["spec"]["template"]["metadata"]["labels"], f"{part}: labels")
    check(len(pod["containers"]) == 1, f"{part}: one container")
    check(pod["automountServiceAccountToken"] is False, f"{part}: has a token of the cluster")
    check(pod["securityContext"]["runAsNonRoot"] and pod["securityContext"]["runAsUser"] == 10001, f"{part}: user")
    for c in pod["containers"] + pod.get("initContainers", []):
        box = c["securityContext"]
        check(box["readOnlyRootFilesystem"] and not box["allowPrivilegeEscalation"] and box["capabilities"] == {"drop": ["ALL"]}, f"{part} {c['name']}: not locked down")
        check(c["resources"]["limits"].get("memory") and c["resources"]["requests"].get("cpu"), f"{part} {c['name']}: limits")
        for mount in c.get("volumeMounts", []):
            given = {v["name"] for v in pod["volumes"]} | {v["metadata"]["name"] for v in m["spec"].get("volumeClaimTemplates", [])}
            check(mount["name"] in given, f"{part}: no volume {mount['name']}")
    c = pod["containers"][0]
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        check(probe in c, f"{part}: no {probe}")
    check("exec" not in c.get("livenessProbe", {}), f"{part}: liveness must not ask the database")
    start = c["startupProbe"]
    check(part in ("gateway", "redis") or start["periodSeconds"] * start["failureThreshold"] >= 1800, f"{part}: killed while it migrates or recovers, and begins anew each time")
    ports = {p["containerPort"] for p in c["ports"]}
    check(ports == {PARTS[part]} | ({9180} if part in OURS else set()), f"{part}: ports {ports}")
    headless = services[part]["spec"]
    check(headless["clusterIP"] == "None" and headless["selector"] == label, f"{part}: headless service")
    check({p["port"] for p in headless["ports"]} == ports, f"{part}: ports of its service")
    check(budgets[part]["spec"]["selector"]["matchLabels"] == label, f"{part}: disruption budget")
    for volume in pod["volumes"]:
        secret = volume.get("secret", {}).get("secretName")
        if secret:
            check(secret in readme or re.sub(r"-[a-z]+$", "-NAME", secret) in readme, f"{part}: README.md does not say how {secret} is made")
        claim = volume.get("persistentVolumeClaim", {}).get("claimName")
        check(not claim or claim in of_kind("PersistentVolumeClaim"), f"{part}: no claim {claim}")
    for name in settings(part):
        check(name in known or part == "mariadb", f"{part}: no setting {name} in docs/operations.md")
    if part in OURS and part != "gateway":
        check(settings(part)["YB_LISTEN"] == f"tcp://0.0.0.0:{PARTS[part]}", f"{part}: YB_LISTEN")
        check(common[f"YB_{part.upper()}"] == f"tcp://{part}:{PARTS[part]}", f"{part}: where others look for it")
check(int(settings("gateway")["YB_GATEWAYS"]) == workloads["gateway"]["spec"]["replicas"], "gateway: YB_GATEWAYS is not its replicas")
for part, m in workloads.items():
    grace = m["spec"]["template"]["spec"].get("terminationGracePeriodSeconds", 30)
    check(part not in OURS or grace * 1000 >= int(common["YB_GRACE_MS"]) + 10000, f"{part}: killed before it may have finished")

# ---- by the clock: the same jobs as deploy/systemd, locked down like the rest ----
for name, m in of_kind("CronJob").items():
    spec, pod = m["spec"], m["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    label = m["spec"]["jobTemplate"]["spec"]["template"]["metadata"]["labels"]
    check(re.fullmatch(r"[0-9*/,-]+( [0-9*/,-]+){4}", spec["schedule"]) and spec["timeZone"] == "Asia/Shanghai", f"{name}: schedule")
    check(spec["jobTemplate"]["spec"].get("activeDeadlineSeconds"), f"{name}: one that hangs would keep all later ones from starting")
    check(spec["concurrencyPolicy"] == "Forbid" and pod["restartPolicy"] == "Never", f"{name}: twice at a time, or again and again")
    check(label == m["metadata"]["labels"] and label["part"] in policies, f"{name}: no network policy for {label}")
    check(pod["automountServiceAccountToken"] is False and pod["securityContext"]["runAsUser"] == 10001, f"{name}: token or user")
    for c in pod["containers"] + pod.get("initContainers", []):
        box = c["securityContext"]
        check(box["readOnlyRootFilesystem"] and not box["allowPrivilegeEscalation"] and box["capabilities"] == {"drop": ["ALL"]}, f"{name} {c['name']}: not locked down")
        check(c["resources"]["limits"].get("memory"), f"{name} {c['name']}: limits")
        check({mount["name"] for mount in c["volumeMounts"]} <= {v["name"] for v in pod["volumes"]}, f"{name} {c['name']}: a volume that is not there")
    for volume in pod["volumes"]:
        claim = volume.get("persistentVolumeClaim", {}).get("claimName")
        check(not claim or claim == "db-mariadb-0" or claim in of_kind("PersistentVolumeClaim"), f"{name}: no claim {claim}")
        check(volume.get("secret", {}).get("secretName", "yibao-db-backup") in ("yibao-db-backup", "yibao-curve-ctl"), f"{name}: secret")
    if any(v.get("persistentVolumeClaim", {}).get("claimName") == "db-mariadb-0" for v in pod["volumes"]):
        near = pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"][0]
        check(near["labelSelector"]["matchLabels"]["part"] == "mariadb", f"{name}: not where the database's volume is")
check(set(of_kind("CronJob")) == {"backup", "binlog", "audit", "heads"}, f"jobs: {sorted(of_kind('CronJob'))}")

# ---- who may reach whom ----
allowed = set()
for part, policy in policies.items():
    for rule in policy["spec"].get("ingress", []):
        for peer in rule.get("from", []):
            for port in rule["ports"]:
                allowed.add((peer["podSelector"]["matchLabels"].get("part", "prometheus"), part, port["port"]))
leaves = {(part, peer["podSelector"]["matchLabels"]["part"], port["port"]) for part, policy in policies.items()
          for rule in policy["spec"].get("egress", []) for peer in rule.get("to", []) if "podSelector" in peer for port in rule["ports"]}
check(policies["nobody"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}, "network: others are not refused")
outside = ("gateway", 8080)                      # which everybody may reach
check(allowed == {x for x in leaves if x[1:] != outside}, f"network: out and in differ: {sorted(allowed ^ leaves)}")
for part in OURS:
    check(("prometheus", part, 9180) in allowed, f"network: Prometheus does not reach {part}")
setup = root / "deploy/curve.sh"
if setup.is_file():
    calls = re.search(r"^calls='(.*?)'", setup.read_text(encoding="utf-8"), re.M | re.S)[1]
    want = {(row.split()[0], callee) for row in calls.splitlines() for callee in row.split()[1:]}
    have = {(a, b) for a, b, _ in allowed if b in OURS and a != "prometheus"}
    check(have == want, f"network: not the calls of deploy/curve.sh: {sorted(have ^ want)}")

# ---- the same as compose ----
compose_file = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else root / "docker-compose.yml"
if compose_file.is_file():
    text = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", compose_file.read_text(encoding="utf-8"))
    compose = yaml.safe_load(text)["services"]
    check(set(compose) - {"setup", "ctl", "backup", "restore"} == set(PARTS), f"services of compose: {sorted(set(compose) ^ set(PARTS))}")
    for name in ("backup", "binlog", "heads"):
        c = of_kind("CronJob")[name]["spec"]["jobTemplate"]["spec"]["template"]["spec"]["containers"][0]
        check(c["image"] == compose["backup"]["image"], f"{name}: image {c['image']}, in compose {compose['backup']['image']}")
        have = {e["name"]: e["value"] for e in c.get("env", [])}
        check(name == "heads" or have == {k: str(v) for k, v in compose["backup"]["environment"].items()}, f"{name}: settings differ from compose")
    for part in set(compose) & set(PARTS):
        box, pod = compose[part], workloads[part]["spec"]["template"]["spec"]
        c = pod["containers"][0]
        want = {k: str(v) for k, v in (box.get("environment") or {}).items() if k not in INGRESS_HAS}
        have = {k: v for k, v in settings(part).items() if k not in ONLY_HERE - set(want)}
        check(have == want, f"{part}: settings differ from compose: {sorted(set(have.items()) ^ set(want.items()))}")
        check(c["image"] == box["image"], f"{part}: image {c['image']}, in compose {box['image']}")
        check((c.get("command") or c.get("args")) == box.get("command"), f"{part}: command differs from compose")
        folders = {re.split(r":(?=/)", v)[1].split(":")[0] for v in box.get("volumes", [])}
        mounts = {m["mountPath"] for m in c["volumeMounts"]}
        folders -= {"/tls"}                      # the ingress has the certificate
        check(folders <= mounts, f"{part}: compose has the folders {sorted(folders - mounts)} as well")
        asked = c["readinessProbe"]["exec"]["command"]
        check(asked == box["healthcheck"]["test"][1:], f"{part}: health {asked}, in compose {box['healthcheck']['test'][1:]}")
        limit = {"k": 2**10, "m": 2**20, "g": 2**30}[box["mem_limit"][-1]] * int(box["mem_limit"][:-1])
        amount, unit = re.fullmatch(r"(\d+)(Mi|Gi)", c["resources"]["limits"]["memory"]).groups()
        check(int(amount) * {"Mi": 2**20, "Gi": 2**30}[unit] == limit, f"{part}: limit of memory differs from compose")
else:
    print("note: no docker-compose.yml to compare with; settings were compared with docs/operations.md")

for text in faults[:50]:
    print(text)
print(f"{checks - len(faults)} passed, {len(faults)} failed")
sys.exit(1 if faults or not checks else 0)
