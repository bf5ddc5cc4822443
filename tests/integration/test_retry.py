#!/usr/bin/env python3
"""A message sent again. The table of INTERFACE.md section 10 and of the frame: for each state × {same body, other body} one answer.

    new → run · done, same body → the stored answer, byte for byte · done, other body → KEY_CONFLICT naming msgid ·
    in flight → "processing" or the answer, never a second effect · settled, new msgid → refused, naming setl_id
"""
import copy, time, unittest
from decimal import Decimal

import hospital as h
from hospital import JIA, YI, line, money

DAY = "2025-03-10"
LINES = [line(JIA, "120.50", 3, "a1"), line(YI, "33.33", "7.5", "a2")]
CONFLICT = "报文ID重复"
W = None


def setUpModule():
    global W
    W = h.World()
    W.one, W.other = W.institution(charge_class=3, tier="county"), W.institution()
    W.people = [W.person("310", balc="1000000.00") for _ in range(12)]
    W.load()


def tearDownModule():
    h.check_audit()
    h.check_recompute()


def his(code=None):
    return h.Client(code or W.one)


def other_day(message):
    """The same message about something else."""
    m = copy.deepcopy(message)
    node = next(iter(m))
    row = m[node][0] if isinstance(m[node], list) else m[node]
    for field, value in (("medfee_sumamt", "1.23"), ("begntime", f"{DAY} 09:09:09"), ("endtime", f"{DAY} 18:18:18"), ("medins_list_codg", "YP002"),
                         ("feedetl_sn", "0000"), ("chrg_bchno", "other"), ("setl_id", "4711"), ("mdtrt_id", "4711"), ("omsgid", "other"),
                         ("opsp_dise_name", "其他"), ("opter_no", "999")):
        if field in row and str(row[field]) != value:
            row[field] = value
            return m
    raise AssertionError(m)


