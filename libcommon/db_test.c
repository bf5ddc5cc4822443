#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "db.h"
#include "tests/support/mariadb.h"

static yb_test_server_t *server;
static yb_arena_t *arena;
static const char *schema;
static yb_db_t *db, *other;

static void ok_at(yb_err_t err, const yb_db_t *on, int line)
{
    if (err != YB_OK)
        ck_abort_msg("line %d: %s (%u %s)", line, yb_err_name(err), yb_db_error_number(on),
                     yb_db_error_text(on));
}
#define OK(call) ok_at((call), db, __LINE__)
#define OTHER_OK(call) ok_at((call), other, __LINE__)

static void run(yb_db_t *on, const char *text) { ok_at(yb_db_run(on, text, strlen(text)), on, __LINE__); }

static void setup(void)
{
    schema = yb_test_schema(server);
    arena = yb_arena_create(0);
    db = yb_test_db(server, schema);
    other = yb_test_db(server, schema);
    run(db, "CREATE TABLE item (id BIGINT NOT NULL PRIMARY KEY, tiny TINYINT, small SMALLINT UNSIGNED, mid "
            "INT, big BIGINT, "
            "ubig BIGINT UNSIGNED, name VARCHAR(60), code CHAR(4) CHARACTER SET ascii, raw VARBINARY(64), "
            "note MEDIUMTEXT)");
    run(db, "CREATE TABLE pair (a BIGINT NOT NULL, b VARCHAR(20) CHARACTER SET ascii NOT NULL, v BIGINT NOT "
            "NULL, "
            "PRIMARY KEY (a, b))");
}

static void teardown(void)
{
    yb_db_close(&db);
    yb_db_close(&other);
    yb_arena_destroy(&arena);
}

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static const yb_sql_t sql_insert = {
    "item.insert",
    "INSERT INTO item (id, tiny, small, mid, big, ubig, name, code, raw, note) VALUES (?,?,?,?,?,?,?,?,?,?)"
};
static const yb_sql_t sql_all = { "item.all",
    "SELECT id, tiny, small, mid, big, ubig, name, code, raw, note FROM item ORDER BY id" };
static const yb_sql_t sql_in = { "item.in",
                                 "SELECT id, mid FROM item WHERE mid >= ? AND id IN (?*) ORDER BY id" };
static const yb_sql_t sql_pair = { "pair.put", "INSERT INTO pair (a, b, v) VALUES (?, ?, ?)" };
static const yb_sql_t sql_pairs = { "pair.in", "SELECT a, b, v FROM pair WHERE (a, b) IN (?*)" };
static const yb_sql_t sql_add = { "item.add", "UPDATE item SET mid = mid + ? WHERE id = ?" };
static const yb_sql_t sql_set = { "item.set", "UPDATE item SET mid = ? WHERE id = ?" };
static const yb_sql_t sql_delete = { "item.delete", "DELETE FROM item WHERE id = ?" };
static const yb_sql_t sql_lock = { "item.lock", "SELECT id FROM item WHERE id = ? FOR UPDATE" };
static const yb_sql_t sql_count = { "item.count", "SELECT COUNT(*), SUM(mid) FROM item" };
static const yb_sql_t sql_id = { "connection", "SELECT CONNECTION_ID()" };

static yb_params_t *one(int64_t value)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, value);
    return p;
}

static yb_params_t *two(int64_t a, int64_t b)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, a);
    yb_params_i64(p, b);
    return p;
}

/* Rows id = 0..n-1, mid = id * 2; every third has NULLs; names of growing length. */
static yb_params_t *items(size_t from, size_t n)
{
    yb_params_t *p = yb_params_create(arena, 10);
    for (size_t i = from; i < from + n; i++) {
        bool null = i % 3 == 0;
        yb_params_i64(p, (int64_t)i);
        null ? yb_params_null(p) : yb_params_i64(p, -(int64_t)(i % 100));
        yb_params_i64(p, 65535);
        yb_params_i64(p, (int64_t)i * 2);
        null ? yb_params_null(p) : yb_params_i64(p, INT64_MIN + (int64_t)i);
        yb_params_u64(p, UINT64_MAX - i);
        null ? yb_params_null(p) : yb_params_textn(p, "𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷𠮷", 4 * (i % 11));
        yb_params_text(p, "ab");
        null ? yb_params_null(p) : yb_params_bytes(p, "\0\1\2\377", i % 5);
        yb_params_null(p);
    }
    return p;
}

static int64_t count_items(yb_db_t *on)
{
    yb_rows_t *rows = NULL;
    ok_at(yb_db_query(on, &sql_count, NULL, arena, 1, &rows), on, __LINE__);
    return yb_rows_i64(rows, 0, 0);
}

