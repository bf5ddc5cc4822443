#!/usr/bin/env python3
"""Messages of a wrong form. Every one is answered with JSON that names the field, whoever it speaks of: nothing is looked up for it.

Missing fields are generated: each required field of each transaction is left out of a good message in turn. Beside them: the envelope, wrong
types, over-long values, codes and dates, and bytes that are no message at all.
"""
import json, socket, unittest

import hospital as h
from hospital import DROP
from samples import DAY, GOOD, OPTIONAL, S, put, without

W = None


def setUpModule():
    global W
    W = h.World()
    W.one = W.institution(charge_class=3, tier="county")
    W.load()


def tearDownModule():
    h.check_audit()


def his(code=None, **other):
    return h.Client(code or W.one, **other)


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


if __name__ == "__main__":
    h.main()
