#!/usr/bin/env python3
"""yibaoctl scheme and group: tables checked, imported and listed, files of cases grouped. They need no service."""
import csv, os, shutil, subprocess, tempfile, unittest

import hospital as h

STARTER = os.path.join(h.SOURCE, "services", "drg", "data", "starter")
TABLES = {
    "mdc": ("order mdc condition adrg_in_order", ["0|M|dx1:@mdc|MB1,MR1"]),
    "adrg": ("mdc order adrg condition drg_in_order", ["M|0|MB1|px1:ss & los>1|MB13,MB15", "M|1|MR1|dx1:zd|MR19"]),
    "drg": ("adrg order drg condition name", ["MB1|0|MB13|(MCC | CC)|手术，伴合并症", "MB1|1|MB15|true|手术", "MR1|0|MR19|true|内科"]),
    "qy": ("mdc group condition before_adrg", ["M|MQY|px1:@valid|MR1"]),
    "mdc_dx": ("mdc site code", ["M||A1", "M||A2"]),
    "adrg_code": ("adrg list code", ["MB1|ss|P1", "MR1|zd|A1", "MR1|zd|A2"]),
    "severity": ("code level table", ["C1|CC|1", "M1|MCC|2"]),
    "exclusion": ("principal table", ["A1|1", "A2|2"]),
    "px_valid": ("code name", ["P1|x", "P2|y"]),
}
CASES = [  # id sex age age_day weight los dx px, then mdc adrg drg reason
    ("1", "1", "70", "", "", "3", "A1;C1", "P1", "M", "MB1", "MB15", ""),
    ("2", "1", "70", "", "", "3.9", "A2;C1", "P1", "M", "MB1", "MB13", ""),
    ("3", "1", "70", "", "", "", "A1", "P1", "M", "", "MQY", "QY"),
    ("4", "1", "70", "", "", "3", "A1", "", "M", "MR1", "MR19", ""),
    ("5", "1", "70", "", "", "3", "", "", "", "00", "0000", "NO_PRINCIPAL"),
    ("6", "1", "70", "", "", "3", "Z9", "P1", "", "00", "0000", "PRINCIPAL_UNKNOWN"),
]


class Place(h.Case):
    def setUp(self):
        self.dir = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.dir)
        self.tables = self.write_tables("tables")

    def path(self, *names):
        return os.path.join(self.dir, *names)

    def write_tables(self, name, **changed):
        os.makedirs(self.path(name))
        for table, (columns, rows) in TABLES.items():
            with open(self.path(name, table + ".tsv"), "w", encoding="utf-8") as f:
                for row in [columns.replace(" ", "|")] + changed.get(table, rows):
                    f.write(row.replace(" | ", "\0").replace("|", "\t").replace("\0", " | ") + "\n")
        return self.path(name)

    def write_cases(self, rows=CASES, extra=()):
        path = self.path("cases.tsv")
        with open(path, "w", encoding="utf-8") as f:
            f.write("los\tid\tsex\tage\tage_day\tweight\tdx\tpx\tremark\n")
            for r in rows:
                f.write("\t".join([r[5], *r[:5], r[6].replace(";", "|"), r[7].replace(";", "|"), "x"]) + "\n")
            f.writelines(extra)
        return path

    def ctl(self, *args):
        env = dict(os.environ, YB_SCHEME_DIR=self.path("schemes"), YB_HOME=self.dir)
        r = subprocess.run([os.path.join(h.BIN, "yibaoctl"), *args], capture_output=True, text=True, timeout=60, env=env)
        return r.returncode, r.stdout, r.stderr

    def importing(self, tables, *args):
        return self.ctl("scheme", "import", tables, *args)


