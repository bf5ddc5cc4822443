/* GetYear: the clearing sheets of a year, and how its county groups came out. */
#include <string.h>

#include "services/drg/handlers/year.h"
#include "services/drg/store/statement.h"
#include "services/drg/store/trail.h"
#include "services/drg/store/year.h"

static Yibao__Drg__YearSheet *sheet_message(const yb_year_row_t *row, const yb_statement_t *statement,
                                            yb_arena_t *arena)
{
    const yb_year_statement_t *s = &row->sheet;
    Yibao__Drg__YearSheet *m = YB_NEW(arena, Yibao__Drg__YearSheet);
    yibao__drg__year_sheet__init(m);
    m->statement = yb_statement_message(statement, arena);
    m->unit = yb_arena_strdup(arena, row->unit);
    m->in_group = row->in_group;
    m->cost_fen = s->cost_fen;
    m->budget_fen = s->budget_fen;
    m->adjustment_fen = s->adjustment_fen;
    m->penalty_fen = s->penalty_fen;
    m->total_fen = s->total_fen;
    m->kept_fen = s->kept_fen;
    m->returned_fen = s->returned_fen;
    m->fund_share_fen = s->fund_share_fen;
    m->own_share_fen = s->own_share_fen;
    m->other_pay_fen = s->other_pay_fen;
    m->payable_fen = s->payable_fen;
    m->withheld_fen = s->withheld_fen;
    m->deposit_back_fen = s->deposit_back_fen;
    m->deposit_lost_fen = s->deposit_lost_fen;
    m->prepaid_fen = s->prepaid_fen;
    m->procurement_kept_fen = s->procurement_kept_fen;
    m->offline_purchase_fen = s->offline_purchase_fen;
    m->settle_fen = s->settle_fen;
    return m;
}

/* Rows of a run by their id, ascending. */
static const yb_year_row_t *row_of(const yb_year_row_t *rows, size_t count, int64_t statement_id)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (rows[middle].statement_id < statement_id)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && rows[low].statement_id == statement_id ? &rows[low] : NULL;
}

static yb_err_t add_sheets(yb_worker_t *worker, const yb_run_t *run, const char *code, yb_arena_t *arena,
                           Yibao__Drg__GetYearReply *reply)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_year_row_t *rows = NULL;
    yb_statement_t *statements = NULL;
    size_t count = 0, row_count = 0;
    yb_err_t err = yb_statement_of_run(db, run->run_id, yb_worker_arena(worker), &statements, &count);
    if (err == YB_OK)
        err = yb_year_sheet_of_run(db, run->run_id, yb_worker_arena(worker), &rows, &row_count);
    if (err != YB_OK)
        return err;
    reply->sheets = YB_NEW_ARRAY(arena, Yibao__Drg__YearSheet *, count + 1);
    for (size_t i = 0; i < count; i++) {
        const yb_year_row_t *row = row_of(rows, row_count, statements[i].statement_id);
        if (row != NULL && (code[0] == '\0' || strcmp(code, statements[i].fixmedins_code) == 0))
            reply->sheets[reply->n_sheets++] = sheet_message(row, &statements[i], arena);
    }
    return YB_OK;
}

static yb_err_t get_year(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__GetYearRequest *req = (const Yibao__Drg__GetYearRequest *)call->body;
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_run_t run;
    yb_err_t err = yb_period_is_year(req->year)
                       ? yb_run_of_period(yb_worker_db(worker), req->poolarea, req->year, arena, &run)
                       : YB_E_NOT_FOUND;
    if (err == YB_E_NOT_FOUND) {
        yb_call_refuse(call, err, "year", "该年还没有清算：yibaoctl drg close --year");
        return YB_OK;
    }
    if (err != YB_OK)
        return err;
    Yibao__Drg__GetYearReply *reply = YB_NEW(call->arena, Yibao__Drg__GetYearReply);
    yibao__drg__get_year_reply__init(reply);
    err = yb_run_message(worker, &run, call->arena, &reply->run);
    if (err == YB_OK)
        err = add_sheets(worker, &run, req->fixmedins_code, call->arena, reply);
    if (err == YB_OK)
        err = yb_trail_messages(worker, run.poolarea, YB_TRAIL_GROUP, run.run_id, call->arena, &reply->groups,
                                &reply->n_groups);
    if (err == YB_OK)
        call->reply = &reply->base;
    return err;
}

YB_DRG_HANDLER(yb_get_year_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = get_year(worker, calls[i]);
    return err;
}
