/* A case of a run, from what was read of it: its scheme, its group, its row; and the texts that rows keep. */
#include <endian.h>
#include <stdlib.h>
#include <string.h>

#include "services/drg/month/closing_impl.h"
#include "services/drg/rules/low_risk.h"

/* ---- texts ---- */

const char *yb_closing_text(yb_closing_t *c, const char *text)
{
    if (text[0] == '\0')
        return "";
    size_t at = (size_t)yb_code_hash(text, strlen(text)) & (TEXT_SLOTS - 1);
    for (; c->texts.slots[at] != NULL; at = (at + 1) & (TEXT_SLOTS - 1))
        if (strcmp(c->texts.slots[at], text) == 0)
            return c->texts.slots[at];
    const char *kept = yb_arena_strdup(c->arena, text);
    if (c->texts.used < TEXT_SLOTS / 2) { /* beyond that the texts hardly recur */
        c->texts.slots[at] = kept;
        c->texts.used++;
    }
    return kept;
}

/* ---- what was read, as bytes that say no more and no less ---- */

static void hash_numbers(yb_sm3_t *sm3, const int64_t *numbers, size_t count)
{
    int64_t bytes[24];
    YB_ASSERT(count <= sizeof bytes / sizeof bytes[0]);
    for (size_t i = 0; i < count; i++)
        bytes[i] = (int64_t)htole64((uint64_t)numbers[i]);
    yb_sm3_update(sm3, bytes, count * sizeof bytes[0]);
}

static void hash_text(yb_sm3_t *sm3, const char *text) { yb_sm3_update(sm3, text, strlen(text) + 1); }

static void hash_settlement(yb_sm3_t *sm3, const yb_month_settlement_t *s)
{
    const int64_t numbers[] = { s->setl_id, s->begntime, s->endtime, s->fee_fen, s->basic_fund_fen, s->reversed_by };
    hash_numbers(sm3, numbers, sizeof numbers / sizeof numbers[0]);
    hash_text(sm3, s->fixmedins_code);
    hash_text(sm3, s->insutype);
    hash_text(sm3, s->med_type);
}

static void hash_list(yb_sm3_t *sm3, const yb_month_list_t *l)
{
    const int64_t numbers[] = { l->version,  l->discharge_day, l->sex, l->age,           l->age_day, l->los,
                                l->bir_wt_g, l->adm_wt_g,      l->icu, l->has_principal, l->state_us };
    hash_numbers(sm3, numbers, sizeof numbers / sizeof numbers[0]);
    hash_text(sm3, l->dscg_way);
    hash_text(sm3, l->dscg_caty);
    hash_text(sm3, l->dx);
    hash_text(sm3, l->px);
    hash_text(sm3, l->hi_paymtd);
}

static void hash_ruling(yb_sm3_t *sm3, const yb_month_ruling_t *r)
{
    const int64_t numbers[] = { r->setl_id, r->petition_id, r->pay_as };
    hash_numbers(sm3, numbers, sizeof numbers / sizeof numbers[0]);
    hash_text(sm3, r->drg);
}

yb_err_t yb_rulings_hash(const yb_month_ruling_t *rulings, size_t count, uint8_t ret_hash[YB_RUN_HASH])
{
    yb_sm3_t *sm3 = yb_sm3_create();
    if (sm3 == NULL)
        return YB_E_CRYPTO;
    for (size_t i = 0; i < count; i++)
        hash_ruling(sm3, &rulings[i]);
    yb_sm3_final(sm3, ret_hash);
    yb_sm3_destroy(&sm3);
    return YB_OK;
}

const yb_month_ruling_t *yb_closing_ruling(const yb_month_ruling_t *rulings, size_t count, int64_t setl_id)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        if (rulings[mid].setl_id < setl_id)
            low = mid + 1;
        else
            high = mid;
    }
    return low < count && rulings[low].setl_id == setl_id ? &rulings[low] : NULL;
}

/* ---- grouping ---- */

/* The scheme of the hospital's area on the day of discharge, and its place among those met. */
static yb_err_t find_scheme(yb_closing_t *c, const yb_month_settlement_t *s, const yb_month_list_t *list,
                            int16_t *ret_n, yb_refusal_t *ret_why)
{
    char area[8] = "000000";
    const yb_scheme_t *scheme = NULL;
    yb_refusal_t why = { .code = YB_OK };
    if (strlen(s->fixmedins_code) >= 7)
        memcpy(area, s->fixmedins_code + 1, 6);
    const yb_day_t day = yb_month_discharge(s, list);
    if (yb_scheme_set_find(c->about.schemes, area, day, &scheme, &why) != YB_OK)
        return yb_refuse(ret_why, YB_E_POLICY_NONE, "scheme",
                         "地区%s在%d出院的病例没有分组方案（结算%lld），请先导入：yibaoctl scheme import", area,
                         (int)day, (long long)s->setl_id);
    size_t n = 0;
    while (n < c->scheme_count && c->schemes[n].scheme != scheme)
        n++;
    if (n == c->scheme_count) {
        if (n == YB_RUN_SCHEMES_MAX)
            return yb_refuse(ret_why, YB_E_TOO_LARGE, "scheme", "一个月用到的分组方案超过%d个", YB_RUN_SCHEMES_MAX);
        c->schemes[n] = (met_scheme_t){ scheme, yb_group_scratch_create(scheme) };
        if (c->schemes[n].scratch == NULL)
            return YB_E_NO_MEMORY;
        c->scheme_count++;
    }
    *ret_n = (int16_t)n;
    return YB_OK;
}

