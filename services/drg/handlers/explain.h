/* Inside ExplainCase: what is known of a case, and its sections for people. */
#ifndef DRG_HANDLERS_EXPLAIN_H
#define DRG_HANDLERS_EXPLAIN_H

#include "services/drg/handlers/month.h"
#include "services/drg/store/change.h"
#include "services/drg/store/run_case.h"
#include "services/drg/store/statement.h"
#include "services/drg/store/truth.h"

#define YB_EXPLAIN_RUNS_MAX 16

typedef struct yb_explained_run {
    yb_run_t run;
    const char *scheme; /* name of the row's; "" = it was not grouped */
    const uint8_t *scheme_digest;
    yb_run_case_t row;
    yb_statement_t statement; /* statement_id 0 = none */
} yb_explained_run_t;

typedef struct yb_explained {
    yb_copy_t copy;
    int32_t ym;
    const yb_month_settlement_t *settlement;      /* NULL: outpatient */
    const yb_month_list_t *list;                  /* NULL: none was uploaded */
    yb_explained_run_t runs[YB_EXPLAIN_RUNS_MAX]; /* rows that pay or take back, oldest run first */
    size_t run_count;
    yb_change_t *changes;
    size_t change_count;
} yb_explained_t;

/* A section that grows; texts are copied into the arena. */
typedef struct yb_section {
    Yibao__Drg__ExplainSection *message;
    yb_arena_t *arena;
    size_t room;
} yb_section_t;
yb_section_t yb_section_begin(Yibao__Drg__ExplainCaseReply *reply, const char *title, yb_arena_t *arena);
void yb_section_say(yb_section_t *section, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "" for 0. */
const char *yb_explain_moment(int64_t unix_us, char buf[YB_TIME_TEXT]);

/* The path by the scheme that the run used, found by its digest; says so when that one is gone (explain_group.c). */
YB_CHECK yb_err_t yb_explain_group(yb_worker_t *worker, const yb_explained_t *e, const yb_explained_run_t *paid,
                                   yb_section_t *section);
/* The comparison and the money, under the plan as it was stored (explain_group.c). */
YB_CHECK yb_err_t yb_explain_pay(yb_worker_t *worker, const yb_explained_t *e, const yb_explained_run_t *paid,
                                 yb_section_t *section);
/* What became true of it later, and who did what with its month, its runs and its petitions: one list, in the order of
 * time (explain_trail.c). */
YB_CHECK yb_err_t yb_explain_trail(yb_worker_t *worker, const yb_explained_t *e, yb_section_t *section);

#endif
