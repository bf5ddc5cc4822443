/* StartClose, CloseStep: a frozen month becomes a run. What is read and computed lives in the lane between the steps;
 * what is written is staged, and run.written moves with each page. A lane that has lost it (or never had it) reads
 * again, and goes on only when the inputs' hash is the same. */
#include <inttypes.h>
#include <string.h>

#include "services/drg/handlers/month.h"
#include "services/drg/store/change.h"
#include "services/drg/store/plan_file.h"
#include "services/drg/store/run_case.h"
#include "services/drg/store/statement.h"
#include "services/drg/store/trail.h"

static yb_drg_work_t *work_of(yb_worker_t *worker) { return &((yb_drg_lane_t *)yb_worker_own(worker))->work; }

/* ---- StartClose ---- */

static yb_err_t make_run(yb_worker_t *worker, yb_call_t *call, yb_month_t *month, const yb_kept_plan_t *plan,
                         yb_run_t *ret_run)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    const yb_run_t run = { .run_id = yb_worker_id(worker),
                           .poolarea = month->poolarea,
                           .period = month->ym,
                           .state = YB_RUN_MADE,
                           .plan_hash = yb_arena_memdup(arena, plan->hash, YB_RUN_HASH),
                           .summary = (const uint8_t *)"",
                           .made_us = yb_worker_now_us(worker),
                           .made_by = call->env->caller->opter,
                           .released_by = "" };
    const yb_plan_file_row_t kept = { .hash = plan->hash,
                                      .poolarea = month->poolarea,
                                      .name = plan->plan->name,
                                      .content = plan->stored,
                                      .content_len = plan->stored_len,
                                      .first_us = run.made_us };
    month->run_id = run.run_id;
    yb_err_t err = yb_plan_file_keep(db, &kept, arena);
    if (err == YB_OK)
        err = yb_run_insert(db, &run, arena);
    if (err == YB_OK)
        err = yb_month_update(db, month, arena);
    if (err == YB_OK)
        *ret_run = run;
    return err;
}

/* The schemes a ready run grouped by are still those of their names. */
static yb_err_t schemes_changed(yb_worker_t *worker, const yb_run_t *run, bool *ret_changed)
{
    const yb_drg_t *shared = yb_worker_data(worker);
    yb_run_scheme_t *used = NULL;
    const void *set = NULL;
    size_t count = 0;
    char detail[256] = "";
    yb_err_t err = yb_run_scheme_of(yb_worker_db(worker), run->run_id, yb_worker_arena(worker), &used, &count);
    if (err != YB_OK)
        return err;
    if (yb_shelf_take(shared->schemes, &set, detail, sizeof detail) != YB_OK) {
        *ret_changed = true; /* closing again says what is wrong */
        return YB_OK;
    }
    for (size_t i = 0; i < count && !*ret_changed; i++) {
        const yb_scheme_t *now = yb_scheme_set_named(set, used[i].name);
        *ret_changed = now == NULL || memcmp(now->header->tables_digest, used[i].digest, YB_SCHEME_DIGEST) != 0;
    }
    yb_shelf_give(shared->schemes, &set);
    return YB_OK;
}

/* May the run there is go on, or stand? A ready one is compared with the month; one being made compares itself when it
 * has read. */
static yb_err_t still_good(yb_worker_t *worker, const yb_run_t *run, const yb_kept_plan_t *plan, bool *ret_good)
{
    const char *why = "";
    bool changed = memcmp(run->plan_hash, plan->hash, YB_RUN_HASH) != 0;
    int64_t waiting = 0;
    yb_err_t err = YB_OK;
    if (!changed && run->state == YB_RUN_READY) {
        err = yb_change_waiting(yb_worker_db(worker), run->poolarea, run->period, yb_worker_arena(worker), &waiting);
        if (err == YB_OK)
            err = schemes_changed(worker, run, &changed);
        if (err == YB_OK && !changed)
            err = yb_run_outdated(worker, run, &why);
    }
    *ret_good = !changed && waiting == 0 && why[0] == '\0';
    return err;
}

