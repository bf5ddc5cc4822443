#include <check.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "migrate.h"
#include "tests/support/mariadb.h"

static yb_test_server_t *server;
static yb_arena_t *arena;
static const char *schema;
static yb_db_t *db;
static char detail[300];

static const char one_sql[] =
    "-- made; for a test\n"
    "CREATE TABLE a (id BIGINT NOT NULL PRIMARY KEY, v VARCHAR(40) COMMENT 'it''s;\n') ENGINE=InnoDB; -- "
    "and; more\n"
    "/* a comment;\n over lines */ INSERT INTO a VALUES (1, 'x;'), (2, 'y -- z;\n');\n"
    "\n"
    "CREATE TABLE b (id BIGINT NOT NULL PRIMARY KEY);\n"
    "INSERT INTO b SELECT id FROM a;\n";
static const char two_sql[] = "ALTER TABLE b ADD COLUMN w INT NOT NULL DEFAULT 3;\nUPDATE b SET w = w + 1;\n";
#define FILE_OF(v, n, text) { .version = (v), .name = (n), .sql = (text), .sql_len = sizeof(text) - 1 }
static const yb_migration_t files[] = { FILE_OF(1, "0001_one", one_sql), FILE_OF(2, "0002_two", two_sql) };

static void setup(void)
{
    schema = yb_test_schema(server);
    arena = yb_arena_create(0);
    db = yb_test_db(server, schema);
}

static void teardown(void)
{
    yb_db_close(&db);
    yb_arena_destroy(&arena);
}

static void run(const char *text)
{
    ck_assert_msg(yb_db_run(db, text, strlen(text)) == YB_OK, "%s", yb_db_error_text(db));
}

static int64_t number(const yb_sql_t *sql)
{
    yb_rows_t *rows = NULL;
    ck_assert_msg(yb_db_query(db, sql, NULL, arena, 1, &rows) == YB_OK, "%s", yb_db_error_text(db));
    return yb_rows_count(rows) == 1 ? yb_rows_i64(rows, 0, 0) : -1;
}

static const yb_sql_t sql_sum = { "sum", "SELECT SUM(w) * 100 + COUNT(*) FROM b" };
static const yb_sql_t sql_versions = {
    "versions",
    "SELECT SUM(statements_done = statements_total AND in_flight = 0 AND applied_us > 0) FROM schema_version"
};

START_TEST(statements_are_split_at_line_ends)
{
    static const char *const expect[] = {
        "CREATE TABLE a (id BIGINT NOT NULL PRIMARY KEY, v VARCHAR(40) COMMENT 'it''s;\n') ENGINE=InnoDB",
        "INSERT INTO a VALUES (1, 'x;'), (2, 'y -- z;\n')",
        "CREATE TABLE b (id BIGINT NOT NULL PRIMARY KEY)",
        "INSERT INTO b SELECT id FROM a",
    };
    const char *at = one_sql, *end = at + sizeof one_sql - 1;
    size_t len = 0;
    for (size_t i = 0; i < 4; i++) {
        const char *s = yb_migrate_next_statement(&at, end, &len);
        ck_assert_str_eq(yb_arena_printf(arena, "%.*s", (int)len, s), expect[i]);
    }
    ck_assert_ptr_null(yb_migrate_next_statement(&at, end, &len));
    static const char odd[] = "-- only a comment";
    at = odd;
    ck_assert_ptr_null(yb_migrate_next_statement(&at, odd + sizeof odd - 1, &len));
    static const char cut[] = "SELECT 'a\\";
    for (size_t n = 0; n < sizeof cut; n++) {                   /* every prefix ends */
        at = cut;
        (void)yb_migrate_next_statement(&at, cut + n, &len);
        ck_assert_ptr_eq(at, cut + n);
    }
}
END_TEST

START_TEST(from_nothing_and_again)
{
    int applied = -1;
    ck_assert_msg(yb_migrate(db, "test", files, 1, &applied, detail, sizeof detail) == YB_OK, "%s", detail);
    ck_assert_int_eq(applied, 2);                               /* the frame and one file */
    ck_assert_str_eq(detail, "");
    ck_assert_msg(yb_migrate(db, "test", files, 2, &applied, detail, sizeof detail) == YB_OK, "%s", detail);
    ck_assert_int_eq(applied, 1);
    ck_assert_int_eq(number(&sql_sum), 802);
    ck_assert_int_eq(number(&sql_versions), 3);
    ck_assert_msg(yb_migrate(db, "test", files, 2, &applied, detail, sizeof detail) == YB_OK, "%s", detail);
    ck_assert_int_eq(applied, 0);
    ck_assert_int_eq(number(&sql_sum), 802);
    static const yb_sql_t frame = {
        "frame", "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE() "
                 "AND table_name IN ('idem_key', 'outbox', 'inbox', 'lane', 'schema_version')"
    };
    ck_assert_int_eq(number(&frame), 5);
}
END_TEST

