#!/usr/bin/env python3
"""Loads a demo prefecture into a running platform and plays one hospital morning through the gateway.

It speaks the national HIS interface as a hospital would, prints each receipt as a patient would want to read it, and
reconciles the day. A second run is harmless: the same rows change nothing, and other patients come with new visits.
"""
import argparse
import base64
import datetime
import hashlib
import http.client
import io
import json
import os
import re
import secrets
import shlex
import subprocess
import sys
import time
import unicodedata
import urllib.parse
import uuid
import zipfile
from decimal import ROUND_HALF_UP, Decimal

sys.dont_write_bytecode = True
import demo_data  # noqa: E402

SHANGHAI = datetime.timezone(datetime.timedelta(hours=8))
CENT = Decimal("0.01")
WIDTH = 100
DOCTOR = {"no": "D141102000901", "name": "演示医师", "dept": "A03", "dept_name": "内科"}
FUND_NAMES = {"3101": "职工基本医保统筹", "3102": "个人账户", "3301": "职工大额医疗费用补助", "3901": "居民基本医保统筹",
              "3902": "居民大病保险", "6101": "医疗救助"}
KIND_NAMES = {"institutions": "定点医药机构", "persons": "参保人员", "coverage": "参保关系", "tags": "救助身份",
              "chronic": "慢特病备案", "catalogue": "医保目录"}


class Refused(Exception):
    """The gateway answered, and the answer was no."""


def now():
    return datetime.datetime.now(SHANGHAI)


def money(value):
    return Decimal(str(value if value not in (None, "") else 0)).quantize(CENT, ROUND_HALF_UP)


def yuan(value):
    return f"{money(value):,.2f}"


# ---- text on a terminal: a Chinese character takes two columns ----

def columns(text):
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 0 if unicodedata.combining(c) else 1 for c in text)


def pad(text, width, right=False):
    fill = " " * max(0, width - columns(text))
    return fill + text if right else text + fill


def table(head, rows, right=()):
    widths = [max(columns(str(r[i])) for r in [head] + rows) for i in range(len(head))]
    for n, row in enumerate([head] + rows):
        print("  " + "  ".join(pad(str(c), widths[i], i in right and n > 0) for i, c in enumerate(row)).rstrip())
        if n == 0:
            print("  " + "  ".join("─" * w for w in widths))


def wrap(text, width):
    """Chinese has no spaces to cut at; a number or a Latin word stays whole, no line begins with a closing mark."""
    line, used = "", 0
    for piece in re.findall(r"(?:[!-~]+|.)[，。、：；”〕）]*", text):
        w = columns(piece)
        if used + w > width and line:
            yield line.rstrip()
            line, used, piece = "", 0, piece.lstrip()
            w = columns(piece)
        line, used = line + piece, used + w
    if line:
        yield line


def heading(text):
    print(f"\n━━ {text} " + "━" * max(0, WIDTH - columns(text) - 4))


# ---- the hospital's side of the interface ----

