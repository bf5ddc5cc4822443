#include "libcommon/rpc_core.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "libcommon/bundle.h"

#define ATTEMPTS_DEFAULT 3
#define ATTEMPT_MIN_US 250000            /* the least an attempt waits for its answer */
#define AWAY_MAX_US 5000000              /* how long a call waits for any replica */
#define AVOID_US 1000000                 /* how long a replica that is draining is left alone */
#define REVIVE_US 2000000                /* a replica away this long is connected anew, and again */
#define BACKOFF_US 50000
#define REPLY_ARENA_BUDGET (2u * YB_RPC_FRAME_MAX + (1u << 16))
#define NOWHERE UINT32_MAX
#define PACKED_KEPT (64u << 10)          /* bytes a free slot keeps for its next call */

typedef enum { FREE, SENT, WAITING, BACKOFF } state_t;

typedef struct outgoing { uint32_t slot, generation; } outgoing_t;

typedef struct replica {
    void *socket;
    int fd;
    bool up;                             /* can be sent to: with IMMEDIATE, connected */
    int64_t avoid_until_us;
    int64_t revive_us;                   /* when to connect anew, while away */
    uint64_t hash;
    uint32_t host;                       /* index into hosts, NOWHERE = given as it is */
    outgoing_t out[YB_BUNDLE_COUNT_MAX]; /* of this turn; yb_rpc_core_flush sends them together */
    size_t out_count, out_bytes;
    char endpoint[YB_RPC_ENDPOINT_MAX];
} replica_t;

typedef struct pending {
    state_t state;
    bool write;
    uint32_t generation;
    uint32_t replica;                    /* of the last attempt */
    unsigned attempts;                   /* envelopes sent */
    unsigned open;                       /* of these, neither answered nor known not to have run */
    yb_err_t last_err;
    size_t heap_at;
    int64_t due_us, deadline_us, away_since_us;
    uint64_t route_key;
    uint8_t request_id[16];
    yb_rpc_done_fn done;
    void *ctx;
    uint8_t *packed;                     /* the envelope, kept for the next attempt */
    size_t packed_len, packed_cap;
} pending_t;

struct yb_rpc_core {
    void *zmq_ctx;
    const yb_keys_t *keys;
    char name[YB_KEY_NAME_MAX + 1];
    yb_clock_t clock;
    unsigned attempts_max;
    replica_t replicas[YB_RPC_REPLICA_MAX];
    yb_rpc_host_t *hosts;
    size_t host_count;
    pending_t *slots;
    uint32_t *free_slots;                /* a stack */
    uint32_t *heap;                      /* slots, the earliest due first */
    size_t capacity, free_count, heap_count;
    uint64_t id_base[2], id_next, turn, jitter;
    yb_arena_t *arena;                   /* one reply */
    yb_rpc_stats_t stats;
};

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

/* The finalizer of MurmurHash3: every bit of the input reaches every bit of the result. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 33)) * 0xff51afd7ed558ccdu;
    x = (x ^ (x >> 33)) * 0xc4ceb9fe1a85ec53u;
    return x ^ (x >> 33);
}

/* From half of `us` to one and a half, so that callers that failed together do not come back together. */
static int64_t jittered(yb_rpc_core_t *c, int64_t us)
{
    c->jitter = mix(c->jitter + 0x9e3779b97f4a7c15u);
    return us / 2 + (int64_t)(c->jitter % (uint64_t)(us + 1));
}

int64_t yb_rpc_core_now_us(const yb_rpc_core_t *core)
{
    return yb_clock_monotonic_ns(&core->clock) / 1000;
}

static int events(void *socket)
{
    int ev = 0;
    size_t len = sizeof(ev);
    return zmq_getsockopt(socket, ZMQ_EVENTS, &ev, &len) == 0 ? ev : 0;
}

/* ---- what is due when: a binary heap of slots ---- */

static void heap_put(yb_rpc_core_t *c, size_t at, uint32_t slot)
{
    c->heap[at] = slot;
    c->slots[slot].heap_at = at;
}

