/* The faults that ../shared/DRG.md names of published schemes, and the order of the parts. */
#include <stdlib.h>

#include "services/drg/scheme/check.h"

#define NEWBORN_WEIGHTS_MAX 64

static const char *text_of(const yb_scheme_t *s, uint32_t at) { return yb_scheme_text(s, at); }

/* Whether most diagnoses of the MDC's list begin with one of the letters and categories. */
static bool list_is_of(const yb_scheme_t *s, uint32_t list, const char *const *prefixes)
{
    size_t all = 0, of = 0;
    for (uint32_t c = 0; c < s->codes_count; c++) {
        if (!yb_scheme_code_in(s, &s->codes[c], list))
            continue;
        all++;
        for (size_t p = 0; prefixes[p] != NULL; p++)
            of += strncmp(s->codes[c].text, prefixes[p], strlen(prefixes[p])) == 0;
    }
    return all > 0 && of * 2 > all;
}

static bool has_term(const yb_scheme_t *s, const yb_scheme_condition_t *c, yb_term_kind_t kind, uint32_t list,
                     uint8_t what)
{
    for (uint32_t t = c->entry; t < c->entry + c->terms; t++) {
        const yb_scheme_term_t *term = &s->terms[t];
        if (term->kind == kind &&
            (kind == YB_TERM_RANGE ? term->what == what : term->list == list && (term->what & what) != 0))
            return true;
    }
    return false;
}

/* DRG.md §3.1 step 3: the HIV group is for principal or other diagnoses. */
static void hiv_check(const yb_scheme_t *s, yb_scheme_report_t *report)
{
    static const char *const hiv[] = { "B20", "B21", "B22", "B23", "B24", "Z21", NULL };
    for (uint32_t m = 0; m < s->mdcs_count; m++) {
        const yb_scheme_mdc_t *mdc = &s->mdcs[m];
        if (list_is_of(s, mdc->list, hiv) && has_term(s, &mdc->condition, YB_TERM_LIST, mdc->list, YB_MARK_DX1) &&
            !has_term(s, &mdc->condition, YB_TERM_LIST, mdc->list, YB_MARK_DX_OTHER))
            yb_scheme_report_add(
                report, YB_RULE_HIV_PRINCIPAL, YB_SCHEME_WARNING, "mdc.tsv", mdc->condition.line, "condition",
                "MDC %s（HIV）只看主要诊断：HIV为其他诊断的病例不入本MDC；规范为主要诊断或其他诊断（dx*:@mdc）",
                text_of(s, mdc->name));
    }
}

typedef struct weights {
    int64_t low, high; /* grams */
    const char *name;
    uint32_t line;
} weights_t;

static int by_low(const void *a, const void *b)
{
    const weights_t *x = a, *y = b;
    if (x->low != y->low)
        return x->low < y->low ? -1 : 1;
    return x->high < y->high ? -1 : x->high > y->high;
}

/* What a row asks of the weight, all of its comparisons together. False: nothing. */
static bool weights_of(const yb_scheme_t *s, const yb_scheme_step_t *step, weights_t *ret)
{
    const yb_scheme_condition_t *c = &step->condition;
    *ret = (weights_t){ 0, INT32_MAX, text_of(s, step->name), c->line };
    for (uint32_t t = c->entry; t < c->entry + c->terms; t++) {
        const yb_scheme_term_t *term = &s->terms[t];
        if (term->kind != YB_TERM_RANGE || term->what != YB_CASE_WEIGHT)
            continue;
        ret->low = term->low > ret->low ? term->low : ret->low;
        ret->high = term->high < ret->high ? term->high : ret->high;
    }
    return has_term(s, c, YB_TERM_RANGE, 0, YB_CASE_WEIGHT);
}

/* Grams that no row of the MDC takes though some are for less and some for more; or that two rows take. */
static void weights_check(const yb_scheme_t *s, const yb_scheme_mdc_t *mdc, yb_scheme_report_t *report)
{
    weights_t rows[NEWBORN_WEIGHTS_MAX];
    size_t count = 0;
    for (uint32_t i = mdc->steps_at; i < mdc->steps_at + mdc->steps_count && count < NEWBORN_WEIGHTS_MAX; i++)
        count += weights_of(s, &s->steps[i], &rows[count]);
    if (count == 0)
        return;
    qsort(rows, count, sizeof *rows, by_low);
    int64_t high = rows[0].high; /* all up to here is taken */
    for (size_t i = 1; i < count; i++) {
        const bool gap = rows[i].low > high + 1, same = by_low(&rows[i - 1], &rows[i]) == 0;
        if (gap || (rows[i].low <= high && !same))
            yb_scheme_report_add(report, YB_RULE_NEWBORN_BOUNDS, gap ? YB_SCHEME_WARNING : YB_SCHEME_NOTE, "adrg.tsv",
                                 rows[i].line, "condition", "%s与%s的体重范围%s", rows[i - 1].name, rows[i].name,
                                 gap ? "之间有空档" : "有重叠");
        high = rows[i].high > high ? rows[i].high : high;
    }
}

/* DRG.md §3.1 step 2: newborns are under 29 days; older infants enter with a newborn-origin diagnosis only. */
static void newborn_check(const yb_scheme_t *s, yb_scheme_report_t *report)
{
    static const char *const newborn[] = { "P", NULL };
    for (uint32_t m = 0; m < s->mdcs_count; m++) {
        const yb_scheme_mdc_t *mdc = &s->mdcs[m];
        if (strcmp(text_of(s, mdc->name), "P") != 0 && !list_is_of(s, mdc->list, newborn))
            continue;
        weights_check(s, mdc, report);
        if (has_term(s, &mdc->condition, YB_TERM_RANGE, 0, YB_CASE_AGE_DAY))
            continue;
        yb_scheme_report_add(report, YB_RULE_NEWBORN_BOUNDS, YB_SCHEME_WARNING, "mdc.tsv", mdc->condition.line,
                             "condition",
                             "MDC %s的条件“%s”没有日龄（age_day）界限：满29天的婴儿也会进入，日龄靠各ADRG自己限定",
                             text_of(s, mdc->name), text_of(s, mdc->condition.text));
        for (uint32_t i = mdc->steps_at; i < mdc->steps_at + mdc->steps_count; i++)
            if (!has_term(s, &s->steps[i].condition, YB_TERM_RANGE, 0, YB_CASE_AGE_DAY))
                yb_scheme_report_add(report, YB_RULE_NEWBORN_BOUNDS, YB_SCHEME_WARNING, "adrg.tsv",
                                     s->steps[i].condition.line, "condition",
                                     "%s没有日龄（age_day）界限，满29天的婴儿也会入该组", text_of(s, s->steps[i].name));
    }
}

void yb_scheme_check(const yb_scheme_tables_t *tables, const yb_scheme_t *scheme, const yb_icd_t *icd,
                     yb_scheme_report_t *report)
{
    yb_scheme_check_names(tables, scheme, report);
    yb_scheme_check_codes(tables, scheme, icd, report);
    yb_scheme_check_reach(tables, scheme, report);
    hiv_check(scheme, report);
    newborn_check(scheme, report);
}
