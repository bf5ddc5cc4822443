#include <check.h>
#include <stdatomic.h>
#include <stdio.h>

#include "libcommon/rpc.h"
#include "tests/support/rpc_server.h"

/* ---- replicas ---- */

START_TEST(server_restarts_mid_call)
{
    yb_test_rpc_pair_t p;
    yb_rpc_answer_t a;
    yb_test_rpc_pair_open(&p, 1);
    yb_rpc_call_t call = yb_test_rpc_write_of("T/Restart", PATIENCE_US);
    ck_assert_int_eq(yb_test_rpc_ask(p.rpc, &call, &a), YB_OK);
    yb_test_rpc_pair_close(&p);
    ck_assert_int_eq(atomic_load(&p.server.seen), 2);
    ck_assert_uint_eq(p.stats.lost, 1);
}
END_TEST

START_TEST(no_server_is_unavailable)
{
    yb_rpc_answer_t a;
    yb_rpc_sync_t *rpc = yb_test_rpc_client(yb_test_rpc_ipc("nobody"), NULL);
    yb_rpc_call_t call = yb_test_rpc_write_of("T/Echo", 200000);
    ck_assert_int_eq(yb_test_rpc_ask(rpc, &call, &a), YB_E_UNAVAILABLE);   /* not "unknown": nothing was sent */
    yb_rpc_sync_destroy(&rpc);
}
END_TEST

typedef struct two {
    yb_test_rpc_server_t s[2];
    yb_rpc_sync_t *rpc;
    int first;                           /* the replica of route_key 7 */
} two_t;

static void two_open(two_t *t)
{
    char endpoints[256];
    yb_rpc_answer_t a;
    yb_rpc_stats_t stats;
    yb_test_rpc_server_start(&t->s[0], yb_test_rpc_world.zmq, yb_test_rpc_ipc("a"), NULL, 0);
    yb_test_rpc_server_start(&t->s[1], yb_test_rpc_world.zmq, yb_test_rpc_ipc("b"), NULL, 1);
    snprintf(endpoints, sizeof(endpoints), "%s,%s", t->s[0].endpoint, t->s[1].endpoint);
    t->rpc = yb_test_rpc_client(endpoints, NULL);
    do {                                 /* until both are connected */
        yb_rpc_call_t call = yb_test_rpc_call_of("T/Echo", PATIENCE_US);
        call.route_key = 7;
        ck_assert_int_eq(yb_test_rpc_ask(t->rpc, &call, &a), YB_OK);
        t->first = yb_test_rpc_number_of(&a);
        yb_rpc_sync_stats(t->rpc, &stats);
    } while (stats.replicas_up < 2);
    yb_rpc_call_t call = yb_test_rpc_call_of("T/Echo", PATIENCE_US);
    call.route_key = 7;
    ck_assert_int_eq(yb_test_rpc_ask(t->rpc, &call, &a), YB_OK);
    t->first = yb_test_rpc_number_of(&a);
}

static void two_close(two_t *t)
{
    yb_rpc_sync_destroy(&t->rpc);
    yb_test_rpc_server_stop(&t->s[0]);
    yb_test_rpc_server_stop(&t->s[1]);
}

START_TEST(keys_stay_with_their_replica)
{
    two_t t;
    yb_rpc_answer_t a;
    int hits[2] = { 0, 0 };
    two_open(&t);
    for (uint64_t key = 1; key <= 200; key++) {
        int at = -1;
        for (int again = 0; again < 2; again++) {
            yb_rpc_call_t call = yb_test_rpc_call_of("T/Echo", PATIENCE_US);
            call.route_key = key;
            ck_assert_int_eq(yb_test_rpc_ask(t.rpc, &call, &a), YB_OK);
            ck_assert(at < 0 || at == yb_test_rpc_number_of(&a));
            at = yb_test_rpc_number_of(&a);
        }
        hits[at]++;
    }
    ck_assert_int_gt(hits[0], 60);
    ck_assert_int_gt(hits[1], 60);
    two_close(&t);
}
END_TEST

