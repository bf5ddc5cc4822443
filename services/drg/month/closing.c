#include "services/drg/month/closing.h"

#include <stdlib.h>
#include <string.h>

#include "services/drg/month/closing_impl.h"
#include "services/drg/store/change.h"

yb_closing_t *yb_closing_create(const yb_closing_about_t *about)
{
    yb_closing_t *c = calloc(1, sizeof *c);
    YB_ASSERT(c != NULL);
    c->about = *about;
    c->month = (yb_month_about_t){ .plan = about->plan->plan,
                                   .poolarea = about->poolarea,
                                   .upload_until_us = yb_month_upload_until_us(about->plan->plan, about->ym) };
    c->arena = yb_arena_create(0);
    c->sm3 = yb_sm3_create();
    c->place = (yb_truth_place_t){ "", 0 };
    YB_ASSERT(c->arena != NULL && c->sm3 != NULL);
    return c;
}

void yb_closing_destroy(yb_closing_t **closing)
{
    if (closing == NULL || *closing == NULL)
        return;
    yb_closing_t *c = *closing;
    for (size_t i = 0; i < c->scheme_count; i++)
        yb_group_scratch_destroy(&c->schemes[i].scratch);
    yb_sm3_destroy(&c->sm3);
    yb_arena_destroy(&c->arena);
    free(c->rows);
    free(c->pays);
    free(c->codes);
    free(c->ops);
    free(c);
    *closing = NULL;
}

yb_closing_phase_t yb_closing_phase(const yb_closing_t *c) { return c->phase; }
int64_t yb_closing_run_id(const yb_closing_t *c) { return c->about.run_id; }
const yb_plan_t *yb_closing_plan(const yb_closing_t *c) { return c->month.plan; }

void yb_closing_progress(const yb_closing_t *c, int64_t *ret_done, int64_t *ret_total)
{
    *ret_done = (int64_t)c->count;
    *ret_total = c->expected > (int64_t)c->count ? c->expected : (int64_t)c->count;
}

/* ---- rows ---- */

static void grow(yb_closing_t *c)
{
    c->capacity = c->capacity > 0 ? c->capacity * 2 : (size_t)c->expected + 64;
    c->rows = reallocarray(c->rows, c->capacity, sizeof *c->rows);
    c->pays = reallocarray(c->pays, c->capacity, sizeof *c->pays);
    YB_ASSERT(c->rows != NULL && c->pays != NULL);
}

/* Unique in the run: what breaks ties when the last fen are divided. */
static const char *id_of(yb_closing_t *c, const yb_run_case_t *row)
{
    if (row->kind != YB_CASE_OF_MONTH)
        return yb_arena_printf(c->arena, "%lld-%d", (long long)row->setl_id, row->kind);
    char text[YB_ID_TEXT];
    return yb_arena_strdup(c->arena, yb_id_format(row->setl_id, text));
}

/* A disease's code as the row keeps it. */
static const char *disease_text(yb_closing_t *c, const char *code)
{
    char text[YB_RUN_CASE_DRG_TEXT];
    yb_text_copy(text, sizeof text, code); /* cuts what is too long */
    return yb_closing_text(c, text);
}

yb_err_t yb_closing_append(yb_closing_t *c, const yb_run_case_t *row, const yb_month_way_t *way, yb_refusal_t *ret_why)
{
    if (c->count == c->capacity)
        grow(c);
    yb_pay_case_t *pay = &c->pays[c->count];
    yb_err_t err = yb_month_resolve(c->month.plan, row, id_of(c, row), way, pay, ret_why);
    if (err != YB_OK)
        return err;
    c->rows[c->count] = *row;
    if (pay->disease != NULL)
        c->rows[c->count].drg = disease_text(c, pay->disease);
    c->count++;
    return YB_OK;
}

/* ---- reading ---- */

