/* A lane's batches: what has piled up is taken apart by method, run together — each member alone when that fails — and
 * answered. That is where throughput comes from. */
#include <string.h>

#include "libcommon/bundle.h"
#include "libcommon/service_impl.h"

#define CONFLICT_TRIES 4
#define REPLY_BODY_MAX (YB_RPC_FRAME_MAX - 4096)   /* the envelope around it must fit the frame, too */
#define IDLE_US \
    10000000LL /* after so long a connection is tried before it is used: servers and proxies drop idle ones */

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

/* Packs and hands back to the loop. */
static void finish(yb_worker_t *worker, job_t **jobs, size_t count)
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
    finish(worker, jobs, count);
}

/* After the grace: what was not begun is answered as such. */
static void refuse_queue(yb_worker_t *worker, queue_t *taken)
{
    for (job_t *job = taken->head, *next; job != NULL; job = next) {
        next = job->next;
        yb_call_refuse(&job->call, YB_E_DRAINING, NULL, NULL);
        yb_refusals_count(&worker->service->refusals, YB_E_DRAINING);
        finish(worker, &job, 1);
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

/* In order of first arrival, at most batch_max at a time. Nobody's message overtakes his own earlier one: a 2601 before
 * its 2304 would be told that there is nothing to take back. */
void yb_lane_run(yb_worker_t *worker, queue_t *taken)
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
