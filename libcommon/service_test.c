/* The frame as a process with its database: gates in their order, the states of a key, batches that fail in part, the
 * database away, SIGTERM under load, events. The services are small ones made here; payloads are commands to them. */
#include <check.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zmq.h>

#include "libcommon/bundle.h"
#include "libcommon/lease.h"
#include "libcommon/probe.h"
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

static const char *command_of(yb_worker_t *worker, const yb_call_t *call)
{
    const Yibao__Rpc__EchoRequest *req = (const Yibao__Rpc__EchoRequest *)call->body;
    return yb_arena_strndup(yb_worker_arena(worker), (const char *)req->payload.data, req->payload.len);
}

static bool is(const char *command, const char *what) { return strncmp(command, what, 3) == 0; }

static void reply_bytes(yb_worker_t *worker, yb_call_t *call, const char *text, size_t len)
{
    Yibao__Rpc__EchoReply *reply = YB_NEW(yb_worker_arena(worker), Yibao__Rpc__EchoReply);
    yibao__rpc__echo_reply__init(reply);
    reply->payload.data = (uint8_t *)MUTABLE(text);
    reply->payload.len = len;
    call->reply = &reply->base;
}

/* Each run of a call answers other bytes: only a stored reply can be the same. */
static void reply_done(yb_worker_t *worker, yb_call_t *call, const char *name)
{
    const char *text = yb_arena_printf(yb_worker_arena(worker), "done %s %lld", name, (long long)yb_worker_id(worker));
    reply_bytes(worker, call, text, strlen(text));
}

static yb_err_t add_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *command = command_of(worker, calls[i]);
        calls[i]->state = MUTABLE(command);
        if (is(command, "np:"))
            yb_call_refuse(calls[i], YB_E_FIELD_DICT, "name", "不在字典范围内");
    }
    return YB_OK;
}

static void hold(void)
{
    sem_post(&shared->entered);
    while (sem_wait(&shared->release) != 0) {
    }
}

static yb_err_t add_one(yb_worker_t *worker, yb_call_t *call, yb_params_t *rows)
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

static yb_err_t add_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
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
static yb_err_t count_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_params_t *rows = yb_params_create(yb_worker_arena(worker), 1);
    for (size_t i = 0; i < count; i++) {
        const char *name = command_of(worker, calls[i]);
        yb_params_text(rows, name);
        reply_done(worker, calls[i], name);
    }
    return yb_db_execute(yb_worker_db(worker), &sql_upsert, rows, NULL);
}

static yb_err_t lock_row(yb_worker_t *worker, char name)
{
    yb_params_t *p = yb_params_create(yb_worker_arena(worker), 1);
    yb_params_text(p, yb_arena_printf(yb_worker_arena(worker), "%c", name));
    return yb_db_execute(yb_worker_db(worker), &sql_lock, p, NULL);
}

/* "ab" locks row a, then b; "ba" the other way round. The first two runs meet in between: a deadlock, which the server
 * ends. */
static yb_err_t cross_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
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

/* Counts each event by its key, and each piece by how many came together. A key that begins with "bad" is refused after
 * all of them were written. */
static yb_err_t apply_named(yb_worker_t *worker, const Yibao__Rpc__Event *const *events, size_t count,
                            yb_arena_t *arena)
{
    yb_err_t all = YB_OK;
    yb_params_t *p = yb_params_create(arena, 1);
    for (size_t i = 0; i < count; i++) {
        yb_params_text(p, events[i]->key);
        if (strncmp(events[i]->key, "bad", 3) == 0)
            all = YB_E_MALFORMED;
    }
    yb_params_text(p, yb_arena_printf(arena, "together %zu", count));
    yb_err_t err = yb_db_execute(yb_worker_db(worker), &sql_upsert, p, NULL);
    return err != YB_OK ? err : all;
}

static const yb_event_handler_t target_events[] = { { "Named", apply_named } };
static const ProtobufCServiceDescriptor no_methods = {
    .magic = PROTOBUF_C__SERVICE_DESCRIPTOR_MAGIC,
    .name = "yibao.None",
    .short_name = "None",
    .c_name = "None",
    .package = "yibao",
    .methods = test_method_descriptors,
    .method_indices_by_name = by_name,
};
static const yb_service_def_t target_def = {
    .name = "settlement", .summary = "a test", .descriptor = &no_methods, .methods = test_methods,
    .schema = schema, .schema_count = &schema_count, .events = target_events, .event_count = 1,
};