START_TEST(types_and_nulls_survive_the_way_there_and_back)
{
    char *note = malloc(300000);
    memset(note, 'x', 299999);
    note[299999] = '\0';
    yb_params_t *p = yb_params_create(arena, 10);
    yb_params_i64(p, -7);
    yb_params_i64(p, -128);
    yb_params_i64(p, 65535);
    yb_params_i64(p, INT32_MIN);
    yb_params_i64(p, INT64_MAX);
    yb_params_u64(p, UINT64_MAX);
    yb_params_text(p, "𠮷野家 㐂 'q\\'");
    yb_params_text(p, "");
    yb_params_bytes(p, "\0\xff\0", 3);
    yb_params_text(p, note);
    yb_params_i64(p, 1);
    for (int i = 0; i < 9; i++)
        yb_params_null(p);
    uint64_t affected = 0;
    OK(yb_db_execute(db, &sql_insert, p, &affected));
    ck_assert_uint_eq(affected, 2);
    yb_rows_t *r = NULL;
    OK(yb_db_query(db, &sql_all, NULL, arena, 0, &r));
    ck_assert_uint_eq(yb_rows_count(r), 2);
    ck_assert_int_eq(yb_rows_i64(r, 0, 0), -7);
    ck_assert_int_eq(yb_rows_i64(r, 0, 1), -128);
    ck_assert_int_eq(yb_rows_i64(r, 0, 2), 65535);
    ck_assert_int_eq(yb_rows_i64(r, 0, 3), INT32_MIN);
    ck_assert_int_eq(yb_rows_i64(r, 0, 4), INT64_MAX);
    ck_assert_uint_eq((uint64_t)yb_rows_i64(r, 0, 5), UINT64_MAX);
    ck_assert_str_eq(yb_rows_text(r, 0, 6), "𠮷野家 㐂 'q\\'");
    ck_assert(!yb_rows_is_null(r, 0, 7));
    ck_assert_str_eq(yb_rows_text(r, 0, 7), "");
    size_t len = 0;
    ck_assert_mem_eq(yb_rows_bytes(r, 0, 8, &len), "\0\xff\0", 3);
    ck_assert_uint_eq(len, 3);
    ck_assert_str_eq(yb_rows_text(r, 0, 9), note);
    for (size_t c = 1; c < 10; c++)
        ck_assert(yb_rows_is_null(r, 1, c));
    ck_assert_int_eq(yb_rows_i64(r, 1, 4), 0);
    ck_assert_str_eq(yb_rows_text(r, 1, 6), "");
    free(note);
}
END_TEST

START_TEST(sums_come_as_numbers_and_floats_are_refused)
{
    static const yb_sql_t sums = { "sums",
                                   "SELECT SUM(v), SUM(v) * -1, SUM(v) * 1000, NULL, AVG(v) FROM pair" };
    static const yb_sql_t floats = { "floats", "SELECT 1, 1.5e0" };
    static const yb_sql_t day = { "day", "SELECT CURRENT_DATE" };
    static const yb_sql_t plain = { "plain", "SELECT 41 + ?" };
    run(db, "INSERT INTO pair VALUES (1, 'a', 9223372036854775000), (1, 'b', 807)");
    yb_rows_t *r = NULL;
    ck_assert_int_eq(yb_db_query(db, &sums, NULL, arena, 0, &r),
                     YB_E_DB_ERROR); /* the third is above 63 bits */
    run(db, "UPDATE pair SET v = v DIV 1000");
    OK(yb_db_query(db, &sums, NULL, arena, 0, &r));
    ck_assert_int_eq(yb_rows_i64(r, 0, 0), 9223372036854775);
    ck_assert_int_eq(yb_rows_i64(r, 0, 1), -9223372036854775);
    ck_assert_int_eq(yb_rows_i64(r, 0, 2), 9223372036854775000);
    ck_assert(yb_rows_is_null(r, 0, 3));
    ck_assert_str_eq(yb_rows_text(r, 0, 4), "4611686018427387.5000");
    ck_assert_int_eq(yb_db_query(db, &floats, NULL, arena, 0, &r), YB_E_DB_ERROR);
    ck_assert_int_eq(yb_db_query(db, &day, NULL, arena, 0, &r), YB_E_DB_ERROR);
    OK(yb_db_query(db, &plain, one(1), arena, 0, &r));
    ck_assert_int_eq(yb_rows_i64(r, 0, 0), 42);
}
END_TEST

