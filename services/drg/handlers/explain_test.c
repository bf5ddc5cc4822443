/* Drg/ExplainCase as a process over the bus, on rows of its database, with the starter scheme on its shelf. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "proto/drg.pb-c.h"
#include "services/drg/rules/report.h"
#include "services/drg/scheme/compile.h"
#include "services/drg/scheme/registry.h"
#include "services/drg/service.h"
#include "services/drg/store/copy.h"
#include "services/drg/store/list.h"
#include "services/drg/store/plan_file.h"
#include "services/drg/store/run.h"
#include "services/drg/store/run_case.h"
#include "services/drg/store/statement.h"
#include "services/drg/store/trail.h"
#include "tests/support/bus.h"

#define AREA 141100
#define YM 202503
#define HERE "H14110200101"
#define STARTER_AB19 "肝移植"
#define MUTABLE(text) ((char *)(uintptr_t)(text))

static yb_test_bus_t *bus;
static yb_arena_t *arena;
static yb_refusal_t why;
static uint8_t starter_digest[YB_SCHEME_DIGEST];
static const uint8_t plan_hash[YB_PLAN_HASH] = { 7 };

static void setup(void) { arena = yb_arena_create(0); }
static void teardown(void)
{
    yb_test_bus_hang_up(bus);
    yb_arena_destroy(&arena);
}

/* ---- what is in the database ---- */

static yb_db_t *database(void) { return yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "drg")); }

static void put_settlement(int64_t setl_id)
{
    yb_db_t *db = database();
    const yb_copy_t copy = { .setl_id = setl_id,
                             .known = true,
                             .poolarea = AREA,
                             .mdtrt_id = 900,
                             .psn_no = "P1",
                             .insutype = "390",
                             .med_type = "21",
                             .fixmedins_code = HERE,
                             .insuplc_admdvs = "141102",
                             .inpatient = true,
                             .setl_time = 20250308120000,
                             .begntime = 20250301090000,
                             .endtime = 20250308100000,
                             .medfee_sumamt_fen = 300000,
                             .fund_pay_sumamt_fen = 200000,
                             .basic_fund_fen = 200000,
                             .funds = starter_digest };
    ck_assert_int_eq(yb_copy_put(db, &copy, 1, arena), YB_OK);
    yb_db_close(&db);
}

static void put_list(int64_t setl_id)
{
    yb_db_t *db = database();
    const yb_list_row_t list = { .setl_list_id = setl_id + 1000,
                                 .setl_id = setl_id,
                                 .poolarea = AREA,
                                 .setl_ym = YM,
                                 .psn_no = "P1",
                                 .insutype = "390",
                                 .fixmedins_code = HERE,
                                 .version = 1,
                                 .stas_type = 1,
                                 .discharge_day = 20250308,
                                 .sex = 1,
                                 .age = 50,
                                 .age_day = -1,
                                 .los = 7,
                                 .bir_wt_g = -1,
                                 .adm_wt_g = -1,
                                 .vent_min = -1,
                                 .coma_before_min = -1,
                                 .coma_after_min = -1,
                                 .has_principal = true,
                                 .dscg_way = "1",
                                 .dscg_caty = "A03",
                                 .chfpdr_code = "",
                                 .hi_paymtd = "",
                                 .ipt_med_type = "",
                                 .dx = "K83.000",
                                 .px = "50.5900x001",
                                 .uploaded_us = 1 };
    ck_assert_int_eq(yb_list_put(db, &list, 1, arena), YB_OK);
    yb_db_close(&db);
}

