/* PreSettle (2206, 2303) and Settle (2207, 2304). Both compute through the same door (benefit.h); settling then writes.
 * A batch reads everything in a few queries, folds its members in order — two of one person see each other's
 * accumulators — and writes once. */
#include <inttypes.h>
#include <string.h>

#include "services/settlement/handlers/benefit.h"
#include "services/settlement/handlers/booking.h"
#include "services/settlement/handlers/handlers.h"
#include "services/settlement/handlers/setlinfo.h"
#include "services/settlement/handlers/standing.h"
#include "services/settlement/store/accumulator.h"

typedef Yibao__Settlement__SettleRequest request_t;

/* From prepare to run. */
typedef struct plan {
    yb_day_t day;                        /* decides policy, tags, cover and year */
    const char *dise_codg;               /* of a chronic visit, else "" */
    const Yibao__Types__Institution *institution;
    const Yibao__Enrollment__Entitlement *cover;
} plan_t;

/* What a batch works on in run. */
typedef struct desk {
    int64_t *ids;                        /* mdtrt_id of each call */
    yb_visit_t *visits; size_t visit_count;
    yb_fee_batch_t *batches; size_t batch_count;
    yb_raw_line_t *lines; size_t line_count;
    yb_acc_set_t accs;
} desk_t;

static const request_t *request_of(const yb_call_t *call) { return (const request_t *)call->body; }

static bool is_chronic(const char *med_type) { return strcmp(med_type, "14") == 0; }

/* ---- before the transaction ---- */

static bool request_fits(yb_call_t *call, const yb_visit_t *visit)
{
    const request_t *req = request_of(call);
    if (!yb_visit_admit(call, visit, req->psn_no, "data"))
        return false;
    yb_visit_t seen = *visit;            /* a settled stay is refused later, by its batch, which names the settlement */
    if (seen.state != YB_VISIT_SETTLED &&
        !yb_visit_step(call, &seen, req->inpatient ? YB_ACT_SETTLE_INPATIENT : YB_ACT_SETTLE_OUTPATIENT, "data"))
        return false;
    /* The cover of the day of discharge decides: who changed scheme during the stay is settled by the new one, if he is
     * covered by it. */
    if (!visit->inpatient && strcmp(req->insutype, visit->insutype) != 0)
        yb_call_refuse(call, YB_E_FIELD_RANGE, "data.insutype", "险种%s与就诊登记时的%s不一致，请按登记险种结算",
                       req->insutype, visit->insutype);
    else if (req->med_type[0] != '\0' && strcmp(req->med_type, visit->med_type) != 0)
        yb_call_refuse(call, YB_E_FIELD_RANGE, "data.med_type", "医疗类别%s与就诊信息中的%s不一致", req->med_type,
                       visit->med_type);
    else if (req->mid_setl)
        yb_call_refuse(call, YB_E_UNSUPPORTED, "data.mid_setl_flag", "暂不支持中途结算，请出院后结算");
    yb_insutype_admit(call, req->insutype, "data");
    return !yb_call_refused(call);
}

/* One question per call; a refused call asks nothing. */
static void ask(yb_call_t *call, const yb_visit_t *visit, plan_t *plan, yb_standing_t *ret_ask)
{
    plan->day = yb_visit_policy_day(visit->inpatient, visit->begntime, visit->endtime);
    plan->dise_codg = is_chronic(visit->med_type) ? visit->dise_codg : "";
    call->state = plan;
    *ret_ask = (yb_standing_t){ .node = "data",
                                .psn_no = visit->psn_no,
                                .insutype = request_of(call)->insutype,
                                .fixmedins_code = visit->fixmedins_code,
                                .no_person = true,
                                .day = plan->day,
                                .dise_codg = plan->dise_codg };
}