START_TEST(a_thousand_rows_go_in_one_round_trip)
{
    uint64_t affected = 0, trips = 0;
    OK(yb_db_execute(db, &sql_insert, items(0, 2), NULL));      /* prepares */
    trips = yb_db_round_trips(db);
    OK(yb_db_execute(db, &sql_insert, items(2, 998), &affected));
    ck_assert_uint_eq(yb_db_round_trips(db) - trips, 1);
    ck_assert_uint_eq(affected, 998);
    yb_rows_t *r = NULL;
    OK(yb_db_query(db, &sql_all, NULL, arena, 0, &r));
    ck_assert_uint_eq(yb_rows_count(r), 1000);
    for (size_t i = 0; i < 1000; i++) {
        bool null = i % 3 == 0;
        ck_assert_int_eq(yb_rows_i64(r, i, 0), (int64_t)i);
        ck_assert_int_eq(yb_rows_is_null(r, i, 1), null);
        ck_assert_int_eq(yb_rows_i64(r, i, 1), null ? 0 : -(int64_t)(i % 100));
        ck_assert_int_eq(yb_rows_i64(r, i, 4), null ? 0 : INT64_MIN + (int64_t)i);
        ck_assert_uint_eq((uint64_t)yb_rows_i64(r, i, 5), UINT64_MAX - i);
        ck_assert_uint_eq(strlen(yb_rows_text(r, i, 6)), null ? 0 : 4 * (i % 11));
        size_t len = 99;
        const uint8_t *raw = yb_rows_bytes(r, i, 8, &len);
        ck_assert_uint_eq(len, null ? 0 : i % 5);
        ck_assert_mem_eq(raw, "\0\1\2\377", len);
    }
    yb_params_t *p = yb_params_create(arena, 2);
    for (int64_t i = 0; i < 1000; i++) {
        yb_params_i64(p, 5);
        yb_params_i64(p, i);
    }
    OK(yb_db_execute(db, &sql_set, p, &affected));
    ck_assert_uint_eq(affected, 1000);
    OK(yb_db_execute(db, &sql_set, p, &affected));
    ck_assert_uint_eq(affected, 1000);                            /* matched, though unchanged */
    OK(yb_db_query(db, &sql_count, NULL, arena, 1, &r));
    ck_assert_int_eq(yb_rows_i64(r, 0, 1), 5000);
    p = yb_params_create(arena, 1);
    for (int64_t i = 0; i < 500; i++)
        yb_params_i64(p, i);
    OK(yb_db_execute(db, &sql_delete, p, &affected));
    ck_assert_uint_eq(affected, 500);
    OK(yb_db_execute(db, &sql_delete, yb_params_create(arena, 1), &affected));
    ck_assert_uint_eq(affected, 0);
    ck_assert_int_eq(count_items(db), 500);
}
END_TEST

START_TEST(large_bulk_is_split_by_bytes)
{
    static const yb_sql_t put = { "note.put", "INSERT INTO item (id, note) VALUES (?, ?)" };
    size_t size = 3u << 20;
    char *note = malloc(size);
    memset(note, 'n', size);
    yb_params_t *p = yb_params_create(arena, 2);
    for (int64_t i = 0; i < 7; i++) {
        yb_params_i64(p, i);
        yb_params_textn(p, note, size);
    }
    uint64_t trips = 0, affected = 0;
    OK(yb_db_begin(db));
    trips = yb_db_round_trips(db);
    OK(yb_db_execute(db, &put, p, &affected));
    ck_assert_uint_eq(affected, 7);
    ck_assert_uint_eq(yb_db_round_trips(db) - trips, 1 + 4);      /* two rows of 3 MiB in a message of 8 */
    OK(yb_db_commit(db));
    ck_assert_int_eq(count_items(db), 7);
    free(note);
}
END_TEST

/* n keys, of which the first and last exist. */
START_TEST(in_lists_of_every_size)
{
    static const size_t sizes[] = { 0, 1, 2, 3, 64, 255, 256, 257, 1000 };
    static const size_t statements[] = { 0, 1, 1, 1, 1, 1, 1, 2, 4 };
    OK(yb_db_execute(db, &sql_insert, items(0, 1000), NULL));
    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        yb_params_t *keys = yb_params_create(arena, 1);
        for (size_t i = 0; i < sizes[s]; i++)
            yb_params_i64(keys, (int64_t)i * 3);
        size_t expect = 0;
        for (size_t i = 0; i < sizes[s]; i++)
            expect += i * 3 < 1000 && i * 6 >= 6;
        uint64_t trips = 0;
        yb_rows_t *r = NULL;
        for (int warm = 0; warm < 2; warm++) {
            trips = yb_db_round_trips(db);
            OK(yb_db_query_in(db, &sql_in, one(6), keys, arena, &r));
        }
        ck_assert_uint_eq(yb_db_round_trips(db) - trips, statements[s]);
        ck_assert_uint_eq(yb_rows_count(r), expect);
        for (size_t i = 0; i < expect; i++)
            ck_assert_int_eq(yb_rows_i64(r, i, 0), (int64_t)(i + 1) * 3);
    }
}
END_TEST

