/* GetSettlement: 5203 for an institution, any settlement for an operator (yibaoctl explain). */
#include <string.h>

#include "services/settlement/handlers/handlers.h"
#include "services/settlement/handlers/setlinfo.h"
#include "services/settlement/handlers/standing.h"
#include "services/settlement/rules/policy.h"
#include "services/settlement/settlement.h"
#include "services/settlement/store/settlement.h"

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

/* What an operator's receipt names beside the amounts: institution and policy. A name that cannot be had now stays
 * empty. */
static void put_names(yb_worker_t *worker, yb_call_t *call, Yibao__Settlement__SettlementInfo *info,
                      const yb_settlement_t *row)
{
    const yb_settlement_data_t *data = yb_worker_data(worker);
    const yb_policy_t *policy = yb_policy_by_hash(data->policies, row->policy_hash);
    Yibao__Identity__ResolveRequest who = YIBAO__IDENTITY__RESOLVE_REQUEST__INIT;
    char *codes[1] = { info->fixmedins_code };
    yb_lookup_t found;
    if (policy != NULL)
        info->policy_name = (char *)(uintptr_t)policy->name;
    who.n_fixmedins_code = 1;
    who.fixmedins_code = codes;
    if (yb_look_up(worker, call, &who, NULL, &found) == YB_OK && found.who->n_institutions == 1) {
        info->fixmedins_name = found.who->institutions[0]->fixmedins_name;
        info->hosp_lv = found.who->institutions[0]->hosp_lv;
    }
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
    if (req->operator_read)
        put_names(worker, call, reply->setlinfo, &rows[0]);
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
