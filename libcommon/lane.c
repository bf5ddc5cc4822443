/* A lane: one thread, one database connection, one queue. It takes what has piled up, groups it by method and runs each
 * group as a batch: that is where throughput comes from, and why one person's settlements never race. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "libcommon/bundle.h"
#include "libcommon/service_impl.h"
#include "libcommon/text.h"

#define CONFLICT_TRIES 4
#define REPLY_BODY_MAX (YB_RPC_FRAME_MAX - 4096)   /* the envelope around it must fit the frame, too */
#define IDLE_US \
    10000000LL /* after so long a connection is tried before it is used: servers and proxies drop idle ones */

/* ---- what a handler may use ---- */

yb_db_t *yb_worker_db(yb_worker_t *worker) { return worker->db; }
yb_arena_t *yb_worker_arena(yb_worker_t *worker) { return worker->arena; }
int64_t yb_worker_now_us(const yb_worker_t *worker) { return worker->now_us; }
yb_time_t yb_worker_now(const yb_worker_t *worker) { return yb_time_of_unix_us(worker->now_us); }
int yb_worker_lane(const yb_worker_t *worker) { return worker->lease.lane; }
int64_t yb_worker_fence(const yb_worker_t *worker) { return worker->lease.fence; }
const void *yb_worker_data(const yb_worker_t *worker) { return worker->service->data; }
void *yb_worker_own(const yb_worker_t *worker) { return worker->own; }
const yb_conf_t *yb_worker_conf(const yb_worker_t *worker) { return worker->service->conf; }
yb_log_t *yb_worker_log(const yb_worker_t *worker) { return worker->service->log; }
yb_metrics_t *yb_worker_metrics(const yb_worker_t *worker) { return worker->service->metrics; }

int64_t yb_worker_id(yb_worker_t *worker)
{
    yb_id_t id = 0;
    yb_err_t err = yb_id_next(&worker->ids, &id);
    YB_ASSERT(err == YB_OK);             /* four million ids in a millisecond, or the year 2089 */
    return id;
}

yb_rpc_sync_t *yb_worker_peer(yb_worker_t *worker, const char *name)
{
    const yb_service_def_t *def = worker->service->def;
    for (size_t i = 0; i < def->peer_count; i++)
        if (strcmp(def->peers[i], name) == 0)
            return worker->peers[i];
    yb_assert_fail("peer not declared in the service definition", __FILE__, __LINE__);
}

static const Yibao__Rpc__Caller *passed_on(yb_worker_t *worker, const yb_call_t *for_call)
{
    Yibao__Rpc__Caller *caller = YB_NEW(worker->arena, Yibao__Rpc__Caller);
    if (for_call != NULL)
        *caller = *for_call->env->caller;
    else
        yibao__rpc__caller__init(caller);
    caller->service = (char *)(uintptr_t)worker->service->def->name;
    return caller;
}

yb_rpc_call_t yb_worker_ask(yb_worker_t *worker, const yb_call_t *for_call, const char *method,
                            const ProtobufCMessage *body)
{
    yb_rpc_call_t call = { .method = method, .body = body, .deadline_us = worker->now_us + 5000000 };
    call.caller = passed_on(worker, for_call);
    if (for_call != NULL) {
        call.request_id = for_call->env->request_id.data;
        call.deadline_us = for_call->env->deadline_us;
        call.traceparent = for_call->env->traceparent;
        if (!worker->cost.led)
            memcpy(worker->cost.led_by, for_call->env->request_id.data, sizeof worker->cost.led_by);
        worker->cost.led = true;
    }
    return call;
}

yb_err_t yb_worker_ask_one(yb_worker_t *worker, const char *peer, const yb_rpc_call_t *call,
                           const ProtobufCMessageDescriptor *type, ProtobufCMessage **ret_reply)
{
    yb_rpc_answer_t answer;
    yb_err_t err = yb_rpc_sync_call(yb_worker_peer(worker, peer), call, worker->arena, &answer);
    if (err != YB_OK)
        return err;
    ProtobufCMessage *reply = yb_rpc_unpack(type, answer.body, answer.body_len, worker->arena);
    if (reply == NULL)
        return YB_E_MALFORMED;
    *ret_reply = reply;
    return YB_OK;
}

