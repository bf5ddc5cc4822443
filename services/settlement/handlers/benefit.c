#include "services/settlement/handlers/benefit.h"

#include <string.h>

#include "libcommon/area.h"
#include "services/settlement/rules/trace.h"

typedef Yibao__Settlement__StoredInputs inputs_t;

/* ---- lines ---- */

/* Index of a line by its number; lines are in order. YB_LINE_NOT_A_REFUND for 0. */
static int32_t index_of(const yb_raw_line_t *const *lines, size_t count, int32_t line_no)
{
    size_t low = 0, high = count;
    if (line_no == 0)
        return YB_LINE_NOT_A_REFUND;
    while (low < high) {
        size_t mid = low + (high - low) / 2;
        if (lines[mid]->line_no < line_no)
            low = mid + 1;
        else
            high = mid;
    }
    return low < count && lines[low]->line_no == line_no ? (int32_t)low
                                                         : (int32_t)count; /* count: the rules refuse it */
}

/* The split per line as the hospital was answered, summed; false = beyond int64. */
static bool sum_answered(const yb_benefit_in_t *in, yb_line_totals_t *ret_answered)
{
    yb_line_totals_t sum = { 0 };
    for (size_t i = 0; i < in->line_count; i++) {
        const yb_raw_line_t *raw = in->lines[i];
        if (yb_fen_add(sum.medfee_sumamt_fen, raw->det_item_fee_sumamt_fen, &sum.medfee_sumamt_fen) != YB_OK ||
            yb_fen_add(sum.fulamt_ownpay_amt_fen, raw->fulamt_ownpay_amt_fen, &sum.fulamt_ownpay_amt_fen) != YB_OK ||
            yb_fen_add(sum.overlmt_selfpay_fen, raw->overlmt_amt_fen, &sum.overlmt_selfpay_fen) != YB_OK ||
            yb_fen_add(sum.preselfpay_amt_fen, raw->preselfpay_amt_fen, &sum.preselfpay_amt_fen) != YB_OK ||
            yb_fen_add(sum.inscp_scp_amt_fen, raw->inscp_scp_amt_fen, &sum.inscp_scp_amt_fen) != YB_OK)
            return false;
    }
    *ret_answered = sum;
    return true;
}

static yb_err_t split(const yb_benefit_in_t *in, yb_arena_t *arena, yb_line_totals_t *ret_totals, yb_refusal_t *ret)
{
    size_t n = in->line_count;
    yb_line_in_t *lines = YB_NEW_ARRAY(arena, yb_line_in_t, n + 1);
    yb_line_part_t *parts = YB_NEW_ARRAY(arena, yb_line_part_t, n + 1),
                   *refunded = YB_NEW_ARRAY(arena, yb_line_part_t, n + 1);
    yb_line_totals_t answered;
    for (size_t i = 0; i < n; i++) {
        const yb_raw_line_t *raw = in->lines[i];
        lines[i] = (yb_line_in_t){
            .pric = raw->pric,
            .cnt = raw->cnt,
            .amount_fen = raw->det_item_fee_sumamt_fen,
            .pric_uplmt = raw->pric_uplmt,
            .selfpay_prop_ppm = raw->selfpay_prop_ppm,
            .refund_of = index_of(in->lines, n, raw->init_line_no),
            .chrgitm_lv = (uint8_t)yb_line_class_parse(raw->chrgitm_lv),
            .hosp_appr_flag = (uint8_t)(raw->hosp_appr_flag[0] == '2' ? 2 : 0),
        };
    }
    yb_err_t err = yb_lines_split(lines, n, parts, refunded, ret_totals, ret);
    if (err != YB_OK)
        return err;
    /* The hospital was answered a split per line; a settlement of another sum would contradict it. */
    if (!sum_answered(in, &answered) || memcmp(&answered, ret_totals, sizeof answered) != 0)
        return yb_refuse(ret, YB_E_INTERNAL, "data.mdtrt_id", "明细分割与上传时的应答不一致，请联系医保经办机构");
    return YB_OK;
}

/* ---- in and out of the rules ---- */

static yb_err_t terms_for(const yb_settlement_data_t *data, const yb_benefit_in_t *in, const yb_terms_t **ret_terms,
                          yb_refusal_t *ret)
{
    if (in->policy == NULL)
        return yb_policy_find(data->policies, in->poolarea, in->inputs->policy_day, ret_terms, ret);
    for (uint32_t i = 0; i < in->policy->terms_count; i++)
        if (yb_day_in(in->inputs->policy_day, in->policy->terms[i].from, in->policy->terms[i].to)) {
            *ret_terms = &in->policy->terms[i];
            return YB_OK;
        }
    return yb_refuse(ret, YB_E_POLICY_NONE, NULL, NULL);
}

