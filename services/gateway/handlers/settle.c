/* Settling: 2206 2303 pre-settlement, 2207 2304 settlement, 2208 2305 2601 reversal, 5203 query. The person is read
 * (and the credential checked) at identity first: settlement never sees a name. */
#include <string.h>

#include "services/gateway/handlers/handlers.h"

typedef struct settle_state {
    const Yibao__Types__Person *person;
    const ProtobufCMessage *request;
    const char *method;
    bool write, full;
} settle_state_t;

static void answered(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const settle_state_t *s = txn->state;
    const Yibao__Settlement__SettleReply *r = (const Yibao__Settlement__SettleReply *)reply;
    if (r->setlinfo == NULL)
        yb_txn_fail(txn, YB_E_INTERNAL, NULL, NULL);
    else
        yb_answer_settlement(txn, r, s->person, s->full);
}

static void on_person(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    settle_state_t *s = txn->state;
    s->person = ((const Yibao__Identity__ResolveReply *)reply)->persons[0];
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->settlement,
                        .method = s->method,
                        .body = s->request,
                        .person = s->person->psn_no,
                        .write = s->write,
                        .answer = &yibao__settlement__settle_reply__descriptor },
           answered);
}

static void begin(yb_txn_t *txn, const char *method, const ProtobufCMessage *request, bool write, bool full)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    settle_state_t *s = YB_NEW(txn->arena, settle_state_t);
    *s = (settle_state_t){ .request = request, .method = method, .write = write, .full = full };
    txn->state = s;
    bool credential = yb_input_knows(txn->in, "data", "mdtrt_cert_type");
    yb_ask_person(txn, yb_row_text(d, "psn_no"), credential ? yb_row_text(d, "mdtrt_cert_type") : NULL,
                  credential ? yb_row_text(d, "mdtrt_cert_no") : NULL, on_person);
}

/* An echoed amount that was not sent is INT64_MIN. */
static int64_t echo(const yb_input_t *in, const yb_row_t *d, const char *field, protobuf_c_boolean *any)
{
    if (!yb_input_knows(in, "data", field) || !yb_row_has(d, field))
        return INT64_MIN;
    *any = 1;
    return yb_row_fen(d, field);
}

static void settle(yb_txn_t *txn, bool inpatient, bool pre)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Settlement__SettleRequest *req = YB_NEW(txn->arena, Yibao__Settlement__SettleRequest);
    yibao__settlement__settle_request__init(req);
    req->mdtrt_id = yb_txn_id(txn, d, "data", "mdtrt_id", YB_E_VISIT_UNKNOWN);
    if (req->mdtrt_id == 0)
        return;
    req->inpatient = inpatient;
    req->psn_no = yb_lend(yb_row_text(d, "psn_no"));
    req->insutype = yb_lend(yb_row_text(d, "insutype"));
    if (inpatient) {
        req->mid_setl = strcmp(yb_row_text(d, "mid_setl_flag"), "1") == 0;
    } else {
        req->med_type = yb_lend(yb_row_text(d, "med_type"));
        req->chrg_bchno = yb_lend(yb_row_text(d, "chrg_bchno"));
    }
    req->mdtrt_cert_type = yb_lend(yb_row_text(d, "mdtrt_cert_type"));
    req->medfee_sumamt_fen = yb_row_fen(d, "medfee_sumamt");
    req->psn_setlway = yb_lend(yb_row_text(d, "psn_setlway"));
    req->acct_used = strcmp(yb_row_text(d, "acct_used_flag"), "1") == 0;
    if (yb_input_knows(txn->in, "data", "invono"))
        req->invono = yb_lend(yb_row_text(d, "invono"));
    req->fulamt_ownpay_amt_fen = echo(txn->in, d, "fulamt_ownpay_amt", &req->has_echo);
    req->overlmt_selfpay_fen = echo(txn->in, d, "overlmt_selfpay", &req->has_echo);
    req->preselfpay_amt_fen = echo(txn->in, d, "preselfpay_amt", &req->has_echo);
    req->inscp_scp_amt_fen = echo(txn->in, d, "inscp_scp_amt", &req->has_echo);
    begin(txn, pre ? "Settlement/PreSettle" : "Settlement/Settle", &req->base, !pre, false);
}

void yb_txn_2206(yb_txn_t *txn) { settle(txn, false, true); }
void yb_txn_2207(yb_txn_t *txn) { settle(txn, false, false); }
void yb_txn_2303(yb_txn_t *txn) { settle(txn, true, true); }
void yb_txn_2304(yb_txn_t *txn) { settle(txn, true, false); }

static void reverse(yb_txn_t *txn, bool inpatient)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Settlement__ReverseRequest *req = YB_NEW(txn->arena, Yibao__Settlement__ReverseRequest);
    yibao__settlement__reverse_request__init(req);
    req->setl_id = yb_txn_id(txn, d, "data", "setl_id", YB_E_SETTLEMENT_UNKNOWN);
    if (req->setl_id == 0)
        return;
    req->mdtrt_id = yb_txn_id(txn, d, "data", "mdtrt_id", YB_E_VISIT_UNKNOWN);
    if (req->mdtrt_id == 0)
        return;
    req->psn_no = yb_lend(yb_row_text(d, "psn_no"));
    req->inpatient = inpatient;
    begin(txn, "Settlement/Reverse", &req->base, true, false);
}

void yb_txn_2208(yb_txn_t *txn) { reverse(txn, false); }
void yb_txn_2305(yb_txn_t *txn) { reverse(txn, true); }

void yb_txn_2601(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Settlement__ReverseRequest *req = YB_NEW(txn->arena, Yibao__Settlement__ReverseRequest);
    yibao__settlement__reverse_request__init(req);
    req->psn_no = yb_lend(yb_row_text(d, "psn_no"));
    req->omsgid = yb_lend(yb_row_text(d, "omsgid"));
    req->oinfno = yb_lend(yb_row_text(d, "oinfno"));
    begin(txn, "Settlement/Reverse", &req->base, true, false);
}

void yb_txn_5203(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Settlement__GetSettlementRequest *req = YB_NEW(txn->arena, Yibao__Settlement__GetSettlementRequest);
    yibao__settlement__get_settlement_request__init(req);
    req->setl_id = yb_txn_id(txn, d, "data", "setl_id", YB_E_SETTLEMENT_UNKNOWN);
    if (req->setl_id == 0)
        return;
    req->mdtrt_id = yb_txn_id(txn, d, "data", "mdtrt_id", YB_E_VISIT_UNKNOWN);
    if (req->mdtrt_id == 0)
        return;
    req->psn_no = yb_lend(yb_row_text(d, "psn_no"));
    begin(txn, "Settlement/GetSettlement", &req->base, false, true);
}