yb_err_t yb_call_refuse(yb_call_t *call, yb_err_t code, const char *field, const char *fmt, ...)
{
    if (fmt == NULL)
        return yb_refuse(&call->refusal, code, field, NULL);
    char text[YB_REFUSAL_TEXT_MAX];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    return yb_refuse(&call->refusal, code, field, "%s", text);
}

yb_event_t yb_worker_event(yb_worker_t *worker, const char *target, const char *type, const char *key,
                           const ProtobufCMessage *body)
{
    size_t len = protobuf_c_message_get_packed_size(body);
    uint8_t *packed = yb_arena_alloc(worker->arena, len + 1);
    protobuf_c_message_pack(body, packed);
    return (yb_event_t){ .id = (uint64_t)yb_worker_id(worker), .target = target, .type = type, .key = key,
                         .body = packed, .body_len = len };
}

void yb_call_event(yb_worker_t *worker, yb_call_t *call, const char *target, const char *type, const char *key,
                   const ProtobufCMessage *body)
{
    job_t *job = (job_t *)call;
    if (job->event_count == job->event_cap) {
        size_t cap = job->event_cap == 0 ? 4 : job->event_cap * 2;
        yb_event_t *more = YB_NEW_ARRAY(worker->arena, yb_event_t, cap);
        if (job->event_count > 0)
            memcpy(more, job->events, job->event_count * sizeof *more);
        job->events = more;
        job->event_cap = cap;
    }
    yb_event_t *e = &job->events[job->event_count++];
    *e = yb_worker_event(worker, target, type, yb_arena_strdup(worker->arena, key), body);
    e->traceparent = call->env->traceparent;
}

/* ---- answers ---- */

/* The body is stored with the key and sent: packed once. A body that no caller would take in is an error before
 * anything is committed. */
static yb_err_t pack_body(yb_worker_t *worker, job_t *job)
{
    if (job->call.reply == NULL)
        return YB_E_INTERNAL;            /* a handler that forgot a call must not answer success */
    job->body_len = protobuf_c_message_get_packed_size(job->call.reply);
    if (job->body_len > REPLY_BODY_MAX)
        return YB_E_TOO_LARGE;
    uint8_t *packed = yb_arena_alloc(worker->arena, job->body_len + 1);
    protobuf_c_message_pack(job->call.reply, packed);
    job->body = packed;
    return YB_OK;
}

static Yibao__Rpc__Reply reply_of(const job_t *job)
{
    const yb_refusal_t *refusal = &job->call.refusal;
    Yibao__Rpc__Reply reply = YIBAO__RPC__REPLY__INIT;
    reply.version = YB_RPC_VERSION;
    reply.request_id = job->call.env->request_id;
    reply.call_id = job->call.env->call_id;
    reply.status = (uint32_t)yb_err_status(refusal->code);
    reply.code = (uint32_t)refusal->code;
    if (refusal->code != YB_OK) {
        reply.field = (char *)(uintptr_t)refusal->field;
        reply.text = (char *)(uintptr_t)refusal->text;
    } else {
        reply.body.data = (uint8_t *)(uintptr_t)job->body;
        reply.body.len = job->body_len;
    }
    return reply;
}

/* Packs the replies into the first one's message: one as it is, several as a bundle of `len` bytes. */
static void pack_replies(job_t **jobs, const size_t *sizes, size_t count, size_t len)
{
    job_t *first = jobs[0];
    YB_ASSERT(zmq_msg_init_size(&first->out, count > 1 ? len : sizes[0]) == 0);
    first->out_count = count;
    uint8_t *out = zmq_msg_data(&first->out);
    for (size_t i = 0; i < count; i++) {
        Yibao__Rpc__Reply reply = reply_of(jobs[i]);
        out = count > 1 ? yb_bundle_put_head(out, sizes[i]) : out;
        out += yibao__rpc__reply__pack(&reply, out);
    }
}

