/* Tables year_input and year_sheet, and what the released months of a year came to. */
#ifndef DRG_STORE_YEAR_H
#define DRG_STORE_YEAR_H

#include "libcommon/db.h"
#include "services/drg/rules/year.h"

typedef struct yb_year_fact {
    const char *fixmedins_code, *insutype;
    yb_fen_t adjustment_fen; /* 其他, signed */
    yb_fen_t penalty_fen;    /* 违规扣款 */
    int64_t score_e4;        /* -1 = none */
    const char *grade;       /* "" = none */
    yb_fen_t procurement_kept_fen, offline_purchase_fen;
} yb_year_fact_t;

/* In the place of those the area and year have. */
YB_CHECK yb_err_t yb_year_facts_put(yb_db_t *db, int32_t poolarea, int32_t year, const yb_year_fact_t *facts,
                                    size_t count, int64_t now_us, const char *who, yb_arena_t *arena);
/* By insutype, then institution. */
YB_CHECK yb_err_t yb_year_facts_load(yb_db_t *db, int32_t poolarea, int32_t year, yb_arena_t *arena,
                                     yb_year_fact_t **ret_facts, size_t *ret_count);

/* Σ of the released statements of an area's months of a year. */
typedef struct yb_year_sum {
    const char *fixmedins_code, *insutype;
    int64_t case_count, points_e4;
    yb_fen_t fee_fen, other_pay_fen, gross_fen, due_fen, prepaid_fen, withheld_fen;
} yb_year_sum_t;
/* By insutype, then institution (as bytes). */
YB_CHECK yb_err_t yb_year_sums(yb_db_t *db, int32_t poolarea, int32_t year, yb_arena_t *arena, yb_year_sum_t **ret_sums,
                               size_t *ret_count);

typedef struct yb_year_row {
    int64_t statement_id, run_id;
    int32_t poolarea;
    const char *unit;
    bool in_group;
    yb_year_statement_t sheet;
} yb_year_row_t;
/* Bulk, in the open transaction. */
YB_CHECK yb_err_t yb_year_sheet_insert(yb_db_t *db, const yb_year_row_t *rows, size_t count, yb_arena_t *arena);
/* Of a run, by statement_id. */
YB_CHECK yb_err_t yb_year_sheet_of_run(yb_db_t *db, int64_t run_id, yb_arena_t *arena, yb_year_row_t **ret_rows,
                                       size_t *ret_count);
/* Those of a dropped run go. */
YB_CHECK yb_err_t yb_year_sheet_remove(yb_db_t *db, int64_t run_id, yb_arena_t *arena);

#endif
