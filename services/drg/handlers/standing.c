#include <string.h>

#include "services/drg/handlers/handlers.h"
#include "services/drg/store/change.h"

bool yb_caller_is_operator(const yb_call_t *call)
{
    const Yibao__Rpc__Caller *caller = call->env->caller;
    return strcmp(caller->service, "ctl") == 0 && caller->fixmedins_code[0] == '\0';
}

bool yb_copy_admit(yb_call_t *call, const yb_copy_t *copy, const char *psn_no, const char *node)
{
    const char *setl_id = yb_arena_printf(call->arena, "%s.setl_id", node);
    if (copy != NULL && copy->reverses != 0)
        yb_call_refuse(call, YB_E_ALREADY_REVERSED, setl_id, "该结算ID是撤销记录，没有清单；请用原结算的ID");
    else if (copy == NULL || !copy->known)
        yb_call_refuse(call, YB_E_SETTLEMENT_UNKNOWN, setl_id,
                       "未查询到该次结算，请核对结算ID；刚结算的数据可能仍在传送，请稍后再传");
    else if (!yb_caller_is_operator(call) && strcmp(copy->fixmedins_code, call->env->caller->fixmedins_code) != 0)
        yb_call_refuse(call, YB_E_NOT_YOURS, setl_id, "该结算不是本机构的结算，无权操作其清单");
    else if (psn_no[0] != '\0' && strcmp(copy->psn_no, psn_no) != 0)
        yb_call_refuse(call, YB_E_PERSON_MISMATCH, yb_arena_printf(call->arena, "%s.psn_no", node),
                       "人员编号与结算不符，请核对");
    return !yb_call_refused(call);
}

bool yb_list_is_frozen(const yb_month_t *month, yb_day_t reopened_day, yb_day_t today)
{
    return month != NULL && month->state != YB_MONTH_OPEN && reopened_day < today;
}

yb_err_t yb_list_changes_add(yb_worker_t *worker, const yb_month_t *months, size_t month_count,
                             const yb_list_row_t *const *rows, size_t count)
{
    yb_change_t *changes = YB_NEW_ARRAY(yb_worker_arena(worker), yb_change_t, count + 1);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        const yb_month_t *month = yb_month_find(months, month_count, rows[i]->poolarea, rows[i]->setl_ym);
        if (month != NULL && month->state == YB_MONTH_RELEASED)
            changes[n++] = (yb_change_t){ .change_id = yb_worker_id(worker),
                                          .setl_id = rows[i]->setl_id,
                                          .poolarea = rows[i]->poolarea,
                                          .cause = YB_CHANGE_LIST,
                                          .ref_id = rows[i]->setl_list_id,
                                          .made_us = yb_worker_now_us(worker) };
    }
    return yb_change_insert(yb_worker_db(worker), changes, n, yb_worker_arena(worker));
}

yb_err_t yb_copy_funds(const yb_copy_t *copy, yb_arena_t *arena, Yibao__Events__FundPaid ***ret_funds,
                       size_t *ret_count)
{
    Yibao__Drg__StoredFunds *stored = (Yibao__Drg__StoredFunds *)yb_rpc_unpack(&yibao__drg__stored_funds__descriptor,
                                                                               copy->funds, copy->funds_len, arena);
    if (stored == NULL)
        return YB_E_INTERNAL; /* a row of our own */
    *ret_funds = stored->funds;
    *ret_count = stored->n_funds;
    return YB_OK;
}
