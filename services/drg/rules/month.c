#include "services/drg/rules/month.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "services/drg/rules/wide.h"

/* ---- months ---- */

bool yb_month_valid(int32_t ym) { return ym >= 190001 && ym <= 999812 && ym % 100 >= 1 && ym % 100 <= 12; }
yb_day_t yb_month_first_day(int32_t ym) { return ym * 100 + 1; }
int32_t yb_month_next(int32_t ym) { return ym % 100 == 12 ? ym + 89 : ym + 1; }

int64_t yb_month_upload_until_us(const yb_plan_t *plan, int32_t ym)
{
    const int64_t hour_us = INT64_C(3600) * 1000000;
    if (plan->calendar.upload_day == 0)
        return INT64_MAX;
    const yb_day_t end = yb_day_add(yb_month_first_day(yb_month_next(ym)), plan->calendar.upload_day);
    return ((int64_t)yb_day_diff(19700101, end) * 24 - 8) * hour_us; /* civil days are Asia/Shanghai's: UTC+8 */
}

/* ---- grouping ---- */

static size_t codes_in(const char *text)
{
    size_t count = text[0] != '\0';
    for (const char *c = text; (c = strchr(c, ' ')) != NULL; c++)
        count++;
    return count;
}

size_t yb_month_codes_max(const yb_month_list_t *list) { return codes_in(list->dx) + codes_in(list->px) + 1; }

static size_t split(const char *text, yb_slice_t *out)
{
    size_t count = 0;
    while (*text != '\0') {
        const char *end = strchr(text, ' ');
        const size_t len = end != NULL ? (size_t)(end - text) : strlen(text);
        out[count++] = (yb_slice_t){ text, len };
        text += len + (end != NULL);
    }
    return count;
}

static int32_t known(int32_t value) { return value < 0 ? YB_CASE_MISSING : value; }

void yb_month_group_case(const yb_month_list_t *list, yb_slice_t *codes, yb_group_case_t *ret_case)
{
    yb_slice_t *at = codes;
    if (!list->has_principal)
        *at++ = (yb_slice_t){ "", 0 };
    at += split(list->dx, at);
    yb_group_case_t c = { .dx = codes, .dx_count = (size_t)(at - codes), .px = at };
    c.px_count = split(list->px, at);
    c.values[YB_CASE_SEX] = list->sex == 0 ? YB_CASE_MISSING : list->sex;
    c.values[YB_CASE_AGE] = known(list->age);
    c.values[YB_CASE_AGE_DAY] = known(list->age_day);
    c.values[YB_CASE_WEIGHT] = known(list->adm_wt_g >= 0 ? list->adm_wt_g : list->bir_wt_g);
    c.values[YB_CASE_LOS] = known(list->los);
    c.values[YB_CASE_ICU] = list->icu;
    *ret_case = c;
}

bool yb_month_dip_facts(const yb_month_list_t *list, char *ops, yb_dip_facts_t *ret_facts)
{
    yb_dip_case_t parsed;
    size_t len = strlen(list->px);
    memcpy(ops, list->px, len + 1);
    for (char *c = ops; (c = strchr(c, ' ')) != NULL;)
        *c = '+';
    const yb_dip_facts_t facts = { .dx = { list->dx, strcspn(list->dx, " ") },
                                   .ops = { ops, len },
                                   .op_kind = YB_DIP_OP_KINDS,
                                   .age = list->age < 0 || (list->age == 0 && list->age_day < 0)
                                              ? ""
                                              : yb_dip_age_band(list->age, list->age_day),
                                   .severity = "",
                                   .tumour = "",
                                   .level = "" };
    if (!list->has_principal || yb_dip_case_parse(facts.dx, facts.ops, &parsed) != YB_OK)
        return false;
    *ret_facts = facts;
    return true;
}

yb_day_t yb_month_discharge(const yb_month_settlement_t *settlement, const yb_month_list_t *list)
{
    return list != NULL && list->discharge_day != 0 ? list->discharge_day : yb_time_day(settlement->endtime);
}

/* ---- the row ---- */

