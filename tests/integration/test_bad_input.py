#!/usr/bin/env python3
"""What a hospital may send wrongly. Every case is answered with JSON that names the field, and leaves nothing half-written.

Missing fields are generated: each required field of each transaction is left out of a good message in turn. Beside them: wrong types,
over-long values, forms, who is asking, amounts, dates, states, signatures, rates, and bytes that are no message at all.
"""
import copy, json, socket, time, unittest
from decimal import Decimal

import hospital as h
from hospital import DROP, JIA, YI, line

DAY = "2025-03-10"
AT = f"{DAY} 08:00:00"
W = None


class _Sample:
    """A person of whom only the form matters: messages are built from it before anybody is imported."""
    psn_no, certno, name, insutype = "14110200000000000001", "110101199003070134", "测试甲", "390"


S = _Sample()
S.certno = S.certno[:17] + h.certno_check(S.certno[:17])
QUERY = {"psn_no": S.psn_no, "begntime": AT, "endtime": AT}
STATEMENT = {"setl_optins": "141100", "stmt_begndate": DAY, "stmt_enddate": DAY, "medfee_sumamt": "0", "fund_pay_sumamt": "0"}
GOOD = {
    "9001": {"signIn": {"opter_no": "1", "mac": "-", "ip": "-"}}, "9002": {"signOut": {"sign_no": "1", "opter_no": "1"}},
    "9101": {"fsUploadIn": {"in": "AAAA", "filename": "a.zip", "fixmedins_code": "H14110200001"}},
    "9102": {"fsDownloadIn": {"file_qury_no": "1", "filename": "a.zip", "fixmedins_code": "H14110200001"}},
    "1101": h.m1101(S), "1201": {"medinsinfo": {"fixmedins_type": "1"}},
    "1312": {"data": {"updt_time": DAY, "page_num": 1, "page_size": 10}},
    "2001": {"data": {"psn_no": S.psn_no, "insutype": "390", "fixmedins_code": "H14110200001", "med_type": "11", "begntime": AT}},
    "2201": h.m2201(S, AT), "2202": h.m2202(S, "1"), "2203": h.m2203(S, "1", AT), "2203A": h.m2203(S, "1", AT),
    "2204": h.m2204(S, "1", AT, [line(JIA, 1, 1, "1")]), "2205": h.m2205(S, "1"),
    "2206": h.settle_out(S, "1", "1.00"), "2207": h.settle_out(S, "1", "1.00"), "2208": h.undo(S, "1", "2"),
    "2301": h.m2301(S, "1", AT, [line(JIA, 1, 1, "1")]), "2302": h.m2302(S, "1"), "2303": h.settle_in(S, "1", "1.00"),
    "2304": h.settle_in(S, "1", "1.00"), "2305": h.undo(S, "1", "2"), "2401": h.m2401(S, AT), "2402": h.m2402(S, "1", AT),
    "2403": h.m2403(S, "1", AT), "2404": h.whose(S, "1"), "2405": h.whose(S, "1"), "2503": h.m2503(S, "H14110200001"),
    "2504": {"data": {"trt_dcla_detl_sn": "1", "psn_no": S.psn_no}}, "2601": h.m2601(S, "x1", "2207"),
    "3201": {"data": dict(STATEMENT, insutype="390", clr_type="11", acct_pay="0", fixmedins_setl_cnt=0)},
    "3202": {"data": dict(STATEMENT, file_qury_no="1", cash_payamt="0", fixmedins_setl_cnt=0)},
    "5201": {"data": QUERY}, "5202": h.whose(S, "1"), "5203": h.undo(S, "1", "2"), "5204": h.whose(S, "1"),
    "5205": {"data": QUERY}, "5206": {"data": {"psn_no": S.psn_no}}, "5301": {"data": {"psn_no": S.psn_no}}, "5303": {"data": {"psn_no": S.psn_no}},
}
# What stands in a good message without being required (no star in INTERFACE.md section 3, or excepted by section 10).
OPTIONAL = {
    "1101": ["psn_cert_type", "certno", "psn_name"], "2203": ["main_cond_dscr", "dise_codg", "dise_name"],
    "2203A": ["main_cond_dscr", "dise_codg", "dise_name"], "2204": ["rx_circ_flag", "hosp_appr_flag"], "2301": ["hosp_appr_flag"],
    "2303": ["acct_used_flag"], "2304": ["acct_used_flag"], "2401": ["adm_cond"], "2402": ["adm_cond"], "5205": ["begntime", "endtime"],
    "2403": ["adm_cond"], "2503": ["enddate"],
}
LISTS = {"2204": "feedetail", "2301": "feedetail"}


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


