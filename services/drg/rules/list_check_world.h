/* For the tests of the list check: a list without any finding, its settlement, a small code book, and the rules of
 * services/drg/data. A test changes what it is about and says what it expects. */
#ifndef DRG_RULES_LIST_CHECK_WORLD_H
#define DRG_RULES_LIST_CHECK_WORLD_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/drg/check/list_file.h"
#include "libcommon/code.h"
#include "services/drg/rules/list_check.h"

#define DATA YB_SOURCE_DIR "/services/drg/data"
#define TODAY 20250401

static struct {
    yb_list_rules_t *rules;
    yb_arena_t *arena;
    yb_list_t list;
    yb_setlinfo_t *head;                   /* of the list */
    yb_payinfo_t pay[4];
    yb_opspdiseinfo_t opsp[2];
    yb_diseinfo_t dx[300];
    yb_iteminfo_t item[16];
    yb_oprninfo_t px[4];
    yb_icuinfo_t icu[2];
    yb_bldinfo_t bld[2];
    yb_list_settlement_t settlement;
    yb_list_fund_t funds[2];
    yb_list_item_t items[2];
    yb_list_facts_t facts;
} world;
static yb_file_report_t file_report;
static yb_list_report_t report;
static bool seen[YB_LIST_RULE_COUNT];      /* found in some test of this program */

/* ---- codes: synthetic in what they are called, of the form real ones have ---- */

static const struct {
    yb_code_kind_t kind;
    const char *sent, *code, *name, *other;
    bool is_gray;
} codes[] = {
    { YB_CODE_DX, "J18.900", "J18.900", "肺炎", NULL, false },
    { YB_CODE_DX, "I10.x00x002", "I10.x00x002", "高血压", NULL, false },
    { YB_CODE_DX, "J15.800", "J15.800", "细菌性肺炎，其他的", NULL, true },
    { YB_CODE_DX, "I10.old", "I10.x00x002", "高血压", NULL, false },
    { YB_CODE_DX, "A49.100", "A49.100", "链球菌感染", "A49.103", false },
    { YB_CODE_DX, "Z51.100", "Z51.100", "为肿瘤化学治疗", NULL, false },
    { YB_CODE_DX, "Z85.300", "Z85.300", "乳腺恶性肿瘤个人史", NULL, false },
    { YB_CODE_DX, "W19.x00", "W19.x00", "跌倒", NULL, false },
    { YB_CODE_DX, "P00.800", "P00.800", "受母体情况影响", NULL, false },
    { YB_CODE_DX, "P03.000", "P03.000", "受分娩影响", NULL, false },
    { YB_CODE_DX, "O80.000", "O80.000", "头位顺产", NULL, false },
    { YB_CODE_DX, "O03.900", "O03.900", "自然流产", NULL, false },
    { YB_CODE_DX, "Z37.000", "Z37.000", "单一活产", NULL, false },
    { YB_CODE_DX, "P12.000", "P12.000", "产伤引起的头颅血肿", NULL, false },
    { YB_CODE_DX, "C61.x00", "C61.x00", "前列腺恶性肿瘤", NULL, false },
    { YB_CODE_DX, "M06.900", "M06.900", "类风湿性关节炎", NULL, false },
    { YB_CODE_DX, "M8000/0", "M8000/0", "良性肿瘤", NULL, false },
    { YB_CODE_DX, "H25.900", "H25.900", "老年性白内障", NULL, false },
    { YB_CODE_PX, "47.0901", "47.0901", "阑尾切除术", NULL, false },
    { YB_CODE_PX, "38.9301", "38.9301", "深静脉穿刺", NULL, false },
    { YB_CODE_PX, "47.old", "47.0901", "阑尾切除术", NULL, false },
    { YB_CODE_PX, "38.9700", "38.9700", "中心静脉导管", "38.9701", false },
    { YB_CODE_PX, "47.0900", "47.0900", "其他阑尾切除术", NULL, true },
    { YB_CODE_PX, "17.4200", "17.4200", "腹腔镜机器人援助", NULL, false },
    { YB_CODE_PX, "68.4900", "68.4900", "子宫切除术", NULL, false },
    { YB_CODE_PX, "60.5x00", "60.5x00", "根治性前列腺切除术", NULL, false },
    { YB_CODE_PX, "96.7101", "96.7101", "呼吸机治疗[小于96小时]", NULL, false },
    { YB_CODE_PX, "96.7201", "96.7201", "呼吸机治疗[大于等于96小时]", NULL, false },
};

