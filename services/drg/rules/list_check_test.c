/* The list check: fields, amounts, the person, dates; and what holds for all findings. */
#include "services/drg/rules/list_check_world.h"

START_TEST(a_good_list_has_no_finding)
{
    nothing();
    ck_assert_int_eq(world.facts.sex, 1);
    ck_assert_int_eq(world.facts.age, 52);
    ck_assert_int_eq(world.facts.los, 7);
    ck_assert_int_eq(world.facts.bir_wt_g, -1);
    ck_assert(world.facts.icu && world.facts.has_principal);
    ck_assert_uint_eq(world.facts.dx_count, 2); /* the Chinese-medicine diagnosis is not grouped */
    ck_assert_uint_eq(world.facts.px_count, 2);
    as_4101a();
    nothing();
    ck_assert_int_eq(world.facts.sex, 1); /* of the settlement */
    ck_assert_int_eq(world.facts.age, 52);
}
END_TEST

/* ---- fields ---- */

START_TEST(required)
{
    world.head->medcasno = NULL;
    only(YB_RULE_FIELD_REQUIRED, "setlinfo.medcasno", "病案号为必填项");
    ck_assert_int_eq(report.findings[0].severity, YB_LIST_ERROR);
    ck_assert_uint_eq(report.by_severity[YB_LIST_ERROR], 1);
    world.head->medcasno = "B1";
    world.dx[1].diag_name = "";
    only(YB_RULE_FIELD_REQUIRED, "diseinfo[2].diag_name", "诊断名称为必填项");
}
END_TEST

START_TEST(by_form)
{
    as_4101a();
    world.head->psn_no = NULL;
    only(YB_RULE_FIELD_REQUIRED, "setlinfo.psn_no", "人员编号");
    world.head->psn_no = "P1";
    world.px[0].oprn_oprt_begntime = NULL; /* 4101A dates an operation by its begin */
    only(YB_RULE_FIELD_REQUIRED, "oprninfo[1].oprn_oprt_begntime", "开始时间");
    world.head->stas_type = "0"; /* put by: may still lack it */
    only(YB_RULE_FIELD_REQUIRED, "oprninfo[1].oprn_oprt_begntime", "开始时间");
    ck_assert_int_eq(report.findings[0].severity, YB_LIST_WARNING);
    world.px[0].oprn_oprt_begntime = "2025-03-02 10:00:00";
    world.list.counts[YB_NODE_BLDINFO] = 1;
    also(YB_RULE_FIELD_REQUIRED, "bldinfo[1].bld_unt");
}
END_TEST

START_TEST(conditional)
{
    world.head->dscg_way = NULL;
    only(YB_RULE_FIELD_CONDITION, "setlinfo.dscg_way", "住院清单须填写");
    world.head->dscg_way = "1";
    world.head->age = NULL;
    only(YB_RULE_FIELD_CONDITION, "setlinfo.age", "满1周岁");
    world.head->age = "52";
    world.head->days_rinp_flag_31 = "2";
    only(YB_RULE_FIELD_CONDITION, "setlinfo.days_rinp_pup_31", "31天内");
    world.head->days_rinp_flag_31 = "1";
    nothing();
    world.head->brdy = "2024-12-01";
    world.settlement.brdy = 20241201;
    world.head->age = NULL;
    only(YB_RULE_FIELD_CONDITION, "setlinfo.nwb_age", "不足1周岁");
    world.head->nwb_age = "90";
    nothing();
}
END_TEST

START_TEST(outpatient)
{
    world.settlement.is_inpatient = false;
    world.head->adm_time = world.head->dscg_time = world.head->dscg_way = world.head->act_ipt_days = NULL;
    world.head->ipt_med_type = world.head->adm_caty = world.head->dscg_caty = NULL;
    world.head->opsp_diag_caty = "A03";
    world.head->diag_code_cnt = world.head->oprn_oprt_code_cnt = "0";
    world.list.counts[YB_NODE_DISEINFO] = world.list.counts[YB_NODE_OPRNINFO] = world.list.counts[YB_NODE_ICUINFO] = 0;
    only(YB_RULE_FIELD_CONDITION, "setlinfo.opsp_mdtrt_date", "门诊慢特病");
    world.head->opsp_mdtrt_date = "2025-03-08";
    nothing();
}
END_TEST

