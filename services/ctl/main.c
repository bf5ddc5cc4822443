/* yibaoctl: the operator's command line. */
#include "services/ctl/commands.h"

int main(int argc, char **argv)
{
    static const yb_command_t *const commands[] = {
        &yb_ctl_import,
        &yb_ctl_status,
        &yb_ctl_audit,
        &yb_ctl_explain,
        &yb_ctl_recompute,
        &yb_ctl_unsettled,
        &yb_ctl_institution,
        &yb_ctl_reads,
        &yb_ctl_policy,
        &yb_ctl_scheme,
        &yb_ctl_group,
        &yb_ctl_keys,
        &yb_ctl_trace,
        &yb_ctl_metrics,
        &yb_ctl_drg,
        NULL,
    };
    return yb_ctl_run(commands, argc, argv, stdout, stderr);
}
