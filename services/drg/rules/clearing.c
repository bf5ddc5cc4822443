#include "clearing.h"

#include <string.h>
#include "services/drg/rules/wide.h"

typedef struct run {
    const yb_plan_t *plan;
    yb_clearing_member_t *members;
    size_t count, unit_count;
    yb_clearing_unit_t *units;
    yb_share_t *shares;
    yb_refusal_t *why;
} run_t;

/* ---- units ---- */

/* The plan has YB_PLAN_GROUPS_MAX groups at most, so each is looked up once. */
static void make_units(run_t *run)
{
    size_t of_group[YB_PLAN_GROUPS_MAX]; /* 1 + its unit; 0 = not met yet */
    memset(of_group, 0, sizeof(of_group));
    for (size_t i = 0; i < run->count; i++) {
        yb_clearing_member_t *m = &run->members[i];
        const yb_plan_group_t *group = yb_plan_group_of(run->plan, m->code);
        size_t *known = group != NULL ? &of_group[group - run->plan->groups] : NULL;
        if (known == NULL || *known == 0) {
            run->units[run->unit_count++] =
                (yb_clearing_unit_t){ .code = group != NULL ? group->code : m->code, .group = group };
            if (known != NULL)
                *known = run->unit_count;
        }
        m->unit = known != NULL ? *known - 1 : run->unit_count - 1;
        run->units[m->unit].member_count++;
    }
}

/* ---- balances ---- */

static yb_err_t add(yb_fen_t *sum, yb_fen_t amount)
{
    if (amount > YB_FEN_MAX || amount < -YB_FEN_MAX)
        return YB_E_OVERFLOW;
    *sum += amount;
    return *sum > YB_FEN_MAX || *sum < -YB_FEN_MAX ? YB_E_OVERFLOW : YB_OK;
}

static yb_err_t balance_units(run_t *run)
{
    for (size_t i = 0; i < run->count; i++) {
        yb_clearing_unit_t *unit = &run->units[run->members[i].unit];
        yb_err_t err = add(&unit->gross_fen, run->members[i].input.gross_fen);
        if (err == YB_OK)
            err = add(&unit->cost_fen, run->members[i].input.cost_fen);
        if (err != YB_OK)
            return yb_refuse(run->why, err, "gross", "机构%s的金额过大", run->members[i].code);
    }
    for (size_t u = 0; u < run->unit_count; u++) {
        yb_clearing_unit_t *unit = &run->units[u];
        yb_err_t err = yb_year_balance(unit->group != NULL ? &unit->group->terms : &run->plan->year, unit->gross_fen,
                                       unit->cost_fen, &unit->balance);
        if (err != YB_OK)
            return yb_refuse(run->why, err, unit->gross_fen < 0 ? "gross" : "cost",
                             "%s全年的支付标准或费用合计为负或过大，无法清算", unit->code);
    }
    return YB_OK;
}

static yb_err_t grant(run_t *run, yb_fen_t reserve_fen, yb_year_share_t *wanted)
{
    for (size_t u = 0; u < run->unit_count; u++)
        wanted[u] = (yb_year_share_t){ .unit = run->units[u].code, .wanted_fen = run->units[u].balance.wanted_fen };
    yb_err_t err = yb_year_grant(wanted, run->unit_count, reserve_fen, run->shares);
    if (err != YB_OK)
        return yb_refuse(run->why, err, "cost", "超支分担过大，超出可计算范围");
    for (size_t u = 0; u < run->unit_count; u++)
        run->units[u].granted_fen = wanted[u].granted_fen;
    return YB_OK;
}

/* ---- the sheets ---- */

/* By grade, else by score; a plan that says nothing of deposits keeps none. */
static yb_err_t find_deposit(run_t *run, yb_clearing_member_t *m)
{
    const bool has_rule = run->plan->deposit_step_count + run->plan->deposit_grade_count > 0;
    const yb_ppm_t ratio_ppm =
        has_rule ? yb_plan_deposit_ratio(run->plan, m->grade[0] != '\0' ? m->grade : NULL, m->score_e4) : YB_PPM_ONE;
    m->input.deposit_ratio_ppm = ratio_ppm >= 0 ? ratio_ppm : 0;
    if (ratio_ppm < 0 && m->input.withheld_fen > 0)
        return yb_refuse(run->why, YB_E_POLICY_NONE, "score",
                         "机构%s有质量保证金，而方案的deposit中没有适用于其考核分数和信用等级的返还比例", m->code);
    return YB_OK;
}

enum { KEPT, RETURNED, FUND_SHARE, OWN_SHARE, PARTS };
static yb_fen_t *part_of(yb_year_parts_t *parts, int which)
{
    yb_fen_t *const fields[PARTS] = { &parts->kept_fen, &parts->returned_fen, &parts->fund_share_fen,
                                      &parts->own_share_fen };
    return fields[which];
}

static yb_year_parts_t parts_of_unit(const yb_clearing_unit_t *unit)
{
    return (yb_year_parts_t){ .kept_fen = unit->balance.kept_fen,
                              .returned_fen = unit->balance.returned_fen,
                              .fund_share_fen = unit->granted_fen,
                              .own_share_fen = unit->balance.overrun_fen - unit->granted_fen };
}

