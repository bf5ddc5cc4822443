/* Imports of CSV rows, the same in every service: cells by column name, each row checked, then folded over
 * what stands already — same values = no change, other values under the same key = a row error unless
 * `replace`, clashes in time or of a second key = a row error — and written in bulk. A strict import is
 * staged and applied by its finish in one transaction, or not at all.
 *
 * A kind of row (persons, coverage …) is a table of functions (yb_import_kind_t) of its service; its table
 * `import_stage`, `import_done` and `import_lock` stand in the service's first migration. Reasons are
 * Chinese: operators read them. They never hold an ID number. */
#ifndef YB_IMPORT_H
#define YB_IMPORT_H

#include <uthash.h>
#include "proto/identity.pb-c.h"
#include "service.h"

#define YB_IMPORT_COLUMNS_MAX 32
#define YB_IMPORT_ROWS_MAX 5000      /* rows of one call */
#define YB_IMPORT_ERRORS_MAX 1000    /* errors of one answer; `failed` counts on */
#define YB_IMPORT_CELL_MAX 4000      /* bytes */

typedef struct yb_import_page yb_import_page_t;

typedef struct yb_import_column {
    const char *name;
    bool required; /* must be among the file's columns (its cells may still be empty: parse decides) */
} yb_import_column_t;

/* The cells of one row in the order of the kind's columns; "" = empty or not in the file. Trimmed, but for the kind's
 * exact ones. */
typedef struct yb_import_row {
    uint64_t line;
    const char *const *cells;
    bool bad;                        /* a fault was reported */
} yb_import_row_t;

typedef enum yb_import_state {
    YB_IMPORT_KNOWN,
    YB_IMPORT_ADDED,
    YB_IMPORT_CHANGED,
    YB_IMPORT_DROPPED
} yb_import_state_t;

/* First member of every kind's own record. parse and load set key and group; the rest belongs to the fold. */
typedef struct yb_import_record {
    const char *key;                 /* identity of the row within its kind */
    const char *group;               /* records of one group may clash; NULL = none */
    uint64_t line;                   /* of the file; 0 = stands in the database */
    yb_import_state_t state;
    bool bad;
    struct yb_import_row *row;       /* it came from; NULL = from the database */
    struct yb_import_record *next;   /* in the group */
    UT_hash_handle hh;
} yb_import_record_t;

typedef struct yb_import_kind {
    const char *name;                /* "persons" */
    const yb_import_column_t *columns; size_t column_count;
    bool exclusive; /* one import of this kind at a time (clashes that no key of the database catches) */
    size_t exact_columns;            /* so many of the first are not trimmed: codes, where a space is a fault */
    bool personal;                   /* staged rows are sealed (page->box) */
    /* Cells to a record in page->arena. NULL = faults were reported. Pure. */
    yb_import_record_t *(*parse)(yb_import_page_t *page, yb_import_row_t *row);
    /* Before the transaction: faults what other services do not know. May be NULL. */
    yb_err_t (*screen)(yb_import_page_t *page, yb_import_record_t **records, size_t count);
    /* Reads what stands under the keys and groups of `records`: yb_import_known for each. May fault records.
     */
    yb_err_t (*load)(yb_import_page_t *page, yb_import_record_t **records, size_t count);
    /* Name of the first column in which they differ, NULL = same. Pure. */
    const char *(*differs)(const yb_import_record_t *old, const yb_import_record_t *new_one);
    /* May `fresh` stand in this group beside `other`? False = a fault was reported that names the other.
     * Pure. NULL = anything may. */
    bool (*admits)(yb_import_page_t *page, const yb_import_record_t *other, yb_import_record_t *fresh);
    /* May `fresh` replace `old`? False = fault reported. NULL = yes. */
    bool (*replaces)(yb_import_page_t *page, const yb_import_record_t *old, yb_import_record_t *fresh);
    yb_err_t (*write)(yb_import_page_t *page, yb_import_record_t **added, size_t added_count,
                      yb_import_record_t **changed, size_t changed_count);
} yb_import_kind_t;

typedef struct yb_import_tally {
    uint64_t added, changed, same, failed;
    Yibao__Identity__RowError *errors[YB_IMPORT_ERRORS_MAX];
    size_t error_count;
} yb_import_tally_t;

