/* Lanes of replicas: no two have one, and who lost one takes another. */
#include <signal.h>
#include <sys/wait.h>

#include "libcommon/lease.h"
#include "tests/support/frame.h"

static _Noreturn void second_replica(const char *dir)
{
    char endpoint[128];
    yb_db_conf_t db = yb_test_db_conf(yb_test_server(), yb_test_bus_schema(bus, "identity"));
    snprintf(endpoint, sizeof endpoint, "ipc://%s/enrollment.sock", dir);
    setenv("YB_LISTEN", endpoint, 1);
    setenv("YB_ENROLLMENT", endpoint, 1);
    setenv("YB_SETTLEMENT", "ipc:///nowhere/s.sock", 1);
    setenv("YB_RUN_DIR", dir, 1);
    setenv("YB_DB_SOCKET", db.socket_path, 1);
    setenv("YB_DB_USER", db.user, 1);
    setenv("YB_DB_NAME", db.schema, 1);
    setenv("YB_NODE", "1", 1);
    char *argv[] = { MUTABLE("identity"), NULL };
    _exit(yb_service_main(&source_def, 1, argv));
}

START_TEST(replicas_in_one_folder_share_no_lane)
{
    int64_t before = number("identity", "SELECT COUNT(*) FROM lane WHERE until_us > 0");
    hang_up();
    fflush(NULL);
    pid_t pid = fork();
    if (pid == 0)
        second_replica(yb_test_bus_dir(bus));
    int64_t until_us = now_us() + PATIENCE_MS * 1000LL;
    char path[128];
    snprintf(path, sizeof path, "%s/identity-1.ready", yb_test_bus_dir(bus));
    while (access(path, R_OK) != 0)
        ck_assert_msg(now_us() < until_us && waitpid(pid, NULL, WNOHANG) == 0, "the second replica did not start");
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM lane WHERE until_us > 0"), 2 * before);
    ck_assert_int_eq(number("identity", "SELECT MAX(fence) FROM lane"), 1);            /* none changed hands */
    int status = 0;
    kill(pid, SIGTERM);
    ck_assert_int_eq(waitpid(pid, &status, 0), pid);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    dial();
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ok:r1", .key = "r1" })), YB_OK);
}
END_TEST

/* Somebody took the lanes over while their holder slept: it goes on under another number, and never under the old one.
 * The lease is looked at when a third of it is gone. */
START_TEST(holder_who_lost_its_lane_takes_another)
{
    int64_t before = number("identity", "SELECT COUNT(*) FROM lane");
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, "identity"));
    static const char steal[] = "UPDATE lane SET holder = CONCAT('thief', lane), fence = fence + 1";
    ck_assert_int_eq(yb_db_run(db, steal, sizeof steal - 1), YB_OK);
    yb_db_close(&db);
    int64_t until_us = now_us() + 2 * YB_LEASE_US;
    /* a worker of the lane each, and the keeper */
    for (int i = 0; number("identity", "SELECT COUNT(*) FROM lane WHERE holder NOT LIKE 'thief%'") < before; i++) {
        char name[16];
        snprintf(name, sizeof name, "ok:l%d", i);
        said_t add = { .method = "Test/Add", .payload = name, .key = name, .route_key = (uint64_t)i + 1 };
        ck_assert_int_eq(code(ask(add)), YB_OK);
        ck_assert_ptr_null(hear_within(100));
        ck_assert_msg(now_us() < until_us, "no other lane was taken");
    }
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM lane WHERE holder LIKE 'thief%'"), before);
    ck_assert_int_eq(code(ask((said_t){ .method = "Frame/Echo", .payload = "reads go on" })), YB_OK);
}
END_TEST

int main(void)
{
    Suite *suite = frame_suite("service lanes");
    TCase *tc = tcase(suite, "frame", setup);
    tcase_add_test(tc, replicas_in_one_folder_share_no_lane);
    tcase_add_test(tc, holder_who_lost_its_lane_takes_another);
    return run_suite(suite);
}
