#!/usr/bin/env python3
"""What a hospital may send wrongly in a message of good form: who is asking, whose visit, amounts, dates, states, signatures, rates, texts.
Every case is answered with JSON that names the field, and leaves nothing half-written."""
import json, time, unittest
from decimal import Decimal

import hospital as h
from hospital import DROP, JIA, YI, line
from samples import AT, DAY, GOOD, S, put

W = None


def setUpModule():
    global W
    W = h.World()
    W.one, W.other = W.institution(charge_class=3, tier="county"), W.institution()
    W.signed = W.institution(secret="a-secret-of-the-test-0123456789")
    W.blocked, W.fast = W.institution(), W.institution()
    for name in ("resident", "amounts", "order", "stays", "sql", "rare", "limits", "dup"):
        setattr(W, name, W.person("390", name="𠮷野𠀋" if name == "rare" else None))
    W.ended = W.person("390", begndate="2020-01-01", enddate="2022-12-31")
    W.away = W.person("390", area="440300")
    W.load()


def tearDownModule():
    h.check_audit()


def his(code=None, **other):
    return h.Client(code or W.one, **other)


class WhoAsks(h.Case):
    def test_unknown_institution(self):
        self.refused(his("H14999999999").ask("1201", GOOD["1201"]), field="fixmedins_code")
        self.refused(his("P14999999999").ask("9001", GOOD["9001"]), field="fixmedins_code")

    def test_unknown_person(self):
        c = his()
        for infno, message in (("1101", GOOD["1101"]), ("2201", GOOD["2201"]), ("2401", GOOD["2401"]), ("2001", GOOD["2001"]), ("5206", GOOD["5206"]),
                               ("5301", GOOD["5301"]), ("2503", h.m2503(S, W.one))):
            with self.subTest(infno=infno):
                answer = c.ask(infno, message)
                self.refused(answer, "未查询到该人员")
                self.assertTrue("psn_no" in answer.err_msg or "mdtrt_cert_no" in answer.err_msg, answer.err_msg)

    def test_credential_of_another(self):
        p, q, c = W.resident, W.amounts, his()
        self.refused(c.ask("1101", {"data": dict(h.m1101(p)["data"], psn_name="别人")}), "不符")
        self.refused(c.ask("2201", {"data": dict(h.m2201(p, AT)["data"], mdtrt_cert_no=q.certno)}), field="mdtrt_cert_no")
        self.refused(c.ask("2401", {"mdtrtinfo": dict(h.m2401(p, AT)["mdtrtinfo"], mdtrt_cert_no=q.certno)}), field="mdtrt_cert_no")
        v = h.ready_visit(c, p, DAY, [line(JIA, 1, 1, "1")], inpatient=False)
        self.refused(c.ask("2207", {"data": dict(v.message()["data"], mdtrt_cert_no=q.certno)}), field="mdtrt_cert_no")
        self.refused(c.ask("2207", {"data": dict(v.message()["data"], psn_no=q.psn_no, mdtrt_cert_no=q.certno)}), field="psn_no")
        self.assertTrue(v.settle())

    def test_no_cover_that_day(self):
        p, c = W.ended, his()
        self.refused(c.ask("2401", h.m2401(p, AT)), "参保", field="insutype")
        self.refused(c.ask("2401", h.m2401(p, "2023-01-01 00:00:00")), "参保", field="insutype")
        self.refused(c.ask("2201", h.m2201(p, "2019-12-31 23:59:59")), "参保", field="insutype")
        self.refused(c.ask("2401", {"mdtrtinfo": dict(h.m2401(p, "2022-12-31 08:00:00")["mdtrtinfo"], insutype="310")}), field="insutype")
        mdtrt = c.call("2401", h.m2401(p, "2022-12-31 08:00:00"))["result"]["mdtrt_id"]
        c.call("2404", h.whose(p, mdtrt))
        self.refused(c.ask("2503", h.m2503(p, W.one, begndate="2024-01-01")), "参保")

    def test_other_area_is_refused(self):
        self.refused(his().ask("2401", h.m2401(W.away, AT)), "异地", field="insuplc_admdvs")

    def test_other_institutions_visit(self):
        p, mine, yours = W.resident, his(), his(W.other)
        v = h.Visit(mine, p, False, DAY).admit()
        v.upload([line(JIA, 10, 1, "1")])
        done = v.settle()
        calls = [("2202", h.m2202(p, v.mdtrt_id, v.number)), ("2203", h.m2203(p, v.mdtrt_id, AT)), ("2205", h.m2205(p, v.mdtrt_id)),
                 ("2204", h.m2204(p, v.mdtrt_id, AT, [line(JIA, 1, 1, "2")])), ("2206", v.message()), ("2207", v.message()),
                 ("2208", h.undo(p, v.mdtrt_id, v.setl_id)), ("5202", h.whose(p, v.mdtrt_id)), ("5203", h.undo(p, v.mdtrt_id, v.setl_id)),
                 ("5204", h.whose(p, v.mdtrt_id))]
        stay = h.Visit(mine, p, True, DAY).admit()
        calls += [("2301", h.m2301(p, stay.mdtrt_id, AT, [line(JIA, 1, 1, "2")])), ("2302", h.m2302(p, stay.mdtrt_id)),
                  ("2303", h.settle_in(p, stay.mdtrt_id, 1)), ("2304", h.settle_in(p, stay.mdtrt_id, 1)), ("2402", h.m2402(p, stay.mdtrt_id, AT)),
                  ("2403", h.m2403(p, stay.mdtrt_id, AT)), ("2404", h.whose(p, stay.mdtrt_id)), ("2405", h.whose(p, stay.mdtrt_id))]
        for infno, message in calls:
            with self.subTest(infno=infno):
                answer = yours.ask(infno, message)
                self.refused(answer, "本机构")
                self.assertTrue("mdtrt_id" in answer.err_msg or "setl_id" in answer.err_msg, answer.err_msg)
        self.assertEqual(yours.call("5303", {"data": {"psn_no": p.psn_no}})["data"], [])
        self.assertEqual(v.query()["setlinfo"]["setl_id"], done["setlinfo"]["setl_id"])
        mine.call("2404", h.whose(p, stay.mdtrt_id))

    def test_unknown_visit(self):
        p, c = W.resident, his()
        for mdtrt in ("1", "999999999999999999", "99999999999999999999999999999", "abc", "-5"):
            for infno, message in (("2203", h.m2203(p, mdtrt, AT)), ("2207", h.settle_out(p, mdtrt, 1)), ("2304", h.settle_in(p, mdtrt, 1)),
                                   ("2404", h.whose(p, mdtrt)), ("5202", h.whose(p, mdtrt)), ("2301", h.m2301(p, mdtrt, AT, [line(JIA, 1, 1, "1")])),
                                   ("2208", h.undo(p, mdtrt, "77"))):
                with self.subTest(infno=infno, mdtrt_id=mdtrt):
                    answer = c.ask(infno, message)
                    self.assertEqual(answer.infcode, -1)
                    self.assertTrue("mdtrt_id" in answer.err_msg or "setl_id" in answer.err_msg, answer.err_msg)

    def test_blocked(self):
        c = his(W.blocked)
        self.assertTrue(c.ask("1201", GOOD["1201"]).ok)
        self.assertEqual(h.ctl("institution", "block", W.blocked)[0], 0)
        h.until("the block holds", lambda: not c.ask("1201", GOOD["1201"]).ok)
        self.refused(c.ask("9001", GOOD["9001"]), "停用", field="fixmedins_code")
        self.assertEqual(h.ctl("institution", "unblock", W.blocked)[0], 0)
        h.until("the block is gone", lambda: c.ask("1201", GOOD["1201"]).ok)

    def test_rate(self):
        c = his(W.fast)
        self.assertEqual(h.ctl("institution", "rate", W.fast, "2")[0], 0)
        limited = h.until("the rate holds", lambda: next((a for a in (c.ask("1201", GOOD["1201"]) for _ in range(8)) if a.status == 429), None))
        self.refused(limited, "频繁", status=429)
        self.assertEqual(h.ctl("institution", "rate", W.fast, "0")[0], 0)
        h.until("the limit is gone", lambda: all(c.ask("1201", GOOD["1201"]).ok for _ in range(8)))


