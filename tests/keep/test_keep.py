#!/usr/bin/env python3
"""Backup under load, the data folder lost, restored three ways: to a transaction noted under load, to a moment, to the end. Each time
the rows are compared with what stood there. Then the services settle on, and the audit holds."""
import fcntl, glob, hashlib, os, shutil, signal, subprocess, sys, time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "fault"))
import load
from load import h

HOME = os.environ["YB_HOME"]
DB = os.path.join(HOME, "db")
BACKUPS = os.path.join(HOME, "backups")
HEADS = os.environ["YB_HEADS_DIR"]
SCHEMAS = ("yibao_identity", "yibao_enrollment", "yibao_settlement", "yibao_drg")
# What leases, inboxes and outboxes hold goes on by the clock while nobody settles.
BOOKS = ("settlement", "journal_entry", "journal_leg", "journal_head", "fee_line", "accumulator", "account", "visit", "idem_key")


def run(*command, code=0, before="", **env):
    """What it said. `before` is shell to run first in the same process (limits)."""
    r = subprocess.run(["bash", "-c", f'{before} exec "$@"', "bash", *command], env=dict(os.environ, **env), stdin=subprocess.DEVNULL,
                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    assert code is None or r.returncode == code, f"{command}: exit code {r.returncode}\n{r.stdout}"
    return r.stdout


def script(name):
    return os.path.join(h.SOURCE, "deploy", "backup", name)


def backup(*arguments, **more):
    return run(script("backup.sh"), *arguments, **more)


def restore(*arguments, **more):
    return run(script("restore.sh"), *arguments, **more)


def sql(text):
    r = subprocess.run(["mariadb", f"--defaults-file={DB}/client.cnf", "--batch", "--skip-column-names", "--quick", "--raw"], input=text,
                       capture_output=True, text=True, timeout=120)
    assert r.returncode == 0, r.stderr
    return r.stdout


def tables(names=None):
    rows = sql("SELECT table_schema, table_name FROM information_schema.tables WHERE table_type = 'BASE TABLE' AND table_schema IN ("
               + ", ".join(f"'{s}'" for s in SCHEMAS) + ") ORDER BY 1, 2").splitlines()
    found = [tuple(r.split("\t")) for r in rows]
    return [t for t in found if names is None or (t[0] == "yibao_settlement" and t[1] in names)]


def columns_of(schema, table):
    return sql(f"SELECT column_name FROM information_schema.columns WHERE table_schema = '{schema}' AND table_name = '{table}' ORDER BY ordinal_position").split()


def state(names=None):
    """Every row of these tables (all), ordered, in one snapshot: ({table: (rows, hash)}, the GTID the snapshot ends with)."""
    wanted = tables(names)
    text = ["SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT;",
            "SELECT '--place', (SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Binlog_snapshot_file'),"
            " (SELECT variable_value FROM information_schema.session_status WHERE variable_name = 'Binlog_snapshot_position');"]
    for s, t in wanted:
        cells = ", ".join(f"COALESCE(HEX(`{c}`), '-')" for c in columns_of(s, t))
        text.append(f"SELECT '--table', '{s}.{t}'; SELECT {cells} FROM `{s}`.`{t}` ORDER BY {', '.join(str(i + 1) for i in range(len(cells.split(', '))//2))};")
    found, now, place = {}, None, None
    for line in sql("\n".join(text)).splitlines():
        if line.startswith("--place\t"):
            place = line.split("\t")[1:]
        elif line.startswith("--table\t"):
            now = found[line.split("\t")[1]] = [0, hashlib.sha256()]
        else:
            now[0] += 1
            now[1].update(line.encode() + b"\n")
    gtid = sql(f"SELECT BINLOG_GTID_POS('{place[0]}', {place[1]})").strip() if place[0] else ""
    return {t: (n, d.hexdigest()) for t, (n, d) in found.items()}, gtid


def lose():
    """The database's folder is gone, as with its disk."""
    shutil.rmtree(os.path.join(DB, "data"))


def fulls():
    return sorted(os.path.basename(p) for p in glob.glob(os.path.join(BACKUPS, "2*")))


def outcome(kind):
    with open(os.path.join(BACKUPS, f".last-{kind}"), encoding="ascii") as f:
        return f.read().split()[0]


class Keep(h.Case):
    @classmethod
    def setUpClass(cls):
        cls.w = h.World()
        cls.work = load.Load(cls.w, clients=4)
        cls.w.load()

    def step(self, what):
        now = time.monotonic()
        print(f"{what} ({now - self.since:.1f} s)", flush=True)
        self.since = now

    def same(self, what, there, then):
        differ = {t: (there.get(t), then[t]) for t in then if there.get(t) != then[t]}
        self.assertEqual(differ, {}, f"{what}: (rows, hash) now and then")
        self.assertEqual(set(there), set(then))
        print(f"{what}: {sum(n for n, _ in then.values())} rows of {len(then)} tables are the same", flush=True)

    def test_all_of_it(self):
        self.since = time.monotonic()
        work = self.work
        self.addCleanup(work.stop.set)
        work.start()
        work.progress(200)
        before, trouble = work.acknowledged, len(work.trouble)
        said = backup("full")
        self.assertIn("full backup", said)
        self.assertEqual((outcome("full"), outcome("binlog")), ("ok", "ok"))
        self.assertGreater(work.acknowledged, before, "nothing was settled while the backup ran")
        self.assertEqual(work.trouble[trouble:], [], "a message failed while the backup ran")
        self.step(f"full backup under load, {work.acknowledged - before} messages answered meanwhile")
        self.name = fulls()[-1]
        at_gtid, gtid = state()
        work.progress(100)
        backup("binlog")                       # the point lies in a log before the last
        work.progress(100)
        work.stop.set()
        work.finish()
        work.stop.clear()
        self.damaged_and_cut_short()
        self.step("backups that fail count for nothing")
        self.assertGreater(at_gtid["yibao_settlement.journal_entry"][0], 0)
        self.step(f"a snapshot under load at {gtid}")

        at_moment, _ = state(BOOKS)
        second = int(time.time()) + 1
        h.until("the next second", lambda: time.time() >= second, 5)
        moment = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(second + 8 * 3600))
        work.start()
        work.progress(200)
        work.stop.set()
        work.finish()
        work.stop.clear()
        self.save_heads()
        h.platform("stop", "gateway", "drg", "settlement", "enrollment", "identity")
        at_end, _ = state()
        self.assertNotEqual({t: at_end[t] for t in at_moment}, at_moment)
        self.assertIn("binary log:", backup("binlog"))
        self.assertIn("is not empty", restore(code=1))
        self.assertTrue(os.path.isdir(os.path.join(DB, "data", "yibao_settlement")))
        h.platform("stop", "mariadb")
        lose()
        self.step("the end: stopped, copied, lost")

        self.refused_by_name()
        self.step("refused by name")

        saved = self.heads_in_file()
        self.assertIn("lie beyond the restored journal", restore("--until", gtid, "--heads", HEADS))
        kept = self.heads_in_file()
        self.assertLess(len(kept), len(saved))
        with open(glob.glob(os.path.join(HEADS, "heads-beyond-*.jsonl"))[0], encoding="ascii") as f:
            self.assertEqual(sorted(kept + f.readlines()), sorted(saved))
        h.platform("start", "mariadb")
        self.same(f"restored to {gtid}", state()[0], at_gtid)
        h.platform("stop", "mariadb")
        lose()
        self.step("restored to a transaction")

        restore("--until", moment)
        h.platform("start", "mariadb")
        self.same(f"restored to {moment}", state(BOOKS)[0], at_moment)
        self.beyond_the_journal(saved, kept)
        lose()
        self.step("restored to a moment; the audit says what is beyond it")

        self.put_heads(saved)
        said = restore("--heads", HEADS, "--logs", self.survived_a_crash())
        self.assertIn("no saved head lies beyond", said)
        self.assertIn("ends inside an event", said)
        h.platform("start", "mariadb")
        self.same("restored to the end", state()[0], at_end)
        h.platform("up")
        h.check_audit()
        work.start()
        work.progress(100)
        work.stop.set()
        work.finish()
        work.compare()                         # every answer since the beginning stands
        self.step("restored to the end, settled on, compared with every answer")

        os.rename(os.path.join(BACKUPS, self.name), os.path.join(BACKUPS, "20200101-000000"))
        backup("full", "--keep", "1")          # the logs of the new database are a row of their own
        self.assertEqual(len(fulls()), 1)
        self.assertGreater(fulls()[0], self.name)
        self.assertEqual(len(glob.glob(os.path.join(BACKUPS, "binlog", "*"))), 2)
        self.assertIn("are what was written", backup("check", "all"))
        self.step("backup of what was restored; the old one went")
        self.by_night()
        self.step("the audit's job; keys and heads apart")

    # --- what must not count ---

    def damaged_and_cut_short(self):
        known = fulls()
        # the disk is full: a file may not grow beyond 100 kB
        said = backup("full", code=1, before="trap '' XFSZ; ulimit -f 100;")
        self.assertIn("error: full backup:", said)
        self.assertIn("'' is not a number of days", backup("full", "--keep", code=1))
        self.assertEqual((fulls(), outcome("full")), (known, "failed"))
        for sign in (signal.SIGTERM, signal.SIGKILL):
            held = subprocess.Popen(["mariadb", f"--defaults-file={DB}/client.cnf", "--unbuffered"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            held.stdin.write("BACKUP STAGE START; SELECT 'held';\n")     # the backup waits for its turn, and so cannot be over
            held.stdin.flush()
            self.assertIn("held", held.stdout.readline())
            p = subprocess.Popen([script("backup.sh"), "full"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
            h.until("something is written", lambda: glob.glob(os.path.join(BACKUPS, "*.part", "backup.log")) or p.poll() is not None, 60)
            self.assertIsNone(p.poll(), "the backup was over before it could be killed")
            if sign == signal.SIGTERM:
                p.send_signal(sign)            # the script alone, as a service manager does
            else:
                os.killpg(p.pid, sign)         # all of it
            self.assertNotEqual(p.wait(60), 0)
            held.communicate("BACKUP STAGE END;\n", timeout=60)
            self.assertEqual([n for n in fulls() if not n.endswith(".part")], known)
            self.assertNotIn(".part", backup("list"))
        self.assertIn("an earlier run was interrupted", self.full_beside_a_binlog())
        self.assertEqual(fulls()[:-1], known)
        self.assertEqual(outcome("full"), "ok")
        shutil.rmtree(os.path.join(BACKUPS, fulls()[-1]))       # the first one is what is restored

    def full_beside_a_binlog(self):
        """A full backup ends with a `binlog`; one that the timer began just then is waited for."""
        known = set(fulls())
        with open(os.path.join(BACKUPS, ".lock-binlog"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            p = subprocess.Popen([script("backup.sh"), "full"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            h.until("it waits", lambda: (any(not name.endswith(".part") for name in set(fulls()) - known) and self.child_of(p.pid, b"flock")) or p.poll() is not None, 60)
        said = p.communicate(timeout=120)[0]
        self.assertEqual((p.returncode, outcome("binlog")), (0, "ok"), said)
        return said

    def child_of(self, pid, name):
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path, "rb") as f:
                    _, _, rest = f.read().partition(b"(")
            except OSError:
                continue
            program, _, rest = rest.rpartition(b")")
            if program == name and int(rest.split()[1]) == pid:
                return True
        return False

    def refused_by_name(self):
        # a file that was cut short
        full = os.path.join(BACKUPS, self.name, "full.mbs.zst")
        size = os.path.getsize(full)
        shutil.copy2(full, full + ".whole")
        os.truncate(full, size - 1000)
        said = restore(code=1)
        self.assertIn("full.mbs.zst", said)
        self.assertIn("damaged", said)
        self.assertIn("full.mbs.zst", backup("check", code=1))
        os.replace(full + ".whole", full)
        # a log that is missing, one that was changed
        logs = sorted(glob.glob(os.path.join(BACKUPS, "binlog", "*", "binlog.*.zst")))
        self.assertGreaterEqual(len(logs), 4)
        middle = logs[-2]
        number = os.path.basename(middle).removesuffix(".zst")
        os.rename(middle, middle + ".away")
        self.assertIn(f"{number} is missing", restore(code=1))
        shutil.copy2(middle + ".away", middle)
        os.truncate(middle, os.path.getsize(middle) - 1)
        self.assertIn(f"{number}.zst is damaged", restore(code=1))
        os.replace(middle + ".away", middle)
        with open(os.path.join(DB, ".restore.lock"), "w", encoding="ascii") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.assertIn("another restore into", restore(code=1))
        self.assertIn("is in none of the logs", restore("--until", "0-1-999999999", code=1))
        self.assertIn("no finished full backup", restore("--until", "2020-01-01 00:00:00", code=1))
        self.assertIn("is no date", restore("--until", "2025-02-31 00:00:00", code=1))
        self.assertFalse(os.path.exists(os.path.join(DB, "data")))

    def survived_a_crash(self):
        """The last log was not copied, and on the disk that is left it ends within its last event, which says no more than where it ends."""
        last = sorted(glob.glob(os.path.join(BACKUPS, "binlog", "*", "binlog.*.zst")))[-1]
        folder = os.path.join(HOME, "survived")
        os.mkdir(folder)
        path = os.path.join(folder, os.path.basename(last).removesuffix(".zst"))
        run("zstd", "-q", "-d", last, "-o", path)
        os.truncate(path, os.path.getsize(path) - 10)
        os.remove(last)
        os.remove(last + ".sum")
        return folder

    def by_night(self):
        copy, job = os.path.join(HOME, "copy"), script("job.sh")
        said = run(job, "audit", YB_JOBS="checkout", YB_HEADS_COPY=copy)
        self.assertIn("the books hold", said)
        self.assertEqual(len(glob.glob(os.path.join(copy, "heads-*.jsonl"))), 1)
        self.assertEqual(outcome("heads"), "ok")
        lines = self.heads_in_file()
        self.put_heads([lines[0].replace('"seq": ', '"seq": 1')] + lines[1:])
        self.assertIn("does not begin with", backup("heads", copy, code=1))
        self.assertNotEqual(run(job, "audit", code=None, YB_JOBS="checkout", YB_HEADS_COPY=copy).find("signed journal head does not hold"), -1)
        self.assertEqual(outcome("heads"), "failed")
        self.put_heads([])                     # gone; before the first settlement, with nothing copied, that is how it is
        self.assertIn("is not there", backup("heads", copy, code=1))
        self.assertIn("none yet", backup("heads", copy + "-new"))
        self.put_heads(lines)
        self.assertIn("protect nothing", backup("keys", os.path.join(BACKUPS, "keys"), code=1))
        self.assertIn("files in", backup("keys", copy))
        self.assertEqual(sorted(os.listdir(os.environ["YB_KEY_DIR"])), sorted(set(os.listdir(glob.glob(os.path.join(copy, "keys-*"))[0])) - {"SHA256SUMS"}))

    # --- saved heads ---

    def save_heads(self):
        """Today's heads as settlement writes them, of the journal as it is now."""
        path = os.path.join(HEADS, "heads.jsonl")
        if os.path.exists(path):
            os.remove(path)
        h.platform("stop", "settlement")
        h.platform("start", "settlement")
        h.until("the heads are saved", lambda: os.path.exists(path) and os.path.getsize(path) > 0, 60)

    def heads_in_file(self):
        with open(os.path.join(HEADS, "heads.jsonl"), encoding="ascii") as f:
            return f.readlines()

    def put_heads(self, lines):
        with open(os.path.join(HEADS, "heads.jsonl"), "w", encoding="ascii") as f:
            f.writelines(lines)

    def beyond_the_journal(self, saved, kept):
        """What the audit says of heads that are newer than the books, and without those that were set aside."""
        h.platform("up")
        self.put_heads(saved)
        code, out, err = h.ctl("audit")
        self.assertEqual(code, 1, out + err)
        self.assertIn("is beyond the journal", out)
        self.assertIn("the database was restored to before it", out)
        self.put_heads(kept)
        h.check_audit()
        h.platform("stop", "gateway", "drg", "settlement", "enrollment", "identity", "mariadb")


if __name__ == "__main__":
    h.main()
