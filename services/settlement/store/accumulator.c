#include "services/settlement/store/accumulator.h"

#include <stdlib.h>
#include <string.h>

static const yb_sql_t sql_ensure = { "accumulator.ensure", "INSERT IGNORE INTO accumulator (psn_no, insutype, year, poolarea) VALUES (?, ?, ?, ?)" };
static const yb_sql_t sql_ensure_chronic = { "chronic_fund.ensure",
    "INSERT IGNORE INTO chronic_fund (psn_no, insutype, year, poolarea, dise_codg) VALUES (?, ?, ?, ?, ?)" };
#define ACC_COLUMNS "psn_no, insutype, year, stays, pool_fen, burden_fen, dabing_fen, jiuzhu_fen, own136_fen, opt_fund_fen, opt_dedc_fen"
#define ACC_BY_KEY "SELECT " ACC_COLUMNS " FROM accumulator WHERE (psn_no, insutype, year) IN (?*) ORDER BY psn_no, insutype, year"
static const yb_sql_t sql_acc = { "accumulator.load", ACC_BY_KEY };
static const yb_sql_t sql_acc_lock = { "accumulator.lock", ACC_BY_KEY " FOR UPDATE" };
static const yb_sql_t sql_acc_person = { "accumulator.person", "SELECT " ACC_COLUMNS " FROM accumulator WHERE psn_no = ? ORDER BY insutype, year" };
#define CHRONIC_BY_KEY                                                                                                                        \
    "SELECT psn_no, insutype, year, dise_codg, fund_fen FROM chronic_fund WHERE (psn_no, insutype, year, dise_codg) IN (?*) "                \
    "ORDER BY psn_no, insutype, year, dise_codg"
static const yb_sql_t sql_chronic = { "chronic_fund.load", CHRONIC_BY_KEY };
static const yb_sql_t sql_chronic_lock = { "chronic_fund.lock", CHRONIC_BY_KEY " FOR UPDATE" };
static const yb_sql_t sql_chronic_person = { "chronic_fund.person",
    "SELECT psn_no, insutype, year, dise_codg, fund_fen FROM chronic_fund WHERE psn_no = ? ORDER BY insutype, year, dise_codg" };
#define ACCOUNT_COLUMNS "psn_no, insutype, poolarea, opening_fen, balc_fen, opened_us"
#define ACCOUNT_BY_KEY "SELECT " ACCOUNT_COLUMNS " FROM account WHERE (psn_no, insutype) IN (?*) ORDER BY psn_no, insutype"
static const yb_sql_t sql_account = { "account.load", ACCOUNT_BY_KEY };
static const yb_sql_t sql_account_lock = { "account.lock", ACCOUNT_BY_KEY " FOR UPDATE" };
static const yb_sql_t sql_account_persons = { "account.persons",
    "SELECT " ACCOUNT_COLUMNS " FROM account WHERE psn_no IN (?*) ORDER BY psn_no, insutype" };
/* The rows are there, locked since they were read (so poolarea's 0 is never written). An UPDATE in bulk is planned anew by the server for each
 * row; this is not. */
static const yb_sql_t sql_acc_put = { "accumulator.put",
    "INSERT INTO accumulator (stays, pool_fen, burden_fen, dabing_fen, jiuzhu_fen, own136_fen, opt_fund_fen, opt_dedc_fen, psn_no, insutype, year, "
    "poolarea) VALUES (?,?,?,?,?,?,?,?,?,?,?,0) ON DUPLICATE KEY UPDATE stays = VALUES(stays), pool_fen = VALUES(pool_fen), "
    "burden_fen = VALUES(burden_fen), dabing_fen = VALUES(dabing_fen), jiuzhu_fen = VALUES(jiuzhu_fen), own136_fen = VALUES(own136_fen), "
    "opt_fund_fen = VALUES(opt_fund_fen), opt_dedc_fen = VALUES(opt_dedc_fen)" };
static const yb_sql_t sql_chronic_put = { "chronic_fund.put",
    "UPDATE chronic_fund SET fund_fen = ? WHERE psn_no = ? AND insutype = ? AND year = ? AND dise_codg = ?" };
