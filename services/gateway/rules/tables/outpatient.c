/* Outpatient: 2201 to 2208. */
#include "services/gateway/rules/tables/table.h"

static const yb_field_t visit[] = {
    PSN_NO(REQ),
    INSUTYPE(REQ),
    TIME(REQ, "begntime", "开始时间"),
    CERT(REQ),
    FORM(REQ, "ipt_otp_no", "住院/门诊号", 30, yb_form_token),
    STAFF(REQ, "atddr_no", "医师编码"),
    TEXT(REQ, "dr_name", "医师姓名", 50),
    FORM(REQ, "dept_code", "科室编码", 30, yb_form_token),
    TEXT(REQ, "dept_name", "科室名称", 100),
    CODE(REQ, "caty", "科别", 6),
};
static const yb_node_t n2201[] = {ONE(REQ, "data", "挂号信息", visit)};
const yb_fields_t yb_table_2201 = {.infno = "2201", .title = "门诊挂号",
    .output = "data{mdtrt_id, psn_no, ipt_otp_no}",
    .nodes = n2201, .node_count = COUNT(n2201), .check = yb_check_credential,
    .errors = {YB_E_PERSON_UNKNOWN, YB_E_PERSON_MISMATCH, YB_E_NOT_COVERED, YB_E_POLICY_NONE}};

static const yb_field_t visit_cancel[] = {
    PSN_NO(REQ),
    MDTRT_ID(REQ),
    FORM(REQ, "ipt_otp_no", "住院/门诊号", 30, yb_form_token),
};
static const yb_node_t n2202[] = {ONE(REQ, "data", "挂号撤销", visit_cancel)};
const yb_fields_t yb_table_2202 = {.infno = "2202", .title = "门诊挂号撤销", .output = "无",
    .nodes = n2202, .node_count = COUNT(n2202),
    .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE}};

static const yb_field_t encounter[] = {
    MDTRT_ID(REQ),
    PSN_NO(REQ),
    MED_TYPE(REQ),
    TIME(REQ, "begntime", "开始时间"),
    TEXT(OPT, "main_cond_dscr", "主要病情描述", 1000),
    FORM(OPT, "dise_codg", "病种编码", 30, yb_form_token),
    TEXT(OPT, "dise_name", "病种名称", 500),
    CODE(OPT, "birctrl_type", "计划生育手术类别", 6),
    DAY(OPT, "birctrl_matn_date", "计划生育手术或生育日期"),
    CODE(OPT, "matn_type", "生育类别", 6),
    INT(OPT, "geso_val", "孕周数", 2),
};
static const yb_field_t diagnosis[] = {
    DICT(REQ, "diag_type", "诊断类别", DIAG_TYPE),
    INT(REQ, "diag_srt_no", "诊断排序号", 2),
    FORM(REQ, "diag_code", "诊断代码", 20, yb_form_diagnosis),
    TEXT(REQ, "diag_name", "诊断名称", 100),
    TEXT(REQ, "diag_dept", "诊断科室", 50),
    STAFF(REQ, "dise_dor_no", "诊断医生编码"),
    TEXT(REQ, "dise_dor_name", "诊断医生姓名", 50),
    TIME(REQ, "diag_time", "诊断时间"),
    CODE(REQ, "vali_flag", "有效标志", 3),
};
static const yb_node_t n2203[] = {
    ONE(REQ, "mdtrtinfo", "就诊信息", encounter),
    LIST(OPT, "diseinfo", "诊断信息", diagnosis),
};
const yb_fields_t yb_table_2203 = {.infno = "2203", .title = "门诊就诊信息上传", .output = "无",
    .nodes = n2203, .node_count = COUNT(n2203),
    .examples = {{"med_type", "11"}},
    .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE, YB_E_NOT_FILED}};
const yb_fields_t yb_table_2203A = {.infno = "2203A", .title = "门诊就诊信息上传", .output = "无",
    .nodes = n2203, .node_count = COUNT(n2203),
    .examples = {{"med_type", "11"}},
    .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE, YB_E_NOT_FILED}};

