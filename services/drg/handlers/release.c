/* ReleaseMonth: what a run of a month, or of a year, owes becomes a fact, by a second person. The chore that removes
 * what dropped runs left. */
#include <inttypes.h>
#include <string.h>

#include "libcommon/outbox.h"
#include "services/drg/handlers/year.h"
#include "services/drg/store/run_case.h"
#include "services/drg/store/statement.h"
#include "services/drg/store/trail.h"

#define REMOVE_PAGE 20000

/* ---- may it be released ---- */

static yb_err_t check(yb_worker_t *worker, yb_call_t *call, const yb_month_t *month, const yb_run_t *run)
{
    const Yibao__Drg__ReleaseMonthRequest *req = (const Yibao__Drg__ReleaseMonthRequest *)call->body;
    const char *why = "";
    if (req->run_id != 0 && req->run_id != month->run_id)
        yb_call_refuse(call, YB_E_MONTH_OUTDATED, "run_id", "这不是该月最近的一次结账，请核对");
    else if (run->state != YB_RUN_READY)
        yb_call_refuse(call, YB_E_MONTH_STATE, "ym", "结账尚未完成，请先完成：yibaoctl drg close");
    else if (strcmp(run->made_by, call->env->caller->opter) == 0)
        yb_call_refuse(call, YB_E_SECOND_PERSON, "opter", "结账人%s不能自己发布，须由另一名经办人发布", run->made_by);
    if (yb_call_refused(call))
        return YB_OK;
    yb_err_t err =
        yb_period_is_year(run->period) ? yb_year_outdated(worker, run, &why) : yb_run_outdated(worker, run, &why);
    if (err == YB_OK && why[0] != '\0')
        yb_call_refuse(call, YB_E_MONTH_OUTDATED, "ym", "%s，请重新结账后再发布：yibaoctl drg close", why);
    return err;
}

/* The month's rows first, all of the area: releases of one area run one after the other. */
static yb_err_t lock(yb_worker_t *worker, yb_call_t *call, yb_month_t *ret_month, yb_run_t *ret_run)
{
    const Yibao__Drg__ReleaseMonthRequest *req = (const Yibao__Drg__ReleaseMonthRequest *)call->body;
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    const char *period = yb_period_is_year(req->ym) ? "该年" : "该月";
    char when[YB_TIME_TEXT];
    yb_err_t err = yb_month_lock_area(db, req->poolarea, arena);
    if (err == YB_OK)
        err = yb_month_lock(db, req->poolarea, req->ym, yb_worker_now_us(worker), arena, ret_month);
    if (err != YB_OK)
        return err;
    if (ret_month->state == YB_MONTH_RELEASED)
        yb_call_refuse(call, YB_E_MONTH_STATE, "ym", "%s已由%s于%s发布", period, ret_month->state_by,
                       yb_time_format(yb_time_of_unix_us(ret_month->state_us), when));
    else if (ret_month->state != YB_MONTH_FROZEN || ret_month->run_id == 0)
        yb_call_refuse(call, YB_E_MONTH_STATE, "ym", "%s尚未结账，请先结账：yibaoctl drg close", period);
    return yb_call_refused(call) ? YB_OK : yb_run_load(db, ret_month->run_id, true, arena, ret_run);
}

/* ---- the release ---- */

static yb_event_t event_of(yb_worker_t *worker, const yb_call_t *call, const yb_statement_t *s)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    Yibao__Events__PaymentReleased released = YIBAO__EVENTS__PAYMENT_RELEASED__INIT;
    released.statement_id = s->statement_id;
    released.poolarea = s->poolarea;
    released.period = s->period;
    released.fixmedins_code = (char *)(uintptr_t)s->fixmedins_code;
    released.insutype = (char *)(uintptr_t)s->insutype;
    released.fund_pay_type = (char *)(uintptr_t)s->fund_pay_type;
    released.difference_fen = s->difference_fen;
    released.day = yb_time_day(yb_worker_now(worker));
    yb_event_t event = { .id = (uint64_t)yb_worker_id(worker),
                         .target = "settlement",
                         .type = "PaymentReleased",
                         .key = yb_arena_printf(arena, "%" PRId64, s->statement_id),
                         .traceparent = call->env->traceparent };
    event.body_len = yibao__events__payment_released__get_packed_size(&released);
    uint8_t *body = yb_arena_alloc(arena, event.body_len + 1);
    yibao__events__payment_released__pack(&released, body);
    event.body = body;
    return event;
}

