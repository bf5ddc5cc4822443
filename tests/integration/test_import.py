#!/usr/bin/env python3
"""yibaoctl import: the six kinds, what a file may look like, what a bad row says, --strict, --replace, opening balances."""
import os, re, unittest

import hospital as h
from hospital import JIA, line, money

COLUMNS = {
    "institutions": "fixmedins_code fixmedins_name fixmedins_type hosp_lv charge_class tier admdvs app_secret".split(),
    "persons": "psn_no psn_cert_type certno psn_name gend naty brdy".split(),
    "coverage": "psn_no insutype psn_type insuplc_admdvs begndate enddate emp_no clct_wage balc".split(),
    "tags": "psn_no tag begndate enddate".split(),
    "chronic": "psn_no insutype opsp_dise_code opsp_dise_name begndate enddate".split(),
    "catalogue": "med_list_codg list_type name chrgitm_lv selfpay_prop pric_uplmt_amt begndate enddate".split(),
}
W = None


def setUpModule():
    global W
    W = h.World()
    W.code = W.institution()
    W.load()


def tearDownModule():
    h.check_audit()


def write(text, encoding="utf-8"):
    path = os.path.join(W.folder, f"f{os.urandom(4).hex()}.csv")
    with open(path, "wb") as f:
        f.write(text if isinstance(text, bytes) else text.encode(encoding))
    return path


class Import(h.Case):
    def run_file(self, kind, path, *options):
        """(exit code, added, changed, same, failed, errors)"""
        code, out, err = h.ctl("import", kind, path, *options)
        m = re.search(r"added (\d+), changed (\d+), same (\d+), failed (\d+)", out)
        self.assertTrue(m, f"{out}\n{err}")
        return (code, *map(int, m.groups()), err)

    def load(self, kind, rows, *options, columns=None):
        return self.run_file(kind, write(h.csv_text(columns or COLUMNS[kind], rows)), *options)

    def counts(self, got, code, added, changed, same, failed):
        self.assertEqual(got[:5], (code, added, changed, same, failed), got[5])

    def new_person(self, **other):
        return h.Person(W, other.pop("insutype", "310"), **other)

    def person_row(self, p):
        W.persons.append(p)
        return [p.psn_no, "01", p.certno, p.name, p.gend, "01", p.birth]

    def cover_row(self, p, **other):
        row = [p.psn_no, p.insutype, p.psn_type, h.AREA, "2020-01-01", "", "", p.wage, p.balc]
        for name, value in other.items():
            row[COLUMNS["coverage"].index(name)] = value
        return row


