/* Entitle, GetCover, CheckTreatment: what holds on a day. */
#include <string.h>

#include "services/enrollment/handlers/handlers.h"
#include "services/enrollment/rules/entitle.h"
#include "services/enrollment/rules/treatment.h"
#include "services/enrollment/store/cover.h"
#include "services/enrollment/store/filing.h"

#define QUESTIONS_MAX 20000          /* of one call */

/* Rows of many persons, by index of the set. */
typedef struct rows {
    yb_strset_t persons;
    yb_rows_of_t *of;                /* per person */
} rows_t;

static int by_psn_no(const char *a, const char *b) { return strcmp(a, b); }
static int cover_order(const void *a, const void *b)
{
    return by_psn_no(((const yb_cover_t *)a)->psn_no, ((const yb_cover_t *)b)->psn_no);
}
static int tag_order(const void *a, const void *b)
{
    return by_psn_no(((const yb_tag_t *)a)->psn_no, ((const yb_tag_t *)b)->psn_no);
}
static int filing_order(const void *a, const void *b)
{
    return by_psn_no(((const yb_filing_t *)a)->psn_no, ((const yb_filing_t *)b)->psn_no);
}

/* Sorted by person, each person's rows are one slice. */
static yb_err_t fetch(yb_worker_t *worker, rows_t *r, const yb_strset_t *filed)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_db_t *db = yb_worker_db(worker);
    yb_cover_t *covers = NULL;
    yb_tag_t *tags = NULL;
    yb_filing_t *filings = NULL;
    size_t cover_count = 0, tag_count = 0, filing_count = 0;
    r->of = YB_NEW_ARRAY(arena, yb_rows_of_t, r->persons.count);
    yb_err_t err = yb_cover_by_person(db, &r->persons, arena, &covers, &cover_count);
    if (err == YB_OK)
        err = yb_tag_by_person(db, &r->persons, arena, &tags, &tag_count);
    if (err == YB_OK)
        err = yb_filing_by_person(db, filed, arena, &filings, &filing_count);
    if (err != YB_OK)
        return err;
    if (cover_count > 0)
        qsort(covers, cover_count, sizeof *covers, cover_order);
    if (tag_count > 0)
        qsort(tags, tag_count, sizeof *tags, tag_order);
    if (filing_count > 0)
        qsort(filings, filing_count, sizeof *filings, filing_order);
    for (size_t i = 0; i < cover_count; i++) {
        yb_rows_of_t *of = &r->of[yb_strset_find(&r->persons, covers[i].psn_no)];
        if (of->cover_count++ == 0)
            of->covers = &covers[i];
    }
    for (size_t i = 0; i < tag_count; i++) {
        yb_rows_of_t *of = &r->of[yb_strset_find(&r->persons, tags[i].psn_no)];
        if (of->tag_count++ == 0)
            of->tags = &tags[i];
    }
    for (size_t i = 0; i < filing_count; i++) {
        yb_rows_of_t *of = &r->of[yb_strset_find(&r->persons, filings[i].psn_no)];
        if (of->filing_count++ == 0)
            of->filings = &filings[i];
    }
    return YB_OK;
}

static const yb_rows_of_t *rows_of(const rows_t *r, const char *psn_no)
{
    static const yb_rows_of_t none = { 0 };
    size_t at = yb_strset_find(&r->persons, psn_no);
    return at == SIZE_MAX ? &none : &r->of[at];
}

