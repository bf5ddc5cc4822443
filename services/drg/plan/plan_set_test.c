#include "services/drg/plan/registry.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char dir[64];
static yb_plan_set_t *set;
static yb_refusal_t why;

static void put(const char *name, const char *text)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    FILE *f = fopen(path, "we");
    ck_assert(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void put_plan(const char *name, const char *area, const char *from, const char *more)
{
    char text[1024];
    snprintf(text, sizeof text,
             "plan: %s\narea: \"%s\"\nfrom: %s\nmethod: points\nmean_all: from_cases\nweights: weights.tsv\n"
             "low_ratio: \"0.4\"\nhigh: [{ratio: none}]\ncoefficient: {default: \"1\"}\n"
             "budget: {\"390\": \"12000.00\"}\n%s",
             name, area, from, more);
    put(name, text);
}

static yb_err_t find(int32_t poolarea, yb_day_t day, const yb_kept_plan_t **ret)
{
    char detail[256] = "";
    yb_plan_set_destroy(&set);
    ck_assert_int_eq(yb_plan_set_load(dir, &set, detail, sizeof detail), YB_OK);
    why = (yb_refusal_t){ .code = YB_OK };
    return yb_plan_set_find(set, poolarea, day, ret, &why);
}

static void setup(void)
{
    snprintf(dir, sizeof dir, "/tmp/yb_plans.XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
    put("weights.tsv", "drg\trw\tkind\nGB15\t1.0000\tstable\n");
    put_plan("one.yaml", "141100", "2025-01-01", "to: 2026-01-01\n");
    put_plan("two.yaml", "141100", "2026-01-01", "");
}

static void teardown(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", dir);
    ck_assert_int_eq(system(command), 0);
    yb_plan_set_destroy(&set);
}

START_TEST(one_speaks_of_an_area_and_a_day)
{
    const yb_kept_plan_t *plan = NULL;
    ck_assert_int_eq(find(141100, 20251231, &plan), YB_OK);
    ck_assert_str_eq(plan->plan->name, "one.yaml");
    ck_assert_int_eq(find(141100, 20260101, &plan), YB_OK);
    ck_assert_str_eq(plan->plan->name, "two.yaml");
    ck_assert_int_eq(find(141100, 20241231, &plan), YB_E_POLICY_NONE);
    ck_assert_int_eq(find(141200, 20260101, &plan), YB_E_POLICY_NONE);
    ck_assert_ptr_nonnull(strstr(why.text, "141200"));
    put_plan("three.yaml", "141100", "2026-06-01", "");
    ck_assert_int_eq(find(141100, 20260531, &plan), YB_OK);
    ck_assert_int_eq(find(141100, 20260601, &plan), YB_E_POLICY_CONFLICT);
}
END_TEST

START_TEST(a_plan_with_faults_speaks_all_the_same)
{
    const yb_kept_plan_t *plan = NULL;
    put_plan("bad.yaml", "141100", "2026-06-01", "nonsuch: 1\n");
    ck_assert_int_eq(find(141100, 20260531, &plan), YB_OK);
    ck_assert_int_eq(find(141100, 20260601, &plan), YB_E_POLICY_FORM); /* not the one before it */
    ck_assert_ptr_nonnull(strstr(why.text, "nonsuch"));
    ck_assert_int_eq(find(141200, 20260601, &plan), YB_E_POLICY_NONE);
    put("worse.yaml", "plan: [\n"); /* whose it is cannot be read */
    ck_assert_int_eq(find(141200, 20260601, &plan), YB_E_POLICY_FORM);
    ck_assert_ptr_nonnull(strstr(why.text, "worse.yaml"));
}
END_TEST

START_TEST(a_plan_is_known_by_its_files)
{
    const yb_kept_plan_t *plan = NULL;
    uint8_t hash[YB_PLAN_DIGEST];
    ck_assert_int_eq(find(141100, 20260101, &plan), YB_OK);
    memcpy(hash, plan->hash, sizeof hash);
    ck_assert_int_eq(find(141100, 20260101, &plan), YB_OK);
    ck_assert_int_eq(memcmp(hash, plan->hash, sizeof hash), 0);
    yb_arena_t *arena = yb_arena_create(0);
    yb_plan_t *again = NULL;
    ck_assert_int_eq(yb_plan_of_stored(plan->stored, plan->stored_len, arena, &again), YB_OK);
    ck_assert_str_eq(again->name, "two.yaml");
    ck_assert_int_eq(again->weights[0].rw_e4, 10000);
    yb_plan_destroy(&again);
    ck_assert_int_eq(yb_plan_of_stored((const uint8_t *)"x", 1, arena, &again), YB_E_POLICY_FORM);
    yb_arena_destroy(&arena);
    put("weights.tsv", "drg\trw\tkind\nGB15\t1.0001\tstable\n"); /* a table alone makes it another plan */
    ck_assert_int_eq(find(141100, 20260101, &plan), YB_OK);
    ck_assert_int_ne(memcmp(hash, plan->hash, sizeof hash), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("plans");
    TCase *tc = tcase_create("plans");
    tcase_add_checked_fixture(tc, setup, teardown);
    tcase_add_test(tc, one_speaks_of_an_area_and_a_day);
    tcase_add_test(tc, a_plan_with_faults_speaks_all_the_same);
    tcase_add_test(tc, a_plan_is_known_by_its_files);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
