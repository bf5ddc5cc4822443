/* The event SettlementMade. Its inbox row is in the same transaction: applied once. Original and reversal meet at the
 * row of the original, whichever comes first. */
#include <string.h>

#include "services/drg/handlers/handlers.h"
#include "services/drg/store/change.h"
#include "services/drg/store/list.h"

static const char *text_or(const char *text) { return text != NULL ? text : ""; }

/* The book of the basic fund (基本医疗保险统筹基金) of an insutype is the insutype and "100": 310100, 390100. */
static yb_fen_t of_basic_fund(const Yibao__Events__SettlementMade *made)
{
    const char *insutype = text_or(made->insutype);
    const size_t len = strlen(insutype);
    yb_fen_t sum = 0;
    for (size_t i = 0; i < made->n_funds; i++)
        if (len == 3 && strncmp(made->funds[i]->fund_pay_type, insutype, len) == 0 &&
            strcmp(made->funds[i]->fund_pay_type + len, "100") == 0)
            sum += made->funds[i]->fund_payamt_fen;
    return sum;
}

/* A case of a month that is released already: for the next run. Its row is locked, and shows the truth. */
static yb_err_t change(yb_worker_t *worker, const yb_copy_t *copy, yb_change_cause_t cause, int64_t ref_id,
                       yb_arena_t *arena)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_month_key_t key = { copy->poolarea, (int32_t)(copy->setl_time / 100000000) };
    yb_month_t *months = NULL;
    size_t count = 0;
    if (!copy->inpatient)
        return YB_OK;
    yb_err_t err = yb_month_share(db, &key, 1, arena, &months, &count);
    if (err != YB_OK || months[0].state != YB_MONTH_RELEASED)
        return err;
    const yb_change_t row = { .change_id = yb_worker_id(worker),
                              .setl_id = copy->setl_id,
                              .poolarea = copy->poolarea,
                              .cause = cause,
                              .ref_id = ref_id,
                              .made_us = yb_worker_now_us(worker) };
    return yb_change_insert(db, &row, 1, arena);
}

/* Told again, it is as it was. Known only now, it is late when its month is released; reversed before it was known, it
 * never counts. */
static yb_err_t put(yb_worker_t *worker, const yb_copy_t *copy, yb_arena_t *arena)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_copy_t *before = NULL;
    size_t count = 0;
    yb_err_t err = yb_copy_load(db, &copy->setl_id, 1, true, arena, &before, &count);
    if (err == YB_OK)
        err = yb_copy_put(db, copy, arena);
    if (err != YB_OK || (count > 0 && (before[0].known || before[0].reversed_by != 0)))
        return err;
    return change(worker, copy, YB_CHANGE_LATE, copy->setl_id, arena);
}

static yb_err_t keep(yb_worker_t *worker, const Yibao__Events__SettlementMade *made, yb_arena_t *arena)
{
    Yibao__Drg__StoredFunds funds = YIBAO__DRG__STORED_FUNDS__INIT;
    funds.n_funds = made->n_funds;
    funds.funds = made->funds;
    size_t len = yibao__drg__stored_funds__get_packed_size(&funds);
    uint8_t *packed = yb_arena_alloc(arena, len + 1);
    yibao__drg__stored_funds__pack(&funds, packed);
    const yb_copy_t copy = { .setl_id = made->setl_id,
                             .poolarea = made->poolarea,
                             .mdtrt_id = made->mdtrt_id,
                             .psn_no = text_or(made->psn_no),
                             .insutype = text_or(made->insutype),
                             .med_type = text_or(made->med_type),
                             .fixmedins_code = text_or(made->fixmedins_code),
                             .insuplc_admdvs = text_or(made->insuplc_admdvs),
                             .inpatient = made->inpatient,
                             .setl_time = made->setl_time,
                             .begntime = made->begntime,
                             .endtime = made->endtime,
                             .medfee_sumamt_fen = made->medfee_sumamt_fen,
                             .fund_pay_sumamt_fen = made->fund_pay_sumamt_fen,
                             .fulamt_ownpay_amt_fen = made->fulamt_ownpay_amt_fen,
                             .overlmt_selfpay_fen = made->overlmt_selfpay_fen,
                             .acct_pay_fen = made->acct_pay_fen,
                             .psn_cash_pay_fen = made->psn_cash_pay_fen,
                             .basic_fund_fen = of_basic_fund(made),
                             .funds = packed,
                             .funds_len = len };
    return put(worker, &copy, arena);
}

/* The copy's row is locked before the list's, as an upload does it, and the month's last. */
static yb_err_t reverse(yb_worker_t *worker, const Yibao__Events__SettlementMade *made, yb_arena_t *arena)
{
    yb_db_t *db = yb_worker_db(worker);
    const int64_t original = made->init_setl_id;
    yb_copy_t *copies = NULL;
    size_t count = 0;
    yb_err_t err = yb_copy_reverse(db, original, made->setl_id, made->poolarea, arena);
    if (err == YB_OK)
        err = yb_list_void(db, original, arena);
    if (err == YB_OK)
        err = yb_copy_load(db, &original, 1, true, arena, &copies, &count); /* what it was, if it has come */
    if (err != YB_OK)
        return err;
    const yb_copy_t *copy = yb_copy_find(copies, count, original);
    return copy != NULL && copy->known ? change(worker, copy, YB_CHANGE_REVERSED, made->setl_id, arena) : YB_OK;
}

yb_err_t yb_settlement_made_apply(yb_worker_t *worker, const Yibao__Rpc__Event *event, yb_arena_t *arena)
{
    const Yibao__Events__SettlementMade *made = (const Yibao__Events__SettlementMade *)yb_rpc_unpack(
        &yibao__events__settlement_made__descriptor, event->body.data, event->body.len, arena);
    if (made == NULL || made->setl_id <= 0)
        return YB_E_MALFORMED;
    return made->init_setl_id != 0 ? reverse(worker, made, arena) : keep(worker, made, arena);
}
