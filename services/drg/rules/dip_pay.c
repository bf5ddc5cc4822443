#include "dip_pay.h"

#include <stdlib.h>
#include <string.h>
#include "services/drg/rules/ratio.h"

/* ---- the kind of a case's operations ---- */

static int by_slice_code(const void *slice, const void *op)
{
    const yb_slice_t *s = slice;
    const char *code = ((const yb_dip_op_t *)op)->code;
    const int order = strncmp(s->data, code, s->len);
    return order != 0 ? order : code[s->len] == '\0' ? 0 : -1;
}

/* The greatest of its operations'; YB_DIP_OP_KINDS when one of them, which *ret_missing tells, is not in the table. */
static yb_dip_op_kind_t kind_by_table(const yb_dip_rules_t *rules, const yb_dip_case_t *c, yb_slice_t *ret_missing)
{
    yb_dip_op_kind_t greatest = YB_DIP_NONE;
    for (size_t i = 0; i < c->op_count; i++) {
        const yb_dip_op_t *op = rules->op_kind_count == 0 ? NULL
                                                          : bsearch(&c->ops[i], rules->op_kinds, rules->op_kind_count,
                                                                    sizeof(*rules->op_kinds), by_slice_code);
        if (op == NULL) {
            *ret_missing = c->ops[i];
            return YB_DIP_OP_KINDS;
        }
        greatest = op->kind > greatest ? op->kind : greatest;
    }
    return greatest;
}

/* ---- its disease ---- */

static yb_err_t find_disease(const yb_dip_rules_t *rules, const yb_dip_facts_t *facts, yb_fen_t fee_fen,
                             const yb_dip_disease_t **ret, yb_refusal_t *ret_why)
{
    yb_dip_case_t c;
    yb_slice_t missing = { "", 0 };
    if (yb_dip_case_parse(facts->dx, facts->ops, &c) != YB_OK)
        return yb_refuse(ret_why, YB_E_FIELD_FORM, "dx", YB_DIP_CASE_FAULT);
    c.fee_fen = fee_fen;
    c.op_kind = facts->op_kind < YB_DIP_OP_KINDS ? facts->op_kind : kind_by_table(rules, &c, &missing);
    *ret = yb_dip_choose(&rules->catalogue, &c, rules->require);
    if (*ret == NULL && c.op_kind == YB_DIP_OP_KINDS)
        return yb_refuse(ret_why, YB_E_FIELD_MISSING, "op_kind",
                         "不在核心病种中，须有操作类型才能入综合病种，而手术操作%.*s不在操作类型表中", (int)missing.len,
                         missing.data);
    return YB_OK;
}

yb_err_t yb_dip_apply(const yb_dip_rules_t *rules, const yb_dip_facts_t *facts, int32_t k_e4, yb_fen_t fee_fen,
                      yb_dip_result_t *ret_result, yb_refusal_t *ret_why)
{
    const yb_dip_disease_t *d = NULL;
    yb_err_t err = find_disease(rules, facts, fee_fen, &d, ret_why);
    if (err != YB_OK)
        return err;
    yb_dip_result_t result = { .disease = d };
    if (d != NULL) {
        const yb_dip_level_t *level = yb_dip_level(d, facts->level);
        const yb_dip_mean_t m = yb_dip_disease_mean(d);
        const yb_dip_mean_t reference =
            yb_dip_reference(level != NULL ? level->n : 0, level != NULL ? level->fee_fen : 0, &m);
        if (d->kind == YB_DIP_BASIC)
            k_e4 = YB_E4_ONE;
        if (k_e4 == 0)
            return yb_refuse(ret_why, YB_E_POLICY_NONE, "fixmedins_code",
                             "方案中没有该机构的系数，也没有其等级的系数和默认系数");
        result.aux_e4 =
            yb_dip_aux_coefficient(rules->aux, rules->aux_count, facts->age, facts->severity, facts->tumour);
        err = yb_dip_score(d->rw_e4, result.aux_e4, k_e4, fee_fen, &reference, rules->bounds, &result.class,
                           &result.score_e4);
        if (err != YB_OK || result.score_e4 > YB_POINTS_E4_MAX)
            return yb_refuse(ret_why, YB_E_OVERFLOW, "fee", "分值过大，超出可计算范围");
    }
    *ret_result = result;
    return YB_OK;
}

