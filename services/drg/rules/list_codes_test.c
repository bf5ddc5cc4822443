/* Codes packed in a list's row and taken out again. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "services/drg/rules/list_codes.h"

static yb_arena_t *arena;

START_TEST(what_packs)
{
    ck_assert(yb_list_code_packs("I10.x00x002"));
    ck_assert(yb_list_code_packs("M80000/3"));
    ck_assert(!yb_list_code_packs(""));
    ck_assert(!yb_list_code_packs("I10 x"));
    ck_assert(!yb_list_code_packs("I10\n"));
    ck_assert(!yb_list_code_packs("I10\x7f"));
}
END_TEST

START_TEST(order_is_kept)
{
    const char *codes[] = { "I21.900", "E11.900", "I10.x00x002" };
    for (size_t n = 0; n <= 3; n++) {
        size_t count = 9;
        char *text = yb_list_codes_pack(codes, n, arena);
        const char **back = yb_list_codes_split(text, arena, &count);
        ck_assert_uint_eq(count, n);
        for (size_t i = 0; i < n; i++)
            ck_assert_str_eq(back[i], codes[i]);
    }
    ck_assert_str_eq(yb_list_codes_pack(codes, 3, arena), "I21.900 E11.900 I10.x00x002");
    ck_assert_str_eq(yb_list_codes_pack(codes, 0, arena), "");
}
END_TEST

int main(void)
{
    arena = yb_arena_create(0);
    Suite *suite = suite_create("list_codes");
    TCase *tcase = tcase_create("codes");
    tcase_add_test(tcase, what_packs);
    tcase_add_test(tcase, order_is_kept);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    yb_arena_destroy(&arena);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
