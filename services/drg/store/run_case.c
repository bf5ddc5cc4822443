#include "services/drg/store/run_case.h"

#define COLUMNS                                                                                                    \
    "run_id, fixmedins_code, setl_id, kind, insutype, dscg_caty, list_version, scheme, drg, reason, flags, class," \
    " los, rw_e4, k_e4, fee_fen, other_pay_fen, booked_fen, standard_fen, points_e4, gross_fen, due_fen"
static const yb_sql_t sql_insert = { "run_case.insert",
                                     "INSERT INTO run_case (" COLUMNS
                                     ", poolarea) VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)" };
/* Written out as the ranges of the key that it is: a row comparison is not optimized. */
static const yb_sql_t sql_page = { "run_case.page",
                                   "SELECT " COLUMNS
                                   " FROM run_case FORCE INDEX (PRIMARY) WHERE run_id = ? AND (fixmedins_code > ?"
                                   " OR (fixmedins_code = ? AND setl_id > ?)"
                                   " OR (fixmedins_code = ? AND setl_id = ? AND kind > ?))"
                                   " ORDER BY fixmedins_code, setl_id, kind LIMIT ?" };
static const yb_sql_t sql_find = { "run_case.find", "SELECT " COLUMNS " FROM run_case FORCE INDEX (PRIMARY)"
                                                    " WHERE (run_id, fixmedins_code, setl_id) IN (?*)" };
static const yb_sql_t sql_remove = { "run_case.remove", "DELETE FROM run_case WHERE run_id = ? LIMIT ?" };

yb_err_t yb_run_case_insert(yb_db_t *db, int64_t run_id, int32_t poolarea, const yb_run_case_t *rows, size_t count,
                            yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 23);
    for (const yb_run_case_t *c = rows; c < rows + count; c++) {
        const int64_t figures[] = { c->los,           c->rw_e4,      c->k_e4,         c->fee_fen,
                                    c->other_pay_fen, c->booked_fen, c->standard_fen, c->points_e4,
                                    c->gross_fen,     c->due_fen,    poolarea };
        yb_params_i64(p, run_id);
        yb_params_text(p, c->fixmedins_code);
        yb_params_i64(p, c->setl_id);
        yb_params_i64(p, c->kind);
        yb_params_text(p, c->insutype);
        yb_params_text(p, c->dscg_caty);
        yb_params_i64(p, c->list_version);
        yb_params_i64(p, c->scheme);
        yb_params_text(p, c->drg);
        yb_params_i64(p, c->reason);
        yb_params_i64(p, c->flags);
        yb_params_i64(p, c->class);
        for (size_t i = 0; i < sizeof figures / sizeof figures[0]; i++)
            yb_params_i64(p, figures[i]);
    }
    return yb_db_execute(db, &sql_insert, p, NULL);
}

static yb_run_case_t case_of(const yb_rows_t *rows, size_t i)
{
    return (yb_run_case_t){ .fixmedins_code = yb_rows_text(rows, i, 1),
                            .setl_id = yb_rows_i64(rows, i, 2),
                            .kind = (uint8_t)yb_rows_i64(rows, i, 3),
                            .insutype = yb_rows_text(rows, i, 4),
                            .dscg_caty = yb_rows_text(rows, i, 5),
                            .list_version = (int32_t)yb_rows_i64(rows, i, 6),
                            .scheme = (int16_t)yb_rows_i64(rows, i, 7),
                            .drg = yb_rows_text(rows, i, 8),
                            .reason = (uint8_t)yb_rows_i64(rows, i, 9),
                            .flags = (int16_t)yb_rows_i64(rows, i, 10),
                            .class = (uint8_t)yb_rows_i64(rows, i, 11),
                            .los = (int32_t)yb_rows_i64(rows, i, 12),
                            .rw_e4 = (int32_t)yb_rows_i64(rows, i, 13),
                            .k_e4 = (int32_t)yb_rows_i64(rows, i, 14),
                            .fee_fen = yb_rows_i64(rows, i, 15),
                            .other_pay_fen = yb_rows_i64(rows, i, 16),
                            .booked_fen = yb_rows_i64(rows, i, 17),
                            .standard_fen = yb_rows_i64(rows, i, 18),
                            .points_e4 = yb_rows_i64(rows, i, 19),
                            .gross_fen = yb_rows_i64(rows, i, 20),
                            .due_fen = yb_rows_i64(rows, i, 21) };
}

yb_err_t yb_run_case_page(yb_db_t *db, int64_t run_id, const char *after_code, int64_t after_setl_id, int after_kind,
                          unsigned limit, yb_arena_t *arena, yb_run_case_t **ret_rows, size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 8);
    yb_params_i64(p, run_id);
    yb_params_text(p, after_code);
    yb_params_text(p, after_code);
    yb_params_i64(p, after_setl_id);
    yb_params_text(p, after_code);
    yb_params_i64(p, after_setl_id);
    yb_params_i64(p, after_kind);
    yb_params_i64(p, limit);
    yb_rows_t *found = NULL;
    yb_err_t err = yb_db_query(db, &sql_page, p, arena, limit, &found);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(found);
    yb_run_case_t *rows = YB_NEW_ARRAY(arena, yb_run_case_t, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++)
        rows[i] = case_of(found, i);
    *ret_rows = rows;
    return YB_OK;
}

yb_err_t yb_run_case_find(yb_db_t *db, const yb_run_case_key_t *keys, size_t count, yb_arena_t *arena,
                          yb_run_case_found_t **ret_found, size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 3);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(p, keys[i].run_id);
        yb_params_text(p, keys[i].fixmedins_code);
        yb_params_i64(p, keys[i].setl_id);
    }
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_find, NULL, p, arena, &rows);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(rows);
    yb_run_case_found_t *found = YB_NEW_ARRAY(arena, yb_run_case_found_t, *ret_count + 1);
    for (size_t i = 0; i < *ret_count; i++)
        found[i] = (yb_run_case_found_t){ yb_rows_i64(rows, i, 0), case_of(rows, i) };
    *ret_found = found;
    return YB_OK;
}

yb_err_t yb_run_case_remove(yb_db_t *db, int64_t run_id, unsigned limit, yb_arena_t *arena, uint64_t *ret_removed)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, run_id);
    yb_params_i64(p, limit);
    return yb_db_execute(db, &sql_remove, p, ret_removed);
}
