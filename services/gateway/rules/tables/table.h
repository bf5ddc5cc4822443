/* How the tables are written down; for the files of this folder only. */
#ifndef YB_GATEWAY_TABLE_H
#define YB_GATEWAY_TABLE_H

#include "libcommon/code.h"
#include "services/gateway/edge/fields.h"
#include "services/gateway/rules/form.h"

#define REQ true
#define OPT false
#define TEXT(req, name, label, len) {name, label, YB_FIELD_TEXT, req, len, 0, YB_DICT_NONE, NULL}
#define CODE(req, name, label, len) {name, label, YB_FIELD_CODE, req, len, 0, YB_DICT_NONE, NULL}
#define FORM(req, name, label, len, form) {name, label, YB_FIELD_CODE, req, len, 0, YB_DICT_NONE, form}
#define DICT(req, name, label, dict) {name, label, YB_FIELD_DICT, req, 0, 0, YB_DICT_##dict, NULL}
#define NUM(req, name, label, digits, scale)                                                                 \
    {                                                                                                        \
        name, label, YB_FIELD_DECIMAL, req, digits, scale, YB_DICT_NONE, NULL                                \
    }
#define AMT(req, name, label) NUM(req, name, label, 16, 2)
#define INT(req, name, label, digits) {name, label, YB_FIELD_INT, req, digits, 0, YB_DICT_NONE, NULL}
#define DAY(req, name, label) {name, label, YB_FIELD_DAY, req, 0, 0, YB_DICT_NONE, NULL}
#define TIME(req, name, label) {name, label, YB_FIELD_TIME, req, 0, 0, YB_DICT_NONE, NULL}
#define BYTES(req, name, label) {name, label, YB_FIELD_BYTES, req, 0, 0, YB_DICT_NONE, NULL}

#define PSN_NO(req) FORM(req, "psn_no", "人员编号", 30, yb_code_psn_no)
#define MDTRT_ID(req) FORM(req, "mdtrt_id", "就诊ID", 30, yb_form_token)
#define SETL_ID(req) FORM(req, "setl_id", "结算ID", 30, yb_form_token)
#define STAFF(req, name, label) FORM(req, name, label, 30, yb_form_staff)
#define AREA(req, name, label) FORM(req, name, label, 6, yb_code_admdvs)
#define INSUTYPE(req) DICT(req, "insutype", "险种类型", INSUTYPE)
#define MED_TYPE(req) DICT(req, "med_type", "医疗类别", MED_TYPE)
#define CERT(req)                                                                                            \
    DICT(req, "mdtrt_cert_type", "就诊凭证类型", MDTRT_CERT_TYPE),                                           \
        CODE(req, "mdtrt_cert_no", "就诊凭证编号", 50)

/* What 2204 and 2301 say of a fee line alike, and answer. */
#define LINE_ITEM \
    FORM(OPT, "dise_codg", "病种编码", 30, yb_form_token), CODE(OPT, "rxno", "处方号", 30), \
    CODE(OPT, "rx_circ_flag", "外购处方标志", 3), TIME(REQ, "fee_ocur_time", "费用发生时间"), \
    FORM(REQ, "med_list_codg", "医疗目录编码", 50, yb_code_catalogue), \
    CODE(REQ, "medins_list_codg", "医药机构目录编码", 150), AMT(REQ, "det_item_fee_sumamt", "明细项目费用总额"), \
    NUM(REQ, "cnt", "数量", 16, 4), NUM(REQ, "pric", "单价", 16, 6), \
    TEXT(OPT, "sin_dos_dscr", "单次剂量描述", 200), TEXT(OPT, "used_frqu_dscr", "使用频次描述", 200), \
    NUM(OPT, "prd_days", "周期天数", 4, 2), TEXT(OPT, "medc_way_dscr", "用药途径描述", 200), \
    FORM(REQ, "bilg_dept_codg", "开单科室编码", 30, yb_form_token), \
    TEXT(REQ, "bilg_dept_name", "开单科室名称", 100), STAFF(REQ, "bilg_dr_codg", "开单医生编码"), \
    TEXT(REQ, "bilg_dr_name", "开单医师姓名", 50), \
    FORM(OPT, "acord_dept_codg", "受单科室编码", 30, yb_form_token), \
    TEXT(OPT, "acord_dept_name", "受单科室名称", 100), STAFF(OPT, "orders_dr_code", "受单医生编码"), \
    TEXT(OPT, "orders_dr_name", "受单医生姓名", 50), DICT(OPT, "hosp_appr_flag", "医院审批标志", HOSP_APPR_FLAG), \
    CODE(OPT, "tcmdrug_used_way", "中药使用方式", 6), CODE(OPT, "etip_flag", "外检标志", 3), \
    CODE(OPT, "etip_hosp_code", "外检医院编码", 30), CODE(OPT, "dscg_tkdrug_flag", "出院带药标志", 3), \
    DICT(OPT, "matn_fee_flag", "生育费用标志", FLAG)
#define LINE_OUTPUT \
    "result[]{feedetl_sn, det_item_fee_sumamt, cnt, pric, pric_uplmt_amt, selfpay_prop, fulamt_ownpay_amt, " \
    "overlmt_amt, preselfpay_amt, inscp_scp_amt, chrgitm_lv, med_chrgitm_type, …}"
#define LINE_ERRORS \
    YB_E_VISIT_UNKNOWN, YB_E_NOT_YOURS, YB_E_VISIT_STATE, YB_E_LINE_EXISTS, YB_E_LINE_AMOUNT, YB_E_LINE_REFUND

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ONE(req, name, label, fields) {name, label, false, req, fields, COUNT(fields)}
#define LIST(req, name, label, fields) {name, label, true, req, fields, COUNT(fields)}

/* Cross-field rules shared by families (tables/check.c). */
/* An ID number; people type its last character as a small x, too. */
yb_err_t yb_check_idcard(const char *no, const char *path, yb_refusal_t *ret);
/* mdtrt_cert_type 02: mdtrt_cert_no is an ID number, check digit included. In the first node. */
yb_err_t yb_check_credential(const yb_input_t *in, yb_refusal_t *ret);

#define TABLE(no) extern const yb_fields_t yb_table_##no;
#define YB_TABLES(X)                                                                                         \
    X(1101)                                                                                                  \
    X(1201) X(1312) X(2001) X(2201) X(2202) X(2203) X(2203A) X(2204) X(2205) X(2206) X(2207) X(2208) X(2301) \
        X(2302) X(2303) X(2304) X(2305) X(2401) X(2402) X(2403) X(2404) X(2405) X(2503) X(2504) X(2601)      \
            X(3201) X(3202) X(4101) X(4101A) X(4101T) X(4102) X(4103) X(4104) X(4106) X(4107) X(4108) X(5201) X(5202) X(5203) X(5204) X(5205) X(5206) X(5301) X(5303) X(9001) X(9002)  \
                X(9101) X(9102)
YB_TABLES(TABLE)
#undef TABLE

#endif