/* The same for both: what may be asked, and of whom. */
yb_err_t yb_settle_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, count);
    yb_standing_t *asks = YB_NEW_ARRAY(arena, yb_standing_t, count);
    plan_t *plans = YB_NEW_ARRAY(arena, plan_t, count);
    yb_visit_t *visits = NULL;
    size_t n = 0;
    for (size_t i = 0; i < count; i++)
        ids[i] = request_of(calls[i])->mdtrt_id;
    yb_err_t err = yb_visit_load(yb_worker_db(worker), ids, count, arena, &visits, &n);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        const yb_visit_t *visit = yb_visit_find(visits, n, ids[i]);
        if (request_fits(calls[i], visit))
            ask(calls[i], visit, &plans[i], &asks[i]);
    }
    err = yb_standing_check(worker, calls, asks, count);
    for (size_t i = 0; i < count; i++) {
        plans[i].institution = asks[i].institution;
        plans[i].cover = asks[i].cover;
    }
    return err;
}

/* ---- reading ---- */

/* Registering, treating and discharging made the accumulators' rows (before anybody locks them); should one be missing
 * all the same, it is made now. */
static yb_err_t load_accumulators(yb_worker_t *worker, yb_acc_key_t *keys, size_t count, bool lock, desk_t *desk)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    bool missing = false;
    yb_err_t err = yb_acc_load(db, keys, count, lock, arena, &desk->accs);
    for (size_t i = 0; i < count && err == YB_OK && lock; i++) {
        const yb_visit_t *visit = yb_visit_find(desk->visits, desk->visit_count, desk->ids[i]);
        keys[i].poolarea = visit != NULL ? visit->poolarea : 0;
        missing =
            missing || (visit != NULL &&
                        (yb_acc_find(&desk->accs, keys[i].psn_no, keys[i].insutype, keys[i].year) == NULL ||
                         (keys[i].dise_codg[0] != '\0' && yb_chronic_find(&desk->accs, keys[i].psn_no, keys[i].insutype,
                                                                          keys[i].year, keys[i].dise_codg) == NULL)));
    }
    if (err != YB_OK || !missing)
        return err;
    err = yb_accumulator_ensure_many(db, keys, count, arena);
    return err != YB_OK ? err : yb_acc_load(db, keys, count, lock, arena, &desk->accs);
}

static yb_err_t lay_out(yb_worker_t *worker, yb_call_t **calls, size_t count, bool lock, desk_t *desk)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    int64_t *ids = desk->ids = YB_NEW_ARRAY(arena, int64_t, count);
    yb_acc_key_t *keys = YB_NEW_ARRAY(arena, yb_acc_key_t, count);
    for (size_t i = 0; i < count; i++) {
        const plan_t *plan = calls[i]->state;
        ids[i] = request_of(calls[i])->mdtrt_id;
        keys[i] = (yb_acc_key_t){ .psn_no = request_of(calls[i])->psn_no, .insutype = request_of(calls[i])->insutype,
                                  .year = yb_day_year(plan->day), .dise_codg = plan->dise_codg };
    }
    yb_err_t err = lock ? yb_visit_lock(db, ids, count, arena, &desk->visits, &desk->visit_count)
                        : yb_visit_load(db, ids, count, arena, &desk->visits, &desk->visit_count);
    if (err == YB_OK)
        err = yb_batch_load(db, ids, count, arena, &desk->batches, &desk->batch_count);
    if (err == YB_OK)
        err = yb_line_load_raw(db, ids, count, arena, &desk->lines, &desk->line_count);
    return err != YB_OK ? err : load_accumulators(worker, keys, count, lock, desk);
}

/* The lines of one batch, in their order: desk->lines is sorted by visit and line. */
static size_t lines_of(const desk_t *desk, const yb_fee_batch_t *batch, yb_arena_t *arena,
                       const yb_raw_line_t ***ret_lines, int32_t *ret_line_no_max)
{
    size_t low = 0, high = desk->line_count, n = 0;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (desk->lines[mid].mdtrt_id < batch->mdtrt_id)
            low = mid + 1;
        else
            high = mid;
    }
    size_t end = low;
    while (end < desk->line_count && desk->lines[end].mdtrt_id == batch->mdtrt_id)
        end++;
    const yb_raw_line_t **lines = YB_NEW_ARRAY(arena, const yb_raw_line_t *, end - low + 1);
    *ret_line_no_max = 0;
    for (size_t i = low; i < end; i++)
        if (desk->lines[i].batch_no == batch->batch_no) {
            lines[n++] = &desk->lines[i];
            *ret_line_no_max = desk->lines[i].line_no;
        }
    *ret_lines = lines;
    return n;
}

