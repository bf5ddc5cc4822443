/* yibaoctl drg: the months of the drg service, and what of DRG and DIP runs on files, without any service. */
#include "services/ctl/drg.h"

#include "services/ctl/commands.h"

static const yb_command_t months = { .summary = "Months of a pooling area" },
                          years = { .summary = "Months and years (--year)" },
                          told = { .summary = "What drg was told of" }, petitions = { .summary = "What hospitals ask" },
                          reports = { .summary = "Reports" }, files = { .summary = "On files, without a service" };

/* clang-format off */
static const yb_command_t *const subcommands[] = {
    &months, &yb_drg_months, &yb_drg_freeze, &yb_drg_reopen,
    &years, &yb_drg_close, &yb_drg_statements, &yb_drg_release,
    &told, &yb_drg_compare, &yb_drg_backfill,
    &petitions, &yb_drg_petition,
    &reports, &yb_drg_report, &yb_drg_case, &yb_drg_feedback,
    &files, &yb_drg_pay, &yb_drg_year, &yb_drg_head, &yb_drg_plan, &yb_drg_dip,
    NULL
};
/* clang-format on */

const yb_command_t yb_ctl_drg = {
    .name = "drg",
    .summary = "Months and years of hospitals paid by DRG or DIP; and on files, without a service.",
    .details = "docs/payment.md says how plans and files are written, and how a month goes.\n",
    .subcommands = subcommands,
};
