#!/usr/bin/env python3
"""Every transaction once on its good path, with its answer looked at; then what a visit can go through."""
import base64, io, pathlib, re, unittest, zipfile
from decimal import Decimal

import hospital as h
from hospital import JIA, LIMITED, SERVICE, STUFF, YI, BING, line, money

DAY = "2025-03-10"
LINES = [line(JIA, "120.50", 3, "a1"), line(YI, "33.333333", "7.5", "a2"), line(BING, "18", 2, "a3"), line(LIMITED, "12.34", 5, "a4"),
         line(SERVICE, "2800", 1, "a5"), line(STUFF, "640.00", 2, "a6"), line("XX99XXX999X999990900009", "9.99", 1, "a7")]
W = None


def setUpModule():
    global W
    W = h.World()
    W.clinic = W.institution(charge_class=3, tier="county")
    W.hospital = W.institution(charge_class=1, tier="province")
    W.resident = W.person("390", chronic=["M03900"])
    W.employee = W.person("310", wage="84000.00", balc="500.00")
    W.poor = W.person("390", tags=["特困"])
    for name in ("basic", "states", "two", "pieces", "mid", "old", "search", "filing", "reopen", "queries", "reference"):
        setattr(W, name, W.person("310" if name in ("two", "queries") else "390", balc="100.00" if name == "two" else "0.00"))
    W.load()


def tearDownModule():
    h.check_audit()
    h.check_recompute()


def his(code=None):
    return h.Client(code or W.clinic)


