#include "file.h"

static const yb_sql_t sql_insert = { "file.insert",
    "INSERT INTO file (file_qury_no, poolarea, fixmedins_code, filename, content, created_us, expires_us)"
    " VALUES (?,?,?,?,?,?,?)" };
static const yb_sql_t sql_load = { "file.load",
    "SELECT file_qury_no, poolarea, fixmedins_code, filename, content, created_us, expires_us FROM file"
    " WHERE file_qury_no = ? AND expires_us > ?" };
static const yb_sql_t sql_prune = { "file.prune", "DELETE FROM file WHERE expires_us <= ? ORDER BY expires_us LIMIT ?" };

yb_err_t yb_file_insert(yb_db_t *db, const yb_file_t *file, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 7);
    yb_params_text(p, file->file_qury_no);
    yb_params_i64(p, file->poolarea);
    yb_params_text(p, file->fixmedins_code);
    yb_params_text(p, file->filename);
    yb_params_bytes(p, file->content, file->content_len);
    yb_params_i64(p, file->created_us);
    yb_params_i64(p, file->expires_us);
    return yb_db_execute(db, &sql_insert, p, NULL);
}

yb_err_t yb_file_load(yb_db_t *db, const char *file_qury_no, int64_t now_us, yb_arena_t *arena, yb_file_t **ret_file)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_text(p, file_qury_no);
    yb_params_i64(p, now_us);
    yb_rows_t *rows;
    yb_err_t err = yb_db_query(db, &sql_load, p, arena, 1, &rows);
    if (err != YB_OK)
        return err;
    if (yb_rows_count(rows) == 0) {
        *ret_file = NULL;
        return YB_OK;
    }
    yb_file_t *file = YB_NEW(arena, yb_file_t);
    if (!file)
        return YB_E_NO_MEMORY;
    file->file_qury_no = yb_rows_text(rows, 0, 0);
    file->poolarea = (int32_t)yb_rows_i64(rows, 0, 1);
    file->fixmedins_code = yb_rows_text(rows, 0, 2);
    file->filename = yb_rows_text(rows, 0, 3);
    file->content = yb_rows_bytes(rows, 0, 4, &file->content_len);
    file->created_us = yb_rows_i64(rows, 0, 5);
    file->expires_us = yb_rows_i64(rows, 0, 6);
    *ret_file = file;
    return YB_OK;
}

yb_err_t yb_file_prune(yb_db_t *db, int64_t now_us, unsigned limit, uint64_t *ret_deleted)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, now_us);
    yb_params_i64(p, limit);
    yb_err_t err = yb_db_execute(db, &sql_prune, p, ret_deleted);
    yb_arena_destroy(&arena);
    return err;
}