static const yb_sql_t sql_account_put = { "account.put",
    "INSERT INTO account (balc_fen, psn_no, insutype, poolarea, opening_fen, opened_us) VALUES (?,?,?,0,0,0) "
    "ON DUPLICATE KEY UPDATE balc_fen = VALUES(balc_fen)" };
static const yb_sql_t sql_account_open = { "account.open",
    "INSERT INTO account (psn_no, insutype, poolarea, opening_fen, balc_fen, opened_us) VALUES (?, ?, ?, ?, ?, ?)" };
static const yb_sql_t sql_account_count = { "account.count", "SELECT COUNT(*), CAST(COALESCE(SUM(balc_fen), 0) AS SIGNED) FROM account" };

/* ---- making rows ---- */

yb_err_t yb_accumulator_ensure_many(yb_db_t *db, const yb_acc_key_t *keys, size_t count, yb_arena_t *arena)
{
    yb_params_t *plain = yb_params_create(arena, 4), *chronic = yb_params_create(arena, 5);
    for (size_t i = 0; i < count; i++) {
        yb_params_text(plain, keys[i].psn_no);
        yb_params_text(plain, keys[i].insutype);
        yb_params_i64(plain, keys[i].year);
        yb_params_i64(plain, keys[i].poolarea);
        if (keys[i].dise_codg == NULL || keys[i].dise_codg[0] == '\0')
            continue;
        yb_params_text(chronic, keys[i].psn_no);
        yb_params_text(chronic, keys[i].insutype);
        yb_params_i64(chronic, keys[i].year);
        yb_params_i64(chronic, keys[i].poolarea);
        yb_params_text(chronic, keys[i].dise_codg);
    }
    yb_err_t err = yb_db_execute(db, &sql_ensure, plain, NULL);
    return err != YB_OK ? err : yb_db_execute(db, &sql_ensure_chronic, chronic, NULL);
}

yb_err_t yb_accumulator_ensure(yb_db_t *db, const char *psn_no, const char *insutype, int year, int32_t poolarea)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_acc_key_t key = { .psn_no = psn_no, .insutype = insutype, .year = year, .dise_codg = "", .poolarea = poolarea };
    yb_err_t err = yb_accumulator_ensure_many(db, &key, 1, arena);
    yb_arena_destroy(&arena);
    return err;
}

/* ---- reading ---- */

static void take_accs(const yb_rows_t *rows, yb_arena_t *arena, yb_acc_set_t *set)
{
    set->acc_count = yb_rows_count(rows);
    set->accs = YB_NEW_ARRAY(arena, yb_acc_t, set->acc_count + 1);
    for (size_t r = 0; r < set->acc_count; r++)
        set->accs[r] = (yb_acc_t){
            .psn_no = yb_rows_text(rows, r, 0), .insutype = yb_rows_text(rows, r, 1), .year = (int)yb_rows_i64(rows, r, 2),
            .stays = (int32_t)yb_rows_i64(rows, r, 3), .pool_fen = yb_rows_i64(rows, r, 4), .burden_fen = yb_rows_i64(rows, r, 5),
            .dabing_fen = yb_rows_i64(rows, r, 6), .jiuzhu_fen = yb_rows_i64(rows, r, 7), .own136_fen = yb_rows_i64(rows, r, 8),
            .opt_fund_fen = yb_rows_i64(rows, r, 9), .opt_dedc_fen = yb_rows_i64(rows, r, 10),
        };
}

static void take_chronics(const yb_rows_t *rows, yb_arena_t *arena, yb_acc_set_t *set)
{
    set->chronic_count = yb_rows_count(rows);
    set->chronics = YB_NEW_ARRAY(arena, yb_chronic_t, set->chronic_count + 1);
    for (size_t r = 0; r < set->chronic_count; r++)
        set->chronics[r] = (yb_chronic_t){ .psn_no = yb_rows_text(rows, r, 0), .insutype = yb_rows_text(rows, r, 1),
                                           .year = (int)yb_rows_i64(rows, r, 2), .dise_codg = yb_rows_text(rows, r, 3),
                                           .fund_fen = yb_rows_i64(rows, r, 4) };
}

