/* Report: figures of months that were paid, by institution, department, DRG, month or class. */
#include <string.h>

#include "services/drg/handlers/month.h"
#include "services/drg/rules/feedback.h"
#include "services/drg/rules/report.h"
#include "services/drg/store/report.h"

#define ROWS_DEFAULT 1000
#define ROWS_MAX 5000
#define NEWEST 999912

typedef Yibao__Drg__ReportRequest request_t;
typedef Yibao__Drg__ReportReply reply_t;

static char *lend(const char *text) { return (char *)(uintptr_t)text; }

/* ---- what is asked ---- */

static int months_between(int32_t from, int32_t to) { return (to / 100 - from / 100) * 12 + to % 100 - from % 100 + 1; }

static bool admit(yb_call_t *call)
{
    const request_t *req = (const request_t *)call->body;
    const bool newest = req->from_ym == 0 && req->to_ym == 0;
    if (!yb_caller_is_operator(call))
        yb_call_refuse(call, YB_E_NOT_YOURS, "fixmedins_code",
                       "该报表供经办机构使用；医疗机构请用4107查询本机构的月度反馈");
    else if (req->by < YB_REPORT_HOSPITAL || req->by >= YB_REPORT_BY_COUNT)
        yb_call_refuse(call, YB_E_FIELD_DICT, "by", "汇总方式应为1机构、2科室、3病组、4月份、5支付类别");
    else if (req->poolarea != 0 && (req->poolarea < 100000 || req->poolarea > 999999))
        yb_call_refuse(call, YB_E_FIELD_FORM, "poolarea", "统筹区须为六位区划代码");
    else if (!newest && (!yb_month_valid(req->from_ym) || !yb_month_valid(req->to_ym)))
        yb_call_refuse(call, YB_E_FIELD_FORM, "ym", "月份须写成yyyymm，起止都要写");
    else if (!newest && (req->from_ym > req->to_ym || months_between(req->from_ym, req->to_ym) > YB_REPORT_MONTHS_MAX))
        yb_call_refuse(call, YB_E_FIELD_RANGE, "ym", "起始月份不能晚于终止月份，一次最多%d个月", YB_REPORT_MONTHS_MAX);
    return !yb_call_refused(call);
}

static yb_err_t find_area(yb_worker_t *worker, yb_call_t *call, int32_t *ret_area)
{
    int32_t areas[2];
    size_t count = 0;
    *ret_area = ((const request_t *)call->body)->poolarea;
    if (*ret_area != 0)
        return YB_OK;
    yb_err_t err = yb_report_areas(yb_worker_db(worker), 2, yb_worker_arena(worker), areas, &count);
    if (err == YB_OK && count > 1)
        yb_call_refuse(call, YB_E_FIELD_MISSING, "poolarea", "有多个统筹区（%d、%d等），请写明哪一个", (int)areas[0],
                       (int)areas[1]);
    else if (err == YB_OK && count == 1)
        *ret_area = areas[0];
    return err;
}

/* ---- months ---- */

/* The runs of the range, newest first; those without figures too. */
static yb_err_t find_runs(yb_worker_t *worker, const request_t *req, int32_t area, yb_report_run_t *runs,
                          size_t *ret_count)
{
    const bool newest = req->from_ym == 0;
    return yb_report_runs(yb_worker_db(worker), area, newest ? 100000 : req->from_ym, newest ? NEWEST : req->to_ym,
                          !newest, newest && req->by != YB_REPORT_MONTH ? 1 : YB_REPORT_MONTHS_MAX,
                          yb_worker_arena(worker), runs, ret_count);
}

static const yb_report_run_t *run_at(const yb_report_run_t *runs, size_t count, int32_t ym)
{
    for (size_t i = 0; i < count; i++)
        if (runs[i].ym == ym)
            return &runs[i];
    return NULL;
}

/* Every month asked for, oldest first, with or without figures. */
static void add_months(reply_t *reply, const request_t *req, const yb_report_run_t *runs, size_t count,
                       yb_arena_t *arena)
{
    if (req->from_ym == 0 && count == 0)
        return;
    const int32_t from = req->from_ym != 0 ? req->from_ym : runs[count - 1].ym,
                  to = req->from_ym != 0 ? req->to_ym : runs[0].ym;
    reply->months = YB_NEW_ARRAY(arena, Yibao__Drg__ReportMonth *, (size_t)months_between(from, to));
    for (int32_t ym = from; ym <= to; ym = yb_month_next(ym)) {
        const yb_report_run_t *run = run_at(runs, count, ym);
        Yibao__Drg__ReportMonth *m = reply->months[reply->n_months++] = YB_NEW(arena, Yibao__Drg__ReportMonth);
        yibao__drg__report_month__init(m);
        m->ym = ym;
        if (run == NULL)
            continue;
        m->state = (int32_t)run->state;
        m->run_id = run->run_id;
        m->case_count = run->case_count;
        m->made_us = run->made_us;
        m->released_us = run->released_us;
    }
}

