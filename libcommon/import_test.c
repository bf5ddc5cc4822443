#include "libcommon/import.h"

#include <check.h>
#include <string.h>

#include "libcommon/day.h"

/* A small kind: dated values per name; two spans of one name never overlap. */
typedef struct thing {
    yb_import_record_t record;
    const char *name;
    yb_day_t from, to;
    int64_t value;
} thing_t;

static const yb_import_column_t columns[] = {
    { "name", true }, { "from", true }, { "to", false }, { "value", false }
};

static yb_import_record_t *parse(yb_import_page_t *page, yb_import_row_t *row)
{
    thing_t *t = YB_NEW(page->arena, thing_t);
    t->name = yb_import_text(page, row, 0, 5, true);
    bool ok = yb_import_span(page, row, 1, 2, &t->from, &t->to);
    ok = yb_import_decimal(page, row, 3, 2, 0, 10000, 7, &t->value) && ok;
    if (t->name == NULL || !ok)
        return NULL;
    t->record.group = t->name;
    t->record.key = yb_arena_printf(page->arena, "%s|%d", t->name, t->from);
    return &t->record;
}

static const char *differs(const yb_import_record_t *old, const yb_import_record_t *fresh)
{
    const thing_t *a = (const thing_t *)old, *b = (const thing_t *)fresh;
    return a->to != b->to ? "to" : a->value != b->value ? "value" : NULL;
}

static bool admits(yb_import_page_t *page, const yb_import_record_t *other, yb_import_record_t *fresh)
{
    const thing_t *a = (const thing_t *)other, *b = (const thing_t *)fresh;
    if (!yb_import_overlap(a->from, a->to, b->from, b->to))
        return true;
    yb_import_record_fault(page, fresh, "from", "overlap");
    return false;
}

static const yb_import_kind_t kind = { .name = "things",
                                       .columns = columns,
                                       .column_count = 4,
                                       .parse = parse,
                                       .differs = differs,
                                       .admits = admits };

static yb_arena_t *arena;
static yb_import_page_t page;
static yb_import_tally_t tally;

static void setup(void)
{
    arena = yb_arena_create(0);
    memset(&tally, 0, sizeof tally);
    page = (yb_import_page_t){ .kind = &kind, .arena = arena, .area = "", .tally = &tally };
}

static void teardown(void)
{
    yb_import_clear(&page);
    yb_arena_destroy(&arena);
}

/* "a,2020-01-01,,1.00" per row; NULL-ended. Header in the kind's order. */
static yb_err_t give(const char *header, const char *const *rows, yb_refusal_t *why)
{
    Yibao__Identity__ImportRowsRequest *req = YB_NEW(arena, Yibao__Identity__ImportRowsRequest);
    yibao__identity__import_rows_request__init(req);
    size_t n = 0;
    for (; rows[n] != NULL; n++)
        ;
    req->rows = YB_NEW_ARRAY(arena, Yibao__Identity__ImportRow *, n);
    req->n_rows = n;
    for (size_t i = 0; i <= n; i++) {
        char *text = yb_arena_strdup(arena, i == n ? header : rows[i]), *save = text;
        char **cells = YB_NEW_ARRAY(arena, char *, 16);
        size_t count = 0;
        for (char *cell; (cell = strsep(&save, ",")) != NULL;)
            cells[count++] = cell;
        if (i == n) {
            req->columns = cells;
            req->n_columns = count;
            break;
        }
        req->rows[i] = YB_NEW(arena, Yibao__Identity__ImportRow);
        yibao__identity__import_row__init(req->rows[i]);
        req->rows[i]->line = i + 2;
        req->rows[i]->cells = cells;
        req->rows[i]->n_cells = count;
    }
    return yb_import_cells(&page, req, why);
}

static void fold(const char *const *rows)
{
    yb_refusal_t why = { 0 };
    ck_assert_int_eq(give("name,from,to,value", rows, &why), YB_OK);
    yb_import_parse(&page);
    yb_import_fold(&page);
}

static void known(const char *name, yb_day_t from, yb_day_t to, int64_t value)
{
    thing_t *t = YB_NEW(arena, thing_t);
    *t = (thing_t){ .name = name, .from = from, .to = to, .value = value };
    t->record.group = name;
    t->record.key = yb_arena_printf(arena, "%s|%d", name, from);
    yb_import_known(&page, &t->record);
}

