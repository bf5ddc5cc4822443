/* yibaoctl drg: its subcommands. Each returns the exit code; operands[0] is the subcommand's name. */
#ifndef CTL_DRG_H
#define CTL_DRG_H

#include "services/ctl/args.h"

int yb_drg_pay(const yb_args_t *args);
int yb_drg_plan(const yb_args_t *args);
int yb_drg_dip(const yb_args_t *args);
int yb_drg_freeze(const yb_args_t *args);
int yb_drg_reopen(const yb_args_t *args);
int yb_drg_close(const yb_args_t *args);
int yb_drg_release(const yb_args_t *args);
int yb_drg_months(const yb_args_t *args);
int yb_drg_statements(const yb_args_t *args);
int yb_drg_petition(const yb_args_t *args);
int yb_drg_report(const yb_args_t *args);
int yb_drg_case(const yb_args_t *args);
int yb_drg_feedback(const yb_args_t *args);
int yb_drg_year(const yb_args_t *args);
/* close and statements with --year. */
int yb_drg_close_year(const yb_args_t *args);
int yb_drg_year_statements(const yb_args_t *args);
int yb_drg_head(const yb_args_t *args);
int yb_drg_backfill(const yb_args_t *args);
int yb_drg_compare(const yb_args_t *args);

#endif
