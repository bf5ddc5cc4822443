/* 5202: the diagnoses of a visit. */
#include "encode.h"
#include "handlers.h"
#include "standing.h"

static yb_err_t list(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Settlement__ListDiagnosesRequest *request =
        (const Yibao__Settlement__ListDiagnosesRequest *)call->body;
    yb_visit_t **of;
    if (!yb_query_admit(call))
        return YB_OK;
    yb_err_t err = yb_visits_of(worker, &request->mdtrt_id, 1, false, &of);
    if (err != YB_OK || !yb_visit_admit(call, of[0], request->psn_no, "data"))
        return err;
    Yibao__Settlement__ListDiagnosesReply *reply =
        YB_NEW(yb_worker_arena(worker), Yibao__Settlement__ListDiagnosesReply);
    yibao__settlement__list_diagnoses_reply__init(reply);
    err = yb_diagnoses_load(yb_worker_db(worker), request->mdtrt_id, yb_worker_arena(worker), &reply->diagnoses,
                            &reply->n_diagnoses);
    if (err != YB_OK)
        return err;
    reply->visit = yb_encode_visit(of[0], yb_worker_arena(worker));
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_list_diagnoses_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = list(worker, calls[i]);
    return err;
}
