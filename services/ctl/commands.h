/* Every command of yibaoctl; each stands in the file of its name. */
#ifndef CTL_COMMANDS_H
#define CTL_COMMANDS_H

#include "services/ctl/args.h"

extern const yb_command_t yb_ctl_import;
extern const yb_command_t yb_ctl_status;
extern const yb_command_t yb_ctl_audit;
extern const yb_command_t yb_ctl_explain;
extern const yb_command_t yb_ctl_recompute;
extern const yb_command_t yb_ctl_unsettled;
extern const yb_command_t yb_ctl_institution;
extern const yb_command_t yb_ctl_reads;
extern const yb_command_t yb_ctl_policy;
extern const yb_command_t yb_ctl_keys;
extern const yb_command_t yb_ctl_trace;
extern const yb_command_t yb_ctl_metrics;
extern const yb_command_t yb_ctl_drg;
extern const yb_command_t yb_ctl_scheme;
extern const yb_command_t yb_ctl_group;

#endif