class Signature(h.Case):
    def ask(self, headers):
        c = his(W.signed)
        return c.send(json.dumps(c.envelope("1201", GOOD["1201"])).encode(), "1201", headers=headers)

    def setUp(self):
        self.c = his(W.signed, secret="a-secret-of-the-test-0123456789")

    def test_right(self):
        self.assertTrue(self.ask(self.c.headers()).ok)

    def test_unsigned(self):
        self.refused(self.ask({}), "x-tif-", status=401)

    def test_part_missing(self):
        for name in ("x-tif-paasid", "x-tif-timestamp", "x-tif-nonce", "x-tif-signature"):
            head = self.c.headers()
            del head[name]
            self.refused(self.ask(head), name, status=401)

    def test_wrong(self):
        head = self.c.headers()
        self.refused(self.ask(dict(head, **{"x-tif-signature": "0" * 64})), "x-tif-signature", status=401)
        self.refused(self.ask(dict(head, **{"x-tif-signature": "zz"})), "x-tif-signature", status=401)
        self.refused(self.ask(dict(head, **{"x-tif-nonce": "other"})), "x-tif-signature", status=401)
        self.refused(self.ask(self.c.headers(secret="another-secret")), "x-tif-signature", status=401)
        self.refused(self.ask(self.c.headers(paasid=W.one)), "x-tif-paasid", status=401)
        self.refused(self.ask(self.c.headers(nonce="n" * 65)), "x-tif-nonce", status=401)
        self.assertTrue(self.ask(head).ok)          # what failed took no nonce

    def test_replayed(self):
        head = self.c.headers()
        self.assertTrue(self.ask(head).ok)
        self.refused(self.ask(head), "x-tif-nonce", status=401)
        again = h.together(16, lambda i: self.ask(head))
        self.assertEqual([a.status for a in again], [401] * 16)
        head = self.c.headers()
        self.assertEqual(sorted(a.status for a in h.together(16, lambda i: self.ask(head))), [200] + [401] * 15)

    def test_window(self):
        now = int(time.time())
        for stamp in (now - 310, now + 320, 0, "x", "-1", "9" * 30, now * 1000):
            self.refused(self.ask(self.c.headers(stamp=stamp)), "x-tif-timestamp", status=401)
        self.assertTrue(self.ask(self.c.headers(stamp=now - 280)).ok)
        self.assertTrue(self.ask(self.c.headers(stamp=now + 280)).ok)

    def test_new_secret_ends_the_old(self):
        code = W.institution()
        W.load()
        status, out, _ = h.ctl("institution", "secret", code)
        self.assertEqual(status, 0)
        c = his(code, secret=out.strip())
        h.until("the secret holds", lambda: his(code).ask("1201", GOOD["1201"]).status == 401)
        self.assertTrue(c.ask("1201", GOOD["1201"]).ok)
        self.assertNotEqual(h.ctl("institution", "secret", code)[1].strip(), c.secret)
        h.until("the old secret is gone", lambda: c.ask("1201", GOOD["1201"]).status == 401)


