#include <check.h>
#include <string.h>

#include "libcommon/migrate.h"
#include "services/settlement/store/accumulator.h"
#include "services/settlement/store/journal.h"
#include "tests/support/mariadb.h"

extern const yb_migration_t yb_schema_settlement[];
extern const size_t yb_schema_settlement_count;

static yb_test_server_t *server;
static yb_arena_t *arena;
static yb_db_t *db, *other;
static yb_sm3_t *sm3;

static void setup(void)
{
    char detail[400] = "";
    const char *schema = yb_test_schema(server);
    arena = yb_arena_create(0);
    db = yb_test_db(server, schema);
    other = yb_test_db(server, schema);
    sm3 = yb_sm3_create();
    yb_err_t err = yb_migrate(db, "settlement", yb_schema_settlement, yb_schema_settlement_count, NULL, detail, sizeof detail);
    ck_assert_msg(err == YB_OK, "%s", detail);
}

static void teardown(void)
{
    yb_sm3_destroy(&sm3);
    yb_db_close(&db);
    yb_db_close(&other);
    yb_arena_destroy(&arena);
}

static yb_entry_t entry(int64_t subject, yb_fen_t amount_fen)
{
    yb_entry_t e = { .kind = YB_ENTRY_SETTLEMENT, .poolarea = 141100, .subject = subject, .day = 20250222, .time_us = 1000 + subject };
    yb_entry_post(&e, "390100", YB_LEDGER_BENEFIT, "H14110200101", YB_LEDGER_PAYABLE, "H14110200101", amount_fen);
    yb_entry_post(&e, "000000", YB_LEDGER_CASH_PAID, "P1", YB_LEDGER_CASH_TAKEN, "H14110200101", amount_fen / 3);
    return e;
}

static yb_err_t append(yb_db_t *on, yb_chain_t *chain, yb_entry_t *entries, size_t count)
{
    yb_chain_t next;
    ck_assert_int_eq(yb_db_begin(on), YB_OK);
    yb_err_t err = yb_journal_append(on, sm3, chain, entries, count, arena, &next);
    if (err == YB_OK)
        err = yb_db_commit(on);
    if (err == YB_OK)
        *chain = next;
    yb_db_rollback(on);
    return err;
}

static yb_err_t tamper(const char *sql)
{
    return yb_db_run(db, sql, strlen(sql));
}

START_TEST(chain_grows_and_reads_back)
{
    yb_chain_t chain, again;
    yb_entry_t entries[] = { entry(11, 900), entry(12, -600), entry(13, 0) }, *page = NULL;
    size_t n = 0;
    ck_assert_int_eq(yb_chain_load(db, 3, 1, arena, &chain), YB_OK);
    ck_assert_int_eq(chain.seq, 0);
    ck_assert_int_eq(append(db, &chain, entries, 3), YB_OK);
    ck_assert_int_eq(chain.seq, 3);
    ck_assert_int_eq(yb_chain_load(other, 3, 1, arena, &again), YB_OK);
    ck_assert_int_eq(again.seq, 3);
    ck_assert_mem_eq(again.hash, chain.hash, 32);
    ck_assert_int_eq(yb_journal_page(db, 3, 0, 100, arena, &page, &n), YB_OK);
    ck_assert_uint_eq(n, 3);
    ck_assert_uint_eq(page[0].leg_count, 4);
    ck_assert_uint_eq(page[2].leg_count, 0);                     /* nothing paid, nothing posted */
    ck_assert_int_eq(page[1].legs[0].credit_fen, 600);           /* negative amounts turn the sides round */
    uint8_t hash[32] = { 0 };
    for (size_t i = 0; i < n; i++) {
        yb_entry_hash(sm3, hash, &page[i], hash);
        ck_assert_mem_eq(hash, page[i].hash, 32);
    }
}
END_TEST

/* Every field that is hashed changes the hash; what an intruder changes in the tables is seen. */
START_TEST(a_changed_leg_breaks_the_chain)
{
    yb_chain_t chain;
    yb_entry_t e = entry(21, 900), *page = NULL;
    size_t n = 0;
    uint8_t hash[32], zeros[32] = { 0 };
    ck_assert_int_eq(yb_chain_load(db, 4, 1, arena, &chain), YB_OK);
    ck_assert_int_eq(append(db, &chain, &e, 1), YB_OK);
    ck_assert_int_eq(tamper("UPDATE journal_leg SET debit_fen = debit_fen + 1 WHERE lane = 4 AND n = 1"), YB_OK);
    ck_assert_int_eq(yb_journal_page(db, 4, 0, 10, arena, &page, &n), YB_OK);
    yb_entry_hash(sm3, zeros, &page[0], hash);
    ck_assert_mem_ne(hash, page[0].hash, 32);
    ck_assert_int_eq(tamper("UPDATE journal_leg SET debit_fen = debit_fen - 1 WHERE lane = 4 AND n = 1"), YB_OK);
    ck_assert_int_eq(tamper("UPDATE journal_leg SET party = 'H14110200102' WHERE lane = 4 AND n = 2"), YB_OK);
    ck_assert_int_eq(yb_journal_page(db, 4, 0, 10, arena, &page, &n), YB_OK);
    yb_entry_hash(sm3, zeros, &page[0], hash);
    ck_assert_mem_ne(hash, page[0].hash, 32);
}
END_TEST