static void put_plan(yb_db_t *db)
{
    static const char plan[] =
        "plan: test\narea: \"141100\"\nfrom: 2020-01-01\nmethod: points\nmean_all: \"10000.00\"\n"
        "weights: weights.tsv\nlow_ratio: \"0.4\"\nhigh: [{rw_max: \"1\", ratio: \"3\"}, {ratio: "
        "\"2\"}]\ncoefficient: {default: \"1\"}\nbudget: {\"390\": \"12000.00\"}\n";
    static const char weights[] = "drg\trw\tkind\nAB19\t1.2000\tstable\n";
    Yibao__Drg__StoredTable table = YIBAO__DRG__STORED_TABLE__INIT, *tables[] = { &table };
    Yibao__Drg__StoredPlan stored = YIBAO__DRG__STORED_PLAN__INIT;
    table.name = MUTABLE("weights.tsv");
    table.content = (ProtobufCBinaryData){ sizeof weights - 1, (uint8_t *)(uintptr_t)weights };
    stored.name = MUTABLE("plan.yaml");
    stored.content = (ProtobufCBinaryData){ sizeof plan - 1, (uint8_t *)(uintptr_t)plan };
    stored.n_tables = 1;
    stored.tables = tables;
    uint8_t *packed = yb_arena_alloc(arena, yibao__drg__stored_plan__get_packed_size(&stored));
    const yb_plan_file_row_t row = { .hash = plan_hash,
                                     .poolarea = AREA,
                                     .name = "test",
                                     .content = packed,
                                     .content_len = yibao__drg__stored_plan__pack(&stored, packed) };
    ck_assert_int_eq(yb_plan_file_keep(db, &row, arena), YB_OK);
}

/* A month in which the case is the only one, low: 3,000 of 12,000 yuan. */
static void put_run(int64_t run_id, int64_t setl_id, const uint8_t *scheme_digest)
{
    yb_db_t *db = database();
    const yb_run_t run = { .run_id = run_id,
                           .poolarea = AREA,
                           .period = YM,
                           .state = YB_RUN_READY,
                           .plan_hash = plan_hash,
                           .inputs_hash = plan_hash,
                           .case_count = 1,
                           .mean_e4 = 100000000,
                           .summary = plan_hash,
                           .made_by = "anna",
                           .released_by = "" };
    const yb_run_scheme_t scheme = { .n = 0, .name = "starter", .digest = scheme_digest };
    const yb_run_case_t row = { .fixmedins_code = HERE,
                                .insutype = "390",
                                .dscg_caty = "A03",
                                .drg = "AB19",
                                .setl_id = setl_id,
                                .list_version = 1,
                                .los = 7,
                                .rw_e4 = 12000,
                                .k_e4 = 10000,
                                .fee_fen = 300000,
                                .other_pay_fen = 100000,
                                .booked_fen = 200000,
                                .standard_fen = 1200000,
                                .points_e4 = 300000,
                                .gross_fen = 350000,
                                .due_fen = 250000,
                                .kind = YB_CASE_OF_MONTH,
                                .class = YB_PAY_LOW };
    const yb_statement_t statement = { .statement_id = run_id + 1,
                                       .run_id = run_id,
                                       .poolarea = AREA,
                                       .period = YM,
                                       .fixmedins_code = HERE,
                                       .insutype = "390",
                                       .fund_pay_type = "390100",
                                       .difference_fen = 50000,
                                       .state = YB_STATEMENT_READY };
    const yb_trail_t trail[] = { /* not in the order of time */
        { run_id + 4, AREA, YB_TRAIL_MONTH, YM, 3000000, "berta", "released", "" },
        { run_id + 2, AREA, YB_TRAIL_RUN, run_id, 2000000, "anna", "closed", "" },
        { run_id + 3, AREA, YB_TRAIL_MONTH, YM, 1000000, "anna", "frozen", "提前冻结" },
    };
    put_plan(db);
    ck_assert_int_eq(yb_run_insert(db, &run, arena), YB_OK);
    ck_assert_int_eq(yb_run_scheme_put(db, &run, &scheme, 1, arena), YB_OK);
    ck_assert_int_eq(yb_run_case_insert(db, run_id, AREA, &row, 1, arena), YB_OK);
    ck_assert_int_eq(yb_statement_insert(db, &statement, 1, arena), YB_OK);
    ck_assert_int_eq(yb_trail_insert(db, trail, sizeof trail / sizeof trail[0], arena), YB_OK);
    yb_db_close(&db);
}

/* ---- asking ---- */