struct yb_import_page {
    const yb_import_kind_t *kind;
    yb_worker_t *worker;             /* NULL in tests of pure parts */
    yb_call_t *call;
    yb_arena_t *arena;
    const char *area;                /* --area, checked; "" = none */
    bool replace;
    struct yb_box *box;              /* of a service that keeps person data; else NULL */
    yb_import_row_t *rows; size_t row_count;
    yb_import_record_t **records; size_t record_count;   /* parsed, in the file's order */
    yb_import_record_t *by_key;      /* of the fold */
    struct yb_import_group *groups;
    yb_import_tally_t *tally;
    void *state;                     /* the kind's own, from load to write */
};

/* ---- what a kind's functions use ---- */

/* Reports a fault of a row or record, once counted as failed. `column` NULL = the whole row. */
void yb_import_fault(yb_import_page_t *page, yb_import_row_t *row, const char *column, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void yb_import_record_fault(yb_import_page_t *page, yb_import_record_t *record, const char *column,
                            const char *fmt, ...) __attribute__((format(printf, 4, 5)));
/* The same from a refusal of libcommon/code.h. */
void yb_import_refused(yb_import_page_t *page, yb_import_row_t *row, const yb_refusal_t *refusal);
/* Cell `column` (index in the kind's table): text of at most max_chars characters without control characters.
 * Borrowed. NULL = faulted. */
const char *yb_import_text(yb_import_page_t *page, yb_import_row_t *row, size_t column, size_t max_chars,
                           bool required);
/* One of `allowed` (NULL-ended). NULL = faulted. An empty cell is "" when not required. */
const char *yb_import_choice(yb_import_page_t *page, yb_import_row_t *row, size_t column,
                             const char *const *allowed, bool required);
/* begndate and enddate (inclusive at the edge, empty = open) to [from, to). False = faulted. */
bool yb_import_span(yb_import_page_t *page, yb_import_row_t *row, size_t begin_column, size_t end_column,
                    yb_day_t *ret_from, yb_day_t *ret_to);
/* Exact decimal of at most `scale` decimals in min..max; an empty cell is `empty`. False = faulted. */
bool yb_import_decimal(yb_import_page_t *page, yb_import_row_t *row, size_t column, int scale, int64_t min,
                       int64_t max, int64_t empty, int64_t *ret_value);
/* Half-open spans share a day. */
static inline bool yb_import_overlap(yb_day_t from_a, yb_day_t to_a, yb_day_t from_b, yb_day_t to_b)
{
    return from_a < to_b && from_b < to_a;
}
/* "2020-01-01 至 2020-12-31" / "2020-01-01 起", inclusive as people read it. */
#define YB_SPAN_TEXT 64
char *yb_import_span_text(yb_day_t from, yb_day_t to, char buf[YB_SPAN_TEXT]);
/* load: this stands in the database. */
void yb_import_known(yb_import_page_t *page, yb_import_record_t *record);

/* ---- the fold, pure but for load's records: exposed for tests ---- */

/* Maps columns, makes page->rows. YB_OK, or the refusal of the request (missing or repeated column, too many
 * rows). */
YB_CHECK yb_err_t yb_import_cells(yb_import_page_t *page, const Yibao__Identity__ImportRowsRequest *req,
                                  yb_refusal_t *ret);
/* The request's columns that the kind does not know, for the reply; in its arena. */
void yb_import_name_ignored(const yb_import_kind_t *kind, const Yibao__Identity__ImportRowsRequest *req,
                            yb_arena_t *arena, Yibao__Identity__ImportRowsReply *ret_reply);
void yb_import_parse(yb_import_page_t *page);
void yb_import_fold(yb_import_page_t *page);
/* Frees what the fold's hash tables took beside the arena. */
void yb_import_clear(yb_import_page_t *page);

/* ---- whole methods: the service's own ImportRows and FinishImport (batch_max 1), with its table of kinds ---- */

/* Checks the caller (ctl only), the kind and the cells, parses and screens. */
YB_CHECK yb_err_t yb_import_rows_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count,
                                         const yb_import_kind_t *kinds, size_t kind_count, struct yb_box *box);
/* Bound as it is. */
YB_CHECK yb_err_t yb_import_rows_run(yb_worker_t *worker, yb_call_t **calls, size_t count);
/* Applies a staged import, or drops it (abort). Repeating it answers the same counts (until the stage is
 * pruned); to be called without idempotency key, so that events_pending is fresh each time. */
YB_CHECK yb_err_t yb_import_finish_run(yb_worker_t *worker, yb_call_t **calls, size_t count,
                                       const yb_import_kind_t *kinds, size_t kind_count, struct yb_box *box);
/* A chore: stages nobody finished within a day, records of imports older than 30 days; a bounded piece. */
YB_CHECK yb_err_t yb_import_prune(yb_worker_t *worker);

#endif