/* Given backwards and twice: a list of several statements still answers each row once, in the order of its key. */
START_TEST(ids_are_asked_for_in_order_and_once)
{
    static const yb_sql_t in = { "item.ids", "SELECT id FROM item WHERE id IN (?*)" };
    int64_t ids[1000];
    OK(yb_db_execute(db, &sql_insert, items(0, 500), NULL));
    for (int64_t i = 0; i < 1000; i++)
        ids[i] = 499 - i / 2;
    yb_params_t *keys = yb_params_ids(arena, ids, 1000);
    ck_assert_uint_eq(yb_params_rows(keys), 500);
    yb_rows_t *r = NULL;
    OK(yb_db_query_in(db, &in, NULL, keys, arena, &r));
    ck_assert_uint_eq(yb_rows_count(r), 500);
    for (size_t i = 0; i < 500; i++)
        ck_assert_int_eq(yb_rows_i64(r, i, 0), (int64_t)i);
    ck_assert_int_eq(ids[0], 499);
    ck_assert_uint_eq(yb_params_rows(yb_params_ids(arena, NULL, 0)), 0);
    yb_arena_t *small = yb_arena_create(2048);           /* room for the list, not for its copy */
    ck_assert_int_eq(yb_db_query_in(db, &in, NULL, yb_params_ids(small, ids, 1000), arena, &r), YB_E_NO_MEMORY);
    yb_arena_destroy(&small);
}
END_TEST

START_TEST(in_lists_of_tuples)
{
    yb_params_t *p = yb_params_create(arena, 3);
    for (int64_t i = 0; i < 300; i++) {
        yb_params_i64(p, i / 10);
        yb_params_text(p, yb_arena_printf(arena, "k%d", (int)(i % 10)));
        yb_params_i64(p, i);
    }
    OK(yb_db_execute(db, &sql_pair, p, NULL));
    yb_params_t *keys = yb_params_create(arena, 2);
    for (int64_t i = 0; i < 300; i += 7) {
        yb_params_i64(keys, i / 10);
        yb_params_text(keys, yb_arena_printf(arena, "k%d", (int)(i % 10)));
    }
    yb_params_i64(keys, 0);
    yb_params_text(keys, "k99");
    yb_rows_t *r = NULL;
    OK(yb_db_query_in(db, &sql_pairs, NULL, keys, arena, &r));
    ck_assert_uint_eq(yb_rows_count(r), 43);
    int64_t sum = 0;
    for (size_t i = 0; i < 43; i++) {
        int64_t v = yb_rows_i64(r, i, 2);
        ck_assert_int_eq(v % 7, 0);
        ck_assert_int_eq(yb_rows_i64(r, i, 0), v / 10);
        ck_assert_str_eq(yb_rows_text(r, i, 1), yb_arena_printf(arena, "k%d", (int)(v % 10)));
        sum += v;
    }
    ck_assert_int_eq(sum, 7 * 42 * 43 / 2);
}
END_TEST

START_TEST(results_are_bounded)
{
    OK(yb_db_execute(db, &sql_insert, items(0, 50), NULL));
    yb_rows_t *r = NULL;
    ck_assert_int_eq(yb_db_query(db, &sql_all, NULL, arena, 49, &r), YB_E_DB_ERROR);
    ck_assert_ptr_null(r);
    OK(yb_db_query(db, &sql_all, NULL, arena, 50, &r));
    ck_assert_uint_eq(yb_rows_count(r), 50);
    for (size_t budget = 64; budget < 20000; budget += budget / 4) {       /* fails in every place, or fits */
        yb_arena_t *small = yb_arena_create(budget);
        yb_rows_t *s = NULL;
        yb_err_t err = yb_db_query(db, &sql_all, NULL, small, 0, &s);
        ck_assert(err == YB_E_NO_MEMORY || (err == YB_OK && yb_rows_count(s) == 50));
        yb_params_t *p = yb_params_create(small, 3);
        for (int i = 0; i < 3000; i++)
            yb_params_i64(p, i);
        ck_assert_int_eq(yb_db_execute(db, &sql_pair, p, NULL), YB_E_NO_MEMORY);
        yb_arena_destroy(&small);
    }
    ck_assert_int_eq(count_items(db), 50);                                 /* the connection is in step */
}
END_TEST

START_TEST(a_duplicate_is_told_without_its_value)
{
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_i64(p, 1);
    yb_params_text(p, "14' for key 'x");
    yb_params_i64(p, 1);
    OK(yb_db_execute(db, &sql_pair, p, NULL));
    OK(yb_db_begin(db));
    ck_assert_int_eq(yb_db_execute(db, &sql_pair, p, NULL), YB_E_DB_DUPLICATE);
    ck_assert_uint_eq(yb_db_error_number(db), 1062);
    ck_assert_str_eq(yb_db_error_text(db), "pair.put: Duplicate entry '***' for key 'PRIMARY'");
    yb_params_i64(p, 2);
    yb_params_text(p, "b");
    yb_params_i64(p, 1);
    ck_assert_int_eq(yb_db_execute(db, &sql_pair, p, NULL), YB_E_DB_DUPLICATE);      /* in bulk */
    yb_db_rollback(db);
    static const yb_sql_t broken = { "broken", "SELEC 1" };
    yb_rows_t *r = NULL;
    ck_assert_int_eq(yb_db_query(db, &broken, NULL, arena, 0, &r), YB_E_DB_ERROR);
    ck_assert_uint_eq(yb_db_error_number(db), 1064);
    OK(yb_db_ping(db));
}
END_TEST