def without(message, node, field):
    m = copy.deepcopy(message)
    rows = m[node] if isinstance(m[node], list) else [m[node]]
    for r in rows:
        r.pop(field, None)
    return m


def put(message, node, field, value):
    m = copy.deepcopy(message)
    rows = m[node] if isinstance(m[node], list) else [m[node]]
    for r in rows:
        r[field] = value
    return m


class MissingField(h.Case):
    """One test for each required field of each transaction: left out, null, "" and blank are all "not there"."""


def missing_case(infno, node, field):
    def test(self):
        c = his()
        for value in (None, "", "  "):
            self.refused(c.ask(infno, put(GOOD[infno], node, field, value)), "必填", field=field)
        self.refused(c.ask(infno, without(GOOD[infno], node, field)), "必填", field=field)
    return test


def optional_case(infno, node, field):
    def test(self):
        answer = his().ask(infno, without(GOOD[infno], node, field))
        if not answer.ok:
            self.assertNotIn("必填", answer.err_msg)
    return test


def node_case(infno, node):
    def test(self):
        c = his()
        for value in (None, {}, [], ""):
            self.refused(c.ask(infno, dict(GOOD[infno], **{node: value})), field=node)
        for value in ("text", 7, True, ["text"], [[]], [None]):
            answer = c.ask(infno, dict(GOOD[infno], **{node: value}))
            self.refused(answer, field=node)
    return test


for _infno, _message in GOOD.items():
    for _node, _rows in _message.items():
        _row = _rows[0] if isinstance(_rows, list) else _rows
        for _field in _row:
            _make = optional_case if _field in OPTIONAL.get(_infno, []) else missing_case
            setattr(MissingField, f"test_{_infno}_{_node}_{_field}", _make(_infno, _node, _field))
        if _node != "diseinfo":
            setattr(MissingField, f"test_{_infno}_{_node}", node_case(_infno, _node))


class Envelope(h.Case):
    def ask(self, **other):
        return his().ask("1201", GOOD["1201"], **other)

    def test_missing(self):
        for field in ("infno", "msgid", "mdtrtarea_admvs", "recer_sys_code", "infver", "opter_type", "opter", "opter_name", "inf_time",
                      "fixmedins_code", "fixmedins_name", "input"):
            for value in (DROP, None, "", "   "):
                with self.subTest(field=field, value=value):
                    self.refused(self.ask(**{field: value}), field=field)

    def test_optional(self):
        for field in ("dev_no", "dev_safe_info", "cainfo", "signtype", "sign_no", "insuplc_admdvs"):
            for value in (DROP, None, ""):
                with self.subTest(field=field):
                    self.assertTrue(self.ask(**{field: value}).ok)

    def test_insuplc_with_psn_no(self):
        self.refused(his().ask("5301", GOOD["5301"], insuplc_admdvs=DROP), field="insuplc_admdvs")

    def test_too_long(self):
        for field, length in (("msgid", 30), ("recer_sys_code", 10), ("dev_no", 100), ("cainfo", 1024), ("signtype", 10), ("infver", 6),
                              ("opter", 30), ("opter_name", 50), ("sign_no", 30), ("fixmedins_name", 200)):
            with self.subTest(field=field):
                self.refused(self.ask(**{field: "医" * (length + 1)}), str(length), field=field)
        self.refused(self.ask(opter_name="医" * 51), field="opter_name")
        self.assertTrue(self.ask(opter_name="医" * 50).ok)

    def test_wrong_types(self):
        for field in ("msgid", "mdtrtarea_admvs", "opter", "inf_time", "fixmedins_code", "infno", "fixmedins_name"):
            for value in ({}, [], {"a": 1}, [1], True):
                with self.subTest(field=field, value=value):
                    self.refused(self.ask(**{field: value}), field=field)
        for value in ("text", 1, True, ["a"], [{}]):
            with self.subTest(input=value):
                self.refused(his().ask("1201", value), field="input")

    def test_forms(self):
        for field, value in (("mdtrtarea_admvs", "14110"), ("mdtrtarea_admvs", "991102"), ("mdtrtarea_admvs", "14110x"), ("insuplc_admdvs", "abcdef"),
                             ("opter_type", "9"), ("inf_time", "26-11-22 12:52:26"), ("inf_time", "2026-02-30 00:00:00"),
                             ("inf_time", "2026-11-22 24:00:01"), ("inf_time", "now"),
                             ("fixmedins_code", "H1411020010"), ("fixmedins_code", "X14110200101"), ("fixmedins_code", "H991102001010"),
                             ("msgid", "a\u0001b"), ("opter", "a\nb")):
            with self.subTest(field=field, value=value):
                self.refused(self.ask(**{field: value}), field=field)

    def test_inf_time_is_not_held_against_the_clock(self):
        for value in ("2001-01-01 00:00:00", "2099-12-31 23:59:59"):
            self.assertTrue(self.ask(inf_time=value).ok)

    def test_infno(self):
        for infno in ("0000", "9999", "220", "22O7", "2207B", "中文", "' OR", "22071234"):
            with self.subTest(infno=infno):
                self.refused(his().ask("1201", GOOD["1201"], infno=infno), field="infno")
        for infno in ("2101", "2501", "3101", "3203", "4105", "3501", "5304", "1301", "2562"):
            with self.subTest(infno=infno):
                self.refused(his().ask("1201", GOOD["1201"], infno=infno), infno, field="infno")

    def test_tolerated(self):
        c = his()
        body = json.dumps(c.envelope("1201", GOOD["1201"], unknown={"a": [1]}, exp_content="{}"), ensure_ascii=False).encode()
        self.assertTrue(c.send(b"\xef\xbb\xbf" + body, "1201").ok)
        self.assertTrue(c.send(body, "1201", headers={"Content-Type": "text/plain"}).ok)
        self.assertTrue(c.send(b" \r\n\t" + body + b"\n", "1201", path="/").ok)
        self.assertTrue(c.send(body, "1201", path="/any/path?infno=2207").ok)
        self.assertTrue(c.ask("1312", {"data": {"updt_time": DAY, "page_num": "1", "page_size": "10", "more": None}}).ok)