/* Only those that have figures. */
static size_t keep_ready(yb_report_run_t *runs, size_t count)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++)
        if (runs[i].state == YB_RUN_READY || runs[i].state == YB_RUN_RELEASED)
            runs[kept++] = runs[i];
    return kept;
}

/* ---- rows ---- */

static Yibao__Drg__Figure *figure_message(const yb_report_row_t *row, yb_report_figure_t figure, yb_arena_t *arena)
{
    Yibao__Drg__Figure *f = YB_NEW(arena, Yibao__Drg__Figure);
    yibao__drg__figure__init(f);
    if (row->figures[figure].known)
        f->value = row->figures[figure].value;
    else
        f->lacks = lend(yb_report_figure_lacks(figure));
    return f;
}

static void set_figures(Yibao__Drg__ReportRow *m, const yb_report_row_t *row, yb_arena_t *arena)
{
    m->cmi_e4 = figure_message(row, YB_FIGURE_CMI, arena);
    m->time_index_e4 = figure_message(row, YB_FIGURE_TIME_INDEX, arena);
    m->cost_index_e4 = figure_message(row, YB_FIGURE_COST_INDEX, arena);
    m->grouping_e4 = figure_message(row, YB_FIGURE_GROUPING, arena);
    m->low_risk_death_e6 = figure_message(row, YB_FIGURE_LOW_RISK_DEATH, arena);
    m->paid_share_e4 = figure_message(row, YB_FIGURE_PAID_SHARE, arena);
    m->paid_fund_share_e4 = figure_message(row, YB_FIGURE_PAID_FUND_SHARE, arena);
    m->mean_fee_fen = figure_message(row, YB_FIGURE_MEAN_FEE, arena);
    m->mean_days_e2 = figure_message(row, YB_FIGURE_MEAN_DAYS, arena);
    m->low_share_e4 = figure_message(row, YB_FIGURE_LOW_SHARE, arena);
    m->high_share_e4 = figure_message(row, YB_FIGURE_HIGH_SHARE, arena);
}

static Yibao__Drg__ReportRow *row_message(yb_report_by_t by, const yb_report_row_t *row, yb_arena_t *arena)
{
    const yb_report_sums_t *s = &row->key.sums;
    Yibao__Drg__ReportRow *m = YB_NEW(arena, Yibao__Drg__ReportRow);
    yibao__drg__report_row__init(m);
    m->fixmedins_code = yb_arena_strdup(arena, row->key.fixmedins_code);
    m->dscg_caty = yb_arena_strdup(arena, row->key.dscg_caty);
    m->drg = yb_arena_strdup(arena, row->key.drg);
    m->ym = row->key.ym;
    if (by == YB_REPORT_CLASS) {
        m->pay_class = lend(yb_pay_class_name((yb_pay_class_t)row->key.class));
        m->pay_class_name = lend(yb_pay_class_zh(row->key.class));
    }
    m->cases = s->n;
    m->listed = s->listed;
    m->weighted = s->weighted;
    m->excluded = row->excluded;
    m->grouped = row->grouped;
    m->low = row->low;
    m->high = row->high;
    m->drg_count = row->drg_count;
    m->deaths = s->deaths;
    m->low_risk = s->low_risk;
    m->low_risk_deaths = s->low_risk_deaths;
    m->rw_e4 = s->rw_e4;
    m->days = s->days;
    m->points_e4 = s->points_e4;
    m->fee_fen = s->fee_fen;
    m->other_pay_fen = s->other_pay_fen;
    m->booked_fen = s->booked_fen;
    m->gross_fen = s->gross_fen;
    m->due_fen = s->due_fen;
    m->surplus_fen = row->surplus_fen;
    set_figures(m, row, arena);
    return m;
}

static void add_rows(reply_t *reply, const request_t *req, const yb_report_row_t *rows, size_t count,
                     const yb_report_row_t *total, yb_arena_t *arena)
{
    const yb_report_by_t by = (yb_report_by_t)req->by;
    const size_t limit = req->limit == 0 ? ROWS_DEFAULT : req->limit < ROWS_MAX ? req->limit : ROWS_MAX;
    const size_t from = req->offset < count ? req->offset : count, to = count - from > limit ? from + limit : count;
    reply->row_count = (uint32_t)count;
    reply->rows = YB_NEW_ARRAY(arena, Yibao__Drg__ReportRow *, to - from + 1);
    for (size_t i = from; i < to; i++)
        reply->rows[reply->n_rows++] = row_message(by, &rows[i], arena);
    reply->total = row_message(YB_REPORT_HOSPITAL, total, arena);
}

