#include <check.h>
#include <string.h>

#include "libcommon/day.h"
#include "services/enrollment/rules/filing.h"
#include "services/enrollment/rules/import.h"
#include "services/enrollment/rules/treatment.h"

static yb_arena_t *arena;
static yb_import_tally_t tally;
static void setup(void) { arena = yb_arena_create(0); }
static void teardown(void) { yb_arena_destroy(&arena); }

/* P1: employee 2020 to 2023, resident from 2023; P2: resident 2020. */
static const yb_cover_t covers[] = {
    { .psn_no = "P1",
      .insutype = "310",
      .psn_type = "1101",
      .insuplc_admdvs = "141102",
      .poolarea = 141100,
      .begndate = 20200101,
      .enddate = 20230101,
      .clct_wage_fen = 6000000 },
    { .psn_no = "P1",
      .insutype = "390",
      .psn_type = "1501",
      .insuplc_admdvs = "320682",
      .poolarea = 320682,
      .begndate = 20230101,
      .enddate = YB_DAY_OPEN },
    { .psn_no = "P2",
      .insutype = "390",
      .psn_type = "1501",
      .insuplc_admdvs = "141102",
      .poolarea = 141100,
      .begndate = 20200101,
      .enddate = 20210101 },
};
static const yb_tag_t tags[] = {
    { .psn_no = "P1", .tag = "低保", .begndate = 20200101, .enddate = 20210101 },
    { .psn_no = "P1", .tag = "低收入", .begndate = 20200601, .enddate = YB_DAY_OPEN },
    { .psn_no = "P2", .tag = "特困", .begndate = 20200101, .enddate = YB_DAY_OPEN },
};
static const yb_filing_t filings[] = {
    { .trt_dcla_detl_sn = 7,
      .psn_no = "P1",
      .insutype = "310",
      .opsp_dise_code = "M03900",
      .begndate = 20200201,
      .enddate = 20210201,
      .live = true },
    { .trt_dcla_detl_sn = 8,
      .psn_no = "P1",
      .insutype = "310",
      .opsp_dise_code = "M01600",
      .begndate = 20200201,
      .enddate = 20210201,
      .live = false },
};
static const yb_rows_of_t rows = { covers, 3, tags, 3, filings, 2 };

START_TEST(entitlement_table)
{
    static const struct {
        const char *psn_no, *insutype;
        int32_t day;
        const char *dise;
        int32_t filing_day;
        bool covered;
        uint32_t tags;
        bool filed;
    } t[] = {
        { "P1", "310", 20200101, "", 0, true, YB_TAG_DIBAO, false },
        { "P1", "310", 20191231, "", 0, false, 0, false },
        { "P1", "310", 20221231, "", 0, true, YB_TAG_LOWINCOME, false },
        { "P1", "310", 20230101, "", 0, false, YB_TAG_LOWINCOME, false }, /* the end is exclusive */
        { "P1", "390", 20230101, "", 0, true, YB_TAG_LOWINCOME, false },
        { "P1", "310", 20200701, "M03900", 20200201, true, YB_TAG_DIBAO | YB_TAG_LOWINCOME, true },
        { "P1", "310", 20200701, "M03900", 20200131, true, YB_TAG_DIBAO | YB_TAG_LOWINCOME, false },
        { "P1", "310", 20200701, "M03900", 20210201, true, YB_TAG_DIBAO | YB_TAG_LOWINCOME, false },
        { "P1", "390", 20230101, "M03900", 20200301, true, YB_TAG_LOWINCOME,
          false }, /* filed under another scheme */
        { "P1", "310", 20200701, "M01600", 20200301, true, YB_TAG_DIBAO | YB_TAG_LOWINCOME,
          false }, /* cancelled */
        { "P2", "310", 20200701, "M03900", 20200301, false, YB_TAG_TEKUN, false },
        { "P3", "310", 20200701, "", 0, false, 0, false },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        Yibao__Enrollment__EntitleQuestion q = YIBAO__ENROLLMENT__ENTITLE_QUESTION__INIT;
        q.psn_no = (char *)(uintptr_t)t[i].psn_no;
        q.insutype = (char *)(uintptr_t)t[i].insutype;
        q.day = t[i].day;
        q.dise_codg = (char *)(uintptr_t)t[i].dise;
        q.filing_day = t[i].filing_day;
        Yibao__Enrollment__Entitlement a;
        yb_entitle(&rows, &q, arena, &a);
        ck_assert_msg(a.covered == t[i].covered && a.tags == t[i].tags && a.filed == t[i].filed,
                      "row %zu: %d %u %d", i, a.covered, a.tags, a.filed);
        if (i == 0) {
            ck_assert_str_eq(a.psn_type, "1101");
            ck_assert_int_eq(a.clct_wage_fen, 6000000);
            ck_assert_int_eq(a.cover_enddate, 20230101);
        }
    }
}
END_TEST