class FieldForm(h.Case):
    def wrong(self, infno, node, field, *values):
        for value in values:
            with self.subTest(infno=infno, field=field, value=value):
                self.refused(his().ask(infno, put(GOOD[infno], node, field, value)), field=field)

    def test_wrong_types(self):
        for value in ({"a": 1}, ["1"], True, False):
            self.wrong("2207", "data", "medfee_sumamt", value)
            self.wrong("2207", "data", "psn_no", value)
            self.wrong("2204", "feedetail", "cnt", value)
            self.wrong("2401", "mdtrtinfo", "begntime", value)
            self.wrong("2207", "data", "insutype", value)
        self.wrong("2207", "data", "medfee_sumamt", "abc", "1,00", "1.2.3", "１２", "0x10", "NaN", "1e400", "--1", "1.005", "12345678901234567.00",
                   "99999999999999999999", "1 2", "+-1")
        self.wrong("1312", "data", "page_num", "x", "1.5", 0, -1, 123456)
        self.wrong("1312", "data", "page_size", 0, -3, "99999")
        self.wrong("2204", "feedetail", "pric", "0.0000001", "x", "-")
        self.wrong("2204", "feedetail", "cnt", "0.00001", "")

    def test_numbers_as_numbers_or_text(self):
        for value in (1, 1.0, "1", "1.0", "1.00", "1e0"):
            answer = his().ask("2206", put(GOOD["2206"], "data", "medfee_sumamt", value))
            self.assertNotIn("medfee_sumamt", answer.err_msg, value)

    def test_too_long(self):
        self.wrong("2201", "data", "ipt_otp_no", "9" * 31)
        self.wrong("2201", "data", "dr_name", "医" * 51)
        self.wrong("2201", "data", "caty", "A" * 7)
        self.wrong("2401", "mdtrtinfo", "adm_diag_dscr", "病" * 201)
        self.wrong("2401", "mdtrtinfo", "dscg_maindiag_name", "病" * 301)
        self.wrong("2203", "mdtrtinfo", "main_cond_dscr", "𠮷" * 1001)
        self.wrong("2204", "feedetail", "feedetl_sn", "9" * 31)
        self.wrong("2204", "feedetail", "medins_list_codg", "9" * 151)
        self.wrong("9101", "fsUploadIn", "filename", "a" * 201)
        answer = his().ask("2203", put(GOOD["2203"], "mdtrtinfo", "main_cond_dscr", "𠮷" * 1000))
        self.assertNotIn("main_cond_dscr", answer.err_msg)

    def test_dictionaries(self):
        for infno, node, field in (("2201", "data", "insutype"), ("2201", "data", "mdtrt_cert_type"), ("2207", "data", "psn_setlway"),
                                   ("2207", "data", "acct_used_flag"), ("2304", "data", "mid_setl_flag"), ("2203", "mdtrtinfo", "med_type"),
                                   ("2203", "diseinfo", "diag_type"), ("2204", "feedetail", "hosp_appr_flag"), ("3201", "data", "clr_type"),
                                   ("1201", "medinsinfo", "fixmedins_type"), ("2401", "diseinfo", "maindiag_flag")):
            self.wrong(infno, node, field, "X", "88", "中")

    def test_dates(self):
        for value in ("26-11-22 12:52:26", "2025-02-29 08:00:00", "2025-13-01 08:00:00", "2025-00-10 08:00:00", "2025-01-32 00:00:00",
                      "20250301080000", "2025/03/01 08:00:00", "2025-3-1 8:00:00", "2025-03-01 25:00:00", "2025-03-01 08:60:00", "0000-00-00 00:00:00",
                      "yesterday", "2025-03-01 08:00:00'"):
            self.wrong("2201", "data", "begntime", value)
            self.wrong("2301", "feedetail", "fee_ocur_time", value)
            self.wrong("2402", "dscginfo", "endtime", value)
        self.wrong("2503", "data", "begndate", "25-01-01", "2025-02-30", "x")
        self.wrong("3201", "data", "stmt_begndate", "26-11-22", "2025-04-31")

    def test_codes(self):
        self.wrong("2201", "data", "atddr_no", "D14110200000", "X141102000001", "D14110200000A", "医师")
        self.wrong("2203", "diseinfo", "diag_code", "1", "高血压", "I10;--", "I10.x00\u0000")
        self.wrong("2204", "feedetail", "med_list_codg", "X'--", "药", "A B")
        self.wrong("2503", "data", "opsp_dise_code", "M1", "X03900", "M0390O")
        self.wrong("2503", "data", "insu_optins", "1411", "ABCDEF", "990000")
        self.wrong("2601", "data", "oinfno", "22", "2207;")
        self.wrong("5206", "data", "cum_ym", "2025", "202513", "20250A", "000000")
        self.wrong("5203", "data", "setl_id", "1;DROP TABLE settlement", "one two")

    def test_id_check_digit(self):
        good = S.certno
        for bad in (good[:17] + "0123456789X"[("0123456789X".index(good[17]) + 1) % 11], "110101199002300011", good[:16], good + "1", "1" * 18,
                    "99" + good[2:], good[:10] + "1300" + good[14:], "身份证" * 6):
            for infno, node in (("1101", "data"), ("2201", "data"), ("2401", "mdtrtinfo"), ("2206", "data"), ("2304", "data")):
                self.wrong(infno, node, "mdtrt_cert_no", bad)
        self.wrong("1101", "data", "certno", good[:17] + "A")

    def test_card_without_serial(self):
        self.refused(his().ask("1101", {"data": {"mdtrt_cert_type": "03", "mdtrt_cert_no": "A12345678"}}), field="card_sn")

    def test_rows_are_counted(self):
        rows = GOOD["2204"]["feedetail"] * 3
        bad = {"feedetail": [rows[0], dict(rows[1], pric="x"), rows[2]]}
        self.refused(his().ask("2204", bad), "feedetail[2].pric")
        self.refused(his().ask("2204", {"feedetail": [rows[0], 7, rows[2]]}), "feedetail[2]")


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


