#include "dip.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/drg/rules/ratio.h"

/* ---- keys ---- */

static const char *const op_kinds[YB_DIP_OP_KINDS] = { "none", "diagnostic", "therapeutic", "operation" };

const char *yb_dip_op_kind_name(yb_dip_op_kind_t kind) { return kind < YB_DIP_OP_KINDS ? op_kinds[kind] : "?"; }

bool yb_dip_op_kind_parse(yb_slice_t text, yb_dip_op_kind_t *ret)
{
    for (size_t i = 0; i < YB_DIP_OP_KINDS; i++)
        if (strlen(op_kinds[i]) == text.len && memcmp(op_kinds[i], text.data, text.len) == 0) {
            *ret = (yb_dip_op_kind_t)i;
            return true;
        }
    return false;
}

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

int yb_dip_chapter(const char *dx, size_t len)
{
    static const struct {
        char last[4];
        int chapter;
    } ends[] = {
        /* the last category of each chapter, ascending */
        { "B99", 1 },  { "D48", 2 },  { "D89", 3 },  { "E90", 4 },  { "F99", 5 },  { "G99", 6 },
        { "H59", 7 },  { "H95", 8 },  { "I99", 9 },  { "J99", 10 }, { "K93", 11 }, { "L99", 12 },
        { "M99", 13 }, { "N99", 14 }, { "O99", 15 }, { "P96", 16 }, { "Q99", 17 }, { "R99", 18 },
        { "T98", 19 }, { "U99", 22 }, { "Y98", 20 }, { "Z99", 21 },
    };
    if (len < 3 || dx[0] < 'A' || dx[0] > 'Z' || !is_digit(dx[1]) || !is_digit(dx[2]))
        return 0;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
        if (memcmp(dx, ends[i].last, 3) <= 0)
            return ends[i].chapter;
    return 0;
}

