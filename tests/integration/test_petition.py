#!/usr/bin/env python3
"""What hospitals ask beside their lists, through the gateway: 4101T (a list tried before it is uploaded) for a settled stay; 4106 and 4108
(special negotiation, appeals) decided by two persons with yibaoctl, also at the same moment; 4107 (the feedback of a month); and that a granted
appeal of a released month is paid anew by the next. Months are of pooling areas of their own, their settlements put into drg's tables."""
import concurrent.futures, os, random, subprocess, unittest
from decimal import Decimal

import hospital as h
import test_list as lists
import test_month as months
from month_oracle import sql

R = random.Random(f"{h.SEED} petition")
months.areas = iter(R.sample(range(1300, 1399), 20))
months.next_id = R.randrange(10**16, 10**17)
W = None


def setUpModule():
    global W
    W = lists.W = h.World()
    W.one, W.other = W.institution(charge_class=3, tier="county"), W.institution()
    W.people = [W.person("390", birth="1972-05-01") for _ in range(4)]
    W.load()


def ctl(*args, who="anna"):
    r = subprocess.run([os.path.join(h.BIN, "yibaoctl"), "drg", *map(str, args)], capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL,
                       env=dict(os.environ, YB_OPERATOR=who))
    return r.returncode, r.stdout, r.stderr


def count(text):
    return int(sql(text)[0][0])


class Held:
    """What a statement locks stays locked."""

    def __init__(self, statement):
        self.statement = statement

    def __enter__(self):
        self.client = subprocess.Popen(["mariadb", f"--defaults-file={os.environ['YB_HOME']}/db/client.cnf", "-B", "-N", "-n", "yibao_drg"], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, text=True)
        self.client.stdin.write(f"BEGIN;\n{self.statement};\nSELECT 'held';\n")
        self.client.stdin.flush()
        while self.client.stdout.readline().strip() != "held":
            assert self.client.poll() is None, "the lock was not given"

    def __exit__(self, *_):
        self.client.communicate("ROLLBACK;\n")


class Place(months.Place):
    """A pooling area with one hospital that the gateway knows, and `count` settled stays in a month."""

    def __init__(self, **calendar):
        super().__init__(calendar=dict({"upload_day": 1}, **calendar))
        self.code = self.hospitals[0]
        W.institution(code=self.code, area=f"{self.area // 100}02")
        W.load()
        self.his = h.Client(self.code)

    def stays(self, ym, number):
        ids = self.settle(ym, number, fixmedins_code=self.code)
        sql(f"UPDATE settlement_list SET stas_type = 1 WHERE poolarea = {self.area} AND setl_ym = {ym}")
        return ids

    def file(self, setl_id, kind, msgid=None, **more):
        return self.his.ask("4106", {"data": dict({"setl_id": str(setl_id), "appy_type": str(kind), "appy_rea": "多次手术并长期重症监护"}, **more)}, msgid)

    def filed(self, setl_id, kind, **more):
        a = self.file(setl_id, kind, **more)
        assert a.ok, a.err_msg
        return a.output["appy_id"]

    def released(self, ym):
        for command, who in (("freeze", "anna"), ("close", "anna"), ("release", "boris")):
            code, out, err = self.drg(command, ym, who=who)
            assert code == 0, (command, out, err)

    def feedback(self, ym, size=100):
        pages, cursor = [], ""
        while True:
            pages.append(self.his.call("4107", {"data": {"setl_ym": str(ym), "cursor": cursor, "page_size": size}}))
            cursor = pages[-1]["cursor"]
            if not cursor:
                return pages


