#include "services/drg/rules/report.h"

#include <stdlib.h>
#include <string.h>

#include "services/drg/rules/group.h"
#include "services/drg/rules/ratio.h"

static const struct {
    int scale;
    const char *zh, *lacks;
} figure_words[] = {
#define X(sym, scale, zh, lacks) { scale, zh, lacks },
    YB_REPORT_FIGURES(X)
#undef X
};

int yb_report_figure_scale(yb_report_figure_t figure) { return figure_words[figure].scale; }
const char *yb_report_figure_zh(yb_report_figure_t figure) { return figure_words[figure].zh; }
const char *yb_report_figure_lacks(yb_report_figure_t figure) { return figure_words[figure].lacks; }

bool yb_report_is_drg(const char *drg)
{
    const size_t len = strlen(drg);
    return len > 0 && strcmp(drg, YB_GROUP_UNGROUPED) != 0 && (len < 2 || strcmp(drg + len - 2, "QY") != 0);
}

/* ---- kinds of cases ---- */

static bool is_excluded(const yb_report_cell_t *cell)
{
    return cell->class == YB_PAY_DAY || cell->class == YB_PAY_DISEASE || cell->class == YB_PAY_ITEM;
}

static bool is_grouped(const yb_report_cell_t *cell)
{
    return !is_excluded(cell) && cell->class != YB_PAY_NONE && yb_report_is_drg(cell->drg);
}

/* By DRG or DIP (whatever its class: their budget pays it) or by single disease. */
static bool is_paid_by_case(const yb_report_cell_t *cell)
{
    return cell->class != YB_PAY_DAY && cell->class != YB_PAY_ITEM;
}

/* ---- sums ---- */

static yb_err_t add(int64_t *sum, int64_t value)
{
    return __builtin_add_overflow(*sum, value, sum) ? YB_E_OVERFLOW : YB_OK;
}

static yb_err_t add_sums(yb_report_sums_t *sums, const yb_report_sums_t *more)
{
    int64_t *const to[] = { &sums->n,         &sums->listed,  &sums->weighted,      &sums->rw_e4,
                            &sums->days,      &sums->deaths,  &sums->low_risk,      &sums->low_risk_deaths,
                            &sums->points_e4, &sums->fee_fen, &sums->other_pay_fen, &sums->booked_fen,
                            &sums->gross_fen, &sums->due_fen };
    const int64_t what[] = { more->n,         more->listed,  more->weighted,      more->rw_e4,
                             more->days,      more->deaths,  more->low_risk,      more->low_risk_deaths,
                             more->points_e4, more->fee_fen, more->other_pay_fen, more->booked_fen,
                             more->gross_fen, more->due_fen };
    _Static_assert(sizeof(yb_report_sums_t) == sizeof what, "a sum is forgotten");
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < sizeof what / sizeof what[0] && err == YB_OK; i++)
        err = add(to[i], what[i]);
    return err;
}

/* ---- what the indexes compare ---- */

/* The grouped cases of a DRG, of a month or of all months (0). */
typedef struct mean {
    int32_t ym;
    const char *drg;
    int64_t n, days;
    yb_fen_t fee_fen;
} mean_t;
typedef struct region {
    mean_t *means; /* by month, then by DRG */
    size_t count;
} region_t;

static int compare_means(const void *a, const void *b)
{
    const mean_t *x = a, *y = b;
    return x->ym != y->ym ? (x->ym > y->ym) - (x->ym < y->ym) : strcmp(x->drg, y->drg);
}

static yb_err_t mean_add(mean_t *mean, int64_t n, int64_t days, yb_fen_t fee_fen)
{
    yb_err_t err = add(&mean->n, n);
    err = err == YB_OK ? add(&mean->days, days) : err;
    return err == YB_OK ? add(&mean->fee_fen, fee_fen) : err;
}

