#include "services/drg/handlers/petition.h"

#include <string.h>

#include "services/drg/store/trail.h"

bool yb_operator_admit(yb_call_t *call)
{
    if (!yb_caller_is_operator(call))
        yb_call_refuse(call, YB_E_NOT_YOURS, "petition_id", "只有经办机构可以办理");
    else
        (void)yb_operator_named(call);
    return !yb_call_refused(call);
}

/* ---- the month of a petition ---- */

yb_err_t yb_month_result(yb_db_t *db, const yb_month_t *month, yb_arena_t *arena, yb_run_t *ret_run)
{
    if (month->run_id == 0)
        return YB_E_NOT_FOUND;
    yb_run_t run;
    yb_err_t err = yb_run_load(db, month->run_id, false, arena, &run);
    if (err == YB_OK && run.state != YB_RUN_READY && run.state != YB_RUN_RELEASED)
        err = YB_E_NOT_FOUND;
    if (err == YB_OK)
        *ret_run = run;
    return err;
}

yb_err_t yb_petition_month_of(yb_worker_t *worker, const yb_month_t *month, yb_petition_month_t *ret,
                              yb_refusal_t *ret_why)
{
    yb_run_t run;
    yb_plan_held_t held = { NULL, NULL };
    yb_petition_month_t m = { .is_ready = false };
    yb_err_t err = yb_month_result(yb_worker_db(worker), month, yb_worker_arena(worker), &run);
    if (err != YB_OK && err != YB_E_NOT_FOUND)
        return err;
    m.is_ready = err == YB_OK;
    if (month->state == YB_MONTH_RELEASED) {
        err = yb_plan_hold(worker, month->poolarea, month->ym, &held, ret_why);
        if (err != YB_OK)
            return err;
        m.release_day = yb_time_day(yb_time_of_unix_us(month->state_us));
        m.appeal_days = held.plan->plan->calendar.appeal_days;
        yb_plan_give(worker, &held);
    }
    *ret = m;
    return YB_OK;
}

/* ---- groups ---- */

static bool scheme_has(const yb_scheme_t *scheme, const char *drg)
{
    for (uint32_t i = 0; i < scheme->drgs_count; i++)
        if (strcmp(yb_scheme_text(scheme, scheme->drgs[i].name), drg) == 0)
            return true;
    return false;
}

static yb_err_t in_scheme(yb_worker_t *worker, const yb_copy_t *copy, const char *drg, bool *ret_found)
{
    const yb_drg_t *shared = yb_worker_data(worker);
    const yb_scheme_t *scheme = NULL;
    const void *schemes = NULL;
    yb_refusal_t why = { .code = YB_OK };
    char area[7] = "", detail[256];
    yb_err_t err = yb_shelf_take(shared->schemes, &schemes, detail, sizeof detail);
    if (err != YB_OK)
        return err;
    if (strlen(copy->fixmedins_code) >= 7)
        memcpy(area, copy->fixmedins_code + 1, 6);
    *ret_found = yb_scheme_set_find(schemes, area, yb_time_day(copy->endtime), &scheme, &why) == YB_OK &&
                 scheme_has(scheme, drg);
    yb_shelf_give(shared->schemes, &schemes);
    return YB_OK;
}

yb_err_t yb_group_known(yb_worker_t *worker, const yb_copy_t *copy, const char *drg, const char *field,
                        yb_refusal_t *ret_why)
{
    yb_refusal_t no_plan = { .code = YB_OK };
    yb_plan_held_t held = { NULL, NULL };
    bool found = false, knows_groups = true;
    if (yb_plan_hold(worker, copy->poolarea, yb_time_day(copy->setl_time) / 100, &held, &no_plan) == YB_OK) {
        found = yb_plan_weight(held.plan->plan, drg) != NULL;
        knows_groups = held.plan->plan->method != YB_METHOD_DIP;
        yb_plan_give(worker, &held);
    }
    if (!knows_groups)
        return yb_refuse(
            ret_why, YB_E_UNSUPPORTED, field,
            "该统筹区按病种分值（DIP）付费，不能改按病组；病种有误的请申请补传清单，费用特殊的请申请特例单议");
    yb_err_t err = found ? YB_OK : in_scheme(worker, copy, drg, &found);
    if (err == YB_OK && !found)
        return yb_refuse(ret_why, YB_E_FIELD_DICT, field, "付费方案和分组方案中都没有病组%s，请核对DRG代码", drg);
    return err;
}