static void heap_settle(yb_rpc_core_t *c, size_t at)
{
    uint32_t slot = c->heap[at];
    int64_t due = c->slots[slot].due_us;
    while (at > 0 && c->slots[c->heap[(at - 1) / 2]].due_us > due) {
        heap_put(c, at, c->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
    for (size_t child; (child = 2 * at + 1) < c->heap_count; at = child) {
        if (child + 1 < c->heap_count
            && c->slots[c->heap[child + 1]].due_us < c->slots[c->heap[child]].due_us)
            child++;
        if (c->slots[c->heap[child]].due_us >= due)
            break;
        heap_put(c, at, c->heap[child]);
    }
    heap_put(c, at, slot);
}

static void heap_add(yb_rpc_core_t *c, uint32_t slot)
{
    c->heap[c->heap_count] = slot;
    heap_settle(c, c->heap_count++);
}

static void heap_remove(yb_rpc_core_t *c, uint32_t slot)
{
    size_t at = c->slots[slot].heap_at;
    uint32_t last = c->heap[--c->heap_count];
    if (last == slot)
        return;
    c->heap[at] = last;
    heap_settle(c, at);
}

static void due_set(yb_rpc_core_t *c, pending_t *p, int64_t due_us)
{
    p->due_us = due_us < p->deadline_us ? due_us : p->deadline_us;
    heap_settle(c, p->heap_at);
}

/* ---- the end of a call ---- */

static void finish(yb_rpc_core_t *c, pending_t *p, const yb_rpc_answer_t *answer)
{
    uint32_t slot = (uint32_t)(p - c->slots);
    yb_rpc_done_fn done = p->done;
    void *ctx = p->ctx;
    heap_remove(c, slot);
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

/* Gives up with `err`; but a write that may have run is unknown, whatever the last attempt said. */
static void give_up(yb_rpc_core_t *c, pending_t *p, yb_err_t err)
{
    yb_rpc_answer_t answer;
    yb_rpc_answer_error(&answer, p->write && p->open > 0 ? YB_E_DEADLINE : err);
    finish(c, p, &answer);
}

/* ---- attempts ---- */

static bool usable(const replica_t *r, int64_t now_us)
{
    return r->socket && r->up && r->avoid_until_us <= now_us;
}

/* libzmq gives up for good on a peer after a protocol error (a frame over the limit, a key refused):
 * session_base_t::engine_error. What is wrong today may be mended tomorrow, so we begin again. */
static void revive(replica_t *r, int64_t now_us)
{
    if (!r->socket || r->up || r->revive_us > now_us)
        return;
    r->revive_us = now_us + REVIVE_US;
    (void)zmq_disconnect(r->socket, r->endpoint);
    (void)zmq_connect(r->socket, r->endpoint);   /* was good at create; if not now, at the next turn */
}

/* Rendezvous: each caller finds the same replica for a key, and only the keys of a lost one move. `except`
 * only when there is no other. */
static uint32_t pick(yb_rpc_core_t *c, uint64_t route_key, uint32_t except, int64_t now_us)
{
    uint64_t key = route_key ? route_key : mix(++c->turn), best_score = 0;
    uint32_t best = NOWHERE;
    for (uint32_t i = 0; i < YB_RPC_REPLICA_MAX; i++) {
        if (i == except || !usable(&c->replicas[i], now_us)) {
            revive(&c->replicas[i], now_us);
            continue;
        }
        uint64_t score = mix(key ^ c->replicas[i].hash);
        if (best == NOWHERE || score > best_score) {
            best = i;
            best_score = score;
        }
    }
    if (best == NOWHERE && except != NOWHERE && usable(&c->replicas[except], now_us))
        best = except;
    return best;
}

/* No replica: wait until one comes (replica_up), a draining one may be tried again, or it has been long
 * enough. */
static void wait_for_replica(yb_rpc_core_t *c, pending_t *p, int64_t now_us)
{
    if (p->state != WAITING || p->away_since_us == 0)
        p->away_since_us = now_us;
    p->state = WAITING;
    int64_t due = p->away_since_us + AWAY_MAX_US;
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++) {
        const replica_t *r = &c->replicas[i];
        int64_t then = r->up ? r->avoid_until_us : r->revive_us;
        if (r->socket && then > now_us && then < due)
            due = then;
    }
    due_set(c, p, due);
}

static int64_t attempt_due(const yb_rpc_core_t *c, const pending_t *p, int64_t now_us)
{
    if (p->attempts >= c->attempts_max)
        return p->deadline_us;
    int64_t share = (p->deadline_us - now_us) / (int64_t)(c->attempts_max - p->attempts + 1);
    return now_us + (share > ATTEMPT_MIN_US ? share : ATTEMPT_MIN_US);
}

static void dispatch(yb_rpc_core_t *c, pending_t *p, int64_t now_us);

/* The calls of the list whose turn it still is: neither ended nor passed to another replica meanwhile. */
static size_t keep_live(yb_rpc_core_t *c, uint32_t index, outgoing_t *list, size_t count)
{
    size_t live = 0;
    for (size_t k = 0; k < count; k++) {
        const pending_t *p = &c->slots[list[k].slot];
        if (p->generation == list[k].generation && p->state == SENT && p->replica == index)
            list[live++] = list[k];
    }
    return live;
}

/* One envelope as it is, several as a bundle. */
static void fill_frame(const yb_rpc_core_t *c, const outgoing_t *list, size_t count, zmq_msg_t *ret_msg)
{
    size_t len = 0;
    for (size_t k = 0; k < count; k++)
        len += yb_bundle_item_size(c->slots[list[k].slot].packed_len);
    const pending_t *first = &c->slots[list[0].slot];
    YB_ASSERT(zmq_msg_init_size(ret_msg, count > 1 ? len : first->packed_len) == 0);
    uint8_t *out = zmq_msg_data(ret_msg);
    for (size_t k = 0; k < count; k++) {
        const pending_t *p = &c->slots[list[k].slot];
        out = count > 1 ? yb_bundle_put_head(out, p->packed_len) : out;
        memcpy(out, p->packed, p->packed_len);
        out += p->packed_len;
    }
}

/* False: the replica took nothing; its calls have gone elsewhere, or wait. */
static bool flush(yb_rpc_core_t *c, uint32_t index, int64_t now_us)
{
    replica_t *r = &c->replicas[index];
    outgoing_t list[YB_BUNDLE_COUNT_MAX];
    memcpy(list, r->out, r->out_count * sizeof(*list));
    size_t count = keep_live(c, index, list, r->out_count);
    r->out_count = r->out_bytes = 0;
    if (count == 0)
        return true;
    zmq_msg_t msg;
    fill_frame(c, list, count, &msg);
    if (zmq_msg_send(&msg, r->socket, ZMQ_DONTWAIT) >= 0) {
        c->stats.sent += count;
        for (size_t k = 0; k < count; k++)
            c->stats.retries += c->slots[list[k].slot].attempts > 1;
        return true;
    }
    zmq_msg_close(&msg);
    r->avoid_until_us = now_us + BACKOFF_US;     /* turn finds out whether it is full or gone */
    for (size_t k = 0; k < count; k++) {
        pending_t *p = &c->slots[list[k].slot];
        p->attempts--;
        p->open--;
        dispatch(c, p, now_us);
    }
    return false;
}

static bool put_out(yb_rpc_core_t *c, uint32_t index, const pending_t *p, int64_t now_us)
{
    replica_t *r = &c->replicas[index];
    size_t size = yb_bundle_item_size(p->packed_len);
    bool full = r->out_count == YB_BUNDLE_COUNT_MAX ||
                (r->out_count > 0 && r->out_bytes + size > YB_BUNDLE_BYTES_MAX);
    if (full && !flush(c, index, now_us))
        return false;
    r->out[r->out_count++] = (outgoing_t){ (uint32_t)(p - c->slots), p->generation };
    r->out_bytes += size;
    return true;
}

bool yb_rpc_core_flush(yb_rpc_core_t *core)
{
    bool any = false;
    int64_t now_us = 0;
    /* What one did not take may have gone to another, looked at before: whoever refused is left alone for a while, so
     * this ends. */
    for (bool again = true; again;) {
        again = false;
        for (uint32_t i = 0; i < YB_RPC_REPLICA_MAX; i++) {
            if (core->replicas[i].out_count == 0)
                continue;
            now_us = any ? now_us : yb_rpc_core_now_us(core);
            any = true;
            again = !flush(core, i, now_us) || again;
        }
    }
    return any;
}

static void dispatch(yb_rpc_core_t *c, pending_t *p, int64_t now_us)
{
    for (size_t tries = 0; tries < YB_RPC_REPLICA_MAX; tries++) {
        uint32_t i = pick(c, p->route_key, p->attempts > 0 ? p->replica : NOWHERE, now_us);
        if (i == NOWHERE)
            break;
        if (!put_out(c, i, p, now_us))
            continue;
        p->state = SENT;
        p->replica = i;
        p->attempts++;
        p->open++;
        p->away_since_us = 0;
        due_set(c, p, attempt_due(c, p, now_us));
        return;
    }
    wait_for_replica(c, p, now_us);
}

/* Again after `delay_us` (0 = now), or the end when the attempts are used up. */
static void retry(yb_rpc_core_t *c, pending_t *p, yb_err_t err, int64_t delay_us, int64_t now_us)
{
    p->last_err = err;
    if (p->attempts >= c->attempts_max) {
        give_up(c, p, err);
    } else if (delay_us > 0) {
        p->state = BACKOFF;
        due_set(c, p, now_us + jittered(c, delay_us));
    } else {
        dispatch(c, p, now_us);
    }
}

void yb_rpc_core_expire(yb_rpc_core_t *core, int64_t now_us)
{
    /* Bounded: whoever stays is due later than now, whoever leaves is not counted twice. */
    for (size_t left = core->heap_count; left > 0 && core->heap_count > 0; left--) {
        pending_t *p = &core->slots[core->heap[0]];
        if (p->due_us > now_us)
            break;
        if (now_us >= p->deadline_us)
            give_up(core, p, p->open > 0 ? YB_E_DEADLINE : p->last_err);
        else if (p->state == WAITING && now_us >= p->away_since_us + AWAY_MAX_US)
            give_up(core, p, p->last_err);
        else if (p->state == SENT)
            retry(core, p, YB_E_UNAVAILABLE, 0, now_us);
        else
            dispatch(core, p, now_us);
    }
    (void)yb_rpc_core_flush(core);
}

int64_t yb_rpc_core_due_us(const yb_rpc_core_t *core)
{
    return core->heap_count > 0 ? core->slots[core->heap[0]].due_us : INT64_MAX;
}

/* What was put out and has not left yet did not run. */
static void take_back_unsent(yb_rpc_core_t *c, uint32_t index)
{
    replica_t *r = &c->replicas[index];
    size_t count = keep_live(c, index, r->out, r->out_count);
    for (size_t k = 0; k < count; k++)
        c->slots[r->out[k].slot].open--;
    r->out_count = r->out_bytes = 0;
}

void yb_rpc_core_abort(yb_rpc_core_t *core)
{
    for (uint32_t i = 0; i < YB_RPC_REPLICA_MAX; i++)
        take_back_unsent(core, i);
    for (size_t i = 0; i < core->capacity; i++)
        if (core->slots[i].state != FREE)
            give_up(core, &core->slots[i], YB_E_DRAINING);
}

/* ---- replicas that come and go ---- */

static void replica_up(yb_rpc_core_t *c, uint32_t index)
{
    int64_t now_us = yb_rpc_core_now_us(c);
    c->replicas[index].up = true;
    c->replicas[index].avoid_until_us = 0;
    c->stats.replicas_up++;
    for (size_t i = 0; i < c->capacity && c->heap_count > 0; i++)
        if (c->slots[i].state == WAITING)
            dispatch(c, &c->slots[i], now_us);
}

static void replica_down(yb_rpc_core_t *c, uint32_t index)
{
    int64_t now_us = yb_rpc_core_now_us(c);
    c->replicas[index].up = false;
    c->replicas[index].revive_us = now_us + REVIVE_US;
    c->stats.replicas_up--;
    c->stats.lost++;
    (void)flush(c, index, now_us);       /* what has not left yet did not run there */
    for (size_t i = 0; i < c->capacity && c->heap_count > 0; i++)
        if (c->slots[i].state == SENT && c->slots[i].replica == index)
            retry(c, &c->slots[i], YB_E_UNAVAILABLE, 0, now_us);
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
    if (err == YB_E_OVERLOADED && pick(c, p->route_key, index, now_us) == index)
        delay_us = BACKOFF_US << p->attempts;
    else if (err == YB_E_IN_FLIGHT) /* the first attempt's answer may still come: leave it half of the time
                                       there is */
        delay_us = (attempt_due(c, p, now_us) - now_us) / 2 + 1;
    retry(c, p, err, delay_us, now_us);
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
        give_up(c, p, err);
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
        bool up = (events(r->socket) & ZMQ_POLLOUT) != 0;
        if (up && !r->up)
            replica_up(core, (uint32_t)replica);
        else if (!up && r->up)
            replica_down(core, (uint32_t)replica);
    }
    (void)yb_rpc_core_flush(core);
    return taken;
}

bool yb_rpc_core_may_sleep(const yb_rpc_core_t *core)
{
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++) {
        const replica_t *r = &core->replicas[i];
        int ev = r->socket ? events(r->socket) : 0;
        if (r->socket && ((ev & ZMQ_POLLIN) != 0 || ((ev & ZMQ_POLLOUT) != 0) != r->up))
            return false;
    }
    return true;
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
    heap_add(core, slot);
    dispatch(core, p, now_us);
    return YB_OK;
}

