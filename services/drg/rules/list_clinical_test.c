/* The list check: diagnoses, operations, newborn, ventilation, risk. */
#include "services/drg/rules/list_check_world.h"

/* ---- diagnoses ---- */

START_TEST(one_principal)
{
    world.dx[1].maindiag_flag = "1";
    only(YB_RULE_DX_PRINCIPAL_ONE, "diseinfo[2].maindiag_flag", "只能有一个");
    ck_assert(!world.facts.has_principal);
    world.dx[0].maindiag_flag = "0";
    nothing();
    ck_assert_str_eq(world.facts.dx[0], "I10.x00x002"); /* the principal comes first */
    ck_assert_str_eq(world.facts.dx[1], "J18.900");
    world.dx[1].maindiag_flag = NULL;
    only(YB_RULE_DX_PRINCIPAL_ONE, "diseinfo.maindiag_flag", "没有主要诊断");
    world.dx[1].maindiag_flag = "1";
    world.dx[2].maindiag_flag = "1";
    only(YB_RULE_DX_PRINCIPAL_KIND, "diseinfo[3].maindiag_flag", "西医诊断");
    ck_assert(world.facts.has_principal);
}
END_TEST

START_TEST(repeated_diagnoses)
{
    world.dx[2] = world.dx[1];
    only(YB_RULE_DX_REPEATED, "diseinfo[3].diag_code", "第2行");
    ck_assert_uint_eq(world.facts.dx_count, 3);
    world.dx[2] = (yb_diseinfo_t){ "2", "J18.900", "咳嗽病", "", "0" }; /* another book's code */
    nothing();
}
END_TEST

START_TEST(codes_of_diagnoses)
{
    world.dx[1].diag_code = "Q99.zzz";
    only(YB_RULE_DX_UNKNOWN, "diseinfo[2].diag_code", "不在医保版疾病诊断编码中");
    ck_assert_str_eq(report.findings[0].value, "Q99.zzz");
    ck_assert_str_eq(world.facts.dx[1], "Q99.zzz");
    world.dx[1].diag_code = "I10.old";
    only(YB_RULE_DX_MAPPED, "diseinfo[2].diag_code", "转为医保版I10.x00x002 高血压");
    ck_assert_str_eq(world.facts.dx[1], "I10.x00x002");
    ck_assert_int_eq(report.findings[0].severity, YB_LIST_WARNING);
    world.dx[0].diag_code = "A49.100";
    run();
    ck_assert_ptr_nonnull(find(YB_RULE_DX_MAPPED, "diseinfo[2].diag_code"));
    also(YB_RULE_DX_AMBIGUOUS, "diseinfo[1].diag_code");
    ck_assert_str_eq(world.facts.dx[0], "A49.100");
    world.dx[1].diag_code = "I10.x00x002"; /* all others are 医保版: so is this */
    nothing();
    world.dx[2] = (yb_diseinfo_t){ "1", "I10.old", "高血压", "1", "0" };
    also(YB_RULE_DX_REPEATED, "diseinfo[3].diag_code"); /* the same once mapped */
}
END_TEST

START_TEST(not_as_principal)
{
    static const struct {
        const char *code, *what;
    } bad[] = { { "W19.x00", "外部原因" }, { "Z85.300", "个人史" }, { "P03.000", "母体" }, { "M8000/0", "形态学" } };
    world.dx[0].diag_code = "J15.800";
    only(YB_RULE_DX_GRAY, "diseinfo[1].diag_code", "灰码");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        world.dx[0].diag_code = bad[i].code;
        only(YB_RULE_DX_NOT_PRINCIPAL, "diseinfo[1].diag_code", bad[i].what);
    }
    static const char *const good[] = { "P00.800", "M06.900", "Z51.100" };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        world.dx[0].diag_code = good[i];
        nothing();
    }
    world.dx[0].diag_code = "J18.900"; /* as another diagnosis they may stand */
    world.dx[1].diag_code = "W19.x00";
    nothing();
    world.dx[1].diag_code = "J15.800";
    nothing();
}
END_TEST