START_TEST(an_edited_file_is_refused)
{
    ck_assert_int_eq(yb_migrate(db, "test", files, 2, NULL, detail, sizeof detail), YB_OK);
    static const char edited[] = "CREATE TABLE a (id BIGINT NOT NULL PRIMARY KEY);\n";
    const yb_migration_t list[] = { FILE_OF(1, "0001_one", edited), files[1] };
    ck_assert_int_eq(yb_migrate(db, "test", list, 2, NULL, detail, sizeof detail), YB_E_SCHEMA_CHANGED);
    ck_assert_ptr_nonnull(strstr(detail, "0001_one"));
    ck_assert_int_eq(yb_migrate(db, "test", files, 2, NULL, detail, sizeof detail), YB_OK);
}
END_TEST

START_TEST(an_older_program_is_refused)
{
    ck_assert_int_eq(yb_migrate(db, "test", files, 2, NULL, detail, sizeof detail), YB_OK);
    ck_assert_int_eq(yb_migrate(db, "test", files, 1, NULL, detail, sizeof detail), YB_E_SCHEMA_NEWER);
    ck_assert_ptr_nonnull(strstr(detail, "0002_two"));
    ck_assert_ptr_nonnull(strstr(detail, "start the program of that version, or restore"));
    ck_assert_int_eq(yb_migrate(db, "test", files, 0, NULL, detail, sizeof detail), YB_E_SCHEMA_NEWER);
}
END_TEST

/* A file that says so lets programs in that lack it; the oldest one named still starts, the one before does not. */
START_TEST(an_older_program_works_beside_a_compatible_file)
{
    static const char three_sql[] =
        "-- Adds only.\n-- compatible-from: 2\nALTER TABLE b ADD COLUMN x INT NOT NULL DEFAULT 0;\n";
    const yb_migration_t three[] = { files[0], files[1], FILE_OF(3, "0003_three", three_sql) };
    int applied = -1;
    ck_assert_int_eq(yb_migrate(db, "test", three, 3, &applied, detail, sizeof detail), YB_OK);
    ck_assert_int_eq(applied, 4);
    ck_assert_int_eq(yb_migrate(db, "test", files, 2, &applied, detail, sizeof detail), YB_OK);
    ck_assert_int_eq(applied, 0);
    ck_assert_str_eq(detail, "");
    ck_assert_int_eq(yb_migrate(db, "test", files, 1, NULL, detail, sizeof detail), YB_E_SCHEMA_NEWER);
    ck_assert_ptr_nonnull(strstr(detail, "0002_two"));
}
END_TEST

/* The table as 0.1.0 made it: its rows say nothing of compatibility. */
START_TEST(the_version_table_of_the_first_release)
{
    ck_assert_int_eq(yb_migrate(db, "test", files, 1, NULL, detail, sizeof detail), YB_OK);
    run("ALTER TABLE schema_version DROP COLUMN compatible_from");
    int applied = -1;
    ck_assert_int_eq(yb_migrate(db, "test", files, 2, &applied, detail, sizeof detail), YB_OK);
    ck_assert_int_eq(applied, 1);
    ck_assert_int_eq(number(&sql_versions), 3);
}
END_TEST

/* What deploy/way-back does: the older program starts, and the newer one goes on where it was. */
START_TEST(a_file_set_aside_is_taken_back_and_not_applied_again)
{
    ck_assert_int_eq(yb_migrate(db, "test", files, 2, NULL, detail, sizeof detail), YB_OK);
    run("UPDATE schema_version SET version = version - 1000000 WHERE version > 1");
    int applied = -1;
    ck_assert_int_eq(yb_migrate(db, "test", files, 1, &applied, detail, sizeof detail), YB_OK);
    ck_assert_int_eq(applied, 0);
    ck_assert_int_eq(yb_migrate(db, "test", files, 2, &applied, detail, sizeof detail), YB_OK);
    ck_assert_int_eq(applied, 0);
    ck_assert_int_eq(number(&sql_sum), 802);
    ck_assert_int_eq(yb_migrate(db, "test", files, 1, NULL, detail, sizeof detail), YB_E_SCHEMA_NEWER);
    run("UPDATE schema_version SET version = version - 1000000, checksum = REPEAT('0', 64) WHERE version > 1");
    ck_assert_int_eq(yb_migrate(db, "test", files, 2, NULL, detail, sizeof detail), YB_E_SCHEMA_CHANGED);
}
END_TEST