/* Days of a stay by its dates, one at least; a day that is none gives one. */
static int32_t days_of(const yb_month_settlement_t *s)
{
    const yb_day_t from = yb_time_day(s->begntime), to = yb_time_day(s->endtime);
    if (!yb_day_valid(from) || !yb_day_valid(to) || to <= from)
        return 1;
    return yb_day_diff(from, to);
}

static bool is_offsite(int32_t poolarea, const char *fixmedins_code)
{
    const int32_t prefecture = poolarea / 100;
    int32_t at = 0;
    if (strlen(fixmedins_code) < 5)
        return true;
    for (size_t i = 1; i <= 4; i++) {
        if (fixmedins_code[i] < '0' || fixmedins_code[i] > '9')
            return true;
        at = at * 10 + (fixmedins_code[i] - '0');
    }
    return at != prefecture;
}

static void take_list(const yb_month_about_t *about, const yb_month_list_t *list, const yb_group_result_t *group,
                      yb_run_case_t *row)
{
    row->dscg_caty = list->dscg_caty;
    row->list_version = list->version;
    row->drg = group != NULL ? group->drg : "";
    row->reason = group != NULL ? (uint8_t)group->reason : YB_GROUP_NONE;
    row->class = YB_PAY_NORMAL;
    if (list->los >= 0)
        row->los = list->los;
    if (strcmp(list->dscg_way, "5") == 0)
        row->flags |= YB_CASE_DIED;
    if (list->state_us > about->upload_until_us)
        row->flags |= YB_CASE_SENT_LATE;
}

yb_run_case_t yb_month_row(const yb_month_about_t *about, const yb_month_settlement_t *s, const yb_month_list_t *list,
                           const yb_group_result_t *group, int16_t scheme, const yb_month_ruling_t *ruling)
{
    yb_run_case_t row = { .fixmedins_code = s->fixmedins_code,
                          .insutype = s->insutype,
                          .dscg_caty = "",
                          .drg = "",
                          .setl_id = s->setl_id,
                          .los = days_of(s),
                          .fee_fen = s->fee_fen,
                          .other_pay_fen = s->fee_fen - s->basic_fund_fen,
                          .booked_fen = s->basic_fund_fen,
                          .scheme = scheme,
                          .kind = YB_CASE_OF_MONTH,
                          .class = YB_PAY_LATE };
    if (is_offsite(about->poolarea, s->fixmedins_code))
        row.flags |= YB_CASE_OFFSITE;
    if (list != NULL)
        take_list(about, list, group, &row);
    if (ruling != NULL) {
        row.flags |= YB_CASE_RULED;
        row.class = ruling->pay_as == YB_RULED_SPECIAL ? YB_PAY_SPECIAL : YB_PAY_NORMAL;
        if (ruling->pay_as == YB_RULED_GROUP) {
            row.drg = ruling->drg;
            row.reason = YB_GROUP_NONE;
        }
    }
    return row;
}

yb_run_case_t yb_month_take_back(const yb_run_case_t *released)
{
    yb_run_case_t row = *released;
    row.kind = YB_CASE_TAKEN_BACK;
    row.fee_fen = -released->fee_fen;
    row.other_pay_fen = -released->other_pay_fen;
    row.booked_fen = -released->booked_fen;
    row.standard_fen = -released->standard_fen;
    row.due_fen = 0;
    return row;
}

static bool begins_with_one(const char *text, size_t len, const char (*beginnings)[YB_PLAN_TEXT], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(beginnings[i]) <= len && strncmp(text, beginnings[i], strlen(beginnings[i])) == 0)
            return true;
    return false;
}

static bool fits_disease(const yb_plan_disease_t *disease, const yb_month_list_t *list)
{
    if (!list->has_principal || !begins_with_one(list->dx, strcspn(list->dx, " "), disease->dx, disease->dx_count))
        return false;
    bool fits = disease->px_count == 0;
    for (const char *px = list->px; *px != '\0' && !fits;) {
        const size_t len = strcspn(px, " ");
        fits = begins_with_one(px, len, disease->px, disease->px_count);
        px += len + (px[len] != '\0');
    }
    return fits;
}

static bool fits_day(const yb_plan_day_t *day, const yb_month_list_t *list, const char *fixmedins_code)
{
    if (day->institution[0] != '\0' && strcmp(day->institution, fixmedins_code) != 0)
        return false;
    return day->dept_count == 0 ||
           begins_with_one(list->dscg_caty, strlen(list->dscg_caty), day->depts, day->dept_count);
}