static yb_err_t find_or_make(yb_worker_t *worker, yb_call_t *call, yb_month_t *month, const yb_kept_plan_t *plan,
                             yb_run_t *ret_run, bool *ret_found)
{
    bool good = false;
    yb_err_t err = YB_OK;
    if (month->run_id != 0) {
        err = yb_run_load(yb_worker_db(worker), month->run_id, true, yb_worker_arena(worker), ret_run);
        if (err == YB_OK)
            err = still_good(worker, ret_run, plan, &good);
        if (err == YB_OK && !good)
            err = yb_run_drop(worker, month, ret_run, call->env->caller->opter, "重新结账，所依据的数据已变");
    }
    *ret_found = good;
    return err != YB_OK || good ? err : make_run(worker, call, month, plan, ret_run);
}

static yb_err_t start(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__StartCloseRequest *req = (const Yibao__Drg__StartCloseRequest *)call->body;
    yb_plan_held_t held = { NULL, NULL };
    yb_month_t month;
    yb_run_t run;
    bool found = false;
    if (!yb_month_admit(call, req->poolarea, req->ym))
        return YB_OK;
    yb_err_t err = yb_month_lock(yb_worker_db(worker), req->poolarea, req->ym, yb_worker_now_us(worker),
                                 yb_worker_arena(worker), &month);
    if (err == YB_OK && month.state == YB_MONTH_OPEN)
        yb_call_refuse(call, YB_E_MONTH_STATE, "ym", "该月清单尚未冻结，请先冻结：yibaoctl drg freeze");
    else if (err == YB_OK && month.state == YB_MONTH_RELEASED)
        yb_call_refuse(call, YB_E_MONTH_STATE, "ym", "该月已发布，不再结账；更正进入下一个月");
    if (err != YB_OK || yb_call_refused(call))
        return err;
    err = yb_plan_hold(worker, req->poolarea, req->ym, &held, &call->refusal);
    if (err != YB_OK)
        return YB_OK; /* refused */
    err = find_or_make(worker, call, &month, held.plan, &run, &found);
    yb_plan_give(worker, &held);
    Yibao__Drg__StartCloseReply *reply = YB_NEW(call->arena, Yibao__Drg__StartCloseReply);
    yibao__drg__start_close_reply__init(reply);
    reply->found = found;
    if (err == YB_OK)
        err = yb_run_message(worker, &run, call->arena, &reply->run);
    if (err == YB_OK)
        call->reply = &reply->base;
    return err;
}

YB_DRG_HANDLER(yb_start_close_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = start(worker, calls[i]);
    return err;
}

/* ---- CloseStep: reading and paying ---- */

/* The lane's run in the making: the one it has, or a new reading. Refuses where plan or schemes are missing; a plan
 * that is not the run's any more is `*ret_changed`. */
static yb_err_t take_up(yb_worker_t *worker, yb_call_t *call, const yb_run_t *run, bool *ret_changed)
{
    const yb_drg_t *shared = yb_worker_data(worker);
    yb_drg_work_t *work = work_of(worker);
    yb_plan_held_t held = { NULL, NULL };
    char detail[256] = "";
    if (work->closing != NULL && yb_closing_run_id(work->closing) == run->run_id)
        return YB_OK;
    yb_work_end(worker, work);
    yb_err_t err = yb_plan_hold(worker, run->poolarea, run->period, &held, &call->refusal);
    if (err != YB_OK)
        return err;
    work->plans = held.set;
    if (memcmp(held.plan->hash, run->plan_hash, YB_RUN_HASH) != 0) {
        *ret_changed = true;
        return YB_OK;
    }
    err = yb_shelf_take(shared->schemes, &work->schemes, detail, sizeof detail);
    if (err != YB_OK)
        return yb_call_refuse(call, YB_E_POLICY_FORM, "scheme", "分组方案目录无法读取：%s", detail);
    const yb_closing_about_t about = { .run_id = run->run_id,
                                       .poolarea = run->poolarea,
                                       .ym = run->period,
                                       .is_claimed = run->inputs_hash != NULL,
                                       .plan = held.plan,
                                       .schemes = work->schemes,
                                       .rules = shared->rules };
    work->closing = yb_closing_create(&about);
    work->began_us = yb_worker_now_us(worker);
    return YB_OK;
}

