/* The attempts of a call: to which replica, until when, again or not. */
#include "libcommon/rpc_core_impl.h"

#include <string.h>

#define ATTEMPT_MIN_US 250000            /* the least an attempt waits for its answer */
#define AWAY_MAX_US 5000000              /* how long a call waits for any replica */

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

void yb_rpc_due_add(yb_rpc_core_t *c, uint32_t slot)
{
    c->heap[c->heap_count] = slot;
    heap_settle(c, c->heap_count++);
}

void yb_rpc_due_remove(yb_rpc_core_t *c, uint32_t slot)
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

/* ---- attempts ---- */

/* From half of `us` to one and a half, so that callers that failed together do not come back together. */
static int64_t jittered(yb_rpc_core_t *c, int64_t us)
{
    c->jitter = yb_rpc_mix(c->jitter + 0x9e3779b97f4a7c15u);
    return us / 2 + (int64_t)(c->jitter % (uint64_t)(us + 1));
}

/* No replica: wait until one comes, a draining one may be tried again, or it has been long
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

int64_t yb_rpc_attempt_due(const yb_rpc_core_t *c, const pending_t *p, int64_t now_us)
{
    if (p->attempts >= c->attempts_max)
        return p->deadline_us;
    int64_t share = (p->deadline_us - now_us) / (int64_t)(c->attempts_max - p->attempts + 1);
    return now_us + (share > ATTEMPT_MIN_US ? share : ATTEMPT_MIN_US);
}

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
        yb_rpc_attempt(c, p, now_us);
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

void yb_rpc_attempt(yb_rpc_core_t *c, pending_t *p, int64_t now_us)
{
    for (size_t tries = 0; tries < YB_RPC_REPLICA_MAX; tries++) {
        uint32_t i = yb_rpc_replica_pick(c, p->route_key, p->attempts > 0 ? p->replica : NOWHERE, now_us);
        if (i == NOWHERE)
            break;
        if (!put_out(c, i, p, now_us))
            continue;
        p->state = SENT;
        p->replica = i;
        p->attempts++;
        p->open++;
        p->away_since_us = 0;
        due_set(c, p, yb_rpc_attempt_due(c, p, now_us));
        return;
    }
    wait_for_replica(c, p, now_us);
}

void yb_rpc_attempt_again(yb_rpc_core_t *c, pending_t *p, yb_err_t err, int64_t delay_us, int64_t now_us)
{
    p->last_err = err;
    if (p->attempts >= c->attempts_max) {
        yb_rpc_give_up(c, p, err);
    } else if (delay_us > 0) {
        p->state = BACKOFF;
        due_set(c, p, now_us + jittered(c, delay_us));
    } else {
        yb_rpc_attempt(c, p, now_us);
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
            yb_rpc_give_up(core, p, p->open > 0 ? YB_E_DEADLINE : p->last_err);
        else if (p->state == WAITING && now_us >= p->away_since_us + AWAY_MAX_US)
            yb_rpc_give_up(core, p, p->last_err);
        else if (p->state == SENT)
            yb_rpc_attempt_again(core, p, YB_E_UNAVAILABLE, 0, now_us);
        else
            yb_rpc_attempt(core, p, now_us);
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
            yb_rpc_give_up(core, &core->slots[i], YB_E_DRAINING);
}

/* ---- replicas that come and go ---- */

void yb_rpc_replica_up(yb_rpc_core_t *c, uint32_t index)
{
    int64_t now_us = yb_rpc_core_now_us(c);
    c->replicas[index].up = true;
    c->replicas[index].key_tries = 0;
    c->replicas[index].avoid_until_us = 0;
    c->stats.replicas_up++;
    for (size_t i = 0; i < c->capacity && c->heap_count > 0; i++)
        if (c->slots[i].state == WAITING)
            yb_rpc_attempt(c, &c->slots[i], now_us);
}

void yb_rpc_replica_down(yb_rpc_core_t *c, uint32_t index)
{
    int64_t now_us = yb_rpc_core_now_us(c);
    c->replicas[index].up = false;
    c->replicas[index].revive_us = yb_rpc_replica_revive_us(c, &c->replicas[index], now_us);
    c->stats.replicas_up--;
    c->stats.lost++;
    (void)flush(c, index, now_us);       /* what has not left yet did not run there */
    for (size_t i = 0; i < c->capacity && c->heap_count > 0; i++)
        if (c->slots[i].state == SENT && c->slots[i].replica == index)
            yb_rpc_attempt_again(c, &c->slots[i], YB_E_UNAVAILABLE, 0, now_us);
}
