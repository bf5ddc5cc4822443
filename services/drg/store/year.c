#include "services/drg/store/year.h"

static const yb_sql_t sql_facts_clear = { "year_input.clear", "DELETE FROM year_input WHERE poolarea = ? AND year = ?" };
static const yb_sql_t sql_facts_insert = {
    "year_input.insert", "INSERT INTO year_input (poolarea, year, fixmedins_code, insutype, adjustment_fen, penalty_fen,"
                         " score_e4, grade, procurement_kept_fen, offline_purchase_fen, set_us, set_by)"
                         " VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
};
static const yb_sql_t sql_facts_load = {
    "year_input.load", "SELECT fixmedins_code, insutype, adjustment_fen, penalty_fen, score_e4, grade,"
                       " procurement_kept_fen, offline_purchase_fen FROM year_input WHERE poolarea = ? AND year = ?"
                       " ORDER BY insutype, fixmedins_code"
};
static const yb_sql_t sql_sums = {
    "statement.of_year", "SELECT fixmedins_code, insutype, SUM(case_count), SUM(points_e4), SUM(fee_fen),"
                         " SUM(other_pay_fen), SUM(gross_fen), SUM(due_fen), SUM(prepaid_fen), SUM(withheld_fen)"
                         " FROM statement WHERE poolarea = ? AND period BETWEEN ? AND ? AND state >= 2"
                         " GROUP BY fixmedins_code, insutype ORDER BY insutype, fixmedins_code"
};
#define SHEET                                                                                                    \
    "cost_fen, budget_fen, adjustment_fen, penalty_fen, total_fen, kept_fen, returned_fen, fund_share_fen,"      \
    " own_share_fen, other_pay_fen, payable_fen, withheld_fen, deposit_back_fen, deposit_lost_fen, prepaid_fen," \
    " procurement_kept_fen, offline_purchase_fen, settle_fen"
#define SHEET_ROWS 18
static const yb_sql_t sql_sheet_insert = { "year_sheet.insert",
                                           "INSERT INTO year_sheet (statement_id, run_id, poolarea, unit, in_group,"
                                           " " SHEET ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_sheet_of_run = { "year_sheet.of_run",
                                           "SELECT statement_id, run_id, poolarea, unit, in_group, " SHEET
                                           " FROM year_sheet WHERE run_id = ? ORDER BY statement_id" };
static const yb_sql_t sql_sheet_remove = { "year_sheet.remove", "DELETE FROM year_sheet WHERE run_id = ?" };

static yb_params_t *of_year(yb_arena_t *arena, int32_t poolarea, int32_t year)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, year);
    return p;
}

static yb_params_t *of_run(yb_arena_t *arena, int64_t run_id)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, run_id);
    return p;
}

/* ---- what is known beside the months ---- */

yb_err_t yb_year_facts_put(yb_db_t *db, int32_t poolarea, int32_t year, const yb_year_fact_t *facts, size_t count,
                           int64_t now_us, const char *who, yb_arena_t *arena)
{
    yb_err_t err = yb_db_execute(db, &sql_facts_clear, of_year(arena, poolarea, year), NULL);
    yb_params_t *p = yb_params_create(arena, 12);
    for (const yb_year_fact_t *f = facts; f < facts + count; f++) {
        yb_params_i64(p, poolarea);
        yb_params_i64(p, year);
        yb_params_text(p, f->fixmedins_code);
        yb_params_text(p, f->insutype);
        yb_params_i64(p, f->adjustment_fen);
        yb_params_i64(p, f->penalty_fen);
        yb_params_i64(p, f->score_e4);
        yb_params_text(p, f->grade);
        yb_params_i64(p, f->procurement_kept_fen);
        yb_params_i64(p, f->offline_purchase_fen);
        yb_params_i64(p, now_us);
        yb_params_text(p, who);
    }
    return err != YB_OK ? err : yb_db_execute(db, &sql_facts_insert, p, NULL);
}

yb_err_t yb_year_facts_load(yb_db_t *db, int32_t poolarea, int32_t year, yb_arena_t *arena, yb_year_fact_t **ret_facts,
                            size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_facts_load, of_year(arena, poolarea, year), arena, 0, &rows);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(rows);
    *ret_facts = YB_NEW_ARRAY(arena, yb_year_fact_t, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++)
        (*ret_facts)[i] = (yb_year_fact_t){ .fixmedins_code = yb_rows_text(rows, i, 0),
                                            .insutype = yb_rows_text(rows, i, 1),
                                            .adjustment_fen = yb_rows_i64(rows, i, 2),
                                            .penalty_fen = yb_rows_i64(rows, i, 3),
                                            .score_e4 = yb_rows_i64(rows, i, 4),
                                            .grade = yb_rows_text(rows, i, 5),
                                            .procurement_kept_fen = yb_rows_i64(rows, i, 6),
                                            .offline_purchase_fen = yb_rows_i64(rows, i, 7) };
    return YB_OK;
}

