#include "services/drg/store/statement.h"

#define COLUMNS                                                                                                    \
    "statement_id, run_id, poolarea, period, fixmedins_code, insutype, fund_pay_type, case_count, fee_fen,"        \
    " other_pay_fen, points_e4, gross_fen, due_fen, booked_fen, difference_fen, prepaid_fen, withheld_fen, state," \
    " journal_lane, journal_seq, state_us"
static const yb_sql_t sql_insert = { "statement.insert", "INSERT INTO statement (" COLUMNS
                                                         ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_of_run = { "statement.of_run", "SELECT " COLUMNS " FROM statement WHERE run_id = ?"
                                                         " ORDER BY fixmedins_code, insutype" };
static const yb_sql_t sql_of_institution = { "statement.of_institution",
                                             "SELECT " COLUMNS " FROM statement WHERE fixmedins_code = ?"
                                             " AND period BETWEEN ? AND ? AND state >= 2"
                                             " ORDER BY period DESC, statement_id DESC LIMIT ?" };
static const yb_sql_t sql_release = { "statement.release",
                                      "UPDATE statement SET state = IF(difference_fen = 0, 3, 2), state_us = ?"
                                      " WHERE run_id = ? AND state = 1" };
static const yb_sql_t sql_booked = { "statement.booked", "UPDATE statement SET state_us = IF(state = 2, ?, state_us),"
                                                         " journal_lane = IF(state = 2, ?, journal_lane),"
                                                         " journal_seq = IF(state = 2, ?, journal_seq), state = 3"
                                                         " WHERE statement_id = ? AND state IN (2, 3)" };
static const yb_sql_t sql_remove = { "statement.remove", "DELETE FROM statement WHERE run_id = ?" };

yb_err_t yb_statement_insert(yb_db_t *db, const yb_statement_t *rows, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 21);
    for (const yb_statement_t *s = rows; s < rows + count; s++) {
        const int64_t figures[] = { s->case_count, s->fee_fen,      s->other_pay_fen,  s->points_e4,   s->gross_fen,
                                    s->due_fen,    s->booked_fen,   s->difference_fen, s->prepaid_fen, s->withheld_fen,
                                    s->state,      s->journal_lane, s->journal_seq,    s->state_us };
        yb_params_i64(p, s->statement_id);
        yb_params_i64(p, s->run_id);
        yb_params_i64(p, s->poolarea);
        yb_params_i64(p, s->period);
        yb_params_text(p, s->fixmedins_code);
        yb_params_text(p, s->insutype);
        yb_params_text(p, s->fund_pay_type);
        for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
            yb_params_i64(p, figures[i]);
    }
    return yb_db_execute(db, &sql_insert, p, NULL);
}

static yb_statement_t statement_of(const yb_rows_t *rows, size_t i)
{
    return (yb_statement_t){ .statement_id = yb_rows_i64(rows, i, 0),
                             .run_id = yb_rows_i64(rows, i, 1),
                             .poolarea = (int32_t)yb_rows_i64(rows, i, 2),
                             .period = (int32_t)yb_rows_i64(rows, i, 3),
                             .fixmedins_code = yb_rows_text(rows, i, 4),
                             .insutype = yb_rows_text(rows, i, 5),
                             .fund_pay_type = yb_rows_text(rows, i, 6),
                             .case_count = (int32_t)yb_rows_i64(rows, i, 7),
                             .fee_fen = yb_rows_i64(rows, i, 8),
                             .other_pay_fen = yb_rows_i64(rows, i, 9),
                             .points_e4 = yb_rows_i64(rows, i, 10),
                             .gross_fen = yb_rows_i64(rows, i, 11),
                             .due_fen = yb_rows_i64(rows, i, 12),
                             .booked_fen = yb_rows_i64(rows, i, 13),
                             .difference_fen = yb_rows_i64(rows, i, 14),
                             .prepaid_fen = yb_rows_i64(rows, i, 15),
                             .withheld_fen = yb_rows_i64(rows, i, 16),
                             .state = (yb_statement_state_t)yb_rows_i64(rows, i, 17),
                             .journal_lane = (int32_t)yb_rows_i64(rows, i, 18),
                             .journal_seq = yb_rows_i64(rows, i, 19),
                             .state_us = yb_rows_i64(rows, i, 20) };
}

static yb_err_t query(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *p, yb_arena_t *arena,
                      yb_statement_t **ret_rows, size_t *ret_count)
{
    yb_rows_t *found = NULL;
    yb_err_t err = yb_db_query(db, sql, p, arena, 0, &found);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(found);
    yb_statement_t *rows = YB_NEW_ARRAY(arena, yb_statement_t, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++)
        rows[i] = statement_of(found, i);
    *ret_rows = rows;
    return YB_OK;
}

yb_err_t yb_statement_of_run(yb_db_t *db, int64_t run_id, yb_arena_t *arena, yb_statement_t **ret_rows,
                             size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, run_id);
    return query(db, &sql_of_run, p, arena, ret_rows, ret_count);
}

yb_err_t yb_statement_of_institution(yb_db_t *db, const char *fixmedins_code, int32_t from_period, int32_t to_period,
                                     unsigned limit, yb_arena_t *arena, yb_statement_t **ret_rows, size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 4);
    yb_params_text(p, fixmedins_code);
    yb_params_i64(p, from_period);
    yb_params_i64(p, to_period);
    yb_params_i64(p, limit);
    return query(db, &sql_of_institution, p, arena, ret_rows, ret_count);
}

yb_err_t yb_statement_release(yb_db_t *db, int64_t run_id, int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, now_us);
    yb_params_i64(p, run_id);
    return yb_db_execute(db, &sql_release, p, NULL);
}

yb_err_t yb_statement_booked(yb_db_t *db, int64_t statement_id, int32_t journal_lane, int64_t journal_seq,
                             int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 4);
    yb_params_i64(p, now_us);
    yb_params_i64(p, journal_lane);
    yb_params_i64(p, journal_seq);
    yb_params_i64(p, statement_id);
    uint64_t matched = 0;
    yb_err_t err = yb_db_execute(db, &sql_booked, p, &matched);
    return err == YB_OK && matched == 0 ? YB_E_NOT_FOUND : err;
}

yb_err_t yb_statement_remove(yb_db_t *db, int64_t run_id, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, run_id);
    return yb_db_execute(db, &sql_remove, p, NULL);
}