START_TEST(text_that_does_not_fit_is_refused_not_cut)
{
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_i64(p, 1);
    yb_params_text(p, "123456789012345678901");
    yb_params_i64(p, 1);
    ck_assert_int_eq(yb_db_execute(db, &sql_pair, p, NULL), YB_E_DB_ERROR);
    ck_assert_uint_eq(yb_db_error_number(db), 1406);
}
END_TEST

START_TEST(transactions_commit_and_roll_back)
{
    OK(yb_db_begin(db));
    ck_assert(yb_db_in_transaction(db));
    OK(yb_db_execute(db, &sql_insert, items(0, 3), NULL));
    ck_assert_int_eq(count_items(other), 0);
    yb_db_rollback(db);
    ck_assert(!yb_db_in_transaction(db));
    ck_assert_int_eq(count_items(db), 0);
    OK(yb_db_begin(db));
    ck_assert_int_eq(count_items(db), 0);
    OTHER_OK(yb_db_execute(other, &sql_insert, items(0, 3), NULL));
    ck_assert_int_eq(count_items(db), 3);                       /* READ COMMITTED */
    OK(yb_db_commit(db));
    yb_db_rollback(db);
}
END_TEST

/* Waits for `id` in a forked process; the parent's lock order makes the circle. */
static pid_t in_background(int64_t first, int64_t second, int ready_fd)
{
    pid_t pid = fork();
    if (pid != 0)
        return pid;
    yb_db_t *mine = yb_test_db(server, schema);
    yb_rows_t *r = NULL;
    if (yb_db_begin(mine) != YB_OK || yb_db_query(mine, &sql_lock, one(first), arena, 1, &r) != YB_OK ||
        write(ready_fd, "x", 1) != 1)
        _exit(99);
    yb_err_t err = yb_db_query(mine, &sql_lock, one(second), arena, 1, &r);
    if (err == YB_E_DB_CONFLICT && yb_db_execute(mine, &sql_delete, one(first), NULL) != YB_E_DB_CONFLICT)
        _exit(98);
    if (err == YB_OK)
        err = yb_db_commit(mine);
    yb_db_rollback(mine);
    _exit(err == YB_OK ? 0 : err == YB_E_DB_CONFLICT ? 1 : 97);
}

START_TEST(of_two_that_wait_for_each_other_one_goes_on)
{
    OK(yb_db_execute(db, &sql_insert, items(0, 3), NULL));
    int ready[2];
    ck_assert_int_eq(pipe(ready), 0);
    OK(yb_db_begin(db));
    yb_rows_t *r = NULL;
    OK(yb_db_query(db, &sql_lock, one(1), arena, 1, &r));
    pid_t pid = in_background(2, 1, ready[1]);
    char c;
    ck_assert_int_eq(read(ready[0], &c, 1), 1);
    yb_err_t err = yb_db_query(db, &sql_lock, one(2), arena, 1, &r);
    if (err != YB_OK) {
        ck_assert_int_eq(err, YB_E_DB_CONFLICT);
        ck_assert_uint_eq(yb_db_error_number(db), 1213);
        ck_assert(yb_db_in_transaction(db));
        ck_assert_int_eq(yb_db_execute(db, &sql_delete, one(1), NULL), YB_E_DB_CONFLICT); /* not by itself */
        ck_assert_int_eq(yb_db_commit(db), YB_E_DB_CONFLICT);
    } else {
        OK(yb_db_commit(db));
    }
    yb_db_rollback(db);
    int status = 0;
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status));
    ck_assert_int_eq(WEXITSTATUS(status), err == YB_OK ? 1 : 0);
    ck_assert_int_eq(count_items(db), 3);
}
END_TEST

START_TEST(a_lock_is_not_waited_for_past_the_deadline)
{
    OK(yb_db_execute(db, &sql_insert, items(0, 3), NULL));
    yb_rows_t *r = NULL;
    OTHER_OK(yb_db_begin(other));
    OTHER_OK(yb_db_query(other, &sql_lock, one(1), arena, 1, &r));
    int64_t start = now_us();
    yb_db_set_deadline(db, start + 1000000);
    OK(yb_db_begin(db));
    OK(yb_db_execute(db, &sql_add, two(1000, 0), NULL));
    yb_err_t err = yb_db_query(db, &sql_lock, one(1), arena, 1, &r);
    ck_assert(err == YB_E_DB_CONFLICT || err == YB_E_DEADLINE);
    ck_assert_int_lt(now_us() - start, 8000000);
    ck_assert_int_ne(yb_db_commit(db), YB_OK);
    yb_db_rollback(db);
    yb_db_set_deadline(db, 0);
    OK(yb_db_query(db, &sql_count, NULL, arena, 1, &r));
    ck_assert_int_eq(yb_rows_i64(r, 0, 1), 0 + 2 + 4);
}
END_TEST