class Schemes(Place):
    def test_check(self):
        code, out, err = self.ctl("scheme", "check", self.tables)
        self.assertEqual((code, "0 errors, 0 warnings" in out), (0, True), out + err)
        bad = self.write_tables("bad", adrg=["M|0|MB1|px1:ss & (los>1|MB13", "M|1|MR1|dx1:zd|MR19"])
        code, out, err = self.ctl("scheme", "check", bad)
        self.assertEqual(code, 1, out + err)
        self.assertRegex(out, r"(?m)^adrg\.tsv:2: error: column condition: ")
        odd = self.write_tables("odd", adrg_code=["MB1|ss|P1", "MR1|zd|A1", "MR1|zd|A9"])
        code, out, err = self.ctl("scheme", "check", odd)
        self.assertEqual(code, 1, out + err)
        self.assertRegex(out, r"(?m)^adrg_code\.tsv:4: warning: dx-outside-mdc: ")
        self.assertRegex(out, r"(?m)^mdc_dx\.tsv:3: warning: no-medical-group: ")
        code, out, err = self.ctl("scheme", "check", self.path("none"))
        self.assertEqual((code, "mdc.tsv:0: error" in out), (1, True), out + err)
        self.assertEqual(self.ctl("scheme", "check", self.tables, "--icd", self.path("none"))[0], 2)

    def test_import_and_list(self):
        name = ("--name", "lvliang", "--area", "141100")
        code, out, err = self.importing(self.tables, *name, "--from", "2025-01-01")
        self.assertEqual((code, "imported" in out), (0, True), out + err)
        stored = self.path("schemes", "lvliang.ybscheme")
        before = os.stat(stored)
        code, out, err = self.importing(self.tables, *name, "--from", "2025-01-01")
        self.assertEqual((code, "nothing changed" in out), (0, True), out + err)
        self.assertEqual(os.stat(stored).st_mtime_ns, before.st_mtime_ns)
        other = self.write_tables("other", severity=["C1|MCC|1"])
        code, out, err = self.importing(other, *name, "--from", "2025-01-01")
        self.assertEqual((code, "--replace" in err), (1, True), out + err)
        code, out, err = self.importing(other, "--name", "next", "--area", "141100", "--from", "2025-07-01")
        self.assertEqual((code, "ROW_OVERLAP" in err), (1, True), out + err)
        self.assertEqual(self.importing(self.tables, *name, "--from", "2025-01-01", "--to", "2025-07-01", "--replace")[0], 0)
        self.assertEqual(self.importing(other, "--name", "next", "--area", "141100", "--from", "2025-07-01")[0], 0)
        code, out, err = self.ctl("scheme", "list")
        self.assertEqual(code, 0, err)
        self.assertRegex(out, r"(?m)^lvliang +141100 +2025-01-01 +2025-07-01 ")
        self.assertRegex(out, r"(?m)^next +141100 +2025-07-01 ")
        self.assertEqual(sorted(f for f in os.listdir(self.path("schemes")) if not f.startswith(".")), ["lvliang.ybscheme", "next.ybscheme"])

    def test_usage(self):
        good = ("--name", "a", "--area", "141100", "--from", "2025-01-01")
        for args in ((), good[:4], ("--name", "a/b", *good[2:]), ("--name", "a", "--area", "1411", *good[4:]), (*good[:4], "--from", "2025-02-30"),
                     (*good, "--to", "2025-01-01")):
            with self.subTest(args=args):
                self.assertEqual(self.importing(self.tables, *args)[0], 2)
        self.assertEqual(self.ctl("scheme", "nonsuch")[0], 2)
        self.assertEqual(self.ctl("group", self.tables)[0], 2)
        self.assertEqual(self.importing(self.path("none"), *good)[0], 1)
        self.assertFalse(os.path.exists(self.path("schemes")))