class Kinds(Import):
    """New, the same again, other values without and with --replace; one good row and one bad one."""

    def check(self, kind, row, key, field, other, bad, bad_column):
        i = COLUMNS[kind].index(field)
        changed = row[:i] + [other] + row[i + 1:]
        wrong = list(row)
        wrong[COLUMNS[kind].index(bad_column)] = bad
        self.counts(self.load(kind, [row]), 0, 1, 0, 0, 0)
        self.counts(self.load(kind, [row]), 0, 0, 0, 1, 0)
        got = self.load(kind, [changed])
        self.counts(got, 1, 0, 0, 0, 1)
        self.assertRegex(got[5], rf"\.csv:2: (column {field}: )?.*")
        self.assertIn(field, got[5])
        self.counts(self.load(kind, [row]), 0, 0, 0, 1, 0)
        self.counts(self.load(kind, [changed], "--replace"), 0, 0, 1, 0, 0)
        self.counts(self.load(kind, [changed]), 0, 0, 0, 1, 0)
        self.counts(self.load(kind, [row], "--replace"), 0, 0, 1, 0, 0)
        got = self.load(kind, [row, wrong])
        self.assertEqual((got[0], got[4]), (1, 1), got[5])
        self.assertRegex(got[5], rf"\.csv:3: column {bad_column}: \S")

    def test_persons(self):
        self.check("persons", self.person_row(self.new_person()), "psn_no", "psn_name", "改名", "110101199003070135", "certno")

    def test_institutions(self):
        row = [f"H14{W.rng.randrange(10**9):09d}", "新医院", "1", "02", 2, "city", h.AREA, ""]
        self.check("institutions", row, "fixmedins_code", "charge_class", "3", "4", "charge_class")

    def test_coverage(self):
        p = self.new_person()
        self.load("persons", [self.person_row(p)])
        self.check("coverage", self.cover_row(p), "psn_no", "clct_wage", "50000.00", "2020-02-30", "begndate")

    def test_tags(self):
        p = self.new_person(insutype="390")
        self.load("persons", [self.person_row(p)])
        self.check("tags", [p.psn_no, "低保", "2020-01-01", ""], "psn_no", "enddate", "2030-12-31", "富裕", "tag")

    def test_chronic(self):
        p = self.new_person()
        self.load("persons", [self.person_row(p)])
        self.load("coverage", [self.cover_row(p)])
        self.check("chronic", [p.psn_no, "310", "M03900", "高血压", "2020-01-01", ""], "psn_no", "opsp_dise_name", "原发性高血压", "M39", "opsp_dise_code")

    def test_catalogue(self):
        code = f"XT{W.rng.randrange(10**9):09d}"
        self.check("catalogue", [code, "101", "某药", "02", "0.1000", "12.50", "2020-01-01", ""], "med_list_codg", "selfpay_prop", "0.2000", "1.5", "selfpay_prop")
        c = h.Client(W.code)
        row, = c.call("1312", {"data": {"hilist_code": code, "updt_time": "2000-01-01", "page_num": 1, "page_size": 9}})["data"]
        self.assertEqual((row["hilist_name"], str(row["selfpay_prop"]), row["hilist_pric_uplmt_amt"]), ("某药", "0.1000", h.Decimal("12.5")))

    def test_catalogue_of_an_area(self):
        code = f"XT{W.rng.randrange(10**9):09d}"
        row = [code, "101", "某药", "02", "0.1000", "", "2020-01-01", ""]
        self.counts(self.load("catalogue", [row]), 0, 1, 0, 0, 0)
        self.counts(self.load("catalogue", [row[:3] + ["01", "0"] + row[5:]], "--area", "141100"), 0, 1, 0, 0, 0)
        overlap = self.load("catalogue", [row[:6] + ["2021-01-01", ""]])
        self.counts(overlap, 1, 0, 0, 0, 1)
        self.assertIn("begndate", overlap[5])
        p = self.new_person(insutype="390")
        self.load("persons", [self.person_row(p)])
        self.load("coverage", [self.cover_row(p)])
        v = h.Visit(h.Client(W.code), p, False, "2025-03-10").admit()
        self.assertEqual(v.upload([line(code, 100, 1, "1")])[0]["chrgitm_lv"], "01")        # the area's row wins


