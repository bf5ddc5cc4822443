/* For the tests of the service frame: a small service as a process with its database, payloads being commands to it,
 * and a client that says exactly what it is told. */
#ifndef YB_TEST_FRAME_H
#define YB_TEST_FRAME_H

#include <check.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zmq.h>

#include "libcommon/bundle.h"
#include "libcommon/rpc_core.h"
#include "libcommon/service.h"
#include "tests/support/bus.h"

#define MUTABLE(text) ((char *)(uintptr_t)(text))
#define PATIENCE_MS 20000
#define SECOND_US 1000000LL

/* Between the test and its services, which are children. */
static struct shared {
    sem_t entered, release;              /* of a held call */
    atomic_int tries, runs;
} *shared;

/* ---- the service under test: "xx:name" says what is to happen to the row `name` ---- */

static const yb_sql_t sql_insert = { "test.insert", "INSERT INTO effect (name, n) VALUES (?, 1)" };
static const yb_sql_t sql_upsert = { "test.upsert",
                                     "INSERT INTO effect (name, n) VALUES (?, 1) ON DUPLICATE KEY UPDATE n = n + 1" };
static const yb_sql_t sql_lock = { "test.lock", "UPDATE effect SET n = n + 1 WHERE name = ?" };

static inline const char *command_of(yb_worker_t *worker, const yb_call_t *call)
{
    const Yibao__Rpc__EchoRequest *req = (const Yibao__Rpc__EchoRequest *)call->body;
    return yb_arena_strndup(yb_worker_arena(worker), (const char *)req->payload.data, req->payload.len);
}

static inline bool is(const char *command, const char *what) { return strncmp(command, what, 3) == 0; }

static inline void reply_bytes(yb_worker_t *worker, yb_call_t *call, const char *text, size_t len)
{
    Yibao__Rpc__EchoReply *reply = YB_NEW(yb_worker_arena(worker), Yibao__Rpc__EchoReply);
    yibao__rpc__echo_reply__init(reply);
    reply->payload.data = (uint8_t *)MUTABLE(text);
    reply->payload.len = len;
    call->reply = &reply->base;
}

/* Each run of a call answers other bytes: only a stored reply can be the same. */
static inline void reply_done(yb_worker_t *worker, yb_call_t *call, const char *name)
{
    const char *text = yb_arena_printf(yb_worker_arena(worker), "done %s %lld", name, (long long)yb_worker_id(worker));
    reply_bytes(worker, call, text, strlen(text));
}

static inline yb_err_t add_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *command = command_of(worker, calls[i]);
        calls[i]->state = MUTABLE(command);
        if (is(command, "np:"))
            yb_call_refuse(calls[i], YB_E_FIELD_DICT, "name", "不在字典范围内");
    }
    return YB_OK;
}

static inline void hold(void)
{
    sem_post(&shared->entered);
    while (sem_wait(&shared->release) != 0) {
    }
}

static inline yb_err_t add_one(yb_worker_t *worker, yb_call_t *call, yb_params_t *rows)
{
    const char *command = call->state, *name = command + 3;
    if (is(command, "no:")) {
        yb_call_refuse(call, YB_E_FIELD_RANGE, "name", "超出取值范围");
        yb_call_event(worker, call, "settlement", "Named", name, call->body);   /* goes with the refusal */
        return YB_OK;
    }
    if (is(command, "er:"))
        return YB_E_OVERFLOW;
    if (is(command, "cf:") && atomic_fetch_add(&shared->tries, 1) < 2)
        return YB_E_DB_CONFLICT;
    if (is(command, "hd:"))
        hold();
    if (is(command, "ev:"))
        yb_call_event(worker, call, "settlement", "Named", name, call->body);
    if (is(command, "po:"))
        yb_call_event(worker, call, "settlement", "NobodyKnowsThis", name, call->body);
    yb_params_text(rows, name);
    if (is(command, "tw:"))
        yb_params_text(rows, name);      /* the same key twice: the insert fails */
    if (is(command, "fo:"))
        return YB_OK;                    /* forgets to answer */
    if (is(command, "bg:"))
        reply_bytes(worker, call, yb_arena_calloc(yb_worker_arena(worker), 1, YB_RPC_FRAME_MAX), YB_RPC_FRAME_MAX);
    else
        reply_done(worker, call, name);
    return YB_OK;
}

