#include "services/drg/handlers/month.h"

#include <string.h>

#include "services/drg/store/change.h"
#include "services/drg/store/plan_file.h"
#include "services/drg/store/statement.h"
#include "services/drg/store/trail.h"
#include "services/drg/store/truth.h"

#define OPERATOR_MAX 30 /* bytes */

/* ---- plans and schemes ---- */

static yb_err_t plans_load(const char *dir, void **ret_set, char *detail, size_t cap)
{
    yb_plan_set_t *set = NULL;
    yb_err_t err = yb_plan_set_load(dir, &set, detail, cap);
    *ret_set = set;
    return err;
}

static void plans_destroy(void **set)
{
    yb_plan_set_t *plans = *set;
    yb_plan_set_destroy(&plans);
    *set = NULL;
}

static yb_err_t schemes_load(const char *dir, void **ret_set, char *detail, size_t cap)
{
    yb_scheme_set_t *set = NULL;
    yb_err_t err = yb_scheme_set_load(dir, &set, detail, cap);
    *ret_set = set;
    return err;
}

static void schemes_destroy(void **set)
{
    yb_scheme_set_t *schemes = *set;
    yb_scheme_set_destroy(&schemes);
    *set = NULL;
}

const yb_shelf_kind_t yb_plan_shelf = { plans_load, plans_destroy };
const yb_shelf_kind_t yb_scheme_shelf = { schemes_load, schemes_destroy };

yb_err_t yb_plan_hold(yb_worker_t *worker, int32_t poolarea, int32_t ym, yb_plan_held_t *ret_held,
                      yb_refusal_t *ret_why)
{
    const yb_drg_t *shared = yb_worker_data(worker);
    yb_plan_held_t held = { NULL, NULL };
    char detail[256] = "";
    yb_err_t err = yb_shelf_take(shared->plans, &held.set, detail, sizeof detail);
    if (err != YB_OK)
        return yb_refuse(ret_why, YB_E_POLICY_FORM, "plan", "付费方案目录无法读取：%s", detail);
    err = yb_plan_set_find(held.set, poolarea, yb_month_first_day(ym), &held.plan, ret_why);
    if (err != YB_OK)
        yb_shelf_give(shared->plans, &held.set);
    else
        *ret_held = held;
    return err;
}

void yb_plan_give(yb_worker_t *worker, yb_plan_held_t *held)
{
    const yb_drg_t *shared = yb_worker_data(worker);
    yb_shelf_give(shared->plans, &held->set);
    held->plan = NULL;
}

void yb_work_end(yb_worker_t *worker, yb_drg_work_t *work)
{
    const yb_drg_t *shared = yb_worker_data(worker);
    yb_closing_destroy(&work->closing);
    yb_shelf_give(shared->plans, &work->plans);
    yb_shelf_give(shared->schemes, &work->schemes);
}

/* ---- the way of a month ---- */

/* Names that look alike would be one person's two. */
static bool is_name(const char *text)
{
    const size_t len = strlen(text);
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
            return false;
    return len > 0 && text[0] != ' ' && text[len - 1] != ' ' && strncmp(text, "\u3000", 3) != 0 &&
           (len < 3 || strcmp(text + len - 3, "\u3000") != 0);
}

bool yb_operator_named(yb_call_t *call)
{
    const char *opter = call->env->caller->opter;
    if (opter == NULL || opter[0] == '\0')
        yb_call_refuse(call, YB_E_FIELD_MISSING, "opter", "缺少经办人，请以经办人的身份办理");
    else if (strlen(opter) > OPERATOR_MAX)
        yb_call_refuse(call, YB_E_FIELD_LENGTH, "opter", "经办人超过%d字节", OPERATOR_MAX);
    else if (!is_name(opter))
        yb_call_refuse(call, YB_E_FIELD_FORM, "opter", "经办人的姓名或编号首尾不能是空白，也不能有控制字符");
    return !yb_call_refused(call);
}

