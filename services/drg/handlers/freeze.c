/* FreezeMonth, ReopenMonth: the lists of a month stay as they are, or may be replaced again. */
#include "services/drg/handlers/month.h"
#include "services/drg/store/trail.h"
#include "services/drg/store/truth.h"

/* Somebody's month: an area that has a plan, or stays in it. */
static yb_err_t check_area(yb_worker_t *worker, yb_call_t *call, int32_t poolarea, int32_t ym)
{
    yb_plan_held_t held = { NULL, NULL };
    yb_refusal_t why = { .code = YB_OK };
    int64_t stays = 0;
    if (yb_month_first_day(ym) > yb_time_day(yb_worker_now(worker))) {
        yb_call_refuse(call, YB_E_FIELD_RANGE, "ym", "该月尚未开始，不能冻结");
        return YB_OK;
    }
    if (yb_plan_hold(worker, poolarea, ym, &held, &why) == YB_OK) {
        yb_plan_give(worker, &held);
        return YB_OK;
    }
    yb_err_t err = yb_truth_count(yb_worker_db(worker), poolarea, ym, yb_worker_arena(worker), &stays);
    if (err == YB_OK && stays == 0)
        yb_call_refuse(call, YB_E_POLICY_NONE, "poolarea",
                       "%d在该月没有住院结算，也没有可用的付费方案（%s），请核对统筹区和月份", (int)poolarea, why.text);
    return err;
}

/* The upload day, and the month itself, must be over. */
static yb_err_t check_calendar(yb_worker_t *worker, yb_call_t *call, int32_t poolarea, int32_t ym)
{
    yb_plan_held_t held = { NULL, NULL };
    yb_err_t err = yb_plan_hold(worker, poolarea, ym, &held, &call->refusal);
    if (err != YB_OK)
        return yb_call_refused(call) ? YB_OK : err;
    const int64_t until_us = yb_month_upload_until_us(held.plan->plan, ym);
    const int day = held.plan->plan->calendar.upload_day;
    if (yb_time_day(yb_worker_now(worker)) < yb_month_first_day(yb_month_next(ym)))
        yb_call_refuse(call, YB_E_FIELD_RANGE, "ym", "该月尚未结束；确要提前冻结，请注明now(--now)");
    else if (until_us != INT64_MAX && yb_worker_now_us(worker) < until_us)
        yb_call_refuse(call, YB_E_FIELD_RANGE, "ym", "清单上传截止日（次月%d日）尚未过；确要提前冻结，请注明now(--now)",
                       day);
    yb_plan_give(worker, &held);
    return YB_OK;
}

static yb_err_t move_on(yb_worker_t *worker, yb_call_t *call, yb_month_t *month, yb_month_state_t state,
                        const char *what, const char *text)
{
    const char *who = call->env->caller->opter;
    month->state = state;
    month->state_us = yb_worker_now_us(worker);
    month->state_by = who;
    yb_err_t err = yb_month_update(yb_worker_db(worker), month, yb_worker_arena(worker));
    return err != YB_OK ? err : yb_month_trail(worker, month->poolarea, YB_TRAIL_MONTH, month->ym, who, what, text);
}

static yb_err_t freeze(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__FreezeMonthRequest *req = (const Yibao__Drg__FreezeMonthRequest *)call->body;
    yb_month_t month;
    yb_err_t err = YB_OK;
    if (!yb_month_admit(call, req->poolarea, req->ym))
        return YB_OK;
    err = req->now ? check_area(worker, call, req->poolarea, req->ym)
                   : check_calendar(worker, call, req->poolarea, req->ym);
    if (err != YB_OK || yb_call_refused(call))
        return err;
    err = yb_month_lock(yb_worker_db(worker), req->poolarea, req->ym, yb_worker_now_us(worker), yb_worker_arena(worker),
                        &month);
    if (err != YB_OK)
        return err;
    if (month.state == YB_MONTH_RELEASED)
        yb_call_refuse(call, YB_E_MONTH_STATE, "ym", "该月已发布，不能再冻结");
    else if (month.state == YB_MONTH_OPEN)
        err = move_on(worker, call, &month, YB_MONTH_FROZEN, "frozen", req->now ? "提前冻结" : "");
    if (err != YB_OK || yb_call_refused(call))
        return err;
    Yibao__Drg__FreezeMonthReply *reply = YB_NEW(call->arena, Yibao__Drg__FreezeMonthReply);
    yibao__drg__freeze_month_reply__init(reply);
    reply->month = yb_month_message(&month, call->arena);
    call->reply = &reply->base;
    return YB_OK;
}

YB_DRG_HANDLER(yb_freeze_month_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = freeze(worker, calls[i]);
    return err;
}

static yb_err_t reopen(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__ReopenMonthRequest *req = (const Yibao__Drg__ReopenMonthRequest *)call->body;
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_month_t month;
    yb_run_t run;
    if (!yb_month_admit(call, req->poolarea, req->ym))
        return YB_OK;
    yb_err_t err = yb_month_lock(db, req->poolarea, req->ym, yb_worker_now_us(worker), arena, &month);
    if (err == YB_OK && month.state == YB_MONTH_RELEASED)
        yb_call_refuse(call, YB_E_MONTH_STATE, "ym", "该月已发布，不能重新开放；更正进入下一个月的结算");
    else if (err == YB_OK && month.state == YB_MONTH_OPEN)
        yb_call_refuse(call, YB_E_MONTH_STATE, "ym", "该月没有冻结，无须重新开放");
    if (err == YB_OK && !yb_call_refused(call) && month.run_id != 0) {
        err = yb_run_load(db, month.run_id, true, arena, &run);
        if (err == YB_OK)
            err = yb_run_drop(worker, &month, &run, call->env->caller->opter, "该月重新开放");
    }
    if (err == YB_OK && !yb_call_refused(call) && month.state == YB_MONTH_FROZEN)
        err = move_on(worker, call, &month, YB_MONTH_OPEN, "reopened", req->reason);
    if (err != YB_OK || yb_call_refused(call))
        return err;
    Yibao__Drg__ReopenMonthReply *reply = YB_NEW(call->arena, Yibao__Drg__ReopenMonthReply);
    yibao__drg__reopen_month_reply__init(reply);
    reply->month = yb_month_message(&month, call->arena);
    call->reply = &reply->base;
    return YB_OK;
}

YB_DRG_HANDLER(yb_reopen_month_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = reopen(worker, calls[i]);
    return err;
}
