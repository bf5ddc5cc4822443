/* For operators: the stays of a month that drg knows, to be compared with settlement's. */
#include "proto/types.pb-c.h"
#include "services/drg/handlers/handlers.h"

#define PAGE 20000 /* stays */

static bool admit(yb_call_t *call, const Yibao__Drg__CountCasesRequest *req)
{
    if (call->env->caller->fixmedins_code[0] != '\0')
        yb_call_refuse(call, YB_E_NOT_YOURS, "fixmedins_code", "该交易只对医保经办机构提供");
    else if (req->poolarea < 100000 || req->poolarea > 999999)
        yb_call_refuse(call, YB_E_FIELD_FORM, "poolarea", "统筹区应为6位区划代码");
    else if (req->ym < 190001 || req->ym > 999912 || !yb_day_valid(req->ym * 100 + 1))
        yb_call_refuse(call, YB_E_FIELD_FORM, "ym", "应为年月yyyyMM");
    return !yb_call_refused(call);
}

static yb_err_t count_cases(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__CountCasesRequest *req = (const Yibao__Drg__CountCasesRequest *)call->body;
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_copy_count_t *counts = NULL;
    size_t n = 0;
    const char *last = "";
    if (!admit(call, req))
        return YB_OK;
    yb_err_t err =
        yb_copy_count(yb_worker_db(worker), req->poolarea, req->ym, req->after_code, PAGE, arena, &counts, &n, &last);
    if (err != YB_OK)
        return err;
    Yibao__Drg__CountCasesReply *reply = YB_NEW(arena, Yibao__Drg__CountCasesReply);
    yibao__drg__count_cases_reply__init(reply);
    reply->counts = YB_NEW_ARRAY(arena, Yibao__Types__CaseCount *, n + 1);
    for (; reply->n_counts < n; reply->n_counts++) {
        const yb_copy_count_t *c = &counts[reply->n_counts];
        Yibao__Types__CaseCount *out = YB_NEW(arena, Yibao__Types__CaseCount);
        yibao__types__case_count__init(out);
        out->fixmedins_code = (char *)(uintptr_t)c->fixmedins_code;
        out->insutype = (char *)(uintptr_t)c->insutype;
        out->cases = c->count;
        out->medfee_sumamt_fen = c->medfee_sumamt_fen;
        out->basic_fund_fen = c->basic_fund_fen;
        out->unsaid = c->unsaid;
        reply->counts[reply->n_counts] = out;
    }
    reply->after_code = (char *)(uintptr_t)last;
    reply->done = last[0] == '\0';
    call->reply = &reply->base;
    return YB_OK;
}

YB_DRG_HANDLER(yb_drg_count_cases_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = count_cases(worker, calls[i]);
    return err;
}