class Bytes(h.Case):
    """What is no message at all."""

    def setUp(self):
        self.c = his()

    def body(self, **other):
        return json.dumps(self.c.envelope("1201", GOOD["1201"], **other), ensure_ascii=False).encode()

    def malformed(self, body, *words, status=200):
        answer = self.c.send(body, "1201")
        self.refused(answer, *words, status=status)
        return answer

    def test_malformed_json(self):
        good = self.body()
        for cut in (1, 2, len(good) // 2, len(good) - 1):
            self.malformed(good[:cut])
        for bad in (b"", b" ", b"null", b"[]", b'"text"', b"42", b"true", b"{", b"}", b"{}", b"[" * 10, b"<xml/>", b"infno=2207&msgid=1",
                    b"{'infno':'2207'}", b'{"infno":2207,}', good + b"x", good + good, good.replace(b":", b"=", 1), b"\x00" * 64, b"\xff\xfe{\x00}\x00",
                    b'{"a":"\x01"}', b'{"a":"\\ud800"}', b'{"a":"\\u0000"}', b'{"a":NaN}', b'{"a":01}', b'{"a":.5}', b'{"a":1.}', b'{"a":+1}'):
            with self.subTest(bad=bad[:40]):
                self.malformed(bad)

    def test_place_is_named(self):
        self.assertRegex(self.malformed(b'{\n "infno": "1201",\n "msgid" "x"}').err_msg, "第3行")

    def test_not_utf8(self):
        for bad in (b"\xff\xfe", b"\xc0\xaf", "收费员".encode("gbk"), b"\xed\xa0\x80"):
            self.malformed(self.body().replace("收费员".encode(), bad))

    def test_duplicate_keys(self):
        self.malformed(self.body().replace(b'"infno"', b'"infno": "2207", "infno"', 1), "重复")
        self.malformed(b'{"input": {"data": {"a": 1, "a": 2}}}', "重复")

    def test_depth(self):
        for depth in (33, 100, 10000, 1000000):
            self.malformed(b'{"input":' + b"[" * depth + b"]" * depth + b"}")
            self.malformed(b'{"input":' * depth + b"1" + b"}" * depth, status=413 if depth * 10 > 4 << 20 else 200)
        self.malformed(b"[" * 1000000)

    def test_five_megabytes(self):
        for body in (b"x" * (5 << 20), self.body(exp_content="x" * (5 << 20)), b"[" * (5 << 20)):
            answer = self.malformed(body, "4", status=413)
            self.assertIn("过大", answer.err_msg)
        almost = self.body(exp_content="x" * ((4 << 20) - 2000))
        self.assertTrue(self.c.send(almost, "1201").ok)

    def test_many_values(self):
        answer = self.c.send(b'{"input":[' + b"1," * 600000 + b"1]}", "1201")
        self.assertIn(answer.status, (200, 413))
        self.assertEqual(answer.infcode, -1)

    def test_methods(self):
        for method in ("PUT", "DELETE", "PATCH"):
            answer = his().send(self.body(), "1201", method=method)
            self.refused(answer, "POST", status=405)
        for path in ("/", "/hsa/hgs/1201"):
            self.refused(his().send(None, "1201", method="GET", path=path), "POST", status=405)

    def test_http_garbage(self):
        for data in (b"GET\r\n\r\n", b"POST / HTTP/9.9\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -5\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999999999999999\r\n\r\n",
                     b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\n",
                     b"POST /" + b"a" * 200000 + b" HTTP/1.1\r\n\r\n", b"POST / HTTP/1.1\r\n" + b"X-Y: z\r\n" * 40000 + b"\r\n"):
            with self.subTest(data=data[:60]):
                try:
                    got = h.raw_exchange(data, more=True)
                except (ConnectionResetError, BrokenPipeError):
                    got = b""
                self.assertNotIn(b" 200 ", got[:20])
                self.assertNotIn(b" 500 ", got[:20])
        self.assertTrue(his().ask("1201", GOOD["1201"]).ok)

    def test_half_a_message_and_gone(self):
        """Clients that hang up in the middle, many at once, take nothing away from the others."""
        parts = (b"\x00\x01\x02\x03\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"x" * 200, b"A" * 100000, b"P", b"",
                 b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n{}", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000000\r\n\r\n{")
        body = self.body()
        for i in range(200):
            with socket.create_connection((self.c.u.hostname, self.c.u.port)) as s:
                s.sendall(parts[i % len(parts)])
        for cut in range(1, len(body), 37):        # a whole request, its sender gone before the answer
            with socket.create_connection((self.c.u.hostname, self.c.u.port)) as s:
                s.sendall(b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))
        self.assertTrue(his().ask("1201", GOOD["1201"]).ok)

    def test_chunked_and_pipelined(self):
        body = self.body()
        head = b"POST /x HTTP/1.1\r\nHost: a\r\n"
        chunked = head + b"Transfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:7], body[7:])) + b"0\r\n\r\n"
        got = h.raw_exchange(chunked + head + b"Connection: close\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body), more=True)
        self.assertEqual(got.count(b'"infcode":0'), 2, got)

    def test_no_infno_no_institution(self):
        for drop in ("infno", "fixmedins_code"):
            for value in (DROP, None, "", [], 12, "x" * 100):
                self.refused(self.c.send(self.body(**{drop: value}), "1201"), field=drop)


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
