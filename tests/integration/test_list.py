#!/usr/bin/env python3
"""Settlement lists through the gateway: 4101 and 4101A for a settled stay, what they are refused for, their versions and states, what
4103 and 4104 answer, whose they are, and that no settlement is lost between settlement and drg."""
import copy, unittest
from decimal import Decimal

import hospital as h
from hospital import BING, JIA, STUFF, YI, line, money

DAY = "2025-03-10"
W = None
PX = "47.0901"


def setUpModule():
    global W
    W = h.World()
    W.one, W.other = W.institution(charge_class=3, tier="county"), W.institution()
    W.people = [W.person("390", birth="1972-05-01") for _ in range(16)]
    W.employee = W.person("310", birth="1972-05-01", wage="90000.00", balc="500.00")
    W.load()


def his(code=None):
    return h.Client(code or W.one)


def settled(person, day=DAY, acct="0"):
    v = h.ready_visit(his(), person, day, [line(JIA, "1200.50", 3, "1"), line(YI, 300, 1, "2"), line(STUFF, 600, 1, "3"), line(BING, "50.25", 1, "4")])
    v.out = v.settle(acct=acct)
    return v


def fen(value):
    return Decimal(str(value))


def list_a(v, **head):
    """4101A: the clinical part."""
    return {"setlinfo": dict({"mdtrt_id": v.mdtrt_id, "setl_id": v.setl_id, "psn_no": v.person.psn_no, "medcasno": "B1", "adm_time": v.begin,
                              "dscg_time": v.end, "dscg_caty": "A03", "dscg_way": "1", "vent_used_dura": "0/1/30", "hi_paymtd": "4"}, **head),
            "diseinfo": [{"diag_type": "1", "diag_code": "K35.800", "diag_name": "急性阑尾炎", "adm_cond_type": "1", "maindiag_flag": "1"},
                         {"diag_type": "1", "diag_code": "I10.x00x002", "diag_name": "高血压", "adm_cond_type": "1", "maindiag_flag": "0"}],
            "oprninfo": [{"oprn_oprt_type": "1", "oprn_oprt_name": "阑尾切除术", "oprn_oprt_code": PX, "oprn_oprt_begntime": f"{v.day} 10:00:00",
                          "oper_dr_code": "D141102000001"}]}


def list_full(v, **head):
    """4101: everything, the amounts as the settlement has them."""
    s, p = v.out["setlinfo"], v.person
    own, total = fen(s["fulamt_ownpay_amt"]), fen(s["medfee_sumamt"])
    items = [{"med_chrgitm": f"{i:02d}", "amt": "0", "claa_sumfee": "0", "clab_amt": "0", "fulamt_ownpay_amt": "0", "oth_amt": "0"} for i in range(1, 15)]
    items[8].update(amt=str(total), claa_sumfee=str(total - own), fulamt_ownpay_amt=str(own))
    paid = [{"fund_pay_type": d["fund_pay_type"], "fund_payamt": str(d["fund_payamt"])} for d in v.out["setldetail"]]
    clinical = list_a(v)
    for o in clinical["oprninfo"]:
        o.update(oprn_oprt_date=v.day, oper_dr_name="测试医师")
    return dict(clinical, payinfo=paid, iteminfo=items, setlinfo=dict({
        "mdtrt_id": v.mdtrt_id, "setl_id": v.setl_id, "fixmedins_name": "测试医院", "fixmedins_code": W.one, "medcasno": "B1", "psn_name": p.name,
        "gend": p.gend, "brdy": p.birth, "age": "52", "ntly": "CHN", "naty": "01", "patn_cert_type": "01", "certno": p.certno, "prfs": "90",
        "coner_name": "测试乙", "patn_rlts": "1", "coner_addr": "测试地址", "coner_tel": "000", "hi_type": "390", "insuplc": h.AREA, "ipt_med_type": "1",
        "adm_time": v.begin, "adm_caty": "A03", "dscg_time": v.end, "dscg_caty": "A03", "act_ipt_days": "1", "dscg_way": "1", "bill_code": "1",
        "bill_no": "1", "biz_sn": "1", "setl_begn_date": v.day, "setl_end_date": v.day, "psn_ownpay": str(own), "acct_pay": str(s["acct_pay"]),
        "psn_cashpay": str(s["psn_cash_pay"]), "psn_selfpay": str(fen(s["acct_pay"]) + fen(s["psn_cash_pay"]) - own), "hi_paymtd": "4",
        "hsorg": "测试医保局", "hsorg_opter": "1", "medins_fill_dept": "医保办", "medins_fill_psn": "测试丙"}, **head))


