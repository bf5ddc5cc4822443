#include <check.h>
#include <stdio.h>
#include <string.h>

#include "services/ctl/trace_lines.h"

#define ID "00112233445566778899aabbccddeeff"
#define OTHER "ffeeddccbbaa99887766554433221100"
#define LINE(request, message)                                                                                    \
    "{\"time\":\"2025-01-01T00:00:00.123Z\",\"level\":\"info\",\"service\":\"settlement\",\"request\":\"" request \
    "\",\"message\":\"" message "\"}\n"

static yb_trace_line_t line;

START_TEST(a_line_is_read)
{
    ck_assert(yb_trace_parse(LINE(ID, "Settlement/Settle OK"), &line));
    ck_assert_str_eq(line.time, "2025-01-01T00:00:00.123Z");
    ck_assert_str_eq(line.level, "info");
    ck_assert_str_eq(line.service, "settlement");
    ck_assert_str_eq(line.request, ID);
    ck_assert_str_eq(line.message, "Settlement/Settle OK");
    ck_assert(yb_trace_parse("settlement_1  | " LINE(ID, "as compose shows it"), &line));
    ck_assert_str_eq(line.message, "as compose shows it");
}
END_TEST

START_TEST(other_lines_are_passed_over)
{
    static const char *const lines[] = {
        "",
        "\n",
        "no json at all\n",
        "{\"request\":\"" ID "\"\n",
        "{\"request\":\"" ID "\"}\n",
        "{\"time\":\"t\",\"level\":\"info\",\"service\":\"s\",\"message\":\"without a request\"}\n",
        "{\"time\":1,\"level\":\"info\",\"service\":\"s\",\"request\":\"" ID "\",\"message\":\"m\"}\n",
    };
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        ck_assert_msg(!yb_trace_parse(lines[i], &line), "%s", lines[i]);
}
END_TEST

START_TEST(ids_are_kept_once_and_bounded)
{
    static yb_trace_ids_t ids;
    char id[YB_TRACE_ID];
    ck_assert(yb_trace_is_id(ID) && !yb_trace_is_id(ID "0") && !yb_trace_is_id("0011") &&
              !yb_trace_is_id("0011223344556677889gaabbccddeeff"));
    ck_assert(yb_trace_add(&ids, ID) && !yb_trace_add(&ids, ID) && yb_trace_has(&ids, ID) &&
              !yb_trace_has(&ids, OTHER));
    for (int i = 1; i < YB_TRACE_IDS_MAX; i++) {
        snprintf(id, sizeof id, "%032x", i);
        ck_assert(yb_trace_add(&ids, id));
    }
    ck_assert(!yb_trace_add(&ids, OTHER));
}
END_TEST

START_TEST(the_id_of_the_batch_is_followed)
{
    char below[YB_TRACE_ID];
    ck_assert(yb_trace_parse(LINE(ID, "Settlement/Settle OK 9 us, batch of 3, asked below as " OTHER), &line));
    yb_trace_below(&line, below);
    ck_assert_str_eq(below, OTHER);
    ck_assert(yb_trace_parse(LINE(ID, "asked below as nobody"), &line));
    yb_trace_below(&line, below);
    ck_assert_str_eq(below, "");
    ck_assert(yb_trace_parse(LINE(ID, "asked nothing"), &line));
    yb_trace_below(&line, below);
    ck_assert_str_eq(below, "");
}
END_TEST

START_TEST(a_msgid_is_a_word_of_its_own)
{
    ck_assert(yb_trace_parse(LINE(ID, "2304 H14110200102 H141102001022025010108000001 OK  1 us"), &line));
    ck_assert(yb_trace_names(&line, "H141102001022025010108000001"));
    ck_assert(yb_trace_names(&line, "H14110200102"));
    ck_assert(!yb_trace_names(&line, "H1411020010220250101080000"));
    ck_assert(!yb_trace_names(&line, "022025010108000001"));
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("trace_lines");
    TCase *tc = tcase_create("trace_lines");
    tcase_add_test(tc, a_line_is_read);
    tcase_add_test(tc, other_lines_are_passed_over);
    tcase_add_test(tc, ids_are_kept_once_and_bounded);
    tcase_add_test(tc, the_id_of_the_batch_is_followed);
    tcase_add_test(tc, a_msgid_is_a_word_of_its_own);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