static yb_err_t region_make(const yb_report_cell_t *cells, size_t count, bool by_month, yb_arena_t *arena,
                            region_t *ret_region)
{
    mean_t *means = YB_NEW_ARRAY(arena, mean_t, count + 1);
    size_t n = 0, merged = 0;
    if (means == NULL)
        return YB_E_NO_MEMORY;
    for (const yb_report_cell_t *c = cells; c < cells + count; c++)
        if (is_grouped(c))
            means[n++] = (mean_t){ by_month ? c->ym : 0, c->drg, c->sums.n, c->sums.days, c->sums.fee_fen };
    qsort(means, n, sizeof means[0], compare_means);
    for (size_t i = 0; i < n; i++) {
        yb_err_t err = YB_OK;
        if (merged > 0 && compare_means(&means[merged - 1], &means[i]) == 0)
            err = mean_add(&means[merged - 1], means[i].n, means[i].days, means[i].fee_fen);
        else
            means[merged++] = means[i];
        if (err != YB_OK)
            return err;
    }
    *ret_region = (region_t){ means, merged };
    return YB_OK;
}

static const mean_t *region_find(const region_t *region, int32_t ym, const char *drg)
{
    const mean_t key = { .ym = ym, .drg = drg };
    return region->count == 0 ? NULL
                              : bsearch(&key, region->means, region->count, sizeof region->means[0], compare_means);
}

/* ---- one row ---- */

/* A cell and the parts of its key that are asked for; the others are "" and 0. */
typedef struct item {
    const char *fixmedins_code, *dscg_caty, *drg;
    int32_t ym;
    int class;
    const yb_report_cell_t *cell;
} item_t;

static int compare_keys(const item_t *x, const item_t *y)
{
    int order = strcmp(x->fixmedins_code, y->fixmedins_code);
    order = order != 0 ? order : strcmp(x->dscg_caty, y->dscg_caty);
    order = order != 0 ? order : (x->ym > y->ym) - (x->ym < y->ym);
    order = order != 0 ? order : x->class - y->class;
    return order != 0 ? order : strcmp(x->drg, y->drg);
}

static int compare_items(const void *a, const void *b)
{
    const item_t *x = a, *y = b;
    const int order = compare_keys(x, y);
    return order != 0 ? order : strcmp(x->cell->drg, y->cell->drg);
}

/* What a row needs besides its sums. */
typedef struct tally {
    yb_fen_t case_fee_fen, case_due_fen; /* of the cases paid by DRG or disease */
    yb_ratio_term_t *days, *fees;        /* own sum × region's n ÷ region's sum: n × (own mean ÷ region's mean) */
    size_t terms;
} tally_t;

static yb_err_t add_cell(yb_report_row_t *row, tally_t *tally, const yb_report_cell_t *cell)
{
    yb_err_t err = add_sums(&row->key.sums, &cell->sums);
    if (err == YB_OK && is_excluded(cell))
        err = add(&row->excluded, cell->sums.n);
    if (err == YB_OK && is_grouped(cell))
        err = add(&row->grouped, cell->sums.n);
    if (err == YB_OK && cell->class == YB_PAY_LOW)
        err = add(&row->low, cell->sums.n);
    if (err == YB_OK && cell->class == YB_PAY_HIGH)
        err = add(&row->high, cell->sums.n);
    if (err == YB_OK && is_paid_by_case(cell))
        err = add(&tally->case_fee_fen, cell->sums.fee_fen);
    if (err == YB_OK && is_paid_by_case(cell))
        err = add(&tally->case_due_fen, cell->sums.due_fen);
    return err;
}

/* A DRG enters the indexes where both sides have cases, days and cost of it. */
static void add_drg(yb_report_row_t *row, tally_t *tally, const mean_t *own, const mean_t *all)
{
    row->drg_count += own->n > 0;
    if (own->n <= 0 || own->days < 0 || own->fee_fen < 0 || all == NULL || all->n <= 0 || all->days <= 0 ||
        all->fee_fen <= 0)
        return;
    row->compared += own->n;
    tally->days[tally->terms] = (yb_ratio_term_t){ (yb_wide_t)own->days * all->n, all->days };
    tally->fees[tally->terms++] = (yb_ratio_term_t){ (yb_wide_t)own->fee_fen * all->n, all->fee_fen };
}

