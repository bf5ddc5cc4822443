/* The end: SIGTERM with calls in hand, with a grace that does not suffice, and under load. */
#include <signal.h>
#include <sys/wait.h>

#include "tests/support/frame.h"

START_TEST(drains_on_sigterm)
{
    say((said_t){ .method = "Test/Add", .payload = "hd:last", .key = "last", .call_id = 1 });
    wait_held();
    say((said_t){ .method = "Test/Add", .payload = "ok:waits", .key = "waits", .call_id = 2 });
    gates_passed();
    ck_assert_int_eq(kill(yb_test_bus_pid(bus, "identity"), SIGTERM), 0);
    size_t queued = 2;
    const Yibao__Rpc__Reply *reply;
    for (;;) {                           /* until the signal has arrived, messages are still taken */
        say((said_t){ .method = "Frame/Echo", .payload = "x", .call_id = 3 });
        if ((reply = hear_within(10)) != NULL)
            break;
        queued++;
    }
    ck_assert_int_eq(code(reply), YB_E_DRAINING);
    sem_post(&shared->release);
    for (; queued > 0; queued--)
        ck_assert_int_eq(code(hear()), YB_OK);         /* what was taken is finished */
    hang_up();
    yb_test_bus_stop(bus, "identity");
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM effect WHERE name IN ('last', 'waits')"), 2);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM lane WHERE until_us > 0"), 0);
}
END_TEST

/* What the grace does not suffice for is answered all the same: the one in hand with its outcome, those behind it as
 * not begun. */
START_TEST(grace_ends)
{
    hang_up();
    yb_test_bus_stop(bus, "identity");
    setenv("YB_GRACE_MS", "100", 1);
    yb_test_bus_start(bus, &source_def);
    dial();
    say((said_t){ .method = "Test/Add", .payload = "hd:g1", .key = "g1", .call_id = 1 });
    wait_held();
    say((said_t){ .method = "Test/Add", .payload = "ok:g2", .key = "g2", .call_id = 2 });
    say((said_t){ .method = "Test/Count", .payload = "g3", .key = "g3", .call_id = 3 });
    gates_passed();
    ck_assert_int_eq(kill(yb_test_bus_pid(bus, "identity"), SIGTERM), 0);
    while (hear_within(10) == NULL)      /* DRAINING while the loop runs; nothing any more when the grace is over */
        say((said_t){ .method = "Frame/Echo", .payload = "x", .call_id = 9 });
    while (hear_within(300) != NULL)
        say((said_t){ .method = "Frame/Echo", .payload = "x", .call_id = 9 });
    sem_post(&shared->release);
    yb_err_t codes[4] = { YB_E_IO, YB_E_IO, YB_E_IO, YB_E_IO };
    for (const Yibao__Rpc__Reply *reply; codes[1] == YB_E_IO || codes[2] == YB_E_IO || codes[3] == YB_E_IO;) {
        reply = hear();
        if (reply->call_id < 4)
            codes[reply->call_id] = code(reply);
    }
    ck_assert_int_eq(codes[1], YB_OK);
    ck_assert_int_eq(codes[2], YB_E_DRAINING);
    ck_assert_int_eq(codes[3], YB_E_DRAINING);
    hang_up();
    yb_test_bus_stop(bus, "identity");
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM effect WHERE name LIKE 'g_'"), 1);
}
END_TEST

/* The load: a process of its own, since this one goes on forking. Each key once, each answered at the first call. */
enum { LOAD_THREADS = 3, LOAD_CALLS = 400 };
static char load_endpoint[128];
static void *load_zmq;

static void *load_main(void *arg)
{
    const int thread = *(const int *)arg;
    yb_rpc_sync_t *rpc = NULL;
    yb_arena_t *own = yb_arena_create(0);
    yb_rpc_conf_t conf = { .name = "identity", .endpoints = load_endpoint, .attempts_max = 10 };
    YB_ASSERT(yb_rpc_sync_create(load_zmq, &conf, &rpc) == YB_OK);
    intptr_t failed = 0;
    for (int i = 0; i < LOAD_CALLS; i++) {
        char name[33] = "";
        snprintf(name, sizeof name, "load-%d-%05d-and-a-hash-of-32b", thread, i);
        Yibao__Rpc__EchoRequest req = YIBAO__RPC__ECHO_REQUEST__INIT;
        req.payload = (ProtobufCBinaryData){ .data = (uint8_t *)name, .len = strlen(name) };
        yb_rpc_call_t call = { .method = "Test/Count",
                               .body = &req.base,
                               .idem_key = (uint8_t *)name,
                               .body_hash = (uint8_t *)name,
                               .deadline_us = now_us() + 60 * SECOND_US,
                               .route_key = (uint64_t)thread + 1 };
        yb_rpc_answer_t answer;
        yb_err_t err = yb_rpc_sync_call(rpc, &call, own, &answer);
        if (err != YB_OK)
            fprintf(stderr, "%s: %s\n", name, yb_err_name(err));
        failed += err != YB_OK;
        atomic_fetch_add(&shared->runs, 1);
        yb_arena_reset(own);
    }
    yb_rpc_sync_destroy(&rpc);
    yb_arena_destroy(&own);
    return (void *)failed;
}

static _Noreturn void load(void)
{
    static int numbers[LOAD_THREADS];
    pthread_t threads[LOAD_THREADS];
    intptr_t failed = 0;
    snprintf(load_endpoint, sizeof load_endpoint, "ipc://%s/identity.sock", yb_test_bus_dir(bus));
    load_zmq = zmq_ctx_new();
    for (int i = 0; i < LOAD_THREADS; i++) {
        numbers[i] = i;
        YB_ASSERT(pthread_create(&threads[i], NULL, load_main, &numbers[i]) == 0);
    }
    for (int i = 0; i < LOAD_THREADS; i++) {
        void *ret = NULL;
        pthread_join(threads[i], &ret);
        failed += (intptr_t)ret;
    }
    zmq_ctx_term(load_zmq);
    _exit(failed == 0 ? 0 : 1);
}

START_TEST(sigterm_under_load)
{
    hang_up();
    fflush(NULL);
    atomic_store(&shared->runs, 0);
    pid_t pid = fork();
    if (pid == 0)
        load();
    int restarts = 0, status = 0, begun = 0;
    while (waitpid(pid, &status, WNOHANG) == 0) {
        if (atomic_load(&shared->runs) < begun + 100 || restarts == 4)
            continue;
        yb_test_bus_stop(bus, "identity");
        yb_test_bus_start(bus, &source_def);
        begun = atomic_load(&shared->runs);
        restarts++;
    }
    ck_assert_int_gt(restarts, 1);
    ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0, "calls failed");
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM effect WHERE name LIKE 'load%'"),
                     LOAD_THREADS * LOAD_CALLS);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM effect WHERE name LIKE 'load%' AND n <> 1"), 0);
}
END_TEST

int main(void)
{
    Suite *suite = frame_suite("service end");
    TCase *tc = tcase(suite, "frame", setup);
    tcase_add_test(tc, drains_on_sigterm);
    tcase_add_test(tc, grace_ends);
    tc = tcase(suite, "two lanes", setup_two);
    tcase_add_test(tc, sigterm_under_load);
    return run_suite(suite);
}
