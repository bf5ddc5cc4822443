/* GetFeedback (4107, and the file of yibaoctl): how each case of an institution fares in the run of a month, and what
 * it is owed. A page says where the next one begins; pages of one run do not mix with those of another. */
#include <string.h>

#include "libcommon/area.h"
#include "libcommon/text.h"
#include "services/drg/handlers/petition.h"
#include "services/drg/rules/feedback.h"
#include "services/drg/store/list.h"
#include "services/drg/store/run_case.h"
#include "services/drg/store/statement.h"

#define PAGE_DEFAULT 100
#define PAGE_MAX 1000

typedef struct page {
    const char *institution;
    yb_month_t month;
    yb_run_t run;
    int64_t after_setl_id; /* the last case of the page before */
    int after_kind;
    unsigned limit;
} page_t;

static char *lend(const char *text) { return (char *)(uintptr_t)text; }

/* ---- which page ---- */

static bool find_place(yb_call_t *call, page_t *page)
{
    const char *cursor = ((const Yibao__Drg__GetFeedbackRequest *)call->body)->cursor;
    yb_feedback_place_t place = { .run_id = page->run.run_id };
    if (cursor[0] != '\0' && !yb_feedback_cursor_parse(cursor, &place))
        yb_call_refuse(call, YB_E_FIELD_FORM, "data.cursor", "应为上一页返回的cursor，第一页不填");
    else if (place.run_id != page->run.run_id)
        yb_call_refuse(call, YB_E_FIELD_RANGE, "data.cursor", "该月的结果已重新计算，请从第一页重新下载");
    page->after_setl_id = place.setl_id;
    page->after_kind = place.kind;
    return !yb_call_refused(call);
}

/* The area that is named, or else those the institution lies in, the nearest first. */
static size_t areas_of(const Yibao__Drg__GetFeedbackRequest *req, const char *institution,
                       yb_month_key_t keys[YB_AREA_CANDIDATES])
{
    char admdvs[7] = "";
    int32_t areas[YB_AREA_CANDIDATES] = { req->poolarea };
    size_t count = 1;
    if (req->poolarea == 0) {
        yb_text_copy_n(admdvs, sizeof admdvs, institution + 1, 6);
        count = yb_area_candidates(admdvs, areas);
    }
    for (size_t i = 0; i < count; i++)
        keys[i] = (yb_month_key_t){ areas[i], req->ym };
    return count;
}

static bool read_request(yb_call_t *call, page_t *page)
{
    const Yibao__Drg__GetFeedbackRequest *req = (const Yibao__Drg__GetFeedbackRequest *)call->body;
    page->institution = yb_caller_is_operator(call) ? req->fixmedins_code : call->env->caller->fixmedins_code;
    page->limit = req->limit == 0 ? PAGE_DEFAULT : req->limit < PAGE_MAX ? req->limit : PAGE_MAX;
    if (strlen(page->institution) < 7)
        yb_call_refuse(call, YB_E_FIELD_MISSING, "fixmedins_code", "缺少定点医药机构编号，或编号不正确");
    else if (!yb_month_valid(req->ym))
        yb_call_refuse(call, YB_E_FIELD_FORM, "data.setl_ym", "月份须写成yyyymm");
    else if (req->poolarea != 0 && (req->poolarea < 100000 || req->poolarea > 999999))
        yb_call_refuse(call, YB_E_FIELD_FORM, "data.poolarea_no", "统筹区须为六位区划代码");
    return !yb_call_refused(call);
}

static yb_err_t find_run(yb_worker_t *worker, yb_call_t *call, page_t *page)
{
    const Yibao__Drg__GetFeedbackRequest *req = (const Yibao__Drg__GetFeedbackRequest *)call->body;
    yb_db_t *db = yb_worker_db(worker);
    yb_month_key_t keys[YB_AREA_CANDIDATES], wanted[YB_AREA_CANDIDATES];
    yb_month_t *months = NULL;
    size_t count = 0;
    const size_t areas = areas_of(req, page->institution, keys);
    memcpy(wanted, keys, sizeof wanted);
    yb_err_t err = yb_month_load(db, keys, areas, yb_worker_arena(worker), &months, &count); /* sorts the keys */
    for (size_t i = 0; i < areas && err == YB_OK; i++) {
        const yb_month_t *month = yb_month_find(months, count, wanted[i].poolarea, wanted[i].ym);
        if (month == NULL)
            continue;
        page->month = *month;
        err = yb_month_result(db, month, yb_worker_arena(worker), &page->run);
        if (err != YB_E_NOT_FOUND)
            return err;
        err = YB_OK;
    }
    if (err == YB_OK)
        yb_call_refuse(call, YB_E_MONTH_STATE, "data.setl_ym", "%d月份尚未算出支付结果，请在经办机构结算后再查",
                       (int)req->ym);
    return err;
}

/* ---- the answer ---- */

static int64_t list_id_of(yb_list_row_t *lists, size_t count, const yb_run_case_t *row)
{
    const yb_list_row_t *list = row->list_version != 0 ? yb_list_row_find(lists, count, row->setl_id) : NULL;
    return list != NULL ? list->setl_list_id : 0;
}