bool yb_period_admit(yb_call_t *call, int32_t poolarea)
{
    if (yb_operator_named(call) && (poolarea < 100000 || poolarea > 999999))
        yb_call_refuse(call, YB_E_FIELD_FORM, "poolarea", "统筹区须为六位区划代码");
    return !yb_call_refused(call);
}

bool yb_month_admit(yb_call_t *call, int32_t poolarea, int32_t ym)
{
    if (yb_period_admit(call, poolarea) && !yb_month_valid(ym))
        yb_call_refuse(call, YB_E_FIELD_FORM, "ym", "月份须写成yyyymm");
    return !yb_call_refused(call);
}

yb_err_t yb_month_trail(yb_worker_t *worker, int32_t poolarea, int kind, int64_t subject_id, const char *who,
                        const char *what, const char *text)
{
    const yb_trail_t row = { .trail_id = yb_worker_id(worker),
                             .poolarea = poolarea,
                             .subject_kind = (yb_trail_kind_t)kind,
                             .subject_id = subject_id,
                             .at_us = yb_worker_now_us(worker),
                             .who = who,
                             .what = what,
                             .text = text };
    return yb_trail_insert(yb_worker_db(worker), &row, 1, yb_worker_arena(worker));
}

yb_err_t yb_run_drop(yb_worker_t *worker, yb_month_t *month, yb_run_t *run, const char *who, const char *why)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    YB_ASSERT(run->state != YB_RUN_RELEASED);
    run->state = YB_RUN_DROPPED;
    month->run_id = 0;
    yb_err_t err = yb_run_update(db, run, arena);
    if (err == YB_OK)
        err = yb_change_let_go(db, run->poolarea, run->run_id, arena);
    if (err == YB_OK)
        err = yb_statement_remove(db, run->run_id, arena);
    if (err == YB_OK)
        err = yb_month_update(db, month, arena);
    return err != YB_OK ? err : yb_month_trail(worker, run->poolarea, YB_TRAIL_RUN, run->run_id, who, "dropped", why);
}

static yb_err_t rulings_differ(yb_worker_t *worker, const yb_run_t *run, const Yibao__Drg__StoredSummary *summary,
                               bool *ret_differ)
{
    yb_month_ruling_t *rulings = NULL;
    size_t count = 0;
    uint8_t hash[YB_RUN_HASH];
    yb_err_t err =
        yb_truth_rulings(yb_worker_db(worker), run->poolarea, run->period, yb_worker_arena(worker), &rulings, &count);
    if (err == YB_OK)
        err = yb_rulings_hash(rulings, count, hash);
    if (err == YB_OK)
        *ret_differ =
            summary->rulings_hash.len != YB_RUN_HASH || memcmp(summary->rulings_hash.data, hash, YB_RUN_HASH) != 0;
    return err;
}

yb_err_t yb_run_outdated(yb_worker_t *worker, const yb_run_t *run, const char **ret_why)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    const Yibao__Drg__StoredSummary *summary =
        yibao__drg__stored_summary__unpack(yb_arena_pb(arena), run->summary_len, run->summary);
    yb_truth_differs_t differs = { 0 };
    yb_run_t *released = NULL;
    size_t count = 0;
    bool ruled = false;
    if (summary == NULL)
        return YB_E_INTERNAL; /* a row of our own */
    yb_err_t err = yb_truth_compare(db, run->poolarea, run->period, run->run_id, summary->of_month, arena, &differs);
    if (err == YB_OK)
        err = rulings_differ(worker, run, summary, &ruled);
    if (err == YB_OK)
        err = yb_run_released(db, run->poolarea, arena, &released, &count);
    if (err != YB_OK)
        return err;
    const int64_t base = count > 0 ? released[count - 1].run_id : 0;
    *ret_why = differs.reversed > 0 ? yb_arena_printf(arena, "此后撤销了%lld笔结算", (long long)differs.reversed)
               : differs.missing > 0 ? yb_arena_printf(arena, "此后又收到%lld笔结算", (long long)differs.missing)
               : differs.missing < 0 ? "结算的笔数已不同"
               : differs.relisted > 0 ? yb_arena_printf(arena, "此后有%lld份清单重新上传", (long long)differs.relisted)
               : ruled                ? "此后有新的裁定（特例单议或申诉）"
               : base != run->base_run_id && summary->taken_back + summary->anew > 0
                   ? "此后另一个月份已发布，本次含有对已发布月份的更正"
                   : "";
    return YB_OK;
}