START_TEST(pool_of_a_person)
{
    ck_assert_int_eq(yb_pool_of_person(&rows, "P1", 20200601), 141100);
    ck_assert_int_eq(yb_pool_of_person(&rows, "P1", 20240601), 320682);
    ck_assert_int_eq(yb_pool_of_person(&rows, "P2", 20240601), 141100);     /* the last one before */
    ck_assert_int_eq(yb_pool_of_person(&rows, "P2", 20190601), 141100);     /* the first one after */
    ck_assert_int_eq(yb_pool_of_person(&rows, "P3", 20240601), 0);
}
END_TEST

static Yibao__Enrollment__CheckTreatmentRequest ask(const char *psn_no, const char *insutype,
                                                    const char *med_type, int64_t begn, int64_t end,
                                                    const char *dise)
{
    Yibao__Enrollment__CheckTreatmentRequest q = YIBAO__ENROLLMENT__CHECK_TREATMENT_REQUEST__INIT;
    q.psn_no = (char *)(uintptr_t)psn_no;
    q.insutype = (char *)(uintptr_t)insutype;
    q.med_type = (char *)(uintptr_t)med_type;
    q.begntime = begn;
    q.endtime = end;
    q.dise_codg = (char *)(uintptr_t)dise;
    return q;
}

static void funds(const Yibao__Enrollment__CheckTreatmentRequest *q, const char *expected, bool entitled,
                  const char *reason)
{
    yb_treatment_t list[YB_TREATMENTS_MAX];
    char text[128] = "";
    size_t n = yb_treatments(&rows, q, list), at = 0;
    for (size_t i = 0; i < n; i++) {
        at += (size_t)snprintf(text + at, sizeof text - at, "%s%s", i == 0 ? "" : " ", list[i].fund_pay_type);
        ck_assert_int_eq(list[i].entitled, entitled);
        ck_assert_int_eq(list[i].reason[0] == '\0', entitled);
        ck_assert_ptr_nonnull(strstr(list[i].reason, reason));
    }
    ck_assert_str_eq(text, expected);
}

START_TEST(treatment_per_fund)
{
    Yibao__Enrollment__CheckTreatmentRequest q = ask("P1", "310", "21", 20200701080000, 0, "");
    funds(&q, "310100 310200 330100 610100", true, "");
    q = ask("P2", "390", "11", 20200701080000, 0, "");
    funds(&q, "390100 390200 610100", true, "");
    q = ask("P3", "390", "11", 20200701080000, 0, "");
    funds(&q, "390100 390200", false, "参保");
    q = ask("P1", "310", "14", 20200301080000, 0, "M03900");
    funds(&q, "310100 310200 330100 610100", true, "");
    q = ask("P1", "310", "14", 20200301080000, 0, "M00500");
    funds(&q, "310100 310200 330100 610100", false, "备案");
    q = ask("P1", "310", "21", 20221220080000, 20230105080000, "");        /* a stay counts on its last day */
    funds(&q, "310100 310200 330100 610100", false, "参保");
    q = ask("P1", "310", "11", 20221220080000, 20230105080000, "");
    funds(&q, "310100 310200 330100 610100", true, "");
    yb_treatment_t list[YB_TREATMENTS_MAX];
    q = ask("P2", "390", "11", 20200701080000, 0, "");
    (void)yb_treatments(&rows, &q, list);
    ck_assert_int_eq(list[0].begndate, 20200101);
    ck_assert_int_eq(list[0].enddate, 20210101);
}
END_TEST

