/* 1101: who is at the counter — identity, then cover and tags, then account balances. 2001: entitlement per fund. */
#include <string.h>

#include "services/gateway/handlers/handlers.h"

typedef struct person_state {
    const Yibao__Types__Person *person;
    const Yibao__Enrollment__GetCoverReply *cover;
} person_state_t;

static yb_day_t today(const yb_txn_t *txn) { return yb_time_day(yb_time_of_unix_us(txn->received_us)); }

static void put_base(yb_json_out_t *out, const Yibao__Types__Person *p, yb_day_t day)
{
    yb_json_object(out, "baseinfo");
    yb_json_text(out, "psn_no", p->psn_no);
    yb_json_text(out, "psn_cert_type", p->psn_cert_type);
    yb_json_text(out, "certno", p->certno);
    yb_json_text(out, "psn_name", p->psn_name);
    yb_json_text(out, "gend", p->gend);
    yb_json_text(out, "naty", p->naty);
    yb_json_day(out, "brdy", p->brdy);
    yb_json_decimal(out, "age", p->brdy != 0 ? yb_day_age(p->brdy, day) * 10LL : 0, 1);
    yb_json_object_end(out);
}

/* Only employees have an account; a resident's balc is 0.00. */
static int64_t balance_of(const Yibao__Settlement__GetAccountsReply *accounts, const char *insutype)
{
    for (size_t i = 0; i < accounts->n_accounts; i++)
        if (strcmp(accounts->accounts[i]->insutype, insutype) == 0)
            return accounts->accounts[i]->balc_fen;
    return 0;
}

static void put_cover(yb_json_out_t *out, const Yibao__Types__Cover *c, int64_t balc_fen, yb_day_t day)
{
    bool running = yb_day_in(day, c->begndate, c->enddate);
    yb_json_object(out, NULL);
    yb_json_fen(out, "balc", balc_fen);
    yb_json_text(out, "insutype", c->insutype);
    yb_json_text(out, "psn_type", c->psn_type);
    yb_json_text(out, "psn_insu_stas", running ? "1" : day < c->begndate ? "0" : "4");
    yb_json_day(out, "psn_insu_date", c->begndate);
    yb_answer_enddate(out, "paus_insu_date", c->enddate);
    yb_json_text(out, "cvlserv_flag", "0");
    yb_json_text(out, "insuplc_admdvs", c->insuplc_admdvs);
    yb_json_text(out, "emp_no", c->emp_no);
    yb_json_text(out, "emp_name", "");
    yb_json_object_end(out);
}

static void put_tag(yb_json_out_t *out, const Yibao__Types__Tag *tag)
{
    yb_json_object(out, NULL);
    yb_json_text(out, "psn_idet_type", tag->tag);
    yb_json_text(out, "psn_type_lv", "");
    yb_json_text(out, "memo", "");
    yb_json_day(out, "begntime", tag->begndate);
    yb_answer_enddate(out, "endtime", tag->enddate);
    yb_json_object_end(out);
}

static void on_accounts(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const person_state_t *s = txn->state;
    yb_json_out_t *out = yb_txn_out(txn);
    put_base(out, s->person, today(txn));
    yb_json_array(out, "insuinfo");
    for (size_t i = 0; i < s->cover->n_covers; i++)
        put_cover(out, s->cover->covers[i],
                  balance_of((const Yibao__Settlement__GetAccountsReply *)reply, s->cover->covers[i]->insutype),
                  today(txn));
    yb_json_array_end(out);
    yb_json_array(out, "idetinfo");
    for (size_t i = 0; i < s->cover->n_tags; i++)
        put_tag(out, s->cover->tags[i]);
    yb_json_array_end(out);
    yb_txn_ok(txn);
}

static void on_cover(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    person_state_t *s = txn->state;
    s->cover = (const Yibao__Enrollment__GetCoverReply *)reply;
    Yibao__Settlement__GetAccountsRequest req = YIBAO__SETTLEMENT__GET_ACCOUNTS_REQUEST__INIT;
    char *keys[1] = { s->person->psn_no };
    req.n_psn_no = 1;
    req.psn_no = keys;
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->settlement,
                        .method = "Settlement/GetAccounts",
                        .body = &req.base,
                        .person = s->person->psn_no,
                        .answer = &yibao__settlement__get_accounts_reply__descriptor },
           on_accounts);
}