/* ---- a client that says exactly what it is told ---- */

static yb_test_bus_t *bus;
static yb_arena_t *arena;
static void *zmq, *dealer;
static yb_bundle_reader_t heard;         /* the message of which some replies are still to be looked at */
static bool more_heard;
static int messages_heard;
static const yb_clock_t *machine_clock;

/* How far the wall clock of this program, and of the services it starts, is ahead of the system's, by which threads
 * sleep: a clock that was put back since they looked at it. */
static int64_t wall_ahead_s;

int clock_gettime(clockid_t id, struct timespec *ret_now)
{
    int rc = (int)syscall(SYS_clock_gettime, id, ret_now);
    ret_now->tv_sec += id == CLOCK_REALTIME ? wall_ahead_s : 0;
    return rc;
}

static int64_t now_us(void) { return yb_clock_unix_us(machine_clock); }

static void dial(void)
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

static void hang_up(void)
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

static size_t pack(const said_t *s, uint8_t *out)
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

static void say(said_t s)
{
    uint8_t out[1024];
    size_t len = pack(&s, out);
    ck_assert_int_eq(zmq_send(dealer, out, len, 0), (int)len);
}

/* NULL = nothing came. */
/* The next reply; those of one batch come as one message. */
static const Yibao__Rpc__Reply *hear_within(long ms)
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

static const Yibao__Rpc__Reply *hear(void)
{
    const Yibao__Rpc__Reply *reply = hear_within(PATIENCE_MS);
    ck_assert_msg(reply != NULL, "no answer");
    return reply;
}

static const Yibao__Rpc__Reply *ask(said_t s)
{
    say(s);
    return hear();
}

static yb_err_t code(const Yibao__Rpc__Reply *reply) { return (yb_err_t)reply->code; }

static const char *payload(const Yibao__Rpc__Reply *reply)
{
    ck_assert_msg(reply->code == 0, "%s %s", yb_err_name((yb_err_t)reply->code), reply->text);
    const Yibao__Rpc__EchoReply *echo = (const Yibao__Rpc__EchoReply *)yb_rpc_unpack(
        &yibao__rpc__echo_reply__descriptor, reply->body.data, reply->body.len, arena);
    ck_assert_ptr_nonnull(echo);
    return yb_arena_strndup(arena, (const char *)echo->payload.data, echo->payload.len);
}

/* Everything said before has passed the gates when this one is refused at its gate: one connection keeps its order. */
static void gates_passed(void)
{
    const Yibao__Rpc__Reply *reply = ask((said_t){ .method = "Test/None", .call_id = 999 });
    ck_assert_uint_eq(reply->call_id, 999);
    ck_assert_int_eq(code(reply), YB_E_UNKNOWN_METHOD);
}

static void wait_held(void)
{
    struct timespec until = { .tv_sec = (time_t)(now_us() / SECOND_US) + PATIENCE_MS / 1000 };
    ck_assert_int_eq(sem_timedwait(&shared->entered, &until), 0);
}

static int64_t number(const char *service, const char *text)
{
    yb_db_t *db = yb_test_db(yb_test_server(), yb_test_bus_schema(bus, service));
    yb_sql_t sql = { "test.number", text };
    yb_rows_t *rows = NULL;
    ck_assert_int_eq(yb_db_query(db, &sql, NULL, arena, 0, &rows), YB_OK);
    int64_t n = yb_rows_i64(rows, 0, 0);
    yb_db_close(&db);
    return n;
}

/* ---- gates ---- */