START_TEST(a_statement_ends_at_its_deadline)
{
    static const yb_sql_t slow = {
        "slow", "SELECT COUNT(*) FROM seq_1_to_9000000 a, seq_1_to_9000000 b WHERE a.seq ^ b.seq = 0"
    };
    yb_rows_t *r = NULL;
    yb_db_set_deadline(db, now_us() + 300000);
    int64_t start = now_us();
    ck_assert_int_eq(yb_db_query(db, &slow, NULL, arena, 1, &r), YB_E_DEADLINE);
    ck_assert_uint_eq(yb_db_error_number(db), 1969);
    ck_assert_int_lt(now_us() - start, 8000000);
    uint64_t trips = yb_db_round_trips(db);
    ck_assert_int_eq(yb_db_query(db, &sql_count, NULL, arena, 1, &r), YB_E_DEADLINE); /* nothing is sent */
    ck_assert_int_eq(yb_db_begin(db), YB_E_DEADLINE);
    ck_assert_uint_eq(yb_db_round_trips(db), trips);
    yb_db_set_deadline(db, 0);
    ck_assert_int_eq(count_items(db), 0);
}
END_TEST

START_TEST(the_deadline_is_sent_only_when_it_changes)
{
    ck_assert_int_eq(count_items(db), 0);
    yb_db_set_deadline(db, now_us() + 9900000);
    ck_assert_int_eq(count_items(db), 0);
    uint64_t trips = yb_db_round_trips(db);
    for (int i = 0; i < 20; i++) {
        yb_db_set_deadline(db, now_us() + 9900000 - i * 50000);
        ck_assert_int_eq(count_items(db), 0);
    }
    ck_assert_uint_eq(yb_db_round_trips(db) - trips, 20);
    yb_db_set_deadline(db, now_us() + 1900000);
    ck_assert_int_eq(count_items(db), 0);
    ck_assert_uint_eq(yb_db_round_trips(db) - trips, 22);
}
END_TEST

static void kill_connection_of_db(void)
{
    yb_rows_t *r = NULL;
    OK(yb_db_query(db, &sql_id, NULL, arena, 1, &r));
    char text[40];
    snprintf(text, sizeof text, "KILL %lld", (long long)yb_rows_i64(r, 0, 0));
    run(other, text);
}

START_TEST(a_lost_transaction_does_not_go_on_by_itself)
{
    OK(yb_db_execute(db, &sql_insert, items(0, 3), NULL));
    OK(yb_db_begin(db));
    OK(yb_db_execute(db, &sql_add, two(100, 1), NULL));
    kill_connection_of_db();
    ck_assert_int_eq(yb_db_execute(db, &sql_add, two(100, 2), NULL), YB_E_DB_GONE);
    ck_assert(yb_db_in_transaction(db));
    uint64_t trips = yb_db_round_trips(db);
    ck_assert_int_eq(yb_db_execute(db, &sql_add, two(100, 2), NULL), YB_E_DB_GONE);
    yb_rows_t *r = NULL;
    ck_assert_int_eq(yb_db_query(db, &sql_count, NULL, arena, 1, &r), YB_E_DB_GONE);
    ck_assert_int_eq(yb_db_query_in(db, &sql_in, one(0), one(1), arena, &r), YB_E_DB_GONE);
    ck_assert_int_eq(yb_db_ping(db), YB_E_DB_GONE);
    ck_assert_int_eq(yb_db_commit(db), YB_E_DB_GONE);
    ck_assert_uint_eq(yb_db_round_trips(db), trips);
    yb_db_rollback(db);
    OK(yb_db_query(db, &sql_count, NULL, arena, 1, &r));
    ck_assert_int_eq(yb_rows_i64(r, 0, 1), 0 + 2 + 4);
    OK(yb_db_begin(db));                                        /* and begin alone does as well */
    kill_connection_of_db();
    ck_assert_int_eq(yb_db_commit(db), YB_E_DB_GONE);
    OK(yb_db_begin(db));
    OK(yb_db_execute(db, &sql_add, two(100, 2), NULL));
    OK(yb_db_commit(db));
}
END_TEST

START_TEST(an_old_dead_connection_is_replaced_at_begin)
{
    kill_connection_of_db();
    OK(yb_db_begin(db));
    OK(yb_db_commit(db));
    kill_connection_of_db();
    OK(yb_db_ping(db));
    kill_connection_of_db();
    ck_assert_int_eq(yb_db_execute(db, &sql_delete, one(1), NULL),
                     YB_E_DB_GONE); /* may have been done: told */
    OK(yb_db_execute(db, &sql_delete, one(1), NULL));
    static const yb_sql_t take = { "lock", "SELECT GET_LOCK(DATABASE(), 0)" };
    static const yb_sql_t give = { "unlock", "SELECT RELEASE_LOCK(DATABASE())" };
    yb_rows_t *r = NULL;
    OK(yb_db_query(db, &take, NULL, arena, 1, &r));
    kill_connection_of_db();
    ck_assert_int_eq(yb_db_begin(db), YB_E_DB_GONE);             /* the lock is gone with it: told */
    OK(yb_db_query(db, &take, NULL, arena, 1, &r));
    OK(yb_db_query(db, &give, NULL, arena, 1, &r));
    kill_connection_of_db();
    OK(yb_db_begin(db));
}
END_TEST

