#include "tests/support/rpc_server.h"

#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <zmq.h>

#include "libcommon/bundle.h"

/* ---- a service that misbehaves on request: the method says how ---- */

static void router_open(yb_test_rpc_server_t *s)
{
    size_t len = sizeof(s->endpoint);
    s->router = zmq_socket(s->zmq, ZMQ_ROUTER);
    ck_assert_int_eq(yb_socket_setup(s->router, true), YB_OK);
    if (s->keys)
        ck_assert_int_eq(yb_keys_server(s->keys, s->router), YB_OK);
    ck_assert_int_eq(zmq_bind(s->router, s->endpoint), 0);
    ck_assert_int_eq(zmq_getsockopt(s->router, ZMQ_LAST_ENDPOINT, s->endpoint, &len), 0);
}

static void raw_send(yb_test_rpc_server_t *s, zmq_msg_t *id, const void *data, size_t len)
{
    zmq_msg_t copy;
    zmq_msg_init(&copy);
    zmq_msg_copy(&copy, id);
    if (zmq_msg_send(&copy, s->router, ZMQ_SNDMORE) < 0)
        zmq_msg_close(&copy);
    else
        (void)zmq_send(s->router, data, len, 0);
}

static void answer_as(yb_test_rpc_server_t *s, zmq_msg_t *id, const Yibao__Rpc__Request *r, uint32_t version,
                      yb_err_t code, bool other_id)
{
    uint8_t out[1024];
    Yibao__Rpc__Reply reply = YIBAO__RPC__REPLY__INIT;
    reply.version = version;
    reply.request_id = r->request_id;
    if (other_id)
        reply.request_id.data[0] ^= 1;
    reply.call_id = r->call_id;
    reply.code = (uint32_t)code;
    reply.status = (uint32_t)yb_err_status(code);
    if (code == YB_E_FIELD_RANGE) {
        reply.field = (char *)(uintptr_t)"data.cnt";
        reply.text = (char *)(uintptr_t)"数量应为正数";
    }
    char body[24];
    reply.body.len = (size_t)snprintf(body, sizeof(body), "%d", s->number);
    reply.body.data = (uint8_t *)body;
    raw_send(s, id, out, yibao__rpc__reply__pack(&reply, out));
    if (other_id)
        reply.request_id.data[0] ^= 1;
}

static void misbehave(yb_test_rpc_server_t *s, zmq_msg_t *id, const Yibao__Rpc__Request *r)
{
    if (strcmp(r->method, "T/Garbage") == 0) {
        raw_send(s, id, "\xff\xff\xff", 3);
        raw_send(s, id, "", 0);
        answer_as(s, id, r, YB_RPC_VERSION, YB_E_INTERNAL, true);    /* to another request */
        answer_as(s, id, r, YB_RPC_VERSION + 1, YB_E_INTERNAL, false);
    } else if (strcmp(r->method, "T/Oversize") == 0 && atomic_fetch_sub(&s->drop, 1) > 0) {
        uint8_t *big = calloc(1, YB_RPC_FRAME_MAX + 1);
        raw_send(s, id, big, YB_RPC_FRAME_MAX + 1);
        free(big);
        return;                          /* the connection goes with it */
    }
    answer_as(s, id, r, YB_RPC_VERSION, YB_OK, false);
}

/* The keys of a repeated call must be the ones given; the id too. */
static void check_same(yb_test_rpc_server_t *s, const Yibao__Rpc__Request *r)
{
    bool same = r->version == YB_RPC_VERSION && r->request_id.len == 16 && r->call_id != 0;
    if (r->idem_key.len != 0)
        same = same && r->idem_key.len == 16 && memcmp(r->idem_key.data, KEY, 16) == 0
               && r->body_hash.len == 32 && memcmp(r->body_hash.data, HASH, 32) == 0
               && memcmp(r->request_id.data, ID, 16) == 0;
    atomic_fetch_add(&s->wrong, !same);
    atomic_fetch_add(&s->seen, 1);
}