static void take_accounts(const yb_rows_t *rows, yb_arena_t *arena, yb_account_t **ret_accounts, size_t *ret_count)
{
    size_t n = yb_rows_count(rows);
    yb_account_t *list = YB_NEW_ARRAY(arena, yb_account_t, n + 1);
    for (size_t r = 0; r < n; r++)
        list[r] = (yb_account_t){ .psn_no = yb_rows_text(rows, r, 0), .insutype = yb_rows_text(rows, r, 1),
                                  .poolarea = (int32_t)yb_rows_i64(rows, r, 2), .opening_fen = yb_rows_i64(rows, r, 3),
                                  .balc_fen = yb_rows_i64(rows, r, 4), .opened_us = yb_rows_i64(rows, r, 5) };
    *ret_accounts = list;
    *ret_count = n;
}

static int key_order(const void *a, const void *b)
{
    const yb_acc_key_t *x = a, *y = b;
    int order = strcmp(x->psn_no, y->psn_no);
    if (order == 0)
        order = strcmp(x->insutype, y->insutype);
    return order != 0 ? order : x->year - y->year;
}

/* Locks in key order, so that two lanes cannot wait for each other crosswise. */
static yb_err_t load_chronics(yb_db_t *db, const yb_acc_key_t *keys, size_t count, bool lock, yb_arena_t *arena, yb_acc_set_t *set)
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 4);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].dise_codg == NULL || keys[i].dise_codg[0] == '\0')
            continue;
        yb_params_text(p, keys[i].psn_no);
        yb_params_text(p, keys[i].insutype);
        yb_params_i64(p, keys[i].year);
        yb_params_text(p, keys[i].dise_codg);
    }
    if (yb_params_rows(p) == 0)
        return YB_OK;
    yb_err_t err = yb_db_query_in(db, lock ? &sql_chronic_lock : &sql_chronic, NULL, p, arena, &rows);
    if (err == YB_OK)
        take_chronics(rows, arena, set);
    return err;
}

yb_err_t yb_acc_load(yb_db_t *db, const yb_acc_key_t *keys, size_t count, bool lock, yb_arena_t *arena, yb_acc_set_t *ret_set)
{
    yb_acc_set_t set = { 0 };
    yb_rows_t *rows = NULL;
    yb_acc_key_t *sorted = yb_arena_memdup(arena, keys, count * sizeof *keys);
    qsort(sorted, count, sizeof *sorted, key_order);
    yb_params_t *p = yb_params_create(arena, 3), *a = yb_params_create(arena, 2);
    for (size_t i = 0; i < count; i++) {
        if (i > 0 && key_order(&sorted[i - 1], &sorted[i]) == 0)
            continue;
        yb_params_text(p, sorted[i].psn_no);
        yb_params_text(p, sorted[i].insutype);
        yb_params_i64(p, sorted[i].year);
        yb_params_text(a, sorted[i].psn_no);
        yb_params_text(a, sorted[i].insutype);
    }
    yb_err_t err = yb_db_query_in(db, lock ? &sql_acc_lock : &sql_acc, NULL, p, arena, &rows);
    if (err != YB_OK)
        return err;
    take_accs(rows, arena, &set);
    err = load_chronics(db, sorted, count, lock, arena, &set);
    if (err == YB_OK)
        err = yb_db_query_in(db, lock ? &sql_account_lock : &sql_account, NULL, a, arena, &rows);
    if (err != YB_OK)
        return err;
    take_accounts(rows, arena, &set.accounts, &set.account_count);
    *ret_set = set;
    return YB_OK;
}

yb_acc_t *yb_acc_find(yb_acc_set_t *set, const char *psn_no, const char *insutype, int year)
{
    for (size_t i = 0; i < set->acc_count; i++) {
        yb_acc_t *a = &set->accs[i];
        if (a->year == year && strcmp(a->psn_no, psn_no) == 0 && strcmp(a->insutype, insutype) == 0)
            return a;
    }
    return NULL;
}

yb_chronic_t *yb_chronic_find(yb_acc_set_t *set, const char *psn_no, const char *insutype, int year, const char *dise_codg)
{
    for (size_t i = 0; i < set->chronic_count; i++) {
        yb_chronic_t *c = &set->chronics[i];
        if (c->year == year && strcmp(c->dise_codg, dise_codg) == 0 && strcmp(c->psn_no, psn_no) == 0 && strcmp(c->insutype, insutype) == 0)
            return c;
    }
    return NULL;
}