class Amounts(h.Case):
    def setUp(self):
        self.p, self.c = W.amounts, his()

    def stay(self, lines):
        v = h.Visit(self.c, self.p, True, DAY).admit()
        self.addCleanup(self.leave, v)
        if lines:
            v.upload(lines)
        return v

    def leave(self, v):
        """The stay must not stand open; a line or a settlement may."""
        if self.c.ask("2402", h.m2402(self.p, v.mdtrt_id, v.end)).ok:
            return
        self.c.ask("2302", h.m2302(self.p, v.mdtrt_id))

    def upload(self, v, *lines):
        return self.c.ask("2301", h.m2301(self.p, v.mdtrt_id, v.begin, list(lines)))

    def test_price_times_count(self):
        v = self.stay([])
        for bad in (line(JIA, "1.11", 3, "1", "3.34"), line(JIA, "0.005", 1, "1", "0.00"), line(JIA, "10", 1, "1", "10.01"), line(JIA, "10", 1, "1", 0)):
            self.refused(self.upload(v, bad), "不符", "feedetail[1]", field="det_item_fee_sumamt")
        self.refused(self.upload(v, line(JIA, 1, 1, "1"), line(JIA, 2, 2, "2", "5")), "feedetail[2]", field="det_item_fee_sumamt")
        self.assertEqual(self.c.call("5204", h.whose(self.p, v.mdtrt_id))["feedetail"], [])     # all or nothing
        self.assertTrue(self.upload(v, line(JIA, "0.005", 1, "1", "0.01")).ok)                   # half-up

    def test_signs(self):
        v = self.stay([])
        self.refused(self.upload(v, line(JIA, 1, 0, "1", "0.00")), field="cnt")
        self.refused(self.upload(v, line(JIA, -1, 1, "1")), field="pric")
        self.refused(self.upload(v, line(JIA, -1, -1, "1", "1.00")), field="pric")
        self.refused(self.upload(v, line(JIA, 1, -1, "1")), field="init_feedetl_sn")
        self.refused(self.upload(v, line(JIA, 1, 1, "1", "-1.00")), field="init_feedetl_sn")

    def test_refunds(self):
        v = self.stay([line(JIA, 10, 3, "o"), line(YI, 7, 2, "q")])
        back = lambda cnt, pric=10, of="o", serial="r": line(JIA, pric, cnt, serial, init_feedetl_sn=of)
        self.refused(self.upload(v, back(-1, of="nonsuch")), "nonsuch", field="init_feedetl_sn")
        self.refused(self.upload(v, back(-4)), field="cnt")
        self.refused(self.upload(v, back(-1, pric=11)), field="pric")
        self.refused(self.upload(v, back(1)), field="cnt")
        self.refused(self.upload(v, dict(back(-1), det_item_fee_sumamt="-9.00")), field="det_item_fee_sumamt")
        self.refused(self.upload(v, back(-2, serial="r1"), back(-2, serial="r2")), "feedetail[2]", field="cnt")
        self.assertTrue(self.upload(v, back(-2, serial="r1")).ok)
        self.refused(self.upload(v, back(-2, serial="r2")), field="cnt")
        self.refused(self.upload(v, back(-1, of="r1", serial="r3")), "init_feedetl_sn")
        self.refused(self.c.ask("2302", h.m2302(self.p, v.mdtrt_id, ["o"])), "r1", field="feedetl_sn")
        self.refused(self.upload(v, line(JIA, 1, 1, "o")), "o", field="feedetl_sn")
        self.refused(self.upload(v, line(JIA, 1, 1, "n"), line(JIA, 1, 1, "n")), "feedetail[2]", field="feedetl_sn")
        self.refused(self.upload(v, line(JIA, 1, 1, "0000")), field="feedetl_sn")

    def test_totals_and_echoes(self):
        v = self.stay([line(YI, "100.05", 1, "1")]).discharge()
        for infno in ("2303", "2304"):
            for total in ("100.04", "100.06", "0", "-100.05", "9999999999999.99"):
                self.refused(self.c.ask(infno, v.message(total=total)), field="medfee_sumamt")
        pre = v.presettle()["setlinfo"]
        for field in h.SCOPES:
            for step in ("0.01", "-0.01"):
                wrong = dict(pre, **{field: h.money(pre[field]) + Decimal(step)})
                self.refused(self.c.ask("2304", v.message(echo=wrong)), field=field)
        self.assertTrue(v.settle(echo=pre))

    def test_nothing_to_settle(self):
        v = self.stay([]).discharge()
        self.refused(self.c.ask("2303", v.message(total="0")), "明细", field="mdtrt_id")
        self.refused(self.c.ask("2304", v.message(total="0")), "明细", field="mdtrt_id")

    def test_wrong_scheme(self):
        v = self.stay([line(JIA, 1, 1, "1")]).discharge()
        for infno in ("2303", "2304"):
            self.refused(self.c.ask(infno, {"data": dict(v.message()["data"], insutype="310")}), field="insutype")

    def test_huge_line(self):
        v = self.stay([])
        self.refused(self.upload(v, line(JIA, "9999999999.999999", "999999999999.9999", "1", "99999999999999.99")), "det_item_fee_sumamt")

    def test_lines_of_two_visits(self):
        a, b = self.stay([]), h.Visit(self.c, W.resident, False, DAY).admit()
        one, two = line(JIA, 1, 1, "1"), line(JIA, 1, 1, "2")
        m = h.m2301(self.p, a.mdtrt_id, a.begin, [one, two])
        m["feedetail"][1]["mdtrt_id"] = b.mdtrt_id
        self.refused(self.c.ask("2301", m), "feedetail[2]", field="mdtrt_id")
        m["feedetail"][1].update(mdtrt_id=a.mdtrt_id, psn_no=W.resident.psn_no)
        self.refused(self.c.ask("2301", m), "feedetail[2]", field="psn_no")
        self.refused(self.c.ask("2301", h.m2301(W.resident, b.mdtrt_id, b.begin, [one])), field="mdtrt_id")       # outpatient visit, inpatient upload
        self.refused(self.c.ask("2204", h.m2204(self.p, a.mdtrt_id, a.begin, [one])), field="mdtrt_id")


