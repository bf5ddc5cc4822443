#!/usr/bin/env python3
"""kill -9 of drg and settlement while released statements enter the books: between the release and the entry, between the entry and its
acknowledgement. After it each difference stands in the journal exactly once, each statement says where, and the audit holds."""
import random, time, unittest

import load                                     # finds hospital.py
from load import h, held

STATEMENTS = 6000
ROUNDS = max(1, int(2 * h.MINUTES))


def varint(n):
    out = b""
    while n > 0x7F:
        out, n = out + bytes([n & 0x7F | 0x80]), n >> 7
    return out + bytes([n])


def message(*fields):
    """A protobuf message of whole numbers and texts, in the order of their numbers (PaymentReleased, proto/events.proto)."""
    out = b""
    for number, value in enumerate(fields, 1):
        if isinstance(value, int):
            out += varint(number << 3) + varint(value & (1 << 64) - 1)
        else:
            out += varint(number << 3 | 2) + varint(len(value)) + value.encode()
    return out


class Released:
    """Statements as a release leaves them: rows in state 2 and an event each, in one transaction."""

    def __init__(self, rng, first):
        self.rows = []
        for i in range(STATEMENTS):
            fen = rng.randrange(1, 10**9) * rng.choice((1, -1))
            self.rows.append((first + i, f"H{rng.randrange(10**11):011d}", rng.choice(("310", "390")), fen))

    def statements(self):
        rows = ",".join(f"({i},{i},141100,202501,'{code}','{kind}','{kind}100',1,0,0,0,0,0,0,{fen},0,0,2,0,0,1)" for i, code, kind, fen in self.rows)
        return ("INSERT INTO statement (statement_id, run_id, poolarea, period, fixmedins_code, insutype, fund_pay_type, case_count, fee_fen, other_pay_fen,"
                " points_e4, gross_fen, due_fen, booked_fen, difference_fen, prepaid_fen, withheld_fen, state, journal_lane, journal_seq, state_us)"
                f" VALUES {rows};")

    def events(self, again):
        """`again` makes other events of the same statements."""
        bodies = ((i, message(i, 141100, 202501, code, kind, f"{kind}100", fen, 20250220)) for i, code, kind, fen in self.rows)
        return ",".join(f"({i * 10 + again},'settlement','PaymentReleased','{i}',NULL,x'{body.hex()}',1)" for i, body in bodies)

    def release(self):
        h.sql("drg", f"BEGIN; {self.statements()} {self.put(0)} COMMIT")

    def put(self, again):
        return f"INSERT INTO outbox (id, target, type, event_key, traceparent, body, created_us) VALUES {self.events(again)};"

    def release_again(self):
        h.sql("drg", f"BEGIN; {self.put(1)} COMMIT")

    def span(self, column="statement_id"):
        return f"{column} BETWEEN {self.rows[0][0]} AND {self.rows[-1][0]}"

    def last(self, count):
        return f"statement_id BETWEEN {self.rows[-count][0]} AND {self.rows[-1][0]}"

    def booked(self):
        return int(h.sql("settlement", f"SELECT COUNT(*) FROM adjustment WHERE {self.span()}")[0][0])

    def acknowledged(self):
        return int(h.sql("drg", f"SELECT COUNT(*) FROM statement WHERE {self.span()} AND state = 3")[0][0])

    def compare(self):
        """To the fen, once each, at the same place in both services."""
        want = {str(i): (code, kind, f"{kind}100", str(fen)) for i, code, kind, fen in self.rows}
        rows = h.sql("settlement", "SELECT a.statement_id, l.party, a.insutype, l.book, CAST(SUM(IF(l.account = 1, l.debit_fen - l.credit_fen, 0)) AS SIGNED),"
                     " CAST(SUM(IF(l.account = 2, l.credit_fen - l.debit_fen, 0)) AS SIGNED), COUNT(*), a.lane, a.seq FROM adjustment a JOIN journal_entry e"
                     " ON e.subject = a.adjustment_id AND e.kind = 4 JOIN journal_leg l ON l.lane = e.lane AND l.seq = e.seq"
                     f" WHERE {self.span('a.statement_id')} GROUP BY a.statement_id, l.party, a.insutype, l.book, a.lane, a.seq")
        assert {r[0]: tuple(r[1:5]) for r in rows} == want and len(rows) == len(want)
        assert all(r[4] == r[5] and r[6] == "2" for r in rows)
        said = h.sql("drg", f"SELECT statement_id, journal_lane, journal_seq FROM statement WHERE {self.span()}")
        assert {r[0]: r[1:] for r in said} == {r[0]: r[7:] for r in rows}


class Books(h.Case):
    def kill(self, *victims):
        h.platform("kill", *victims)
        h.platform("start", *victims)

    def reach(self, what, count, goal):
        """Waits until so many are, and says how many were when it looked."""
        return h.until(f"{goal} {what}", lambda: count() >= goal and str(count()), 120)

    def test_kill_9(self):
        rng, first = random.Random(h.SEED), int(time.time()) * 10**6
        try:
            for number in range(ROUNDS):
                r = Released(rng, first + number * 10 * STATEMENTS)
                h.platform("kill", "settlement")                # released while nobody takes it
                r.release()
                with held("drg", "statement", r.last(rng.randrange(1, STATEMENTS))):
                    h.platform("start", "settlement")
                    seen = [self.reach("are booked", r.booked, rng.randrange(1, STATEMENTS))]
                    self.kill("settlement")
                    seen.append(self.reach("are booked", r.booked, rng.randrange(1, STATEMENTS)))
                    self.kill("drg")
                    self.reach("are booked", r.booked, STATEMENTS)
                    self.assertLess(r.acknowledged(), STATEMENTS)
                    h.platform("kill", "drg", "settlement")     # booked, and not all of it acknowledged
                    seen.append(f"{r.acknowledged()} were acknowledged")
                h.platform("start", "drg", "settlement")
                self.reach("are acknowledged", r.acknowledged, STATEMENTS)
                r.compare()
                h.platform("kill", "drg")
                r.release_again()                               # the same statements, by other events
                h.platform("start", "drg")
                self.kill(rng.choice(("drg", "settlement")))
                h.until("drg's outbox is empty", lambda: h.sql("drg", "SELECT COUNT(*) FROM outbox WHERE acked_us = 0") == [["0"]], 120)
                h.until("settlement's outbox is empty", lambda: h.sql("settlement", "SELECT COUNT(*) FROM outbox WHERE acked_us = 0") == [["0"]], 120)
                r.compare()
                print(f"round {number}: of {STATEMENTS}, killed when booked {', '.join(seen)}", flush=True)
        finally:
            h.platform("start", "settlement", "drg")
        h.check_audit()


if __name__ == "__main__":
    h.main()
