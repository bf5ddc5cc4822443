/* Settlement lists: 4101, 4101A, 4102, 4103, 4104. Names, types and lengths are those of
 * services/drg/data/list-fields.csv; what a field must hold beside its form is the list check's matter, which knows
 * drafts, stays and newborns apart: here only what every list must have is required. */
#include "services/gateway/rules/tables/table.h"

/* The fields of a node in 4101 and 4101A: required in 4101 or not; in 4101A (NOT = it has no such field); how it is
 * written down. What only 4101A has follows its list. */
#define WHOLE(whole, clinical, form, ...) form(whole, __VA_ARGS__),
#define CLINICAL(whole, clinical, form, ...) CLINICAL_##clinical(form, __VA_ARGS__)
#define CLINICAL_REQ(form, ...) form(REQ, __VA_ARGS__),
#define CLINICAL_OPT(form, ...) form(OPT, __VA_ARGS__),
#define CLINICAL_NOT(form, ...)

#define SETLINFO(X) \
    X(REQ, NOT, TEXT, "fixmedins_name", "定点医药机构名称", 200) \
    X(REQ, NOT, CODE, "fixmedins_code", "定点医药机构编号", 12) \
    X(OPT, NOT, CODE, "hi_setl_lv", "医保结算等级", 3) \
    X(OPT, OPT, CODE, "hi_no", "医保编号", 30) \
    X(REQ, OPT, CODE, "medcasno", "病案号", 40) \
    X(OPT, OPT, TIME, "dcla_time", "申报时间") \
    X(REQ, NOT, TEXT, "psn_name", "人员姓名", 50) \
    X(REQ, NOT, CODE, "gend", "性别", 6) \
    X(REQ, NOT, DAY, "brdy", "出生日期") \
    X(OPT, NOT, NUM, "age", "年龄", 4, 1) \
    X(REQ, OPT, CODE, "ntly", "国籍", 6) \
    X(OPT, NOT, INT, "nwb_age", "（年龄不足1周岁）年龄天数", 3) \
    X(REQ, NOT, CODE, "naty", "民族", 3) \
    X(REQ, NOT, CODE, "patn_cert_type", "患者证件类别", 3) \
    X(REQ, NOT, TEXT, "certno", "证件号码", 50) \
    X(REQ, OPT, CODE, "prfs", "职业", 6) \
    X(OPT, OPT, TEXT, "curr_addr", "现住址", 200) \
    X(OPT, OPT, TEXT, "emp_name", "单位名称", 200) \
    X(OPT, OPT, TEXT, "emp_addr", "单位地址", 200) \
    X(OPT, OPT, TEXT, "emp_tel", "单位电话", 50) \
    X(OPT, OPT, CODE, "poscode", "邮编", 6) \
    X(REQ, OPT, TEXT, "coner_name", "联系人姓名", 50) \
    X(REQ, OPT, CODE, "patn_rlts", "与患者关系", 6) \
    X(REQ, OPT, TEXT, "coner_addr", "联系人地址", 200) \
    X(REQ, OPT, TEXT, "coner_tel", "联系人电话", 50) \
    X(REQ, NOT, CODE, "hi_type", "医保类型", 3) \
    X(REQ, NOT, CODE, "insuplc", "参保地", 6) \
    X(OPT, NOT, CODE, "sp_psn_type", "特殊人员类型", 6) \
    X(OPT, OPT, CODE, "nwb_adm_type", "新生儿入院类型", 3) \
    X(OPT, OPT, NUM, "nwb_bir_wt", "新生儿出生体重", 6, 2) \
    X(OPT, OPT, NUM, "nwb_adm_wt", "新生儿入院体重", 6, 2) \
    X(OPT, OPT, TEXT, "opsp_diag_caty", "门诊慢特病诊断科别", 50) \
    X(OPT, OPT, DAY, "opsp_mdtrt_date", "门诊慢特病就诊日期") \
    X(OPT, NOT, CODE, "ipt_med_type", "住院医疗类型", 3) \
    X(OPT, OPT, CODE, "adm_way", "入院途径", 3) \
    X(OPT, OPT, CODE, "trt_type", "治疗类别", 3) \
    X(OPT, OPT, TIME, "adm_time", "入院时间") \
    X(OPT, NOT, CODE, "adm_caty", "入院科别", 6) \
    X(OPT, OPT, CODE, "refldept_dept", "转科科别", 100) \
    X(OPT, OPT, TIME, "dscg_time", "出院时间") \
    X(OPT, OPT, CODE, "dscg_caty", "出院科别", 6) \
    X(OPT, NOT, INT, "act_ipt_days", "实际住院天数", 3) \
    X(OPT, OPT, TEXT, "otp_wm_dise", "门（急）诊西医诊断", 200) \
    X(OPT, OPT, CODE, "wm_dise_code", "西医诊断疾病代码", 20) \
    X(OPT, OPT, TEXT, "otp_tcm_dise", "门（急）诊中医诊断", 200) \
    X(OPT, OPT, CODE, "tcm_dise_code", "中医诊断代码", 20) \
    X(OPT, NOT, INT, "diag_code_cnt", "诊断代码计数", 3) \
    X(OPT, NOT, CODE, "maindiag_flag", "主诊断标志", 3) \
    X(OPT, NOT, INT, "oprn_oprt_code_cnt", "手术操作代码计数", 3) \
    X(OPT, OPT, CODE, "vent_used_dura", "呼吸机使用时长", 20) \
    X(OPT, OPT, CODE, "pwcry_bfadm_coma_dura", "颅脑损伤患者入院前昏迷时长", 20) \
    X(OPT, OPT, CODE, "pwcry_afadm_coma_dura", "颅脑损伤患者入院后昏迷时长", 20) \
    X(OPT, NOT, CODE, "bld_cat", "输血品种", 3) \
    X(OPT, NOT, INT, "bld_amt", "输血量", 6) \
    X(OPT, NOT, CODE, "bld_unt", "输血计量单位", 3) \
    X(OPT, OPT, INT, "spga_nurscare_days", "特级护理天数", 3) \
    X(OPT, OPT, INT, "lv1_nurscare_days", "一级护理天数", 3) \
    X(OPT, OPT, INT, "scd_nurscare_days", "二级护理天数", 3) \
    X(OPT, OPT, INT, "lv3_nurscare_days", "三级护理天数", 3) \
    X(OPT, OPT, CODE, "dscg_way", "离院方式", 3) \
    X(OPT, OPT, TEXT, "acp_medins_name", "拟接收机构名称", 100) \
    X(OPT, OPT, CODE, "acp_optins_code", "拟接收机构代码", 30) \
    X(REQ, OPT, TEXT, "bill_code", "票据代码", 50) \
    X(REQ, OPT, CODE, "bill_no", "票据号码", 30) \
    X(REQ, OPT, TEXT, "biz_sn", "业务流水号", 50) \
    X(OPT, OPT, CODE, "days_rinp_flag_31", "出院31天内再住院计划标志", 3) \
    X(OPT, OPT, TEXT, "days_rinp_pup_31", "出院31天内再住院目的", 200) \
    X(OPT, NOT, TEXT, "chfpdr_name", "主诊医师姓名", 50) \
    X(OPT, OPT, CODE, "chfpdr_code", "主诊医师代码", 30) \
    X(REQ, OPT, DAY, "setl_begn_date", "结算开始日期") \
    X(REQ, OPT, DAY, "setl_end_date", "结算结束日期") \
    X(REQ, NOT, AMT, "psn_selfpay", "个人自付") \
    X(REQ, NOT, AMT, "psn_ownpay", "个人自费") \
    X(REQ, NOT, AMT, "acct_pay", "个人账户支出") \
    X(REQ, NOT, AMT, "psn_cashpay", "个人现金支付") \
    X(REQ, OPT, CODE, "hi_paymtd", "医保支付方式", 3) \
    X(REQ, NOT, TEXT, "hsorg", "医保机构", 100) \
    X(REQ, NOT, TEXT, "hsorg_opter", "医保机构经办人", 50) \
    X(REQ, OPT, TEXT, "medins_fill_dept", "医疗机构填报部门", 100) \
    X(REQ, OPT, TEXT, "medins_fill_psn", "医疗机构填报人", 50)
