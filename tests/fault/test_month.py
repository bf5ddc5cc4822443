#!/usr/bin/env python3
"""kill -9 of drg, of its database and of yibaoctl while a month is closed: after each page that is read or written, and at random
moments between; and while months are frozen, reopened and released. The same command goes on afterwards, and its rows are those of an
undisturbed run."""
import os, random, signal, subprocess, sys, time, unittest

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "integration"))
import hospital as h
import load
import test_month as m
from month_oracle import sql

R = random.Random(h.SEED)
CASES, YM = 23456, 202501
LOG = os.path.join(os.environ.get("YB_HOME", ""), "log", "drg.log")
ROWS = "fixmedins_code, setl_id, kind, insutype, dscg_caty, list_version, scheme, drg, reason, flags, class, los, rw_e4, k_e4, fee_fen, other_pay_fen, booked_fen, standard_fen, points_e4, gross_fen, due_fen"
SUMS = "fixmedins_code, insutype, case_count, fee_fen, other_pay_fen, points_e4, gross_fen, due_fen, booked_fen, difference_fen, prepaid_fen, withheld_fen"


def fill(place):
    """Many cases, made of a few real ones."""
    place.settle(YM, 300, reversed_by=0, inpatient=1)
    sql(f"DELETE FROM settlement WHERE poolarea = {place.area} AND (inpatient = 0 OR reversed_by <> 0)")
    top = int(sql("SELECT MAX(setl_id) FROM settlement")[0][0])
    columns = {"settlement": m.SETTLEMENT, "settlement_list": m.LIST}
    for table, names in columns.items():
        moved = {"setl_id": f"t.setl_id + s.seq * {10**12}", "setl_list_id": f"t.setl_list_id + s.seq * {10**12}"}
        sql(f"INSERT INTO {table} ({', '.join(names)}) SELECT {', '.join(moved.get(n, 't.' + n) for n in names)} FROM {table} t JOIN seq_1_to_{CASES // 270} s"
            f" WHERE t.poolarea = {place.area} AND t.setl_id <= {top}")


class Steps:
    """How many steps of closes the log tells since this was made."""

    def __init__(self):
        self.at, self.count = os.path.getsize(LOG), 0

    def __call__(self):
        with open(LOG, "rb") as f:
            f.seek(self.at)
            new = f.read()
        end = new.rfind(b"\n") + 1
        self.at, self.count = self.at + end, self.count + new[:end].count(b"close: ")
        return self.count