/* ---- computing one ---- */

static void fill_inputs(Yibao__Settlement__StoredInputs *in, const request_t *req, const plan_t *plan,
                        const yb_acc_t *acc, const yb_chronic_t *chronic, const yb_account_t *account)
{
    static const yb_acc_t nothing;
    if (acc == NULL)
        acc = &nothing;
    yibao__settlement__stored_inputs__init(in);
    in->charge_class = plan->institution->charge_class;
    in->tier = plan->institution->tier;
    in->institution_admdvs = plan->institution->admdvs;
    in->tags = plan->cover->tags;
    in->clct_wage_fen = plan->cover->clct_wage_fen;
    in->balc_before_fen = account != NULL ? account->balc_fen : 0;
    in->acct_used = req->acct_used;
    in->mid_setl = req->mid_setl;
    in->policy_day = plan->day;
    in->stays = acc->stays;
    in->pool_fen = acc->pool_fen;
    in->burden_fen = acc->burden_fen;
    in->dabing_fen = acc->dabing_fen;
    in->jiuzhu_fen = acc->jiuzhu_fen;
    in->own136_fen = acc->own136_fen;
    in->opt_fund_fen = acc->opt_fund_fen;
    in->opt_dedc_fen = acc->opt_dedc_fen;
    in->chronic_fen = chronic != NULL ? chronic->fund_fen : 0;
}

/* The totals the hospital sent must be ours, to the fen; an echoed amount that is absent is INT64_MIN. */
static void check_echo(yb_call_t *call, const yb_setl_amounts_t *a)
{
    const request_t *req = request_of(call);
    const struct { const char *field; int64_t sent, ours; } echoes[] = {
        { "data.fulamt_ownpay_amt", req->fulamt_ownpay_amt_fen, a->fulamt_ownpay_amt_fen },
        { "data.overlmt_selfpay", req->overlmt_selfpay_fen, a->overlmt_selfpay_fen },
        { "data.preselfpay_amt", req->preselfpay_amt_fen, a->preselfpay_amt_fen },
        { "data.inscp_scp_amt", req->inscp_scp_amt_fen, a->inscp_scp_amt_fen },
    };
    char sent[YB_DECIMAL_TEXT], ours[YB_DECIMAL_TEXT];
    if (req->medfee_sumamt_fen != a->medfee_sumamt_fen)
        yb_call_refuse(call, YB_E_TOTAL_MISMATCH, "data.medfee_sumamt",
                       "医疗费总额%s与待结算明细合计%s不符，请核对明细后重试",
                       yb_fen_format(req->medfee_sumamt_fen, sent), yb_fen_format(a->medfee_sumamt_fen, ours));
    for (size_t i = 0; req->has_echo && i < sizeof echoes / sizeof echoes[0]; i++)
        if (echoes[i].sent != INT64_MIN && echoes[i].sent != echoes[i].ours)
            yb_call_refuse(call, YB_E_ECHO_MISMATCH, echoes[i].field, "回传金额%s与中心计算%s不符，请以预结算结果为准",
                           yb_fen_format(echoes[i].sent, sent), yb_fen_format(echoes[i].ours, ours));
}

typedef struct outcome {
    yb_visit_t *visit;
    yb_visit_state_t
        next; /* of the visit, once nothing more can refuse: another member of the batch may settle it, too */
    yb_fee_batch_t *batch;
    yb_acc_t *acc;
    yb_chronic_t *chronic;
    yb_account_t *account;
    yb_benefit_t benefit;
} outcome_t;