static yb_err_t to_rules(const yb_settlement_data_t *data, const yb_benefit_in_t *in, const yb_line_totals_t *totals,
                         yb_settle_in_t *ret_in)
{
    const inputs_t *s = in->inputs;
    *ret_in = (yb_settle_in_t){
        .insutype = in->insutype, .med_type = in->med_type, .dise_codg = in->dise_codg,
        .place_area = yb_area_pool(&data->areas, s->institution_admdvs),
        .charge_class = s->charge_class, .tags = s->tags, .mid_setl = s->mid_setl, .acct_used = s->acct_used,
        .clct_wage_fen = s->clct_wage_fen, .balc_fen = s->balc_before_fen, .totals = *totals,
        .used = { .stays = s->stays, .pool_fen = s->pool_fen, .burden_fen = s->burden_fen, .dabing_fen = s->dabing_fen,
                  .jiuzhu_fen = s->jiuzhu_fen, .own136_fen = s->own136_fen, .opt_fund_fen = s->opt_fund_fen,
                  .opt_dedc_fen = s->opt_dedc_fen, .chronic_fen = s->chronic_fen },
    };
    return yb_tier_parse(s->tier, &ret_in->tier);
}

static void take_amounts(const yb_settle_amounts_t *a, yb_setl_amounts_t *ret)
{
    *ret = (yb_setl_amounts_t){
        .medfee_sumamt_fen = a->medfee_sumamt_fen,
        .fulamt_ownpay_amt_fen = a->fulamt_ownpay_amt_fen,
        .overlmt_selfpay_fen = a->overlmt_selfpay_fen,
        .preselfpay_amt_fen = a->preselfpay_amt_fen,
        .inscp_scp_amt_fen = a->inscp_scp_amt_fen,
        .act_pay_dedc_fen = a->act_pay_dedc_fen,
        .pool_prop_selfpay_ppm = a->pool_prop_selfpay_ppm,
        .hifp_pay_fen = a->hifp_pay_fen,
        .hifmi_pay_fen = a->hifmi_pay_fen,
        .hifob_pay_fen = a->hifob_pay_fen,
        .maf_pay_fen = a->maf_pay_fen,
        .fund_pay_sumamt_fen = a->fund_pay_sumamt_fen,
        .psn_part_amt_fen = a->psn_part_amt_fen,
        .acct_pay_fen = a->acct_pay_fen,
        .psn_cash_pay_fen = a->psn_cash_pay_fen,
        .balc_fen = a->balc_fen,
    };
}

static void take_added(const yb_usage_t *added, inputs_t *ret)
{
    ret->stays_added = (int32_t)added->stays;
    ret->pool_added_fen = added->pool_fen;
    ret->burden_added_fen = added->burden_fen;
    ret->dabing_added_fen = added->dabing_fen;
    ret->jiuzhu_added_fen = added->jiuzhu_fen;
    ret->own136_added_fen = added->own136_fen;
    ret->opt_fund_added_fen = added->opt_fund_fen;
    ret->opt_dedc_added_fen = added->opt_dedc_fen;
    ret->chronic_added_fen = added->chronic_fen;
}

static void take_funds(const yb_terms_t *terms, const yb_settle_out_t *out, yb_arena_t *arena,
                       Yibao__Settlement__StoredFunds *ret)
{
    yibao__settlement__stored_funds__init(ret);
    ret->setldetail = YB_NEW_ARRAY(arena, Yibao__Settlement__FundDetail *, out->fund_count);
    ret->n_setldetail = out->fund_count;
    for (uint32_t i = 0; i < out->fund_count; i++) {
        const yb_fund_detail_t *fund = &out->funds[i];
        Yibao__Settlement__FundDetail *d = YB_NEW(arena, Yibao__Settlement__FundDetail);
        yibao__settlement__fund_detail__init(d);
        d->fund_pay_type = (char *)(uintptr_t)fund->fund_pay_type;
        d->fund_pay_type_name = (char *)(uintptr_t)fund->fund_pay_type_name;
        d->inscp_scp_amt_fen = fund->inscp_scp_amt_fen;
        d->crt_payb_lmt_amt_fen = fund->crt_payb_lmt_amt_fen;
        d->fund_payamt_fen = fund->fund_payamt_fen;
        char text[YB_TRACE_JSON_MAX + 1];
        size_t len = yb_trace_json(terms, out, fund, text, sizeof text);
        d->setl_proc_info = yb_arena_strndup(arena, text, len);
        ret->setldetail[i] = d;
    }
}

yb_err_t yb_benefit_compute(const yb_settlement_data_t *data, const yb_benefit_in_t *in, yb_arena_t *arena,
                            yb_refusal_t *ret, yb_benefit_t *ret_benefit)
{
    const yb_terms_t *terms = NULL;
    yb_line_totals_t totals;
    yb_settle_in_t rules_in;
    yb_settle_out_t out;
    yb_err_t err = terms_for(data, in, &terms, ret);
    if (err != YB_OK)
        return err;
    if (in->totals != NULL)
        totals = *in->totals;
    else if ((err = split(in, arena, &totals, ret)) != YB_OK)
        return err;
    err = to_rules(data, in, &totals, &rules_in);
    if (err != YB_OK)
        return yb_refuse(ret, err, "fixmedins_code", "机构等级(tier)未登记，请联系医保经办机构");
    err = yb_settle(terms, &rules_in, &out, ret);
    if (err != YB_OK)
        return err;
    take_amounts(&out.amounts, &ret_benefit->amounts);
    ret_benefit->inputs = *in->inputs;
    take_added(&out.added, &ret_benefit->inputs);
    take_funds(terms, &out, arena, &ret_benefit->funds);
    ret_benefit->policy = terms->policy;
    return YB_OK;
}
