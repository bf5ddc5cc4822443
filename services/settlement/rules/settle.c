#include "settle.h"

#include <string.h>

__extension__ typedef __int128 wide_t;

/* One settlement on its way through the steps. `v` are the scheme's values, `own` what the person still owns
 * of the scope. */
typedef struct desk {
    const yb_terms_t *terms;
    const yb_settle_in_t *in;
    yb_settle_out_t *out;
    const int64_t *v;
    yb_scheme_t scheme;
    yb_fen_t own;
} desk_t;

/* What the basic fund pays by: a ratio, and a limit beside the basic cap. */
typedef struct basic_rule {
    yb_ppm_t ratio_ppm;
    int ratio_param;                      /* YB_SP_… */
    int disease;                          /* >= 0: listed */
    yb_fen_t cap, used; /* of outpatient or disease; cap YB_VALUE_UNLIMITED: none beside the basic cap */
    int cap_param;
    yb_limit_kind_t cap_kind;
} basic_rule_t;

/* ---- arithmetic: inputs were checked, so products of amounts up to n16,2 and rates up to 100 % stay in
 * range ---- */

static inline yb_fen_t share(yb_fen_t amount_fen, int64_t rate_ppm)
{
    yb_fen_t result = 0;
    yb_err_t err = yb_fen_mul_ppm(amount_fen, (yb_ppm_t)rate_ppm, &result);
    YB_ASSERT(err == YB_OK);
    return result;
}

/* "What is left of any cap is max(0, cap − used)" (policy card, "Accumulators"). */
static inline yb_fen_t left_of(yb_fen_t cap, yb_fen_t used)
{
    if (cap == YB_VALUE_UNLIMITED)
        return YB_FEN_MAX;
    return cap > used ? cap - used : 0;
}

static inline yb_fen_t positive(yb_fen_t amount)
{
    return amount > 0 ? amount : 0;
}

/* The smallest amount whose share, rounded half-up, reaches `target` (policy card: "cost used up under the
 * cap U"): floor((u × rate + half) / one) >= target, so u >= (target × one − half) / rate. */
static yb_fen_t smallest_reaching(yb_fen_t target, yb_ppm_t rate_ppm)
{
    if (target == 0)
        return 0;
    YB_ASSERT(rate_ppm > 0);
    wide_t need = (wide_t)target * YB_PPM_ONE - YB_PPM_ONE / 2;
    return (yb_fen_t)((need + rate_ppm - 1) / rate_ppm);
}

/* ---- trace ---- */

static inline yb_step_t *add_step(desk_t *desk, yb_step_id_t id, yb_fen_t input, yb_fen_t output)
{
    YB_ASSERT(desk->out->step_count < YB_STEPS_MAX);
    yb_step_t *step = &desk->out->steps[desk->out->step_count++];
    *step = (yb_step_t){
        .input_fen = input, .limit_fen = YB_FEN_MAX, .output_fen = output, .rate_ppm = YB_PPM_ONE,
        .rate_param = YB_PARAM_NONE, .limit_param = YB_PARAM_NONE, .line_param = YB_PARAM_NONE,
        .id = (uint8_t)id, .limit_kind = YB_LIMIT_NONE, .scheme = (uint8_t)desk->scheme, .disease = -1,
    };
    return step;
}

static inline void set_limit(yb_step_t *step, yb_fen_t limit, yb_limit_kind_t kind, yb_param_t param)
{
    step->limit_fen = limit;
    step->limit_kind = (uint8_t)kind;
    step->limit_param = param;
}

static inline void set_cap(yb_step_t *step, yb_fen_t cap, yb_fen_t left, yb_param_t param)
{
    if (cap != YB_VALUE_UNLIMITED)
        set_limit(step, left, YB_LIMIT_YEAR_CAP, param);
}

