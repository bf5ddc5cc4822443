"""What the service tests share: a hospital's information system that speaks the national interface, synthetic persons from a
printed seed, the import of CSV files through yibaoctl, and the arithmetic every settlement must obey.

A program is `test_*.py` with unittest cases; hospital.main() runs them and ends with 'N passed, N failed'. It expects a platform
that is up (YB_URL, YB_HOME, YB_BIN and what else scripts/platform.sh env prints); persons and institutions are the program's own.
"""
import atexit, csv, hashlib, http.client, io, json, os, random, shutil, socket, subprocess, sys, tempfile, threading, time, unittest
import urllib.parse
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

SOURCE = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
URL = os.environ.get("YB_URL", "http://127.0.0.1:8080")
BIN = os.environ.get("YB_BIN", os.path.join(SOURCE, "bin"))
SHARED = os.environ.get("YB_SHARED", os.path.join(os.path.dirname(SOURCE), "shared"))
MINUTES = Decimal(os.environ.get("YB_TEST_MINUTES", "1"))
SEED = int(os.environ.get("YB_TEST_SEED", "0")) or random.SystemRandom().randrange(1, 10**9)
AREA = "141102"
CENT = Decimal("0.01")

AMOUNTS = ["medfee_sumamt", "fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt", "act_pay_dedc", "hifp_pay",
           "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "hifdm_pay", "oth_pay", "fund_pay_sumamt", "psn_part_amt",
           "acct_pay", "psn_cash_pay", "hosp_part_amt", "acct_mulaid_pay"]