class Trial(h.Case):
    def test_a_list_is_tried_and_nothing_is_left(self):
        v = lists.settled(W.people[0])
        a = lists.upload(lists.his(), "4101T", lists.list_a(v))
        self.assertTrue(a.ok, a.err_msg)
        g = a.output["grpinfo"]
        self.assertEqual((a.output["qltctrl_rslt"], g["mdc"], g["adrg"], g["adrg_name"], g["drg_code"], g["rea"]),
                         ("1", "G", "GD2", "阑尾切除术", "GD25", ""))
        self.assertIn("✓ DRG GD25", g["path"][-1])
        p = a.output["payinfo"]
        self.assertTrue(p["rea"] or p["pay_class_name"], p)
        self.assertTrue(p.get("rw"), p)
        self.refused(lists.his().ask("4103", lists.whose(v)), "没有已上传的清单", field="setl_id")
        self.refused(lists.his().ask("4104", lists.whose(v)), "还没有上传过清单", field="setl_id")
        self.refused(h.Client(W.other).ask("4101T", lists.list_a(v)), "不是本机构", field="setl_id")
        self.refused(lists.his().ask("4101T", {"diseinfo": []}), field="setlinfo")

    def test_by_disease(self):
        """The pooling area pays by DIP: the trial says disease and score, with no scheme of groups needed for it."""
        stays = [(v, Decimal(v.out["setlinfo"]["medfee_sumamt"])) for v in map(lists.settled, W.people[2:4])]
        place = months.Place(method="dip", mean_all="10000", weights=None, low_ratio=None, high=None, factor={"none": "0.5"},
                             dip={"catalogue": f"trial-{os.getpid()}.tsv", "op_kinds": f"trial-kinds-{os.getpid()}.tsv"})
        with open(os.path.join(months.PLANS, place.plan["dip"]["op_kinds"]), "w", encoding="utf-8") as f:
            f.write(f"code\tkind\n{lists.PX}\toperation\n54.1100\toperation\n")
        with open(os.path.join(months.PLANS, "trial.csv"), "w", encoding="utf-8") as f:
            f.write(f"病种编码,分值,均次费用\nK35.8:{lists.PX},500.1234,{stays[0][1]}\nI10.x:,80,5000.00\n")
        code, out, err = ctl("dip", "import", os.path.join(months.PLANS, "trial.csv"), "-o", os.path.join(months.PLANS, place.plan["dip"]["catalogue"]))
        self.assertEqual(code, 0, out + err)
        for (v, fee), px, wanted in zip(stays, (lists.PX, "54.1100"), ((f"K35.8:{lists.PX}", "500.1234"), (None, None))):
            m = lists.list_a(v)
            m["oprninfo"][0]["oprn_oprt_code"] = px
            self.assertTrue(lists.upload(lists.his(), "4101T", m).ok)       # drg knows the settlement
            sql(f"UPDATE settlement SET poolarea = {place.area} WHERE setl_id = {v.setl_id}")
            p = lists.upload(lists.his(), "4101T", m).output["payinfo"]
            self.assertEqual((p.get("pay_mtd"), p.get("dise_codg")), ("dip", wanted[0]), p)
            by_cost = (fee / 10000 * 500).quantize(Decimal("0.0001"), "ROUND_HALF_UP")
            self.assertEqual((p["pay_class"], p["points"]), ("core" if wanted[0] else "none", Decimal(wanted[1] or by_cost)), p)

    def test_faults_are_told(self):
        v = lists.settled(W.people[1])
        m = lists.list_a(v, dscg_caty="")
        m["diseinfo"][0]["maindiag_flag"] = "0"
        a = lists.upload(lists.his(), "4101T", m)
        self.assertTrue(a.ok, a.err_msg)
        self.assertEqual(a.output["qltctrl_rslt"], "0")
        self.assertEqual(a.output["err_cnt"], sum(f["err_lv"] == "3" for f in a.output["detailinfo"]))
        self.assertIn("setlinfo.dscg_caty", [f["exam_data_fld"] for f in a.output["detailinfo"]])
        self.assertEqual(a.output["grpinfo"]["drg_code"], "0000")
        self.assertIn("没有主要诊断", a.output["grpinfo"]["rea"])


