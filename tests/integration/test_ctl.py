#!/usr/bin/env python3
"""The operator's command line against a running platform: audit, explain, recompute, unsettled, status, institution, policy check, usage."""
import datetime, glob, os, pty, re, shutil, subprocess, tempfile, unittest

import hospital as h
from hospital import BING, JIA, STUFF, YI, line, money

COMMANDS = "import audit explain recompute institution unsettled status policy drg scheme group keys trace metrics reads".split()
W = None


def setUpModule():
    global W
    W = h.World()
    W.code = W.institution(charge_class=1, tier="province")
    W.poor, W.emp, W.open = W.person("390", tags=["低保"]), W.person("310", balc="50.00"), W.person("390")
    W.load()


def listed(page):
    """The names that a page of help lists, when it lists commands."""
    above = page.partition("\nOptions:")[0]
    return re.findall(r"^  ([a-z][a-z-]*) +\S", above, re.M) if re.match(r"usage: .*\bCOMMAND\b", page) else []


def pages():
    """Every command and sub-command as its words, with what --help says."""
    waiting = [()]
    while waiting:
        words = waiting.pop()
        code, page, err = h.ctl(*words, "--help")
        assert (code, err) == (0, ""), (words, code, err)
        yield words, page
        waiting += [(*words, name) for name in listed(page)]


