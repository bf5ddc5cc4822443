#!/usr/bin/env python3
"""yibaoctl drg dip build and score against fractions: random histories from a printed seed. Needs no platform."""
import os, random, shutil, tempfile, unittest
from collections import defaultdict
from fractions import Fraction as F

import hospital as h
from pay_oracle import half_up

R = random.Random(h.SEED)
W = (1, 2, 7)
KINDS = ["none", "diagnostic", "therapeutic", "operation"]
DISEASES = [("I20.000", "", "none"), ("I20.001", "36.0700+37.2200", "operation"), ("I20.0", "37.2200+36.0700", "operation"), ("C50.900", "85.4300", "operation"),
            ("C50.100", "99.2500", "therapeutic"), ("J18.900", "33.2400", "diagnostic"), ("J18.9", "", "none"), ("K80.200", "51.2300", "operation"), ("I10.x00", "", "none")]
CHAPTER = {"I": 9, "C": 2, "J": 10, "K": 11}
YEARS = (2021, 2022, 2023)


def key(dx, ops):
    return dx[:5] + ":" + "+".join(sorted(set(ops.split("+")))) if ops else dx[:5] + ":"


def composite(dx, kind):
    return f"~{CHAPTER[dx[0]]:02d}:{kind}"


def mean(rows):
    """Weighted 1:2:7 over the years with cases."""
    by_year = [[F(r["fee"]) for r in rows if r["year"] == str(y)] for y in YEARS]
    return sum(w * sum(fees) / len(fees) for w, fees in zip(W, by_year) if fees) / sum(w for w, fees in zip(W, by_year) if fees)


def weighted(rows):
    return F(sum(W[YEARS.index(int(r["year"]))] for r in rows), 10)


def trimmed(rows, share):
    """Of every year floor(n × share) of the cheapest and of the dearest go, of cases that cost the same the earlier and the later line."""
    kept = []
    for y in YEARS:
        of_year = sorted((r for r in rows if r["year"] == str(y)), key=lambda r: F(r["fee"]))
        cut = int(F(share) * len(of_year))
        kept += of_year[cut:len(of_year) - cut]
    return kept


def catalogue_of(history, threshold, share="0"):
    groups, final = defaultdict(list), defaultdict(list)
    for r in history:
        groups[key(r["dx"], r["ops"])].append(r)
    for k, rows in groups.items():
        for r in rows:
            final[k if weighted(rows) >= threshold else composite(r["dx"], r["op_kind"])].append(r)
    final = {k: trimmed(rows, share) for k, rows in final.items()}
    all_mean = mean([r for rows in final.values() for r in rows])
    return {k: (half_up(mean(rows) / all_mean * 1000 * 10000), mean(rows), rows) for k, rows in final.items()}


def money(low, high):
    fen = R.randrange(low, high)
    return f"{fen // 100}.{fen % 100:02d}"


def write(path, rows, columns, end="\n"):
    with open(path, "w", encoding="utf-8", newline="") as f:
        f.write("\t".join(columns) + end + "".join("\t".join(r.get(c, "") for c in columns) + end for r in rows))


def read(path):
    with open(path, encoding="utf-8") as f:
        head, *rows = [line.rstrip("\n").split("\t") for line in f]
    return [dict(zip(head, r)) for r in rows]