yb_account_t *yb_account_find(yb_acc_set_t *set, const char *psn_no, const char *insutype)
{
    for (size_t i = 0; i < set->account_count; i++)
        if (strcmp(set->accounts[i].psn_no, psn_no) == 0 && strcmp(set->accounts[i].insutype, insutype) == 0)
            return &set->accounts[i];
    return NULL;
}

/* ---- writing ---- */

static yb_err_t put_accs(yb_db_t *db, const yb_acc_set_t *set, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 11);
    for (size_t i = 0; i < set->acc_count; i++) {
        const yb_acc_t *a = &set->accs[i];
        if (!a->changed)
            continue;
        yb_params_i64(p, a->stays);
        yb_params_i64(p, a->pool_fen);
        yb_params_i64(p, a->burden_fen);
        yb_params_i64(p, a->dabing_fen);
        yb_params_i64(p, a->jiuzhu_fen);
        yb_params_i64(p, a->own136_fen);
        yb_params_i64(p, a->opt_fund_fen);
        yb_params_i64(p, a->opt_dedc_fen);
        yb_params_text(p, a->psn_no);
        yb_params_text(p, a->insutype);
        yb_params_i64(p, a->year);
    }
    return yb_db_execute(db, &sql_acc_put, p, NULL);
}

yb_err_t yb_acc_put(yb_db_t *db, const yb_acc_set_t *set, yb_arena_t *arena)
{
    yb_err_t err = put_accs(db, set, arena);
    yb_params_t *c = yb_params_create(arena, 5), *a = yb_params_create(arena, 3);
    for (size_t i = 0; i < set->chronic_count; i++) {
        if (!set->chronics[i].changed)
            continue;
        yb_params_i64(c, set->chronics[i].fund_fen);
        yb_params_text(c, set->chronics[i].psn_no);
        yb_params_text(c, set->chronics[i].insutype);
        yb_params_i64(c, set->chronics[i].year);
        yb_params_text(c, set->chronics[i].dise_codg);
    }
    for (size_t i = 0; i < set->account_count; i++) {
        if (!set->accounts[i].changed)
            continue;
        yb_params_i64(a, set->accounts[i].balc_fen);
        yb_params_text(a, set->accounts[i].psn_no);
        yb_params_text(a, set->accounts[i].insutype);
    }
    if (err == YB_OK)
        err = yb_db_execute(db, &sql_chronic_put, c, NULL);
    return err != YB_OK ? err : yb_db_execute(db, &sql_account_put, a, NULL);
}

/* ---- queries ---- */

yb_err_t yb_acc_list(yb_db_t *db, const char *psn_no, yb_arena_t *arena, yb_acc_set_t *ret_set)
{
    yb_acc_set_t set = { 0 };
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_text(p, psn_no);
    yb_err_t err = yb_db_query(db, &sql_acc_person, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    take_accs(rows, arena, &set);
    err = yb_db_query(db, &sql_chronic_person, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    take_chronics(rows, arena, &set);
    *ret_set = set;
    return YB_OK;
}

yb_err_t yb_account_list(yb_db_t *db, const char *const *psn_nos, size_t count, yb_arena_t *arena, yb_account_t **ret_accounts, size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_account_persons, NULL, yb_params_texts(arena, psn_nos, count), arena, &rows);
    if (err == YB_OK)
        take_accounts(rows, arena, ret_accounts, ret_count);
    return err;
}

yb_err_t yb_account_open(yb_db_t *db, const yb_account_t *accounts, size_t count, yb_arena_t *arena)
{
    yb_params_t *p = yb_params_create(arena, 6);
    for (const yb_account_t *account = accounts; account < accounts + count; account++) {
        yb_params_text(p, account->psn_no);
        yb_params_text(p, account->insutype);
        yb_params_i64(p, account->poolarea);
        yb_params_i64(p, account->opening_fen);
        yb_params_i64(p, account->balc_fen);
        yb_params_i64(p, account->opened_us);
    }
    return yb_db_execute(db, &sql_account_open, p, NULL);
}

yb_err_t yb_account_count(yb_db_t *db, uint64_t *ret_count, yb_fen_t *ret_balc_fen, yb_arena_t *arena)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_account_count, NULL, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    *ret_count = (uint64_t)yb_rows_i64(rows, 0, 0);
    *ret_balc_fen = yb_rows_i64(rows, 0, 1);
    return YB_OK;
}
