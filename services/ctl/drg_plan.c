/* yibaoctl drg plan check. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "services/ctl/drg.h"
#include "services/drg/plan/plan_file.h"

/* True: usable. */
static bool check_plan(const char *path, yb_pay_report_t *report)
{
    yb_plan_t *plan = NULL;
    memset(report, 0, sizeof *report);
    yb_err_t err = yb_plan_load(path, report, &plan);
    yb_drg_print_report(report, stdout);
    if (err == YB_OK)
        printf("%s: good%s: %s, %s, %zu groups, %zu insurance types\n", path, report->count > 0 ? ", with warnings" : "",
            plan->name, plan->method == YB_METHOD_POINTS ? "points" : "rate", plan->weight_count, plan->pool_count);
    yb_plan_destroy(&plan);
    return err == YB_OK;
}

static int check(const yb_args_t *args)
{
    int bad = 0;
    yb_pay_report_t *report = malloc(sizeof *report);
    YB_ASSERT(report != NULL);
    for (int i = 2; i < args->operand_count; i++)
        bad += !check_plan(args->operands[i], report);
    free(report);
    if (bad > 0)
        fprintf(stderr, "%d of %d not usable (docs/payment.md says how a plan is written)\n", bad, args->operand_count - 2);
    return bad > 0 ? YB_EXIT_FINDINGS : YB_EXIT_OK;
}

int yb_drg_plan(const yb_args_t *args)
{
    const char *what = args->operand_count > 2 ? args->operands[1] : "";
    if (strcmp(what, "check") == 0)
        return check(args);
    return yb_args_wrong(args, "say `drg plan check PLAN.yaml...`");
}