static void say(yb_call_t *call, const char *phase, int64_t done, int64_t total)
{
    Yibao__Drg__CloseStepReply *reply = YB_NEW(call->arena, Yibao__Drg__CloseStepReply);
    yibao__drg__close_step_reply__init(reply);
    reply->phase = yb_arena_strdup(call->arena, phase);
    reply->phase_done = done;
    reply->phase_total = total;
    call->reply = &reply->base;
}

static Yibao__Drg__CloseStepReply *reply_of(yb_call_t *call)
{
    return (Yibao__Drg__CloseStepReply *)(void *)call->reply;
}

static void log_step(yb_worker_t *worker, const yb_call_t *call, const char *what, int64_t rows, yb_clock_t clock,
                     int64_t from_ns)
{
    yb_log(yb_worker_log(worker), YB_LOG_INFO, call->env->request_id.data,
           "close: %s, %" PRId64 " rows, %" PRId64 " ms", what, rows,
           (yb_clock_monotonic_ns(&clock) - from_ns) / 1000000);
}

static yb_err_t compute(yb_worker_t *worker, yb_call_t *call)
{
    yb_drg_work_t *work = work_of(worker);
    const yb_clock_t clock = yb_clock_real();
    const int64_t from_ns = yb_clock_monotonic_ns(&clock);
    const bool paying = yb_closing_phase(work->closing) == YB_CLOSING_PAY;
    int64_t done, total;
    yb_err_t err = yb_closing_step(work->closing, yb_worker_db(worker), yb_worker_arena(worker), &call->refusal);
    if (err != YB_OK)
        return err;
    yb_closing_progress(work->closing, &done, &total);
    log_step(worker, call, paying ? "paid" : "read", done, clock, from_ns);
    say(call, yb_closing_phase(work->closing) == YB_CLOSING_READ ? "reading" : "paying", done, total);
    return YB_OK;
}

/* ---- CloseStep: writing ---- */

/* The run learns what it consists of. *ret_why: why it cannot be; "" = it can. */
static yb_err_t take_in(yb_worker_t *worker, yb_run_t *run, const char **ret_why)
{
    const yb_closing_t *closing = work_of(worker)->closing;
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    size_t count = 0, change_count = 0, scheme_count = 0, released_count = 0;
    yb_run_t *released = NULL;
    yb_err_t err = yb_run_released(db, run->poolarea, arena, &released, &released_count);
    if (err != YB_OK)
        return err;
    if ((released_count > 0 ? released[released_count - 1].run_id : 0) != yb_closing_base_run(closing)) {
        *ret_why = "结账期间另一个月份已发布";
        return YB_OK;
    }
    const int64_t *changes = yb_closing_changes(closing, &change_count);
    err = yb_change_claim(db, changes, change_count, run->run_id, arena);
    if (err == YB_E_ROW_EXISTS) { /* dropping this one lets go of those it got */
        *ret_why = "其中的更正已列入另一个月份的结账";
        return YB_OK;
    }
    const yb_run_scheme_t *schemes = yb_closing_schemes(closing, arena, &scheme_count);
    if (err == YB_OK)
        err = yb_run_scheme_put(db, run, schemes, scheme_count, arena);
    const Yibao__Drg__StoredSummary *summary = yb_closing_summary(closing, arena);
    run->summary_len = yibao__drg__stored_summary__get_packed_size(summary);
    uint8_t *packed = yb_arena_alloc(arena, run->summary_len + 1);
    yibao__drg__stored_summary__pack(summary, packed);
    (void)yb_closing_rows(closing, &count);
    run->summary = packed;
    run->inputs_hash = yb_arena_memdup(arena, yb_closing_hash(closing), YB_RUN_HASH); /* outlives the closing */
    run->case_count = (int64_t)count;
    run->mean_e4 = yb_closing_mean_e4(closing);
    run->base_run_id = yb_closing_base_run(closing);
    return err;
}

