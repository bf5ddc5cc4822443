"""A platform whose sockets have CURVE keys (deploy/curve.sh), for the tests of keys, operators and roles. The checkout's own goes without: its
sockets are files that nobody else may open."""
import os, shutil, subprocess

import hospital as h

SERVICES = ("identity", "enrollment", "settlement", "drg", "gateway")
HOME = os.environ.get("YB_HOME", "")
FOLDER = os.path.join(HOME, "curve")


def place(name):
    return os.path.join(FOLDER, name)


def curve(*args, good=True):
    env = dict(os.environ, YB_CURVE_PLACES=os.path.join(FOLDER, "%s"), YB_CTL=os.path.join(h.BIN, "yibaoctl"))
    r = subprocess.run([os.path.join(h.SOURCE, "deploy", "curve.sh"), *args], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL, timeout=60)
    assert not good or r.returncode == 0, f"curve.sh {args}: {r.returncode}\n{r.stdout}\n{r.stderr}"
    return r.stdout if good else (r.returncode, r.stderr)


def begin():
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name in (*SERVICES, "ctl"):
        os.makedirs(place(name), mode=0o700)
    os.chmod(FOLDER, 0o700)
    curve("init")
    h.platform("stop", *SERVICES)
    os.environ["YB_CURVE_DIR"] = place("ctl")
    h.platform("start", *SERVICES)


def end():
    os.environ.pop("YB_CURVE_DIR", None)
    h.platform("stop", *SERVICES)
    shutil.rmtree(FOLDER, ignore_errors=True)
    h.platform("start", *SERVICES)


def ctl(*args, key=None, folder=None, timeout=180):
    """yibaoctl with somebody's key: (exit code, output, errors)."""
    env = dict(os.environ, YB_CURVE_DIR=folder or place("ctl"))
    env.pop("YB_OPERATOR", None)
    if key:
        env["YB_OPERATOR"] = key
    r = subprocess.run([os.path.join(h.BIN, "yibaoctl"), *map(str, args)], capture_output=True, text=True, env=env, stdin=subprocess.DEVNULL, timeout=timeout)
    return r.returncode, r.stdout, r.stderr


def up(code_out_err):
    """How many of the four services `yibaoctl status` has reached."""
    rows = [line.split() for line in code_out_err[1].splitlines()]
    return sum(len(row) > 1 and row[0] in SERVICES[:4] and row[1] == "yes" for row in rows)
