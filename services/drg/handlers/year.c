/* CloseYear: twelve released months and what is known beside them become a sheet per institution and insutype, in one
 * transaction. The same again changes nothing; other inputs make another run. What is still to be booked is the
 * difference to what the months have booked. */
#include "services/drg/handlers/year.h"

#include <inttypes.h>
#include <string.h>

#include "services/drg/plan/year_file.h"
#include "services/drg/store/plan_file.h"
#include "services/drg/store/statement.h"
#include "services/drg/store/trail.h"
#include "services/drg/store/truth.h"
#include "services/drg/store/year.h"

#define MONTHS 12

/* A year while it is computed; everything in the worker's arena. */
typedef struct clearing {
    yb_plan_held_t held;
    yb_year_sum_t *sums; /* beside list.members */
    yb_year_list_t list;
    int64_t month_runs[MONTHS]; /* 0 = before the first month */
    uint8_t hash[YB_RUN_HASH];
    yb_refusal_t why;
} clearing_t;

/* ---- the months ---- */

/* Every month from the first that has anything on must be released: what comes later then belongs to a run of the next
 * year, and nothing falls between the two. */
static yb_err_t check_months(yb_worker_t *worker, int32_t poolarea, int32_t year, clearing_t *c)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_month_key_t keys[MONTHS];
    yb_month_t *months = NULL;
    size_t count = 0;
    bool begun = false;
    for (int m = 0; m < MONTHS; m++)
        keys[m] = (yb_month_key_t){ poolarea, year * 100 + m + 1 };
    yb_err_t err = yb_month_load(db, keys, MONTHS, arena, &months, &count);
    for (int m = 0; m < MONTHS && err == YB_OK; m++) {
        const int32_t ym = year * 100 + m + 1;
        const yb_month_t *month = yb_month_find(months, count, poolarea, ym);
        int64_t settlements = 0;
        if (month == NULL && !begun)
            err = yb_truth_count(db, poolarea, ym, arena, &settlements);
        begun = begun || month != NULL || settlements > 0;
        if (err == YB_OK && begun && (month == NULL || month->state != YB_MONTH_RELEASED))
            return yb_refuse(&c->why, YB_E_MONTH_STATE, "year",
                             "%" PRId32 "尚未发布，全年各月发布后才能清算：yibaoctl drg freeze、close、release", ym);
        if (month != NULL)
            c->month_runs[m] = month->run_id;
    }
    if (err == YB_OK && !begun)
        return yb_refuse(&c->why, YB_E_NOT_FOUND, "year", "该年没有住院结算，无可清算");
    return err;
}

/* ---- members ---- */

static yb_clearing_member_t member_of(const yb_year_sum_t *s)
{
    return (yb_clearing_member_t){ .code = s->fixmedins_code,
                                   .grade = "",
                                   .score_e4 = YB_CLEARING_NO_SCORE,
                                   .input = { .gross_fen = s->gross_fen,
                                              .cost_fen = s->fee_fen,
                                              .other_pay_fen = s->other_pay_fen,
                                              .prepaid_fen = s->prepaid_fen,
                                              .withheld_fen = s->withheld_fen } };
}

static void make_pots(yb_arena_t *arena, const yb_year_sum_t *sums, size_t count, yb_year_list_t *list)
{
    list->pots = YB_NEW_ARRAY(arena, yb_year_pot_t, count + 1);
    list->members = YB_NEW_ARRAY(arena, yb_clearing_member_t, count + 1);
    list->units = YB_NEW_ARRAY(arena, yb_clearing_unit_t, count + 1);
    list->member_count = count;
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || strcmp(sums[i - 1].insutype, sums[i].insutype) != 0) {
            yb_year_pot_t *pot = &list->pots[list->pot_count++];
            *pot = (yb_year_pot_t){ .member_first = i };
            snprintf(pot->insutype, sizeof pot->insutype, "%s", sums[i].insutype);
        }
        list->pots[list->pot_count - 1].member_count++;
        list->members[i] = member_of(&sums[i]);
    }
}