static const yb_field_t setlinfo[] = {MDTRT_ID(REQ), SETL_ID(REQ), SETLINFO(WHOLE)};
static const yb_field_t payinfo[] = {
    CODE(REQ, "fund_pay_type", "基金支付类型", 6),
    AMT(REQ, "fund_payamt", "基金支付金额"),
};
static const yb_field_t opspdiseinfo[] = {
    TEXT(REQ, "diag_name", "诊断名称", 100),
    CODE(REQ, "diag_code", "诊断代码", 20),
    TEXT(REQ, "oprn_oprt_name", "手术操作名称", 500),
    CODE(REQ, "oprn_oprt_code", "手术操作代码", 30),
};
static const yb_field_t diseinfo[] = {
    CODE(REQ, "diag_type", "诊断类别", 3),
    CODE(REQ, "diag_code", "诊断代码", 20),
    TEXT(REQ, "diag_name", "诊断名称", 100),
    CODE(OPT, "adm_cond_type", "入院病情类型", 3),
    CODE(OPT, "maindiag_flag", "主诊断标志", 3),
};
static const yb_field_t iteminfo[] = {
    CODE(REQ, "med_chrgitm", "医疗收费项目", 6),
    AMT(REQ, "amt", "金额"),
    AMT(REQ, "claa_sumfee", "甲类费用合计"),
    AMT(REQ, "clab_amt", "乙类金额"),
    AMT(REQ, "fulamt_ownpay_amt", "全自费金额"),
    AMT(REQ, "oth_amt", "其他金额"),
};
#define OPRNINFO(X) \
    X(REQ, REQ, CODE, "oprn_oprt_type", "手术操作类别", 3) \
    X(REQ, REQ, TEXT, "oprn_oprt_name", "手术操作名称", 500) \
    X(REQ, REQ, CODE, "oprn_oprt_code", "手术操作代码", 30) \
    X(REQ, NOT, DAY, "oprn_oprt_date", "手术操作日期") \
    X(OPT, OPT, CODE, "anst_way", "麻醉方式", 6) \
    X(REQ, NOT, TEXT, "oper_dr_name", "术者医师姓名", 50) \
    X(REQ, REQ, CODE, "oper_dr_code", "术者医师代码", 20) \
    X(OPT, NOT, TEXT, "anst_dr_name", "麻醉医师姓名", 50) \
    X(OPT, OPT, CODE, "anst_dr_code", "麻醉医师代码", 20)
