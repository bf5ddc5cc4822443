"""A good message of each transaction, to be spoiled in one place at a time."""
import copy

import hospital as h
from hospital import JIA, line

DAY = "2025-03-10"
AT = f"{DAY} 08:00:00"


class _Sample:
    """A person of whom only the form matters: messages are built from it before anybody is imported."""
    psn_no, certno, name, insutype = "14110200000000000001", "110101199003070134", "测试甲", "390"


S = _Sample()
S.certno = S.certno[:17] + h.certno_check(S.certno[:17])
QUERY = {"psn_no": S.psn_no, "begntime": AT, "endtime": AT}
STATEMENT = {"setl_optins": "141100", "stmt_begndate": DAY, "stmt_enddate": DAY, "medfee_sumamt": "0", "fund_pay_sumamt": "0"}
GOOD = {
    "9001": {"signIn": {"opter_no": "1", "mac": "-", "ip": "-"}}, "9002": {"signOut": {"sign_no": "1", "opter_no": "1"}},
    "9101": {"fsUploadIn": {"in": "AAAA", "filename": "a.zip", "fixmedins_code": "H14110200001"}},
    "9102": {"fsDownloadIn": {"file_qury_no": "1", "filename": "a.zip", "fixmedins_code": "H14110200001"}},
    "1101": h.m1101(S), "1201": {"medinsinfo": {"fixmedins_type": "1"}},
    "1312": {"data": {"updt_time": DAY, "page_num": 1, "page_size": 10}},
    "2001": {"data": {"psn_no": S.psn_no, "insutype": "390", "fixmedins_code": "H14110200001", "med_type": "11", "begntime": AT}},
    "2201": h.m2201(S, AT), "2202": h.m2202(S, "1"), "2203": h.m2203(S, "1", AT), "2203A": h.m2203(S, "1", AT),
    "2204": h.m2204(S, "1", AT, [line(JIA, 1, 1, "1")]), "2205": h.m2205(S, "1"),
    "2206": h.settle_out(S, "1", "1.00"), "2207": h.settle_out(S, "1", "1.00"), "2208": h.undo(S, "1", "2"),
    "2301": h.m2301(S, "1", AT, [line(JIA, 1, 1, "1")]), "2302": h.m2302(S, "1"), "2303": h.settle_in(S, "1", "1.00"),
    "2304": h.settle_in(S, "1", "1.00"), "2305": h.undo(S, "1", "2"), "2401": h.m2401(S, AT), "2402": h.m2402(S, "1", AT),
    "2403": h.m2403(S, "1", AT), "2404": h.whose(S, "1"), "2405": h.whose(S, "1"), "2503": h.m2503(S, "H14110200001"),
    "2504": {"data": {"trt_dcla_detl_sn": "1", "psn_no": S.psn_no}}, "2601": h.m2601(S, "x1", "2207"),
    "3201": {"data": dict(STATEMENT, insutype="390", clr_type="11", acct_pay="0", fixmedins_setl_cnt=0)},
    "3202": {"data": dict(STATEMENT, file_qury_no="1", cash_payamt="0", fixmedins_setl_cnt=0)},
    "5201": {"data": QUERY}, "5202": h.whose(S, "1"), "5203": h.undo(S, "1", "2"), "5204": h.whose(S, "1"),
    "5205": {"data": QUERY}, "5206": {"data": {"psn_no": S.psn_no}}, "5301": {"data": {"psn_no": S.psn_no}}, "5303": {"data": {"psn_no": S.psn_no}},
}
# What stands in a good message without being required (no star in INTERFACE.md section 3, or excepted by section 10).
OPTIONAL = {
    "1101": ["psn_cert_type", "certno", "psn_name"], "2203": ["main_cond_dscr", "dise_codg", "dise_name"],
    "2203A": ["main_cond_dscr", "dise_codg", "dise_name"], "2204": ["rx_circ_flag", "hosp_appr_flag"], "2301": ["hosp_appr_flag"],
    "2303": ["acct_used_flag"], "2304": ["acct_used_flag"], "2401": ["adm_cond"], "2402": ["adm_cond"], "5205": ["begntime", "endtime"],
    "2403": ["adm_cond"], "2503": ["enddate"],
}
LISTS = {"2204": "feedetail", "2301": "feedetail"}


def without(message, node, field):
    m = copy.deepcopy(message)
    rows = m[node] if isinstance(m[node], list) else [m[node]]
    for r in rows:
        r.pop(field, None)
    return m


def put(message, node, field, value):
    m = copy.deepcopy(message)
    rows = m[node] if isinstance(m[node], list) else [m[node]]
    for r in rows:
        r[field] = value
    return m
