/* 2403: what was said at admission is corrected. */
#include <string.h>
#include "handlers.h"
#include "services/settlement/store/accumulator.h"
#include "services/settlement/store/line.h"
#include "services/settlement/store/visit.h"
#include "standing.h"

#define NODE "adminfo"

typedef Yibao__Settlement__ChangeVisitRequest request_t;

static const request_t *request_of(const yb_call_t *call)
{
    return (const request_t *)call->body;
}

static int64_t *ids_of(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    int64_t *ids = YB_NEW_ARRAY(yb_worker_arena(worker), int64_t, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = request_of(calls[i])->mdtrt_id;
    return ids;
}

static void check(yb_call_t *call, const request_t *request, const yb_visit_t *visit)
{
    if (!request->visit) {
        yb_call_refuse(call, YB_E_MALFORMED, NODE, NULL);
        return;
    }
    if (!yb_visit_admit(call, visit, request->visit->psn_no, NODE) ||
        yb_visit_next(visit->state, YB_ACT_CHANGE, NODE ".mdtrt_id", NULL, &call->refusal) != YB_OK)
        return;
    yb_time_admit(call, request->visit->begntime, NODE, "begntime");
    yb_med_type_admit(call, request->visit->med_type, true, NODE);
    if (request->endtime != 0)
        yb_time_admit(call, request->endtime, NODE, "endtime");
    if (request->visit->insutype[0] != '\0' && strcmp(request->visit->insutype, visit->insutype) != 0)
        yb_call_refuse(call, YB_E_FIELD_RANGE, NODE ".insutype",
                       "险种类型不能变更，如需更改请撤销入院(2404)后重新登记");
}

yb_err_t yb_change_visit_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_visit_t **of;
    yb_err_t err = yb_visits_of(worker, ids_of(worker, calls, count), count, false, &of);
    if (err != YB_OK)
        return err;
    yb_standing_t *asks = YB_NEW_ARRAY(yb_worker_arena(worker), yb_standing_t, count);
    for (size_t i = 0; i < count; i++) {
        const request_t *request = request_of(calls[i]);
        check(calls[i], request, of[i]);
        if (yb_call_refused(calls[i]))
            continue;
        asks[i] = (yb_standing_t){ .node = NODE, .psn_no = of[i]->psn_no, .insutype = of[i]->insutype,
                                   .day = yb_time_day(request->visit->begntime), .dise_codg = "" };
        if (request->visit->mdtrt_cert_no[0] != '\0') {
            asks[i].fixmedins_code = of[i]->fixmedins_code;
            asks[i].mdtrt_cert_type = request->visit->mdtrt_cert_type;
            asks[i].mdtrt_cert_no = request->visit->mdtrt_cert_no;
        }
    }
    err = yb_standing_check(worker, calls, asks, count);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        calls[i]->state = &asks[i];
    return YB_OK;
}

/* Dates in order: begins before it ends, no line before it begins or after it ends. */
static bool agrees(yb_call_t *call, const yb_visit_t *visit, const yb_line_span_t *span)
{
    const request_t *request = request_of(call);
    const yb_standing_t *standing = call->state;
    bool discharged = visit->state == YB_VISIT_DISCHARGED;
    yb_time_t endtime = request->endtime != 0 ? request->endtime : visit->endtime;
    if (endtime != 0 && endtime < request->visit->begntime)
        yb_call_refuse(call, YB_E_FIELD_RANGE, request->endtime != 0 ? NODE ".endtime" : NODE ".begntime",
                       "出院时间早于入院时间，请核对begntime和endtime");
    if (span && yb_time_day(span->first) < yb_time_day(request->visit->begntime))
        yb_call_refuse(call, YB_E_FIELD_RANGE, NODE ".begntime",
                       "入院日期晚于已上传费用明细的发生日期，请核对begntime");
    if (span && discharged && yb_time_day(span->last) > yb_time_day(endtime))
        yb_call_refuse(call, YB_E_FIELD_RANGE, NODE ".endtime", "出院日期早于已上传费用明细的发生日期，请核对endtime");
    if (standing->poolarea != visit->poolarea)
        yb_call_refuse(call, YB_E_UNSUPPORTED, NODE ".begntime",
                       "入院当日参保地%s与登记时不在同一统筹区，请撤销入院(2404)后重新登记",
                       standing->cover->insuplc_admdvs);
    return !yb_call_refused(call);
}

