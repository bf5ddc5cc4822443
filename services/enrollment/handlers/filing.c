/* 2503, 2504, 5301: chronic-disease filings. */
#include <string.h>

#include "libcommon/text.h"
#include "services/enrollment/handlers/handlers.h"
#include "services/enrollment/rules/filing.h"
#include "services/enrollment/store/cover.h"
#include "services/enrollment/store/filing.h"

#define MEMO_MAX 500
#define WHO_MAX 30                   /* characters, what the columns hold */

typedef struct batch {
    yb_strset_t persons, institutions;
    yb_rows_of_t rows;
} batch_t;

static const char *who(const yb_call_t *call)
{
    const char *code = call->env->caller->fixmedins_code;
    if (code[0] == '\0')
        code = call->env->caller->opter;
    return yb_utf8_valid(code, strlen(code))
        ? yb_arena_strndup(call->arena, code, yb_utf8_cut(code, strlen(code), WHO_MAX))
        : "?";
}

static void refuse_unknown(yb_call_t *call, const batch_t *b, const bool *persons, const bool *institutions)
{
    const Yibao__Enrollment__FileChronicRequest *req =
        (const Yibao__Enrollment__FileChronicRequest *)call->body;
    if (!persons[yb_strset_find(&b->persons, req->filing->psn_no)])
        yb_call_refuse(call, YB_E_PERSON_UNKNOWN, "psn_no", "该人员编号未登记，请先用1101查询人员信息");
    size_t at = yb_strset_find(&b->institutions, req->ide_fixmedins_no);
    if (at != SIZE_MAX && !institutions[at])
        yb_call_refuse(call, YB_E_INSTITUTION_UNKNOWN, "ide_fixmedins_no",
                       "鉴定定点医药机构未登记，请核对编号");
}

static yb_filing_t *filing_of(yb_worker_t *worker, const yb_call_t *call)
{
    const Yibao__Enrollment__FileChronicRequest *req =
        (const Yibao__Enrollment__FileChronicRequest *)call->body;
    const Yibao__Types__Filing *f = req->filing;
    yb_filing_t *fresh = YB_NEW(yb_worker_arena(worker), yb_filing_t);
    *fresh = (yb_filing_t){ .trt_dcla_detl_sn = yb_worker_id(worker),
                            .psn_no = f->psn_no,
                            .insutype = f->insutype,
                            .opsp_dise_code = f->opsp_dise_code,
                            .opsp_dise_name = f->opsp_dise_name,
                            .insu_optins = req->insu_optins,
                            .ide_fixmedins_no = req->ide_fixmedins_no,
                            .filed_by = who(call),
                            .detail = f->detail,
                            .begndate = f->begndate,
                            .enddate = f->enddate != 0 ? f->enddate : YB_DAY_OPEN,
                            .hosp_ide_date = req->hosp_ide_date,
                            .live = true };
    return fresh;
}

YB_ENROLLMENT_PREPARE(file_chronic)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    batch_t *b = YB_NEW(arena, batch_t);
    const yb_call_t *first = NULL;
    b->persons = yb_strset_create(arena, count);
    b->institutions = yb_strset_create(arena, count);
    for (size_t i = 0; i < count; i++) {
        const Yibao__Enrollment__FileChronicRequest *req =
            (const Yibao__Enrollment__FileChronicRequest *)calls[i]->body;
        if (yb_filing_form(req, &calls[i]->refusal) != YB_OK)
            continue;
        first = first == NULL ? calls[i] : first;
        yb_strset_add(&b->persons, req->filing->psn_no);
        if (req->ide_fixmedins_no[0] != '\0')
            yb_strset_add(&b->institutions, req->ide_fixmedins_no);
    }
    if (first == NULL)
        return YB_OK;
    yb_strset_seal(&b->persons);
    yb_strset_seal(&b->institutions);
    bool *persons = NULL, *institutions = NULL;
    yb_cover_t *covers = NULL;
    yb_err_t err = yb_ask_known(worker, first, &b->persons, &b->institutions, &persons, &institutions);
    if (err == YB_OK)
        err = yb_cover_by_person(yb_worker_db(worker), &b->persons, arena, &covers, &b->rows.cover_count);
    if (err != YB_OK)
        return err;
    b->rows.covers = covers;
    for (size_t i = 0; i < count; i++) {
        if (!yb_call_refused(calls[i]))
            refuse_unknown(calls[i], b, persons, institutions);
        calls[i]->state = b;
    }
    return YB_OK;
}

/* Does one accepted earlier in this batch stand in the way? */
static const yb_filing_t *in_batch(yb_filing_t *const *accepted, size_t count, const yb_filing_t *fresh)
{
    for (size_t i = 0; i < count; i++)
        if (yb_filing_clash(accepted[i], fresh))
            return accepted[i];
    return NULL;
}