START_TEST(expected_where_known)
{
    world.head->dscg_way = "2";
    only(YB_RULE_FIELD_EXPECTED, "setlinfo.acp_optins_code", "离院方式为2或3");
    ck_assert_int_eq(report.findings[0].severity, YB_LIST_WARNING);
    world.head->acp_medins_name = "测试二院";
    world.head->acp_optins_code = "H14110200002";
    nothing();
    world.px[1].anst_way = "01";
    only(YB_RULE_FIELD_EXPECTED, "oprninfo[2].anst_dr_code", "麻醉方式");
}
END_TEST

START_TEST(form)
{
    static const char *const durations[] = { "1/24/0", "1/0/60", "1/2",    "1/2/3/4",
                                             "a/1/1",  "26:00",  "-1/2/3", "12345/0/0" };
    world.head->dcla_time = "2025-02-30 10:00:00";
    only(YB_RULE_FIELD_FORM, "setlinfo.dcla_time", "申报时间格式不正确");
    ck_assert_str_eq(report.findings[0].value, "2025-02-30 10:00:00");
    world.head->dcla_time = NULL;
    world.head->lv1_nurscare_days = "1.5";
    only(YB_RULE_FIELD_FORM, "setlinfo.lv1_nurscare_days", "须为整数");
    world.head->lv1_nurscare_days = NULL;
    for (size_t i = 0; i < sizeof(durations) / sizeof(durations[0]); i++) {
        world.head->pwcry_bfadm_coma_dura = durations[i];
        only(YB_RULE_FIELD_FORM, "setlinfo.pwcry_bfadm_coma_dura", "天数/小时数/分钟数");
    }
    world.head->pwcry_bfadm_coma_dura = "0/23/59";
    nothing();
    ck_assert_int_eq(world.facts.coma_before_min, 23 * 60 + 59);
    world.head->psn_selfpay = "250.001";
    only(YB_RULE_FIELD_FORM, "setlinfo.psn_selfpay", "最多2位小数");
}
END_TEST

START_TEST(length)
{
    char name[101 * 3 + 1] = "";
    for (size_t i = 0; i < 101; i++)
        memcpy(name + 3 * i, "病", 3);
    world.dx[1].diag_name = name;
    only(YB_RULE_FIELD_LENGTH, "diseinfo[2].diag_name", "长101位");
    name[300] = '\0'; /* a hundred characters are three hundred bytes */
    nothing();
    world.head->scd_nurscare_days = "1000";
    also(YB_RULE_FIELD_LENGTH, "setlinfo.scd_nurscare_days");
}
END_TEST

START_TEST(dictionary)
{
    static const char *const bad[] = { "7", "10", "1医", " " };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        world.head->dscg_way = bad[i];
        only(YB_RULE_FIELD_DICT, "setlinfo.dscg_way", "2医嘱转院");
    }
    world.head->dscg_way = "9";
    nothing();
    ck_assert(yb_list_values_have("1甲 12乙", "12") && yb_list_values_have("1甲 12乙", "1"));
    ck_assert(!yb_list_values_have("1甲 12乙", "2") && !yb_list_values_have("1甲 12乙", ""));
}
END_TEST

START_TEST(what_names_a_person_is_not_repeated)
{
    world.head->coner_tel = "00000000000000000000000000000000000000000000000000000000";
    only(YB_RULE_FIELD_LENGTH, "setlinfo.coner_tel", "联系人电话");
    ck_assert_str_eq(report.findings[0].value, "");
}
END_TEST

/* ---- amounts ---- */

START_TEST(the_settlement_named)
{
    world.head->mdtrt_id = "M2";
    only(YB_RULE_SETTLEMENT_NAMED, "setlinfo.mdtrt_id", "就诊");
    world.head->mdtrt_id = "M1";
    world.head->setl_id = "S2";
    only(YB_RULE_SETTLEMENT_NAMED, "setlinfo.setl_id", "结算ID");
    world.head->setl_id = "S1";
    world.settlement.is_reversed = true;
    only(YB_RULE_SETTLEMENT_REVERSED, "setlinfo.setl_id", "已撤销");
}
END_TEST

