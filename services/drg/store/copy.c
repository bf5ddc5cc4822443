#include "services/drg/store/copy.h"

#define COLUMNS                                                                                                \
    "setl_id, known, reversed_by, reverses, poolarea, mdtrt_id, psn_no, insutype, med_type, fixmedins_code, "  \
    "insuplc_admdvs,"                                                                                          \
    " inpatient, setl_time, begntime, endtime, medfee_sumamt_fen, fund_pay_sumamt_fen, fulamt_ownpay_amt_fen," \
    " overlmt_selfpay_fen, acct_pay_fen, psn_cash_pay_fen, basic_fund_fen, funds"
#define READ COLUMNS ", reopened_day"
/* ", column = VALUES(column)": an element of ON DUPLICATE KEY UPDATE, not its first */
#define TAKE(column) ", " #column " = VALUES(" #column ")"

/* clang-format off */
static const yb_sql_t sql_put = { "copy.put",
    "INSERT INTO settlement (" COLUMNS ") VALUES (?,1,0,0,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    " ON DUPLICATE KEY UPDATE known = 1" TAKE(poolarea) TAKE(mdtrt_id) TAKE(psn_no) TAKE(insutype) TAKE(med_type)
    TAKE(fixmedins_code) TAKE(insuplc_admdvs) TAKE(inpatient) TAKE(setl_time) TAKE(begntime) TAKE(endtime)
    TAKE(medfee_sumamt_fen) TAKE(fund_pay_sumamt_fen) TAKE(fulamt_ownpay_amt_fen) TAKE(overlmt_selfpay_fen)
    TAKE(acct_pay_fen) TAKE(psn_cash_pay_fen) TAKE(basic_fund_fen) TAKE(funds) };
static const yb_sql_t sql_reverse = { "copy.reverse",
    "INSERT INTO settlement (" COLUMNS ") VALUES (?,0,?,?,?,0,'','','','','',0,0,0,0,0,0,0,0,0,0,-1,'')"
    " ON DUPLICATE KEY UPDATE reversed_by = VALUES(reversed_by)" };
/* clang-format on */
static const yb_sql_t sql_load = { "copy.load", "SELECT " READ " FROM settlement WHERE setl_id IN (?*)" };
static const yb_sql_t sql_lock = {
    "copy.lock",
    "SELECT " READ " FROM settlement FORCE INDEX (PRIMARY) WHERE setl_id IN (?*) ORDER BY setl_id FOR UPDATE"
};

#define CASES                                                                                                 \
    " FROM settlement FORCE INDEX (month) WHERE poolarea = ? AND setl_ym = ? AND inpatient = 1 AND known = 1" \
    " AND reversed_by = 0 AND fixmedins_code > ?"
static const yb_sql_t sql_count_to = { "copy.count_to",
                                       "SELECT COALESCE(MAX(fixmedins_code), '') FROM (SELECT fixmedins_code" CASES
                                       " ORDER BY fixmedins_code LIMIT ?) page" };
static const yb_sql_t sql_count = {
    "copy.count",
    "SELECT fixmedins_code, insutype, COUNT(*), SUM(medfee_sumamt_fen), SUM(GREATEST(basic_fund_fen, 0)),"
    " CAST(SUM(basic_fund_fen < 0) AS SIGNED)" CASES " AND fixmedins_code <= ? GROUP BY fixmedins_code, insutype"
};

static void copy_params(yb_params_t *p, const yb_copy_t *c)
{
    yb_params_i64(p, c->setl_id);
    yb_params_i64(p, c->poolarea);
    yb_params_i64(p, c->mdtrt_id);
    yb_params_text(p, c->psn_no);
    yb_params_text(p, c->insutype);
    yb_params_text(p, c->med_type);
    yb_params_text(p, c->fixmedins_code);
    yb_params_text(p, c->insuplc_admdvs);
    yb_params_i64(p, c->inpatient);
    yb_params_i64(p, c->setl_time);
    yb_params_i64(p, c->begntime);
    yb_params_i64(p, c->endtime);
    yb_params_i64(p, c->medfee_sumamt_fen);
    yb_params_i64(p, c->fund_pay_sumamt_fen);
    yb_params_i64(p, c->fulamt_ownpay_amt_fen);
    yb_params_i64(p, c->overlmt_selfpay_fen);
    yb_params_i64(p, c->acct_pay_fen);
    yb_params_i64(p, c->psn_cash_pay_fen);
    yb_params_i64(p, c->basic_fund_fen);
    yb_params_bytes(p, c->funds, c->funds_len);
}

yb_err_t yb_copy_put(yb_db_t *db, const yb_copy_t *copies, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 20);
    for (size_t i = 0; i < count; i++)
        copy_params(p, &copies[i]);
    return yb_db_execute(db, &sql_put, p, NULL);
}