static Yibao__Drg__FeedbackCase *case_message(const yb_run_case_t *row, int64_t setl_list_id, yb_arena_t *arena)
{
    char reason[YB_FEEDBACK_REASON_TEXT];
    Yibao__Drg__FeedbackCase *c = YB_NEW(arena, Yibao__Drg__FeedbackCase);
    yibao__drg__feedback_case__init(c);
    c->setl_id = row->setl_id;
    c->setl_list_id = setl_list_id;
    c->kind = row->kind;
    c->drg = yb_arena_strdup(arena, row->drg);
    c->pay_class = lend(yb_pay_class_name((yb_pay_class_t)row->class));
    c->pay_class_name = lend(yb_pay_class_zh(row->class));
    c->insutype = yb_arena_strdup(arena, row->insutype);
    c->medfee_sumamt_fen = row->fee_fen;
    c->standard_fen = row->standard_fen;
    c->rw_e4 = row->rw_e4;
    c->k_e4 = row->k_e4;
    c->points_e4 = row->points_e4;
    c->gross_fen = row->gross_fen;
    c->other_pay_fen = row->other_pay_fen;
    c->due_fen = row->due_fen;
    c->booked_fen = row->booked_fen;
    c->late = yb_feedback_late(row);
    c->reason = yb_arena_strdup(arena, yb_feedback_reason(row, reason));
    return c;
}

/* One row more than the page says whether there is another page; the run goes on with other institutions. */
static yb_err_t add_cases(yb_worker_t *worker, const page_t *page, yb_arena_t *arena, Yibao__Drg__GetFeedbackReply *r)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_run_case_t *rows = NULL;
    yb_list_row_t *lists = NULL;
    size_t count = 0, mine = 0, list_count = 0;
    yb_err_t err = yb_run_case_page(db, page->run.run_id, page->institution, page->after_setl_id, page->after_kind,
                                    page->limit + 1, yb_worker_arena(worker), &rows, &count);
    if (err != YB_OK)
        return err;
    while (mine < count && strcmp(rows[mine].fixmedins_code, page->institution) == 0)
        mine++;
    const size_t shown = mine < page->limit ? mine : page->limit;
    int64_t *ids = YB_NEW_ARRAY(arena, int64_t, shown + 1);
    for (size_t i = 0; i < shown; i++)
        ids[i] = rows[i].setl_id;
    err = yb_list_load(db, ids, shown, false, yb_worker_arena(worker), &lists, &list_count);
    if (err != YB_OK)
        return err;
    r->cases = YB_NEW_ARRAY(arena, Yibao__Drg__FeedbackCase *, shown + 1);
    for (size_t i = 0; i < shown; i++)
        r->cases[r->n_cases++] = case_message(&rows[i], list_id_of(lists, list_count, &rows[i]), arena);
    if (mine > shown) {
        const yb_feedback_place_t end = { page->run.run_id, rows[shown - 1].setl_id, rows[shown - 1].kind };
        char text[YB_FEEDBACK_CURSOR_TEXT];
        r->cursor = yb_arena_strdup(arena, yb_feedback_cursor(&end, text));
    }
    return YB_OK;
}

static yb_err_t add_statements(yb_worker_t *worker, const page_t *page, yb_arena_t *arena,
                               Yibao__Drg__GetFeedbackReply *r)
{
    yb_statement_t *rows = NULL;
    size_t count = 0;
    yb_err_t err = yb_statement_of_run(yb_worker_db(worker), page->run.run_id, yb_worker_arena(worker), &rows, &count);
    if (err != YB_OK)
        return err;
    r->statements = YB_NEW_ARRAY(arena, Yibao__Drg__Statement *, count + 1);
    for (size_t i = 0; i < count; i++)
        if (strcmp(rows[i].fixmedins_code, page->institution) == 0)
            r->statements[r->n_statements++] = yb_statement_message(&rows[i], arena);
    return YB_OK;
}

/* The plan says method and calendar; one that cannot be read any more leaves both unsaid. */
static yb_err_t say_calendar(yb_worker_t *worker, const page_t *page, Yibao__Drg__GetFeedbackReply *r)
{
    yb_plan_held_t held = { NULL, NULL };
    yb_petition_month_t month;
    yb_refusal_t why = { .code = YB_OK };
    if (yb_plan_hold(worker, page->month.poolarea, page->month.ym, &held, &why) == YB_OK) {
        r->method = lend(yb_plan_method_name(held.plan->plan->method));
        yb_plan_give(worker, &held);
    }
    yb_err_t err = why.code == YB_OK ? yb_petition_month_of(worker, &page->month, &month, &why) : YB_OK;
    if (err == YB_OK && why.code == YB_OK)
        r->appeal_until = yb_petition_deadline(&month);
    return why.code == YB_OK ? err : YB_OK;
}

static yb_err_t answer(yb_worker_t *worker, yb_call_t *call, const page_t *page)
{
    yb_arena_t *arena = call->arena;
    Yibao__Drg__GetFeedbackReply *r = YB_NEW(arena, Yibao__Drg__GetFeedbackReply);
    yibao__drg__get_feedback_reply__init(r);
    r->run_id = page->run.run_id;
    r->run_state = (int32_t)page->run.state;
    r->poolarea = page->month.poolarea;
    r->ym = page->month.ym;
    r->mean_e4 = page->run.mean_e4;
    r->released_us = page->run.released_us;
    yb_err_t err = say_calendar(worker, page, r);
    if (err == YB_OK)
        err = add_cases(worker, page, arena, r);
    if (err == YB_OK && page->after_setl_id == 0)
        err = add_statements(worker, page, arena, r);
    call->reply = &r->base;
    return err;
}

static yb_err_t get_one(yb_worker_t *worker, yb_call_t *call)
{
    page_t page = { .limit = PAGE_DEFAULT };
    if (!read_request(call, &page))
        return YB_OK;
    yb_err_t err = find_run(worker, call, &page);
    if (err != YB_OK || yb_call_refused(call) || !find_place(call, &page))
        return err;
    return answer(worker, call, &page);
}

YB_DRG_HANDLER(yb_get_feedback_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = get_one(worker, calls[i]);
    return err;
}