static bool same_peer(const job_t *a, const job_t *b)
{
    return a->identity_len == b->identity_len && memcmp(a->identity, b->identity, a->identity_len) == 0;
}

/* What goes to one peer goes together, as far as a bundle holds it. Uses `jobs` up. */
static void pack_by_peer(job_t **jobs, size_t count)
{
    job_t *group[YB_BUNDLE_COUNT_MAX];
    size_t sizes[YB_BUNDLE_COUNT_MAX];
    while (count > 0) {
        size_t n = 0, left = 0, len = 0;
        bool room = true;
        for (size_t i = 0; i < count; i++) {
            bool goes = room && (n == 0 || same_peer(group[0], jobs[i]));
            if (goes) {
                Yibao__Rpc__Reply reply = reply_of(jobs[i]);
                sizes[n] = yibao__rpc__reply__get_packed_size(&reply);
                goes = n == 0 || len + yb_bundle_item_size(sizes[n]) <= YB_BUNDLE_BYTES_MAX;
                len += goes ? yb_bundle_item_size(sizes[n]) : 0;
                room = goes && n + 1 < YB_BUNDLE_COUNT_MAX;
            }
            if (goes)
                group[n++] = jobs[i];
            else
                jobs[left++] = jobs[i];
        }
        pack_replies(group, sizes, n, len);
        count = left;
    }
}

void yb_lane_finish(yb_worker_t *worker, job_t **jobs, size_t count)
{
    queue_t done;
    queue_init(&done);
    for (size_t i = 0; i < count; i++) {
        job_t *job = jobs[i];
        yb_err_t err = yb_call_refused(&job->call) || job->body != NULL ? YB_OK : pack_body(worker, job);
        if (err != YB_OK)
            yb_call_refuse(&job->call, err, NULL, NULL);
        queue_push(&done, job);
    }
    pack_by_peer(jobs, count);
    if (count > 0)
        yb_service_done(worker->service, done.head, done.tail, count);
}

/* ---- batches ---- */

/* Keeps the jobs that are neither refused nor answered; returns how many. */
static size_t keep_live(job_t **jobs, size_t count)
{
    size_t live = 0;
    for (size_t i = 0; i < count; i++)
        if (!yb_call_refused(&jobs[i]->call) && !jobs[i]->answered_from_store)
            jobs[live++] = jobs[i];
    return live;
}

static void refuse_all(job_t **jobs, size_t count, yb_err_t err)
{
    for (size_t i = 0; i < count; i++)
        if (!yb_call_refused(&jobs[i]->call) && !jobs[i]->answered_from_store)
            yb_call_refuse(&jobs[i]->call, err, NULL, NULL);
}

static void log_failure(yb_worker_t *worker, const yb_method_t *method, const job_t *job, yb_err_t err)
{
    yb_log(worker->service->log, YB_LOG_ERROR, job->call.env->request_id.data, "%s failed: %s (database %u: %s)",
           method->name, yb_err_text(err), yb_db_error_number(worker->db), yb_db_error_text(worker->db));
}

/* One SELECT for all keys; answers what is done, refuses what conflicts. */
static yb_err_t find_known(yb_worker_t *worker, job_t **jobs, size_t count)
{
    yb_idem_t *keys = YB_NEW_ARRAY(worker->arena, yb_idem_t, count);
    job_t **keyed = YB_NEW_ARRAY(worker->arena, job_t *, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        if (!jobs[i]->keyed)
            continue;
        keys[n].key = jobs[i]->call.env->idem_key.data;
        keys[n].hash = jobs[i]->call.env->body_hash.data;
        keyed[n++] = jobs[i];
    }
    if (n == 0)
        return YB_OK;
    yb_err_t err = yb_idem_find(worker->db, keys, n, worker->arena);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < n; i++) {
        if (keys[i].state == YB_IDEM_CONFLICT) {
            yb_call_refuse(&keyed[i]->call, YB_E_KEY_CONFLICT, "msgid", NULL);
        } else if (keys[i].state == YB_IDEM_DONE) {
            keyed[i]->answered_from_store = true;
            yb_metric_add(worker->service->m_stored, 1);
            keyed[i]->body = keys[i].reply;
            keyed[i]->body_len = keys[i].reply_len;
        }
    }
    return YB_OK;
}

