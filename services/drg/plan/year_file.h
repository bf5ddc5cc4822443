/* The year on files. MONTHS.tsv: what the months of the institutions came to, by columns
 *   fixmedins_code gross cost other_pay prepaid withheld               required
 *   insutype month adjustment penalty score grade procurement_kept offline_purchase   optional
 * SIGNED.tsv: who is paid by head, by columns
 *   fixmedins_code insutype kind persons used                          required
 * Both become members of rules/clearing.h in pots: what has one budget is cleared by itself. */
#ifndef DRG_PLAN_YEAR_FILE_H
#define DRG_PLAN_YEAR_FILE_H

#include <stdio.h>
#include "libcommon/arena.h"
#include "libcommon/file_report.h"
#include "services/drg/rules/clearing.h"

/* One insutype of the year, or one insutype and kind by head. */
typedef struct yb_year_pot {
    char insutype[YB_PLAN_TEXT]; /* "" = the file has no such column: one pot for all */
    char kind[YB_PLAN_TEXT];     /* by head, else "" */
    size_t member_first, member_count, unit_first, unit_count;
    yb_fen_t reserve_fen; /* YB_CLEARING_NO_LIMIT by head */
} yb_year_pot_t;

typedef struct yb_year_list {
    bool by_head;
    size_t pot_count, member_count;
    yb_year_pot_t *pots;           /* ascending by insutype, kind; bytes */
    yb_clearing_member_t *members; /* of each pot ascending by code */
    int64_t *persons;              /* by head, beside members */
    yb_clearing_unit_t *units;     /* of each pot; filled by yb_year_list_run */
    yb_arena_t *arena;
} yb_year_list_t;

/* Reads `file` (or `text`, when file is NULL). YB_E_FILE_FORM: all that is wrong is in the report with line and column.
 * On YB_OK the caller owns *ret_list. */
YB_CHECK yb_err_t yb_months_read(const yb_plan_t *plan, FILE *file, const char *text, size_t len, const char *name,
                                 yb_file_report_t *report, yb_year_list_t *ret_list);
YB_CHECK yb_err_t yb_signed_read(const yb_plan_t *plan, FILE *file, const char *text, size_t len, const char *name,
                                 yb_file_report_t *report, yb_year_list_t *ret_list);
/* Clears every pot; refusals as yb_clearing_run. */
YB_CHECK yb_err_t yb_year_list_run(const yb_plan_t *plan, yb_year_list_t *list, yb_refusal_t *ret_why);
/* Results by unit, in the order of the pots: a county group's own row and then its members', else the institution's. */
void yb_year_list_write_sheets(const yb_year_list_t *list, FILE *out);
void yb_year_list_write_heads(const yb_year_list_t *list, FILE *out);
/* NULL-safe; leaves *list empty. */
void yb_year_list_destroy(yb_year_list_t *list);

#endif