class Order(h.Case):
    def test_dates_out_of_order(self):
        p, c = W.order, his()
        v = h.Visit(c, p, True, "2025-03-10").admit()
        self.refused(c.ask("2402", h.m2402(p, v.mdtrt_id, "2025-03-09 23:59:59")), field="endtime")
        self.refused(c.ask("2402", h.m2402(p, v.mdtrt_id, "2025-03-10 07:59:59")), field="endtime")
        self.refused(c.ask("2301", h.m2301(p, v.mdtrt_id, "2025-03-09 12:00:00", [line(JIA, 1, 1, "1")])), field="fee_ocur_time")
        c.call("2301", h.m2301(p, v.mdtrt_id, "2025-03-12 12:00:00", [line(JIA, 1, 1, "1")]))
        self.refused(c.ask("2402", h.m2402(p, v.mdtrt_id, "2025-03-11 12:00:00")), field="endtime")
        self.refused(c.ask("2402", {"dscginfo": dict(h.m2402(p, v.mdtrt_id, "2025-03-13 12:00:00")["dscginfo"], insutype="310")}), field="insutype")
        v.end = "2025-03-13 12:00:00"
        v.lines = [line(JIA, 1, 1, "1")]
        v.discharge()
        self.refused(c.ask("2402", h.m2402(p, v.mdtrt_id, v.end)), field="mdtrt_id")
        v.settle()
        self.refused(c.ask("3201", {"data": dict(GOOD["3201"]["data"], stmt_begndate="2025-03-02", stmt_enddate="2025-03-01")}), field="stmt_enddate")
        self.refused(c.ask("2503", h.m2503(p, W.one, begndate="2025-03-02", enddate="2025-03-01")), field="enddate")

    def test_cancelled_twice(self):
        p, c = W.order, his()
        for inpatient in (True, False):
            v = h.ready_visit(c, p, DAY, [line(JIA, 10, 1, "1")], inpatient)
            v.settle()
            infno, wrong = ("2305", "2208") if inpatient else ("2208", "2305")
            self.refused(c.ask(wrong, h.undo(p, v.mdtrt_id, v.setl_id)), field="setl_id")
            gone = v.reverse()["setlinfo"]["setl_id"]
            self.refused(c.ask(infno, h.undo(p, v.mdtrt_id, v.setl_id)), "退费结算标志", field="setl_id")
            self.refused(c.ask(infno, h.undo(p, v.mdtrt_id, gone)), field="setl_id")
            self.refused(c.ask(infno, h.undo(p, v.mdtrt_id, "12345")), field="setl_id")
            self.refused(c.ask(infno, h.undo(W.amounts, v.mdtrt_id, v.setl_id)), field="psn_no")

    def test_two_open_stays(self):
        p, c, d = W.stays, his(), his(W.other)
        v = h.Visit(c, p, True, DAY).admit()
        self.refused(c.ask("2401", h.m2401(p, AT)), v.mdtrt_id, field="psn_no")
        self.refused(d.ask("2401", h.m2401(p, "2025-08-01 08:00:00")), v.mdtrt_id, field="psn_no")
        v.upload([line(JIA, 1, 1, "1")])
        v.discharge()
        w = h.Visit(d, p, True, "2025-01-05").admit()            # a discharged, unsettled stay blocks nothing; any order of days
        self.refused(c.ask("2405", h.whose(p, v.mdtrt_id)), w.mdtrt_id, field="psn_no")
        v.settle()
        d.call("2404", h.whose(p, w.mdtrt_id))
        both = h.together(8, lambda i: his().ask("2401", h.m2401(p, AT, f"T{i}")))
        self.assertEqual(sorted(a.infcode for a in both), [-1] * 7 + [0])
        c.call("2404", h.whose(p, next(a for a in both if a.ok).output["result"]["mdtrt_id"]))

    def test_outpatient_order(self):
        p, c = W.order, his()
        v = h.Visit(c, p, False, DAY)
        v.mdtrt_id = c.call("2201", h.m2201(p, v.begin))["data"]["mdtrt_id"]
        self.refused(c.ask("2204", h.m2204(p, v.mdtrt_id, v.begin, [line(JIA, 1, 1, "1")])), "2203", field="mdtrt_id")
        self.refused(c.ask("2207", h.settle_out(p, v.mdtrt_id, 1)), field="mdtrt_id")
        self.refused(c.ask("2203", h.m2203(p, v.mdtrt_id, v.begin, "14", "M03900")), field="dise_codg")
        self.refused(c.ask("2203", h.m2203(p, v.mdtrt_id, v.begin, "14", "")), field="dise_codg")
        self.refused(c.ask("2304", h.settle_in(p, v.mdtrt_id, 1)), field="mdtrt_id")
        self.refused(c.ask("2402", h.m2402(p, v.mdtrt_id, v.end)), field="mdtrt_id")


