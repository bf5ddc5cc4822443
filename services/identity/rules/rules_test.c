#include <check.h>
#include <string.h>

#include "libcommon/code.h"
#include "services/identity/rules/import.h"
#include "services/identity/rules/item.h"
#include "services/identity/rules/person.h"
#include "services/identity/rules/session.h"

/* ---- persons ---- */

START_TEST(names)
{
    static const struct { const char *a, *b; bool same;
    } rows[] = {
        { "测试甲", "测试甲", true },
        { "测试甲", "测试乙", false },
        { "测试甲", "测试", false },
        { "", "", true },
        { "测 试　甲", "测试甲", true },
        { "阿·测试", "阿•测试", true },
        { "阿·测试", "阿・测试", true },
        { "阿·测试", "阿测试", false },
        { "𠮷测试", "𠮷测试", true },
        { "𠮷测试", "吉测试", false },
        { " ", "", true },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ck_assert_msg(yb_name_same(rows[i].a, rows[i].b) == rows[i].same, "row %zu", i);
        ck_assert_msg(yb_name_same(rows[i].b, rows[i].a) == rows[i].same, "row %zu turned", i);
    }
}
END_TEST

START_TEST(who_sees_a_person_in_full)
{
    ck_assert(yb_person_reveals("gateway"));
    ck_assert(yb_person_reveals("settlement"));
    ck_assert(yb_person_reveals("ctl"));
    ck_assert(!yb_person_reveals("enrollment"));
    ck_assert(!yb_person_reveals("drg"));
    ck_assert(!yb_person_reveals(""));
}
END_TEST

