/* DecidePetition and SecondPetition: what the first person says, and what the second one makes of it. Locks are taken
 * in the order of an upload: the settlement, (the petition,) the list, the month. A special case is counted with the
 * month locked for update: two decisions at once see each other. */
#include <inttypes.h>
#include <string.h>

#include "services/drg/handlers/petition.h"
#include "services/drg/store/change.h"

/* A petition and its settlement, locked. */
typedef struct desk {
    yb_petition_t q;
    const yb_copy_t *copy;
} desk_t;

static yb_err_t lay_out(yb_worker_t *worker, yb_call_t *call, int64_t petition_id, desk_t *desk)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_copy_t *copies = NULL;
    size_t found = 0;
    yb_err_t err = yb_petition_load(db, petition_id, false, arena, &desk->q);
    if (err == YB_E_NOT_FOUND) {
        yb_call_refuse(call, YB_E_PETITION_UNKNOWN, "petition_id", "未查询到该申请，请核对申请编号");
        return YB_OK;
    }
    if (err == YB_OK)
        err = yb_copy_load(db, &desk->q.setl_id, 1, true, arena, &copies, &found);
    if (err == YB_OK)
        err = yb_petition_load(db, petition_id, true, arena, &desk->q);
    if (err == YB_OK && found != 1)
        err = YB_E_INTERNAL; /* what a petition is for does not go away */
    desk->copy = copies;
    return err;
}

static void refuse_state(yb_call_t *call, const yb_petition_t *q)
{
    if (q->state == YB_PETITION_PROPOSED)
        yb_call_refuse(call, YB_E_PETITION_STATE, "petition_id", "该申请已由%s提出意见，待另一人复核(second)",
                       q->proposed_by);
    else if (q->state == YB_PETITION_FILED)
        yb_call_refuse(call, YB_E_PETITION_STATE, "petition_id", "该申请尚无意见可复核，请先提出意见(decide)");
    else
        yb_call_refuse(call, YB_E_PETITION_STATE, "petition_id", "该申请已办结：%s", yb_petition_state_zh(q->state));
}

static bool check_stands(yb_call_t *call, const desk_t *desk)
{
    if (desk->copy->reversed_by != 0)
        yb_call_refuse(call, YB_E_ALREADY_REVERSED, "petition_id", "该次结算已撤销，不能同意，只能答复不同意");
    return !yb_call_refused(call);
}

static void refuse_share(yb_call_t *call, const yb_special_room_t *room)
{
    if (room->granted >= room->max)
        yb_call_refuse(call, YB_E_PETITION_SHARE, "petition_id",
                       "该机构该月%" PRId64 "例按病组付费，按比例最多%" PRId64 "例特例单议，已同意%" PRId64 "例",
                       room->of, room->max, room->granted);
}

/* ---- the first person ---- */

static bool check_decision(yb_call_t *call, const Yibao__Drg__DecidePetitionRequest *req, const yb_petition_t *q)
{
    if (!req->grants && (req->remedy != 0 || req->drg[0] != '\0' || req->list_days != 0)) {
        yb_call_refuse(call, YB_E_FIELD_RANGE, "remedy", "不同意时没有处理方式");
        return false;
    }
    if (!req->grants || req->answer[0] != '\0')
        if (yb_petition_text_check(req->answer, "answer", &call->refusal) != YB_OK)
            return false;
    if (!req->grants)
        return true;
    if (req->remedy < 0 || req->remedy >= YB_REMEDY_COUNT)
        yb_call_refuse(call, YB_E_FIELD_DICT, "remedy", "处理方式应为0无、1、2、3之一");
    else if (yb_petition_remedy_check((yb_petition_kind_t)q->kind, (yb_remedy_t)req->remedy, req->drg, "remedy", "drg",
                                      &call->refusal) == YB_OK &&
             (req->remedy == YB_REMEDY_LIST ? req->list_days < 1 || req->list_days > YB_PETITION_LIST_DAYS_MAX
                                            : req->list_days != 0))
        yb_call_refuse(call, YB_E_FIELD_RANGE, "list_days", "允许补传清单须写明天数（1至%d），其他处理方式不写",
                       YB_PETITION_LIST_DAYS_MAX);
    return !yb_call_refused(call);
}

