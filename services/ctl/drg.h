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
int yb_drg_year(const yb_args_t *args);
int yb_drg_head(const yb_args_t *args);
int yb_drg_backfill(const yb_args_t *args);
int yb_drg_compare(const yb_args_t *args);

/* --area NNNNNN. False: the fault was printed, leave with YB_EXIT_USAGE. */
bool yb_drg_area(const yb_args_t *args, int32_t *ret_poolarea);
/* An option that is a month, YYYYMM; `fallback` when it is not given, 0 = it must be. The same. */
bool yb_drg_month(const yb_args_t *args, const char *name, int32_t fallback, int32_t *ret_ym);

#endif
