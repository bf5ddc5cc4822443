/* Calls of an RPC client from their start to their answer. */
#include "libcommon/rpc_core_impl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ATTEMPTS_DEFAULT 3
#define AVOID_US 1000000                 /* how long a replica that is draining is left alone */
#define REPLY_ARENA_BUDGET (2u * YB_RPC_FRAME_MAX + (1u << 16))
#define PACKED_KEPT (64u << 10)          /* bytes a free slot keeps for its next call */

/* ---- small things ---- */

uint64_t yb_route_key(const char *text)
{
    uint64_t h = 0xcbf29ce484222325u;    /* FNV-1a, draft-eastlake-fnv */
    for (; *text; text++)
        h = (h ^ (uint8_t)*text) * 0x100000001b3u;
    return h ? h : 1;
}

ProtobufCMessage *yb_rpc_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len,
                                yb_arena_t *arena)
{
    if (len > YB_RPC_FRAME_MAX)
        return NULL;
    return protobuf_c_message_unpack(type, yb_arena_pb(arena), len, data);
}

void yb_rpc_answer_error(yb_rpc_answer_t *ret_answer, yb_err_t err)
{
    *ret_answer = (yb_rpc_answer_t){ .err = err, .field = "", .text = yb_err_text_zh(err) };
}

int64_t yb_rpc_core_now_us(const yb_rpc_core_t *core)
{
    return yb_clock_monotonic_ns(&core->clock) / 1000;
}

/* ---- the end of a call ---- */

static void finish(yb_rpc_core_t *c, pending_t *p, const yb_rpc_answer_t *answer)
{
    uint32_t slot = (uint32_t)(p - c->slots);
    yb_rpc_done_fn done = p->done;
    void *ctx = p->ctx;
    yb_rpc_due_remove(c, slot);
    if (p->packed_cap > PACKED_KEPT) {
        free(p->packed);
        p->packed = NULL;
        p->packed_cap = 0;
    }
    p->state = FREE;
    p->generation++;
    c->free_slots[c->free_count++] = slot;
    done(ctx, answer);                   /* last: it may start the next call, in this very slot */
}

void yb_rpc_give_up(yb_rpc_core_t *c, pending_t *p, yb_err_t err)
{
    yb_rpc_answer_t answer;
    yb_rpc_answer_error(&answer, p->write && p->open > 0 ? YB_E_DEADLINE : err);
    finish(c, p, &answer);
}

/* ---- replies ---- */

static bool id_is(const Yibao__Rpc__Reply *r, const pending_t *p)
{
    return r->request_id.len == 16 && memcmp(r->request_id.data, p->request_id, 16) == 0;
}

static yb_err_t reply_err(const Yibao__Rpc__Reply *r)
{
    if (r->code == 0)
        return r->status == 0 ? YB_OK : YB_E_INTERNAL;
    yb_err_t err = (yb_err_t)r->code;
    return yb_err_name(err)[0] == '?' ? YB_E_INTERNAL : err;   /* a number of a newer release */
}

/* True when this answer is not the last word. */
static bool try_again(yb_rpc_core_t *c, pending_t *p, yb_err_t err, uint32_t index)
{
    bool refused = err == YB_E_DRAINING || err == YB_E_OVERLOADED;
    if (!refused && !(err == YB_E_IN_FLIGHT && p->attempts > 1))
        return false;
    int64_t now_us = yb_rpc_core_now_us(c), delay_us = 0;
    p->open -= p->open > 0;              /* this attempt did not run it */
    p->last_err = err;
    if (err == YB_E_DRAINING)
        c->replicas[index].avoid_until_us = now_us + AVOID_US;
    if (p->state != SENT)
        return true;                     /* an older attempt's: the next one is under way */
    if (err == YB_E_OVERLOADED && yb_rpc_replica_pick(c, p->route_key, index, now_us) == index)
        delay_us = BACKOFF_US << p->attempts;
    else if (err == YB_E_IN_FLIGHT) /* the first attempt's answer may still come: leave it half of the time
                                       there is */
        delay_us = (yb_rpc_attempt_due(c, p, now_us) - now_us) / 2 + 1;
    yb_rpc_attempt_again(c, p, err, delay_us, now_us);
    return true;
}