/* The row of the fund whose steps were added since `first`. */
static inline void add_fund(desk_t *desk, yb_fund_t fund, uint32_t first, yb_fen_t limit, yb_fen_t pay)
{
    static const char *const names[YB_SCHEME_COUNT][YB_FUND_COUNT] = {
        { "城乡居民基本医疗保险统筹基金", "城乡居民大病医疗保险资金", "医疗救助资金", "个人账户" },
        { "职工基本医疗保险统筹基金", "职工大额医疗费用补助基金", "医疗救助资金", "个人账户" },
    };
    yb_settle_out_t *out = desk->out;
    out->funds[out->fund_count++] = (yb_fund_detail_t){
        .inscp_scp_amt_fen = out->steps[fund == YB_FUND_BASIC ? out->step_count - 1 : first].input_fen,
        .crt_payb_lmt_amt_fen = limit,
        .fund_payamt_fen = pay,
        .fund_pay_type = yb_fund_pay_type(desk->scheme, fund),
        .fund_pay_type_name = names[desk->scheme][fund],
        .fund = (uint8_t)fund,
        .first_step = (uint8_t)first,
        .step_count = (uint8_t)(out->step_count - first),
    };
}

/* ---- the steps ---- */

static inline yb_param_t param(const desk_t *desk, int scheme_param)
{
    return yb_param_of(desk->scheme, scheme_param);
}

static yb_fen_t take_deductible(desk_t *desk, yb_fen_t due, int of_param, bool later_stay)
{
    yb_fen_t scope = desk->in->totals.inscp_scp_amt_fen;
    yb_fen_t taken = yb_fen_min(due, scope);
    yb_step_t *step = add_step(desk, YB_STEP_DEDUCTIBLE, scope, taken);
    set_limit(step, due, YB_LIMIT_DEDUCTIBLE, param(desk, of_param));
    if (later_stay) {
        step->rate_ppm = (yb_ppm_t)desk->v[YB_SP_LATER_FACTOR];
        step->rate_param = param(desk, YB_SP_LATER_FACTOR);
    }
    desk->out->amounts.act_pay_dedc_fen = taken;
    return taken;
}

/* The year's basic cap: fixed, or by the contribution wage ("4 × wage; 60 000 where that wage is below 60
 * 000"). */
static yb_fen_t basic_cap(const desk_t *desk, int *ret_param)
{
    const int64_t *v = desk->v;
    *ret_param = YB_SP_CAP;
    if (v[YB_SP_CAP] != YB_VALUE_NONE)
        return v[YB_SP_CAP];
    yb_fen_t wage = desk->in->clct_wage_fen;
    if (v[YB_SP_CAP_LOW_WAGE] != YB_VALUE_NONE && wage < v[YB_SP_CAP_LOW_WAGE]) {
        *ret_param = YB_SP_CAP_LOW_WAGE_AMOUNT;
        return v[YB_SP_CAP_LOW_WAGE_AMOUNT];
    }
    *ret_param = YB_SP_CAP_WAGE_MULTIPLE;
    int64_t multiple = v[YB_SP_CAP_WAGE_MULTIPLE];
    return wage * (multiple / YB_PPM_ONE) + share(wage, multiple % YB_PPM_ONE);
}

/* Pays the basic fund's share of `base`. Answers what is left of the basic cap and the product before any
 * cut. */
static yb_fen_t pay_basic(desk_t *desk, const basic_rule_t *rule, yb_fen_t base, yb_fen_t *ret_left,
                          yb_fen_t *ret_product)
{
    int cap_param;
    yb_fen_t cap = basic_cap(desk, &cap_param);
    yb_fen_t left = left_of(cap, desk->in->used.pool_fen), other = left_of(rule->cap, rule->used);
    yb_fen_t product = share(base, rule->ratio_ppm);
    yb_fen_t pay = yb_fen_min(product, yb_fen_min(left, other));
    yb_step_t *step = add_step(desk, YB_STEP_BASIC, base, pay);
    step->rate_ppm = rule->ratio_ppm;
    step->rate_param = param(desk, rule->ratio_param);
    step->disease = (int16_t)rule->disease;
    if (rule->cap != YB_VALUE_UNLIMITED && other < left)
        set_limit(step, other, rule->cap_kind, param(desk, rule->cap_param));
    else
        set_cap(step, cap, left, param(desk, cap_param));
    desk->out->amounts.hifp_pay_fen = pay;
    desk->out->amounts.pool_prop_selfpay_ppm = rule->ratio_ppm;
    desk->out->added.pool_fen = pay;
    desk->own = desk->in->totals.inscp_scp_amt_fen - pay;
    add_fund(desk, YB_FUND_BASIC, 0, step->limit_fen, pay);
    *ret_left = left;
    *ret_product = product;
    return pay;
}

