/* Daily reconciliation: 3201 3202. */
#include "services/gateway/rules/tables/table.h"

static yb_err_t check_days(const yb_input_t *in, yb_refusal_t *ret)
{
    const yb_row_t *d = yb_input_row(in, "data", 0);
    if (yb_row_day(d, "stmt_enddate") < yb_row_day(d, "stmt_begndate"))
        return yb_refuse(ret, YB_E_FIELD_RANGE, "data.stmt_enddate", "早于对账开始日期，请核对后重报");
    return YB_OK;
}

static const yb_field_t total[] = {
    INSUTYPE(REQ),
    DICT(REQ, "clr_type", "清算类别", CLR_TYPE),
    AREA(REQ, "setl_optins", "结算经办机构"),
    DAY(REQ, "stmt_begndate", "对账开始日期"),
    DAY(REQ, "stmt_enddate", "对账结束日期"),
    AMT(REQ, "medfee_sumamt", "医疗费总额"),
    AMT(REQ, "fund_pay_sumamt", "基金支付总额"),
    AMT(REQ, "acct_pay", "个人账户支付金额"),
    INT(REQ, "fixmedins_setl_cnt", "定点医药机构结算笔数", 10),
    DICT(OPT, "refd_setl_flag", "退费结算标志", FLAG),
};
static const yb_node_t n3201[] = {ONE(REQ, "data", "对总账", total)};
const yb_fields_t yb_table_3201 = {.infno = "3201", .title = "医药机构费用结算对总账",
    .output = "stmtinfo{setl_optins, stmt_rslt, stmt_rslt_dscr}",
    .nodes = n3201, .node_count = COUNT(n3201), .check = check_days};

static const yb_field_t detail[] = {
    AREA(REQ, "setl_optins", "结算经办机构"),
    FORM(REQ, "file_qury_no", "文件查询号", 30, yb_form_token),
    DAY(REQ, "stmt_begndate", "对账开始日期"),
    DAY(REQ, "stmt_enddate", "对账结束日期"),
    AMT(REQ, "medfee_sumamt", "医疗费总额"),
    AMT(REQ, "fund_pay_sumamt", "基金支付总额"),
    AMT(REQ, "cash_payamt", "现金支付金额"),
    INT(REQ, "fixmedins_setl_cnt", "定点医药机构结算笔数", 10),
    DICT(OPT, "clr_type", "清算类别", CLR_TYPE),
};
static const yb_node_t n3202[] = {ONE(REQ, "data", "对明细账", detail)};
const yb_fields_t yb_table_3202 = {.infno = "3202", .title = "医药机构费用结算对明细账",
    .output = "fileinfo{file_qury_no, filename, dld_endtime}",
    .nodes = n3202, .node_count = COUNT(n3202), .check = check_days,
    .errors = {YB_E_NOT_YOURS, YB_E_FILE_UNKNOWN, YB_E_FILE_FORM}};
