#include "services/settlement/store/settlement.h"

#include <string.h>

#define COLUMNS                                                                                                                               \
    "setl_id, init_setl_id, mdtrt_id, batch_no, live, refd_setl_flag, poolarea, insuplc_admdvs, fixmedins_code, psn_no, insutype, psn_type, " \
    "med_type, clr_type, setl_time, year, begntime, endtime, dise_codg, mdtrt_cert_type, psn_setlway, infno, msgid, invono, opter, "          \
    "medfee_sumamt_fen, fulamt_ownpay_amt_fen, overlmt_selfpay_fen, preselfpay_amt_fen, inscp_scp_amt_fen, act_pay_dedc_fen, "                \
    "pool_prop_selfpay_ppm, hifp_pay_fen, hifmi_pay_fen, hifob_pay_fen, maf_pay_fen, fund_pay_sumamt_fen, psn_part_amt_fen, acct_pay_fen, "   \
    "psn_cash_pay_fen, balc_fen, policy_hash, inputs, funds"
#define COLUMN_COUNT 44

static const yb_sql_t sql_insert = { "settlement.insert",
    "INSERT INTO settlement (" COLUMNS ", setl_day) VALUES "
    "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_load = { "settlement.load", "SELECT " COLUMNS " FROM settlement WHERE setl_id IN (?*) ORDER BY setl_id" };
static const yb_sql_t sql_lock = { "settlement.lock", "SELECT " COLUMNS " FROM settlement WHERE setl_id IN (?*) ORDER BY setl_id FOR UPDATE" };
static const yb_sql_t sql_reversed = { "settlement.reversed", "UPDATE settlement SET live = NULL, refd_setl_flag = 1 WHERE setl_id = ?" };
static const yb_sql_t sql_message = { "settlement.message", "SELECT setl_id FROM settlement WHERE fixmedins_code = ? AND msgid = ? AND infno = ?" };
static const yb_sql_t sql_visit = { "settlement.visit",
    "SELECT COALESCE(MAX(setl_id), 0) FROM settlement WHERE mdtrt_id = ? AND live = 1" };
static const yb_sql_t sql_page = { "settlement.page", "SELECT " COLUMNS " FROM settlement WHERE setl_id > ? ORDER BY setl_id LIMIT ?" };
#define OF_DAYS                                                                                                                             \
    " FROM settlement WHERE fixmedins_code = ? AND setl_day BETWEEN ? AND ? AND (? = '' OR insutype = ?) AND (? = '' OR clr_type = ?) "     \
    "AND (? = '' OR insuplc_admdvs = ? OR poolarea = ?) AND (? = 0 OR (init_setl_id IS NULL AND refd_setl_flag = 0))"
static const yb_sql_t sql_days = { "settlement.days", "SELECT " COLUMNS OF_DAYS " ORDER BY setl_id" };
static const yb_sql_t sql_totals = { "settlement.totals",
    "SELECT CAST(COALESCE(SUM(medfee_sumamt_fen), 0) AS SIGNED), CAST(COALESCE(SUM(fund_pay_sumamt_fen), 0) AS SIGNED), "
    "CAST(COALESCE(SUM(acct_pay_fen), 0) AS SIGNED), CAST(COALESCE(SUM(psn_cash_pay_fen), 0) AS SIGNED), "
    "CAST(COALESCE(SUM(IF(init_setl_id IS NULL, 1, -1)), 0) AS SIGNED)" OF_DAYS };
/* A stay is of clr_type 21; what reverses one is not among them. */
#define STAYS " FROM settlement FORCE INDEX (area_day) WHERE poolarea = ? AND setl_day BETWEEN ? AND ? AND clr_type = '21' AND init_setl_id IS NULL"
static const yb_sql_t sql_stays = { "settlement.stays",
    "SELECT " COLUMNS STAYS " AND (setl_day > ? OR setl_id > ?) ORDER BY setl_day, setl_id LIMIT ?" };
static const yb_sql_t sql_reversals = { "settlement.reversals", "SELECT " COLUMNS " FROM settlement WHERE init_setl_id IN (?*)" };
static const yb_sql_t sql_count_stays = { "settlement.count_stays",
    "SELECT fixmedins_code, insutype, COUNT(*), SUM(medfee_sumamt_fen), SUM(hifp_pay_fen)" STAYS " AND live = 1 GROUP BY fixmedins_code, insutype" };
static const yb_sql_t sql_policy_keep = { "policy_file.keep",
    "INSERT IGNORE INTO policy_file (hash, poolarea, name, content, first_us) VALUES (?, ?, ?, ?, ?)" };
static const yb_sql_t sql_policy_load = { "policy_file.load", "SELECT name, content FROM policy_file WHERE hash = ?" };

static void id_or_null(yb_params_t *p, int64_t id)
{
    if (id != 0)
        yb_params_i64(p, id);
    else
        yb_params_null(p);
}

static void amount_params(yb_params_t *p, const yb_setl_amounts_t *a)
{
    const int64_t all[] = { a->medfee_sumamt_fen, a->fulamt_ownpay_amt_fen, a->overlmt_selfpay_fen, a->preselfpay_amt_fen, a->inscp_scp_amt_fen,
                            a->act_pay_dedc_fen, a->pool_prop_selfpay_ppm, a->hifp_pay_fen, a->hifmi_pay_fen, a->hifob_pay_fen, a->maf_pay_fen,
                            a->fund_pay_sumamt_fen, a->psn_part_amt_fen, a->acct_pay_fen, a->psn_cash_pay_fen, a->balc_fen };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        yb_params_i64(p, all[i]);
}

static void row_params(yb_params_t *p, const yb_settlement_t *s)
{
    yb_params_i64(p, s->setl_id);
    id_or_null(p, s->init_setl_id);
    yb_params_i64(p, s->mdtrt_id);
    yb_params_i64(p, s->batch_no);
    id_or_null(p, s->live ? 1 : 0);
    yb_params_i64(p, s->refunded);
    yb_params_i64(p, s->poolarea);
    const char *const codes[] = { s->insuplc_admdvs, s->fixmedins_code, s->psn_no, s->insutype, s->psn_type, s->med_type, s->clr_type };
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        yb_params_text(p, codes[i]);
    yb_params_i64(p, s->setl_time);
    yb_params_i64(p, s->year);
    yb_params_i64(p, s->begntime);
    yb_params_i64(p, s->endtime);
    const char *const texts[] = { s->dise_codg, s->mdtrt_cert_type, s->psn_setlway, s->infno, s->msgid, s->invono, s->opter };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        yb_params_text(p, texts[i]);
    amount_params(p, &s->amounts);
    yb_params_bytes(p, s->policy_hash, 32);
    yb_params_bytes(p, s->inputs, s->inputs_len);
    yb_params_bytes(p, s->funds, s->funds_len);
    yb_params_i64(p, yb_time_day(s->setl_time));
}

yb_err_t yb_settlement_insert(yb_db_t *db, const yb_settlement_t *const *rows, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, COLUMN_COUNT + 1);
    for (size_t i = 0; i < count; i++)
        row_params(p, rows[i]);
    return yb_db_execute(db, &sql_insert, p, NULL);
}

