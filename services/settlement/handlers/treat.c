/* 2203, 2203A: what kind of outpatient care it is, and for which disease. */
#include <string.h>
#include "handlers.h"
#include "services/settlement/store/accumulator.h"
#include "services/settlement/store/line.h"
#include "services/settlement/store/visit.h"
#include "standing.h"

#define NODE "mdtrtinfo"

typedef Yibao__Settlement__TreatRequest request_t;

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
    if (!yb_visit_admit(call, visit, request->psn_no, NODE))
        return;
    if (yb_visit_next(visit->state, YB_ACT_TREAT, NODE ".mdtrt_id", NULL, &call->refusal) != YB_OK)
        return;
    if (!yb_time_admit(call, request->begntime, NODE, "begntime") ||
        !yb_med_type_admit(call, request->med_type, false, NODE))
        return;
    if (strcmp(request->med_type, "14") == 0 && request->dise_codg[0] == '\0')
        yb_call_refuse(call, YB_E_FIELD_MISSING, NODE ".dise_codg", "门诊慢特病(14)必须填写病种编码dise_codg");
}

yb_err_t yb_treat_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count)
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
                                   .day = yb_time_day(request->begntime),
                                   .dise_codg = strcmp(request->med_type, "14") == 0 ? request->dise_codg : "" };
    }
    err = yb_standing_check(worker, calls, asks, count);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        calls[i]->state = &asks[i];
    return YB_OK;
}

/* What the kind of care and its day may not contradict: settlements made, lines uploaded, the cover registered with. */
static bool agrees(yb_call_t *call, const yb_visit_t *visit, yb_fee_batch_t *batches, size_t batch_count,
                   const yb_line_span_t *span)
{
    const request_t *request = request_of(call);
    const yb_standing_t *standing = call->state;
    for (size_t b = 0; b < batch_count; b++)
        if (batches[b].mdtrt_id == visit->mdtrt_id && batches[b].setl_id != 0)
            yb_call_refuse(call, YB_E_ALREADY_SETTLED, NODE ".mdtrt_id",
                           "该就诊已有结算%lld，请先撤销结算(2208)再修改就诊信息", (long long)batches[b].setl_id);
    if (yb_time_day(request->begntime) < yb_time_day(visit->begntime) && visit->state == YB_VISIT_REGISTERED)
        yb_call_refuse(call, YB_E_FIELD_RANGE, NODE ".begntime", "就诊时间早于挂号日期，请核对begntime");
    if (span && yb_time_day(span->first) < yb_time_day(request->begntime))
        yb_call_refuse(call, YB_E_FIELD_RANGE, NODE ".begntime",
                       "就诊时间晚于已上传费用明细的发生日期，请核对begntime");
    if (standing->poolarea != visit->poolarea)
        yb_call_refuse(call, YB_E_UNSUPPORTED, NODE ".begntime",
                       "就诊当日参保地%s与挂号时不在同一统筹区，请撤销挂号(2202)后重新登记",
                       standing->cover->insuplc_admdvs);
    return !yb_call_refused(call);
}

static void apply(yb_call_t *call, yb_visit_t *visit)
{
    const request_t *request = request_of(call);
    visit->med_type = request->med_type;
    visit->begntime = request->begntime;
    visit->dise_codg = request->dise_codg;
    visit->dise_name = request->dise_name;
    visit->opter = call->env->caller->opter;
    visit->later_detail = request->detail;
    Yibao__Settlement__TreatReply *reply = YB_NEW(call->arena, Yibao__Settlement__TreatReply);
    yibao__settlement__treat_reply__init(reply);
    call->reply = &reply->base;
}

yb_err_t yb_treat_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_db_t *db = yb_worker_db(worker);
    int64_t *ids = ids_of(worker, calls, count);
    yb_visit_t **of;
    yb_fee_batch_t *batches;
    yb_line_span_t *spans;
    size_t batch_count, span_count, n = 0;
    yb_err_t err = yb_visits_of(worker, ids, count, true, &of);
    if (err == YB_OK)
        err = yb_batch_load(db, ids, count, arena, &batches, &batch_count);
    if (err == YB_OK)
        err = yb_line_load_spans(db, ids, count, arena, &spans, &span_count);
    if (err != YB_OK)
        return err;
    const yb_visit_t **changed = YB_NEW_ARRAY(arena, const yb_visit_t *, count);
    yb_diagnoses_t *diagnoses = YB_NEW_ARRAY(arena, yb_diagnoses_t, count);
    yb_acc_key_t *accumulators = YB_NEW_ARRAY(arena, yb_acc_key_t, count);
    for (size_t i = 0; i < count; i++) {
        const request_t *request = request_of(calls[i]);
        if (!yb_visit_admit(calls[i], of[i], request->psn_no, NODE) ||
            !agrees(calls[i], of[i], batches, batch_count, yb_line_span_find(spans, span_count, ids[i])) ||
            !yb_visit_step(calls[i], of[i], YB_ACT_TREAT, NODE))
            continue;
        apply(calls[i], of[i]);
        diagnoses[n] = (yb_diagnoses_t){ of[i]->mdtrt_id, of[i]->poolarea, YB_PHASE_BEGIN, request->diagnoses,
                                         request->n_diagnoses, true };
        accumulators[n] = (yb_acc_key_t){ of[i]->psn_no, of[i]->insutype, yb_day_year(yb_time_day(of[i]->begntime)),
                                          strcmp(of[i]->med_type, "14") == 0 ? of[i]->dise_codg : "",
                                          of[i]->poolarea };
        changed[n++] = of[i];
    }
    err = yb_visit_put(db, changed, n, yb_worker_now_us(worker), arena);
    if (err == YB_OK)
        err = yb_diagnoses_put(db, diagnoses, n, arena);
    return err != YB_OK ? err : yb_accumulator_ensure_many(db, accumulators, n, arena);
}