/* What stands in the way of granting is told to the first person already. */
static yb_err_t check_grant(yb_worker_t *worker, yb_call_t *call, const Yibao__Drg__DecidePetitionRequest *req,
                            const desk_t *desk)
{
    yb_month_key_t key = { desk->q.poolarea, desk->q.setl_ym };
    yb_month_t *months = NULL;
    size_t count = 0;
    yb_special_room_t room;
    if (!check_stands(call, desk))
        return YB_OK;
    if (req->remedy == YB_REMEDY_GROUP)
        return yb_group_known(worker, desk->copy, req->drg, "drg", &call->refusal);
    if (req->remedy != YB_REMEDY_SPECIAL)
        return YB_OK;
    yb_err_t err = yb_month_share(yb_worker_db(worker), &key, 1, yb_worker_arena(worker), &months, &count);
    if (err == YB_OK)
        err = yb_special_room(worker, &desk->q, &months[0], &room, &call->refusal);
    if (err == YB_OK)
        refuse_share(call, &room);
    return err;
}

static yb_err_t reply_decided(yb_call_t *call, const yb_petition_t *q)
{
    Yibao__Drg__DecidePetitionReply *reply = YB_NEW(call->arena, Yibao__Drg__DecidePetitionReply);
    yibao__drg__decide_petition_reply__init(reply);
    reply->petition = yb_petition_message(q, true, call->arena);
    call->reply = &reply->base;
    return YB_OK;
}

static const char *decision_text(const yb_petition_t *q, yb_arena_t *arena)
{
    const char *detail = q->remedy == YB_REMEDY_GROUP  ? yb_arena_printf(arena, " %s", q->drg)
                         : q->remedy == YB_REMEDY_LIST ? yb_arena_printf(arena, " %d天", q->list_days)
                                                       : "";
    return yb_arena_printf(arena, "%s%s%s%s%s", q->grants ? "同意：" : "不同意",
                           q->grants ? yb_remedy_zh(q->remedy) : "", q->grants ? detail : "",
                           q->answer[0] != '\0' ? "；" : "", q->answer);
}

static yb_err_t decide(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__DecidePetitionRequest *req = (const Yibao__Drg__DecidePetitionRequest *)call->body;
    const char *who = call->env->caller->opter;
    yb_arena_t *arena = yb_worker_arena(worker);
    desk_t desk = { .copy = NULL };
    yb_err_t err = yb_operator_admit(call) ? lay_out(worker, call, req->petition_id, &desk) : YB_OK;
    if (err != YB_OK || yb_call_refused(call))
        return err;
    yb_petition_t *q = &desk.q;
    if (q->state != YB_PETITION_FILED)
        refuse_state(call, q);
    else if (check_decision(call, req, q) && req->grants)
        err = check_grant(worker, call, req, &desk);
    if (yb_call_refused(call) || err != YB_OK)
        return yb_call_refused(call) ? YB_OK : err;
    q->grants = req->grants;
    q->remedy = req->remedy;
    q->drg = req->drg;
    q->list_days = req->list_days;
    q->answer = req->answer;
    q->proposed_by = who;
    q->proposed_us = yb_worker_now_us(worker);
    q->state = YB_PETITION_PROPOSED;
    if (!yb_petition_needs_second((yb_petition_kind_t)q->kind, q->grants)) {
        q->state = YB_PETITION_REFUSED;
        q->decided_by = who;
        q->decided_us = q->proposed_us;
    }
    err = yb_petition_update(yb_worker_db(worker), q, arena);
    if (err == YB_OK)
        err = yb_petition_trail(worker, q, who, q->state == YB_PETITION_REFUSED ? "refused" : "proposed",
                                decision_text(q, arena));
    return err != YB_OK ? err : reply_decided(call, q);
}

YB_DRG_HANDLER(yb_decide_petition_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = decide(worker, calls[i]);
    return err;
}

/* ---- the second person ---- */

/* How the case is paid from now on; after the release, through the next run. */
static yb_err_t rule(yb_worker_t *worker, const yb_petition_t *q, const yb_month_t *month)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    const yb_change_t change = { .change_id = yb_worker_id(worker),
                                 .setl_id = q->setl_id,
                                 .poolarea = q->poolarea,
                                 .cause = YB_CHANGE_RULING,
                                 .ref_id = q->petition_id,
                                 .made_us = yb_worker_now_us(worker) };
    yb_err_t err = yb_ruling_put(db, q, change.made_us, arena);
    return err != YB_OK || month->state != YB_MONTH_RELEASED ? err : yb_change_insert(db, &change, 1, arena);
}

