/* Tables visit, open_stay, diagnosis. Rows in, structs out; text is borrowed from the arena given. */
#ifndef SETTLEMENT_STORE_VISIT_H
#define SETTLEMENT_STORE_VISIT_H

#include "libcommon/db.h"
#include "proto/settlement.pb-c.h"
#include "services/settlement/rules/visit.h"

typedef struct yb_visit {
    int64_t mdtrt_id;
    int32_t poolarea;                /* pooling area of the cover: 141100 */
    const char *insuplc_admdvs;      /* area of the cover: "141102" */
    const char *mdtrtarea_admvs;     /* area of the institution */
    const char *fixmedins_code, *psn_no, *insutype;
    const char *med_type;            /* "" until 2203 tells it */
    bool inpatient;
    yb_visit_state_t state;
    yb_time_t begntime;
    yb_time_t endtime;               /* 0 = not discharged; always 0 for outpatients */
    const char *dise_codg, *dise_name, *ipt_otp_no, *mdtrt_cert_type, *dscg_way, *opter;
    int32_t line_count;              /* line numbers given out so far */
    int32_t batch_count;             /* batch numbers given out so far */
    const char *detail;              /* of registration; NULL unless listed */
    const char *later_detail;        /* of 2203 or 2402; NULL unless listed */
} yb_visit_t;

/* The visits of `ids` (any order, duplicates allowed) that exist, by ascending mdtrt_id; without detail. yb_visit_lock
 * does it FOR UPDATE, in that order. */
YB_CHECK yb_err_t yb_visit_load(yb_db_t *db, const int64_t *ids, size_t count, yb_arena_t *arena,
                                yb_visit_t **ret_visits, size_t *ret_count);
YB_CHECK yb_err_t yb_visit_lock(yb_db_t *db, const int64_t *ids, size_t count, yb_arena_t *arena,
                                yb_visit_t **ret_visits, size_t *ret_count);
/* Binary search in what the two above returned; NULL = not there. */
yb_visit_t *yb_visit_find(yb_visit_t *visits, size_t count, int64_t mdtrt_id);

/* Inserts new visits, bulk. `detail` must be set; later_detail NULL = empty. */
YB_CHECK yb_err_t yb_visit_insert(yb_db_t *db, const yb_visit_t *const *visits, size_t count, int64_t now_us,
                                  yb_arena_t *arena);
/* Writes `state` only, bulk: what settling and reversing need. */
YB_CHECK yb_err_t yb_visit_put_state(yb_db_t *db, const yb_visit_t *const *visits, size_t count, int64_t now_us,
                                     yb_arena_t *arena);
/* Writes line_count and batch_count, bulk. */
YB_CHECK yb_err_t yb_visit_put_counts(yb_db_t *db, const yb_visit_t *const *visits, size_t count, int64_t now_us,
                                      yb_arena_t *arena);
/* Writes med_type, state, begntime, endtime, disease, certificate type, ipt_otp_no, dscg_way, opter; the details that
 * are not NULL. Bulk. */
YB_CHECK yb_err_t yb_visit_put(yb_db_t *db, const yb_visit_t *const *visits, size_t count, int64_t now_us,
                               yb_arena_t *arena);

/* Visits of a person or of an institution's wards, newest first, with detail. fixmedins_code must not be empty; "" and
 * 0 do not filter. */
typedef struct yb_visit_filter {
    const char *fixmedins_code, *psn_no, *med_type;
    int64_t mdtrt_id;
    yb_time_t from, to;              /* begntime in [from, to], both inclusive; 0 = open */
    bool open_only;                  /* in hospital now */
    unsigned limit;                  /* 1 … 1000 */
} yb_visit_filter_t;
YB_CHECK yb_err_t yb_visit_list(yb_db_t *db, const yb_visit_filter_t *filter, yb_arena_t *arena,
                                yb_visit_t **ret_visits, size_t *ret_count);

/* Visits that are not finished. */
typedef struct yb_unsettled {
    int64_t mdtrt_id;
    const char *psn_no, *fixmedins_code;
    bool inpatient;
    yb_visit_state_t state;
    yb_time_t begntime, endtime;
    int64_t amount_fen;              /* of the live lines no settlement took */
    bool waiting;                    /* there are such lines */
} yb_unsettled_t;
typedef struct yb_unsettled_page {
    yb_unsettled_t *rows;
    size_t count;
    int64_t cursor;                  /* give it to the next call */
    bool done;                       /* nothing lies after it */
} yb_unsettled_page_t;
/* By ascending mdtrt_id after `cursor`. One call looks at a bounded part of the table: a page may be empty before
 * the end. limit >= 1. */
YB_CHECK yb_err_t yb_visit_unsettled(yb_db_t *db, int64_t cursor, unsigned limit, yb_arena_t *arena,
                                     yb_unsettled_page_t *ret_page);

/* ---- the open stay of a person: at most one, by the table's key ---- */
typedef struct yb_open_stay {
    const char *psn_no;
    int64_t mdtrt_id;
    int32_t poolarea;
    const char *fixmedins_code;
    yb_time_t begntime;
} yb_open_stay_t;
/* Those of the persons that have one, FOR UPDATE; ascending psn_no. */
YB_CHECK yb_err_t yb_open_stay_lock(yb_db_t *db, const char *const *psn_no, size_t count, yb_arena_t *arena,
                                    yb_open_stay_t **ret_stays, size_t *ret_count);
/* YB_E_DB_DUPLICATE: somebody else was first. */
YB_CHECK yb_err_t yb_open_stay_insert(yb_db_t *db, const yb_visit_t *const *visits, size_t count, yb_arena_t *arena);
YB_CHECK yb_err_t yb_open_stay_delete(yb_db_t *db, const yb_visit_t *const *visits, size_t count, yb_arena_t *arena);

/* ---- diagnoses ---- */
enum { YB_PHASE_BEGIN = 1, YB_PHASE_DISCHARGE = 2 };
typedef struct yb_diagnoses {
    int64_t mdtrt_id;
    int32_t poolarea;
    int phase;
    Yibao__Settlement__Diagnosis *const *list;   /* as the request has them */
    size_t count;
    bool replace;                                /* what stood there under this phase goes first */
} yb_diagnoses_t;
YB_CHECK yb_err_t yb_diagnoses_put(yb_db_t *db, const yb_diagnoses_t *sets, size_t count, yb_arena_t *arena);
/* Of one visit, by phase and number. */
YB_CHECK yb_err_t yb_diagnoses_load(yb_db_t *db, int64_t mdtrt_id, yb_arena_t *arena,
                                    Yibao__Settlement__Diagnosis ***ret_list, size_t *ret_count);

#endif
