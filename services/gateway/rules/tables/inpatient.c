/* Inpatient: 2301 to 2305, 2401 to 2405. */
#include "services/gateway/rules/tables/table.h"

static const yb_field_t line[] = {
    FORM(REQ, "feedetl_sn", "费用明细流水号", 30, yb_form_token),
    FORM(OPT, "init_feedetl_sn", "原费用流水号", 30, yb_form_token),
    MDTRT_ID(REQ),
    CODE(OPT, "drord_no", "医嘱号", 30),
    PSN_NO(REQ),
    MED_TYPE(REQ),
    LINE_ITEM,
    TEXT(OPT, "memo", "备注", 500),
};
static const yb_node_t n2301[] = {LIST(REQ, "feedetail", "费用明细", line)};
const yb_fields_t yb_table_2301 = {.infno = "2301",
    .title = "住院费用明细上传",
    .output = LINE_OUTPUT,
    .nodes = n2301,
    .node_count = COUNT(n2301),
    .errors = {LINE_ERRORS}};

static const yb_field_t line_cancel[] = {
    FORM(REQ, "feedetl_sn", "费用明细流水号", 30, yb_form_token),
    MDTRT_ID(REQ),
    PSN_NO(REQ),
};
static const yb_node_t n2302[] = {LIST(REQ, "data", "明细撤销", line_cancel)};
const yb_fields_t yb_table_2302 = {.infno = "2302", .title = "住院费用明细撤销", .output = "无",
    .nodes = n2302, .node_count = COUNT(n2302),
    .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE, YB_E_LINE_UNKNOWN}};

/* The four scope amounts a client echoes are optional (INTERFACE.md section 10). */
static const yb_field_t settlement[] = {
    PSN_NO(REQ),
    CERT(REQ),
    AMT(REQ, "medfee_sumamt", "医疗费总额"),
    DICT(REQ, "psn_setlway", "个人结算方式", PSN_SETLWAY),
    MDTRT_ID(REQ),
    INSUTYPE(REQ),
    DICT(OPT, "acct_used_flag", "个人账户使用标志", FLAG),
    CODE(OPT, "invono", "发票号", 20),
    DICT(REQ, "mid_setl_flag", "中途结算标志", FLAG),
    AMT(OPT, "fulamt_ownpay_amt", "全自费金额"),
    AMT(OPT, "overlmt_selfpay", "超限价金额"),
    AMT(OPT, "preselfpay_amt", "先行自付金额"),
    AMT(OPT, "inscp_scp_amt", "符合政策范围金额"),
    DAY(OPT, "dscgTime", "出院时间"),
};
static const yb_node_t n2303[] = {ONE(REQ, "data", "结算信息", settlement)};
const yb_fields_t yb_table_2303 = {.infno = "2303", .title = "住院预结算", .output = "setlinfo, setldetail[]",
    .nodes = n2303, .node_count = COUNT(n2303), .check = yb_check_credential,
    .errors = {YB_E_PERSON_MISMATCH, YB_E_NOT_COVERED, YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE,
        YB_E_TOTAL_MISMATCH, YB_E_NO_LINES, YB_E_NEGATIVE_TOTAL, YB_E_ALREADY_SETTLED, YB_E_POLICY_NONE}};
const yb_fields_t yb_table_2304 = {.infno = "2304", .title = "住院结算", .output = "setlinfo, setldetail[]",
    .nodes = n2303, .node_count = COUNT(n2303), .check = yb_check_credential,
    .errors = {YB_E_PERSON_MISMATCH, YB_E_NOT_COVERED, YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE,
        YB_E_TOTAL_MISMATCH, YB_E_ECHO_MISMATCH, YB_E_NO_LINES, YB_E_NEGATIVE_TOTAL, YB_E_ALREADY_SETTLED,
        YB_E_POLICY_NONE, YB_E_KEY_CONFLICT}};