static void group(yb_closing_t *c, const yb_month_list_t *list, size_t n, yb_group_result_t *ret)
{
    yb_group_case_t grouped;
    const size_t most = yb_month_codes_max(list);
    if (most > c->codes_capacity) {
        c->codes_capacity = most * 2;
        c->codes = reallocarray(c->codes, c->codes_capacity, sizeof *c->codes);
        YB_ASSERT(c->codes != NULL);
    }
    yb_month_group_case(list, c->codes, &grouped);
    yb_group(c->schemes[n].scheme, c->schemes[n].scratch, &grouped, ret, NULL);
}

static bool is_low_risk(const yb_closing_t *c, const yb_month_settlement_t *s, const yb_month_list_t *list)
{
    char code[YB_CODE_TEXT_MAX + 1];
    const size_t len = strcspn(list->dx, " ");
    if (!list->has_principal || len == 0 || len > YB_CODE_TEXT_MAX)
        return false;
    memcpy(code, list->dx, len);
    code[len] = '\0';
    return yb_low_risk_disease(c->about.rules, yb_month_discharge(s, list), code) != NULL;
}

/* NULL = in no disease, or the plan is none of DIP. */
static const yb_dip_facts_t *dip_of(yb_closing_t *c, const yb_month_list_t *list, bool keep)
{
    if (list == NULL || c->month.plan->method != YB_METHOD_DIP)
        return NULL;
    const size_t need = strlen(list->px) + 1;
    if (need > c->ops_capacity) {
        c->ops_capacity = need * 2;
        c->ops = realloc(c->ops, c->ops_capacity);
        YB_ASSERT(c->ops != NULL);
    }
    if (!yb_month_dip_facts(list, c->ops, &c->dip))
        return NULL;
    if (!keep)
        return &c->dip;
    yb_dip_facts_t *kept = yb_arena_memdup(c->arena, &c->dip, sizeof c->dip);
    kept->dx.data = yb_arena_strndup(c->arena, c->dip.dx.data, c->dip.dx.len);
    kept->ops.data = yb_arena_strndup(c->arena, c->dip.ops.data, c->dip.ops.len);
    return kept;
}

yb_month_way_t yb_closing_way(yb_closing_t *c, const yb_month_settlement_t *s, const yb_month_list_t *list,
                              const yb_month_ruling_t *ruling, bool keep)
{
    const char *pay = ruling == NULL ? yb_month_pay(c->month.plan, s, list, c->pay) : "";
    return (yb_month_way_t){ .med_type = keep ? yb_closing_text(c, s->med_type) : s->med_type,
                             .pay = keep ? yb_closing_text(c, pay) : pay,
                             .dip = dip_of(c, list, keep) };
}

yb_err_t yb_closing_case(yb_closing_t *c, const yb_month_settlement_t *s, const yb_month_list_t *list,
                         const yb_month_ruling_t *ruling, yb_sm3_t *sm3, yb_run_case_t *ret_row, yb_refusal_t *ret_why)
{
    yb_group_result_t result;
    int16_t scheme = YB_RUN_CASE_NO_SCHEME;
    if (s->basic_fund_fen < 0)
        return yb_refuse(ret_why, YB_E_SETTLEMENT_UNKNOWN, "basic_fund",
                         "结算%lld的统筹基金支付额未知（旧版本传来），请先运行：yibaoctl drg backfill",
                         (long long)s->setl_id);
    const bool grouped = list != NULL && c->month.plan->method != YB_METHOD_DIP; /* DIP knows diseases, no groups */
    yb_err_t err = grouped ? find_scheme(c, s, list, &scheme, ret_why) : YB_OK;
    if (err != YB_OK)
        return err;
    if (grouped)
        group(c, list, (size_t)scheme, &result);
    yb_run_case_t row = yb_month_row(&c->month, s, list, grouped ? &result : NULL, scheme, ruling);
    if (list != NULL && is_low_risk(c, s, list))
        row.flags |= YB_CASE_LOW_RISK;
    row.fixmedins_code = yb_closing_text(c, row.fixmedins_code);
    row.insutype = yb_closing_text(c, row.insutype);
    row.dscg_caty = yb_closing_text(c, row.dscg_caty);
    row.drg = yb_closing_text(c, row.drg);
    hash_settlement(sm3, s);
    if (list != NULL)
        hash_list(sm3, list);
    if (ruling != NULL)
        hash_ruling(sm3, ruling);
    *ret_row = row;
    return YB_OK;
}
