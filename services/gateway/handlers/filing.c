/* Chronic-disease filings: 2503 file, 2504 cancel, 5301 list. */
#include "libcommon/id.h"
#include "services/gateway/handlers/handlers.h"

static const char *const typed_filing[] = { "psn_no",  "insutype",    "opsp_dise_code",   "opsp_dise_name", "begndate",
                                            "enddate", "insu_optins", "ide_fixmedins_no", "hosp_ide_date",  NULL };

static void filed(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    char id[YB_ID_TEXT];
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_object(out, "result");
    yb_json_text(out, "trt_dcla_detl_sn",
                 yb_id_format(((const Yibao__Enrollment__FileChronicReply *)reply)->trt_dcla_detl_sn, id));
    yb_json_object_end(out);
    yb_txn_ok(txn);
}

void yb_txn_2503(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Types__Filing filing = YIBAO__TYPES__FILING__INIT;
    Yibao__Enrollment__FileChronicRequest req = YIBAO__ENROLLMENT__FILE_CHRONIC_REQUEST__INIT;
    yb_day_t enddate = yb_row_day(d, "enddate");
    filing.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    filing.insutype = yb_lend(yb_row_text(d, "insutype"));
    filing.opsp_dise_code = yb_lend(yb_row_text(d, "opsp_dise_code"));
    filing.opsp_dise_name = yb_lend(yb_row_text(d, "opsp_dise_name"));
    filing.begndate = yb_row_day(d, "begndate");
    filing.enddate = enddate == 0 ? YB_DAY_OPEN : yb_day_next(enddate);
    filing.detail = yb_txn_detail(txn, "data", 0, typed_filing);
    req.filing = &filing;
    req.insu_optins = yb_lend(yb_row_text(d, "insu_optins"));
    req.ide_fixmedins_no = yb_lend(yb_row_text(d, "ide_fixmedins_no"));
    req.hosp_ide_date = yb_row_day(d, "hosp_ide_date");
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->enrollment,
                        .method = "Enrollment/FileChronic",
                        .body = &req.base,
                        .person = filing.psn_no,
                        .write = true,
                        .answer = &yibao__enrollment__file_chronic_reply__descriptor },
           filed);
}

static void cancelled(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    (void)reply;
    yb_txn_ok(txn);
}

void yb_txn_2504(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Enrollment__CancelFilingRequest req = YIBAO__ENROLLMENT__CANCEL_FILING_REQUEST__INIT;
    req.trt_dcla_detl_sn = yb_txn_id(txn, d, "data", "trt_dcla_detl_sn", YB_E_FILING_UNKNOWN);
    if (req.trt_dcla_detl_sn == 0)
        return;
    req.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    req.memo = yb_lend(yb_row_text(d, "memo"));
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->enrollment,
                        .method = "Enrollment/CancelFiling",
                        .body = &req.base,
                        .person = req.psn_no,
                        .write = true,
                        .answer = &yibao__enrollment__cancel_filing_reply__descriptor },
           cancelled);
}

static void listed(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Enrollment__ListFilingsReply *r = (const Yibao__Enrollment__ListFilingsReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_array(out, "feedetail");
    for (size_t i = 0; i < r->n_filings; i++) {
        char id[YB_ID_TEXT];
        yb_json_object(out, NULL);
        yb_json_text(out, "opsp_dise_code", r->filings[i]->opsp_dise_code);
        yb_json_text(out, "opsp_dise_name", r->filings[i]->opsp_dise_name);
        yb_json_day(out, "begndate", r->filings[i]->begndate);
        yb_answer_enddate(out, "enddate", r->filings[i]->enddate);
        yb_json_text(out, "insutype", r->filings[i]->insutype);
        yb_json_text(out, "trt_dcla_detl_sn", yb_id_format(r->filings[i]->trt_dcla_detl_sn, id));
        yb_json_object_end(out);
    }
    yb_json_array_end(out);
    yb_txn_ok(txn);
}

static void on_known_person(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    (void)reply;
    Yibao__Enrollment__ListFilingsRequest req = YIBAO__ENROLLMENT__LIST_FILINGS_REQUEST__INIT;
    req.psn_no = yb_lend(yb_input_text(txn->in, "data", "psn_no"));
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->enrollment,
                        .method = "Enrollment/ListFilings",
                        .body = &req.base,
                        .person = req.psn_no,
                        .answer = &yibao__enrollment__list_filings_reply__descriptor },
           listed);
}

void yb_txn_5301(yb_txn_t *txn)
{
    yb_ask_person(txn, yb_input_text(txn->in, "data", "psn_no"), NULL, NULL, on_known_person);
}