static const yb_field_t settlement_cancel[] = {MDTRT_ID(REQ), SETL_ID(REQ), PSN_NO(REQ)};
static const yb_node_t n2305[] = {ONE(REQ, "data", "结算撤销", settlement_cancel)};
const yb_fields_t yb_table_2305 = {.infno = "2305", .title = "住院结算撤销",
    .output = "setlinfo（各金额取负）, setldetail[]",
    .nodes = n2305, .node_count = COUNT(n2305),
    .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_SETTLEMENT_UNKNOWN, YB_E_ALREADY_REVERSED,
        YB_E_KEY_CONFLICT}};

#define ADMISSION_TAIL \
    TEXT(OPT, "main_cond_dscr", "主要病情描述", 1000), FORM(OPT, "dise_codg", "病种编码", 30, yb_form_token), \
    TEXT(OPT, "dise_name", "病种名称", 500), CODE(OPT, "oprn_oprt_code", "手术操作代码", 30), \
    TEXT(OPT, "oprn_oprt_name", "手术操作名称", 500)
#define MATERNITY \
    CODE(OPT, "fpsc_no", "计划生育服务证号", 50), CODE(OPT, "matn_type", "生育类别", 6), \
    CODE(OPT, "birctrl_type", "计划生育手术类别", 6), DICT(OPT, "latechb_flag", "晚育标志", FLAG), \
    INT(OPT, "geso_val", "孕周数", 2), INT(OPT, "fetts", "胎次", 3), INT(OPT, "fetus_cnt", "胎儿数", 3), \
    DICT(OPT, "pret_flag", "早产标志", FLAG), DAY(OPT, "birctrl_matn_date", "计划生育手术或生育日期")
#define ADMISSION_WARD \
    CODE(OPT, "medrcdno", "病历号", 30), STAFF(REQ, "atddr_no", "主治医生编码"), \
    TEXT(REQ, "chfpdr_name", "主诊医师姓名", 50), TEXT(REQ, "adm_diag_dscr", "入院诊断描述", 200), \
    FORM(REQ, "adm_dept_codg", "入院科室编码", 30, yb_form_token), TEXT(REQ, "adm_dept_name", "入院科室名称", 100), \
    TEXT(REQ, "adm_bed", "入院床位", 30), FORM(REQ, "dscg_maindiag_code", "住院主诊断代码", 20, yb_form_diagnosis), \
    TEXT(REQ, "dscg_maindiag_name", "住院主诊断名称", 300)

static const yb_field_t admission[] = {
    PSN_NO(REQ),
    INSUTYPE(REQ),
    TEXT(OPT, "coner_name", "联系人姓名", 50),
    CODE(OPT, "tel", "联系电话", 50),
    TIME(REQ, "begntime", "开始时间"),
    CERT(REQ),
    MED_TYPE(REQ),
    FORM(REQ, "ipt_no", "住院号", 30, yb_form_token),
    ADMISSION_WARD,
    ADMISSION_TAIL,
    MATERNITY,
    CODE(OPT, "dise_type_code", "病种类型", 6),
};
static const yb_field_t diagnosis[] = {
    PSN_NO(REQ),
    DICT(REQ, "diag_type", "诊断类别", DIAG_TYPE),
    DICT(REQ, "maindiag_flag", "主诊断标志", FLAG),
    INT(REQ, "diag_srt_no", "诊断排序号", 2),
    FORM(REQ, "diag_code", "诊断代码", 20, yb_form_diagnosis),
    TEXT(REQ, "diag_name", "诊断名称", 100),
    TEXT(OPT, "adm_cond", "入院病情", 500),
    TEXT(REQ, "diag_dept", "诊断科室", 50),
    STAFF(REQ, "dise_dor_no", "诊断医生编码"),
    TEXT(REQ, "dise_dor_name", "诊断医生姓名", 50),
    TIME(REQ, "diag_time", "诊断时间"),
};
static const yb_node_t n2401[] = {
    ONE(REQ, "mdtrtinfo", "入院信息", admission),
    LIST(OPT, "diseinfo", "入院诊断信息", diagnosis),
};
const yb_fields_t yb_table_2401 = {.infno = "2401", .title = "入院办理", .output = "result{mdtrt_id}",
    .nodes = n2401, .node_count = COUNT(n2401), .check = yb_check_credential,
    .errors = {YB_E_PERSON_UNKNOWN, YB_E_PERSON_MISMATCH, YB_E_NOT_COVERED, YB_E_VISIT_OPEN, YB_E_POLICY_NONE,
        YB_E_KEY_CONFLICT}};