const char *yb_month_pay(const yb_plan_t *plan, const yb_month_settlement_t *s, const yb_month_list_t *list,
                         char buf[YB_MONTH_PAY_TEXT])
{
    if (list == NULL || s->fee_fen == 0)
        return "";
    for (size_t i = 0; strcmp(list->hi_paymtd, "5") == 0 && i < plan->day_count; i++)
        if (fits_day(&plan->days[i], list, s->fixmedins_code)) {
            snprintf(buf, YB_MONTH_PAY_TEXT, "day:%s", plan->days[i].kind);
            return buf;
        }
    for (size_t i = 0; strcmp(list->hi_paymtd, "2") == 0 && i < plan->disease_count; i++)
        if (fits_disease(&plan->diseases[i], list) &&
            yb_plan_disease(plan, plan->diseases[i].code, s->fixmedins_code) != NULL) {
            snprintf(buf, YB_MONTH_PAY_TEXT, "disease:%s", plan->diseases[i].code);
            return buf;
        }
    return "";
}

/* A row taken back is worth what it was worth, whatever plan and mean are by now: its points within the budget of this
 * month; as money outside of it where it had none. */
static yb_err_t resolve_as_it_was(const yb_plan_t *plan, const yb_run_case_t *row, yb_pay_facts_t *facts,
                                  yb_pay_case_t *c, yb_refusal_t *ret_why)
{
    const bool was_outside = row->class == YB_PAY_ITEM || row->class == YB_PAY_DISEASE;
    const bool had_points = row->points_e4 != 0 || row->gross_fen == 0;
    const bool in_points = yb_plan_by_points(plan) && had_points && !was_outside;
    facts->pay = was_outside || (yb_plan_by_points(plan) && !had_points) ? "item" : "special"; /* which has its pool */
    yb_err_t err = yb_pay_resolve(plan, facts, c, ret_why);
    if (err != YB_OK)
        return err;
    c->kind = row->class;
    c->scored = true;
    c->fixed = in_points ? row->points_e4 : row->gross_fen; /* negated, since the fee is */
    return YB_OK;
}

void yb_month_take_out(const yb_run_case_t *row, yb_pay_case_t *c)
{
    c->pool = -1;
    c->fixed = row->gross_fen;
}

/* Under a DIP plan, in no disease. */
static yb_err_t resolve_none(const yb_plan_t *plan, yb_pay_facts_t *facts, yb_pay_case_t *c, yb_refusal_t *ret_why)
{
    facts->pay = "special"; /* the pool is that of a case paid by its cost */
    yb_err_t err = yb_pay_resolve(plan, facts, c, ret_why);
    return err != YB_OK ? err : yb_dip_resolve_cost(plan, plan->factor_e6[YB_FACTOR_NONE], YB_PAY_NONE, c, ret_why);
}

static const char *pay_of(const yb_run_case_t *row, const yb_month_way_t *way)
{
    if (row->class == YB_PAY_LATE || row->class == YB_PAY_SPECIAL)
        return yb_pay_class_name((yb_pay_class_t)row->class);
    return way->pay;
}

yb_err_t yb_month_resolve(const yb_plan_t *plan, const yb_run_case_t *row, const char *id, const yb_month_way_t *way,
                          yb_pay_case_t *ret_case, yb_refusal_t *ret_why)
{
    yb_err_t err = YB_OK;
    yb_refusal_t why = { .code = YB_OK };
    yb_pay_facts_t facts = { .fixmedins_code = row->fixmedins_code,
                             .insutype = row->insutype,
                             .drg = row->drg,
                             .dip = way->dip,
                             .pay = pay_of(row, way),
                             .med_type = way->med_type,
                             .los = row->los,
                             .offsite = (row->flags & YB_CASE_OFFSITE) != 0 };
    yb_pay_case_t c = { .id = id, .fee_fen = row->fee_fen, .other_pay_fen = row->other_pay_fen };
    if (row->fee_fen > YB_CASE_FEE_MAX || row->fee_fen < -YB_CASE_FEE_MAX)
        return yb_refuse(ret_why, YB_E_FIELD_RANGE, "medfee_sumamt", "结算%s的总费用超出可计算范围", id);
    if (row->kind == YB_CASE_TAKEN_BACK)
        err = resolve_as_it_was(plan, row, &facts, &c, &why);
    else if (plan->method == YB_METHOD_DIP && facts.pay[0] == '\0' && way->dip == NULL &&
             !yb_pay_left_out(&plan->scope, &facts))
        err = resolve_none(plan, &facts, &c, &why);
    else
        err = yb_pay_resolve(plan, &facts, &c, &why);
    if (err != YB_OK)
        return yb_refuse(ret_why, err, why.field, "结算%s：%s", id, why.text);
    *ret_case = c;
    return YB_OK;
}