static const Yibao__Drg__ExplainCaseReply *explain_as(int64_t setl_id, const char *as, const char *institution)
{
    Yibao__Drg__ExplainCaseRequest req = YIBAO__DRG__EXPLAIN_CASE_REQUEST__INIT;
    req.setl_id = setl_id;
    const yb_test_ask_t ask = { .as = as, .fixmedins_code = institution };
    return yb_test_call(bus, "drg", "Drg/ExplainCase", &req.base, &yibao__drg__explain_case_reply__descriptor, &ask,
                        arena, &why);
}

static const Yibao__Drg__ExplainCaseReply *explain(int64_t setl_id)
{
    const Yibao__Drg__ExplainCaseReply *r = explain_as(setl_id, NULL, NULL);
    ck_assert_msg(r != NULL, "%s %s", yb_err_name(why.code), why.text);
    return r;
}

static bool has(const Yibao__Drg__ExplainCaseReply *r, const char *section, const char *what)
{
    for (size_t i = 0; i < r->n_sections; i++)
        for (size_t k = 0; strcmp(r->sections[i]->title, section) == 0 && k < r->sections[i]->n_lines; k++)
            if (strstr(r->sections[i]->lines[k], what) != NULL)
                return true;
    return false;
}

static void says(const Yibao__Drg__ExplainCaseReply *r, const char *section, const char *what)
{
    for (size_t i = 0; i < r->n_sections && !has(r, section, what); i++)
        for (size_t k = 0; k < r->sections[i]->n_lines; k++)
            printf("%s: %s\n", r->sections[i]->title, r->sections[i]->lines[k]);
    ck_assert_msg(has(r, section, what), "no \"%s\" under %s", what, section);
}

/* ---- tests ---- */

START_TEST(from_the_list_to_the_money)
{
    put_settlement(101);
    put_list(101);
    put_run(500, 101, starter_digest);
    const Yibao__Drg__ExplainCaseReply *r = explain(101);
    ck_assert_int_eq(r->ym, YM);
    ck_assert_uint_eq(r->n_rows, 1);
    ck_assert_str_eq(r->rows[0]->drg, "AB19");
    ck_assert_str_eq(r->rows[0]->pay_class, "low");
    ck_assert_int_eq(r->rows[0]->statement_id, 501);
    says(r, "结算", "总费用 3000.00元，其中统筹基金 2000.00元");
    says(r, "结算清单", "诊断（首个为主要诊断）：K83.000");
    says(r, "入组路径", "分组方案：starter");
    says(r, "入组路径", "✓ ADRG AB1");
    says(r, "入组路径", "结果 AB19");
    ck_assert(!has(r, "入组路径", "注意"));
    says(r, "支付", "标准 = 例均费用 10000.0000 × RW 1.2000 × 系数 1.0000 = 12000.00元");
    says(r, "支付", "费用 ÷ 标准 = 3000.00 ÷ 12000.00 = 0.2500");
    says(r, "支付", "低倍率：< 0.4：是");
    says(r, "支付", "高倍率：> 2：否");
    says(r, "支付", "应付 = 支付标准 3500.00 − 个人与其他基金已付 1000.00 = 2500.00元");
    says(r, "支付", "已记账 2000.00元，差额 500.00元");
    says(r, "结算单", "结算单501（待发布）：全机构差额 500.00元");
    const Yibao__Drg__ExplainSection *trail = r->sections[r->n_sections - 1];
    ck_assert_str_eq(trail->title, "变更与办理记录");
    ck_assert_uint_eq(trail->n_lines, 3);
    ck_assert_str_eq(trail->lines[0], "1970-01-01 08:00:01 anna 结算月202503：冻结，提前冻结");
    ck_assert_str_eq(trail->lines[1], "1970-01-01 08:00:02 anna 结账500：完成");
    ck_assert_str_eq(trail->lines[2], "1970-01-01 08:00:03 berta 结算月202503：发布");
    for (size_t i = 0; i < r->n_sections; i++) /* names no person */
        ck_assert(!has(r, r->sections[i]->title, "P1"));
    put_run(600, 101, plan_hash); /* closed anew by a scheme that is not here */
    r = explain(101);
    says(r, "入组路径", "分组方案“starter”已不在本机，无法重算路径；当时的病组为AB19");
    ck_assert(!has(r, "入组路径", "ADRG"));
    says(r, "支付", "低倍率：< 0.4：是");
}
END_TEST