FUNDS = ["hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "hifdm_pay", "maf_pay", "oth_pay"]
SCOPES = ["fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt"]


# --- an answer ------------------------------------------------------------------------------------------------------

class Refused(Exception):
    def __init__(self, answer):
        super().__init__(f"{answer.infno}: HTTP {answer.status} infcode {answer.infcode} {answer.err_msg}")
        self.answer = answer


class Answer:
    """An HTTP answer. Whatever was sent, it must be UTF-8 JSON with infcode; a failure must say what was wrong."""

    def __init__(self, infno, status, kind, body):
        self.infno, self.status, self.kind, self.body = infno, status, kind, body
        self.file = kind.startswith("application/octet-stream")
        self.json = {} if self.file else json.loads(body.decode("utf-8"), parse_float=Decimal)
        self.infcode = 0 if self.file else self.json.get("infcode")
        self.err_msg = self.json.get("err_msg") or ""
        self.output = self.json.get("output") or {}
        self.ok = self.infcode == 0 and status == 200
        self.check_form()

    def check_form(self):
        said = f"{self.infno}: HTTP {self.status} {self.body[:300]!r}"
        assert self.status in (200, 401, 405, 413, 429, 503), f"HTTP status: {said}"
        assert self.file or self.kind.replace(" ", "").lower() == "application/json;charset=utf-8", f"{self.kind}: {said}"
        assert self.infcode in (0, -1), f"infcode: {said}"
        if self.infcode == -1:
            assert self.err_msg.startswith("FSI-") and 4 < len(self.err_msg) <= 200, f"err_msg: {said}"
            assert not self.output, f"output of a failure: {said}"
        else:
            assert self.status == 200 and not self.err_msg, f"infcode 0 of a failure: {said}"
        if not self.file:
            for name, length in (("inf_refmsgid", 30), ("refmsg_time", 17), ("respond_time", 17)):
                assert len(str(self.json.get(name, ""))) == length, f"{name}: {said}"

    def output_text(self):
        """The bytes of "output", as they were sent."""
        text = self.body.decode("utf-8")
        at = text.index('"output":') + len('"output":')
        return text[at:json.JSONDecoder().raw_decode(text, at)[1]]


# --- the hospital's side --------------------------------------------------------------------------------------------

_msg_lock = threading.Lock()
_msg_next = random.SystemRandom().randrange(10**9)


def new_msgid(institution):
    """fixmedins_code 12, time 14, four more; the fraction of a second makes it unique over programs."""
    global _msg_next
    with _msg_lock:
        _msg_next += 1
        return f"{institution}{int(time.time()):010d}{_msg_next % 10**8:08d}"


class Client:
    """One keep-alive connection."""

    def __init__(self, institution, name="测试医院", secret=None, area=AREA, url=URL, timeout=60, tls=None):
        self.conn, self.u, self.sign_no, self.tls = None, urllib.parse.urlparse(url), "", tls
        self.institution, self.name, self.secret, self.area, self.timeout = institution, name, secret, area, timeout

    def close(self):
        if self.conn is not None:
            self.conn.close()
        self.conn = None

    def __del__(self):
        self.close()

    def envelope(self, infno, data, msgid=None, /, **other):
        env = {"infno": infno, "msgid": msgid or new_msgid(self.institution), "mdtrtarea_admvs": self.area,
               "insuplc_admdvs": self.area, "recer_sys_code": "YBXT", "dev_no": "", "dev_safe_info": "", "cainfo": "", "signtype": "",
               "infver": "V1.0", "opter_type": "1", "opter": "001", "opter_name": "收费员",
               "inf_time": time.strftime("%Y-%m-%d %H:%M:%S"), "fixmedins_code": self.institution, "fixmedins_name": self.name,
               "sign_no": self.sign_no, "input": data}
        env.update(other)
        return {k: v for k, v in env.items() if v is not DROP}

    def headers(self, stamp=None, nonce=None, secret=None, paasid=None):
        if self.secret is None and secret is None:
            return {}
        stamp = str(int(time.time()) if stamp is None else stamp)
        nonce = nonce or os.urandom(8).hex()
        text = stamp + (secret or self.secret) + nonce + stamp
        return {"x-tif-paasid": paasid or self.institution, "x-tif-timestamp": stamp, "x-tif-nonce": nonce,
                "x-tif-signature": hashlib.sha256(text.encode()).hexdigest()}

    def send(self, body, infno="", headers=None, path=None, method="POST"):
        """Bytes as they are. A connection the server closed meanwhile is opened anew once, before anything was sent on it."""
        head = {"Content-Type": "application/json; charset=utf-8", **(self.headers() if headers is None else headers)}
        for again in (True, False):
            fresh = self.conn is None
            if fresh:
                self.conn = (http.client.HTTPSConnection(self.u.hostname, self.u.port, timeout=self.timeout, context=self.tls) if self.tls else
                             http.client.HTTPConnection(self.u.hostname, self.u.port or 80, timeout=self.timeout))
            try:
                self.conn.request(method, path or f"/hsa/hgs/{infno}", body, head)
                r = self.conn.getresponse()
                answer = Answer(infno, r.status, r.headers.get("Content-Type", ""), r.read())
                if r.will_close:
                    self.close()
                return answer
            except (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError):
                self.close()
                if fresh or not again:
                    raise
            except Exception:
                self.close()
                raise

    def ask(self, infno, data, msgid=None, /, **other):
        body = json.dumps(self.envelope(infno, data, msgid, **other), ensure_ascii=False, default=str).encode()
        return self.send(body, infno)

    def call(self, infno, data, msgid=None, /, **other):
        """The output of a success; Refused else."""
        answer = self.ask(infno, data, msgid, **other)
        if not answer.ok:
            raise Refused(answer)
        return answer.output


class _Drop:
    pass


DROP = _Drop()      # as the value of an envelope's field: leave it out


# --- messages -------------------------------------------------------------------------------------------------------

DOCTOR = {"code": "D141102000001", "name": "测试医师"}


def cert(person):
    return {"mdtrt_cert_type": "02", "mdtrt_cert_no": person.certno}


def diagnosis(person, when, inpatient):
    d = {"diag_type": "1", "diag_srt_no": 1, "diag_code": "I10.x00x002", "diag_name": "高血压", "diag_dept": "内科",
         "dise_dor_no": DOCTOR["code"], "dise_dor_name": DOCTOR["name"], "diag_time": when}
    d.update({"psn_no": person.psn_no, "maindiag_flag": "1", "adm_cond": "有"} if inpatient else {"vali_flag": "1"})
    return d


def m2201(person, when, number="OTP1"):
    return {"data": dict(cert(person), psn_no=person.psn_no, insutype=person.insutype, begntime=when, ipt_otp_no=number,
                         atddr_no=DOCTOR["code"], dr_name=DOCTOR["name"], dept_code="A01", dept_name="内科", caty="A03")}


def m2202(person, mdtrt_id, number="OTP1"):
    return {"data": {"psn_no": person.psn_no, "mdtrt_id": mdtrt_id, "ipt_otp_no": number}}


def m2203(person, mdtrt_id, when, med_type="11", dise=""):
    return {"mdtrtinfo": {"mdtrt_id": mdtrt_id, "psn_no": person.psn_no, "med_type": med_type, "begntime": when,
                          "main_cond_dscr": "头晕三日", "dise_codg": dise, "dise_name": ""},
            "diseinfo": [diagnosis(person, when, False)]}


def line(code, pric, cnt, serial, amount=None, **other):
    """A fee line; the amount is price × count, rounded half-up to the fen."""
    pric, cnt = Decimal(str(pric)), Decimal(str(cnt))
    amount = (pric * cnt).quantize(CENT, ROUND_HALF_UP) if amount is None else amount
    return dict({"feedetl_sn": serial, "med_list_codg": code, "pric": str(pric), "cnt": str(cnt), "det_item_fee_sumamt": str(amount)}, **other)


def fee(person, mdtrt_id, when, lines, **other):
    common = dict({"mdtrt_id": mdtrt_id, "psn_no": person.psn_no, "fee_ocur_time": when, "medins_list_codg": "YP001", "bilg_dept_codg": "A01",
                   "bilg_dept_name": "内科", "bilg_dr_codg": DOCTOR["code"], "bilg_dr_name": DOCTOR["name"], "hosp_appr_flag": "0"}, **other)
    return {"feedetail": [dict(common, **l) for l in lines]}


def m2204(person, mdtrt_id, when, lines, batch="1", **other):
    return fee(person, mdtrt_id, when, lines, chrg_bchno=batch, rx_circ_flag="0", **other)


def m2301(person, mdtrt_id, when, lines, **other):
    return fee(person, mdtrt_id, when, lines, med_type="21", **other)


def m2205(person, mdtrt_id, batch="0000"):
    return {"data": {"mdtrt_id": mdtrt_id, "chrg_bchno": batch, "psn_no": person.psn_no}}


def m2302(person, mdtrt_id, serials=("0000",)):
    return {"data": [{"feedetl_sn": s, "mdtrt_id": mdtrt_id, "psn_no": person.psn_no} for s in serials]}


def settle_out(person, mdtrt_id, total, batch="1", med_type="11", acct="0", echo=None):
    """2206 and 2207."""
    d = dict(cert(person), psn_no=person.psn_no, med_type=med_type, medfee_sumamt=str(total), psn_setlway="01", mdtrt_id=mdtrt_id,
             chrg_bchno=batch, acct_used_flag=acct, insutype=person.insutype)
    d.update({k: str(echo[k]) for k in SCOPES} if echo else {})
    return {"data": d}


def settle_in(person, mdtrt_id, total, acct="0", mid="0", echo=None):
    """2303 and 2304."""
    d = dict(cert(person), psn_no=person.psn_no, medfee_sumamt=str(total), psn_setlway="01", mdtrt_id=mdtrt_id, insutype=person.insutype,
             acct_used_flag=acct, mid_setl_flag=mid)
    d.update({k: str(echo[k]) for k in SCOPES} if echo else {})
    return {"data": d}


def undo(person, mdtrt_id, setl_id):
    """2208, 2305 and 5203."""
    return {"data": {"setl_id": setl_id, "mdtrt_id": mdtrt_id, "psn_no": person.psn_no}}


def m2401(person, when, number="IPT1", med_type="21", insutype=None):
    return {"mdtrtinfo": dict(cert(person), psn_no=person.psn_no, insutype=insutype or person.insutype, begntime=when, med_type=med_type,
                              ipt_no=number, atddr_no=DOCTOR["code"], chfpdr_name=DOCTOR["name"], adm_diag_dscr="高血压",
                              adm_dept_codg="A01", adm_dept_name="内科", adm_bed="1", dscg_maindiag_code="I10.x00x002",
                              dscg_maindiag_name="高血压"),
            "diseinfo": [diagnosis(person, when, True)]}


def m2402(person, mdtrt_id, when):
    return {"dscginfo": {"mdtrt_id": mdtrt_id, "psn_no": person.psn_no, "insutype": person.insutype, "endtime": when,
                         "dscg_dept_codg": "A01", "dscg_dept_name": "内科", "dscg_way": "1"},
            "diseinfo": [diagnosis(person, when, True)]}


def m2403(person, mdtrt_id, when, **other):
    d = m2401(person, when)
    return {"adminfo": dict(d["mdtrtinfo"], mdtrt_id=mdtrt_id, **other), "diseinfo": d["diseinfo"]}


def whose(person, mdtrt_id):
    """2404, 2405 and 5202."""
    return {"data": {"mdtrt_id": mdtrt_id, "psn_no": person.psn_no}}


def m2601(person, omsgid, oinfno):
    return {"data": {"psn_no": person.psn_no, "omsgid": omsgid, "oinfno": oinfno}}


def m1101(person):
    return {"data": dict(cert(person), psn_cert_type="01", certno=person.certno, psn_name=person.name)}


def m2503(person, institution, dise="M01600", begndate="2024-01-01", enddate="2026-12-31"):
    return {"data": {"psn_no": person.psn_no, "insutype": person.insutype, "opsp_dise_code": dise, "opsp_dise_name": "糖尿病",
                     "insu_optins": AREA, "ide_fixmedins_no": institution, "ide_fixmedins_name": "测试医院",
                     "hosp_ide_date": begndate, "diag_dr_codg": DOCTOR["code"], "diag_dr_name": DOCTOR["name"], "begndate": begndate,
                     "enddate": enddate}}


# --- whole visits ---------------------------------------------------------------------------------------------------

def total_of(lines):
    return sum((Decimal(l["det_item_fee_sumamt"]) for l in lines), Decimal("0.00"))


class Visit:
    """What a hospital remembers of a visit; steps send their message and keep what came back."""

    def __init__(self, his, person, inpatient, day, lines=None, number=None):
        self.his, self.person, self.inpatient, self.day, self.lines = his, person, inpatient, day, lines or []
        self.number = number or f"N{os.urandom(5).hex()}"
        self.mdtrt_id = self.setl_id = None
        self.begin, self.end = f"{day} 08:00:00", f"{day} 17:00:00"

    def admit(self, med_type="11", dise=""):
        self.med_type = "21" if self.inpatient else med_type
        if self.inpatient:
            self.mdtrt_id = self.his.call("2401", m2401(self.person, self.begin, self.number))["result"]["mdtrt_id"]
        else:
            self.mdtrt_id = self.his.call("2201", m2201(self.person, self.begin, self.number))["data"]["mdtrt_id"]
            self.his.call("2203", m2203(self.person, self.mdtrt_id, self.begin, med_type, dise))
        return self

    def upload(self, lines, batch="1"):
        self.lines = self.lines + lines
        infno, message = ("2301", m2301(self.person, self.mdtrt_id, self.begin, lines)) if self.inpatient else \
            ("2204", m2204(self.person, self.mdtrt_id, self.begin, lines, batch))
        return self.his.call(infno, message)["result"]

    def discharge(self):
        if self.inpatient:
            self.his.call("2402", m2402(self.person, self.mdtrt_id, self.end))
        return self

    def message(self, total=None, batch="1", acct="0", echo=None):
        total = total_of(self.lines) if total is None else total
        return settle_in(self.person, self.mdtrt_id, total, acct, echo=echo) if self.inpatient else \
            settle_out(self.person, self.mdtrt_id, total, batch, self.med_type, acct, echo)

    def presettle(self, **how):
        return self.his.call("2303" if self.inpatient else "2206", self.message(**how))

    def settle(self, msgid=None, **how):
        out = self.his.call("2304" if self.inpatient else "2207", self.message(**how), msgid)
        self.setl_id = out["setlinfo"]["setl_id"]
        return out

    def reverse(self, setl_id=None, msgid=None):
        return self.his.call("2305" if self.inpatient else "2208", undo(self.person, self.mdtrt_id, setl_id or self.setl_id), msgid)

    def query(self, setl_id=None):
        return self.his.call("5203", undo(self.person, self.mdtrt_id, setl_id or self.setl_id))


def ready_visit(his, person, day, lines, inpatient=True, med_type="11", dise=""):
    """Everything before the settlement."""
    v = Visit(his, person, inpatient, day).admit(med_type, dise)
    v.upload(lines)
    return v.discharge()


def accumulators(his, person, year):
    rows = his.call("5206", {"data": {"psn_no": person.psn_no, "cum_ym": f"{year}12"}})["cuminfo"]
    return {r["cum_type_code"]: money(r["cum"]) for r in rows if r["insutype"] == person.insutype and r["year"] == str(year)}


# --- money ----------------------------------------------------------------------------------------------------------

def money(value):
    """A JSON amount as Decimal; more than two decimals are a fault."""
    d = Decimal(str(value))
    assert d == d.quantize(CENT), f"not an amount: {value}"
    return d


def check_identities(out, lines=None):
    """The identities of INTERFACE.md section 4 over one answer, to the fen."""
    s = out["setlinfo"]
    a = {k: money(s[k]) for k in AMOUNTS}
    wrong = []

    def same(name, left, right):
        if left != right:
            wrong.append(f"({name}) {left} != {right}")
    same("A", a["medfee_sumamt"], sum(a[k] for k in SCOPES))
    same("B", a["medfee_sumamt"], a["fund_pay_sumamt"] + a["psn_part_amt"] + a["hosp_part_amt"])
    same("C", a["psn_part_amt"], a["acct_pay"] + a["psn_cash_pay"])
    same("D", a["fund_pay_sumamt"], sum(a[k] for k in FUNDS))
    same("E", sum((money(d["fund_payamt"]) for d in out["setldetail"]), Decimal(0)), a["fund_pay_sumamt"] + a["acct_pay"] + a["hosp_part_amt"])
    if lines is not None:
        for field, column in zip(["medfee_sumamt"] + SCOPES,
                                 ["det_item_fee_sumamt", "fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt"]):
            same(f"lines {field}", a[field], sum((money(l[column]) for l in lines), Decimal(0)))
    assert not wrong, f"{wrong} in {s}"
    return a


def check_line(sent, got):
    """Identity (A) of one uploaded line, and that the answer speaks of what was sent."""
    amount = money(got["det_item_fee_sumamt"])
    assert got["feedetl_sn"] == sent["feedetl_sn"] and amount == Decimal(sent["det_item_fee_sumamt"]), (sent, got)
    assert Decimal(str(got["cnt"])) == Decimal(sent["cnt"]) and Decimal(str(got["pric"])) == Decimal(sent["pric"]), (sent, got)
    assert amount == sum(money(got[k]) for k in ("fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt")), got


def check_reversal(original, reversal):
    """Every amount negated but the balance after it and the ratio."""
    s, r = original["setlinfo"], reversal["setlinfo"]
    wrong = [f"{k}: {s[k]} -> {r[k]}" for k in AMOUNTS if money(r[k]) != -money(s[k])]
    if Decimal(str(r["pool_prop_selfpay"])) != Decimal(str(s["pool_prop_selfpay"])):
        wrong.append(f"pool_prop_selfpay: {s['pool_prop_selfpay']} -> {r['pool_prop_selfpay']}")
    if money(r["balc"]) != money(s["balc"]) + money(s["acct_pay"]):
        wrong.append(f"balc: {s['balc']} + {s['acct_pay']} -> {r['balc']}")
    if r["setl_id"] == s["setl_id"]:
        wrong.append("same setl_id")
    assert not wrong, wrong
    check_identities(reversal)


# --- persons, institutions, catalogue -------------------------------------------------------------------------------

PROVINCES = ["11", "13", "14", "21", "32", "33", "37", "41", "43", "44", "51", "61", "65"]
WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2]