static void apply(yb_call_t *call, yb_visit_t *visit)
{
    const Yibao__Settlement__RegisterRequest *said = request_of(call)->visit;
    visit->begntime = said->begntime;
    if (visit->state == YB_VISIT_DISCHARGED && request_of(call)->endtime != 0)
        visit->endtime = request_of(call)->endtime;
    visit->med_type = said->med_type;
    visit->dise_codg = said->dise_codg;
    visit->dise_name = said->dise_name;
    if (said->ipt_otp_no[0] != '\0')
        visit->ipt_otp_no = said->ipt_otp_no;
    if (said->mdtrt_cert_type[0] != '\0')
        visit->mdtrt_cert_type = said->mdtrt_cert_type;
    visit->opter = call->env->caller->opter;
    visit->detail = said->detail[0] != '\0' ? said->detail : NULL;
    Yibao__Settlement__ChangeVisitReply *reply = YB_NEW(call->arena, Yibao__Settlement__ChangeVisitReply);
    yibao__settlement__change_visit_reply__init(reply);
    call->reply = &reply->base;
}

typedef struct write {
    const yb_visit_t **visits, **open;   /* open: the row of open_stay follows */
    yb_diagnoses_t *diagnoses;
    yb_acc_key_t *accumulators;
    size_t count, open_count;
} write_t;

static void add(yb_call_t *call, yb_visit_t *visit, write_t *w)
{
    const Yibao__Settlement__RegisterRequest *said = request_of(call)->visit;
    yb_time_t decides = visit->endtime != 0 ? visit->endtime : visit->begntime;
    w->diagnoses[w->count] = (yb_diagnoses_t){ visit->mdtrt_id, visit->poolarea, YB_PHASE_BEGIN, said->diagnoses,
                                               said->n_diagnoses, said->n_diagnoses > 0 };
    w->accumulators[w->count] = (yb_acc_key_t){ visit->psn_no, visit->insutype, yb_day_year(yb_time_day(decides)), "",
                                                visit->poolarea };
    if (visit->state == YB_VISIT_ADMITTED)
        w->open[w->open_count++] = visit;
    w->visits[w->count++] = visit;
}

static yb_err_t put(yb_worker_t *worker, const write_t *w)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_err_t err = yb_visit_put(db, w->visits, w->count, yb_worker_now_us(worker), arena);
    if (err == YB_OK)
        err = yb_open_stay_delete(db, w->open, w->open_count, arena);
    if (err == YB_OK)
        err = yb_open_stay_insert(db, w->open, w->open_count, arena);
    if (err == YB_OK)
        err = yb_diagnoses_put(db, w->diagnoses, w->count, arena);
    return err != YB_OK ? err : yb_accumulator_ensure_many(db, w->accumulators, w->count, arena);
}

yb_err_t yb_change_visit_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    int64_t *ids = ids_of(worker, calls, count);
    yb_visit_t **of;
    yb_line_span_t *spans;
    size_t span_count;
    yb_err_t err = yb_visits_of(worker, ids, count, true, &of);
    if (err == YB_OK)
        err = yb_line_load_spans(yb_worker_db(worker), ids, count, arena, &spans, &span_count);
    if (err != YB_OK)
        return err;
    write_t w = { .visits = YB_NEW_ARRAY(arena, const yb_visit_t *, count),
                  .open = YB_NEW_ARRAY(arena, const yb_visit_t *, count),
                  .diagnoses = YB_NEW_ARRAY(arena, yb_diagnoses_t, count),
                  .accumulators = YB_NEW_ARRAY(arena, yb_acc_key_t, count) };
    for (size_t i = 0; i < count; i++) {
        if (!yb_visit_admit(calls[i], of[i], request_of(calls[i])->visit->psn_no, NODE) ||
            !yb_visit_step(calls[i], of[i], YB_ACT_CHANGE, NODE) ||
            !agrees(calls[i], of[i], yb_line_span_find(spans, span_count, ids[i])))
            continue;
        apply(calls[i], of[i]);
        add(calls[i], of[i], &w);
    }
    return put(worker, &w);
}
