#include "services/drg/store/run.h"

#define COLUMNS                                                                                                 \
    "run_id, poolarea, period, state, plan_hash, inputs_hash, case_count, written, mean_e4, summary, made_us, " \
    "made_by,"                                                                                                  \
    " base_run_id, released_us, released_by"
static const yb_sql_t sql_insert = { "run.insert",
                                     "INSERT INTO run (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_load = { "run.load", "SELECT " COLUMNS " FROM run WHERE run_id = ?" };
static const yb_sql_t sql_lock = { "run.lock", "SELECT " COLUMNS " FROM run WHERE run_id = ? FOR UPDATE" };
static const yb_sql_t sql_update = {
    "run.update", "UPDATE run SET state = ?, inputs_hash = ?, case_count = ?, written = ?, mean_e4 = ?, summary = ?,"
                  " base_run_id = ?, released_us = ?, released_by = ? WHERE run_id = ?"
};
static const yb_sql_t sql_of_period = { "run.of_period",
                                        "SELECT " COLUMNS " FROM run WHERE poolarea = ? AND period = ? AND state <> 4"
                                        " ORDER BY run_id DESC LIMIT 1" };
static const yb_sql_t sql_released = {
    "run.released", "SELECT run_id, poolarea, period, state, plan_hash, inputs_hash, case_count, written, mean_e4, '',"
                    " made_us, made_by, base_run_id, released_us, released_by"
                    " FROM run WHERE poolarea = ? AND period >= 100000 AND state = 3 ORDER BY released_us, run_id"
};
static const yb_sql_t sql_to_remove = { "run.to_remove",
                                        "SELECT " COLUMNS " FROM run WHERE state = 4 AND written > 0 LIMIT 1" };
static const yb_sql_t sql_scheme_drop = { "run_scheme.drop", "DELETE FROM run_scheme WHERE run_id = ?" };
static const yb_sql_t sql_scheme_insert = {
    "run_scheme.insert", "INSERT INTO run_scheme (run_id, n, poolarea, name, digest) VALUES (?,?,?,?,?)"
};
static const yb_sql_t sql_scheme_of = { "run_scheme.of",
                                        "SELECT n, name, digest FROM run_scheme WHERE run_id = ? ORDER BY n" };

static void add_hash(yb_params_t *p, const uint8_t *hash)
{
    if (hash != NULL)
        yb_params_bytes(p, hash, YB_RUN_HASH);
    else
        yb_params_null(p);
}

yb_err_t yb_run_insert(yb_db_t *db, const yb_run_t *r, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 15);
    yb_params_i64(p, r->run_id);
    yb_params_i64(p, r->poolarea);
    yb_params_i64(p, r->period);
    yb_params_i64(p, r->state);
    add_hash(p, r->plan_hash);
    add_hash(p, r->inputs_hash);
    yb_params_i64(p, r->case_count);
    yb_params_i64(p, r->written);
    yb_params_i64(p, r->mean_e4);
    yb_params_bytes(p, r->summary, r->summary_len);
    yb_params_i64(p, r->made_us);
    yb_params_text(p, r->made_by);
    yb_params_i64(p, r->base_run_id);
    yb_params_i64(p, r->released_us);
    yb_params_text(p, r->released_by);
    return yb_db_execute(db, &sql_insert, p, NULL);
}

static const uint8_t *hash_of(const yb_rows_t *rows, size_t i, size_t column)
{
    size_t len = 0;
    return yb_rows_is_null(rows, i, column) ? NULL : yb_rows_bytes(rows, i, column, &len);
}

static yb_run_t run_of(const yb_rows_t *rows, size_t i)
{
    yb_run_t r = { .run_id = yb_rows_i64(rows, i, 0),
                   .poolarea = (int32_t)yb_rows_i64(rows, i, 1),
                   .period = (int32_t)yb_rows_i64(rows, i, 2),
                   .state = (yb_run_state_t)yb_rows_i64(rows, i, 3),
                   .plan_hash = hash_of(rows, i, 4),
                   .inputs_hash = hash_of(rows, i, 5),
                   .case_count = yb_rows_i64(rows, i, 6),
                   .written = yb_rows_i64(rows, i, 7),
                   .mean_e4 = yb_rows_i64(rows, i, 8),
                   .made_us = yb_rows_i64(rows, i, 10),
                   .made_by = yb_rows_text(rows, i, 11),
                   .base_run_id = yb_rows_i64(rows, i, 12),
                   .released_us = yb_rows_i64(rows, i, 13),
                   .released_by = yb_rows_text(rows, i, 14) };
    r.summary = yb_rows_bytes(rows, i, 9, &r.summary_len);
    return r;
}

