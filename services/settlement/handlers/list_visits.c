/* 5201, 5303: the visits of a person at this institution. */
#include "encode.h"
#include "handlers.h"
#include "standing.h"

#define NODE "data"
#define LIMIT_MAX 1000
#define LIMIT_USUAL 200

typedef Yibao__Settlement__ListVisitsRequest request_t;

/* A visit asked for by its number is refused, not silently left out. */
static yb_err_t admit(yb_worker_t *worker, yb_call_t *call, const request_t *request)
{
    if (!yb_query_admit(call))
        return YB_OK;
    if (request->psn_no[0] == '\0' && !request->in_hospital_only) {
        yb_call_refuse(call, YB_E_FIELD_MISSING, NODE ".psn_no", "人员编号psn_no必填");
        return YB_OK;
    }
    if (request->begntime != 0 && request->endtime != 0 && request->endtime < request->begntime) {
        yb_call_refuse(call, YB_E_FIELD_RANGE, NODE ".endtime", "结束时间早于开始时间，请核对begntime和endtime");
        return YB_OK;
    }
    if (request->mdtrt_id == 0)
        return YB_OK;
    yb_visit_t **of;
    yb_err_t err = yb_visits_of(worker, &request->mdtrt_id, 1, false, &of);
    if (err == YB_OK)
        (void)yb_visit_admit(call, of[0], request->psn_no, NODE);
    return err;
}

static yb_err_t list(yb_worker_t *worker, yb_call_t *call)
{
    const request_t *request = (const request_t *)call->body;
    yb_err_t err = admit(worker, call, request);
    if (err != YB_OK || yb_call_refused(call))
        return err;
    yb_visit_filter_t filter = {
        .fixmedins_code = yb_institution_of(call), .psn_no = request->psn_no, .med_type = request->med_type,
        .mdtrt_id = request->mdtrt_id, .from = request->begntime, .to = request->endtime,
        .open_only = request->in_hospital_only,
        .limit = request->limit == 0 ? LIMIT_USUAL : request->limit > LIMIT_MAX ? LIMIT_MAX : request->limit,
    };
    yb_visit_t *visits;
    size_t count;
    err = yb_visit_list(yb_worker_db(worker), &filter, yb_worker_arena(worker), &visits, &count);
    if (err != YB_OK)
        return err;
    Yibao__Settlement__ListVisitsReply *reply = YB_NEW(yb_worker_arena(worker), Yibao__Settlement__ListVisitsReply);
    yibao__settlement__list_visits_reply__init(reply);
    reply->visits = YB_NEW_ARRAY(yb_worker_arena(worker), Yibao__Settlement__Visit *, count + 1);
    reply->n_visits = count;
    for (size_t i = 0; i < count; i++)
        reply->visits[i] = yb_encode_visit(&visits[i], yb_worker_arena(worker));
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_list_visits_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = list(worker, calls[i]);
    return err;
}