static yb_err_t store_keys_and_events(yb_worker_t *worker, job_t **jobs, size_t count)
{
    yb_idem_t *keys = YB_NEW_ARRAY(worker->arena, yb_idem_t, count);
    size_t n = 0, events = 0;
    for (size_t i = 0; i < count; i++) {
        yb_err_t packed = pack_body(worker, jobs[i]);
        if (packed != YB_OK)
            return packed;
        events += jobs[i]->event_count;
        if (!jobs[i]->keyed)
            continue;
        keys[n++] = (yb_idem_t){ .key = jobs[i]->call.env->idem_key.data, .hash = jobs[i]->call.env->body_hash.data,
                                 .reply = jobs[i]->body, .reply_len = jobs[i]->body_len };
    }
    yb_err_t err = n > 0 ? yb_idem_store(worker->db, keys, n, worker->now_us, worker->arena) : YB_OK;
    if (err != YB_OK || events == 0)
        return err;
    yb_event_t *all = YB_NEW_ARRAY(worker->arena, yb_event_t, events);
    size_t at = 0;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < jobs[i]->event_count; k++)
            all[at++] = jobs[i]->events[k];
    err = yb_outbox_put(worker->db, all, events, worker->now_us, worker->arena);
    if (err == YB_OK)
        atomic_store(&worker->service->events_waiting, true);
    return err;
}

/* A batch in one transaction. Refusals made by run stay; on an error nothing of it is left, unless the connection was
 * lost at the commit: then *ret_unknown is set. */
static yb_err_t attempt(yb_worker_t *worker, const yb_method_t *method, job_t **jobs, size_t count, bool *ret_unknown)
{
    yb_call_t **calls = (yb_call_t **)(void *)jobs;   /* a job begins with its call */
    for (size_t i = 0; i < count; i++) {
        jobs[i]->call.refusal.code = YB_OK;
        jobs[i]->call.reply = NULL;
        jobs[i]->body = NULL;
        jobs[i]->event_count = 0;
    }
    yb_err_t err = yb_db_begin(worker->db);
    if (err != YB_OK)
        return err;
    err = method->run(worker, calls, count);
    if (err != YB_OK) {
        yb_db_rollback(worker->db);
        return err;
    }
    job_t **written = YB_NEW_ARRAY(worker->arena, job_t *, count);
    memcpy(written, jobs, count * sizeof *jobs);
    size_t n = keep_live(written, count);
    if (n > 0)
        err = store_keys_and_events(worker, written, n);
    if (err == YB_OK && n > 0) {
        err = yb_db_commit(worker->db);
        *ret_unknown = err == YB_E_DB_GONE || err == YB_E_DEADLINE;
    }
    if (err != YB_OK || n == 0)
        yb_db_rollback(worker->db);
    return err;
}

/* A member by itself, within its own deadline: conflicts are tried again a few times, a key that another replica took
 * meanwhile is answered from its row. A commit whose answer was lost is an unknown outcome, whatever lost it. */