START_TEST(treatment_refusals)
{
    static const struct {
        const char *insutype, *med_type;
        int64_t begn, end;
        const char *dise;
        yb_err_t code;
        const char *field;
    } t[] = {
        { "310", "21", 20200701080000, 0, "", YB_OK, "" },
        { "340", "21", 20200701080000, 0, "", YB_E_UNSUPPORTED, "insutype" },
        { "310", "21", 0, 0, "", YB_E_FIELD_FORM, "begntime" },
        { "310", "21", 20200701080000, 20200701075959, "", YB_E_FIELD_RANGE, "endtime" },
        { "310", "14", 20200701080000, 0, "", YB_E_FIELD_MISSING, "dise_codg" },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        Yibao__Enrollment__CheckTreatmentRequest q =
            ask("P1", t[i].insutype, t[i].med_type, t[i].begn, t[i].end, t[i].dise);
        yb_refusal_t why = { 0 };
        ck_assert_msg(yb_treatment_check(&q, &why) == t[i].code, "row %zu", i);
        ck_assert_str_eq(why.field, t[i].field);
    }
}
END_TEST

START_TEST(filing_refusals)
{
    static const struct {
        const char *psn_no, *insutype, *code;
        int32_t begn, end;
        yb_err_t expected;
    } t[] = {
        { "P1", "310", "M00500", 20200301, YB_DAY_OPEN, YB_OK },
        { "P1", "310", "M03900", 20210201, YB_DAY_OPEN, YB_OK }, /* the day the other ends */
        { "P1", "310", "M03900", 20210131, YB_DAY_OPEN, YB_E_FILING_EXISTS },
        { "P1", "310", "M03900", 20200101, 20200202, YB_E_FILING_EXISTS },
        { "P1", "310", "M03900", 20200101, 20200201, YB_OK },
        { "P1", "310", "M01600", 20200301, YB_DAY_OPEN, YB_OK }, /* the other is cancelled */
        { "P1", "390", "M03900", 20200301, YB_DAY_OPEN, YB_E_NOT_COVERED },
        { "P2", "390", "M03900", 20210101, YB_DAY_OPEN, YB_E_NOT_COVERED },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        yb_filing_t f = { .psn_no = t[i].psn_no,
                          .insutype = t[i].insutype,
                          .opsp_dise_code = t[i].code,
                          .begndate = t[i].begn,
                          .enddate = t[i].end };
        yb_refusal_t why = { 0 };
        ck_assert_msg(yb_filing_may(&rows, &f, &why) == t[i].expected, "row %zu", i);
        if (t[i].expected == YB_E_FILING_EXISTS)
            ck_assert_ptr_nonnull(strstr(why.text, "流水号 7"));
    }
}
END_TEST

START_TEST(filing_form)
{
    static const struct {
        const char *psn_no, *insutype, *code, *name;
        int32_t begn, end;
        yb_err_t expected;
        const char *field;
    } t[] = {
        { "P1", "310", "M03900", "高血压", 20200101, 0, YB_OK, "" },
        { "", "310", "M03900", "高血压", 20200101, 0, YB_E_FIELD_FORM, "psn_no" },
        { "P1", "", "M03900", "高血压", 20200101, 0, YB_E_FIELD_MISSING, "insutype" },
        { "P1", "310", "X03900", "高血压", 20200101, 0, YB_E_FIELD_FORM, "opsp_dise_code" },
        { "P1", "310", "M03900", "", 20200101, 0, YB_E_FIELD_MISSING, "opsp_dise_name" },
        { "P1", "310", "M03900", "高血压", 0, 0, YB_E_FIELD_MISSING, "begndate" },
        { "P1", "310", "M03900", "高血压", 20200230, 0, YB_E_FIELD_FORM, "begndate" },
        { "P1", "310", "M03900", "高血压", 20200101, 20200101, YB_E_FIELD_RANGE, "enddate" },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        Yibao__Types__Filing f = YIBAO__TYPES__FILING__INIT;
        f.psn_no = (char *)(uintptr_t)t[i].psn_no;
        f.insutype = (char *)(uintptr_t)t[i].insutype;
        f.opsp_dise_code = (char *)(uintptr_t)t[i].code;
        f.opsp_dise_name = (char *)(uintptr_t)t[i].name;
        f.begndate = t[i].begn;
        f.enddate = t[i].end;
        Yibao__Enrollment__FileChronicRequest req = YIBAO__ENROLLMENT__FILE_CHRONIC_REQUEST__INIT;
        req.filing = &f;
        yb_refusal_t why = { 0 };
        yb_err_t err = yb_filing_form(&req, &why);
        ck_assert_msg(err == t[i].expected, "row %zu: %s", i, yb_err_name(err));
        ck_assert_str_eq(why.field, t[i].field);
    }
}
END_TEST