class Hospital:
    """One connection to the gateway, on which several institutions speak."""

    def __init__(self, url, secret):
        u = urllib.parse.urlparse(url)
        self.connection = http.client.HTTPConnection(u.hostname, u.port or 80, timeout=30)
        self.secret, self.sequence, self.sign_no = secret, 0, {}
        self.names = {i[0]: i[1] for i in demo_data.INSTITUTIONS}
        self.signing = {i[0] for i in demo_data.INSTITUTIONS if i[5]}

    def headers(self, institution):
        head = {"Content-Type": "application/json; charset=utf-8"}
        if institution in self.signing:
            stamp, nonce = str(int(time.time())), uuid.uuid4().hex
            text = stamp + self.secret + nonce + stamp
            head.update({"x-tif-paasid": institution, "x-tif-timestamp": stamp, "x-tif-nonce": nonce,
                         "x-tif-signature": hashlib.sha256(text.encode()).hexdigest()})
        return head

    def envelope(self, infno, institution, data):
        self.sequence += 1
        moment = now()
        return {"infno": infno, "msgid": f"{institution}{moment:%Y%m%d%H%M%S}{self.sequence % 10000:04d}",
                "mdtrtarea_admvs": demo_data.AREA, "insuplc_admdvs": demo_data.AREA, "recer_sys_code": "YBXT",
                "dev_no": "", "dev_safe_info": "", "cainfo": "", "signtype": "", "infver": "V1.0", "opter_type": "1",
                "opter": "0901", "opter_name": "演示收费员", "inf_time": f"{moment:%Y-%m-%d %H:%M:%S}",
                "fixmedins_code": institution, "fixmedins_name": self.names[institution],
                "sign_no": self.sign_no.get(institution, ""), "input": data}

    def post(self, infno, institution, data):
        body = json.dumps(self.envelope(infno, institution, data), ensure_ascii=False).encode()
        self.connection.request("POST", f"/hsa/hgs/{infno}", body, self.headers(institution))
        answer = self.connection.getresponse()
        return answer.status, answer.read()

    def call(self, infno, institution, data):
        status, raw = self.post(infno, institution, data)
        try:
            answer = json.loads(raw.decode("utf-8"))
        except ValueError:
            raise Refused(f"{infno}: HTTP {status}, 应答不是JSON") from None
        if str(answer.get("infcode")) != "0":
            raise Refused(f"{infno}: {answer.get('err_msg') or f'HTTP {status}'}")
        return answer.get("output") or {}

    def download(self, institution, data):
        """9102: a zip when it succeeds, JSON when it does not."""
        status, raw = self.post("9102", institution, data)
        if raw[:2] != b"PK":
            raise Refused(f"9102: {json.loads(raw.decode('utf-8')).get('err_msg')} (HTTP {status})")
        return raw

    def sign_in(self, institution):
        if institution not in self.sign_no:
            out = self.call("9001", institution,
                            {"signIn": {"opter_no": "0901", "mac": "00-00-00-00-00-00", "ip": "127.0.0.1"}})
            self.sign_no[institution] = out["signinoutb"]["sign_no"]

    def sign_out_all(self):
        for institution, sign_no in self.sign_no.items():
            self.call("9002", institution, {"signOut": {"sign_no": sign_no, "opter_no": "0901"}})


