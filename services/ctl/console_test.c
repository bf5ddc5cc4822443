#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "services/ctl/console.h"

/* What a function prints, as text. */
typedef struct sink {
    FILE *file;
    char *text;
    size_t len;
} sink_t;

static const char *sink_text(sink_t *s)
{
    fflush(s->file);
    return s->text;
}

static void sink_close(sink_t *s)
{
    fclose(s->file);
    free(s->text);
}
#define SINK(name)                                           \
    sink_t name = { NULL, NULL, 0 };                         \
    (name).file = open_memstream(&(name).text, &(name).len); \
    ck_assert_ptr_nonnull((name).file)

START_TEST(width_counts_columns)
{
    static const struct {
        const char *text;
        size_t columns;
    } list[] = {
        { "", 0 }, { "abc", 3 }, { "基金", 4 }, { "a基b", 4 }, { "，（）", 6 }, { "ｱ", 1 }, { "￥", 2 },
        { "한", 2 }, { "𠀀", 2 }, { "𰻞", 2 },                      /* rare characters, planes 2 and 3 */
        { "e\xcc\x81", 1 },                                           /* combining accent */
        { "·", 1 }, { "…", 1 }, { "\xff\xfe", 2 }, { "\xe5\x9f", 2 }, /* no UTF-8: a column a byte */
    };
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        ck_assert_msg(yb_text_columns(list[i].text) == list[i].columns, "%s: %zu, not %zu", list[i].text,
            yb_text_columns(list[i].text), list[i].columns);
}
END_TEST

START_TEST(control_characters_do_not_reach_the_terminal)
{
    SINK(s);
    yb_print_clean(s.file,
        "a\033[31mb\r\n\t\x7f 基\xc2\x9b"
        "31m \xe2\x80\xae"
        "x\xff");
    ck_assert_str_eq(sink_text(&s), "a?[31mb???? 基?31m ?x?");
    sink_close(&s);
}
END_TEST

START_TEST(table_aligns_chinese)
{
    static const char *const titles[] = { "NAME", ">COUNT", "NOTE", NULL };
    static const char *const a[] = { "统筹基金", "5", "x" };
    static const char *const b[] = { "abc", "12,345", "" };
    SINK(s);
    yb_table_t *t = yb_table_create(titles);
    yb_table_row(t, a);
    yb_table_row(t, b);
    yb_table_print(t, s.file);
    ck_assert_str_eq(sink_text(&s),
        "NAME       COUNT  NOTE\n"
        "统筹基金       5  x\n"
        "abc       12,345  \n");
    ck_assert_uint_eq(yb_table_count(t), 2);
    yb_table_destroy(&t);
    sink_close(&s);
}
END_TEST

START_TEST(wrapping_breaks_between_wide_characters)
{
    SINK(s);
    yb_print_wrapped(s.file, "1. ", "   ", "基本统筹基金支付abc", 10);
    ck_assert_str_eq(sink_text(&s), "1. 基本统\n   筹基金\n   支付abc\n");
    sink_close(&s);
}
END_TEST

START_TEST(wrapping_keeps_numbers_whole)
{
    SINK(s);
    yb_print_wrapped(s.file, "1. ", "   ", "付出1,234.56元", 14);
    yb_print_wrapped(s.file, "1. ", "   ", "统筹统筹，依据：a bc", 11);
    yb_print_wrapped(s.file, "", "", "123456789", 4);
    ck_assert_str_eq(sink_text(&s),
        "1. 付出\n   1,234.56元\n"
        "1. 统筹统\n   筹，依\n   据：a bc\n"
        "1234\n5678\n9\n");
    sink_close(&s);
}
END_TEST

START_TEST(wrapping_ends_when_nothing_fits)
{
    SINK(s);
    yb_print_wrapped(s.file, "123456", "123456", "基本", 4);
    ck_assert_str_eq(sink_text(&s), "123456基\n123456本\n");
    sink_close(&s);
}
END_TEST

START_TEST(numbers_are_grouped)
{
    static const char *const list[][2] = {
        { "0", "0" },
        { "999", "999" },
        { "1000", "1,000" },
        { "1234567", "1,234,567" },
        { "-1234.50", "-1,234.50" },
        { "-999.99", "-999.99" },
        { "100000.00", "100,000.00" },
        { "0.05", "0.05" },
        { "", "" },
        { "-", "-" },
    };
    char buf[YB_GROUPED_TEXT];
    for (size_t i = 0; i < sizeof list / sizeof list[0]; i++)
        ck_assert_str_eq(yb_grouped(list[i][0], buf), list[i][1]);
    ck_assert_str_eq(yb_count_text(18446744073709551615u, buf), "18,446,744,073,709,551,615");
}
END_TEST