class Files(Import):
    def rows(self, n):
        return [self.person_row(self.new_person()) for _ in range(n)]

    def test_bom_crlf_quotes(self):
        rows = self.rows(3)
        rows[1][3] = '引号"与,逗号'
        text = h.csv_text(COLUMNS["persons"], rows).replace("\n", "\r\n")
        self.counts(self.run_file("persons", write(b"\xef\xbb\xbf" + text.encode())), 0, 3, 0, 0, 0)
        self.counts(self.run_file("persons", write(text.rstrip("\r\n"))), 0, 0, 0, 3, 0)
        self.counts(self.run_file("persons", write(text.replace("\r\n", "\n"))), 0, 0, 0, 3, 0)

    def test_order_of_columns_is_free(self):
        rows, order = self.rows(2), [3, 0, 6, 2, 1, 5, 4]
        self.counts(self.load("persons", [[r[i] for i in order] for r in rows], columns=[COLUMNS["persons"][i] for i in order]), 0, 2, 0, 0, 0)
        self.counts(self.load("persons", rows), 0, 0, 0, 2, 0)

    def test_unknown_columns_are_named_once(self):
        rows = [r + ["x", "y"] for r in self.rows(1203)]
        got = self.load("persons", rows, columns=COLUMNS["persons"] + ["gender", "remark"])
        self.counts(got, 0, 1203, 0, 0, 0)
        self.assertEqual(re.findall(r"\.csv:1: warning: .*", got[5]), [".csv:1: warning: persons has no such column, ignored: gender, remark"])

    def test_spaces_are_no_part_of_a_person_s_number(self):
        row = self.rows(1)[0]
        got = self.load("persons", [[f" {row[0]} "] + row[1:], row[:6] + ["1901-01-01"]])
        self.counts(got, 1, 0, 0, 0, 2)
        self.assertRegex(got[5], r"\.csv:2: column psn_no: ")
        self.assertRegex(got[5], r"\.csv:3: column brdy: ")

    def test_standard_input(self):
        rows = self.rows(2)
        code, out, err = h.ctl("import", "persons", "-", stdin=h.csv_text(COLUMNS["persons"], rows))
        self.assertEqual(code, 0, err)
        self.assertIn("added 2,", out)

    def test_bad_rows_are_named_and_the_others_loaded(self):
        rows = self.rows(7)
        rows[1][2] = rows[1][2][:17] + ("0" if rows[1][2][17] != "0" else "1")
        rows[2][4] = "x"
        rows[3] = rows[3][:4]
        rows[4][6] = "1990-02-30"
        rows[5][3] = ""
        got = self.load("persons", rows)
        self.counts(got, 1, 2, 0, 0, 5)
        for number, column in ((3, "certno"), (4, "gend"), (6, "brdy"), (7, "psn_name")):
            self.assertRegex(got[5], rf"\.csv:{number}: column {column}: \S")
        self.assertRegex(got[5], r"\.csv:5: \S")
        errors = os.path.join(W.folder, "errors.txt")
        self.load("persons", rows, "--errors", errors)
        self.assertEqual(len(open(errors, encoding="utf-8").read().splitlines()), 5)

    def test_two_rows_of_one_key(self):
        one = self.rows(1)[0]
        got = self.load("persons", [one, one[:3] + ["别名"] + one[4:]])
        self.assertEqual((got[0], got[1], got[4]), (1, 1, 1), got[5])
        self.assertRegex(got[5], r"\.csv:3: ")
        twin = self.new_person()
        got = self.load("persons", [[twin.psn_no] + one[1:]])
        self.counts(got, 1, 0, 0, 0, 1)
        self.assertRegex(got[5], r"\.csv:2: column certno: ")

    def test_strict_is_all_or_nothing(self):
        rows = self.rows(1203)
        bad = [list(r) for r in rows]
        bad[1202][4] = "x"
        got = self.load("persons", bad, "--strict")
        self.counts(got, 1, 0, 0, 0, 1)
        self.assertRegex(got[5], r"\.csv:1204: column gend: ")
        self.refused(h.Client(W.code).ask("1101", {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": rows[0][2]}}), "未查询到该人员")
        self.counts(self.load("persons", rows, "--strict"), 0, 1203, 0, 0, 0)
        self.counts(self.load("persons", rows, "--strict"), 0, 0, 0, 1203, 0)
        conflict = [list(r) for r in rows]
        conflict[600][3] = "别名"
        got = self.load("persons", conflict + self.rows(1), "--strict")
        self.counts(got, 1, 0, 0, 0, 1)
        self.assertRegex(got[5], r"\.csv:602: ")
        self.counts(self.load("persons", conflict, "--strict", "--replace"), 0, 0, 1, 1202, 0)

    def test_wrong_files(self):
        for text, word in (("", "列名"), ("psn_no,certno\n1,2\n", "psn_cert_type"), ("a,b\n", "psn_no"), ("psn_no,psn_no,certno\n", "列名")):
            with self.subTest(text=text):
                code, out, err = h.ctl("import", "persons", write(text))
                self.assertNotEqual(code, 0)
                self.assertIn(word, err)
        code, out, err = h.ctl("import", "persons", "/nonsuch/file.csv")
        self.assertEqual(code, 1)
        self.assertIn("/nonsuch/file.csv", err)
        code, out, err = h.ctl("import", "people", write("a\n"))
        self.assertEqual(code, 2)
        self.assertIn("persons", err)
        got = self.run_file("persons", write(h.csv_text(COLUMNS["persons"], self.rows(2)).encode("gbk")))
        self.assertEqual((got[0], got[4]), (1, 2), got[5])
        rows = h.csv_text(COLUMNS["persons"], self.rows(2)).splitlines()
        got = self.run_file("persons", write("\n".join([rows[0], rows[1], rows[2] + '"']) + "\n"))
        self.assertEqual((got[0], got[1]), (1, 1), got[5])

    def test_help(self):
        code, out, _ = h.ctl("import", "--help")
        self.assertEqual(code, 0)
        for columns in COLUMNS.values():
            self.assertIn(" ".join(columns[:4]), out)


class Openings(Import):
    def balance(self, p):
        return money(h.Client(W.code).call("1101", h.m1101(p))["insuinfo"][0]["balc"])

    def test_once(self):
        p = self.new_person(balc="123.45")
        self.load("persons", [self.person_row(p)])
        self.counts(self.load("coverage", [self.cover_row(p)]), 0, 1, 0, 0, 0)
        self.assertEqual(self.balance(p), h.Decimal("123.45"))          # stands when the command has returned
        self.counts(self.load("coverage", [self.cover_row(p)]), 0, 0, 0, 1, 0)
        self.assertEqual(self.balance(p), h.Decimal("123.45"))
        for options in ((), ("--replace",)):
            got = self.load("coverage", [self.cover_row(p, balc="200.00")], *options)
            self.counts(got, 1, 0, 0, 0, 1)
            self.assertRegex(got[5], r"\.csv:2: column balc: ")
        self.counts(self.load("coverage", [self.cover_row(p, enddate="2030-12-31")], "--replace"), 0, 0, 1, 0, 0)
        self.counts(self.load("coverage", [self.cover_row(p, begndate="2031-01-01", balc="0.00")]), 0, 1, 0, 0, 0)
        self.assertEqual(self.balance(p), h.Decimal("123.45"))
        v = h.ready_visit(h.Client(W.code), p, "2025-03-10", [line(JIA, 50, 1, "1")], inpatient=False)
        v.settle(acct="1")
        self.counts(self.load("coverage", [self.cover_row(p, enddate="2030-12-31")]), 0, 0, 0, 1, 0)
        self.assertEqual(self.balance(p), h.Decimal("73.45"))

    def test_rows_that_cannot_be(self):
        p = self.new_person(insutype="390")
        self.load("persons", [self.person_row(p)])
        got = self.load("coverage", [self.cover_row(p, balc="5.00"), self.cover_row(p, enddate="2019-01-01"), self.cover_row(p, clct_wage="-1"),
                                     self.cover_row(p, insuplc_admdvs="1"), self.cover_row(p, insutype="999")])
        self.counts(got, 1, 0, 0, 0, 5)
        for number, column in ((2, "balc"), (3, "enddate"), (4, "clct_wage"), (5, "insuplc_admdvs"), (6, "insutype")):
            self.assertRegex(got[5], rf"\.csv:{number}: column {column}: ")
        self.counts(self.load("coverage", [self.cover_row(p)]), 0, 1, 0, 0, 0)
        got = self.load("coverage", [self.cover_row(p, begndate="2022-01-01"), self.cover_row(p, insutype="310", begndate="2022-01-01", psn_type="1101")])
        self.counts(got, 1, 0, 0, 0, 2)
        stranger = self.new_person()
        for kind, row in (("coverage", self.cover_row(stranger)), ("tags", [stranger.psn_no, "低保", "2020-01-01", ""]),
                          ("chronic", [stranger.psn_no, "310", "M03900", "高血压", "2020-01-01", ""])):
            got = self.load(kind, [row])
            self.assertEqual((got[0], got[4]), (1, 1), f"{kind} of a person who is not there: {got[5]}")
            self.assertRegex(got[5], r"\.csv:2: column psn_no: ")


if __name__ == "__main__":
    h.main()