static void on_reply(yb_rpc_core_t *c, uint32_t index, const uint8_t *data, size_t len)
{
    yb_arena_reset(c->arena);
    const Yibao__Rpc__Reply *r =
        (Yibao__Rpc__Reply *)yb_rpc_unpack(&yibao__rpc__reply__descriptor, data, len, c->arena);
    if (!r || r->version != YB_RPC_VERSION || (r->call_id & UINT32_MAX) >= c->capacity) {
        c->stats.malformed++;
        return;
    }
    pending_t *p = &c->slots[r->call_id & UINT32_MAX];
    if (p->state == FREE || p->generation != r->call_id >> 32) {
        c->stats.late++;
        return;
    }
    if (!id_is(r, p)) {
        c->stats.malformed++;
        return;
    }
    yb_err_t err = reply_err(r);
    if (try_again(c, p, err, index))
        return;
    if (err != YB_OK && err != YB_E_IN_FLIGHT && yb_err_is_transient(err) && p->write && p->open > 1) {
        p->open--;
        yb_rpc_give_up(c, p, err);
        return;
    }
    const char *text = r->text[0] || err == YB_OK ? r->text : yb_err_text_zh(err);
    yb_rpc_answer_t answer = {
        .err = err, .field = r->field, .text = text, .body = r->body.data, .body_len = r->body.len
    };
    finish(c, p, &answer);
}

static void on_frame(yb_rpc_core_t *c, uint32_t index, const uint8_t *data, size_t len)
{
    yb_bundle_reader_t reader;
    yb_bundle_next_t next;
    yb_bundle_open(&reader, data, len);
    while ((next = yb_bundle_next(&reader, &data, &len)) == YB_BUNDLE_ITEM)
        on_reply(c, index, data, len);
    c->stats.malformed += next == YB_BUNDLE_MALFORMED;
}

int yb_rpc_core_turn(yb_rpc_core_t *core, size_t replica, int budget)
{
    replica_t *r = &core->replicas[replica];
    int taken = 0;
    for (zmq_msg_t msg; taken < budget && r->socket; taken++) {
        zmq_msg_init(&msg);
        if (zmq_msg_recv(&msg, r->socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&msg);
            break;
        }
        if (zmq_msg_more(&msg)) /* ours have one frame; the last one is judged, and is no envelope either */
            core->stats.malformed++;
        else
            on_frame(core, (uint32_t)replica, zmq_msg_data(&msg), zmq_msg_size(&msg));
        zmq_msg_close(&msg);
    }
    /* A disconnected DEALER cannot be written to (IMMEDIATE); a full one is as good as away. Asking costs a
     * system call: not while answers come, the next look finds out. */
    if (r->socket && (taken == 0 || !r->up)) {
        bool up = (yb_rpc_replica_events(r->socket) & ZMQ_POLLOUT) != 0;
        if (up && !r->up)
            yb_rpc_replica_up(core, (uint32_t)replica);
        else if (!up && r->up)
            yb_rpc_replica_down(core, (uint32_t)replica);
    }
    (void)yb_rpc_core_flush(core);
    return taken;
}

/* ---- starting a call ---- */

static size_t varint_put(uint8_t *out, size_t value)
{
    size_t n = 0;
    for (; value >= 0x80; value >>= 7)
        out[n++] = (uint8_t)(value | 0x80);
    out[n++] = (uint8_t)value;
    return n;
}

/* The envelope and, as its last field (15, length-delimited), the body packed in place: no copy between. */
static yb_err_t pack(pending_t *p, const Yibao__Rpc__Request *env, const ProtobufCMessage *body)
{
    uint8_t head[16] = { 15 << 3 | 2 };
    size_t env_len = yibao__rpc__request__get_packed_size(env);
    size_t body_len = protobuf_c_message_get_packed_size(body);
    size_t head_len = 1 + varint_put(head + 1, body_len);
    size_t len = env_len + head_len + body_len;
    if (len > YB_RPC_FRAME_MAX)
        return YB_E_TOO_LARGE;
    if (len > p->packed_cap) {
        uint8_t *grown = realloc(p->packed, len);
        if (!grown)
            return YB_E_NO_MEMORY;
        p->packed = grown;
        p->packed_cap = len;
    }
    p->packed_len = len;
    uint8_t *out = p->packed + yibao__rpc__request__pack(env, p->packed);
    memcpy(out, head, head_len);
    protobuf_c_message_pack(body, out + head_len);
    return YB_OK;
}

static ProtobufCBinaryData bytes(const uint8_t *data, size_t len)
{
    return (ProtobufCBinaryData){ .data = (uint8_t *)(uintptr_t)data, .len = data ? len : 0 };
}

static yb_err_t pack_call(pending_t *p, uint64_t call_id, const yb_rpc_call_t *call)
{
    Yibao__Rpc__Request env = YIBAO__RPC__REQUEST__INIT;
    env.version = YB_RPC_VERSION;
    env.method = (char *)(uintptr_t)call->method;
    env.request_id = bytes(p->request_id, 16);
    env.idem_key = bytes(call->idem_key, 16);
    env.body_hash = bytes(call->idem_key ? call->body_hash : NULL, 32);
    env.deadline_us = call->deadline_us;
    if (call->traceparent)
        env.traceparent = (char *)(uintptr_t)call->traceparent;
    env.caller = (Yibao__Rpc__Caller *)(uintptr_t)call->caller;
    env.route_key = call->route_key;
    env.call_id = call_id;
    return pack(p, &env, call->body);
}