yb_fen_t yb_month_standard(const yb_plan_t *plan, int64_t mean_e4, const yb_pay_case_t *c)
{
    if (c->kind != YB_PAY_NORMAL || c->pool < 0)
        return 0;
    const int64_t base_e4 = plan->method == YB_METHOD_POINTS ? mean_e4 : plan->pools[c->pool].rate_e4;
    /* 10^-12 yuan: base 10^11 × RW 10^7 × k 10^6 */
    const yb_wide_t fen = yb_wide_half_up((yb_wide_t)base_e4 * c->rw_e4 * c->k_e4, yb_wide_ten(10));
    return c->fee_fen < 0 ? -(yb_fen_t)fen : (yb_fen_t)fen;
}

/* ---- what is owed ---- */

static int by_insutype(const void *a, const void *b)
{
    return strcmp(((const yb_month_sum_t *)a)->insutype, ((const yb_month_sum_t *)b)->insutype);
}

static bool add(yb_month_sum_t *sum, const yb_run_case_t *row)
{
    sum->case_count++;
    return !(__builtin_add_overflow(sum->points_e4, row->points_e4, &sum->points_e4) ||
             __builtin_add_overflow(sum->fee_fen, row->fee_fen, &sum->fee_fen) ||
             __builtin_add_overflow(sum->other_pay_fen, row->other_pay_fen, &sum->other_pay_fen) ||
             __builtin_add_overflow(sum->gross_fen, row->gross_fen, &sum->gross_fen) ||
             __builtin_add_overflow(sum->due_fen, row->due_fen, &sum->due_fen) ||
             __builtin_add_overflow(sum->booked_fen, row->booked_fen, &sum->booked_fen));
}

/* Each insutype of one institution, from `rows` on; returns how many rows were its. */
static size_t sum_institution(const yb_run_case_t *rows, size_t count, yb_month_sum_t *sums, size_t *ret_sums,
                              bool *ret_good)
{
    size_t n = 0, i = 0;
    for (; i < count && strcmp(rows[i].fixmedins_code, rows[0].fixmedins_code) == 0; i++) {
        size_t k = 0;
        while (k < n && strcmp(sums[k].insutype, rows[i].insutype) != 0)
            k++;
        if (k == n && n < YB_MONTH_INSUTYPES_MAX)
            sums[n++] = (yb_month_sum_t){ .fixmedins_code = rows[0].fixmedins_code, .insutype = rows[i].insutype };
        *ret_good = *ret_good && k < n && add(&sums[k], &rows[i]);
        if (!*ret_good)
            break;
    }
    qsort(sums, n, sizeof *sums, by_insutype);
    *ret_sums = n;
    return i;
}

yb_err_t yb_month_sums(const yb_plan_t *plan, const yb_run_case_t *rows, size_t count, yb_month_sum_t *ret_sums,
                       size_t *ret_count)
{
    size_t total = 0, n = 0;
    bool good = true;
    for (size_t at = 0; at < count && good; total += n)
        at += sum_institution(rows + at, count - at, ret_sums + total, &n, &good);
    for (size_t i = 0; i < total && good; i++) {
        yb_month_sum_t *s = &ret_sums[i];
        good = yb_fen_mul_ppm(s->due_fen, plan->prepay_ratio_ppm, &s->prepaid_fen) == YB_OK &&
               !__builtin_sub_overflow(s->due_fen, s->prepaid_fen, &s->withheld_fen);
    }
    *ret_count = total;
    return good ? YB_OK : YB_E_OVERFLOW;
}
