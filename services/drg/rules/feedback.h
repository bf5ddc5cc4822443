/* What a hospital is told of each of its cases of a month, as text: the same words in transaction 4107 and in the file
 * of yibaoctl. Pure. */
#ifndef DRG_RULES_FEEDBACK_H
#define DRG_RULES_FEEDBACK_H

#include <stdbool.h>
#include <stddef.h>

#include "services/drg/rules/run_case.h"

/* Chinese names of yb_pay_class_t and yb_run_case_kind_t; "" for a number that is none. */
const char *yb_pay_class_zh(int class);
const char *yb_run_case_kind_zh(int kind);

/* Why the case is paid as it is: its class in a sentence, why it has no group, rulings, lateness. In buf. */
#define YB_FEEDBACK_REASON_TEXT 512
const char *yb_feedback_reason(const yb_run_case_t *row, char buf[YB_FEEDBACK_REASON_TEXT]);
/* Its list came late, or not at all. */
bool yb_feedback_late(const yb_run_case_t *row);

/* Where a page ended, so that the next one begins there: "RUN.SETL_ID.KIND". */
typedef struct yb_feedback_place {
    int64_t run_id, setl_id;
    int kind; /* yb_run_case_kind_t */
} yb_feedback_place_t;
#define YB_FEEDBACK_CURSOR_TEXT 64
const char *yb_feedback_cursor(const yb_feedback_place_t *place, char buf[YB_FEEDBACK_CURSOR_TEXT]);
/* False: not what yb_feedback_cursor writes. */
bool yb_feedback_cursor_parse(const char *text, yb_feedback_place_t *ret_place);

/* The file: CSV, UTF-8, one line per case, amounts in yuan, points and weights with four decimals, empty where there
 * are none. Both lines end with "\n". */
#define YB_FEEDBACK_CSV_LINE 1024
const char *yb_feedback_csv_head(void);
/* `setl_list_id` 0 = no list. Returns buf. */
const char *yb_feedback_csv_row(const yb_run_case_t *row, int64_t setl_list_id, char buf[YB_FEEDBACK_CSV_LINE]);

#endif
