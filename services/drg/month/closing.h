/* A month's run while it is made, in the memory of a lane: everything is read, page by page, in the order of its key,
 * grouped and resolved on the way, then paid at once. The result is a pure function of what was read; it is written by
 * the handler, page by page. Lost (another lane, another process), it is read again and must come out the same: the
 * inputs' hash says whether it did. */
#ifndef DRG_MONTH_CLOSING_H
#define DRG_MONTH_CLOSING_H

#include "proto/drg_month.pb-c.h"
#include "services/drg/drg.h"
#include "services/drg/plan/registry.h"
#include "services/drg/rules/month.h"
#include "services/drg/rules/pay_run.h"
#include "services/drg/scheme/registry.h"
#include "services/drg/store/run.h"

#define YB_CLOSING_PAGE 10000 /* settlements read, or rows written, in one step */

typedef struct yb_closing yb_closing_t;

/* What it is made from; plan, schemes and rules are borrowed as long as it lives. */
typedef struct yb_closing_about {
    int64_t run_id;
    int32_t poolarea, ym;
    bool is_claimed; /* the run has read its changes before: they carry its number */
    const yb_kept_plan_t *plan;
    const yb_scheme_set_t *schemes;
    const yb_list_rules_t *rules; /* for what is low-risk */
} yb_closing_about_t;

yb_closing_t *yb_closing_create(const yb_closing_about_t *about);
/* NULL-safe, nulls *closing. */
void yb_closing_destroy(yb_closing_t **closing);

typedef enum yb_closing_phase { YB_CLOSING_READ, YB_CLOSING_PAY, YB_CLOSING_DONE } yb_closing_phase_t;
yb_closing_phase_t yb_closing_phase(const yb_closing_t *closing);
int64_t yb_closing_run_id(const yb_closing_t *closing);
const yb_plan_t *yb_closing_plan(const yb_closing_t *closing);
/* Cases read so far, and about how many there are. */
void yb_closing_progress(const yb_closing_t *closing, int64_t *ret_done, int64_t *ret_total);

/* The next piece: a page read, or all paid. *ret_why names what stands in the way: a settlement whose basic fund is not
 * known, a day without scheme, what yb_pay_resolve and yb_pay_run refuse. After an error it is good for destroying. */
YB_CHECK yb_err_t yb_closing_step(yb_closing_t *closing, yb_db_t *db, yb_arena_t *arena, yb_refusal_t *ret_why);

/* ---- of a closing that is done ---- */

const yb_run_case_t *yb_closing_rows(const yb_closing_t *closing, size_t *ret_count);
const uint8_t *yb_closing_hash(const yb_closing_t *closing); /* YB_RUN_HASH bytes */
int64_t yb_closing_mean_e4(const yb_closing_t *closing);
int64_t yb_closing_base_run(const yb_closing_t *closing);
/* Changes that it carries. */
const int64_t *yb_closing_changes(const yb_closing_t *closing, size_t *ret_count);
/* Schemes it grouped by, in the arena; digests are the schemes' own. */
yb_run_scheme_t *yb_closing_schemes(const yb_closing_t *closing, yb_arena_t *arena, size_t *ret_count);
/* For the run's row; in the arena. */
Yibao__Drg__StoredSummary *yb_closing_summary(const yb_closing_t *closing, yb_arena_t *arena);

/* SM3 over rulings, for comparing what holds now with what a run read. */
YB_CHECK yb_err_t yb_rulings_hash(const yb_month_ruling_t *rulings, size_t count, uint8_t ret_hash[YB_RUN_HASH]);

#endif