static void expect(uint64_t added, uint64_t changed, uint64_t same, uint64_t failed)
{
    ck_assert_msg(tally.added == added && tally.changed == changed && tally.same == same &&
                      tally.failed == failed,
                  "added %ju changed %ju same %ju failed %ju", (uintmax_t)tally.added,
                  (uintmax_t)tally.changed, (uintmax_t)tally.same, (uintmax_t)tally.failed);
}

START_TEST(columns_by_name_in_any_order)
{
    yb_refusal_t why = { 0 };
    ck_assert_int_eq(
        give("value,extra,from,name", (const char *const[]){ "3.50,x,2020-01-01, a ", NULL }, &why), YB_OK);
    yb_import_parse(&page);
    ck_assert_uint_eq(page.record_count, 1);
    const thing_t *t = (const thing_t *)page.records[0];
    ck_assert_str_eq(t->name, "a");
    ck_assert_int_eq(t->value, 350);
    ck_assert_int_eq(t->to, YB_DAY_OPEN);
}
END_TEST

START_TEST(unknown_columns_are_named)
{
    static char *names[] = { "value", "extra", "from", "Name", "name" };
    Yibao__Identity__ImportRowsRequest req = YIBAO__IDENTITY__IMPORT_ROWS_REQUEST__INIT;
    Yibao__Identity__ImportRowsReply reply = YIBAO__IDENTITY__IMPORT_ROWS_REPLY__INIT;
    req.columns = names;
    req.n_columns = sizeof names / sizeof names[0];
    yb_import_name_ignored(&kind, &req, arena, &reply);
    ck_assert_uint_eq(reply.n_columns_ignored, 2);
    ck_assert_str_eq(reply.columns_ignored[0], "extra");
    ck_assert_str_eq(reply.columns_ignored[1], "Name");
}
END_TEST

START_TEST(exact_columns_keep_their_spaces)
{
    yb_import_kind_t exact = kind;
    exact.exact_columns = 1;
    page.kind = &exact;
    yb_refusal_t why = { 0 };
    ck_assert_int_eq(give("value,name,from", (const char *const[]){ " 1 , a ,2020-01-01", NULL }, &why), YB_OK);
    ck_assert_str_eq(page.rows[0].cells[0], " a ");
    ck_assert_str_eq(page.rows[0].cells[3], "1");
}
END_TEST

START_TEST(missing_and_repeated_columns_are_refused)
{
    yb_refusal_t why = { 0 };
    ck_assert_int_eq(give("name,value", (const char *const[]){ NULL }, &why), YB_E_FILE_FORM);
    ck_assert_str_eq(why.field, "from");
    yb_refusal_t twice = { 0 };
    ck_assert_int_eq(give("name,from,name", (const char *const[]){ NULL }, &twice), YB_E_FILE_FORM);
    ck_assert_str_eq(twice.field, "name");
}
END_TEST

START_TEST(each_cell_fault_names_line_and_column)
{
    static const struct { const char *row, *column;
    } rows[] = {
        { ",2020-01-01,,1", "name" },
        { "abcdef,2020-01-01,,1", "name" },
        { "a\x01,2020-01-01,,1", "name" },
        { "a\xff,2020-01-01,,1", "name" },
        { "a,20-01-01,,1", "from" },
        { "a,,,1", "from" },
        { "a,2020-02-30,,1", "from" },
        { "a,2020-01-02,2020-01-01,1", "to" },
        { "a,2020-01-01,,x", "value" },
        { "a,2020-01-01,,1.001", "value" },
        { "a,2020-01-01,,-1", "value" },
        { "a,2020-01-01,,100.01", "value" },
        { "a,2020-01-01", "" },
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(&tally, 0, sizeof tally);
        fold((const char *const[]){ rows[i].row, NULL });
        expect(0, 0, 0, 1);
        ck_assert_uint_ge(tally.error_count, 1);
        ck_assert_msg(strcmp(tally.errors[0]->column, rows[i].column) == 0, "row %zu: column %s", i,
                      tally.errors[0]->column);
        ck_assert_uint_eq(tally.errors[0]->line, 2);
        ck_assert_ptr_null(strstr(tally.errors[0]->reason, "�"));
    }
}
END_TEST