/* What DRGs are called, by the schemes of a run that are still on the shelf; a name that nothing says stays empty. */
static void name_rows(reply_t *reply, const yb_scheme_t *scheme, yb_arena_t *arena)
{
    for (size_t i = 0; i < reply->n_rows; i++) {
        Yibao__Drg__ReportRow *row = reply->rows[i];
        for (uint32_t d = 0; row->drg_name[0] == '\0' && d < scheme->drgs_count; d++)
            if (strcmp(yb_scheme_text(scheme, scheme->drgs[d].name), row->drg) == 0)
                row->drg_name = yb_arena_strdup(arena, yb_scheme_text(scheme, scheme->drgs[d].title));
    }
}

static yb_err_t name_drgs(yb_worker_t *worker, int64_t run_id, reply_t *reply, yb_arena_t *arena)
{
    const yb_drg_t *shared = yb_worker_data(worker);
    yb_run_scheme_t *used = NULL;
    const void *set = NULL;
    size_t count = 0;
    char detail[256] = "";
    yb_err_t err = yb_run_scheme_of(yb_worker_db(worker), run_id, yb_worker_arena(worker), &used, &count);
    if (err != YB_OK || yb_shelf_take(shared->schemes, &set, detail, sizeof detail) != YB_OK)
        return err; /* figures are worth having without names */
    for (size_t i = 0; i < count; i++) {
        const yb_scheme_t *scheme = yb_scheme_set_digest(set, used[i].digest);
        if (scheme != NULL)
            name_rows(reply, scheme, arena);
    }
    yb_shelf_give(shared->schemes, &set);
    return YB_OK;
}

static yb_err_t make_rows(yb_worker_t *worker, yb_call_t *call, const yb_report_run_t *runs, size_t run_count,
                          reply_t *reply)
{
    const request_t *req = (const request_t *)call->body;
    const yb_report_by_t by = (yb_report_by_t)req->by;
    const bool one_only = req->fixmedins_code[0] != '\0';
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_report_cell_t *cells = NULL, *region = NULL;
    yb_report_row_t *rows = NULL, total;
    size_t count = 0, region_count = 0, row_count = 0;
    yb_err_t err = YB_OK;
    if (run_count > 0)
        err = yb_report_cells(db, by, runs, run_count, req->fixmedins_code, arena, &cells, &count);
    if (err == YB_OK && one_only && run_count > 0)
        err = yb_report_cells(db, by == YB_REPORT_MONTH ? by : YB_REPORT_DRG, runs, run_count, "", arena, &region,
                              &region_count);
    if (err == YB_E_TOO_LARGE) {
        yb_call_refuse(call, err, "ym", "汇总的明细超过%d条，请缩短月份范围或指定一家机构", YB_REPORT_CELLS_MAX);
        return YB_OK;
    }
    if (err == YB_OK)
        err = yb_report_make(by, cells, count, one_only ? region : cells, one_only ? region_count : count, arena, &rows,
                             &row_count, &total);
    if (err == YB_OK)
        add_rows(reply, req, rows, row_count, &total, call->arena);
    if (err == YB_OK && by == YB_REPORT_DRG && run_count > 0)
        err = name_drgs(worker, runs[0].run_id, reply, call->arena);
    return err;
}

static yb_err_t report(yb_worker_t *worker, yb_call_t *call)
{
    const request_t *req = (const request_t *)call->body;
    yb_report_run_t runs[YB_REPORT_MONTHS_MAX];
    size_t count = 0;
    int32_t area = 0;
    if (!admit(call))
        return YB_OK;
    yb_err_t err = find_area(worker, call, &area);
    if (err != YB_OK || yb_call_refused(call))
        return err;
    reply_t *reply = YB_NEW(call->arena, reply_t);
    yibao__drg__report_reply__init(reply);
    reply->poolarea = area;
    err = find_runs(worker, req, area, runs, &count);
    if (err != YB_OK)
        return err;
    add_months(reply, req, runs, count, call->arena);
    err = make_rows(worker, call, runs, keep_ready(runs, count), reply);
    if (err == YB_OK && !yb_call_refused(call))
        call->reply = &reply->base;
    return err;
}

YB_DRG_HANDLER(yb_report_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = report(worker, calls[i]);
    return err;
}