yb_err_t yb_copy_reverse(yb_db_t *db, const yb_copy_reversal_t *reversals, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 4);
    for (const yb_copy_reversal_t *r = reversals; r < reversals + count; r++) {
        const int64_t rows[2][3] = { { r->setl_id, r->reversed_by, 0 }, { r->reversed_by, 0, r->setl_id } };
        for (size_t i = 0; i < 2; i++) {
            for (size_t k = 0; k < 3; k++)
                yb_params_i64(p, rows[i][k]);
            yb_params_i64(p, r->poolarea);
        }
    }
    return yb_db_execute(db, &sql_reverse, p, NULL);
}

static yb_copy_t copy_of(const yb_rows_t *rows, size_t i)
{
    yb_copy_t c = { .setl_id = yb_rows_i64(rows, i, 0),
                    .known = yb_rows_i64(rows, i, 1) != 0,
                    .reversed_by = yb_rows_i64(rows, i, 2),
                    .reverses = yb_rows_i64(rows, i, 3),
                    .poolarea = (int32_t)yb_rows_i64(rows, i, 4),
                    .mdtrt_id = yb_rows_i64(rows, i, 5),
                    .psn_no = yb_rows_text(rows, i, 6),
                    .insutype = yb_rows_text(rows, i, 7),
                    .med_type = yb_rows_text(rows, i, 8),
                    .fixmedins_code = yb_rows_text(rows, i, 9),
                    .insuplc_admdvs = yb_rows_text(rows, i, 10),
                    .inpatient = yb_rows_i64(rows, i, 11) != 0,
                    .setl_time = yb_rows_i64(rows, i, 12),
                    .begntime = yb_rows_i64(rows, i, 13),
                    .endtime = yb_rows_i64(rows, i, 14),
                    .medfee_sumamt_fen = yb_rows_i64(rows, i, 15),
                    .fund_pay_sumamt_fen = yb_rows_i64(rows, i, 16),
                    .fulamt_ownpay_amt_fen = yb_rows_i64(rows, i, 17),
                    .overlmt_selfpay_fen = yb_rows_i64(rows, i, 18),
                    .acct_pay_fen = yb_rows_i64(rows, i, 19),
                    .psn_cash_pay_fen = yb_rows_i64(rows, i, 20),
                    .basic_fund_fen = yb_rows_i64(rows, i, 21),
                    .reopened_day = (yb_day_t)yb_rows_i64(rows, i, 23) };
    c.funds = yb_rows_bytes(rows, i, 22, &c.funds_len);
    return c;
}

yb_err_t yb_copy_load(yb_db_t *db, const int64_t *setl_ids, size_t count, bool lock, yb_arena_t *arena,
                      yb_copy_t **ret_copies, size_t *ret_count)
{
    yb_params_t *keys = yb_params_create(arena, 1);
    for (size_t i = 0; i < count; i++)
        yb_params_i64(keys, setl_ids[i]);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, lock ? &sql_lock : &sql_load, NULL, keys, arena, &rows);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(rows);
    yb_copy_t *copies = YB_NEW_ARRAY(arena, yb_copy_t, *ret_count);
    for (size_t i = 0; i < *ret_count; i++)
        copies[i] = copy_of(rows, i);
    *ret_copies = copies;
    return YB_OK;
}

static yb_params_t *case_params(int32_t poolarea, int32_t ym, const char *after_code, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 4);
    yb_params_i64(p, poolarea);
    yb_params_i64(p, ym);
    yb_params_text(p, after_code);
    return p;
}

yb_err_t yb_copy_count(yb_db_t *db, int32_t poolarea, int32_t ym, const char *after_code, unsigned limit,
                       yb_arena_t *arena, yb_copy_count_t **ret_counts, size_t *ret_count, const char **ret_last)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = case_params(poolarea, ym, after_code, arena), *q = case_params(poolarea, ym, after_code, arena);
    yb_params_i64(p, limit);
    yb_err_t err = yb_db_query(db, &sql_count_to, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    *ret_last = yb_rows_text(rows, 0, 0);
    yb_params_text(q, *ret_last);
    err = yb_db_query(db, &sql_count, q, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(rows);
    *ret_counts = YB_NEW_ARRAY(arena, yb_copy_count_t, *ret_count + 1);
    for (size_t r = 0; r < *ret_count; r++)
        (*ret_counts)[r] = (yb_copy_count_t){ .fixmedins_code = yb_rows_text(rows, r, 0),
                                              .insutype = yb_rows_text(rows, r, 1),
                                              .count = (uint64_t)yb_rows_i64(rows, r, 2),
                                              .medfee_sumamt_fen = yb_rows_i64(rows, r, 3),
                                              .basic_fund_fen = yb_rows_i64(rows, r, 4),
                                              .unsaid = (uint64_t)yb_rows_i64(rows, r, 5) };
    return YB_OK;
}

const yb_copy_t *yb_copy_find(const yb_copy_t *copies, size_t count, int64_t setl_id)
{
    for (size_t i = 0; i < count; i++)
        if (copies[i].setl_id == setl_id)
            return &copies[i];
    return NULL;
}
