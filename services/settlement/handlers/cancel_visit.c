/* 2202, 2404, 2405: a registration, an admission, a discharge is taken back. */
#include <string.h>
#include "handlers.h"
#include "services/settlement/store/line.h"
#include "services/settlement/store/visit.h"
#include "standing.h"

#define NODE "data"

typedef Yibao__Settlement__CancelVisitRequest request_t;

static const request_t *request_of(const yb_call_t *call)
{
    return (const request_t *)call->body;
}

/* What the checks of a batch read, once. */
typedef struct found {
    yb_visit_t **of;
    yb_fee_batch_t *batches;
    size_t batch_count;
    yb_line_ref_t *lines;
    size_t line_count;
    yb_open_stay_t *open;
    size_t open_count;
} found_t;

static yb_err_t look(yb_worker_t *worker, yb_call_t **calls, size_t count, found_t *f)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_db_t *db = yb_worker_db(worker);
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = request_of(calls[i])->mdtrt_id;
    yb_err_t err = yb_visits_of(worker, ids, count, true, &f->of);
    if (err == YB_OK)
        err = yb_batch_load(db, ids, count, arena, &f->batches, &f->batch_count);
    if (err == YB_OK)
        err = yb_line_load_refs(db, ids, count, arena, &f->lines, &f->line_count);
    if (err != YB_OK)
        return err;
    const char **persons = YB_NEW_ARRAY(arena, const char *, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        if (f->of[i] && request_of(calls[i])->what == YIBAO__SETTLEMENT__VISIT_CANCEL__CANCEL_DISCHARGE)
            persons[n++] = f->of[i]->psn_no;
    return yb_open_stay_lock(db, persons, n, arena, &f->open, &f->open_count);
}

/* 2202: only while no settlement stands. */
static void check_registration(yb_call_t *call, const yb_visit_t *visit, const found_t *f)
{
    const char *no = request_of(call)->ipt_otp_no;
    for (size_t b = 0; b < f->batch_count; b++)
        if (f->batches[b].mdtrt_id == visit->mdtrt_id && f->batches[b].setl_id != 0)
            yb_call_refuse(call, YB_E_ALREADY_SETTLED, NODE ".mdtrt_id",
                           "该就诊已有结算%lld，不能撤销挂号，请先撤销结算(2208)", (long long)f->batches[b].setl_id);
    if (no[0] != '\0' && strcmp(no, visit->ipt_otp_no) != 0)
        yb_call_refuse(call, YB_E_FIELD_RANGE, NODE ".ipt_otp_no", "门诊号与挂号登记的不一致，请核对ipt_otp_no");
}

/* 2404: only without lines. */
static void check_admission(yb_call_t *call, const yb_visit_t *visit, const found_t *f)
{
    size_t lines = 0;
    for (size_t l = 0; l < f->line_count; l++)
        lines += f->lines[l].mdtrt_id == visit->mdtrt_id;
    if (lines > 0)
        yb_call_refuse(call, YB_E_VISIT_STATE, NODE ".mdtrt_id",
                       "该就诊尚有%zu条未撤销的费用明细，不能撤销入院，请先撤销明细(2302)", lines);
}

/* 2405: the stay is open again, so no other may be. */
static void check_discharge(yb_call_t *call, const yb_visit_t *visit, const found_t *f)
{
    for (size_t k = 0; k < f->open_count; k++)
        if (strcmp(f->open[k].psn_no, visit->psn_no) == 0)
            yb_call_refuse(call, YB_E_VISIT_OPEN, NODE ".psn_no",
                           "该人员已有未出院的住院登记：就诊ID %lld，机构%s，不能撤销出院",
                           (long long)f->open[k].mdtrt_id, f->open[k].fixmedins_code);
}

static const struct {
    yb_visit_action_t action;
    void (*check)(yb_call_t *call, const yb_visit_t *visit, const found_t *f);
} kinds[] = {
    [YIBAO__SETTLEMENT__VISIT_CANCEL__CANCEL_REGISTRATION] = { YB_ACT_CANCEL_REGISTRATION, check_registration },
    [YIBAO__SETTLEMENT__VISIT_CANCEL__CANCEL_ADMISSION] = { YB_ACT_CANCEL_ADMISSION, check_admission },
    [YIBAO__SETTLEMENT__VISIT_CANCEL__CANCEL_DISCHARGE] = { YB_ACT_CANCEL_DISCHARGE, check_discharge },
};