YB_ENROLLMENT_RUN(file_chronic)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_db_t *db = yb_worker_db(worker);
    const batch_t *b = calls[0]->state;
    yb_strset_t persons = yb_strset_create(arena, count);
    for (size_t i = 0; i < count; i++)
        yb_strset_add(&persons,
                      ((const Yibao__Enrollment__FileChronicRequest *)calls[i]->body)->filing->psn_no);
    yb_strset_seal(&persons);
    yb_rows_of_t rows = b->rows;
    yb_filing_t *filings = NULL;
    yb_err_t err = yb_filing_lock_persons(db, &persons, arena);
    if (err == YB_OK)
        err = yb_filing_by_person(db, &persons, arena, &filings, &rows.filing_count);
    if (err != YB_OK)
        return err;
    rows.filings = filings;
    yb_filing_t **accepted = YB_NEW_ARRAY(arena, yb_filing_t *, count);
    size_t n = 0;
    for (size_t i = 0; i < count; i++) {
        yb_filing_t *fresh = filing_of(worker, calls[i]);
        const yb_filing_t *other = in_batch(accepted, n, fresh);
        if (other != NULL)
            (void)yb_filing_exists(other, &calls[i]->refusal);
        else
            (void)yb_filing_may(&rows, fresh, &calls[i]->refusal);
        if (yb_call_refused(calls[i]))
            continue;
        fresh->poolarea = yb_pool_of_person(&rows, fresh->psn_no, fresh->begndate);
        accepted[n++] = fresh;
        Yibao__Enrollment__FileChronicReply *reply =
            YB_NEW(calls[i]->arena, Yibao__Enrollment__FileChronicReply);
        yibao__enrollment__file_chronic_reply__init(reply);
        reply->trt_dcla_detl_sn = fresh->trt_dcla_detl_sn;
        calls[i]->reply = &reply->base;
    }
    return yb_filing_insert(db, accepted, n, yb_worker_now_us(worker), arena);
}

/* ---- 2504 ---- */

static yb_err_t cancel_one(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Enrollment__CancelFilingRequest *req =
        (const Yibao__Enrollment__CancelFilingRequest *)call->body;
    yb_filing_t *f = NULL;
    if (req->trt_dcla_detl_sn <= 0) {
        yb_call_refuse(call, YB_E_FIELD_MISSING, "trt_dcla_detl_sn",
                       "备案流水号为空，请填写 2503 返回的流水号");
        return YB_OK;
    }
    const size_t len = strlen(req->memo);
    if (!yb_utf8_valid(req->memo, len) || yb_utf8_chars(req->memo, len) > MEMO_MAX) {
        yb_call_refuse(call, YB_E_FIELD_LENGTH, "memo", "撤销原因最多 %d 个字符", MEMO_MAX);
        return YB_OK;
    }
    yb_err_t err = yb_filing_lock(yb_worker_db(worker), req->trt_dcla_detl_sn, yb_worker_arena(worker), &f);
    if (err == YB_E_NOT_FOUND || (err == YB_OK && strcmp(f->psn_no, req->psn_no) != 0)) {
        yb_call_refuse(call, YB_E_FILING_UNKNOWN, "trt_dcla_detl_sn",
                       "未查询到该人员的这条备案，请核对流水号与人员编号");
        return YB_OK;
    }
    if (err != YB_OK)
        return err;
    if (!f->live) {
        yb_call_refuse(call, YB_E_FILING_UNKNOWN, "trt_dcla_detl_sn", "该备案已撤销，不能再次撤销");
        return YB_OK;
    }
    Yibao__Enrollment__CancelFilingReply *reply = YB_NEW(call->arena, Yibao__Enrollment__CancelFilingReply);
    yibao__enrollment__cancel_filing_reply__init(reply);
    call->reply = &reply->base;
    return yb_filing_cancel(yb_worker_db(worker), f->trt_dcla_detl_sn, yb_worker_now_us(worker), who(call),
                            req->memo, yb_worker_arena(worker));
}

YB_ENROLLMENT_RUN(cancel_filing)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = cancel_one(worker, calls[i]);
    return err;
}

/* ---- 5301 ---- */

static Yibao__Types__Filing *filing_message(const yb_call_t *call, const yb_filing_t *f)
{
    Yibao__Types__Filing *m = YB_NEW(call->arena, Yibao__Types__Filing);
    yibao__types__filing__init(m);
    m->trt_dcla_detl_sn = f->trt_dcla_detl_sn;
    m->psn_no = yb_arena_strdup(call->arena, f->psn_no);
    m->insutype = yb_arena_strdup(call->arena, f->insutype);
    m->opsp_dise_code = yb_arena_strdup(call->arena, f->opsp_dise_code);
    m->opsp_dise_name = yb_arena_strdup(call->arena, f->opsp_dise_name);
    m->begndate = f->begndate;
    m->enddate = f->enddate;
    m->detail = yb_arena_strdup(call->arena, f->detail);
    return m;
}

static int by_begndate(const void *a, const void *b)
{
    const yb_filing_t *x = a, *y = b;
    return x->begndate != y->begndate ? (x->begndate < y->begndate ? -1 : 1)
                                      : strcmp(x->opsp_dise_code, y->opsp_dise_code);
}

YB_ENROLLMENT_RUN(list_filings)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_strset_t persons = yb_strset_create(arena, count);
    for (size_t i = 0; i < count; i++)
        yb_add_person(&persons, ((const Yibao__Enrollment__ListFilingsRequest *)calls[i]->body)->psn_no);
    yb_strset_seal(&persons);
    yb_filing_t *filings = NULL;
    size_t found = 0;
    yb_err_t err = yb_filing_by_person(yb_worker_db(worker), &persons, arena, &filings, &found);
    if (err != YB_OK)
        return err;
    if (found > 0)
        qsort(filings, found, sizeof *filings, by_begndate);
    for (size_t i = 0; i < count; i++) {
        const char *psn_no = ((const Yibao__Enrollment__ListFilingsRequest *)calls[i]->body)->psn_no;
        Yibao__Enrollment__ListFilingsReply *reply =
            YB_NEW(calls[i]->arena, Yibao__Enrollment__ListFilingsReply);
        yibao__enrollment__list_filings_reply__init(reply);
        reply->filings = YB_NEW_ARRAY(calls[i]->arena, Yibao__Types__Filing *, found);
        for (size_t k = 0; k < found; k++)
            if (strcmp(filings[k].psn_no, psn_no) == 0)
                reply->filings[reply->n_filings++] = filing_message(calls[i], &filings[k]);
        calls[i]->reply = &reply->base;
    }
    return YB_OK;
}
