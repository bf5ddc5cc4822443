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

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))
#define ONE(req, name, label, fields) {name, label, false, req, fields, COUNT(fields)}
#define LIST(req, name, label, fields) {name, label, true, req, fields, COUNT(fields)}

/* Cross-field rules shared by families (tables/check.c). */
/* mdtrt_cert_type 02: mdtrt_cert_no is an ID number, check digit included. In the first node. */
/* An ID number; people type its last character as a small x, too. */
yb_err_t yb_check_idcard(const char *no, const char *path, yb_refusal_t *ret);
yb_err_t yb_check_credential(const yb_input_t *in, yb_refusal_t *ret);

#define TABLE(no) extern const yb_fields_t yb_table_##no;
#define YB_TABLES(X)                                                                                         \
    X(1101)                                                                                                  \
    X(1201) X(1312) X(2001) X(2201) X(2202) X(2203) X(2203A) X(2204) X(2205) X(2206) X(2207) X(2208) X(2301) \
        X(2302) X(2303) X(2304) X(2305) X(2401) X(2402) X(2403) X(2404) X(2405) X(2503) X(2504) X(2601)      \
            X(3201) X(3202) X(4101) X(4101A) X(4102) X(4103) X(4104) X(5201) X(5202) X(5203) X(5204) X(5205) X(5206) X(5301) X(5303) X(9001) X(9002)  \
                X(9101) X(9102)
YB_TABLES(TABLE)
#undef TABLE

#endif