static const yb_field_t oprninfo[] = {OPRNINFO(WHOLE)};
static const yb_field_t icuinfo[] = {
    CODE(REQ, "scs_cutd_ward_type", "重症监护病房类型", 6),
    TIME(REQ, "scs_cutd_inpool_time", "重症监护进入时间"),
    TIME(REQ, "scs_cutd_exit_time", "重症监护退出时间"),
    CODE(REQ, "scs_cutd_sum_dura", "重症监护合计时长", 20),
};

static const yb_field_t setlinfo_a[] = {
    MDTRT_ID(REQ), SETL_ID(REQ), SETLINFO(CLINICAL)
    PSN_NO(REQ),
    TEXT(OPT, "mul_nwb_bir_wt", "多胞胎新生儿出生体重", 500),
    TEXT(OPT, "mul_nwb_adm_wt", "多胞胎新生儿入院体重", 500),
    CODE(OPT, "resp_nurs_code", "责任护士代码", 30),
    CODE(OPT, "stas_type", "状态类型", 3),
};
static const yb_field_t oprninfo_a[] = {
    OPRNINFO(CLINICAL)
    TIME(REQ, "oprn_oprt_begntime", "手术操作开始时间"),
    TIME(OPT, "oprn_oprt_endtime", "手术操作结束时间"),
    TIME(OPT, "anst_begntime", "麻醉开始时间"),
    TIME(OPT, "anst_endtime", "麻醉结束时间"),
};
static const yb_field_t bldinfo_a[] = {
    CODE(REQ, "bld_cat", "输血品种", 3),
    INT(REQ, "bld_amt", "输血量", 6),
    CODE(REQ, "bld_unt", "输血计量单位", 3),
};
static const yb_node_t n4101[] = {
    ONE(REQ, "setlinfo", "结算清单信息", setlinfo),
    LIST(OPT, "payinfo", "基金支付信息", payinfo),
    LIST(OPT, "opspdiseinfo", "门诊慢特病诊断信息", opspdiseinfo),
    LIST(OPT, "diseinfo", "住院诊断信息", diseinfo),
    LIST(OPT, "iteminfo", "收费项目信息", iteminfo),
    LIST(OPT, "oprninfo", "手术操作信息", oprninfo),
    LIST(OPT, "icuinfo", "重症监护信息", icuinfo),
};
#define UPLOAD_ERRORS \
    YB_E_SETTLEMENT_UNKNOWN, YB_E_NOT_YOURS, YB_E_ALREADY_REVERSED, YB_E_LIST_FAULTY, YB_E_LIST_FROZEN, YB_E_KEY_CONFLICT
const yb_fields_t yb_table_4101 = {.infno = "4101", .title = "医疗保障基金结算清单信息上传", .output = "setl_list_id",
    .nodes = n4101, .node_count = COUNT(n4101), .errors = {UPLOAD_ERRORS}};

