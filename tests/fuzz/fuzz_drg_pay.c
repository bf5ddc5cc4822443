/* libFuzzer: whatever bytes come as a plan, its weights and its cases, reading ends in tables or in findings, and what
 * was read is paid: every case once, Σ gross = what there was to divide. The three files stand in the input separated
 * by a byte 1. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "services/drg/plan/cases.h"
#include "services/drg/plan/plan_file.h"
#include "services/drg/rules/pay_run.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_report(const yb_file_report_t *report, bool good)
{
    YB_ASSERT(good == (report->errors == 0));
    YB_ASSERT(good || report->count > 0);
    for (size_t i = 0; i < report->count; i++)
        YB_ASSERT(report->findings[i].text[0] != '\0' &&
                  yb_utf8_valid(report->findings[i].text, strlen(report->findings[i].text)));
}

static void pay(const yb_plan_t *plan, const yb_case_list_t *list)
{
    yb_pay_summary_t summary;
    yb_refusal_t why = { .code = YB_OK };
    yb_share_t *scratch = calloc(list->count, sizeof(*scratch));
    yb_pay_result_t *results = calloc(list->count, sizeof(*results));
    YB_ASSERT(scratch != NULL && results != NULL);
    if (yb_pay_run(plan, NULL, list->cases, list->count, scratch, results, &summary, &why) != YB_OK)
        YB_ASSERT(why.text[0] != '\0');
    else
        for (size_t i = 0; i < plan->pool_count && plan->method == YB_METHOD_POINTS; i++)
            YB_ASSERT(summary.totals[i].count == 0 ||
                      summary.totals[i].gross_fen == summary.totals[i].budget_fen - summary.totals[i].reserve_fen);
    free(scratch);
    free(results);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static yb_file_report_t report;
    const char *text = (const char *)data, *end = text + size;
    const char *weights = size > 0 ? memchr(text, 1, size) : NULL;
    if (weights == NULL)
        return 0;
    const char *cases = memchr(weights + 1, 1, (size_t)(end - weights - 1));
    if (cases == NULL)
        return 0;
    yb_plan_t *plan = NULL;
    memset(&report, 0, sizeof(report));
    yb_err_t err = yb_plan_parse(text, (size_t)(weights - text), "plan.yaml", weights + 1,
                                 (size_t)(cases - weights - 1), &report, &plan);
    check_report(&report, err == YB_OK);
    if (err != YB_OK)
        return 0;
    yb_case_list_t list = { .count = 0 };
    memset(&report, 0, sizeof(report));
    err = yb_cases_read(plan, NULL, cases + 1, (size_t)(end - cases - 1), "cases.tsv", NULL, NULL, &report, &list);
    check_report(&report, err == YB_OK);
    if (err == YB_OK)
        pay(plan, &list);
    yb_cases_destroy(&list);
    yb_plan_destroy(&plan);
    return 0;
}