def certno_check(first17):
    return "10X98765432"[sum(int(c) * w for c, w in zip(first17, WEIGHTS)) % 11]


class Person:
    def __init__(self, world, insutype, **other):
        r = world.rng
        self.insutype = insutype
        self.birth = other.get("birth") or (date(1940, 1, 1) + timedelta(days=r.randrange(23000))).isoformat()
        self.gend = r.choice("12")
        head = f"{r.choice(PROVINCES)}{r.randrange(10000):04d}{self.birth.replace('-', '')}{r.randrange(500):03d}"[:16]
        head += str(r.randrange(5) * 2 + (1 if self.gend == "1" else 0))
        self.certno = head + certno_check(head)
        self.psn_no = f"141102{r.randrange(10**14):014d}{len(world.persons):04d}"
        self.name = other.get("name") or f"测试{r.choice('甲乙丙丁戊己庚辛')}{len(world.persons):03d}"
        self.psn_type = other.get("psn_type") or ("1101" if insutype == "310" else "1501")
        self.wage, self.balc, self.area = other.get("wage", "0.00"), other.get("balc", "0.00"), other.get("area", AREA)
        self.begndate, self.enddate = other.get("begndate", "2010-01-01"), other.get("enddate", "")
        self.tags, self.chronic = other.get("tags", ()), other.get("chronic", ())