/* The cover was asked for on what the visit said before it was locked: another replica may have changed day or disease
 * since. */
static bool still_planned(const yb_visit_t *visit, const plan_t *plan)
{
    return plan->day == yb_visit_policy_day(visit->inpatient, visit->begntime, visit->endtime) &&
           strcmp(plan->dise_codg, is_chronic(visit->med_type) ? visit->dise_codg : "") == 0;
}

static bool find_batch(yb_call_t *call, desk_t *desk, outcome_t *o)
{
    const request_t *req = request_of(call);
    o->visit = yb_visit_find(desk->visits, desk->visit_count, req->mdtrt_id);
    if (!yb_visit_admit(call, o->visit, req->psn_no, "data"))
        return false;
    o->batch = yb_batch_find(desk->batches, desk->batch_count, req->mdtrt_id, req->inpatient ? "" : req->chrg_bchno);
    if (o->batch != NULL && o->batch->setl_id != 0) {
        yb_call_refuse(call, YB_E_ALREADY_SETTLED, req->inpatient ? "data.mdtrt_id" : "data.chrg_bchno",
                       "已结算，结算ID为%" PRId64 "；如未收到结果请用5203查询或2601冲正", o->batch->setl_id);
        return false;
    }
    if (yb_visit_next(o->visit->state, req->inpatient ? YB_ACT_SETTLE_INPATIENT : YB_ACT_SETTLE_OUTPATIENT,
                      "data.mdtrt_id", &o->next, &call->refusal) != YB_OK)
        return false;
    if (!still_planned(o->visit, call->state)) {
        yb_call_refuse(call, YB_E_DB_CONFLICT, "data.mdtrt_id", "就诊信息刚被其他交易修改，请核对后重试");
        return false;
    }
    if (o->batch == NULL)
        yb_call_refuse(call, YB_E_NO_LINES, req->inpatient ? "data.mdtrt_id" : "data.chrg_bchno",
                       "无待结算费用明细，请先上传明细");
    return o->batch != NULL;
}

static yb_err_t work_out(yb_worker_t *worker, yb_call_t *call, desk_t *desk, outcome_t *o)
{
    const request_t *req = request_of(call);
    const plan_t *plan = call->state;
    yb_arena_t *arena = yb_worker_arena(worker);
    int year = yb_day_year(plan->day);
    const yb_raw_line_t **lines = NULL;
    int32_t line_no_max = 0;
    if (!find_batch(call, desk, o))
        return YB_OK;
    size_t line_count = lines_of(desk, o->batch, arena, &lines, &line_no_max);
    if (line_count == 0) {
        yb_call_refuse(call, YB_E_NO_LINES, req->inpatient ? "data.mdtrt_id" : "data.chrg_bchno",
                       "无待结算费用明细，请先上传明细");
        return YB_OK;
    }
    o->acc = yb_acc_find(&desk->accs, req->psn_no, req->insutype, year);
    o->chronic = plan->dise_codg[0] != '\0'
                     ? yb_chronic_find(&desk->accs, req->psn_no, req->insutype, year, plan->dise_codg)
                     : NULL;
    o->account = yb_account_find(&desk->accs, req->psn_no, req->insutype);
    Yibao__Settlement__StoredInputs inputs;
    fill_inputs(&inputs, req, plan, o->acc, o->chronic, o->account);
    inputs.line_no_max = line_no_max;
    yb_benefit_in_t in = { .poolarea = o->visit->poolarea, .insutype = req->insutype, .med_type = o->visit->med_type,
                           .dise_codg = plan->dise_codg, .lines = lines, .line_count = line_count, .inputs = &inputs };
    yb_err_t err = yb_benefit_compute(yb_worker_data(worker), &in, arena, &call->refusal, &o->benefit);
    if (err == YB_OK)
        check_echo(call, &o->benefit.amounts);
    return yb_call_refused(call) ? YB_OK : err;
}

/* ---- writing ---- */

