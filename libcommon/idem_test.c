#include <check.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "idem.h"
#include "migrate.h"
#include "tests/support/mariadb.h"

static yb_test_server_t *server;
static yb_arena_t *arena;
static const char *schema;
static yb_db_t *db, *other;

static void setup(void)
{
    char detail[200];
    schema = yb_test_schema(server);
    arena = yb_arena_create(0);
    db = yb_test_db(server, schema);
    other = yb_test_db(server, schema);
    ck_assert_msg(yb_migrate(db, "test", NULL, 0, NULL, detail, sizeof detail) == YB_OK, "%s", detail);
}

static void teardown(void)
{
    yb_db_close(&db);
    yb_db_close(&other);
    yb_arena_destroy(&arena);
}

static const uint8_t *fill(int seed, size_t size)
{
    uint8_t *bytes = yb_arena_alloc(arena, size);
    memset(bytes, 0, size);
    bytes[0] = (uint8_t)seed;
    bytes[size - 1] = (uint8_t)(seed >> 8);
    return bytes;
}

static yb_idem_t entry(int key, int hash, const char *reply)
{
    return (yb_idem_t){ .key = fill(key, YB_IDEM_KEY), .hash = fill(hash, YB_IDEM_HASH),
                        .reply = (const uint8_t *)reply, .reply_len = reply != NULL ? strlen(reply) : 0 };
}

static void store(yb_db_t *on, const yb_idem_t *keys, size_t count, int64_t at_us)
{
    ck_assert_int_eq(yb_db_begin(on), YB_OK);
    ck_assert_int_eq(yb_idem_store(on, keys, count, at_us, arena), YB_OK);
    ck_assert_int_eq(yb_db_commit(on), YB_OK);
}

START_TEST(every_state_and_hash)
{
    yb_idem_t done[] = { entry(1, 11, "answer one"), entry(2, 12, ""), entry(3, 13, NULL) };
    store(db, done, 3, 1000);
    yb_idem_t ask[] = { entry(9, 11, NULL), entry(1, 11, NULL), entry(1, 99, NULL),
                        entry(2, 12, NULL), entry(3, 12, NULL), entry(1, 11, NULL) };
    uint64_t trips = 0;
    ck_assert_int_eq(yb_idem_find(db, ask, 6, arena), YB_OK);
    trips = yb_db_round_trips(db);
    ck_assert_int_eq(yb_idem_find(db, ask, 6, arena), YB_OK);
    ck_assert_uint_eq(yb_db_round_trips(db) - trips, 1);
    ck_assert_int_eq(ask[0].state, YB_IDEM_NEW);
    ck_assert_int_eq(ask[1].state, YB_IDEM_DONE);
    ck_assert_uint_eq(ask[1].reply_len, 10);
    ck_assert_mem_eq(ask[1].reply, "answer one", 10);
    ck_assert_int_eq(ask[2].state, YB_IDEM_CONFLICT);
    ck_assert_ptr_null(ask[2].reply);
    ck_assert_int_eq(ask[3].state, YB_IDEM_DONE);
    ck_assert_uint_eq(ask[3].reply_len, 0);
    ck_assert_int_eq(ask[4].state, YB_IDEM_CONFLICT);
    ck_assert_int_eq(ask[5].state, YB_IDEM_DONE);
    ck_assert_int_eq(yb_idem_find(db, ask, 0, arena), YB_OK);
}
END_TEST

START_TEST(what_rolls_back_was_never_there)
{
    yb_idem_t key = entry(1, 1, "x");
    ck_assert_int_eq(yb_db_begin(db), YB_OK);
    ck_assert_int_eq(yb_idem_store(db, &key, 1, 1, arena), YB_OK);
    yb_db_rollback(db);
    ck_assert_int_eq(yb_idem_find(db, &key, 1, arena), YB_OK);
    ck_assert_int_eq(key.state, YB_IDEM_NEW);
}
END_TEST