static yb_err_t write_page(yb_worker_t *worker, yb_run_t *run)
{
    size_t count = 0;
    const yb_run_case_t *rows = yb_closing_rows(work_of(worker)->closing, &count);
    YB_ASSERT((int64_t)count == run->case_count && run->written <= run->case_count);
    const size_t left = count - (size_t)run->written, n = left < YB_CLOSING_PAGE ? left : YB_CLOSING_PAGE;
    yb_err_t err = yb_run_case_insert(yb_worker_db(worker), run->run_id, run->poolarea, rows + run->written, n,
                                      yb_worker_arena(worker));
    run->written += (int64_t)n;
    return err;
}

/* Room for the sums of every institution. */
static size_t sums_max(const yb_run_case_t *rows, size_t count)
{
    size_t institutions = 1;
    for (size_t i = 1; i < count; i++)
        institutions += strcmp(rows[i - 1].fixmedins_code, rows[i].fixmedins_code) != 0;
    return institutions * YB_MONTH_INSUTYPES_MAX;
}

static yb_err_t write_statements(yb_worker_t *worker, const yb_run_t *run, const yb_plan_t *plan)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    size_t count = 0, n = 0;
    const yb_run_case_t *rows = yb_closing_rows(work_of(worker)->closing, &count);
    yb_month_sum_t *sums = YB_NEW_ARRAY(arena, yb_month_sum_t, sums_max(rows, count));
    yb_err_t err = yb_month_sums(plan, rows, count, sums, &n);
    if (err != YB_OK)
        return err;
    yb_statement_t *statements = YB_NEW_ARRAY(arena, yb_statement_t, n + 1);
    for (size_t i = 0; i < n; i++) {
        const yb_month_sum_t *s = &sums[i];
        statements[i] = (yb_statement_t){ .statement_id = yb_worker_id(worker),
                                          .run_id = run->run_id,
                                          .poolarea = run->poolarea,
                                          .period = run->period,
                                          .fixmedins_code = s->fixmedins_code,
                                          .insutype = s->insutype,
                                          .fund_pay_type = yb_arena_printf(arena, "%s100", s->insutype),
                                          .case_count = s->case_count,
                                          .points_e4 = s->points_e4,
                                          .fee_fen = s->fee_fen,
                                          .other_pay_fen = s->other_pay_fen,
                                          .gross_fen = s->gross_fen,
                                          .due_fen = s->due_fen,
                                          .booked_fen = s->booked_fen,
                                          .difference_fen = s->due_fen - s->booked_fen,
                                          .prepaid_fen = s->prepaid_fen,
                                          .withheld_fen = s->withheld_fen,
                                          .state = YB_STATEMENT_READY,
                                          .state_us = yb_worker_now_us(worker) };
    }
    return yb_statement_insert(yb_worker_db(worker), statements, n, arena);
}

/* The next page; with the last one the statements, and the run is ready. */
static yb_err_t write_next(yb_worker_t *worker, yb_call_t *call, yb_run_t *run)
{
    const yb_drg_work_t *work = work_of(worker);
    const yb_clock_t clock = yb_clock_real();
    const int64_t from_ns = yb_clock_monotonic_ns(&clock), before = run->written;
    const char *who = call->env->caller->opter;
    yb_err_t err = write_page(worker, run);
    const bool done = run->written == run->case_count;
    if (err == YB_OK && done)
        err = write_statements(worker, run, yb_closing_plan(work->closing));
    if (err == YB_OK && done) {
        run->state = YB_RUN_READY;
        err = yb_month_trail(worker, run->poolarea, YB_TRAIL_RUN, run->run_id, who, "closed", "");
    }
    if (err == YB_OK)
        err = yb_run_update(yb_worker_db(worker), run, yb_worker_arena(worker));
    if (err != YB_OK)
        return err;
    log_step(worker, call, done ? "written, ready" : "written", run->written - before, clock, from_ns);
    say(call, "writing", run->written, run->case_count);
    reply_of(call)->done = done;
    return YB_OK;
}