START_TEST(killed_replica_passes_its_calls_on)
{
    two_t t;
    yb_rpc_answer_t a;
    yb_rpc_stats_t stats;
    two_open(&t);
    /* both die of it: the outcome of the write is unknown */
    yb_rpc_call_t call = yb_test_rpc_write_of("T/Die", 3000000);
    call.route_key = 7;
    ck_assert_int_eq(yb_test_rpc_ask(t.rpc, &call, &a), YB_E_DEADLINE);
    yb_rpc_sync_stats(t.rpc, &stats);
    ck_assert_uint_eq(stats.lost, 2);
    ck_assert_int_eq(atomic_load(&t.s[0].wrong) + atomic_load(&t.s[1].wrong), 0);
    two_close(&t);
}
END_TEST

START_TEST(other_replica_answers_after_a_kill)
{
    two_t t;
    yb_rpc_answer_t a;
    two_open(&t);
    yb_test_rpc_server_stop(&t.s[t.first]);
    for (int i = 0; i < 3; i++) {
        yb_rpc_call_t call = yb_test_rpc_write_of("T/Echo", PATIENCE_US);
        call.route_key = 7;
        ck_assert_int_eq(yb_test_rpc_ask(t.rpc, &call, &a), YB_OK);
        ck_assert_int_eq(yb_test_rpc_number_of(&a), !t.first);
    }
    yb_rpc_sync_destroy(&t.rpc);
    yb_test_rpc_server_stop(&t.s[!t.first]);
}
END_TEST

START_TEST(draining_replica_is_left_alone)
{
    two_t t;
    yb_rpc_answer_t a;
    two_open(&t);
    atomic_store(&t.s[t.first].drop, 1);
    int seen = atomic_load(&t.s[t.first].seen);
    yb_rpc_call_t call = yb_test_rpc_write_of("T/Draining", PATIENCE_US);
    call.route_key = 7;
    ck_assert_int_eq(yb_test_rpc_ask(t.rpc, &call, &a), YB_OK);
    ck_assert_int_eq(yb_test_rpc_number_of(&a), !t.first);
    call = yb_test_rpc_write_of("T/Echo", PATIENCE_US);
    call.route_key = 7;
    ck_assert_int_eq(yb_test_rpc_ask(t.rpc, &call, &a), YB_OK);
    ck_assert_int_eq(yb_test_rpc_number_of(&a), !t.first);
    ck_assert_int_eq(atomic_load(&t.s[t.first].seen), seen + 1);
    two_close(&t);
}
END_TEST

/* Each of the two answers only once the other has been asked too. */
START_TEST(two_services_at_once)
{
    yb_test_rpc_server_t s[2];
    yb_rpc_sync_t *rpc[2];
    yb_rpc_answer_t a;
    atomic_int meeting = 0;
    for (int i = 0; i < 2; i++) {
        yb_test_rpc_server_start(&s[i], yb_test_rpc_world.zmq, yb_test_rpc_ipc(i ? "a" : "b"), NULL, i);
        rpc[i] = yb_test_rpc_client(s[i].endpoint, NULL);
        yb_rpc_call_t call = yb_test_rpc_call_of("T/Echo", PATIENCE_US);
        ck_assert_int_eq(yb_test_rpc_ask(rpc[i], &call, &a), YB_OK);
    }
    atomic_store(&s[0].meeting, &meeting);
    atomic_store(&s[1].meeting, &meeting);
    yb_rpc_call_t call = yb_test_rpc_call_of("T/Meet", PATIENCE_US);
    yb_rpc_sync_start(rpc[0], &call);
    yb_rpc_sync_start(rpc[1], &call);
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(yb_rpc_sync_wait(rpc[i], yb_test_rpc_world.arena, &a), YB_OK);
        ck_assert_int_eq(yb_test_rpc_number_of(&a), i);
    }
    for (int i = 0; i < 2; i++) {
        yb_rpc_sync_destroy(&rpc[i]);
        yb_test_rpc_server_stop(&s[i]);
    }
}
END_TEST

static TCase *tests_of_replicas(void)
{
    TCase *t = tcase_create("replicas");
    tcase_add_test(t, server_restarts_mid_call);
    tcase_add_test(t, no_server_is_unavailable);
    tcase_add_test(t, keys_stay_with_their_replica);
    tcase_add_test(t, killed_replica_passes_its_calls_on);
    tcase_add_test(t, other_replica_answers_after_a_kill);
    tcase_add_test(t, draining_replica_is_left_alone);
    tcase_add_test(t, two_services_at_once);
    return t;
}

int main(void)
{
    TCase *cases[] = { tests_of_replicas() };
    return yb_test_rpc_run("rpc_replica", cases, sizeof(cases) / sizeof(*cases));
}