START_TEST(progress_line_says_rate_and_time_left)
{
    char buf[YB_PROGRESS_TEXT];
    yb_progress_view_t v = { .what = "persons",
        .unit = "rows",
        .done = 25,
        .total = 100,
        .count = 250000,
        .elapsed_ns = 10000000000 };
    ck_assert_str_eq(yb_progress_text(&v, true, buf),
        "persons [######------------------]  25 %  250,000 rows  25,000 rows/s  0:10  0:30 left");
    ck_assert_str_eq(
        yb_progress_text(&v, false, buf), "persons 25 %  250,000 rows  25,000 rows/s  0:10  0:30 left");
    v.without_rate = true;
    ck_assert_ptr_null(strstr(yb_progress_text(&v, true, buf), "rows/s"));
    v.without_rate = false;
    v.total = 0; /* standard input: no end known */
    ck_assert_str_eq(yb_progress_text(&v, true, buf), "persons  250,000 rows  25,000 rows/s  0:10");
    v = (yb_progress_view_t){
        .what = "persons", .unit = "rows", .done = 200, .total = 100, .count = 1, .elapsed_ns = 3700000000000
    };
    ck_assert_ptr_nonnull(strstr(yb_progress_text(&v, true, buf), "[########################] 100 %"));
    ck_assert_ptr_nonnull(strstr(buf, "1:01:40"));
    ck_assert_ptr_null(strstr(buf, "left"));
    v = (yb_progress_view_t){
        .what = "x", .unit = "rows", .done = 0, .total = 100, .count = 0, .elapsed_ns = 0
    };
    ck_assert_str_eq(yb_progress_text(&v, false, buf), "x 0 %  0 rows  0:00");
    v = (yb_progress_view_t){ .what = "x",
        .unit = "b",
        .done = UINT64_MAX / 2,
        .total = UINT64_MAX,
        .count = 1,
        .elapsed_ns = 1000000000 };
    ck_assert_ptr_nonnull(strstr(yb_progress_text(&v, false, buf), "x 49 %"));
}
END_TEST

START_TEST(progress_redraws_on_a_terminal_only)
{
    yb_manual_clock_t manual;
    SINK(s);
    yb_progress_conf_t conf = { .out = s.file,
        .tty = false,
        .clock = yb_clock_manual(&manual, 1700000000000000),
        .plain_every_ns = 5000000000 };
    yb_progress_t *p = yb_progress_create(&conf, "persons", "rows", 100);
    yb_progress_set(p, 10, 10);
    yb_manual_clock_advance(&manual, 4999999);
    yb_progress_set(p, 20, 20);
    ck_assert_str_eq(sink_text(&s), "");
    yb_manual_clock_advance(&manual, 1);
    yb_progress_set(p, 50, 50);
    ck_assert_str_eq(sink_text(&s), "persons 50 %  50 rows  10 rows/s  0:05  0:05 left\n");
    yb_progress_destroy(&p);
    ck_assert_ptr_null(p);
    ck_assert_ptr_null(strchr(sink_text(&s), '\r'));
    sink_close(&s);
}
END_TEST

START_TEST(progress_takes_its_bar_away)
{
    yb_manual_clock_t manual;
    SINK(s);
    yb_progress_conf_t conf = { .out = s.file,
        .tty = true,
        .clock = yb_clock_manual(&manual, 1700000000000000),
        .plain_every_ns = 5000000000 };
    yb_progress_t *p = yb_progress_create(&conf, "persons", "rows", 100);
    yb_manual_clock_advance(&manual, 100000);
    yb_progress_set(p, 50, 50);
    ck_assert_ptr_nonnull(strstr(sink_text(&s), "\rpersons [############------------]  50 %"));
    yb_progress_destroy(&p);
    const char *text = sink_text(&s);
    ck_assert_str_eq(text + strlen(text) - 4, "\r\033[K");
    sink_close(&s);
}
END_TEST

START_TEST(progress_moves_while_another_thread_waits)
{
    SINK(s);
    yb_progress_conf_t conf = { .out = s.file, .tty = false, .clock = yb_clock_real(), .plain_every_ns = 1 };
    yb_progress_t *p = yb_progress_create(&conf, "persons", "rows", 0);
    for (int i = 0; i < 20; i++) { /* begin and end, at once, in any order of the two threads */
        yb_progress_wait_begin(p);
        yb_progress_wait_end(p);
    }
    yb_progress_set(p, 0, 7);
    ck_assert_ptr_nonnull(strstr(sink_text(&s), "persons  7 rows"));
    yb_progress_destroy(&p);
    sink_close(&s);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("console");
    TCase *c = tcase_create("console");
    tcase_add_test(c, width_counts_columns);
    tcase_add_test(c, control_characters_do_not_reach_the_terminal);
    tcase_add_test(c, table_aligns_chinese);
    tcase_add_test(c, wrapping_breaks_between_wide_characters);
    tcase_add_test(c, wrapping_keeps_numbers_whole);
    tcase_add_test(c, wrapping_ends_when_nothing_fits);
    tcase_add_test(c, numbers_are_grouped);
    tcase_add_test(c, progress_line_says_rate_and_time_left);
    tcase_add_test(c, progress_redraws_on_a_terminal_only);
    tcase_add_test(c, progress_takes_its_bar_away);
    tcase_add_test(c, progress_moves_while_another_thread_waits);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