START_TEST(claims)
{
    const yb_person_t p = {
        .psn_no = "1411", .psn_cert_type = "01", .certno = "141102200706040060", .psn_name = "测试甲"
    };
    static const struct { yb_person_claim_t claim; const char *field;
    } rows[] = {
        { { "", "", "", "" }, NULL },
        { { "1411", "测试甲", "141102200706040060", "01" }, NULL },
        { { "1411", "", "", "1" }, NULL },
        { { "1412", "", "", "" }, "psn_no" },
        { { "", "测试乙", "", "" }, "psn_name" },
        { { "", "", "14110219730323013X", "" }, "certno" },
        { { "", "", "", "02" }, "psn_cert_type" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        yb_refusal_t why = { 0 };
        yb_err_t err = yb_person_matches(&p, &rows[i].claim, &why);
        ck_assert_msg(err == (rows[i].field == NULL ? YB_OK : YB_E_PERSON_MISMATCH), "row %zu", i);
        if (rows[i].field != NULL)
            ck_assert_str_eq(why.field, rows[i].field);
        ck_assert_ptr_null(strstr(why.text, p.certno));      /* a refusal never holds the number */
    }
}
END_TEST

START_TEST(certificates_in_one_form)
{
    yb_arena_t *arena = yb_arena_create(0);
    ck_assert_str_eq(yb_cert_type_normal("1"), "01");
    ck_assert_str_eq(yb_cert_type_normal("01"), "01");
    ck_assert_str_eq(yb_cert_type_normal("99"), "99");
    ck_assert_str_eq(yb_cert_type_normal("x"), "x");
    ck_assert_str_eq(yb_certno_normal("14110219730323013x", arena), "14110219730323013X");
    yb_arena_destroy(&arena);
}
END_TEST

/* ---- catalogue ---- */

START_TEST(nearest_area_and_day)
{
    static const yb_item_t rows[] = {
        { .insu_admdvs = "", .begndate = 20200101, .enddate = YB_DAY_OPEN, .selfpay_prop_ppm = 1 },
        { .insu_admdvs = "140000", .begndate = 20200101, .enddate = 20230101, .selfpay_prop_ppm = 2 },
        { .insu_admdvs = "141100", .begndate = 20210101, .enddate = 20220101, .selfpay_prop_ppm = 3 },
        { .insu_admdvs = "141102", .begndate = 20210601, .enddate = 20210701, .selfpay_prop_ppm = 4 },
    };
    static const struct { int32_t day; const char *area; int32_t expected;
    } cases[] = {
        { 20210615, "141102", 4 }, { 20210701, "141102", 3 }, { 20210615, "141181", 3 },
        { 20220101, "141102", 2 }, { 20230101, "141102", 1 }, { 20210615, "320682", 1 },
        { 20210615, "", 1 },       { 20191231, "141102", 0 }, { 20210615, "140100", 2 },
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const yb_item_t *item = yb_item_pick(rows, 4, cases[i].day, cases[i].area);
        ck_assert_msg((item == NULL ? 0 : item->selfpay_prop_ppm) == cases[i].expected, "case %zu", i);
    }
    ck_assert_ptr_null(yb_item_pick(NULL, 0, 20200101, "141102"));
}
END_TEST

START_TEST(sessions_hold_a_day)
{
    ck_assert(yb_session_live(20250101200000, 0, 20250101200000));
    ck_assert(yb_session_live(20250101200000, 0, 20250102195959));
    ck_assert(!yb_session_live(20250101200000, 0, 20250102200000));
    ck_assert(!yb_session_live(20250101200000, 20250101210000, 20250101220000));
    ck_assert(!yb_session_live(20250101200000, 0, 20250101195959));
    ck_assert(yb_session_live(20241231200000, 0, 20250101080000));
}
END_TEST

/* ---- imports ---- */

static yb_arena_t *arena;
static yb_import_tally_t tally;

/* Parses one row of comma-separated cells; the columns' own order. */
static yb_import_record_t *parse(const yb_import_kind_t *kind, const char *area, const char *text)
{
    memset(&tally, 0, sizeof tally);
    const char **cells = YB_NEW_ARRAY(arena, const char *, kind->column_count);
    char *save = yb_arena_strdup(arena, text);
    for (size_t c = 0; c < kind->column_count; c++) {
        char *cell = strsep(&save, ",");
        cells[c] = cell == NULL ? "" : cell;
    }
    yb_import_page_t page = { .kind = kind, .arena = arena, .area = area, .tally = &tally };
    yb_import_row_t row = { .line = 2, .cells = cells };
    yb_import_record_t *record = kind->parse(&page, &row);
    ck_assert(row.bad == (record == NULL));
    return record;
}

static void refused(const yb_import_kind_t *kind, const char *text, const char *column)
{
    ck_assert_msg(parse(kind, "", text) == NULL, "taken: %s", text);
    ck_assert_msg(strcmp(tally.errors[0]->column, column) == 0, "%s: column %s", text,
                  tally.errors[0]->column);
    ck_assert_uint_gt(strlen(tally.errors[0]->reason), 0);
}

static const yb_import_kind_t persons = {
    .name = "persons", .columns = yb_person_columns, .column_count = 7, .parse = yb_person_parse
};
static const yb_import_kind_t institutions = { .name = "institutions",
                                               .columns = yb_institution_columns,
                                               .column_count = 9,
                                               .parse = yb_institution_parse };
static const yb_import_kind_t items = {
    .name = "catalogue", .columns = yb_item_columns, .column_count = 8, .parse = yb_item_parse
};

START_TEST(person_rows)
{
    const yb_person_t *p = (const yb_person_t *)parse(
        &persons, "", "14110100000000000002,01,14110219730323013x,测试𠮷,1,01,1973-03-23");
    ck_assert_ptr_nonnull(p);
    ck_assert_str_eq(p->certno, "14110219730323013X");
    ck_assert_str_eq(p->psn_name, "测试𠮷");
    ck_assert_int_eq(p->brdy, 19730323);
    ck_assert_int_eq(((const yb_person_t *)parse(&persons, "", "1,1,14110219730323013X,测试,1,,"))->brdy,
                     19730323);
    ck_assert_ptr_nonnull(parse(&persons, "", "1,02,军字第123,测试,1,01,"));
    refused(&persons, "1,01,141102197303230131,测试,1,01,1973-03-23", "certno");      /* check digit */
    refused(&persons, "1,01,,测试,1,01,", "certno");
    refused(&persons, "1,,14110219730323013X,测试,1,01,", "psn_cert_type");
    refused(&persons, "1,身份证,14110219730323013X,测试,1,01,", "psn_cert_type");
    refused(&persons, ",01,14110219730323013X,测试,1,01,", "psn_no");
    refused(&persons, "1 2,01,14110219730323013X,测试,1,01,", "psn_no");
    refused(&persons, "1,01,14110219730323013X,,1,01,", "psn_name");
    refused(&persons, "1,01,14110219730323013X,测\x01试,1,01,", "psn_name");
    refused(&persons, "1,01,14110219730323013X,测试,3,01,", "gend");
    refused(&persons, "1,01,14110219730323013X,测试,1,汉,", "naty");
    refused(&persons, "1,01,14110219730323013X,测试,1,01,73-03-23", "brdy");
    refused(&persons, "1,1,14110219730323013X,测试,1,01,1973-03-24", "brdy");         /* not the ID number's */
    refused(&persons, " 1,01,14110219730323013X,测试,1,01,", "psn_no");
    ck_assert_ptr_nonnull(parse(&persons, "", "1,02,14110219730323013X,测试,1,01,1973-03-24"));
}
END_TEST

START_TEST(institution_rows)
{
    const yb_institution_t *in =
        (const yb_institution_t *)parse(&institutions, "", "H14110200101,测试医院,1,03,1,province,141102,");
    ck_assert_ptr_nonnull(in);
    ck_assert_int_eq(in->charge_class, 1);
    ck_assert_str_eq(in->app_secret, "");
    ck_assert_ptr_nonnull(parse(&institutions, "", "P14110200101,测试药店,2,,,,141102,"));
    refused(&institutions, "X14110200101,测试医院,1,03,1,province,141102,", "fixmedins_code");
    refused(&institutions, "H14110200101,,1,03,1,province,141102,", "fixmedins_name");
    refused(&institutions, "H14110200101,测试医院,3,03,1,province,141102,", "fixmedins_type");
    refused(&institutions, "H14110200101,测试医院,1,03,4,province,141102,", "charge_class");
    refused(&institutions, "H14110200101,测试医院,1,03,,province,141102,", "charge_class");
    refused(&institutions, "H14110200101,测试医院,1,03,1,village,141102,", "tier");
    refused(&institutions, "H14110200101,测试医院,1,03,1,city,14110,", "admdvs");
    refused(&institutions, "H14110200101,测试医院,1,03,1,city,141102,short", "app_secret");
    refused(&institutions, "H14110200101,测试医院,1,03,1,city,141102,,123", "uscc");
}
END_TEST

START_TEST(catalogue_rows)
{
    const yb_item_t *i = (const yb_item_t *)parse(
        &items, "141100", "XA22AAA557A255921921153,101,目录1,02,0.2000,338.84,2020-01-01,2020-12-31");
    ck_assert_ptr_nonnull(i);
    ck_assert_int_eq(i->selfpay_prop_ppm, 200000);
    ck_assert_int_eq(i->pric_uplmt, 338840000);
    ck_assert_int_eq(i->enddate, 20210101);
    ck_assert_str_eq(i->insu_admdvs, "141100");
    static const char *const unlimited[] = { "", "99999999", "999999", "99999999.000000" };
    for (size_t k = 0; k < 4; k++) {
        i = (const yb_item_t *)parse(&items, "",
                                     yb_arena_printf(arena, "X1,101,目录,01,0,%s,2020-01-01,", unlimited[k]));
        ck_assert_ptr_nonnull(i);
        ck_assert_int_eq(i->pric_uplmt, -1);
    }
    i = (const yb_item_t *)parse(&items, "", "X1,101,目录,03,,99999,2020-01-01,");
    ck_assert_int_eq(i->selfpay_prop_ppm, 1000000);
    ck_assert_int_eq(i->pric_uplmt, 99999000000);
    refused(&items, "X 1,101,目录,01,0,,2020-01-01,", "med_list_codg");
    refused(&items, "X1,999,目录,01,0,,2020-01-01,", "list_type");
    refused(&items, "X1,101,,01,0,,2020-01-01,", "name");
    refused(&items, "X1,101,目录,04,0,,2020-01-01,", "chrgitm_lv");
    refused(&items, "X1,101,目录,02,,,2020-01-01,", "selfpay_prop");
    refused(&items, "X1,101,目录,02,1.01,,2020-01-01,", "selfpay_prop");
    refused(&items, "X1,101,目录,02,0.1,-1,2020-01-01,", "pric_uplmt_amt");
    refused(&items, "X1,101,目录,02,0.1,,2020-13-01,", "begndate");
    refused(&items, "X1,101,目录,02,0.1,,2020-02-01,2020-01-31", "enddate");
}
END_TEST

static void setup(void) { arena = yb_arena_create(0); }
static void teardown(void) { yb_arena_destroy(&arena); }

int main(void)
{
    Suite *suite = suite_create("identity rules");
    TCase *tc = tcase_create("rules");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, names);
    tcase_add_test(tc, who_sees_a_person_in_full);
    tcase_add_test(tc, claims);
    tcase_add_test(tc, certificates_in_one_form);
    tcase_add_test(tc, nearest_area_and_day);
    tcase_add_test(tc, sessions_hold_a_day);
    tcase_add_test(tc, person_rows);
    tcase_add_test(tc, institution_rows);
    tcase_add_test(tc, catalogue_rows);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