START_TEST(head_amounts)
{
    world.head->psn_ownpay = "60.00"; /* older builds: with what is over the limit */
    world.head->psn_selfpay = "240.00";
    nothing();
    world.head->psn_selfpay = "240.01";
    only(YB_RULE_AMOUNT_SELF, "setlinfo.psn_selfpay", "300.01");
    world.head->psn_ownpay = "55.00";
    world.head->psn_selfpay = "245.00";
    only(YB_RULE_AMOUNT_HEAD, "setlinfo.psn_ownpay", "个人自费55.00与中心结算50.00不符");
    world.head->psn_ownpay = "50.00";
    world.head->acct_pay = "100.01";
    world.head->psn_selfpay = "250.01";
    only(YB_RULE_AMOUNT_HEAD, "setlinfo.acct_pay", "100.01");
    world.head->acct_pay = "100.00";
    world.head->psn_cashpay = "200.01";
    only(YB_RULE_AMOUNT_HEAD, "setlinfo.psn_cashpay", "200.01");
}
END_TEST

START_TEST(funds)
{
    world.pay[0].fund_payamt = "699.99";
    only(YB_RULE_AMOUNT_FUND, "payinfo[1].fund_payamt", "699.99与中心结算700.00不符");
    world.pay[0].fund_payamt = "700.00";
    world.pay[1].fund_payamt = "1";
    only(YB_RULE_AMOUNT_FUND, "payinfo[2].fund_pay_type", "没有此基金");
    world.pay[1].fund_pay_type = "310201"; /* the account is no fund */
    nothing();
    world.pay[1] = world.pay[0];
    only(YB_RULE_AMOUNT_FUND, "payinfo[2].fund_pay_type", "重复");
    world.list.counts[YB_NODE_PAYINFO] = 0;
    only(YB_RULE_AMOUNT_FUND, "payinfo", "缺少基金390100的支付700.00");
}
END_TEST

START_TEST(items)
{
    world.item[8].oth_amt = "0.01";
    also(YB_RULE_AMOUNT_ITEM_PARTS, "iteminfo[9].amt");
    also(YB_RULE_AMOUNT_ITEM_CATEGORY, "iteminfo[9].oth_amt");
    make_rows();
    world.item[8].claa_sumfee = "799.99";
    also(YB_RULE_AMOUNT_ITEM_PARTS, "iteminfo[9].amt");
    make_rows();
    world.item[1] = (yb_iteminfo_t){ "02", "0.01", "0.01", "0", "0", "0" };
    world.settlement.item_count = 0; /* the categories are not known: the total is */
    only(YB_RULE_AMOUNT_ITEM_TOTAL, "iteminfo.amt", "1000.01");
    make_rows();
    world.item[13].med_chrgitm = "01";
    only(YB_RULE_ITEM_CATEGORIES, "iteminfo[14].med_chrgitm", "重复");
    ck_assert_int_eq(report.findings[0].severity, YB_LIST_WARNING);
    make_rows();
    world.list.counts[YB_NODE_ITEMINFO] = 9;
    only(YB_RULE_ITEM_CATEGORIES, "iteminfo.med_chrgitm", "只有9类");
    world.item[2].amt = "99999999999999.99"; /* the largest the form has */
    also(YB_RULE_AMOUNT_ITEM_TOTAL, "iteminfo.amt");
}
END_TEST

/* ---- the person ---- */

START_TEST(person)
{
    world.settlement.gend = "2";
    only(YB_RULE_PERSON_DIFFERS, "setlinfo.gend", "性别");
    world.settlement.gend = "1";
    world.settlement.brdy = 19720502;
    only(YB_RULE_PERSON_DIFFERS, "setlinfo.brdy", "出生日期");
    world.settlement.brdy = 19720501;
    world.head->patn_cert_type = "01";
    world.head->certno = "110101197205010019";
    char certno[19];
    snprintf(certno, sizeof(certno), "11010119720501001%c", yb_idcard_check_char("11010119720501001"));
    world.head->certno = certno;
    nothing();
    certno[17] = certno[17] == '1' ? '2' : '1';
    only(YB_RULE_PERSON_CERTNO, "setlinfo.certno", "身份证号");
    ck_assert_str_eq(report.findings[0].value, "");
    ck_assert_ptr_null(strstr(report.findings[0].text, "1101011972"));
    snprintf(certno, sizeof(certno), "11010119720501002%c", yb_idcard_check_char("11010119720501002"));
    only(YB_RULE_PERSON_CERTNO, "setlinfo.gend", "性别与身份证号");
}
END_TEST

