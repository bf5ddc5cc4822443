#include "services/drg/store/trail.h"

#define COLUMNS "trail_id, poolarea, subject_kind, subject_id, at_us, who, what, text"
static const yb_sql_t sql_insert = { "trail.insert", "INSERT INTO trail (" COLUMNS ") VALUES (?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_of = { "trail.of", "SELECT " COLUMNS " FROM trail WHERE subject_kind = ? AND subject_id = ?"
                                             " AND (poolarea = ? OR ? = 0) ORDER BY trail_id LIMIT ?" };

yb_err_t yb_trail_insert(yb_db_t *db, const yb_trail_t *rows, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 8);
    for (const yb_trail_t *t = rows; t < rows + count; t++) {
        yb_params_i64(p, t->trail_id);
        yb_params_i64(p, t->poolarea);
        yb_params_i64(p, t->subject_kind);
        yb_params_i64(p, t->subject_id);
        yb_params_i64(p, t->at_us);
        yb_params_text(p, t->who);
        yb_params_text(p, t->what);
        yb_params_text(p, t->text);
    }
    return yb_db_execute(db, &sql_insert, p, NULL);
}

yb_err_t yb_trail_of(yb_db_t *db, int32_t poolarea, yb_trail_kind_t subject_kind, int64_t subject_id, unsigned limit,
                     yb_arena_t *arena, yb_trail_t **ret_rows, size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 5);
    yb_params_i64(p, subject_kind);
    yb_params_i64(p, subject_id);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, limit);
    yb_rows_t *found = NULL;
    yb_err_t err = yb_db_query(db, &sql_of, p, arena, limit, &found);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(found);
    yb_trail_t *rows = YB_NEW_ARRAY(arena, yb_trail_t, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++)
        rows[i] = (yb_trail_t){ .trail_id = yb_rows_i64(found, i, 0),
                                .poolarea = (int32_t)yb_rows_i64(found, i, 1),
                                .subject_kind = (yb_trail_kind_t)yb_rows_i64(found, i, 2),
                                .subject_id = yb_rows_i64(found, i, 3),
                                .at_us = yb_rows_i64(found, i, 4),
                                .who = yb_rows_text(found, i, 5),
                                .what = yb_rows_text(found, i, 6),
                                .text = yb_rows_text(found, i, 7) };
    *ret_rows = rows;
    return YB_OK;
}