/* ---- special negotiation ---- */

yb_err_t yb_special_room(yb_worker_t *worker, const yb_petition_t *q, const yb_month_t *month,
                         yb_special_room_t *ret_room, yb_refusal_t *ret_why)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_plan_held_t held = { NULL, NULL };
    yb_special_room_t room = { 0, 0, 0 };
    const int64_t run_id = month->state == YB_MONTH_RELEASED ? month->run_id : 0;
    yb_err_t err = yb_plan_hold(worker, q->poolarea, q->setl_ym, &held, ret_why);
    if (err != YB_OK)
        return err;
    const yb_ppm_t share_ppm = held.plan->plan->calendar.special_share_max_ppm;
    yb_plan_give(worker, &held);
    err = yb_petition_cases(db, q->poolarea, q->setl_ym, q->fixmedins_code, run_id, arena, &room.of);
    if (err == YB_OK)
        err = yb_petition_granted_special(db, q->poolarea, q->setl_ym, q->fixmedins_code, arena, &room.granted);
    if (err != YB_OK)
        return err;
    room.max = yb_petition_special_max(share_ppm, room.of);
    *ret_room = room;
    return YB_OK;
}

/* ---- messages ---- */

static void say_decision(const yb_petition_t *q, yb_arena_t *arena, Yibao__Drg__Petition *m)
{
    m->grants = q->grants;
    m->remedy = q->remedy;
    m->drg = yb_arena_strdup(arena, q->drg);
    m->until_day = q->until_day;
    m->answer = yb_arena_strdup(arena, q->answer);
}

Yibao__Drg__Petition *yb_petition_message(const yb_petition_t *q, bool to_operator, yb_arena_t *arena)
{
    Yibao__Drg__Petition *m = YB_NEW(arena, Yibao__Drg__Petition);
    yibao__drg__petition__init(m);
    m->petition_id = q->petition_id;
    m->setl_id = q->setl_id;
    m->poolarea = q->poolarea;
    m->ym = q->setl_ym;
    m->fixmedins_code = yb_arena_strdup(arena, q->fixmedins_code);
    m->kind = q->kind;
    m->state = q->state;
    m->reason = yb_arena_strdup(arena, q->reason);
    m->wanted = q->wanted;
    m->wanted_drg = yb_arena_strdup(arena, q->wanted_drg);
    m->filed_us = q->filed_us;
    m->deadline_day = q->deadline_day;
    m->decided_us = q->decided_us;
    if (to_operator || q->state == YB_PETITION_GRANTED || q->state == YB_PETITION_REFUSED)
        say_decision(q, arena, m);
    if (!to_operator)
        return m;
    m->filed_by = yb_arena_strdup(arena, q->filed_by);
    m->proposed_by = yb_arena_strdup(arena, q->proposed_by);
    m->proposed_us = q->proposed_us;
    m->decided_by = yb_arena_strdup(arena, q->decided_by);
    return m;
}

yb_err_t yb_petition_trail(yb_worker_t *worker, const yb_petition_t *q, const char *who, const char *what,
                           const char *text)
{
    return yb_month_trail(worker, q->poolarea, YB_TRAIL_PETITION, q->petition_id, who, what, text);
}

/* ---- reading ---- */

#define LIST_DEFAULT 100
#define LIST_MAX 500

