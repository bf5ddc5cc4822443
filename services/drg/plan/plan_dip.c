/* The key `dip` of a plan, and the tables it names. */
#include "services/drg/dip/catalogue.h"
#include "services/drg/dip/score.h"
#include "services/drg/plan/plan_impl.h"

void yb_plan_read_dip(yb_plan_reading_t *reading, const yaml_node_t *node, const char *at)
{
    static const char *const names[] = { "catalogue", "aux", "op_kinds", "bounds", "require", NULL };
    static const char *const sides[] = { "excluded", "included" };
    static const char *const requires[] = { [YB_DIP_SAME] = "same", [YB_DIP_LISTED] = "listed", [YB_DIP_ALL] = "all" };
    const yaml_node_t *part[5];
    yb_dip_rules_t *dip = reading->dip;
    size_t which = 0;
    if (!yb_node_fields(reading, node, at, names, 1, part))
        return;
    reading->plan->dip = dip;
    reading->catalogue_file = yb_plan_take_text(reading, part[0], "dip.catalogue");
    if (part[1] != NULL)
        reading->aux_file = yb_plan_take_text(reading, part[1], "dip.aux");
    if (part[2] != NULL)
        reading->op_kinds_file = yb_plan_take_text(reading, part[2], "dip.op_kinds");
    if (part[3] != NULL && yb_node_word(reading, part[3], "dip.bounds", sides, 2, &which))
        dip->bounds.low_included = dip->bounds.high_included = which == 1;
    if (part[4] != NULL && yb_node_word(reading, part[4], "dip.require", requires, YB_DIP_REQUIRES, &which))
        dip->require = (yb_dip_require_t)which;
}

/* What is wrong is in the report, which ends the reading; what was read is the plan's either way. */
void yb_plan_read_catalogue(yb_plan_reading_t *reading, const char *file, const char *text, size_t len)
{
    yb_err_t err = yb_dip_read(NULL, text, len, file, reading->report, &reading->dip->catalogue);
    YB_ASSERT(err == YB_OK || reading->report->errors > 0);
}

void yb_plan_read_aux(yb_plan_reading_t *reading, const char *file, const char *text, size_t len)
{
    yb_err_t err = yb_dip_read_aux(NULL, text, len, file, reading->report, reading->arena, reading->dip);
    YB_ASSERT(err == YB_OK || reading->report->errors > 0);
}

void yb_plan_read_op_kinds(yb_plan_reading_t *reading, const char *file, const char *text, size_t len)
{
    yb_err_t err = yb_dip_read_op_kinds(NULL, text, len, file, reading->report, reading->arena, reading->dip);
    YB_ASSERT(err == YB_OK || reading->report->errors > 0);
}