START_TEST(malformed_is_answered)
{
    static const char junk[] = "\xff\xff\xff\xff not a message";
    ck_assert_int_gt(zmq_send(dealer, junk, sizeof junk, 0), 0);
    ck_assert_int_eq(code(hear()), YB_E_MALFORMED);
    ck_assert_int_eq(zmq_send(dealer, "", 0, 0), 0);
    ck_assert_int_eq(code(hear()), YB_E_MALFORMED);
    zmq_send(dealer, "two", 3, ZMQ_SNDMORE);
    zmq_send(dealer, "frames", 6, 0);
    ck_assert_int_eq(code(hear()), YB_E_MALFORMED);
    /* a good envelope with a bad body, a short request id, a short key */
    uint8_t out[1024], bad[] = { 0x0a, 0xff };
    Yibao__Rpc__Request req = YIBAO__RPC__REQUEST__INIT;
    req.version = YB_RPC_VERSION;
    req.method = MUTABLE("Frame/Echo");
    req.request_id = (ProtobufCBinaryData){ .data = (uint8_t *)MUTABLE("a request id  16"), .len = 16 };
    req.deadline_us = now_us() + SECOND_US * 60;
    req.call_id = 5;
    req.body = (ProtobufCBinaryData){ .data = bad, .len = sizeof bad };
    zmq_send(dealer, out, yibao__rpc__request__pack(&req, out), 0);
    const Yibao__Rpc__Reply *reply = hear();
    ck_assert_int_eq(code(reply), YB_E_MALFORMED);
    ck_assert_uint_eq(reply->call_id, 5);
    req.body.len = 0;
    req.request_id.len = 15;
    zmq_send(dealer, out, yibao__rpc__request__pack(&req, out), 0);
    reply = hear();
    ck_assert_int_eq(code(reply), YB_E_MALFORMED);
    ck_assert_uint_eq(reply->call_id, 5);
    req.request_id.len = 16;
    req.idem_key = req.request_id;
    req.idem_key.len = 15;
    zmq_send(dealer, out, yibao__rpc__request__pack(&req, out), 0);
    ck_assert_int_eq(code(hear()), YB_E_MALFORMED);
    ck_assert_str_eq(payload(ask((said_t){ .method = "Frame/Echo", .payload = "still here" })), "still here");
}
END_TEST

/* Each message has this fault and all that come later in the order of the gates. */
START_TEST(gates_in_their_order)
{
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/None", .payload = "x", .version = 2, .in_us = -1 })),
                     YB_E_VERSION);
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/None", .payload = "x", .in_us = -1 })), YB_E_UNKNOWN_METHOD);
    ck_assert_int_eq(code(ask((said_t){ .method = "Frame/Echo", .payload = "x", .in_us = -1 })), YB_E_DEADLINE);
    say((said_t){ .method = "Test/Add", .payload = "hd:order", .key = "order", .call_id = 1 });
    wait_held();
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "hd:order", .key = "order", .in_us = -1 })),
                     YB_E_DEADLINE);
    /* duplicates are told from each other before there is a queue to be full */
    for (uint64_t i = 0; i < 16; i++)
        say((said_t){ .method = "Frame/Echo", .payload = "x", .call_id = 100 + i });
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "hd:order", .key = "order" })),
                     YB_E_IN_FLIGHT);
    const Yibao__Rpc__Reply *reply =
        ask((said_t){ .method = "Test/Add", .payload = "hd:order", .key = "order", .hash = "other" });
    ck_assert_int_eq(code(reply), YB_E_KEY_CONFLICT);
    ck_assert_str_eq(reply->field, "msgid");
    reply = ask((said_t){ .method = "Frame/Echo", .payload = "one too many", .call_id = 77 });
    ck_assert_int_eq(code(reply), YB_E_OVERLOADED);
    ck_assert_uint_eq(reply->call_id, 77);
    sem_post(&shared->release);
    for (int i = 0; i < 17; i++)
        ck_assert_int_eq(code(hear()), YB_OK);
    ck_assert_ptr_null(hear_within(0));
    ck_assert_int_eq(code(ask((said_t){ .method = "Frame/Echo", .payload = "room again" })), YB_OK);
}
END_TEST