class SignIn(h.Case):
    def test_9001_9002(self):
        c = his()
        out = c.call("9001", {"signIn": {"opter_no": "001", "mac": "00-00-00-00-00-00", "ip": "127.0.0.1"}})["signinoutb"]
        self.assertTrue(0 < len(out["sign_no"]) <= 30, out)
        self.assertRegex(out["sign_time"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        c.sign_no = out["sign_no"]
        gone = c.call("9002", {"signOut": {"sign_no": out["sign_no"], "opter_no": "001"}})["signoutoutb"]
        self.assertRegex(gone["sign_time"], r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$")
        self.refused(c.ask("9002", {"signOut": {"sign_no": out["sign_no"], "opter_no": "001"}}), field="sign_no")
        self.refused(c.ask("9002", {"signOut": {"sign_no": "nonsuch1", "opter_no": "001"}}), field="sign_no")

    def test_sign_in_required(self):
        code = W.institution()
        W.load()
        self.assertEqual(h.ctl("institution", "require-sign-in", code, "on")[0], 0)
        c = his(code)
        ask = lambda: c.ask("1201", {"medinsinfo": {"fixmedins_type": "1", "fixmedins_code": code}})
        h.until("sign-in is demanded", lambda: not ask().ok)
        self.refused(ask(), "9001", field="sign_no")
        c.sign_no = c.call("9001", {"signIn": {"opter_no": "1", "mac": "-", "ip": "::1"}})["signinoutb"]["sign_no"]
        self.assertTrue(ask().ok)
        c.call("9002", {"signOut": {"sign_no": c.sign_no, "opter_no": "1"}})
        h.until("the sign-out is known", lambda: not ask().ok)
        self.refused(ask(), field="sign_no")
        self.assertEqual(h.ctl("institution", "require-sign-in", code, "off")[0], 0)
        h.until("sign-in is no longer demanded", lambda: ask().ok)


class Basics(h.Case):
    def test_1101(self):
        p, c = W.employee, his()
        out = c.call("1101", h.m1101(p))
        base = out["baseinfo"]
        self.assertEqual({k: base[k] for k in ("psn_no", "psn_cert_type", "certno", "psn_name", "gend", "naty", "brdy")},
                         {"psn_no": p.psn_no, "psn_cert_type": "01", "certno": p.certno, "psn_name": p.name, "gend": p.gend, "naty": "01",
                          "brdy": p.birth})
        self.assertTrue(0 < base["age"] < 120, base)
        cover, = out["insuinfo"]
        self.assertEqual((cover["insutype"], cover["psn_type"], cover["psn_insu_stas"], cover["insuplc_admdvs"], cover["psn_insu_date"]),
                         ("310", "1101", "1", h.AREA, "2010-01-01"))
        self.assertIsInstance(cover["balc"], Decimal)
        poor = c.call("1101", h.m1101(W.poor))
        self.assertEqual(money(poor["insuinfo"][0]["balc"]), 0)
        self.assertEqual([t["psn_idet_type"] for t in poor["idetinfo"]], ["特困"])

    def test_1101_old_type_and_lower_x(self):
        p = next((q for q in W.persons if q.certno.endswith("X")), W.employee)
        out = his().call("1101", {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": p.certno.lower(), "psn_cert_type": "1",
                                           "certno": p.certno, "psn_name": p.name}})
        self.assertEqual(out["baseinfo"]["psn_no"], p.psn_no)

    def test_1201(self):
        out = his().call("1201", {"medinsinfo": {"fixmedins_type": "1", "fixmedins_name": "", "fixmedins_code": W.hospital}})["medinsinfo"]
        self.assertEqual([(m["fixmedins_code"], m["fixmedins_type"], m["hosp_lv"]) for m in out], [(W.hospital, "1", "03")])
        self.assertEqual(his().call("1201", {"medinsinfo": {"fixmedins_type": "2", "fixmedins_code": W.hospital}})["medinsinfo"], [])

    def test_1312(self):
        ask = lambda **d: his().call("1312", {"data": dict({"updt_time": "2000-01-01", "page_num": 1, "page_size": 10}, **d)})
        out = ask(hilist_code=LIMITED)
        row, = out["data"]
        self.assertEqual((row["hilist_code"], row["chrgitm_lv"], row["list_type"], row["begndate"]), (LIMITED, "02", "101", "2010-01-01"))
        self.assertEqual((Decimal(str(row["selfpay_prop"])), Decimal(str(row["hilist_pric_uplmt_amt"]))), (Decimal("0.2"), 10))
        self.assertEqual((out["recordCounts"], out["pages"], out["firstPage"], out["lastPage"]), (1, 1, True, True))
        one, two = ask(page_size=2), ask(page_size=2, page_num=2)
        self.assertEqual(len(one["data"]), 2)
        self.assertEqual(one["recordCounts"], two["recordCounts"])
        self.assertFalse({r["hilist_code"] for r in one["data"]} & {r["hilist_code"] for r in two["data"]})

    def test_2001(self):
        ask = lambda p, med, day, **d: his().call("2001", {"data": dict({"psn_no": p.psn_no, "insutype": p.insutype, "med_type": med,
                                                                        "fixmedins_code": W.clinic, "begntime": day}, **d)})["trtinfo"]
        rows = ask(W.resident, "21", f"{DAY} 00:00:00")
        self.assertTrue(rows and all(r["psn_no"] == W.resident.psn_no for r in rows), rows)
        by = {r["fund_pay_type"]: r for r in rows}
        self.assertEqual(by["390100"]["trt_enjymnt_flag"], "1", rows)
        self.assertTrue(any(r["trt_enjymnt_flag"] == "1" for r in ask(W.resident, "14", f"{DAY} 00:00:00", dise_codg="M03900")))
        no = [r for r in ask(W.resident, "14", f"{DAY} 00:00:00", dise_codg="M99999") if r["fund_pay_type"] == "390100"]
        self.assertTrue(no and all(r["trt_enjymnt_flag"] == "0" and r["trt_chk_rslt"] for r in no), no)
        before = ask(W.resident, "21", "2009-12-31 00:00:00")
        self.assertTrue(before and all(r["trt_enjymnt_flag"] == "0" and r["trt_chk_rslt"] for r in before), before)


class Filing(h.Case):
    def test_2503_2504_5301(self):
        p, c = W.filing, his()
        listed = lambda: c.call("5301", {"data": {"psn_no": p.psn_no}})["feedetail"]
        self.assertEqual(listed(), [])
        sn = c.call("2503", h.m2503(p, W.clinic))["result"]["trt_dcla_detl_sn"]
        row, = listed()
        self.assertEqual((row["opsp_dise_code"], row["opsp_dise_name"], row["begndate"], row["enddate"]),
                         ("M01600", "糖尿病", "2024-01-01", "2026-12-31"))
        self.refused(c.ask("2503", h.m2503(p, W.clinic)), "备案")
        v = h.Visit(c, p, False, DAY).admit("14", "M01600")
        v.upload(LINES)
        self.assertEqual(money(v.settle()["setlinfo"]["hifp_pay"]), (money(v.query()["setlinfo"]["inscp_scp_amt"]) * 7 / 10).quantize(h.CENT))
        c.call("2504", {"data": {"trt_dcla_detl_sn": sn, "psn_no": p.psn_no, "memo": "撤销"}})
        self.assertEqual(listed(), [])
        self.refused(c.ask("2504", {"data": {"trt_dcla_detl_sn": sn, "psn_no": p.psn_no}}), field="trt_dcla_detl_sn")
        late = h.Visit(c, p, False, DAY)
        late.mdtrt_id = c.call("2201", h.m2201(p, late.begin))["data"]["mdtrt_id"]
        self.refused(c.ask("2203", h.m2203(p, late.mdtrt_id, late.begin, "14", "M01600")), field="dise_codg")


class Outpatient(h.Case):
    def test_whole_visit(self):
        p, c = W.basic, his()
        v = h.Visit(c, p, False, DAY).admit()
        got = v.upload(LINES, "b1")
        for sent, back in zip(LINES, got):
            h.check_line(sent, back)
        by = {g["feedetl_sn"]: g for g in got}
        self.assertEqual(money(by["a3"]["fulamt_ownpay_amt"]), 36)                    # 丙
        self.assertEqual(money(by["a7"]["fulamt_ownpay_amt"]), Decimal("9.99"))       # not in the catalogue
        self.assertEqual((money(by["a4"]["overlmt_amt"]), money(by["a4"]["preselfpay_amt"])), (Decimal("11.70"), Decimal("10.00")))
        self.assertEqual(money(by["a2"]["preselfpay_amt"]), Decimal("25.00"))         # 250.00 × 0.1
        pre = v.presettle(batch="b1")
        self.assertNotIn("setl_id", pre["setlinfo"])
        self.assertEqual(pre["setlinfo"], v.presettle(batch="b1")["setlinfo"] | {"setl_time": pre["setlinfo"]["setl_time"],
                                                                                "medins_setl_id": pre["setlinfo"]["medins_setl_id"]})
        done = v.settle(batch="b1", echo=pre["setlinfo"])
        s = done["setlinfo"]
        a = h.check_identities(done, got)
        h.check_identities(pre, got)
        self.assertEqual(a, {k: money(pre["setlinfo"][k]) for k in h.AMOUNTS})
        self.assertEqual((s["psn_no"], s["mdtrt_id"], s["psn_name"], s["certno"], s["insutype"], s["med_type"], s["clr_type"], s["clr_optins"]),
                         (p.psn_no, v.mdtrt_id, p.name, p.certno, "390", "11", "11", h.AREA[:4] + "00"))
        self.assertEqual(a["hifp_pay"], 300)                                          # 60 % of scope, 300 a year
        self.assertTrue(all(d["setl_proc_info"] for d in done["setldetail"]))
        back = v.query()
        self.assertEqual({k: money(back["setlinfo"][k]) for k in h.AMOUNTS}, a)
        self.assertEqual(back["setlinfo"]["refd_setl_flag"], "0")
        gone = v.reverse()
        h.check_reversal(done, gone)
        self.assertEqual(v.query()["setlinfo"]["refd_setl_flag"], "1")
        self.assertEqual(v.query(gone["setlinfo"]["setl_id"])["setlinfo"]["init_setl_id"], v.setl_id)
        self.assertEqual(money(v.settle(batch="b1")["setlinfo"]["hifp_pay"]), 300)     # the cap is free again

    def test_2202(self):
        p, c = W.states, his()
        v = h.Visit(c, p, False, DAY).admit()
        c.call("2202", h.m2202(p, v.mdtrt_id, v.number))
        self.refused(c.ask("2202", h.m2202(p, v.mdtrt_id, v.number)), field="mdtrt_id")
        self.refused(c.ask("2204", h.m2204(p, v.mdtrt_id, v.begin, LINES)), field="mdtrt_id")
        w = h.Visit(c, p, False, DAY).admit()
        w.upload(LINES)
        self.assertTrue(w.settle())
        self.refused(c.ask("2202", h.m2202(p, w.mdtrt_id, w.number)), w.setl_id, field="mdtrt_id")

    def test_2203a_2205(self):
        p, c = W.states, his()
        v = h.Visit(c, p, False, DAY).admit()
        c.call("2203A", h.m2203(p, v.mdtrt_id, v.begin))
        v.upload(LINES, "x")
        v.upload([line(JIA, "5", 1, "y1")], "y")
        c.call("2205", h.m2205(p, v.mdtrt_id, "x"))
        self.refused(c.ask("2205", h.m2205(p, v.mdtrt_id, "x")), field="chrg_bchno")
        self.refused(c.ask("2207", v.message(total="1", batch="x")), field="chrg_bchno")
        self.assertEqual([l["feedetl_sn"] for l in c.call("5204", h.whose(p, v.mdtrt_id))["feedetail"]], ["y1"])
        v.upload(LINES, "x")                                                          # serials are free again
        c.call("2205", h.m2205(p, v.mdtrt_id))
        self.assertEqual(c.call("5204", h.whose(p, v.mdtrt_id))["feedetail"], [])

    def test_two_batches_any_order(self):
        p, c = W.two, his()
        for order in (("b1", "b2"), ("b2", "b1")):
            v = h.Visit(c, p, False, DAY).admit()
            parts = {"b1": [line(JIA, "260", 1, "b1-1")], "b2": [line(JIA, "90.10", 2, "b2-1"), line(YI, "10", 1, "b2-2")]}
            for b in ("b1", "b2"):
                v.upload(parts[b], b)
            before = h.accumulators(c, p, 2025)
            done = {b: v.settle(batch=b, total=h.total_of(parts[b]), acct="1") for b in ("b1", "b2")}
            for b in done:
                h.check_identities(done[b])
            self.assertEqual(sum(money(done[b]["setlinfo"]["act_pay_dedc"]) for b in done), 300)    # once a year, over both
            self.assertEqual(h.accumulators(c, p, 2025)["TQ0000_BIZ11"], 300)
            self.assertEqual(money(done["b1"]["setlinfo"]["acct_pay"]), 100)
            self.refused(c.ask("2207", v.message(batch="b1", total=260)), done["b1"]["setlinfo"]["setl_id"], field="chrg_bchno")
            for b in order:
                gone = v.reverse(done[b]["setlinfo"]["setl_id"])
                wrong = [k for k in h.AMOUNTS if money(gone["setlinfo"][k]) != -money(done[b]["setlinfo"][k])]
                self.assertEqual(wrong, [])
            self.assertEqual(h.accumulators(c, p, 2025), before)
            self.assertEqual(money(c.call("1101", h.m1101(p))["insuinfo"][0]["balc"]), 100)

    def test_chronic(self):
        p, c = W.resident, his()
        v = h.Visit(c, p, False, DAY).admit("14", "M03900")
        got = v.upload([line(JIA, "1000", 2, "1")])
        done = v.settle()
        a = h.check_identities(done, got)
        self.assertEqual((a["inscp_scp_amt"], a["hifp_pay"], a["act_pay_dedc"]), (2000, 1400, 0))
        self.assertEqual(Decimal(str(done["setlinfo"]["pool_prop_selfpay"])), Decimal("0.7"))
        self.assertEqual(h.accumulators(c, p, 2025)["D390100_BIZ14_M03900"], 1400)
        w = h.Visit(c, p, False, "2025-04-01").admit("14", "M03900")
        w.upload([line(JIA, "3000", 1, "1")])
        self.assertEqual(money(w.settle()["setlinfo"]["hifp_pay"]), 1600)             # 3 000 a disease and year
        drugs = c.call("5205", {"data": {"psn_no": p.psn_no, "begntime": "2025-01-01 00:00:00", "endtime": "2025-12-31 00:00:00"}})["feedetail"]
        self.assertEqual(sorted(d["mdtrt_id"] for d in drugs), sorted([v.mdtrt_id, w.mdtrt_id]))
        w.reverse()
        v.reverse()
        self.assertEqual(h.accumulators(c, p, 2025).get("D390100_BIZ14_M03900", 0), 0)

    def test_employee_account(self):
        p, c = W.employee, his(W.clinic)
        v = h.Visit(c, p, False, DAY).admit()
        v.upload([line(JIA, "700", 1, "1")])
        done = v.settle(acct="1")
        a = h.check_identities(done)
        self.assertEqual((a["act_pay_dedc"], a["hifp_pay"], a["psn_part_amt"], a["acct_pay"], a["psn_cash_pay"]), (300, 280, 420, 420, 0))
        self.assertEqual(money(done["setlinfo"]["balc"]), 80)
        self.assertIn("310200", [d["fund_pay_type"] for d in done["setldetail"]])
        self.assertEqual(money(c.call("1101", h.m1101(p))["insuinfo"][0]["balc"]), 80)
        w = h.Visit(c, p, False, "2025-05-10").admit()
        w.upload([line(JIA, "1000", 1, "1")])
        two = w.settle(acct="1")
        self.assertEqual((money(two["setlinfo"]["acct_pay"]), money(two["setlinfo"]["psn_cash_pay"]), money(two["setlinfo"]["balc"])), (80, 220, 0))
        h.check_reversal(two, w.reverse())
        gone = v.reverse()
        self.assertEqual(money(gone["setlinfo"]["balc"]), 500)
        self.assertEqual(money(c.call("1101", h.m1101(p))["insuinfo"][0]["balc"]), 500)


class Reference(h.Case):
    """docs/interface.md lists what a settlement answers, no field more and none less."""

    def documented(self):
        text = (pathlib.Path(__file__).resolve().parents[2] / "docs/interface.md").read_text(encoding="utf-8").partition("## 结算的输出")[2].partition("\n## ")[0]
        lists = [re.findall(r"^\| `(\w+)` \|", part, re.M) for part in re.split(r"^`output\.", text, flags=re.M)[1:]]
        self.assertEqual(len(lists), 3)
        return lists

    def test_fields_of_a_settlement(self):
        setlinfo, queried, setldetail = self.documented()
        v = h.ready_visit(his(W.clinic), W.reference, DAY, [line(JIA, "700", 1, "1")], inpatient=False)
        for answer, want in ((v.presettle(), setlinfo[1:]), (v.settle(), setlinfo), (v.query(), setlinfo + queried), (v.reverse(), setlinfo)):
            self.assertEqual(sorted(answer["setlinfo"]), sorted(want))
            for row in answer["setldetail"]:
                self.assertEqual(list(row), setldetail)


class Inpatient(h.Case):
    def test_whole_stay(self):
        p, c = W.basic, his(W.hospital)
        v = h.Visit(c, p, True, DAY).admit()
        here = c.call("5303", {"data": {"psn_no": p.psn_no, "begntime": "2025-01-01", "endtime": "9999-12-31"}})["data"]
        self.assertEqual([r["mdtrt_id"] for r in here], [v.mdtrt_id])
        got = v.upload(LINES)
        for sent, back in zip(LINES, got):
            h.check_line(sent, back)
        c.call("2403", h.m2403(p, v.mdtrt_id, v.begin, adm_bed="12"))
        v.discharge()
        self.assertEqual(c.call("5303", {"data": {"psn_no": p.psn_no}})["data"], [])
        pre = v.presettle()
        done = v.settle(echo=pre["setlinfo"])
        a = h.check_identities(done, got)
        self.assertEqual((a["act_pay_dedc"], done["setlinfo"]["clr_type"]), (1000, "21"))
        self.assertEqual(a["hifp_pay"], ((a["inscp_scp_amt"] - 1000) * 6 / 10).quantize(h.CENT, h.ROUND_HALF_UP))
        self.assertEqual(h.accumulators(c, p, 2025)["C0000_BIZ21"], 1)
        h.check_reversal(done, v.reverse())
        self.assertEqual(h.accumulators(c, p, 2025)["C0000_BIZ21"], 0)
        self.assertEqual(money(v.settle()["setlinfo"]["fund_pay_sumamt"]), a["fund_pay_sumamt"])

    def test_poor_patient_all_layers(self):
        p, c = W.poor, his(W.hospital)
        v = h.ready_visit(c, p, "2025-06-01", [line(JIA, "90000", 1, "1"), line(STUFF, "500", 10, "2")])
        done = v.settle(acct="1")
        a = h.check_identities(done)
        self.assertTrue(a["hifp_pay"] and a["hifmi_pay"] and a["maf_pay"], a)
        self.assertEqual(a["psn_part_amt"], a["preselfpay_amt"])                       # 特困: nothing in scope is left
        self.assertEqual(a["acct_pay"], 0)                                            # acct_used_flag of a resident is ignored
        self.assertEqual([d["fund_pay_type"] for d in done["setldetail"]], ["390100", "390200", "610100"])
        h.check_reversal(done, v.reverse())
        self.assertEqual({x for x in h.accumulators(c, p, 2025).values()}, {0})

    def test_2302_2404(self):
        p, c = W.states, his()
        v = h.Visit(c, p, True, DAY).admit()
        v.upload(LINES)
        self.refused(c.ask("2404", h.whose(p, v.mdtrt_id)), "2302", field="mdtrt_id")
        c.call("2302", h.m2302(p, v.mdtrt_id, ["a1", "a2"]))
        self.refused(c.ask("2302", h.m2302(p, v.mdtrt_id, ["a1"])), "a1", field="feedetl_sn")
        self.assertEqual(len(c.call("5204", h.whose(p, v.mdtrt_id))["feedetail"]), len(LINES) - 2)
        c.call("2302", h.m2302(p, v.mdtrt_id))
        c.call("2404", h.whose(p, v.mdtrt_id))
        self.refused(c.ask("2404", h.whose(p, v.mdtrt_id)), field="mdtrt_id")
        self.refused(c.ask("2301", h.m2301(p, v.mdtrt_id, v.begin, LINES)), field="mdtrt_id")

    def test_2405_and_again(self):
        p, c = W.reopen, his()
        v = h.ready_visit(c, p, DAY, [line(JIA, "1000", 1, "1")])
        self.refused(c.ask("2301", h.m2301(p, v.mdtrt_id, v.begin, [line(JIA, "1", 1, "2")])), "2405", field="mdtrt_id")
        one = v.settle()
        self.refused(c.ask("2405", h.whose(p, v.mdtrt_id)), "2305", field="mdtrt_id")
        h.check_reversal(one, v.reverse())
        c.call("2405", h.whose(p, v.mdtrt_id))
        self.refused(c.ask("2405", h.whose(p, v.mdtrt_id)), field="mdtrt_id")
        self.refused(c.ask("2304", v.message()), "2402", field="mdtrt_id")
        v.upload([line(JIA, "500", 1, "2")])
        v.end = "2025-03-12 09:00:00"
        v.discharge()
        done = v.settle()
        self.assertEqual(h.check_identities(done)["medfee_sumamt"], 1500)

    def test_refund_in_pieces(self):
        p, c = W.pieces, his()
        v = h.Visit(c, p, True, DAY).admit()
        keep = [line(JIA, "300", 1, "keep")]
        v.upload(keep)
        whole = v.upload([line(YI, "3.333333", 7, "o1")])[0]
        parts, left = [], {k: money(whole[k]) for k in ("det_item_fee_sumamt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt", "fulamt_ownpay_amt")}
        for i, cnt in enumerate(("-1", "-2.5", "-3.5")):
            amount = (Decimal("3.333333") * Decimal(cnt)).quantize(h.CENT, h.ROUND_HALF_UP)
            if i == 2:
                amount = -left["det_item_fee_sumamt"]                                  # the last takes whatever remains
            part = v.upload([line(YI, "3.333333", cnt, f"r{i}", amount, init_feedetl_sn="o1")])[0]
            for k in left:
                left[k] += money(part[k])
            parts.append(part)
        self.assertEqual(set(left.values()), {0}, parts)
        self.refused(c.ask("2301", h.m2301(p, v.mdtrt_id, v.begin, [line(YI, "3.333333", "-0.0001", "r9", "0.00", init_feedetl_sn="o1")])), field="cnt")
        v.discharge()
        a = h.check_identities(v.settle(total=300))
        self.assertEqual((a["medfee_sumamt"], a["preselfpay_amt"]), (300, 0))

    def test_refund_in_pieces_outpatient(self):
        p, c = W.pieces, his()
        v = h.Visit(c, p, False, DAY).admit()
        v.upload([line(YI, "3.333333", 7, "o"), line(JIA, 40, 1, "k")], "b1")
        back = lambda cnt, sn, amount: [line(YI, "3.333333", cnt, sn, amount, init_feedetl_sn="o")]
        v.upload(back("-3", "r1", "-10.00"), "b1")
        self.refused(c.ask("2204", h.m2204(p, v.mdtrt_id, v.begin, back("-1", "r2", "-3.33"), "b2")), field="chrg_bchno")
        self.refused(c.ask("2204", h.m2204(p, v.mdtrt_id, v.begin, back("-5", "r2", "-16.67"), "b1")), field="cnt")
        v.upload(back("-4", "r2", "-13.33"), "b1")
        a = h.check_identities(v.settle(total=40, batch="b1"))
        self.assertEqual((a["medfee_sumamt"], a["preselfpay_amt"], a["inscp_scp_amt"]), (40, 0, 40))
        v.reverse()

    def test_total_of_nothing_is_settled(self):
        """All of a stay refunded: a settlement of 0.00, which counts as a stay."""
        p, c = W.pieces, his()
        before = h.accumulators(c, p, 2025)
        v = h.Visit(c, p, True, DAY).admit()
        v.upload([line(JIA, 30, 2, "o")])
        v.upload([line(JIA, 30, -2, "r", init_feedetl_sn="o")])
        v.discharge()
        done = v.settle(total="0")
        self.assertEqual(set(h.check_identities(done).values()), {0})
        self.assertEqual(h.accumulators(c, p, 2025)["C0000_BIZ21"], before["C0000_BIZ21"] + 1)
        h.check_reversal(done, v.reverse())

    def test_refused_by_name(self):
        p, c = W.mid, his()
        v = h.ready_visit(c, p, DAY, [line(JIA, "100", 1, "1")])
        for infno in ("2303", "2304"):
            self.refused(c.ask(infno, h.settle_in(p, v.mdtrt_id, 100, mid="1")), field="mid_setl_flag")
        self.refused(c.ask("2401", h.m2401(p, v.begin, med_type="52")), "52", field="med_type")
        self.refused(c.ask("2401", h.m2401(p, v.begin, insutype="510")), "510", field="insutype")
        out = h.Visit(c, p, False, DAY)
        out.mdtrt_id = c.call("2201", h.m2201(p, out.begin))["data"]["mdtrt_id"]
        self.refused(c.ask("2203", h.m2203(p, out.mdtrt_id, out.begin, "13")), "13", field="med_type")
        self.refused(c.ask("2201", {"data": dict(h.m2201(p, out.begin)["data"], insutype="340")}), "340", field="insutype")

    def test_no_policy_that_day(self):
        """Cover runs since 2010, the policy since 2020: refused, at admission or at settlement, never a default."""
        p, c = W.old, his()
        answer = c.ask("2401", h.m2401(p, "2015-05-05 08:00:00"))
        if answer.ok:
            mdtrt = answer.output["result"]["mdtrt_id"]
            c.call("2301", h.m2301(p, mdtrt, "2015-05-05 08:00:00", [line(JIA, "100", 1, "1")]))
            c.call("2402", h.m2402(p, mdtrt, "2015-05-06 08:00:00"))
            self.refused(c.ask("2303", h.settle_in(p, mdtrt, 100)), "政策")
            answer = c.ask("2304", h.settle_in(p, mdtrt, 100))
        self.refused(answer, "政策")
        self.assertTrue(any(word in answer.err_msg for word in ("begntime", "endtime", "insuplc_admdvs")), answer.err_msg)


class Queries(h.Case):
    def test_5201_5202_5204_5206(self):
        p, c = W.queries, his()
        stay = h.ready_visit(c, p, "2025-02-01", LINES)
        done = stay.settle()
        clinic = h.ready_visit(c, p, "2025-02-20", [line(JIA, "500", 1, "1")], inpatient=False)
        clinic.settle()
        ask = lambda **d: c.call("5201", {"data": dict({"psn_no": p.psn_no, "begntime": "2025-01-01 00:00:00",
                                                       "endtime": "2025-12-31 23:59:59"}, **d)})["mdtrtinfo"]
        self.assertEqual(sorted(r["mdtrt_id"] for r in ask()), sorted([stay.mdtrt_id, clinic.mdtrt_id]))
        row, = ask(med_type="21")
        self.assertEqual((row["mdtrt_id"], row["psn_no"], row["begntime"], row["endtime"], row["ipt_otp_no"], row["fixmedins_code"]),
                         (stay.mdtrt_id, p.psn_no, stay.begin, stay.end, stay.number, W.clinic))
        self.assertEqual([r["mdtrt_id"] for r in ask(mdtrt_id=clinic.mdtrt_id)], [clinic.mdtrt_id])
        self.assertEqual(ask(endtime="2025-01-15 00:00:00"), [])
        self.assertEqual(c.call("5201", {"data": {"psn_no": p.psn_no, "begntime": "2025-01-01 00:00:00", "endtime": "2025-12-31 00:00:00"}},
                                fixmedins_code=W.hospital)["mdtrtinfo"], [])           # only one's own visits
        for v in (stay, clinic):
            for d in c.call("5202", h.whose(p, v.mdtrt_id))["diseinfo"]:
                self.assertEqual((d["diag_code"], d["diag_name"], d["diag_dept"], d["dise_dor_no"], d["diag_type"]),
                                 ("I10.x00x002", "高血压", "内科", "D141102000001", "1"))
        lines = c.call("5204", {"data": {"psn_no": p.psn_no, "setl_id": stay.setl_id, "mdtrt_id": stay.mdtrt_id}})["feedetail"]
        self.assertEqual([l["feedetl_sn"] for l in lines], [l["feedetl_sn"] for l in LINES])
        self.assertEqual({l["setl_id"] for l in lines}, {stay.setl_id})
        h.check_identities(done, lines)
        acc = h.accumulators(c, p, 2025)
        self.assertEqual(acc["C0000_BIZ21"], 1)
        self.assertEqual(acc["D310100"], money(done["setlinfo"]["hifp_pay"]) + money(clinic.query()["setlinfo"]["hifp_pay"]))
        self.assertEqual(c.call("5206", {"data": {"psn_no": p.psn_no, "cum_ym": "199901"}})["cuminfo"], [])
        s = stay.query()["setlinfo"]
        self.assertEqual((s["fixmedins_code"], s["begndate"], s["enddate"], s["year"], s["setl_id"]),
                         (W.clinic, stay.begin, stay.end, 2025, stay.setl_id))


class Reconciliation(h.Case):
    def test_3201_9101_3202_9102(self):
        """A day of its own institution: equal, then not equal, then line by line."""
        code = W.institution(charge_class=2)
        p, q = W.person("310"), W.person("310")
        W.load()
        c = his(code)
        visits = [h.ready_visit(c, x, DAY, [line(JIA, "1234.56", 1, "1")], inpatient=False) for x in (p, q, p)]
        done = [v.settle()["setlinfo"] for v in visits]
        gone = visits[2].reverse()["setlinfo"]
        today = done[0]["setl_time"][:10]
        optins = done[0]["clr_optins"]
        total = lambda rows, k: sum((money(r[k]) for r in rows), Decimal("0.00"))

        def ask(rows, count, **d):
            return c.call("3201", {"data": dict({"insutype": "310", "clr_type": "11", "setl_optins": optins, "stmt_begndate": today,
                                                 "stmt_enddate": gone["setl_time"][:10], "medfee_sumamt": str(total(rows, "medfee_sumamt")),
                                                 "fund_pay_sumamt": str(total(rows, "fund_pay_sumamt")), "acct_pay": str(total(rows, "acct_pay")),
                                                 "fixmedins_setl_cnt": count}, **d)})["stmtinfo"]
        right = ask(done + [gone], 2)
        self.assertEqual((right["setl_optins"], right["stmt_rslt"]), (optins, "0"), right)
        self.assertEqual(ask(done[:2], 2, refd_setl_flag="0")["stmt_rslt"], "0")
        for rows, count in ((done, 3), (done[:1], 2), (done + [gone], 3)):
            wrong = ask(rows, count)
            self.assertNotEqual(wrong["stmt_rslt"], "0")
            self.assertTrue(wrong["stmt_rslt_dscr"])
        self.assertEqual(ask([], 0, insutype="390")["stmt_rslt"], "0")
        self.assertEqual(ask([], 0, clr_type="21")["stmt_rslt"], "0")

        row = lambda s, flag, **d: "\t".join(str(dict(s, **d)[k]) for k in ("setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt",
                                                                          "acct_pay")) + "\t" + flag
        mine = [row(done[0], "0"), row(done[1], "0", fund_pay_sumamt="1.00"), row(gone, "1"),
                row(dict(done[0], setl_id="999999999"), "0")]                        # done[2] is missing, one is invented
        zipped = io.BytesIO()
        with zipfile.ZipFile(zipped, "w") as z:
            z.writestr("detail.txt", "\n".join(mine) + "\n")
        for form in (base64.b64encode(zipped.getvalue()).decode(), list(zipped.getvalue())):
            up = c.call("9101", {"fsUploadIn": {"in": form, "filename": "detail.zip", "fixmedins_code": code}})
            self.assertTrue(up["file_qury_no"])
        info = c.call("3202", {"data": {"setl_optins": optins, "file_qury_no": up["file_qury_no"], "stmt_begndate": today,
                                        "stmt_enddate": gone["setl_time"][:10], "medfee_sumamt": "1.00", "fund_pay_sumamt": "1.00",
                                        "cash_payamt": "0.00", "fixmedins_setl_cnt": 2, "clr_type": "11"}})["fileinfo"]
        self.assertEqual(set(info), {"file_qury_no", "filename", "dld_endtime"})
        fetch = {"fsDownloadIn": {"file_qury_no": info["file_qury_no"], "filename": info["filename"], "fixmedins_code": code}}
        answer = c.ask("9102", fetch)
        self.assertTrue(answer.file, answer.body[:200])
        with zipfile.ZipFile(io.BytesIO(answer.body)) as z:
            name, = z.namelist()
            rows = [r.split("\t") for r in z.read(name).decode("utf-8").splitlines()]
        result = {r[2]: r[4] for r in rows}
        self.assertEqual({len(r) for r in rows}, {10})
        self.assertEqual(result, {done[0]["setl_id"]: "0", done[1]["setl_id"]: "1", done[2]["setl_id"]: "1", gone["setl_id"]: "0",
                                  "999999999": "1"})
        other = his(W.hospital)
        self.refused(other.ask("9102", {"fsDownloadIn": dict(fetch["fsDownloadIn"], fixmedins_code=W.hospital)}), field="file_qury_no")
        self.refused(c.ask("9102", {"fsDownloadIn": dict(fetch["fsDownloadIn"], file_qury_no="1")}), field="file_qury_no")
        self.refused(c.ask("9101", {"fsUploadIn": {"in": "AAAA", "filename": "x", "fixmedins_code": W.hospital}}), field="fixmedins_code")

    def test_3202_broken_files(self):
        c, one = his(), io.BytesIO()
        with zipfile.ZipFile(one, "w") as z:
            z.writestr("detail.txt", "1\t2\tthree\n")
        for content, words in ((b"this is no zip file", "zip"), (one.getvalue(), "medfee_sumamt")):
            up = c.call("9101", {"fsUploadIn": {"in": base64.b64encode(content).decode(), "filename": "d.zip", "fixmedins_code": W.clinic}})
            self.refused(c.ask("3202", {"data": {"setl_optins": "141100", "file_qury_no": up["file_qury_no"], "stmt_begndate": DAY,
                                                 "stmt_enddate": DAY, "medfee_sumamt": "0", "fund_pay_sumamt": "0", "cash_payamt": "0",
                                                 "fixmedins_setl_cnt": 0}}), words, field="file_qury_no")


if __name__ == "__main__":
    h.main()