START_TEST(not_closed_yet)
{
    put_settlement(201);
    const Yibao__Drg__ExplainCaseReply *r = explain(201);
    says(r, "结算清单", "没有上传清单");
    says(r, "入组路径", "没有清单，未分组");
    says(r, "支付", "还没有已结账的结果");
    put_list(201);
    r = explain(201);
    says(r, "入组路径", "按现行方案试算");
    says(r, "入组路径", "结果 AB19");
}
END_TEST

START_TEST(the_report_names_drgs)
{
    put_run(2000, 901, starter_digest);
    Yibao__Drg__ReportRequest req = YIBAO__DRG__REPORT_REQUEST__INIT;
    req.by = YB_REPORT_DRG;
    req.from_ym = req.to_ym = YM;
    for (int i = 0; i < 2; i++) {
        const Yibao__Drg__ReportReply *r =
            yb_test_call(bus, "drg", "Drg/Report", &req.base, &yibao__drg__report_reply__descriptor, NULL, arena, &why);
        ck_assert_msg(r != NULL && r->n_rows == 1, "%s", why.text);
        ck_assert_str_eq(r->rows[0]->drg, "AB19");
        ck_assert_str_eq(r->rows[0]->drg_name, i == 0 ? STARTER_AB19 : "");
        if (i == 0)
            put_run(3000, 902, plan_hash); /* the newest: by a scheme that is not here */
    }
}
END_TEST

START_TEST(refusals)
{
    ck_assert_ptr_null(explain_as(999, NULL, NULL));
    ck_assert_int_eq(why.code, YB_E_SETTLEMENT_UNKNOWN);
    ck_assert_ptr_null(explain_as(999, "gateway", HERE));
    ck_assert_int_eq(why.code, YB_E_NOT_YOURS);
}
END_TEST

static const char *make_schemes(void)
{
    static char dir[256];
    char detail[512];
    const yb_scheme_about_t about = {
        .name = "starter", .area = "141100", .from_day = 20200101, .to_day = YB_DAY_OPEN
    };
    yb_scheme_report_t report = yb_scheme_report_create(20);
    yb_scheme_tables_t *tables = NULL;
    yb_scheme_t *scheme = NULL;
    yb_scheme_stored_t how;
    snprintf(dir, sizeof dir, "%s/schemes", yb_test_bus_dir(bus));
    YB_ASSERT(yb_scheme_tables_read(YB_SOURCE_DIR "/services/drg/data/starter", &report, &tables) == YB_OK);
    YB_ASSERT(yb_scheme_compile(tables, &about, &report, &scheme) == YB_OK);
    YB_ASSERT(yb_scheme_store(dir, scheme, false, &how, detail, sizeof detail) == YB_OK);
    memcpy(starter_digest, scheme->header->tables_digest, sizeof starter_digest);
    yb_scheme_destroy(&scheme);
    yb_scheme_tables_destroy(&tables);
    yb_scheme_report_clear(&report);
    return dir;
}

int main(void)
{
    static const char *const areas[] = { "141100-lvliang.yaml", NULL };
    bus = yb_test_bus_create(yb_test_server(), areas);
    setenv("YB_LIST_DIR", YB_SOURCE_DIR "/services/drg/data", 1);
    setenv("YB_ICD_DIR", "", 1);
    setenv("YB_SCHEME_DIR", make_schemes(), 1);
    yb_test_bus_start(bus, &yb_drg_service);
    Suite *suite = suite_create("explain");
    TCase *tc = tcase_create("explain");
    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, from_the_list_to_the_money);
    tcase_add_test(tc, not_closed_yet);
    tcase_add_test(tc, the_report_names_drgs);
    tcase_add_test(tc, refusals);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    yb_test_bus_destroy(&bus);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