START_TEST(a_row_with_two_faults_fails_once)
{
    fold((const char *const[]){ ",bad,,x", "a,2020-01-01,,", NULL });
    expect(1, 0, 0, 1);
    ck_assert_uint_eq(tally.error_count, 3);
}
END_TEST

START_TEST(same_other_and_new)
{
    known("a", 20200101, YB_DAY_OPEN, 100);
    known("b", 20200101, YB_DAY_OPEN, 100);
    fold((const char *const[]){ "a,2020-01-01,,1.00", "b,2020-01-01,,2.00", "c,2020-01-01,,1", NULL });
    expect(1, 0, 1, 1);
    ck_assert_uint_eq(tally.errors[0]->line, 3);
    ck_assert_str_eq(tally.errors[0]->column, "value");
}
END_TEST

START_TEST(replace_changes)
{
    page.replace = true;
    known("b", 20200101, YB_DAY_OPEN, 100);
    fold((const char *const[]){ "b,2020-01-01,,2.00", "b,2020-01-01,,3.00", "d,2020-01-01,,1",
                                "d,2020-01-01,,2", NULL });
    expect(1, 1, 0, 0);
    ck_assert_int_eq(page.records[0]->state, YB_IMPORT_DROPPED);
    ck_assert_int_eq(page.records[1]->state, YB_IMPORT_CHANGED);
    ck_assert_int_eq(page.records[3]->state, YB_IMPORT_ADDED);
}
END_TEST

START_TEST(repeats_within_the_file)
{
    fold((const char *const[]){ "a,2020-01-01,,1", "a,2020-01-01,,1", "a,2020-01-01,,2", NULL });
    expect(1, 0, 1, 1);
    ck_assert_uint_eq(tally.errors[0]->line, 4);
    ck_assert_ptr_nonnull(strstr(tally.errors[0]->reason, "第 2 行"));
}
END_TEST

START_TEST(overlaps_with_the_database_and_within_the_file)
{
    known("a", 20200101, 20210101, 100);
    fold((const char *const[]){ "a,2020-12-31,,1", "a,2021-01-01,2021-12-31,1", "a,2021-06-01,,1",
                                "b,2021-06-01,,1", NULL });
    expect(2, 0, 0, 2);
    ck_assert_uint_eq(tally.errors[0]->line, 2);
    ck_assert_uint_eq(tally.errors[1]->line, 4);
}
END_TEST

START_TEST(a_replaced_row_no_longer_stands_in_the_way)
{
    page.replace = true;
    known("a", 20200101, YB_DAY_OPEN, 100);
    fold((const char *const[]){ "a,2020-01-01,2020-12-31,1", "a,2021-01-01,,1", NULL });
    expect(1, 1, 0, 0);
}
END_TEST

START_TEST(errors_are_bounded_and_counted)
{
    const char **rows = YB_NEW_ARRAY(arena, const char *, 1501);
    for (size_t i = 0; i < 1500; i++)
        rows[i] = ",2020-01-01,,1";
    fold(rows);
    expect(0, 0, 0, 1500);
    ck_assert_uint_eq(tally.error_count, YB_IMPORT_ERRORS_MAX);
}
END_TEST

START_TEST(span_text_is_inclusive)
{
    char buf[YB_SPAN_TEXT];
    ck_assert_str_eq(yb_import_span_text(20200101, 20210101, buf), "2020-01-01 至 2020-12-31");
    ck_assert_str_eq(yb_import_span_text(20200101, YB_DAY_OPEN, buf), "2020-01-01 起");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("import");
    TCase *tc = tcase_create("import");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, columns_by_name_in_any_order);
    tcase_add_test(tc, unknown_columns_are_named);
    tcase_add_test(tc, exact_columns_keep_their_spaces);
    tcase_add_test(tc, missing_and_repeated_columns_are_refused);
    tcase_add_test(tc, each_cell_fault_names_line_and_column);
    tcase_add_test(tc, a_row_with_two_faults_fails_once);
    tcase_add_test(tc, same_other_and_new);
    tcase_add_test(tc, replace_changes);
    tcase_add_test(tc, repeats_within_the_file);
    tcase_add_test(tc, overlaps_with_the_database_and_within_the_file);
    tcase_add_test(tc, a_replaced_row_no_longer_stands_in_the_way);
    tcase_add_test(tc, errors_are_bounded_and_counted);
    tcase_add_test(tc, span_text_is_inclusive);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