static int by_slice(const void *a, const void *b)
{
    const yb_slice_t *x = a, *y = b;
    int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* Splits at "+"; -1: an empty one, a blank or a "/" in one, or too many. */
static int split_ops(yb_slice_t ops, yb_slice_t ret[YB_DIP_OPS_MAX])
{
    int count = 0;
    for (size_t from = 0; ops.len > 0 && from <= ops.len; count++) {
        const char *plus = memchr(ops.data + from, '+', ops.len - from);
        size_t to = plus != NULL ? (size_t)(plus - ops.data) : ops.len;
        if (to == from || count == YB_DIP_OPS_MAX)
            return -1;
        for (size_t i = from; i < to; i++)
            if ((unsigned char)ops.data[i] <= ' ' || ops.data[i] == '/')
                return -1;
        ret[count] = (yb_slice_t){ ops.data + from, to - from };
        from = to + 1;
    }
    return count;
}

static bool is_letter_or_digit(char c) { return is_digit(c) || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

yb_err_t yb_dip_case_parse(yb_slice_t dx, yb_slice_t ops, yb_dip_case_t *ret)
{
    yb_dip_case_t c = { .op_kind = YB_DIP_OP_KINDS };
    int count = split_ops(ops, c.ops);
    size_t len = dx.len > 4 && dx.data[3] == '.' ? 5 : 4;
    if (count < 0 || dx.len < len || yb_dip_chapter(dx.data, dx.len) == 0 || !is_letter_or_digit(dx.data[len - 1]))
        return YB_E_FIELD_FORM;
    memcpy(c.dx, dx.data, len);
    qsort(c.ops, (size_t)count, sizeof(*c.ops), by_slice);
    for (int i = 0; i < count; i++)
        if (i == 0 || by_slice(&c.ops[i - 1], &c.ops[i]) != 0)
            c.ops[c.op_count++] = c.ops[i];
    *ret = c;
    return YB_OK;
}

yb_err_t yb_dip_key(const yb_dip_case_t *c, char ret[YB_DIP_KEY_TEXT])
{
    size_t at = (size_t)snprintf(ret, YB_DIP_KEY_TEXT, "%s:", c->dx);
    for (size_t i = 0; i < c->op_count; i++) {
        if (at + c->ops[i].len + 2 > YB_DIP_KEY_TEXT)
            return YB_E_FIELD_FORM;
        at += (size_t)snprintf(ret + at, YB_DIP_KEY_TEXT - at, "%s%.*s", i > 0 ? "+" : "", (int)c->ops[i].len,
                               c->ops[i].data);
    }
    return YB_OK;
}

void yb_dip_composite_key(int chapter, yb_dip_op_kind_t kind, char ret[YB_DIP_KEY_TEXT])
{
    snprintf(ret, YB_DIP_KEY_TEXT, "~%02d:%s", chapter, yb_dip_op_kind_name(kind));
}

/* ---- means and weights ---- */

static const int64_t year_weight[YB_DIP_YEARS] = { 1, 2, 7 };

int64_t yb_dip_weighted_e1(const yb_dip_sums_t *sums)
{
    int64_t sum = 0;
    for (int y = 0; y < YB_DIP_YEARS; y++)
        sum += year_weight[y] * sums->n[y];
    return sum;
}

/* On the common denominator of the years with cases: 7·10^16·(10^7)² and 10·(10^7)³ are the greatest. */
yb_dip_mean_t yb_dip_mean(const yb_dip_sums_t *sums)
{
    yb_dip_mean_t mean = { 0, 0 };
    yb_wide_t common = 1;
    int64_t weights = 0;
    for (int y = 0; y < YB_DIP_YEARS; y++) {
        YB_ASSERT(sums->n[y] >= 0 && sums->n[y] <= YB_DIP_CASES_MAX && sums->fee_fen[y] >= 0 &&
                  sums->fee_fen[y] <= YB_FEN_MAX);
        common *= sums->n[y] > 0 ? sums->n[y] : 1;
        weights += sums->n[y] > 0 ? year_weight[y] : 0;
    }
    for (int y = 0; y < YB_DIP_YEARS; y++)
        if (sums->n[y] > 0)
            mean.fen += year_weight[y] * (yb_wide_t)sums->fee_fen[y] * (common / sums->n[y]);
    mean.cases = weights > 0 ? common * weights : 0;
    return mean;
}

yb_err_t yb_dip_weight(const yb_dip_mean_t *m, const yb_dip_mean_t *all, int64_t *ret_rw_e4)
{
    const yb_wide_t over[] = { m->fen, all->cases, 1000 * 10000 }, under[] = { m->cases, all->fen };
    return yb_ratio_half_up(over, 3, under, 2, ret_rw_e4);
}

yb_err_t yb_dip_mean_fen(const yb_dip_mean_t *mean, yb_fen_t *ret_fen)
{
    return yb_ratio_half_up(&mean->fen, 1, &mean->cases, 1, ret_fen);
}

/* ---- one case ---- */

yb_dip_mean_t yb_dip_reference(int64_t level_n, yb_fen_t level_fee_fen, const yb_dip_mean_t *m)
{
    return level_n >= YB_DIP_LEVEL_CASES ? (yb_dip_mean_t){ level_fee_fen, level_n } : *m;
}

yb_err_t yb_dip_score(int64_t rw_e4, int64_t aux_e4, int64_t k_e4, yb_fen_t fee_fen, const yb_dip_mean_t *reference,
                      yb_dip_bounds_t bounds, yb_dip_class_t *ret_class, int64_t *ret_score_e4)
{
    YB_ASSERT(fee_fen >= 0 && reference->cases > 0);
    /* c ÷ mean = cost ÷ mean.fen; the same with whole numbers */
    const yb_wide_t cost = (yb_wide_t)fee_fen * reference->cases, mean = reference->fen;
    yb_wide_t over[] = { rw_e4, aux_e4, k_e4, 1 }, under[] = { 10000, 10000, 1 };
    yb_dip_class_t class = YB_DIP_NORMAL;
    if (2 * cost < mean || (2 * cost == mean && bounds.low_included))
        class = YB_DIP_LOW;
    else if (cost > 2 * mean || (cost == 2 * mean && bounds.high_included))
        class = YB_DIP_HIGH;
    if (class != YB_DIP_NORMAL && mean > 0) {
        over[3] = class == YB_DIP_LOW ? cost : cost - mean;
        under[2] = mean;
    }
    yb_err_t err = yb_ratio_half_up(over, 4, under, 3, ret_score_e4);
    if (err == YB_OK)
        *ret_class = class;
    return err;
}

/* ---- auxiliary coefficients ---- */

const char *yb_dip_age_band(int years, int days)
{
    if (years < 1)
        return days <= 28 ? "0-28d" : "29d-1y";
    if (years <= 6)
        return "1-6";
    if (years <= 17)
        return "7-17";
    return years >= 66 ? "66+" : "";
}

bool yb_dip_is_age_band(const char *text)
{
    static const struct {
        int years, days;
    } one_of_each[] = { { 0, 0 }, { 0, 29 }, { 1, 0 }, { 7, 0 }, { 66, 0 } };
    for (size_t i = 0; i < sizeof one_of_each / sizeof one_of_each[0]; i++)
        if (strcmp(text, yb_dip_age_band(one_of_each[i].years, one_of_each[i].days)) == 0)
            return true;
    return false;
}

int64_t yb_dip_aux_coefficient(const yb_dip_aux_t *list, size_t count, const char *age, const char *severity,
                               const char *tumour)
{
    int64_t largest_e4 = 0;
    for (size_t i = 0; i < count; i++) {
        const char *fact = strcmp(list[i].table, "age") == 0        ? age
                           : strcmp(list[i].table, "severity") == 0 ? severity
                                                                    : tumour;
        if (fact[0] != '\0' && strcmp(fact, list[i].key) == 0 && list[i].coefficient_e4 > largest_e4)
            largest_e4 = list[i].coefficient_e4;
    }
    return largest_e4 > 0 ? largest_e4 : 10000;
}
