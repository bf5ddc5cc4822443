/* Visits: 2201 2202 outpatient registration, 2203 2203A treatment, 2401–2405 admission to discharge. */
#include <string.h>

#include "libcommon/id.h"
#include "services/gateway/handlers/handlers.h"

typedef Yibao__Settlement__RegisterRequest visit_request_t;

/* What stands in its own field and is not repeated in `detail`. */
static const char *const typed_visit[] = { "psn_no",     "insutype", "begntime", "endtime",   "mdtrt_cert_type",
                                           "ipt_otp_no", "ipt_no",   "med_type", "dise_codg", "dise_name",
                                           "mdtrt_id",   "dscg_way", NULL };

static void to_settlement(yb_txn_t *txn, const char *method, const ProtobufCMessage *body, const char *person,
                          const ProtobufCMessageDescriptor *answer, yb_ask_done_fn done)
{
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->settlement,
                        .method = method,
                        .body = body,
                        .person = person,
                        .answer = answer,
                        .write = true },
           done);
}

static void done_empty(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    (void)reply;
    yb_txn_ok(txn);
}

/* ---- 2201, 2401, 2403: one visit as the hospital tells it ---- */

static void fill_visit(yb_txn_t *txn, const char *node, const char *number_field, bool inpatient, visit_request_t *req)
{
    const yb_row_t *d = yb_input_row(txn->in, node, 0);
    yibao__settlement__register_request__init(req);
    req->inpatient = inpatient;
    req->psn_no = yb_lend(yb_row_text(d, "psn_no"));
    req->insutype = yb_lend(yb_row_text(d, "insutype"));
    req->begntime = yb_row_time(d, "begntime");
    req->mdtrt_cert_type = yb_lend(yb_row_text(d, "mdtrt_cert_type"));
    req->mdtrt_cert_no = yb_lend(yb_row_text(d, "mdtrt_cert_no"));
    req->ipt_otp_no = yb_lend(yb_row_text(d, number_field));
    req->insuplc_admdvs = yb_lend(txn->env->insuplc_admdvs);
    if (yb_input_knows(txn->in, node, "med_type"))
        req->med_type = yb_lend(yb_row_text(d, "med_type"));
    if (yb_input_knows(txn->in, node, "dise_codg"))
        req->dise_codg = yb_lend(yb_row_text(d, "dise_codg"));
    if (yb_input_knows(txn->in, node, "dise_name"))
        req->dise_name = yb_lend(yb_row_text(d, "dise_name"));
    if (yb_input_knows(txn->in, "diseinfo", "diag_code"))
        req->diagnoses = yb_txn_diagnoses(txn, "diseinfo", &req->n_diagnoses);
    req->detail = yb_txn_detail(txn, node, 0, typed_visit);
}

static void registered(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Settlement__RegisterReply *r = (const Yibao__Settlement__RegisterReply *)reply;
    char id[YB_ID_TEXT];
    bool outpatient = strcmp(txn->def->infno, "2201") == 0;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_object(out, outpatient ? "data" : "result");
    yb_json_text(out, "mdtrt_id", yb_id_format(r->mdtrt_id, id));
    if (outpatient) {
        yb_json_text(out, "psn_no", r->psn_no);
        yb_json_text(out, "ipt_otp_no", r->ipt_otp_no);
    }
    yb_json_object_end(out);
    yb_txn_ok(txn);
}

void yb_txn_2201(yb_txn_t *txn)
{
    visit_request_t req;
    fill_visit(txn, "data", "ipt_otp_no", false, &req);
    to_settlement(txn, "Settlement/RegisterVisit", &req.base, req.psn_no,
                  &yibao__settlement__register_reply__descriptor, registered);
}

void yb_txn_2401(yb_txn_t *txn)
{
    visit_request_t req;
    fill_visit(txn, "mdtrtinfo", "ipt_no", true, &req);
    to_settlement(txn, "Settlement/RegisterVisit", &req.base, req.psn_no,
                  &yibao__settlement__register_reply__descriptor, registered);
}