static void id_make(yb_rpc_core_t *c, uint8_t out[16])
{
    uint64_t id[2] = { c->id_base[0], c->id_base[1] + c->id_next++ };
    memcpy(out, id, 16);
}

yb_err_t yb_rpc_core_start(yb_rpc_core_t *core, const yb_rpc_call_t *call, yb_rpc_done_fn done, void *ctx)
{
    YB_ASSERT(call->method && call->body && (!call->idem_key || call->body_hash));
    int64_t left_us = call->deadline_us - yb_clock_unix_us(&core->clock);
    if (left_us <= 0)
        return YB_E_DEADLINE;
    if (core->free_count == 0)
        return YB_E_OVERLOADED;
    uint32_t slot = core->free_slots[core->free_count - 1];
    pending_t *p = &core->slots[slot];
    if (call->request_id)
        memcpy(p->request_id, call->request_id, 16);
    else
        id_make(core, p->request_id);
    yb_err_t err = pack_call(p, (uint64_t)p->generation << 32 | slot, call);
    if (err)
        return err;
    core->free_count--;
    int64_t now_us = yb_rpc_core_now_us(core);
    p->write = call->idem_key != NULL;
    p->route_key = call->route_key;
    p->replica = NOWHERE;
    p->attempts = p->open = 0;
    p->last_err = YB_E_UNAVAILABLE;
    p->away_since_us = 0;
    p->deadline_us = p->due_us = now_us + left_us;
    p->done = done;
    p->ctx = ctx;
    p->state = WAITING;
    yb_rpc_due_add(core, slot);
    yb_rpc_attempt(core, p, now_us);
    return YB_OK;
}

/* ---- life ---- */

static yb_err_t core_alloc(yb_rpc_core_t *c, size_t capacity)
{
    c->capacity = capacity;
    c->slots = calloc(capacity, sizeof(*c->slots));
    c->free_slots = calloc(capacity, sizeof(*c->free_slots));
    c->heap = calloc(capacity, sizeof(*c->heap));
    c->hosts = calloc(YB_RPC_REPLICA_MAX, sizeof(*c->hosts));
    c->arena = yb_arena_create(REPLY_ARENA_BUDGET);
    if (!c->slots || !c->free_slots || !c->heap || !c->hosts || !c->arena)
        return YB_E_NO_MEMORY;
    for (size_t i = 0; i < capacity; i++) {
        c->slots[i].generation = 1;      /* so that no call id is 0 */
        c->free_slots[i] = (uint32_t)(capacity - 1 - i);
    }
    c->free_count = capacity;
    return YB_OK;
}

yb_err_t yb_rpc_core_create(void *zmq_ctx, const yb_rpc_conf_t *conf, size_t capacity,
                            yb_rpc_core_t **ret_core)
{
    yb_random_t random = yb_random_real();
    YB_ASSERT(conf->name && conf->endpoints && strlen(conf->name) <= YB_KEY_NAME_MAX);
    yb_rpc_core_t *c = calloc(1, sizeof(*c));
    if (!c)
        return YB_E_NO_MEMORY;
    c->zmq_ctx = zmq_ctx;
    c->keys = conf->keys;
    c->clock = conf->clock ? *conf->clock : yb_clock_real();
    c->attempts_max = conf->attempts_max ? conf->attempts_max : ATTEMPTS_DEFAULT;
    snprintf(c->name, sizeof(c->name), "%s", conf->name);
    yb_err_t err = core_alloc(c, capacity);
    if (!err)
        err = yb_random_fill(&random, c->id_base, sizeof(c->id_base));
    c->jitter = c->turn = c->id_base[0];
    if (!err)
        err = yb_rpc_replica_connect(c, conf->endpoints);
    if (err) {
        yb_rpc_core_destroy(&c);
        return err;
    }
    *ret_core = c;
    return YB_OK;
}

void yb_rpc_core_destroy(yb_rpc_core_t **core)
{
    if (!core || !*core)
        return;
    yb_rpc_core_t *c = *core;
    *core = NULL;
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++)
        if (c->replicas[i].socket)
            zmq_close(c->replicas[i].socket);
    for (size_t i = 0; i < c->capacity && c->slots; i++)
        free(c->slots[i].packed);
    yb_arena_destroy(&c->arena);
    free(c->slots);
    free(c->free_slots);
    free(c->heap);
    free(c->hosts);
    free(c);
}

size_t yb_rpc_core_pending(const yb_rpc_core_t *core)
{
    return core->heap_count;
}

void yb_rpc_core_stats(const yb_rpc_core_t *core, yb_rpc_stats_t *ret_stats)
{
    *ret_stats = core->stats;
}