static const yb_field_t line[] = {
    FORM(REQ, "feedetl_sn", "费用明细流水号", 30, yb_form_token),
    FORM(OPT, "init_feedetl_sn", "原费用流水号", 30, yb_form_token),     /* partial refunds, as 2301 has it */
    MDTRT_ID(REQ),
    PSN_NO(REQ),
    FORM(REQ, "chrg_bchno", "收费批次号", 30, yb_form_token),
    LINE_ITEM,
};
static const yb_node_t n2204[] = {LIST(REQ, "feedetail", "费用明细", line)};
const yb_fields_t yb_table_2204 = {.infno = "2204",
    .title = "门诊费用明细信息上传",
    .output = LINE_OUTPUT,
    .nodes = n2204,
    .node_count = COUNT(n2204),
    .errors = {LINE_ERRORS}};

static const yb_field_t line_cancel[] = {
    MDTRT_ID(REQ),
    FORM(REQ, "chrg_bchno", "收费批次号", 30, yb_form_token),
    PSN_NO(REQ),
};
static const yb_node_t n2205[] = {ONE(REQ, "data", "明细撤销", line_cancel)};
const yb_fields_t yb_table_2205 = {.infno = "2205", .title = "门诊费用明细信息撤销", .output = "无",
    .nodes = n2205, .node_count = COUNT(n2205),
    .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE, YB_E_LINE_UNKNOWN}};

#define SETTLEMENT \
    PSN_NO(REQ), CERT(REQ), MED_TYPE(REQ), AMT(REQ, "medfee_sumamt", "医疗费总额"), \
    DICT(REQ, "psn_setlway", "个人结算方式", PSN_SETLWAY), MDTRT_ID(REQ), \
    FORM(REQ, "chrg_bchno", "收费批次号", 30, yb_form_token), DICT(REQ, "acct_used_flag", "个人账户使用标志", FLAG), \
    INSUTYPE(REQ), CODE(OPT, "invono", "发票号", 20), AMT(OPT, "fulamt_ownpay_amt", "全自费金额"), \
    AMT(OPT, "overlmt_selfpay", "超限价金额"), AMT(OPT, "preselfpay_amt", "先行自付金额"), \
    AMT(OPT, "inscp_scp_amt", "符合政策范围金额")
/* 2207 adds to 2206 what the client echoes; section 3 stars none of it. */
static const yb_field_t settlement[] = {SETTLEMENT};
static const yb_node_t n2206[] = {ONE(REQ, "data", "结算信息", settlement)};
const yb_fields_t yb_table_2206 = {.infno = "2206", .title = "门诊预结算", .output = "setlinfo, setldetail[]",
    .nodes = n2206, .node_count = COUNT(n2206), .check = yb_check_credential,
    .examples = {{"med_type", "11"}},
    .errors = {YB_E_PERSON_MISMATCH, YB_E_NOT_COVERED, YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE,
        YB_E_TOTAL_MISMATCH, YB_E_NO_LINES, YB_E_NEGATIVE_TOTAL, YB_E_ALREADY_SETTLED, YB_E_POLICY_NONE}};
const yb_fields_t yb_table_2207 = {.infno = "2207", .title = "门诊结算", .output = "setlinfo, setldetail[]",
    .nodes = n2206, .node_count = COUNT(n2206), .check = yb_check_credential,
    .examples = {{"med_type", "11"}},
    .errors = {YB_E_PERSON_MISMATCH, YB_E_NOT_COVERED, YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE,
        YB_E_TOTAL_MISMATCH, YB_E_ECHO_MISMATCH, YB_E_NO_LINES, YB_E_NEGATIVE_TOTAL, YB_E_ALREADY_SETTLED,
        YB_E_POLICY_NONE, YB_E_KEY_CONFLICT}};

static const yb_field_t settlement_cancel[] = {SETL_ID(REQ), MDTRT_ID(REQ), PSN_NO(REQ)};
static const yb_node_t n2208[] = {ONE(REQ, "data", "结算撤销", settlement_cancel)};
const yb_fields_t yb_table_2208 = {.infno = "2208", .title = "门诊结算撤销",
    .output = "setlinfo（各金额取负）, setldetail[]",
    .nodes = n2208, .node_count = COUNT(n2208),
    .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_SETTLEMENT_UNKNOWN, YB_E_ALREADY_REVERSED,
        YB_E_KEY_CONFLICT}};
