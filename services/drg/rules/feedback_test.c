/* What a hospital is told of a case: words for every class and reason, the cursor there and back, the line of the file.
 */
#include "services/drg/rules/feedback.h"

#include <string.h>

#include "libcommon/text.h"
#include "services/drg/rules/group.h"
#include "services/drg/rules/pay.h"
#include "tests/support/quick_check.h"

START_TEST(every_case_has_words)
{
    for (int class = 0; class < YB_PAY_CLASS_COUNT; class ++)
        for (int reason = 0; reason < YB_GROUP_REASON_COUNT; reason++)
            for (int kind = YB_CASE_OF_MONTH; kind <= YB_CASE_ANEW; kind++) {
                const yb_run_case_t row = {
                    .class = (uint8_t) class, .reason = (uint8_t)reason, .kind = (uint8_t)kind, .flags = 31
                };
                char text[YB_FEEDBACK_REASON_TEXT];
                ck_assert(strlen(yb_feedback_reason(&row, text)) > 10);
                ck_assert(yb_utf8_valid(text, strlen(text)) && strlen(text) < sizeof text - 4);
                ck_assert_ptr_null(strpbrk(text, ",\"\n"));
                ck_assert_str_ne(yb_pay_class_zh(class), "");
                ck_assert_str_ne(yb_run_case_kind_zh(kind), "");
            }
    ck_assert_str_eq(yb_pay_class_zh(-1), "");
    ck_assert_str_eq(yb_pay_class_zh(YB_PAY_CLASS_COUNT), "");
    ck_assert_str_eq(yb_run_case_kind_zh(0), "");
}
END_TEST

START_TEST(a_cursor_there_and_back)
{
    static const char *const wrong[] = {
        "",      "1",       "1.2",    "1.2.",   ".2.3",  "1..3",   "1.2.4",
        "1.2.0", "1.2.3.4", "1.2.3 ", "-1.2.3", "a.b.c", "1.2.33", "99999999999999999999.1.1"
    };
    const yb_feedback_place_t place = { INT64_MAX, 42, YB_CASE_ANEW };
    yb_feedback_place_t back;
    char text[YB_FEEDBACK_CURSOR_TEXT];
    ck_assert(yb_feedback_cursor_parse(yb_feedback_cursor(&place, text), &back));
    ck_assert(back.run_id == place.run_id && back.setl_id == place.setl_id && back.kind == place.kind);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        ck_assert_msg(!yb_feedback_cursor_parse(wrong[i], &back), "%s", wrong[i]);
}
END_TEST

static size_t cells(const char *line)
{
    size_t n = 1;
    for (; *line != '\0'; line++)
        n += *line == ',';
    return n;
}

START_TEST(a_line_of_the_file)
{
    char line[YB_FEEDBACK_CSV_LINE];
    yb_run_case_t row = { .insutype = "390", .drg = "GD25", .setl_id = 7, .list_version = 1, .kind = YB_CASE_OF_MONTH };
    row.class = YB_PAY_NORMAL;
    row.fee_fen = 1234567;
    row.standard_fen = 1100000;
    row.rw_e4 = 10000;
    row.k_e4 = 11000;
    row.points_e4 = 1100000;
    row.gross_fen = 1100001;
    row.other_pay_fen = 2000000;
    row.due_fen = -899999;
    row.booked_fen = 5;
    ck_assert_str_eq(yb_feedback_csv_row(&row, 9, line),
                     "7,9,1,本月病例,390,GD25,normal,正常,12345.67,11000.00,1.0000,1.1000,110.0000,11000.01,20000.00,"
                     "-8999.99,0.05,0,按病组标准计\n");
    ck_assert_uint_eq(cells(line), cells(yb_feedback_csv_head()));
    row = (yb_run_case_t){ .insutype = "310", .drg = "", .setl_id = 8, .kind = YB_CASE_TAKEN_BACK };
    row.class = YB_PAY_LATE;
    row.fee_fen = INT64_MIN;
    ck_assert_ptr_nonnull(
        strstr(yb_feedback_csv_row(&row, 0, line), "8,,2,冲回,310,,late,未提交清单,-92233720368547758.08,,,,,"));
    ck_assert_uint_eq(cells(line), cells(yb_feedback_csv_head()));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("feedback");
    TCase *tc = tcase_create("feedback");
    tcase_add_test(tc, every_case_has_words);
    tcase_add_test(tc, a_cursor_there_and_back);
    tcase_add_test(tc, a_line_of_the_file);
    suite_add_tcase(suite, tc);
    SRunner *r = srunner_create(suite);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