/* Standings whose rule may be applied to the person, the general one first: a later one wins a tie, and with
 * several "the most favourable rule applies, step by step". */
static const uint8_t standings[] = { YB_STANDING_GENERAL, YB_STANDING_LOW_INCOME, YB_STANDING_RETURNED,
                                     YB_STANDING_SUBSISTENCE, YB_STANDING_DESTITUTE };

static inline bool has_standing(uint32_t tags, unsigned standing)
{
    return standing == YB_STANDING_GENERAL || (tags & (1u << (standing - 1))) != 0;
}

/* base(standing) × ratio under the cap, by the standing that pays most. */
static void pay_supplement(desk_t *desk, yb_step_id_t id, const yb_fen_t base[YB_STANDING_COUNT])
{
    const int64_t *v = desk->v;
    unsigned best = YB_STANDING_GENERAL;
    yb_fen_t best_pay = -1, best_left = 0;
    for (size_t i = 0; i < sizeof(standings); i++) {
        unsigned s = standings[i];
        if (!has_standing(desk->in->tags, s))
            continue;
        yb_fen_t left = left_of(v[YB_SP_SUPPLEMENT_CAP + (int)s], desk->in->used.dabing_fen);
        yb_fen_t pay = yb_fen_min(share(base[s], v[YB_SP_SUPPLEMENT_RATIO + (int)s]), left);
        if (pay >= best_pay) {
            best = s;
            best_pay = pay;
            best_left = left;
        }
    }
    yb_step_t *step = add_step(desk, id, base[best], best_pay);
    step->standing = (uint8_t)best;
    step->rate_ppm = (yb_ppm_t)v[YB_SP_SUPPLEMENT_RATIO + (int)best];
    step->rate_param = param(desk, YB_SP_SUPPLEMENT_RATIO + (int)best);
    set_cap(step, v[YB_SP_SUPPLEMENT_CAP + (int)best], best_left,
            param(desk, YB_SP_SUPPLEMENT_CAP + (int)best));
    if (id == YB_STEP_BURDEN) {
        step->line_fen = v[YB_SP_SUPPLEMENT_LINE + (int)best];
        step->line_param = param(desk, YB_SP_SUPPLEMENT_LINE + (int)best);
    }
    yb_settle_amounts_t *amounts = &desk->out->amounts;
    *(desk->scheme == YB_SCHEME_RESIDENT ? &amounts->hifmi_pay_fen : &amounts->hifob_pay_fen) = best_pay;
    desk->out->added.dabing_fen = best_pay;
    desk->own -= best_pay;
    add_fund(desk, YB_FUND_SUPPLEMENT, desk->out->step_count - 1, step->limit_fen, best_pay);
}

/* 大病: the part of the year's own burden above the line that this settlement added. */
static void supplement_burden(desk_t *desk)
{
    yb_fen_t base[YB_STANDING_COUNT] = { 0 };
    yb_fen_t before = desk->in->used.burden_fen, b = desk->own;
    for (int s = 0; s < YB_STANDING_COUNT; s++)
        if (has_standing(desk->in->tags, (unsigned)s)) {
            yb_fen_t line = desk->v[YB_SP_SUPPLEMENT_LINE + s];
            base[s] = positive(before + b - line) - positive(before - line);
        }
    pay_supplement(desk, YB_STEP_BURDEN, base);
}

/* 职工大额: the cost above the basic cap; nothing is above it unless the rounded product exceeds what was
 * left. */
static void supplement_above_cap(desk_t *desk, const basic_rule_t *rule, yb_fen_t cost, yb_fen_t left,
                                 yb_fen_t product)
{
    if (product <= left)
        return;
    yb_fen_t base[YB_STANDING_COUNT], above = cost - smallest_reaching(left, rule->ratio_ppm);
    for (int s = 0; s < YB_STANDING_COUNT; s++)
        base[s] = above;
    pay_supplement(desk, YB_STEP_ABOVE_CAP, base);
}