/* Good ones and bad ones in one message: each has its answer, and those of one batch come back as one message. */
START_TEST(a_bundle_is_answered_member_by_member)
{
    static const char junk[] = "no envelope";
    uint8_t frame[4096], one[1024], *at = frame;
    for (uint64_t id = 1; id <= 3; id++) {
        said_t s = { .method = id == 2 ? "Test/None" : "Frame/Echo", .payload = "x", .call_id = id };
        size_t len = pack(&s, one);
        at = memcpy(yb_bundle_put_head(at, len), one, len);
        at += len;
    }
    at = memcpy(yb_bundle_put_head(at, sizeof junk), junk, sizeof junk);
    at += sizeof junk;
    at = yb_bundle_put_head(at, 100);    /* of which nothing comes */
    ck_assert_int_gt(zmq_send(dealer, frame, (size_t)(at - frame), 0), 0);
    static const struct { yb_err_t code; uint64_t call_id; } want[] = {
        { YB_E_UNKNOWN_METHOD, 2 }, { YB_E_MALFORMED, 0 }, { YB_E_MALFORMED, 0 }, { YB_OK, 1 }, { YB_OK, 3 },
    };
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        const Yibao__Rpc__Reply *reply = hear();
        ck_assert_int_eq(code(reply), want[i].code);
        ck_assert_uint_eq(reply->call_id, want[i].call_id);
    }
    ck_assert_int_eq(messages_heard, 4);
    ck_assert_ptr_null(hear_within(0));
}
END_TEST

START_TEST(too_large_ends_the_connection_only)
{
    size_t len = YB_RPC_FRAME_MAX + 1;
    char *much = calloc(1, len);
    ck_assert_int_eq(zmq_send(dealer, much, len, 0), (int)len);
    free(much);
    hang_up();
    dial();
    ck_assert_str_eq(payload(ask((said_t){ .method = "Frame/Echo", .payload = "still here" })), "still here");
}
END_TEST

START_TEST(expired_in_the_queue_is_not_begun)
{
    say((said_t){ .method = "Test/Add", .payload = "hd:first", .key = "first", .call_id = 1 });
    wait_held();
    int64_t deadline_us = now_us() + 20000;
    say((said_t){ .method = "Test/Add", .payload = "ok:late", .key = "late", .in_us = 20000, .call_id = 2 });
    gates_passed();
    while (now_us() <= deadline_us + 20000) {
    }
    sem_post(&shared->release);
    ck_assert_int_eq(code(hear()), YB_OK);
    const Yibao__Rpc__Reply *reply = hear();
    ck_assert_uint_eq(reply->call_id, 2);
    ck_assert_int_eq(code(reply), YB_E_DEADLINE);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM effect WHERE name = 'late'"), 0);
}
END_TEST

/* ---- keys ---- */

START_TEST(states_of_a_key)
{
    const Yibao__Rpc__Reply *first = ask((said_t){ .method = "Test/Add", .payload = "ok:k1", .key = "k1" });
    ck_assert_int_eq(code(first), YB_OK);
    const Yibao__Rpc__Reply *again = ask((said_t){ .method = "Test/Add", .payload = "ok:k1", .key = "k1" });
    ck_assert_int_eq(code(again), YB_OK);
    ck_assert_uint_eq(again->body.len, first->body.len);
    ck_assert_mem_eq(again->body.data, first->body.data, first->body.len);
    const Yibao__Rpc__Reply *other =
        ask((said_t){ .method = "Test/Add", .payload = "ok:k2", .key = "k1", .hash = "other body" });
    ck_assert_int_eq(code(other), YB_E_KEY_CONFLICT);
    ck_assert_str_eq(other->field, "msgid");
    ck_assert_uint_eq(other->body.len, 0);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM effect WHERE name IN ('k1', 'k2')"), 1);
    /* a restart knows the key, too */
    hang_up();
    yb_test_bus_stop(bus, "identity");
    yb_test_bus_start(bus, &source_def);
    dial();
    again = ask((said_t){ .method = "Test/Add", .payload = "ok:k1", .key = "k1" });
    ck_assert_mem_eq(again->body.data, first->body.data, first->body.len);
}
END_TEST