/* ---- endpoints ---- */

static yb_err_t socket_open(yb_rpc_core_t *c, const char *endpoint, void **ret_socket)
{
    yb_random_t random = yb_random_real();
    uint8_t id[16];
    void *s = zmq_socket(c->zmq_ctx, ZMQ_DEALER);
    yb_err_t err = s ? yb_socket_setup(s, false) : YB_E_IO;
    if (!err && c->keys)
        err = yb_keys_client(c->keys, s, c->name);
    if (!err)
        err = yb_random_fill(&random, id, sizeof(id));
    /* A name of its own, so that an answer finds the way back after a reconnect; it must not begin with a
     * zero byte. */
    id[0] = 1;
    if (!err && (zmq_setsockopt(s, ZMQ_ROUTING_ID, id, sizeof(id)) != 0 || zmq_connect(s, endpoint) != 0))
        err = zmq_errno() == EINVAL || zmq_errno() == EPROTONOSUPPORT ? YB_E_CONFIG : YB_E_IO;
    if (err) {
        if (s)
            zmq_close(s);
        return err;
    }
    *ret_socket = s;
    return YB_OK;
}

static yb_err_t replica_add(yb_rpc_core_t *c, const char *endpoint, uint32_t host)
{
    replica_t *r = NULL;
    for (size_t i = 0; i < YB_RPC_REPLICA_MAX; i++) {
        if (c->replicas[i].socket && strcmp(c->replicas[i].endpoint, endpoint) == 0)
            return YB_OK;
        if (!c->replicas[i].socket && !r)
            r = &c->replicas[i];
    }
    if (!r)
        return YB_E_CONFIG;
    void *socket = NULL;
    yb_err_t err = socket_open(c, endpoint, &socket);
    if (err)
        return err;
    size_t len = sizeof(r->fd);
    *r = (replica_t){ .socket = socket, .fd = -1, .hash = yb_route_key(endpoint), .host = host };
    r->revive_us = yb_rpc_core_now_us(c) + REVIVE_US;
    snprintf(r->endpoint, sizeof(r->endpoint), "%s", endpoint);
    YB_ASSERT(zmq_getsockopt(socket, ZMQ_FD, &r->fd, &len) == 0);
    return YB_OK;
}

