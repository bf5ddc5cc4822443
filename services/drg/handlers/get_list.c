/* GetList (4103): the newest version of a settlement's list, with the amounts of the settlement. */
#include "services/drg/handlers/handlers.h"
#include "services/drg/store/finding.h"
#include "services/drg/store/list.h"

static char *lend(const char *text) { return (char *)(uintptr_t)text; }

static yb_err_t settlement_message(const yb_copy_t *c, yb_arena_t *arena, Yibao__Drg__ListSettlement **ret)
{
    Yibao__Drg__ListSettlement *s = YB_NEW(arena, Yibao__Drg__ListSettlement);
    yibao__drg__list_settlement__init(s);
    s->setl_id = c->setl_id;
    s->mdtrt_id = c->mdtrt_id;
    s->psn_no = lend(c->psn_no);
    s->insutype = lend(c->insutype);
    s->med_type = lend(c->med_type);
    s->insuplc_admdvs = lend(c->insuplc_admdvs);
    s->setl_time = c->setl_time;
    s->begntime = c->begntime;
    s->endtime = c->endtime;
    s->medfee_sumamt_fen = c->medfee_sumamt_fen;
    s->fulamt_ownpay_amt_fen = c->fulamt_ownpay_amt_fen;
    s->overlmt_selfpay_fen = c->overlmt_selfpay_fen;
    s->acct_pay_fen = c->acct_pay_fen;
    s->psn_cash_pay_fen = c->psn_cash_pay_fen;
    *ret = s;
    return yb_copy_funds(c, arena, &s->funds, &s->n_funds);
}

/* Sealed by us: what does not open or unpack is damage, not a refusal. */
static yb_err_t open_body(yb_worker_t *worker, const yb_list_row_t *row, Yibao__Drg__SettlementList **ret)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    const uint8_t *sealed = NULL;
    char *plain = NULL;
    size_t len = 0;
    yb_err_t err = yb_list_body(yb_worker_db(worker), row->setl_list_id, row->version, arena, &sealed, &len);
    if (err == YB_OK)
        err = yb_box_open(yb_drg_box(worker), sealed, len, arena, &plain, &len);
    if (err != YB_OK)
        return err == YB_E_NOT_FOUND ? YB_E_INTERNAL : err;
    *ret = (Yibao__Drg__SettlementList *)yb_rpc_unpack(&yibao__drg__settlement_list__descriptor, (const uint8_t *)plain,
                                                       len, arena);
    return *ret != NULL ? YB_OK : YB_E_INTERNAL;
}

static yb_err_t answer(yb_worker_t *worker, yb_call_t *call, const yb_copy_t *copy, const yb_list_row_t *row,
                       const yb_month_t *month)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    Yibao__Drg__GetListReply *reply = YB_NEW(arena, Yibao__Drg__GetListReply);
    yb_check_row_t check = { 0 };
    yibao__drg__get_list_reply__init(reply);
    yb_err_t err = open_body(worker, row, &reply->list);
    if (err == YB_OK)
        err = settlement_message(copy, arena, &reply->settlement);
    if (err == YB_OK)
        err = yb_check_of_version(yb_worker_db(worker), row->setl_id, row->version, arena, &check);
    if (err != YB_OK)
        return err;
    reply->setl_list_id = row->setl_list_id;
    reply->version = row->version;
    reply->stas_type = row->stas_type;
    reply->voided = row->voided;
    reply->frozen = yb_list_is_frozen(month, row->reopened_day, yb_time_day(yb_worker_now(worker)));
    reply->warnings = (uint32_t)check.warnings;
    reply->hints = (uint32_t)check.hints;
    reply->uploaded_us = row->uploaded_us;
    call->reply = &reply->base;
    return YB_OK;
}

YB_DRG_HANDLER(yb_get_list_run)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_db_t *db = yb_worker_db(worker);
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, count);
    yb_copy_t *copies = NULL;
    yb_list_row_t *rows = NULL;
    size_t copy_count = 0, row_count = 0;
    for (size_t i = 0; i < count; i++)
        ids[i] = ((const Yibao__Drg__GetListRequest *)calls[i]->body)->setl_id;
    yb_err_t err = yb_copy_load(db, ids, count, false, arena, &copies, &copy_count);
    if (err == YB_OK)
        err = yb_list_load(db, ids, count, false, arena, &rows, &row_count);
    yb_month_key_t *keys = YB_NEW_ARRAY(arena, yb_month_key_t, row_count + 1);
    yb_month_t *months = NULL;
    size_t month_count = 0;
    for (size_t i = 0; i < row_count; i++)
        keys[i] = (yb_month_key_t){ rows[i].poolarea, rows[i].setl_ym };
    if (err == YB_OK)
        err = yb_month_load(db, keys, row_count, arena, &months, &month_count);
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        const Yibao__Drg__GetListRequest *req = (const Yibao__Drg__GetListRequest *)calls[i]->body;
        const yb_copy_t *copy = yb_copy_find(copies, copy_count, req->setl_id);
        const yb_list_row_t *row = yb_list_row_find(rows, row_count, req->setl_id);
        if (!yb_copy_admit(calls[i], copy, req->psn_no, "data"))
            continue;
        if (row == NULL)
            yb_call_refuse(calls[i], YB_E_LIST_UNKNOWN, "data.setl_id", "该次结算没有已上传的清单");
        else
            err = answer(worker, calls[i], copy, row, yb_month_find(months, month_count, row->poolarea, row->setl_ym));
    }
    return err;
}