START_TEST(refusal_writes_nothing)
{
    static const char *const commands[] = { "np:refused", "no:refused" };
    static const yb_err_t codes[] = { YB_E_FIELD_DICT, YB_E_FIELD_RANGE };
    for (int tries = 0; tries < 2; tries++) {          /* a refusal is not remembered: asked again, decided again */
        const Yibao__Rpc__Reply *reply =
            ask((said_t){ .method = "Test/Add", .payload = commands[_i], .key = "refused" });
        ck_assert_int_eq(code(reply), codes[_i]);
        ck_assert_str_eq(reply->field, "name");
    }
    ck_assert_int_eq(
        number("identity",
               "SELECT (SELECT COUNT(*) FROM effect WHERE name = 'refused') + (SELECT COUNT(*) FROM idem_key) + "
               "(SELECT COUNT(*) FROM outbox)"),
        0);
    ck_assert_int_eq(
        code(ask((said_t){ .method = "Test/Add", .payload = "ok:refused", .key = "refused", .hash = "mended" })),
        YB_OK);
}
END_TEST

/* ---- batches ---- */

/* Runs `commands` as one batch and returns the code of each. */
static void as_one_batch(const char *const *commands, size_t count, yb_err_t *ret_codes)
{
    say((said_t){ .method = "Test/Add", .payload = "hd:gate", .key = "gate", .call_id = 1000 });
    wait_held();
    for (size_t i = 0; i < count; i++)
        say((said_t){ .method = "Test/Add", .payload = commands[i], .key = commands[i], .call_id = i });
    gates_passed();
    atomic_store(&shared->runs, 0);
    sem_post(&shared->release);
    for (size_t i = 0; i <= count; i++) {
        const Yibao__Rpc__Reply *reply = hear();
        if (reply->call_id < count)
            ret_codes[reply->call_id] = code(reply);
    }
    ck_assert_ptr_null(hear_within(0));
}

START_TEST(one_batch_one_transaction)
{
    static const char *const commands[] = { "ok:b1", "np:b2", "ok:b3", "no:b4", "ev:b5" };
    yb_err_t codes[5] = { 0 };
    as_one_batch(commands, 5, codes);
    static const yb_err_t want[] = { YB_OK, YB_E_FIELD_DICT, YB_OK, YB_E_FIELD_RANGE, YB_OK };
    for (size_t i = 0; i < 5; i++)
        ck_assert_int_eq(codes[i], want[i]);
    ck_assert_int_eq(atomic_load(&shared->runs), 1);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM effect WHERE name LIKE 'b_'"), 3);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM idem_key"), 4);      /* with the one that held the lane */
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM outbox"), 1);
}
END_TEST

/* The member at fault: its rows break the insert; its handler fails; it forgets its answer; its answer is larger than
 * any caller takes. */
static const struct { const char *command; yb_err_t code; } culprits[] = {
    { "tw:b2", YB_E_DB_DUPLICATE }, { "er:b2", YB_E_OVERFLOW }, { "fo:b2", YB_E_INTERNAL }, { "bg:b2", YB_E_TOO_LARGE },
};

START_TEST(one_member_fails_alone)
{
    const char *commands[] = { "ok:b1", culprits[_i].command, "ev:b3", "ok:b4" };
    yb_err_t codes[4] = { 0 };
    as_one_batch(commands, 4, codes);
    ck_assert_int_eq(codes[0], YB_OK);
    ck_assert_int_eq(codes[1], culprits[_i].code);
    ck_assert_int_eq(codes[2], YB_OK);
    ck_assert_int_eq(codes[3], YB_OK);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM effect WHERE name LIKE 'b_' AND n = 1"), 3);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM idem_key"), 4);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM outbox"), 1);
}
END_TEST

START_TEST(conflict_is_tried_again)
{
    atomic_store(&shared->tries, 0);
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "cf:c1", .key = "c1" })), YB_OK);
    ck_assert_int_eq(atomic_load(&shared->tries), 3);
    /* and given up in the end, with an error that says to come again */
    atomic_store(&shared->tries, -100);
    const Yibao__Rpc__Reply *reply = ask((said_t){ .method = "Test/Add", .payload = "cf:c2", .key = "c2" });
    ck_assert_int_eq(code(reply), YB_E_DB_CONFLICT);
    ck_assert(yb_err_is_transient(code(reply)));
    ck_assert_int_eq(atomic_load(&shared->tries), -96);
}
END_TEST

