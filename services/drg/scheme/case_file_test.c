/* Files of cases: columns by name, numbers, codes, and what is said of bad rows. */
#include <check.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/drg/scheme/case_file.h"

static void number(const char *text, yb_err_t err, int32_t want)
{
    int32_t value = 4711;
    ck_assert_msg(yb_case_value_parse((yb_slice_t){ text, strlen(text) }, &value) == err, "%s", text);
    ck_assert_msg(value == (err == YB_OK ? want : 4711), "%s: %d", text, value);
}

START_TEST(numbers_are_cut_and_empty_ones_missing)
{
    number("", YB_OK, YB_CASE_MISSING);
    number("0", YB_OK, 0);
    number("72", YB_OK, 72);
    number("0.99", YB_OK, 0);
    number("28.", YB_OK, 28);
    number("1499.9", YB_OK, 1499);
    number("-0.5", YB_OK, 0);
    number("-3.9", YB_OK, -3);
    number("007", YB_OK, 7);
    number("2147483647", YB_OK, INT32_MAX);
    number("2147483648", YB_E_FIELD_RANGE, 0);
    number("99999999999999999999999999", YB_E_FIELD_RANGE, 0);
    number("x", YB_E_FIELD_FORM, 0);
    number("-", YB_E_FIELD_FORM, 0);
    number(".5", YB_E_FIELD_FORM, 0);
    number("1,5", YB_E_FIELD_FORM, 0);
    number("1e3", YB_E_FIELD_FORM, 0);
    number(" 1", YB_E_FIELD_FORM, 0);
    number("1.5.1", YB_E_FIELD_FORM, 0);
}
END_TEST

/* Every row as "id sex age age_day weight los icu [dx|dx] [px]", a bad one as "line!column", a bad header alone. */
static const char *told(const char *text)
{
    static char out[2048];
    yb_case_file_t *cases = NULL;
    yb_csv_error_t error;
    yb_case_row_t row;
    yb_csv_result_t got;
    size_t n = 0;
    out[0] = '\0';
    if (yb_case_file_open_memory(text, strlen(text), &cases, &error) != YB_OK) {
        snprintf(out, sizeof out, "%" PRIu64 "!%s", error.line, error.column);
        return out;
    }
    while ((got = yb_case_file_next(cases, &row, &error)) != YB_CSV_END) {
        if (got != YB_CSV_ROW) {
            n += (size_t)snprintf(out + n, sizeof out - n, "%" PRIu64 "!%s ", error.line, error.column);
            continue;
        }
        n += (size_t)snprintf(out + n, sizeof out - n, "%.*s", (int)row.id.len, row.id.data);
        for (size_t f = 0; f < YB_CASE_SITES; f++)
            n += (size_t)snprintf(out + n, sizeof out - n, row.c.values[f] == YB_CASE_MISSING ? " -" : " %d",
                                  row.c.values[f]);
        for (size_t l = 0; l < 2; l++) {
            n += (size_t)snprintf(out + n, sizeof out - n, " [");
            for (size_t i = 0; i < (l == 0 ? row.c.dx_count : row.c.px_count); i++) {
                const yb_slice_t code = l == 0 ? row.c.dx[i] : row.c.px[i];
                n += (size_t)snprintf(out + n, sizeof out - n, "%s%.*s", i > 0 ? "|" : "", (int)code.len, code.data);
            }
            n += (size_t)snprintf(out + n, sizeof out - n, "]");
        }
        n += (size_t)snprintf(out + n, sizeof out - n, "; ");
    }
    yb_case_file_close(&cases);
    return out;
}

START_TEST(rows_are_read_by_the_names_of_columns)
{
    ck_assert_str_eq(told("id\tsex\tage\tage_day\tweight\tlos\tdischarge\tdx\tpx\tmdc\n"
                          "7\t1\t0.5\t28\t\t3\t1\tA1|B2+C3*|A1\tP1\tM\n8\t\t\t\t\t\t\t\t\t\n"),
                     "7 1 0 28 - 3 0 [A1|B2+C3*|A1] [P1]; 8 - - - - - 0 [] []; ");
    ck_assert_str_eq(told("\xEF\xBB\xBFpx\tdx\ticu\tlos\tweight\tage_day\tage\tsex\tcase\r\n|P1|\t|"
                          "A1\t1\t2\t3\t4\t5\t2\tc01\r\n\r\n\t\t\t\t\t\t\t\tc02\r\n"),
                     "c01 2 5 4 3 2 1 [|A1] [|P1|]; c02 - - - - - - [] []; ");
}
END_TEST

START_TEST(faults_are_told_and_the_next_row_read)
{
    ck_assert_str_eq(told("id\tsex\tage\tage_day\tweight\tlos\tdx\n"), "1!px");
    ck_assert_str_eq(told("sex\tage\tage_day\tweight\tlos\tdx\tpx\n"), "1!id");
    ck_assert_str_eq(told(""), "1!");
    ck_assert_str_eq(
        told("id\tsex\tage\tage_"
             "day\tweight\tlos\tdx\tpx\n1\tm\t\t\t\t\tA\t\n2\t1\t\t\t\tx\tA\t\n3\t1\t\t\t\t\tA\n4\t1\t\t\t\t\tA\t\n"),
        "2!sex 3!los 4! 4 1 - - - - 0 [A] []; ");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("case_file");
    TCase *t = tcase_create("case_file");
    tcase_add_test(t, numbers_are_cut_and_empty_ones_missing);
    tcase_add_test(t, rows_are_read_by_the_names_of_columns);
    tcase_add_test(t, faults_are_told_and_the_next_row_read);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
