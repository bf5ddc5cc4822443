#include "services/settlement/store/audit.h"

static const yb_sql_t sql_counts = { "audit.counts",
    "SELECT (SELECT COUNT(*) FROM journal_entry WHERE kind IN (1, 2)), (SELECT COUNT(*) FROM settlement)" };
static const yb_sql_t sql_next = { "audit.next_persons",
    "SELECT COALESCE(MAX(psn_no), '') FROM (SELECT psn_no FROM accumulator WHERE psn_no > ? ORDER BY psn_no LIMIT ?) page" };
static const yb_sql_t sql_accumulators = { "audit.accumulators",
    "SELECT a.psn_no, a.insutype, a.year, a.stays, a.pool_fen, a.burden_fen, a.dabing_fen, a.jiuzhu_fen, a.own136_fen, a.opt_fund_fen, "
    "a.opt_dedc_fen, s.inputs, s.setl_id, s.dise_codg FROM accumulator a LEFT JOIN settlement s ON s.psn_no = a.psn_no AND "
    "s.insutype = a.insutype AND s.year = a.year AND s.live = 1 WHERE a.psn_no > ? AND a.psn_no <= ? ORDER BY a.psn_no, a.insutype, a.year" };
static const yb_sql_t sql_chronic = { "audit.chronic",
    "SELECT c.psn_no, c.insutype, c.year, c.dise_codg, c.fund_fen, s.inputs, s.setl_id FROM chronic_fund c LEFT JOIN settlement s ON "
    "s.psn_no = c.psn_no AND s.insutype = c.insutype AND s.year = c.year AND s.dise_codg = c.dise_codg AND s.med_type = '14' AND s.live = 1 "
    "WHERE c.psn_no > ? AND c.psn_no <= ? ORDER BY c.psn_no, c.insutype, c.year, c.dise_codg" };
static const yb_sql_t sql_next_accounts = { "audit.next_accounts",
    "SELECT COALESCE(MAX(psn_no), ''), COUNT(*) FROM (SELECT psn_no FROM account WHERE psn_no > ? ORDER BY psn_no LIMIT ?) page" };
static const yb_sql_t sql_accounts = { "audit.accounts",
    "SELECT a.psn_no, a.insutype, a.balc_fen, CAST(a.opening_fen - COALESCE(SUM(s.acct_pay_fen), 0) AS SIGNED) AS expected FROM account a "
    "LEFT JOIN settlement s ON s.psn_no = a.psn_no AND s.insutype = a.insutype WHERE a.psn_no > ? AND a.psn_no <= ? "
    "GROUP BY a.psn_no, a.insutype HAVING expected <> a.balc_fen OR a.balc_fen < 0" };
static const yb_sql_t sql_next_settlements = { "audit.next_settlements",
    "SELECT COALESCE(MAX(setl_id), 0), COUNT(*) FROM (SELECT setl_id FROM settlement WHERE setl_id > ? ORDER BY setl_id LIMIT ?) page" };
static const yb_sql_t sql_lines = { "audit.lines",
    "SELECT s.setl_id, s.medfee_sumamt_fen, CAST(COALESCE(SUM(l.det_item_fee_sumamt_fen), 0) AS SIGNED) AS line_sum, b.setl_id AS batch_setl_id "
    "FROM settlement s JOIN fee_batch b ON b.mdtrt_id = s.mdtrt_id AND b.batch_no = s.batch_no "
    "LEFT JOIN fee_line l ON l.mdtrt_id = s.mdtrt_id AND l.batch_no = s.batch_no AND l.live = 1 "
    "WHERE s.setl_id > ? AND s.setl_id <= ? AND s.live = 1 GROUP BY s.setl_id HAVING line_sum <> s.medfee_sumamt_fen OR batch_setl_id <> s.setl_id" };

yb_err_t yb_audit_counts(yb_db_t *db, yb_arena_t *arena, int64_t *ret_entries, int64_t *ret_settlements)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_counts, NULL, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    *ret_entries = yb_rows_i64(rows, 0, 0);
    *ret_settlements = yb_rows_i64(rows, 0, 1);
    return YB_OK;
}

yb_err_t yb_audit_next_persons(yb_db_t *db, const char *psn_no, unsigned limit, yb_arena_t *arena, const char **ret_last)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_text(p, psn_no);
    yb_params_i64(p, limit);
    yb_err_t err = yb_db_query(db, &sql_next, p, arena, 0, &rows);
    if (err == YB_OK)
        *ret_last = yb_rows_text(rows, 0, 0);
    return err;
}

static yb_err_t between(yb_db_t *db, const yb_sql_t *sql, const char *from, const char *to, yb_arena_t *arena, yb_rows_t **ret_rows)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_text(p, from);
    yb_params_text(p, to);
    return yb_db_query(db, sql, p, arena, 0, ret_rows);
}

yb_err_t yb_audit_accumulators(yb_db_t *db, const char *from, const char *to, yb_arena_t *arena, yb_rows_t **ret_rows)
{
    return between(db, &sql_accumulators, from, to, arena, ret_rows);
}

yb_err_t yb_audit_chronic(yb_db_t *db, const char *from, const char *to, yb_arena_t *arena, yb_rows_t **ret_rows)
{
    return between(db, &sql_chronic, from, to, arena, ret_rows);
}

yb_err_t yb_audit_accounts(yb_db_t *db, const char *from, unsigned limit, yb_arena_t *arena, yb_rows_t **ret_rows, uint64_t *ret_checked,
                           const char **ret_last)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_text(p, from);
    yb_params_i64(p, limit);
    yb_err_t err = yb_db_query(db, &sql_next_accounts, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    *ret_last = yb_rows_text(rows, 0, 0);
    *ret_checked = (uint64_t)yb_rows_i64(rows, 0, 1);
    return between(db, &sql_accounts, from, *ret_last, arena, ret_rows);
}

yb_err_t yb_audit_lines(yb_db_t *db, int64_t after, unsigned limit, yb_arena_t *arena, yb_rows_t **ret_rows, uint64_t *ret_checked,
                        int64_t *ret_last)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 2), *q = yb_params_create(arena, 2);
    yb_params_i64(p, after);
    yb_params_i64(p, limit);
    yb_err_t err = yb_db_query(db, &sql_next_settlements, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    *ret_last = yb_rows_i64(rows, 0, 0);
    *ret_checked = (uint64_t)yb_rows_i64(rows, 0, 1);
    yb_params_i64(q, after);
    yb_params_i64(q, *ret_last);
    return yb_db_query(db, &sql_lines, q, arena, 0, ret_rows);
}