static bool admit(yb_call_t *call, yb_visit_t *visit, const found_t *f)
{
    const request_t *request = request_of(call);
    size_t what = (size_t)request->what;
    if (what >= sizeof(kinds) / sizeof(kinds[0]) || !kinds[what].check) {
        yb_call_refuse(call, YB_E_MALFORMED, "what", NULL);
        return false;
    }
    if (!yb_visit_admit(call, visit, request->psn_no, NODE) || !yb_visit_step(call, visit, kinds[what].action, NODE))
        return false;
    kinds[what].check(call, visit, f);
    return !yb_call_refused(call);
}

typedef struct write {
    const yb_visit_t **visits, **opened, **closed;
    size_t visit_count, opened_count, closed_count;
    const yb_line_ref_t **lines;         /* of cancelled registrations */
    size_t line_count;
    yb_diagnoses_t *diagnoses;           /* of cancelled discharges: none are left */
} write_t;

static void add(yb_call_t *call, yb_visit_t *visit, const found_t *f, write_t *w)
{
    w->visits[w->visit_count++] = visit;
    visit->opter = call->env->caller->opter;
    switch (request_of(call)->what) {
    case YIBAO__SETTLEMENT__VISIT_CANCEL__CANCEL_REGISTRATION:
        for (size_t l = 0; l < f->line_count; l++)
            if (f->lines[l].mdtrt_id == visit->mdtrt_id)
                w->lines[w->line_count++] = &f->lines[l];
        break;
    case YIBAO__SETTLEMENT__VISIT_CANCEL__CANCEL_ADMISSION:
        w->closed[w->closed_count++] = visit;
        break;
    default:
        visit->endtime = 0;
        visit->dscg_way = "";
        visit->later_detail = "";
        w->diagnoses[w->opened_count] = (yb_diagnoses_t){ .mdtrt_id = visit->mdtrt_id, .poolarea = visit->poolarea,
                                                          .phase = YB_PHASE_DISCHARGE, .replace = true };
        w->opened[w->opened_count++] = visit;
    }
    Yibao__Settlement__CancelVisitReply *reply = YB_NEW(call->arena, Yibao__Settlement__CancelVisitReply);
    yibao__settlement__cancel_visit_reply__init(reply);
    call->reply = &reply->base;
}

static yb_err_t put(yb_worker_t *worker, const write_t *w)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_err_t err = yb_visit_put(db, w->visits, w->visit_count, yb_worker_now_us(worker), arena);
    if (err == YB_OK)
        err = yb_line_cancel(db, w->lines, w->line_count, arena);
    if (err == YB_OK)
        err = yb_open_stay_delete(db, w->closed, w->closed_count, arena);
    if (err == YB_OK)
        err = yb_open_stay_insert(db, w->opened, w->opened_count, arena);
    if (err == YB_E_DB_DUPLICATE)
        return YB_E_DB_CONFLICT;         /* admitted elsewhere meanwhile: look again, alone */
    return err != YB_OK ? err : yb_diagnoses_put(db, w->diagnoses, w->opened_count, arena);
}

yb_err_t yb_cancel_visit_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    found_t f;
    yb_err_t err = look(worker, calls, count, &f);
    if (err != YB_OK)
        return err;
    write_t w = { .visits = YB_NEW_ARRAY(arena, const yb_visit_t *, count),
                  .opened = YB_NEW_ARRAY(arena, const yb_visit_t *, count),
                  .closed = YB_NEW_ARRAY(arena, const yb_visit_t *, count),
                  .lines = YB_NEW_ARRAY(arena, const yb_line_ref_t *, f.line_count + 1),
                  .diagnoses = YB_NEW_ARRAY(arena, yb_diagnoses_t, count) };
    for (size_t i = 0; i < count; i++)
        if (admit(calls[i], f.of[i], &f))
            add(calls[i], f.of[i], &f, &w);
    return put(worker, &w);
}
