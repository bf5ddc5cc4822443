#include "services/settlement/handlers/booking.h"

#include <string.h>

#include "libcommon/id.h"
#include "proto/events.pb-c.h"
#include "services/settlement/handlers/lane_state.h"

void yb_booking_open(yb_booking_t *booking, yb_worker_t *worker, size_t cap)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    *booking = (yb_booking_t){
        .worker = worker,
        .cap = cap,
        .rows = YB_NEW_ARRAY(arena, const yb_settlement_t *, cap),
        .visits = YB_NEW_ARRAY(arena, const yb_visit_t *, cap),
        .batches = YB_NEW_ARRAY(arena, const yb_fee_batch_t *, cap),
        .entries = YB_NEW_ARRAY(arena, yb_entry_t, cap),
        .reversed = YB_NEW_ARRAY(arena, int64_t, cap),
    };
}

const char *yb_booking_basic_book(const char *insutype)
{
    return strcmp(insutype, "310") == 0 ? "310100" : "390100";
}

void yb_booking_legs(yb_entry_t *entry, const char *insutype, const char *fixmedins_code, const char *psn_no,
                     const yb_setl_amounts_t *a)
{
    const struct { const char *book; yb_fen_t fen;
    } funds[] = {
        { yb_booking_basic_book(insutype), a->hifp_pay_fen },
        { "390200", a->hifmi_pay_fen },
        { "330100", a->hifob_pay_fen },
        { "610100", a->maf_pay_fen },
    };
    for (size_t i = 0; i < sizeof funds / sizeof funds[0]; i++)
        yb_entry_post(entry, funds[i].book, YB_LEDGER_BENEFIT, fixmedins_code, YB_LEDGER_PAYABLE, fixmedins_code,
                      funds[i].fen);
    yb_entry_post(entry, YB_BOOK_ACCOUNT, YB_LEDGER_PERSONAL, psn_no, YB_LEDGER_PAYABLE, fixmedins_code,
                  a->acct_pay_fen);
    yb_entry_post(entry, YB_BOOK_CASH, YB_LEDGER_CASH_PAID, psn_no, YB_LEDGER_CASH_TAKEN, fixmedins_code,
                  a->psn_cash_pay_fen);
}

/* The identities of the interface, kept in release builds: money that does not add up must not be written. */
static void assert_conserved(const yb_setl_amounts_t *a)
{
    YB_ASSERT(a->medfee_sumamt_fen ==
              a->fulamt_ownpay_amt_fen + a->overlmt_selfpay_fen + a->preselfpay_amt_fen + a->inscp_scp_amt_fen);
    YB_ASSERT(a->fund_pay_sumamt_fen == a->hifp_pay_fen + a->hifmi_pay_fen + a->hifob_pay_fen + a->maf_pay_fen);
    YB_ASSERT(a->medfee_sumamt_fen == a->fund_pay_sumamt_fen + a->psn_part_amt_fen);
    YB_ASSERT(a->psn_part_amt_fen == a->acct_pay_fen + a->psn_cash_pay_fen);
}

void yb_booking_add(yb_booking_t *booking, const yb_settlement_t *row, const yb_visit_t *visit,
                    const yb_fee_batch_t *batch)
{
    YB_ASSERT(booking->count < booking->cap);
    assert_conserved(&row->amounts);
    yb_entry_t *entry = &booking->entries[booking->count];
    *entry = (yb_entry_t){ .kind = row->init_setl_id != 0 ? YB_ENTRY_REVERSAL : YB_ENTRY_SETTLEMENT,
                           .poolarea = row->poolarea,
                           .subject = row->setl_id,
                           .reverses = row->init_setl_id,
                           .day = yb_time_day(row->setl_time),
                           .time_us = yb_worker_now_us(booking->worker) };
    yb_booking_legs(entry, row->insutype, row->fixmedins_code, row->psn_no, &row->amounts);
    booking->rows[booking->count] = row;
    booking->visits[booking->count] = visit;
    booking->batches[booking->count] = batch;
    booking->count++;
    if (row->init_setl_id != 0)
        booking->reversed[booking->reversed_count++] = row->init_setl_id;
}

/* A fund, not the person's account (3102xx) and not the hospital's own part (99999x). */
static bool is_fund(const char *type) { return strncmp(type, "3102", 4) != 0 && strncmp(type, "99999", 5) != 0; }

static void tell_funds(Yibao__Events__SettlementMade *event, const Yibao__Settlement__StoredFunds *funds,
                       yb_arena_t *arena)
{
    event->funds = YB_NEW_ARRAY(arena, Yibao__Events__FundPaid *, funds->n_setldetail);
    for (size_t i = 0; i < funds->n_setldetail; i++) {
        const Yibao__Settlement__FundDetail *d = funds->setldetail[i];
        if (!is_fund(d->fund_pay_type) || d->fund_payamt_fen == 0)
            continue;
        Yibao__Events__FundPaid *paid = YB_NEW(arena, Yibao__Events__FundPaid);
        yibao__events__fund_paid__init(paid);
        paid->fund_pay_type = d->fund_pay_type;
        paid->fund_payamt_fen = d->fund_payamt_fen;
        event->funds[event->n_funds++] = paid;
    }
}

