/* yibaoctl drg: its subcommands. Each returns the exit code; operands[0] is the subcommand's name. */
#ifndef CTL_DRG_H
#define CTL_DRG_H

#include <stdio.h>
#include "services/ctl/args.h"
#include "services/drg/plan/report.h"

int yb_drg_pay(const yb_args_t *args);
int yb_drg_plan(const yb_args_t *args);
int yb_drg_dip(const yb_args_t *args);

/* "FILE:LINE: error: column 5 fee: …" one a line. */
void yb_drg_print_report(const yb_pay_report_t *report, FILE *out);

#endif