static void run_alone(yb_worker_t *worker, const yb_method_t *method, job_t *job)
{
    yb_err_t err = YB_E_DB_CONFLICT;
    bool unknown = false;
    int64_t deadline_us = job->call.env->deadline_us;
    yb_db_set_deadline(worker->db, deadline_us);
    for (int tries = 0; tries < CONFLICT_TRIES && err == YB_E_DB_CONFLICT; tries++) {
        if (yb_clock_unix_us(&worker->service->clock) >= deadline_us)
            err = YB_E_DEADLINE;
        else
            err = attempt(worker, method, &job, 1, &unknown);
        if (err == YB_E_DB_CONFLICT)
            yb_metric_add(worker->service->m_conflict, 1);
        if (err == YB_E_LANE_LOST && !unknown && tries == 0 && yb_lane_regain(worker) == YB_OK)
            err = YB_E_DB_CONFLICT;      /* nothing of it is left: once more, in the new lane */
    }
    if (err == YB_E_DB_DUPLICATE && job->keyed) {
        yb_err_t found = find_known(worker, &job, 1);
        if (found == YB_OK && (job->answered_from_store || yb_call_refused(&job->call)))
            return;
    }
    if (err != YB_OK) {
        job->call.reply = NULL;
        job->body = NULL;
        log_failure(worker, method, job, err);
        refuse_all(&job, 1, unknown ? YB_E_DEADLINE : err);
    }
}

/* A write may be refused because its own other copy has done it meanwhile: at another replica, or by a commit whose
 * answer was lost. Then the stored reply is the answer. */