/* ---- messages ---- */

Yibao__Drg__Month *yb_month_message(const yb_month_t *month, yb_arena_t *arena)
{
    Yibao__Drg__Month *m = YB_NEW(arena, Yibao__Drg__Month);
    yibao__drg__month__init(m);
    m->poolarea = month->poolarea;
    m->ym = month->ym;
    m->state = (int32_t)month->state;
    m->state_us = month->state_us;
    m->state_by = yb_arena_strdup(arena, month->state_by);
    return m;
}

static ProtobufCBinaryData bytes(const uint8_t *data, size_t len, yb_arena_t *arena)
{
    return data != NULL ? (ProtobufCBinaryData){ .len = len, .data = yb_arena_memdup(arena, data, len) }
                        : (ProtobufCBinaryData){ .len = 0 };
}

static yb_err_t add_schemes(yb_worker_t *worker, int64_t run_id, yb_arena_t *arena, Yibao__Drg__Run *r)
{
    yb_run_scheme_t *schemes = NULL;
    size_t count = 0;
    yb_err_t err = yb_run_scheme_of(yb_worker_db(worker), run_id, yb_worker_arena(worker), &schemes, &count);
    if (err != YB_OK)
        return err;
    r->schemes = YB_NEW_ARRAY(arena, Yibao__Drg__RunScheme *, count + 1);
    for (size_t i = 0; i < count; i++) {
        Yibao__Drg__RunScheme *s = r->schemes[r->n_schemes++] = YB_NEW(arena, Yibao__Drg__RunScheme);
        yibao__drg__run_scheme__init(s);
        s->n = schemes[i].n;
        s->name = yb_arena_strdup(arena, schemes[i].name);
        s->digest = bytes(schemes[i].digest, YB_SCHEME_DIGEST, arena);
    }
    return YB_OK;
}

yb_err_t yb_run_message(yb_worker_t *worker, const yb_run_t *run, yb_arena_t *arena, Yibao__Drg__Run **ret)
{
    Yibao__Drg__Run *r = YB_NEW(arena, Yibao__Drg__Run);
    yibao__drg__run__init(r);
    r->run_id = run->run_id;
    r->poolarea = run->poolarea;
    r->period = run->period;
    r->state = (int32_t)run->state;
    r->plan_hash = bytes(run->plan_hash, YB_RUN_HASH, arena);
    r->inputs_hash = bytes(run->inputs_hash, YB_RUN_HASH, arena);
    r->case_count = run->case_count;
    r->written = run->written;
    r->mean_e4 = run->mean_e4;
    r->made_us = run->made_us;
    r->made_by = yb_arena_strdup(arena, run->made_by);
    r->released_us = run->released_us;
    r->released_by = yb_arena_strdup(arena, run->released_by);
    r->summary = yibao__drg__stored_summary__unpack(yb_arena_pb(arena), run->summary_len, run->summary);
    const char *name = "";
    yb_err_t err = yb_plan_file_name(yb_worker_db(worker), run->plan_hash, yb_worker_arena(worker), &name);
    r->plan = yb_arena_strdup(arena, name);
    if (err == YB_OK)
        err = add_schemes(worker, run->run_id, arena, r);
    if (err == YB_OK)
        *ret = r;
    return err;
}
