/* rpc_per_s: echo calls through the real client to a service of the platform (rpc_echo), one connection.
 *
 *   rpc_bench call ENDPOINT [SECONDS [IN_FLIGHT [BYTES [KEYS_DIR]]]]    prints "rpc_per_s<TAB>N<TAB>calls/s"
 *
 * With KEYS_DIR (keys "bench" and "caller") the name is rpc_curve_per_s. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "libcommon/rpc.h"

#define WARM_UP_US 1000000
#define CALL_TIMEOUT_US 10000000

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

static void call_start(client_t *c, int64_t now_us)
{
    yb_rpc_call_t call = {
        .method = "Frame/Echo",
        .body = &c->body.base,
        .caller = &c->caller,
        .deadline_us = now_us + CALL_TIMEOUT_US,
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
        call_start(c, now_us);
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
        call_start(&c, yb_clock_unix_us(&c.clock));
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
    int seconds = number(argc > 3 ? argv[3] : NULL, 5, 600),
        in_flight = number(argc > 4 ? argv[4] : NULL, 64, 4096);
    int bytes = number(argc > 5 ? argv[5] : NULL, 512, 1 << 20);
    if (argc < 3 || argc > 7 || strcmp(argv[1], "call") != 0 || seconds < 0 || in_flight < 0 || bytes < 0) {
        fprintf(stderr, "usage: rpc_bench call ENDPOINT [SECONDS [IN_FLIGHT [BYTES [KEYS_DIR]]]]\n");
        return 2;
    }
    return call(argv[2], seconds, in_flight, (size_t)bytes, argc > 6 ? argv[6] : NULL);
}