/* ---- under a plan ---- */

static yb_err_t score_by_cost(const yb_plan_t *plan, int64_t factor_e6, yb_fen_t fee_fen, int64_t *ret_score_e4,
                              yb_refusal_t *ret_why)
{
    const yb_dip_mean_t of_plan = { plan->mean_e4, 100 }, of_catalogue = yb_dip_mean(&plan->dip->catalogue.all);
    const yb_dip_mean_t *m = plan->mean_e4 > 0 ? &of_plan : &of_catalogue;
    if (m->cases == 0 || m->fen == 0)
        return yb_refuse(ret_why, YB_E_POLICY_NONE, "dx",
                         "该病例不能按病种目录计分，目录又没有费用合计，请在方案的mean_all写明全部病例的均次费用");
    const yb_wide_t over[] = { fee_fen, m->cases, factor_e6, 1000 * YB_E4_ONE }, under[] = { m->fen, YB_E6_ONE };
    yb_err_t err = yb_ratio_half_up(over, 4, under, 2, ret_score_e4);
    if (err != YB_OK || *ret_score_e4 > YB_POINTS_E4_MAX)
        return yb_refuse(ret_why, YB_E_OVERFLOW, "fee", "分值过大，超出可计算范围");
    return YB_OK;
}

static yb_pay_class_t class_of(const yb_dip_result_t *result)
{
    static const yb_pay_class_t by_kind[YB_DIP_KINDS] = { YB_PAY_CORE, YB_PAY_BASIC, YB_PAY_COMPOSITE };
    switch (result->class) {
    case YB_DIP_LOW:
        return YB_PAY_LOW;
    case YB_DIP_HIGH:
        return YB_PAY_HIGH;
    case YB_DIP_NORMAL:
        break;
    }
    return by_kind[result->disease->kind];
}

yb_err_t yb_dip_resolve(const yb_plan_t *plan, const char *fixmedins_code, const yb_dip_facts_t *facts,
                        yb_pay_case_t *c, yb_refusal_t *ret_why)
{
    const yb_fen_t fee_fen = c->fee_fen < 0 ? -c->fee_fen : c->fee_fen;
    yb_dip_result_t result;
    if (facts == NULL)
        return yb_refuse(ret_why, YB_E_UNSUPPORTED, "dx", "方案按DIP付费，而病例没有给出诊断和手术操作，不能计分");
    yb_dip_facts_t f = *facts;
    if (f.level[0] == '\0')
        f.level = yb_plan_level_name(plan, fixmedins_code);
    yb_err_t err = yb_dip_apply(plan->dip, &f, yb_plan_coefficient(plan, fixmedins_code), fee_fen, &result, ret_why);
    if (err == YB_OK && result.disease == NULL) {
        c->kind = YB_PAY_NONE;
        err = score_by_cost(plan, plan->factor_e6[YB_FACTOR_NONE], fee_fen, &c->fixed, ret_why);
    } else if (err == YB_OK) {
        c->kind = (uint8_t)class_of(&result);
        c->disease = result.disease->code;
        c->fixed = result.score_e4;
    }
    c->scored = err == YB_OK;
    return err;
}

yb_err_t yb_dip_resolve_cost(const yb_plan_t *plan, int64_t factor_e6, yb_pay_class_t class, yb_pay_case_t *c,
                             yb_refusal_t *ret_why)
{
    c->kind = (uint8_t) class;
    c->scored = true;
    return score_by_cost(plan, factor_e6, c->fee_fen < 0 ? -c->fee_fen : c->fee_fen, &c->fixed, ret_why);
}
