"""The demo prefecture: institutions, persons, cover, tags, filings and a catalogue, all made up from one seed.

The same seed gives the same rows to the byte, so importing them a second time changes nothing. Persons and their
ID numbers are synthetic; the ID numbers are well formed (GB 11643) so that they pass the checks.
"""
import csv
import datetime
import os
import random

AREA = "141102"                 # 离石区, in the pooling area 吕梁 (141100)
PREFECTURE = "141100"
SINCE = "2020-01-01"            # the policy's first day
POLICY_SOURCE = "吕梁市“十四五”医疗保障事业发展规划 "     # what the policy file calls LL
KINDS = ("institutions", "persons", "coverage", "tags", "chronic", "catalogue")

HEADERS = {
    "institutions": "fixmedins_code fixmedins_name fixmedins_type hosp_lv charge_class tier admdvs app_secret",
    "persons": "psn_no psn_cert_type certno psn_name gend naty brdy",
    "coverage": "psn_no insutype psn_type insuplc_admdvs begndate enddate emp_no clct_wage balc",
    "tags": "psn_no tag begndate enddate",
    "chronic": "psn_no insutype opsp_dise_code opsp_dise_name begndate enddate",
    "catalogue": "med_list_codg list_type name chrgitm_lv selfpay_prop pric_uplmt_amt begndate enddate",
}

# code, name, hospital level, charge class, tier, signs its requests
INSTITUTIONS = (
    ("H14110200901", "演示市人民医院", "03", "1", "city", True),
    ("H14110200902", "演示县人民医院", "06", "2", "county", False),
    ("H14110200903", "演示镇中心卫生院", "09", "3", "county", False),
    ("H14110200904", "演示省肿瘤医院", "03", "1", "province", False),
    ("H14110200905", "演示社区卫生服务中心", "09", "3", "county", False),
)

CHRONIC = {"M03900": "高血压", "M01600": "糖尿病", "M00500": "恶性肿瘤门诊治疗"}
TAGS = ("特困", "低保", "返贫致贫", "低收入")

# key, list type, name, class (01 甲 02 乙 03 丙), first self-pay share, limit price, price asked by the hospitals
NAMED_ITEMS = (
    ("bed", "201", "普通病房床位费", "01", "0.0000", "40.00", "40.00"),
    ("bed_private", "201", "单人病房床位费", "02", "0.0000", "40.00", "180.00"),
    ("visit", "201", "普通门诊诊察费", "01", "0.0000", "", "12.00"),
    ("ward_round", "201", "住院诊察费", "01", "0.0000", "", "18.00"),
    ("nursing", "201", "一级护理", "01", "0.0000", "", "24.00"),
    ("blood", "201", "血细胞分析", "01", "0.0000", "", "18.00"),
    ("biochem", "201", "生化全套", "01", "0.0000", "", "168.00"),
    ("ecg", "201", "常规心电图", "01", "0.0000", "", "26.00"),
    ("ct", "201", "CT平扫", "02", "0.1000", "", "230.00"),
    ("mri", "201", "磁共振平扫", "02", "0.1500", "", "480.00"),
    ("surgery", "201", "冠状动脉支架置入术", "02", "0.1000", "", "5200.00"),
    ("icu", "201", "重症监护", "01", "0.0000", "", "390.00"),
    ("vent", "201", "呼吸机辅助呼吸", "01", "0.0000", "", "288.00"),
    ("dialysis", "201", "连续性血液净化", "02", "0.0500", "", "3260.00"),
    ("stent", "301", "药物洗脱支架", "02", "0.2000", "798.00", "898.00"),
    ("infusion", "301", "一次性输液器", "01", "0.0000", "", "3.60"),
    ("filter", "301", "血液净化滤器", "02", "0.1000", "", "860.00"),
    ("amoxicillin", "101", "阿莫西林胶囊", "01", "0.0000", "", "9.80"),
    ("amlodipine", "101", "苯磺酸氨氯地平片", "01", "0.0000", "", "4.16"),
    ("valsartan", "101", "缬沙坦胶囊", "02", "0.0500", "", "18.92"),
    ("clopidogrel", "101", "硫酸氢氯吡格雷片", "02", "0.0500", "", "27.44"),
    ("atorvastatin", "101", "阿托伐他汀钙片", "01", "0.0000", "", "6.73"),
    ("meropenem", "101", "注射用美罗培南", "02", "0.1000", "", "112.50"),
    ("albumin", "101", "人血白蛋白", "02", "0.2000", "", "398.00"),
    ("vitamin", "101", "复合维生素片", "03", "1.0000", "", "68.00"),
    ("cold_herb", "102", "感冒清热颗粒", "01", "0.0000", "", "14.50"),
    ("heart_herb", "102", "复方丹参滴丸", "01", "0.0000", "", "27.85"),
)
ITEM_COUNT = 300


def id_number(birth, serial):
    """GB 11643: area, birth, serial, check character; an odd serial is a man."""
    body = f"{AREA}{birth:%Y%m%d}{serial:03d}"
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(w * int(d) for w, d in zip(weights, body)) % 11]


