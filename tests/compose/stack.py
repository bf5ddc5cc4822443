"""The platform in containers, as its operator sees it: docker-compose, docker, and yibaoctl in its container."""
import json, os, subprocess, sys, threading, time

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(SOURCE, "tests", "fault"))
PROJECT = os.environ["COMPOSE_PROJECT_NAME"]
OURS = ("identity", "enrollment", "settlement", "drg", "gateway")
OPERATOR = f"{PROJECT}_operator"
FOLDER = [SOURCE]                  # where docker-compose.yml is


class Timed:
    """For test cases: each says how long it took, so that one sees where the time goes."""

    def setUp(self):
        self.begun = clock()

    def tearDown(self):
        print(f"{self.id().rpartition('.')[2]}: {clock() - self.begun:.0f} s", flush=True)


def run(*args, check=True, timeout=300, stdin=None):
    r = subprocess.run(args, capture_output=True, text=True, timeout=timeout, input=stdin, cwd=FOLDER[-1],
                       stdin=None if stdin is not None else subprocess.DEVNULL)
    assert not check or r.returncode == 0, f"{' '.join(args)}: exit code {r.returncode}\n{r.stdout}\n{r.stderr}"
    return r.stdout if check else r


def compose(*args, **how):
    return run("docker-compose", *args, **how)


def docker(*args, **how):
    return run("docker", *args, **how)


def containers(service=None):
    """Names of the containers that run, without the operator's own."""
    only = ["--filter", f"label=com.docker.compose.service={service}"] if service else []
    names = docker("ps", "--filter", f"label=com.docker.compose.project={PROJECT}", *only, "--format", "{{.Names}}").split()
    return sorted(n for n in names if n != OPERATOR)


def inspect(name, path):
    return docker("inspect", "--format", f"{{{{json {path}}}}}", name).strip()


def service_of(name):
    return json.loads(inspect(name, ".Config.Labels"))["com.docker.compose.service"]


def wait_healthy(names, seconds=90):
    """Looks twice a second: each look is a program of its own."""
    end = clock() + seconds
    while True:
        states = json.loads("[" + ",".join(docker("inspect", "--format", "{{json .State}}", *names).splitlines()) + "]")
        sick = [n for n, s in zip(names, states) if s["Status"] != "running" or s.get("Health", {}).get("Status") != "healthy"]
        if not sick:
            return
        assert clock() < end, f"not healthy within {seconds} s: {sick}"
        pause(0.5)


def wait_answers(name, seconds=60):
    """Until the container's own question about its health, asked now, is answered well: Docker itself asks only now and then."""
    ask = json.loads(inspect(name, ".Config.Healthcheck.Test"))[1:]
    end = clock() + seconds
    while docker("exec", name, *ask, check=False).returncode != 0:
        assert clock() < end, f"{name} does not answer {' '.join(ask)} within {seconds} s"
        pause(0.1)


def page(service):
    """The page of metrics, as Prometheus beside the services reads it."""
    get = f"exec 3<>/dev/tcp/{service}/9180; printf 'GET /metrics HTTP/1.0\\r\\n\\r\\n' >&3; cat <&3"
    return docker("exec", OPERATOR, "bash", "-c", get)


def pid_in(name, program):
    """The process of a container's program, as this machine numbers it."""
    for row in docker("top", name, "-eo", "pid,comm").splitlines()[1:]:
        pid, comm = row.split(None, 1)
        if program.startswith(comm.strip()):
            return int(pid)
    raise AssertionError(f"{name}: no {program} runs in it")


def resident_kb(name):
    rows = [row.split(None, 2) for row in docker("top", name, "-eo", "pid,rss,comm").splitlines()[1:]]
    return sum(int(rss) for _, rss, comm in rows if comm.strip().startswith("yibao-"))


def sql(statement, schema=""):
    return docker("exec", "-i", *containers("mariadb"), "mariadb", "--defaults-file=/etc/mysql/container.cnf", "--batch",
                  "--skip-column-names", *([schema] if schema else []), stdin=statement)


def operator(folder):
    """A container for yibaoctl, and in `folder` a program of that name which goes through it: the tests' own calls go the operator's way.
    A file named on its command line is given as standard input."""
    docker("rm", "-f", OPERATOR, check=False)
    compose("run", "-d", "--name", OPERATOR, "--entrypoint", "sleep", "ctl", "infinity")
    path = os.path.join(folder, "yibaoctl")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"""#!/bin/bash
args=() in=/dev/null
for a; do
  if [[ $a == - ]]; then in=/dev/stdin; fi
  if [[ -f $a ]]; then in=$a a=-; fi
  args+=("$a")
done
exec docker exec -i {OPERATOR} yibaoctl "${{args[@]}}" <"$in"
""")
    os.chmod(path, 0o755)


def pause(seconds):
    threading.Event().wait(seconds)


def measured(name, value, unit, limit=None):
    """A line of what was measured; and whether it keeps its limit. Seconds are said, not asserted: machines differ and are noisy."""
    text, missed = f"{value:.2f}" if isinstance(value, float) else str(value), limit is not None and value > limit
    print(f"{name} {text} {unit}" + (f" (at most {limit}{': MISSED' if missed else ''})" if limit is not None else ""), flush=True)
    assert not missed or unit == "s", f"{name} is {text} {unit}, at most {limit} is wanted"


def clock():
    return time.monotonic()
