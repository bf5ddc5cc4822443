/* ExplainCase: one case as people read it, for the bureau. Names no person. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/drg/handlers/explain.h"
#include "services/drg/rules/feedback.h"

static char *lend(const char *text) { return (char *)(uintptr_t)text; }

/* ---- sections ---- */

yb_section_t yb_section_begin(Yibao__Drg__ExplainCaseReply *reply, const char *title, yb_arena_t *arena)
{
    yb_section_t section = { YB_NEW(arena, Yibao__Drg__ExplainSection), arena, 16 };
    yibao__drg__explain_section__init(section.message);
    section.message->title = lend(title);
    section.message->lines = YB_NEW_ARRAY(arena, char *, section.room);
    reply->sections[reply->n_sections++] = section.message;
    return section;
}

void yb_section_say(yb_section_t *s, const char *fmt, ...)
{
    char text[2048];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (s->message->n_lines == s->room) {
        char **more = YB_NEW_ARRAY(s->arena, char *, s->room * 2);
        memcpy(more, s->message->lines, s->room * sizeof *more);
        s->message->lines = more;
        s->room *= 2;
    }
    s->message->lines[s->message->n_lines++] = yb_arena_strdup(s->arena, text);
}

/* ---- reading ---- */

static int by_run(const void *a, const void *b)
{
    const yb_explained_run_t *x = a, *y = b;
    if (x->run.run_id != y->run.run_id)
        return x->run.run_id < y->run.run_id ? -1 : 1;
    return x->row.kind - y->row.kind;
}

static yb_err_t find_statement(yb_worker_t *worker, yb_explained_run_t *r)
{
    yb_statement_t *all = NULL;
    size_t count = 0;
    yb_err_t err = yb_statement_of_run(yb_worker_db(worker), r->run.run_id, yb_worker_arena(worker), &all, &count);
    for (size_t i = 0; err == YB_OK && i < count; i++)
        if (strcmp(all[i].fixmedins_code, r->row.fixmedins_code) == 0 && strcmp(all[i].insutype, r->row.insutype) == 0)
            r->statement = all[i];
    return err;
}

static yb_err_t find_run(yb_worker_t *worker, const yb_run_case_found_t *found, yb_explained_run_t *ret)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_run_scheme_t *schemes = NULL;
    size_t count = 0;
    *ret = (yb_explained_run_t){ .row = found->row, .scheme = "" };
    yb_err_t err = yb_run_load(db, found->run_id, false, arena, &ret->run);
    if (err == YB_OK)
        err = yb_run_scheme_of(db, found->run_id, arena, &schemes, &count);
    for (size_t i = 0; err == YB_OK && i < count; i++)
        if (schemes[i].n == found->row.scheme) {
            ret->scheme = schemes[i].name;
            ret->scheme_digest = schemes[i].digest;
        }
    return err == YB_OK ? find_statement(worker, ret) : err;
}

/* The month's own run, and those that carry what became true later. */
static size_t keys_of(const yb_explained_t *e, int64_t month_run, yb_run_case_key_t *keys)
{
    size_t count = 0;
    if (month_run != 0)
        keys[count++] = (yb_run_case_key_t){ month_run, e->copy.fixmedins_code, e->copy.setl_id };
    for (size_t i = 0; i < e->change_count && count < YB_EXPLAIN_RUNS_MAX / 2; i++) {
        bool had = e->changes[i].run_id == 0;
        for (size_t k = 0; k < count; k++)
            had = had || keys[k].run_id == e->changes[i].run_id;
        if (!had)
            keys[count++] = (yb_run_case_key_t){ e->changes[i].run_id, e->copy.fixmedins_code, e->copy.setl_id };
    }
    return count;
}

static yb_err_t find_runs(yb_worker_t *worker, yb_explained_t *e)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_run_case_key_t keys[YB_EXPLAIN_RUNS_MAX];
    yb_run_case_found_t *found = NULL;
    yb_run_t run;
    size_t count = 0;
    yb_err_t err = yb_run_of_period(db, e->copy.poolarea, e->ym, arena, &run);
    if (err != YB_OK && err != YB_E_NOT_FOUND)
        return err;
    const size_t key_count = keys_of(e, err == YB_OK ? run.run_id : 0, keys);
    err = yb_run_case_find(db, keys, key_count, arena, &found, &count);
    for (size_t i = 0; err == YB_OK && i < count && i < YB_EXPLAIN_RUNS_MAX; i++)
        err = find_run(worker, &found[i], &e->runs[e->run_count++]);
    qsort(e->runs, e->run_count, sizeof e->runs[0], by_run);
    return err;
}

