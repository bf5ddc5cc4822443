/* 2402: the stay ends; the day it ends decides policy, cover and the accumulators' year. */
#include <string.h>
#include "handlers.h"
#include "services/settlement/store/accumulator.h"
#include "services/settlement/store/line.h"
#include "services/settlement/store/visit.h"
#include "standing.h"

#define NODE "dscginfo"

typedef Yibao__Settlement__DischargeRequest request_t;

static const request_t *request_of(const yb_call_t *call)
{
    return (const request_t *)call->body;
}

yb_err_t yb_discharge_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    (void)worker;
    for (size_t i = 0; i < count; i++)
        yb_time_admit(calls[i], request_of(calls[i])->endtime, NODE, "endtime");
    return YB_OK;
}

static bool agrees(yb_call_t *call, const yb_visit_t *visit, const yb_line_span_t *span)
{
    const request_t *request = request_of(call);
    char text[YB_TIME_TEXT];
    if (request->insutype[0] != '\0' && strcmp(request->insutype, visit->insutype) != 0)
        yb_call_refuse(call, YB_E_FIELD_RANGE, NODE ".insutype", "险种类型与入院登记的%s不一致，请核对insutype",
                       visit->insutype);
    if (request->endtime < visit->begntime)
        yb_call_refuse(call, YB_E_FIELD_RANGE, NODE ".endtime", "出院时间早于入院时间%s，请核对endtime",
                       yb_time_format(visit->begntime, text));
    if (span && yb_time_day(span->last) > yb_time_day(request->endtime))
        yb_call_refuse(call, YB_E_FIELD_RANGE, NODE ".endtime",
                       "出院日期早于费用明细的发生日期%s，请核对endtime或撤销该明细(2302)",
                       yb_day_format(yb_time_day(span->last), text));
    return !yb_call_refused(call);
}

static void apply(yb_call_t *call, yb_visit_t *visit)
{
    const request_t *request = request_of(call);
    visit->endtime = request->endtime;
    visit->dscg_way = request->dscg_way;
    if (request->dise_codg[0] != '\0') {
        visit->dise_codg = request->dise_codg;
        visit->dise_name = request->dise_name;
    }
    visit->opter = call->env->caller->opter;
    visit->later_detail = request->detail;
    Yibao__Settlement__DischargeReply *reply = YB_NEW(call->arena, Yibao__Settlement__DischargeReply);
    yibao__settlement__discharge_reply__init(reply);
    call->reply = &reply->base;
}

typedef struct write {
    const yb_visit_t **visits;
    yb_diagnoses_t *diagnoses;
    yb_acc_key_t *accumulators;
    size_t count;
} write_t;

static yb_err_t put(yb_worker_t *worker, const write_t *w)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_err_t err = yb_visit_put(db, w->visits, w->count, yb_worker_now_us(worker), arena);
    if (err == YB_OK)
        err = yb_open_stay_delete(db, w->visits, w->count, arena);
    if (err == YB_OK)
        err = yb_diagnoses_put(db, w->diagnoses, w->count, arena);
    return err != YB_OK ? err : yb_accumulator_ensure_many(db, w->accumulators, w->count, arena);
}

yb_err_t yb_discharge_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = request_of(calls[i])->mdtrt_id;
    yb_visit_t **of;
    yb_line_span_t *spans;
    size_t span_count;
    yb_err_t err = yb_visits_of(worker, ids, count, true, &of);
    if (err == YB_OK)
        err = yb_line_load_spans(yb_worker_db(worker), ids, count, arena, &spans, &span_count);
    if (err != YB_OK)
        return err;
    write_t w = { .visits = YB_NEW_ARRAY(arena, const yb_visit_t *, count),
                  .diagnoses = YB_NEW_ARRAY(arena, yb_diagnoses_t, count),
                  .accumulators = YB_NEW_ARRAY(arena, yb_acc_key_t, count) };
    for (size_t i = 0; i < count; i++) {
        const request_t *request = request_of(calls[i]);
        if (!yb_visit_admit(calls[i], of[i], request->psn_no, NODE) ||
            !yb_visit_step(calls[i], of[i], YB_ACT_DISCHARGE, NODE) ||
            !agrees(calls[i], of[i], yb_line_span_find(spans, span_count, ids[i])))
            continue;
        apply(calls[i], of[i]);
        w.diagnoses[w.count] = (yb_diagnoses_t){ of[i]->mdtrt_id, of[i]->poolarea, YB_PHASE_DISCHARGE,
                                                 request->diagnoses, request->n_diagnoses, true };
        w.accumulators[w.count] = (yb_acc_key_t){ of[i]->psn_no, of[i]->insutype,
                                                  yb_day_year(yb_time_day(of[i]->endtime)), "", of[i]->poolarea };
        w.visits[w.count++] = of[i];
    }
    return put(worker, &w);
}