class Petitions(h.Case):
    def test_form(self):
        p = Place()
        setl_id = p.stays(202301, 10)[0]
        good = {"setl_id": str(setl_id), "appy_type": "1", "appy_rea": "理由"}
        for wrong, field in (({"appy_type": "9"}, "appy_type"), ({"appy_rea": ""}, "appy_rea"), ({"appy_rea": "长" * 501}, "appy_rea"), ({"setl_id": "x"}, "setl_id"),
                             ({"appy_way": "7"}, "appy_way"), ({"appy_way": "3"}, "appy_way"), ({"drg_code": "GD25"}, "drg_code"),
                             ({"setl_id": "4711"}, "setl_id")):
            self.refused(p.his.ask("4106", {"data": dict(good, **wrong)}), field=field)
        self.refused(h.Client(W.one).ask("4106", {"data": good}), "不是本机构", field="setl_id")
        msgid = h.new_msgid(p.code)
        first = p.file(setl_id, 1, msgid)
        self.assertTrue(first.ok, first.err_msg)
        self.assertEqual(p.file(setl_id, 1, msgid).output["appy_id"], first.output["appy_id"])
        self.refused(p.file(setl_id, 1), "未办结", first.output["appy_id"], field="setl_id")
        self.refused(p.his.ask("4108", {"data": {"appy_id": "4711"}}), "未查询到该申请", field="appy_id")
        self.refused(h.Client(W.one).ask("4108", {"data": {"appy_id": first.output["appy_id"]}}), field="appy_id")
        self.refused(p.his.ask("4107", {"data": {"setl_ym": "202313"}}), field="setl_ym")
        self.refused(p.his.ask("4107", {"data": {"setl_ym": "202301"}}), "尚未算出", field="setl_ym")
        self.refused(p.his.ask("4107", {"data": {"setl_ym": "202301", "page_size": 501}}), field="page_size")

    def test_decisions_at_once_keep_the_share(self):
        p = Place()
        ids = p.stays(202302, 70)
        cases = count(f"SELECT COUNT(*) FROM settlement_list WHERE poolarea = {p.area} AND setl_ym = 202302 AND stas_type = 1 AND voided = 0 AND setl_id IN"
                      f" (SELECT setl_id FROM settlement WHERE inpatient = 1)")
        most = cases // 20
        self.assertGreaterEqual(most, 1)
        petitions = [p.filed(s, 1) for s in ids[:most + 7]]
        for q in petitions:
            code, out, err = ctl("petition", "decide", q, "special", "--reason", "属实")
            self.assertEqual(code, 0, err)
        code, out, err = ctl("petition", "second", petitions[0], "yes")
        self.assertEqual((code, "SECOND_PERSON" in err), (1, True), err)
        for q in petitions[:most - 1]:
            self.assertEqual(ctl("petition", "second", q, "yes", who="boris")[0], 0)
        with Held(f"SELECT ym FROM month WHERE poolarea = {p.area} AND ym = 202302 FOR UPDATE"):
            pool = concurrent.futures.ThreadPoolExecutor(len(petitions))
            asked = [pool.submit(ctl, "petition", "second", q, "yes", who="boris") for q in petitions[most - 1:]]
            h.until("two decisions wait for the month", lambda: count("SELECT variable_value FROM information_schema.global_status WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'") >= 2)
        ends = [a.result() for a in asked]
        self.assertEqual(sum(e[0] == 0 for e in ends), 1, ends)
        self.assertTrue(all("PETITION_SHARE" in e[2] for e in ends if e[0] != 0), ends)
        self.assertEqual(count(f"SELECT COUNT(*) FROM case_ruling WHERE poolarea = {p.area}"), most)
        answers = p.his.call("4108", {"data": {"setl_ym": "202302", "appy_stas": "3"}})["data"]
        self.assertEqual(len(answers), most)
        self.assertEqual({(a["rslt_way"], a["rslt_dscr"], a["appy_stas_name"]) for a in answers}, {("1", "属实", "同意")})
        code, out, err = ctl("petition", "list", "proposed", "--area", p.area)
        self.assertEqual((code, len(out.splitlines()) - 1), (0, 7), out)
        code, out, err = ctl("petition", "show", petitions[0])
        self.assertIn(f"of at most {most}, for {cases} cases", out)

    def test_a_month_comes_back_and_is_appealed(self):
        p = Place(appeal_days=10)
        ids = p.stays(202303, 60)
        self.refused(p.file(ids[0], 2), "尚未算出支付结果", field="setl_id")
        p.released(202303)
        pages = p.feedback(202303, 25)
        rows = [c for page in pages for c in page["data"]]
        self.assertEqual(sorted(int(c["setl_id"]) for c in rows), sorted(ids))
        self.assertTrue(all(len(page["data"]) == 25 for page in pages[:-1]))
        self.assertEqual([page["rslt_stas"] for page in pages], ["2"] * len(pages))
        for insutype in ("310", "390"):
            stmt = [s for s in pages[0]["stmtinfo"] if s["insutype"] == insutype][0]
            for one, all_of in (("due", "due"), ("gross", "gross"), ("booked", "booked"), ("medfee_sumamt", "medfee_sumamt")):
                self.assertEqual(sum(Decimal(str(c[one])) for c in rows if c["insutype"] == insutype), Decimal(str(stmt[all_of])), all_of)
        self.assertTrue(all(c["rea"] and c["pay_class_name"] for c in rows))
        self.assertTrue(all((c["setl_list_id"] == "") == (c["pay_class"] == "late") for c in rows))

        appealed = next(int(c["setl_id"]) for c in rows if c["pay_class"] == "normal")
        self.refused(p.file(appealed, 2, appy_way="2", drg_code="ZZ99"), "没有病组ZZ99", field="drg_code")
        q = p.filed(appealed, 2, appy_way="2", drg_code="AH15")
        refusal = p.filed(appealed, 3)
        code, out, err = ctl("petition", "decide", refusal, "refuse")
        self.assertEqual((code, "FIELD_MISSING" in err), (1, True), err)
        self.assertEqual(ctl("petition", "decide", refusal, "refuse", "--reason", "计算无误")[0], 0)
        self.assertEqual(ctl("petition", "decide", q, "group", "AH15")[0], 0)
        shown = {a["appy_id"]: a for a in p.his.call("4108", {"data": {"setl_id": str(appealed)}})["data"]}
        self.assertEqual((shown[q]["appy_stas_name"], shown[q]["rslt_way"], shown[refusal]["appy_stas_name"], shown[refusal]["rslt_dscr"]),
                         ("待复核", "", "不同意", "计算无误"))
        self.assertEqual(ctl("petition", "second", q, "yes", who="boris")[0], 0)

        p.stays(202304, 10)
        p.released(202304)
        again = [c for page in p.feedback(202304) for c in page["data"] if c["case_type"] != "1"]
        self.assertEqual([(int(c["setl_id"]), c["case_type"], c["drg_code"]) for c in again],
                         [(appealed, "2", next(c["drg_code"] for c in rows if int(c["setl_id"]) == appealed)), (appealed, "3", "AH15")])
        self.assertEqual(Decimal(str(again[0]["booked"])) + Decimal(str(again[1]["booked"])), 0)
        self.assertIn("按申诉决定", again[1]["rea"])

        sql(f"UPDATE month SET state_us = state_us - 11 * 86400000000 WHERE poolarea = {p.area} AND ym = 202303")
        self.refused(p.file(ids[1], 2), "已过期限", field="setl_id")
        self.refused(p.file(ids[1], 1), "已过期限", field="setl_id")

    def test_yibaoctl_files_for_a_hospital(self):
        p = Place()
        setl_id = p.stays(202305, 10)[0]
        code, out, err = ctl("petition", "file", setl_id, "special", "--reason", "医院来函")
        self.assertEqual(code, 0, err)
        q = out.split()[-1]
        self.assertEqual([a["appy_id"] for a in p.his.call("4108", {"data": {}})["data"]], [q])
        code, out, err = ctl("petition", "file", setl_id, "special", "--reason", "又一次")
        self.assertEqual((code, "PETITION_STATE" in err), (1, True), err)
        for words, what in ((("decide", q, "list"), "DAYS"), (("decide", q, "maybe"), "none of"), (("second", q), "missing"), (("second", q, "perhaps"), "neither"), (("show", "x"), "not a number"),
                            (("nonsense",), "none of")):
            code, out, err = ctl("petition", *words)
            self.assertEqual((code, what in err), (2, True), err)


if __name__ == "__main__":
    h.main()