static void on_person(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    person_state_t *s = YB_NEW(txn->arena, person_state_t);
    s->person = ((const Yibao__Identity__FindPersonReply *)reply)->person;
    txn->state = s;
    if (s->person == NULL) {
        yb_txn_fail(txn, YB_E_PERSON_UNKNOWN, "data.mdtrt_cert_no", NULL);
        return;
    }
    Yibao__Enrollment__GetCoverRequest req = YIBAO__ENROLLMENT__GET_COVER_REQUEST__INIT;
    req.psn_no = s->person->psn_no;
    req.since = yb_row_day(yb_input_row(txn->in, "data", 0), "begntime");
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->enrollment,
                        .method = "Enrollment/GetCover",
                        .body = &req.base,
                        .person = s->person->psn_no,
                        .answer = &yibao__enrollment__get_cover_reply__descriptor },
           on_cover);
}

/* Numbers are found by their hash: a small x at the end is the same number. */
static char *upper(yb_txn_t *txn, const char *number)
{
    char *copy = yb_arena_strdup(txn->arena, number);
    size_t len = strlen(copy);
    if (len > 0 && copy[len - 1] == 'x')
        copy[len - 1] = 'X';
    return copy;
}

void yb_txn_1101(yb_txn_t *txn)
{
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Identity__FindPersonRequest req = YIBAO__IDENTITY__FIND_PERSON_REQUEST__INIT;
    req.mdtrt_cert_type = yb_lend(yb_row_text(d, "mdtrt_cert_type"));
    req.mdtrt_cert_no = upper(txn, yb_row_text(d, "mdtrt_cert_no"));
    req.psn_name = yb_lend(yb_row_text(d, "psn_name"));
    req.certno = upper(txn, yb_row_text(d, "certno"));
    req.psn_cert_type = yb_lend(yb_row_text(d, "psn_cert_type"));
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->identity,
                        .method = "Identity/FindPerson",
                        .body = &req.base,
                        .person = req.mdtrt_cert_no,
                        .answer = &yibao__identity__find_person_reply__descriptor },
           on_person);
}

/* ---- 2001 ---- */

static void on_treatments(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    const Yibao__Enrollment__CheckTreatmentReply *r = (const Yibao__Enrollment__CheckTreatmentReply *)reply;
    yb_json_out_t *out = yb_txn_out(txn);
    yb_json_array(out, "trtinfo");
    for (size_t i = 0; i < r->n_treatments; i++) {
        const Yibao__Enrollment__Treatment *t = r->treatments[i];
        yb_json_object(out, NULL);
        yb_json_text(out, "psn_no", yb_input_text(txn->in, "data", "psn_no"));
        yb_json_text(out, "trt_chk_type", t->trt_chk_type);
        yb_json_text(out, "fund_pay_type", t->fund_pay_type);
        yb_json_text(out, "trt_enjymnt_flag", t->trt_enjymnt_flag);
        yb_json_day(out, "begndate", t->begndate);
        yb_answer_enddate(out, "enddate", t->enddate);
        yb_json_text(out, "trt_chk_rslt", t->trt_chk_rslt);
        yb_json_object_end(out);
    }
    yb_json_array_end(out);
    yb_txn_ok(txn);
}

static void on_known_person(yb_txn_t *txn, const ProtobufCMessage *reply)
{
    (void)reply;
    const yb_row_t *d = yb_input_row(txn->in, "data", 0);
    Yibao__Enrollment__CheckTreatmentRequest req = YIBAO__ENROLLMENT__CHECK_TREATMENT_REQUEST__INIT;
    req.psn_no = yb_lend(yb_row_text(d, "psn_no"));
    req.insutype = yb_lend(yb_row_text(d, "insutype"));
    req.fixmedins_code = yb_lend(yb_row_text(d, "fixmedins_code"));
    req.med_type = yb_lend(yb_row_text(d, "med_type"));
    req.begntime = yb_row_time(d, "begntime");
    req.endtime = yb_row_time(d, "endtime");
    req.dise_codg = yb_lend(yb_row_text(d, "dise_codg"));
    yb_ask(txn,
           &(yb_ask_t){ .to = yb_txn_gateway(txn)->enrollment,
                        .method = "Enrollment/CheckTreatment",
                        .body = &req.base,
                        .person = req.psn_no,
                        .answer = &yibao__enrollment__check_treatment_reply__descriptor },
           on_treatments);
}

void yb_txn_2001(yb_txn_t *txn)
{
    yb_ask_person(txn, yb_input_text(txn->in, "data", "psn_no"), NULL, NULL, on_known_person);
}
