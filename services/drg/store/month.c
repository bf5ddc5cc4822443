#include "services/drg/store/month.h"

#include <stdlib.h>

#define COLUMNS "poolarea, ym, state, run_id, state_us, state_by"
static const yb_sql_t sql_make = { "month.make", "INSERT IGNORE INTO month (" COLUMNS ") VALUES (?,?,1,0,0,'')" };
static const yb_sql_t sql_load = { "month.load",
                                   "SELECT " COLUMNS " FROM month WHERE (poolarea, ym) IN (?*) ORDER BY poolarea, ym" };
static const yb_sql_t sql_share = { "month.share",
                                    "SELECT " COLUMNS " FROM month FORCE INDEX (PRIMARY) WHERE poolarea = ? AND ym = ?"
                                    " LOCK IN SHARE MODE" };
/* Not INSERT IGNORE: that locks a row which is there shared, and two of it then wait for each other. */
static const yb_sql_t sql_make_locked = { "month.make_locked", "INSERT INTO month (" COLUMNS ") VALUES (?,?,1,0,?,'')"
                                                               " ON DUPLICATE KEY UPDATE state = state" };
static const yb_sql_t sql_lock = { "month.lock",
                                   "SELECT " COLUMNS " FROM month WHERE poolarea = ? AND ym = ? FOR UPDATE" };
static const yb_sql_t sql_lock_area = { "month.lock_area", "SELECT ym FROM month FORCE INDEX (PRIMARY)"
                                                           " WHERE poolarea = ? ORDER BY ym FOR UPDATE" };
static const yb_sql_t sql_update = {
    "month.update", "UPDATE month SET state = ?, run_id = ?, state_us = ?, state_by = ? WHERE poolarea = ? AND ym = ?"
};
static const yb_sql_t sql_list = { "month.list", "SELECT " COLUMNS " FROM month WHERE poolarea = ? OR ? = 0"
                                                 " ORDER BY ym DESC, poolarea LIMIT ?" };

static yb_month_t month_of(const yb_rows_t *rows, size_t i)
{
    return (yb_month_t){ .poolarea = (int32_t)yb_rows_i64(rows, i, 0),
                         .ym = (int32_t)yb_rows_i64(rows, i, 1),
                         .state = (yb_month_state_t)yb_rows_i64(rows, i, 2),
                         .run_id = yb_rows_i64(rows, i, 3),
                         .state_us = yb_rows_i64(rows, i, 4),
                         .state_by = yb_rows_text(rows, i, 5) };
}

static yb_month_t *months_of(const yb_rows_t *rows, yb_arena_t *arena, size_t *ret_count)
{
    const size_t count = yb_rows_count(rows);
    yb_month_t *months = YB_NEW_ARRAY(arena, yb_month_t, count + 1);
    for (size_t i = 0; i < count; i++)
        months[i] = month_of(rows, i);
    *ret_count = count;
    return months;
}

static yb_params_t *key_params(int32_t poolarea, int32_t ym, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, ym);
    return p;
}

static int by_key(const void *a, const void *b)
{
    const yb_month_key_t *x = a, *y = b;
    if (x->poolarea != y->poolarea)
        return x->poolarea < y->poolarea ? -1 : 1;
    return (x->ym > y->ym) - (x->ym < y->ym);
}

static size_t sort_unique(yb_month_key_t *keys, size_t count)
{
    size_t n = 0;
    if (count > 0)
        qsort(keys, count, sizeof *keys, by_key);
    for (size_t i = 0; i < count; i++)
        if (n == 0 || by_key(&keys[n - 1], &keys[i]) != 0)
            keys[n++] = keys[i];
    return n;
}

static yb_err_t share_one(yb_db_t *db, yb_month_key_t key, yb_arena_t *arena, yb_month_t *ret_month)
{
    yb_params_t *p = key_params(key.poolarea, key.ym, arena);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_share, p, arena, 1, &rows);
    if (err == YB_OK && yb_rows_count(rows) == 0) {
        err = yb_db_execute(db, &sql_make, p, NULL);
        if (err == YB_OK)
            err = yb_db_query(db, &sql_share, p, arena, 1, &rows);
    }
    if (err != YB_OK)
        return err;
    if (yb_rows_count(rows) == 0)
        return YB_E_INTERNAL;
    *ret_month = month_of(rows, 0);
    return YB_OK;
}

yb_err_t yb_month_share(yb_db_t *db, yb_month_key_t *keys, size_t count, yb_arena_t *arena, yb_month_t **ret_months,
                        size_t *ret_count)
{
    const size_t n = sort_unique(keys, count);
    yb_month_t *months = YB_NEW_ARRAY(arena, yb_month_t, n + 1);
    for (size_t i = 0; i < n; i++) { /* one by one: a lock is waited for in the order of the key */
        yb_err_t err = share_one(db, keys[i], arena, &months[i]);
        if (err != YB_OK)
            return err;
    }
    *ret_months = months;
    *ret_count = n;
    return YB_OK;
}

yb_err_t yb_month_load(yb_db_t *db, yb_month_key_t *keys, size_t count, yb_arena_t *arena, yb_month_t **ret_months,
                       size_t *ret_count)
{
    const size_t n = sort_unique(keys, count);
    yb_params_t *p = yb_params_create(arena, 2);
    for (size_t i = 0; i < n; i++) {
        yb_params_i64(p, keys[i].poolarea);
        yb_params_i64(p, keys[i].ym);
    }
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_load, NULL, p, arena, &rows);
    if (err == YB_OK)
        *ret_months = months_of(rows, arena, ret_count);
    return err;
}

const yb_month_t *yb_month_find(const yb_month_t *months, size_t count, int32_t poolarea, int32_t ym)
{
    for (size_t i = 0; i < count; i++)
        if (months[i].poolarea == poolarea && months[i].ym == ym)
            return &months[i];
    return NULL;
}

yb_err_t yb_month_lock(yb_db_t *db, int32_t poolarea, int32_t ym, int64_t now_us, yb_arena_t *arena,
                       yb_month_t *ret_month)
{
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, ym);
    yb_params_i64(p, now_us);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_execute(db, &sql_make_locked, p, NULL);
    if (err == YB_OK)
        err = yb_db_query(db, &sql_lock, key_params(poolarea, ym, arena), arena, 1, &rows);
    if (err == YB_OK && yb_rows_count(rows) == 0)
        err = YB_E_INTERNAL;
    if (err == YB_OK)
        *ret_month = month_of(rows, 0);
    return err;
}

yb_err_t yb_month_lock_area(yb_db_t *db, int32_t poolarea, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, poolarea);
    yb_rows_t *rows = NULL;
    return yb_db_query(db, &sql_lock_area, p, arena, 0, &rows);
}

yb_err_t yb_month_update(yb_db_t *db, const yb_month_t *month, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 6);
    yb_params_i64(p, month->state);
    yb_params_i64(p, month->run_id);
    yb_params_i64(p, month->state_us);
    yb_params_text(p, month->state_by);
    yb_params_i64(p, month->poolarea);
    yb_params_i64(p, month->ym);
    return yb_db_execute(db, &sql_update, p, NULL);
}

yb_err_t yb_month_list(yb_db_t *db, int32_t poolarea, unsigned limit, yb_arena_t *arena, yb_month_t **ret_months,
                       size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, limit);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_list, p, arena, limit, &rows);
    if (err == YB_OK)
        *ret_months = months_of(rows, arena, ret_count);
    return err;
}