static yb_setl_amounts_t take_amounts(const yb_rows_t *rows, size_t r, size_t c)
{
    return (yb_setl_amounts_t){
        .medfee_sumamt_fen = yb_rows_i64(rows, r, c), .fulamt_ownpay_amt_fen = yb_rows_i64(rows, r, c + 1),
        .overlmt_selfpay_fen = yb_rows_i64(rows, r, c + 2), .preselfpay_amt_fen = yb_rows_i64(rows, r, c + 3),
        .inscp_scp_amt_fen = yb_rows_i64(rows, r, c + 4), .act_pay_dedc_fen = yb_rows_i64(rows, r, c + 5),
        .pool_prop_selfpay_ppm = yb_rows_i64(rows, r, c + 6), .hifp_pay_fen = yb_rows_i64(rows, r, c + 7),
        .hifmi_pay_fen = yb_rows_i64(rows, r, c + 8), .hifob_pay_fen = yb_rows_i64(rows, r, c + 9), .maf_pay_fen = yb_rows_i64(rows, r, c + 10),
        .fund_pay_sumamt_fen = yb_rows_i64(rows, r, c + 11), .psn_part_amt_fen = yb_rows_i64(rows, r, c + 12),
        .acct_pay_fen = yb_rows_i64(rows, r, c + 13), .psn_cash_pay_fen = yb_rows_i64(rows, r, c + 14), .balc_fen = yb_rows_i64(rows, r, c + 15),
    };
}