static inline yb_err_t add_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_params_t *rows = yb_params_create(yb_worker_arena(worker), 1);
    atomic_fetch_add(&shared->runs, 1);
    for (size_t i = 0; i < count; i++) {
        yb_err_t err = add_one(worker, calls[i], rows);
        if (err != YB_OK)
            return err;
    }
    return yb_db_execute(yb_worker_db(worker), &sql_insert, rows, NULL);
}

/* Counts how often each name was run. */
static inline yb_err_t count_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_params_t *rows = yb_params_create(yb_worker_arena(worker), 1);
    for (size_t i = 0; i < count; i++) {
        const char *name = command_of(worker, calls[i]);
        yb_params_text(rows, name);
        reply_done(worker, calls[i], name);
    }
    return yb_db_execute(yb_worker_db(worker), &sql_upsert, rows, NULL);
}

static inline yb_err_t lock_row(yb_worker_t *worker, char name)
{
    yb_params_t *p = yb_params_create(yb_worker_arena(worker), 1);
    yb_params_text(p, yb_arena_printf(yb_worker_arena(worker), "%c", name));
    return yb_db_execute(yb_worker_db(worker), &sql_lock, p, NULL);
}

/* "ab" locks row a, then b; "ba" the other way round. The first two runs meet in between: a deadlock, which the server
 * ends. */
static inline yb_err_t cross_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    YB_ASSERT(count == 1);
    const char *names = command_of(worker, calls[0]);
    yb_err_t err = lock_row(worker, names[0]);
    if (atomic_fetch_add(&shared->tries, 1) < 2) {
        sem_post(names[0] == 'a' ? &shared->entered : &shared->release);
        while (sem_wait(names[0] == 'a' ? &shared->release : &shared->entered) != 0) {
        }
    }
    if (err == YB_OK)
        err = lock_row(worker, names[1]);
    if (err == YB_OK)
        reply_done(worker, calls[0], names);
    return err;
}

static const yb_method_t test_methods[] = {
    { "Test/Add", YB_WRITE, 0, add_prepare, add_run },
    { "Test/Count", YB_WRITE, 0, NULL, count_run },
    { "Test/Cross", YB_WRITE, 1, NULL, cross_run },
};
static const ProtobufCMethodDescriptor test_method_descriptors[] = {
    { "Add", &yibao__rpc__echo_request__descriptor, &yibao__rpc__echo_reply__descriptor },
    { "Count", &yibao__rpc__echo_request__descriptor, &yibao__rpc__echo_reply__descriptor },
    { "Cross", &yibao__rpc__echo_request__descriptor, &yibao__rpc__echo_reply__descriptor },
};
static const unsigned by_name[] = { 0, 1, 2 };
static const ProtobufCServiceDescriptor test_descriptor = {
    .magic = PROTOBUF_C__SERVICE_DESCRIPTOR_MAGIC,
    .name = "yibao.Test",
    .short_name = "Test",
    .c_name = "Test",
    .package = "yibao",
    .n_methods = 3,
    .methods = test_method_descriptors,
    .method_indices_by_name = by_name,
};

static const char schema_sql[] = "CREATE TABLE effect (name VARCHAR(64) NOT NULL PRIMARY KEY, n BIGINT NOT NULL);\n"
                                 "INSERT INTO effect (name, n) VALUES ('a', 0), ('b', 0);\n";
static const yb_migration_t schema[] = {
    { .version = 1, .name = "0001_test", .sql = schema_sql, .sql_len = sizeof schema_sql - 1 }
};
static const size_t schema_count = 1;
static const char *const targets[] = { "settlement" };

static const yb_service_def_t source_def = {
    .name = "identity", .summary = "a test", .descriptor = &test_descriptor, .methods = test_methods, .method_count = 3,
    .schema = schema, .schema_count = &schema_count, .targets = targets, .target_count = 1,
};

/* ---- a client that says exactly what it is told ---- */

static yb_test_bus_t *bus;
static yb_arena_t *arena;
static void *zmq, *dealer;
static yb_bundle_reader_t heard;         /* the message of which some replies are still to be looked at */
static bool more_heard;
static int messages_heard;
static const yb_clock_t *machine_clock;