# Codes shared by all programs: the same values again change nothing.
JIA, YI, BING, LIMITED, SERVICE, STUFF = ("XT01TTT001T001010100001", "XT02TTT002T002010100002", "XT03TTT003T003010100003", "XT04TTT004T004010100004",
                                          "009901000010000", "C9901010010000100001")
CATALOGUE = [[JIA, "101", "测试甲类药", "01", "0.0000", ""], [YI, "101", "测试乙类药", "02", "0.1000", ""],
             [BING, "101", "测试丙类药", "03", "", ""], [LIMITED, "101", "测试限价药", "02", "0.2000", "10.00"],
             [SERVICE, "201", "测试服务项目", "01", "0.0000", ""], [STUFF, "301", "测试耗材", "02", "0.3000", "500.00"]]


class World:
    """The persons and institutions of one program; a second one of a program takes a word of its own, or both would draw the same numbers."""

    def __init__(self, word=""):
        self.rng = random.Random(f"{SEED} {os.path.basename(sys.argv[0])}{word}")
        self.persons, self.institutions, self.folder = [], [], tempfile.mkdtemp(prefix="yb_test_")
        atexit.register(shutil.rmtree, self.folder, ignore_errors=True)
        print(f"seed {SEED} (YB_TEST_SEED={SEED} repeats the persons)", flush=True)

    def institution(self, charge_class=2, tier="city", area=AREA, secret="", kind="1", name=None, code=None):
        letter = "H" if kind == "1" else "P"
        code = code or f"{letter}14{self.rng.randrange(10000):04d}{self.rng.randrange(10**5):05d}"
        self.institutions.append([code, name or f"测试医院{len(self.institutions) + 1}", kind, "03", charge_class, tier, area, secret])
        return code

    def person(self, insutype="390", **other):
        p = Person(self, insutype, **other)
        self.persons.append(p)
        return p

    def load(self):
        """Imports everything there is not yet; what was imported before counts as the same."""
        put = self.put
        put("institutions", "fixmedins_code fixmedins_name fixmedins_type hosp_lv charge_class tier admdvs app_secret", self.institutions)
        put("persons", "psn_no psn_cert_type certno psn_name gend naty brdy",
            [[p.psn_no, "01", p.certno, p.name, p.gend, "01", p.birth] for p in self.persons])
        put("coverage", "psn_no insutype psn_type insuplc_admdvs begndate enddate emp_no clct_wage balc",
            [[p.psn_no, p.insutype, p.psn_type, p.area, p.begndate, p.enddate, "", p.wage, p.balc] for p in self.persons])
        put("tags", "psn_no tag begndate enddate", [[p.psn_no, t, "2010-01-01", ""] for p in self.persons for t in p.tags])
        put("chronic", "psn_no insutype opsp_dise_code opsp_dise_name begndate enddate",
            [[p.psn_no, p.insutype, d, "测试病种", "2010-01-01", ""] for p in self.persons for d in p.chronic])
        put("catalogue", "med_list_codg list_type name chrgitm_lv selfpay_prop pric_uplmt_amt begndate enddate",
            [row + ["2010-01-01", ""] for row in CATALOGUE])
        return self

    def put(self, kind, columns, rows):
        if not rows:
            return
        path = os.path.join(self.folder, f"{kind}.csv")
        with open(path, "w", encoding="utf-8", newline="") as f:
            f.write(csv_text(columns.split(), rows))
        code, out, err = ctl("import", kind, path, "--strict")
        assert code == 0, f"import {kind}: exit code {code}\n{out}\n{err}"

    def client(self, institution=None, **other):
        return Client(institution or self.institutions[0][0], **other)


