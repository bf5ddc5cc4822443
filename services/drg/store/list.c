#include "services/drg/store/list.h"

/* ", column = VALUES(column)": an element of ON DUPLICATE KEY UPDATE, not its first */
#define TAKE(column) ", " #column " = VALUES(" #column ")"
#define STATE_COLUMNS                                                                                           \
    "setl_list_id, setl_id, poolarea, setl_ym, mdtrt_id, psn_no, insutype, fixmedins_code, version, stas_type," \
    " lacking, voided, reopened_day, uploaded_us"

static const yb_sql_t sql_load = { "list.load", "SELECT " STATE_COLUMNS " FROM settlement_list WHERE setl_id IN (?*)" };
static const yb_sql_t sql_lock = {
    "list.lock", "SELECT " STATE_COLUMNS
                 " FROM settlement_list FORCE INDEX (settlement) WHERE setl_id IN (?*) ORDER BY setl_id FOR UPDATE"
};
/* clang-format off */
static const yb_sql_t sql_put = { "list.put",
    "INSERT INTO settlement_list (setl_list_id, setl_id, poolarea, setl_ym, mdtrt_id, psn_no, insutype, fixmedins_code,"
    " version, stas_type, lacking, voided, frozen_us, reopened_day, medfee_sumamt_fen, fund_pay_sumamt_fen,"
    " admission_day, discharge_day, sex, age, age_day, los, bir_wt_g, adm_wt_g, vent_min, coma_before_min, coma_after_min, icu,"
    " has_principal, dscg_way, dscg_caty, chfpdr_code, hi_paymtd, ipt_med_type, dx, px, uploaded_us, state_us)"
    " VALUES (?,?,?,?,?,?,?,?,?,?,?,0,0,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    " ON DUPLICATE KEY UPDATE version = VALUES(version)" TAKE(stas_type) TAKE(lacking) TAKE(admission_day)
    TAKE(discharge_day) TAKE(sex) TAKE(age) TAKE(age_day) TAKE(los) TAKE(bir_wt_g) TAKE(adm_wt_g) TAKE(vent_min)
    TAKE(coma_before_min) TAKE(coma_after_min) TAKE(icu) TAKE(has_principal) TAKE(dscg_way) TAKE(dscg_caty)
    TAKE(chfpdr_code) TAKE(hi_paymtd) TAKE(ipt_med_type) TAKE(dx) TAKE(px) TAKE(uploaded_us) TAKE(state_us) };
/* clang-format on */
static const yb_sql_t sql_set_state = {
    "list.set_state", "UPDATE settlement_list SET stas_type = ?, state_us = ? WHERE setl_list_id = ?"
};
static const yb_sql_t sql_void = { "list.void", "UPDATE settlement_list SET voided = 1 WHERE setl_id = ?" };
static const yb_sql_t sql_version = {
    "list.version", "INSERT INTO list_version (setl_list_id, version, poolarea, infno, msgid, opter, body, uploaded_us)"
                    " VALUES (?,?,?,?,?,?,?,?)"
};
static const yb_sql_t sql_diagnosis = {
    "list.diagnosis",
    "INSERT INTO list_diagnosis (setl_list_id, version, seq, poolarea, diag_type, diag_code, yb_code, diag_name,"
    " maindiag_flag, adm_cond_type) VALUES (?,?,?,?,?,?,?,?,?,?)"
};
static const yb_sql_t sql_operation = {
    "list.operation",
    "INSERT INTO list_operation (setl_list_id, version, seq, poolarea, oprn_oprt_type, oprn_oprt_code, yb_code,"
    " oprn_oprt_name, oprn_oprt_time, oper_dr_code) VALUES (?,?,?,?,?,?,?,?,?,?)"
};
static const yb_sql_t sql_body = { "list.body",
                                   "SELECT body FROM list_version WHERE setl_list_id = ? AND version = ?" };

yb_err_t yb_list_load(yb_db_t *db, const int64_t *setl_ids, size_t count, bool lock, yb_arena_t *arena,
                      yb_list_row_t **ret_rows, size_t *ret_count)
{
    yb_params_t *keys = yb_params_create(arena, 1);
    for (size_t i = 0; i < count; i++)
        yb_params_i64(keys, setl_ids[i]);
    yb_rows_t *found = NULL;
    yb_err_t err = yb_db_query_in(db, lock ? &sql_lock : &sql_load, NULL, keys, arena, &found);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(found);
    yb_list_row_t *rows = YB_NEW_ARRAY(arena, yb_list_row_t, *ret_count);
    for (size_t i = 0; i < *ret_count; i++)
        rows[i] = (yb_list_row_t){ .setl_list_id = yb_rows_i64(found, i, 0),
                                   .setl_id = yb_rows_i64(found, i, 1),
                                   .poolarea = (int32_t)yb_rows_i64(found, i, 2),
                                   .setl_ym = (int32_t)yb_rows_i64(found, i, 3),
                                   .mdtrt_id = yb_rows_i64(found, i, 4),
                                   .psn_no = yb_rows_text(found, i, 5),
                                   .insutype = yb_rows_text(found, i, 6),
                                   .fixmedins_code = yb_rows_text(found, i, 7),
                                   .version = (int32_t)yb_rows_i64(found, i, 8),
                                   .stas_type = (int32_t)yb_rows_i64(found, i, 9),
                                   .lacking = (int32_t)yb_rows_i64(found, i, 10),
                                   .voided = yb_rows_i64(found, i, 11) != 0,
                                   .reopened_day = (yb_day_t)yb_rows_i64(found, i, 12),
                                   .uploaded_us = yb_rows_i64(found, i, 13) };
    *ret_rows = rows;
    return YB_OK;
}