static yb_settlement_t *to_row(yb_worker_t *worker, yb_call_t *call, const outcome_t *o, int64_t setl_id)
{
    const request_t *req = request_of(call);
    const plan_t *plan = call->state;
    const Yibao__Rpc__Caller *caller = call->env->caller;
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_settlement_t *row = YB_NEW(arena, yb_settlement_t);
    *row = (yb_settlement_t){
        .setl_id = setl_id,
        .mdtrt_id = req->mdtrt_id,
        .batch_no = o->batch->batch_no,
        .live = true,
        .poolarea = o->visit->poolarea,
        .insuplc_admdvs = plan->cover->insuplc_admdvs,
        .fixmedins_code = o->visit->fixmedins_code,
        .psn_no = o->visit->psn_no,
        .insutype = req->insutype,
        .psn_type = plan->cover->psn_type,
        .med_type = o->visit->med_type,
        .clr_type = req->inpatient ? "21" : "11",
        .setl_time = yb_worker_now(worker),
        .year = yb_day_year(plan->day),
        .begntime = o->visit->begntime,
        .endtime = req->inpatient ? o->visit->endtime : o->visit->begntime,
        .dise_codg = o->visit->dise_codg,
        .mdtrt_cert_type = req->mdtrt_cert_type,
        .psn_setlway = req->psn_setlway,
        .infno = caller->infno,
        .msgid = caller->msgid,
        .invono = req->invono,
        .opter = caller->opter,
        .amounts = o->benefit.amounts,
    };
    memcpy(row->policy_hash, o->benefit.policy->hash, 32);
    yb_booking_pack(row, &o->benefit.inputs, &o->benefit.funds, arena);
    return row;
}

static yb_err_t answer(yb_worker_t *worker, yb_call_t *call, const yb_settlement_t *row)
{
    Yibao__Settlement__SettleReply *reply = yb_setlinfo_reply(row, yb_worker_arena(worker));
    YB_ASSERT(reply != NULL);            /* packed a moment ago */
    call->reply = &reply->base;
    return YB_OK;
}

static yb_err_t settle_one(yb_worker_t *worker, yb_call_t *call, desk_t *desk, yb_booking_t *booking)
{
    outcome_t o = { 0 };
    yb_err_t err = work_out(worker, call, desk, &o);
    if (err != YB_OK || yb_call_refused(call))
        return err;
    YB_ASSERT(o.acc != NULL);            /* load_accumulators has seen to it */
    yb_settlement_t *row = to_row(worker, call, &o, yb_worker_id(worker));
    yb_booking_apply(&o.benefit.inputs, +1, o.acc, o.chronic);
    if (row->amounts.acct_pay_fen != 0) {
        YB_ASSERT(o.account != NULL && o.account->balc_fen >= row->amounts.acct_pay_fen);
        o.account->balc_fen -= row->amounts.acct_pay_fen;
        o.account->changed = true;
    }
    o.visit->state = o.next;
    o.batch->setl_id = row->setl_id;
    yb_booking_add(booking, row, o.visit, o.batch);
    yb_booking_tell(worker, call, row, &o.benefit.funds);
    return answer(worker, call, row);
}

yb_err_t yb_settle_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    desk_t desk = { 0 };
    yb_booking_t booking = { 0 };
    yb_err_t err = lay_out(worker, calls, count, true, &desk);
    if (err == YB_OK)
        yb_booking_open(&booking, worker, count);
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = settle_one(worker, calls[i], &desk, &booking);
    return err != YB_OK ? err : yb_booking_write(&booking, &desk.accs);
}

/* Nothing is locked and nothing written; what settling now would give. */
yb_err_t yb_pre_settle_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    desk_t desk = { 0 };
    yb_err_t err = lay_out(worker, calls, count, false, &desk);
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        outcome_t o = { 0 };
        err = work_out(worker, calls[i], &desk, &o);
        if (err == YB_OK && !yb_call_refused(calls[i]))
            err = answer(worker, calls[i], to_row(worker, calls[i], &o, 0));
    }
    return err;
}
