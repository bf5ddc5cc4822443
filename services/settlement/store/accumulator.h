/* Tables accumulator, chronic_fund, account: what a person has used up in a year, and owns. Rows are made before they
 * are locked (PITFALLS: FOR UPDATE on a missing row takes a gap lock and deadlocks). Text is borrowed. */
#ifndef SETTLEMENT_STORE_ACCUMULATOR_H
#define SETTLEMENT_STORE_ACCUMULATOR_H

#include "libcommon/day.h"
#include "libcommon/db.h"
#include "libcommon/money.h"

typedef struct yb_acc_key {
    const char *psn_no, *insutype;
    int year;
    const char *dise_codg;           /* chronic only; "" = none */
    int32_t poolarea;                /* for making the row */
} yb_acc_key_t;

/* What a person has used up; `chronic_fen` of one disease. */
typedef struct yb_acc {
    const char *psn_no, *insutype;
    int year;
    int32_t stays;
    yb_fen_t pool_fen, burden_fen, dabing_fen, jiuzhu_fen, own136_fen, opt_fund_fen, opt_dedc_fen;
    bool changed;
} yb_acc_t;

typedef struct yb_chronic {
    const char *psn_no, *insutype, *dise_codg;
    int year;
    yb_fen_t fund_fen;
    bool changed;
} yb_chronic_t;

typedef struct yb_account {
    const char *psn_no, *insutype;
    int32_t poolarea;
    yb_fen_t opening_fen, balc_fen;
    int64_t opened_us;
    bool changed;
} yb_account_t;

/* Makes the rows that are missing (INSERT IGNORE, bulk), outside or inside a transaction. Keys with dise_codg make
 * their chronic row too. */
YB_CHECK yb_err_t yb_accumulator_ensure_many(yb_db_t *db, const yb_acc_key_t *keys, size_t count, yb_arena_t *arena);
YB_CHECK yb_err_t yb_accumulator_ensure(yb_db_t *db, const char *psn_no, const char *insutype, int year,
                                        int32_t poolarea);

/* All of these persons' rows in key order. lock = FOR UPDATE (inside a transaction). Only keys with dise_codg load
 * chronic rows. Rows may be absent when not locked (pre-settlement of somebody new): then the finders give NULL = all
 * zeros. */
typedef struct yb_acc_set {
    yb_acc_t *accs; size_t acc_count;
    yb_chronic_t *chronics; size_t chronic_count;
    yb_account_t *accounts; size_t account_count;
} yb_acc_set_t;
YB_CHECK yb_err_t yb_acc_load(yb_db_t *db, const yb_acc_key_t *keys, size_t count, bool lock, yb_arena_t *arena,
                              yb_acc_set_t *ret_set);
yb_acc_t *yb_acc_find(yb_acc_set_t *set, const char *psn_no, const char *insutype, int year);
yb_chronic_t *yb_chronic_find(yb_acc_set_t *set, const char *psn_no, const char *insutype, int year,
                              const char *dise_codg);
yb_account_t *yb_account_find(yb_acc_set_t *set, const char *psn_no, const char *insutype);
/* Writes the rows marked `changed`, bulk. */
YB_CHECK yb_err_t yb_acc_put(yb_db_t *db, const yb_acc_set_t *set, yb_arena_t *arena);

/* All years of one person (5206); accounts of many persons (1101). */
YB_CHECK yb_err_t yb_acc_list(yb_db_t *db, const char *psn_no, yb_arena_t *arena, yb_acc_set_t *ret_set);
YB_CHECK yb_err_t yb_account_list(yb_db_t *db, const char *const *psn_nos, size_t count, yb_arena_t *arena,
                                  yb_account_t **ret_accounts, size_t *ret_count);
/* Opens accounts, in bulk; YB_E_DB_DUPLICATE when there is one already. */
YB_CHECK yb_err_t yb_account_open(yb_db_t *db, const yb_account_t *accounts, size_t count, yb_arena_t *arena);
YB_CHECK yb_err_t yb_account_count(yb_db_t *db, uint64_t *ret_count, yb_fen_t *ret_balc_fen, yb_arena_t *arena);

#endif