static yb_err_t take_fact(clearing_t *c, const yb_year_fact_t *fact)
{
    for (size_t i = 0; i < c->list.member_count; i++) {
        yb_clearing_member_t *m = &c->list.members[i];
        if (strcmp(m->code, fact->fixmedins_code) != 0 || strcmp(c->sums[i].insutype, fact->insutype) != 0)
            continue;
        m->grade = fact->grade;
        m->score_e4 = fact->score_e4;
        m->input.adjustment_fen = fact->adjustment_fen;
        m->input.penalty_fen = fact->penalty_fen;
        m->input.procurement_kept_fen = fact->procurement_kept_fen;
        m->input.offline_purchase_fen = fact->offline_purchase_fen;
        return YB_OK;
    }
    return yb_refuse(&c->why, YB_E_NOT_FOUND, "inputs", "机构%s险种%s全年没有已发布的病例，请核对年度数据文件",
                     fact->fixmedins_code, fact->insutype);
}

/* ---- the reserve (调剂金) ---- */

/* What the months' runs held back of an insutype; by rate nothing is divided, and it is the plan's share of its budget.
 */
static yb_err_t reserve_of(yb_worker_t *worker, const clearing_t *c, const yb_year_pot_t *pot,
                           yb_fen_t *ret_reserve_fen)
{
    const yb_plan_t *plan = c->held.plan->plan;
    const int pool = yb_plan_pool(plan, pot->insutype);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_fen_t sum = 0, other_pay_fen = 0;
    for (size_t i = 0; i < pot->member_count; i++)
        other_pay_fen += c->list.members[pot->member_first + i].input.other_pay_fen;
    if (plan->method == YB_METHOD_RATE)
        return pool < 0 ? YB_OK : yb_clearing_reserve(plan, (size_t)pool, other_pay_fen, ret_reserve_fen);
    for (int m = 0; m < MONTHS; m++) {
        yb_run_t run;
        if (c->month_runs[m] == 0)
            continue;
        yb_err_t err = yb_run_load(yb_worker_db(worker), c->month_runs[m], false, arena, &run);
        if (err != YB_OK)
            return err;
        const Yibao__Drg__StoredSummary *s =
            yibao__drg__stored_summary__unpack(yb_arena_pb(arena), run.summary_len, run.summary);
        if (s == NULL)
            return YB_E_INTERNAL; /* a row of our own */
        for (size_t i = 0; i < s->n_pools; i++)
            if (strcmp(s->pools[i]->insutype, pot->insutype) == 0)
                sum += s->pools[i]->reserve_fen;
    }
    *ret_reserve_fen = sum;
    return YB_OK;
}

/* ---- all of it ---- */

static void hash_text(yb_sm3_t *sm3, const char *text) { yb_sm3_update(sm3, text, strlen(text) + 1); }

static yb_err_t hash_inputs(clearing_t *c)
{
    yb_sm3_t *sm3 = yb_sm3_create();
    if (sm3 == NULL)
        return YB_E_CRYPTO;
    yb_sm3_update(sm3, c->held.plan->hash, YB_PLAN_DIGEST);
    yb_sm3_update(sm3, c->month_runs, sizeof c->month_runs);
    for (size_t i = 0; i < c->list.pot_count; i++)
        yb_sm3_update(sm3, &c->list.pots[i].reserve_fen, sizeof(yb_fen_t));
    for (size_t i = 0; i < c->list.member_count; i++) {
        const yb_clearing_member_t *m = &c->list.members[i];
        const yb_year_input_t *in = &m->input;
        const int64_t figures[] = {
            in->gross_fen,           in->cost_fen,     in->other_pay_fen, in->adjustment_fen, in->penalty_fen,
            in->prepaid_fen,         in->withheld_fen, m->score_e4,       c->sums[i].due_fen, in->procurement_kept_fen,
            in->offline_purchase_fen
        };
        hash_text(sm3, c->sums[i].insutype);
        hash_text(sm3, m->code);
        hash_text(sm3, m->grade);
        yb_sm3_update(sm3, figures, sizeof figures);
    }
    yb_sm3_final(sm3, c->hash);
    yb_sm3_destroy(&sm3);
    return YB_OK;
}

