/* The database away: in the middle of a COMMIT, between two calls, and what the health check says of it. */
#include "libcommon/probe.h"
#include "tests/support/frame.h"

/* The service anew, on a server that this test alone may stop and block. */
static yb_test_server_t *on_own_server(void)
{
    static const char *const none[] = { NULL };
    hang_up();
    yb_test_bus_destroy(&bus);
    yb_test_server_t *server = yb_test_server_create();
    bus = yb_test_bus_create(server, none);
    yb_test_bus_start(bus, &source_def);
    dial();
    return server;
}

static void leave_own_server(yb_test_server_t **server)
{
    hang_up();
    yb_test_bus_destroy(&bus);
    yb_test_server_destroy(server);
}

/* The connection that waits in COMMIT; 0 = none. */
static int64_t committing(yb_db_t *db)
{
    static const yb_sql_t sql = { "test.committing",
                                  "SELECT COALESCE(MAX(id), 0) FROM information_schema.processlist WHERE info = 'COMMIT'" };
    yb_rows_t *rows = NULL;
    ck_assert_int_eq(yb_db_query(db, &sql, NULL, arena, 1, &rows), YB_OK);
    return yb_rows_i64(rows, 0, 0);
}

static void run_text(yb_db_t *db, const char *text)
{
    ck_assert_msg(yb_db_run(db, text, strlen(text)) == YB_OK, "%s: %s", text, yb_db_error_text(db));
}

/* The answer to a COMMIT is lost: whether it is done nobody can say, so nothing that sounds like "not done" is said. */
START_TEST(a_lost_commit_is_an_unknown_outcome)
{
    yb_test_server_t *server = on_own_server();
    yb_db_t *db = yb_test_db(server, yb_test_bus_schema(bus, "identity"));
    run_text(db, "BACKUP STAGE START");
    run_text(db, "BACKUP STAGE BLOCK_COMMIT");
    say((said_t){ .method = "Test/Add", .payload = "ok:l1", .key = "l1" });
    int64_t id = 0, until_us = now_us() + PATIENCE_MS * 1000LL;
    while ((id = committing(db)) == 0)
        ck_assert_int_lt(now_us(), until_us);
    run_text(db, yb_arena_printf(arena, "KILL %lld", (long long)id));
    const yb_err_t lost = code(hear());
    run_text(db, "BACKUP STAGE END");
    ck_assert_int_eq(lost, YB_E_DEADLINE);
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ok:l1", .key = "l1" })), YB_OK);
    yb_db_close(&db);
    leave_own_server(&server);
}
END_TEST

/* What a container's health check asks. */
static int probed(void)
{
    char said[256] = "", endpoint[128];
    FILE *out = fmemopen(said, sizeof said, "w");
    ck_assert_ptr_nonnull(out);
    snprintf(endpoint, sizeof endpoint, "ipc://%s/identity.sock", yb_test_bus_dir(bus));
    setenv("YB_LISTEN", endpoint, 1);
    int exit_code = yb_probe_service("identity", out);
    fclose(out);
    ck_assert_str_ne(said, "");
    return exit_code;
}

START_TEST(database_goes_and_comes_back)
{
    yb_test_server_t *server = on_own_server();
    ck_assert_int_eq(probed(), 0);
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ok:d1", .key = "d1" })), YB_OK);
    yb_test_server_stop(server, true);
    for (int i = 0; i < 5; i++) {
        const Yibao__Rpc__Reply *reply = ask((said_t){ .method = "Test/Add", .payload = "ok:d2", .key = "d2" });
        ck_assert_int_eq(code(reply), YB_E_DB_GONE);
        ck_assert_str_eq(reply->text, yb_err_text_zh(YB_E_DB_GONE));
        const Yibao__Rpc__HealthReply *h = health("identity");
        ck_assert(h->live && !h->ready && h->detail[0] != '\0');
    }
    ck_assert_int_eq(probed(), 1);
    yb_test_server_start(server);
    /* the first call already: nobody has to come twice */
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ok:d2", .key = "d2" })), YB_OK);
    ck_assert(health("identity")->ready);
    ck_assert_int_eq(probed(), 0);
    /* a server that was restarted between two calls is not noticed at all */
    yb_test_server_stop(server, true);
    yb_test_server_start(server);
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ok:d3", .key = "d3" })), YB_OK);
    leave_own_server(&server);
}
END_TEST

int main(void)
{
    Suite *suite = frame_suite("service database");
    TCase *tc = tcase(suite, "frame", setup);
    tcase_add_test(tc, a_lost_commit_is_an_unknown_outcome);
    tcase_add_test(tc, database_goes_and_comes_back);
    return run_suite(suite);
}
