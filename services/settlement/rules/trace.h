/* The trace of a settlement in words: JSON for setl_proc_info, Chinese for the person. Pure rendering of what
 * rules/settle.h computed; nothing is computed again. */
#ifndef SETTLEMENT_RULES_TRACE_H
#define SETTLEMENT_RULES_TRACE_H

#include "services/settlement/rules/settle.h"

#define YB_TRACE_JSON_MAX 4000            /* bytes of setl_proc_info, without the NUL */
#define YB_TRACE_LINE_MAX 2048           /* bytes with the NUL; sources are at most YB_SOURCE_MAX long */

/* setl_proc_info of one fund row: a compact JSON array, one object per step,
 * `[{"step":"basic","name":"…","input":…, "rate":…,"limit":…,"output":…,"rule":"…","source":"…"}]`, amounts
 * in yuan with two decimals. Never longer than YB_TRACE_JSON_MAX: sources are cut on a character boundary
 * (and marked …) before anything else would be lost. `cap` >= YB_TRACE_JSON_MAX + 1. Returns the length.
 * `terms` must be those of the settlement. */
size_t yb_trace_json(const yb_terms_t *terms, const yb_settle_out_t *out, const yb_fund_detail_t *fund,
                     char *buf, size_t cap);

/* One line for the person: which fund paid what, by which rule of which source. `cap` >= YB_TRACE_LINE_MAX.
 * Returns buf. */
char *yb_trace_explain(const yb_terms_t *terms, const yb_step_t *step, char *buf, size_t cap);

/* "scope", "deductible", …; and in Chinese. */
const char *yb_step_name(yb_step_id_t step);
const char *yb_step_name_zh(yb_step_id_t step);

#endif