START_TEST(a_refused_statement_stops_and_may_be_mended)
{
    static const char bad[] =
        "CREATE TABLE b (id BIGINT NOT NULL PRIMARY KEY);\nINSERT INTO missing VALUES (1);\n";
    static const char open[] = "CREATE TABLE c (id BIGINT NOT NULL PRIMARY KEY)\n";
    static const char first[] = "CREATE TABLE a (id BIGINT;\n";
    static const char mended[] = "CREATE TABLE a (id BIGINT);\n";
    const yb_migration_t list[] = { FILE_OF(1, "0001_bad", bad) }, half[] = { FILE_OF(1, "0001_bad", open) };
    const yb_migration_t wrong[] = { FILE_OF(1, "0001_x", first) },
                         right[] = { FILE_OF(1, "0001_x", mended) };
    ck_assert_int_eq(yb_migrate(db, "test", half, 1, NULL, detail, sizeof detail), YB_E_CONFIG);
    ck_assert_int_eq(yb_migrate(db, "test", wrong, 1, NULL, detail, sizeof detail), YB_E_DB_ERROR);
    ck_assert_ptr_nonnull(strstr(detail, "0001_x, statement 1 of 1"));
    ck_assert_int_eq(yb_migrate(db, "test", right, 1, NULL, detail, sizeof detail),
                     YB_OK); /* none of it was done yet */
    run("DELETE FROM schema_version WHERE version = 1");
    run("CREATE TABLE b (other INT)");
    ck_assert_int_eq(yb_migrate(db, "test", list, 1, NULL, detail, sizeof detail), YB_E_DB_ERROR);
    ck_assert_int_eq(yb_migrate(db, "test", list, 1, NULL, detail, sizeof detail),
                     YB_E_DB_ERROR); /* not taken for done */
    ck_assert_ptr_nonnull(strstr(detail, "statement 1 of 2"));
    run("DROP TABLE b");
    ck_assert_int_eq(yb_migrate(db, "test", list, 1, NULL, detail, sizeof detail), YB_E_DB_ERROR);
    ck_assert_ptr_nonnull(strstr(detail, "statement 2 of 2"));
    run("CREATE TABLE missing (id INT)");
    ck_assert_msg(yb_migrate(db, "test", list, 1, NULL, detail, sizeof detail) == YB_OK, "%s", detail);
    static const yb_sql_t count = { "count", "SELECT COUNT(*) FROM missing" };
    ck_assert_int_eq(number(&count), 1);
}
END_TEST

/* The process dies after each point of the work in turn, as its notes and tables then are. */
START_TEST(an_interrupted_file_goes_on)
{
    ck_assert_int_eq(yb_migrate(db, "test", files, 1, NULL, detail, sizeof detail), YB_OK);
    run("DROP TABLE b");
    run("UPDATE schema_version SET statements_done = 2, in_flight = 1, applied_us = 0 WHERE version = 1");
    ck_assert_msg(yb_migrate(db, "test", files, 1, NULL, detail, sizeof detail) == YB_OK, "%s", detail);
    run("DELETE FROM b");
    run("UPDATE schema_version SET statements_done = 2, in_flight = 1, applied_us = 0 WHERE version = 1");
    int applied = 0;
    ck_assert_msg(yb_migrate(db, "test", files, 2, &applied, detail, sizeof detail) == YB_OK, "%s", detail);
    ck_assert_int_eq(applied, 2);
    ck_assert_int_eq(number(&sql_sum), 802);
    ck_assert_int_eq(number(&sql_versions), 3);
}
END_TEST