/* over × times ÷ under, half-up; known when something stands below the line. */
static yb_err_t quotient(int64_t over, int64_t times, int64_t under, yb_figure_t *ret)
{
    *ret = (yb_figure_t){ 0, under > 0 };
    if (under <= 0)
        return YB_OK;
    const yb_wide_t value = yb_wide_half_up((yb_wide_t)over * times, under);
    ret->value = (int64_t)value;
    return ret->value == value ? YB_OK : YB_E_OVERFLOW;
}

static yb_err_t set_quotients(yb_report_row_t *row, const tally_t *tally)
{
    const yb_report_sums_t *s = &row->key.sums;
    const int64_t share = 10000, rare = 1000000, hundredths = 100, as_it_is = 1;
    const struct {
        yb_report_figure_t figure;
        int64_t over, times, under;
    } quotients[] = {
        { YB_FIGURE_CMI, s->rw_e4, as_it_is, s->weighted },
        { YB_FIGURE_GROUPING, row->grouped, share, s->n - row->excluded },
        { YB_FIGURE_LOW_RISK_DEATH, s->low_risk_deaths, rare, s->low_risk },
        { YB_FIGURE_PAID_SHARE, tally->case_fee_fen, share, s->fee_fen },
        { YB_FIGURE_PAID_FUND_SHARE, tally->case_due_fen, share, s->due_fen },
        { YB_FIGURE_MEAN_FEE, s->fee_fen, as_it_is, s->n },
        { YB_FIGURE_MEAN_DAYS, s->days, hundredths, s->n },
        { YB_FIGURE_LOW_SHARE, row->low, share, s->weighted },
        { YB_FIGURE_HIGH_SHARE, row->high, share, s->weighted },
    };
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < sizeof quotients / sizeof quotients[0] && err == YB_OK; i++)
        err = quotient(quotients[i].over, quotients[i].times, quotients[i].under, &row->figures[quotients[i].figure]);
    return err;
}

static yb_err_t set_indexes(yb_report_row_t *row, const tally_t *tally)
{
    yb_figure_t *days = &row->figures[YB_FIGURE_TIME_INDEX], *fees = &row->figures[YB_FIGURE_COST_INDEX];
    days->known = fees->known = row->compared > 0;
    if (row->compared <= 0)
        return YB_OK;
    yb_err_t err = yb_ratio_sum_half_up(tally->days, tally->terms, 10000, row->compared, &days->value);
    return err == YB_OK ? yb_ratio_sum_half_up(tally->fees, tally->terms, 10000, row->compared, &fees->value) : err;
}

/* `items` are of one key, in the order of their DRGs; `tally` has room for as many terms. */
static yb_err_t make_row(const item_t *items, size_t count, const region_t *region, tally_t *tally,
                         yb_report_row_t *row)
{
    yb_err_t err = YB_OK;
    tally->terms = 0;
    tally->case_fee_fen = tally->case_due_fen = 0;
    for (size_t i = 0; i < count && err == YB_OK;) {
        mean_t own = { .ym = row->key.ym, .drg = items[i].cell->drg };
        for (; i < count && strcmp(items[i].cell->drg, own.drg) == 0 && err == YB_OK; i++) {
            const yb_report_cell_t *cell = items[i].cell;
            err = add_cell(row, tally, cell);
            if (err == YB_OK && is_grouped(cell))
                err = mean_add(&own, cell->sums.n, cell->sums.days, cell->sums.fee_fen);
        }
        if (err == YB_OK)
            add_drg(row, tally, &own, region_find(region, own.ym, own.drg));
    }
    if (__builtin_sub_overflow(row->key.sums.gross_fen, row->key.sums.fee_fen, &row->surplus_fen))
        return YB_E_OVERFLOW;
    err = err == YB_OK ? set_quotients(row, tally) : err;
    return err == YB_OK ? set_indexes(row, tally) : err;
}