static void serve_one(yb_test_rpc_server_t *s, zmq_msg_t *id, const Yibao__Rpc__Request *r)
{
    static const struct { const char *method; yb_err_t first; bool then_ok;
    } table[] = {
        { "T/Refuse", YB_E_FIELD_RANGE, false },   { "T/Draining", YB_E_DRAINING, true },
        { "T/Overloaded", YB_E_OVERLOADED, true }, { "T/Full", YB_E_OVERLOADED, false },
        { "T/Flying", YB_E_IN_FLIGHT, false },     { "T/NewCode", (yb_err_t)9999, false },
    };
    check_same(s, r);
    for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++)
        if (strcmp(r->method, table[i].method) == 0) {
            bool ok = table[i].then_ok && atomic_fetch_sub(&s->drop, 1) <= 0;
            answer_as(s, id, r, YB_RPC_VERSION, ok ? YB_OK : table[i].first, false);
            return;
        }
    if (strcmp(r->method, "T/Silent") == 0)
        return;
    if (strcmp(r->method, "T/Drop") == 0 && atomic_fetch_sub(&s->drop, 1) > 0)
        return;
    if (strcmp(r->method, "T/DropThenFlying") == 0) {
        int left = atomic_fetch_sub(&s->drop, 1);
        if (left <= 1)
            answer_as(s, id, r, YB_RPC_VERSION, left == 1 ? YB_E_IN_FLIGHT : YB_OK, false);
        return;
    }
    if (strcmp(r->method, "T/DropThenGone") == 0) {
        if (atomic_fetch_sub(&s->drop, 1) <= 0)
            answer_as(s, id, r, YB_RPC_VERSION, YB_E_DB_GONE, false);
        return;
    }
    if (strcmp(r->method, "T/Die") == 0
        || (strcmp(r->method, "T/Restart") == 0 && atomic_fetch_sub(&s->drop, 1) > 0)) {
        zmq_close(s->router);
        s->router = NULL;
        if (strcmp(r->method, "T/Restart") == 0)
            router_open(s);
        return;
    }
    if (strcmp(r->method, "T/Meet") == 0)
        for (atomic_fetch_add(atomic_load(&s->meeting), 1); atomic_load(atomic_load(&s->meeting)) < 2;)
            sched_yield();               /* the test's time-out ends this if nobody comes */
    misbehave(s, id, r);
}

static bool receive_one(yb_test_rpc_server_t *s)
{
    zmq_msg_t id, body;
    zmq_msg_init(&id);
    zmq_msg_init(&body);
    bool got =
        zmq_msg_recv(&id, s->router, ZMQ_DONTWAIT) >= 0 && zmq_msg_recv(&body, s->router, ZMQ_DONTWAIT) >= 0;
    atomic_fetch_add(&s->frames, got);
    yb_bundle_reader_t reader;
    const uint8_t *data = NULL;
    size_t len = 0;
    yb_bundle_open(&reader, zmq_msg_data(&body), zmq_msg_size(&body));
    while (got && s->router && yb_bundle_next(&reader, &data, &len) == YB_BUNDLE_ITEM) {
        Yibao__Rpc__Request *r = yibao__rpc__request__unpack(NULL, len, data);
        if (r)
            serve_one(s, &id, r);
        yibao__rpc__request__free_unpacked(r, NULL);
    }
    zmq_msg_close(&id);
    zmq_msg_close(&body);
    return got && s->router;
}

static void *serve(void *arg)
{
    yb_test_rpc_server_t *s = arg;
    while (s->router) {
        zmq_pollitem_t items[2] = { { s->router, 0, ZMQ_POLLIN, 0 }, { NULL, s->stop_fd, ZMQ_POLLIN, 0 } };
        zmq_poll(items, 2, -1);
        if (items[1].revents)
            break;
        while (receive_one(s))
            ;
    }
    return NULL;
}

void yb_test_rpc_server_start(yb_test_rpc_server_t *s, void *zmq, const char *endpoint, const yb_keys_t *keys,
                              int number)
{
    *s = (yb_test_rpc_server_t){ .zmq = zmq, .keys = keys, .number = number, .stop_fd = eventfd(0, EFD_CLOEXEC) };
    snprintf(s->endpoint, sizeof(s->endpoint), "%s", endpoint);
    router_open(s);
    pthread_create(&s->thread, NULL, serve, s);
}

void yb_test_rpc_server_stop(yb_test_rpc_server_t *s)
{
    uint64_t one = 1;
    ck_assert_int_eq(write(s->stop_fd, &one, sizeof(one)), sizeof(one));
    pthread_join(s->thread, NULL);
    close(s->stop_fd);
    if (s->router)
        zmq_close(s->router);
    s->router = NULL;
    ck_assert_int_eq(atomic_load(&s->wrong), 0);
}

/* ---- what every test has ---- */