/* Reads and clears the year; the plan is held until clearing_end. A refusal is in c->why. */
static yb_err_t clearing_make(yb_worker_t *worker, int32_t poolarea, int32_t year, clearing_t *c)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_year_fact_t *facts = NULL;
    size_t count = 0, fact_count = 0;
    *c = (clearing_t){ .held = { NULL, NULL } };
    yb_err_t err = check_months(worker, poolarea, year, c);
    if (err == YB_OK)
        err = yb_plan_hold(worker, poolarea, year * 100 + MONTHS, &c->held, &c->why);
    if (err == YB_OK)
        err = yb_year_sums(db, poolarea, year, arena, &c->sums, &count);
    if (err == YB_OK)
        err = yb_year_facts_load(db, poolarea, year, arena, &facts, &fact_count);
    if (err != YB_OK)
        return err;
    make_pots(arena, c->sums, count, &c->list);
    for (size_t i = 0; i < fact_count && err == YB_OK; i++)
        err = take_fact(c, &facts[i]);
    for (size_t i = 0; i < c->list.pot_count && err == YB_OK; i++)
        err = reserve_of(worker, c, &c->list.pots[i], &c->list.pots[i].reserve_fen);
    if (err == YB_OK)
        err = hash_inputs(c);
    return err != YB_OK ? err : yb_year_list_run(c->held.plan->plan, &c->list, &c->why);
}

static void clearing_end(yb_worker_t *worker, clearing_t *c)
{
    if (c->held.plan != NULL)
        yb_plan_give(worker, &c->held);
}

yb_err_t yb_year_outdated(yb_worker_t *worker, const yb_run_t *run, const char **ret_why)
{
    clearing_t c;
    yb_err_t err = clearing_make(worker, run->poolarea, run->period, &c);
    if (c.why.code != YB_OK) {
        *ret_why = yb_arena_strdup(yb_worker_arena(worker), c.why.text);
        err = YB_OK;
    } else if (err == YB_OK && (run->inputs_hash == NULL || memcmp(run->inputs_hash, c.hash, YB_RUN_HASH) != 0)) {
        *ret_why = "此后该年的月份、方案或年度数据有变化";
    }
    clearing_end(worker, &c);
    return err;
}

/* ---- writing ---- */

static yb_statement_t statement_of(yb_worker_t *worker, const yb_run_t *run, const clearing_t *c, size_t i)
{
    const yb_clearing_member_t *m = &c->list.members[i];
    const yb_year_sum_t *sum = &c->sums[i];
    const yb_fen_t due_fen = m->statement.settle_fen + m->statement.prepaid_fen;
    return (yb_statement_t){ .statement_id = yb_worker_id(worker),
                             .run_id = run->run_id,
                             .poolarea = run->poolarea,
                             .period = run->period,
                             .fixmedins_code = m->code,
                             .insutype = sum->insutype,
                             .fund_pay_type = yb_arena_printf(yb_worker_arena(worker), "%s100", sum->insutype),
                             .case_count = (int32_t)sum->case_count,
                             .points_e4 = sum->points_e4,
                             .fee_fen = sum->fee_fen,
                             .other_pay_fen = sum->other_pay_fen,
                             .gross_fen = sum->gross_fen,
                             .due_fen = due_fen,
                             .booked_fen = sum->due_fen,
                             .difference_fen = due_fen - sum->due_fen,
                             .prepaid_fen = sum->prepaid_fen,
                             .withheld_fen = sum->withheld_fen,
                             .state = YB_STATEMENT_READY,
                             .state_us = yb_worker_now_us(worker) };
}