START_TEST(deadlock_is_solved)
{
    atomic_store(&shared->tries, 0);
    say((said_t){ .method = "Test/Cross", .payload = "ab", .key = "ab", .route_key = 2 });     /* two lanes */
    say((said_t){ .method = "Test/Cross", .payload = "ba", .key = "ba", .route_key = 3 });
    ck_assert_int_eq(code(hear()), YB_OK);
    ck_assert_int_eq(code(hear()), YB_OK);
    ck_assert_int_ge(atomic_load(&shared->tries), 3);              /* one of them was the victim */
    ck_assert_int_eq(number("identity", "SELECT SUM(n) FROM effect WHERE name IN ('a', 'b')"), 4);
}
END_TEST

/* ---- metrics, health ---- */

START_TEST(metrics_count_what_happened)
{
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ok:m1", .key = "m1" })), YB_OK);
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ok:m1", .key = "m1" })), YB_OK);
    gates_passed();
    const Yibao__Rpc__Reply *reply = ask((said_t){ .method = "Frame/Metrics" });
    const Yibao__Rpc__MetricsReply *m = (const Yibao__Rpc__MetricsReply *)yb_rpc_unpack(
        &yibao__rpc__metrics_reply__descriptor, reply->body.data, reply->body.len, arena);
    ck_assert_ptr_nonnull(strstr(m->text, "yibao_stored_answers_total{service=\"identity\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(m->text, "yibao_batches_total{service=\"identity\",method=\"Test/Add\"} 2\n"));
    ck_assert_ptr_nonnull(strstr(m->text, "yibao_call_seconds_count{service=\"identity\",method=\"Test/Add\"} 2\n"));
    ck_assert_ptr_nonnull(strstr(m->text, "yibao_gate_refused_total{service=\"identity\"} 1\n"));
    ck_assert_ptr_nonnull(strstr(m->text, "yibao_working{service=\"identity\"} 1\n"));     /* this question itself */
}
END_TEST

static const Yibao__Rpc__HealthReply *health(const char *service)
{
    yb_refusal_t why;
    Yibao__Rpc__HealthRequest req = YIBAO__RPC__HEALTH_REQUEST__INIT;
    const Yibao__Rpc__HealthReply *h =
        yb_test_call(bus, service, "Frame/Health", &req.base, &yibao__rpc__health_reply__descriptor, NULL, arena, &why);
    ck_assert_msg(h != NULL, "%s", yb_err_name(why.code));
    return h;
}

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

/* ---- the end ---- */

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

/* ---- events ---- */

static void wait_pending(uint64_t most)
{
    int64_t until_us = now_us() + PATIENCE_MS * 1000LL;
    while (health("identity")->outbox_pending > most)
        ck_assert_msg(now_us() < until_us, "events are not delivered");
}

START_TEST(events_reach_a_target_that_was_away)
{
    char name[32];
    for (int i = 0; i < 5; i++) {
        snprintf(name, sizeof name, "ev:e%d", i);
        ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = name, .key = name })), YB_OK);
    }
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM outbox WHERE acked_us = 0"), 5);
    hang_up();
    yb_test_bus_hang_up(bus);
    yb_test_bus_start(bus, &target_def);
    int64_t until_us = now_us() + PATIENCE_MS * 1000LL;
    while (number("settlement", "SELECT COUNT(*) FROM effect WHERE name LIKE 'e_'") < 5)
        ck_assert_msg(now_us() < until_us, "events are not delivered");
    wait_pending(0);
    /* away once more, and one that nobody can take: the others pass it by */
    yb_test_bus_hang_up(bus);
    yb_test_bus_stop(bus, "settlement");
    dial();
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "po:p1", .key = "p1" })), YB_OK);
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ev:e5", .key = "e5" })), YB_OK);
    hang_up();
    yb_test_bus_start(bus, &target_def);
    until_us = now_us() + PATIENCE_MS * 1000LL;
    while (number("settlement", "SELECT COUNT(*) FROM effect WHERE name = 'e5'") < 1)
        ck_assert_msg(now_us() < until_us, "the last event is not delivered");
    wait_pending(1);
    ck_assert_int_eq(number("identity", "SELECT COUNT(*) FROM outbox WHERE acked_us = 0 AND type = 'NobodyKnowsThis'"),
                     1);
    ck_assert_int_eq(number("settlement", "SELECT COUNT(*) FROM effect WHERE name LIKE 'e_' AND n = 1"), 6);
}
END_TEST