/* innodb_trx would not do: it answers from a cache that frequent readers keep from being renewed. */
static const yb_sql_t sql_waiting = { "waiting",
                                      "SELECT MAX(id) FROM information_schema.processlist WHERE db = "
                                      "DATABASE() AND id <> CONNECTION_ID() AND EXISTS (SELECT 1 "
                                      "FROM information_schema.global_status WHERE variable_name = "
                                      "'INNODB_ROW_LOCK_CURRENT_WAITS' AND variable_value > 0)" };
static const yb_sql_t sql_alive = { "alive",
                                    "SELECT COUNT(*) FROM information_schema.processlist WHERE id = ?" };

START_TEST(a_killed_process_leaves_no_statement_twice)
{
    static const char sql[] =
        "CREATE TABLE n (id INT);\nINSERT INTO n SELECT v FROM gate WHERE id = 1 FOR UPDATE;\n"
        "INSERT INTO n VALUES (8);\n";
    const yb_migration_t list[] = { FILE_OF(1, "0001_n", sql) };
    run("CREATE TABLE gate (id INT PRIMARY KEY, v INT) ENGINE=InnoDB");
    run("INSERT INTO gate VALUES (1, 5)");
    ck_assert_int_eq(yb_db_begin(db), YB_OK);
    run("UPDATE gate SET v = 6");
    pid_t pid = fork();
    if (pid == 0) {
        yb_db_t *mine = yb_test_db(server, schema);
        _exit(yb_migrate(mine, "test", list, 1, NULL, detail, sizeof detail) == YB_OK ? 0 : 1);
    }
    int64_t connection = 0;
    for (int i = 0; i < 100000 && connection <= 0; i++)
        connection = number(&sql_waiting);
    ck_assert_int_gt(connection, 0);
    kill(pid, SIGKILL);
    ck_assert_int_eq(waitpid(pid, NULL, 0), pid);
    run(yb_arena_printf(arena, "KILL %d", (int)connection));
    for (int64_t alive = 1; alive != 0;) {
        yb_params_t *p = yb_params_create(arena, 1);
        yb_params_i64(p, connection);
        yb_rows_t *rows = NULL;
        ck_assert_int_eq(yb_db_query(db, &sql_alive, p, arena, 1, &rows), YB_OK);
        alive = yb_rows_i64(rows, 0, 0);
    }
    ck_assert_int_eq(yb_db_commit(db), YB_OK);
    ck_assert_msg(yb_migrate(db, "test", list, 1, NULL, detail, sizeof detail) == YB_OK, "%s", detail);
    static const yb_sql_t n = { "n", "SELECT SUM(id) * 10 + COUNT(*) FROM n" };
    ck_assert_int_eq(number(&n), 142);
}
END_TEST

START_TEST(several_processes_at_once_apply_each_file_once)
{
    pid_t pid[3];
    for (int i = 0; i < 3; i++) {
        pid[i] = fork();
        if (pid[i] == 0) {
            yb_db_t *mine = yb_test_db(server, schema);
            int applied = 0;
            yb_err_t err = yb_migrate(mine, "test", files, 2, &applied, detail, sizeof detail);
            if (err != YB_OK)
                fprintf(stderr, "%s\n", detail);
            yb_db_close(&mine);
            _exit(err == YB_OK ? applied : 99);
        }
    }
    int applied = 0;
    for (int i = 0; i < 3; i++) {
        int status = 0;
        ck_assert_int_eq(waitpid(pid[i], &status, 0), pid[i]);
        ck_assert(WIFEXITED(status));
        applied += WEXITSTATUS(status);
    }
    ck_assert_int_eq(applied, 3);
    ck_assert_int_eq(number(&sql_sum), 802);
}
END_TEST

int main(void)
{
    server = yb_test_server();
    TCase *c = tcase_create("migrate");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, statements_are_split_at_line_ends);
    tcase_add_test(c, from_nothing_and_again);
    tcase_add_test(c, an_edited_file_is_refused);
    tcase_add_test(c, an_older_program_is_refused);
    tcase_add_test(c, an_older_program_works_beside_a_compatible_file);
    tcase_add_test(c, the_version_table_of_the_first_release);
    tcase_add_test(c, a_file_set_aside_is_taken_back_and_not_applied_again);
    tcase_add_test(c, a_refused_statement_stops_and_may_be_mended);
    tcase_add_test(c, an_interrupted_file_goes_on);
    tcase_add_test(c, a_killed_process_leaves_no_statement_twice);
    tcase_add_test(c, several_processes_at_once_apply_each_file_once);
    Suite *s = suite_create("migrate");
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