static inline int64_t now_us(void) { return yb_clock_unix_us(machine_clock); }

static inline void dial(void)
{
    char endpoint[128];
    int linger = 0;
    snprintf(endpoint, sizeof endpoint, "ipc://%s/identity.sock", yb_test_bus_dir(bus));
    more_heard = false;
    messages_heard = 0;
    zmq = zmq_ctx_new();
    dealer = zmq_socket(zmq, ZMQ_DEALER);
    ck_assert_int_eq(zmq_setsockopt(dealer, ZMQ_LINGER, &linger, sizeof linger), 0);
    ck_assert_int_eq(zmq_connect(dealer, endpoint), 0);
}

static inline void hang_up(void)
{
    if (zmq == NULL)
        return;
    zmq_close(dealer);
    zmq_ctx_term(zmq);
    zmq = NULL;
}

typedef struct said {
    const char *method, *payload, *key, *hash;
    int64_t in_us;                       /* deadline from now; 0 = plenty */
    uint32_t version;
    uint64_t call_id, route_key;
} said_t;

static inline size_t pack(const said_t *s, uint8_t *out)
{
    static uint8_t id[16] = "a request id  16", key[16], hash[32];
    uint8_t body[256];
    Yibao__Rpc__EchoRequest echo = YIBAO__RPC__ECHO_REQUEST__INIT;
    echo.payload.data = (uint8_t *)MUTABLE(s->payload != NULL ? s->payload : "");
    echo.payload.len = strlen((char *)echo.payload.data);
    Yibao__Rpc__Request req = YIBAO__RPC__REQUEST__INIT;
    req.version = s->version != 0 ? s->version : YB_RPC_VERSION;
    req.method = MUTABLE(s->method);
    req.request_id = (ProtobufCBinaryData){ .data = id, .len = 16 };
    req.call_id = s->call_id;
    req.route_key = s->route_key;
    req.deadline_us = now_us() + (s->in_us != 0 ? s->in_us : 60 * SECOND_US);
    req.body = (ProtobufCBinaryData){ .data = body, .len = yibao__rpc__echo_request__pack(&echo, body) };
    if (s->key != NULL) {
        memset(key, 0, sizeof key);
        memset(hash, 0, sizeof hash);
        memcpy(key, s->key, strnlen(s->key, sizeof key));
        memcpy(hash, s->hash != NULL ? s->hash : s->key, strnlen(s->hash != NULL ? s->hash : s->key, sizeof hash));
        req.idem_key = (ProtobufCBinaryData){ .data = key, .len = 16 };
        req.body_hash = (ProtobufCBinaryData){ .data = hash, .len = 32 };
    }
    return yibao__rpc__request__pack(&req, out);
}

static inline void say(said_t s)
{
    uint8_t out[1024];
    size_t len = pack(&s, out);
    ck_assert_int_eq(zmq_send(dealer, out, len, 0), (int)len);
}

/* The next reply; those of one batch come as one message. NULL = nothing came. */
static inline const Yibao__Rpc__Reply *hear_within(long ms)
{
    const uint8_t *data = NULL;
    size_t len = 0;
    more_heard = more_heard && yb_bundle_next(&heard, &data, &len) == YB_BUNDLE_ITEM;
    if (!more_heard) {
        zmq_pollitem_t item = { .socket = dealer, .events = ZMQ_POLLIN };
        if (zmq_poll(&item, 1, ms) <= 0)
            return NULL;
        zmq_msg_t msg;
        zmq_msg_init(&msg);
        ck_assert_int_ge(zmq_msg_recv(&msg, dealer, 0), 0);
        const uint8_t *frame = yb_arena_memdup(arena, zmq_msg_data(&msg), zmq_msg_size(&msg));
        yb_bundle_open(&heard, frame, zmq_msg_size(&msg));
        zmq_msg_close(&msg);
        messages_heard++;
        more_heard = true;
        ck_assert_int_eq(yb_bundle_next(&heard, &data, &len), YB_BUNDLE_ITEM);
    }
    const Yibao__Rpc__Reply *reply =
        (const Yibao__Rpc__Reply *)yb_rpc_unpack(&yibao__rpc__reply__descriptor, data, len, arena);
    ck_assert_ptr_nonnull(reply);
    ck_assert_uint_eq(reply->status, (unsigned)yb_err_status((yb_err_t)reply->code));
    return reply;
}

