#include <check.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/settlement/policy/policy_file.h"
#include "services/settlement/rules/settle_oracle.h"
#include "services/settlement/rules/trace.h"

static yb_policy_set_t *policies;
static uint64_t seed, random_state;

/* splitmix64 */
static uint64_t next_random(void)
{
    uint64_t z = (random_state += 0x9E3779B97F4A7C15u);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return z ^ (z >> 31);
}

static int64_t below(int64_t n)
{
    return (int64_t)(next_random() % (uint64_t)n);
}

/* Small and large alike: up to 10^digits fen. */
static yb_fen_t random_fen(int digits)
{
    int64_t top = 1;
    for (int64_t d = below(digits + 1); d > 0; d--)
        top *= 10;
    return below(top + 1);
}

static int64_t rounds(int64_t usual)
{
    const char *minutes = getenv("YB_TEST_MINUTES");
    int64_t n = 0;
    if (minutes == NULL || yb_decimal_parse(minutes, strlen(minutes), 0, &n) != YB_OK || n < 1)
        return usual;
    return usual * (n < 600 ? n : 600);
}

static const yb_terms_t *terms_of(const card_t *card)
{
    const yb_terms_t *terms = NULL;
    if (yb_policy_find(policies, card->region, 20250701, &terms, NULL) != YB_OK)
        ck_abort_msg("no policy for %d", card->region);
    return terms;
}

/* Check's own assertions note every one that holds in a file; these only speak when they fail. */
#define MUST(in, cond, ...) ((cond) ? (void)0 : fail_at((in), __LINE__, __VA_ARGS__))
static void __attribute__((format(printf, 3, 4)))
fail_at(const yb_settle_in_t *in, int line, const char *fmt, ...);

static void set_scope(yb_settle_in_t *in, yb_fen_t scope)
{
    in->totals = (yb_line_totals_t){ .medfee_sumamt_fen = scope + 7,
                                     .fulamt_ownpay_amt_fen = 4,
                                     .overlmt_selfpay_fen = 2,
                                     .preselfpay_amt_fen = 1,
                                     .inscp_scp_amt_fen = scope };
}

static yb_settle_out_t settle(const yb_terms_t *terms, const yb_settle_in_t *in)
{
    yb_settle_out_t out;
    yb_refusal_t refusal = { 0 };
    memset(&out, 0xA5, sizeof(out));       /* what is not written must not matter */
    MUST(in, yb_settle(terms, in, &out, &refusal) == YB_OK, "%s: %s", refusal.field, refusal.text);
    return out;
}

static void fail_at(const yb_settle_in_t *in, int line, const char *fmt, ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    ck_abort_msg("line %d: %s; seed %" PRIu64 ": %d %s/%s class %d tier %d tags %u scope %" PRId64
                 " wage %" PRId64 " stays %" PRId64 " pool %" PRId64 " burden %" PRId64 " dabing %" PRId64
                 " jiuzhu %" PRId64 " own136 %" PRId64 " opt %" PRId64 "/%" PRId64 " chronic %" PRId64,
                 line, text, seed, in->place_area, in->insutype, in->med_type, in->charge_class,
                 (int)in->tier, in->tags, in->totals.inscp_scp_amt_fen, in->clct_wage_fen, in->used.stays,
                 in->used.pool_fen, in->used.burden_fen, in->used.dabing_fen, in->used.jiuzhu_fen,
                 in->used.own136_fen, in->used.opt_fund_fen, in->used.opt_dedc_fen, in->used.chronic_fen);
}

/* Identities (A) to (E), from outside. */
static void check_conserved(const yb_settle_in_t *in, const yb_settle_out_t *out)
{
    const yb_settle_amounts_t *a = &out->amounts;
    yb_fen_t rows = 0;
    MUST(in,
         a->medfee_sumamt_fen ==
             a->fulamt_ownpay_amt_fen + a->overlmt_selfpay_fen + a->preselfpay_amt_fen + a->inscp_scp_amt_fen,
         "(A)");
    MUST(in, a->medfee_sumamt_fen == a->fund_pay_sumamt_fen + a->psn_part_amt_fen, "(B)");
    MUST(in, a->psn_part_amt_fen == a->acct_pay_fen + a->psn_cash_pay_fen, "(C)");
    MUST(in, a->fund_pay_sumamt_fen == a->hifp_pay_fen + a->hifmi_pay_fen + a->hifob_pay_fen + a->maf_pay_fen,
         "(D)");
    for (uint32_t i = 0; i < out->fund_count; i++)
        rows += out->funds[i].fund_payamt_fen;
    MUST(in, rows == a->fund_pay_sumamt_fen + a->acct_pay_fen, "(E)");
}

