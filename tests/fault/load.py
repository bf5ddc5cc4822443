"""Load for the fault tests: clients that play visits over and over, send each message again under its id until it is answered, and remember
what they were told. At the end their memory must be the platform's: each settlement (5203), each year's sums (5206), each account, the day's
books (3201), yibaoctl audit and recompute.
"""
import concurrent.futures, contextlib, http.client, json, os, random, subprocess, sys, threading, time
from decimal import Decimal

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "integration"))
import hospital as h
from hospital import JIA, YI, line, money

DAY = "2025-03-10"
IN_FLIGHT, UNKNOWN = "正在处理", "结果未知"
COMPARERS = 4
LOST = (ConnectionError, http.client.HTTPException, TimeoutError, OSError)


class Stuck(AssertionError):
    pass


class Load:
    """`clients` threads. Each has two persons of its own for stays and shares some with all others for outpatient visits."""

    def __init__(self, world, clients=16, patience=120, strict=False):
        self.w, self.count, self.patience, self.strict = world, clients, patience, strict
        self.code = world.institution(charge_class=3, tier="county")
        self.own = [[world.person("310", wage="90000.00", balc="2000.00"), world.person("390")] for _ in range(clients)]
        self.shared = [world.person(("310", "390")[i % 2], balc="500.00" if i % 2 == 0 else "0.00") for i in range(4)]
        self.people = [p for own in self.own for p in own] + self.shared
        self.settled, self.errors, self.trouble, self.acknowledged = [], [], [], 0
        self.lock, self.stop, self.threads = threading.Lock(), threading.Event(), []

    # --- one message ----

    def answered(self):
        with self.lock:
            self.acknowledged += 1

    def again(self, what):
        """A message goes out again, because of this; None: nobody listened, nothing was sent."""
        if what is not None:
            with self.lock:
                self.trouble.append(what)

    def say(self, c, infno, message):
        """The answer of a message, however often it must be sent. What is not an answer: no connection, 503, "being processed"."""
        msgid, end, first = h.new_msgid(self.code), time.monotonic() + self.patience, True
        body = json.dumps(c.envelope(infno, message, msgid), ensure_ascii=False).encode()
        while True:
            try:
                a = c.send(body, infno)
                what = f"{infno} HTTP {a.status}: {a.err_msg}"
                if a.status == 200 and IN_FLIGHT not in a.err_msg:
                    if not a.ok:
                        raise AssertionError(f"{what} (message {msgid}, {'first' if first else 'later'} sending)")
                    self.answered()
                    return a.output
            except ConnectionRefusedError:
                what = None                     # nothing was sent: not a failed request
            except LOST as e:
                what = f"{infno}: {type(e).__name__} {e}"
            self.again(what)
            if time.monotonic() > end:
                raise Stuck(f"not answered in {self.patience} s: {what}")
            first = False
            threading.Event().wait(0.02)

    # --- visits ----

    def visit(self, c, rng, person, inpatient):
        lines = [line(rng.choice((JIA, YI)), Decimal(rng.randrange(100, 300000)) / 100, rng.randrange(1, 4), str(i)) for i in range(rng.randrange(1, 4))]
        begin, end, total, acct = f"{DAY} 08:00:00", f"{DAY} 17:00:00", h.total_of(lines), rng.choice("01")
        if inpatient:
            mdtrt = self.say(c, "2401", h.m2401(person, begin))["result"]["mdtrt_id"]
            self.say(c, "2301", h.m2301(person, mdtrt, begin, lines))
            self.say(c, "2402", h.m2402(person, mdtrt, end))
            infno, message, back = "2304", h.settle_in(person, mdtrt, total, acct), "2305"
        else:
            mdtrt = self.say(c, "2201", h.m2201(person, begin))["data"]["mdtrt_id"]
            self.say(c, "2203", h.m2203(person, mdtrt, begin))
            self.say(c, "2204", h.m2204(person, mdtrt, begin, lines))
            infno, message, back = "2207", h.settle_out(person, mdtrt, total, "1", "11", acct), "2208"
        for again in range(rng.choice((1, 1, 1, 2))):
            out = self.say(c, infno, message)
            h.check_identities(out)
            entry = {"person": person, "mdtrt_id": mdtrt, "inpatient": inpatient, "out": out, "gone": None}
            with self.lock:
                self.settled.append(entry)
            if again or rng.random() < 0.3:
                entry["gone"] = self.say(c, back, h.undo(person, mdtrt, out["setlinfo"]["setl_id"]))
            else:
                break

    def new_client(self):
        return h.Client(self.code, timeout=self.patience)

    def client(self, i):
        rng, c = random.Random(f"{h.SEED} {i}"), self.new_client()
        try:
            while not self.stop.is_set():
                inpatient = rng.random() < 0.5
                self.visit(c, rng, rng.choice(self.own[i] if inpatient or rng.random() < 0.5 else self.shared), inpatient)
        except Exception as e:                  # the test looks at them at its end, and while it waits
            with self.lock:
                self.errors.append(f"client {i}: {type(e).__name__}: {e}")

    # --- from outside ----

    def start(self):
        self.threads = [threading.Thread(target=self.client, args=(i,)) for i in range(self.count)]
        for t in self.threads:
            t.start()
        self.progress(5)

    def progress(self, messages, seconds=120):
        """Waits until so many more messages were answered."""
        goal = self.acknowledged + messages
        h.until(f"{messages} more answers", lambda: self.errors or self.acknowledged >= goal, seconds)
        assert not self.errors, self.errors[:5]

    def finish(self):
        self.stop.set()
        for t in self.threads:
            t.join()
        assert not self.errors, self.errors[:5]

    # --- what was told is what stands ----

    def compare_some(self, entries):
        """Each settlement, and what took it back, as the platform tells it now."""
        c = self.new_client()
        for e in entries:
            s, p = e["out"]["setlinfo"], e["person"]
            for told, flag in ((e["out"], "1" if e["gone"] else "0"), (e["gone"], "1")):
                if told is None:
                    continue
                now = c.call("5203", h.undo(p, e["mdtrt_id"], told["setlinfo"]["setl_id"]))
                same = {k: money(now["setlinfo"][k]) for k in h.AMOUNTS + ["balc"]}
                assert same == {k: money(told["setlinfo"][k]) for k in h.AMOUNTS + ["balc"]}, (told, now)
                assert now["setldetail"] == told["setldetail"], (told, now)
                assert now["setlinfo"]["refd_setl_flag"] == flag, (flag, now)
            if e["gone"]:
                assert [k for k in h.AMOUNTS if money(e["gone"]["setlinfo"][k]) != -money(s[k])] == [], e

    def compare(self):
        """The whole record against the platform; by several at once, for it is long."""
        c, live = self.new_client(), {}
        with concurrent.futures.ThreadPoolExecutor(COMPARERS) as pool:
            list(pool.map(self.compare_some, [self.settled[i::COMPARERS] for i in range(COMPARERS)]))
        for e in self.settled:
            if not e["gone"]:
                live.setdefault(e["person"].psn_no, []).append(e["out"]["setlinfo"])
                key = ("visit", e["mdtrt_id"])
                assert key not in live, f"settled twice: {e['mdtrt_id']}"
                live[key] = True
        for p in self.people:
            mine, acc = live.get(p.psn_no, []), h.accumulators(c, p, 2025)
            employee = p.insutype == "310"
            total = lambda field, only=None: sum((money(s[field]) for s in mine if only is None or s["med_type"] == only), Decimal(0))
            want = {"C0000_BIZ21": Decimal(len([s for s in mine if s["med_type"] == "21"])), "D310100" if employee else "D390100": total("hifp_pay"),
                    "D330100" if employee else "D390200": total("hifob_pay") + total("hifmi_pay"),
                    "D310100_BIZ11" if employee else "D390100_BIZ11": total("hifp_pay", "11"), "TQ0000_BIZ11": total("act_pay_dedc", "11")}
            assert {k: acc.get(k, Decimal(0)) for k in want} == want, (p.psn_no, want, acc)
            balance = money(c.call("1101", h.m1101(p))["insuinfo"][0]["balc"])
            assert balance == Decimal(p.balc) - total("acct_pay"), (p.psn_no, balance, p.balc, total("acct_pay"))
        self.compare_books(c)
        h.check_audit()
        h.check_recompute()
        print(f"{self.acknowledged} messages answered, {len(self.settled)} settlements, {len([e for e in self.settled if e['gone']])} of them cancelled; "
              f"{len(self.trouble)} times a message had to be sent again", flush=True)

    def compare_books(self, c):
        """3201 of the institution: a settlement that nobody was told of, or that stands twice, shows here."""
        days = sorted({r["setlinfo"]["setl_time"][:10] for e in self.settled for r in (e["out"], e["gone"]) if r})
        for insutype in ("310", "390"):
            for clr in ("11", "21"):
                rows = [(r["setlinfo"], 1 if r is e["out"] else -1) for e in self.settled for r in (e["out"], e["gone"])
                        if r and r["setlinfo"]["insutype"] == insutype and r["setlinfo"]["clr_type"] == clr]
                total = lambda k: str(sum((money(s[k]) for s, _ in rows), Decimal("0.00")))
                got = c.call("3201", {"data": {"insutype": insutype, "clr_type": clr, "setl_optins": "141100", "stmt_begndate": days[0],
                                               "stmt_enddate": days[-1], "medfee_sumamt": total("medfee_sumamt"), "fund_pay_sumamt": total("fund_pay_sumamt"),
                                               "acct_pay": total("acct_pay"), "fixmedins_setl_cnt": sum(n for _, n in rows)}})["stmtinfo"]
                assert got["stmt_rslt"] == "0", (insutype, clr, got)