/* ---- imports ---- */

static yb_import_page_t page;

static yb_import_record_t *parse(const yb_import_kind_t *kind, const char *text)
{
    memset(&tally, 0, sizeof tally);
    const char **cells = YB_NEW_ARRAY(arena, const char *, kind->column_count);
    char *save = yb_arena_strdup(arena, text);
    for (size_t c = 0; c < kind->column_count; c++) {
        char *cell = strsep(&save, ",");
        cells[c] = cell == NULL ? "" : cell;
    }
    page = (yb_import_page_t){ .kind = kind, .arena = arena, .area = "", .tally = &tally };
    yb_import_row_t *row = YB_NEW(arena, yb_import_row_t);
    *row = (yb_import_row_t){ .line = 2, .cells = cells };
    yb_import_record_t *record = kind->parse(&page, row);
    ck_assert(row->bad == (record == NULL));
    if (record != NULL)
        record->line = 2;
    return record;
}

static void refused(const yb_import_kind_t *kind, const char *text, const char *column)
{
    ck_assert_msg(parse(kind, text) == NULL, "taken: %s", text);
    ck_assert_msg(strcmp(tally.errors[0]->column, column) == 0, "%s: column %s", text,
                  tally.errors[0]->column);
}

static const yb_import_kind_t coverage = {
    .name = "coverage", .columns = yb_cover_columns, .column_count = 9, .parse = yb_cover_parse
};
static const yb_import_kind_t tag_kind = {
    .name = "tags", .columns = yb_tag_columns, .column_count = 4, .parse = yb_tag_parse
};
static const yb_import_kind_t chronic = {
    .name = "chronic", .columns = yb_filing_columns, .column_count = 6, .parse = yb_filing_parse
};

START_TEST(coverage_rows)
{
    const yb_cover_t *c =
        (const yb_cover_t *)parse(&coverage, "P1,310,1101,141102,2020-01-01,2020-12-31,E1,24000.00,1313.62");
    ck_assert_ptr_nonnull(c);
    ck_assert_int_eq(c->clct_wage_fen, 2400000);
    ck_assert_int_eq(c->balc_fen, 131362);
    ck_assert(c->balc_said);
    ck_assert_int_eq(c->enddate, 20210101);
    ck_assert(!((const yb_cover_t *)parse(&coverage, "P1,390,1501,141102,2020-01-01,,,,"))->balc_said);
    ck_assert_ptr_nonnull(parse(&coverage, "P1,390,1501,141102,2020-01-01,,,0.00,0.00"));
    refused(&coverage, "P1,390,1501,141102,2020-01-01,,,0.00,5.00", "balc");
    refused(&coverage, "P1,310,1101,141102,2020-01-01,,,0.00,-5.00", "balc");
    refused(&coverage, "P1,310,1101,141102,2020-01-01,,,1.234,0", "clct_wage");
    refused(&coverage, "P1,311,1101,141102,2020-01-01,,,0.00,0", "insutype");
    refused(&coverage, "P1,310,,141102,2020-01-01,,,0.00,0", "psn_type");
    refused(&coverage, "P1,310,在职,141102,2020-01-01,,,0.00,0", "psn_type");
    refused(&coverage, "P1,310,1101,1411,2020-01-01,,,0.00,0", "insuplc_admdvs");
    refused(&coverage, "P1,310,1101,141102,,,,0.00,0", "begndate");
    refused(&coverage, "P1,310,1101,141102,2020-01-01,2019-12-31,,0.00,0", "enddate");
    refused(&coverage, ",310,1101,141102,2020-01-01,,,0.00,0", "psn_no");
    refused(&tag_kind, "P1,贫困,2020-01-01,", "tag");
    refused(&tag_kind, "P1,特困,,", "begndate");
    ck_assert_ptr_nonnull(parse(&tag_kind, "P1,返贫致贫,2020-01-01,"));
    refused(&chronic, "P1,390,M039,高血压,2020-01-01,", "opsp_dise_code");
    refused(&chronic, "P1,390,M03900,,2020-01-01,", "opsp_dise_name");
    ck_assert_ptr_nonnull(parse(&chronic, "P1,390,M03900,高血压,2020-01-01,"));
}
END_TEST