START_TEST(age)
{
    world.head->age = "53";
    only(YB_RULE_AGE_YEARS, "setlinfo.age", "52周岁");
    world.head->age = "52.9"; /* n4,1: fractions do not count */
    nothing();
    world.head->brdy = "2025-02-10";
    world.settlement.brdy = 20250210;
    world.head->age = NULL;
    world.head->nwb_bir_wt = world.head->nwb_adm_wt = "3200";
    world.head->nwb_age = "20"; /* 19 days by the dates: one more is allowed */
    nothing();
    ck_assert_int_eq(world.facts.age_day, 19);
    world.head->nwb_age = "21";
    only(YB_RULE_AGE_DAYS, "setlinfo.nwb_age", "19天");
}
END_TEST

/* ---- dates ---- */

START_TEST(dates)
{
    world.list.counts[YB_NODE_OPRNINFO] = world.list.counts[YB_NODE_ICUINFO] = 0;
    world.head->oprn_oprt_code_cnt = "0";
    world.head->dscg_time = "2025-02-28 10:00:00";
    only(YB_RULE_DATE_STAY, "setlinfo.dscg_time", "早于入院时间");
    world.head->dscg_time = "2025-03-08";
    nothing(); /* a bare date is the whole day */
    world.head->dscg_time = "2025-03-09 10:00:00";
    world.head->act_ipt_days = "8";
    only(YB_RULE_DATE_SETTLED, "setlinfo.dscg_time", "晚于结算日期2025-03-08");
    world.settlement.setl_day = 20250402;
    world.head->setl_end_date = "2025-04-02";
    only(YB_RULE_DATE_FUTURE, "setlinfo.setl_end_date", "晚于今天");
    world.head->setl_end_date = "2025-02-28";
    only(YB_RULE_DATE_PERIOD, "setlinfo.setl_end_date", "早于结算开始日期");
    world.head->setl_end_date = "2025-03-09";
    world.head->brdy = "2025-03-05";
    world.settlement.brdy = 20250305;
    world.head->age = NULL;
    only(YB_RULE_DATE_BIRTH, "setlinfo.brdy", "晚于入院日期2025-03-01");
}
END_TEST

START_TEST(length_of_stay)
{
    world.head->act_ipt_days = "8";
    only(YB_RULE_LOS_MORE, "setlinfo.act_ipt_days", "7天");
    world.head->act_ipt_days = "6";
    only(YB_RULE_LOS_LESS, "setlinfo.act_ipt_days", "7天");
    ck_assert_int_eq(report.findings[0].severity, YB_LIST_WARNING);
    world.head->dscg_time = "2025-03-01 20:00:00"; /* in and out on one day is one day */
    world.head->act_ipt_days = "1";
    world.list.counts[YB_NODE_OPRNINFO] = world.list.counts[YB_NODE_ICUINFO] = 0;
    world.head->oprn_oprt_code_cnt = "0";
    nothing();
    ck_assert_int_eq(world.facts.los, 1);
    world.head->lv1_nurscare_days = world.head->scd_nurscare_days = "1";
    nothing();
    world.head->lv3_nurscare_days = "1";
    only(YB_RULE_NURSING_DAYS, "setlinfo.spga_nurscare_days", "3天");
}
END_TEST

START_TEST(operations_in_the_stay)
{
    world.px[1].oprn_oprt_date = "2025-02-28";
    only(YB_RULE_DATE_OPERATION, "oprninfo[2].oprn_oprt_date", "不在住院期间");
    world.px[1].oprn_oprt_date = "2025-03-08";
    nothing();
    as_4101a();
    world.px[0].oprn_oprt_begntime = "2025-03-09 10:00:00";
    only(YB_RULE_DATE_OPERATION, "oprninfo[1].oprn_oprt_begntime", "不在住院期间");
    world.px[0].oprn_oprt_begntime = "2025-03-08 09:00:00";
    world.px[0].oprn_oprt_endtime = "2025-03-08 08:00:00";
    only(YB_RULE_DATE_OPERATION_ORDER, "oprninfo[1].oprn_oprt_endtime", "早于开始时间");
    world.px[0].oprn_oprt_endtime = "2025-03-08 10:30:00";
    only(YB_RULE_DATE_OPERATION_ORDER, "oprninfo[1].oprn_oprt_endtime", "晚于出院时间");
    world.px[0].oprn_oprt_endtime = "2025-03-08 09:30:00";
    world.px[0].anst_begntime = "2025-03-08 09:10:00";
    world.px[0].anst_endtime = "2025-03-08 09:00:00";
    only(YB_RULE_DATE_OPERATION_ORDER, "oprninfo[1].anst_endtime", "麻醉");
}
END_TEST