static const yb_field_t discharge[] = {
    MDTRT_ID(REQ),
    PSN_NO(REQ),
    INSUTYPE(REQ),
    TIME(REQ, "endtime", "结束时间"),
    FORM(OPT, "dise_codg", "病种编码", 30, yb_form_token),
    TEXT(OPT, "dise_name", "病种名称", 500),
    CODE(OPT, "oprn_oprt_code", "手术操作代码", 30),
    TEXT(OPT, "oprn_oprt_name", "手术操作名称", 500),
    MATERNITY,
    CODE(OPT, "cop_flag", "伴有并发症标志", 3),
    FORM(REQ, "dscg_dept_codg", "出院科室编码", 30, yb_form_token),
    TEXT(REQ, "dscg_dept_name", "出院科室名称", 100),
    TEXT(OPT, "dscg_bed", "出院床位", 30),
    CODE(REQ, "dscg_way", "离院方式", 3),
    DAY(OPT, "die_date", "死亡日期"),
};
static const yb_node_t n2402[] = {
    ONE(REQ, "dscginfo", "出院信息", discharge),
    LIST(OPT, "diseinfo", "出院诊断信息", diagnosis),
};
const yb_fields_t yb_table_2402 = {.infno = "2402", .title = "出院办理", .output = "无",
    .nodes = n2402, .node_count = COUNT(n2402),
    .errors = {YB_E_FIELD_RANGE, YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE}};

/* 2403 is 2401 with mdtrt_id and endtime; clients name the stay's number ipt_otp_no, some send no insutype
 * and no credential number (sample of another region), so those are optional here. */
static const yb_field_t change[] = {
    MDTRT_ID(REQ),
    PSN_NO(REQ),
    INSUTYPE(REQ),
    TEXT(OPT, "coner_name", "联系人姓名", 50),
    CODE(OPT, "tel", "联系电话", 50),
    TIME(REQ, "begntime", "开始时间"),
    TIME(OPT, "endtime", "结束时间"),
    CERT(REQ),
    MED_TYPE(REQ),
    FORM(OPT, "ipt_otp_no", "住院/门诊号", 30, yb_form_token),
    FORM(OPT, "ipt_no", "住院号", 30, yb_form_token),
    ADMISSION_WARD,
    ADMISSION_TAIL,
    MATERNITY,
    CODE(OPT, "dise_type_code", "病种编号", 6),
};

static yb_err_t check_change(const yb_input_t *in, yb_refusal_t *ret)
{
    const yb_row_t *d = yb_input_row(in, "adminfo", 0);
    if (!yb_row_has(d, "ipt_otp_no") && !yb_row_has(d, "ipt_no"))
        return yb_refuse(ret, YB_E_FIELD_MISSING, "adminfo.ipt_no", "（或ipt_otp_no）请填写后重报");
    return yb_check_credential(in, ret);
}

static const yb_node_t n2403[] = {
    ONE(REQ, "adminfo", "入院信息变更", change),
    LIST(OPT, "diseinfo", "入院诊断信息", diagnosis),
};
const yb_fields_t yb_table_2403 = {.infno = "2403", .title = "入院信息变更", .output = "无",
    .nodes = n2403, .node_count = COUNT(n2403), .check = check_change,
    .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE}};

static const yb_field_t stay[] = {MDTRT_ID(REQ), PSN_NO(REQ)};
static const yb_node_t n2404[] = {ONE(REQ, "data", "入院撤销", stay)};
const yb_fields_t yb_table_2404 = {.infno = "2404", .title = "入院撤销", .output = "无",
    .nodes = n2404, .node_count = COUNT(n2404),
    .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE}};
static const yb_node_t n2405[] = {ONE(REQ, "data", "出院撤销", stay)};
const yb_fields_t yb_table_2405 = {.infno = "2405", .title = "出院撤销", .output = "无",
    .nodes = n2405, .node_count = COUNT(n2405),
    .errors = {YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE, YB_E_VISIT_OPEN}};
