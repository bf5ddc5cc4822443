/* Queries of an institution about its own visits: 5201 5202 5204 5205 5206 5303. */
#include <string.h>

#include "libcommon/id.h"
#include "services/gateway/handlers/handlers.h"

#define VISITS_MAX 1000

static void put_visit(yb_json_out_t *out, const Yibao__Settlement__Visit *v)
{
    char id[YB_ID_TEXT];
    yb_json_object(out, NULL);
    yb_json_text(out, "mdtrt_id", yb_id_format(v->mdtrt_id, id));
    yb_json_text(out, "psn_no", v->psn_no);
    yb_json_text(out, "insutype", v->insutype);
    yb_json_text(out, "med_type", v->med_type);
    yb_json_time(out, "begntime", v->begntime);
    yb_json_time(out, "endtime", v->endtime);
    yb_json_text(out, "ipt_otp_no", v->ipt_otp_no);
    yb_json_text(out, "dise_codg", v->dise_codg);
    yb_json_text(out, "dise_name", v->dise_name);
    yb_json_text(out, "fixmedins_code", v->fixmedins_code);
    yb_json_text(out, "insuplc_admdvs", v->insuplc_admdvs);
    yb_json_text(out, "mdtrt_cert_type", v->mdtrt_cert_type);
    yb_json_text(out, "dscg_way", v->dscg_way);
    yb_json_text(out, "inhosp_stas", strcmp(v->state, "admitted") == 0 ? "1" : "0");
    yb_json_text(out, "mdtrt_stas", v->state);
    yb_json_object_end(out);
}

static void put_visits(yb_txn_t *txn, const char *node, const ProtobufCMessage *reply)
{
    const Yibao__Settlement__ListVisitsReply *r = (const Yibao__Settlement__ListVisitsReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_array(out, node);
    for (size_t i = 0; i < r->n_visits; i++)
        put_visit(out, r->visits[i]);
    yb_json_array_end(out);
    yb_txn_ok(txn);
}

static void on_visits(yb_txn_t *txn, const ProtobufCMessage *reply) { put_visits(txn, "mdtrtinfo", reply); }
static void on_stays(yb_txn_t *txn, const ProtobufCMessage *reply) { put_visits(txn, "data", reply); }

static void to_settlement(yb_txn_t *txn, const char *method, const ProtobufCMessage *body,
                          const ProtobufCMessageDescriptor *answer, yb_ask_done_fn done)
{
    yb_ask(txn, &(yb_ask_t){ .to = yb_txn_gateway(txn)->settlement, .method = method, .body = body,
                             .person = yb_input_text(txn->in, "data", "psn_no"), .answer = answer }, done);
}

/* An optional mdtrt_id: absent = 0; -1 = refused. */
static int64_t optional_id(yb_txn_t *txn, const char *field, yb_err_t unknown)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    if (!yb_row_has(d, field))
        return 0;
    int64_t id = yb_txn_id(txn, d, "data", field, unknown);
    return id == 0 ? -1 : id;
}

void yb_txn_5201(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Settlement__ListVisitsRequest req = YIBAO__SETTLEMENT__LIST_VISITS_REQUEST__INIT;
    req.mdtrt_id = optional_id(txn, "mdtrt_id", YB_E_VISIT_UNKNOWN);
    if (req.mdtrt_id < 0)
        return;
    req.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    req.begntime = yb_row_time(d, "begntime");
    req.endtime = yb_row_time(d, "endtime");
    req.med_type = yb_lend(yb_row_text(d, "med_type"));
    req.limit = VISITS_MAX;
    to_settlement(txn, "Settlement/ListVisits", &req.base, &yibao__settlement__list_visits_reply__descriptor,
                  on_visits);
}

void yb_txn_5303(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Settlement__ListVisitsRequest req = YIBAO__SETTLEMENT__LIST_VISITS_REQUEST__INIT;
    req.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    req.begntime = (int64_t)yb_row_day(d, "begntime") * 1000000;
    req.endtime = yb_row_has(d, "endtime") ? (int64_t)yb_row_day(d, "endtime") * 1000000 + 235959 : 0;
    req.in_hospital_only = true;
    req.limit = VISITS_MAX;
    to_settlement(txn, "Settlement/ListVisits", &req.base, &yibao__settlement__list_visits_reply__descriptor, on_stays);
}

