/* 2201 and 2401: a visit begins. */
#include <string.h>
#include "handlers.h"
#include "services/settlement/store/accumulator.h"
#include "services/settlement/store/line.h"
#include "services/settlement/store/visit.h"
#include "standing.h"

typedef Yibao__Settlement__RegisterRequest request_t;

static const request_t *request_of(const yb_call_t *call)
{
    return (const request_t *)call->body;
}

static const char *node_of(const request_t *request)
{
    return request->inpatient ? "mdtrtinfo" : "data";
}

/* What can be said without asking anybody. */
static bool check(yb_call_t *call, const request_t *request)
{
    const char *node = node_of(request);
    yb_time_admit(call, request->begntime, node, "begntime");
    yb_insutype_admit(call, request->insutype, node);
    if (request->inpatient || request->med_type[0] != '\0')
        yb_med_type_admit(call, request->med_type, request->inpatient, node);
    if (strcmp(request->mdtrt_cert_type, "01") == 0)
        yb_call_refuse(call, YB_E_UNSUPPORTED, yb_field(call, node, "mdtrt_cert_type"),
                       "暂不支持医保电子凭证令牌(01)，请使用居民身份证(02)");
    return !yb_call_refused(call);
}

yb_err_t yb_register_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_standing_t *asks = YB_NEW_ARRAY(yb_worker_arena(worker), yb_standing_t, count);
    for (size_t i = 0; i < count; i++) {
        const request_t *request = request_of(calls[i]);
        if (!check(calls[i], request))
            continue;
        asks[i] = (yb_standing_t){
            .node = node_of(request), .psn_no = request->psn_no, .insutype = request->insutype,
            .fixmedins_code = yb_institution_of(calls[i]), .mdtrt_cert_type = request->mdtrt_cert_type,
            .mdtrt_cert_no = request->mdtrt_cert_no, .day = yb_time_day(request->begntime),
            .dise_codg = strcmp(request->med_type, "14") == 0 ? request->dise_codg : "",
        };
    }
    yb_err_t err = yb_standing_check(worker, calls, asks, count);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        calls[i]->state = &asks[i];
    return YB_OK;
}

static yb_visit_t *visit_of(yb_worker_t *worker, const yb_call_t *call)
{
    const request_t *request = request_of(call);
    const yb_standing_t *standing = call->state;
    yb_visit_t *visit = YB_NEW(yb_worker_arena(worker), yb_visit_t);
    *visit = (yb_visit_t){
        .mdtrt_id = yb_worker_id(worker), .poolarea = standing->poolarea,
        .insuplc_admdvs = standing->cover->insuplc_admdvs, .mdtrtarea_admvs = standing->institution->admdvs,
        .fixmedins_code = yb_institution_of(call), .psn_no = request->psn_no, .insutype = request->insutype,
        .med_type = request->med_type, .inpatient = request->inpatient,
        .state = request->inpatient ? YB_VISIT_ADMITTED : YB_VISIT_REGISTERED, .begntime = request->begntime,
        .dise_codg = request->dise_codg, .dise_name = request->dise_name, .ipt_otp_no = request->ipt_otp_no,
        .mdtrt_cert_type = request->mdtrt_cert_type, .dscg_way = "", .opter = call->env->caller->opter,
        .batch_count = request->inpatient ? 1 : 0, .detail = request->detail,
    };
    return visit;
}

/* A person has one open stay at most. */
static yb_err_t refuse_open(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    const char **persons = YB_NEW_ARRAY(yb_worker_arena(worker), const char *, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (request_of(calls[i])->inpatient)
            persons[n++] = request_of(calls[i])->psn_no;
    yb_open_stay_t *open;
    size_t found;
    yb_err_t err = yb_open_stay_lock(yb_worker_db(worker), persons, n, yb_worker_arena(worker), &open, &found);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; request_of(calls[i])->inpatient && k < found; k++)
            if (strcmp(open[k].psn_no, request_of(calls[i])->psn_no) == 0)
                yb_call_refuse(calls[i], YB_E_VISIT_OPEN, "mdtrtinfo.psn_no",
                               "该人员已有未出院的住院登记：就诊ID %lld，机构%s，请先办理出院(2402)或撤销入院(2404)",
                               (long long)open[k].mdtrt_id, open[k].fixmedins_code);
    return YB_OK;
}

typedef struct write {
    const yb_visit_t **visits, **stays;
    size_t visit_count, stay_count;
    yb_fee_batch_t *batches;             /* one for each stay */
    yb_diagnoses_t *diagnoses;
    yb_acc_key_t *accumulators;
} write_t;

static void add(yb_worker_t *worker, yb_call_t *call, write_t *w)
{
    const request_t *request = request_of(call);
    yb_visit_t *visit = visit_of(worker, call);
    if (visit->inpatient) {
        w->batches[w->stay_count] = (yb_fee_batch_t){ visit->mdtrt_id, 1, visit->poolarea, "", 0 };
        w->stays[w->stay_count++] = visit;
    }
    w->diagnoses[w->visit_count] = (yb_diagnoses_t){ visit->mdtrt_id, visit->poolarea, YB_PHASE_BEGIN,
                                                     request->diagnoses, request->n_diagnoses, false };
    w->accumulators[w->visit_count] = (yb_acc_key_t){ visit->psn_no, visit->insutype,
                                                      yb_day_year(yb_time_day(visit->begntime)), "", visit->poolarea };
    w->visits[w->visit_count++] = visit;
    Yibao__Settlement__RegisterReply *reply = YB_NEW(call->arena, Yibao__Settlement__RegisterReply);
    yibao__settlement__register_reply__init(reply);
    reply->mdtrt_id = visit->mdtrt_id;
    reply->psn_no = request->psn_no;
    reply->ipt_otp_no = request->ipt_otp_no;
    call->reply = &reply->base;
}

static yb_err_t put(yb_worker_t *worker, const write_t *w)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_err_t err = yb_open_stay_insert(db, w->stays, w->stay_count, arena);
    if (err == YB_E_DB_DUPLICATE)
        return YB_E_DB_CONFLICT;         /* admitted elsewhere meanwhile: look again, alone */
    if (err == YB_OK)
        err = yb_visit_insert(db, w->visits, w->visit_count, yb_worker_now_us(worker), arena);
    if (err == YB_OK)
        err = yb_batch_insert(db, w->batches, w->stay_count, arena);
    if (err == YB_OK)
        err = yb_diagnoses_put(db, w->diagnoses, w->visit_count, arena);
    if (err == YB_OK)
        err = yb_accumulator_ensure_many(db, w->accumulators, w->visit_count, arena);
    return err;
}

yb_err_t yb_register_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_err_t err = refuse_open(worker, calls, count);
    if (err != YB_OK)
        return err;
    write_t w = {
        .visits = YB_NEW_ARRAY(arena, const yb_visit_t *, count),
        .stays = YB_NEW_ARRAY(arena, const yb_visit_t *, count),
        .batches = YB_NEW_ARRAY(arena, yb_fee_batch_t, count),
        .diagnoses = YB_NEW_ARRAY(arena, yb_diagnoses_t, count),
        .accumulators = YB_NEW_ARRAY(arena, yb_acc_key_t, count),
    };
    for (size_t i = 0; i < count; i++)
        if (!yb_call_refused(calls[i]))
            add(worker, calls[i], &w);
    return put(worker, &w);
}
