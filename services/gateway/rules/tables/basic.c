/* Person, institution, catalogue, entitlement: 1101 1201 1312 2001. */
#include "services/gateway/rules/tables/table.h"

#include <string.h>

static const yb_field_t person[] = {
    CERT(REQ),
    CODE(OPT, "card_sn", "卡识别码", 50),
    TIME(OPT, "begntime", "开始时间"),
    CODE(OPT, "psn_cert_type", "人员证件类型", 6),
    CODE(OPT, "certno", "证件号码", 50),
    TEXT(OPT, "psn_name", "人员姓名", 50),
};

static yb_err_t check_person(const yb_input_t *in, yb_refusal_t *ret)
{
    const yb_row_t *d = yb_input_row(in, "data", 0);
    const char *certno = yb_row_text(d, "certno");
    if (strcmp(yb_row_text(d, "mdtrt_cert_type"), "03") == 0 && !yb_row_has(d, "card_sn"))
        return yb_refuse(ret, YB_E_FIELD_MISSING, "data.card_sn", "凭证类型为03社会保障卡时必填，请填写后重报");
    yb_err_t err = yb_check_credential(in, ret);
    if (err || strcmp(yb_row_text(d, "psn_cert_type"), "01") != 0 || !certno[0])
        return err;
    return yb_check_idcard(certno, "data.certno", ret);
}

static const yb_node_t n1101[] = {ONE(REQ, "data", "查询条件", person)};
const yb_fields_t yb_table_1101 = {.infno = "1101",
    .title = "人员基本信息获取",
    .output = "baseinfo{psn_no, psn_cert_type, certno, psn_name, gend, naty, brdy, age}, "
              "insuinfo[]{balc, insutype, psn_type, psn_insu_stas, psn_insu_date, paus_insu_date, "
              "cvlserv_flag, insuplc_admdvs, "
              "emp_name}, idetinfo[]{psn_idet_type, psn_type_lv, memo, begntime, endtime}",
    .nodes = n1101,
    .node_count = COUNT(n1101),
    .check = check_person,
    .errors = {YB_E_PERSON_UNKNOWN, YB_E_PERSON_MISMATCH}};

static const yb_field_t institution[] = {
    DICT(REQ, "fixmedins_type", "定点医疗服务机构类型", FIXMEDINS_TYPE),
    TEXT(OPT, "fixmedins_name", "定点医药机构名称", 200),
    FORM(OPT, "fixmedins_code", "定点医药机构编号", 30, yb_code_institution),
};
static const yb_node_t n1201[] = {ONE(REQ, "medinsinfo", "机构信息", institution)};
const yb_fields_t yb_table_1201 = {.infno = "1201", .title = "医药机构信息获取",
    .output = "medinsinfo[]{fixmedins_code, fixmedins_name, uscc, fixmedins_type, hosp_lv}",
    .nodes = n1201, .node_count = COUNT(n1201)};

static const yb_field_t catalogue[] = {
    DAY(OPT, "query_date", "查询时间点"),
    FORM(OPT, "hilist_code", "医保目录编码", 50, yb_code_catalogue),
    AREA(OPT, "insu_admdvs", "参保机构医保区划"),
    DAY(OPT, "begndate", "开始日期"),
    TEXT(OPT, "hilist_name", "医保目录名称", 200),
    CODE(OPT, "wubi", "五笔助记码", 30),
    CODE(OPT, "pinyin", "拼音助记码", 30),
    DICT(OPT, "med_chrgitm_type", "医疗收费项目类别", MED_CHRGITM_TYPE),
    DICT(OPT, "chrgitm_lv", "收费项目等级", CHRGITM_LV),
    CODE(OPT, "lmt_used_flag", "限制使用标志", 3),
    DICT(OPT, "list_type", "目录类别", LIST_TYPE),
    CODE(OPT, "med_use_flag", "医疗使用标志", 3),
    CODE(OPT, "matn_used_flag", "生育使用标志", 3),
    CODE(OPT, "hilist_use_type", "医保目录使用类别", 3),
    CODE(OPT, "lmt_cpnd_type", "限复方使用类型", 3),
    CODE(OPT, "vali_flag", "有效标志", 3),
    DAY(REQ, "updt_time", "更新时间"),
    INT(REQ, "page_num", "当前页数", 4),
    INT(REQ, "page_size", "本页数据量", 4),
};

static yb_err_t check_page(const yb_input_t *in, yb_refusal_t *ret)
{
    const yb_row_t *d = yb_input_row(in, "data", 0);
    if (yb_row_int(d, "page_num") < 1)
        return yb_refuse(ret, YB_E_FIELD_RANGE, "data.page_num", "应从1起，请核对后重报");
    if (yb_row_int(d, "page_size") < 1)
        return yb_refuse(ret, YB_E_FIELD_RANGE, "data.page_size", "应不小于1，请核对后重报");
    return YB_OK;
}

static const yb_node_t n1312[] = {ONE(REQ, "data", "查询条件", catalogue)};
const yb_fields_t yb_table_1312 = {.infno = "1312",
    .title = "医保目录信息查询",
    .output = "startRow, pageSize, pageNum, size, pages, recordCounts, firstPage, lastPage, "
              "data[]{hilist_code, hilist_name, insu_admdvs, begndate, enddate, med_chrgitm_type, "
              "chrgitm_lv, list_type, …}",
    .nodes = n1312,
    .node_count = COUNT(n1312),
    .check = check_page};

static const yb_field_t entitlement[] = {
    PSN_NO(REQ),
    INSUTYPE(REQ),
    FORM(REQ, "fixmedins_code", "定点医药机构编号", 30, yb_code_institution),
    MED_TYPE(REQ),
    TIME(REQ, "begntime", "开始时间"),
    TIME(OPT, "endtime", "结束时间"),
    FORM(OPT, "dise_codg", "病种编码", 30, yb_form_token),
    TEXT(OPT, "dise_name", "病种名称", 500),
    CODE(OPT, "oprn_oprt_code", "手术操作代码", 30),
    TEXT(OPT, "oprn_oprt_name", "手术操作名称", 500),
    CODE(OPT, "matn_type", "生育类别", 6),
    CODE(OPT, "birctrl_type", "计划生育手术类别", 6),
};
static const yb_node_t n2001[] = {ONE(REQ, "data", "检查条件", entitlement)};
const yb_fields_t yb_table_2001 = {.infno = "2001",
    .title = "人员待遇享受检查",
    .output =
        "trtinfo[]{psn_no, trt_chk_type, fund_pay_type, trt_enjymnt_flag, begndate, enddate, trt_chk_rslt}",
    .nodes = n2001,
    .node_count = COUNT(n2001),
    .examples = {{"med_type", "11"}},
    .errors = {YB_E_PERSON_UNKNOWN, YB_E_POLICY_NONE}};
