/* Reverse (2208, 2305) and 2601, which names the message instead of the settlement. A reversal is a settlement of its
 * own, every amount negated, that names its original; later settlements are not recomputed. */
#include <inttypes.h>
#include <string.h>

#include "services/settlement/handlers/booking.h"
#include "services/settlement/handlers/handlers.h"
#include "services/settlement/handlers/setlinfo.h"
#include "services/settlement/handlers/standing.h"

typedef Yibao__Settlement__ReverseRequest request_t;

typedef struct plan {
    int64_t setl_id;                     /* found by message, or as asked */
    bool by_message;
} plan_t;

static const request_t *request_of(const yb_call_t *call) { return (const request_t *)call->body; }

static const char *id_field(const plan_t *plan) { return plan->by_message ? "data.omsgid" : "data.setl_id"; }

/* ---- before the transaction: which settlement is meant ---- */

static yb_err_t find_by_message(yb_worker_t *worker, yb_call_t *call, plan_t *plan)
{
    const request_t *req = request_of(call);
    if (strcmp(req->oinfno, "2207") != 0 && strcmp(req->oinfno, "2304") != 0)
        return yb_call_refuse(call, YB_E_UNSUPPORTED, "data.oinfno",
                              "暂不支持对交易%s冲正，目前支持2207、2304；其他交易请用相应的撤销交易", req->oinfno);
    yb_err_t err = yb_settlement_by_message(yb_worker_db(worker), yb_institution_of(call), req->omsgid, req->oinfno,
                                            yb_worker_arena(worker), &plan->setl_id);
    if (err == YB_OK && plan->setl_id == 0)
        yb_call_refuse(call, YB_E_MESSAGE_UNKNOWN, "data.omsgid",
                       "目前未查询到报文%s的结算(%s)，无可冲正；如原交易可能仍在处理，请稍后再次冲正", req->omsgid,
                       req->oinfno);
    return err;
}

yb_err_t yb_reverse_prepare(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    plan_t *plans = YB_NEW_ARRAY(yb_worker_arena(worker), plan_t, count);
    for (size_t i = 0; i < count; i++) {
        const request_t *req = request_of(calls[i]);
        calls[i]->state = &plans[i];
        plans[i].setl_id = req->setl_id;
        plans[i].by_message = req->omsgid[0] != '\0';
        if (plans[i].by_message) {
            yb_err_t err = find_by_message(worker, calls[i], &plans[i]);
            if (err != YB_OK && !yb_call_refused(calls[i]))
                return err;
        }
    }
    return YB_OK;
}

/* ---- in the transaction ---- */

typedef struct desk {
    yb_settlement_t *originals; size_t original_count;
    yb_visit_t *visits; size_t visit_count;
    yb_fee_batch_t *batches; size_t batch_count;
    yb_acc_set_t accs;
} desk_t;

static yb_err_t load_originals(yb_worker_t *worker, yb_call_t **calls, size_t count, bool lock, desk_t *desk)
{
    int64_t *ids = YB_NEW_ARRAY(yb_worker_arena(worker), int64_t, count);
    for (size_t i = 0; i < count; i++)
        ids[i] = ((const plan_t *)calls[i]->state)->setl_id;
    return yb_settlement_load(yb_worker_db(worker), ids, count, lock, yb_worker_arena(worker), &desk->originals,
                              &desk->original_count);
}

/* Locks in the order of settling: visits, then accumulators; settlement rows between them are locked by nobody else. */
static yb_err_t lay_out(yb_worker_t *worker, yb_call_t **calls, size_t count, desk_t *desk)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_err_t err = load_originals(worker, calls, count, false, desk);
    if (err != YB_OK || desk->original_count == 0)
        return err;
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, desk->original_count);
    yb_acc_key_t *keys = YB_NEW_ARRAY(arena, yb_acc_key_t, desk->original_count);
    for (size_t i = 0; i < desk->original_count; i++) {
        const yb_settlement_t *s = &desk->originals[i];
        ids[i] = s->mdtrt_id;
        keys[i] = (yb_acc_key_t){ .psn_no = s->psn_no, .insutype = s->insutype, .year = s->year,
                                  .dise_codg = strcmp(s->med_type, "14") == 0 ? s->dise_codg : "" };
    }
    err = yb_visit_lock(db, ids, desk->original_count, arena, &desk->visits, &desk->visit_count);
    if (err == YB_OK)
        err = load_originals(worker, calls, count, true, desk);
    if (err == YB_OK)
        err = yb_batch_load(db, ids, desk->original_count, arena, &desk->batches, &desk->batch_count);
    return err != YB_OK ? err : yb_acc_load(db, keys, desk->original_count, true, arena, &desk->accs);
}