def item_code(list_type, n):
    """A code of the form its kind has: drugs 23 or 20, consumables 20, services 15 characters."""
    if list_type == "101":
        return f"XA01AAA{n:03d}A0010101{n:05d}"
    if list_type == "102":
        return f"ZA01AAA{n:04d}0101{n:05d}"
    if list_type == "301":
        return f"C010101{n:03d}00000{n:05d}"
    return f"00129{n:06d}0000"


class Prefecture:
    def __init__(self, seed, count, secret):
        self.rows = {kind: [] for kind in KINDS}
        self.persons, self.items = [], {}
        self._random = random.Random(seed)
        self._id_numbers = set()
        self._institutions(secret)
        self._catalogue()
        for n in range(1, count + 1):
            self._person(n)

    def _institutions(self, secret):
        for code, name, level, charge_class, tier, signs in INSTITUTIONS:
            self.rows["institutions"].append(
                (code, name, "1", level, charge_class, tier, AREA, secret if signs else ""))

    def _catalogue(self):
        r = self._random
        for n in range(1, ITEM_COUNT + 1):
            if n <= len(NAMED_ITEMS):
                key, list_type, name, level, share, limit, price = NAMED_ITEMS[n - 1]
            else:
                list_type = r.choice(("101", "101", "102", "201", "301"))
                level = r.choice(("01", "01", "02", "02", "03"))
                share = {"01": "0.0000", "02": r.choice(("0.0500", "0.1000", "0.2000")), "03": "1.0000"}[level]
                price = f"{r.randint(200, 90000) / 100:.2f}"
                limit = price if list_type == "301" and r.random() < 0.5 else ""
                key, name = f"item{n}", f"演示目录{n:03d}"
            code = item_code(list_type, n)
            self.items[key] = {"code": code, "name": name, "price": price}
            self.rows["catalogue"].append((code, list_type, name, level, share, limit, SINCE, ""))

    def _person(self, n):
        r = self._random
        employee = n % 5 in (1, 3)
        retired = employee and r.random() < 0.25
        pupil = not employee and r.random() < 0.3
        year = r.randint(1940, 1962) if retired else r.randint(2009, 2016) if pupil else r.randint(1966, 2000)
        birth = datetime.date(year, 1, 1) + datetime.timedelta(days=r.randint(0, 364))
        man = r.random() < 0.5
        serial = 700 + (n * 2) % 300 + (1 if man else 0)
        p = {"psn_no": f"{AREA}9{n:013d}", "certno": id_number(birth, serial), "insutype": "310" if employee else "390",
             "name": "测试" + "甲乙丙丁戊己庚辛壬癸"[n % 10] + "子丑寅卯辰巳午未申酉戌亥"[n % 12] + f"{n:04d}",
             "tag": "", "chronic": "", "retired": retired, "pupil": pupil, "wage": 0, "balc": 0}
        while p["certno"] in self._id_numbers:
            serial = 700 + (serial - 700 + 2) % 300
            p["certno"] = id_number(birth, serial)
        self._id_numbers.add(p["certno"])
        if n == 7:
            p["name"] = "测试𠮷𬱖"                      # characters outside the basic plane must survive the way
        self.rows["persons"].append(
            (p["psn_no"], "01", p["certno"], p["name"], "1" if man else "2", "01", birth.isoformat()))
        self._cover(p, n)
        self._tag_and_filing(p)
        self.persons.append(p)

    def _cover(self, p, n):
        r = self._random
        employee = p["insutype"] == "310"
        psn_type = ("1201" if p["retired"] else "1101") if employee else ("1403" if p["pupil"] else "1501")
        wage = balance = "0.00"
        if employee:
            wage = f"{r.randint(30000, 120000)}.00"
            balance = f"{r.randint(5000, 600000) / 100:.2f}"
        p["balc"] = balance
        self.rows["coverage"].append((p["psn_no"], p["insutype"], psn_type, AREA, SINCE, "",
                                      f"E{n % 40 + 1:04d}" if employee else "", wage, balance))

    def _tag_and_filing(self, p):
        r = self._random
        if p["insutype"] == "390" and r.random() < 0.10:
            p["tag"] = r.choice(TAGS)
            self.rows["tags"].append((p["psn_no"], p["tag"], SINCE, ""))
        if not p["pupil"] and r.random() < 0.08:
            p["chronic"] = r.choice(("M03900", "M03900", "M01600", "M01600", "M00500"))
            self.rows["chronic"].append((p["psn_no"], p["insutype"], p["chronic"], CHRONIC[p["chronic"]], SINCE, ""))

    def write(self, folder):
        """One CSV file per kind, each replaced in one move."""
        for kind in KINDS:
            path = os.path.join(folder, kind + ".csv")
            with open(path + ".new", "w", encoding="utf-8", newline="") as f:
                os.fchmod(f.fileno(), 0o600)         # institutions.csv holds a secret
                out = csv.writer(f, lineterminator="\n")
                out.writerow(HEADERS[kind].split())
                out.writerows(self.rows[kind])
            os.replace(path + ".new", path)