static yb_err_t begin(yb_closing_t *c, yb_db_t *db, yb_arena_t *arena, yb_refusal_t *ret_why)
{
    size_t count = 0;
    yb_month_ruling_t *rulings = NULL;
    yb_err_t err = yb_truth_count(db, c->about.poolarea, c->about.ym, arena, &c->expected);
    if (err == YB_OK)
        err = yb_truth_rulings(db, c->about.poolarea, c->about.ym, arena, &rulings, &count);
    if (err == YB_OK)
        err = yb_rulings_hash(rulings, count, c->rulings_hash);
    if (err != YB_OK)
        return err;
    c->rulings = yb_arena_memdup(c->arena, rulings, (count + 1) * sizeof *rulings);
    c->ruling_count = count;
    for (size_t i = 0; i < count; i++)
        c->rulings[i].drg = yb_closing_text(c, rulings[i].drg);
    err = yb_closing_find_extras(c, db, arena, ret_why);
    c->expected += (int64_t)c->extra_count;
    c->is_begun = err == YB_OK;
    return err;
}

/* The list of a settlement; both run in the same order, `at` is the next list not looked at. */
static const yb_month_list_t *list_of(const yb_month_list_t *lists, size_t count, size_t *at,
                                      const yb_month_settlement_t *s)
{
    while (*at < count) {
        const yb_month_list_t *list = &lists[*at];
        const int codes = strcmp(list->fixmedins_code, s->fixmedins_code);
        if (codes > 0 || (codes == 0 && list->setl_id > s->setl_id))
            return NULL;
        ++*at;
        if (codes == 0 && list->setl_id == s->setl_id)
            return list->is_submitted ? list : NULL;
    }
    return NULL;
}

static yb_err_t take_page(yb_closing_t *c, const yb_month_settlement_t *settlements, size_t count,
                          const yb_month_list_t *lists, size_t list_count, yb_refusal_t *ret_why)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        const yb_month_settlement_t *s = &settlements[i];
        yb_run_case_t row;
        yb_err_t err = yb_closing_append_extras(c, s->fixmedins_code, s->setl_id, ret_why);
        const yb_month_list_t *list = list_of(lists, list_count, &at, s);
        const yb_month_ruling_t *ruling = yb_closing_ruling(c->rulings, c->ruling_count, s->setl_id);
        if (err == YB_OK)
            err = yb_closing_case(c, s, list, ruling, c->sm3, &row, ret_why);
        if (err != YB_OK)
            return err;
        const yb_month_way_t way = yb_closing_way(c, s, list, ruling, false);
        if ((err = yb_closing_append(c, &row, &way, ret_why)) != YB_OK)
            return err;
    }
    return YB_OK;
}

/* After the last case: on which released run it stands, and by which tables it grouped. */
static void end_reading(yb_closing_t *c)
{
    yb_sm3_update(c->sm3, &c->base_run_id, sizeof c->base_run_id);
    for (size_t i = 0; i < c->scheme_count; i++)
        yb_sm3_update(c->sm3, c->schemes[i].scheme->header->tables_digest, YB_SCHEME_DIGEST);
    yb_sm3_final(c->sm3, c->hash);
    c->phase = YB_CLOSING_PAY;
}

static yb_err_t read_page(yb_closing_t *c, yb_db_t *db, yb_arena_t *arena, yb_refusal_t *ret_why)
{
    yb_month_settlement_t *settlements = NULL;
    yb_month_list_t *lists = NULL;
    size_t count = 0, list_count = 0;
    yb_err_t err = yb_truth_settlements(db, c->about.poolarea, c->about.ym, c->place, YB_CLOSING_PAGE, arena,
                                        &settlements, &count);
    if (err == YB_OK && count > 0) {
        const yb_truth_place_t last = { settlements[count - 1].fixmedins_code, settlements[count - 1].setl_id };
        err = yb_truth_lists(db, c->about.poolarea, c->about.ym, c->place, last, arena, &lists, &list_count);
        c->place = (yb_truth_place_t){ yb_closing_text(c, last.fixmedins_code), last.setl_id };
    }
    if (err == YB_OK)
        err = take_page(c, settlements, count, lists, list_count, ret_why);
    if (err == YB_OK && count < YB_CLOSING_PAGE) {
        err = yb_closing_append_extras(c, NULL, 0, ret_why);
        end_reading(c);
    }
    return err;
}