/* ---- all rows ---- */

static item_t item_of(yb_report_by_t by, const yb_report_cell_t *cell)
{
    const bool by_code = by == YB_REPORT_HOSPITAL || by == YB_REPORT_DEPARTMENT;
    return (item_t){ .fixmedins_code = by_code ? cell->fixmedins_code : "",
                     .dscg_caty = by == YB_REPORT_DEPARTMENT ? cell->dscg_caty : "",
                     .drg = by == YB_REPORT_DRG ? cell->drg : "",
                     .ym = by == YB_REPORT_MONTH ? cell->ym : 0,
                     .class = by == YB_REPORT_CLASS ? cell->class : 0,
                     .cell = cell };
}

static yb_report_row_t row_of(const item_t *item)
{
    return (yb_report_row_t){ .key = { .fixmedins_code = item->fixmedins_code,
                                       .dscg_caty = item->dscg_caty,
                                       .drg = item->drg,
                                       .ym = item->ym,
                                       .class = (uint8_t)item->class } };
}

/* Everything as one row, without a key, against all months of the region. */
static yb_err_t make_total(item_t *items, size_t count, const region_t *region, tally_t *tally,
                           yb_report_row_t *ret_total)
{
    for (size_t i = 0; i < count; i++)
        items[i] = (item_t){ .fixmedins_code = "", .dscg_caty = "", .drg = "", .cell = items[i].cell };
    qsort(items, count, sizeof items[0], compare_items);
    *ret_total = row_of(&(item_t){ .fixmedins_code = "", .dscg_caty = "", .drg = "" });
    return make_row(items, count, region, tally, ret_total);
}

static size_t count_rows(const item_t *items, size_t count)
{
    size_t rows = count > 0;
    for (size_t i = 1; i < count; i++)
        rows += compare_keys(&items[i - 1], &items[i]) != 0;
    return rows;
}

yb_err_t yb_report_make(yb_report_by_t by, const yb_report_cell_t *cells, size_t count, const yb_report_cell_t *region,
                        size_t region_count, yb_arena_t *arena, yb_report_row_t **ret_rows, size_t *ret_count,
                        yb_report_row_t *ret_total)
{
    region_t all = { 0 }, monthly = { 0 };
    tally_t tally = { .days = YB_NEW_ARRAY(arena, yb_ratio_term_t, count + 1),
                      .fees = YB_NEW_ARRAY(arena, yb_ratio_term_t, count + 1) };
    item_t *items = YB_NEW_ARRAY(arena, item_t, count + 1);
    if (tally.days == NULL || tally.fees == NULL || items == NULL)
        return YB_E_NO_MEMORY;
    yb_err_t err = region_make(region, region_count, false, arena, &all);
    if (err == YB_OK && by == YB_REPORT_MONTH)
        err = region_make(region, region_count, true, arena, &monthly);
    for (size_t i = 0; i < count; i++)
        items[i] = item_of(by, &cells[i]);
    qsort(items, count, sizeof items[0], compare_items);
    const size_t row_count = count_rows(items, count);
    yb_report_row_t *rows = YB_NEW_ARRAY(arena, yb_report_row_t, row_count + 1);
    if (rows == NULL)
        return YB_E_NO_MEMORY;
    for (size_t r = 0, from = 0, to; r < row_count && err == YB_OK; r++, from = to) {
        for (to = from + 1; to < count && compare_keys(&items[from], &items[to]) == 0; to++)
            ;
        rows[r] = row_of(&items[from]);
        err = make_row(items + from, to - from, by == YB_REPORT_MONTH ? &monthly : &all, &tally, &rows[r]);
    }
    if (err == YB_OK)
        err = make_total(items, count, &all, &tally, ret_total);
    if (err != YB_OK)
        return err;
    *ret_rows = rows;
    *ret_count = row_count;
    return YB_OK;
}