START_TEST(intensive_care)
{
    world.icu[0].scs_cutd_sum_dura = "1/2/31";
    only(YB_RULE_ICU_DURATION, "icuinfo[1].scs_cutd_sum_dura", "1/2/30");
    world.icu[0].scs_cutd_sum_dura = "1/2/29";
    only(YB_RULE_ICU_DURATION, "icuinfo[1].scs_cutd_sum_dura", "1/2/30");
    world.icu[0] = (yb_icuinfo_t){ "1", "2025-03-01 08:00:00", "2025-03-01 09:30:00", "0/1/30" };
    only(YB_RULE_DATE_ICU, "icuinfo[1].scs_cutd_inpool_time", "早于入院");
    world.icu[0] = (yb_icuinfo_t){ "1", "2025-03-08 09:00:00", "2025-03-08 10:30:00", "0/1/30" };
    only(YB_RULE_DATE_ICU, "icuinfo[1].scs_cutd_exit_time", "晚于出院");
    world.icu[0].scs_cutd_exit_time = "2025-03-08 08:00:00";
    only(YB_RULE_DATE_ICU, "icuinfo[1].scs_cutd_exit_time", "早于进入时间");
}
END_TEST

/* ---- all findings ---- */

START_TEST(findings_are_bounded_and_counted)
{
    for (size_t i = 1; i < 300; i++)
        world.dx[i] = (yb_diseinfo_t){ "1", "Q99.zzz", "", "1", "0" };
    world.list.counts[YB_NODE_DISEINFO] = 300;
    world.head->diag_code_cnt = "300";
    run();
    ck_assert_uint_eq(report.count, YB_LIST_FINDINGS_MAX);
    /* 299 without name, 299 unknown, 298 repeated */
    ck_assert_uint_eq(report.count + report.left_out, 299 + 299 + 298);
    ck_assert_uint_eq(report.by_severity[YB_LIST_ERROR], 299 + 299 + 298);
}
END_TEST

START_TEST(a_rule_out_of_force_is_silent)
{
    yb_list_rule_t *row = (yb_list_rule_t *)(uintptr_t)yb_list_rule_at(world.rules, YB_RULE_FIELD_REQUIRED, 20250308);
    yb_day_t to = row->to;
    world.head->medcasno = NULL;
    row->to = 20250308; /* the day of discharge is the first without */
    nothing();
    row->to = 20250309;
    only(YB_RULE_FIELD_REQUIRED, "setlinfo.medcasno", "病案号");
    row->to = to;
}
END_TEST

START_TEST(all_seen) { every_rule_was_broken(YB_RULE_FIELD_REQUIRED, YB_RULE_NURSING_DAYS); }
END_TEST

int main(void)
{
    TCase *tc = tcase_create("list_check");
    tcase_add_test(tc, a_good_list_has_no_finding);
    tcase_add_test(tc, required);
    tcase_add_test(tc, by_form);
    tcase_add_test(tc, conditional);
    tcase_add_test(tc, outpatient);
    tcase_add_test(tc, expected_where_known);
    tcase_add_test(tc, form);
    tcase_add_test(tc, length);
    tcase_add_test(tc, dictionary);
    tcase_add_test(tc, what_names_a_person_is_not_repeated);
    tcase_add_test(tc, the_settlement_named);
    tcase_add_test(tc, head_amounts);
    tcase_add_test(tc, funds);
    tcase_add_test(tc, items);
    tcase_add_test(tc, person);
    tcase_add_test(tc, age);
    tcase_add_test(tc, dates);
    tcase_add_test(tc, length_of_stay);
    tcase_add_test(tc, operations_in_the_stay);
    tcase_add_test(tc, intensive_care);
    tcase_add_test(tc, findings_are_bounded_and_counted);
    tcase_add_test(tc, a_rule_out_of_force_is_silent);
    tcase_add_test(tc, all_seen);
    return run_suite(tc, "list_check");
}