START_TEST(a_server_that_goes_and_comes_back)
{
    yb_test_server_t *own = yb_test_server_create();
    const char *name = yb_test_schema(own);
    yb_db_t *mine = yb_test_db(own, name);
    yb_rows_t *r = NULL;
    ok_at(yb_db_query(mine, &sql_id, NULL, arena, 1, &r), mine, __LINE__);
    yb_test_server_stop(own, true);
    ck_assert_int_eq(yb_db_query(mine, &sql_id, NULL, arena, 1, &r), YB_E_DB_GONE);
    ck_assert_int_eq(yb_db_query(mine, &sql_id, NULL, arena, 1, &r), YB_E_DB_GONE);
    ck_assert_int_eq(yb_db_begin(mine), YB_E_DB_GONE);
    yb_test_server_start(own);
    ok_at(yb_db_query(mine, &sql_id, NULL, arena, 1, &r), mine, __LINE__);
    yb_test_server_freeze(own, true);
    int64_t start = now_us();
    yb_db_set_deadline(mine, start + 500000);
    ck_assert_int_eq(yb_db_query(mine, &sql_id, NULL, arena, 1, &r), YB_E_DB_GONE);
    yb_db_set_deadline(mine, now_us() + 500000);
    ck_assert_int_eq(yb_db_ping(mine), YB_E_DB_GONE);            /* nor does connecting hang */
    yb_db_close(&mine);
    ck_assert_int_lt(now_us() - start, 8000000);
    yb_test_server_destroy(&own);
}
END_TEST

START_TEST(the_slowest_statement_is_told_once)
{
    static const yb_sql_t sql_sleep = { "test.sleep", "SELECT SLEEP(0.02)" };
    yb_rows_t *r = NULL;
    int64_t took_us = -1;
    (void)yb_db_slowest(db, &took_us);
    OK(yb_db_query(db, &sql_id, NULL, arena, 1, &r));
    OK(yb_db_query(db, &sql_sleep, NULL, arena, 1, &r));
    OK(yb_db_query(db, &sql_id, NULL, arena, 1, &r));
    ck_assert_str_eq(yb_db_slowest(db, &took_us), "test.sleep");
    ck_assert_int_ge(took_us, 20000);
    (void)yb_db_slowest(db, &took_us);
    ck_assert_int_eq(took_us, 0);
}
END_TEST

START_TEST(hosts_are_tried_in_turn)
{
    yb_db_t *far = NULL;
    yb_db_conf_t conf = { .host = "127.0.0.1:1,127.0.0.1:2", .port = 3, .user = "x", .schema = "x" };
    ck_assert_int_eq(yb_db_open(&conf, &far), YB_OK);
    ck_assert_int_eq(yb_db_ping(far), YB_E_DB_GONE);
    ck_assert_uint_eq(yb_db_round_trips(far), 2);
    ck_assert_ptr_nonnull(strstr(yb_db_error_text(far), "127.0.0.1"));
    yb_db_close(&far);
    ck_assert_ptr_null(far);
    yb_db_close(&far);
    ck_assert_int_eq(yb_db_open(&(yb_db_conf_t){ .user = "x" }, &far), YB_E_CONFIG);
}
END_TEST

/* A server may ask the client for a file in answer to any statement: it gets none. */
START_TEST(no_file_of_ours_goes_to_the_server)
{
    static const char text[] = "LOAD DATA LOCAL INFILE '/proc/self/comm' INTO TABLE pair (b) SET a = 1, v = 1";
    ck_assert_int_eq(yb_db_run(db, text, sizeof text - 1), YB_E_DB_ERROR);
    yb_rows_t *r = NULL;
    static const yb_sql_t count = { "count", "SELECT COUNT(*) FROM pair" };
    OK(yb_db_query(db, &count, NULL, arena, 1, &r));
    ck_assert_int_eq(yb_rows_i64(r, 0, 0), 0);
}
END_TEST

START_TEST(statements_survive_a_change_of_their_table)
{
    yb_rows_t *r = NULL;
    static const yb_sql_t star = { "star", "SELECT * FROM pair" };
    OK(yb_db_query(db, &star, NULL, arena, 0, &r));
    run(other, "ALTER TABLE pair ADD COLUMN w BIGINT NOT NULL DEFAULT 7");
    run(other, "INSERT INTO pair VALUES (1, 'a', 2, 3)");
    yb_err_t err = yb_db_query(db, &star, NULL, arena, 0, &r);
    if (err != YB_OK)
        err = yb_db_query(db, &star, NULL, arena, 0, &r);
    OK(err);
    ck_assert_int_eq(yb_rows_i64(r, 0, 3), 3);
}
END_TEST

