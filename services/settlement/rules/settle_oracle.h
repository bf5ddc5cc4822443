/* For tests only: the policy cards worked through a second time, slowly, in exact fractions, from tables
 * typed off the cards and not from the policy files. Shares nothing with settle.c but the shape of input and
 * accumulators. */
#ifndef SETTLEMENT_RULES_SETTLE_ORACLE_H
#define SETTLEMENT_RULES_SETTLE_ORACLE_H

#include <string.h>
#include "services/settlement/rules/settle.h"

__extension__ typedef __int128 big_t;

/* Yuan and percent, as the cards have them. cap 0 = by the contribution wage; other caps 0 = there is none.
 */
typedef struct card {
    int region;
    long long res_dedc[3]; int res_ratio[3]; long long res_cap;
    int emp_ratio[3]; long long emp_cap;
    long long line; int dabing; long long dabing_cap, dabing_cap_tekun; int tilt;
    int hifob; long long hifob_cap;                          /* hifob 0 = there is none */
    int assist[4];                                           /* 特困 低保 返贫致贫 低收入 */
    char net; /* '-' none, '1' the 136 rule, 't' a tenth of the scope */
    unsigned net_tags;
    int chronic_res, chronic_emp, chronic_cancer;            /* cancer: M00500, 0 = like the others */
} card_t;

static const card_t cards[] = {
    { 141100,
      { 1000, 500, 100 },
      { 60, 70, 85 },
      100000,
      { 95, 95, 95 },
      0,
      10000,
      75,
      400000,
      500000,
      80,
      95,
      400000,
      { 100, 75, 70, 60 },
      '1',
      7,
      70,
      60,
      0 },
    { 430900,
      { 1200, 600, 200 },
      { 60, 70, 80 },
      150000,
      { 85, 88, 90 },
      600000,
      10000,
      65,
      300000,
      300000,
      70,
      0,
      0,
      { 100, 75, 70, 60 },
      '-',
      0,
      60,
      70,
      0 },
    { 510421,
      { 800, 400, 150 },
      { 60, 70, 85 },
      150000,
      { 85, 88, 92 },
      300000,
      10000,
      65,
      400000,
      400000,
      70,
      90,
      200000,
      { 100, 75, 70, 60 },
      't',
      7,
      65,
      70,
      0 },
    { 320682,
      { 1000, 600, 300 },
      { 70, 70, 70 },
      200000,
      { 85, 85, 85 },
      400000,
      12000,
      65,
      0,
      0,
      70,
      90,
      0,
      { 70, 70, 70, 70 },
      't',
      15,
      60,
      60,
      80 },
    { 620100,
      { 1200, 500, 150 },
      { 72, 72, 72 },
      120000,
      { 82, 82, 82 },
      240000,
      5000,
      65,
      0,
      0,
      70,
      90,
      400000,
      { 100, 75, 70, 60 },
      '-',
      0,
      60,
      70,
      0 },
};
enum { CARDS = sizeof(cards) / sizeof(cards[0]) };

/* All in fen. */
typedef struct bill {
    long long dedc, hifp, hifmi, hifob, maf, fund, person, acct, cash, balc;
    int percent;
    yb_usage_t added;
    long long product, own_before_help, own_before_net, burden_base;   /* for finding the thresholds */
} bill_t;

/* numerator / denominator to the nearest whole, halves up; nothing is negative here. */
static long long nearest(big_t numerator, big_t denominator)
{
    big_t whole = numerator / denominator, rest = numerator % denominator;
    return (long long)(rest * 2 >= denominator ? whole + 1 : whole);
}

static long long percent_of(long long fen, int percent)
{
    return nearest((big_t)fen * percent, 100);
}

static long long cut(long long pay, long long cap_yuan, long long used)
{
    if (cap_yuan == 0)
        return pay;
    long long left = cap_yuan * 100 - used;
    if (left < 0)
        left = 0;
    return pay > left ? left : pay;
}

static bool poorest(unsigned tags) { return (tags & 7u) != 0; }   /* 特困, 低保, 返贫致贫 */

static void big_illness(const card_t *k, const yb_settle_in_t *in, long long b, bill_t *r)
{
    long long best = 0;
    for (int tilted = 0; tilted <= (poorest(in->tags) ? 1 : 0); tilted++) {
        long long line = k->line * 100 / (tilted ? 2 : 1), after = in->used.burden_fen + b - line,
                  before = in->used.burden_fen - line;
        after = after > 0 ? after : 0;
        before = before > 0 ? before : 0;
        long long cap = (in->tags & 1u) ? k->dabing_cap_tekun : k->dabing_cap;
        long long pay =
            cut(percent_of(after - before, tilted ? k->tilt : k->dabing), cap, in->used.dabing_fen);
        if (tilted || !poorest(in->tags))
            r->burden_base = percent_of(after - before, tilted ? k->tilt : k->dabing);
        best = pay > best ? pay : best;
    }
    r->hifmi = best;
}

/* By halving, not by formula. */
static long long used_up(long long left, int percent)
{
    long long low = 0, high = left * 4 + 100;
    while (low < high) {
        long long middle = (low + high) / 2;
        if (percent_of(middle, percent) >= left)
            high = middle;
        else
            low = middle + 1;
    }
    return left == 0 ? 0 : low;
}