static yb_err_t read_case(yb_worker_t *worker, yb_explained_t *e)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_month_settlement_t *settlements = NULL;
    yb_month_list_t *lists = NULL;
    size_t settlement_count = 0, list_count = 0;
    e->ym = (int32_t)(e->copy.setl_time / 100000000);
    yb_err_t err = yb_truth_settlements_of(db, &e->copy.setl_id, 1, arena, &settlements, &settlement_count);
    if (err == YB_OK)
        err = yb_truth_lists_of(db, &e->copy.setl_id, 1, arena, &lists, &list_count);
    if (err == YB_OK)
        err = yb_change_of_settlement(db, e->copy.setl_id, arena, &e->changes, &e->change_count);
    e->settlement = settlement_count > 0 ? &settlements[0] : NULL;
    e->list = list_count > 0 ? &lists[0] : NULL;
    return err == YB_OK ? find_runs(worker, e) : err;
}

/* ---- saying ---- */

static const char *yuan(yb_fen_t fen, char buf[YB_DECIMAL_TEXT]) { return yb_fen_format(fen, buf); }

const char *yb_explain_moment(int64_t unix_us, char buf[YB_TIME_TEXT])
{
    return unix_us == 0 ? "" : yb_time_format(yb_time_of_unix_us(unix_us), buf);
}

static void say_settlement(const yb_explained_t *e, yb_section_t *s)
{
    const yb_copy_t *c = &e->copy;
    char time[YB_TIME_TEXT], fee[YB_DECIMAL_TEXT], fund[YB_DECIMAL_TEXT];
    yb_section_say(s, "机构 %s，险种 %s，医疗类别 %s，结算时间 %s", c->fixmedins_code, c->insutype, c->med_type,
                   yb_time_format(c->setl_time, time));
    yb_section_say(s, "总费用 %s元，其中统筹基金 %s元", yuan(c->medfee_sumamt_fen, fee),
                   c->basic_fund_fen < 0 ? "未知" : yuan(c->basic_fund_fen, fund));
    if (!c->inpatient)
        yb_section_say(s, "门诊结算，不按病组付费");
    if (c->reversed_by != 0)
        yb_section_say(s, "已撤销（撤销结算%lld）", (long long)c->reversed_by);
}

static void say_list(const yb_explained_t *e, yb_section_t *s)
{
    const yb_month_list_t *l = e->list;
    char day[YB_TIME_TEXT], when[YB_TIME_TEXT];
    if (l == NULL) {
        yb_section_say(s, "没有上传清单");
        return;
    }
    yb_section_say(s, "第%d版，%s，最近一次提交或变更状态 %s", (int)l->version,
                   l->is_submitted ? "已提交" : "暂存或已失效（不计入）", yb_explain_moment(l->state_us, when));
    yb_section_say(s, "出院 %s，科室 %s，离院方式 %s，性别 %d，年龄 %d，日龄 %d，住院 %d天（-1为未知）",
                   yb_day_format(l->discharge_day, day), l->dscg_caty, l->dscg_way, (int)l->sex, (int)l->age,
                   (int)l->age_day, (int)l->los);
    yb_section_say(s, "诊断（%s）：%s", l->has_principal ? "首个为主要诊断" : "没有主要诊断", l->dx);
    yb_section_say(s, "手术操作：%s", l->px[0] != '\0' ? l->px : "无");
}

static const char *run_state(yb_run_state_t state)
{
    return state == YB_RUN_MADE ? "正在结账" : state == YB_RUN_READY ? "已结账，尚未发布" : "已发布";
}

static void say_statement(const yb_explained_run_t *r, yb_section_t *s)
{
    static const char *const states[] = { "", "待发布", "已发布，等待入账", "已入账" };
    char money[YB_DECIMAL_TEXT];
    yb_section_say(s, "%d月结账%lld：%s，%s，应付 %s元", (int)r->run.period, (long long)r->run.run_id,
                   run_state(r->run.state), yb_run_case_kind_zh(r->row.kind), yuan(r->row.due_fen, money));
    if (r->statement.statement_id == 0)
        return;
    yb_section_say(s, "  结算单%lld（%s）：全机构差额 %s元", (long long)r->statement.statement_id,
                   states[r->statement.state], yuan(r->statement.difference_fen, money));
    if (r->statement.journal_seq != 0)
        yb_section_say(s, "  总账分录 %d/%lld", (int)r->statement.journal_lane, (long long)r->statement.journal_seq);
}

/* ---- the answer ---- */