class Groups(Place):
    def grouped(self, scheme, *args):
        out = self.path("out.tsv")
        code, text, err = self.ctl("group", "--scheme", scheme, self.write_cases(), "-o", out, *args)
        self.assertEqual((code, err), (0, ""), text)
        self.assertIn("6 cases: 3 grouped, 1 ambiguous (QY), 2 without a group (0000), 0 bad rows", text)
        self.assertIn("cases/s", text)
        with open(out, encoding="utf-8") as f:
            return [line.rstrip("\n").split("\t") for line in f]

    def test_folder_and_imported(self):
        self.assertEqual(self.importing(self.tables, "--name", "a", "--area", "000000", "--from", "2025-01-01")[0], 0)
        for scheme in (self.tables, "a", self.path("schemes", "a.ybscheme")):
            rows = self.grouped(scheme)
            self.assertEqual(rows[0], ["id", "mdc", "adrg", "drg", "reason"])
            self.assertEqual([r[:4] + [r[4].split(":")[0]] for r in rows[1:]], [[c[0], *c[8:]] for c in CASES])
            self.assertEqual(os.listdir(self.dir).count("out.tsv.part"), 0)
        code, out, err = self.ctl("group", "--scheme", "nonsuch", self.write_cases())
        self.assertEqual((code, "scheme list" in err), (1, True), out + err)

    def test_killed_leaves_nothing(self):
        row = "3\t{}\t1\t70\t\t\tA1|C1\tP1\tx\n"
        with open(self.path("out.tsv"), "w", encoding="utf-8") as f:
            f.write("of before\n")
        before = sorted(os.listdir(self.dir))
        group = subprocess.Popen([os.path.join(h.BIN, "yibaoctl"), "group", "--scheme", self.tables, "-", "-o", self.path("out.tsv")],
                                 stdin=subprocess.PIPE, text=True)
        group.stdin.write("los\tid\tsex\tage\tage_day\tweight\tdx\tpx\tremark\n" + "".join(row.format(i) for i in range(100000)))
        group.stdin.flush()          # more than a pipe holds: it reads, so it has begun to write
        group.kill()
        group.wait()
        group.stdin.close()
        self.assertEqual(sorted(os.listdir(self.dir)), before)
        with open(self.path("out.tsv"), encoding="utf-8") as f:
            self.assertEqual(f.read(), "of before\n")

    def test_path_explain_what_if(self):
        rows = self.grouped(self.tables, "--path")
        self.assertEqual(rows[1][5], "CC-C1/1 MDC+M ADRG+MB1 DRG-MB13 DRG+MB15")
        code, out, err = self.ctl("group", "--scheme", self.tables, self.write_cases(), "--explain", "1")
        self.assertEqual(code, 0, err)
        for word in ("C1  CC，排除表1：与主要诊断同表，不计入", "✓ MDC M", "× DRG MB13  (MCC | CC)  [drg.tsv:2]", "结果 MB15 手术"):
            self.assertIn(word, out)
        code, out, err = self.ctl("group", "--scheme", self.tables, self.write_cases(), "--what-if", "1")
        self.assertEqual(code, 0, err)
        for word in ("现为 MB15", "去掉手术 P1 → MR19", "增加其他诊断（MCC） M1 → MB13", "增加主要手术 P2 → MQY"):
            self.assertIn(word, out)
        code, out, err = self.ctl("group", "--scheme", self.tables, self.write_cases(), "--explain", "77")
        self.assertEqual((code, "no case 77" in err), (1, True), out + err)

    def test_bad_rows_are_told_and_left_out(self):
        cases = self.write_cases(extra=("3\t7\t1\tx\t\t\tA1\t\tx\n", "3\t8\n", "3\t9\t1\t70\t\t\tA1\t\tx\n"))
        code, out, err = self.ctl("group", "--scheme", self.tables, cases)
        self.assertEqual(code, 1)
        self.assertRegex(err, r"(?m)^.*cases\.tsv:8: column age: ")
        self.assertRegex(err, r"(?m)^.*cases\.tsv:9: ")
        self.assertIn("2 bad rows", err)
        self.assertEqual([l.split("\t")[0] for l in out.splitlines()], ["id", "1", "2", "3", "4", "5", "6", "9"])
        code, out, err = self.ctl("group", "--scheme", self.tables, self.path("none.tsv"), "-o", self.path("kept.tsv"))
        self.assertEqual((code, os.path.exists(self.path("kept.tsv"))), (1, False))

    def write_discharges(self, *days):
        path = self.path("discharges.tsv")
        with open(path, "w", encoding="utf-8") as f:
            f.write("id\tsex\tage\tage_day\tweight\tlos\tdischarge\tdx\tpx\n")
            for n, day in enumerate(days, 1):
                f.write(f"{n}\t1\t70\t\t\t3\t{day}\tA2|C1\tP1\n")
        return path

    def test_area_and_day_choose_the_scheme(self):
        other = self.write_tables("other", severity=["M1|MCC|2"])      # C1 is no CC there: MB15 instead of MB13
        for tables, name, area, days in ((self.tables, "city-old", "141100", ("--from", "2025-01-01", "--to", "2025-07-01")),
                                         (other, "city-new", "141100", ("--from", "2025-07-01")),
                                         (other, "nation", "000000", ("--from", "2024-01-01"))):
            code, out, err = self.importing(tables, "--name", name, "--area", area, *days)
            self.assertEqual(code, 0, out + err)
        cases = self.write_discharges("2025-06-30", "2025-07-01", "2024-12-31", "2025-06-30")
        code, out, err = self.ctl("group", "--area", "141102", cases, "--path")
        self.assertEqual((code, "4 cases: 4 grouped" in err), (0, True), out + err)
        rows = [line.split("\t") for line in out.splitlines()]
        self.assertEqual(rows[0], ["id", "mdc", "adrg", "drg", "reason", "scheme", "path"])
        self.assertEqual([(r[3], r[5]) for r in rows[1:]],
                         [("MB13", "city-old"), ("MB15", "city-new"), ("MB15", "nation"), ("MB13", "city-old")])
        code, out, err = self.ctl("group", "--area", "141102", cases, "--explain", "2")
        self.assertEqual((code, "结果 MB15" in out), (0, True), out + err)

    def test_area_needs_the_day_of_discharge(self):
        self.assertEqual(self.importing(self.tables, "--name", "a", "--area", "141100", "--from", "2025-01-01")[0], 0)
        cases = self.write_discharges("1", "", "2025-02-30", "2024-12-31", "2025-01-01")
        code, out, err = self.ctl("group", "--area", "141102", cases)
        self.assertEqual(code, 1, out + err)
        for line, word in ((2, "出院日期"), (3, "出院日期"), (4, "出院日期"), (5, "2024-12-31没有可用的DRG分组方案")):
            self.assertRegex(err, rf"(?m)^.*discharges\.tsv:{line}: column discharge: .*{word}")
        self.assertIn("1 cases: 1 grouped", err)
        self.assertIn("4 bad rows", err)
        self.assertEqual([r.split("\t")[0] for r in out.splitlines()], ["id", "5"])
        code, out, err = self.ctl("group", "--area", "141102", self.write_cases(), "-o", self.path("kept.tsv"))
        self.assertEqual((code, os.path.exists(self.path("kept.tsv"))), (1, False))
        self.assertRegex(err, r"cases\.tsv:1: column discharge: ")
        for wrong in (("--area", "1411"), ("--area", "141102", "--scheme", "a")):
            self.assertEqual(self.ctl("group", *wrong, cases)[0], 2)

    def test_starter(self):
        """The starter scheme has no error, and its own cases come where their file says."""
        code, out, err = self.ctl("scheme", "check", STARTER)
        self.assertIn(f"{STARTER}: 0 errors", out, err)
        cases = os.path.join(STARTER, "cases.tsv")
        code, out, err = self.ctl("group", "--scheme", STARTER, cases)
        self.assertEqual((code, " 0 bad rows" in err), (0, True), out + err)
        with open(cases, encoding="utf-8") as f:
            want = {r["id"]: (r["mdc"], r["adrg"], r["drg"]) for r in csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE)}
        got = {r["id"]: (r["mdc"], r["adrg"], r["drg"]) for r in csv.DictReader(out.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE)}
        self.assertEqual(got, want)

    @unittest.skipUnless(os.path.isdir(os.path.join(h.SHARED, "drg")), "no schemes in YB_SHARED")
    def test_national(self):
        out = self.path("out.tsv")
        cases = os.path.join(h.SHARED, "drg", "cases", "chs-drg-1.1.tsv")
        code, _, err = self.ctl("group", "--scheme", os.path.join(h.SHARED, "drg", "schemes", "chs-drg-1.1"), cases, "-o", out)
        self.assertEqual(code, 0, err)
        with open(cases, encoding="utf-8") as a, open(out, encoding="utf-8") as b:
            want = [[l.split("\t")[0]] + l.rstrip("\n").split("\t")[9:12] for l in a]
            self.assertEqual([l.split("\t")[:4] for l in b], want)


if __name__ == "__main__":
    h.main()