static yb_err_t grant_special(yb_worker_t *worker, yb_call_t *call, const yb_petition_t *q)
{
    yb_month_t month;
    yb_special_room_t room;
    yb_err_t err = yb_month_lock(yb_worker_db(worker), q->poolarea, q->setl_ym, yb_worker_now_us(worker),
                                 yb_worker_arena(worker), &month);
    if (err == YB_OK)
        err = yb_special_room(worker, q, &month, &room, &call->refusal);
    if (err != YB_OK)
        return err;
    refuse_share(call, &room);
    return yb_call_refused(call) ? YB_OK : rule(worker, q, &month);
}

static yb_err_t grant_group(yb_worker_t *worker, const yb_petition_t *q)
{
    yb_month_key_t key = { q->poolarea, q->setl_ym };
    yb_month_t *months = NULL;
    size_t count = 0;
    yb_err_t err = yb_month_share(yb_worker_db(worker), &key, 1, yb_worker_arena(worker), &months, &count);
    return err != YB_OK ? err : rule(worker, q, &months[0]);
}

static yb_err_t grant(yb_worker_t *worker, yb_call_t *call, desk_t *desk)
{
    yb_petition_t *q = &desk->q;
    if (!check_stands(call, desk))
        return YB_OK;
    switch ((yb_remedy_t)q->remedy) {
    case YB_REMEDY_SPECIAL:
        return grant_special(worker, call, q);
    case YB_REMEDY_GROUP:
        return grant_group(worker, q);
    case YB_REMEDY_LIST:
        q->until_day = yb_day_add(yb_time_day(yb_worker_now(worker)), q->list_days);
        return yb_petition_reopen(yb_worker_db(worker), q->setl_id, q->until_day, yb_worker_arena(worker));
    default:
        return YB_OK;
    }
}

static void send_back(yb_petition_t *q)
{
    q->state = YB_PETITION_FILED;
    q->grants = false;
    q->remedy = YB_REMEDY_NONE;
    q->list_days = 0;
    q->drg = q->answer = q->proposed_by = "";
    q->proposed_us = 0;
}

static bool check_second(yb_call_t *call, const Yibao__Drg__SecondPetitionRequest *req, const yb_petition_t *q)
{
    if (q->state != YB_PETITION_PROPOSED)
        refuse_state(call, q);
    else if (strcmp(q->proposed_by, call->env->caller->opter) == 0)
        yb_call_refuse(call, YB_E_SECOND_PERSON, "opter", "意见由%s提出，须由另一人复核", q->proposed_by);
    else if (!req->confirms)
        return yb_petition_text_check(req->reason, "reason", &call->refusal) == YB_OK;
    return !yb_call_refused(call);
}

static yb_err_t write_second(yb_worker_t *worker, yb_call_t *call, const char *why, yb_petition_t *q)
{
    const char *who = call->env->caller->opter;
    const bool sent_back = q->state == YB_PETITION_FILED;
    const char *what = sent_back ? "sent back" : q->grants ? "granted" : "refused";
    yb_err_t err = yb_petition_update(yb_worker_db(worker), q, yb_worker_arena(worker));
    if (err == YB_OK && !sent_back)
        err = yb_petition_trail(worker, q, who, "seconded", "");
    if (err == YB_OK)
        err = yb_petition_trail(worker, q, who, what, sent_back ? why : decision_text(q, yb_worker_arena(worker)));
    if (err != YB_OK)
        return err;
    Yibao__Drg__SecondPetitionReply *reply = YB_NEW(call->arena, Yibao__Drg__SecondPetitionReply);
    yibao__drg__second_petition_reply__init(reply);
    reply->petition = yb_petition_message(q, true, call->arena);
    call->reply = &reply->base;
    return YB_OK;
}

static yb_err_t second(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__SecondPetitionRequest *req = (const Yibao__Drg__SecondPetitionRequest *)call->body;
    desk_t desk = { .copy = NULL };
    yb_err_t err = yb_operator_admit(call) ? lay_out(worker, call, req->petition_id, &desk) : YB_OK;
    if (err != YB_OK || yb_call_refused(call) || !check_second(call, req, &desk.q))
        return err;
    yb_petition_t *q = &desk.q;
    if (!req->confirms) {
        send_back(q);
        return write_second(worker, call, req->reason, q);
    }
    if (q->grants)
        err = grant(worker, call, &desk);
    if (yb_call_refused(call) || err != YB_OK)
        return yb_call_refused(call) ? YB_OK : err;
    q->state = q->grants ? YB_PETITION_GRANTED : YB_PETITION_REFUSED;
    q->decided_by = call->env->caller->opter;
    q->decided_us = yb_worker_now_us(worker);
    return write_second(worker, call, "", q);
}

YB_DRG_HANDLER(yb_second_petition_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = second(worker, calls[i]);
    return err;
}