/* 医疗救助 under its yearly cap. Returns what it paid; `ret_left` what was left of the cap. */
static yb_fen_t assist(desk_t *desk, yb_fen_t *ret_left)
{
    const int64_t *value = desk->terms->value;
    int best = -1;
    for (int t = 0; t < YB_STANDING_COUNT - 1; t++) {
        int64_t rate = value[YB_RP_ASSISTANCE_RATIO + t];
        if ((desk->in->tags & (1u << t)) == 0 || rate == YB_VALUE_NONE)
            continue;
        if (best < 0 || rate > value[YB_RP_ASSISTANCE_RATIO + best])
            best = t;
    }
    if (best < 0)
        return 0;
    yb_fen_t cap = value[YB_RP_ASSISTANCE_CAP], left = left_of(cap, desk->in->used.jiuzhu_fen);
    yb_fen_t pay = yb_fen_min(share(desk->own, value[YB_RP_ASSISTANCE_RATIO + best]), left);
    yb_step_t *step = add_step(desk, YB_STEP_ASSISTANCE, desk->own, pay);
    step->standing = (uint8_t)(best + 1);
    step->rate_ppm = (yb_ppm_t)value[YB_RP_ASSISTANCE_RATIO + best];
    step->rate_param = (yb_param_t)(YB_RP_ASSISTANCE_RATIO + best);
    set_cap(step, cap, left, YB_RP_ASSISTANCE_CAP);
    desk->out->added.jiuzhu_fen = pay;
    desk->own -= pay;
    *ret_left = step->limit_fen;
    return pay;
}

static bool net_holds(const desk_t *desk, yb_param_t by_tier)
{
    const int64_t *value = desk->terms->value;
    if ((desk->in->tags & (uint32_t)value[YB_RP_NET_TAGS]) == 0 || value[by_tier] == YB_VALUE_NONE)
        return false;
    int32_t place = desk->in->place_area, home = desk->terms->region;
    switch ((yb_net_place_t)value[YB_RP_NET_PLACE]) {
    case YB_NET_ANYWHERE: return true;
    case YB_NET_SAME_PROVINCE: return place / 10000 == home / 10000;
    case YB_NET_OWN_AREA: return place == home;
    }
    return false;
}

static unsigned net_standing(const desk_t *desk)
{
    uint32_t tags = desk->in->tags & (uint32_t)desk->terms->value[YB_RP_NET_TAGS];
    for (unsigned s = YB_STANDING_DESTITUTE; s < YB_STANDING_COUNT; s++)
        if ((tags & (1u << (s - 1))) != 0)
            return s;
    return YB_STANDING_GENERAL;
}

/* What may not stay own is paid by 医疗救助 outside its cap. Returns what that is. */
static yb_fen_t catch_in_net(desk_t *desk)
{
    const int64_t *value = desk->terms->value;
    int64_t kind = value[YB_RP_NET_KIND];
    bool yearly = kind == YB_NET_YEARLY_BY_TIER;
    yb_param_t by_tier = (yb_param_t)((yearly ? YB_RP_NET_LIMIT : YB_RP_NET_SHARE) + (int)desk->in->tier);
    if (kind == YB_NET_NONE || kind == YB_VALUE_NONE || !net_holds(desk, by_tier))
        return 0;
    yb_fen_t scope = desk->in->totals.inscp_scp_amt_fen;
    yb_fen_t allowed =
        yearly ? left_of(value[by_tier], desk->in->used.own136_fen) : share(scope, value[by_tier]);
    yb_fen_t extra = positive(desk->own - allowed);
    yb_step_t *step = add_step(desk, YB_STEP_NET, desk->own, extra);
    step->standing = (uint8_t)net_standing(desk);
    set_limit(step, allowed, YB_LIMIT_MAY_STAY_OWN, by_tier);
    if (!yearly) {
        step->line_fen = scope;
        step->rate_ppm = (yb_ppm_t)value[by_tier];
        step->rate_param = by_tier;
    }
    desk->own -= extra;
    if (yearly)
        desk->out->added.own136_fen = desk->own;
    return extra;
}

static void help_poor(desk_t *desk, bool with_net)
{
    if (desk->in->tags == 0)
        return;
    uint32_t first = desk->out->step_count;
    yb_fen_t left = 0;
    yb_fen_t pay = assist(desk, &left);
    yb_fen_t extra = with_net ? catch_in_net(desk) : 0;
    desk->out->amounts.maf_pay_fen = pay + extra;
    if (desk->out->step_count > first)
        add_fund(desk, YB_FUND_ASSISTANCE, first, left == YB_FEN_MAX ? left : left + extra, pay + extra);
}

