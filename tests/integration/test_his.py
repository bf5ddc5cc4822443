#!/usr/bin/env python3
"""The sample messages of real HIS ($YB_SHARED/his/requests), sent as they are and with their two-digit years and ids mended.

Their institution lies in an area without a policy, so there each message is answered, or refused by an error that names a field; a copy of
the same messages with codes of 吕梁 goes through all of a visit. What has no sample is built from INTERFACE.md section 3.
"""
import base64, copy, io, json, os, re, unittest, zipfile

import hospital as h
from hospital import JIA, line, money

FOLDER = os.path.join(h.SHARED, "his", "requests")
OFFERED = ("1101 1201 1312 2001 2201 2202 2203 2203A 2204 2205 2206 2207 2208 2301 2302 2303 2304 2305 2401 2402 2403 2404 2405 2503 2504 2601 "
           "3201 3202 5201 5202 5203 5204 5205 5206 5301 5303 9001 9002 9101 9102").split()
SAMPLES = [i for i in OFFERED if os.path.exists(os.path.join(FOLDER, f"{i}.req.json"))]
HOSPITAL, PERSON, NAME = "H44030000001", "4403000000000000000000001", "测试甲"
CERTNO = "440300199001010010"                       # its check digit is wrong
MENDED = CERTNO[:17] + h.certno_check(CERTNO[:17])
W = None


def setUpModule():
    if not SAMPLES:
        raise unittest.SkipTest(f"no sample messages in {FOLDER} (YB_SHARED names the folder that holds his/)")
    global W
    W = h.World()
    there = W.person("310", area="440300", name=NAME, balc="100.00")
    there.psn_no, there.certno, there.birth, there.gend = PERSON, MENDED, "1990-01-01", "1"
    W.institution(code=HOSPITAL, name="测试机构", area="440300")
    W.here, W.our = W.person("310", balc="100.00"), W.institution(charge_class=3, tier="county")
    W.there = there
    W.load()


def tearDownModule():
    if W:
        h.check_audit()


def sample(infno):
    with open(os.path.join(FOLDER, f"{infno}.req.json"), encoding="utf-8") as f:
        return json.load(f)


def walk(value, change):
    if isinstance(value, dict):
        return {k: walk(v, change) for k, v in value.items()}
    if isinstance(value, list):
        return [walk(v, change) for v in value]
    return change(value)


def whole_years(message):
    """26-11-22 → 2025-11-22: a year with a past, so that discharges and lines can follow."""
    return walk(message, lambda v: "2025" + v[2:] if isinstance(v, str) and re.match(r"^\d\d-\d\d-\d\d( |$)", v) else v)


def keys(value):
    if isinstance(value, dict):
        return set(value) | {k for v in value.values() for k in keys(v)}
    if isinstance(value, list):
        return {k for v in value for k in keys(v)}
    return set()


class Samples(h.Case):
    def test_wrong_check_digit(self):
        if "1101" in SAMPLES:
            m = whole_years(sample("1101"))
            self.refused(self.post(m, HOSPITAL), field="mdtrt_cert_no")

    def post(self, message, hospital):
        return h.Client(hospital).send(json.dumps(message, ensure_ascii=False).encode(), message.get("infno") or "none")

    def properly(self, infno, message, answer):
        if not answer.ok:
            known = keys(message) | {"insuplc_admdvs", "mdtrt_id", "setl_id", "omsgid"}
            self.assertTrue(any(k in answer.err_msg for k in known), f"{infno}: no field is named: {answer.err_msg}")
        return answer


def as_given(infno):
    def test(self):
        """Not touched: two-digit years, empty ids."""
        m = sample(infno)
        answer = self.properly(infno, m, self.post(m, HOSPITAL))
        self.assertFalse(answer.ok, "a two-digit year was taken")
        mended = walk(whole_years(m), lambda v: MENDED if v == CERTNO else v)
        mended.update(infno=infno, msgid=h.new_msgid(HOSPITAL))
        answer = self.properly(infno, mended, self.post(mended, HOSPITAL))
        if infno in ("1101", "1201", "1312", "5201", "5205", "5206", "5301", "5303", "9001"):
            self.assertTrue(answer.ok, answer.err_msg)
    return test


for _infno in SAMPLES:
    setattr(Samples, f"test_{_infno}", as_given(_infno))


