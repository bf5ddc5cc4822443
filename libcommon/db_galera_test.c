/* One server that pretends to be a node of a cluster: what the client asks of Galera is answered here, before it is sent.
 * What nodes do to each other is tested with three of them (tests/galera). */
#include <check.h>
#include <dlfcn.h>
#include <mariadb/mysql.h>
#include <stdio.h>
#include <string.h>

#include "db.h"
#include "tests/support/mariadb.h"

static yb_test_server_t *server;
static yb_arena_t *arena;
static yb_db_t *db, *other;
static struct { bool on; int self; const char *commit; } pretended; /* commit: what is sent in its place */

static const yb_sql_t sql_put = { "item.put", "INSERT INTO item (id) VALUES (?)" };
static const yb_sql_t sql_writer = { "writer", "SELECT node FROM writer_node" };

static bool begins(const char *text, const char *with) { return strncmp(text, with, strlen(with)) == 0; }

/* The connector's, for everybody in this program. */
int mysql_real_query(MYSQL *mysql, const char *text, unsigned long len)
{
    static int (*real)(MYSQL *, const char *, unsigned long);
    char instead[160] = "";
    if (real == NULL)
        *(void **)&real = dlsym(RTLD_NEXT, "mysql_real_query");
    if (begins(text, "SHOW VARIABLES LIKE 'wsrep_on'"))
        snprintf(instead, sizeof instead, "SELECT 'wsrep_on', '%s'", pretended.on ? "ON" : "OFF");
    else if (begins(text, "SHOW GLOBAL STATUS LIKE 'wsrep_incoming_addresses'"))
        snprintf(instead, sizeof instead, "SELECT 'it', '10.0.0.1:3306,10.0.0.2:3306'");
    else if (begins(text, "SHOW GLOBAL STATUS LIKE 'wsrep_local_index'"))
        snprintf(instead, sizeof instead, "SELECT 'it', '%d'", pretended.self);
    else if (begins(text, "SET SESSION wsrep_sync_wait"))
        snprintf(instead, sizeof instead, "DO 0");
    else if (begins(text, "COMMIT") && pretended.commit != NULL)
        snprintf(instead, sizeof instead, "%s", pretended.commit);
    return instead[0] != '\0' ? real(mysql, instead, strlen(instead)) : real(mysql, text, len);
}

static void ok_at(yb_err_t err, const yb_db_t *on, int line)
{
    if (err != YB_OK)
        ck_abort_msg("line %d: %s (%u %s)", line, yb_err_name(err), yb_db_error_number(on), yb_db_error_text(on));
}
#define OK(call) ok_at((call), db, __LINE__)

static void setup(void)
{
    static const char table[] = "CREATE TABLE item (id BIGINT NOT NULL PRIMARY KEY)";
    const char *schema = yb_test_schema(server);
    memset(&pretended, 0, sizeof pretended);
    pretended.on = true;
    arena = yb_arena_create(0);
    db = yb_test_db(server, schema);
    other = yb_test_db(server, schema);
    OK(yb_db_run(db, table, sizeof table - 1));
}

static void teardown(void)
{
    yb_db_close(&db);
    yb_db_close(&other);
    yb_arena_destroy(&arena);
}

static yb_err_t put(int64_t id)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, id);
    return yb_db_execute(db, &sql_put, p, NULL);
}

static yb_err_t commit_that_says(unsigned number, const char *text)
{
    static int64_t id;
    char signal[160];
    snprintf(signal, sizeof signal, "SIGNAL SQLSTATE 'HY000' SET MYSQL_ERRNO = %u, MESSAGE_TEXT = '%s'", number, text);
    OK(yb_db_begin(db));
    OK(put(++id));
    pretended.commit = signal;
    yb_err_t err = yb_db_commit(db);
    pretended.commit = NULL;
    return err;
}

/* A node that could not finish a COMMIT may have sent it to the others first: "full" is no "not done" then. */
START_TEST(a_commit_that_failed_is_unknown_but_for_conflicts)
{
    static const struct { unsigned number; const char *text; yb_err_t node, alone; } cases[] = {
        { 1180, "Got error 5 during COMMIT", YB_E_DB_GONE, YB_E_DB_ERROR },
        { 1180, "Got error 28 during COMMIT", YB_E_DB_GONE, YB_E_DB_FULL },
        { 1114, "The table is full", YB_E_DB_GONE, YB_E_DB_FULL },
        { 1969, "Query execution was interrupted", YB_E_DB_GONE, YB_E_DEADLINE },
        { 1205, "Lock wait timeout exceeded", YB_E_DB_CONFLICT, YB_E_DB_CONFLICT },
        { 1213, "Deadlock found", YB_E_DB_CONFLICT, YB_E_DB_CONFLICT },
    };
    for (size_t i = 0; i < 2 * sizeof cases / sizeof *cases; i++) {
        if (i == sizeof cases / sizeof *cases) {
            pretended.on = false;
            yb_db_close(&other);
            yb_db_t *node = db;
            db = yb_test_db(server, yb_test_schema(server));
            yb_db_close(&node);
            OK(yb_db_run(db, "CREATE TABLE item (id BIGINT NOT NULL PRIMARY KEY)", 50));
        }
        size_t c = i % (sizeof cases / sizeof *cases);
        ck_assert_int_eq(commit_that_says(cases[c].number, cases[c].text),
                         pretended.on ? cases[c].node : cases[c].alone);
        ck_assert(yb_db_in_transaction(db));
        if (pretended.on)
            ck_assert_int_eq(put(1000), cases[c].node); /* not by itself, on a new connection */
        yb_db_rollback(db);
    }
}
END_TEST

static void writer_is(const char *node)
{
    yb_rows_t *rows = NULL;
    OK(yb_db_query(db, &sql_writer, NULL, arena, 1, &rows));
    ck_assert_str_eq(yb_rows_text(rows, 0, 0), node);
}

/* With one host to try, whoever stands in between has chosen: the node becomes the writer, and who speaks to the one
 * before notices between two transactions. */
START_TEST(a_writer_put_in_its_place_is_left)
{
    writer_is("10.0.0.1:3306");
    pretended.self = 1;
    ok_at(yb_db_ping(other), other, __LINE__);
    OK(yb_db_begin(db)); /* a new connection, to the second node as well */
    OK(put(1));
    OK(yb_db_commit(db));
    writer_is("10.0.0.2:3306");
    pretended.self = 2; /* the cluster's list has no third */
    yb_db_close(&other);
    yb_db_t *third = yb_test_db(server, NULL);
    ok_at(yb_db_ping(third), third, __LINE__); /* without a schema nobody asks */
    yb_db_close(&third);
}
END_TEST

int main(void)
{
    server = yb_test_server();
    TCase *c = tcase_create("db_galera");
    tcase_add_checked_fixture(c, setup, teardown);
    tcase_set_timeout(c, 60);
    tcase_add_test(c, a_commit_that_failed_is_unknown_but_for_conflicts);
    tcase_add_test(c, a_writer_put_in_its_place_is_left);
    Suite *s = suite_create("db_galera");
    suite_add_tcase(s, c);
    SRunner *runner = srunner_create(s);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