static void use_account(desk_t *desk)
{
    yb_settle_amounts_t *amounts = &desk->out->amounts;
    if (desk->v[YB_SP_ACCOUNT] != 1)
        return;                            /* residents: the flag is ignored, balc stays 0 */
    amounts->balc_fen = desk->in->balc_fen;
    if (!desk->in->acct_used)
        return;
    yb_fen_t pay = yb_fen_min(positive(desk->in->balc_fen), positive(amounts->psn_part_amt_fen));
    yb_step_t *step = add_step(desk, YB_STEP_ACCOUNT, amounts->psn_part_amt_fen, pay);
    set_limit(step, positive(desk->in->balc_fen), YB_LIMIT_BALANCE, YB_PARAM_NONE);
    amounts->acct_pay_fen = pay;
    amounts->balc_fen -= pay;
    add_fund(desk, YB_FUND_ACCOUNT, desk->out->step_count - 1, step->limit_fen, pay);
}

/* ---- kinds of care ---- */

static void settle_inpatient(desk_t *desk)
{
    int class_no = desk->in->charge_class - 1;
    bool later = desk->in->used.stays > 0;
    yb_fen_t due = desk->v[YB_SP_DEDUCTIBLE + class_no];
    if (later)
        due = share(due, desk->v[YB_SP_LATER_FACTOR]);
    yb_fen_t taken = take_deductible(desk, due, YB_SP_DEDUCTIBLE + class_no, later);
    const basic_rule_t rule = { .ratio_ppm = (yb_ppm_t)desk->v[YB_SP_RATIO + class_no],
                                .ratio_param = YB_SP_RATIO + class_no, .disease = -1,
                                .cap = YB_VALUE_UNLIMITED };
    yb_fen_t cost = desk->in->totals.inscp_scp_amt_fen - taken, left, product;
    (void)pay_basic(desk, &rule, cost, &left, &product);
    desk->out->added.stays = 1;
    desk->out->added.burden_fen = desk->own;
    if (desk->v[YB_SP_SUPPLEMENT_KIND] == YB_SUPPLEMENT_BURDEN)
        supplement_burden(desk);
    else if (desk->v[YB_SP_SUPPLEMENT_KIND] == YB_SUPPLEMENT_ABOVE_CAP)
        supplement_above_cap(desk, &rule, cost, left, product);
    help_poor(desk, true);
}

/* Pays no supplement and no assistance, and adds nothing to the burden. */
static void settle_outpatient(desk_t *desk)
{
    int class_no = desk->in->charge_class - 1;
    yb_fen_t of_year = desk->v[YB_SP_OUTPATIENT_DEDUCTIBLE], taken = 0, left, product;
    if (of_year > 0)
        taken = take_deductible(desk, left_of(of_year, desk->in->used.opt_dedc_fen),
                                YB_SP_OUTPATIENT_DEDUCTIBLE, false);
    const basic_rule_t rule = { .ratio_ppm = (yb_ppm_t)desk->v[YB_SP_OUTPATIENT_RATIO + class_no],
                                .ratio_param = YB_SP_OUTPATIENT_RATIO + class_no, .disease = -1,
                                .cap = desk->v[YB_SP_OUTPATIENT_CAP], .used = desk->in->used.opt_fund_fen,
                                .cap_param = YB_SP_OUTPATIENT_CAP, .cap_kind = YB_LIMIT_OUTPATIENT_CAP };
    yb_fen_t pay = pay_basic(desk, &rule, desk->in->totals.inscp_scp_amt_fen - taken, &left, &product);
    desk->out->added.opt_dedc_fen = taken;
    desk->out->added.opt_fund_fen = pay;
}