static void answer_refused_from_store(yb_worker_t *worker, job_t **jobs, size_t count)
{
    job_t **refused = YB_NEW_ARRAY(worker->arena, job_t *, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (jobs[i]->keyed && yb_call_refused(&jobs[i]->call))
            refused[n++] = jobs[i];
    if (n == 0 || find_known(worker, refused, n) != YB_OK)
        return;
    for (size_t i = 0; i < n; i++)
        if (refused[i]->answered_from_store)
            refused[i]->call.refusal.code = YB_OK;
}

/* What is not known yet: prepared together, run together, and alone when that fails. */
static void run_new(yb_worker_t *worker, const yb_method_t *method, job_t **live, size_t n)
{
    if (method->prepare != NULL) {
        yb_err_t err = method->prepare(worker, (yb_call_t **)(void *)live, n);
        if (err != YB_OK) {
            log_failure(worker, method, live[0], err);
            refuse_all(live, n, err);
            return;
        }
        n = keep_live(live, n);
    }
    bool unknown = false;
    if (n == 0 || (n > 1 && attempt(worker, method, live, n, &unknown) == YB_OK))
        return;
    for (size_t i = 0; i < n; i++) {
        if (unknown && !live[i]->keyed)      /* without a key nobody can tell whether it is done: not a second time */
            yb_call_refuse(&live[i]->call, YB_E_DEADLINE, NULL, NULL);
        else
            run_alone(worker, method, live[i]);
    }
}

static void run_write(yb_worker_t *worker, const yb_method_t *method, job_t **jobs, size_t count)
{
    yb_err_t err = atomic_load(&worker->lane_lost) ? YB_E_LANE_LOST : find_known(worker, jobs, count);
    if (err == YB_E_DB_GONE)
        err = find_known(worker, jobs, count); /* a connection that died since its last use; nothing was written yet */
    if (err != YB_OK) {
        log_failure(worker, method, jobs[0], err);
        refuse_all(jobs, count, err);
        return;
    }
    job_t **fresh = YB_NEW_ARRAY(worker->arena, job_t *, count), **live = YB_NEW_ARRAY(worker->arena, job_t *, count);
    memcpy(fresh, jobs, count * sizeof *jobs);
    size_t n = keep_live(fresh, count);
    memcpy(live, fresh, n * sizeof *fresh);
    if (n > 0)
        run_new(worker, method, live, n);
    answer_refused_from_store(worker, fresh, n);
}

static void run_read(yb_worker_t *worker, const yb_method_t *method, job_t **jobs, size_t count)
{
    job_t **live = YB_NEW_ARRAY(worker->arena, job_t *, count);
    memcpy(live, jobs, count * sizeof *jobs);
    yb_err_t err = YB_OK;
    size_t n = count;
    if (method->prepare != NULL) {
        err = method->prepare(worker, (yb_call_t **)(void *)live, n);
        n = keep_live(live, n);
    }
    if (err == YB_OK && n > 0)
        err = method->run(worker, (yb_call_t **)(void *)live, n);
    if (err != YB_OK) {
        log_failure(worker, method, jobs[0], err);
        refuse_all(live, n, err);
    }
}

/* What has no time left is not begun; the rest of the batch runs until the latest deadline among it. */
static size_t drop_expired(job_t **jobs, size_t count, int64_t now_us, int64_t *ret_deadline_us)
{
    int64_t latest = 0;
    for (size_t i = 0; i < count; i++) {
        int64_t deadline = jobs[i]->call.env->deadline_us;
        if (deadline <= now_us)
            yb_call_refuse(&jobs[i]->call, YB_E_DEADLINE, NULL, NULL);
        else if (deadline > latest)
            latest = deadline;
    }
    *ret_deadline_us = latest;
    return keep_live(jobs, count);
}

static void wake_idle_db(yb_worker_t *worker)
{
    if (worker->now_us - worker->used_us > IDLE_US) {
        yb_err_t err = yb_db_ping(worker->db);
        (void)err;                       /* the first statement says it again */
    }
    worker->used_us = worker->now_us;
}

static void run_batch(yb_worker_t *worker, size_t method_index, job_t **jobs, size_t count)
{
    const bound_method_t *bound = &worker->service->methods[method_index];
    yb_arena_reset(worker->arena);
    worker->now_us = yb_clock_unix_us(&worker->service->clock);
    int64_t deadline_us = 0;
    yb_cost_begin(worker, count);
    job_t **live = YB_NEW_ARRAY(worker->arena, job_t *, count);
    memcpy(live, jobs, count * sizeof *jobs);
    size_t n = drop_expired(live, count, worker->now_us, &deadline_us);
    if (n > 0) {
        yb_db_set_deadline(worker->db, deadline_us);
        wake_idle_db(worker);
        yb_metric_add(bound->batch, 1);
        if (atomic_load(&worker->lane_lost) && yb_lane_regain(worker) != YB_OK)
            yb_log(worker->service->log, YB_LOG_ERROR, NULL, "no lane can be had: %s", yb_db_error_text(worker->db));
        if (bound->method->kind == YB_WRITE)
            run_write(worker, bound->method, live, n);
        else
            run_read(worker, bound->method, live, n);
    }
    yb_cost_end(worker, bound, jobs, count);
    yb_lane_finish(worker, jobs, count);
}

/* After the grace: what was not begun is answered as such. */
static void refuse_queue(yb_worker_t *worker, queue_t *taken)
{
    for (job_t *job = taken->head, *next; job != NULL; job = next) {
        next = job->next;
        yb_call_refuse(&job->call, YB_E_DRAINING, NULL, NULL);
        yb_refusals_count(&worker->service->refusals, YB_E_DRAINING);
        yb_lane_finish(worker, &job, 1);
    }
    queue_init(taken);
}

static bool stopping(yb_worker_t *worker)
{
    pthread_mutex_lock(&worker->lock);
    bool stop = worker->stop;
    pthread_mutex_unlock(&worker->lock);
    return stop;
}

/* Who was passed over in the list, by route key; two of one bit only wait for each other. */
#define PASSED_BITS 4096

/* Takes the list apart by method, in order of first arrival, at most batch_max at a time. Nobody's message overtakes
 * his own earlier one: a 2601 before its 2304 would be told that there is nothing to take back. */
static void run_queue(yb_worker_t *worker, queue_t *taken)
{
    size_t conf_max = (size_t)yb_conf_int(worker->service->conf, "BATCH_MAX");
    job_t *batch[256];
    while (taken->head != NULL) {
        if (stopping(worker)) {
            refuse_queue(worker, taken);
            return;
        }
        size_t method = taken->head->method, n = 0;
        size_t max = worker->service->methods[method].method->batch_max;
        max = max == 0 || max > conf_max ? conf_max : max;
        bool passed[PASSED_BITS] = { false };
        queue_t rest;
        queue_init(&rest);
        for (job_t *job = taken->head, *next; job != NULL; job = next) {
            next = job->next;
            uint64_t key = job->call.env->route_key;
            if (job->method == method && n < max && (key == 0 || !passed[key % PASSED_BITS])) {
                batch[n++] = job;
                continue;
            }
            passed[key % PASSED_BITS] = true;
            queue_push(&rest, job);
        }
        *rest.tail = NULL;
        *taken = rest;
        if (rest.head == NULL)
            taken->tail = &taken->head;
        run_batch(worker, method, batch, n);
    }
}

/* ---- the thread ---- */

/* The first `count` of the list, moved to the end of the other. */
static void move_jobs(queue_t *from, queue_t *to, size_t count)
{
    for (; count > 0; count--) {
        job_t *job = from->head;
        from->head = job->next;
        from->count--;
        queue_push(to, job);
    }
    if (from->count == 0)
        from->tail = &from->head;
}

void yb_lane_push(yb_worker_t *worker)
{
    size_t max = (size_t)yb_conf_int(worker->service->conf, "QUEUE_MAX"), count = worker->gathered.count;
    pthread_mutex_lock(&worker->lock);
    bool was_empty = worker->queue.count == 0;
    size_t room = max > worker->queue.count ? max - worker->queue.count : 0;
    move_jobs(&worker->gathered, &worker->queue, count < room ? count : room);
    if (was_empty && worker->queue.count > 0)
        pthread_cond_signal(&worker->wake);
    pthread_mutex_unlock(&worker->lock);
}

static bool take(yb_worker_t *worker, queue_t *ret_taken)
{
    pthread_mutex_lock(&worker->lock);
    while (worker->queue.head == NULL && !worker->stop)
        pthread_cond_wait(&worker->wake, &worker->lock);
    *ret_taken = worker->queue;
    if (ret_taken->head != NULL)
        *ret_taken->tail = NULL;
    queue_init(&worker->queue);
    bool go_on = ret_taken->head != NULL || !worker->stop;
    pthread_mutex_unlock(&worker->lock);
    return go_on;
}

static void *lane_main(void *arg)
{
    yb_worker_t *worker = arg;
    queue_t taken;
    while (take(worker, &taken))
        run_queue(worker, &taken);
    return NULL;
}

yb_err_t yb_worker_open_db(yb_worker_t *worker)
{
    const yb_conf_t *conf = worker->service->conf;
    const char *socket_path = yb_conf_text(conf, "DB_SOCKET");
    yb_db_conf_t db = {
        .socket_path = socket_path[0] != '\0' ? socket_path : NULL,
        .host = yb_conf_text(conf, "DB_HOST"),
        .port = (unsigned)yb_conf_int(conf, "DB_PORT"),
        .user = yb_conf_text(conf, "DB_USER"),
        .password = worker->service->db_password,
        .schema = yb_conf_text(conf, "DB_NAME"),
    };
    return yb_db_open(&db, &worker->db);
}

static yb_err_t claim_lane(yb_worker_t *worker)
{
    char host[64] = "?", holder[128];
    gethostname(host, sizeof host - 1);
    const yb_conf_t *conf = worker->service->conf;
    char *run_dir = realpath(yb_conf_text(conf, "RUN_DIR"), NULL);
    YB_ASSERT(run_dir != NULL);          /* the replica's lock file is open in it */
    snprintf(holder, sizeof holder, "%.40s:%016llx:%.20s:%lld:%d", host, (unsigned long long)yb_route_key(run_dir),
             worker->service->def->name, (long long)yb_conf_int(conf, "NODE"), worker->index);
    free(run_dir);
    return yb_lease_claim(worker->db, holder, yb_clock_unix_us(&worker->service->clock), &worker->lease);
}

yb_err_t yb_lane_regain(yb_worker_t *worker)
{
    pthread_mutex_lock(&worker->lease_lock);
    int lost = worker->lease.lane;
    yb_err_t err = claim_lane(worker);
    if (err == YB_OK) {
        yb_id_gen_init(&worker->ids, &worker->service->clock, (uint32_t)worker->lease.lane);
        atomic_store(&worker->lane_lost, false);
    }
    pthread_mutex_unlock(&worker->lease_lock);
    if (err == YB_OK)
        yb_log(worker->service->log, YB_LOG_WARN, NULL, "lane %d was lost; lane %d taken in its place", lost,
               worker->lease.lane);
    return err;
}

static yb_err_t open_peers(yb_worker_t *worker)
{
    const yb_service_def_t *def = worker->service->def;
    YB_ASSERT(def->peer_count <= COST_PEERS_MAX);
    worker->peers = calloc(def->peer_count + 1, sizeof *worker->peers);
    YB_ASSERT(worker->peers != NULL);
    for (size_t i = 0; i < def->peer_count; i++) {
        yb_rpc_conf_t conf = { .name = def->peers[i],
                               .endpoints = yb_conf_endpoints(worker->service->conf, def->peers[i]),
                               .keys = worker->service->keys,
                               .clock = &worker->service->clock };
        yb_err_t err = yb_rpc_sync_create(worker->service->zmq, &conf, &worker->peers[i]);
        if (err != YB_OK)
            return err;
    }
    return YB_OK;
}

/* Waits for it are by the monotonic clock. */
static void wake_init(pthread_cond_t *wake)
{
    pthread_condattr_t attr;
    pthread_condattr_init(&attr);
    YB_ASSERT(pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) == 0);
    pthread_cond_init(wake, &attr);
    pthread_condattr_destroy(&attr);
}