/* What a batch of 64 settlements does to the database; prints, asserts only the round trips. */
START_TEST(a_batch_of_settlements_in_few_round_trips)
{
    run(db, "CREATE TABLE line (visit BIGINT NOT NULL, no INT NOT NULL, code VARCHAR(40) CHARACTER SET ascii "
            "NOT NULL, "
            "name VARCHAR(100) NOT NULL, cls CHAR(2) CHARACTER SET ascii NOT NULL, price BIGINT NOT NULL, "
            "cnt BIGINT NOT "
            "NULL, fen BIGINT NOT NULL, prop INT NOT NULL, at BIGINT NOT NULL, doctor VARCHAR(30) CHARACTER "
            "SET ascii NOT "
            "NULL, memo VARCHAR(100), PRIMARY KEY (visit, no))");
    run(db, "INSERT INTO line SELECT seq DIV 20, seq MOD 20, CONCAT('XA01ABD075A002010100', seq), "
            "'阿莫西林胶囊 0.25g×24粒', "
            "'01', 12345600, 20000, 24691, 100000, 20260701123000, 'D141102000123', NULL FROM seq_0_to_2559");
    static const yb_sql_t lines = {
        "line.of", "SELECT visit, no, code, name, cls, price, cnt, fen, prop, at, doctor, memo "
                   "FROM line WHERE visit IN (?*)"
    };
    struct timespec a, b;
    long long read_us = 0, write_us = 0;
    uint64_t trips = 0;
    for (int64_t round = 0; round < 21; round++) {
        yb_arena_reset(arena);
        yb_params_t *keys = yb_params_create(arena, 1);
        for (int64_t i = 0; i < 64; i++)
            yb_params_i64(keys, i * 2);
        yb_rows_t *r = NULL;
        trips = yb_db_round_trips(db);
        OK(yb_db_begin(db));
        clock_gettime(CLOCK_MONOTONIC, &a);
        OK(yb_db_query_in(db, &lines, NULL, keys, arena, &r));
        clock_gettime(CLOCK_MONOTONIC, &b);
        read_us += round == 0 ? 0 : (b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000;
        ck_assert_uint_eq(yb_rows_count(r), 1280);
        clock_gettime(CLOCK_MONOTONIC, &a);
        OK(yb_db_execute(db, &sql_insert, items((size_t)round * 400, 400), NULL));
        clock_gettime(CLOCK_MONOTONIC, &b);
        write_us += round == 0 ? 0 : (b.tv_sec - a.tv_sec) * 1000000 + (b.tv_nsec - a.tv_nsec) / 1000;
        OK(yb_db_commit(db));
        trips = yb_db_round_trips(db) - trips;
    }
    ck_assert_uint_eq(trips, 4);
    if (getenv("YB_TEST_VERBOSE") != NULL)
        fprintf(stderr, "1280 rows x 12 read in %lld us, 400 rows x 10 inserted in %lld us\n", read_us / 20,
                write_us / 20);
}
END_TEST

int main(void)
{
    server = yb_test_server();
    TCase *c = tcase_create("db");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, types_and_nulls_survive_the_way_there_and_back);
    tcase_add_test(c, sums_come_as_numbers_and_floats_are_refused);
    tcase_add_test(c, a_thousand_rows_go_in_one_round_trip);
    tcase_add_test(c, large_bulk_is_split_by_bytes);
    tcase_add_test(c, in_lists_of_every_size);
    tcase_add_test(c, ids_are_asked_for_in_order_and_once);
    tcase_add_test(c, in_lists_of_tuples);
    tcase_add_test(c, results_are_bounded);
    tcase_add_test(c, a_duplicate_is_told_without_its_value);
    tcase_add_test(c, text_that_does_not_fit_is_refused_not_cut);
    tcase_add_test(c, transactions_commit_and_roll_back);
    tcase_add_test(c, of_two_that_wait_for_each_other_one_goes_on);
    tcase_add_test(c, a_lock_is_not_waited_for_past_the_deadline);
    tcase_add_test(c, a_statement_ends_at_its_deadline);
    tcase_add_test(c, the_deadline_is_sent_only_when_it_changes);
    tcase_add_test(c, a_lost_transaction_does_not_go_on_by_itself);
    tcase_add_test(c, an_old_dead_connection_is_replaced_at_begin);
    tcase_add_test(c, a_server_that_goes_and_comes_back);
    tcase_add_test(c, the_slowest_statement_is_told_once);
    tcase_add_test(c, hosts_are_tried_in_turn);
    tcase_add_test(c, no_file_of_ours_goes_to_the_server);
    tcase_add_test(c, statements_survive_a_change_of_their_table);
    tcase_add_test(c, a_batch_of_settlements_in_few_round_trips);
    Suite *s = suite_create("db");
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