static yb_err_t write_sheets(yb_worker_t *worker, const yb_run_t *run, const clearing_t *c)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    const size_t count = c->list.member_count;
    yb_statement_t *statements = YB_NEW_ARRAY(arena, yb_statement_t, count + 1);
    yb_year_row_t *rows = YB_NEW_ARRAY(arena, yb_year_row_t, count + 1);
    for (size_t p = 0; p < c->list.pot_count; p++) {
        const yb_year_pot_t *pot = &c->list.pots[p];
        for (size_t i = pot->member_first; i < pot->member_first + pot->member_count; i++) {
            const yb_clearing_unit_t *unit = &c->list.units[pot->unit_first + c->list.members[i].unit];
            statements[i] = statement_of(worker, run, c, i);
            rows[i] = (yb_year_row_t){ .statement_id = statements[i].statement_id,
                                       .run_id = run->run_id,
                                       .poolarea = run->poolarea,
                                       .unit = unit->code,
                                       .in_group = unit->group != NULL,
                                       .sheet = c->list.members[i].statement };
        }
    }
    yb_err_t err = yb_statement_insert(yb_worker_db(worker), statements, count, arena);
    return err != YB_OK ? err : yb_year_sheet_insert(yb_worker_db(worker), rows, count, arena);
}

/* How each county group came out, for its trail. */
static yb_err_t write_groups(yb_worker_t *worker, const yb_run_t *run, const clearing_t *c)
{
    yb_err_t err = YB_OK;
    for (size_t p = 0; p < c->list.pot_count; p++)
        for (size_t u = 0; u < c->list.pots[p].unit_count && err == YB_OK; u++) {
            const yb_clearing_unit_t *unit = &c->list.units[c->list.pots[p].unit_first + u];
            char text[4][YB_DECIMAL_TEXT];
            if (unit->group == NULL)
                continue;
            const char *line = yb_arena_printf(
                yb_worker_arena(worker),
                "医共体%s 险种%s：%zu家机构，支付标准%s元，费用%s元，结余留用%s元，医保承担超支%s元", unit->code,
                c->list.pots[p].insutype, unit->member_count, yb_fen_format(unit->gross_fen, text[0]),
                yb_fen_format(unit->cost_fen, text[1]), yb_fen_format(unit->balance.kept_fen, text[2]),
                yb_fen_format(unit->granted_fen, text[3]));
            err = yb_month_trail(worker, run->poolarea, YB_TRAIL_GROUP, run->run_id, run->made_by, "cleared", line);
        }
    return err;
}

static void summarize(const clearing_t *c, yb_arena_t *arena, yb_run_t *run)
{
    Yibao__Drg__StoredSummary s = YIBAO__DRG__STORED_SUMMARY__INIT;
    s.pools = YB_NEW_ARRAY(arena, Yibao__Drg__StoredPool *, c->list.pot_count + 1);
    for (size_t p = 0; p < c->list.pot_count; p++) {
        const yb_year_pot_t *pot = &c->list.pots[p];
        Yibao__Drg__StoredPool *pool = s.pools[s.n_pools++] = YB_NEW(arena, Yibao__Drg__StoredPool);
        yibao__drg__stored_pool__init(pool);
        pool->insutype = (char *)(uintptr_t)pot->insutype;
        pool->reserve_fen = pot->reserve_fen;
        for (size_t i = pot->member_first; i < pot->member_first + pot->member_count; i++) {
            pool->count += c->sums[i].case_count;
            pool->points_e4 += c->sums[i].points_e4;
            pool->fee_fen += c->sums[i].fee_fen;
            pool->other_pay_fen += c->sums[i].other_pay_fen;
            pool->gross_fen += c->sums[i].gross_fen;
            pool->budget_fen += c->sums[i].gross_fen;
            pool->due_fen += c->list.members[i].statement.settle_fen + c->list.members[i].statement.prepaid_fen;
            s.booked_fen += c->sums[i].due_fen;
        }
        s.of_month += pool->count;
        run->case_count += pool->count;
    }
    run->summary_len = yibao__drg__stored_summary__get_packed_size(&s);
    uint8_t *packed = yb_arena_alloc(arena, run->summary_len + 1);
    yibao__drg__stored_summary__pack(&s, packed);
    run->summary = packed;
}

