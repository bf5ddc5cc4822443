/* What a handler may use: its worker's database, arena, clock, ids and peers, and what it says of a call. */
#include <stdio.h>
#include <string.h>

#include "libcommon/service_impl.h"

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