static yb_err_t list_one(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__ListPetitionsRequest *req = (const Yibao__Drg__ListPetitionsRequest *)call->body;
    const bool is_operator = yb_caller_is_operator(call);
    const unsigned limit = req->limit == 0 ? LIST_DEFAULT : req->limit < LIST_MAX ? req->limit : LIST_MAX;
    const yb_petition_filter_t filter = { .setl_id = req->setl_id,
                                          .before = req->before,
                                          .poolarea = req->poolarea,
                                          .setl_ym = req->ym,
                                          .state = req->state,
                                          .kind = req->kind,
                                          .fixmedins_code =
                                              is_operator ? req->fixmedins_code : call->env->caller->fixmedins_code };
    yb_petition_t *rows = NULL;
    size_t found = 0;
    if (!is_operator && filter.fixmedins_code[0] == '\0') {
        yb_call_refuse(call, YB_E_NOT_YOURS, "fixmedins_code", "缺少定点医药机构编号");
        return YB_OK;
    }
    yb_err_t err = yb_petition_list(yb_worker_db(worker), &filter, limit, yb_worker_arena(worker), &rows, &found);
    if (err != YB_OK)
        return err;
    Yibao__Drg__ListPetitionsReply *reply = YB_NEW(call->arena, Yibao__Drg__ListPetitionsReply);
    yibao__drg__list_petitions_reply__init(reply);
    reply->petitions = YB_NEW_ARRAY(call->arena, Yibao__Drg__Petition *, found + 1);
    for (size_t i = 0; i < found; i++)
        reply->petitions[reply->n_petitions++] = yb_petition_message(&rows[i], is_operator, call->arena);
    reply->before = found == limit ? rows[found - 1].petition_id : 0;
    call->reply = &reply->base;
    return YB_OK;
}

YB_DRG_HANDLER(yb_list_petitions_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = list_one(worker, calls[i]);
    return err;
}

/* Without a plan there is no limit to tell. */
static yb_err_t add_room(yb_worker_t *worker, const yb_petition_t *q, Yibao__Drg__GetPetitionReply *reply)
{
    yb_month_key_t key = { q->poolarea, q->setl_ym };
    yb_month_t *months = NULL, none = { .state = YB_MONTH_OPEN };
    size_t count = 0;
    yb_special_room_t room;
    yb_refusal_t why = { .code = YB_OK };
    yb_err_t err = yb_month_load(yb_worker_db(worker), &key, 1, yb_worker_arena(worker), &months, &count);
    if (err != YB_OK)
        return err;
    err = yb_special_room(worker, q, count > 0 ? &months[0] : &none, &room, &why);
    if (err != YB_OK)
        return why.code != YB_OK ? YB_OK : err;
    reply->special_max = room.max;
    reply->special_granted = room.granted;
    reply->special_of = room.of;
    return YB_OK;
}

static yb_err_t get_one(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__GetPetitionRequest *req = (const Yibao__Drg__GetPetitionRequest *)call->body;
    const bool is_operator = yb_caller_is_operator(call);
    yb_petition_t q;
    yb_err_t err = yb_petition_load(yb_worker_db(worker), req->petition_id, false, call->arena, &q);
    if (err == YB_E_NOT_FOUND)
        yb_call_refuse(call, YB_E_PETITION_UNKNOWN, "data.appy_id", "未查询到该申请，请核对申请编号");
    else if (err == YB_OK && !is_operator && strcmp(q.fixmedins_code, call->env->caller->fixmedins_code) != 0)
        yb_call_refuse(call, YB_E_NOT_YOURS, "data.appy_id", "该申请不是本机构的申请");
    if (err != YB_OK || yb_call_refused(call))
        return yb_call_refused(call) ? YB_OK : err;
    Yibao__Drg__GetPetitionReply *reply = YB_NEW(call->arena, Yibao__Drg__GetPetitionReply);
    yibao__drg__get_petition_reply__init(reply);
    reply->petition = yb_petition_message(&q, is_operator, call->arena);
    if (is_operator)
        err = yb_trail_messages(worker, q.poolarea, YB_TRAIL_PETITION, q.petition_id, call->arena,
                                &reply->petition->trail, &reply->petition->n_trail);
    if (err == YB_OK && q.kind == YB_PETITION_SPECIAL)
        err = add_room(worker, &q, reply);
    call->reply = &reply->base;
    return err;
}

YB_DRG_HANDLER(yb_get_petition_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = get_one(worker, calls[i]);
    return err;
}