class Usage(h.Case):
    def test_help_and_version(self):
        seen = dict(pages())
        self.assertEqual(sorted(listed(seen.pop(()))), sorted(COMMANDS))
        for group in "drg", "scheme", "keys", "institution", "policy":
            self.assertTrue(listed(seen[group,]), group)
        for words in ("drg", "freeze"), ("drg", "plan", "check"), ("drg", "dip", "build"), ("drg", "petition", "decide"), ("scheme", "import"), ("keys", "data"):
            self.assertIn(words, seen)
        self.assertGreater(len(seen), 55)
        option = re.compile(r"(?<![\w-])--?[a-z][a-z-]*")
        for words, page in seen.items():
            with self.subTest(command=words):
                usage, summary, *_ = page.split("\n\n")
                for line in usage.splitlines():
                    self.assertTrue(line[7:].startswith(" ".join(("yibaoctl", *words))), line)
                self.assertRegex(summary, r"^\S.*[.?]$")
                self.assertNotIn("\n", summary)
                options = page.partition("\nOptions:\n")[2].partition("\n\n")[0].splitlines()
                named = {option.match(line.strip())[0] for line in options}
                self.assertEqual(named - {"--help", "--version"}, set(option.findall(usage)) - {"--help"})
                for line in options:
                    self.assertRegex(line, r"^  -.* +\S")
                self.assertEqual(h.ctl("help", *words), (0, page, ""))
                self.assertRegex(h.ctl(*words, "--version")[1], r"\d+\.\d+\.\d+")
        self.assertRegex(h.ctl("--version")[1], r"\d+\.\d+\.\d+")

    def test_every_command_is_in_the_manual(self):
        with open(os.path.join(h.SOURCE, "docs", "ctl.md"), encoding="utf-8") as file:
            sections = file.read().split("\n## ")[1:]
        for words, _ in pages():
            if words:
                with self.subTest(command=words):
                    about = "\n".join(s for s in sections if re.match(rf"{words[0]}\b", s))
                    self.assertTrue(about)
                    if words[1:]:
                        self.assertRegex(about, rf"(`|\| |\b{words[-2]} ){words[-1]}\b")

    def test_wrong_subcommands(self):
        month = ("--area", "141100", "--month", "202601")
        for args, *said in ((("drg",), "freeze|", "|dip "), (("drg", "nonsuch"), '"nonsuch"', "freeze|"), (("drg", "plan"), "drg plan check|import"),
                            (("drg", "plan", "nonsuch", "x.yaml"), '"nonsuch"', "drg plan check|import"), (("drg", "dip", "--help", "build", "x"),),
                            (("help", "drg", "nonsuch"), '"nonsuch"', "freeze|"), (("keys", "--dir", "x", "show"), '"--dir"', "show|make|"),
                            (("drg", "freeze", *month[:2]), "drg freeze: missing: --month", "usage: yibaoctl drg freeze --area"),
                            (("drg", "freeze", *month, "--reason", "x"), "--reason"), (("drg", "freeze", *month, "now"), "drg freeze: ", "now"),
                            (("drg", "close", *month[:2]), "--month or --year"), (("drg", "close", *month, "--now"), "go with --year"),
                            (("drg", "release", *month, "--year", "2026"), "not both"),
                            (("drg", "statements", *month, "-o", "x"), "--year"), (("drg", "statements", *month, "--year", "2026"), "not both"),
                            (("drg", "statements",), "--area"), (("drg", "reopen", *month, "--reason", ""), "missing: --reason"),
                            (("drg", "plan", "import", "x.csv"), "missing: -o"), (("drg", "petition", "list", "granted", "x"), "drg petition list: "),
                            (("scheme", "import", "x", "--name", "a"), "--area, --from"), (("scheme", "check"), "scheme check DIR"),
                            (("keys", "share", "identity"), "--to"), (("keys", "operator", "nina"), "--role"), (("keys", "data", "drg"), "--dir"),
                            (("institution", "block", W.code, "--remove"), "--remove"), (("institution", "block", W.code, "1"), "institution block: "),
                            (("institution", "require-sign-in", W.code, "yes"), '"yes"'), (("institution", "rate", W.code), "institution rate CODE N")):
            with self.subTest(args=args):
                code, out, err = h.ctl(*args)
                self.assertEqual((code, out, [w for w in said if w not in err]), (2, "", []) if said else (0, out, []), err)

    def test_wrong_usage(self):
        for args in ((), ("nonsuch",), ("audit", "--nonsuch"), ("explain",), ("explain", "abc"), ("recompute",), ("recompute", "1", "--all"),
                     ("institution", "block"), ("institution", "rate", W.code, "x"), ("institution", "rate", W.code, "-1"), ("institution", "secret", "H1"),
                     ("unsettled", "--limit", "0"), ("import", "persons")):
            with self.subTest(args=args):
                code, out, err = h.ctl(*args)
                self.assertEqual(code, 2, f"{out}\n{err}")
                self.assertTrue(err.strip())

    def test_every_service_has_help(self):
        import subprocess
        for s in ("identity", "enrollment", "settlement", "drg", "gateway"):
            for option in ("--help", "--version"):
                r = subprocess.run([os.path.join(h.BIN, f"yibao-{s}"), option], capture_output=True, text=True, timeout=20)
                self.assertEqual((r.returncode, bool(r.stdout.strip())), (0, True), f"{s} {option}: {r.stderr}")

    def test_a_folder_no_platform_can_stand_in(self):
        import subprocess
        script = os.path.join(os.path.dirname(__file__), "..", "..", "scripts", "platform.sh")
        with tempfile.TemporaryDirectory() as folder:
            home = os.path.join(folder, "with space")
            r = subprocess.run([script, "up"], capture_output=True, text=True, timeout=60, env=dict(os.environ, YB_HOME=home))
            self.assertEqual((r.returncode, "YB_HOME" in r.stderr, "what to do" in r.stderr), (1, True, True), r.stdout + r.stderr)
            self.assertFalse(os.path.exists(home))

    def test_unreachable(self):
        import subprocess
        with tempfile.TemporaryDirectory() as empty:
            env = dict(os.environ, YB_HOME=empty, YB_SETTLEMENT=f"ipc://{empty}/none.sock", YB_IDENTITY=f"ipc://{empty}/none2.sock")
            r = subprocess.run([os.path.join(h.BIN, "yibaoctl"), "unsettled"], capture_output=True, text=True, timeout=60, env=env)
            self.assertEqual(r.returncode, 3, r.stdout + r.stderr)
            self.assertIn("settlement", r.stderr)