static bool may_reverse(yb_call_t *call, const yb_settlement_t *original)
{
    const request_t *req = request_of(call);
    const char *field = id_field(call->state);
    if (original == NULL)
        yb_call_refuse(call, YB_E_SETTLEMENT_UNKNOWN, field, "未查询到该结算，请核对结算ID");
    else if (strcmp(original->fixmedins_code, yb_institution_of(call)) != 0)
        yb_call_refuse(call, YB_E_NOT_YOURS, field, "该结算不是本机构的结算，无权撤销");
    else if (strcmp(original->psn_no, req->psn_no) != 0)
        yb_call_refuse(call, YB_E_PERSON_MISMATCH, "data.psn_no", "人员编号与结算不符，请核对");
    else if (req->mdtrt_id != 0 && req->mdtrt_id != original->mdtrt_id)
        yb_call_refuse(call, YB_E_VISIT_UNKNOWN, "data.mdtrt_id", "就诊ID与结算不符，该结算的就诊ID为%" PRId64,
                       original->mdtrt_id);
    else if (original->init_setl_id != 0)
        yb_call_refuse(call, YB_E_ALREADY_REVERSED, field, "该结算ID是撤销记录，不能再撤销");
    else if (original->refunded)
        yb_call_refuse(call, YB_E_ALREADY_REVERSED, field, "冲正的结算信息退费结算标志不为未退费，不能重复撤销");
    return !yb_call_refused(call);
}

static yb_setl_amounts_t negated(const yb_setl_amounts_t *a, yb_fen_t balc_after_fen)
{
    return (yb_setl_amounts_t){
        .medfee_sumamt_fen = -a->medfee_sumamt_fen,
        .fulamt_ownpay_amt_fen = -a->fulamt_ownpay_amt_fen,
        .overlmt_selfpay_fen = -a->overlmt_selfpay_fen,
        .preselfpay_amt_fen = -a->preselfpay_amt_fen,
        .inscp_scp_amt_fen = -a->inscp_scp_amt_fen,
        .act_pay_dedc_fen = -a->act_pay_dedc_fen,
        .pool_prop_selfpay_ppm = a->pool_prop_selfpay_ppm,
        .hifp_pay_fen = -a->hifp_pay_fen,
        .hifmi_pay_fen = -a->hifmi_pay_fen,
        .hifob_pay_fen = -a->hifob_pay_fen,
        .maf_pay_fen = -a->maf_pay_fen,
        .fund_pay_sumamt_fen = -a->fund_pay_sumamt_fen,
        .psn_part_amt_fen = -a->psn_part_amt_fen,
        .acct_pay_fen = -a->acct_pay_fen,
        .psn_cash_pay_fen = -a->psn_cash_pay_fen,
        .balc_fen = balc_after_fen,
    };
}

/* The funds of the original, negated; the trace is the original's and is not repeated. */
static void negate_funds(Yibao__Settlement__StoredFunds *funds, yb_arena_t *arena, int64_t setl_id)
{
    for (size_t i = 0; i < funds->n_setldetail; i++) {
        Yibao__Settlement__FundDetail *d = funds->setldetail[i];
        d->fund_payamt_fen = -d->fund_payamt_fen;
        d->inscp_scp_amt_fen = -d->inscp_scp_amt_fen;
        d->crt_payb_lmt_amt_fen = -d->crt_payb_lmt_amt_fen;
        d->setl_proc_info =
            yb_arena_printf(arena, "[{\"step\":\"reversal\",\"name\":\"撤销结算\",\"of\":\"%" PRId64 "\"}]", setl_id);
    }
}