class Same(h.Case):
    def again(self, c, infno, message, msgid, first):
        """Done: the same body has the same answer, whatever else differs; another body is refused."""
        for other in ({}, {"inf_time": "2001-02-03 04:05:06", "opter": "777", "opter_name": "别人", "sign_no": "zzz", "dev_no": "9"},
                      {"extra": {"a": 1}, "cainfo": "x"}):
            back = c.ask(infno, message, msgid, **other)
            self.assertTrue(back.ok, back.err_msg)
            self.assertEqual(back.output_text(), first.output_text(), infno)
        self.refused(c.ask(infno, other_day(message), msgid), CONFLICT, field="msgid")
        self.assertEqual(c.ask(infno, message, msgid).output_text(), first.output_text(), infno)

    def send(self, c, infno, message):
        msgid = h.new_msgid(W.one)
        first = c.ask(infno, message, msgid)
        self.assertTrue(first.ok, first.err_msg)
        self.again(c, infno, message, msgid, first)
        return msgid, first

    def check_all(self, c, sent):
        """All answers of a visit once more, at its end: what was done stays answered as it was."""
        for infno, message, (msgid, first) in sent:
            with self.subTest(late=infno):
                self.again(c, infno, message, msgid, first)

    def test_inpatient(self):
        p, c, sent = W.people[0], his(), []

        def do(infno, message):
            with self.subTest(infno=infno):
                sent.append((infno, message, self.send(c, infno, message)))
                return sent[-1][2][1].output
        mdtrt = do("2401", h.m2401(p, f"{DAY} 08:00:00"))["result"]["mdtrt_id"]
        self.assertEqual(len(c.call("5303", {"data": {"psn_no": p.psn_no}})["data"]), 1)
        do("2403", h.m2403(p, mdtrt, f"{DAY} 08:00:00", adm_bed="9"))
        do("2301", h.m2301(p, mdtrt, f"{DAY} 08:00:00", LINES))
        do("2302", h.m2302(p, mdtrt, ["a2"]))
        self.assertEqual(len(c.call("5204", h.whose(p, mdtrt))["feedetail"]), 1)
        do("2301", h.m2301(p, mdtrt, f"{DAY} 08:00:00", [line(YI, 5, 1, "b")]))
        do("2402", h.m2402(p, mdtrt, f"{DAY} 17:00:00"))
        do("2405", h.whose(p, mdtrt))
        do("2402", h.m2402(p, mdtrt, f"{DAY} 18:00:00"))
        setl = do("2304", h.settle_in(p, mdtrt, "366.50", acct="1"))["setlinfo"]["setl_id"]
        do("2305", h.undo(p, mdtrt, setl))
        two = do("2304", h.settle_in(p, mdtrt, "366.5", acct="1"))["setlinfo"]["setl_id"]
        self.assertNotEqual(setl, two)
        self.check_all(c, sent)
        self.assertEqual(h.accumulators(c, p, 2025)["C0000_BIZ21"], 1)
        info = c.call("5203", h.undo(p, mdtrt, two))["setlinfo"]
        self.assertEqual(money(c.call("1101", h.m1101(p))["insuinfo"][0]["balc"]), 1000000 - money(info["acct_pay"]))
        empty = do("2401", h.m2401(p, "2025-09-09 08:00:00"))["result"]["mdtrt_id"]
        do("2404", h.whose(p, empty))

    def test_outpatient(self):
        p, c, sent = W.people[1], his(), []

        def do(infno, message):
            with self.subTest(infno=infno):
                sent.append((infno, message, self.send(c, infno, message)))
                return sent[-1][2][1].output
        mdtrt = do("2201", h.m2201(p, f"{DAY} 08:00:00"))["data"]["mdtrt_id"]
        do("2203", h.m2203(p, mdtrt, f"{DAY} 08:00:00"))
        do("2203A", h.m2203(p, mdtrt, f"{DAY} 08:30:00"))
        do("2204", h.m2204(p, mdtrt, f"{DAY} 08:30:00", LINES, "b1"))
        do("2204", h.m2204(p, mdtrt, f"{DAY} 08:30:00", [line(JIA, 9, 1, "z")], "b2"))
        do("2205", h.m2205(p, mdtrt, "b2"))
        setl = do("2207", h.settle_out(p, mdtrt, h.total_of(LINES), "b1", acct="1"))["setlinfo"]["setl_id"]
        do("2208", h.undo(p, mdtrt, setl))
        do("2207", h.settle_out(p, mdtrt, h.total_of(LINES), "b1", acct="0"))
        self.check_all(c, sent)
        gone = do("2201", h.m2201(p, f"{DAY} 10:00:00"))["data"]["mdtrt_id"]
        do("2202", h.m2202(p, gone))
        self.assertEqual(money(c.call("1101", h.m1101(p))["insuinfo"][0]["balc"]), 1000000)

    def test_sign_in_filing_and_files(self):
        p, c = W.people[2], his()
        _, first = self.send(c, "9001", {"signIn": {"opter_no": "001", "mac": "-", "ip": "-"}})
        sn = self.send(c, "2503", h.m2503(p, W.one))[1].output["result"]["trt_dcla_detl_sn"]
        self.assertEqual(len(c.call("5301", {"data": {"psn_no": p.psn_no}})["feedetail"]), 1)
        msgid = h.new_msgid(W.one)
        m = {"data": {"trt_dcla_detl_sn": sn, "psn_no": p.psn_no}}
        self.assertTrue(c.ask("2504", m, msgid).ok)
        self.assertTrue(c.ask("2504", m, msgid).ok)
        self.refused(c.ask("2504", m), field="trt_dcla_detl_sn")
        up = {"fsUploadIn": {"in": "AAAA", "filename": "x.zip", "fixmedins_code": W.one}}
        msgid, back = h.new_msgid(W.one), None
        back = c.ask("9101", up, msgid)
        self.assertEqual(c.ask("9101", {"fsUploadIn": dict(up["fsUploadIn"], **{"in": "AAAA"})}, msgid).output_text(), back.output_text())
        self.refused(c.ask("9101", {"fsUploadIn": dict(up["fsUploadIn"], **{"in": "BBBB"})}, msgid), CONFLICT, field="msgid")

    def test_equal_bodies_in_other_words(self):
        """Numbers as text or number, null, "" and absent, order of keys, one object for a list of one: the same body."""
        p, c = W.people[3], his()
        v = h.Visit(c, p, False, DAY).admit()
        one = h.m2204(p, v.mdtrt_id, v.begin, [line(JIA, "1.50", 2, "1")])
        msgid = h.new_msgid(W.one)
        first = c.ask("2204", one, msgid)
        self.assertTrue(first.ok, first.err_msg)
        row = one["feedetail"][0]
        for other in (dict(row, pric=Decimal("1.5"), cnt=2), dict(row, pric="1.500000", det_item_fee_sumamt="3", rxno="", memo=None),
                      dict(reversed(list(row.items()))), dict(row, pric=1.5, det_item_fee_sumamt=3.0)):
            for rows in ([other], other):
                back = c.ask("2204", {"feedetail": rows}, msgid)
                self.assertTrue(back.ok, back.err_msg)
                self.assertEqual(back.output_text(), first.output_text())
        for other in (dict(row, pric="1.51", det_item_fee_sumamt="3.02"), dict(row, medins_list_codg="yp001"), dict(row, rxno="0"), dict(row, chrg_bchno="01")):
            self.refused(c.ask("2204", {"feedetail": [other]}, msgid), CONFLICT, field="msgid")
        self.refused(c.ask("2204", {"feedetail": [row, dict(row, feedetl_sn="2")]}, msgid), CONFLICT, field="msgid")
        self.assertEqual(len(c.call("5204", h.whose(p, v.mdtrt_id))["feedetail"]), 1)

    def test_other_transaction_other_institution(self):
        """The key is institution and msgid: another transaction under it is another body, another institution another message."""
        p, c, d = W.people[4], his(), his(W.other)
        msgid = h.new_msgid(W.one)
        mdtrt = c.call("2201", h.m2201(p, f"{DAY} 08:00:00"), msgid)["data"]["mdtrt_id"]
        self.refused(c.ask("2202", h.m2202(p, mdtrt), msgid), CONFLICT, field="msgid")
        self.assertNotEqual(d.call("2201", h.m2201(p, f"{DAY} 08:00:00"), msgid)["data"]["mdtrt_id"], mdtrt)

    def test_a_refusal_is_not_kept(self):
        p, c = W.people[5], his()
        v = h.Visit(c, p, True, DAY).admit()
        v.upload(LINES)
        msgid = h.new_msgid(W.one)
        self.refused(c.ask("2304", v.message(), msgid), "2402")
        v.discharge()
        self.assertTrue(c.ask("2304", v.message(), msgid).ok)


