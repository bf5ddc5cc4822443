/* What the loop of a service does with messages: passes each through the gates in one fixed order, hands it to a lane
 * and sends what comes back. */
#include <stdlib.h>
#include <string.h>

#include "libcommon/bundle.h"
#include "libcommon/service_impl.h"

/* Which field a message was refused for, and why in words; NULL = the code's own. */
typedef struct fault {
    const char *field, *text;
} fault_t;

/* ---- jobs ---- */

static job_t *job_take(yb_service_t *s)
{
    job_t *job = s->pool;
    if (job != NULL) {
        s->pool = job->next;
        s->pool_count--;
    } else {
        job = calloc(1, sizeof *job);
        YB_ASSERT(job != NULL);
        job->call.arena = yb_arena_create(JOB_ARENA_BUDGET);
    }
    return job;
}

static void job_free(job_t *job)
{
    yb_arena_destroy(&job->call.arena);
    free(job);
}

static void job_give_back(yb_service_t *s, job_t *job)
{
    if (s->pool_count >= JOB_POOL_MAX) {
        job_free(job);
        return;
    }
    yb_arena_t *arena = job->call.arena;
    yb_arena_reset(arena);
    memset(job, 0, sizeof *job);
    job->call.arena = arena;
    job->next = s->pool;
    s->pool = job;
    s->pool_count++;
}

/* ---- sending ---- */

/* Sends packed replies to the peer they belong to. A peer that has gone or is choked loses them: it will ask
 * again with the same key. */
static void send_replies(yb_service_t *s, const uint8_t *identity, size_t identity_len, zmq_msg_t *out, size_t count)
{
    if (zmq_send(s->router, identity, identity_len, ZMQ_SNDMORE | ZMQ_DONTWAIT) < 0 ||
        zmq_msg_send(out, s->router, ZMQ_DONTWAIT) < 0) {
        yb_metric_add(s->m_unroutable, (int64_t)count);
        zmq_msg_close(out);
    }
}

void yb_gate_send_done(yb_service_t *s)
{
    pthread_mutex_lock(&s->done_lock);
    job_t *job = s->done.head;
    *s->done.tail = NULL;
    queue_init(&s->done);
    pthread_mutex_unlock(&s->done_lock);
    for (job_t *next; job != NULL; job = next) {
        next = job->next;
        if (job->keyed)
            HASH_DEL(s->inflight, job);
        if (job->out_count > 0)
            send_replies(s, job->identity, job->identity_len, &job->out, job->out_count);
        s->working--;
        s->lanes[job->lane].in_hand--;
        job_give_back(s, job);
    }
    yb_metric_set(s->m_queue, (int64_t)s->working);
}

void yb_gate_on_done(uv_async_t *handle)
{
    yb_service_t *s = handle->data;
    yb_gate_send_done(s);
    yb_zpoll_touch(s->poll);
    if (atomic_load(&s->events_waiting))
        yb_keeper_wake(s);
}

void yb_service_done(yb_service_t *service, job_t *first, job_t **tail, size_t count)
{
    pthread_mutex_lock(&service->done_lock);
    bool was_empty = service->done.head == NULL;
    *service->done.tail = first;
    service->done.tail = tail;
    service->done.count += count;
    *tail = NULL;
    if (was_empty && !service->loop_ended)
        uv_async_send(&service->done_async);
    pthread_mutex_unlock(&service->done_lock);
}

/* Answers at the gate, without a lane. */
static void refuse_at_gate(yb_service_t *s, const uint8_t *identity, size_t identity_len,
                           const Yibao__Rpc__Request *env, yb_err_t err, const fault_t *fault)
{
    static const fault_t none = { 0 };
    yb_refusal_t refusal = { .code = YB_OK };
    const fault_t *f = fault != NULL ? fault : &none;
    yb_err_t code = f->text != NULL ? yb_refuse(&refusal, err, f->field, "%s", f->text)
                                    : yb_refuse(&refusal, err, f->field, NULL);
    Yibao__Rpc__Reply reply = YIBAO__RPC__REPLY__INIT;
    reply.version = YB_RPC_VERSION;
    if (env != NULL) {
        reply.request_id = env->request_id;
        reply.call_id = env->call_id;
    }
    reply.status = (uint32_t)yb_err_status(code);
    reply.code = (uint32_t)code;
    reply.field = refusal.field;
    reply.text = refusal.text;
    zmq_msg_t out;
    YB_ASSERT(zmq_msg_init_size(&out, yibao__rpc__reply__get_packed_size(&reply)) == 0);
    yibao__rpc__reply__pack(&reply, zmq_msg_data(&out));
    send_replies(s, identity, identity_len, &out, 1);
    yb_metric_add(s->m_gate, 1);
    yb_refusals_count(&s->refusals, code);
}