static void woman(void)
{
    world.head->gend = world.settlement.gend = "2";
    world.list.counts[YB_NODE_OPRNINFO] = 0;
    world.head->oprn_oprt_code_cnt = "0";
}

START_TEST(delivery)
{
    woman();
    world.dx[0].diag_code = "O80.000";
    only(YB_RULE_DX_DELIVERY, "diseinfo[1].diag_code", "Z37");
    world.dx[1].diag_code = "Z37.000";
    nothing();
    world.dx[1].diag_code = "O03.900";
    nothing();
    world.dx[0].diag_code = "O03.900";
    world.dx[1].diag_code = "O80.000";
    nothing();
}
END_TEST

START_TEST(infants_only)
{
    world.dx[1].diag_code = "P12.000";
    only(YB_RULE_DX_INFANT, "diseinfo[2].diag_code", "52周岁");
    world.head->brdy = "2024-03-01"; /* the first birthday is one too many */
    world.settlement.brdy = 20240301;
    world.head->age = "1";
    only(YB_RULE_DX_INFANT, "diseinfo[2].diag_code", "1周岁");
    world.head->brdy = "2024-03-02";
    world.settlement.brdy = 20240302;
    world.head->age = NULL;
    world.head->nwb_age = "364";
    nothing();
}
END_TEST

START_TEST(sex)
{
    world.dx[1].diag_code = "O03.900";
    only(YB_RULE_DX_FEMALE, "diseinfo[2].diag_code", "（男）不符");
    world.dx[1].diag_code = "I10.x00x002";
    world.px[1].oprn_oprt_code = "68.4900";
    only(YB_RULE_PX_FEMALE, "oprninfo[2].oprn_oprt_code", "（男）不符");
    world.head->gend = world.settlement.gend = "2";
    nothing();
    world.dx[1].diag_code = "C61.x00";
    only(YB_RULE_DX_MALE, "diseinfo[2].diag_code", "（女）不符");
    world.dx[1].diag_code = "I10.x00x002";
    world.px[1].oprn_oprt_code = "60.5x00";
    only(YB_RULE_PX_MALE, "oprninfo[2].oprn_oprt_code", "（女）不符");
    world.head->gend = "9"; /* not said: no conflict, but not as registered */
    only(YB_RULE_PERSON_DIFFERS, "setlinfo.gend", "性别");
}
END_TEST

START_TEST(counts)
{
    world.head->diag_code_cnt = "4";
    only(YB_RULE_DX_COUNT, "setlinfo.diag_code_cnt", "3行");
    world.head->diag_code_cnt = "3";
    world.head->oprn_oprt_code_cnt = "1";
    only(YB_RULE_PX_COUNT, "setlinfo.oprn_oprt_code_cnt", "2行");
    world.head->oprn_oprt_code_cnt = NULL;
    nothing();
}
END_TEST

/* ---- operations ---- */

START_TEST(one_main_operation)
{
    world.px[1].oprn_oprt_type = "1";
    only(YB_RULE_PX_MAIN_ONE, "oprninfo[2].oprn_oprt_type", "只能有一个");
    world.px[0].oprn_oprt_type = "2";
    nothing();
    ck_assert_str_eq(world.facts.px[0], "38.9301");
    world.px[1].oprn_oprt_type = "2";
    only(YB_RULE_PX_MAIN_NONE, "oprninfo.oprn_oprt_type", "第一个为主");
    ck_assert_str_eq(world.facts.px[0], "47.0901");
}
END_TEST

START_TEST(repeated_operations)
{
    world.px[1].oprn_oprt_code = "47.0901";
    only(YB_RULE_PX_REPEATED, "oprninfo[2].oprn_oprt_code", "第1行");
    world.px[1].oprn_oprt_date = "2025-03-03"; /* done again the day after */
    nothing();
}
END_TEST

