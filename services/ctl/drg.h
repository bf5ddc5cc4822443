/* yibaoctl drg: its sub-commands; each stands in the file of its name, or of what it shares with others. */
#ifndef CTL_DRG_H
#define CTL_DRG_H

#include "services/ctl/args.h"
#include "services/ctl/drg_month.h"

extern const yb_command_t yb_drg_months;
extern const yb_command_t yb_drg_freeze;
extern const yb_command_t yb_drg_reopen;
extern const yb_command_t yb_drg_close;
extern const yb_command_t yb_drg_statements;
extern const yb_command_t yb_drg_release;
extern const yb_command_t yb_drg_compare;
extern const yb_command_t yb_drg_backfill;
extern const yb_command_t yb_drg_petition;
extern const yb_command_t yb_drg_report;
extern const yb_command_t yb_drg_case;
extern const yb_command_t yb_drg_feedback;
extern const yb_command_t yb_drg_pay;
extern const yb_command_t yb_drg_year;
extern const yb_command_t yb_drg_head;
extern const yb_command_t yb_drg_plan;
extern const yb_command_t yb_drg_dip;

/* close and statements with --year. */
int yb_drg_close_year(const yb_args_t *args, const yb_month_args_t *year);
int yb_drg_year_statements(const yb_args_t *args, const yb_month_args_t *year);

#endif