class Dip(h.Case):
    def setUp(self):
        self.folder = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.folder)

    def path(self, name):
        return os.path.join(self.folder, name)

    def test_random_histories(self):
        print(f"seed {h.SEED}")
        seen = set()
        for n in range(max(5, int(15 * h.MINUTES))):
            threshold = R.choice([1, 2, 15])
            history = [dict(zip(("dx", "ops", "op_kind"), R.choice(DISEASES)), year=str(R.choice(YEARS)), fee=money(1, 2000000), level=R.choice(["三级", "二级", ""]))
                       for _ in range(R.randrange(30, 600))] + [dict(dx="I10.x00", ops="", op_kind="none", year="2023", fee="100.00", level="")]
            write(self.path("history.tsv"), history, ["fee", "year", "dx", "ops", "op_kind", "level"], R.choice(["\n", "\r\n"]))
            share = R.choice(["", "0.025", "0.1", "0.4999"])
            code, out, err = h.ctl("drg", "dip", "build", self.path("history.tsv"), "-o", self.path("catalogue.tsv"), "--threshold", str(threshold),
                                   *(["--trim", share] if share else []))
            self.assertEqual(code, 0, out + err)
            want = catalogue_of(history, threshold, share or "0")
            left_out = len(history) - sum(len(rows) for _, _, rows in want.values())
            self.assertEqual(f"{left_out} cases at the ends" in out, left_out > 0, out)
            got = {r["code"]: r for r in read(self.path("catalogue.tsv"))}
            self.assertEqual(set(got), set(want))
            self.assertEqual([*got], sorted(want, key=str.encode))
            for k, (rw, m, rows) in want.items():
                self.assertEqual((got[k]["kind"], half_up(F(got[k]["rw"]) * 10000), half_up(F(got[k]["mean"]) * 100)),
                                 ("composite" if k[0] == "~" else "core", rw, half_up(m * 100)), f"seed {h.SEED} round {n}: {k}")
                self.assertEqual(F(got[k]["weighted"]), weighted(rows))
            seen |= self.score(want)
        self.assertEqual(seen, {(k, d) for k in ("core", "composite") for d in ("normal", "low", "high")} | {("none", "")})

    def score(self, catalogue):
        aux = [("age", "66+", "1.1500"), ("age", "0-28d", "1.3"), ("severity", "III", "1.2"), ("tumour", "V-B", "1.25")]
        write(self.path("aux.tsv"), [dict(zip(("table", "key", "coefficient"), a)) for a in aux], ["table", "key", "coefficient"])
        cases, included = [], R.random() < 0.5
        for i in range(80):
            dx, ops, kind = R.choice(DISEASES + [("K80.000", "", "diagnostic"), ("C50.200", "9", "none")])
            level = R.choice(["三级", "二级", "一级"])
            c = dict(id=str(i), dx=dx, ops=ops, op_kind=kind, level=level, coefficient=R.choice(["", "0.95", "1.1476"]))
            c["age"], c["age_days"] = R.choice([("70", ""), ("0", "28"), ("0", "29"), ("30", ""), ("", "")])
            c["severity"], c["tumour"] = R.choice(["", "III", "II"]), R.choice(["", "V-B"])
            found = self.disease(catalogue, c)
            reference = self.reference(found[1], level) if found else F(1)
            c["fee"] = R.choice([money(1, 5000000), self.near(reference / 2), self.near(reference * 2)])
            cases.append(c)
        write(self.path("cases.tsv"), cases, ["id", "dx", "ops", "op_kind", "fee", "level", "age", "age_days", "severity", "tumour", "coefficient"])
        code, out, err = h.ctl("drg", "dip", "score", "--catalogue", self.path("catalogue.tsv"), "--aux", self.path("aux.tsv"), self.path("cases.tsv"),
                               "-o", self.path("out.tsv"), "--bounds", "included" if included else "excluded")
        self.assertEqual(code, 0, out + err)
        rows = read(self.path("out.tsv"))
        self.assertEqual(len(rows), len(cases))
        for c, got in zip(cases, rows):
            self.assertEqual(got, self.scored(catalogue, aux, c, included), f"seed {h.SEED}: {c}")
        return {(r["kind"], r["deviation"]) for r in rows}

    def near(self, yuan):
        fen = max(0, half_up(yuan * 100) + R.choice([-1, 0, 0, 1]))
        return f"{fen // 100}.{fen % 100:02d}"

    def disease(self, catalogue, c):
        for k in (key(c["dx"], c["ops"]), composite(c["dx"], c["op_kind"])):
            if k in catalogue:
                return k, catalogue[k]

    def reference(self, found, level):
        last = [F(r["fee"]) for r in found[2] if r["year"] == "2023" and r["level"] == level]
        return sum(last) / len(last) if len(last) >= 15 else found[1]

    def scored(self, catalogue, aux, c, included):
        found = self.disease(catalogue, c)
        if found is None:
            return dict(id=c["id"], code=key(c["dx"], c["ops"]), kind="none", deviation="", rw="", aux="", score="")
        rw, r = F(found[1][0], 10000), F(c["fee"]) / self.reference(found[1], c["level"])
        band = "" if c["age"] == "" else "66+" if int(c["age"]) >= 66 else "" if int(c["age"]) >= 18 else "0-28d" if int(c["age_days"]) <= 28 else "29d-1y"
        facts = {"age": band, "severity": c["severity"], "tumour": c["tumour"]}
        factor = max([F(v) for t, k, v in aux if facts[t] == k], default=F(1))
        score = rw * factor * F(c["coefficient"] or 1)
        deviation = "low" if r < F(1, 2) or (included and r == F(1, 2)) else "high" if r > 2 or (included and r == 2) else "normal"
        score *= {"low": r, "high": r - 2 + 1, "normal": 1}[deviation]
        four = lambda x: f"{half_up(x * 10000) // 10000}.{half_up(x * 10000) % 10000:04d}"
        return dict(id=c["id"], code=found[0], kind="composite" if found[0][0] == "~" else "core", deviation=deviation, rw=four(rw), aux=four(factor), score=four(score))

    def test_trimming_by_hand(self):
        """Of 40 cases one goes at either end, of 39 none; both ends of a disease, not of the region."""
        rows = [dict(year="2023", dx="I20.0", ops="", op_kind="none", fee=str(100 + i)) for i in range(40)] + \
               [dict(year="2023", dx="J18.9", ops="", op_kind="none", fee=str(9000 + i)) for i in range(39)]
        write(self.path("history.tsv"), rows, ["year", "dx", "ops", "op_kind", "fee"])
        code, out, err = h.ctl("drg", "dip", "build", self.path("history.tsv"), "-o", self.path("c.tsv"), "--trim", "0.025")
        self.assertEqual((code, "2 cases at the ends" in out), (0, True), out + err)
        self.assertEqual([(r["n_3"], r["fee_3"]) for r in read(self.path("c.tsv"))], [("38", "4541.00"), ("39", "351741.00")])
        for share in ("0.5", "1", "-0.1", "0.00001", "x"):
            self.assertEqual(h.ctl("drg", "dip", "build", self.path("history.tsv"), "-o", self.path("c.tsv"), "--trim", share)[0], 2, share)

    def test_faults_are_named(self):
        good = dict(year="2023", dx="I20.0", ops="", op_kind="none", fee="1.00", level="")
        for change, said in ((dict(dx="x"), "column 2 dx"), (dict(fee="1.001"), "column 5 fee"), (dict(op_kind="some"), "column 4 op_kind"), (dict(year="2020"), "2020年"),
                             (dict(ops="a++b"), "column 2 dx"), (dict(level="a;b"), "column 6 level")):
            write(self.path("history.tsv"), [good, good | change], ["year", "dx", "ops", "op_kind", "fee", "level"])
            code, _, err = h.ctl("drg", "dip", "build", self.path("history.tsv"), "-o", self.path("c.tsv"))
            self.assertEqual((code, "history.tsv:3: error" in err, said in err), (1, True, True), err)
            self.assertFalse(os.path.exists(self.path("c.tsv")))


if __name__ == "__main__":
    h.main()