/* ---- the gates, in their order: size, form, version, method, peer, keys, deadline, draining, duplicate, room ---- */

static bool find_method(const yb_service_t *s, const char *name, size_t *ret_index)
{
    size_t low = 0, high = s->method_count;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        int order = strcmp(name, s->methods[mid].method->name);
        if (order == 0) {
            *ret_index = mid;
            return true;
        }
        if (order < 0)
            high = mid;
        else
            low = mid + 1;
    }
    return false;
}

/* Who sent it is what his key says, not what the message claims: an operator is named by it, and a service speaks under
 * its own name. A key that was taken from the list since its connection was made is refused here. */
static yb_err_t gate_peer(yb_service_t *s, job_t *job, fault_t *ret_fault)
{
    Yibao__Rpc__Caller *caller = job->call.env->caller;
    const yb_key_owner_t *peer = &s->peer;
    char roles[128];
    if (s->keys == NULL)
        return YB_OK;
    ret_fault->field = "key";
    if (peer->roles == 0) {
        ret_fault->text = "该密钥已撤销";
        return YB_E_UNAUTHENTICATED;
    }
    if ((s->methods[job->method].roles & peer->roles) == 0) {
        ret_fault->text = yb_arena_printf(job->call.arena, "密钥%s（%s）无权办理%s", peer->name,
                                          yb_role_text(peer->roles, roles, sizeof roles), job->call.env->method);
        return YB_E_ROLE;
    }
    if (peer->roles & YB_ROLE_SERVICE) {
        caller->service = yb_arena_strdup(job->call.arena, peer->name);
    } else {
        yibao__rpc__caller__init(caller);
        caller->service = (char *)(uintptr_t) "ctl";
        caller->opter = yb_arena_strdup(job->call.arena, peer->name);
    }
    return caller->service != NULL && caller->opter != NULL ? YB_OK : YB_E_NO_MEMORY;
}

static yb_err_t gate_duplicate(yb_service_t *s, job_t *job, fault_t *ret_fault)
{
    const Yibao__Rpc__Request *env = job->call.env;
    if (!job->keyed)
        return YB_OK;
    job_t *other = NULL;
    HASH_FIND(hh, s->inflight, env->idem_key.data, YB_IDEM_KEY, other);
    if (other == NULL)
        return YB_OK;
    ret_fault->field = "msgid";
    bool same = memcmp(other->call.env->body_hash.data, env->body_hash.data, YB_IDEM_HASH) == 0;
    return same ? YB_E_IN_FLIGHT : YB_E_KEY_CONFLICT;
}

static yb_err_t pass_gates(yb_service_t *s, job_t *job, const uint8_t *data, size_t len, fault_t *ret_fault)
{
    if (len > YB_RPC_FRAME_MAX)
        return YB_E_TOO_LARGE;
    Yibao__Rpc__Request *env =
        (Yibao__Rpc__Request *)yb_rpc_unpack(&yibao__rpc__request__descriptor, data, len, job->call.arena);
    if (env == NULL)
        return YB_E_MALFORMED;
    if (env->caller == NULL) {
        env->caller = YB_NEW(job->call.arena, Yibao__Rpc__Caller);
        yibao__rpc__caller__init(env->caller);
    }
    job->call.env = env;
    if (env->request_id.len != 16)
        return YB_E_MALFORMED;
    if (env->version != YB_RPC_VERSION)
        return YB_E_VERSION;
    if (!find_method(s, env->method, &job->method))
        return YB_E_UNKNOWN_METHOD;
    yb_err_t err = gate_peer(s, job, ret_fault);
    if (err != YB_OK)
        return err;
    *ret_fault = (fault_t){ 0 };
    if (env->idem_key.len != 0 && (env->idem_key.len != YB_IDEM_KEY || env->body_hash.len != YB_IDEM_HASH))
        return YB_E_MALFORMED;
    job->keyed = env->idem_key.len != 0 && s->methods[job->method].method->kind == YB_WRITE;
    if (env->deadline_us <= job->arrived_us)
        return YB_E_DEADLINE;
    if (s->draining)
        return YB_E_DRAINING;
    err = gate_duplicate(s, job, ret_fault);
    if (err != YB_OK)
        return err;
    job->call.body = yb_rpc_unpack(s->methods[job->method].input, env->body.data, env->body.len, job->call.arena);
    return job->call.body == NULL ? YB_E_MALFORMED : YB_OK;
}

/* One person's messages stay in one lane. Those without a route go where least is in hand, all of one turn together:
 * batches are what the lanes are fast with. */
