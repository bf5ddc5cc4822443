/* Daily reconciliation: 3201 totals, 3202 line by line. */
#include <string.h>

#include "services/gateway/handlers/handlers.h"

static void totals_compared(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Settlement__ReconcileReply *r = (const Yibao__Settlement__ReconcileReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_object(out, "stmtinfo");
    yb_json_text(out, "setl_optins", r->setl_optins);
    yb_json_text(out, "stmt_rslt", r->stmt_rslt);
    yb_json_text(out, "stmt_rslt_dscr", r->stmt_rslt_dscr);
    yb_json_object_end(out);
    yb_txn_ok(txn);
}

void yb_txn_3201(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Settlement__ReconcileRequest req = YIBAO__SETTLEMENT__RECONCILE_REQUEST__INIT;
    req.insutype = yb_lend(yb_row_text(d, "insutype"));
    req.clr_type = yb_lend(yb_row_text(d, "clr_type"));
    req.setl_optins = yb_lend(yb_row_text(d, "setl_optins"));
    req.stmt_begndate = yb_row_day(d, "stmt_begndate");
    req.stmt_enddate = yb_row_day(d, "stmt_enddate");
    req.medfee_sumamt_fen = yb_row_fen(d, "medfee_sumamt");
    req.fund_pay_sumamt_fen = yb_row_fen(d, "fund_pay_sumamt");
    req.acct_pay_fen = yb_row_fen(d, "acct_pay");
    req.fixmedins_setl_cnt = yb_row_int(d, "fixmedins_setl_cnt");
    req.exclude_refunds = strcmp(yb_row_text(d, "refd_setl_flag"), "0") == 0;
    yb_ask(txn, &(yb_ask_t){ .to = yb_txn_gateway(txn)->settlement, .method = "Settlement/Reconcile", .body = &req.base,
                             .answer = &yibao__settlement__reconcile_reply__descriptor }, totals_compared);
}

static void lines_compared(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Settlement__ReconcileDetailReply *r = (const Yibao__Settlement__ReconcileDetailReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_object(out, "fileinfo");
    yb_json_text(out, "file_qury_no", r->file_qury_no);
    yb_json_text(out, "filename", r->filename);
    yb_json_time(out, "dld_endtime", r->dld_endtime);
    yb_json_object_end(out);
    yb_txn_ok(txn);
}

void yb_txn_3202(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Settlement__ReconcileDetailRequest req = YIBAO__SETTLEMENT__RECONCILE_DETAIL_REQUEST__INIT;
    req.setl_optins = yb_lend(yb_row_text(d, "setl_optins"));
    req.file_qury_no = yb_lend(yb_row_text(d, "file_qury_no"));
    req.stmt_begndate = yb_row_day(d, "stmt_begndate");
    req.stmt_enddate = yb_row_day(d, "stmt_enddate");
    req.clr_type = yb_lend(yb_row_text(d, "clr_type"));
    req.medfee_sumamt_fen = yb_row_fen(d, "medfee_sumamt");
    req.fund_pay_sumamt_fen = yb_row_fen(d, "fund_pay_sumamt");
    req.cash_payamt_fen = yb_row_fen(d, "cash_payamt");
    req.fixmedins_setl_cnt = yb_row_int(d, "fixmedins_setl_cnt");
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->settlement,
                        .method = "Settlement/ReconcileDetail",
                        .body = &req.base,
                        .write = true,
                        .answer = &yibao__settlement__reconcile_detail_reply__descriptor },
           lines_compared);
}