START_TEST(covers_that_clash)
{
    static const struct { const char *a, *b; const char *column;
    } t[] = {
        { "P1,310,1101,141102,2020-01-01,2020-12-31,,,", "P1,310,1201,141102,2021-01-01,,,,", NULL },
        { "P1,310,1101,141102,2020-01-01,,,,", "P1,310,1201,141102,2021-01-01,,,,", "begndate" },
        { "P1,310,1101,141102,2020-01-01,,,,", "P1,390,1501,141102,2021-01-01,,,,", "insutype" },
        { "P1,310,1101,141102,2020-01-01,2020-12-31,,,", "P1,390,1501,141102,2021-01-01,,,,", NULL },
        { "P1,310,1101,141102,2020-01-01,,,,", "P1,320,1102,141102,2021-01-01,,,,", NULL }, /* not basic */
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        yb_import_record_t *a = parse(&coverage, t[i].a), *b = parse(&coverage, t[i].b);
        ck_assert_msg(yb_cover_admits(&page, a, b) == (t[i].column == NULL), "row %zu", i);
        if (t[i].column != NULL) {
            ck_assert_str_eq(tally.errors[0]->column, t[i].column);
            ck_assert_ptr_nonnull(strstr(tally.errors[0]->reason, "2020-01-01"));
        }
    }
}
END_TEST

START_TEST(opening_balances)
{
    const yb_account_opening_t opened = {
        .psn_no = "P1", .insutype = "310", .begndate = 20200101, .balc_fen = 10000
    };
    static const struct { const char *row; bool fine;
    } t[] = {
        { "P1,310,1101,141102,2020-01-01,,,,100.00", true },
        { "P1,310,1101,141102,2020-01-01,,,,", true },
        { "P1,310,1101,141102,2020-01-01,,,,100.01", false },
        { "P1,310,1101,141102,2020-01-01,,,,0.00", false },
        { "P1,310,1101,141102,2021-01-01,,,,0.00", true },
        { "P1,310,1101,141102,2021-01-01,,,,5.00", false },
        { "P1,310,1101,141102,2021-01-01,,,,100.00", true },
    };
    for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
        yb_cover_t *c = (yb_cover_t *)parse(&coverage, t[i].row);
        ck_assert_msg(yb_cover_balance(&page, &opened, c) == t[i].fine, "row %zu", i);
        ck_assert_uint_eq(tally.failed, t[i].fine ? 0 : 1);
        ck_assert(yb_cover_balance(&page, NULL, c));
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("enrollment rules");
    TCase *tc = tcase_create("rules");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, entitlement_table);
    tcase_add_test(tc, pool_of_a_person);
    tcase_add_test(tc, treatment_per_fund);
    tcase_add_test(tc, treatment_refusals);
    tcase_add_test(tc, filing_refusals);
    tcase_add_test(tc, filing_form);
    tcase_add_test(tc, coverage_rows);
    tcase_add_test(tc, covers_that_clash);
    tcase_add_test(tc, opening_balances);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