def csv_text(columns, rows):
    out = io.StringIO()
    w = csv.writer(out, lineterminator="\n")
    w.writerow(columns)
    w.writerows(rows)
    return out.getvalue()


# --- programs of the platform ---------------------------------------------------------------------------------------

def ctl(*args, timeout=180, stdin=None):
    """yibaoctl: (exit code, output, errors)."""
    r = subprocess.run([os.path.join(BIN, "yibaoctl"), *args], capture_output=True, text=True, timeout=timeout, input=stdin,
                       stdin=None if stdin is not None else subprocess.DEVNULL)
    return r.returncode, r.stdout, r.stderr


def platform(*args, timeout=180):
    r = subprocess.run([os.path.join(SOURCE, "scripts", "platform.sh"), *args], capture_output=True, text=True, timeout=timeout,
                       stdin=subprocess.DEVNULL)
    assert r.returncode == 0, f"platform.sh {args}: {r.returncode}\n{r.stdout}\n{r.stderr}"
    return r.stdout


def sql(service, statements):
    """Straight into a service's schema, for what no message does; the rows of the last statement that has any, as texts."""
    r = subprocess.run(["mariadb", f"--defaults-file={os.environ['YB_HOME']}/db/client.cnf", "--batch", "--skip-column-names",
                        f"yibao_{service}"], capture_output=True, text=True, check=False, input=statements)
    assert r.returncode == 0, r.stderr[-1000:]
    return [line.split("\t") for line in r.stdout.splitlines()]


