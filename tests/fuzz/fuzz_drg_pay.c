/* libFuzzer: whatever bytes come as a plan, its weights and its cases, reading ends in tables or in findings, and what
 * was read is paid: every case once, Σ gross = what there was to divide. Plan, weights and cases
 * stand in the input separated by a byte 1; behind them perhaps the tables of a DIP plan. */
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
        for (size_t i = 0; i < plan->pool_count && yb_plan_by_points(plan); i++)
            YB_ASSERT(summary.totals[i].count == 0 ||
                      summary.totals[i].gross_fen == summary.totals[i].budget_fen - summary.totals[i].reserve_fen);
    free(scratch);
    free(results);
}

enum { PLAN, WEIGHTS, CASES, CATALOGUE, AUX, KINDS, PARTS };

/* Parts that are not there are empty; how many were. */
static size_t split(const char *text, size_t len, yb_slice_t parts[PARTS])
{
    size_t count = 0;
    for (size_t from = 0; count < PARTS && from <= len; count++) {
        const char *end = count < PARTS - 1 && from < len ? memchr(text + from, 1, len - from) : NULL;
        const size_t to = end != NULL ? (size_t)(end - text) : len;
        parts[count] = (yb_slice_t){ text + from, to - from };
        from = to + 1;
    }
    for (size_t i = count; i < PARTS; i++)
        parts[i] = (yb_slice_t){ "", 0 };
    return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static yb_file_report_t report;
    static const char *const names[PARTS] = { [CATALOGUE] = "catalogue.tsv", [AUX] = "aux.tsv", [KINDS] = "kinds.tsv" };
    yb_slice_t parts[PARTS];
    if (split((const char *)data, size, parts) <= CASES)
        return 0;
    yb_plan_table_t tables[PARTS];
    size_t count = 0;
    for (size_t i = 0; i < PARTS; i++)
        if (i == WEIGHTS || names[i] != NULL)
            tables[count++] = (yb_plan_table_t){ names[i], parts[i].data, parts[i].len };
    yb_plan_t *plan = NULL;
    memset(&report, 0, sizeof(report));
    yb_err_t err = yb_plan_parse_all(parts[PLAN].data, parts[PLAN].len, "plan.yaml", tables, count, &report, &plan);
    check_report(&report, err == YB_OK);
    if (err != YB_OK) {
        yb_plan_destroy(&plan);
        return 0;
    }
    yb_case_list_t list = { .count = 0 };
    memset(&report, 0, sizeof(report));
    err = yb_cases_read(plan, NULL, parts[CASES].data, parts[CASES].len, "cases.tsv", NULL, NULL, &report, &list);
    check_report(&report, err == YB_OK);
    if (err == YB_OK)
        pay(plan, &list);
    yb_cases_destroy(&list);
    yb_plan_destroy(&plan);
    return 0;
}
