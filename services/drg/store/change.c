#include "services/drg/store/change.h"

#define COLUMNS "change_id, setl_id, poolarea, cause, ref_id, run_id, made_us"
static const yb_sql_t sql_insert = { "change.insert", "INSERT INTO case_change (" COLUMNS ") VALUES (?,?,?,?,?,0,?)" };
static const yb_sql_t sql_of_run = {
    "change.of_run",
    "SELECT c.change_id, c.setl_id, c.poolarea, c.cause, c.ref_id, c.run_id, c.made_us FROM case_change c"
    " STRAIGHT_JOIN settlement s ON s.setl_id = c.setl_id WHERE c.poolarea = ? AND c.run_id = ? AND s.setl_ym < ?"
    " ORDER BY c.setl_id, c.change_id LIMIT ?"
};
static const yb_sql_t sql_of_settlement = { "change.of_settlement", "SELECT " COLUMNS " FROM case_change"
                                                                    " WHERE setl_id = ? ORDER BY change_id" };
static const yb_sql_t sql_waiting = { "change.waiting",
                                      "SELECT COUNT(*) FROM case_change c STRAIGHT_JOIN settlement s"
                                      " ON s.setl_id = c.setl_id WHERE c.poolarea = ? AND c.run_id = 0"
                                      " AND s.setl_ym < ?" };
static const yb_sql_t sql_claim = { "change.claim",
                                    "UPDATE case_change SET run_id = ? WHERE change_id = ? AND run_id = 0" };
static const yb_sql_t sql_let_go = { "change.let_go",
                                     "UPDATE case_change SET run_id = 0 WHERE poolarea = ? AND run_id = ?" };

yb_err_t yb_change_insert(yb_db_t *db, const yb_change_t *changes, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 6);
    for (const yb_change_t *c = changes; c < changes + count; c++) {
        yb_params_i64(p, c->change_id);
        yb_params_i64(p, c->setl_id);
        yb_params_i64(p, c->poolarea);
        yb_params_i64(p, c->cause);
        yb_params_i64(p, c->ref_id);
        yb_params_i64(p, c->made_us);
    }
    return yb_db_execute(db, &sql_insert, p, NULL);
}

static yb_change_t *changes_of(const yb_rows_t *rows, yb_arena_t *arena, size_t *ret_count)
{
    const size_t count = yb_rows_count(rows);
    yb_change_t *changes = YB_NEW_ARRAY(arena, yb_change_t, count + 1);
    for (size_t i = 0; i < count; i++)
        changes[i] = (yb_change_t){ .change_id = yb_rows_i64(rows, i, 0),
                                    .setl_id = yb_rows_i64(rows, i, 1),
                                    .poolarea = (int32_t)yb_rows_i64(rows, i, 2),
                                    .cause = (yb_change_cause_t)yb_rows_i64(rows, i, 3),
                                    .ref_id = yb_rows_i64(rows, i, 4),
                                    .run_id = yb_rows_i64(rows, i, 5),
                                    .made_us = yb_rows_i64(rows, i, 6) };
    *ret_count = count;
    return changes;
}

static yb_params_t *area_and_run(int32_t poolarea, int64_t run_id, yb_arena_t *arena, size_t columns)
{
    yb_params_t *p = yb_params_create(arena, columns);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, run_id);
    return p;
}

yb_err_t yb_change_of_run(yb_db_t *db, int32_t poolarea, int64_t run_id, int32_t before_ym, yb_arena_t *arena,
                          yb_change_t **ret_changes, size_t *ret_count)
{
    yb_params_t *p = area_and_run(poolarea, run_id, arena, 4);
    yb_params_i64(p, before_ym);
    yb_params_i64(p, YB_CHANGES_MAX);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_of_run, p, arena, YB_CHANGES_MAX, &rows);
    if (err == YB_OK)
        *ret_changes = changes_of(rows, arena, ret_count);
    return err;
}

yb_err_t yb_change_of_settlement(yb_db_t *db, int64_t setl_id, yb_arena_t *arena, yb_change_t **ret_changes,
                                 size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, setl_id);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_of_settlement, p, arena, 0, &rows);
    if (err == YB_OK)
        *ret_changes = changes_of(rows, arena, ret_count);
    return err;
}

yb_err_t yb_change_waiting(yb_db_t *db, int32_t poolarea, int32_t before_ym, yb_arena_t *arena, int64_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, before_ym);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_waiting, p, arena, 1, &rows);
    if (err == YB_OK)
        *ret_count = yb_rows_i64(rows, 0, 0);
    return err;
}

yb_err_t yb_change_claim(yb_db_t *db, const int64_t *change_ids, size_t count, int64_t run_id, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 2);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(p, run_id);
        yb_params_i64(p, change_ids[i]);
    }
    uint64_t claimed = 0;
    yb_err_t err = yb_db_execute(db, &sql_claim, p, &claimed);
    return err == YB_OK && claimed != count ? YB_E_ROW_EXISTS : err;
}

yb_err_t yb_change_let_go(yb_db_t *db, int32_t poolarea, int64_t run_id, yb_arena_t *arena)
{
    return yb_db_execute(db, &sql_let_go, area_and_run(poolarea, run_id, arena, 2), NULL);
}