/* One event for each statement with a difference. */
static yb_err_t send_statements(yb_worker_t *worker, yb_call_t *call, int64_t run_id,
                                Yibao__Drg__ReleaseMonthReply *reply)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_statement_t *statements = NULL;
    size_t count = 0, n = 0;
    yb_err_t err = yb_statement_of_run(db, run_id, arena, &statements, &count);
    if (err != YB_OK)
        return err;
    yb_event_t *events = YB_NEW_ARRAY(arena, yb_event_t, count + 1);
    for (size_t i = 0; i < count; i++) {
        reply->difference_fen += statements[i].difference_fen;
        if (statements[i].difference_fen != 0)
            events[n++] = event_of(worker, call, &statements[i]);
    }
    reply->statements = (int32_t)count;
    reply->to_be_booked = (int32_t)n;
    err = yb_statement_release(db, run_id, yb_worker_now_us(worker), arena);
    return err != YB_OK ? err : yb_outbox_put(db, events, n, yb_worker_now_us(worker), arena);
}

/* A year that is cleared has no open months left: those without a stay are released with it, so that what arrives later
 * is a change for a month of the next year. */
static yb_err_t end_months(yb_worker_t *worker, const char *who, int32_t poolarea, int32_t year)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_err_t err = YB_OK;
    for (int32_t ym = year * 100 + 1; ym <= year * 100 + 12 && err == YB_OK; ym++) {
        yb_month_t month;
        err = yb_month_lock(db, poolarea, ym, yb_worker_now_us(worker), arena, &month);
        if (err != YB_OK || month.state == YB_MONTH_RELEASED)
            continue;
        month.state = YB_MONTH_RELEASED;
        month.state_us = yb_worker_now_us(worker);
        month.state_by = who;
        err = yb_month_update(db, &month, arena);
        if (err == YB_OK)
            err = yb_month_trail(worker, poolarea, YB_TRAIL_MONTH, ym, who, "released", "随年度清算");
    }
    return err;
}

static yb_err_t set_released(yb_worker_t *worker, const char *who, yb_month_t *month, yb_run_t *run)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    month->state = YB_MONTH_RELEASED;
    month->state_us = yb_worker_now_us(worker);
    month->state_by = who;
    run->state = YB_RUN_RELEASED;
    run->released_us = yb_worker_now_us(worker);
    run->released_by = who;
    yb_err_t err = yb_month_update(db, month, arena);
    if (err == YB_OK && yb_period_is_year(month->ym))
        err = end_months(worker, who, month->poolarea, month->ym);
    if (err == YB_OK)
        err = yb_run_update(db, run, arena);
    if (err == YB_OK)
        err = yb_month_trail(worker, month->poolarea, YB_TRAIL_MONTH, month->ym, who, "released", "");
    return err != YB_OK ? err : yb_month_trail(worker, run->poolarea, YB_TRAIL_RUN, run->run_id, who, "released", "");
}

static yb_err_t release(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__ReleaseMonthRequest *req = (const Yibao__Drg__ReleaseMonthRequest *)call->body;
    yb_month_t month;
    yb_run_t run;
    if (!(yb_period_is_year(req->ym) ? yb_period_admit(call, req->poolarea)
                                     : yb_month_admit(call, req->poolarea, req->ym)))
        return YB_OK;
    yb_err_t err = lock(worker, call, &month, &run);
    if (err == YB_OK && !yb_call_refused(call))
        err = check(worker, call, &month, &run);
    if (err != YB_OK || yb_call_refused(call))
        return err;
    Yibao__Drg__ReleaseMonthReply *reply = YB_NEW(call->arena, Yibao__Drg__ReleaseMonthReply);
    yibao__drg__release_month_reply__init(reply);
    err = send_statements(worker, call, run.run_id, reply);
    if (err == YB_OK)
        err = set_released(worker, call->env->caller->opter, &month, &run);
    if (err == YB_OK)
        err = yb_run_message(worker, &run, call->arena, &reply->run);
    if (err == YB_OK)
        call->reply = &reply->base;
    return err;
}

YB_DRG_HANDLER(yb_release_month_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = release(worker, calls[i]);
    return err;
}

/* ---- dropped runs ---- */

/* written stays above 0 until the last row is gone. */
yb_err_t yb_dropped_chore(yb_worker_t *worker)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_run_t run;
    uint64_t removed = 0;
    yb_err_t err = yb_run_to_remove(db, arena, &run);
    if (err == YB_E_NOT_FOUND)
        return YB_OK;
    if (err == YB_OK)
        err = yb_db_begin(db);
    if (err != YB_OK)
        return err;
    err = yb_run_case_remove(db, run.run_id, REMOVE_PAGE, arena, &removed);
    if (err == YB_OK && removed < REMOVE_PAGE) {
        run.written = 0;
        err = yb_run_update(db, &run, arena);
    }
    if (err == YB_OK)
        err = yb_db_commit(db);
    if (err != YB_OK)
        yb_db_rollback(db);
    return err;
}
