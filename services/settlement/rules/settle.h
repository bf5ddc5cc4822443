/* What each fund pays of a settlement, and what the person is left with (policy cards). Pure: everything that
 * matters comes in `terms` and `in`; the same input gives the same fen and the same trace for ever. */
#ifndef SETTLEMENT_RULES_SETTLE_H
#define SETTLEMENT_RULES_SETTLE_H

#include "services/settlement/rules/line.h"
#include "services/settlement/rules/policy.h"

/* What a person used up in a scheme and year (policy card, "Accumulators"), or what a settlement adds to it.
 */
typedef struct yb_usage {
    int64_t stays;                        /* settled stays */
    yb_fen_t pool_fen;                    /* basic fund paid, all kinds */
    yb_fen_t burden_fen;                  /* in-scope own burden counted for the supplement */
    yb_fen_t dabing_fen;                  /* supplement paid, hifmi or hifob */
    yb_fen_t jiuzhu_fen;                  /* assistance paid under its cap */
    yb_fen_t own136_fen;                  /* own under the yearly safety net */
    yb_fen_t opt_fund_fen;                /* ordinary outpatient fund paid */
    yb_fen_t opt_dedc_fen;                /* outpatient deductible used */
    yb_fen_t chronic_fen;                 /* fund paid for this settlement's chronic disease */
} yb_usage_t;

typedef struct yb_settle_in {
    const char *insutype;                 /* "310", "390"; others are refused by name */
    const char *med_type;                 /* "11", "14", "21"; others are refused by name */
    const char *dise_codg;                /* med_type 14: the filed disease; else "" or NULL */
    int32_t place_area; /* pooling area of the place of care; another than the policy's is refused */
    int charge_class;                     /* 1..3 */
    yb_tier_t tier;
    uint32_t tags;                        /* YB_TAG_… */
    bool mid_setl;                        /* mid_setl_flag 1: refused by name */
    bool acct_used;                       /* acct_used_flag 1 */
    yb_fen_t clct_wage_fen;               /* yearly contribution wage, 0 = not known */
    yb_fen_t balc_fen;                    /* of the personal account, before */
    yb_line_totals_t totals;
    yb_usage_t used;                      /* before this settlement; none negative */
} yb_settle_in_t;

/* The amounts of setlinfo. What a policy has no rule for (cvlserv, hifes, hifdm, oth, hosp_part, mulaid) is
 * 0. */
typedef struct yb_settle_amounts {
    yb_fen_t medfee_sumamt_fen, fulamt_ownpay_amt_fen, overlmt_selfpay_fen, preselfpay_amt_fen,
        inscp_scp_amt_fen;
    yb_fen_t act_pay_dedc_fen;
    yb_fen_t hifp_pay_fen, hifmi_pay_fen, hifob_pay_fen, maf_pay_fen, fund_pay_sumamt_fen;
    yb_fen_t psn_part_amt_fen, acct_pay_fen, psn_cash_pay_fen;
    yb_fen_t balc_fen;                    /* after; 0 where the scheme has no account */
    yb_ppm_t pool_prop_selfpay_ppm;       /* the fund's nominal share; setlinfo has four decimals of it */
} yb_settle_amounts_t;