def upload(c, infno, message, msgid=None):
    """The answer; the settlement's event may still be on its way, and the refusal says so."""
    def once():
        a = c.ask(infno, message, msgid)
        return None if "请稍后再传" in a.err_msg else a
    return h.until("drg knows the settlement", once)


def whose(v, **other):
    return {"data": dict({"psn_no": v.person.psn_no, "setl_id": v.setl_id}, **other)}


def state(v, stas_type):
    return {"stastinfo": {"psn_no": v.person.psn_no, "setl_id": v.setl_id, "stas_type": stas_type}}


class Lists(h.Case):
    def taken(self, infno, message, c=None, msgid=None):
        a = upload(c or his(), infno, message, msgid)
        self.assertTrue(a.ok, a.err_msg)
        number = a.output["setl_list_id"]
        self.assertRegex(number, r"^\d{1,30}$")
        return number

    def faulty(self, infno, message, rule, *words, field, errors=1):
        a = upload(his(), infno, message)
        self.refused(a, f"共{errors}处错误", f"[{rule}]", *words, field=field)
        return a

    def test_clinical_list(self):
        v = settled(W.employee, acct="1")
        number = self.taken("4101A", list_a(v))
        got = his().call("4103", whose(v))
        s, head = v.out["setlinfo"], got["setlinfo"]
        self.assertEqual((head["setl_list_sn"], head["setl_id"], head["mdtrt_id"]), (number, v.setl_id, v.mdtrt_id))
        self.assertEqual((head["stas_type"], head["vali_flag"], head["ver_no"]), ("1", "1", 1))
        self.assertEqual((head["psn_name"], head["certno"], head["gend"]), (v.person.name, v.person.certno, v.person.gend))
        self.assertEqual((head["vent_used_days"], head["vent_used_h_cnt"], head["vent_used_m_cnt"]), ("0", "1", "30"))
        self.assertEqual(money(head["acct_payamt"]), money(s["acct_pay"]))
        self.assertEqual(money(head["psn_cashpay"]), money(s["psn_cash_pay"]))
        self.assertGreater(money(s["acct_pay"]), 0)
        self.assertEqual(money(head["psn_ownpay_fee"]), money(s["fulamt_ownpay_amt"]))
        self.assertEqual(money(head["psn_selfpay_amt"]) + money(head["psn_ownpay_fee"]), money(s["acct_pay"]) + money(s["psn_cash_pay"]))
        self.assertEqual(sum(money(p["fund_payamt"]) for p in got["payinfo"]), money(s["fund_pay_sumamt"]))
        self.assertEqual([d["diag_code"] for d in got["diseinfo"]], ["K35.800", "I10.x00x002"])
        self.assertEqual([(o["oprn_oprt_code"], o["main_oprn_flag"]) for o in got["oprninfo"]], [(PX, "1")])
        found = his().call("4104", whose(v, setl_ym=s["setl_time"][:7].replace("-", "")))
        self.assertEqual((found["qltctrl_rslt"], found["setl_id"], found["retn_flag"]), ("1", v.setl_id, "0"))
        self.assertTrue(found["qltctrl_ver"])

    def test_full_list(self):
        v = settled(W.people[1])
        self.taken("4101", list_full(v))
        got = his().call("4103", whose(v))
        self.assertEqual(got["setlinfo"]["coner_name"], "测试乙")
        self.assertEqual(len(got["iteminfo"]), 14)
        self.assertEqual(money(sum(fen(i["item_sumamt"]) for i in got["iteminfo"])), money(v.out["setlinfo"]["medfee_sumamt"]))

    def test_warnings_are_kept(self):
        v = settled(W.people[2])
        m = list_full(v)
        m["iteminfo"] = m["iteminfo"][:12]
        self.taken("4101", m)
        found = his().call("4104", whose(v))
        self.assertEqual((found["qltctrl_rslt"], found["err_lv"]), ("1", "2"))
        one = next(f for f in found["detailinfo"] if f["rule_id"] == "AMT-09")
        self.assertEqual((one["exam_data_fld"], one["err_lv"], one["retn_flag"]), ("iteminfo.med_chrgitm", "2", "0"))
        self.assertIn("12类", one["qltctrl_chkrslt"])
        self.assertEqual(his().call("4104", whose(v, err_lv="3"))["detailinfo"], [])
        self.assertIn("警告", his().call("4103", whose(v))["setlinfo"]["chk_cont"])

    def test_faults_are_refused_with_field_and_number(self):
        v = settled(W.people[3])
        def a(**head):
            return list_a(v, **head)
        def changed(message, node, row, **fields):
            m = copy.deepcopy(message)
            m[node][row].update(fields)
            return m
        full = list_full(v)
        self.faulty("4101", list_full(v, psn_cashpay="0.01", psn_selfpay=str(fen("0.01") - fen(v.out["setlinfo"]["fulamt_ownpay_amt"]) +
                                                                              fen(v.out["setlinfo"]["acct_pay"]))),
                    "AMT-03", "0.01", field="setlinfo.psn_cashpay")
        self.faulty("4101", changed(full, "payinfo", 0, fund_payamt="1.00"), "AMT-05", "1.00", field="payinfo[1].fund_payamt")
        self.faulty("4101", list_full(v, gend="2" if v.person.gend == "1" else "1"), "IDN-01", field="setlinfo.gend")
        self.faulty("4101A", a(dscg_time=f"{DAY} 07:00:00"), "DAT-01", field="setlinfo.dscg_time", errors=2)
        self.faulty("4101A", a(dscg_way="7"), "FLD-06", field="setlinfo.dscg_way")
        self.faulty("4101A", changed(a(), "diseinfo", 1, maindiag_flag="1"), "DX-01", field="diseinfo")
        self.faulty("4101A", a(mdtrt_id="4711"), "AMT-01", field="setlinfo.mdtrt_id")
        self.faulty("4101A", a(psn_no=W.people[4].psn_no), "AMT-01", field="setlinfo.psn_no")
        # the last one's findings can be fetched, all of them, though nothing was stored
        found = his().call("4104", whose(v))
        self.assertEqual((found["qltctrl_rslt"], found["err_lv"], found["retn_flag"], found["setl_list_id"]), ("0", "3", "1", ""))
        self.assertEqual([(f["exam_data_fld"], f["rule_id"]) for f in found["detailinfo"] if f["err_lv"] == "3"], [("setlinfo.psn_no", "AMT-01")])
        self.refused(his().ask("4103", whose(v)), "没有已上传的清单", field="setl_id")
        self.taken("4101A", a())
        self.assertEqual(his().call("4104", whose(v))["qltctrl_rslt"], "1")

    def test_form_is_the_gateways_matter(self):
        v = settled(W.people[4])
        for message, field in ((list_full(v, psn_name=""), "setlinfo.psn_name"), (list_full(v, brdy="昨天"), "setlinfo.brdy"),
                               (list_full(v, psn_cashpay="1.234"), "setlinfo.psn_cashpay"), ({"diseinfo": []}, "setlinfo")):
            self.refused(his().ask("4101", message), field=field)
        m = list_a(v)
        del m["diseinfo"][1]["diag_code"]
        self.refused(his().ask("4101A", m), field="diseinfo[2].diag_code")

    def test_unknown_settlement(self):
        v = settled(W.people[5])
        v.setl_id = "4711"
        self.refused(his().ask("4101A", list_a(v)), "未查询到该次结算", "请稍后再传", field="setlinfo.setl_id")
        v.setl_id = "abc"
        self.refused(his().ask("4101A", list_a(v)), "setl_id", field="setlinfo.setl_id")
        self.refused(his().ask("4103", whose(v)), field="setl_id")
        v.setl_id = "4711"
        self.refused(his().ask("4104", whose(v)), "未查询到该次结算", field="setl_id")
        self.refused(his().ask("4102", state(v, "1")), "没有已上传的清单", field="setl_id")

    def test_other_institution(self):
        v = settled(W.people[6])
        self.taken("4101A", list_a(v))
        stranger = his(W.other)
        for infno, message in (("4101A", list_a(v)), ("4103", whose(v)), ("4104", whose(v)), ("4102", state(v, "0"))):
            self.refused(stranger.ask(infno, message), "不是本机构", field="setl_id")
        self.refused(his().ask("4101", list_full(v, fixmedins_code=W.other)), "不是本机构", field="fixmedins_code")

    def test_replaced(self):
        v = settled(W.people[7])
        number = self.taken("4101A", list_a(v))
        m = list_a(v, chfpdr_code="D141102000001", refldept_dept="A03→A04→A05")
        m["diseinfo"].reverse()
        self.assertEqual(self.taken("4101A", m), number, "a list keeps its number")
        got = his().call("4103", whose(v))
        self.assertEqual((got["setlinfo"]["ver_no"], got["setlinfo"]["chfpdr_code"], got["setlinfo"]["refl_caty"]), (2, "D141102000001", "A03→A04→A05"))
        self.assertEqual([d["diag_code"] for d in got["diseinfo"]], ["I10.x00x002", "K35.800"])

    def test_message_again(self):
        v = settled(W.people[8])
        c, msgid, m = his(), h.new_msgid(W.one), list_a(v)
        number = self.taken("4101A", m, c, msgid)
        again = c.ask("4101A", m, msgid)
        self.assertEqual((again.ok, again.output.get("setl_list_id")), (True, number))
        self.assertEqual(c.call("4103", whose(v))["setlinfo"]["ver_no"], 1)
        self.refused(c.ask("4101A", list_a(v, medcasno="B2"), msgid), "报文ID重复", field="msgid")

    def test_states(self):
        v = settled(W.people[9])
        self.taken("4101A", list_a(v, stas_type="0"))
        stas = lambda: his().call("4103", whose(v))["setlinfo"]["stas_type"]
        self.assertEqual(stas(), "0")
        his().call("4102", state(v, "1"))
        self.assertEqual(stas(), "1")
        his().call("4102", state(v, "0"))
        self.assertEqual(stas(), "0")
        self.refused(his().ask("4102", state(v, "9")), field="stas_type")
        other = copy.copy(v)
        other.person = W.people[8]
        self.refused(his().ask("4102", state(other, "1")), field="psn_no")
        both = {"stastinfo": [state(v, "1")["stastinfo"], dict(state(v, "1")["stastinfo"], setl_id="4711")]}
        self.refused(his().ask("4102", both), field="stastinfo[2].setl_id")
        self.assertEqual(stas(), "0", "all or none")
        # a draft may lack what a submitted list must have; then it is not submitted
        self.taken("4101A", list_a(v, stas_type="0", dscg_caty=""))
        self.refused(his().ask("4102", state(v, "1")), "尚缺1项", field="setl_id")
        self.faulty("4101A", list_a(v, dscg_caty=""), "FLD-02", field="setlinfo.dscg_caty")

    def test_reversed(self):
        v = settled(W.people[10])
        self.taken("4101A", list_a(v))
        back = v.reverse()["setlinfo"]["setl_id"]
        h.until("the list is void", lambda: his().call("4103", whose(v))["setlinfo"]["vali_flag"] == "0")
        self.refused(upload(his(), "4101A", list_a(v)), "已撤销", field="setl_id")
        self.refused(his().ask("4102", state(v, "0")), "失效", field="setl_id")
        self.refused(his().ask("4101A", dict(list_a(v), setlinfo=dict(list_a(v)["setlinfo"], setl_id=back))), "撤销记录", field="setl_id")
        self.refused(his().ask("4104", {"data": {"setl_id": back}}), "撤销记录", field="setl_id")
        v.out = v.settle()
        self.taken("4101A", list_a(v))

    def test_drg_killed_while_settling(self):
        known = [settled(W.people[11])]
        self.taken("4101A", list_a(known[0]))
        h.platform("kill", "drg")
        try:
            known += [settled(p, day="2025-03-12") for p in W.people[12:15]]   # settling does not wait for drg
            gone = known[1]
            gone.reverse()
            self.refused(his().ask("4101A", list_a(known[2])), status=503)
        finally:
            h.platform("start", "drg")
        for v in known[2:]:
            self.taken("4101A", list_a(v))
        self.refused(upload(his(), "4101A", list_a(gone)), "已撤销", field="setl_id")
        self.assertEqual(his().call("4103", whose(known[0]))["setlinfo"]["vali_flag"], "1")


if __name__ == "__main__":
    h.main()