static Yibao__Drg__ExplainedRow *row_message(const yb_explained_run_t *r, yb_arena_t *arena)
{
    Yibao__Drg__ExplainedRow *m = YB_NEW(arena, Yibao__Drg__ExplainedRow);
    yibao__drg__explained_row__init(m);
    m->run_id = r->run.run_id;
    m->period = r->run.period;
    m->run_state = (int32_t)r->run.state;
    m->kind = r->row.kind;
    m->list_version = r->row.list_version;
    m->scheme = yb_arena_strdup(arena, r->scheme);
    m->drg = yb_arena_strdup(arena, r->row.drg);
    m->pay_class = lend(yb_pay_class_name((yb_pay_class_t)r->row.class));
    m->rw_e4 = r->row.rw_e4;
    m->k_e4 = r->row.k_e4;
    m->fee_fen = r->row.fee_fen;
    m->standard_fen = r->row.standard_fen;
    m->points_e4 = r->row.points_e4;
    m->gross_fen = r->row.gross_fen;
    m->other_pay_fen = r->row.other_pay_fen;
    m->due_fen = r->row.due_fen;
    m->booked_fen = r->row.booked_fen;
    m->statement_id = r->statement.statement_id;
    m->statement_state = r->statement.statement_id == 0 ? 0 : (int32_t)r->statement.state;
    return m;
}

/* The last row that pays it. */
static const yb_explained_run_t *paid_of(const yb_explained_t *e)
{
    const yb_explained_run_t *paid = NULL;
    for (size_t i = 0; i < e->run_count; i++)
        if (e->runs[i].row.kind != YB_CASE_TAKEN_BACK && e->runs[i].run.state != YB_RUN_MADE)
            paid = &e->runs[i];
    return paid;
}

static yb_err_t say_all(yb_worker_t *worker, const yb_explained_t *e, Yibao__Drg__ExplainCaseReply *reply,
                        yb_arena_t *arena)
{
    const yb_explained_run_t *paid = paid_of(e);
    reply->sections = YB_NEW_ARRAY(arena, Yibao__Drg__ExplainSection *, 8);
    yb_section_t s = yb_section_begin(reply, "结算", arena);
    say_settlement(e, &s);
    s = yb_section_begin(reply, "结算清单", arena);
    say_list(e, &s);
    s = yb_section_begin(reply, "入组路径", arena);
    yb_err_t err = yb_explain_group(worker, e, paid, &s);
    s = yb_section_begin(reply, "支付", arena);
    if (paid == NULL)
        yb_section_say(&s, "还没有已结账的结果");
    else if (err == YB_OK)
        err = yb_explain_pay(worker, e, paid, &s);
    s = yb_section_begin(reply, "结算单", arena);
    for (size_t i = 0; i < e->run_count; i++)
        say_statement(&e->runs[i], &s);
    s = yb_section_begin(reply, "变更与办理记录", arena);
    return err == YB_OK ? yb_explain_trail(worker, e, &s) : err;
}

static yb_err_t explain(yb_worker_t *worker, yb_call_t *call)
{
    const int64_t setl_id = ((const Yibao__Drg__ExplainCaseRequest *)call->body)->setl_id;
    yb_explained_t *e = YB_NEW(yb_worker_arena(worker), yb_explained_t);
    yb_copy_t *copies = NULL;
    size_t found = 0;
    yb_err_t err = yb_copy_load(yb_worker_db(worker), &setl_id, 1, false, yb_worker_arena(worker), &copies, &found);
    if (err != YB_OK)
        return err;
    const yb_copy_t *copy = yb_copy_find(copies, found, setl_id);
    if (!yb_caller_is_operator(call))
        yb_call_refuse(call, YB_E_NOT_YOURS, "setl_id", "该查询供经办机构使用；医疗机构请用4107查询本机构的月度反馈");
    if (yb_call_refused(call) || !yb_copy_admit(call, copy, "", "data"))
        return YB_OK;
    e->copy = *copy;
    err = read_case(worker, e);
    if (err != YB_OK)
        return err;
    Yibao__Drg__ExplainCaseReply *reply = YB_NEW(call->arena, Yibao__Drg__ExplainCaseReply);
    yibao__drg__explain_case_reply__init(reply);
    reply->setl_id = setl_id;
    reply->poolarea = copy->poolarea;
    reply->ym = e->ym;
    reply->fixmedins_code = yb_arena_strdup(call->arena, copy->fixmedins_code);
    reply->rows = YB_NEW_ARRAY(call->arena, Yibao__Drg__ExplainedRow *, e->run_count + 1);
    for (size_t i = 0; i < e->run_count; i++)
        reply->rows[reply->n_rows++] = row_message(&e->runs[i], call->arena);
    err = say_all(worker, e, reply, call->arena);
    if (err == YB_OK)
        call->reply = &reply->base;
    return err;
}

YB_DRG_HANDLER(yb_explain_case_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = explain(worker, calls[i]);
    return err;
}