YB_ENROLLMENT_RUN(entitle)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    rows_t r = { .persons = yb_strset_create(arena, count) };
    yb_strset_t filed = yb_strset_create(arena, count);
    for (size_t i = 0; i < count; i++) {
        const Yibao__Enrollment__EntitleRequest *req =
            (const Yibao__Enrollment__EntitleRequest *)calls[i]->body;
        if (req->n_questions > QUESTIONS_MAX) {
            yb_call_refuse(calls[i], YB_E_FIELD_RANGE, "questions", "一次最多 %d 个问题", QUESTIONS_MAX);
            continue;
        }
        for (size_t k = 0; k < req->n_questions; k++) {
            yb_add_person(&r.persons, req->questions[k]->psn_no);
            if (req->questions[k]->dise_codg[0] != '\0')
                yb_add_person(&filed, req->questions[k]->psn_no);
        }
    }
    yb_strset_seal(&r.persons);
    yb_strset_seal(&filed);
    yb_err_t err = fetch(worker, &r, &filed);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        if (yb_call_refused(calls[i]))
            continue;
        const Yibao__Enrollment__EntitleRequest *req =
            (const Yibao__Enrollment__EntitleRequest *)calls[i]->body;
        Yibao__Enrollment__EntitleReply *reply = YB_NEW(calls[i]->arena, Yibao__Enrollment__EntitleReply);
        yibao__enrollment__entitle_reply__init(reply);
        reply->n_answers = req->n_questions;
        reply->answers = YB_NEW_ARRAY(calls[i]->arena, Yibao__Enrollment__Entitlement *, req->n_questions);
        for (size_t k = 0; k < req->n_questions; k++) {
            reply->answers[k] = YB_NEW(calls[i]->arena, Yibao__Enrollment__Entitlement);
            yb_entitle(rows_of(&r, req->questions[k]->psn_no), req->questions[k], calls[i]->arena,
                       reply->answers[k]);
        }
        calls[i]->reply = &reply->base;
    }
    return YB_OK;
}

/* ---- GetCover ---- */

static Yibao__Types__Cover *cover_message(const yb_call_t *call, const yb_cover_t *c)
{
    Yibao__Types__Cover *m = YB_NEW(call->arena, Yibao__Types__Cover);
    yibao__types__cover__init(m);
    m->psn_no = yb_arena_strdup(call->arena, c->psn_no);
    m->insutype = yb_arena_strdup(call->arena, c->insutype);
    m->psn_type = yb_arena_strdup(call->arena, c->psn_type);
    m->insuplc_admdvs = yb_arena_strdup(call->arena, c->insuplc_admdvs);
    m->begndate = c->begndate;
    m->enddate = c->enddate;
    m->emp_no = yb_arena_strdup(call->arena, c->emp_no);
    m->clct_wage_fen = c->clct_wage_fen;
    return m;
}

static Yibao__Types__Tag *tag_message(const yb_call_t *call, const yb_tag_t *t)
{
    Yibao__Types__Tag *m = YB_NEW(call->arena, Yibao__Types__Tag);
    yibao__types__tag__init(m);
    m->psn_no = yb_arena_strdup(call->arena, t->psn_no);
    m->tag = yb_arena_strdup(call->arena, t->tag);
    m->begndate = t->begndate;
    m->enddate = t->enddate;
    return m;
}

/* Rows that end after `since`; since 0 = today. */
static Yibao__Enrollment__GetCoverReply *cover_reply(const yb_call_t *call, const yb_rows_of_t *rows,
                                                     int32_t since)
{
    Yibao__Enrollment__GetCoverReply *reply = YB_NEW(call->arena, Yibao__Enrollment__GetCoverReply);
    yibao__enrollment__get_cover_reply__init(reply);
    reply->covers = YB_NEW_ARRAY(call->arena, Yibao__Types__Cover *, rows->cover_count);
    for (size_t k = 0; k < rows->cover_count; k++)
        if (rows->covers[k].enddate > since)
            reply->covers[reply->n_covers++] = cover_message(call, &rows->covers[k]);
    reply->tags = YB_NEW_ARRAY(call->arena, Yibao__Types__Tag *, rows->tag_count);
    for (size_t k = 0; k < rows->tag_count; k++)
        if (rows->tags[k].enddate > since)
            reply->tags[reply->n_tags++] = tag_message(call, &rows->tags[k]);
    return reply;
}

YB_ENROLLMENT_RUN(get_cover)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    rows_t r = { .persons = yb_strset_create(arena, count) };
    yb_strset_t none = yb_strset_create(arena, 0);
    for (size_t i = 0; i < count; i++)
        yb_add_person(&r.persons, ((const Yibao__Enrollment__GetCoverRequest *)calls[i]->body)->psn_no);
    yb_strset_seal(&r.persons);
    yb_err_t err = fetch(worker, &r, &none);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        const Yibao__Enrollment__GetCoverRequest *req =
            (const Yibao__Enrollment__GetCoverRequest *)calls[i]->body;
        const int32_t since = req->since != 0 ? req->since : yb_time_day(yb_worker_now(worker));
        calls[i]->reply = &cover_reply(calls[i], rows_of(&r, req->psn_no), since)->base;
    }
    return YB_OK;
}

