/* For operators: visits that are not finished, and what would finish them. */
#include "encode.h"
#include "handlers.h"
#include "standing.h"

#define LIMIT_MAX 500

static const char *advice_for(const yb_unsettled_t *visit)
{
    switch (visit->state) {
    case YB_VISIT_REGISTERED:
        return "registered only: the hospital sends 2203, or cancels with 2202";
    case YB_VISIT_TREATED:
        return visit->waiting ? "lines wait: the hospital settles with 2207, or cancels them with 2205"
                              : "no lines: the hospital uploads with 2204, or cancels with 2202";
    case YB_VISIT_ADMITTED:
        return visit->waiting ? "in hospital: discharge with 2402, then settle with 2304"
                              : "in hospital without lines: upload with 2301, or cancel the admission with 2404";
    case YB_VISIT_DISCHARGED:
        return visit->waiting ? "discharged: the hospital settles with 2304, or reopens the stay with 2405"
                              : "discharged without lines: reopen with 2405, then upload (2301) or cancel (2404)";
    case YB_VISIT_SETTLED:
    case YB_VISIT_CANCELLED:
        break;
    }
    return "";
}

static yb_err_t list(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Settlement__ListUnsettledRequest *request =
        (const Yibao__Settlement__ListUnsettledRequest *)call->body;
    if (yb_institution_of(call)[0] != '\0') {
        yb_call_refuse(call, YB_E_NOT_YOURS, "fixmedins_code", "该查询只对医保经办机构提供");
        return YB_OK;
    }
    unsigned limit = request->limit == 0 || request->limit > LIMIT_MAX ? LIMIT_MAX : request->limit;
    yb_unsettled_page_t page;
    yb_err_t err = yb_visit_unsettled(yb_worker_db(worker), request->cursor, limit, yb_worker_arena(worker), &page);
    if (err != YB_OK)
        return err;
    Yibao__Settlement__ListUnsettledReply *reply =
        YB_NEW(yb_worker_arena(worker), Yibao__Settlement__ListUnsettledReply);
    yibao__settlement__list_unsettled_reply__init(reply);
    reply->visits = YB_NEW_ARRAY(yb_worker_arena(worker), Yibao__Settlement__Unsettled *, page.count + 1);
    reply->n_visits = page.count;
    reply->cursor = page.cursor;
    reply->done = page.done;
    for (size_t i = 0; i < page.count; i++) {
        const yb_unsettled_t *visit = &page.rows[i];
        Yibao__Settlement__Unsettled *out = YB_NEW(yb_worker_arena(worker), Yibao__Settlement__Unsettled);
        yibao__settlement__unsettled__init(out);
        out->mdtrt_id = visit->mdtrt_id;
        out->psn_no = yb_lend(visit->psn_no);
        out->fixmedins_code = yb_lend(visit->fixmedins_code);
        out->state = yb_lend(yb_visit_state_name(visit->state));
        out->since = visit->endtime != 0 ? visit->endtime : visit->begntime;
        out->amount_fen = visit->amount_fen;
        out->advice = yb_lend(advice_for(visit));
        reply->visits[i] = out;
    }
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_list_unsettled_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = list(worker, calls[i]);
    return err;
}