static yb_err_t make_run(yb_worker_t *worker, yb_call_t *call, yb_month_t *month, const clearing_t *c,
                         yb_run_t *ret_run)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    const yb_kept_plan_t *plan = c->held.plan;
    yb_run_t run = { .run_id = yb_worker_id(worker),
                     .poolarea = month->poolarea,
                     .period = month->ym,
                     .state = YB_RUN_READY,
                     .plan_hash = yb_arena_memdup(arena, plan->hash, YB_RUN_HASH),
                     .inputs_hash = yb_arena_memdup(arena, c->hash, YB_RUN_HASH),
                     .made_us = yb_worker_now_us(worker),
                     .made_by = call->env->caller->opter,
                     .released_by = "" };
    const yb_plan_file_row_t kept = { .hash = plan->hash,
                                      .poolarea = month->poolarea,
                                      .name = plan->plan->name,
                                      .content = plan->stored,
                                      .content_len = plan->stored_len,
                                      .first_us = run.made_us };
    summarize(c, arena, &run);
    month->run_id = run.run_id;
    month->state = YB_MONTH_FROZEN; /* closed, to be released */
    month->state_us = run.made_us;
    month->state_by = run.made_by;
    yb_err_t err = yb_plan_file_keep(db, &kept, arena);
    if (err == YB_OK)
        err = yb_run_insert(db, &run, arena);
    if (err == YB_OK)
        err = yb_run_update(db, &run, arena);
    if (err == YB_OK)
        err = yb_month_update(db, month, arena);
    if (err == YB_OK)
        err = write_sheets(worker, &run, c);
    if (err == YB_OK)
        err = write_groups(worker, &run, c);
    if (err == YB_OK)
        err = yb_month_trail(worker, run.poolarea, YB_TRAIL_RUN, run.run_id, run.made_by, "closed", "");
    *ret_run = run;
    return err;
}

/* The run there is, when it was made of the same; else it is dropped and a new one made. */
static yb_err_t find_or_make(yb_worker_t *worker, yb_call_t *call, yb_month_t *month, const clearing_t *c,
                             yb_run_t *ret_run, bool *ret_found)
{
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    if (month->run_id != 0) {
        yb_err_t err = yb_run_load(db, month->run_id, true, arena, ret_run);
        if (err != YB_OK)
            return err;
        *ret_found = ret_run->inputs_hash != NULL && memcmp(ret_run->inputs_hash, c->hash, YB_RUN_HASH) == 0;
        if (*ret_found)
            return YB_OK;
        err = yb_run_drop(worker, month, ret_run, call->env->caller->opter, "所依据的数据已变");
        if (err == YB_OK)
            err = yb_year_sheet_remove(db, ret_run->run_id, arena);
        if (err != YB_OK)
            return err;
    }
    return make_run(worker, call, month, c, ret_run);
}

/* ---- the request ---- */

static bool input_valid(yb_call_t *call, const Yibao__Drg__YearInput *in)
{
    if (in->fixmedins_code[0] == '\0' || strlen(in->fixmedins_code) > 12)
        yb_call_refuse(call, YB_E_FIELD_LENGTH, "inputs.fixmedins_code", "机构代码应为1至12个字符");
    else if (strlen(in->insutype) != 3)
        yb_call_refuse(call, YB_E_FIELD_FORM, "inputs.insutype", "机构%s的险种应为三位代码", in->fixmedins_code);
    else if (strlen(in->grade) >= YB_PLAN_TEXT)
        yb_call_refuse(call, YB_E_FIELD_LENGTH, "inputs.grade", "机构%s的信用等级过长", in->fixmedins_code);
    else if (in->score_e4 < -1)
        yb_call_refuse(call, YB_E_FIELD_RANGE, "inputs.score", "机构%s的考核分数不能为负", in->fixmedins_code);
    return !yb_call_refused(call);
}