class Visit:
    """One patient at one institution, from the register to the settlement."""

    def __init__(self, hospital, items, institution, person, med_type, number, dise_codg=""):
        self.hospital, self.items, self.institution, self.person = hospital, items, institution, person
        self.med_type, self.number, self.dise_codg = med_type, number, dise_codg
        self.inpatient = med_type == "21"
        self.end = now()
        self.begin = self.end - datetime.timedelta(days=6) if self.inpatient else self.end
        self.cert = {"mdtrt_cert_type": "02", "mdtrt_cert_no": person["certno"]}
        self.mdtrt_id, self.total, self.body = "", Decimal(0), {}

    def call(self, infno, data):
        return self.hospital.call(infno, self.institution, data)

    def lines(self, bill):
        lines = []
        for n, (key, count) in enumerate(bill, 1):
            item = self.items[key]
            amount = (Decimal(item["price"]) * Decimal(count)).quantize(CENT, ROUND_HALF_UP)
            self.total += amount
            lines.append({"feedetl_sn": f"{self.number}-{n}", "mdtrt_id": self.mdtrt_id, "psn_no": self.person["psn_no"],
                          "fee_ocur_time": self.stamp(self.begin), "med_list_codg": item["code"],
                          "medins_list_codg": f"Y{n:04d}", "det_item_fee_sumamt": str(amount), "cnt": str(count),
                          "pric": item["price"], "hosp_appr_flag": "0", "bilg_dept_codg": DOCTOR["dept"],
                          "bilg_dept_name": DOCTOR["dept_name"],
                          "bilg_dr_codg": DOCTOR["no"], "bilg_dr_name": DOCTOR["name"]})
        return lines

    @staticmethod
    def stamp(moment):
        return f"{moment:%Y-%m-%d %H:%M:%S}"

    def diagnosis(self, code, name):
        return {"psn_no": self.person["psn_no"], "diag_type": "1", "maindiag_flag": "1", "diag_srt_no": "1",
                "diag_code": code, "diag_name": name, "adm_cond": "1", "diag_dept": DOCTOR["dept"], "dise_dor_no": DOCTOR["no"],
                "dise_dor_name": DOCTOR["name"], "diag_time": self.stamp(self.begin), "vali_flag": "1"}

    def register(self, bill, diag_code, diag_name):
        self.hospital.sign_in(self.institution)
        who = self.call("1101", {"data": dict(self.cert, psn_cert_type="01", certno=self.person["certno"],
                                              psn_name=self.person["name"])})
        if who["baseinfo"]["psn_no"] != self.person["psn_no"]:
            raise Refused(f"1101: 查到的人员编号是 {who['baseinfo']['psn_no']}, 应为 {self.person['psn_no']}")
        diag = self.diagnosis(diag_code, diag_name)
        (self.register_stay if self.inpatient else self.register_outpatient)(bill, diag)

    def register_stay(self, bill, diag):
        psn, kind = self.person["psn_no"], self.person["insutype"]
        out = self.call("2401", {"mdtrtinfo": dict(
            self.cert, psn_no=psn, insutype=kind, begntime=self.stamp(self.begin), med_type="21", ipt_no=self.number,
            atddr_no=DOCTOR["no"], chfpdr_name=DOCTOR["name"], adm_diag_dscr=diag["diag_name"],
            adm_dept_codg=DOCTOR["dept"], adm_dept_name=DOCTOR["dept_name"], adm_bed="12", dscg_maindiag_code=diag["diag_code"],
            dscg_maindiag_name=diag["diag_name"]), "diseinfo": [diag]})
        self.mdtrt_id = out["result"]["mdtrt_id"]
        self.call("2301", {"feedetail": [dict(line, med_type="21") for line in self.lines(bill)]})
        leave = {"mdtrt_id": self.mdtrt_id, "psn_no": psn, "insutype": kind, "endtime": self.stamp(self.end),
                 "dscg_dept_codg": DOCTOR["dept"], "dscg_dept_name": DOCTOR["dept_name"], "dscg_way": "1"}
        self.call("2402", {"dscginfo": leave, "diseinfo": [dict(diag, mdtrt_id=self.mdtrt_id)]})

    def register_outpatient(self, bill, diag):
        psn, name = self.person["psn_no"], demo_data.CHRONIC.get(self.dise_codg, "")
        out = self.call("2201", {"data": dict(
            self.cert, psn_no=psn, insutype=self.person["insutype"], begntime=self.stamp(self.begin),
            ipt_otp_no=self.number, atddr_no=DOCTOR["no"], dr_name=DOCTOR["name"], dept_code=DOCTOR["dept"],
            dept_name=DOCTOR["dept_name"], caty="A03")})
        self.mdtrt_id = out["data"]["mdtrt_id"]
        visit = {"mdtrt_id": self.mdtrt_id, "psn_no": psn, "med_type": self.med_type, "begntime": self.stamp(self.begin),
                 "dise_codg": self.dise_codg, "dise_name": name}
        self.call("2203", {"mdtrtinfo": visit, "diseinfo": [diag]})
        self.call("2204", {"feedetail": [dict(line, chrg_bchno=self.number, dise_codg=self.dise_codg)
                                         for line in self.lines(bill)]})

    def settle(self, use_account):
        """Asks first (2303/2206), then settles with the amounts echoed (2304/2207)."""
        body = dict(self.cert, psn_no=self.person["psn_no"], insutype=self.person["insutype"], mdtrt_id=self.mdtrt_id,
                    medfee_sumamt=str(self.total), psn_setlway="01", acct_used_flag="1" if use_account else "0")
        if self.inpatient:
            body["mid_setl_flag"] = "0"
        else:
            body.update(med_type=self.med_type, chrg_bchno=self.number)
        pre = self.call("2303" if self.inpatient else "2206", {"data": body})["setlinfo"]
        echo = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
        body.update({k: str(money(pre[k])) for k in echo})
        body["invono"] = self.number
        return self.call("2304" if self.inpatient else "2207", {"data": body})

    def cancel(self, setl_id):
        return self.call("2305" if self.inpatient else "2208",
                         {"data": {"mdtrt_id": self.mdtrt_id, "setl_id": setl_id, "psn_no": self.person["psn_no"]}})


# ---- what the patient reads ----

def percent(rate):
    try:
        d = Decimal(str(rate).rstrip("%")) * (1 if str(rate).endswith("%") else 100)
    except ArithmeticError:
        return str(rate)
    return f"{d.normalize():f}%"


def cited(source):
    """The policy file's shorthand in words a patient knows."""
    text = source.replace("LL ", demo_data.POLICY_SOURCE, 1) if source.startswith("LL ") else source
    if text.startswith("assumed:"):
        text = "推定：" + text.removeprefix("assumed:").strip()
    return text.replace("LL ", demo_data.POLICY_SOURCE).replace("系assumed", "为推定").replace("（assumed）", "（推定）")