class Books(h.Case):
    def settled(self):
        v = h.ready_visit(h.Client(W.code), W.poor, "2025-06-01", [line(JIA, 60000, 1, "1"), line(STUFF, 600, 2, "2"), line(BING, 9, 1, "3"), line(YI, 100, 1, "4")])
        return v, v.settle()

    def test_audit_explain_recompute(self):
        v, done = self.settled()
        s = done["setlinfo"]
        code, out, err = h.ctl("explain", s["setl_id"])
        self.assertEqual(code, 0, err)
        for word in (s["setl_id"], f"{money(s['medfee_sumamt']):,}", f"{money(s['hifp_pay']):,}", f"{money(s['hifmi_pay']):,}", f"{money(s['maf_pay']):,}"):
            self.assertIn(word, out)
        self.assertNotIn(W.poor.certno, out)
        self.assertNotIn(W.poor.name, out)
        self.assertIn("依据：LL", out)
        self.assertIn("60%", out)
        code, out, _ = h.ctl("recompute", s["setl_id"])
        self.assertEqual((code, "1 settlements, same fen, same trace" in out), (0, True), out)
        gone = v.reverse()["setlinfo"]["setl_id"]
        for setl in (s["setl_id"], gone):
            self.assertEqual(h.ctl("explain", setl)[0], 0)
            self.assertEqual(h.ctl("recompute", setl)[0], 0)
        h.check_audit()
        h.check_recompute()
        for command in ("explain", "recompute"):
            code, out, err = h.ctl(command, "4711")
            self.assertEqual((code, bool(err.strip() or out.strip())), (1, True))

    def test_audit_says_what_it_checked(self):
        self.settled()
        code, out, _ = h.ctl("audit")
        self.assertEqual(code, 0, out)
        self.assertGreaterEqual(len(re.findall(r"holds", out)), 3, out)

    def test_unsettled(self):
        c = h.Client(W.code)
        v = h.Visit(c, W.open, True, "2025-07-01").admit()
        v.upload([line(JIA, "1234.5", 1, "1")])
        find = lambda: next((l for l in h.ctl("unsettled", "--limit", "100000")[1].splitlines() if v.mdtrt_id in l), "")
        self.assertIn("2402", find())
        self.assertIn("1,234.50", find())
        self.assertNotIn(W.open.psn_no, find())
        v.discharge()
        self.assertIn("2304", find())
        v.settle()
        self.assertEqual(find(), "")

    def test_status(self):
        code, out, err = h.ctl("status")
        self.assertEqual(code, 0, out + err)
        for s in ("identity", "enrollment", "settlement", "drg", "gateway"):
            self.assertRegex(out, rf"(?m)^{s} +yes +\d")
        self.assertRegex(out, r"(?m)^settlement +yes +[\d.]+ +\d+ +[\d:]+ +\d+ +\d+ .*ipc://.*settlement.sock$")
        self.assertNotIn("\033", out)
        self.assertEqual(h.ctl("audit")[0], 0)
        audited = r"(?m)^last audit  (\d{4}-\d\d-\d\d \d\d:\d\d) \(\d min ago\), [\d,]+ checked, nothing found$"
        said = h.until("the audit shows", lambda: re.search(audited, h.ctl("status")[1]))
        beijing = datetime.timezone(datetime.timedelta(hours=8))
        at = datetime.datetime.strptime(said[1], "%Y-%m-%d %H:%M").replace(tzinfo=beijing)
        self.assertLess(abs(datetime.datetime.now(beijing) - at), datetime.timedelta(minutes=11))

    def test_status_says_who_is_away(self):
        h.platform("stop", "drg")
        try:
            code, out, _ = h.ctl("status")
            self.assertEqual(code, 1, out)
            self.assertRegex(out, r"(?m)^drg +away .*drg.sock: ")
            self.assertRegex(out, r"(?m)^settlement +yes ")
        finally:
            h.platform("start", "drg")

    def test_status_in_colour(self):
        """On a terminal only, and not against the wish of NO_COLOR."""
        def shown(**env):
            ours, theirs = pty.openpty()
            with os.fdopen(ours, "rb", buffering=0) as terminal:
                with subprocess.Popen([os.path.join(h.BIN, "yibaoctl"), "status"], stdin=subprocess.DEVNULL, stdout=theirs,
                                      env={**os.environ, "TERM": "xterm", **env}):
                    os.close(theirs)
                    text = b""
                    try:
                        while piece := terminal.read(4096):
                            text += piece
                    except OSError:             # the other end was closed
                        pass
            return text.decode()
        self.assertRegex(shown(), r"\033\[32midentity +yes ")
        self.assertNotIn("\033", shown(NO_COLOR="1"))
        self.assertNotIn("\033", shown(TERM="dumb"))


class Institutions(h.Case):
    def test_show_and_settings(self):
        code, out, _ = h.ctl("institution", "show", W.code)
        self.assertEqual(code, 0)
        self.assertIn(W.code, out)
        h.ctl("institution", "rate", W.code, "7")
        self.assertIn("7 calls", h.ctl("institution", "show", W.code)[1])
        h.ctl("institution", "rate", W.code, "0")
        code, out, err = h.ctl("institution", "show", "H14999999998")
        self.assertEqual((code, "INSTITUTION_UNKNOWN" in err), (1, True), out + err)
        self.assertEqual(h.ctl("institution", "block", "H14999999998")[0], 1)

    def test_secret_survives_the_same_import(self):
        code = W.institution()
        W.load()
        secret = h.ctl("institution", "secret", code)[1].strip()
        self.assertGreaterEqual(len(secret), 16)
        h.ctl("institution", "block", code)
        self.assertIn("yes", next(l for l in h.ctl("institution", "show", code)[1].splitlines() if l.startswith("blocked")))
        h.ctl("institution", "unblock", code)
        c = h.Client(code, secret=secret)
        h.until("signed calls pass", lambda: c.ask("1201", {"medinsinfo": {"fixmedins_type": "1"}}).ok)
        self.assertNotIn(secret, h.ctl("institution", "show", code)[1])
        self.assertEqual(h.ctl("institution", "secret", code, "--remove")[0], 0)
        h.until("unsigned calls pass again", lambda: h.Client(code).ask("1201", {"medinsinfo": {"fixmedins_type": "1"}}).ok)