static void take_row(const yb_rows_t *rows, size_t r, yb_settlement_t *s)
{
    size_t hash_len = 0;
    s->setl_id = yb_rows_i64(rows, r, 0);
    s->init_setl_id = yb_rows_i64(rows, r, 1);
    s->mdtrt_id = yb_rows_i64(rows, r, 2);
    s->batch_no = (int32_t)yb_rows_i64(rows, r, 3);
    s->live = yb_rows_i64(rows, r, 4) != 0;
    s->refunded = yb_rows_i64(rows, r, 5) != 0;
    s->poolarea = (int32_t)yb_rows_i64(rows, r, 6);
    const char **const codes[] = { &s->insuplc_admdvs, &s->fixmedins_code, &s->psn_no, &s->insutype, &s->psn_type, &s->med_type, &s->clr_type };
    for (size_t i = 0; i < 7; i++)
        *codes[i] = yb_rows_text(rows, r, 7 + i);
    s->setl_time = yb_rows_i64(rows, r, 14);
    s->year = (int)yb_rows_i64(rows, r, 15);
    s->begntime = yb_rows_i64(rows, r, 16);
    s->endtime = yb_rows_i64(rows, r, 17);
    const char **const texts[] = { &s->dise_codg, &s->mdtrt_cert_type, &s->psn_setlway, &s->infno, &s->msgid, &s->invono, &s->opter };
    for (size_t i = 0; i < 7; i++)
        *texts[i] = yb_rows_text(rows, r, 18 + i);
    s->amounts = take_amounts(rows, r, 25);
    const uint8_t *hash = yb_rows_bytes(rows, r, 41, &hash_len);
    if (hash_len == 32)
        memcpy(s->policy_hash, hash, 32);
    s->inputs = yb_rows_bytes(rows, r, 42, &s->inputs_len);
    s->funds = yb_rows_bytes(rows, r, 43, &s->funds_len);
}

static void take_rows(const yb_rows_t *rows, yb_arena_t *arena, yb_settlement_t **ret_rows, size_t *ret_count)
{
    size_t n = yb_rows_count(rows);
    yb_settlement_t *list = YB_NEW_ARRAY(arena, yb_settlement_t, n + 1);
    for (size_t r = 0; r < n; r++)
        take_row(rows, r, &list[r]);
    *ret_rows = list;
    *ret_count = n;
}

yb_err_t yb_settlement_load(yb_db_t *db, const int64_t *setl_ids, size_t count, bool lock, yb_arena_t *arena, yb_settlement_t **ret_rows,
                            size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, lock ? &sql_lock : &sql_load, NULL, yb_params_ids(arena, setl_ids, count), arena,
                                  &rows);
    if (err == YB_OK)
        take_rows(rows, arena, ret_rows, ret_count);
    return err;
}

yb_settlement_t *yb_settlement_find(yb_settlement_t *rows, size_t count, int64_t setl_id)
{
    for (size_t i = 0; i < count; i++)
        if (rows[i].setl_id == setl_id)
            return &rows[i];
    return NULL;
}

yb_err_t yb_settlement_mark_reversed(yb_db_t *db, const int64_t *setl_ids, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 1);
    for (size_t i = 0; i < count; i++)
        yb_params_i64(p, setl_ids[i]);
    return yb_db_execute(db, &sql_reversed, p, NULL);
}

static yb_err_t one_number(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *p, yb_arena_t *arena, int64_t *ret_value)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, sql, p, arena, 0, &rows);
    if (err == YB_OK)
        *ret_value = yb_rows_count(rows) > 0 ? yb_rows_i64(rows, 0, 0) : 0;
    return err;
}

yb_err_t yb_settlement_by_message(yb_db_t *db, const char *fixmedins_code, const char *msgid, const char *infno, yb_arena_t *arena,
                                  int64_t *ret_setl_id)
{
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_text(p, fixmedins_code);
    yb_params_text(p, msgid);
    yb_params_text(p, infno);
    return one_number(db, &sql_message, p, arena, ret_setl_id);
}

yb_err_t yb_settlement_of_visit(yb_db_t *db, int64_t mdtrt_id, yb_arena_t *arena, int64_t *ret_setl_id)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, mdtrt_id);
    return one_number(db, &sql_visit, p, arena, ret_setl_id);
}

yb_err_t yb_settlement_page(yb_db_t *db, int64_t after_setl_id, unsigned limit, yb_arena_t *arena, yb_settlement_t **ret_rows, size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, after_setl_id);
    yb_params_i64(p, limit);
    yb_err_t err = yb_db_query(db, &sql_page, p, arena, 0, &rows);
    if (err == YB_OK)
        take_rows(rows, arena, ret_rows, ret_count);
    return err;
}