def explain(text):
    """The steps kept with a fund's payment (setl_proc_info), one line each: what was taken, rate, limit, result, source."""
    lines = []
    for step in json.loads(text or "[]", parse_float=Decimal):
        if "output" not in step:
            lines.append(step["name"])
            continue
        base, out, rate, kind = yuan(step["input"]), yuan(step["output"]), step.get("rate"), step["step"]
        if not money(step["output"]) and kind != "scope":
            continue                         # a step that did nothing tells a patient nothing
        source = step.get("source") or step.get("limit_source")
        if kind == "scope":
            words = f"总费用 {base}，其中 {out}"
        elif kind == "deductible":
            words = f"先由个人负担 {out}"
            source = step.get("limit_source") or source
        elif kind == "safety_net":
            words = f"个人仍负担 {base}，最多负担 {yuan(step['limit'])}，再付 {out}"
            source = step.get("limit_source") or source
        elif kind == "account":
            words = f"个人负担 {base}，账户付 {out}"
        else:
            over = f"超过 {yuan(step['line'])} 的部分 " if money(step.get("line")) else ""
            words = f"{over}{base} × {percent(rate)} → {out}" if rate not in (None, "") else f"{over}{base} → {out}"
            product = money(Decimal(str(step["input"])) * Decimal(str(rate or 1)))
            if step.get("limit") not in (None, "") and product > money(step["output"]):
                words += f"（限额只余 {yuan(step['limit'])}）"
        source = f"〔{cited(source)}〕" if source else ""
        lines.append(f"{step['name']}：{words}{source}")
    return lines


def fund_name(detail):
    kind = str(detail.get("fund_pay_type"))
    return detail.get("fund_pay_type_name") or FUND_NAMES.get(kind[:4], kind)


def print_steps(text):
    for step in explain(text):
        for n, line in enumerate(wrap(step, WIDTH - 8)):
            print(("      · " if n == 0 else "        ") + line)


def receipt(title, visit, out):
    info, person = out["setlinfo"], visit.person
    heading(title)
    print(f"  患者 {person['name']}    身份证 {person['certno']}    "
          f"{'职工医保' if person['insutype'] == '310' else '居民医保'}{' · ' + person['tag'] if person['tag'] else ''}")
    print(f"  医院 {visit.hospital.names[visit.institution]}    就诊号 {visit.mdtrt_id}")
    print(f"  结算号 {info.get('setl_id')}    结算时间 {info.get('setl_time', '')}")
    amount = lambda label, key: print(f"  {pad(label, 34)}{pad(yuan(info.get(key)), 14, True)}")
    amount("总费用", "medfee_sumamt")
    for label, key in (("  目录外全自费", "fulamt_ownpay_amt"), ("  超限价自费", "overlmt_selfpay"),
                       ("  乙类先行自付", "preselfpay_amt"), ("  进入医保范围", "inscp_scp_amt"), ("  其中起付线", "act_pay_dedc")):
        if money(info.get(key)):
            amount(label, key)
    account_steps = None
    for detail in out.get("setldetail") or []:
        if str(detail.get("fund_pay_type")).startswith("3102"):
            account_steps = detail.get("setl_proc_info")      # told below: an account is the patient's own
        elif money(detail.get("fund_payamt")):
            print(f"  {pad(fund_name(detail) + ' 支付', 34)}{pad(yuan(detail['fund_payamt']), 14, True)}")
            print_steps(detail.get("setl_proc_info"))
    amount("基金合计", "fund_pay_sumamt")
    if money(info.get("acct_pay")):
        amount("个人账户支付", "acct_pay")
        print_steps(account_steps)
    amount("退您现金" if money(info.get("psn_cash_pay")) < 0 else "您付现金", "psn_cash_pay")
    if person["insutype"] == "310":
        amount("账户余额", "balc")


# ---- the hospital's own book, for reconciling ----