static size_t lane_for(yb_service_t *s, uint64_t route_key)
{
    if (route_key != 0)
        return (size_t)(route_key % (uint64_t)s->lane_count);
    if (s->turn_lane == NO_LANE) {
        s->turn_lane = 0;
        for (size_t i = 1; i < (size_t)s->lane_count; i++)
            if (s->lanes[i].in_hand < s->lanes[s->turn_lane].in_hand)
                s->turn_lane = i;
    }
    return s->turn_lane;
}

static void on_message(yb_service_t *s, const uint8_t *identity, size_t identity_len, const uint8_t *data, size_t len,
                       int64_t arrived_us)
{
    fault_t fault = { 0 };
    job_t *job = job_take(s);
    job->arrived_us = arrived_us;
    yb_err_t err = identity_len <= JOB_IDENTITY_MAX ? pass_gates(s, job, data, len, &fault) : YB_E_MALFORMED;
    if (err != YB_OK) {
        refuse_at_gate(s, identity, identity_len, job->call.env, err, &fault);
        job_give_back(s, job);
        return;
    }
    memcpy(job->identity, identity, identity_len);
    job->identity_len = identity_len;
    job->lane = lane_for(s, job->call.env->route_key);
    if (job->keyed)
        HASH_ADD_KEYPTR(hh, s->inflight, job->call.env->idem_key.data, YB_IDEM_KEY, job);
    s->working++;
    s->lanes[job->lane].in_hand++;
    queue_push(&s->lanes[job->lane].gathered, job);
}

/* At the end of a turn: each lane gets what has come for it, the rest hears that there is no room. */
static void hand_over(yb_service_t *s)
{
    s->turn_lane = NO_LANE;
    yb_metric_set(s->m_queue, (int64_t)s->working);
    for (int i = 0; i < s->lane_count; i++) {
        yb_worker_t *lane = &s->lanes[i];
        if (lane->gathered.count == 0)
            continue;
        yb_lane_push(lane);
        for (job_t *job = lane->gathered.head, *next; job != NULL; job = next) {
            next = job->next;
            if (job->keyed)
                HASH_DEL(s->inflight, job);
            s->working--;
            lane->in_hand--;
            refuse_at_gate(s, job->identity, job->identity_len, job->call.env, YB_E_OVERLOADED, NULL);
            job_give_back(s, job);
        }
        queue_init(&lane->gathered);
    }
}

/* Returns how many envelopes were in it, a broken one included. */
static int on_frame(yb_service_t *s, zmq_msg_t *identity, zmq_msg_t *payload)
{
    const uint8_t *peer = zmq_msg_data(identity), *data = NULL;
    size_t peer_len = zmq_msg_size(identity), len = 0;
    int64_t arrived_us = yb_clock_unix_us(&s->clock);
    int count = 0;
    yb_bundle_reader_t reader;
    yb_bundle_next_t next;
    const char *key = s->keys != NULL ? zmq_msg_gets(payload, "User-Id") : NULL;
    if (key == NULL || !yb_keys_find(s->keys, key, &s->peer))
        s->peer.roles = 0;
    yb_bundle_open(&reader, zmq_msg_data(payload), zmq_msg_size(payload));
    for (; (next = yb_bundle_next(&reader, &data, &len)) == YB_BUNDLE_ITEM; count++)
        on_message(s, peer, peer_len, data, len, arrived_us);
    if (next == YB_BUNDLE_MALFORMED)
        refuse_at_gate(s, peer, peer_len, NULL, YB_E_MALFORMED, NULL);
    return count + (next == YB_BUNDLE_MALFORMED);
}

/* Takes [identity][payload]; anything else is counted and dropped. */
int yb_gate_readable(void *ctx, void *socket, int budget)
{
    yb_service_t *s = ctx;
    int taken = 0;
    while (taken < budget) {
        zmq_msg_t identity, payload;
        zmq_msg_init(&identity);
        zmq_msg_init(&payload);
        if (zmq_msg_recv(&identity, socket, ZMQ_DONTWAIT) < 0) {
            zmq_msg_close(&identity);
            zmq_msg_close(&payload);
            break;
        }
        int frames = 1;
        while (zmq_msg_more(frames == 1 ? &identity : &payload) && zmq_msg_recv(&payload, socket, ZMQ_DONTWAIT) >= 0)
            frames++;
        if (frames == 2)
            taken += on_frame(s, &identity, &payload);
        else
            refuse_at_gate(s, zmq_msg_data(&identity), zmq_msg_size(&identity), NULL, YB_E_MALFORMED, NULL);
        taken += frames != 2;
        zmq_msg_close(&identity);
        zmq_msg_close(&payload);
    }
    hand_over(s);
    return taken;
}

void yb_gate_close(yb_service_t *s)
{
    while (s->pool != NULL) {
        job_t *next = s->pool->next;
        job_free(s->pool);
        s->pool = next;
    }
}
