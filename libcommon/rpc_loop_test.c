#include <check.h>
#include <dlfcn.h>
#include <netdb.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "libcommon/bundle.h"
#include "libcommon/rpc.h"
#include "tests/support/rpc_server.h"

/* ---- on a loop ---- */

typedef struct looped {
    uv_loop_t loop;
    yb_test_rpc_server_t s;
    yb_rpc_t *rpc;
    int started, done, ok, more;
    int by_err[700];
} looped_t;

static void looped_open(looped_t *l, unsigned attempts_max)
{
    memset(l, 0, sizeof(*l));
    uv_loop_init(&l->loop);
    yb_test_rpc_server_start(&l->s, yb_test_rpc_world.zmq, yb_test_rpc_ipc("a"), NULL, 1);
    yb_rpc_conf_t conf = { .name = "settlement", .endpoints = l->s.endpoint, .attempts_max = attempts_max };
    ck_assert_int_eq(yb_rpc_create(&l->loop, yb_test_rpc_world.zmq, &conf, &l->rpc), YB_OK);
}

static void looped_close(looped_t *l)
{
    yb_rpc_close(&l->rpc);
    ck_assert_ptr_null(l->rpc);
    uv_run(&l->loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(uv_loop_close(&l->loop), 0);
    yb_test_rpc_server_stop(&l->s);
}

static void on_answer(void *ctx, const yb_rpc_answer_t *a)
{
    looped_t *l = ctx;
    l->done++;
    l->ok += a->err == YB_OK && a->body_len == 1 && a->body[0] == '1';
    l->by_err[a->err < 700 ? a->err : 0]++;
    if (l->more > 0) {
        l->more--;
        l->started++;
        yb_rpc_call_t call = yb_test_rpc_call_of("T/Echo", PATIENCE_US);
        yb_rpc_call(l->rpc, &call, on_answer, l);
    }
    if (l->done == l->started)
        uv_stop(&l->loop);
}

static void start(looped_t *l, const yb_rpc_call_t *call, int count)
{
    for (int i = 0; i < count; i++) {
        l->started++;
        yb_rpc_call(l->rpc, call, on_answer, l);
    }
}

START_TEST(loop_keeps_64_in_flight)
{
    looped_t l;
    looped_open(&l, 0);
    l.more = 20000;
    yb_rpc_call_t call = yb_test_rpc_call_of("T/Echo", PATIENCE_US);
    start(&l, &call, 64);
    ck_assert_int_eq(l.done, 0);         /* later, on the loop */
    ck_assert_uint_eq(yb_rpc_pending(l.rpc), 64);
    uv_run(&l.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(l.ok, 20064);
    ck_assert_uint_eq(yb_rpc_pending(l.rpc), 0);
    looped_close(&l);
}
END_TEST

START_TEST(calls_of_one_turn_share_a_message)
{
    looped_t l;
    looped_open(&l, 0);
    yb_rpc_call_t call = yb_test_rpc_call_of("T/Echo", PATIENCE_US);
    start(&l, &call, 1);
    uv_run(&l.loop, UV_RUN_DEFAULT);     /* connected */
    start(&l, &call, YB_BUNDLE_COUNT_MAX + 2);
    uv_run(&l.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(l.ok, 1 + YB_BUNDLE_COUNT_MAX + 2);
    ck_assert_int_eq(atomic_load(&l.s.frames), 1 + 2);
    yb_rpc_stats_t stats;
    yb_rpc_stats(l.rpc, &stats);
    ck_assert_uint_eq(stats.sent, 1 + YB_BUNDLE_COUNT_MAX + 2);
    ck_assert_uint_eq(stats.retries, 0);
    looped_close(&l);
}
END_TEST

/* Closed in the very turn that started them. */
START_TEST(what_has_not_left_did_not_run)
{
    looped_t l;
    looped_open(&l, 0);
    yb_rpc_call_t call = yb_test_rpc_write_of("T/Echo", PATIENCE_US);
    start(&l, &call, 1);
    uv_run(&l.loop, UV_RUN_DEFAULT);
    start(&l, &call, 3);
    l.started++;                         /* nobody stops the loop while it closes */
    looped_close(&l);
    ck_assert_int_eq(l.by_err[YB_E_DRAINING], 3);
    ck_assert_int_eq(atomic_load(&l.s.seen), 1);
}
END_TEST

START_TEST(loop_errors_come_later_and_once)
{
    looped_t l;
    looped_open(&l, 0);
    yb_rpc_call_t call = yb_test_rpc_call_of("T/Refuse", PATIENCE_US);
    start(&l, &call, 1);
    call = yb_test_rpc_write_of("T/Silent", 100000);
    start(&l, &call, 1);
    call.deadline_us = 1;
    start(&l, &call, 1);
    ck_assert_int_eq(l.done, 0);
    uv_run(&l.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(l.done, 3);
    ck_assert_int_eq(l.by_err[YB_E_FIELD_RANGE], 1);
    ck_assert_int_eq(l.by_err[YB_E_DEADLINE], 2);
    looped_close(&l);
}
END_TEST

START_TEST(pending_calls_are_bounded)
{
    looped_t l;
    looped_open(&l, 0);
    yb_rpc_call_t call = yb_test_rpc_write_of("T/Silent", PATIENCE_US);
    start(&l, &call, YB_RPC_PENDING_MAX);
    ck_assert_uint_eq(yb_rpc_pending(l.rpc), YB_RPC_PENDING_MAX);
    l.started = 1;
    yb_rpc_call(l.rpc, &call, on_answer, &l);
    ck_assert_int_eq(l.done, 0);
    uv_run(&l.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(l.by_err[YB_E_OVERLOADED], 1);
    yb_rpc_stats_t stats;
    yb_rpc_stats(l.rpc, &stats);
    looped_close(&l);                    /* answers the rest: sent ones may have run, unsent ones did not */
    ck_assert_int_eq(l.done, YB_RPC_PENDING_MAX + 1);
    ck_assert_int_eq(l.by_err[YB_E_DEADLINE] + l.by_err[YB_E_DRAINING], YB_RPC_PENDING_MAX);
    ck_assert_int_eq(l.by_err[YB_E_DEADLINE], (int)stats.sent);
}
END_TEST

START_TEST(loop_survives_a_restart)
{
    looped_t l;
    looped_open(&l, 0);
    atomic_store(&l.s.drop, 1);
    l.more = 2000;
    yb_rpc_call_t call = yb_test_rpc_write_of("T/Restart", PATIENCE_US);
    start(&l, &call, 64);
    uv_run(&l.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(l.ok, 2064);
    looped_close(&l);
}
END_TEST

static void on_answer_close(void *ctx, const yb_rpc_answer_t *a)
{
    looped_t *l = ctx;
    l->by_err[a->err]++;
    l->done++;
    yb_rpc_close(&l->rpc);
}

START_TEST(close_inside_a_callback)
{
    looped_t l;
    looped_open(&l, 0);
    yb_rpc_call_t call = yb_test_rpc_call_of("T/Echo", PATIENCE_US);
    for (int i = 0; i < 3; i++)
        yb_rpc_call(l.rpc, &call, on_answer_close, &l);
    uv_run(&l.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(l.done, 3);
    ck_assert_int_eq(l.by_err[YB_OK], 1);
    ck_assert_int_eq(l.by_err[YB_E_DRAINING], 2);
    looped_close(&l);
}
END_TEST

START_TEST(loop_resolves_names)
{
    if (!yb_test_rpc_localhost_is_known())
        return;
    looped_t l;
    char endpoint[64];
    memset(&l, 0, sizeof(l));
    uv_loop_init(&l.loop);
    yb_test_rpc_server_start(&l.s, yb_test_rpc_world.zmq, "tcp://127.0.0.1:*", NULL, 1);
    snprintf(endpoint, sizeof(endpoint), "tcp://localhost%s", strrchr(l.s.endpoint, ':'));
    yb_rpc_conf_t conf = { .name = "settlement", .endpoints = endpoint };
    ck_assert_int_eq(yb_rpc_create(&l.loop, yb_test_rpc_world.zmq, &conf, &l.rpc), YB_OK);
    yb_rpc_call_t call = yb_test_rpc_call_of("T/Echo", PATIENCE_US);
    start(&l, &call, 10);
    uv_run(&l.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(l.ok, 10);
    looped_close(&l);
}
END_TEST

/* A name with as many addresses as we say: the name server of this program, for libuv's look-ups. */
#define REPLICAS_NAME "replicas.test"
static atomic_int replicas_known;

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **ret_list)
{
    static int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);
    if (!real)
        *(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
    if (!node || strcmp(node, REPLICAS_NAME) != 0)
        return real(node, service, hints, ret_list);
    int rc = real("127.0.0.1", service, hints, ret_list);
    if (rc == 0 && atomic_load(&replicas_known) > 1)
        rc = real("127.0.0.2", service, hints, &(*ret_list)->ai_next);
    return rc;
}

/* What is scaled up while its callers run shares their load, though nothing has failed. */
#ifndef __SANITIZE_THREAD__
START_TEST(loop_finds_replicas_that_come_later)
{
    looped_t l;
    yb_test_rpc_server_t second;
    char endpoint[96];
    memset(&l, 0, sizeof(l));
    uv_loop_init(&l.loop);
    yb_test_rpc_server_start(&l.s, yb_test_rpc_world.zmq, "tcp://127.0.0.1:*", NULL, 1);
    const char *port = strrchr(l.s.endpoint, ':');
    snprintf(endpoint, sizeof(endpoint), "tcp://127.0.0.2%s", port);
    yb_test_rpc_server_start(&second, yb_test_rpc_world.zmq, endpoint, NULL, 2);
    snprintf(endpoint, sizeof(endpoint), "tcp://" REPLICAS_NAME "%s", port);
    atomic_store(&replicas_known, 1);
    yb_rpc_conf_t conf = { .name = "settlement", .endpoints = endpoint };
    ck_assert_int_eq(yb_rpc_create(&l.loop, yb_test_rpc_world.zmq, &conf, &l.rpc), YB_OK);
    yb_rpc_call_t call = yb_test_rpc_call_of("T/Echo", PATIENCE_US);
    start(&l, &call, 10);
    uv_run(&l.loop, UV_RUN_DEFAULT);
    ck_assert_int_eq(atomic_load(&second.seen), 0);
    atomic_store(&replicas_known, 2);
    int64_t until_us = yb_clock_unix_us(&yb_test_rpc_world.clock) + PATIENCE_US;
    while (atomic_load(&second.seen) == 0) {
        ck_assert_msg(yb_clock_unix_us(&yb_test_rpc_world.clock) < until_us, "the second replica is not called");
        call.deadline_us = yb_clock_unix_us(&yb_test_rpc_world.clock) + PATIENCE_US;
        start(&l, &call, 8);
        uv_run(&l.loop, UV_RUN_DEFAULT);
    }
    ck_assert_int_eq(l.by_err[YB_OK], l.started);
    yb_test_rpc_server_stop(&second);
    looped_close(&l);
}
END_TEST
#endif

static TCase *tests_of_loop(void)
{
    TCase *t = tcase_create("loop");
    tcase_add_test(t, loop_keeps_64_in_flight);
    tcase_add_test(t, calls_of_one_turn_share_a_message);
    tcase_add_test(t, what_has_not_left_did_not_run);
    tcase_add_test(t, loop_errors_come_later_and_once);
    tcase_add_test(t, pending_calls_are_bounded);
    tcase_add_test(t, loop_survives_a_restart);
    tcase_add_test(t, close_inside_a_callback);
    tcase_add_test(t, loop_resolves_names);
#ifndef __SANITIZE_THREAD__ /* libuv's own threads, which ThreadSanitizer does not follow, call this file's getaddrinfo */
    tcase_add_test(t, loop_finds_replicas_that_come_later);
#endif
    return t;
}

int main(void)
{
    TCase *cases[] = { tests_of_loop() };
    return yb_test_rpc_run("rpc_loop", cases, sizeof(cases) / sizeof(*cases));
}
