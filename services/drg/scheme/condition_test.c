/* Conditions: where a fault stands, how deep they may be nested, and that terms only jump forward. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/drg/scheme/condition.h"
#include "tests/support/quick_check.h"

static uint16_t any_list(void *ctx, const char *name, size_t len)
{
    (void)ctx;
    return (uint16_t)(YB_LIST_FIRST_OWN + (name[0] == '{' ? 100 : (int)len));
}

static yb_arena_t *arena;
static yb_condition_t condition;
static yb_condition_fault_t fault;

static yb_err_t compile(const char *text, size_t len)
{
    const yb_condition_scope_t scope = { any_list, NULL };
    yb_arena_reset(arena);
    return yb_condition_compile(text, len, &scope, arena, arena, &condition, &fault);
}

/* "12 at 3: text" of the fault, "" when there is none. */
static void faulty(const char *text, size_t character, const char *says)
{
    ck_assert_msg(compile(text, strlen(text)) == YB_E_FIELD_FORM, "%s is taken", text);
    ck_assert_msg(fault.character == character, "%s: at %zu: %s", text, fault.character, fault.text);
    ck_assert_msg(strstr(fault.text, says) != NULL, "%s: %s", text, fault.text);
}

START_TEST(faults_are_told_with_their_place)
{
    faulty("", 1, "条件为空");
    faulty("  ", 3, "条件为空");
    faulty("dx1:zd &", 9, "不完整");
    faulty("dx1:zd & & true", 10, "不能是“&”");
    faulty("(dx1:zd", 1, "“(”没有对应");
    faulty("true & ((true)", 8, "“(”没有对应");
    faulty("dx1:zd)", 7, "“)”没有对应");
    faulty("()", 2, "不能是“)”");
    faulty("true true", 6, "应为&、|或)");
    faulty("dx1:zd dx1:ss", 8, "应为&、|或)");
    faulty("dx2:zd", 1, "不认识的条件“dx2");
    faulty("dx-:zd", 1, "dx1:、dx*:");
    faulty("dx1zd", 1, "不认识的条件");
    faulty("dx1:", 5, "列表名");
    faulty("px*:{A00,B00", 5, "没有对应的“}”");
    faulty("age=5", 4, "== <");
    faulty("age!=5", 4, "== <");
    faulty("age>", 5, "整数");
    faulty("age>x", 5, "整数");
    faulty("age>1.5", 5, "整数");
    faulty("age>5岁", 6, "不能是“岁”");
    faulty("age>2147483648", 5, "不超过2147483647");
    faulty("age>99999999999999999999999999", 5, "不超过");
    faulty("false", 1, "不认识");
    faulty("mcc", 1, "不认识");
    faulty("MCCX", 1, "不认识");
    faulty("年龄>5", 1, "不能是“年”");
    faulty("true & 年龄>5", 8, "不能是“年”");
    faulty("!", 2, "不完整");
}
END_TEST

static void check_terms(void)
{
    for (uint32_t i = 0; i < condition.count; i++) {
        const uint32_t ways[2] = { condition.terms[i].on_true, condition.terms[i].on_false };
        for (size_t w = 0; w < 2; w++)
            ck_assert(ways[w] >= YB_TERM_REJECT || (ways[w] > i && ways[w] < condition.count));
    }
}

static void good(const char *text, uint32_t terms, uint32_t entry)
{
    ck_assert_msg(compile(text, strlen(text)) == YB_OK, "%s: %s", text, fault.text);
    ck_assert_msg(condition.count == terms && condition.entry == entry, "%s: %u terms, entry %u", text, condition.count,
                  condition.entry);
    check_terms();
}

START_TEST(terms_jump)
{
    good("true", 0, YB_TERM_ACCEPT);
    good("!true", 0, YB_TERM_REJECT);
    good("true | dx1:zd", 0, YB_TERM_ACCEPT);
    good("dx1:zd & !true", 1, 0);
    ck_assert_uint_eq(condition.terms[0].on_true, YB_TERM_REJECT);
    good(" ( dx1 : zd&px*:ss )|age <= -1 ", 3, 0);
    ck_assert_uint_eq(condition.terms[0].on_true, 1);
    ck_assert_uint_eq(condition.terms[0].on_false, 2);
    ck_assert_uint_eq(condition.terms[1].on_true, YB_TERM_ACCEPT);
    ck_assert_uint_eq(condition.terms[1].what, YB_MARK_PX1 | YB_MARK_PX_OTHER);
    ck_assert_int_eq(condition.terms[2].high, -1);
    good("!(dx1:zd | dx+:zd)", 2, 0);
    ck_assert_uint_eq(condition.terms[0].on_true, YB_TERM_REJECT);
    ck_assert_uint_eq(condition.terms[0].on_false, 1);
    ck_assert_uint_eq(condition.terms[1].on_false, YB_TERM_ACCEPT);
    good("dx1:{E14.200x015+N08.3*,A00.0}", 1, 0);
    ck_assert_uint_eq(condition.terms[0].list, YB_LIST_FIRST_OWN + 100);
    good("dx1:主诊", 1, 0);
}
END_TEST

/* As deep as the length allows: parentheses, `!`, and an `&` or `|` at each level. */
START_TEST(nesting_ends_with_the_length_only)
{
    char *text = malloc(YB_CONDITION_MAX + 2);
    ck_assert(text != NULL);
    const size_t half = (YB_CONDITION_MAX - 6) / 2;
    memset(text, '(', half);
    memcpy(text + half, "dx1:zd", 6);
    memset(text + half + 6, ')', half);
    ck_assert_int_eq(compile(text, half * 2 + 6), YB_OK);
    ck_assert_uint_eq(condition.count, 1);
    memset(text, '!', half * 2 + 1);
    memcpy(text + half * 2 + 1, "age>5", 5);
    ck_assert_int_eq(compile(text, half * 2 + 6), YB_OK);
    ck_assert_uint_eq(condition.terms[0].on_true, YB_TERM_REJECT); /* an odd number of them */
    size_t len = 0, levels = 0;
    for (; len + 2 * (levels + 1) + 12 < YB_CONDITION_MAX; levels++)
        len += (size_t)snprintf(text + len, YB_CONDITION_MAX - len, levels % 2 == 0 ? "CC|!(" : "CC&!(");
    len += (size_t)snprintf(text + len, YB_CONDITION_MAX - len, "MCC");
    memset(text + len, ')', levels);
    ck_assert_int_eq(compile(text, len + levels), YB_OK);
    ck_assert_uint_eq(condition.count, levels + 1);
    check_terms();
    memset(text, ' ', YB_CONDITION_MAX + 1);
    memcpy(text, "true", 4);
    ck_assert_int_eq(compile(text, YB_CONDITION_MAX), YB_OK);
    ck_assert_int_eq(compile(text, YB_CONDITION_MAX + 1), YB_E_FIELD_LENGTH);
    free(text);
}
END_TEST

int main(void)
{
    arena = yb_arena_create(0);
    Suite *suite = suite_create("condition");
    TCase *t = tcase_create("condition");
    tcase_set_timeout(t, 60);
    tcase_add_test(t, faults_are_told_with_their_place);
    tcase_add_test(t, terms_jump);
    tcase_add_test(t, nesting_ends_with_the_length_only);
    suite_add_tcase(suite, t);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    const int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    yb_arena_destroy(&arena);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
