#include "libcommon/import_stage.h"

static const yb_sql_t sql_lock = { "import.lock", "SELECT kind FROM import_lock WHERE kind = ? FOR UPDATE" };
static const yb_sql_t sql_put = { "import.stage",
                                  "INSERT INTO import_stage (import_id, kind, line, row_data, fault_column, "
                                  "fault_reason, staged_us) VALUES (?,?,?,?,?,?,?)"
                                  " ON DUPLICATE KEY UPDATE row_data = VALUES(row_data), fault_column = "
                                  "VALUES(fault_column), fault_reason = VALUES(fault_reason)" };
static const yb_sql_t sql_page = { "import.page",
                                   "SELECT line, row_data FROM import_stage WHERE import_id = ? AND kind = ? "
                                   "AND line > ? ORDER BY line LIMIT ?" };
static const yb_sql_t sql_fault_count = { "import.fault_count",
    "SELECT COUNT(*) FROM import_stage WHERE import_id = ? AND kind = ? AND fault_reason IS NOT NULL" };
static const yb_sql_t sql_faults = { "import.faults",
                                     "SELECT line, fault_column, fault_reason FROM import_stage WHERE "
                                     "import_id = ? AND kind = ? AND fault_reason IS NOT NULL"
                                     " ORDER BY line LIMIT ?" };
static const yb_sql_t sql_drop = { "import.drop",
                                   "DELETE FROM import_stage WHERE import_id = ? AND kind = ?" };
static const yb_sql_t sql_done_get = { "import.done_get",
    "SELECT added, changed, same FROM import_done WHERE import_id = ? AND kind = ?" };
static const yb_sql_t sql_done_put = { "import.done_put",
    "INSERT INTO import_done (import_id, kind, added, changed, same, done_us) VALUES (?,?,?,?,?,?)" };
static const yb_sql_t sql_savepoint = { "import.savepoint", "SAVEPOINT import_begin" };
static const yb_sql_t sql_back = { "import.back", "ROLLBACK TO SAVEPOINT import_begin" };
static const yb_sql_t sql_prune_stage = { "import.prune_stage",
                                          "DELETE FROM import_stage WHERE staged_us < ? LIMIT 5000" };
static const yb_sql_t sql_prune_done = { "import.prune_done",
                                         "DELETE FROM import_done WHERE done_us < ? LIMIT 5000" };

static yb_params_t *of_import(const char *import_id, const char *kind, size_t more, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 2 + more);
    yb_params_text(p, import_id);
    yb_params_text(p, kind);
    return p;
}

yb_err_t yb_import_lock(yb_db_t *db, const char *kind, yb_arena_t *arena)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_text(p, kind);
    yb_err_t err = yb_db_query(db, &sql_lock, p, arena, 1, &rows);
    if (err == YB_OK && yb_rows_count(rows) != 1)
        return YB_E_DB_ERROR;            /* the migration makes the row */
    return err;
}

yb_err_t yb_stage_put(yb_db_t *db, const char *import_id, const char *kind, const yb_stage_row_t *rows,
                      size_t count, int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 7);
    for (size_t i = 0; i < count; i++) {
        yb_params_text(p, import_id);
        yb_params_text(p, kind);
        yb_params_i64(p, (int64_t)rows[i].line);
        yb_params_bytes(p, rows[i].data, rows[i].len);
        yb_params_text(p, rows[i].fault_column);
        yb_params_text(p, rows[i].fault_reason);
        yb_params_i64(p, now_us);
    }
    return yb_db_execute(db, &sql_put, p, NULL);
}