START_TEST(who_overslept_is_refused)
{
    yb_chain_t old, taken;
    yb_entry_t first = entry(31, 900), second = entry(32, 900), third = entry(33, 900);
    ck_assert_int_eq(yb_chain_load(db, 5, 7, arena, &old), YB_OK);
    ck_assert_int_eq(yb_chain_load(other, 5, 8, arena, &taken), YB_OK);
    ck_assert_int_eq(append(other, &taken, &first, 1), YB_OK);
    ck_assert_int_eq(append(db, &old, &second, 1), YB_E_LANE_LOST);        /* the end has moved */
    ck_assert_int_eq(yb_chain_load(db, 5, 7, arena, &old), YB_E_LANE_LOST); /* and with an older fence it is not to be had again */
    ck_assert_int_eq(append(other, &taken, &third, 1), YB_OK);
    ck_assert_int_eq(taken.seq, 2);
}
END_TEST

START_TEST(a_subject_is_booked_once)
{
    yb_chain_t chain;
    yb_entry_t once = entry(41, 900), twice = entry(41, 900);
    ck_assert_int_eq(yb_chain_load(db, 6, 1, arena, &chain), YB_OK);
    ck_assert_int_eq(append(db, &chain, &once, 1), YB_OK);
    ck_assert_int_eq(append(db, &chain, &twice, 1), YB_E_DB_DUPLICATE);
    yb_chain_t again;
    ck_assert_int_eq(yb_chain_load(db, 6, 1, arena, &again), YB_OK);
    ck_assert_int_eq(again.seq, 1);                               /* rolled back whole: the head did not move */
}
END_TEST

START_TEST(accumulators_lock_and_write)
{
    yb_acc_key_t keys[] = { { "P2", "310", 2025, "M03900", 141100 }, { "P1", "390", 2025, "", 141100 }, { "P1", "390", 2024, "", 141100 } };
    yb_acc_set_t set;
    ck_assert_int_eq(yb_acc_load(db, keys, 3, false, arena, &set), YB_OK);
    ck_assert_ptr_null(yb_acc_find(&set, "P1", "390", 2025));
    ck_assert_int_eq(yb_accumulator_ensure_many(db, keys, 3, arena), YB_OK);
    ck_assert_int_eq(yb_accumulator_ensure_many(db, keys, 3, arena), YB_OK);   /* again changes nothing */
    yb_account_t account = { .psn_no = "P2", .insutype = "310", .poolarea = 141100, .opening_fen = 500, .balc_fen = 500, .opened_us = 1 };
    ck_assert_int_eq(yb_account_open(db, &account, 1, arena), YB_OK);
    ck_assert_int_eq(yb_account_open(db, &account, 1, arena), YB_E_DB_DUPLICATE);
    ck_assert_int_eq(yb_db_begin(db), YB_OK);
    ck_assert_int_eq(yb_acc_load(db, keys, 3, true, arena, &set), YB_OK);
    ck_assert_uint_eq(set.acc_count, 3);
    ck_assert_uint_eq(set.chronic_count, 1);
    yb_acc_t *a = yb_acc_find(&set, "P1", "390", 2025);
    a->pool_fen = 77;
    a->changed = true;
    set.chronics[0].fund_fen = 88;
    set.chronics[0].changed = true;
    set.accounts[0].balc_fen = 99;
    set.accounts[0].changed = true;
    ck_assert_int_eq(yb_acc_put(db, &set, arena), YB_OK);
    ck_assert_int_eq(yb_db_commit(db), YB_OK);
    ck_assert_int_eq(yb_acc_load(other, keys, 3, false, arena, &set), YB_OK);
    ck_assert_int_eq(yb_acc_find(&set, "P1", "390", 2025)->pool_fen, 77);
    ck_assert_int_eq(yb_acc_find(&set, "P1", "390", 2024)->pool_fen, 0);
    ck_assert_int_eq(yb_chronic_find(&set, "P2", "310", 2025, "M03900")->fund_fen, 88);
    ck_assert_int_eq(yb_account_find(&set, "P2", "310")->balc_fen, 99);
}
END_TEST

int main(void)
{
    server = yb_test_server();
    Suite *suite = suite_create("journal");
    TCase *tcase = tcase_create("journal");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_add_test(tcase, chain_grows_and_reads_back);
    tcase_add_test(tcase, a_changed_leg_breaks_the_chain);
    tcase_add_test(tcase, who_overslept_is_refused);
    tcase_add_test(tcase, a_subject_is_booked_once);
    tcase_add_test(tcase, accumulators_lock_and_write);
    suite_add_tcase(suite, tcase);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