yb_list_row_t *yb_list_row_find(yb_list_row_t *rows, size_t count, int64_t setl_id)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].setl_id == setl_id)
            return &rows[i];
    return NULL;
}

yb_err_t yb_list_put(yb_db_t *db, const yb_list_row_t *rows, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 36);
    for (const yb_list_row_t *r = rows; r < rows + count; r++) {
        const int64_t keys[] = { r->setl_list_id, r->setl_id, r->poolarea, r->setl_ym, r->mdtrt_id };
        const int64_t facts[] = { r->version,
                                  r->stas_type,
                                  r->lacking,
                                  r->reopened_day,
                                  r->medfee_sumamt_fen,
                                  r->fund_pay_sumamt_fen,
                                  r->admission_day,
                                  r->discharge_day,
                                  r->sex,
                                  r->age,
                                  r->age_day,
                                  r->los,
                                  r->bir_wt_g,
                                  r->adm_wt_g,
                                  r->vent_min,
                                  r->coma_before_min,
                                  r->coma_after_min,
                                  r->icu,
                                  r->has_principal };
        const char *texts[] = {
            r->dscg_way, r->dscg_caty, r->chfpdr_code, r->hi_paymtd, r->ipt_med_type, r->dx, r->px
        };
        for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
            yb_params_i64(p, keys[i]);
        yb_params_text(p, r->psn_no);
        yb_params_text(p, r->insutype);
        yb_params_text(p, r->fixmedins_code);
        for (size_t i = 0; i < sizeof facts / sizeof facts[0]; i++)
            yb_params_i64(p, facts[i]);
        for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
            yb_params_text(p, texts[i]);
        yb_params_i64(p, r->uploaded_us);
        yb_params_i64(p, r->uploaded_us);
    }
    return yb_db_execute(db, &sql_put, p, NULL);
}

yb_err_t yb_list_set_state(yb_db_t *db, const yb_list_row_t *const *rows, size_t count, int64_t now_us,
                           yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 3);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(p, rows[i]->stas_type);
        yb_params_i64(p, now_us);
        yb_params_i64(p, rows[i]->setl_list_id);
    }
    return yb_db_execute(db, &sql_set_state, p, NULL);
}

yb_err_t yb_list_void(yb_db_t *db, const int64_t *setl_ids, size_t count, yb_arena_t *arena)
{
    return yb_db_execute(db, &sql_void, yb_params_ids(arena, setl_ids, count), NULL);
}

yb_err_t yb_list_version_insert(yb_db_t *db, const yb_list_version_t *versions, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 8);
    for (const yb_list_version_t *v = versions; v < versions + count; v++) {
        yb_params_i64(p, v->setl_list_id);
        yb_params_i64(p, v->version);
        yb_params_i64(p, v->poolarea);
        yb_params_text(p, v->infno);
        yb_params_text(p, v->msgid);
        yb_params_text(p, v->opter);
        yb_params_bytes(p, v->body, v->body_len);
        yb_params_i64(p, v->uploaded_us);
    }
    return yb_db_execute(db, &sql_version, p, NULL);
}

yb_err_t yb_list_diagnosis_insert(yb_db_t *db, const yb_list_diagnosis_t *rows, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 10);
    for (const yb_list_diagnosis_t *d = rows; d < rows + count; d++) {
        yb_params_i64(p, d->setl_list_id);
        yb_params_i64(p, d->version);
        yb_params_i64(p, d->seq);
        yb_params_i64(p, d->poolarea);
        yb_params_text(p, d->diag_type);
        yb_params_text(p, d->diag_code);
        yb_params_text(p, d->yb_code);
        yb_params_text(p, d->diag_name);
        yb_params_text(p, d->maindiag_flag);
        yb_params_text(p, d->adm_cond_type);
    }
    return yb_db_execute(db, &sql_diagnosis, p, NULL);
}

yb_err_t yb_list_operation_insert(yb_db_t *db, const yb_list_operation_t *rows, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 10);
    for (const yb_list_operation_t *o = rows; o < rows + count; o++) {
        yb_params_i64(p, o->setl_list_id);
        yb_params_i64(p, o->version);
        yb_params_i64(p, o->seq);
        yb_params_i64(p, o->poolarea);
        yb_params_text(p, o->oprn_oprt_type);
        yb_params_text(p, o->oprn_oprt_code);
        yb_params_text(p, o->yb_code);
        yb_params_text(p, o->oprn_oprt_name);
        yb_params_text(p, o->oprn_oprt_time);
        yb_params_text(p, o->oper_dr_code);
    }
    return yb_db_execute(db, &sql_operation, p, NULL);
}

yb_err_t yb_list_body(yb_db_t *db, int64_t setl_list_id, int32_t version, yb_arena_t *arena, const uint8_t **ret_body,
                      size_t *ret_len)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, setl_list_id);
    yb_params_i64(p, version);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_body, p, arena, 1, &rows);
    if (err != YB_OK)
        return err;
    if (yb_rows_count(rows) == 0)
        return YB_E_NOT_FOUND;
    *ret_body = yb_rows_bytes(rows, 0, 0, ret_len);
    return YB_OK;
}
