#include "services/enrollment/store/filing.h"

#define COLUMNS                                                                                              \
    "trt_dcla_detl_sn, psn_no, insutype, opsp_dise_code, opsp_dise_name, begndate, enddate, poolarea, "      \
    "insu_optins,"                                                                                           \
    " ide_fixmedins_no, hosp_ide_date, filed_by, detail, live"

static const yb_sql_t sql_lock_persons = { "filing.lock_persons",
    "INSERT INTO person_lock (psn_no) VALUES (?) ON DUPLICATE KEY UPDATE psn_no = VALUES(psn_no)" };
static const yb_sql_t sql_by_person = { "filing.by_person",
                                        "SELECT " COLUMNS " FROM filing WHERE live = 1 AND psn_no IN (?*)" };
static const yb_sql_t sql_lock = { "filing.lock",
                                   "SELECT " COLUMNS " FROM filing WHERE trt_dcla_detl_sn = ? FOR UPDATE" };
static const yb_sql_t sql_insert = { "filing.insert",
                                     "INSERT INTO filing (trt_dcla_detl_sn, poolarea, psn_no, insutype, "
                                     "opsp_dise_code, opsp_dise_name, begndate, enddate, live,"
                                     " insu_optins, ide_fixmedins_no, hosp_ide_date, filed_by, detail, "
                                     "filed_us, cancelled_us, cancelled_by, cancel_memo)"
                                     " VALUES (?,?,?,?,?,?,?,?,1,?,?,?,?,?,?,0,'','')" };
static const yb_sql_t sql_update = { "filing.update",
                                     "UPDATE filing SET opsp_dise_name = ?, enddate = ? WHERE psn_no = ? AND "
                                     "insutype = ? AND opsp_dise_code = ? AND begndate = ?"
                                     " AND live = 1" };
static const yb_sql_t sql_cancel = { "filing.cancel",
                                     "UPDATE filing SET live = NULL, cancelled_us = ?, cancelled_by = ?, "
                                     "cancel_memo = ? WHERE trt_dcla_detl_sn = ?" };

yb_err_t yb_filing_lock_persons(yb_db_t *db, const yb_strset_t *psn_nos, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_texts(arena, psn_nos->items, psn_nos->count);
    return yb_db_execute(db, &sql_lock_persons, p, NULL);
}

static void filings_of(const yb_rows_t *rows, yb_arena_t *arena, yb_filing_t **ret_filings, size_t *ret_count)
{
    const size_t count = yb_rows_count(rows);
    yb_filing_t *list = YB_NEW_ARRAY(arena, yb_filing_t, count);
    for (size_t i = 0; i < count; i++)
        list[i] = (yb_filing_t){ .trt_dcla_detl_sn = yb_rows_i64(rows, i, 0),
                                 .psn_no = yb_rows_text(rows, i, 1),
                                 .insutype = yb_rows_text(rows, i, 2),
                                 .opsp_dise_code = yb_rows_text(rows, i, 3),
                                 .opsp_dise_name = yb_rows_text(rows, i, 4),
                                 .begndate = (int32_t)yb_rows_i64(rows, i, 5),
                                 .enddate = (int32_t)yb_rows_i64(rows, i, 6),
                                 .poolarea = (int32_t)yb_rows_i64(rows, i, 7),
                                 .insu_optins = yb_rows_text(rows, i, 8),
                                 .ide_fixmedins_no = yb_rows_text(rows, i, 9),
                                 .hosp_ide_date = (int32_t)yb_rows_i64(rows, i, 10),
                                 .filed_by = yb_rows_text(rows, i, 11),
                                 .detail = yb_rows_text(rows, i, 12),
                                 .live = !yb_rows_is_null(rows, i, 13) };
    *ret_filings = list;
    *ret_count = count;
}

yb_err_t yb_filing_by_person(yb_db_t *db, const yb_strset_t *psn_nos, yb_arena_t *arena,
                             yb_filing_t **ret_filings, size_t *ret_count)
{
    yb_params_t *keys = yb_params_texts(arena, psn_nos->items, psn_nos->count);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_by_person, NULL, keys, arena, &rows);
    if (err == YB_OK)
        filings_of(rows, arena, ret_filings, ret_count);
    return err;
}

yb_err_t yb_filing_lock(yb_db_t *db, int64_t trt_dcla_detl_sn, yb_arena_t *arena, yb_filing_t **ret_filing)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, trt_dcla_detl_sn);
    yb_rows_t *rows = NULL;
    size_t count = 0;
    yb_filing_t *list = NULL;
    yb_err_t err = yb_db_query(db, &sql_lock, p, arena, 1, &rows);
    if (err != YB_OK)
        return err;
    filings_of(rows, arena, &list, &count);
    if (count == 0)
        return YB_E_NOT_FOUND;
    *ret_filing = list;
    return YB_OK;
}

yb_err_t yb_filing_insert(yb_db_t *db, yb_filing_t *const *filings, size_t count, int64_t now_us,
                          yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 14);
    for (size_t i = 0; i < count; i++) {
        const yb_filing_t *f = filings[i];
        yb_params_i64(p, f->trt_dcla_detl_sn);
        yb_params_i64(p, f->poolarea);
        yb_params_text(p, f->psn_no);
        yb_params_text(p, f->insutype);
        yb_params_text(p, f->opsp_dise_code);
        yb_params_text(p, f->opsp_dise_name);
        yb_params_i64(p, f->begndate);
        yb_params_i64(p, f->enddate);
        yb_params_text(p, f->insu_optins);
        yb_params_text(p, f->ide_fixmedins_no);
        yb_params_i64(p, f->hosp_ide_date);
        yb_params_text(p, f->filed_by);
        yb_params_text(p, f->detail);
        yb_params_i64(p, now_us);
    }
    return yb_db_execute(db, &sql_insert, p, NULL);
}

yb_err_t yb_filing_update(yb_db_t *db, yb_filing_t *const *filings, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 6);
    for (size_t i = 0; i < count; i++) {
        yb_params_text(p, filings[i]->opsp_dise_name);
        yb_params_i64(p, filings[i]->enddate);
        yb_params_text(p, filings[i]->psn_no);
        yb_params_text(p, filings[i]->insutype);
        yb_params_text(p, filings[i]->opsp_dise_code);
        yb_params_i64(p, filings[i]->begndate);
    }
    return yb_db_execute(db, &sql_update, p, NULL);
}

yb_err_t yb_filing_cancel(yb_db_t *db, int64_t trt_dcla_detl_sn, int64_t now_us, const char *by,
                          const char *memo, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 4);
    yb_params_i64(p, now_us);
    yb_params_text(p, by);
    yb_params_text(p, memo);
    yb_params_i64(p, trt_dcla_detl_sn);
    return yb_db_execute(db, &sql_cancel, p, NULL);
}
