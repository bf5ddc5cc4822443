/* rpc_per_s: echo calls through the real client, envelope, gates and a hand-off to a worker thread; one
 * connection. rpc_bench serve ENDPOINT [KEYS_DIR] rpc_bench call ENDPOINT [SECONDS [IN_FLIGHT [BYTES
 * [KEYS_DIR]]]]   prints "rpc_per_s<TAB>N<TAB>calls/s" `call` works against any service of the platform
 * (Frame/Echo); `serve` is the frame alone, without a database. With KEYS_DIR (keys "bench" and "caller") the
 * name is rpc_curve_per_s. */
#include <inttypes.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "libcommon/rpc.h"
#include "libcommon/zpoll.h"

#define WARM_UP_US 1000000
#define CALL_TIMEOUT_US 10000000

/* ---- the server ---- */

typedef struct job {
    struct job *next;
    zmq_msg_t id, out;
    yb_arena_t *arena;
    Yibao__Rpc__Request *env;
} job_t;

typedef struct server {
    uv_loop_t loop;
    uv_async_t async;
    uv_signal_t stop;
    yb_zpoll_t *poll;
    void *router;
    yb_clock_t clock;
    pthread_mutex_t lock;
    pthread_cond_t wake;
    job_t *todo, **todo_tail, *done, **done_tail;   /* guarded by lock */
    bool stopping;                                  /* guarded by lock */
    job_t *pool;
} server_t;

static job_t *job_take(server_t *s)
{
    job_t *job = s->pool;
    if (job) {
        s->pool = job->next;
        return job;
    }
    job = calloc(1, sizeof(*job));
    YB_ASSERT(job);
    job->arena = yb_arena_create(3u * YB_RPC_FRAME_MAX);
    return job;
}

static void job_give_back(server_t *s, job_t *job)
{
    zmq_msg_close(&job->id);
    yb_arena_reset(job->arena);
    job->next = s->pool;
    s->pool = job;
}

static void reply_pack(job_t *job, yb_err_t err, const uint8_t *body, size_t len)
{
    Yibao__Rpc__Reply r = YIBAO__RPC__REPLY__INIT;
    r.version = YB_RPC_VERSION;
    if (job->env) {
        r.request_id = job->env->request_id;
        r.call_id = job->env->call_id;
    }
    r.code = (uint32_t)err;
    r.status = (uint32_t)yb_err_status(err);
    r.body = (ProtobufCBinaryData){ .data = (uint8_t *)(uintptr_t)body, .len = len };
    YB_ASSERT(zmq_msg_init_size(&job->out, yibao__rpc__reply__get_packed_size(&r)) == 0);
    yibao__rpc__reply__pack(&r, zmq_msg_data(&job->out));
}

static void job_run(job_t *job)
{
    Yibao__Rpc__EchoRequest *in = (Yibao__Rpc__EchoRequest *)yb_rpc_unpack(
        &yibao__rpc__echo_request__descriptor, job->env->body.data, job->env->body.len, job->arena);
    if (!in) {
        reply_pack(job, YB_E_MALFORMED, NULL, 0);
        return;
    }
    Yibao__Rpc__EchoReply out = YIBAO__RPC__ECHO_REPLY__INIT;
    out.payload = in->payload;
    uint8_t *packed = yb_arena_alloc(job->arena, yibao__rpc__echo_reply__get_packed_size(&out) + 1);
    YB_ASSERT(packed);
    reply_pack(job, YB_OK, packed, yibao__rpc__echo_reply__pack(&out, packed));
}

static void *work(void *arg)
{
    server_t *s = arg;
    for (;;) {
        pthread_mutex_lock(&s->lock);
        while (!s->todo && !s->stopping)
            pthread_cond_wait(&s->wake, &s->lock);
        job_t *list = s->todo, **tail = s->todo_tail;
        s->todo = NULL;
        s->todo_tail = &s->todo;
        bool stop = s->stopping;
        pthread_mutex_unlock(&s->lock);
        if (stop)
            return NULL;
        for (job_t *job = list; job; job = job->next)
            job_run(job);
        pthread_mutex_lock(&s->lock);
        bool was_empty = !s->done;
        *s->done_tail = list;
        s->done_tail = tail;
        pthread_mutex_unlock(&s->lock);
        if (was_empty)
            uv_async_send(&s->async);
    }
}

