/* The event SettlementMade. Its inbox row is in the same transaction: applied once. Original and reversal meet at the
 * row of the original, whichever comes first. */
#include <string.h>

#include "services/drg/handlers/handlers.h"
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
    return yb_copy_put(yb_worker_db(worker), &copy, arena);
}

/* The copy's row is locked before the list's, as an upload does it. */
static yb_err_t reverse(yb_worker_t *worker, const Yibao__Events__SettlementMade *made, yb_arena_t *arena)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_err_t err = yb_copy_reverse(db, made->init_setl_id, made->setl_id, made->poolarea, arena);
    return err != YB_OK ? err : yb_list_void(db, made->init_setl_id, arena);
}

yb_err_t yb_settlement_made_apply(yb_worker_t *worker, const Yibao__Rpc__Event *event, yb_arena_t *arena)
{
    const Yibao__Events__SettlementMade *made = (const Yibao__Events__SettlementMade *)yb_rpc_unpack(
        &yibao__events__settlement_made__descriptor, event->body.data, event->body.len, arena);
    if (made == NULL || made->setl_id <= 0)
        return YB_E_MALFORMED;
    return made->init_setl_id != 0 ? reverse(worker, made, arena) : keep(worker, made, arena);
}