yb_err_t yb_settlement_stays(yb_db_t *db, const yb_stays_t *stays, yb_day_t after_day, int64_t after_id, unsigned limit, yb_arena_t *arena,
                             yb_settlement_t **ret_rows, size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 6);
    yb_params_i64(p, stays->poolarea);
    yb_params_i64(p, after_day > stays->from ? after_day : stays->from);
    yb_params_i64(p, stays->to);
    yb_params_i64(p, after_day);
    yb_params_i64(p, after_id);
    yb_params_i64(p, limit);
    yb_err_t err = yb_db_query(db, &sql_stays, p, arena, 0, &rows);
    if (err == YB_OK)
        take_rows(rows, arena, ret_rows, ret_count);
    return err;
}

yb_err_t yb_settlement_reversals(yb_db_t *db, const int64_t *setl_ids, size_t count, yb_arena_t *arena, yb_settlement_t **ret_rows,
                                 size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_reversals, NULL, yb_params_ids(arena, setl_ids, count), arena, &rows);
    if (err == YB_OK)
        take_rows(rows, arena, ret_rows, ret_count);
    return err;
}

yb_err_t yb_settlement_count_stays(yb_db_t *db, const yb_stays_t *stays, yb_arena_t *arena, yb_stay_count_t **ret_counts, size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_i64(p, stays->poolarea);
    yb_params_i64(p, stays->from);
    yb_params_i64(p, stays->to);
    yb_err_t err = yb_db_query(db, &sql_count_stays, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    *ret_count = yb_rows_count(rows);
    *ret_counts = YB_NEW_ARRAY(arena, yb_stay_count_t, *ret_count + 1);
    for (size_t r = 0; r < *ret_count; r++)
        (*ret_counts)[r] = (yb_stay_count_t){ .fixmedins_code = yb_rows_text(rows, r, 0), .insutype = yb_rows_text(rows, r, 1),
                                              .count = (uint64_t)yb_rows_i64(rows, r, 2), .medfee_sumamt_fen = yb_rows_i64(rows, r, 3),
                                              .hifp_pay_fen = yb_rows_i64(rows, r, 4) };
    return YB_OK;
}

static yb_params_t *filter_params(const yb_setl_filter_t *f, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 11);
    yb_params_text(p, f->fixmedins_code);
    yb_params_i64(p, f->from);
    yb_params_i64(p, f->to);
    yb_params_text(p, f->insutype);
    yb_params_text(p, f->insutype);
    yb_params_text(p, f->clr_type);
    yb_params_text(p, f->clr_type);
    yb_params_text(p, f->optins);
    yb_params_text(p, f->optins);
    yb_params_text(p, f->optins);
    yb_params_i64(p, f->exclude_refunds);
    return p;
}

yb_err_t yb_settlement_of_days(yb_db_t *db, const yb_setl_filter_t *filter, yb_arena_t *arena, yb_settlement_t **ret_rows, size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_days, filter_params(filter, arena), arena, 0, &rows);
    if (err == YB_OK)
        take_rows(rows, arena, ret_rows, ret_count);
    return err;
}

yb_err_t yb_settlement_totals(yb_db_t *db, const yb_setl_filter_t *filter, yb_arena_t *arena, yb_setl_totals_t *ret_totals)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_totals, filter_params(filter, arena), arena, 0, &rows);
    if (err == YB_OK)
        *ret_totals = (yb_setl_totals_t){ .medfee_sumamt_fen = yb_rows_i64(rows, 0, 0), .fund_pay_sumamt_fen = yb_rows_i64(rows, 0, 1),
                                          .acct_pay_fen = yb_rows_i64(rows, 0, 2), .psn_cash_pay_fen = yb_rows_i64(rows, 0, 3),
                                          .count = yb_rows_i64(rows, 0, 4) };
    return err;
}

yb_err_t yb_policy_file_keep(yb_db_t *db, const uint8_t hash[32], int32_t poolarea, const char *name, const char *content, int64_t now_us,
                             yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 5);
    yb_params_bytes(p, hash, 32);
    yb_params_i64(p, poolarea);
    yb_params_text(p, name);
    yb_params_text(p, content);
    yb_params_i64(p, now_us);
    return yb_db_execute(db, &sql_policy_keep, p, NULL);
}

yb_err_t yb_policy_file_load(yb_db_t *db, const uint8_t hash[32], yb_arena_t *arena, const char **ret_name, const char **ret_content)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_bytes(p, hash, 32);
    yb_err_t err = yb_db_query(db, &sql_policy_load, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    if (yb_rows_count(rows) == 0)
        return YB_E_NOT_FOUND;
    *ret_name = yb_rows_text(rows, 0, 0);
    *ret_content = yb_rows_text(rows, 0, 1);
    return YB_OK;
}