/* ---- the months ---- */

yb_err_t yb_year_sums(yb_db_t *db, int32_t poolarea, int32_t year, yb_arena_t *arena, yb_year_sum_t **ret_sums,
                      size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, year * 100 + 1);
    yb_params_i64(p, year * 100 + 12);
    yb_err_t err = yb_db_query(db, &sql_sums, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(rows);
    *ret_sums = YB_NEW_ARRAY(arena, yb_year_sum_t, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++)
        (*ret_sums)[i] = (yb_year_sum_t){ .fixmedins_code = yb_rows_text(rows, i, 0),
                                          .insutype = yb_rows_text(rows, i, 1),
                                          .case_count = yb_rows_i64(rows, i, 2),
                                          .points_e4 = yb_rows_i64(rows, i, 3),
                                          .fee_fen = yb_rows_i64(rows, i, 4),
                                          .other_pay_fen = yb_rows_i64(rows, i, 5),
                                          .gross_fen = yb_rows_i64(rows, i, 6),
                                          .due_fen = yb_rows_i64(rows, i, 7),
                                          .prepaid_fen = yb_rows_i64(rows, i, 8),
                                          .withheld_fen = yb_rows_i64(rows, i, 9) };
    return YB_OK;
}

/* ---- sheets ---- */

/* In the order of SHEET. */
static void cells_of(yb_year_statement_t *s, yb_fen_t *ret_cells[SHEET_ROWS])
{
    yb_fen_t *const cells[SHEET_ROWS] = {
        &s->cost_fen,       &s->budget_fen,    &s->adjustment_fen,       &s->penalty_fen,          &s->total_fen,
        &s->kept_fen,       &s->returned_fen,  &s->fund_share_fen,       &s->own_share_fen,        &s->other_pay_fen,
        &s->payable_fen,    &s->withheld_fen,  &s->deposit_back_fen,     &s->deposit_lost_fen,     &s->prepaid_fen,
        &s->procurement_kept_fen, &s->offline_purchase_fen, &s->settle_fen
    };
    for (size_t i = 0; i < SHEET_ROWS; i++)
        ret_cells[i] = cells[i];
}

yb_err_t yb_year_sheet_insert(yb_db_t *db, const yb_year_row_t *rows, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 5 + SHEET_ROWS);
    for (size_t i = 0; i < count; i++) {
        yb_year_row_t row = rows[i];
        yb_fen_t *cells[SHEET_ROWS];
        cells_of(&row.sheet, cells);
        yb_params_i64(p, row.statement_id);
        yb_params_i64(p, row.run_id);
        yb_params_i64(p, row.poolarea);
        yb_params_text(p, row.unit);
        yb_params_i64(p, row.in_group);
        for (size_t k = 0; k < SHEET_ROWS; k++)
            yb_params_i64(p, *cells[k]);
    }
    return yb_db_execute(db, &sql_sheet_insert, p, NULL);
}

yb_err_t yb_year_sheet_of_run(yb_db_t *db, int64_t run_id, yb_arena_t *arena, yb_year_row_t **ret_rows,
                              size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_sheet_of_run, of_run(arena, run_id), arena, 0, &rows);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(rows);
    *ret_rows = YB_NEW_ARRAY(arena, yb_year_row_t, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++) {
        yb_year_row_t *row = &(*ret_rows)[i];
        yb_fen_t *cells[SHEET_ROWS];
        *row = (yb_year_row_t){ .statement_id = yb_rows_i64(rows, i, 0),
                                .run_id = yb_rows_i64(rows, i, 1),
                                .poolarea = (int32_t)yb_rows_i64(rows, i, 2),
                                .unit = yb_rows_text(rows, i, 3),
                                .in_group = yb_rows_i64(rows, i, 4) != 0 };
        cells_of(&row->sheet, cells);
        for (size_t k = 0; k < SHEET_ROWS; k++)
            *cells[k] = yb_rows_i64(rows, i, 5 + k);
    }
    return YB_OK;
}

yb_err_t yb_year_sheet_remove(yb_db_t *db, int64_t run_id, yb_arena_t *arena)
{
    return yb_db_execute(db, &sql_sheet_remove, of_run(arena, run_id), NULL);
}
