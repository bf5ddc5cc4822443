/* The methods that every service has. */
#include <string.h>

#include "libcommon/service_impl.h"

static yb_err_t health(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_service_t *service = worker->service;
    yb_err_t db = yb_db_ping(worker->db);
    int64_t oldest_us = (int64_t)atomic_load(&service->outbox_oldest_us);
    for (size_t i = 0; i < count; i++) {
        Yibao__Rpc__HealthReply *r = YB_NEW(worker->arena, Yibao__Rpc__HealthReply);
        yibao__rpc__health_reply__init(r);
        r->live = 1;
        r->ready = db == YB_OK;
        r->service = (char *)(uintptr_t)service->def->name;
        r->version = (char *)(uintptr_t)YB_VERSION;
        r->schema_version = service->schema_version;
        r->started_us = service->started_us;
        r->outbox_pending = atomic_load(&service->outbox_pending);
        r->outbox_oldest_s = oldest_us > 0 ? (uint64_t)((worker->now_us - oldest_us) / 1000000) : 0;
        r->detail = (char *)(uintptr_t)(db == YB_OK ? "" : yb_err_text(db));
        calls[i]->reply = &r->base;
    }
    return YB_OK;
}

static yb_err_t metrics(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Yibao__Rpc__MetricsReply *r = YB_NEW(worker->arena, Yibao__Rpc__MetricsReply);
        yibao__rpc__metrics_reply__init(r);
        r->text = (char *)(uintptr_t)yb_service_metrics_text(worker->service, worker->arena);
        calls[i]->reply = &r->base;
    }
    return YB_OK;
}

static yb_err_t echo(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        Yibao__Rpc__EchoReply *r = YB_NEW(worker->arena, Yibao__Rpc__EchoReply);
        yibao__rpc__echo_reply__init(r);
        r->payload = ((const Yibao__Rpc__EchoRequest *)calls[i]->body)->payload;
        calls[i]->reply = &r->base;
    }
    return YB_OK;
}

static const yb_event_handler_t *handler_of(const yb_service_def_t *def, const char *type)
{
    for (size_t i = 0; i < def->event_count; i++)
        if (strcmp(def->events[i].type, type) == 0)
            return &def->events[i];
    return NULL;
}

static bool well_named(const Yibao__Rpc__Event *event)
{
    size_t len = strlen(event->source);
    return len > 0 && len <= YB_INBOX_SOURCE_MAX;
}

/* What can be said without the database; one source only, whose inbox rows are one statement. */
static yb_err_t look_over(const yb_service_def_t *def, Yibao__Rpc__Event *const *events, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (!well_named(events[i]))
            return YB_E_MALFORMED;
        if (handler_of(def, events[i]->type) == NULL)
            return YB_E_UNKNOWN_METHOD;
        if (strcmp(events[i]->source, events[0]->source) != 0)
            return YB_E_UNSUPPORTED;
    }
    return YB_OK;
}

/* Those of one type that follow each other are one piece of work. */
static yb_err_t apply_fresh(yb_worker_t *worker, Yibao__Rpc__Event *const *events, size_t count, const bool *fresh)
{
    const Yibao__Rpc__Event **piece = YB_NEW_ARRAY(worker->arena, const Yibao__Rpc__Event *, count);
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK;) {
        const char *type = events[i]->type;
        size_t n = 0;
        for (; i < count && strcmp(events[i]->type, type) == 0; i++)
            if (fresh[i])
                piece[n++] = events[i];
            else
                yb_metric_add(worker->service->m_event_again, 1);
        if (n > 0)
            err = handler_of(worker->service->def, type)->apply(worker, piece, n, worker->arena);
    }
    return err;
}

/* Events in one transaction: their inbox rows and their effects, or nothing. */
static yb_err_t take_events(yb_worker_t *worker, Yibao__Rpc__Event *const *events, size_t count)
{
    uint64_t *ids = YB_NEW_ARRAY(worker->arena, uint64_t, count);
    bool *fresh = YB_NEW_ARRAY(worker->arena, bool, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = events[i]->id;
    yb_err_t err = look_over(worker->service->def, events, count);
    if (err == YB_OK)
        err = yb_db_begin(worker->db);
    if (err != YB_OK)
        return err;
    err = yb_inbox_take(worker->db, events[0]->source, ids, count, worker->now_us, worker->arena, fresh);
    if (err == YB_OK)
        err = apply_fresh(worker, events, count, fresh);
    if (err == YB_OK)
        err = yb_db_commit(worker->db);
    if (err != YB_OK)
        yb_db_rollback(worker->db);
    else if (worker->service->def->target_count > 0)
        atomic_store(&worker->service->events_waiting, true); /* an effect may be an event, too */
    return err;
}

static yb_err_t deliver(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Yibao__Rpc__DeliverRequest *in = (const Yibao__Rpc__DeliverRequest *)calls[i]->body;
        Yibao__Rpc__DeliverReply *r = YB_NEW(worker->arena, Yibao__Rpc__DeliverReply);
        yibao__rpc__deliver_reply__init(r);
        r->n_codes = in->n_events;
        r->codes = YB_NEW_ARRAY(worker->arena, uint32_t, in->n_events + 1);
        if (in->n_events > 0 && take_events(worker, in->events, in->n_events) != YB_OK)
            for (size_t k = 0; k < in->n_events; k++) /* the one at fault does not keep the others */
                r->codes[k] = (uint32_t)take_events(worker, &in->events[k], 1);
        calls[i]->reply = &r->base;
    }
    return YB_OK;
}

const yb_method_t yb_frame_methods[] = {
    { "Frame/Health", YB_READ, 0, NULL, health },
    { "Frame/Metrics", YB_READ, 0, NULL, metrics },
    { "Frame/Deliver", YB_READ, 1, NULL, deliver },
    { "Frame/Echo", YB_READ, 256, NULL, echo },
};
const size_t yb_frame_method_count = sizeof yb_frame_methods / sizeof yb_frame_methods[0];