START_TEST(one_of_a_batch_known_fails_the_batch)
{
    yb_idem_t first = entry(5, 5, "first"), batch[64];
    store(other, &first, 1, 1);
    for (int i = 0; i < 64; i++)
        batch[i] = entry(i, i, "batch");
    ck_assert_int_eq(yb_db_begin(db), YB_OK);
    ck_assert_int_eq(yb_idem_store(db, batch, 64, 2, arena), YB_E_DB_DUPLICATE);
    yb_db_rollback(db);
    ck_assert_int_eq(yb_idem_find(db, batch, 64, arena), YB_OK);
    for (int i = 0; i < 64; i++)
        ck_assert_int_eq(batch[i].state, i == 5 ? YB_IDEM_DONE : YB_IDEM_NEW);
    ck_assert_mem_eq(batch[5].reply, "first", 5);
}
END_TEST

/* The second waits for the first's transaction, then finds its reply. */
START_TEST(in_flight_elsewhere_waits_for_the_outcome)
{
    for (int commit = 0; commit < 2; commit++) {
        yb_idem_t mine = entry(40 + commit, 7, "mine");
        ck_assert_int_eq(yb_db_begin(db), YB_OK);
        ck_assert_int_eq(yb_idem_store(db, &mine, 1, 1, arena), YB_OK);
        int started[2];
        ck_assert_int_eq(pipe(started), 0);
        pid_t pid = fork();
        if (pid == 0) {
            yb_db_t *own = yb_test_db(server, schema);
            if (yb_db_begin(own) != YB_OK || write(started[1], "x", 1) != 1)
                _exit(99);
            yb_err_t err = yb_idem_store(own, &mine, 1, 2, arena);
            if (err == YB_E_DB_DUPLICATE) {
                yb_db_rollback(own);
                _exit(yb_idem_find(own, &mine, 1, arena) == YB_OK && mine.state == YB_IDEM_DONE ? 1 : 98);
            }
            _exit(err == YB_OK && yb_db_commit(own) == YB_OK ? 0 : 97);
        }
        char c;
        ck_assert_int_eq(read(started[0], &c, 1), 1);
        static const yb_sql_t waits = { "waits", "SELECT CAST(variable_value AS SIGNED) FROM "
            "information_schema.global_status WHERE variable_name = 'INNODB_ROW_LOCK_CURRENT_WAITS'" };
        yb_rows_t *rows = NULL;
        for (int64_t n = 0; n == 0; n = yb_rows_i64(rows, 0, 0))
            ck_assert_int_eq(yb_db_query(other, &waits, NULL, arena, 1, &rows), YB_OK);
        if (commit)
            ck_assert_int_eq(yb_db_commit(db), YB_OK);
        else
            yb_db_rollback(db);
        int status = 0;
        ck_assert_int_eq(waitpid(pid, &status, 0), pid);
        ck_assert(WIFEXITED(status));
        ck_assert_int_eq(WEXITSTATUS(status), commit);
    }
}
END_TEST

START_TEST(pruning_takes_the_oldest_and_no_more_than_asked)
{
    for (int i = 0; i < 10; i++) {
        yb_idem_t key = entry(i, i, "x");
        store(db, &key, 1, 100 + i);
    }
    uint64_t gone = 0;
    ck_assert_int_eq(yb_idem_prune(db, 105, 3, &gone), YB_OK);
    ck_assert_uint_eq(gone, 3);
    ck_assert_int_eq(yb_idem_prune(db, 105, 100, &gone), YB_OK);
    ck_assert_uint_eq(gone, 2);
    yb_idem_t ask[] = { entry(4, 4, NULL), entry(5, 5, NULL) };
    ck_assert_int_eq(yb_idem_find(db, ask, 2, arena), YB_OK);
    ck_assert_int_eq(ask[0].state, YB_IDEM_NEW);
    ck_assert_int_eq(ask[1].state, YB_IDEM_DONE);
}
END_TEST

int main(void)
{
    server = yb_test_server();
    TCase *c = tcase_create("idem");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, every_state_and_hash);
    tcase_add_test(c, what_rolls_back_was_never_there);
    tcase_add_test(c, one_of_a_batch_known_fails_the_batch);
    tcase_add_test(c, in_flight_elsewhere_waits_for_the_outcome);
    tcase_add_test(c, pruning_takes_the_oldest_and_no_more_than_asked);
    Suite *s = suite_create("idem");
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