class Policy(h.Case):
    def setUp(self):
        self.files = sorted(glob.glob(os.path.join(os.environ.get("YB_POLICY_DIR", os.path.join(h.SOURCE, "services/settlement/data")), "*.yaml")))
        self.lvliang = next(f for f in self.files if "141100" in f)
        self.text = open(self.lvliang, encoding="utf-8").read()

    def check(self, text):
        with tempfile.NamedTemporaryFile("w", suffix=".yaml", encoding="utf-8") as f:
            f.write(text)
            f.flush()
            code, out, err = h.ctl("policy", "check", f.name)
            return code, out.replace(f.name, "FILE")

    def test_good(self):
        for f in self.files + [os.path.dirname(self.lvliang)]:
            code, out, err = h.ctl("policy", "check", f)
            self.assertEqual((code, "good" in out), (0, True), out + err)

    def broken(self, text, *words):
        self.assertNotEqual(text, self.text, "nothing was changed")
        code, out = self.check(text)
        self.assertEqual(code, 1, out)
        self.assertRegex(out, r"(?m)^FILE:\d+: error: ")
        for w in words:
            self.assertIn(w, out)

    def test_number_without_source(self):
        m = re.search(r",\s*source: ?(\"[^\"]*\"|'[^']*'|[^,}\n]+)|\n +source:[^\n]*", self.text)
        self.assertTrue(m)
        text = self.text[:m.start()] + self.text[m.end():]
        self.broken(text, "source")
        line_no = self.text[:m.start()].count("\n") + 1
        lines = [int(n) for n in re.findall(r"FILE:(\d+): error", self.check(text)[1])]
        self.assertTrue(any(abs(n - line_no) <= 3 for n in lines), f"{lines} is not near {line_no}")

    def test_gap_overlap_and_forms(self):
        first = re.search(r"from: ?(\d{4}-\d\d-\d\d)", self.text)
        self.broken(self.text[:first.start(1)] + "2020-02-30" + self.text[first.end(1):])
        rate = re.search(r"value: (\d+%)", self.text)
        for wrong in ("60", "0.6x", "160%", "-5%", "60.00001%", "''"):
            self.broken(self.text[:rate.start(1)] + wrong + self.text[rate.end(1):])
        row = next(l for l in self.text.splitlines(True) if "value: 1000," in l)
        half = lambda a, b: row.replace("from: 2020-01-01, to: null", f"from: {a}, to: {b}")
        self.assertEqual(self.check(self.text.replace(row, half("2020-01-01", "2023-01-01") + half("2023-01-01", "null"), 1))[0], 0)
        self.broken(self.text.replace(row, half("2020-01-01", "2023-01-01") + half("2023-01-02", "null"), 1), "2023-01-0")       # a gap of a day
        self.broken(self.text.replace(row, half("2020-01-01", "2023-01-02") + half("2023-01-01", "null"), 1), "2023-01-0")       # two numbers for a day
        self.broken(self.text.replace(row, half("2020-01-01", "2023-01-01"), 1))
        self.broken(self.text + "\nnonsuch_key: 1\n")
        self.broken(self.text[:len(self.text) // 2].rsplit("\n", 1)[0] + "\n  : : [\n")
        self.broken("")
        for action, words in (("foo", ('"foo"', "policy check")), ("check", ("missing", "policy check FILE"))):
            code, out, err = h.ctl("policy", action)
            self.assertEqual((code, [w for w in words if w not in err]), (2, []), err)
        code, out, err = h.ctl("policy", "check", "/nonsuch.yaml")
        self.assertEqual(code, 1, out + err)

    def test_two_files_of_one_region(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(self.lvliang, os.path.join(folder, "141100-a.yaml"))
            shutil.copy(self.lvliang, os.path.join(folder, "141100-b.yaml"))
            code, out, _ = h.ctl("policy", "check", folder)
            self.assertEqual((code, "141100" in out), (1, True), out)


if __name__ == "__main__":
    h.main()
