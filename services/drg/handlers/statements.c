/* ListMonths, GetStatements: how far the months are, and what is owed. */
#include <string.h>

#include "services/drg/handlers/year.h"
#include "services/drg/store/change.h"
#include "services/drg/store/statement.h"
#include "services/drg/store/trail.h"

#define MONTHS_MAX 1000
#define STATEMENTS_MAX 20000
#define TRAIL_MAX 200

/* ---- ListMonths ---- */

yb_err_t yb_trail_messages(yb_worker_t *worker, int32_t poolarea, int kind, int64_t subject_id, yb_arena_t *arena,
                           Yibao__Drg__TrailRow ***ret_rows, size_t *ret_count)
{
    yb_trail_t *rows = NULL;
    size_t count = 0;
    yb_err_t err = yb_trail_of(yb_worker_db(worker), poolarea, (yb_trail_kind_t)kind, subject_id, TRAIL_MAX,
                               yb_worker_arena(worker), &rows, &count);
    if (err != YB_OK)
        return err;
    Yibao__Drg__TrailRow **trail = YB_NEW_ARRAY(arena, Yibao__Drg__TrailRow *, count + 1);
    for (size_t i = 0; i < count; i++) {
        Yibao__Drg__TrailRow *t = trail[i] = YB_NEW(arena, Yibao__Drg__TrailRow);
        yibao__drg__trail_row__init(t);
        t->at_us = rows[i].at_us;
        t->who = yb_arena_strdup(arena, rows[i].who);
        t->what = yb_arena_strdup(arena, rows[i].what);
        t->text = yb_arena_strdup(arena, rows[i].text);
    }
    *ret_rows = trail;
    *ret_count = count;
    return YB_OK;
}

static yb_err_t month_message(yb_worker_t *worker, const yb_month_t *month, yb_arena_t *arena, Yibao__Drg__Month **ret)
{
    yb_db_t *db = yb_worker_db(worker);
    Yibao__Drg__Month *m = yb_month_message(month, arena);
    yb_run_t run;
    yb_err_t err = YB_OK;
    if (month->state != YB_MONTH_RELEASED && !yb_period_is_year(month->ym))
        err = yb_change_waiting(db, month->poolarea, month->ym, yb_worker_arena(worker), &m->changes_waiting);
    if (err == YB_OK && month->run_id != 0) {
        err = yb_run_load(db, month->run_id, false, yb_worker_arena(worker), &run);
        if (err == YB_OK)
            err = yb_run_message(worker, &run, arena, &m->run);
    }
    if (err == YB_OK)
        err = yb_trail_messages(worker, month->poolarea, YB_TRAIL_MONTH, month->ym, arena, &m->trail, &m->n_trail);
    *ret = m;
    return err;
}

static yb_err_t list_months(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__ListMonthsRequest *req = (const Yibao__Drg__ListMonthsRequest *)call->body;
    const unsigned limit = req->limit == 0 || req->limit > MONTHS_MAX ? MONTHS_MAX : req->limit;
    yb_month_t *months = NULL;
    size_t count = 0;
    yb_err_t err = yb_month_list(yb_worker_db(worker), req->poolarea, limit, yb_worker_arena(worker), &months, &count);
    if (err != YB_OK)
        return err;
    Yibao__Drg__ListMonthsReply *reply = YB_NEW(call->arena, Yibao__Drg__ListMonthsReply);
    yibao__drg__list_months_reply__init(reply);
    reply->months = YB_NEW_ARRAY(call->arena, Yibao__Drg__Month *, count + 1);
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = month_message(worker, &months[i], call->arena, &reply->months[reply->n_months++]);
    call->reply = &reply->base;
    return err;
}

YB_DRG_HANDLER(yb_list_months_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = list_months(worker, calls[i]);
    return err;
}

/* ---- GetStatements ---- */

Yibao__Drg__Statement *yb_statement_message(const yb_statement_t *s, yb_arena_t *arena)
{
    Yibao__Drg__Statement *m = YB_NEW(arena, Yibao__Drg__Statement);
    yibao__drg__statement__init(m);
    m->statement_id = s->statement_id;
    m->run_id = s->run_id;
    m->poolarea = s->poolarea;
    m->period = s->period;
    m->fixmedins_code = yb_arena_strdup(arena, s->fixmedins_code);
    m->insutype = yb_arena_strdup(arena, s->insutype);
    m->fund_pay_type = yb_arena_strdup(arena, s->fund_pay_type);
    m->case_count = s->case_count;
    m->fee_fen = s->fee_fen;
    m->other_pay_fen = s->other_pay_fen;
    m->points_e4 = s->points_e4;
    m->gross_fen = s->gross_fen;
    m->due_fen = s->due_fen;
    m->booked_fen = s->booked_fen;
    m->difference_fen = s->difference_fen;
    m->prepaid_fen = s->prepaid_fen;
    m->withheld_fen = s->withheld_fen;
    m->state = (int32_t)s->state;
    m->journal_lane = s->journal_lane;
    m->journal_seq = s->journal_seq;
    m->state_us = s->state_us;
    return m;
}

/* Of a run by its number, or the newest of a period; of an institution by its code, then only what was released. */
static yb_err_t find(yb_worker_t *worker, yb_call_t *call, Yibao__Drg__GetStatementsReply *reply,
                     yb_statement_t **ret_rows, size_t *ret_count)
{
    const Yibao__Drg__GetStatementsRequest *req = (const Yibao__Drg__GetStatementsRequest *)call->body;
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_run_t run;
    if (req->run_id == 0 && req->period == 0 && req->fixmedins_code[0] == '\0') {
        yb_call_refuse(call, YB_E_FIELD_MISSING, "ym", "请写明月份或机构");
        return YB_OK;
    }
    if (req->run_id == 0 && req->period == 0)
        return yb_statement_of_institution(db, req->fixmedins_code, req->from_period,
                                           req->to_period > 0 ? req->to_period : 999912, STATEMENTS_MAX, arena,
                                           ret_rows, ret_count);
    yb_err_t err = req->run_id != 0 ? yb_run_load(db, req->run_id, false, arena, &run)
                                    : yb_run_of_period(db, req->poolarea, req->period, arena, &run);
    if (err == YB_E_NOT_FOUND) {
        yb_call_refuse(call, err, "ym", "该月还没有结账");
        return YB_OK;
    }
    if (err == YB_OK)
        err = yb_run_message(worker, &run, call->arena, &reply->run);
    return err != YB_OK ? err : yb_statement_of_run(db, run.run_id, arena, ret_rows, ret_count);
}

static yb_err_t get_statements(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__GetStatementsRequest *req = (const Yibao__Drg__GetStatementsRequest *)call->body;
    Yibao__Drg__GetStatementsReply *reply = YB_NEW(call->arena, Yibao__Drg__GetStatementsReply);
    yb_statement_t *rows = NULL;
    size_t count = 0;
    yibao__drg__get_statements_reply__init(reply);
    yb_err_t err = find(worker, call, reply, &rows, &count);
    if (err != YB_OK || yb_call_refused(call))
        return err;
    reply->statements = YB_NEW_ARRAY(call->arena, Yibao__Drg__Statement *, count + 1);
    for (size_t i = 0; i < count; i++)
        if (req->fixmedins_code[0] == '\0' || strcmp(rows[i].fixmedins_code, req->fixmedins_code) == 0)
            reply->statements[reply->n_statements++] = yb_statement_message(&rows[i], call->arena);
    call->reply = &reply->base;
    return YB_OK;
}

YB_DRG_HANDLER(yb_get_statements_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = get_statements(worker, calls[i]);
    return err;
}