/* ---- paying ---- */

static yb_err_t month_budgets(const yb_closing_t *c, yb_fen_t budgets_fen[YB_PLAN_POOLS_MAX])
{
    const yb_plan_t *plan = c->month.plan;
    for (size_t i = 0; i < plan->pool_count; i++)
        budgets_fen[i] =
            plan->pools[i].has_budget ? yb_pay_month_budget(plan, plan->pools[i].budget_fen, c->about.ym % 100) : 0;
    return YB_OK;
}

static void take_results(yb_closing_t *c, const yb_pay_result_t *results)
{
    for (size_t i = 0; i < c->count; i++) {
        const yb_pay_case_t *pay = &c->pays[i];
        const bool by_weight = pay->kind == YB_PAY_NORMAL;
        yb_run_case_t *row = &c->rows[i];
        row->points_e4 = results[i].points_e4;
        row->gross_fen = results[i].gross_fen;
        row->due_fen = results[i].due_fen;
        if (row->kind == YB_CASE_TAKEN_BACK)
            continue; /* class, weight and standard stay those of the row it takes back */
        row->class = results[i].class;
        row->rw_e4 = by_weight ? pay->rw_e4 : 0;
        row->k_e4 = by_weight ? pay->k_e4 : 0;
        row->standard_fen = yb_month_standard(c->month.plan, c->summary.mean_e4, pay);
    }
}

/* Where the points of a fund's cases do not add up to more than 0, its rows taken back leave the pool. `results` holds
 * the points. False: there was none to leave. */
static bool take_out(yb_closing_t *c, const yb_pay_result_t *results)
{
    yb_wide_t points_e4[YB_PLAN_POOLS_MAX] = { 0 };
    bool found = false;
    for (size_t i = 0; i < c->count; i++)
        if (c->pays[i].pool >= 0)
            points_e4[c->pays[i].pool] += results[i].points_e4;
    for (size_t i = 0; i < c->count; i++) {
        yb_pay_case_t *pay = &c->pays[i];
        if (c->rows[i].kind != YB_CASE_TAKEN_BACK || pay->pool < 0 || points_e4[pay->pool] > 0)
            continue;
        yb_month_take_out(&c->rows[i], pay);
        found = true;
    }
    return found;
}

static yb_err_t pay_all(yb_closing_t *c, yb_refusal_t *ret_why)
{
    yb_fen_t budgets_fen[YB_PLAN_POOLS_MAX];
    yb_pay_result_t *results = calloc(c->count + 1, sizeof *results);
    yb_share_t *shares = calloc(c->count + 1, sizeof *shares);
    YB_ASSERT(results != NULL && shares != NULL);
    yb_err_t err = month_budgets(c, budgets_fen);
    if (err == YB_OK && c->count > 0)
        err = yb_pay_run(c->month.plan, budgets_fen, c->pays, c->count, shares, results, &c->summary, ret_why);
    if (err == YB_E_FIELD_RANGE && take_out(c, results)) {
        *ret_why = (yb_refusal_t){ .code = YB_OK };
        err = yb_pay_run(c->month.plan, budgets_fen, c->pays, c->count, shares, results, &c->summary, ret_why);
    }
    if (err == YB_OK)
        take_results(c, results);
    free(shares);
    free(results);
    free(c->pays);
    c->pays = NULL;
    c->capacity = 0;
    c->phase = YB_CLOSING_DONE;
    return err;
}

yb_err_t yb_closing_step(yb_closing_t *c, yb_db_t *db, yb_arena_t *arena, yb_refusal_t *ret_why)
{
    switch (c->phase) {
    case YB_CLOSING_READ: {
        yb_err_t err = c->is_begun ? YB_OK : begin(c, db, arena, ret_why);
        return err != YB_OK ? err : read_page(c, db, arena, ret_why);
    }
    case YB_CLOSING_PAY:
        return pay_all(c, ret_why);
    case YB_CLOSING_DONE:
        break;
    }
    return YB_OK;
}