START_TEST(codes_of_operations)
{
    world.px[1].oprn_oprt_code = "99.zzz";
    only(YB_RULE_PX_UNKNOWN, "oprninfo[2].oprn_oprt_code", "不在医保版手术操作编码中");
    world.px[1].oprn_oprt_code = "38.9700";
    nothing();
    world.px[0].oprn_oprt_code = "47.old";
    also(YB_RULE_PX_MAPPED, "oprninfo[1].oprn_oprt_code");
    also(YB_RULE_PX_AMBIGUOUS, "oprninfo[2].oprn_oprt_code");
    ck_assert_str_eq(world.facts.px[0], "47.0901");
}
END_TEST

START_TEST(not_as_main_operation)
{
    world.px[0].oprn_oprt_code = "47.0900";
    only(YB_RULE_PX_GRAY, "oprninfo[1].oprn_oprt_code", "灰码");
    world.px[0].oprn_oprt_code = "17.4200";
    only(YB_RULE_PX_NOT_MAIN, "oprninfo[1].oprn_oprt_code", "机器人辅助");
    world.px[0].oprn_oprt_code = "47.0901";
    world.px[1].oprn_oprt_code = "17.4200";
    nothing();
}
END_TEST

/* ---- newborn ---- */

static void newborn(const char *brdy, yb_day_t day, const char *nwb_age)
{
    world.head->brdy = brdy;
    world.settlement.brdy = day;
    world.head->age = NULL;
    world.head->nwb_age = nwb_age;
}

START_TEST(newborn_weight)
{
    newborn("2025-02-01", 20250201, "28");
    only(YB_RULE_NEWBORN_WEIGHT, "setlinfo.nwb_adm_wt", "28天");
    ck_assert_uint_eq(report.count, 2);
    newborn("2025-01-31", 20250131, "29");
    nothing();
    world.head->nwb_bir_wt = "3250.00";
    world.head->nwb_adm_wt = "3250";
    nothing();
    ck_assert_int_eq(world.facts.bir_wt_g, 3250);
    ck_assert_int_eq(world.facts.adm_wt_g, 3250);
    world.head->nwb_adm_wt = "3.25";
    only(YB_RULE_NEWBORN_PLAUSIBLE, "setlinfo.nwb_adm_wt", "不是千克");
    world.head->nwb_adm_wt = "199.99";
    only(YB_RULE_NEWBORN_PLAUSIBLE, "setlinfo.nwb_adm_wt", "200至8000克");
    world.head->nwb_adm_wt = "200";
    nothing();
    world.head->nwb_adm_wt = "8000";
    nothing();
    world.head->nwb_adm_wt = "8010";
    only(YB_RULE_NEWBORN_PLAUSIBLE, "setlinfo.nwb_adm_wt", "不是千克");
    world.head->nwb_adm_wt = "3255";
    only(YB_RULE_NEWBORN_TEN_GRAMS, "setlinfo.nwb_adm_wt", "10克");
    ck_assert_int_eq(report.findings[0].severity, YB_LIST_HINT);
}
END_TEST

START_TEST(weight_of_others)
{
    world.head->nwb_adm_wt = "3250";
    only(YB_RULE_NEWBORN_OTHERS, "setlinfo.nwb_adm_wt", "52周岁");
    as_4101a(); /* age by the settlement's birth date */
    world.settlement.brdy = 20250220;
    only(YB_RULE_NEWBORN_WEIGHT, "setlinfo.nwb_bir_wt", "9天");
}
END_TEST

/* ---- ventilation ---- */