static void book_find(const void *ctx, yb_code_kind_t kind, const char *code, yb_code_fact_t *ret)
{
    (void)ctx;
    *ret = (yb_code_fact_t){ .name = "" };
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].kind == kind && strcmp(codes[i].sent, code) == 0)
            *ret = (yb_code_fact_t){ .code = codes[i].code, .name = codes[i].name, .is_gray = codes[i].is_gray,
                                     .is_mapped = strcmp(codes[i].sent, codes[i].code) != 0,
                                     .is_ambiguous = codes[i].other != NULL, .other = codes[i].other };
}

/* ---- the list ---- */

static void make_rows(void)
{
    world.pay[0] = (yb_payinfo_t){ "390100", "700.00" };
    world.pay[1] = (yb_payinfo_t){ "390200", "0" };
    world.dx[0] = (yb_diseinfo_t){ "1", "J18.900", "肺炎", "1", "1" };
    world.dx[1] = (yb_diseinfo_t){ "1", "I10.x00x002", "高血压", "1", "0" };
    world.dx[2] = (yb_diseinfo_t){ "2", "BNF010", "咳嗽病", "", "0" };
    world.px[0] = (yb_oprninfo_t){ .oprn_oprt_type = "1", .oprn_oprt_name = "阑尾切除术", .oprn_oprt_code = "47.0901",
                                   .oprn_oprt_date = "2025-03-02", .oper_dr_name = "测试医师", .oper_dr_code = "D1" };
    world.px[1] = world.px[0];
    world.px[1].oprn_oprt_type = "2";
    world.px[1].oprn_oprt_code = "38.9301";
    world.icu[0] = (yb_icuinfo_t){ "1", "2025-03-02 10:00:00", "2025-03-03 12:30:00", "1/2/30" };
    static const char *const categories[] = { "01", "02", "03", "04", "05", "06", "07",
                                              "08", "09", "10", "11", "12", "13", "14" };
    for (size_t i = 0; i < 14; i++)
        world.item[i] = (yb_iteminfo_t){ categories[i], "0", "0", "0", "0", "0" };
    world.item[8] = (yb_iteminfo_t){ "09", "900.00", "800.00", "50.00", "50.00", "0" };
    world.item[0] = (yb_iteminfo_t){ "01", "100.00", "100.00", "0", "0", "0" };
    world.items[0] = (yb_list_item_t){ "09", 90000, 80000, 5000, 5000, 0 };
    world.items[1] = (yb_list_item_t){ "01", 10000, 10000, 0, 0, 0 };
    world.funds[0] = (yb_list_fund_t){ "390100", 70000 };
}

static void make_list(void)
{
    world.list = (yb_list_t){ .form = YB_LIST_4101 };
    world.list.setlinfo = (yb_setlinfo_t){
        .mdtrt_id = "M1", .setl_id = "S1", .fixmedins_name = "测试医院", .fixmedins_code = "H14110200001",
        .medcasno = "B1", .psn_name = "测试甲", .gend = "1", .brdy = "1972-05-01", .age = "52", .ntly = "CHN",
        .naty = "01", .patn_cert_type = "99", .certno = "X1", .prfs = "90", .coner_name = "测试乙", .patn_rlts = "1",
        .coner_addr = "测试地址", .coner_tel = "000", .hi_type = "390", .insuplc = "141102", .ipt_med_type = "1",
        .adm_time = "2025-03-01 09:00:00", .adm_caty = "A03", .dscg_time = "2025-03-08 10:00:00", .dscg_caty = "A03",
        .act_ipt_days = "7", .diag_code_cnt = "3", .oprn_oprt_code_cnt = "2", .dscg_way = "1", .bill_code = "1",
        .bill_no = "1", .biz_sn = "1", .setl_begn_date = "2025-03-01", .setl_end_date = "2025-03-08",
        .psn_selfpay = "250.00", .psn_ownpay = "50.00", .acct_pay = "100.00", .psn_cashpay = "200.00",
        .hi_paymtd = "4", .hsorg = "测试医保局", .hsorg_opter = "1", .medins_fill_dept = "医保办",
        .medins_fill_psn = "测试丙" };
    world.head = &world.list.setlinfo;
    world.list.rows[YB_NODE_PAYINFO] = world.pay;
    world.list.rows[YB_NODE_OPSPDISEINFO] = world.opsp;
    world.list.rows[YB_NODE_DISEINFO] = world.dx;
    world.list.rows[YB_NODE_ITEMINFO] = world.item;
    world.list.rows[YB_NODE_OPRNINFO] = world.px;
    world.list.rows[YB_NODE_ICUINFO] = world.icu;
    world.list.rows[YB_NODE_BLDINFO] = world.bld;
    world.list.counts[YB_NODE_PAYINFO] = 2;
    world.list.counts[YB_NODE_DISEINFO] = 3;
    world.list.counts[YB_NODE_ITEMINFO] = 14;
    world.list.counts[YB_NODE_OPRNINFO] = 2;
    world.list.counts[YB_NODE_ICUINFO] = 1;
}