class Settled(h.Case):
    def test_new_msgid_is_refused_by_name(self):
        p, c = W.people[6], his()
        for inpatient, infno, pre in ((True, "2304", "2303"), (False, "2207", "2206")):
            v = h.ready_visit(c, p, DAY, LINES, inpatient)
            msgid = h.new_msgid(W.one)
            first = c.ask(infno, v.message(), msgid)
            setl = first.output["setlinfo"]["setl_id"]
            self.refused(c.ask(infno, v.message()), setl, "已结算")
            self.refused(c.ask(infno, v.message(total="1")), setl)
            self.refused(c.ask(pre, v.message()), setl)
            self.assertEqual(c.ask(infno, v.message(), msgid).output_text(), first.output_text())
            v.reverse(setl)
            late = c.ask(infno, v.message(), msgid)                     # done stays done: the stored answer, not a new settlement
            self.assertEqual(late.output_text(), first.output_text())
            self.assertEqual(c.call("5203", h.undo(p, v.mdtrt_id, setl))["setlinfo"]["refd_setl_flag"], "1")
            self.assertTrue(c.ask(infno, v.message()).ok)               # a new one settles anew

    def test_presettlement_has_no_effect(self):
        p, c = W.people[7], his()
        v = h.ready_visit(c, p, DAY, LINES)
        before, same = h.accumulators(c, p, 2025), h.new_msgid(W.one)
        for _ in range(3):
            self.assertTrue(c.ask("2303", v.message(acct="1"), same).ok)
        self.assertTrue(c.ask("2304", v.message(acct="1"), same).ok)    # and takes no key
        self.assertEqual(before["C0000_BIZ21"] + 1, h.accumulators(c, p, 2025)["C0000_BIZ21"])


class Reversal2601(h.Case):
    def test_every_state(self):
        p, c, d = W.people[8], his(), his(W.other)
        for inpatient, infno in ((True, "2304"), (False, "2207")):
            v = h.ready_visit(c, p, DAY, LINES, inpatient)
            msgid = h.new_msgid(W.one)
            ask = lambda client=c, who=p, of=msgid, no=infno, mid=None: client.ask("2601", h.m2601(who, of, no), mid)
            self.refused(ask(), "无可冲正", field="omsgid")             # never arrived
            first = c.ask(infno, v.message(), msgid)
            self.assertTrue(first.ok)
            setl = first.output["setlinfo"]["setl_id"]
            self.refused(ask(client=d), field="omsgid")                 # another institution's message
            self.refused(ask(who=W.people[9]), field="psn_no")
            self.refused(ask(no="2207" if inpatient else "2304"), field="omsgid")
            self.refused(ask(no="2401"), "2401", field="oinfno")
            mine = h.new_msgid(W.one)
            done = ask(mid=mine)
            self.assertTrue(done.ok, done.err_msg)
            self.assertEqual(c.call("5203", h.undo(p, v.mdtrt_id, setl))["setlinfo"]["refd_setl_flag"], "1")
            self.assertEqual(ask(mid=mine).output_text(), done.output_text())
            self.refused(ask(mid=mine, of="other"), CONFLICT, field="msgid")
            self.refused(ask(), "退费结算标志", field="omsgid")         # reversed already
            self.refused(c.ask("2305" if inpatient else "2208", h.undo(p, v.mdtrt_id, setl)), "退费结算标志", field="setl_id")
            again = h.new_msgid(W.one)
            self.assertTrue(c.ask(infno, v.message(), again).ok)
            self.assertTrue(c.ask("2601", h.m2601(p, again, infno)).ok)
        self.assertEqual(set(h.accumulators(c, p, 2025).values()), {0})

    def test_reversed_by_setl_id_first(self):
        p, c = W.people[9], his()
        v, msgid = h.ready_visit(c, p, DAY, LINES), h.new_msgid(W.one)
        setl = c.call("2304", v.message(), msgid)["setlinfo"]["setl_id"]
        v.reverse(setl)
        self.refused(c.ask("2601", h.m2601(p, msgid, "2304")), "退费结算标志", field="omsgid")