static void on_diagnoses(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Settlement__ListDiagnosesReply *r = (const Yibao__Settlement__ListDiagnosesReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_array(out, "diseinfo");
    for (size_t i = 0; i < r->n_diagnoses; i++) {
        const Yibao__Settlement__Diagnosis *g = r->diagnoses[i];
        yb_json_object(out, NULL);
        yb_json_text(out, "mdtrt_id", yb_input_text(txn->in, "data", "mdtrt_id"));
        yb_json_text(out, "psn_no", yb_input_text(txn->in, "data", "psn_no"));
        yb_json_text(out, "diag_type", g->diag_type);
        yb_json_int(out, "diag_srt_no", g->diag_srt_no);
        yb_json_text(out, "diag_code", g->diag_code);
        yb_json_text(out, "diag_name", g->diag_name);
        yb_json_text(out, "diag_dept", g->diag_dept);
        yb_json_text(out, "dise_dor_no", g->dise_dor_no);
        yb_json_text(out, "dise_dor_name", g->dise_dor_name);
        yb_json_time(out, "diag_time", g->diag_time);
        yb_json_text(out, "maindiag_flag", g->maindiag_flag);
        yb_json_text(out, "adm_cond", g->adm_cond);
        yb_json_text(out, "vali_flag", g->vali_flag);
        yb_json_object_end(out);
    }
    yb_json_array_end(out);
    yb_txn_ok(txn);
}

void yb_txn_5202(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Settlement__ListDiagnosesRequest req = YIBAO__SETTLEMENT__LIST_DIAGNOSES_REQUEST__INIT;
    req.mdtrt_id = yb_txn_id(txn, d, "data", "mdtrt_id", YB_E_VISIT_UNKNOWN);
    if (req.mdtrt_id == 0)
        return;
    req.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    to_settlement(txn, "Settlement/ListDiagnoses", &req.base, &yibao__settlement__list_diagnoses_reply__descriptor,
                  on_diagnoses);
}

static void on_lines(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Settlement__ListLinesReply *r = (const Yibao__Settlement__ListLinesReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_array(out, "feedetail");
    for (size_t i = 0; i < r->n_lines; i++)
        yb_answer_line(out, r->lines[i], true);
    yb_json_array_end(out);
    yb_txn_ok(txn);
}

void yb_txn_5204(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Settlement__ListLinesRequest req = YIBAO__SETTLEMENT__LIST_LINES_REQUEST__INIT;
    req.mdtrt_id = yb_txn_id(txn, d, "data", "mdtrt_id", YB_E_VISIT_UNKNOWN);
    if (req.mdtrt_id == 0)
        return;
    req.setl_id = optional_id(txn, "setl_id", YB_E_SETTLEMENT_UNKNOWN);
    if (req.setl_id < 0)
        return;
    req.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    to_settlement(txn, "Settlement/ListLines", &req.base, &yibao__settlement__list_lines_reply__descriptor, on_lines);
}

void yb_txn_5205(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Settlement__ListChronicDrugsRequest req = YIBAO__SETTLEMENT__LIST_CHRONIC_DRUGS_REQUEST__INIT;
    req.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    req.begntime = yb_row_time(d, "begntime");
    req.endtime = yb_row_time(d, "endtime");
    to_settlement(txn, "Settlement/ListChronicDrugs", &req.base, &yibao__settlement__list_lines_reply__descriptor,
                  on_lines);
}

static void on_accumulators(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Settlement__GetAccumulatorsReply *r = (const Yibao__Settlement__GetAccumulatorsReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_array(out, "cuminfo");
    for (size_t i = 0; i < r->n_accumulators; i++) {
        const Yibao__Settlement__Accumulator *a = r->accumulators[i];
        char year[16];
        snprintf(year, sizeof year, "%04d", a->year);
        yb_json_object(out, NULL);
        yb_json_text(out, "insutype", a->insutype);
        yb_json_text(out, "year", year);
        yb_json_text(out, "cum_ym", a->cum_ym);
        yb_json_text(out, "cum_type_code", a->cum_type_code);
        yb_json_fen(out, "cum", a->is_count ? a->cum_fen * 100 : a->cum_fen);
        yb_json_object_end(out);
    }
    yb_json_array_end(out);
    yb_txn_ok(txn);
}

static void on_known_person(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    (void)reply;
    Yibao__Settlement__GetAccumulatorsRequest req = YIBAO__SETTLEMENT__GET_ACCUMULATORS_REQUEST__INIT;
    req.psn_no = yb_lend(yb_input_text(txn->in, "data", "psn_no"));
    req.cum_ym = yb_lend(yb_input_text(txn->in, "data", "cum_ym"));
    to_settlement(txn, "Settlement/GetAccumulators", &req.base, &yibao__settlement__get_accumulators_reply__descriptor,
                  on_accumulators);
}

void yb_txn_5206(yb_txn_t *txn)
{
    yb_ask_person(txn, yb_input_text(txn->in, "data", "psn_no"), NULL, NULL, on_known_person);
}
