#include "services/identity/store/institution.h"

#include <string.h>

#define COLUMNS                                                                                              \
    "fixmedins_code, fixmedins_name, fixmedins_type, hosp_lv, tier, admdvs, uscc, charge_class, poolarea, "  \
    "rate_per_s, blocked,"                                                                                   \
    " require_sign_in"

static const yb_sql_t sql_by_code = { "institution.by_code",
    "SELECT " COLUMNS ", app_secret FROM institution WHERE fixmedins_code IN (?*)" };
static const yb_sql_t sql_lock = { "institution.lock",
    "SELECT " COLUMNS ", app_secret FROM institution WHERE fixmedins_code = ? FOR UPDATE" };
static const yb_sql_t sql_list = {
    "institution.list",
    "SELECT " COLUMNS
    " FROM institution WHERE (? = '' OR fixmedins_type = ?) AND (? = '' OR INSTR(fixmedins_name, ?) > 0)"
    " AND (? = '' OR fixmedins_code = ?) ORDER BY fixmedins_code LIMIT ?"
};
static const yb_sql_t sql_insert = { "institution.insert",
                                     "INSERT INTO institution (fixmedins_name, fixmedins_type, hosp_lv, "
                                     "tier, admdvs, uscc, charge_class, poolarea, rate_per_s, blocked,"
                                     " require_sign_in, app_secret, updated_us, fixmedins_code, created_us) "
                                     "VALUES (?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_update = { "institution.update",
                                     "UPDATE institution SET fixmedins_name = ?, fixmedins_type = ?, hosp_lv "
                                     "= ?, tier = ?, admdvs = ?, uscc = ?, charge_class = ?,"
                                     " poolarea = ?, rate_per_s = ?, blocked = ?, require_sign_in = ?, "
                                     "app_secret = ?, updated_us = ? WHERE fixmedins_code = ?" };
static const yb_sql_t sql_sign_insert = { "sign_in.insert",
                                          "INSERT INTO sign_in (sign_no, poolarea, fixmedins_code, opter_no, "
                                          "mac, ip, sign_time, out_time) VALUES (?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_sign_by_no = { "sign_in.by_no",
                                         "SELECT sign_no, poolarea, fixmedins_code, opter_no, mac, ip, "
                                         "sign_time, out_time FROM sign_in WHERE sign_no IN (?*)" };
static const yb_sql_t sql_sign_end = { "sign_in.end",
                                       "UPDATE sign_in SET out_time = ? WHERE sign_no = ? AND out_time = 0" };

static yb_err_t institutions_of(yb_box_t *box, const yb_rows_t *rows, yb_arena_t *arena,
                                yb_institution_t **ret_list, size_t *ret_count)
{
    const size_t count = yb_rows_count(rows);
    yb_institution_t *list = YB_NEW_ARRAY(arena, yb_institution_t, count);
    for (size_t i = 0; i < count; i++) {
        list[i] = (yb_institution_t){ .fixmedins_code = yb_rows_text(rows, i, 0),
                                      .fixmedins_name = yb_rows_text(rows, i, 1),
                                      .fixmedins_type = yb_rows_text(rows, i, 2),
                                      .hosp_lv = yb_rows_text(rows, i, 3),
                                      .tier = yb_rows_text(rows, i, 4),
                                      .admdvs = yb_rows_text(rows, i, 5),
                                      .uscc = yb_rows_text(rows, i, 6),
                                      .charge_class = (int32_t)yb_rows_i64(rows, i, 7),
                                      .poolarea = (int32_t)yb_rows_i64(rows, i, 8),
                                      .rate_per_s = (int32_t)yb_rows_i64(rows, i, 9),
                                      .blocked = yb_rows_i64(rows, i, 10) != 0,
                                      .require_sign_in = yb_rows_i64(rows, i, 11) != 0,
                                      .app_secret = "" };
        if (box == NULL)
            continue;
        size_t len = 0, plain_len = 0;
        const uint8_t *sealed = yb_rows_bytes(rows, i, 12, &len);
        char *plain = NULL;
        if (len == 0)
            continue;
        yb_err_t err = yb_box_open(box, sealed, len, arena, &plain, &plain_len);
        if (err != YB_OK)
            return err;
        list[i].app_secret = plain;
    }
    *ret_list = list;
    *ret_count = count;
    return YB_OK;
}

yb_err_t yb_institution_by_code(yb_db_t *db, yb_box_t *box, const yb_strset_t *codes, yb_arena_t *arena,
                                yb_institution_t **ret_list, size_t *ret_count)
{
    yb_params_t *keys = yb_params_texts(arena, codes->items, codes->count);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_by_code, NULL, keys, arena, &rows);
    return err != YB_OK ? err : institutions_of(box, rows, arena, ret_list, ret_count);
}

yb_err_t yb_institution_lock(yb_db_t *db, yb_box_t *box, const char *code, yb_arena_t *arena,
                             yb_institution_t **ret_institution)
{
    yb_params_t *params = yb_params_create(arena, 1);
    yb_params_text(params, code);
    yb_rows_t *rows = NULL;
    size_t count = 0;
    yb_err_t err = yb_db_query(db, &sql_lock, params, arena, 1, &rows);
    yb_institution_t *list = NULL;
    if (err == YB_OK)
        err = institutions_of(box, rows, arena, &list, &count);
    if (err != YB_OK)
        return err;
    if (count == 0)
        return YB_E_NOT_FOUND;
    *ret_institution = list;
    return YB_OK;
}