class Texts(h.Case):
    def test_sql_and_control_characters(self):
        p, c = W.sql, his()
        for text in ("Robert'); DROP TABLE visit;--", '" OR "1"="1', "\\'; SELECT 1 -- \\", "%s%n%d", "a`b\\0"):
            v = h.Visit(c, p, False, DAY)
            m = h.m2201(p, v.begin)
            m["data"].update(dr_name=text, dept_name=text)
            v.mdtrt_id = c.call("2201", m)["data"]["mdtrt_id"]
            m = h.m2203(p, v.mdtrt_id, v.begin)
            m["diseinfo"][0].update(diag_name=text, diag_dept=text, dise_dor_name=text)
            c.call("2203", m)
            got = c.call("5202", h.whose(p, v.mdtrt_id))["diseinfo"][0]
            self.assertEqual((got["diag_name"], got["diag_dept"], got["dise_dor_name"]), (text,) * 3)
        for text in ("a\u0000b", "a\u0007b", "a\u001bb", "a\u007fb"):
            m = h.m2201(p, AT)
            m["data"]["dr_name"] = text
            answer = c.ask("2201", m)
            self.assertEqual(answer.infcode, -1)
            self.assertTrue("dr_name" in answer.err_msg or "NUL" in answer.err_msg, answer.err_msg)
        self.refused(c.ask("1101", {"data": dict(h.m1101(p)["data"], psn_name="' OR 1=1 --")}), "不符")

    def test_rare_characters(self):
        p, c = W.rare, his()
        self.assertEqual(c.call("1101", h.m1101(p))["baseinfo"]["psn_name"], "𠮷野𠀋")
        m = h.m2203(p, h.Visit(c, p, False, DAY).admit().mdtrt_id, AT)
        m["diseinfo"][0]["diag_name"] = "𪚥𠮷・🏥"
        c.call("2203", m)
        self.assertEqual(c.call("5202", h.whose(p, m["mdtrtinfo"]["mdtrt_id"]))["diseinfo"][-1]["diag_name"], "𪚥𠮷・🏥")
        self.assertEqual(c.call("5206", {"data": {"psn_no": p.psn_no}})["cuminfo"][0]["insutype"], "390")

    def test_message_is_cut_on_a_character(self):
        answer = his().ask("1201", GOOD["1201"], infno="2207", fixmedins_name="𠮷" * 190)
        self.assertLessEqual(len(answer.err_msg), 200)
        answer = his().ask("2204", put(GOOD["2204"], "feedetail", "init_feedetl_sn", "医" * 30))
        self.assertLessEqual(len(answer.err_msg), 200)


