#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "libcommon/rpc.h"
#include "libcommon/rpc_core.h"

#define DRAIN_MAX 256
#define LOOKUP_POLL_US 10000             /* while every replica is away and a name is looked up */

typedef struct lookup { struct gaicb req; bool running; } lookup_t;

struct yb_rpc_sync {
    yb_rpc_core_t *core;
    int64_t resolved_us;                 /* the last look-up of names */
    lookup_t *lookups;
    bool started, answered;
    uint64_t slept_over;
    int64_t waited_us;
    yb_arena_t *arena;                   /* of the call being waited for */
    yb_rpc_answer_t answer;
};

/* ---- names: looked up beside us, for a name server that is slow must not hold the worker ---- */

static const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };

static void lookups_start(yb_rpc_sync_t *rpc, int64_t now_us)
{
    rpc->resolved_us = now_us;
    for (size_t i = 0; i < yb_rpc_core_host_count(rpc->core); i++) {
        const yb_rpc_host_t *h = yb_rpc_core_host(rpc->core, i);
        lookup_t *l = &rpc->lookups[i];
        if (l->running)
            continue;
        struct gaicb *list[] = { &l->req };
        l->req = (struct gaicb){ .ar_name = h->name, .ar_service = h->port, .ar_request = &hints };
        l->running = getaddrinfo_a(GAI_NOWAIT, list, 1, NULL) == 0;
    }
}

static void lookup_end(yb_rpc_sync_t *rpc, size_t host, int status)
{
    lookup_t *l = &rpc->lookups[host];
    l->running = false;
    if (status != 0)
        return;
    uint32_t superfluous = yb_rpc_core_resolved(rpc->core, host, l->req.ar_result);
    for (size_t j = 0; j < YB_RPC_REPLICA_MAX; j++)
        if (superfluous & 1u << j)
            zmq_close(yb_rpc_core_take_socket(rpc->core, j));
    freeaddrinfo(l->req.ar_result);
}

/* Takes in what was found; true while one is still looked for. */
static bool lookups_take(yb_rpc_sync_t *rpc)
{
    bool running = false;
    for (size_t i = 0; i < yb_rpc_core_host_count(rpc->core); i++) {
        int status = rpc->lookups[i].running ? gai_error(&rpc->lookups[i].req) : EAI_INPROGRESS;
        if (status != EAI_INPROGRESS)
            lookup_end(rpc, i, status);
        running = running || rpc->lookups[i].running;
    }
    return running;
}

/* Before `due_us` is slept for: begins a look-up when it is time, and wakes for its end when nothing else may come. */
static int64_t lookups_turn(yb_rpc_sync_t *rpc, int64_t now_us, int64_t due_us)
{
    if (yb_rpc_core_host_count(rpc->core) == 0)
        return due_us;
    int64_t next_us = rpc->resolved_us + yb_rpc_core_resolve_every_us(rpc->core);
    if (now_us >= next_us) {
        lookups_start(rpc, now_us);
        next_us = now_us + yb_rpc_core_resolve_every_us(rpc->core);
    }
    if (lookups_take(rpc) && yb_rpc_core_all_away(rpc->core))
        next_us = now_us + LOOKUP_POLL_US;
    return next_us < due_us ? next_us : due_us;
}

/* A look-up under way writes into our memory: it is called off, or waited for. */
static void lookups_stop(yb_rpc_sync_t *rpc)
{
    for (size_t i = 0; rpc->lookups != NULL && i < YB_RPC_REPLICA_MAX; i++) {
        const struct gaicb *list[] = { &rpc->lookups[i].req };
        if (!rpc->lookups[i].running)
            continue;
        if (gai_cancel(&rpc->lookups[i].req) == EAI_NOTCANCELED)
            while (gai_error(&rpc->lookups[i].req) == EAI_INPROGRESS)
                (void)gai_suspend(list, 1, NULL);
        if (gai_error(&rpc->lookups[i].req) == 0)
            freeaddrinfo(rpc->lookups[i].req.ar_result);
    }
    free(rpc->lookups);
}

/* Everything the sockets have for us; returns how many messages. */
static int turn_all(yb_rpc_core_t *core)
{
    int taken = 0;
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++)
        if (yb_rpc_core_socket(core, i))
            taken += yb_rpc_core_turn(core, i, DRAIN_MAX);
    return taken;
}

/* True when the time ran out without news. */
static bool sleep_until(yb_rpc_core_t *core, int64_t due_us, int64_t now_us)
{
    struct pollfd fds[YB_RPC_REPLICA_MAX];
    nfds_t count = 0;
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++)
        if (yb_rpc_core_socket(core, i))
            fds[count++] = (struct pollfd){ .fd = yb_rpc_core_fd(core, i), .events = POLLIN };
    int64_t wait_us = due_us > now_us ? due_us - now_us : 0;
    struct timespec wait = { .tv_sec = wait_us / 1000000, .tv_nsec = wait_us % 1000000 * 1000 };
    return ppoll(fds, count, &wait, NULL) == 0;   /* EINTR: the caller looks again */
}

