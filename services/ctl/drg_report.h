/* The report for people: a table in Chinese, or CSV. */
#ifndef CTL_DRG_REPORT_H
#define CTL_DRG_REPORT_H

#include <stdio.h>
#include "proto/drg.pb-c.h"

/* Months, rows, the total, and what each missing figure lacks. `by` as in ReportRequest. */
void yb_report_print(const Yibao__Drg__ReportReply *reply, int by, FILE *out);
/* UTF-8 with a byte order mark (for Excel), amounts in yuan, shares as decimals; a figure that is missing says why in
 * its place. The last line is the total. */
void yb_report_print_csv(const Yibao__Drg__ReportReply *reply, int by, FILE *out);

#endif
