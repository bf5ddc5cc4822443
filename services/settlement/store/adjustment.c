#include "services/settlement/store/adjustment.h"

#define COLUMNS                                                                                          \
    "adjustment_id, statement_id, event_id, poolarea, period, fixmedins_code, insutype, fund_pay_type, " \
    "difference_fen, day, lane, seq, booked_us"

static const yb_sql_t sql_insert = { "adjustment.insert",
                                     "INSERT INTO adjustment (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_of = { "adjustment.of", "SELECT " COLUMNS " FROM adjustment WHERE statement_id IN (?*)" };
static const yb_sql_t sql_load = { "adjustment.load",
                                   "SELECT " COLUMNS " FROM adjustment WHERE adjustment_id IN (?*)" };
static const yb_sql_t sql_page = { "adjustment.page", "SELECT " COLUMNS " FROM adjustment WHERE adjustment_id > ?"
                                                      " ORDER BY adjustment_id LIMIT ?" };

yb_err_t yb_adjustment_insert(yb_db_t *db, const yb_adjustment_t *rows, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 13);
    for (const yb_adjustment_t *a = rows; a < rows + count; a++) {
        yb_params_i64(p, a->adjustment_id);
        yb_params_i64(p, a->statement_id);
        yb_params_i64(p, a->event_id);
        yb_params_i64(p, a->poolarea);
        yb_params_i64(p, a->period);
        yb_params_text(p, a->fixmedins_code);
        yb_params_text(p, a->insutype);
        yb_params_text(p, a->fund_pay_type);
        yb_params_i64(p, a->difference_fen);
        yb_params_i64(p, a->day);
        yb_params_i64(p, a->lane);
        yb_params_i64(p, a->seq);
        yb_params_i64(p, a->booked_us);
    }
    return yb_db_execute(db, &sql_insert, p, NULL);
}

static void take_rows(const yb_rows_t *found, yb_arena_t *arena, yb_adjustment_t **ret_rows, size_t *ret_count)
{
    const size_t n = yb_rows_count(found);
    yb_adjustment_t *rows = YB_NEW_ARRAY(arena, yb_adjustment_t, n + 1);
    for (size_t r = 0; r < n; r++)
        rows[r] = (yb_adjustment_t){ .adjustment_id = yb_rows_i64(found, r, 0),
                                     .statement_id = yb_rows_i64(found, r, 1),
                                     .event_id = yb_rows_i64(found, r, 2),
                                     .poolarea = (int32_t)yb_rows_i64(found, r, 3),
                                     .period = (int32_t)yb_rows_i64(found, r, 4),
                                     .fixmedins_code = yb_rows_text(found, r, 5),
                                     .insutype = yb_rows_text(found, r, 6),
                                     .fund_pay_type = yb_rows_text(found, r, 7),
                                     .difference_fen = yb_rows_i64(found, r, 8),
                                     .day = (yb_day_t)yb_rows_i64(found, r, 9),
                                     .lane = (int)yb_rows_i64(found, r, 10),
                                     .seq = yb_rows_i64(found, r, 11),
                                     .booked_us = yb_rows_i64(found, r, 12) };
    *ret_rows = rows;
    *ret_count = n;
}

static yb_err_t load_in(yb_db_t *db, const yb_sql_t *sql, const int64_t *ids, size_t count, yb_arena_t *arena,
                        yb_adjustment_t **ret_rows, size_t *ret_count)
{
    yb_rows_t *found = NULL;
    yb_err_t err = yb_db_query_in(db, sql, NULL, yb_params_ids(arena, ids, count), arena, &found);
    if (err == YB_OK)
        take_rows(found, arena, ret_rows, ret_count);
    return err;
}

yb_err_t yb_adjustment_of(yb_db_t *db, const int64_t *statement_ids, size_t count, yb_arena_t *arena,
                          yb_adjustment_t **ret_rows, size_t *ret_count)
{
    return load_in(db, &sql_of, statement_ids, count, arena, ret_rows, ret_count);
}

yb_err_t yb_adjustment_load(yb_db_t *db, const int64_t *adjustment_ids, size_t count, yb_arena_t *arena,
                            yb_adjustment_t **ret_rows, size_t *ret_count)
{
    return load_in(db, &sql_load, adjustment_ids, count, arena, ret_rows, ret_count);
}

yb_err_t yb_adjustment_page(yb_db_t *db, int64_t after_id, unsigned limit, yb_arena_t *arena,
                            yb_adjustment_t **ret_rows, size_t *ret_count)
{
    yb_rows_t *found = NULL;
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, after_id);
    yb_params_i64(p, limit);
    yb_err_t err = yb_db_query(db, &sql_page, p, arena, 0, &found);
    if (err == YB_OK)
        take_rows(found, arena, ret_rows, ret_count);
    return err;
}
