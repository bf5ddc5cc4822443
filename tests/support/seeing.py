"""What deploy/prometheus and deploy/grafana name: alerts, expressions, metrics. No YAML reader is asked for: the rules are written one
key a line."""
import json, pathlib, re

root = pathlib.Path(__file__).resolve().parents[2]
rules_file = root / "deploy/prometheus/rules/alerts.yml"
tests_file = root / "deploy/prometheus/tests/alerts.yml"
dashboards = sorted((root / "deploy/grafana/dashboards").glob("*.json"))
METRIC = re.compile(r"\b(yibao_[a-z0-9_]+)")


def alerts():
    """{alert: (expression, severity, runbook)}"""
    found, name = {}, None
    for line in rules_file.read_text(encoding="utf-8").splitlines():
        key, _, value = line.strip().removeprefix("- ").partition(": ")
        if key == "alert":
            name, found[value] = value, {}
        elif name and key in ("expr", "severity", "runbook_url"):
            found[name][key] = value.strip("'").replace("''", "'")
    return {n: (a.get("expr", ""), a.get("severity", ""), a.get("runbook_url", "")) for n, a in found.items()}


def tested():
    """(alerts seen to fire, alerts seen to be quiet) in the rules' own tests."""
    text = tests_file.read_text(encoding="utf-8")
    fires = re.findall(r"alertname: (\w+)\n\s+exp_alerts:\n\s+- exp_labels", text)
    quiet = re.findall(r"alertname: (\w+), exp_alerts: \[\]", text)
    return set(fires), set(quiet)


def panels(file):
    return json.loads(file.read_text(encoding="utf-8"))["panels"]


def expressions():
    """(where, expression) of every alert and every panel."""
    for name, (expr, _, _) in alerts().items():
        yield name, expr
    for file in dashboards:
        for panel in panels(file):
            for target in panel.get("targets", []):
                yield f"{file.name} panel {panel['id']}", target["expr"]


def metrics_of(expr):
    return set(METRIC.findall(expr))


def samples(text):
    """The names of samples in a page of metrics."""
    return {line.split("{", 1)[0].split(" ", 1)[0] for line in text.splitlines() if line and not line.startswith("#")}


def value_of(text, name, **labels):
    """The sum of the samples of that name with these labels; None = there is none."""
    total = None
    for line in text.splitlines():
        hit = re.match(r"(\w+)\{([^}]*)\} (\S+)$", line)
        if hit and hit[1] == name and dict(re.findall(r'(\w+)="([^"]*)"', hit[2])).items() >= labels.items():
            total = (total or 0) + (int(hit[3]) if hit[3].lstrip("-").isdigit() else float(hit[3]))
    return total