static bool is_numeric(const char *host)
{
    struct in_addr v4;
    return host[0] == '[' || inet_pton(AF_INET, host, &v4) == 1;
}

static yb_err_t endpoint_add(yb_rpc_core_t *c, const char *text, size_t len)
{
    char endpoint[YB_RPC_ENDPOINT_MAX];
    if (len == 0 || len >= sizeof(endpoint))
        return YB_E_CONFIG;
    memcpy(endpoint, text, len);
    endpoint[len] = '\0';
    if (strncmp(endpoint, "ipc://", 6) == 0)
        return replica_add(c, endpoint, NOWHERE);
    if (strncmp(endpoint, "tcp://", 6) != 0)
        return YB_E_CONFIG;
    char *colon = strrchr(endpoint, ':');
    if (colon < endpoint + 7 || strlen(colon + 1) == 0 || strlen(colon + 1) > 5)
        return YB_E_CONFIG;
    *colon = '\0';
    bool numeric = is_numeric(endpoint + 6);
    if (numeric) {
        *colon = ':';
        return replica_add(c, endpoint, NOWHERE);
    }
    yb_rpc_host_t *h = &c->hosts[c->host_count++];
    snprintf(h->name, sizeof(h->name), "%s", endpoint + 6);
    snprintf(h->port, sizeof(h->port), "%.5s", colon + 1);
    return YB_OK;
}