static yb_err_t one(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *p, yb_arena_t *arena, yb_run_t *ret_run)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, sql, p, arena, 1, &rows);
    if (err == YB_OK && yb_rows_count(rows) == 0)
        err = YB_E_NOT_FOUND;
    if (err == YB_OK)
        *ret_run = run_of(rows, 0);
    return err;
}

yb_err_t yb_run_load(yb_db_t *db, int64_t run_id, bool lock, yb_arena_t *arena, yb_run_t *ret_run)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, run_id);
    return one(db, lock ? &sql_lock : &sql_load, p, arena, ret_run);
}

yb_err_t yb_run_update(yb_db_t *db, const yb_run_t *r, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 10);
    yb_params_i64(p, r->state);
    add_hash(p, r->inputs_hash);
    yb_params_i64(p, r->case_count);
    yb_params_i64(p, r->written);
    yb_params_i64(p, r->mean_e4);
    yb_params_bytes(p, r->summary, r->summary_len);
    yb_params_i64(p, r->base_run_id);
    yb_params_i64(p, r->released_us);
    yb_params_text(p, r->released_by);
    yb_params_i64(p, r->run_id);
    return yb_db_execute(db, &sql_update, p, NULL);
}

yb_err_t yb_run_of_period(yb_db_t *db, int32_t poolarea, int32_t period, yb_arena_t *arena, yb_run_t *ret_run)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, period);
    return one(db, &sql_of_period, p, arena, ret_run);
}

yb_err_t yb_run_released(yb_db_t *db, int32_t poolarea, yb_arena_t *arena, yb_run_t **ret_runs, size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, poolarea);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_released, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(rows);
    yb_run_t *runs = YB_NEW_ARRAY(arena, yb_run_t, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++)
        runs[i] = run_of(rows, i);
    *ret_runs = runs;
    return YB_OK;
}

yb_err_t yb_run_to_remove(yb_db_t *db, yb_arena_t *arena, yb_run_t *ret_run)
{
    return one(db, &sql_to_remove, NULL, arena, ret_run);
}

yb_err_t yb_run_scheme_put(yb_db_t *db, const yb_run_t *run, const yb_run_scheme_t *schemes, size_t count,
                           yb_arena_t *arena)
{
    yb_params_t *key = yb_params_create(arena, 1), *p = yb_params_create(arena, 5);
    yb_params_i64(key, run->run_id);
    yb_err_t err = yb_db_execute(db, &sql_scheme_drop, key, NULL);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(p, run->run_id);
        yb_params_i64(p, schemes[i].n);
        yb_params_i64(p, run->poolarea);
        yb_params_text(p, schemes[i].name);
        yb_params_bytes(p, schemes[i].digest, 32);
    }
    return err != YB_OK ? err : yb_db_execute(db, &sql_scheme_insert, p, NULL);
}

yb_err_t yb_run_scheme_of(yb_db_t *db, int64_t run_id, yb_arena_t *arena, yb_run_scheme_t **ret_schemes,
                          size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, run_id);
    yb_rows_t *rows = NULL;
    size_t len = 0;
    yb_err_t err = yb_db_query(db, &sql_scheme_of, p, arena, YB_RUN_SCHEMES_MAX, &rows);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(rows);
    yb_run_scheme_t *schemes = YB_NEW_ARRAY(arena, yb_run_scheme_t, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++)
        schemes[i] = (yb_run_scheme_t){ .n = (int32_t)yb_rows_i64(rows, i, 0),
                                        .name = yb_rows_text(rows, i, 1),
                                        .digest = yb_rows_bytes(rows, i, 2, &len) };
    *ret_schemes = schemes;
    return YB_OK;
}
