/* GetSettlement: 5203 for an institution, any settlement for an operator (yibaoctl explain). */
#include <string.h>

#include "services/settlement/handlers/handlers.h"
#include "services/settlement/handlers/setlinfo.h"
#include "services/settlement/handlers/standing.h"

typedef Yibao__Settlement__GetSettlementRequest request_t;

static bool may_read(yb_call_t *call, const yb_settlement_t *row)
{
    const request_t *req = (const request_t *)call->body;
    bool operator_read = req->operator_read && strcmp(call->env->caller->service, "ctl") == 0;
    if (row == NULL)
        yb_call_refuse(call, YB_E_SETTLEMENT_UNKNOWN, "data.setl_id", "未查询到该结算，请核对结算ID");
    else if (operator_read)
        return true;
    else if (strcmp(row->fixmedins_code, yb_institution_of(call)) != 0)
        yb_call_refuse(call, YB_E_NOT_YOURS, "data.setl_id", "该结算不是本机构的结算，无权查询");
    else if (strcmp(row->psn_no, req->psn_no) != 0)
        yb_call_refuse(call, YB_E_PERSON_MISMATCH, "data.psn_no", "人员编号与结算不符，请核对");
    else if (req->mdtrt_id != 0 && req->mdtrt_id != row->mdtrt_id)
        yb_call_refuse(call, YB_E_VISIT_UNKNOWN, "data.mdtrt_id", "就诊ID与结算不符，请核对");
    return !yb_call_refused(call);
}

static yb_err_t get_one(yb_worker_t *worker, yb_call_t *call)
{
    const request_t *req = (const request_t *)call->body;
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    int64_t setl_id = req->setl_id;
    yb_settlement_t *rows = NULL;
    size_t n = 0;
    yb_err_t err = setl_id == 0 ? yb_settlement_of_visit(db, req->mdtrt_id, arena, &setl_id) : YB_OK;
    if (err == YB_OK)
        err = yb_settlement_load(db, &setl_id, 1, false, arena, &rows, &n);
    if (err != YB_OK || !may_read(call, n > 0 ? &rows[0] : NULL))
        return err;
    Yibao__Settlement__SettleReply *reply = yb_setlinfo_reply(&rows[0], arena);
    if (reply == NULL)
        return YB_E_INTERNAL;
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_get_settlement_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = get_one(worker, calls[i]);
    return err;
}
