/* What a table says of a DIP case: dx ops op_kind, and perhaps level age age_days severity tumour (docs/payment.md). */
#ifndef DRG_DIP_FACTS_H
#define DRG_DIP_FACTS_H

#include "services/drg/plan/sheet.h"
#include "services/drg/rules/dip_pay.h"

/* Where these columns stand in the sheet's names. */
typedef struct yb_dip_columns {
    int dx, ops, op_kind, level, age, age_days, severity, tumour;
} yb_dip_columns_t;

/* The facts of the row, and the texts they borrow besides the row's own. */
typedef struct yb_dip_row {
    yb_dip_facts_t facts;
    char level[YB_PLAN_TEXT], severity[YB_PLAN_TEXT], tumour[YB_PLAN_TEXT];
} yb_dip_row_t;

/* False: what is wrong is in the report. An empty op_kind is not said (YB_DIP_OP_KINDS) when `op_kind_optional`, else a
 * fault. *ret stays valid until the next row and must not be copied: its facts point into it. */
bool yb_dip_read_facts(yb_sheet_t *sheet, const yb_dip_columns_t *columns, bool op_kind_optional, yb_dip_row_t *ret);

#endif
