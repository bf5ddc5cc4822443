#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "visit.h"

/* Every state × every action, as the interface has them. A dot = refused. */
static const yb_visit_state_t states[] = { YB_VISIT_REGISTERED, YB_VISIT_TREATED, YB_VISIT_ADMITTED,
                                           YB_VISIT_DISCHARGED, YB_VISIT_SETTLED, YB_VISIT_CANCELLED };
static const struct {
    yb_visit_action_t action;
    const char *infno;
    const char *next;   /* one letter per state above: R T A D S C, '.' = refused */
} table[] = {
    { YB_ACT_CANCEL_REGISTRATION, "2202", "CC...." },
    { YB_ACT_TREAT, "2203", "TT...." },
    { YB_ACT_UPLOAD_OUTPATIENT, "2204", ".T...." },
    { YB_ACT_CANCEL_OUTPATIENT, "2205", ".T...." },
    { YB_ACT_SETTLE_OUTPATIENT, "2207", ".T...." },
    { YB_ACT_REVERSE_OUTPATIENT, "2208", ".T...." },
    { YB_ACT_UPLOAD_INPATIENT, "2301", "..A..." },
    { YB_ACT_CANCEL_INPATIENT, "2302", "..A..." },
    { YB_ACT_SETTLE_INPATIENT, "2304", "...S.." },
    { YB_ACT_REVERSE_INPATIENT, "2305", "....D." },
    { YB_ACT_DISCHARGE, "2402", "..D..." },
    { YB_ACT_CHANGE, "2403", "..AD.." },
    { YB_ACT_CANCEL_ADMISSION, "2404", "..C..." },
    { YB_ACT_CANCEL_DISCHARGE, "2405", "...A.." },
};
enum { STATES = sizeof(states) / sizeof(states[0]), ACTIONS = sizeof(table) / sizeof(table[0]) };

static char letter(yb_visit_state_t state)
{
    for (size_t i = 0; i < STATES; i++)
        if (states[i] == state)
            return "RTADSC"[i];
    return '?';
}

START_TEST(every_state_and_action)
{
    ck_assert_int_eq(ACTIONS, YB_ACT_COUNT);
    for (size_t a = 0; a < ACTIONS; a++)
        for (size_t s = 0; s < STATES; s++) {
            yb_refusal_t refusal = { 0 };
            yb_visit_state_t next = YB_VISIT_REGISTERED;
            yb_err_t err = yb_visit_next(states[s], table[a].action, "data.mdtrt_id", &next, &refusal);
            char got = err == YB_OK ? letter(next) : '.';
            ck_assert_msg(got == table[a].next[s], "%s in %s: %c, not %c", table[a].infno,
                          yb_visit_state_name(states[s]), got, table[a].next[s]);
            ck_assert_int_eq(refusal.code, err);
            if (err == YB_OK)
                continue;
            ck_assert_str_eq(refusal.field, "data.mdtrt_id");
            ck_assert_ptr_nonnull(strstr(refusal.text, yb_visit_state_zh(states[s])));
            ck_assert_uint_gt(strlen(refusal.text), strlen(yb_visit_state_zh(states[s])) + 20);
        }
}
END_TEST

START_TEST(a_settled_stay_is_refused_as_settled)
{
    ck_assert_int_eq(yb_visit_next(YB_VISIT_SETTLED, YB_ACT_SETTLE_INPATIENT, "x", NULL, NULL), YB_E_ALREADY_SETTLED);
    ck_assert_int_eq(yb_visit_next(YB_VISIT_SETTLED, YB_ACT_CANCEL_DISCHARGE, "x", NULL, NULL), YB_E_ALREADY_SETTLED);
    ck_assert_int_eq(yb_visit_next(YB_VISIT_SETTLED, YB_ACT_UPLOAD_OUTPATIENT, "x", NULL, NULL), YB_E_VISIT_STATE);
    ck_assert_int_eq(yb_visit_next(YB_VISIT_CANCELLED, YB_ACT_CANCEL_ADMISSION, "x", NULL, NULL), YB_E_VISIT_STATE);
}
END_TEST

START_TEST(a_refusal_leaves_next_alone)
{
    yb_visit_state_t next = YB_VISIT_CANCELLED;
    ck_assert_int_ne(yb_visit_next(YB_VISIT_DISCHARGED, YB_ACT_UPLOAD_INPATIENT, "x", &next, NULL), YB_OK);
    ck_assert_int_eq(next, YB_VISIT_CANCELLED);
}
END_TEST

START_TEST(policy_day)
{
    ck_assert_int_eq(yb_visit_policy_day(true, 20241230080000, 20250102170000), 20250102);
    ck_assert_int_eq(yb_visit_policy_day(false, 20241230080000, 0), 20241230);
    ck_assert_int_eq(yb_visit_policy_day(true, 20241230080000, 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("visit");
    TCase *tc = tcase_create("states");
    tcase_add_test(tc, every_state_and_action);
    tcase_add_test(tc, a_settled_stay_is_refused_as_settled);
    tcase_add_test(tc, a_refusal_leaves_next_alone);
    tcase_add_test(tc, policy_day);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
