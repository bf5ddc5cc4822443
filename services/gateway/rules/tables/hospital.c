/* What this platform adds to the national interface for hospitals: 4106 4107 4108 (and 4101T, beside 4101A in list.c). */
#include "services/gateway/rules/tables/table.h"

static const yb_field_t petition[] = {
    SETL_ID(REQ),
    DICT(REQ, "appy_type", "申请类别", APPY_TYPE),
    TEXT(REQ, "appy_rea", "申请理由", 500),
    DICT(OPT, "appy_way", "期望的处理", APPY_WAY),
    CODE(OPT, "drg_code", "期望的病组，appy_way为2时必填", 16),
};
static const yb_node_t n4106[] = {ONE(REQ, "data", "申请", petition)};
const yb_fields_t yb_table_4106 = {.infno = "4106", .title = "特例单议、分组与支付申诉申请（本平台扩展）",
    .output = "appy_id, appy_end_date（该月申请的截止日，空为未设或未到）",
    .nodes = n4106, .node_count = COUNT(n4106),
    .errors = {YB_E_SETTLEMENT_UNKNOWN, YB_E_NOT_YOURS, YB_E_ALREADY_REVERSED, YB_E_FIELD_DICT, YB_E_PETITION_STATE, YB_E_PETITION_LATE,
        YB_E_POLICY_NONE, YB_E_KEY_CONFLICT},
    .examples = {{"appy_rea", "多次手术并长期重症监护，费用远高于病组标准"}}};

static const yb_field_t feedback[] = {
    FORM(REQ, "setl_ym", "结算年月", 6, yb_form_month),
    AREA(OPT, "poolarea_no", "统筹区（结算时参保人所在），不填为本机构所在地市"),
    CODE(OPT, "cursor", "上一页返回的cursor，第一页不填", 60),
    INT(OPT, "page_size", "每页病例数，1至500，默认100", 4),
};
static yb_err_t check_page(const yb_input_t *in, yb_refusal_t *ret)
{
    const yb_row_t *d = yb_input_row(in, "data", 0);
    const int64_t size = yb_row_int(d, "page_size");
    if (yb_row_has(d, "page_size") && (size < 1 || size > 500))
        return yb_refuse(ret, YB_E_FIELD_RANGE, "data.page_size", "应为1至500，请核对后重报");
    return YB_OK;
}
static const yb_node_t n4107[] = {ONE(REQ, "data", "查询条件", feedback)};
const yb_fields_t yb_table_4107 = {.infno = "4107", .title = "月度支付结果反馈（本平台扩展）",
    .output = "setl_ym, poolarea_no, rslt_stas（1待发布、2已发布）, pay_mtd（points点数法、rate费率法、dip病种分值）, mean_fee, rls_time, appy_end_date, "
              "stmtinfo[]{insutype, case_cnt, medfee_sumamt, oth_pay, points, gross, due, booked, difference, prepaid, withheld}（第一页）, "
              "data[]{setl_id, setl_list_id, case_type, case_type_name, insutype, drg_code, pay_class, pay_class_name, medfee_sumamt, std_fee, rw, "
              "coefficient, points, gross, oth_pay, due, booked, late_flag, rea}, cursor（空为最后一页）",
    .nodes = n4107, .node_count = COUNT(n4107), .check = check_page,
    .errors = {YB_E_MONTH_STATE, YB_E_FIELD_RANGE},
    .examples = {{"setl_ym", "202502"}}};

static const yb_field_t answers[] = {
    FORM(OPT, "appy_id", "申请编号", 30, yb_form_token),
    SETL_ID(OPT),
    FORM(OPT, "setl_ym", "结算年月", 6, yb_form_month),
    DICT(OPT, "appy_type", "申请类别", APPY_TYPE),
    DICT(OPT, "appy_stas", "申请状态", APPY_STAS),
    CODE(OPT, "cursor", "上一页返回的cursor，第一页不填", 60),
    INT(OPT, "page_size", "每页条数，1至500，默认100", 4),
};
static const yb_node_t n4108[] = {ONE(OPT, "data", "查询条件，都不填为全部", answers)};
const yb_fields_t yb_table_4108 = {.infno = "4108", .title = "申请状态与答复查询（本平台扩展）",
    .output = "data[]{appy_id, setl_id, setl_ym, appy_type, appy_type_name, appy_rea, appy_way, drg_code, appy_time, appy_stas, appy_stas_name, "
              "rslt_way, rslt_way_name, rslt_drg_code, list_end_date（清单可补传到的日期）, rslt_dscr（答复）, rslt_time}, cursor（空为最后一页）",
    .nodes = n4108, .node_count = COUNT(n4108), .check = check_page,
    .errors = {YB_E_PETITION_UNKNOWN, YB_E_NOT_YOURS}};