static void make_settlement(void)
{
    world.settlement = (yb_list_settlement_t){
        .setl_id = "S1", .mdtrt_id = "M1", .psn_no = "P1", .gend = "1", .brdy = 19720501, .setl_day = 20250308,
        .is_inpatient = true, .medfee_sumamt_fen = 100000, .fulamt_ownpay_amt_fen = 5000, .overlmt_selfpay_fen = 1000,
        .acct_pay_fen = 10000, .psn_cash_pay_fen = 20000, .funds = world.funds, .fund_count = 1, .items = world.items,
        .item_count = 2 };
}

/* The clinical part alone, as 4101A sends it. */
static void as_4101a(void)
{
    yb_setlinfo_t old = *world.head;
    *world.head = (yb_setlinfo_t){ .psn_no = "P1", .mdtrt_id = "M1", .setl_id = "S1", .adm_time = old.adm_time,
                                   .dscg_time = old.dscg_time, .dscg_caty = "A03", .dscg_way = "1", .stas_type = "1" };
    world.list.form = YB_LIST_4101A;
    world.list.counts[YB_NODE_PAYINFO] = world.list.counts[YB_NODE_ITEMINFO] = 0;
    for (size_t i = 0; i < 2; i++) {
        world.px[i].oprn_oprt_date = world.px[i].oper_dr_name = NULL;
        world.px[i].oprn_oprt_begntime = "2025-03-02 10:00:00";
    }
}

static void start(void)
{
    uint8_t digest[YB_SM3_SIZE];
    if (world.rules == NULL && yb_list_rules_load(DATA, &file_report, &world.rules, digest) != YB_OK)
        ck_abort_msg("%s:%d %s", file_report.findings[0].file, (int)file_report.findings[0].line,
                     file_report.findings[0].text);
    world.arena = yb_arena_create(0);
    make_rows();
    make_list();
    make_settlement();
}

static void end(void) { yb_arena_destroy(&world.arena); }

/* ---- what is expected ---- */

static size_t run(void)
{
    yb_code_book_t book = { .find = book_find };
    ck_assert_int_eq(yb_list_check(world.rules, &book, &world.list, &world.settlement, TODAY, world.arena, &report,
                                   &world.facts), YB_OK);
    return report.count;
}

static const yb_list_finding_t *find(yb_list_rule_id_t rule, const char *path)
{
    char buf[YB_LIST_PATH_MAX];
    for (size_t i = 0; i < report.count; i++)
        if (report.findings[i].rule == rule &&
            (path == NULL || strcmp(yb_list_finding_path(&report.findings[i], buf), path) == 0))
            return &report.findings[i];
    return NULL;
}

static void show(void)
{
    char buf[YB_LIST_PATH_MAX];
    for (size_t i = 0; i < report.count; i++)
        printf("  %s %s: %s\n", yb_list_rule_name(report.findings[i].rule),
               yb_list_finding_path(&report.findings[i], buf), report.findings[i].text);
}

/* Checks the list: the rule finds that place and says that, and no other rule finds anything. */
static void only(yb_list_rule_id_t rule, const char *path, const char *says)
{
    run();
    const yb_list_finding_t *finding = find(rule, path);
    bool alone = finding != NULL && strstr(finding->text, says) != NULL;
    for (size_t i = 0; i < report.count; i++)
        alone = alone && report.findings[i].rule == rule;
    if (!alone)
        show();
    ck_assert_msg(alone, "%s at %s, saying %s, was expected alone", yb_list_rule_name(rule), path, says);
    seen[rule] = true;
}

/* Checks the list: the rule finds that place, whatever others find. */
static void also(yb_list_rule_id_t rule, const char *path)
{
    run();
    if (find(rule, path) == NULL)
        show();
    ck_assert_msg(find(rule, path) != NULL, "%s at %s was expected", yb_list_rule_name(rule), path);
    seen[rule] = true;
}

static void nothing(void)
{
    if (run() != 0)
        show();
    ck_assert_uint_eq(report.count, 0);
}

static void every_rule_was_broken(yb_list_rule_id_t first, yb_list_rule_id_t last)
{
    for (int i = (int)first; i <= (int)last; i++)
        ck_assert_msg(seen[i], "no test breaks %s", yb_list_rule_name((yb_list_rule_id_t)i));
}

/* In one process, so that what was seen is remembered. */
static int run_suite(TCase *tc, const char *name)
{
    Suite *suite = suite_create(name);
    tcase_add_checked_fixture(tc, start, end);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_set_fork_status(runner, CK_NOFORK);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    yb_list_rules_destroy(&world.rules);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

#endif
