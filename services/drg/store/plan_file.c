#include "services/drg/store/plan_file.h"

static const yb_sql_t sql_keep = {
    "plan_file.keep", "INSERT IGNORE INTO plan_file (hash, poolarea, name, content, first_us) VALUES (?,?,?,?,?)"
};
static const yb_sql_t sql_load = { "plan_file.load",
                                   "SELECT hash, poolarea, name, content, first_us FROM plan_file WHERE hash = ?" };
static const yb_sql_t sql_name = { "plan_file.name", "SELECT name FROM plan_file WHERE hash = ?" };

yb_err_t yb_plan_file_keep(yb_db_t *db, const yb_plan_file_row_t *row, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 5);
    yb_params_bytes(p, row->hash, YB_PLAN_HASH);
    yb_params_i64(p, row->poolarea);
    yb_params_text(p, row->name);
    yb_params_bytes(p, row->content, row->content_len);
    yb_params_i64(p, row->first_us);
    return yb_db_execute(db, &sql_keep, p, NULL);
}

yb_err_t yb_plan_file_load(yb_db_t *db, const uint8_t hash[YB_PLAN_HASH], yb_arena_t *arena,
                           yb_plan_file_row_t *ret_row)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_bytes(p, hash, YB_PLAN_HASH);
    yb_rows_t *rows = NULL;
    size_t len = 0;
    yb_err_t err = yb_db_query(db, &sql_load, p, arena, 1, &rows);
    if (err != YB_OK)
        return err;
    if (yb_rows_count(rows) == 0)
        return YB_E_NOT_FOUND;
    *ret_row = (yb_plan_file_row_t){ .hash = yb_rows_bytes(rows, 0, 0, &len),
                                     .poolarea = (int32_t)yb_rows_i64(rows, 0, 1),
                                     .name = yb_rows_text(rows, 0, 2),
                                     .first_us = yb_rows_i64(rows, 0, 4) };
    ret_row->content = yb_rows_bytes(rows, 0, 3, &ret_row->content_len);
    return YB_OK;
}

yb_err_t yb_plan_file_name(yb_db_t *db, const uint8_t hash[YB_PLAN_HASH], yb_arena_t *arena, const char **ret_name)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_bytes(p, hash, YB_PLAN_HASH);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_name, p, arena, 1, &rows);
    if (err != YB_OK)
        return err;
    if (yb_rows_count(rows) == 0)
        return YB_E_NOT_FOUND;
    *ret_name = yb_rows_text(rows, 0, 0);
    return YB_OK;
}