yb_test_rpc_world_t yb_test_rpc_world;

void yb_test_rpc_world_open(void)
{
    snprintf(yb_test_rpc_world.dir, sizeof(yb_test_rpc_world.dir), "/tmp/yb_rpc_XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(yb_test_rpc_world.dir));
    yb_test_rpc_world.zmq = zmq_ctx_new();
    yb_test_rpc_world.arena = yb_arena_create(0);
    yb_test_rpc_world.clock = yb_clock_real();
}

void yb_test_rpc_world_close(void)
{
    char command[64];
    zmq_ctx_term(yb_test_rpc_world.zmq);
    yb_arena_destroy(&yb_test_rpc_world.arena);
    snprintf(command, sizeof(command), "rm -rf %s", yb_test_rpc_world.dir);
    ck_assert_int_eq(system(command), 0);
}

const char *yb_test_rpc_ipc(const char *name)
{
    static char text[2][64];
    static int turn;
    turn = !turn;
    snprintf(text[turn], sizeof(text[turn]), "ipc://%s/%s", yb_test_rpc_world.dir, name);
    return text[turn];
}

yb_rpc_sync_t *yb_test_rpc_client(const char *endpoints, const yb_keys_t *keys)
{
    yb_rpc_sync_t *rpc = NULL;
    yb_rpc_conf_t conf = { .name = "settlement", .endpoints = endpoints, .keys = keys };
    ck_assert_int_eq(yb_rpc_sync_create(yb_test_rpc_world.zmq, &conf, &rpc), YB_OK);
    return rpc;
}

yb_rpc_call_t yb_test_rpc_call_of(const char *method, int64_t timeout_us)
{
    yb_rpc_call_t call = { .method = method,
                           .request_id = ID,
                           .deadline_us = yb_clock_unix_us(&yb_test_rpc_world.clock) + timeout_us };
    yibao__rpc__echo_request__init(&yb_test_rpc_world.body);
    call.body = &yb_test_rpc_world.body.base;
    return call;
}

yb_rpc_call_t yb_test_rpc_write_of(const char *method, int64_t timeout_us)
{
    yb_rpc_call_t call = yb_test_rpc_call_of(method, timeout_us);
    call.idem_key = KEY;
    call.body_hash = HASH;
    return call;
}

yb_err_t yb_test_rpc_ask(yb_rpc_sync_t *rpc, const yb_rpc_call_t *call, yb_rpc_answer_t *ret_answer)
{
    return yb_rpc_sync_call(rpc, call, yb_test_rpc_world.arena, ret_answer);
}

int yb_test_rpc_number_of(const yb_rpc_answer_t *a)
{
    ck_assert_uint_eq(a->body_len, 1);
    return a->body[0] - '0';
}


void yb_test_rpc_pair_open(yb_test_rpc_pair_t *p, int drop)
{
    yb_test_rpc_server_start(&p->server, yb_test_rpc_world.zmq, yb_test_rpc_ipc("a"), NULL, 1);
    atomic_store(&p->server.drop, drop);
    p->rpc = yb_test_rpc_client(p->server.endpoint, NULL);
}

void yb_test_rpc_pair_close(yb_test_rpc_pair_t *p)
{
    yb_rpc_sync_stats(p->rpc, &p->stats);
    yb_rpc_sync_destroy(&p->rpc);
    ck_assert_ptr_null(p->rpc);
    yb_test_rpc_server_stop(&p->server);
}

/* A machine without /etc/hosts may not know the name; then nothing can be tried by name. */
bool yb_test_rpc_localhost_is_known(void)
{
    struct addrinfo *list = NULL;
    if (getaddrinfo("localhost", NULL, NULL, &list) != 0) {
        puts("skipped: \"localhost\" does not resolve here");
        return false;
    }
    freeaddrinfo(list);
    return true;
}

int yb_test_rpc_run(const char *suite, TCase *const *cases, size_t count)
{
    Suite *s = suite_create(suite);
    for (size_t i = 0; i < count; i++) {
        tcase_set_timeout(cases[i], 60);
        tcase_add_checked_fixture(cases[i], yb_test_rpc_world_open, yb_test_rpc_world_close);
        suite_add_tcase(s, cases[i]);
    }
    SRunner *r = srunner_create(s);
    srunner_run_all(r, CK_NORMAL);
    int failed = srunner_ntests_failed(r);
    srunner_free(r);
    return failed == 0 ? 0 : 1;
}