class NothingHalfWritten(h.Case):
    """Many refusals over one visit, then it settles as if nothing had been."""

    def test_visit_stands(self):
        p, c = W.limits, his()
        before = h.accumulators(c, p, 2025)
        v = h.ready_visit(c, p, DAY, [line(YI, "333.33", 3, "1")])
        lines = c.call("5204", h.whose(p, v.mdtrt_id))["feedetail"]
        for infno, message in (("2304", v.message(total="1")), ("2301", h.m2301(p, v.mdtrt_id, v.begin, [line(JIA, 1, 1, "2")])),
                               ("2304", put(v.message(), "data", "insutype", "310")), ("2404", h.whose(p, v.mdtrt_id)),
                               ("2305", h.undo(p, v.mdtrt_id, "1")), ("2601", h.m2601(p, "nonsuch", "2304")), ("2302", h.m2302(p, v.mdtrt_id))):
            answer = c.ask(infno, message)
            self.assertEqual(answer.infcode, -1, infno)
        self.assertEqual(c.call("5204", h.whose(p, v.mdtrt_id))["feedetail"], lines)
        self.assertEqual(h.accumulators(c, p, 2025), before | {k: 0 for k in h.accumulators(c, p, 2025)})
        h.check_identities(v.settle(), lines)


if __name__ == "__main__":
    h.main()