/* One amount of a county group among its members. */
static yb_err_t divide(run_t *run, size_t u, yb_fen_t amount_fen, int part)
{
    const yb_clearing_unit_t *unit = &run->units[u];
    const yb_fen_t most = 1000000000000000LL; /* yb_split's greatest weight */
    size_t n = 0;
    if (amount_fen == 0)
        return YB_OK;
    for (size_t i = 0; i < run->count; i++) {
        const yb_clearing_member_t *m = &run->members[i];
        if (m->unit != u)
            continue;
        const yb_fen_t weight = unit->gross_fen > 0 ? m->input.gross_fen : m->input.cost_fen;
        if (weight > most || weight < -most)
            return YB_E_OVERFLOW;
        run->shares[n++] = (yb_share_t){ .weight = weight, .id = m->code, .of = i };
    }
    yb_err_t err = yb_split(run->shares, n, amount_fen);
    for (size_t i = 0; i < n && err == YB_OK; i++)
        *part_of(&run->members[run->shares[i].of].parts, part) = run->shares[i].part_fen;
    return err;
}

static yb_err_t divide_groups(run_t *run)
{
    for (size_t u = 0; u < run->unit_count; u++) {
        const yb_clearing_unit_t *unit = &run->units[u];
        yb_year_parts_t parts = parts_of_unit(unit);
        for (int p = 0; p < PARTS && unit->group != NULL; p++) {
            yb_err_t err = divide(run, u, *part_of(&parts, p), p);
            if (err != YB_OK)
                return yb_refuse(run->why, err, "gross", "%s的结余或超支无法按支付标准分给各成员", unit->code);
        }
    }
    return YB_OK;
}

/* A statement is money row by row, so that sums need no list of its rows. */
enum { ROWS = sizeof(yb_year_statement_t) / sizeof(yb_fen_t) };
static yb_err_t add_statement(yb_year_statement_t *sum, const yb_year_statement_t *more)
{
    yb_fen_t into[ROWS], from[ROWS];
    yb_err_t err = YB_OK;
    memcpy(into, sum, sizeof(into));
    memcpy(from, more, sizeof(from));
    for (size_t i = 0; i < ROWS && err == YB_OK; i++)
        err = add(&into[i], from[i]);
    memcpy(sum, into, sizeof(into));
    return err;
}

static yb_err_t write_sheets(run_t *run)
{
    for (size_t i = 0; i < run->count; i++) {
        yb_clearing_member_t *m = &run->members[i];
        yb_clearing_unit_t *unit = &run->units[m->unit];
        if (unit->group == NULL)
            m->parts = parts_of_unit(unit);
        yb_err_t err = find_deposit(run, m);
        if (err != YB_OK)
            return err;
        err = yb_year_sheet(&m->input, &m->parts, &m->statement);
        if (err != YB_OK)
            return yb_refuse(run->why, err, "penalty", "机构%s的金额过大，或扣款、集采、线下采购为负", m->code);
        err = add_statement(&unit->statement, &m->statement);
        if (err != YB_OK)
            return yb_refuse(run->why, err, "gross", "机构%s的金额过大", m->code);
    }
    for (size_t u = 0; u < run->unit_count; u++) {
        const yb_clearing_unit_t *unit = &run->units[u];
        YB_ASSERT(unit->statement.kept_fen == unit->balance.kept_fen &&
                  unit->statement.returned_fen == unit->balance.returned_fen &&
                  unit->statement.fund_share_fen == unit->granted_fen &&
                  unit->statement.fund_share_fen + unit->statement.own_share_fen == unit->balance.overrun_fen);
    }
    return YB_OK;
}

yb_err_t yb_clearing_run(const yb_plan_t *plan, yb_fen_t reserve_fen, yb_clearing_member_t *members, size_t count,
                         yb_clearing_unit_t *units, size_t *ret_unit_count, yb_year_share_t *wanted, yb_share_t *shares,
                         yb_refusal_t *ret_why)
{
    run_t run = { .plan = plan, .members = members, .count = count, .units = units, .shares = shares, .why = ret_why };
    YB_ASSERT(count <= YB_CLEARING_COUNT_MAX && reserve_fen >= 0);
    for (size_t i = 0; i < count; i++)
        members[i].parts = (yb_year_parts_t){ .kept_fen = 0 };
    make_units(&run);
    yb_err_t err = balance_units(&run);
    if (err == YB_OK)
        err = grant(&run, reserve_fen, wanted);
    if (err == YB_OK)
        err = divide_groups(&run);
    if (err == YB_OK)
        err = write_sheets(&run);
    *ret_unit_count = run.unit_count;
    return err;
}

yb_err_t yb_clearing_reserve(const yb_plan_t *plan, size_t pool, yb_fen_t other_pay_fen, yb_fen_t *ret_reserve_fen)
{
    const yb_plan_pool_t *p = &plan->pools[pool];
    yb_wide_t budget = (yb_wide_t)p->budget_fen + (p->of_fund ? other_pay_fen : 0);
    if (budget < 0 || budget > YB_FEN_MAX)
        return YB_E_OVERFLOW;
    return yb_fen_mul_ppm((yb_fen_t)budget, plan->reserve_ratio_ppm, ret_reserve_fen);
}