def check_audit():
    code, out, err = ctl("audit")
    assert code == 0 and "the books hold" in out, f"yibaoctl audit: exit code {code}\n{out}\n{err}"


def check_recompute():
    code, out, err = ctl("recompute", "--all", timeout=600)
    assert code == 0 and "same fen, same trace" in out, f"yibaoctl recompute --all: exit code {code}\n{out}\n{err}"


def until(what, test, seconds=30):
    """Waits for a condition, looking again and again; its value, or a failure that names it."""
    end = time.monotonic() + seconds
    while True:
        got = test()
        if got:
            return got
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        threading.Event().wait(0.05)


def together(count, work):
    """Runs work(0..count-1) at the same moment in threads; results in order, an exception as itself."""
    gate, results = threading.Barrier(count), [None] * count

    def run(i):
        gate.wait()
        try:
            results[i] = work(i)
        except Exception as e:          # handed to the caller, who judges it
            results[i] = e
    threads = [threading.Thread(target=run, args=(i,)) for i in range(count)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return results


def raw_exchange(data, more=False, timeout=20):
    """Bytes to the port as they are; all bytes that come back until the server closes. With `more`, the sender keeps its side open."""
    u = urllib.parse.urlparse(URL)
    got = b""
    with socket.create_connection((u.hostname, u.port or 80), timeout=timeout) as s:
        s.sendall(data)
        if not more:
            s.shutdown(socket.SHUT_WR)
        while True:
            part = s.recv(65536)
            if not part:
                return got
            got += part


# --- running --------------------------------------------------------------------------------------------------------

class Case(unittest.TestCase):
    maxDiff = None

    def refused(self, answer, *words, status=200, field=None):
        """A refusal that names what was wrong."""
        self.assertEqual(answer.infcode, -1, f"accepted: {answer.body[:500]!r}")
        self.assertEqual(answer.status, status, answer.err_msg)
        for word in words + ((field,) if field else ()):
            self.assertIn(word, answer.err_msg)


def main():
    result = unittest.main(exit=False, verbosity=1, module="__main__").result
    cases = [getattr(t, "test_case", t) for t, _ in result.failures + result.errors] + list(result.unexpectedSuccesses)
    bad = {t.id() for t in cases}
    ran_bad = {t.id() for t in cases if isinstance(t, unittest.TestCase)}
    for test, reason in result.skipped:
        print(f"skipped: {test.id()}: {reason}")
    if result.testsRun == 0 and not result.skipped:
        bad.add("nothing was tested")
    print(f"{result.testsRun - len(result.skipped) - len(ran_bad)} passed, {len(bad)} failed", flush=True)
    sys.exit(1 if bad else 0)