static void check_step(const yb_settle_in_t *in, const yb_step_t *step)
{
    MUST(in, step->output_fen >= 0 && step->input_fen >= 0, "step %d", step->id);
    if (step->id == YB_STEP_SCOPE || step->id == YB_STEP_NET)
        return;
    yb_fen_t product = percent_of(step->input_fen, step->rate_ppm / 10000);
    if (step->id == YB_STEP_DEDUCTIBLE || step->id == YB_STEP_ACCOUNT)
        product = step->input_fen;
    MUST(in, step->output_fen == yb_fen_min(product, step->limit_fen), "step %d", step->id);
}

static void check_against_oracle(const card_t *card, const yb_settle_in_t *in)
{
    const yb_settle_out_t out = settle(terms_of(card), in);
    const bill_t want = oracle(card, in);
    const yb_settle_amounts_t *a = &out.amounts;
#define SAME(name, got, expected) \
    MUST(in, (got) == (expected), #name " %" PRId64 ", not %" PRId64, (int64_t)(got), (int64_t)(expected))
    SAME(act_pay_dedc, a->act_pay_dedc_fen, want.dedc);
    SAME(hifp_pay, a->hifp_pay_fen, want.hifp);
    SAME(hifmi_pay, a->hifmi_pay_fen, want.hifmi);
    SAME(hifob_pay, a->hifob_pay_fen, want.hifob);
    SAME(maf_pay, a->maf_pay_fen, want.maf);
    SAME(fund_pay_sumamt, a->fund_pay_sumamt_fen, want.fund);
    SAME(psn_part_amt, a->psn_part_amt_fen, want.person);
    SAME(acct_pay, a->acct_pay_fen, want.acct);
    SAME(psn_cash_pay, a->psn_cash_pay_fen, want.cash);
    SAME(balc, a->balc_fen, want.balc);
    SAME(pool_prop_selfpay, a->pool_prop_selfpay_ppm, want.percent * 10000);
    MUST(in, memcmp(&out.added, &want.added, sizeof(want.added)) == 0, "accumulators");
#undef SAME
    check_conserved(in, &out);
    for (uint32_t i = 0; i < out.step_count; i++)
        check_step(in, &out.steps[i]);
}

/* ---- every threshold, one fen below, on it, one above ---- */

static const char *const insutypes[] = { "390", "310" };
static const struct { const char *med_type, *dise_codg; } kinds[] = {
    { "21", "" }, { "11", "" }, { "14", "M03900" }, { "14", "M00500" },
};
static size_t walked;

static void around(const card_t *card, const yb_settle_in_t *in, yb_fen_t *where, yb_fen_t threshold)
{
    yb_settle_in_t probe = *in;
    yb_fen_t *field = (yb_fen_t *)(void *)((char *)&probe + ((char *)where - (const char *)in));
    for (yb_fen_t delta = -1; delta <= 1; delta++) {
        if (threshold + delta < 0)
            continue;
        *field = threshold + delta;
        if (field == &probe.totals.inscp_scp_amt_fen)
            set_scope(&probe, threshold + delta);
        check_against_oracle(card, &probe);
        walked++;
    }
}

/* A cap binds where `used` is the cap less what would be paid; it is used up where `used` is the cap. */
static void around_cap(const card_t *card, yb_settle_in_t *in, yb_fen_t *used, long long cap_yuan,
                       long long pay)
{
    if (cap_yuan == 0)
        return;
    around(card, in, used, cap_yuan * 100 - pay);
    around(card, in, used, cap_yuan * 100);
}

static long long cap_of(const card_t *card, const yb_settle_in_t *in, bool employee);

/* The rounded product repeats for some costs (at 95 % for one in twenty): walk a whole round of them on the
 * cap. */
static void walk_above_cap(const card_t *card, yb_settle_in_t *in)
{
    yb_fen_t scope = in->totals.inscp_scp_amt_fen;
    for (int more = 0; more < 20; more++) {
        set_scope(in, scope + more);
        around(card, in, &in->used.pool_fen, cap_of(card, in, true) * 100 - oracle(card, in).product);
    }
    set_scope(in, scope);
}

static void walk_stay(const card_t *card, yb_settle_in_t *in, bool employee)
{
    static const long long emp_dedc[] = { 800, 400, 200 };
    static const long long limits[] = { 1000, 3000, 6000 };
    int c = in->charge_class - 1;
    long long due = (employee ? emp_dedc[c] : card->res_dedc[c]) * 100;
    yb_fen_t scope = in->totals.inscp_scp_amt_fen;
    around(card, in, &in->totals.inscp_scp_amt_fen, in->used.stays > 0 ? due / 2 : due);
    set_scope(in, scope);
    if (employee)
        walk_above_cap(card, in);
    const bill_t b = oracle(card, in);
    if (card->net == '1')
        for (int t = 0; t < YB_TIER_COUNT; t++) {
            around(card, in, &in->used.own136_fen, limits[t] * 100 - b.own_before_net);
            around(card, in, &in->used.own136_fen, limits[t] * 100);
        }
    if (card->net == 't')
        around(card, in, &in->totals.inscp_scp_amt_fen, b.own_before_net * 10);
    set_scope(in, scope);
}

/* Where the wage decides, the cap is four wages or 60 000. */
static long long cap_of(const card_t *card, const yb_settle_in_t *in, bool employee)
{
    if (!employee)
        return card->res_cap;
    if (card->emp_cap != 0)
        return card->emp_cap;
    return in->clct_wage_fen < 6000000 ? 60000 : in->clct_wage_fen / 100 * 4;
}

static void walk(const card_t *card, yb_settle_in_t *in)
{
    bool employee = strcmp(in->insutype, "310") == 0, chronic = strcmp(in->med_type, "14") == 0;
    const bill_t b = oracle(card, in);
    around(card, in, &in->totals.inscp_scp_amt_fen, 0);
    set_scope(in, b.person + b.fund - 7);
    around_cap(card, in, &in->used.pool_fen, cap_of(card, in, employee), b.product);
    around(card, in, &in->clct_wage_fen, 6000000);
    around(card, in, &in->used.burden_fen, card->line * 100);
    around(card, in, &in->used.burden_fen, card->line * 50);
    around(card, in, &in->used.burden_fen, card->line * 100 - b.added.burden_fen);
    around(card, in, &in->used.burden_fen, card->line * 50 - b.added.burden_fen);
    around_cap(card, in, &in->used.dabing_fen, employee ? card->hifob_cap : card->dabing_cap,
               b.hifmi + b.hifob);
    around_cap(card, in, &in->used.dabing_fen, employee ? card->hifob_cap : card->dabing_cap_tekun,
               b.hifmi + b.hifob);
    around_cap(card, in, &in->used.jiuzhu_fen, 80000, b.added.jiuzhu_fen);
    around(card, in, &in->balc_fen, b.person);
    if (strcmp(in->med_type, "21") == 0)
        walk_stay(card, in, employee);
    else if (chronic)
        around_cap(card, in, &in->used.chronic_fen, 3000, b.product);
    else {
        around_cap(card, in, &in->used.opt_fund_fen, employee ? 2000 : 300, b.product);
        around(card, in, &in->used.opt_dedc_fen, 30000);
        around(card, in, &in->totals.inscp_scp_amt_fen, 30000);
    }
}

START_TEST(every_threshold)
{
    const card_t *card = &cards[_i];
    static const yb_fen_t scopes[] = { 1, 99999, 1234567, 23456789 };
    walked = 0;
    for (size_t combination = 0; combination < 2 * 4 * 3 * 3 * 16 * 2; combination++) {
        size_t n = combination;
        yb_settle_in_t in = { .insutype = insutypes[n % 2], .place_area = card->region, .acct_used = true,
                              .clct_wage_fen = 7200000, .balc_fen = 50000 };
        in.med_type = kinds[(n /= 2) % 4].med_type;
        in.dise_codg = kinds[n % 4].dise_codg;
        in.charge_class = (int)((n /= 4) % 3) + 1;
        in.tier = (yb_tier_t)((n /= 3) % 3);
        in.tags = (uint32_t)((n /= 3) % 16);
        in.used.stays = (int64_t)(n / 16);
        for (size_t s = 0; s < sizeof(scopes) / sizeof(scopes[0]); s++) {
            set_scope(&in, scopes[s]);
            in.used.burden_fen = s % 2 == 0 ? 0 : 2000000;
            walk(card, &in);
        }
    }
    printf("region %d: %zu points\n", card->region, walked);
    ck_assert_uint_gt(walked, 100000);
}
END_TEST

/* ---- anything at all ---- */

static yb_settle_in_t random_in(const card_t *card)
{
    size_t kind = (size_t)below(4);
    yb_settle_in_t in = { .insutype = insutypes[below(2)],
                          .med_type = kinds[kind].med_type,
                          .dise_codg = kinds[kind].dise_codg,
                          .place_area = card->region,
                          .charge_class = (int)below(3) + 1,
                          .tier = (yb_tier_t)below(3),
                          .tags = (uint32_t)below(16),
                          .acct_used = below(2) == 1,
                          .clct_wage_fen = random_fen(9),
                          .balc_fen = random_fen(6) };
    if (below(2) == 0)
        in.tags = 0;
    set_scope(&in, random_fen(10));
    in.used = (yb_usage_t){ .stays = below(3),
                            .pool_fen = random_fen(8),
                            .burden_fen = random_fen(7),
                            .dabing_fen = random_fen(8),
                            .jiuzhu_fen = random_fen(7),
                            .own136_fen = random_fen(6),
                            .opt_fund_fen = random_fen(6),
                            .opt_dedc_fen = random_fen(5),
                            .chronic_fen = random_fen(6) };
    return in;
}

START_TEST(random_cases)
{
    for (int64_t i = rounds(200000); i > 0; i--) {
        const card_t *card = &cards[below(CARDS)];
        yb_settle_in_t in = random_in(card);
        check_against_oracle(card, &in);
    }
}
END_TEST

START_TEST(more_scope_never_pays_less)
{
    for (int64_t i = rounds(1000); i > 0; i--) {
        const card_t *card = &cards[below(CARDS)];
        const yb_terms_t *terms = terms_of(card);
        yb_settle_in_t in = random_in(card);
        yb_fen_t scope = in.totals.inscp_scp_amt_fen, before = -1, own_before = -1;
        for (int step = 0; step < 60; step++, scope += below(4) == 0 ? below(100000) : 1) {
            set_scope(&in, scope);
            const yb_settle_out_t out = settle(terms, &in);
            yb_fen_t fund = out.amounts.fund_pay_sumamt_fen, own = scope - fund;
            MUST(&in, fund >= before, "funds %" PRId64 " after %" PRId64, fund, before);
            MUST(&in, own >= own_before, "own %" PRId64 " after %" PRId64, own, own_before);
            before = fund;
            own_before = own;
        }
    }
}
END_TEST

/* A year of one person, then every settlement cancelled in a random order: nothing of it stays. */
START_TEST(cancelling_restores)
{
    enum { YEAR = 30 };
    for (int64_t i = rounds(2000); i > 0; i--) {
        const card_t *card = &cards[below(CARDS)];
        const yb_settle_in_t person = random_in(card);
        yb_usage_t used = { 0 };
        yb_settle_out_t outs[YEAR], back;
        yb_fen_t balc = person.balc_fen;
        for (int n = 0; n < YEAR; n++) {
            yb_settle_in_t in = random_in(card);
            in.insutype = person.insutype;
            in.balc_fen = balc;
            in.used = used;
            outs[n] = settle(terms_of(card), &in);
            balc -= outs[n].amounts.acct_pay_fen;
            yb_usage_add(&used, &outs[n].added);
        }
        for (int live = YEAR; live > 0; live--) {
            int n = (int)below(live);
            yb_settle_reverse(&outs[n], balc, &back);
            check_conserved(&person, &back);
            ck_assert_int_eq(back.amounts.medfee_sumamt_fen, -outs[n].amounts.medfee_sumamt_fen);
            ck_assert_int_eq(back.amounts.pool_prop_selfpay_ppm, outs[n].amounts.pool_prop_selfpay_ppm);
            balc += outs[n].amounts.acct_pay_fen;
            ck_assert_int_eq(back.amounts.balc_fen, balc);
            yb_usage_add(&used, &back.added);
            outs[n] = outs[live - 1];
        }
        const yb_usage_t nothing = { 0 };
        ck_assert_mem_eq(&used, &nothing, sizeof(used));
        ck_assert_int_eq(balc, person.balc_fen);
    }
}
END_TEST

/* A stay split in two lays no cap open: together they never pay more basic fund, 大病 or assistance than
 * their caps. */
START_TEST(caps_hold_over_a_year)
{
    for (int64_t i = rounds(300); i > 0; i--) {
        const card_t *card = &cards[below(CARDS)];
        yb_settle_in_t in = random_in(card);
        bool employee = strcmp(in.insutype, "310") == 0;
        in.used = (yb_usage_t){ 0 };
        for (int n = 0; n < 40; n++) {
            set_scope(&in, random_fen(8));
            const yb_settle_out_t out = settle(terms_of(card), &in);
            yb_usage_add(&in.used, &out.added);
        }
        long long dabing = employee       ? card->hifob_cap
                         : (in.tags & 1u) ? card->dabing_cap_tekun
                                          : card->dabing_cap;
        yb_fen_t cap = cap_of(card, &in, employee) * 100;
        if (employee && card->emp_cap == 0 && in.clct_wage_fen >= 6000000)
            cap = in.clct_wage_fen * 4;
        ck_assert_int_le(in.used.pool_fen, cap);
        ck_assert_int_le(in.used.jiuzhu_fen, 8000000);
        if (dabing != 0)
            ck_assert_int_le(in.used.dabing_fen, dabing * 100);
    }
}
END_TEST

/* The same input again: same amounts, same trace, whatever was in memory. */
START_TEST(recomputing_is_the_same)
{
    static char first[YB_TRACE_JSON_MAX + 1], second[YB_TRACE_JSON_MAX + 1];
    for (int64_t i = rounds(5000); i > 0; i--) {
        const card_t *card = &cards[below(CARDS)];
        const yb_terms_t *terms = terms_of(card);
        const yb_settle_in_t in = random_in(card);
        const yb_settle_out_t a = settle(terms, &in);
        yb_settle_out_t b;
        yb_refusal_t refusal = { 0 };
        memset(&b, 0x5A, sizeof(b));
        ck_assert_int_eq(yb_settle(terms, &in, &b, &refusal), YB_OK);
        ck_assert_mem_eq(&a.amounts, &b.amounts, sizeof(a.amounts) - sizeof(int32_t));
        ck_assert_mem_eq(&a.added, &b.added, sizeof(a.added));
        ck_assert_uint_eq(a.fund_count, b.fund_count);
        ck_assert_uint_eq(a.step_count, b.step_count);
        for (uint32_t f = 0; f < a.fund_count; f++) {
            yb_trace_json(terms, &a, &a.funds[f], first, sizeof(first));
            yb_trace_json(terms, &b, &b.funds[f], second, sizeof(second));
            ck_assert_str_eq(first, second);
        }
    }
}
END_TEST

/* ---- refusals ---- */

static void refused(yb_settle_in_t *in, yb_err_t code, const char *field)
{
    yb_settle_out_t out;
    yb_refusal_t refusal = { 0 };
    memset(&out, 0x77, sizeof(out));
    const yb_settle_out_t untouched = out;
    ck_assert_int_eq(yb_settle(terms_of(&cards[0]), in, &out, &refusal), code);
    ck_assert_int_eq(refusal.code, code);
    ck_assert_str_eq(refusal.field, field);
    ck_assert_uint_gt(strlen(refusal.text), 10);
    ck_assert_mem_eq(&out, &untouched, sizeof(out));
}

START_TEST(refusals_by_name)
{
    yb_settle_in_t good = { .insutype = "390", .med_type = "21", .dise_codg = "", .place_area = 141100,
                            .charge_class = 1, .tier = YB_TIER_CITY };
    yb_settle_in_t in;
    set_scope(&good, 100000);
    (void)settle(terms_of(&cards[0]), &good);
#define WITH(change, code, field) (in = good, change, refused(&in, code, field))
    WITH(in.insutype = "320", YB_E_UNSUPPORTED, "data.insutype");
    WITH(in.insutype = "", YB_E_UNSUPPORTED, "data.insutype");
    WITH(in.med_type = "12", YB_E_UNSUPPORTED, "data.med_type");
    WITH(in.med_type = "13", YB_E_UNSUPPORTED, "data.med_type");
    WITH(in.med_type = "9903", YB_E_UNSUPPORTED, "data.med_type");
    WITH(in.med_type = "2101", YB_E_UNSUPPORTED, "data.med_type");
    WITH(in.mid_setl = true, YB_E_UNSUPPORTED, "data.mid_setl_flag");
    WITH(in.place_area = 140100, YB_E_UNSUPPORTED, "mdtrtarea_admvs");
    WITH(in.charge_class = 0, YB_E_FIELD_RANGE, "charge_class");
    WITH(in.charge_class = 4, YB_E_FIELD_RANGE, "charge_class");
    WITH(in.med_type = "14", YB_E_NOT_FILED, "data.dise_codg");
    WITH(in.totals = ((yb_line_totals_t){ -1, -1, 0, 0, 0 }), YB_E_NEGATIVE_TOTAL, "data.medfee_sumamt");
    WITH(in.totals = ((yb_line_totals_t){ 5, 6, 0, 0, -1 }), YB_E_NEGATIVE_TOTAL, "data.inscp_scp_amt");
    WITH(in.totals = ((yb_line_totals_t){ YB_FEN_MAX + 1, 0, 0, 0, YB_FEN_MAX + 1 }), YB_E_FIELD_RANGE,
         "data.medfee_sumamt");
    WITH(in.used.pool_fen = -1, YB_E_INTERNAL, "psn_no");
    WITH(in.tags = 16, YB_E_INTERNAL, "psn_no");
#undef WITH
}
END_TEST

/* The largest amounts the interface can carry do not overflow. */
START_TEST(largest_amounts)
{
    for (size_t c = 0; c < CARDS; c++)
        for (size_t n = 0; n < 8; n++) {
            yb_settle_in_t in = { .insutype = insutypes[n % 2], .med_type = kinds[n / 2].med_type,
                                  .dise_codg = kinds[n / 2].dise_codg, .place_area = cards[c].region,
                                  .charge_class = 3, .tags = YB_TAG_ALL, .clct_wage_fen = YB_FEN_MAX,
                                  .balc_fen = YB_FEN_MAX, .acct_used = true };
            set_scope(&in, YB_FEN_MAX - 7);
            check_against_oracle(&cards[c], &in);
            in.used = (yb_usage_t){ 9, YB_FEN_MAX, YB_FEN_MAX, YB_FEN_MAX, YB_FEN_MAX, YB_FEN_MAX, YB_FEN_MAX,
                                    YB_FEN_MAX, YB_FEN_MAX };
            check_against_oracle(&cards[c], &in);
        }
}
END_TEST

static void load(void)
{
    char detail[1024];
    ck_assert_msg(yb_policy_set_load(YB_SOURCE_DIR "/services/settlement/data", &policies, detail,
                                     sizeof(detail)) == YB_OK,
                  "%s", detail);
    random_state = seed;
}

static void unload(void)
{
    yb_policy_set_destroy(&policies);
}

int main(void)
{
    const char *given = getenv("YB_TEST_SEED");
    int64_t value = 20250701;
    if (given != NULL && yb_decimal_parse(given, strlen(given), 0, &value) != YB_OK)
        return EXIT_FAILURE;
    seed = (uint64_t)value;
    printf("seed %" PRIu64 " (YB_TEST_SEED)\n", seed);
    Suite *suite = suite_create("settle");
    TCase *tc = tcase_create("settle");
    tcase_set_timeout(tc, 280);
    tcase_add_checked_fixture(tc, load, unload);
    tcase_add_loop_test(tc, every_threshold, 0, CARDS);
    tcase_add_test(tc, random_cases);
    tcase_add_test(tc, more_scope_never_pays_less);
    tcase_add_test(tc, cancelling_restores);
    tcase_add_test(tc, caps_hold_over_a_year);
    tcase_add_test(tc, recomputing_is_the_same);
    tcase_add_test(tc, refusals_by_name);
    tcase_add_test(tc, largest_amounts);
    suite_add_tcase(suite, tc);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
