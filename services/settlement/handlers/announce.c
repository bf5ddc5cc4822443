/* What drg must know of a pooling area's stays: told once more (Announce), because drg did not listen when they were
 * settled or was told less then; and counted (CountCases), so that both sides can be compared. */
#include "proto/types.pb-c.h"
#include "services/settlement/handlers/booking.h"
#include "services/settlement/handlers/encode.h"
#include "services/settlement/handlers/handlers.h"
#include "services/settlement/handlers/standing.h"

#define LIMIT_MAX 1000

/* False: it was refused. Hospitals have no business here. */
static bool admit(yb_call_t *call, int32_t poolarea, yb_day_t from_day, yb_day_t to_day)
{
    if (yb_institution_of(call)[0] != '\0')
        yb_call_refuse(call, YB_E_NOT_YOURS, "fixmedins_code", "该交易只对医保经办机构提供");
    else if (poolarea < 100000 || poolarea > 999999)
        yb_call_refuse(call, YB_E_FIELD_FORM, "poolarea", "统筹区应为6位区划代码");
    else if (!yb_day_valid(from_day) || !yb_day_valid(to_day) || from_day > to_day)
        yb_call_refuse(call, YB_E_FIELD_RANGE, "from_day", "起止日期不正确：应为yyyymmdd，且起不晚于止");
    return !yb_call_refused(call);
}

static yb_err_t tell(yb_worker_t *worker, yb_call_t *call, const yb_settlement_t *rows, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const Yibao__Settlement__StoredFunds *funds = (const Yibao__Settlement__StoredFunds *)yb_rpc_unpack(
            &yibao__settlement__stored_funds__descriptor, rows[i].funds, rows[i].funds_len, yb_worker_arena(worker));
        if (funds == NULL)
            return YB_E_INTERNAL; /* a row of our own */
        yb_booking_tell(worker, call, &rows[i], funds);
    }
    return YB_OK;
}

static yb_err_t announce(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Settlement__AnnounceRequest *req = (const Yibao__Settlement__AnnounceRequest *)call->body;
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    const yb_stays_t stays = { .poolarea = req->poolarea, .from = req->from_day, .to = req->to_day };
    const unsigned limit = req->limit == 0 || req->limit > LIMIT_MAX ? LIMIT_MAX : req->limit;
    yb_settlement_t *rows = NULL, *reversals = NULL;
    size_t n = 0, reversal_count = 0;
    if (!admit(call, req->poolarea, req->from_day, req->to_day))
        return YB_OK;
    yb_err_t err = yb_settlement_stays(db, &stays, req->after_day, req->after_id, limit, arena, &rows, &n);
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, n + 1);
    for (size_t i = 0; i < n && err == YB_OK; i++)
        ids[i] = rows[i].setl_id;
    if (err == YB_OK)
        err = yb_settlement_reversals(db, ids, n, arena, &reversals, &reversal_count);
    if (err == YB_OK)
        err = tell(worker, call, rows, n);
    if (err == YB_OK)
        err = tell(worker, call, reversals, reversal_count);
    if (err != YB_OK)
        return err;
    Yibao__Settlement__AnnounceReply *reply = YB_NEW(arena, Yibao__Settlement__AnnounceReply);
    yibao__settlement__announce_reply__init(reply);
    reply->settlements = n;
    reply->reversals = reversal_count;
    reply->after_day = n > 0 ? yb_time_day(rows[n - 1].setl_time) : req->after_day;
    reply->after_id = n > 0 ? rows[n - 1].setl_id : req->after_id;
    reply->done = n < limit;
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_announce_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = announce(worker, calls[i]);
    return err;
}

static yb_err_t count_cases(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Settlement__CountCasesRequest *req = (const Yibao__Settlement__CountCasesRequest *)call->body;
    yb_arena_t *arena = yb_worker_arena(worker);
    const yb_stays_t stays = { .poolarea = req->poolarea, .from = req->from_day, .to = req->to_day };
    yb_stay_count_t *counts = NULL;
    size_t n = 0;
    if (!admit(call, req->poolarea, req->from_day, req->to_day))
        return YB_OK;
    yb_err_t err = yb_settlement_count_stays(yb_worker_db(worker), &stays, arena, &counts, &n);
    if (err != YB_OK)
        return err;
    Yibao__Settlement__CountCasesReply *reply = YB_NEW(arena, Yibao__Settlement__CountCasesReply);
    yibao__settlement__count_cases_reply__init(reply);
    reply->counts = YB_NEW_ARRAY(arena, Yibao__Types__CaseCount *, n + 1);
    for (; reply->n_counts < n; reply->n_counts++) {
        const yb_stay_count_t *c = &counts[reply->n_counts];
        Yibao__Types__CaseCount *out = YB_NEW(arena, Yibao__Types__CaseCount);
        yibao__types__case_count__init(out);
        out->fixmedins_code = yb_lend(c->fixmedins_code);
        out->insutype = yb_lend(c->insutype);
        out->cases = c->count;
        out->medfee_sumamt_fen = c->medfee_sumamt_fen;
        out->basic_fund_fen = c->hifp_pay_fen;
        reply->counts[reply->n_counts] = out;
    }
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_count_cases_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = count_cases(worker, calls[i]);
    return err;
}