static void help(const card_t *k, const yb_settle_in_t *in, long long scope, bool stay, bill_t *r)
{
    int percent = 0;
    for (int t = 0; t < 4; t++)
        if ((in->tags & (1u << t)) && k->assist[t] > percent)
            percent = k->assist[t];
    long long own = scope - r->hifp - r->hifmi - r->hifob;
    r->own_before_help = own;
    long long pay = cut(percent_of(own, percent), 80000, in->used.jiuzhu_fen), extra = 0;
    own -= pay;
    r->own_before_net = own;
    r->added.jiuzhu_fen = pay;
    if (stay && k->net == '1' && (in->tags & k->net_tags)) {
        static const long long limits[] = { 1000, 3000, 6000 };        /* county, city, province */
        long long allowed = limits[in->tier] * 100 - in->used.own136_fen;
        allowed = allowed > 0 ? allowed : 0;
        extra = own > allowed ? own - allowed : 0;
        r->added.own136_fen = own - extra;
    }
    if (stay && k->net == 't' && in->tier == YB_TIER_COUNTY && (in->tags & k->net_tags)) {
        long long allowed = percent_of(scope, 10);
        extra = own > allowed ? own - allowed : 0;
    }
    r->maf = pay + extra;
}

static void stay(const card_t *k, const yb_settle_in_t *in, bool employee, bill_t *r)
{
    static const long long emp_dedc[] = { 800, 400, 200 };
    int c = in->charge_class - 1;
    long long scope = in->totals.inscp_scp_amt_fen, due = (employee ? emp_dedc[c] : k->res_dedc[c]) * 100;
    if (in->used.stays >= 1)
        due = nearest(due, 2);
    r->dedc = due < scope ? due : scope;
    r->percent = employee ? k->emp_ratio[c] : k->res_ratio[c];
    long long cap = employee ? k->emp_cap : k->res_cap, cap_fen = cap * 100;
    if (cap == 0)
        cap_fen = in->clct_wage_fen < 6000000 ? 6000000 : in->clct_wage_fen * 4;
    long long left = cap_fen - in->used.pool_fen;
    left = left > 0 ? left : 0;
    r->product = percent_of(scope - r->dedc, r->percent);
    r->hifp = r->product > left ? left : r->product;
    r->added.stays = 1;
    r->added.burden_fen = scope - r->hifp;
    if (!employee)
        big_illness(k, in, scope - r->hifp, r);
    else if (k->hifob && r->product > left)
        r->hifob = cut(percent_of(scope - r->dedc - used_up(left, r->percent), k->hifob), k->hifob_cap,
                       in->used.dabing_fen);
    help(k, in, scope, true, r);
}

static void counter(const card_t *k, const yb_settle_in_t *in, bool employee, bill_t *r)
{
    static const int emp_ratio[] = { 50, 60, 70 };
    long long scope = in->totals.inscp_scp_amt_fen, cap = employee ? k->emp_cap : k->res_cap,
              cap_fen = cap * 100;
    if (cap == 0)
        cap_fen = in->clct_wage_fen < 6000000 ? 6000000 : in->clct_wage_fen * 4;
    bool chronic = strcmp(in->med_type, "14") == 0;
    if (chronic) {
        r->percent = employee ? k->chronic_emp : k->chronic_res;
        if (k->chronic_cancer && strcmp(in->dise_codg, "M00500") == 0)
            r->percent = k->chronic_cancer;
    } else {
        r->percent = employee ? emp_ratio[in->charge_class - 1] : 60;
        if (employee) {
            long long due = 30000 - in->used.opt_dedc_fen;
            due = due > 0 ? due : 0;
            r->dedc = due < scope ? due : scope;
            r->added.opt_dedc_fen = r->dedc;
        }
    }
    r->product = percent_of(scope - r->dedc, r->percent);
    long long own_cap = chronic ? 3000 : employee ? 2000 : 300;
    r->hifp = cut(r->product, own_cap, chronic ? in->used.chronic_fen : in->used.opt_fund_fen);
    long long left = cap_fen - in->used.pool_fen;
    left = left > 0 ? left : 0;
    r->hifp = r->hifp > left ? left : r->hifp;
    if (!chronic) {
        r->added.opt_fund_fen = r->hifp;
        return;
    }
    r->added.chronic_fen = r->hifp;
    r->added.burden_fen = scope - r->hifp;
    if (!employee)
        big_illness(k, in, scope - r->hifp, r);
    help(k, in, scope, false, r);
}

static bill_t oracle(const card_t *k, const yb_settle_in_t *in)
{
    bill_t r = { 0 };
    bool employee = strcmp(in->insutype, "310") == 0;
    if (strcmp(in->med_type, "21") == 0)
        stay(k, in, employee, &r);
    else
        counter(k, in, employee, &r);
    r.added.pool_fen = r.hifp;
    r.added.dabing_fen = r.hifmi + r.hifob;
    r.fund = r.hifp + r.hifmi + r.hifob + r.maf;
    r.person = in->totals.medfee_sumamt_fen - r.fund;
    if (employee && in->acct_used)
        r.acct = in->balc_fen < r.person ? in->balc_fen : r.person;
    r.cash = r.person - r.acct;
    r.balc = employee ? in->balc_fen - r.acct : 0;
    return r;
}

#endif