static void settle_chronic(desk_t *desk)
{
    const yb_terms_disease_t *listed = yb_terms_chronic(desk->terms, desk->scheme, desk->in->dise_codg);
    const basic_rule_t rule = {
        .ratio_ppm = listed != NULL ? listed->ratio_ppm : (yb_ppm_t)desk->v[YB_SP_CHRONIC_RATIO],
        .ratio_param = YB_SP_CHRONIC_RATIO,
        .disease = listed != NULL ? (int)(listed - desk->terms->disease[desk->scheme]) : -1,
        .cap = desk->v[YB_SP_CHRONIC_CAP], .used = desk->in->used.chronic_fen, .cap_param = YB_SP_CHRONIC_CAP,
        .cap_kind = YB_LIMIT_DISEASE_CAP,
    };
    yb_fen_t left, product;
    yb_fen_t pay = pay_basic(desk, &rule, desk->in->totals.inscp_scp_amt_fen, &left, &product);
    desk->out->added.chronic_fen = pay;
    desk->out->added.burden_fen = desk->own;
    if (desk->v[YB_SP_CHRONIC_SUPPLEMENT] == 1 && desk->v[YB_SP_SUPPLEMENT_KIND] == YB_SUPPLEMENT_BURDEN)
        supplement_burden(desk);
    if (desk->v[YB_SP_CHRONIC_ASSISTANCE] == 1)
        help_poor(desk, false);
}

/* ---- what goes in, what must hold of what comes out ---- */

yb_err_t yb_scheme_parse(const char *insutype, yb_scheme_t *ret_scheme, yb_refusal_t *ret)
{
    if (strcmp(insutype, "390") == 0)
        *ret_scheme = YB_SCHEME_RESIDENT;
    else if (strcmp(insutype, "310") == 0)
        *ret_scheme = YB_SCHEME_EMPLOYEE;
    else
        return yb_refuse(ret, YB_E_UNSUPPORTED, "data.insutype", "暂不支持险种%.6s的结算，目前支持310职工、390居民",
                         insutype);
    return YB_OK;
}

yb_err_t yb_med_type_check(const char *med_type, yb_refusal_t *ret)
{
    if (strcmp(med_type, "11") == 0 || strcmp(med_type, "14") == 0 || strcmp(med_type, "21") == 0)
        return YB_OK;
    if (strcmp(med_type, "9903") == 0)
        return yb_refuse(ret, YB_E_UNSUPPORTED, "data.med_type",
                         "暂不支持9903两病门诊用药的结算，待开通两病备案(2562)");
    return yb_refuse(ret, YB_E_UNSUPPORTED, "data.med_type",
                     "暂不支持医疗类别%.6s的结算，目前支持11普通门诊、14门诊慢特病、21普通住院", med_type);
}

static bool in_money(yb_fen_t amount)
{
    return amount >= 0 && amount <= YB_FEN_MAX;
}

static bool usage_holds(const yb_usage_t *u)
{
    return u->stays >= 0 && in_money(u->pool_fen) && in_money(u->burden_fen) && in_money(u->dabing_fen) &&
        in_money(u->jiuzhu_fen) && in_money(u->own136_fen) && in_money(u->opt_fund_fen) &&
        in_money(u->opt_dedc_fen) && in_money(u->chronic_fen);
}

static yb_err_t check_totals(const yb_line_totals_t *t, yb_refusal_t *ret)
{
    if (t->medfee_sumamt_fen < 0)
        return yb_refuse(ret, YB_E_NEGATIVE_TOTAL, "data.medfee_sumamt", "结算总费用为负，请核对退费明细");
    if (t->inscp_scp_amt_fen < 0)
        return yb_refuse(ret, YB_E_NEGATIVE_TOTAL, "data.inscp_scp_amt", "政策范围内金额为负，请核对退费明细");
    if (t->medfee_sumamt_fen > YB_FEN_MAX || t->inscp_scp_amt_fen > YB_FEN_MAX)
        return yb_refuse(ret, YB_E_FIELD_RANGE, "data.medfee_sumamt", "结算总费用超出金额的取值范围");
    YB_ASSERT(t->medfee_sumamt_fen == t->fulamt_ownpay_amt_fen + t->overlmt_selfpay_fen +
                                          t->preselfpay_amt_fen + t->inscp_scp_amt_fen);
    return YB_OK;
}