@contextlib.contextmanager
def held(service, table, where):
    """Rows stay locked meanwhile: what would change them waits."""
    p = subprocess.Popen(["mariadb", f"--defaults-file={os.environ['YB_HOME']}/db/client.cnf", "--batch", "--unbuffered", "--skip-column-names",
                          f"yibao_{service}"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        p.stdin.write(f"BEGIN; SELECT COUNT(*) FROM {table} WHERE {where} FOR UPDATE;\n")
        p.stdin.flush()
        assert int(p.stdout.readline()) > 0
        yield
    finally:
        p.communicate("ROLLBACK;\n", 60)


class Watched(Load):
    """Remembers when messages were answered, and when one was not."""

    def __init__(self, *args, **other):
        super().__init__(*args, **other)
        self.answers, self.failures = [], []

    def answered(self):
        super().answered()
        self.answers.append(time.monotonic())

    def again(self, what):
        super().again(what)
        self.failures.append((time.monotonic(), what or "nobody listens"))

    def window(self, since):
        """Seconds from `since` to the last failure, or the longest time in which nobody was answered, whichever is longer; and how many failed."""
        now, failed = time.monotonic(), [t for t, _ in self.failures if t >= since]
        times = [since] + [t for t in self.answers if t >= since] + [now]
        silent = max(b - a for a, b in zip(times, times[1:]))
        return max([failed[-1] - since if failed else 0.0, silent]), len(failed)


def pid_of(name):
    with open(os.path.join(os.environ["YB_RUN_DIR"], f"{name}.pid"), encoding="ascii") as f:
        return int(f.read())