static yb_err_t keep_inputs(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__CloseYearRequest *req = (const Yibao__Drg__CloseYearRequest *)call->body;
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_year_fact_t *facts = YB_NEW_ARRAY(arena, yb_year_fact_t, req->n_inputs + 1);
    for (size_t i = 0; i < req->n_inputs; i++) {
        const Yibao__Drg__YearInput *in = req->inputs[i];
        if (!input_valid(call, in))
            return YB_OK;
        facts[i] = (yb_year_fact_t){ .fixmedins_code = in->fixmedins_code,
                                     .insutype = in->insutype,
                                     .adjustment_fen = in->adjustment_fen,
                                     .penalty_fen = in->penalty_fen,
                                     .score_e4 = in->score_e4,
                                     .grade = in->grade,
                                     .procurement_kept_fen = in->procurement_kept_fen,
                                     .offline_purchase_fen = in->offline_purchase_fen };
    }
    yb_err_t err = yb_year_facts_put(yb_worker_db(worker), req->poolarea, req->year, facts, req->n_inputs,
                                     yb_worker_now_us(worker), call->env->caller->opter, arena);
    if (err == YB_E_DB_DUPLICATE) {
        yb_call_refuse(call, YB_E_ROW_EXISTS, "inputs", "年度数据中有机构和险种重复的行");
        return YB_OK;
    }
    return err;
}

static yb_err_t lock(yb_worker_t *worker, yb_call_t *call, yb_month_t *ret_month)
{
    const Yibao__Drg__CloseYearRequest *req = (const Yibao__Drg__CloseYearRequest *)call->body;
    yb_db_t *db = yb_worker_db(worker);
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_err_t err = yb_month_lock_area(db, req->poolarea, arena);
    if (err == YB_OK)
        err = yb_month_lock(db, req->poolarea, req->year, yb_worker_now_us(worker), arena, ret_month);
    if (err == YB_OK && ret_month->state == YB_MONTH_RELEASED)
        yb_call_refuse(call, YB_E_MONTH_STATE, "year", "该年清算已发布，不再清算");
    return err;
}

static yb_err_t close_year(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Drg__CloseYearRequest *req = (const Yibao__Drg__CloseYearRequest *)call->body;
    yb_month_t month;
    clearing_t c;
    yb_run_t run;
    bool found = false;
    if (!yb_period_admit(call, req->poolarea))
        return YB_OK;
    if (!yb_period_is_year(req->year))
        yb_call_refuse(call, YB_E_FIELD_FORM, "year", "年度须写成yyyy");
    else if (!req->now && yb_time_day(yb_worker_now(worker)) / 10000 <= req->year)
        yb_call_refuse(call, YB_E_FIELD_RANGE, "year", "该年尚未结束；确要提前清算，请注明now(--now)");
    if (yb_call_refused(call))
        return YB_OK;
    yb_err_t err = lock(worker, call, &month);
    if (err == YB_OK && !yb_call_refused(call) && req->with_inputs)
        err = keep_inputs(worker, call);
    if (err != YB_OK || yb_call_refused(call))
        return err;
    err = clearing_make(worker, req->poolarea, req->year, &c);
    if (err == YB_OK)
        err = find_or_make(worker, call, &month, &c, &run, &found);
    clearing_end(worker, &c);
    if (c.why.code != YB_OK) {
        call->refusal = c.why;
        return YB_OK;
    }
    Yibao__Drg__CloseYearReply *reply = YB_NEW(call->arena, Yibao__Drg__CloseYearReply);
    yibao__drg__close_year_reply__init(reply);
    reply->found = found;
    if (err == YB_OK)
        err = yb_run_message(worker, &run, call->arena, &reply->run);
    if (err == YB_OK)
        call->reply = &reply->base;
    return err;
}

YB_DRG_HANDLER(yb_close_year_run)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = close_year(worker, calls[i]);
    return err;
}