/* One step of the trace: output = min(limit, input × rate), each with the parameter it comes from. */
typedef enum yb_step_id {
    YB_STEP_SCOPE, /* input medfee_sumamt, output inscp_scp_amt */
    YB_STEP_DEDUCTIBLE, /* input scope, limit the deductible due, output act_pay_dedc */
    YB_STEP_BASIC, /* input what is above the deductible, output hifp_pay */
    YB_STEP_BURDEN, /* input this settlement's part of the burden above the line, output hifmi_pay */
    YB_STEP_ABOVE_CAP, /* input cost above the basic cap, output hifob_pay */
    YB_STEP_ASSISTANCE, /* input what is still own, output part of maf_pay under its cap */
    YB_STEP_NET, /* input what is still own, limit what may stay own, output part of maf_pay beyond */
    YB_STEP_ACCOUNT, /* input psn_part_amt, limit the balance, output acct_pay */
    YB_STEP_COUNT
} yb_step_id_t;
typedef enum yb_limit_kind {
    YB_LIMIT_NONE, /* nothing limits this step */
    YB_LIMIT_DEDUCTIBLE,
    YB_LIMIT_YEAR_CAP,
    YB_LIMIT_OUTPATIENT_CAP,
    YB_LIMIT_DISEASE_CAP,
    YB_LIMIT_MAY_STAY_OWN,
    YB_LIMIT_BALANCE
} yb_limit_kind_t;
typedef struct yb_step {
    yb_fen_t input_fen, limit_fen,
        output_fen; /* limit_fen: what was left of it; YB_FEN_MAX with YB_LIMIT_NONE */
    yb_fen_t line_fen;                    /* burden: the line; net by share: the scope; else 0 */
    yb_ppm_t rate_ppm;                    /* 1 000 000 where there is no rate */
    yb_param_t rate_param, limit_param, line_param;   /* YB_PARAM_NONE = no parameter decides */
    uint8_t id;                           /* yb_step_id_t */
    uint8_t limit_kind;                   /* yb_limit_kind_t */
    uint8_t standing;                     /* yb_standing_kind_t by whose rule it was computed */
    uint8_t scheme;                       /* yb_scheme_t */
    int16_t disease; /* >= 0: the rate is terms->disease[scheme][disease]'s, not rate_param's */
} yb_step_t;
#define YB_STEPS_MAX 8

/* A row of setldetail. crt_payb_lmt_amt is YB_FEN_MAX where nothing limits. */
typedef enum yb_fund {
    YB_FUND_BASIC, YB_FUND_SUPPLEMENT, YB_FUND_ASSISTANCE, YB_FUND_ACCOUNT, YB_FUND_COUNT
} yb_fund_t;
typedef struct yb_fund_detail {
    yb_fen_t inscp_scp_amt_fen, crt_payb_lmt_amt_fen, fund_payamt_fen;
    const char *fund_pay_type;            /* "390100"; static text */
    const char *fund_pay_type_name;       /* Chinese; static text */
    uint8_t fund;                         /* yb_fund_t */
    uint8_t first_step, step_count;       /* its steps: steps[first_step …] */
} yb_fund_detail_t;

typedef struct yb_settle_out {
    yb_settle_amounts_t amounts;
    yb_usage_t added;                     /* to be added to `used`; a cancellation takes exactly this back */
    uint32_t fund_count, step_count;
    yb_fund_detail_t funds[YB_FUND_COUNT];
    yb_step_t steps[YB_STEPS_MAX];
} yb_settle_out_t;

/* Computes a settlement. The basic fund always has a row in `funds`; the others when their step was computed.
 * Refusals (filled into *ret, with the field): YB_E_UNSUPPORTED (insutype, med_type, mid_setl_flag, care
 * outside the pooling area), YB_E_FIELD_RANGE (class, amounts beyond n16,2), YB_E_NEGATIVE_TOTAL,
 * YB_E_NOT_FILED (med_type 14 without a disease). Conservation (A)–(E) of the interface is asserted before it
 * returns. *ret_out is set on success only. */
YB_CHECK yb_err_t yb_settle(const yb_terms_t *terms, const yb_settle_in_t *in, yb_settle_out_t *ret_out,
                            yb_refusal_t *ret);

/* The reversal: every amount, increment and fund negated, but for pool_prop_selfpay and balc, which is the
 * balance after the account got its part back: balc_now_fen (before the reversal) + acct_pay of the original.
 * Steps are not repeated: they are the original's. */
void yb_settle_reverse(const yb_settle_out_t *original, yb_fen_t balc_now_fen, yb_settle_out_t *ret_out);

/* *used += added, field by field; with a reversal's `added` it takes back. */
void yb_usage_add(yb_usage_t *used, const yb_usage_t *added);

/* "390" "310" to a scheme, "11" "14" "21" as they are; the refusals of yb_settle for anything else. For
 * callers that want to refuse early. */
YB_CHECK yb_err_t yb_scheme_parse(const char *insutype, yb_scheme_t *ret_scheme, yb_refusal_t *ret);
YB_CHECK yb_err_t yb_med_type_check(const char *med_type, yb_refusal_t *ret);
/* fund_pay_type of a fund: 310100/390100, 390200/330100, 610100, 310200; static text. */
const char *yb_fund_pay_type(yb_scheme_t scheme, yb_fund_t fund);

#endif