static yb_settlement_t *to_row(yb_worker_t *worker, yb_call_t *call, const yb_settlement_t *original,
                               yb_fen_t balc_after_fen, Yibao__Settlement__StoredInputs *inputs,
                               Yibao__Settlement__StoredFunds *funds)
{
    const Yibao__Rpc__Caller *caller = call->env->caller;
    yb_settlement_t *row = YB_NEW(yb_worker_arena(worker), yb_settlement_t);
    *row = *original;
    row->setl_id = yb_worker_id(worker);
    row->init_setl_id = original->setl_id;
    row->live = false;
    row->refunded = true;
    row->setl_time = yb_worker_now(worker);
    row->infno = caller->infno;
    row->msgid = caller->msgid;
    row->opter = caller->opter;
    row->amounts = negated(&original->amounts, balc_after_fen);
    negate_funds(funds, yb_worker_arena(worker), original->setl_id);
    yb_booking_pack(row, inputs, funds, yb_worker_arena(worker));
    return row;
}

static yb_fen_t give_back_account(desk_t *desk, const yb_settlement_t *original)
{
    yb_account_t *account = yb_account_find(&desk->accs, original->psn_no, original->insutype);
    if (account == NULL)
        return 0;
    account->balc_fen += original->amounts.acct_pay_fen;
    account->changed = true;
    return account->balc_fen;
}

static yb_err_t reverse_one(yb_worker_t *worker, yb_call_t *call, desk_t *desk, yb_booking_t *booking)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_settlement_t *original =
        yb_settlement_find(desk->originals, desk->original_count, ((const plan_t *)call->state)->setl_id);
    if (!may_reverse(call, original))
        return YB_OK;
    yb_visit_t *visit = yb_visit_find(desk->visits, desk->visit_count, original->mdtrt_id);
    bool inpatient = strcmp(original->clr_type, "21") == 0;
    const request_t *req = request_of(call);
    if (req->omsgid[0] == '\0' && req->inpatient != inpatient) {
        yb_call_refuse(call, YB_E_VISIT_STATE, "data.setl_id",
                       inpatient ? "该结算为住院结算，请用2305撤销" : "该结算为门诊结算，请用2208撤销");
        return YB_OK;
    }
    if (!yb_visit_step(call, visit, inpatient ? YB_ACT_REVERSE_INPATIENT : YB_ACT_REVERSE_OUTPATIENT, "data"))
        return YB_OK;
    Yibao__Settlement__StoredInputs *inputs = (Yibao__Settlement__StoredInputs *)yb_rpc_unpack(
        &yibao__settlement__stored_inputs__descriptor, original->inputs, original->inputs_len, arena);
    Yibao__Settlement__StoredFunds *funds = (Yibao__Settlement__StoredFunds *)yb_rpc_unpack(
        &yibao__settlement__stored_funds__descriptor, original->funds, original->funds_len, arena);
    yb_fee_batch_t *batch = yb_batch_by_no(desk->batches, desk->batch_count, original->mdtrt_id, original->batch_no);
    yb_acc_t *acc = yb_acc_find(&desk->accs, original->psn_no, original->insutype, original->year);
    YB_ASSERT(inputs != NULL && funds != NULL && batch != NULL && acc != NULL);   /* rows we wrote ourselves */
    yb_chronic_t *chronic =
        yb_chronic_find(&desk->accs, original->psn_no, original->insutype, original->year, original->dise_codg);
    yb_booking_apply(inputs, -1, acc, chronic);
    const yb_settlement_t *row = to_row(worker, call, original, give_back_account(desk, original), inputs, funds);
    original->refunded = true;           /* for a second reversal in this very batch */
    batch->setl_id = 0;
    yb_booking_add(booking, row, visit, batch);
    yb_booking_tell(worker, call, row, funds);
    Yibao__Settlement__SettleReply *reply = yb_setlinfo_reply(row, arena);
    YB_ASSERT(reply != NULL);
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_reverse_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    desk_t desk = { 0 };
    yb_booking_t booking = { 0 };
    yb_err_t err = lay_out(worker, calls, count, &desk);
    if (err == YB_OK)
        yb_booking_open(&booking, worker, count);
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = reverse_one(worker, calls[i], &desk, &booking);
    return err != YB_OK ? err : yb_booking_write(&booking, &desk.accs);
}