/* ---- CheckTreatment ---- */

/* Of the persons without any row: are they registered at all? Those that are not are refused. */
static yb_err_t refuse_unknown(yb_worker_t *worker, yb_call_t **calls, size_t count, const rows_t *r)
{
    yb_strset_t doubtful = yb_strset_create(yb_worker_arena(worker), count);
    const yb_call_t *first = NULL;
    for (size_t i = 0; i < count; i++) {
        const char *psn_no = ((const Yibao__Enrollment__CheckTreatmentRequest *)calls[i]->body)->psn_no;
        if (yb_call_refused(calls[i]) || rows_of(r, psn_no)->cover_count > 0)
            continue;
        yb_add_person(&doubtful, psn_no);
        first = first == NULL ? calls[i] : first;
    }
    if (first == NULL)
        return YB_OK;
    yb_strset_seal(&doubtful);
    bool *known = NULL;
    yb_err_t err = yb_ask_known(worker, first, &doubtful, NULL, &known, NULL);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++) {
        const char *psn_no = ((const Yibao__Enrollment__CheckTreatmentRequest *)calls[i]->body)->psn_no;
        if (yb_call_refused(calls[i]) || rows_of(r, psn_no)->cover_count > 0)
            continue;
        size_t at = yb_strset_find(&doubtful, psn_no);
        if (at == SIZE_MAX || !known[at])
            yb_call_refuse(calls[i], YB_E_PERSON_UNKNOWN, "psn_no",
                           "该人员编号未登记，请先用1101查询人员信息");
    }
    return YB_OK;
}

static Yibao__Enrollment__CheckTreatmentReply *treatment_reply(const yb_call_t *call,
                                                               const yb_rows_of_t *rows)
{
    yb_treatment_t list[YB_TREATMENTS_MAX];
    const size_t n = yb_treatments(rows, (const Yibao__Enrollment__CheckTreatmentRequest *)call->body, list);
    Yibao__Enrollment__CheckTreatmentReply *reply =
        YB_NEW(call->arena, Yibao__Enrollment__CheckTreatmentReply);
    yibao__enrollment__check_treatment_reply__init(reply);
    reply->n_treatments = n;
    reply->treatments = YB_NEW_ARRAY(call->arena, Yibao__Enrollment__Treatment *, n);
    for (size_t i = 0; i < n; i++) {
        Yibao__Enrollment__Treatment *m = YB_NEW(call->arena, Yibao__Enrollment__Treatment);
        yibao__enrollment__treatment__init(m);
        m->trt_chk_type = yb_arena_strdup(call->arena, "1");
        m->fund_pay_type = yb_arena_strdup(call->arena, list[i].fund_pay_type);
        m->trt_enjymnt_flag = yb_arena_strdup(call->arena, list[i].entitled ? "1" : "0");
        m->begndate = list[i].begndate;
        m->enddate = list[i].enddate;
        m->trt_chk_rslt = yb_arena_strdup(call->arena, list[i].reason);
        reply->treatments[i] = m;
    }
    return reply;
}

YB_ENROLLMENT_RUN(check_treatment)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    rows_t r = { .persons = yb_strset_create(arena, count) };
    for (size_t i = 0; i < count; i++) {
        const Yibao__Enrollment__CheckTreatmentRequest *req =
            (const Yibao__Enrollment__CheckTreatmentRequest *)calls[i]->body;
        if (yb_treatment_check(req, &calls[i]->refusal) == YB_OK)
            yb_add_person(&r.persons, req->psn_no);
    }
    yb_strset_seal(&r.persons);
    yb_err_t err = fetch(worker, &r, &r.persons);
    if (err == YB_OK)
        err = refuse_unknown(worker, calls, count, &r);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count; i++)
        if (!yb_call_refused(calls[i]))
            calls[i]->reply = &treatment_reply(calls[i], rows_of(&r,
                ((const Yibao__Enrollment__CheckTreatmentRequest *)calls[i]->body)->psn_no))->base;
    return YB_OK;
}