/* The clock was an hour ahead and is put right while the keeper naps: what it does by the second goes on. */
START_TEST(keeper_does_not_oversleep)
{
    hang_up();
    yb_test_bus_hang_up(bus);
    yb_test_bus_stop(bus, "identity");
    wall_ahead_s = 3600;
    yb_test_bus_start(bus, &source_def);
    dial();
    ck_assert_int_eq(code(ask((said_t){ .method = "Test/Add", .payload = "ev:nap", .key = "nap" })), YB_OK);
    int64_t until_us = now_us() + PATIENCE_MS * 1000LL;
    while (health("identity")->outbox_pending == 0)      /* told when it has found nobody to send it to */
        ck_assert_int_lt(now_us(), until_us);
    hang_up();
    yb_test_bus_hang_up(bus);
    yb_test_bus_start(bus, &target_def);
    until_us = now_us() + PATIENCE_MS * 1000LL;
    while (number("settlement", "SELECT COUNT(*) FROM effect WHERE name = 'nap'") < 1)
        ck_assert_msg(now_us() < until_us, "the event is not delivered");
    wall_ahead_s = 0;
}
END_TEST

static const Yibao__Rpc__DeliverReply *deliver(Yibao__Rpc__Event **events, size_t count)
{
    yb_refusal_t why;
    Yibao__Rpc__DeliverRequest req = YIBAO__RPC__DELIVER_REQUEST__INIT;
    req.events = events;
    req.n_events = count;
    const Yibao__Rpc__DeliverReply *reply = yb_test_call(bus, "settlement", "Frame/Deliver", &req.base,
        &yibao__rpc__deliver_reply__descriptor, NULL, arena, &why);
    ck_assert_msg(reply != NULL && reply->n_codes == count, "%s", yb_err_name(why.code));
    return reply;
}