void yb_txn_2403(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "adminfo", 0);
    visit_request_t visit;
    Yibao__Settlement__ChangeVisitRequest req = YIBAO__SETTLEMENT__CHANGE_VISIT_REQUEST__INIT;
    req.mdtrt_id = yb_txn_id(txn, d, "adminfo", "mdtrt_id", YB_E_VISIT_UNKNOWN);
    if (req.mdtrt_id == 0)
        return;
    fill_visit(txn, "adminfo", yb_row_has(d, "ipt_no") ? "ipt_no" : "ipt_otp_no", true, &visit);
    req.visit = &visit;
    req.endtime = yb_row_time(d, "endtime");
    to_settlement(txn, "Settlement/ChangeVisit", &req.base, visit.psn_no,
                  &yibao__settlement__change_visit_reply__descriptor, done_empty);
}

/* ---- 2203, 2203A ---- */

void yb_txn_2203(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "mdtrtinfo", 0);
    Yibao__Settlement__TreatRequest req = YIBAO__SETTLEMENT__TREAT_REQUEST__INIT;
    req.mdtrt_id = yb_txn_id(txn, d, "mdtrtinfo", "mdtrt_id", YB_E_VISIT_UNKNOWN);
    if (req.mdtrt_id == 0)
        return;
    req.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    req.med_type = yb_lend(yb_row_text(d, "med_type"));
    req.begntime = yb_row_time(d, "begntime");
    req.dise_codg = yb_lend(yb_row_text(d, "dise_codg"));
    req.dise_name = yb_lend(yb_row_text(d, "dise_name"));
    req.diagnoses = yb_txn_diagnoses(txn, "diseinfo", &req.n_diagnoses);
    req.detail = yb_txn_detail(txn, "mdtrtinfo", 0, typed_visit);
    to_settlement(txn, "Settlement/Treat", &req.base, req.psn_no, &yibao__settlement__treat_reply__descriptor,
                  done_empty);
}

/* ---- 2402 ---- */

void yb_txn_2402(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "dscginfo", 0);
    Yibao__Settlement__DischargeRequest req = YIBAO__SETTLEMENT__DISCHARGE_REQUEST__INIT;
    req.mdtrt_id = yb_txn_id(txn, d, "dscginfo", "mdtrt_id", YB_E_VISIT_UNKNOWN);
    if (req.mdtrt_id == 0)
        return;
    req.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    req.insutype = yb_lend(yb_row_text(d, "insutype"));
    req.endtime = yb_row_time(d, "endtime");
    req.dise_codg = yb_lend(yb_row_text(d, "dise_codg"));
    req.dise_name = yb_lend(yb_row_text(d, "dise_name"));
    req.dscg_way = yb_lend(yb_row_text(d, "dscg_way"));
    req.diagnoses = yb_txn_diagnoses(txn, "diseinfo", &req.n_diagnoses);
    req.detail = yb_txn_detail(txn, "dscginfo", 0, typed_visit);
    to_settlement(txn, "Settlement/Discharge", &req.base, req.psn_no, &yibao__settlement__discharge_reply__descriptor,
                  done_empty);
}

/* ---- 2202, 2404, 2405 ---- */

static void cancel(yb_txn_t *txn, Yibao__Settlement__VisitCancel what)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Settlement__CancelVisitRequest req = YIBAO__SETTLEMENT__CANCEL_VISIT_REQUEST__INIT;
    req.mdtrt_id = yb_txn_id(txn, d, "data", "mdtrt_id", YB_E_VISIT_UNKNOWN);
    if (req.mdtrt_id == 0)
        return;
    req.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    if (yb_input_knows(txn->in, "data", "ipt_otp_no"))
        req.ipt_otp_no = yb_lend(yb_row_text(d, "ipt_otp_no"));
    req.what = what;
    to_settlement(txn, "Settlement/CancelVisit", &req.base, req.psn_no,
                  &yibao__settlement__cancel_visit_reply__descriptor, done_empty);
}

void yb_txn_2202(yb_txn_t *txn) { cancel(txn, YIBAO__SETTLEMENT__VISIT_CANCEL__CANCEL_REGISTRATION); }
void yb_txn_2404(yb_txn_t *txn) { cancel(txn, YIBAO__SETTLEMENT__VISIT_CANCEL__CANCEL_ADMISSION); }
void yb_txn_2405(yb_txn_t *txn) { cancel(txn, YIBAO__SETTLEMENT__VISIT_CANCEL__CANCEL_DISCHARGE); }