class Book:
    """What the hospitals believe was settled, one JSON line each, kept across runs as a HIS keeps its own records."""

    def __init__(self, path, database_mark):
        self.path = path
        try:
            if os.path.getmtime(path) < os.path.getmtime(database_mark):
                os.remove(path)              # of a database that is no more
        except OSError:
            pass                             # no book yet, or a database of another kind

    def add(self, visit, info, refund):
        row = {"day": str(info.get("setl_time") or now())[:10], "institution": visit.institution,
               "insutype": visit.person["insutype"], "clr_type": str(info.get("clr_type") or ("21" if visit.inpatient else "11")),
               "setl_optins": str(info.get("clr_optins") or demo_data.AREA), "setl_id": info["setl_id"],
               "mdtrt_id": visit.mdtrt_id, "psn_no": visit.person["psn_no"], "refd_setl_flag": "1" if refund else "0"}
        row.update({k: str(money(info.get(k))) for k in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")})
        with open(self.path, "a", encoding="utf-8") as f:
            f.write(json.dumps(row) + "\n")
            f.flush()
            os.fsync(f.fileno())

    def groups(self, day):
        """Rows of the day by what 3201 is asked for: institution, clearing office, scheme, clearing type."""
        found = {}
        with open(self.path, encoding="utf-8") as f:
            for line in f:
                row = json.loads(line)
                if row["day"] == day:
                    found.setdefault((row["institution"], row["setl_optins"], row["insutype"], row["clr_type"]), []).append(row)
        return found


def totals(rows):
    out = {k: str(sum((money(r[k]) for r in rows), Decimal(0))) for k in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay")}
    out["fixmedins_setl_cnt"] = str(sum(-1 if r["refd_setl_flag"] == "1" else 1 for r in rows))
    return out


def ask_totals(hospital, key, day, rows):
    institution, office, insutype, clr_type = key
    hospital.sign_in(institution)
    data = dict(totals(rows), insutype=insutype, clr_type=clr_type, setl_optins=office, stmt_begndate=day, stmt_enddate=day,
                refd_setl_flag="1")
    return hospital.call("3201", institution, {"data": data})["stmtinfo"]


def ask_details(hospital, key, day, rows):
    """9101 the hospital's rows, 3202, 9102 the differences."""
    institution, office, _, clr_type = key
    fields = ("setl_id", "mdtrt_id", "psn_no", "medfee_sumamt", "fund_pay_sumamt", "acct_pay", "refd_setl_flag")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("detail.txt", "".join("\t".join(r[f] for f in fields) + "\n" for r in rows))
    up = hospital.call("9101", institution, {"fsUploadIn": {
        "in": base64.b64encode(packed.getvalue()).decode(), "filename": "detail.zip", "fixmedins_code": institution}})
    number = (up.get("fsUploadOut") or up)["file_qury_no"]
    sums = totals(rows)
    cash = money(sums["medfee_sumamt"]) - money(sums["fund_pay_sumamt"]) - money(sums.pop("acct_pay"))
    data = dict(sums, setl_optins=office, file_qury_no=number, stmt_begndate=day, stmt_enddate=day, cash_payamt=str(cash),
                clr_type=clr_type)
    out = hospital.call("3202", institution, {"data": data})["fileinfo"]
    raw = hospital.download(institution, {"fsDownloadIn": {
        "file_qury_no": out["file_qury_no"], "filename": out["filename"], "fixmedins_code": institution}})
    with zipfile.ZipFile(io.BytesIO(raw)) as z:
        text = z.read(z.namelist()[0]).decode("utf-8-sig")
    return [line.split("\t") for line in text.splitlines() if line.strip()]


def reconcile(hospital, book):
    day = f"{now():%Y-%m-%d}"
    groups = book.groups(day)
    heading(f"日对账 {day}（3201 总账）")
    rows = []
    for key, mine in sorted(groups.items()):
        answer, sums = ask_totals(hospital, key, day, mine), totals(mine)
        rows.append([hospital.names[key[0]], "职工" if key[2] == "310" else "居民", "住院" if key[3] == "21" else "门诊",
                     sums["fixmedins_setl_cnt"], yuan(sums["medfee_sumamt"]), yuan(sums["fund_pay_sumamt"]),
                     "平" if str(answer["stmt_rslt"]) == "0" else "不平：" + str(answer.get("stmt_rslt_dscr"))])
    table(["机构", "险种", "类别", "人次", "总费用", "基金支付", "结果"], rows, right=(3, 4, 5))
    if not groups:
        return
    key = max(groups, key=lambda k: (len(groups[k]), k))
    wrong = [dict(r) for r in groups[key]]
    wrong[0]["fund_pay_sumamt"] = str(money(wrong[0]["fund_pay_sumamt"]) + 1)
    if len(wrong) > 1:
        wrong.pop()
    print(f"\n  假如{hospital.names[key[0]]}记错一笔（基金多记1.00元{'，漏记一笔' if len(groups[key]) > 1 else ''}）：")
    print(f"  3201 → {ask_totals(hospital, key, day, wrong).get('stmt_rslt_dscr')}")
    print("  9101 上传明细 → 3202 → 9102 下载差异：")
    answer = ask_details(hospital, key, day, wrong)
    differences = [row for row in answer if len(row) >= 10 and row[4] != "0" and row[2] != "setl_id"]
    table(["结算号", "就诊号", "总费用", "基金", "账户", "说明"],
          [[r[2], r[1], r[7], r[8], r[9], r[6]] for r in differences], right=(2, 3, 4))


# ---- the morning ----

INPATIENT_BILL = (("bed_private", 6), ("ward_round", 6), ("nursing", 6), ("blood", 2), ("biochem", 2), ("ecg", 2),
                  ("ct", 1), ("surgery", 1), ("stent", 2), ("clopidogrel", 3), ("atorvastatin", 6), ("infusion", 12), ("vitamin", 1))
POOR_BILL = (("icu", 6), ("vent", 96), ("dialysis", 24), ("filter", 24), ("meropenem", 72), ("albumin", 40), ("ct", 4),
             ("mri", 2), ("biochem", 12), ("blood", 12), ("infusion", 60))
OUTPATIENT_BILL = (("visit", 1), ("blood", 1), ("biochem", 1), ("ct", 1), ("cold_herb", 2), ("amoxicillin", 2), ("vitamin", 1))
CHRONIC_BILL = (("visit", 1), ("amlodipine", 8), ("valsartan", 6), ("atorvastatin", 8), ("heart_herb", 3))
CANCEL_BILL = (("visit", 1), ("blood", 1), ("cold_herb", 1), ("amoxicillin", 1))


def choose(persons, run, accept):
    fit = [p for p in persons if accept(p)]
    return fit[(run - 1) % len(fit)]


def cast(persons, run):
    """Who comes this morning: other persons at each run, so that a receipt does not depend on the runs before."""
    plain = lambda p: not p["tag"] and not p["chronic"] and not p["pupil"]
    working = [p for p in persons if p["insutype"] == "310" and plain(p) and not p["retired"]]
    return {
        "inpatient": choose(working[::2], run, lambda p: True),
        "outpatient": choose(working[1::2], run, lambda p: True),
        "chronic": choose(persons, run,
                          lambda p: p["insutype"] == "390" and p["chronic"] == "M03900" and not p["tag"]),
        "poor": choose(persons, run, lambda p: p["tag"] == "特困" and not p["chronic"]),
        "cancel": choose(persons, run, lambda p: p["insutype"] == "390" and plain(p)),
    }


def play(hospital, items, people, book):
    serial = f"{now():%y%m%d%H%M%S}"
    scenes = (
        ("1  职工住院（一类医院，请求带签名）", "inpatient", "H14110200901", "21", INPATIENT_BILL, "I20.000", "不稳定型心绞痛"),
        ("2  职工普通门诊", "outpatient", "H14110200905", "11", OUTPATIENT_BILL, "J06.900", "急性上呼吸道感染"),
        ("3  居民门诊慢特病（高血压）", "chronic", "H14110200903", "14", CHRONIC_BILL, "I10.x00x002", "高血压"),
        ("4  特困居民大病住院：基本医保、大病保险、医疗救助一站结算", "poor", "H14110200902", "21", POOR_BILL, "A41.900", "脓毒症"),
        ("5  居民普通门诊，随后退费", "cancel", "H14110200903", "11", CANCEL_BILL, "J06.900", "急性上呼吸道感染"),
    )
    summary = []
    for n, (title, role, institution, med_type, bill, diag_code, diag_name) in enumerate(scenes, 1):
        person = people[role]
        visit = Visit(hospital, items, institution, person, med_type, f"D{serial}{n}", "M03900" if role == "chronic" else "")
        visit.register(bill, diag_code, diag_name)
        out = visit.settle(use_account=person["insutype"] == "310")
        book.add(visit, out["setlinfo"], refund=False)
        receipt(title, visit, out)
        summary.append(summary_row(title, visit, out["setlinfo"]))
        if role == "cancel":
            back = visit.cancel(out["setlinfo"]["setl_id"])
            book.add(visit, back["setlinfo"], refund=True)
            receipt("   退费（2208）：每一笔原路退回", visit, back)
            summary.append(summary_row("   退费", visit, back["setlinfo"]))
    return summary


def summary_row(title, visit, info):
    short = title.split("（")[0].split("：")[0].split("，")[0]
    return [short, visit.person["name"]] + [yuan(info.get(k)) for k in (
        "medfee_sumamt", "hifp_pay", "hifmi_pay", "hifob_pay", "maf_pay", "acct_pay", "psn_cash_pay")] + [str(info.get("setl_id"))]


# ---- loading ----

def institution_secret(home):
    """Made once per platform, so that the import stays the same and no two platforms share it."""
    path = os.path.join(home, "secrets", "demo-institution")
    if not os.path.exists(path):
        fd = os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(fd, "w") as f:
            f.write(secrets.token_hex(16))
        os.replace(path + ".new", path)
    with open(path, encoding="ascii") as f:
        return f.read().strip(), path


def load(ctl, folder):
    heading("导入演示统筹区（吕梁，全部为虚构人员和机构）")
    for kind in demo_data.KINDS:
        begin = time.monotonic()
        print(f"  {pad(KIND_NAMES[kind], 14)}", end="", flush=True)
        if sys.stderr.isatty():
            print(flush=True)
        done = subprocess.run([ctl, "import", kind, os.path.join(folder, kind + ".csv"), "--replace"], stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=None if sys.stderr.isatty() else subprocess.PIPE, text=True,
                              encoding="utf-8", check=False)
        if done.returncode:
            print(f"\n{done.stdout}{done.stderr or ''}")
            sys.exit(f"错误：导入 {kind} 失败（yibaoctl import 退出码 {done.returncode}）")
        last = (done.stdout.strip().splitlines() or ["完成"])[-1]
        for english, chinese in (("added", "新增"), ("changed", "更新"), ("same", "相同"), ("failed", "出错"), (", ", "，")):
            last = last.replace(english, chinese)
        print(f"  {last}  ({time.monotonic() - begin:.1f} s)", flush=True)


def next_run(path):
    """The number of this run, from 1."""
    try:
        with open(path, encoding="ascii") as f:
            run = int(f.read()) + 1
    except (OSError, ValueError):
        run = 1
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write(f"{run}\n")
    os.replace(path + ".new", path)
    return run


# ---- grouping ----

DRG_COLUMNS = "id sex age age_day weight los discharge dx px"
DRG_CASE = ("出院-1", "1", "68", "", "", "9", "2025-03-10", "J18.000|J69.000|I50.900", "")


def run_ctl(ctl, *args):
    done = subprocess.run([ctl, *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", check=False)
    if done.returncode:
        sys.exit(f"错误：yibaoctl {' '.join(args)}（退出码 {done.returncode}）\n{done.stdout}{done.stderr}")
    return done.stdout


def group(ctl, folder, source):
    """One discharged case to its DRG, by the starter scheme of the prefecture."""
    heading("DRG分组（起步方案，仅供演示，不能用于付费）")
    run_ctl(ctl, "scheme", "import", os.path.join(source, "services", "drg", "data", "starter"), "--name", "starter",
            "--area", demo_data.PREFECTURE, "--from", demo_data.SINCE, "--replace")
    path = os.path.join(folder, "discharged.tsv")
    with open(path + ".new", "w", encoding="utf-8") as f:
        f.write("\t".join(DRG_COLUMNS.split()) + "\n" + "\t".join(DRG_CASE) + "\n")
    os.replace(path + ".new", path)
    lines = run_ctl(ctl, "group", "--area", demo_data.AREA, path, "--explain", DRG_CASE[0]).splitlines()
    shown = [line for line in lines if not line.lstrip().startswith("×")]
    print("\n".join(f"  {line}".rstrip() for line in shown))
    print(f"  （另有 {len(lines) - len(shown)} 条规则试过而不成立，未列出）")


# ---- the end ----

def farewell(url, persons, people, secret_path, ctl, where, summary):
    heading("接着试")
    print(f"  网关 {url}   （任意路径 POST，按 infno 分派；{where}make down 停止，数据保留）\n")
    tests = [people["inpatient"], people["outpatient"], people["chronic"], people["poor"], persons[6]]
    table(["测试人员", "身份证号", "人员编号", "险种", "身份", "慢特病"],
          [[p["name"], p["certno"], p["psn_no"], "职工 310" if p["insutype"] == "310" else "居民 390", p["tag"] or "-",
            p["chronic"] or "-"] for p in tests])
    code, name = demo_data.INSTITUTIONS[0][:2]
    body = {"infno": "1101", "msgid": "$code$(date +%Y%m%d%H%M%S)0001", "mdtrtarea_admvs": demo_data.AREA,
            "insuplc_admdvs": demo_data.AREA, "recer_sys_code": "YBXT", "infver": "V1.0", "opter_type": "1", "opter": "0901", "opter_name": "演示收费员",
            "inf_time": "$(date '+%Y-%m-%d %H:%M:%S')", "fixmedins_code": "$code", "fixmedins_name": name,
            "input": {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": persons[6]["certno"], "psn_cert_type": "01",
                               "certno": persons[6]["certno"], "psn_name": persons[6]["name"]}}}
    text = json.dumps(body, ensure_ascii=False)
    shanghai = datetime.timezone(datetime.timedelta(hours=8))
    month = f"--area {demo_data.AREA[:4]}00 --month {datetime.datetime.now(shanghai):%Y%m}"
    print(f"""
  带签名的请求（x-tif-signature = sha256(时间戳+密钥+随机数+时间戳)），可直接粘贴：

code={code}; secret=$(cat {shlex.quote(secret_path)}); ts=$(date +%s); nonce=$(cat /proc/sys/kernel/random/uuid)
sig=$(printf %s "$ts$secret$nonce$ts" | sha256sum | cut -d' ' -f1)
curl -s {url}/hsa/hgs/1101 -H 'Content-Type: application/json' \\
  -H "x-tif-paasid: $code" -H "x-tif-timestamp: $ts" -H "x-tif-nonce: $nonce" -H "x-tif-signature: $sig" \\
  -d @- <<JSON
{text}
JSON

  一笔结算的逐步解释：  {where}{ctl} explain {summary[3][-1]}
  账目核查：            {where}{ctl} audit
  再算一遍，分文不差：  {where}{ctl} recompute --all
  本月怎样付给医院：    {where}{ctl} drg freeze {month} --now
                        {where}{ctl} drg close {month}
                        {where}{ctl} drg statements {month}
                        {where}YB_OPERATOR=second {ctl} drg release {month}     （须是另一个人）
                        {where}{ctl} drg report""")


def demonstrate(o):
    folder = os.path.join(o.home, "demo")
    os.makedirs(folder, mode=0o700, exist_ok=True)
    secret, secret_path = institution_secret(o.home)
    prefecture = demo_data.Prefecture(o.seed, o.persons, secret)
    prefecture.write(folder)
    load(o.ctl, folder)
    people = cast(prefecture.persons, next_run(os.path.join(folder, "runs")))
    hospital = Hospital(o.url, secret)
    book = Book(os.path.join(folder, "book.jsonl"), os.path.join(o.home, "db", "made"))
    summary = play(hospital, prefecture.items, people, book)
    reconcile(hospital, book)
    hospital.sign_out_all()
    source = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
    group(o.ctl, folder, source)
    heading("今天上午")
    table(["就诊", "患者", "总费用", "统筹", "大病", "大额", "救助", "账户", "现金", "结算号"], summary, right=range(2, 9))
    where = "" if os.path.realpath(o.home) == os.path.join(os.path.realpath(source), ".run") else f"YB_HOME={shlex.quote(o.home)} "
    farewell(o.url, prefecture.persons, people, secret_path, o.ctl, where, summary)


def main():
    sys.stdout.reconfigure(encoding="utf-8", errors="replace", line_buffering=True)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="http://127.0.0.1:8080")
    parser.add_argument("--home", required=True, help="YB_HOME of the platform")
    parser.add_argument("--ctl", required=True, help="path of yibaoctl")
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--persons", type=int, default=3000)
    parser.add_argument("--data-only", metavar="DIR", help="write the CSV files to DIR and stop")
    o = parser.parse_args()
    if o.persons < 1000:
        parser.error("--persons: at least 1000, or no fitting patient may be among them")
    if o.data_only:
        demo_data.Prefecture(o.seed, o.persons, "").write(o.data_only)
        return
    try:
        demonstrate(o)
    except Refused as e:
        sys.exit(f"\n错误：网关拒绝了交易 {e}")
    except KeyboardInterrupt:
        sys.exit("\n已中断；平台仍在运行，可再次 make demo，或 make down 停止")
    except (ConnectionError, TimeoutError, http.client.HTTPException) as e:
        sys.exit(f"\n错误：网关 {o.url} 没有正常应答（{type(e).__name__}: {e}）。日志：{o.home}/log/gateway.log")
    except OSError as e:
        sys.exit(f"\n错误：{e.filename or o.home}：{e.strerror}")


if __name__ == "__main__":
    main()