static yb_err_t check_in(const yb_terms_t *terms, const yb_settle_in_t *in, yb_refusal_t *ret)
{
    if (in->mid_setl)
        return yb_refuse(ret, YB_E_UNSUPPORTED, "data.mid_setl_flag", "暂不支持中途结算，请出院后结算");
    if (in->place_area != terms->region)
        return yb_refuse(ret, YB_E_UNSUPPORTED, "mdtrtarea_admvs",
                         "就医地%06d与参保地%06d不在同一统筹区，异地直接结算尚未开通，请自费结算后回参保地申请零星报销",
                         (int)in->place_area, (int)terms->region);
    if (in->charge_class < 1 || in->charge_class > YB_CHARGE_CLASSES || (unsigned)in->tier >= YB_TIER_COUNT)
        return yb_refuse(ret, YB_E_FIELD_RANGE, "charge_class", "医疗机构的收费类别或级别未维护，请联系经办机构");
    if (in->med_type[0] == '1' && in->med_type[1] == '4' &&
        (in->dise_codg == NULL || in->dise_codg[0] == '\0'))
        return yb_refuse(ret, YB_E_NOT_FILED, "data.dise_codg", "门诊慢特病结算须填写已备案的病种编码(2503)");
    if (!usage_holds(&in->used) || !in_money(in->clct_wage_fen) || (in->tags & ~YB_TAG_ALL) != 0)
        return yb_refuse(ret, YB_E_INTERNAL, "psn_no", "累计额、缴费工资或人员身份标识异常，请联系经办机构");
    return check_totals(&in->totals, ret);
}

/* Identities (A) to (E) of the national interface; wrong money must not leave. */
static void assert_conservation(const yb_settle_out_t *out)
{
    const yb_settle_amounts_t *a = &out->amounts;
    yb_fen_t rows = 0;
    YB_ASSERT(a->medfee_sumamt_fen == a->fulamt_ownpay_amt_fen + a->overlmt_selfpay_fen +
                                          a->preselfpay_amt_fen + a->inscp_scp_amt_fen);
    YB_ASSERT(a->medfee_sumamt_fen == a->fund_pay_sumamt_fen + a->psn_part_amt_fen);
    YB_ASSERT(a->psn_part_amt_fen == a->acct_pay_fen + a->psn_cash_pay_fen);
    YB_ASSERT(a->fund_pay_sumamt_fen ==
              a->hifp_pay_fen + a->hifmi_pay_fen + a->hifob_pay_fen + a->maf_pay_fen);
    for (uint32_t i = 0; i < out->fund_count; i++) {
        YB_ASSERT(out->funds[i].fund_payamt_fen >= 0);
        rows += out->funds[i].fund_payamt_fen;
    }
    YB_ASSERT(rows == a->fund_pay_sumamt_fen + a->acct_pay_fen);
    YB_ASSERT(a->fund_pay_sumamt_fen <= a->inscp_scp_amt_fen);
}

static void start(desk_t *desk)
{
    const yb_line_totals_t *t = &desk->in->totals;
    desk->out->added = (yb_usage_t){ 0 };
    desk->out->fund_count = desk->out->step_count = 0;
    desk->out->amounts = (yb_settle_amounts_t){
        .medfee_sumamt_fen = t->medfee_sumamt_fen, .fulamt_ownpay_amt_fen = t->fulamt_ownpay_amt_fen,
        .overlmt_selfpay_fen = t->overlmt_selfpay_fen, .preselfpay_amt_fen = t->preselfpay_amt_fen,
        .inscp_scp_amt_fen = t->inscp_scp_amt_fen,
    };
    add_step(desk, YB_STEP_SCOPE, t->medfee_sumamt_fen, t->inscp_scp_amt_fen);
}

static void finish(desk_t *desk)
{
    yb_settle_amounts_t *a = &desk->out->amounts;
    a->fund_pay_sumamt_fen = a->hifp_pay_fen + a->hifmi_pay_fen + a->hifob_pay_fen + a->maf_pay_fen;
    a->psn_part_amt_fen = a->medfee_sumamt_fen - a->fund_pay_sumamt_fen;
    use_account(desk);
    a->psn_cash_pay_fen = a->psn_part_amt_fen - a->acct_pay_fen;
    assert_conservation(desk->out);
}