START_TEST(ventilation)
{
    world.head->vent_used_dura = "4/0/0";
    only(YB_RULE_VENT_CODE, "setlinfo.vent_used_dura", "没有有创呼吸机");
    world.px[1].oprn_oprt_code = "96.7201";
    nothing();
    ck_assert_int_eq(world.facts.vent_min, 96 * 60);
    world.head->vent_used_dura = "3/23/59";
    only(YB_RULE_VENT_LONG, "setlinfo.vent_used_dura", "不足");
    world.head->vent_used_dura = NULL;
    only(YB_RULE_VENT_LONG, "setlinfo.vent_used_dura", "未填写");
    world.px[1].oprn_oprt_code = "96.7101";
    only(YB_RULE_VENT_SHORT, "setlinfo.vent_used_dura", "未填写");
    world.head->vent_used_dura = "3/23/59";
    nothing();
    world.head->vent_used_dura = "4/0/0";
    only(YB_RULE_VENT_SHORT, "setlinfo.vent_used_dura", "已达到");
    world.px[0].oprn_oprt_code = "96.7201"; /* both: the longer decides */
    nothing();
    world.head->vent_used_dura = "7/1/0"; /* the stay is 7 days and one hour */
    nothing();
    world.head->vent_used_dura = "7/1/1";
    only(YB_RULE_DURATION_STAY, "setlinfo.vent_used_dura", "169小时");
    world.head->vent_used_dura = "4/0/0";
    world.head->pwcry_afadm_coma_dura = "8/0/0";
    only(YB_RULE_DURATION_STAY, "setlinfo.pwcry_afadm_coma_dura", "昏迷");
    world.head->pwcry_afadm_coma_dura = NULL;
    world.head->pwcry_bfadm_coma_dura = "8/0/0"; /* before admission: no bound */
    nothing();
}
END_TEST

/* ---- risk ---- */

START_TEST(low_risk_death)
{
    world.head->dscg_way = "5";
    nothing();
    world.dx[0].diag_code = "H25.900";
    only(YB_RULE_LOW_RISK_DEATH, "setlinfo.dscg_way", "白内障");
    world.head->dscg_way = "4";
    nothing();
    world.head->dscg_way = "5";
    world.dx[0].diag_code = "J18.900";
    world.dx[1].diag_code = "H25.900";
    nothing();
}
END_TEST

START_TEST(code_ranges)
{
    yb_code_range_t range;
    static const char *const bad[] = { "", "-", "A-", "V01-Y9", "Y98-V01", "A01-1A0", "I25,2", "A0000000000000000" };
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        ck_assert_msg(!yb_code_range_parse(bad[i], strlen(bad[i]), &range), "%s", bad[i]);
    ck_assert(yb_code_range_parse("V01-Y98", 7, &range));
    ck_assert(yb_code_range_has(&range, "V01.000") && yb_code_range_has(&range, "Y98.x00") &&
              yb_code_range_has(&range, "W19.x00"));
    ck_assert(!yb_code_range_has(&range, "U99.000") && !yb_code_range_has(&range, "Y99.000") &&
              !yb_code_range_has(&range, "V0") && !yb_code_range_has(&range, "Z00.000"));
    ck_assert(yb_code_range_parse("00.74-00.78", 11, &range));
    ck_assert(yb_code_range_has(&range, "00.7800x001") && !yb_code_range_has(&range, "00.7300"));
    ck_assert(yb_code_range_parse("M0000-M9989", 11, &range));
    ck_assert(yb_code_range_has(&range, "M8000/0") && !yb_code_range_has(&range, "M06.900"));
}
END_TEST

START_TEST(all_seen) { every_rule_was_broken(YB_RULE_DX_PRINCIPAL_ONE, YB_RULE_LOW_RISK_DEATH); }
END_TEST

int main(void)
{
    TCase *tc = tcase_create("list_clinical");
    tcase_add_test(tc, one_principal);
    tcase_add_test(tc, repeated_diagnoses);
    tcase_add_test(tc, codes_of_diagnoses);
    tcase_add_test(tc, not_as_principal);
    tcase_add_test(tc, delivery);
    tcase_add_test(tc, infants_only);
    tcase_add_test(tc, sex);
    tcase_add_test(tc, counts);
    tcase_add_test(tc, one_main_operation);
    tcase_add_test(tc, repeated_operations);
    tcase_add_test(tc, codes_of_operations);
    tcase_add_test(tc, not_as_main_operation);
    tcase_add_test(tc, newborn_weight);
    tcase_add_test(tc, weight_of_others);
    tcase_add_test(tc, ventilation);
    tcase_add_test(tc, low_risk_death);
    tcase_add_test(tc, code_ranges);
    tcase_add_test(tc, all_seen);
    return run_suite(tc, "list_clinical");
}
