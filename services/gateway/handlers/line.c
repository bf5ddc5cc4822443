/* Fee lines: 2204, 2301 upload; 2205, 2302 cancel. */
#include <string.h>

#include "services/gateway/handlers/handlers.h"

static const char *const typed_line[] = { "feedetl_sn",
                                          "init_feedetl_sn",
                                          "chrg_bchno",
                                          "dise_codg",
                                          "fee_ocur_time",
                                          "med_list_codg",
                                          "medins_list_codg",
                                          "det_item_fee_sumamt",
                                          "cnt",
                                          "pric",
                                          "hosp_appr_flag",
                                          "mdtrt_id",
                                          "psn_no",
                                          "med_type",
                                          NULL };

static Yibao__Settlement__Line *to_line(yb_txn_t *txn, size_t i, bool inpatient)
{
    const yb_row_t *row = yb_input_row(txn->in, "feedetail", i);
    Yibao__Settlement__Line *line = YB_NEW(txn->arena, Yibao__Settlement__Line);
    yibao__settlement__line__init(line);
    line->feedetl_sn = yb_lend(yb_row_text(row, "feedetl_sn"));
    line->init_feedetl_sn = yb_lend(yb_row_text(row, "init_feedetl_sn"));
    if (!inpatient)
        line->chrg_bchno = yb_lend(yb_row_text(row, "chrg_bchno"));
    line->dise_codg = yb_lend(yb_row_text(row, "dise_codg"));
    line->fee_ocur_time = yb_row_time(row, "fee_ocur_time");
    line->med_list_codg = yb_lend(yb_row_text(row, "med_list_codg"));
    line->medins_list_codg = yb_lend(yb_row_text(row, "medins_list_codg"));
    line->det_item_fee_sumamt_fen = yb_row_fen(row, "det_item_fee_sumamt");
    line->cnt = yb_row_decimal(row, "cnt", 4);
    line->pric = yb_row_decimal(row, "pric", 6);
    line->hosp_appr_flag = yb_lend(yb_row_text(row, "hosp_appr_flag"));
    line->detail = yb_txn_detail(txn, "feedetail", i, typed_line);
    return line;
}

static void uploaded(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Settlement__UploadLinesReply *r = (const Yibao__Settlement__UploadLinesReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_array(out, "result");
    for (size_t i = 0; i < r->n_lines; i++)
        yb_answer_line(out, r->lines[i], false);
    yb_json_array_end(out);
    yb_txn_ok(txn);
}

/* All rows of one message are of one visit and one person. */
static bool same_visit(yb_txn_t *txn, const char *node)
{
    const yb_row_t *first = yb_input_row(txn->in, node, 0);
    for (size_t i = 1; i < yb_input_count(txn->in, node); i++) {
        const yb_row_t *row = yb_input_row(txn->in, node, i);
        const char *field = strcmp(yb_row_text(row, "mdtrt_id"), yb_row_text(first, "mdtrt_id")) != 0 ? "mdtrt_id"
                            : strcmp(yb_row_text(row, "psn_no"), yb_row_text(first, "psn_no")) != 0   ? "psn_no"
                                                                                                       : NULL;
        if (field == NULL)
            continue;
        yb_txn_fail(txn, YB_E_FIELD_RANGE, yb_arena_printf(txn->arena, "%s[%zu].%s", node, i + 1, field),
                    "同一报文的明细应属于同一次就诊和同一人员，请分开上传");
        return false;
    }
    return true;
}

static void upload(yb_txn_t *txn, bool inpatient)
{
    const yb_row_t *first = yb_input_row(txn->in, "feedetail", 0);
    Yibao__Settlement__UploadLinesRequest req = YIBAO__SETTLEMENT__UPLOAD_LINES_REQUEST__INIT;
    if (!same_visit(txn, "feedetail"))
        return;
    req.mdtrt_id = yb_txn_id(txn, first, "feedetail[1]", "mdtrt_id", YB_E_VISIT_UNKNOWN);
    if (req.mdtrt_id == 0)
        return;
    req.inpatient = inpatient;
    req.psn_no = yb_lend(yb_row_text(first, "psn_no"));
    req.n_lines = yb_input_count(txn->in, "feedetail");
    req.lines = YB_NEW_ARRAY(txn->arena, Yibao__Settlement__Line *, req.n_lines + 1);
    for (size_t i = 0; i < req.n_lines; i++)
        req.lines[i] = to_line(txn, i, inpatient);
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->settlement,
                        .method = "Settlement/UploadLines",
                        .body = &req.base,
                        .person = req.psn_no,
                        .write = true,
                        .answer = &yibao__settlement__upload_lines_reply__descriptor },
           uploaded);
}

void yb_txn_2204(yb_txn_t *txn) { upload(txn, false); }
void yb_txn_2301(yb_txn_t *txn) { upload(txn, true); }

static void cancelled(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    (void)reply;
    yb_txn_ok(txn);
}

static void cancel(yb_txn_t *txn, Yibao__Settlement__CancelLinesRequest *req)
{
    const yb_row_t *first = yb_input_row(txn->in, "data", 0);
    req->mdtrt_id = yb_txn_id(txn, first, "data", "mdtrt_id", YB_E_VISIT_UNKNOWN);
    if (req->mdtrt_id == 0)
        return;
    req->psn_no = yb_lend(yb_row_text(first, "psn_no"));
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->settlement,
                        .method = "Settlement/CancelLines",
                        .body = &req->base,
                        .person = req->psn_no,
                        .write = true,
                        .answer = &yibao__settlement__cancel_lines_reply__descriptor },
           cancelled);
}

void yb_txn_2205(yb_txn_t *txn)
{
    Yibao__Settlement__CancelLinesRequest req = YIBAO__SETTLEMENT__CANCEL_LINES_REQUEST__INIT;
    req.chrg_bchno = yb_lend(yb_input_text(txn->in, "data", "chrg_bchno"));
    cancel(txn, &req);
}

void yb_txn_2302(yb_txn_t *txn)
{
    Yibao__Settlement__CancelLinesRequest req = YIBAO__SETTLEMENT__CANCEL_LINES_REQUEST__INIT;
    if (!same_visit(txn, "data"))
        return;
    req.inpatient = true;
    req.n_feedetl_sn = yb_input_count(txn->in, "data");
    req.feedetl_sn = YB_NEW_ARRAY(txn->arena, char *, req.n_feedetl_sn + 1);
    for (size_t i = 0; i < req.n_feedetl_sn; i++)
        req.feedetl_sn[i] = yb_lend(yb_row_text(yb_input_row(txn->in, "data", i), "feedetl_sn"));
    cancel(txn, &req);
}