static inline const Yibao__Rpc__Reply *hear(void)
{
    const Yibao__Rpc__Reply *reply = hear_within(PATIENCE_MS);
    ck_assert_msg(reply != NULL, "no answer");
    return reply;
}

static inline const Yibao__Rpc__Reply *ask(said_t s)
{
    say(s);
    return hear();
}

static inline yb_err_t code(const Yibao__Rpc__Reply *reply) { return (yb_err_t)reply->code; }

static inline const char *payload(const Yibao__Rpc__Reply *reply)
{
    ck_assert_msg(reply->code == 0, "%s %s", yb_err_name((yb_err_t)reply->code), reply->text);
    const Yibao__Rpc__EchoReply *echo = (const Yibao__Rpc__EchoReply *)yb_rpc_unpack(
        &yibao__rpc__echo_reply__descriptor, reply->body.data, reply->body.len, arena);
    ck_assert_ptr_nonnull(echo);
    return yb_arena_strndup(arena, (const char *)echo->payload.data, echo->payload.len);
}

/* Everything said before has passed the gates when this one is refused at its gate: one connection keeps its order. */
static inline void gates_passed(void)
{
    const Yibao__Rpc__Reply *reply = ask((said_t){ .method = "Test/None", .call_id = 999 });
    ck_assert_uint_eq(reply->call_id, 999);
    ck_assert_int_eq(code(reply), YB_E_UNKNOWN_METHOD);
}

static inline void wait_held(void)
{
    struct timespec until = { .tv_sec = (time_t)(now_us() / SECOND_US) + PATIENCE_MS / 1000 };
    ck_assert_int_eq(sem_timedwait(&shared->entered, &until), 0);
}

static inline int64_t number(const char *service, const char *text)
{
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, service));
    yb_sql_t sql = { "test.number", text };
    yb_rows_t *rows = NULL;
    ck_assert_int_eq(yb_db_query(db, &sql, NULL, arena, 0, &rows), YB_OK);
    int64_t n = yb_rows_i64(rows, 0, 0);
    yb_db_close(&db);
    return n;
}

static inline const Yibao__Rpc__HealthReply *health(const char *service)
{
    yb_refusal_t why;
    Yibao__Rpc__HealthRequest req = YIBAO__RPC__HEALTH_REQUEST__INIT;
    const Yibao__Rpc__HealthReply *h =
        yb_test_call(bus, service, "Frame/Health", &req.base, &yibao__rpc__health_reply__descriptor, NULL, arena, &why);
    ck_assert_msg(h != NULL, "%s", yb_err_name(why.code));
    return h;
}

/* ---- the program ---- */

static inline void open_bus(const char *workers)
{
    static const char *const none[] = { NULL };
    static yb_clock_t machine;
    machine = yb_clock_real();
    machine_clock = &machine;
    shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    ck_assert_ptr_ne(shared, MAP_FAILED);
    sem_init(&shared->entered, 1, 0);
    sem_init(&shared->release, 1, 0);
    setenv("YB_WORKERS", workers, 1);
    setenv("YB_QUEUE_MAX", "16", 1);
    arena = yb_arena_create(0);
    bus = yb_test_bus_create(yb_test_server(), none);
    yb_test_bus_start(bus, &source_def);
    dial();
}

static inline void setup(void) { open_bus("1"); }
static inline void setup_two(void) { open_bus("2"); }

static inline void teardown(void)
{
    hang_up();
    if (bus != NULL)
        yb_test_bus_destroy(&bus);
    yb_arena_destroy(&arena);
    munmap(shared, sizeof *shared);
}

static inline TCase *tcase(Suite *suite, const char *name, void (*begin)(void))
{
    TCase *tc = tcase_create(name);
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, begin, teardown);
    suite_add_tcase(suite, tc);
    return tc;
}

/* A program of one suite: make it before anything else, since the tests that fork share its database server. */
static inline Suite *frame_suite(const char *name)
{
    yb_test_server();
    return suite_create(name);
}

/* The program's exit code. */
static inline int run_suite(Suite *suite)
{
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

#endif
