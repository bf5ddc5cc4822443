/* Filings and the reversal of a message: 2503 2504 2601. */
#include "services/gateway/rules/tables/table.h"

static const yb_field_t chronic[] = {
    PSN_NO(REQ),
    INSUTYPE(REQ),
    FORM(REQ, "opsp_dise_code", "门慢门特病种目录代码", 30, yb_code_chronic),
    TEXT(REQ, "opsp_dise_name", "门慢门特病种名称", 300),
    CODE(OPT, "tel", "联系电话", 50),
    TEXT(OPT, "addr", "联系地址", 200),
    AREA(REQ, "insu_optins", "参保机构医保区划"),
    FORM(REQ, "ide_fixmedins_no", "鉴定定点医药机构编号", 30, yb_code_institution),
    TEXT(REQ, "ide_fixmedins_name", "鉴定定点医药机构名称", 200),
    DAY(REQ, "hosp_ide_date", "医院鉴定日期"),
    STAFF(REQ, "diag_dr_codg", "诊断医师编码"),
    TEXT(REQ, "diag_dr_name", "诊断医师姓名", 50),
    DAY(REQ, "begndate", "开始日期"),
    DAY(OPT, "enddate", "结束日期"),
};

static yb_err_t check_period(const yb_input_t *in, yb_refusal_t *ret)
{
    const yb_row_t *d = yb_input_row(in, "data", 0);
    if (yb_row_has(d, "enddate") && yb_row_day(d, "enddate") < yb_row_day(d, "begndate"))
        return yb_refuse(ret, YB_E_FIELD_RANGE, "data.enddate", "早于开始日期，请核对后重报");
    return YB_OK;
}

static const yb_node_t n2503[] = {ONE(REQ, "data", "备案信息", chronic)};
const yb_fields_t yb_table_2503 = {.infno = "2503", .title = "人员慢特病备案", .output = "result{trt_dcla_detl_sn}",
    .nodes = n2503, .node_count = COUNT(n2503), .check = check_period,
    .errors = {YB_E_PERSON_UNKNOWN, YB_E_NOT_COVERED, YB_E_FILING_EXISTS, YB_E_KEY_CONFLICT}};

static const yb_field_t chronic_cancel[] = {
    FORM(REQ, "trt_dcla_detl_sn", "待遇申报明细流水号", 30, yb_form_token),
    PSN_NO(REQ),
    TEXT(OPT, "memo", "备注", 500),
};
static const yb_node_t n2504[] = {ONE(REQ, "data", "备案撤销", chronic_cancel)};
const yb_fields_t yb_table_2504 = {.infno = "2504", .title = "人员慢特病备案撤销", .output = "无",
    .nodes = n2504, .node_count = COUNT(n2504), .errors = {YB_E_FILING_UNKNOWN, YB_E_NOT_YOURS}};

static const yb_field_t reversal[] = {
    PSN_NO(REQ),
    CODE(REQ, "omsgid", "原发送方报文ID", 30),
    FORM(REQ, "oinfno", "原交易编号", 6, yb_form_infno),
};
static const yb_node_t n2601[] = {ONE(REQ, "data", "冲正信息", reversal)};
const yb_fields_t yb_table_2601 = {.infno = "2601", .title = "冲正交易", .output = "无",
    .nodes = n2601, .node_count = COUNT(n2601),
    .errors = {YB_E_MESSAGE_UNKNOWN, YB_E_NOT_YOURS, YB_E_ALREADY_REVERSED, YB_E_UNSUPPORTED}};