void yb_booking_tell(yb_worker_t *worker, yb_call_t *call, const yb_settlement_t *row,
                     const Yibao__Settlement__StoredFunds *funds)
{
    const yb_setl_amounts_t *a = &row->amounts;
    Yibao__Events__SettlementMade event = YIBAO__EVENTS__SETTLEMENT_MADE__INIT;
    char key[YB_ID_TEXT];
    event.setl_id = row->setl_id;
    event.init_setl_id = row->init_setl_id;
    event.mdtrt_id = row->mdtrt_id;
    event.psn_no = (char *)(uintptr_t)row->psn_no;
    event.insutype = (char *)(uintptr_t)row->insutype;
    event.med_type = (char *)(uintptr_t)row->med_type;
    event.fixmedins_code = (char *)(uintptr_t)row->fixmedins_code;
    event.poolarea = row->poolarea;
    event.setl_time = row->setl_time;
    event.medfee_sumamt_fen = a->medfee_sumamt_fen;
    event.fund_pay_sumamt_fen = a->fund_pay_sumamt_fen;
    event.acct_pay_fen = a->acct_pay_fen;
    event.psn_cash_pay_fen = a->psn_cash_pay_fen;
    event.fulamt_ownpay_amt_fen = a->fulamt_ownpay_amt_fen;
    event.overlmt_selfpay_fen = a->overlmt_selfpay_fen;
    event.inpatient = strcmp(row->clr_type, "21") == 0;
    event.begntime = row->begntime;
    event.endtime = row->endtime;
    event.insuplc_admdvs = (char *)(uintptr_t)row->insuplc_admdvs;
    tell_funds(&event, funds, yb_worker_arena(worker));
    yb_call_event(worker, call, "drg", "SettlementMade", yb_id_format(row->setl_id, key), &event.base);
}

yb_err_t yb_booking_write(yb_booking_t *b, const yb_acc_set_t *accs)
{
    yb_db_t *db = yb_worker_db(b->worker);
    yb_arena_t *arena = yb_worker_arena(b->worker);
    int64_t now_us = yb_worker_now_us(b->worker);
    if (b->count == 0)
        return YB_OK;
    yb_err_t err =
        b->reversed_count > 0 ? yb_settlement_mark_reversed(db, b->reversed, b->reversed_count, arena) : YB_OK;
    if (err == YB_OK)
        err = yb_settlement_insert(db, b->rows, b->count, arena);
    if (err == YB_OK)
        err = yb_batch_put_setl(db, b->batches, b->count, arena);
    if (err == YB_OK)
        err = yb_visit_put_state(db, b->visits, b->count, now_us, arena);
    if (err == YB_OK)
        err = yb_acc_put(db, accs, arena);
    return err != YB_OK ? err : yb_lane_journal(b->worker, b->entries, b->count);
}

void yb_booking_apply(const Yibao__Settlement__StoredInputs *in, int sign, yb_acc_t *acc, yb_chronic_t *chronic)
{
    acc->stays += sign * in->stays_added;
    acc->pool_fen += sign * in->pool_added_fen;
    acc->burden_fen += sign * in->burden_added_fen;
    acc->dabing_fen += sign * in->dabing_added_fen;
    acc->jiuzhu_fen += sign * in->jiuzhu_added_fen;
    acc->own136_fen += sign * in->own136_added_fen;
    acc->opt_fund_fen += sign * in->opt_fund_added_fen;
    acc->opt_dedc_fen += sign * in->opt_dedc_added_fen;
    acc->changed = true;
    if (chronic != NULL && in->chronic_added_fen != 0) {
        chronic->fund_fen += sign * in->chronic_added_fen;
        chronic->changed = true;
    }
}

void yb_booking_pack(yb_settlement_t *row, const Yibao__Settlement__StoredInputs *inputs,
                     const Yibao__Settlement__StoredFunds *funds, yb_arena_t *arena)
{
    row->inputs_len = yibao__settlement__stored_inputs__get_packed_size(inputs);
    uint8_t *in = yb_arena_alloc(arena, row->inputs_len + 1);
    yibao__settlement__stored_inputs__pack(inputs, in);
    row->inputs = in;
    row->funds_len = yibao__settlement__stored_funds__get_packed_size(funds);
    uint8_t *out = yb_arena_alloc(arena, row->funds_len + 1);
    yibao__settlement__stored_funds__pack(funds, out);
    row->funds = out;
}
