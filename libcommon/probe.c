#include "libcommon/probe.h"

#include <string.h>
#include <zmq.h>

#include "libcommon/conf.h"
#include "libcommon/rpc.h"
#include "libcommon/webget.h"

#define WAIT_MS 3000

enum { READY = 0, NOT_READY = 1, WRONG = 2 };

static int say(FILE *out, int code, const char *text)
{
    fprintf(out, "%s\n", text);
    return code;
}

bool yb_probe_endpoint(const char *listen, char *out, size_t cap)
{
    static const char *const any[] = { "tcp://0.0.0.0:", "tcp://*:", "tcp://[::]:" };
    size_t len = strcspn(listen, ","), skip = 0;
    for (size_t i = 0; i < sizeof any / sizeof any[0]; i++)
        if (strncmp(listen, any[i], strlen(any[i])) == 0)
            skip = strlen(any[i]);
    int n = snprintf(out, cap, "%s%.*s", skip > 0 ? "tcp://127.0.0.1:" : "", (int)(len - skip), listen + skip);
    return len > 0 && n > 0 && (size_t)n < cap;
}

/* What the service says of itself, or why it says nothing. */
static int ask(yb_rpc_sync_t *rpc, FILE *out)
{
    const yb_clock_t clock = yb_clock_real();
    const Yibao__Rpc__HealthRequest req = YIBAO__RPC__HEALTH_REQUEST__INIT;
    Yibao__Rpc__Caller caller = YIBAO__RPC__CALLER__INIT;
    caller.service = (char *)(uintptr_t) "probe";
    yb_rpc_call_t call = { .method = "Frame/Health",
                           .body = &req.base,
                           .caller = &caller,
                           .deadline_us = yb_clock_unix_us(&clock) + WAIT_MS * 1000 };
    yb_arena_t *arena = yb_arena_create(64u << 10);
    yb_rpc_answer_t answer;
    const Yibao__Rpc__HealthReply *reply = NULL;
    yb_err_t err = yb_rpc_sync_call(rpc, &call, arena, &answer);
    if (err == YB_OK)
        reply = (const Yibao__Rpc__HealthReply *)yb_rpc_unpack(&yibao__rpc__health_reply__descriptor, answer.body,
                                                               answer.body_len, arena);
    int code = NOT_READY;
    if (reply == NULL)
        say(out, code, yb_err_text(err != YB_OK ? err : YB_E_MALFORMED));
    else if (!reply->ready)
        say(out, code, reply->detail[0] != '\0' ? reply->detail : "not ready");
    else
        code = say(out, READY, "ready");
    yb_arena_destroy(&arena);
    return code;
}

static int ask_at(const char *service, const char *endpoint, const yb_keys_t *keys, FILE *out)
{
    void *zmq = zmq_ctx_new();
    yb_rpc_sync_t *rpc = NULL;
    YB_ASSERT(zmq != NULL);
    yb_rpc_conf_t conf = { .name = service, .endpoints = endpoint, .keys = keys };
    yb_err_t err = yb_rpc_sync_create(zmq, &conf, &rpc);
    int code = err == YB_OK ? ask(rpc, out) : say(out, WRONG, yb_err_text(err));
    yb_rpc_sync_destroy(&rpc);
    zmq_ctx_term(zmq);
    return code;
}

int yb_probe_service(const char *service, FILE *out)
{
    char detail[512] = "", endpoint[160];
    yb_conf_t *conf = NULL;
    yb_keys_t *keys = NULL;
    int code = WRONG;
    if (yb_conf_load(&conf, detail, sizeof detail) != YB_OK)
        return say(out, WRONG, detail);
    const char *dir = yb_conf_text(conf, "CURVE_DIR");
    if (!yb_probe_endpoint(yb_conf_text(conf, "LISTEN"), endpoint, sizeof endpoint))
        code = say(out, WRONG, "YB_LISTEN names no endpoint to ask");
    else if (dir[0] != '\0' && yb_keys_load(dir, service, &keys, detail, sizeof detail) != YB_OK)
        code = say(out, WRONG, detail);
    else
        code = ask_at(service, endpoint, keys, out);
    yb_keys_destroy(&keys);
    yb_conf_destroy(&conf);
    return code;
}

int yb_probe_gateway(FILE *out)
{
    char detail[512] = "";
    yb_conf_t *conf = NULL;
    yb_webget_answer_t answer;
    if (yb_conf_load(&conf, detail, sizeof detail) != YB_OK)
        return say(out, WRONG, detail);
    const char *host = yb_conf_text(conf, "HTTP_BIND");
    if (strcmp(host, "0.0.0.0") == 0)
        host = "127.0.0.1";
    const int port = (int)yb_conf_int(conf, "HTTP_PORT");
    yb_err_t err = yb_conf_text(conf, "TLS_CERT")[0] != '\0'
                       ? yb_webget_tls(host, port, "/health/ready", WAIT_MS, &answer)
                       : yb_webget(host, port, "/health/ready", WAIT_MS, &answer);
    yb_conf_destroy(&conf);
    if (err != YB_OK)
        return say(out, NOT_READY, yb_err_text(err));
    return answer.status == 200 ? say(out, READY, "ready") : say(out, NOT_READY, answer.body);
}
