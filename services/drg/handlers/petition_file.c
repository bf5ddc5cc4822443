/* FilePetition (4106, yibaoctl drg petition file): a hospital asks for one of its cases, within the calendar. */
#include <inttypes.h>
#include <string.h>

#include "services/drg/handlers/petition.h"

typedef Yibao__Drg__FilePetitionRequest request_t;

static const request_t *request_of(const yb_call_t *call) { return (const request_t *)call->body; }

/* A special one says by its kind what it wants. */
static yb_remedy_t wanted(const request_t *req)
{
    return req->kind == YB_PETITION_SPECIAL && req->wanted == 0 ? YB_REMEDY_SPECIAL : (yb_remedy_t)req->wanted;
}

static bool check_form(yb_call_t *call)
{
    const request_t *req = request_of(call);
    if (req->kind < 1 || req->kind > YB_PETITION_KINDS) {
        yb_call_refuse(call, YB_E_FIELD_DICT, "data.appy_type", "申请类别应为1特例单议、2分组申诉、3支付申诉");
        return false;
    }
    if (req->wanted < 0 || req->wanted >= YB_REMEDY_COUNT) {
        yb_call_refuse(call, YB_E_FIELD_DICT, "data.appy_way", "申请处理方式应为0无、1、2、3之一");
        return false;
    }
    return yb_petition_text_check(req->reason, "data.appy_rea", &call->refusal) == YB_OK &&
           yb_petition_remedy_check((yb_petition_kind_t)req->kind, wanted(req), req->wanted_drg, "data.appy_way",
                                    "data.drg_code", &call->refusal) == YB_OK;
}

static bool check_settlement(yb_call_t *call, const yb_copy_t *copy)
{
    if (!yb_copy_admit(call, copy, "", "data"))
        return false;
    if (copy->reversed_by != 0)
        yb_call_refuse(call, YB_E_ALREADY_REVERSED, "data.setl_id",
                       "该次结算已撤销，不能申请；请按重新结算后的setl_id办理");
    else if (!copy->inpatient)
        yb_call_refuse(call, YB_E_FIELD_RANGE, "data.setl_id", "该次结算不是住院结算，不按病组付费，不能申请");
    return !yb_call_refused(call);
}

/* One of a kind at a time; and what was granted as special is special. */
static yb_err_t check_standing(yb_worker_t *worker, yb_call_t *call)
{
    const request_t *req = request_of(call);
    int64_t id = 0;
    int32_t state = 0;
    yb_err_t err =
        yb_petition_standing(yb_worker_db(worker), req->setl_id, req->kind, yb_worker_arena(worker), &id, &state);
    if (err != YB_OK || id == 0)
        return err;
    if (state != YB_PETITION_GRANTED)
        yb_call_refuse(call, YB_E_PETITION_STATE, "data.setl_id",
                       "该病例已有未办结的%s（申请编号%" PRId64 "），请等待答复（4108可查）",
                       yb_petition_kind_zh(req->kind), id);
    else if (req->kind == YB_PETITION_SPECIAL)
        yb_call_refuse(call, YB_E_PETITION_STATE, "data.setl_id", "该病例已同意特例单议（申请编号%" PRId64 "）", id);
    return YB_OK;
}

static yb_err_t check_calendar(yb_worker_t *worker, yb_call_t *call, const yb_copy_t *copy, yb_day_t *ret_deadline)
{
    yb_month_key_t key = { copy->poolarea, yb_time_day(copy->setl_time) / 100 };
    yb_month_t *months = NULL;
    size_t count = 0;
    yb_petition_month_t month;
    yb_err_t err = yb_month_share(yb_worker_db(worker), &key, 1, yb_worker_arena(worker), &months, &count);
    if (err == YB_OK)
        err = yb_petition_month_of(worker, &months[0], &month, &call->refusal);
    if (err == YB_OK)
        err = yb_petition_admit((yb_petition_kind_t)request_of(call)->kind, &month, yb_time_day(yb_worker_now(worker)),
                                &call->refusal);
    if (err == YB_OK)
        *ret_deadline = yb_petition_deadline(&month);
    return yb_call_refused(call) ? YB_OK : err;
}

static yb_err_t store(yb_worker_t *worker, yb_call_t *call, const yb_copy_t *copy, yb_day_t deadline)
{
    const request_t *req = request_of(call);
    const Yibao__Rpc__Caller *caller = call->env->caller;
    const bool is_operator = yb_caller_is_operator(call);
    const yb_petition_t q = { .petition_id = yb_worker_id(worker),
                              .setl_id = copy->setl_id,
                              .poolarea = copy->poolarea,
                              .setl_ym = yb_time_day(copy->setl_time) / 100,
                              .fixmedins_code = copy->fixmedins_code,
                              .kind = req->kind,
                              .state = YB_PETITION_FILED,
                              .reason = req->reason,
                              .wanted = (int32_t)wanted(req),
                              .wanted_drg = req->wanted_drg,
                              .filed_us = yb_worker_now_us(worker),
                              .filed_by = is_operator ? caller->opter : caller->fixmedins_code,
                              .deadline_day = deadline };
    yb_err_t err = yb_petition_insert(yb_worker_db(worker), &q, yb_worker_arena(worker));
    if (err == YB_OK)
        err = yb_petition_trail(worker, &q, q.filed_by, "filed", req->reason);
    if (err != YB_OK)
        return err;
    Yibao__Drg__FilePetitionReply *reply = YB_NEW(call->arena, Yibao__Drg__FilePetitionReply);
    yibao__drg__file_petition_reply__init(reply);
    reply->petition_id = q.petition_id;
    reply->deadline_day = deadline;
    call->reply = &reply->base;
    return YB_OK;
}

/* The settlement's row is locked: two of one kind see each other. */
static yb_err_t file(yb_worker_t *worker, yb_call_t *call)
{
    const request_t *req = request_of(call);
    yb_copy_t *copies = NULL;
    size_t found = 0;
    yb_day_t deadline = 0;
    if (!check_form(call))
        return YB_OK;
    yb_err_t err = yb_copy_load(yb_worker_db(worker), &req->setl_id, 1, true, yb_worker_arena(worker), &copies, &found);
    if (err != YB_OK || !check_settlement(call, yb_copy_find(copies, found, req->setl_id)))
        return err;
    err = check_calendar(worker, call, &copies[0], &deadline);
    if (err == YB_OK && !yb_call_refused(call))
        err = check_standing(worker, call);
    if (err == YB_OK && !yb_call_refused(call) && wanted(req) == YB_REMEDY_GROUP)
        err = yb_group_known(worker, &copies[0], req->wanted_drg, "data.drg_code", &call->refusal);
    if (yb_call_refused(call))
        return YB_OK;
    return err != YB_OK ? err : store(worker, call, &copies[0], deadline);
}

YB_DRG_HANDLER(yb_file_petition_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = file(worker, calls[i]);
    return err;
}
