/* A settlement as people read it, in Chinese: who, where, what it cost, what each fund paid by which rule of
 * which source. */
#ifndef CTL_RECEIPT_H
#define CTL_RECEIPT_H

#include <stdio.h>
#include "proto/settlement.pb-c.h"

#define YB_RECEIPT_COLUMNS 96

/* The person's number is masked. Pure but for `out`. */
void yb_receipt_print(const Yibao__Settlement__SettleReply *reply, FILE *out);
/* One fund's setl_proc_info; text that is no such JSON is printed as it is. */
void yb_receipt_print_steps(const char *setl_proc_info, FILE *out);

#endif