yb_err_t yb_settle(const yb_terms_t *terms, const yb_settle_in_t *in, yb_settle_out_t *ret_out,
                   yb_refusal_t *ret)
{
    yb_scheme_t scheme;
    yb_err_t err = yb_scheme_parse(in->insutype, &scheme, ret);
    if (err == YB_OK)
        err = yb_med_type_check(in->med_type, ret);
    if (err == YB_OK)
        err = check_in(terms, in, ret);
    if (err != YB_OK)
        return err;
    /* Nothing below can fail: out may be written. */
    desk_t desk = { .terms = terms, .in = in, .out = ret_out, .scheme = scheme,
                    .v = &terms->value[yb_param_of(scheme, 0)] };
    start(&desk);
    if (in->med_type[0] == '2')
        settle_inpatient(&desk);
    else if (in->med_type[1] == '4')
        settle_chronic(&desk);
    else
        settle_outpatient(&desk);
    finish(&desk);
    return YB_OK;
}

/* ---- taking back ---- */

static void negate_amounts(yb_settle_amounts_t *a)
{
    a->medfee_sumamt_fen = -a->medfee_sumamt_fen;
    a->fulamt_ownpay_amt_fen = -a->fulamt_ownpay_amt_fen;
    a->overlmt_selfpay_fen = -a->overlmt_selfpay_fen;
    a->preselfpay_amt_fen = -a->preselfpay_amt_fen;
    a->inscp_scp_amt_fen = -a->inscp_scp_amt_fen;
    a->act_pay_dedc_fen = -a->act_pay_dedc_fen;
    a->hifp_pay_fen = -a->hifp_pay_fen;
    a->hifmi_pay_fen = -a->hifmi_pay_fen;
    a->hifob_pay_fen = -a->hifob_pay_fen;
    a->maf_pay_fen = -a->maf_pay_fen;
    a->fund_pay_sumamt_fen = -a->fund_pay_sumamt_fen;
    a->psn_part_amt_fen = -a->psn_part_amt_fen;
    a->acct_pay_fen = -a->acct_pay_fen;
    a->psn_cash_pay_fen = -a->psn_cash_pay_fen;
}

static yb_usage_t usage_negated(const yb_usage_t *u)
{
    return (yb_usage_t){ -u->stays,      -u->pool_fen,     -u->burden_fen,   -u->dabing_fen, -u->jiuzhu_fen,
                         -u->own136_fen, -u->opt_fund_fen, -u->opt_dedc_fen, -u->chronic_fen };
}

void yb_settle_reverse(const yb_settle_out_t *original, yb_fen_t balc_now_fen, yb_settle_out_t *ret_out)
{
    ret_out->amounts = original->amounts;
    negate_amounts(&ret_out->amounts);
    ret_out->amounts.balc_fen = balc_now_fen + original->amounts.acct_pay_fen;
    ret_out->added = usage_negated(&original->added);
    ret_out->step_count = 0;
    ret_out->fund_count = original->fund_count;
    for (uint32_t i = 0; i < original->fund_count; i++) {
        yb_fund_detail_t *fund = &ret_out->funds[i];
        *fund = original->funds[i];
        fund->inscp_scp_amt_fen = -fund->inscp_scp_amt_fen;
        fund->crt_payb_lmt_amt_fen = -fund->crt_payb_lmt_amt_fen;
        fund->fund_payamt_fen = -fund->fund_payamt_fen;
        fund->first_step = fund->step_count = 0;
    }
}

void yb_usage_add(yb_usage_t *used, const yb_usage_t *added)
{
    used->stays += added->stays;
    used->pool_fen += added->pool_fen;
    used->burden_fen += added->burden_fen;
    used->dabing_fen += added->dabing_fen;
    used->jiuzhu_fen += added->jiuzhu_fen;
    used->own136_fen += added->own136_fen;
    used->opt_fund_fen += added->opt_fund_fen;
    used->opt_dedc_fen += added->opt_dedc_fen;
    used->chronic_fen += added->chronic_fen;
}

const char *yb_fund_pay_type(yb_scheme_t scheme, yb_fund_t fund)
{
    static const char *const types[YB_SCHEME_COUNT][YB_FUND_COUNT] = {
        { "390100", "390200", "610100", "310200" },
        { "310100", "330100", "610100", "310200" },
    };
    YB_ASSERT(scheme < YB_SCHEME_COUNT && fund < YB_FUND_COUNT);
    return types[scheme][fund];
}