/* ---- what came of it ---- */

const yb_run_case_t *yb_closing_rows(const yb_closing_t *c, size_t *ret_count)
{
    YB_ASSERT(c->phase == YB_CLOSING_DONE);
    *ret_count = c->count;
    return c->rows;
}

const uint8_t *yb_closing_hash(const yb_closing_t *c) { return c->hash; }
int64_t yb_closing_mean_e4(const yb_closing_t *c) { return c->summary.mean_e4; }
int64_t yb_closing_base_run(const yb_closing_t *c) { return c->base_run_id; }

const int64_t *yb_closing_changes(const yb_closing_t *c, size_t *ret_count)
{
    *ret_count = c->change_count;
    return c->changes;
}

yb_run_scheme_t *yb_closing_schemes(const yb_closing_t *c, yb_arena_t *arena, size_t *ret_count)
{
    yb_run_scheme_t *schemes = YB_NEW_ARRAY(arena, yb_run_scheme_t, c->scheme_count + 1);
    for (size_t i = 0; i < c->scheme_count; i++) {
        const yb_scheme_header_t *header = c->schemes[i].scheme->header;
        schemes[i] = (yb_run_scheme_t){ .n = (int32_t)i, .name = header->name, .digest = header->tables_digest };
    }
    *ret_count = c->scheme_count;
    return schemes;
}

static Yibao__Drg__StoredPool *stored_pool(const yb_closing_t *c, size_t i, yb_arena_t *arena)
{
    const yb_pay_total_t *total = &c->summary.totals[i];
    const yb_plan_t *plan = c->month.plan;
    Yibao__Drg__StoredPool *pool = YB_NEW(arena, Yibao__Drg__StoredPool);
    yibao__drg__stored_pool__init(pool);
    pool->insutype = yb_arena_strdup(arena, i < plan->pool_count ? plan->pools[i].insutype : "");
    pool->count = (int64_t)total->count;
    pool->n_by_class = YB_PAY_CLASS_COUNT;
    pool->by_class = YB_NEW_ARRAY(arena, int64_t, YB_PAY_CLASS_COUNT);
    for (size_t k = 0; k < YB_PAY_CLASS_COUNT; k++)
        pool->by_class[k] = (int64_t)total->by_class[k];
    pool->points_e4 = total->points_e4;
    pool->budget_fen = total->budget_fen;
    pool->reserve_fen = total->reserve_fen;
    pool->fee_fen = total->fee_fen;
    pool->other_pay_fen = total->other_pay_fen;
    pool->gross_fen = total->gross_fen;
    pool->due_fen = total->due_fen;
    return pool;
}

Yibao__Drg__StoredSummary *yb_closing_summary(const yb_closing_t *c, yb_arena_t *arena)
{
    const size_t pools = c->month.plan->pool_count + 1;
    Yibao__Drg__StoredSummary *s = YB_NEW(arena, Yibao__Drg__StoredSummary);
    yibao__drg__stored_summary__init(s);
    s->pools = YB_NEW_ARRAY(arena, Yibao__Drg__StoredPool *, pools);
    for (size_t i = 0; i < pools; i++)
        if (c->summary.totals[i].count > 0)
            s->pools[s->n_pools++] = stored_pool(c, i, arena);
    for (size_t i = 0; i < c->count; i++) {
        const yb_run_case_t *row = &c->rows[i];
        s->of_month += row->kind == YB_CASE_OF_MONTH;
        s->taken_back += row->kind == YB_CASE_TAKEN_BACK;
        s->anew += row->kind == YB_CASE_ANEW;
        s->ungrouped += row->class == YB_PAY_0000;
        s->booked_fen += row->booked_fen;
    }
    s->rulings_hash =
        (ProtobufCBinaryData){ .len = YB_RUN_HASH, .data = yb_arena_memdup(arena, c->rulings_hash, YB_RUN_HASH) };
    return s;
}