class Flow(Samples):
    """All transactions, in the order of a visit. `with_policy`: each must succeed."""

    def play(self, hospital, person, area, with_policy):
        at = {"day": "2025-11-26 12:52:40"}
        seen = []
        sign_no = ""

        def send(infno, nodes, **change):
            """The sample's envelope (or one built from the interface) with `nodes` put over its input."""
            m = whole_years(sample(infno)) if infno in SAMPLES else copy.deepcopy(h.Client(hospital).envelope(infno, {}))
            m = walk(m, lambda v: {HOSPITAL: hospital, PERSON: person.psn_no, CERTNO: person.certno, NAME: person.name, "440300": area}.get(v, v)
                     if isinstance(v, str) else v)
            for node, fields in nodes.items():
                old = m["input"].get(node)
                if isinstance(fields, list):
                    first = old[0] if isinstance(old, list) else old or {}
                    m["input"][node] = [dict(first, **f) for f in fields]
                else:
                    m["input"][node] = dict(old or {}, **fields)
            m.update(dict({"infno": infno, "msgid": h.new_msgid(hospital), "sign_no": sign_no}, **change))
            answer = self.properly(infno, m, self.post(m, hospital))
            seen.append(infno)
            if with_policy:
                self.assertTrue(answer.ok, f"{infno}: {answer.err_msg}")
            self.last_msgid = m["msgid"]
            return answer.output
        mdtrt_of = lambda out, node: out.get(node, {}).get("mdtrt_id", "1")
        sign_no = send("9001", {"signIn": {}})["signinoutb"]["sign_no"]
        base = send("1101", {"data": {}})
        if with_policy:
            self.assertEqual(base["baseinfo"]["psn_no"], person.psn_no)
        send("1201", {"medinsinfo": {"fixmedins_name": ""}})
        send("1312", {"data": {"updt_time": "2000-01-01", "page_num": 1}})
        send("2001", {"data": {"med_type": "11"}})
        # outpatient
        mdtrt = mdtrt_of(send("2201", {"data": {"ipt_otp_no": "HIS-1"}}), "data")
        diag = [{"diag_type": "1", "diag_code": "I10.x00x002"}]
        send("2203", {"mdtrtinfo": {"mdtrt_id": mdtrt}, "diseinfo": diag})
        send("2203A", h.m2203(person, mdtrt, at["day"]))
        fee = lambda sn, batch: {"feedetail": [{"feedetl_sn": sn, "mdtrt_id": mdtrt, "chrg_bchno": batch}]}
        send("2204", fee("1", "b1"))
        send("2205", {"data": {"mdtrt_id": mdtrt, "chrg_bchno": "b1"}})
        send("2204", fee("2", "b2"))
        pay = {"data": {"mdtrt_id": mdtrt, "chrg_bchno": "b2", "mdtrt_cert_no": person.certno, "medfee_sumamt": 2}}
        pre = send("2206", pay).get("setlinfo", {})
        echo = {k: pre.get(k, 0) for k in h.SCOPES}
        done = send("2207", {"data": dict(pay["data"], **{k: str(v) for k, v in echo.items()})})
        if with_policy:
            a = h.check_identities(done)
            self.assertEqual((a["medfee_sumamt"], a["acct_pay"], done["setlinfo"]["medins_setl_id"]), (2, 2, self.last_msgid))
        setl = done.get("setlinfo", {}).get("setl_id", "1")
        for infno in ("5203", "5204"):
            send(infno, {"data": {"mdtrt_id": mdtrt, "setl_id": setl}})
        send("5202", {"data": {"mdtrt_id": mdtrt}})
        visits = send("5201", {"data": {"begntime": "2025-01-01 00:00:00", "endtime": "2025-12-31 00:00:00"}})
        if with_policy:
            self.assertEqual([v["mdtrt_id"] for v in visits["mdtrtinfo"]], [mdtrt])
        for infno in ("5205", "5206", "5301", "5303"):
            send(infno, {"data": {}})
        gone = send("2208", {"data": {"setl_id": setl, "mdtrt_id": mdtrt}})
        if with_policy:
            h.check_reversal(done, gone)
        send("2207", pay)
        send("2601", {"data": {"omsgid": self.last_msgid}})
        send("2202", {"data": {"mdtrt_id": mdtrt, "ipt_otp_no": "HIS-1"}})
        # inpatient: no samples
        stay = mdtrt_of(send("2401", h.m2401(person, at["day"])), "result")
        send("2404", h.whose(person, stay))
        stay = mdtrt_of(send("2401", h.m2401(person, at["day"])), "result")
        send("2403", h.m2403(person, stay, at["day"]))
        send("2301", h.m2301(person, stay, at["day"], [line(JIA, 500, 1, "1"), line(JIA, 3, 1, "2")]))
        send("2302", h.m2302(person, stay, ["2"]))
        send("2402", h.m2402(person, stay, "2025-11-28 10:00:00"))
        send("2405", h.whose(person, stay))
        send("2402", h.m2402(person, stay, "2025-11-29 10:00:00"))
        pre = send("2303", h.settle_in(person, stay, 500)).get("setlinfo")
        done = send("2304", h.settle_in(person, stay, 500, echo=pre))
        if with_policy:
            h.check_identities(done)
        send("2305", h.undo(person, stay, done.get("setlinfo", {}).get("setl_id", "1")))
        sn = send("2503", h.m2503(person, hospital)).get("result", {}).get("trt_dcla_detl_sn", "1")
        send("2504", {"data": {"trt_dcla_detl_sn": sn, "psn_no": person.psn_no}})
        # the day's books
        today = done["setlinfo"]["setl_time"][:10] if done else "2025-11-29"
        send("3201", {"data": {"setl_optins": area[:4] + "00", "stmt_begndate": today, "stmt_enddate": today}})
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as z:
            z.writestr("detail.txt", "")
        up = send("9101", {"fsUploadIn": {"in": base64.b64encode(packed.getvalue()).decode()}})
        out = send("3202", {"data": {"file_qury_no": up["file_qury_no"], "stmt_begndate": today, "stmt_enddate": today, "medfee_sumamt": "0",
                                     "fund_pay_sumamt": "0", "cash_payamt": "0", "fixmedins_setl_cnt": 0}})["fileinfo"]
        send("9102", {"fsDownloadIn": {"file_qury_no": out["file_qury_no"], "filename": out["filename"], "fixmedins_code": hospital}})
        send("9002", {"signOut": {"sign_no": sign_no}})
        self.assertEqual(sorted(set(seen)), sorted(OFFERED))

    def test_all_of_a_visit(self):
        self.play(W.our, W.here, h.AREA, True)
        self.assertEqual(money(h.Client(W.our).call("1101", h.m1101(W.here))["insuinfo"][0]["balc"]), 100)

    def test_area_without_policy(self):
        self.play(HOSPITAL, W.there, "440300", False)


for _name in [n for n in dir(Samples) if n.startswith("test_")]:
    setattr(Flow, _name, None)


if __name__ == "__main__":
    h.main()