static void reply_send(server_t *s, job_t *job)
{
    if (zmq_msg_send(&job->id, s->router, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0
        || zmq_msg_send(&job->out, s->router, ZMQ_DONTWAIT) < 0)
        zmq_msg_close(&job->out);
    job_give_back(s, job);
}

static void on_done(uv_async_t *handle)
{
    server_t *s = handle->data;
    pthread_mutex_lock(&s->lock);
    job_t *job = s->done;
    s->done = NULL;
    s->done_tail = &s->done;
    pthread_mutex_unlock(&s->lock);
    for (job_t *next; job; job = next) {
        next = job->next;
        reply_send(s, job);
    }
    yb_zpoll_touch(s->poll);
}

/* Size, form, version, method, deadline. */
static yb_err_t gates(server_t *s, job_t *job, zmq_msg_t *msg)
{
    job->env = (Yibao__Rpc__Request *)yb_rpc_unpack(&yibao__rpc__request__descriptor, zmq_msg_data(msg),
                                                    zmq_msg_size(msg), job->arena);
    if (!job->env || job->env->request_id.len != 16)
        return YB_E_MALFORMED;
    if (job->env->version != YB_RPC_VERSION)
        return YB_E_VERSION;
    if (strcmp(job->env->method, "Frame/Echo") != 0)
        return YB_E_UNKNOWN_METHOD;
    return job->env->deadline_us <= yb_clock_unix_us(&s->clock) ? YB_E_DEADLINE : YB_OK;
}

static int on_readable(void *ctx, void *socket, int budget)
{
    server_t *s = ctx;
    int taken = 0;
    job_t *list = NULL, **tail = &list;
    for (; taken < budget; taken++) {
        zmq_msg_t msg;
        job_t *job = job_take(s);
        zmq_msg_init(&job->id);
        zmq_msg_init(&msg);
        if (zmq_msg_recv(&job->id, socket, ZMQ_DONTWAIT) < 0
            || zmq_msg_recv(&msg, socket, ZMQ_DONTWAIT) < 0) {
            job_give_back(s, job);
            break;
        }
        yb_err_t err = gates(s, job, &msg);
        zmq_msg_close(&msg);
        if (err) {
            reply_pack(job, err, NULL, 0);
            reply_send(s, job);
            continue;
        }
        job->next = NULL;
        *tail = job;
        tail = &job->next;
    }
    if (list) {
        pthread_mutex_lock(&s->lock);
        bool was_empty = !s->todo;
        *s->todo_tail = list;
        s->todo_tail = tail;
        pthread_mutex_unlock(&s->lock);
        if (was_empty)
            pthread_cond_signal(&s->wake);
    }
    return taken;
}

static void on_stop(uv_signal_t *handle, int signum)
{
    (void)signum;
    uv_stop(handle->loop);
}

/* Runs until SIGTERM; the process ends with it, the system takes the rest back. */
static int serve(const char *endpoint, const char *keys_dir)
{
    static server_t s;
    pthread_t worker;
    yb_keys_t *keys = NULL;
    yb_zap_t *zap = NULL;
    char detail[256] = "";
    void *zmq = zmq_ctx_new();
    s.clock = yb_clock_real();
    s.todo_tail = &s.todo;
    s.done_tail = &s.done;
    pthread_mutex_init(&s.lock, NULL);
    pthread_cond_init(&s.wake, NULL);
    s.router = zmq_socket(zmq, ZMQ_ROUTER);
    yb_err_t err = yb_socket_setup(s.router, true);
    if (!err && keys_dir)
        err = yb_keys_load(keys_dir, "bench", &keys, detail, sizeof(detail));
    if (!err && keys_dir)
        err = yb_zap_start(zmq, keys, &zap);
    if (!err && keys_dir)
        err = yb_keys_server(keys, s.router);
    if (err || zmq_bind(s.router, endpoint) != 0) {
        fprintf(stderr, "rpc_bench: cannot serve on %s: %s %s\n", endpoint, yb_err_text(err), detail);
        return 1;
    }
    uv_loop_init(&s.loop);
    uv_async_init(&s.loop, &s.async, on_done);
    uv_signal_init(&s.loop, &s.stop);
    s.async.data = &s;
    uv_signal_start(&s.stop, on_stop, SIGTERM);
    if (yb_zpoll_start(&s.loop, s.router, on_readable, &s, &s.poll) != YB_OK
        || pthread_create(&worker, NULL, work, &s) != 0)
        return 1;
    uv_run(&s.loop, UV_RUN_DEFAULT);
    return 0;
}

/* ---- the client ---- */

typedef struct client {
    uv_loop_t loop;
    yb_rpc_t *rpc;
    yb_clock_t clock;
    Yibao__Rpc__EchoRequest body;
    Yibao__Rpc__Caller caller;
    int64_t from_us, until_us;
    uint64_t answered;
    bool failed;
} client_t;

static void on_answer(void *ctx, const yb_rpc_answer_t *a);

static void call_start(client_t *c)
{
    yb_rpc_call_t call = {
        .method = "Frame/Echo",
        .body = &c->body.base,
        .caller = &c->caller,
        .deadline_us = yb_clock_unix_us(&c->clock) + CALL_TIMEOUT_US,
        .traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    };
    yb_rpc_call(c->rpc, &call, on_answer, c);
}

static void on_answer(void *ctx, const yb_rpc_answer_t *a)
{
    client_t *c = ctx;
    int64_t now_us = yb_clock_unix_us(&c->clock);
    if (a->err || a->body_len < c->body.payload.len) {
        fprintf(stderr, "rpc_bench: %s %s\n", yb_err_name(a->err), a->text);
        c->failed = true;
    }
    c->answered += now_us >= c->from_us && now_us < c->until_us;
    if (c->failed || now_us >= c->until_us)
        uv_stop(&c->loop);
    else
        call_start(c);
}

static int call(const char *endpoint, int seconds, int in_flight, size_t bytes, const char *keys_dir)
{
    client_t c = { .clock = yb_clock_real() };
    yb_keys_t *keys = NULL;
    char detail[256] = "";
    void *zmq = zmq_ctx_new();
    if (keys_dir && yb_keys_load(keys_dir, "caller", &keys, detail, sizeof(detail)) != YB_OK) {
        fprintf(stderr, "rpc_bench: %s\n", detail);
        return 1;
    }
    uv_loop_init(&c.loop);
    yb_rpc_conf_t conf = { .name = "bench", .endpoints = endpoint, .keys = keys };
    if (yb_rpc_create(&c.loop, zmq, &conf, &c.rpc) != YB_OK)
        return 1;
    yibao__rpc__echo_request__init(&c.body);
    yibao__rpc__caller__init(&c.caller);
    c.caller.service = (char *)(uintptr_t)"bench";
    c.body.payload = (ProtobufCBinaryData){ .data = calloc(1, bytes), .len = bytes };
    YB_ASSERT(c.body.payload.data);
    c.from_us = yb_clock_unix_us(&c.clock) + WARM_UP_US;
    c.until_us = c.from_us + (int64_t)seconds * 1000000;
    for (int i = 0; i < in_flight; i++)
        call_start(&c);
    uv_run(&c.loop, UV_RUN_DEFAULT);
    if (!c.failed)
        printf("%s\t%" PRIu64 "\tcalls/s\n", keys ? "rpc_curve_per_s" : "rpc_per_s",
               c.answered / (uint64_t)seconds);
    return c.failed;
}

static int number(const char *text, int fallback, int max)
{
    char *end = NULL;
    long n = text ? strtol(text, &end, 10) : fallback;
    return n >= 1 && n <= max && (!text || *end == '\0') ? (int)n : -1;
}

int main(int argc, char **argv)
{
    if (argc >= 3 && strcmp(argv[1], "serve") == 0)
        return serve(argv[2], argc > 3 ? argv[3] : NULL);
    int seconds = number(argc > 3 ? argv[3] : NULL, 5, 600),
        in_flight = number(argc > 4 ? argv[4] : NULL, 64, 4096);
    int bytes = number(argc > 5 ? argv[5] : NULL, 512, 1 << 20);
    if (argc < 3 || argc > 7 || strcmp(argv[1], "call") != 0 || seconds < 0 || in_flight < 0 || bytes < 0) {
        fprintf(stderr, "usage: rpc_bench serve ENDPOINT [KEYS_DIR] | call ENDPOINT [SECONDS [IN_FLIGHT "
                        "[BYTES [KEYS_DIR]]]]\n");
        return 2;
    }
    return call(argv[2], seconds, in_flight, (size_t)bytes, argc > 6 ? argv[6] : NULL);
}