class AtOnce(h.Case):
    """The same message from sixteen threads at the same moment."""

    def together(self, infno, message, msgid):
        def settle(i):
            c = his()
            for _ in range(200):
                a = c.ask(infno, message, msgid)
                if a.ok or "正在处理" not in a.err_msg:
                    return a
            return a
        answers = h.together(16, settle)
        for a in answers:
            self.assertIsInstance(a, h.Answer)
            self.assertTrue(a.ok, a.err_msg)
        self.assertEqual(len({a.output_text() for a in answers}), 1, infno)
        return answers[0].output

    def test_one_effect(self):
        p, c = W.people[10], his()
        for round in range(3):
            out = self.together("2401", h.m2401(p, f"{DAY} 08:00:00"), h.new_msgid(W.one))
            mdtrt = out["result"]["mdtrt_id"]
            self.assertEqual([r["mdtrt_id"] for r in c.call("5303", {"data": {"psn_no": p.psn_no}})["data"]], [mdtrt])
            self.together("2301", h.m2301(p, mdtrt, f"{DAY} 08:00:00", LINES), h.new_msgid(W.one))
            self.assertEqual(len(c.call("5204", h.whose(p, mdtrt))["feedetail"]), 2)
            self.together("2402", h.m2402(p, mdtrt, f"{DAY} 17:00:00"), h.new_msgid(W.one))
            before = h.accumulators(c, p, 2025)
            balc = money(c.call("1101", h.m1101(p))["insuinfo"][0]["balc"])
            info = self.together("2304", h.settle_in(p, mdtrt, h.total_of(LINES), acct="1"), h.new_msgid(W.one))["setlinfo"]
            after = h.accumulators(c, p, 2025)
            self.assertEqual(after["C0000_BIZ21"], before.get("C0000_BIZ21", 0) + 1)
            self.assertEqual(after["D310100"], before.get("D310100", 0) + money(info["hifp_pay"]))
            self.assertEqual(money(c.call("1101", h.m1101(p))["insuinfo"][0]["balc"]), balc - money(info["acct_pay"]))
            if round < 2:
                self.together("2305", h.undo(p, mdtrt, info["setl_id"]), h.new_msgid(W.one))
                self.assertEqual(h.accumulators(c, p, 2025), before | {k: 0 for k in after if k not in before})

    def test_different_bodies_one_msgid(self):
        p, c, msgid = W.people[11], his(), h.new_msgid(W.one)
        messages = [h.m2201(p, f"{DAY} 08:{i:02d}:00") for i in range(16)]

        def one(i):
            client = his()
            for _ in range(200):
                a = client.ask("2201", messages[i], msgid)
                if a.ok or "正在处理" not in a.err_msg:
                    return a
            return a
        answers = h.together(16, one)
        self.assertEqual(sorted(a.infcode for a in answers), [-1] * 15 + [0])
        for a in answers:
            if not a.ok:
                self.refused(a, CONFLICT, field="msgid")
        self.assertEqual(len(c.call("5201", {"data": {"psn_no": p.psn_no, "begntime": "2025-01-01 00:00:00", "endtime": "2025-12-31 00:00:00"}})["mdtrtinfo"]), 1)

    def test_different_msgids_one_visit(self):
        p = W.people[11]
        v = h.ready_visit(his(), p, DAY, LINES)
        answers = h.together(16, lambda i: his().ask("2304", v.message()))
        good = [a for a in answers if a.ok]
        self.assertEqual(len(good), 1, [a.err_msg for a in answers])
        setl = good[0].output["setlinfo"]["setl_id"]
        for a in answers:
            if not a.ok:
                self.refused(a, setl)
        gone = h.together(16, lambda i: his().ask("2305" if i % 2 else "2601", h.undo(p, v.mdtrt_id, setl) if i % 2 else
                                                  h.m2601(p, good[0].output["setlinfo"]["medins_setl_id"], "2304")))
        self.assertEqual(len([a for a in gone if a.ok]), 1, [a.err_msg for a in gone])


if __name__ == "__main__":
    h.main()