yb_err_t yb_institution_list(yb_db_t *db, const char *type, const char *name, const char *code,
                             unsigned limit, yb_arena_t *arena, yb_institution_t **ret_list,
                             size_t *ret_count)
{
    yb_params_t *params = yb_params_create(arena, 7);
    const char *const filters[] = { type, name, code };
    for (size_t i = 0; i < 3; i++) {
        yb_params_text(params, filters[i]);
        yb_params_text(params, filters[i]);
    }
    yb_params_i64(params, limit);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_list, params, arena, limit, &rows);
    return err != YB_OK ? err : institutions_of(NULL, rows, arena, ret_list, ret_count);
}

/* The columns both statements set, in their order. */
static yb_err_t values(yb_params_t *params, yb_box_t *box, const yb_institution_t *in, int64_t now_us,
                       yb_arena_t *arena)
{
    const char *const texts[] = { in->fixmedins_name, in->fixmedins_type, in->hosp_lv,
                                  in->tier,           in->admdvs,         in->uscc };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        yb_params_text(params, texts[i]);
    yb_params_i64(params, in->charge_class);
    yb_params_i64(params, in->poolarea);
    yb_params_i64(params, in->rate_per_s);
    yb_params_i64(params, in->blocked);
    yb_params_i64(params, in->require_sign_in);
    uint8_t *sealed = (uint8_t *)yb_arena_strdup(arena, "");
    size_t len = 0;
    yb_err_t err = in->app_secret[0] != '\0'
        ? yb_box_seal(box, in->app_secret, strlen(in->app_secret), arena, &sealed, &len)
        : YB_OK;
    yb_params_bytes(params, sealed, len);
    yb_params_i64(params, now_us);
    yb_params_text(params, in->fixmedins_code);
    return err;
}

yb_err_t yb_institution_insert(yb_db_t *db, yb_box_t *box, yb_institution_t *const *list, size_t count,
                               int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *params = yb_params_create(arena, 15);
    for (size_t i = 0; i < count; i++) {
        yb_err_t err = values(params, box, list[i], now_us, arena);
        if (err != YB_OK)
            return err;
        yb_params_i64(params, now_us);
    }
    return yb_db_execute(db, &sql_insert, params, NULL);
}

yb_err_t yb_institution_update(yb_db_t *db, yb_box_t *box, yb_institution_t *const *list, size_t count,
                               int64_t now_us, yb_arena_t *arena)
{
    yb_params_t *params = yb_params_create(arena, 14);
    for (size_t i = 0; i < count; i++) {
        yb_err_t err = values(params, box, list[i], now_us, arena);
        if (err != YB_OK)
            return err;
    }
    return yb_db_execute(db, &sql_update, params, NULL);
}

yb_err_t yb_sign_in_insert(yb_db_t *db, const yb_sign_in_t *list, size_t count, yb_arena_t *arena)
{
    yb_params_t *params = yb_params_create(arena, 8);
    for (size_t i = 0; i < count; i++) {
        yb_params_text(params, list[i].sign_no);
        yb_params_i64(params, list[i].poolarea);
        yb_params_text(params, list[i].fixmedins_code);
        yb_params_text(params, list[i].opter_no);
        yb_params_text(params, list[i].mac);
        yb_params_text(params, list[i].ip);
        yb_params_i64(params, list[i].sign_time);
        yb_params_i64(params, list[i].out_time);
    }
    return yb_db_execute(db, &sql_sign_insert, params, NULL);
}

yb_err_t yb_sign_in_by_no(yb_db_t *db, const yb_strset_t *sign_nos, yb_arena_t *arena,
                          yb_sign_in_t **ret_list, size_t *ret_count)
{
    yb_params_t *keys = yb_params_texts(arena, sign_nos->items, sign_nos->count);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_sign_by_no, NULL, keys, arena, &rows);
    if (err != YB_OK)
        return err;
    const size_t count = yb_rows_count(rows);
    yb_sign_in_t *list = YB_NEW_ARRAY(arena, yb_sign_in_t, count);
    for (size_t i = 0; i < count; i++)
        list[i] = (yb_sign_in_t){ .sign_no = yb_rows_text(rows, i, 0),
                                  .poolarea = (int32_t)yb_rows_i64(rows, i, 1),
                                  .fixmedins_code = yb_rows_text(rows, i, 2),
                                  .opter_no = yb_rows_text(rows, i, 3),
                                  .mac = yb_rows_text(rows, i, 4),
                                  .ip = yb_rows_text(rows, i, 5),
                                  .sign_time = yb_rows_i64(rows, i, 6),
                                  .out_time = yb_rows_i64(rows, i, 7) };
    *ret_list = list;
    *ret_count = count;
    return YB_OK;
}

yb_err_t yb_sign_in_end(yb_db_t *db, const char *sign_no, int64_t out_time, yb_arena_t *arena,
                        uint64_t *ret_ended)
{
    yb_params_t *params = yb_params_create(arena, 2);
    yb_params_i64(params, out_time);
    yb_params_text(params, sign_no);
    return yb_db_execute(db, &sql_sign_end, params, ret_ended);
}
