/* The faults that ../shared/DRG.md names of published schemes, and the order of the parts. */
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

/* Grams that the rows of an MDC with a weight leave out or take twice; a row asks for all of its ranges. */
static void weights_check(const yb_scheme_t *s, const yb_scheme_mdc_t *mdc, yb_scheme_report_t *report)
{
    struct {
        int64_t low, high;
        const char *name;
        uint32_t line;
    } rows[NEWBORN_WEIGHTS_MAX];
    size_t count = 0;
    for (uint32_t i = mdc->steps_at; i < mdc->steps_at + mdc->steps_count && count < NEWBORN_WEIGHTS_MAX; i++) {
        const yb_scheme_condition_t *c = &s->steps[i].condition;
        if (!has_term(s, c, YB_TERM_RANGE, 0, YB_CASE_WEIGHT))
            continue;
        rows[count].low = 0;
        rows[count].high = INT32_MAX;
        rows[count].name = text_of(s, s->steps[i].name);
        rows[count].line = c->line;
        for (uint32_t t = c->entry; t < c->entry + c->terms; t++)
            if (s->terms[t].kind == YB_TERM_RANGE && s->terms[t].what == YB_CASE_WEIGHT) {
                rows[count].low = s->terms[t].low > rows[count].low ? s->terms[t].low : rows[count].low;
                rows[count].high = s->terms[t].high < rows[count].high ? s->terms[t].high : rows[count].high;
            }
        count++;
    }
    for (size_t i = 0; i + 1 < count; i++)
        if (rows[i].high < INT32_MAX && rows[i].high + 1 != rows[i + 1].low)
            yb_scheme_report_add(report, YB_RULE_NEWBORN_BOUNDS, YB_SCHEME_WARNING, "adrg.tsv", rows[i + 1].line,
                                 "condition", "%s与%s的体重范围%s", rows[i].name, rows[i + 1].name,
                                 rows[i].high + 1 < rows[i + 1].low ? "之间有空档" : "有重叠");
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