yb_err_t yb_stage_page(yb_db_t *db, const char *import_id, const char *kind, uint64_t line, unsigned limit,
                       yb_arena_t *arena, yb_stage_row_t **ret_rows, size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = of_import(import_id, kind, 2, arena);
    yb_params_i64(p, (int64_t)line);
    yb_params_i64(p, limit);
    yb_err_t err = yb_db_query(db, &sql_page, p, arena, limit, &rows);
    if (err != YB_OK)
        return err;
    const size_t count = yb_rows_count(rows);
    yb_stage_row_t *list = YB_NEW_ARRAY(arena, yb_stage_row_t, count);
    for (size_t i = 0; i < count; i++) {
        list[i].line = (uint64_t)yb_rows_i64(rows, i, 0);
        list[i].data = yb_rows_bytes(rows, i, 1, &list[i].len);
    }
    *ret_rows = list;
    *ret_count = count;
    return YB_OK;
}

yb_err_t yb_stage_faults(yb_db_t *db, const char *import_id, const char *kind, unsigned limit,
                         yb_arena_t *arena, uint64_t *ret_faulty, yb_stage_row_t **ret_rows,
                         size_t *ret_count)
{
    yb_rows_t *counted = NULL, *rows = NULL;
    yb_err_t err =
        yb_db_query(db, &sql_fault_count, of_import(import_id, kind, 0, arena), arena, 1, &counted);
    if (err != YB_OK)
        return err;
    yb_params_t *p = of_import(import_id, kind, 1, arena);
    yb_params_i64(p, limit);
    err = yb_db_query(db, &sql_faults, p, arena, limit, &rows);
    if (err != YB_OK)
        return err;
    const size_t count = yb_rows_count(rows);
    yb_stage_row_t *list = YB_NEW_ARRAY(arena, yb_stage_row_t, count);
    for (size_t i = 0; i < count; i++)
        list[i] = (yb_stage_row_t){ .line = (uint64_t)yb_rows_i64(rows, i, 0),
                                    .fault_column = yb_rows_text(rows, i, 1),
                                    .fault_reason = yb_rows_text(rows, i, 2) };
    *ret_faulty = (uint64_t)yb_rows_i64(counted, 0, 0);
    *ret_rows = list;
    *ret_count = count;
    return YB_OK;
}

yb_err_t yb_stage_drop(yb_db_t *db, const char *import_id, const char *kind, yb_arena_t *arena)
{
    return yb_db_execute(db, &sql_drop, of_import(import_id, kind, 0, arena), NULL);
}

yb_err_t yb_import_done_get(yb_db_t *db, const char *import_id, const char *kind, yb_arena_t *arena,
                            bool *ret_done, uint64_t *ret_added, uint64_t *ret_changed, uint64_t *ret_same)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_done_get, of_import(import_id, kind, 0, arena), arena, 1, &rows);
    if (err != YB_OK)
        return err;
    const bool done = yb_rows_count(rows) == 1;
    if (done) {
        *ret_added = (uint64_t)yb_rows_i64(rows, 0, 0);
        *ret_changed = (uint64_t)yb_rows_i64(rows, 0, 1);
        *ret_same = (uint64_t)yb_rows_i64(rows, 0, 2);
    }
    *ret_done = done;
    return YB_OK;
}

yb_err_t yb_import_done_put(yb_db_t *db, const char *import_id, const char *kind,
                            const yb_import_tally_t *tally, int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *p = of_import(import_id, kind, 4, arena);
    yb_params_i64(p, (int64_t)tally->added);
    yb_params_i64(p, (int64_t)tally->changed);
    yb_params_i64(p, (int64_t)tally->same);
    yb_params_i64(p, now_us);
    return yb_db_execute(db, &sql_done_put, p, NULL);
}

yb_err_t yb_import_savepoint(yb_db_t *db)
{
    return yb_db_execute(db, &sql_savepoint, NULL, NULL);
}

yb_err_t yb_import_back(yb_db_t *db)
{
    return yb_db_execute(db, &sql_back, NULL, NULL);
}

yb_err_t yb_stage_prune(yb_db_t *db, int64_t stage_before_us, int64_t done_before_us, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, stage_before_us);
    yb_err_t err = yb_db_execute(db, &sql_prune_stage, p, NULL);
    if (err != YB_OK)
        return err;
    p = yb_params_create(arena, 1);
    yb_params_i64(p, done_before_us);
    return yb_db_execute(db, &sql_prune_done, p, NULL);
}