yb_err_t yb_lane_setup(yb_worker_t *worker, yb_service_t *service, int index)
{
    worker->service = service;
    worker->index = index;
    worker->arena = yb_arena_create(0);
    pthread_mutex_init(&worker->lock, NULL);
    wake_init(&worker->wake);
    pthread_mutex_init(&worker->lease_lock, NULL);
    queue_init(&worker->queue);
    queue_init(&worker->gathered);
    worker->now_us = worker->used_us = yb_clock_unix_us(&service->clock);
    yb_err_t err = yb_worker_open_db(worker);
    if (err == YB_OK)
        err = claim_lane(worker);
    if (err == YB_OK)
        err = open_peers(worker);
    if (err != YB_OK)
        return err;
    yb_id_gen_init(&worker->ids, &service->clock, (uint32_t)worker->lease.lane);
    if (service->def->lane_open != NULL && index >= 0)
        err = service->def->lane_open(worker, &worker->own);
    return err;
}

void yb_signals_block(sigset_t *ret_old)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, ret_old);
}

yb_err_t yb_thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
    sigset_t old;
    yb_signals_block(&old);
    bool started = pthread_create(thread, NULL, run, arg) == 0;
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    return started ? YB_OK : YB_E_NO_MEMORY;
}

yb_err_t yb_lane_start(yb_worker_t *worker)
{
    return yb_thread_start(&worker->thread, lane_main, worker);
}

void yb_lane_stop(yb_worker_t *worker)
{
    pthread_mutex_lock(&worker->lock);
    worker->stop = true;
    pthread_cond_signal(&worker->wake);
    pthread_mutex_unlock(&worker->lock);
    pthread_join(worker->thread, NULL);
}

void yb_worker_close(yb_worker_t *worker)
{
    const yb_service_def_t *def = worker->service->def;
    if (def->lane_close != NULL && worker->own != NULL)
        def->lane_close(worker, &worker->own);
    if (worker->lease.fence > 0) {
        yb_err_t err = yb_lease_release(worker->db, &worker->lease);
        (void)err;                       /* it runs out by itself */
    }
    for (size_t i = 0; worker->peers != NULL && i < def->peer_count; i++)
        yb_rpc_sync_destroy(&worker->peers[i]);
    free(worker->peers);
    yb_db_close(&worker->db);
    yb_arena_destroy(&worker->arena);
    pthread_mutex_destroy(&worker->lock);
    pthread_cond_destroy(&worker->wake);
    pthread_mutex_destroy(&worker->lease_lock);
}