static void on_done(void *ctx, const yb_rpc_answer_t *answer)
{
    yb_rpc_sync_t *rpc = ctx;
    rpc->answered = true;
    rpc->answer = *answer;
    if (!rpc->arena)
        return;
    rpc->answer.field = yb_arena_strdup(rpc->arena, answer->field);
    rpc->answer.text = yb_arena_strdup(rpc->arena, answer->text);
    rpc->answer.body =
        yb_arena_memdup(rpc->arena, answer->body_len ? answer->body : (const uint8_t *)"", answer->body_len);
    if (!rpc->answer.field || !rpc->answer.text || !rpc->answer.body)
        yb_rpc_answer_error(&rpc->answer, YB_E_NO_MEMORY);
}

void yb_rpc_sync_start(yb_rpc_sync_t *rpc, const yb_rpc_call_t *call)
{
    YB_ASSERT(!rpc->started);
    rpc->started = true;
    rpc->answered = false;
    rpc->arena = NULL;
    (void)turn_all(rpc->core);           /* who is away, and the late replies to earlier calls */
    yb_err_t err = yb_rpc_core_start(rpc->core, call, on_done, rpc);
    (void)yb_rpc_core_flush(rpc->core);
    if (err) {
        rpc->answered = true;
        yb_rpc_answer_error(&rpc->answer, err);
    }
}

yb_err_t yb_rpc_sync_wait(yb_rpc_sync_t *rpc, yb_arena_t *arena, yb_rpc_answer_t *ret_answer)
{
    YB_ASSERT(rpc->started);
    bool timed_out = false;
    const int64_t begun_us = yb_rpc_core_now_us(rpc->core);
    rpc->arena = arena;
    while (!rpc->answered) {
        int taken = turn_all(rpc->core);
        rpc->slept_over += timed_out && taken > 0;
        timed_out = false;
        int64_t now_us = yb_rpc_core_now_us(rpc->core), due_us = yb_rpc_core_due_us(rpc->core);
        if (rpc->answered)
            break;
        if (due_us <= now_us) {
            yb_rpc_core_expire(rpc->core, now_us);
            continue;
        }
        due_us = lookups_turn(rpc, now_us, due_us);
        if (taken == 0 && yb_rpc_core_may_sleep(rpc->core))
            timed_out = sleep_until(rpc->core, due_us, now_us);
    }
    const int64_t waited_us = yb_rpc_core_now_us(rpc->core) - begun_us;
    rpc->waited_us += waited_us > 0 ? waited_us : 0;
    rpc->started = false;
    rpc->arena = NULL;
    *ret_answer = rpc->answer;
    return rpc->answer.err;
}

yb_err_t yb_rpc_sync_call(yb_rpc_sync_t *rpc, const yb_rpc_call_t *call, yb_arena_t *arena,
                          yb_rpc_answer_t *ret_answer)
{
    yb_rpc_sync_start(rpc, call);
    return yb_rpc_sync_wait(rpc, arena, ret_answer);
}

void yb_rpc_sync_stats(const yb_rpc_sync_t *rpc, yb_rpc_stats_t *ret_stats)
{
    yb_rpc_core_stats(rpc->core, ret_stats);
    ret_stats->slept_over = rpc->slept_over;
    ret_stats->waited_us = rpc->waited_us;
}

yb_err_t yb_rpc_sync_create(void *zmq_ctx, const yb_rpc_conf_t *conf, yb_rpc_sync_t **ret_rpc)
{
    yb_rpc_sync_t *rpc = calloc(1, sizeof(*rpc));
    if (!rpc)
        return YB_E_NO_MEMORY;
    yb_err_t err = yb_rpc_core_create(zmq_ctx, conf, 1, &rpc->core);
    if (!err && !(rpc->lookups = calloc(YB_RPC_REPLICA_MAX, sizeof(*rpc->lookups)))) {
        yb_rpc_core_destroy(&rpc->core);
        err = YB_E_NO_MEMORY;
    }
    if (err) {
        free(rpc);
        return err;
    }
    lookups_start(rpc, yb_rpc_core_now_us(rpc->core));
    *ret_rpc = rpc;
    return YB_OK;
}

void yb_rpc_sync_destroy(yb_rpc_sync_t **rpc)
{
    if (!rpc || !*rpc)
        return;
    lookups_stop(*rpc);                  /* its names are the core's */
    yb_rpc_core_destroy(&(*rpc)->core);
    free(*rpc);
    *rpc = NULL;
}