static const yb_node_t n4101A[] = {
    ONE(REQ, "setlinfo", "结算清单信息", setlinfo_a),
    LIST(OPT, "opspdiseinfo", "门诊慢特病诊断信息", opspdiseinfo),
    LIST(OPT, "diseinfo", "住院诊断信息", diseinfo),
    LIST(OPT, "oprninfo", "手术操作信息", oprninfo_a),
    LIST(OPT, "icuinfo", "重症监护信息", icuinfo),
    LIST(OPT, "bldinfo", "输血信息", bldinfo_a),
};
const yb_fields_t yb_table_4101A = {.infno = "4101A", .title = "医疗保障基金结算清单信息上传（临床部分）",
    .output = "setl_list_id", .nodes = n4101A, .node_count = COUNT(n4101A), .errors = {UPLOAD_ERRORS}};

/* The same list, for a trial before it is uploaded. */
const yb_fields_t yb_table_4101T = {.infno = "4101T", .title = "结算清单试分组（本平台扩展，不保存）",
    .output = "qltctrl_rslt（1质控通过、0不通过）, err_cnt, warn_cnt, hint_cnt, detailinfo[]（同4104）, "
              "grpinfo{schm_name, dscg_date, mdc, mdc_name, adrg, adrg_name, drg_code, drg_name, rea（未入组的原因）, path[]}, "
              "payinfo{plan, pay_mtd（points点数法、rate费率法、dip按病种分值）, rw, coefficient, std_fee, dise_codg（DIP病种）, pay_class, pay_class_name, "
              "points, gross, mean_fee, mean_ym, "
              "rea（不能估算的原因）}",
    .nodes = n4101A, .node_count = COUNT(n4101A),
    .errors = {YB_E_SETTLEMENT_UNKNOWN, YB_E_NOT_YOURS, YB_E_ALREADY_REVERSED}};

static const yb_field_t state[] = {PSN_NO(REQ), SETL_ID(REQ), DICT(REQ, "stas_type", "状态类型：0暂存、1提交", FLAG)};
static const yb_node_t n4102[] = {LIST(REQ, "stastinfo", "清单状态", state)};
const yb_fields_t yb_table_4102 = {.infno = "4102", .title = "结算清单状态修改", .output = "无",
    .nodes = n4102, .node_count = COUNT(n4102),
    .errors = {YB_E_LIST_UNKNOWN, YB_E_NOT_YOURS, YB_E_PERSON_MISMATCH, YB_E_ALREADY_REVERSED, YB_E_LIST_FROZEN,
        YB_E_LIST_FAULTY, YB_E_KEY_CONFLICT}};

static const yb_field_t query[] = {PSN_NO(REQ), SETL_ID(REQ)};
static const yb_node_t n4103[] = {ONE(REQ, "data", "查询条件", query)};
const yb_fields_t yb_table_4103 = {.infno = "4103", .title = "结算清单信息查询",
    .output = "setlinfo（金额以结算为准；vali_flag 0为失效）, payinfo[], opspdiseinfo[], diseinfo[], iteminfo[], oprninfo[], "
              "icuinfo[], bldinfo[]",
    .nodes = n4103, .node_count = COUNT(n4103),
    .errors = {YB_E_SETTLEMENT_UNKNOWN, YB_E_ALREADY_REVERSED, YB_E_NOT_YOURS, YB_E_PERSON_MISMATCH, YB_E_LIST_UNKNOWN}};

static const yb_field_t quality[] = {
    FORM(OPT, "setl_ym", "结算年月", 6, yb_form_month),
    SETL_ID(REQ),
    PSN_NO(OPT),
    CODE(OPT, "err_lv", "错误等级：1提示、2警告、3错误", 1),
};
static const yb_node_t n4104[] = {ONE(REQ, "data", "查询条件", quality)};
const yb_fields_t yb_table_4104 = {.infno = "4104", .title = "结算清单质控结果查询",
    .output = "setl_ym, setl_id, psn_no, qltctrl_rslt（1通过、0不通过）, err_lv（最高等级：0无、1提示、2警告、3错误）, "
              "retn_flag（1回退）, qltctrl_ver, detailinfo[]{exam_data_fld, rule_id, qltctrl_chkrslt, err_lv, retn_flag, init_val}",
    .nodes = n4104, .node_count = COUNT(n4104),
    .errors = {YB_E_SETTLEMENT_UNKNOWN, YB_E_ALREADY_REVERSED, YB_E_NOT_YOURS, YB_E_PERSON_MISMATCH, YB_E_LIST_UNKNOWN}};