static yb_err_t endpoints_add(yb_rpc_core_t *c, const char *list)
{
    for (size_t count = 0; count < YB_RPC_REPLICA_MAX; count++) {
        size_t len = strcspn(list, ",");
        yb_err_t err = endpoint_add(c, list, len);
        if (err)
            return err;
        if (!list[len])
            return YB_OK;
        list += len + 1;
    }
    return YB_E_CONFIG;
}

static bool address_text(const struct addrinfo *a, const char *port, char *out, size_t cap)
{
    char host[INET6_ADDRSTRLEN];
    const void *addr =
        a->ai_family == AF_INET
            ? (const void *)&((const struct sockaddr_in *)(const void *)a->ai_addr)->sin_addr
            : (const void *)&((const struct sockaddr_in6 *)(const void *)a->ai_addr)->sin6_addr;
    if (!inet_ntop(a->ai_family, addr, host, sizeof(host)))
        return false;
    int n = snprintf(out, cap, a->ai_family == AF_INET ? "tcp://%s:%s" : "tcp://[%s]:%s", host, port);
    return n > 0 && (size_t)n < cap;
}

uint32_t yb_rpc_core_resolved(yb_rpc_core_t *core, size_t host, const struct addrinfo *list)
{
    char found[YB_RPC_REPLICA_MAX][YB_RPC_ENDPOINT_MAX];
    size_t count = 0;
    uint32_t superfluous = 0;
    bool has_v4 = false;
    for (const struct addrinfo *a = list; a; a = a->ai_next)
        has_v4 = has_v4 || a->ai_family == AF_INET;
    for (const struct addrinfo *a = list; a && count < YB_RPC_REPLICA_MAX; a = a->ai_next)
        if (a->ai_family == (has_v4 ? AF_INET : AF_INET6))
            count += address_text(a, core->hosts[host].port, found[count], sizeof(found[count]));
    if (count == 0)
        return 0;                        /* the name server has nothing just now: keep what we knew */
    for (size_t i = 0; i < count; i++)
        (void)replica_add(core, found[i], (uint32_t)host);   /* no slot free: at the next look-up */
    for (uint32_t i = 0; i < YB_RPC_REPLICA_MAX; i++) {
        const replica_t *r = &core->replicas[i];
        bool known = !r->socket || r->up || r->host != host;
        for (size_t j = 0; j < count && !known; j++)
            known = strcmp(found[j], r->endpoint) == 0;
        superfluous |= known ? 0 : 1u << i;
    }
    return superfluous;
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
        err = endpoints_add(c, conf->endpoints);
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

void *yb_rpc_core_socket(const yb_rpc_core_t *core, size_t replica)
{
    return core->replicas[replica].socket;
}

int yb_rpc_core_fd(const yb_rpc_core_t *core, size_t replica)
{
    return core->replicas[replica].fd;
}

bool yb_rpc_core_is_up(const yb_rpc_core_t *core, size_t replica)
{
    return core->replicas[replica].up;
}

void *yb_rpc_core_take_socket(yb_rpc_core_t *core, size_t replica)
{
    replica_t *r = &core->replicas[replica];
    void *socket = r->socket;
    core->stats.replicas_up -= r->up;
    *r = (replica_t){ .fd = -1 };
    return socket;
}

bool yb_rpc_core_all_away(const yb_rpc_core_t *core)
{
    return core->stats.replicas_up == 0;
}

size_t yb_rpc_core_host_count(const yb_rpc_core_t *core)
{
    return core->host_count;
}

const yb_rpc_host_t *yb_rpc_core_host(const yb_rpc_core_t *core, size_t index)
{
    return &core->hosts[index];
}