class Kill(h.Case):
    def rows(self):
        run = self.place.run_id(YM)
        return sql(f"SELECT {ROWS} FROM run_case WHERE run_id = {run} ORDER BY 1, 2, 3"), sql(f"SELECT {SUMS} FROM statement WHERE run_id = {run} ORDER BY 1, 2")

    def again(self):
        for command in (("reopen", YM, "--reason", "again"), ("freeze", YM)):
            self.assertEqual(self.place.drg(*command)[0], 0)

    def begin(self):
        env = dict(os.environ, YB_OPERATOR="anna")
        return subprocess.Popen([os.path.join(h.BIN, "yibaoctl"), "drg", "close", "--area", str(self.place.area), "--month", str(YM)], stdout=subprocess.DEVNULL,
                                stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=env)

    def kill(self, victim):
        if victim == "drg":
            os.kill(load.pid_of("drg"), signal.SIGKILL)    # at once; then whoever keeps an eye on it learns of it
        h.platform("kill", victim)

    def wait_for(self, ready, process):
        end = time.monotonic() + 120
        while not ready() and process.poll() is None:
            self.assertLess(time.monotonic(), end, "it hangs")

    def kill_between(self, victim="drg"):
        """When the step that the log tells of is committed, and the next one waits: a step locks its run."""
        with load.held("drg", "run", f"run_id = {self.place.run_id(YM)}"):
            self.kill(victim)

    def finish(self, process, victim, at_random=False):
        if victim == "yibaoctl":
            process.send_signal(signal.SIGKILL)
        else:
            self.kill(victim) if at_random or victim == "mariadb" else self.kill_between(victim)
            h.platform("start", *dict.fromkeys([victim, "drg"]))
        process.wait(timeout=180)
        run = sql(f"SELECT inputs_hash IS NULL, written > 0 AND written < case_count, state FROM run WHERE run_id = {self.place.run_id(YM)}")
        self.met |= {"read" if r[0] == "1" else "written in part" if r[1] == "1" else "whole" if r[2] == "2" else "paid" for r in run}
        for _ in range(5):
            code, out, err = self.place.drg("close", YM)
            if code != 3:                      # 3: not reachable yet
                break
        self.assertEqual(code, 0, out + err)
        self.assertEqual(self.rows() == self.whole, True)
        self.assertEqual(sql(f"SELECT state, written = case_count FROM run WHERE run_id = {self.place.run_id(YM)}"), [["2", "1"]])

    def another_truth_after_the_kill(self, steps):
        """Half written, killed, and then a settlement is reversed: what was written is of no use, another run is made."""
        self.again()
        done, process = Steps(), self.begin()
        self.wait_for(lambda: done() >= steps - 2, process)
        self.kill_between()
        old, one = self.place.run_id(YM), int(self.whole[0][7][1])
        sql(f"UPDATE settlement SET reversed_by = 5 WHERE setl_id = {one}")
        h.platform("start", "drg")
        process.wait(timeout=180)
        self.assertEqual(self.place.drg("close", YM)[0], 0)
        self.assertNotEqual(self.place.run_id(YM), old)
        self.assertEqual(len(self.rows()[0]), len(self.whole[0]) - 1)
        self.assertEqual(sql(f"SELECT COUNT(*) FROM run_case WHERE run_id = {self.place.run_id(YM)} AND setl_id = {one}"), [["0"]])
        sql(f"UPDATE settlement SET reversed_by = 0 WHERE setl_id = {one}")

    def test_kill_9(self):
        self.place = m.Place()
        fill(self.place)
        self.assertEqual(self.place.drg("freeze", YM)[0], 0)
        done = Steps()
        self.assertEqual(self.place.drg("close", YM)[0], 0)
        steps = done()
        self.whole = self.rows()
        self.assertGreater(len(self.whole[0]), 20000)
        self.assertGreater(steps, 6)           # three pages read, paid, three written
        self.met = set()
        for step in range(1, steps):
            for victim in ("drg",) + (("mariadb", "yibaoctl") if step in (2, steps - 1) else ()):
                with self.subTest(step=step, victim=victim):
                    self.again()
                    done, process = Steps(), self.begin()
                    self.wait_for(lambda: done() >= step, process)
                    self.finish(process, victim)
        self.another_truth_after_the_kill(steps)
        for _ in range(int(4 * h.MINUTES)):
            self.again()
            process, until = self.begin(), time.monotonic() + R.random()
            self.wait_for(lambda: time.monotonic() >= until, process)
            with self.subTest(moment=until):
                self.finish(process, "drg", at_random=True)
        h.platform("up")
        print(f"found after a kill: {sorted(self.met)}", flush=True)
        self.assertLessEqual({"read", "written in part"}, self.met)

    # --- the short steps: one transaction each ----

    def killed(self, held, *command):
        """kill -9 of drg while the command waits inside its transaction for rows that somebody holds."""
        with load.held("drg", *held):
            env = dict(os.environ, YB_OPERATOR="boris")
            process = subprocess.Popen([os.path.join(h.BIN, "yibaoctl"), "drg", command[0], "--area", str(self.place.area), "--month", str(YM), *command[1:]],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, env=env)
            # not innodb_trx: it shows what it showed before while it is asked more often than ten times a second
            waits = "SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'"
            self.wait_for(lambda: sql(waits) != [["0"]], process)
            self.assertIsNone(process.poll(), "it did not wait")
            process.send_signal(signal.SIGKILL)            # or it would ask the next drg again
            h.platform("kill", "drg")
        process.wait(timeout=60)
        h.until("its transaction is gone", lambda: sql("SELECT COUNT(*) FROM information_schema.processlist WHERE user = 'yibao_drg'") == [["0"]], 60)
        h.platform("start", "drg")

    def month(self):
        return sql(f"SELECT state FROM month WHERE poolarea = {self.place.area} AND ym = {YM}"), sql(f"SELECT state, COUNT(*) FROM statement WHERE poolarea = {self.place.area} GROUP BY 1")

    def events(self):
        return int(sql(f"SELECT COUNT(*) FROM outbox WHERE type = 'PaymentReleased' AND event_key IN (SELECT statement_id FROM statement WHERE poolarea = {self.place.area})")[0][0])

    def test_kill_9_of_the_short_steps(self):
        self.place = m.Place()
        self.place.settle(YM, 60)
        area, settled = self.place.area, f"poolarea = {self.place.area}"
        sql(f"INSERT IGNORE INTO month VALUES ({area}, {YM}, 1, 0, 1, '')")
        row = ("month", f"poolarea = {area} AND ym = {YM}")
        self.killed(row, "freeze", "--now")
        self.assertEqual(self.month(), ([["1"]], []))
        self.assertEqual(self.place.drg("freeze", YM, "--now")[0], 0)
        self.killed(row, "reopen", "--reason", "x")
        self.assertEqual(self.month(), ([["2"]], []))
        self.assertEqual(self.place.drg("close", YM)[0], 0)
        count = sql(f"SELECT COUNT(*) FROM statement WHERE {settled}")[0][0]
        for held in (row, ("statement", settled)):         # before it reads, and when it has moved the month on
            self.killed(held, "release")
            self.assertEqual(self.month(), ([["2"]], [["1", count]]))
            self.assertEqual(self.events(), 0)
        self.assertEqual(self.place.drg("release", YM, who="boris")[0], 0)
        self.assertEqual(self.place.drg("release", YM, who="boris")[0], 1)
        differing = int(sql(f"SELECT COUNT(*) FROM statement WHERE {settled} AND difference_fen <> 0")[0][0])
        self.assertGreater(differing, 0)
        self.assertEqual(self.events(), differing)
        h.until("all is booked", lambda: self.month() == ([["3"]], [["3", count]]), 60)
        booked = h.sql("settlement", f"SELECT COUNT(*), COUNT(DISTINCT statement_id) FROM adjustment WHERE poolarea = {area}")
        self.assertEqual(booked, [[str(differing), str(differing)]])


if __name__ == "__main__":
    print(f"seed {h.SEED}", flush=True)
    h.main()