START_TEST(delivered_again_has_no_effect)
{
    hang_up();
    yb_test_bus_start(bus, &target_def);
    Yibao__Rpc__Event a = YIBAO__RPC__EVENT__INIT, b = a, odd = a;
    a.source = b.source = odd.source = MUTABLE("identity");
    a.type = b.type = MUTABLE("Named");
    odd.type = MUTABLE("NobodyKnowsThis");
    a.key = MUTABLE("x1");
    b.key = MUTABLE("x2");
    a.id = 1;
    b.id = 2;
    odd.id = 3;
    Yibao__Rpc__Event *once[] = { &a }, *both[] = { &a, &b, &a }, *mixed[] = { &b, &odd, &a };
    ck_assert_uint_eq(deliver(once, 1)->codes[0], YB_OK);
    const Yibao__Rpc__DeliverReply *reply = deliver(both, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(reply->codes[i], YB_OK);
    reply = deliver(mixed, 3);
    ck_assert_uint_eq(reply->codes[0], YB_OK);
    ck_assert_uint_eq(reply->codes[1], YB_E_UNKNOWN_METHOD);
    ck_assert_uint_eq(reply->codes[2], YB_OK);
    ck_assert_int_eq(number("settlement", "SELECT SUM(n) FROM effect WHERE name LIKE 'x_'"), 2);
    /* another source's number 1 is another event; a source that cannot be one is refused, not fatal */
    a.source = MUTABLE("enrollment");
    ck_assert_uint_eq(deliver(once, 1)->codes[0], YB_OK);
    ck_assert_int_eq(number("settlement", "SELECT n FROM effect WHERE name = 'x1'"), 2);
    a.source = MUTABLE("a name of more than thirty-two letters");
    ck_assert_uint_eq(deliver(once, 1)->codes[0], YB_E_MALFORMED);
    a.source = MUTABLE("");
    ck_assert_uint_eq(deliver(once, 1)->codes[0], YB_E_MALFORMED);
    deliver(once, 0);
}
END_TEST

/* What is delivered together is applied together; one that cannot be applied keeps none of the others. */
START_TEST(delivered_together)
{
    hang_up();
    yb_test_bus_start(bus, &target_def);
    Yibao__Rpc__Event events[5], *all[5];
    static const char *const keys[] = { "t1", "t2", "t3", "t4", "bad" };
    for (size_t i = 0; i < 5; i++) {
        yibao__rpc__event__init(&events[i]);
        events[i].source = MUTABLE("enrollment");
        events[i].type = MUTABLE("Named");
        events[i].key = MUTABLE(keys[i]);
        events[i].id = 700 + i;
        all[i] = &events[i];
    }
    deliver(all, 1);
    const Yibao__Rpc__DeliverReply *reply = deliver(all, 3);
    for (size_t i = 0; i < 3; i++)
        ck_assert_uint_eq(reply->codes[i], YB_OK);
    ck_assert_int_eq(number("settlement", "SELECT n FROM effect WHERE name = 'together 2'"), 1);
    Yibao__Rpc__Event *with_bad[] = { all[2], all[4], all[3] };
    reply = deliver(with_bad, 3);
    ck_assert_uint_eq(reply->codes[0], YB_OK);
    ck_assert_uint_eq(reply->codes[1], YB_E_MALFORMED);
    ck_assert_uint_eq(reply->codes[2], YB_OK);
    ck_assert_int_eq(number("settlement", "SELECT COUNT(*) FROM effect WHERE name LIKE 't_' AND n = 1"), 4);
    ck_assert_int_eq(number("settlement", "SELECT COUNT(*) FROM effect WHERE name = 'bad'"), 0);
    ck_assert_uint_eq(deliver(&all[4], 1)->codes[0], YB_E_MALFORMED); /* it was not taken: not known the next time */
}
END_TEST

/* ---- lanes of replicas ---- */

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

/* ---- */

static void open_bus(const char *workers)
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

static void setup(void) { open_bus("1"); }
static void setup_two(void) { open_bus("2"); }

static void teardown(void)
{
    hang_up();
    if (bus != NULL)
        yb_test_bus_destroy(&bus);
    yb_arena_destroy(&arena);
    munmap(shared, sizeof *shared);
}

static TCase *tcase(Suite *suite, const char *name, void (*begin)(void))
{
    TCase *tc = tcase_create(name);
    tcase_set_timeout(tc, 120);
    tcase_add_checked_fixture(tc, begin, teardown);
    suite_add_tcase(suite, tc);
    return tc;
}

int main(void)
{
    yb_test_server();
    Suite *suite = suite_create("service");
    TCase *tc = tcase(suite, "frame", setup);
    tcase_add_test(tc, malformed_is_answered);
    tcase_add_test(tc, gates_in_their_order);
    tcase_add_test(tc, a_bundle_is_answered_member_by_member);
    tcase_add_test(tc, too_large_ends_the_connection_only);
    tcase_add_test(tc, expired_in_the_queue_is_not_begun);
    tcase_add_test(tc, states_of_a_key);
    tcase_add_loop_test(tc, refusal_writes_nothing, 0, 2);
    tcase_add_test(tc, one_batch_one_transaction);
    tcase_add_loop_test(tc, one_member_fails_alone, 0, sizeof culprits / sizeof *culprits);
    tcase_add_test(tc, conflict_is_tried_again);
    tcase_add_test(tc, metrics_count_what_happened);
    tcase_add_test(tc, a_lost_commit_is_an_unknown_outcome);
    tcase_add_test(tc, database_goes_and_comes_back);
    tcase_add_test(tc, drains_on_sigterm);
    tcase_add_test(tc, grace_ends);
    tcase_add_test(tc, events_reach_a_target_that_was_away);
    tcase_add_test(tc, keeper_does_not_oversleep);
    tcase_add_test(tc, delivered_again_has_no_effect);
    tcase_add_test(tc, delivered_together);
    tcase_add_test(tc, replicas_in_one_folder_share_no_lane);
    tcase_add_test(tc, holder_who_lost_its_lane_takes_another);
    tc = tcase(suite, "two lanes", setup_two);
    tcase_add_test(tc, deadlock_is_solved);
    tcase_add_test(tc, sigterm_under_load);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}