/* Locked: the run as it is now, which another closer may have brought further, or dropped. */
static yb_err_t write_on(yb_worker_t *worker, yb_call_t *call, yb_run_t *run)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    const char *why = "";
    yb_month_t month;
    yb_err_t err = yb_month_lock(db, run->poolarea, run->period, yb_worker_now_us(worker), arena, &month);
    if (err == YB_OK)
        err = yb_run_load(db, run->run_id, true, arena, run);
    if (err != YB_OK)
        return err;
    if (run->state != YB_RUN_MADE) {
        say(call, "writing", run->written, run->case_count);
        reply_of(call)->done = run->state != YB_RUN_DROPPED;
        reply_of(call)->dropped = run->state == YB_RUN_DROPPED;
        return YB_OK;
    }
    const uint8_t *hash = yb_closing_hash(work_of(worker)->closing);
    if (run->inputs_hash == NULL)
        err = take_in(worker, run, &why);
    else if (memcmp(run->inputs_hash, hash, YB_RUN_HASH) != 0)
        why = "结账期间所依据的数据已变";
    if (err != YB_OK)
        return err;
    if (why[0] == '\0')
        return write_next(worker, call, run);
    say(call, "writing", run->written, run->case_count);
    reply_of(call)->dropped = true;
    return yb_run_drop(worker, &month, run, call->env->caller->opter, why);
}

/* ---- CloseStep ---- */

/* The plan changed since the run began: it is of no use any more. */
static yb_err_t drop_for_plan(yb_worker_t *worker, yb_call_t *call, yb_run_t *run)
{
    yb_month_t month;
    yb_err_t err = yb_month_lock(yb_worker_db(worker), run->poolarea, run->period, yb_worker_now_us(worker),
                                 yb_worker_arena(worker), &month);
    if (err == YB_OK)
        err = yb_run_load(yb_worker_db(worker), run->run_id, true, yb_worker_arena(worker), run);
    if (err == YB_OK && run->state == YB_RUN_MADE)
        err = yb_run_drop(worker, &month, run, call->env->caller->opter, "付费方案已变");
    say(call, "reading", 0, 0);
    reply_of(call)->dropped = true;
    return err;
}

static yb_err_t advance(yb_worker_t *worker, yb_call_t *call, yb_run_t *run)
{
    bool changed = false;
    yb_err_t err = take_up(worker, call, run, &changed);
    if (err != YB_OK)
        return err;
    if (changed)
        return drop_for_plan(worker, call, run);
    return yb_closing_phase(work_of(worker)->closing) == YB_CLOSING_DONE ? write_on(worker, call, run)
                                                                         : compute(worker, call);
}

static yb_err_t step(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__CloseStepRequest *req = (const Yibao__Drg__CloseStepRequest *)call->body;
    yb_drg_work_t *work = work_of(worker);
    yb_run_t run;
    if (!yb_month_admit(call, req->poolarea, req->ym))
        return YB_OK;
    yb_err_t err = yb_run_load(yb_worker_db(worker), req->run_id, false, yb_worker_arena(worker), &run);
    if (err == YB_E_NOT_FOUND || (err == YB_OK && (run.poolarea != req->poolarea || run.period != req->ym))) {
        yb_call_refuse(call, YB_E_NOT_FOUND, "run_id", "没有这次结账");
        return YB_OK;
    }
    if (err != YB_OK)
        return err;
    if (run.state == YB_RUN_MADE) {
        err = advance(worker, call, &run);
    } else {
        say(call, "writing", run.written, run.case_count);
        reply_of(call)->done = run.state != YB_RUN_DROPPED;
        reply_of(call)->dropped = run.state == YB_RUN_DROPPED;
    }
    if (err != YB_OK || reply_of(call)->done || reply_of(call)->dropped)
        yb_work_end(worker, work); /* after an error, and at its end, it is read again if need be */
    if (err == YB_OK)
        err = yb_run_message(worker, &run, call->arena, &reply_of(call)->run);
    return yb_call_refused(call) ? YB_OK : err;
}

YB_DRG_HANDLER(yb_close_step_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = step(worker, calls[i]);
    return err;
}
