/* What conditions can reach: rows that can never match, rows in the shadow of others, diagnoses without a group. */
#include <stdlib.h>

#include "services/drg/scheme/check.h"
#include "services/drg/scheme/reach.h"

#define MEDICAL_FIRST 'R' /* second character of a medical ADRG: R to Z (../shared/DRG.md §3.2) */

typedef struct checker {
    const yb_scheme_tables_t *tables;
    const yb_scheme_t *s;
    yb_reach_t *reach;
    yb_scheme_report_t *report;
} checker_t;

static const char *text_of(const checker_t *k, uint32_t at) { return yb_scheme_text(k->s, at); }

/* ---- never, shadowed ---- */

/* Whatever comes, a case that fulfils the step's condition gets a group there. */
static bool always_groups(const checker_t *k, const yb_scheme_step_t *step)
{
    for (uint32_t d = step->drgs_at; d < step->drgs_at + step->drgs_count; d++)
        if (k->s->drgs[d].condition.entry == YB_TERM_ACCEPT)
            return true;
    return step->kind == YB_STEP_KIND_QY;
}

/* A condition of one term about the first diagnosis or procedure: *ret_list, *ret_is_dx. */
static bool is_single(const checker_t *k, const yb_scheme_condition_t *c, uint32_t *ret_list, bool *ret_is_dx)
{
    if (c->terms != 1)
        return false;
    const yb_scheme_term_t *t = &k->s->terms[c->entry];
    if (t->kind != YB_TERM_LIST || t->on_true != YB_TERM_ACCEPT || t->list <= YB_LIST_VALID ||
        (t->what != YB_MARK_DX1 && t->what != YB_MARK_PX1))
        return false;
    *ret_list = t->list;
    *ret_is_dx = t->what == YB_MARK_DX1;
    return true;
}

static void drgs_check(checker_t *k, const yb_scheme_mdc_t *mdc, const yb_scheme_step_t *step)
{
    const char *before = NULL; /* a DRG that takes all that come to it */
    for (uint32_t d = step->drgs_at; d < step->drgs_at + step->drgs_count; d++) {
        const yb_scheme_drg_t *drg = &k->s->drgs[d];
        const char *name = text_of(k, drg->name);
        const yb_scheme_condition_t *const chain[] = { &mdc->condition, &step->condition, &drg->condition };
        if (drg->condition.line == 0)
            continue; /* said by the check of names */
        if (before != NULL)
            yb_scheme_report_add(k->report, YB_RULE_SHADOWED, YB_SCHEME_WARNING, "drg.tsv", drg->condition.line,
                                 "condition", "%s排在总是成立的%s之后，永远轮不到", name, before);
        else if (!yb_reach_possible(k->reach, chain, false))
            yb_scheme_report_add(k->report, YB_RULE_NEVER, YB_SCHEME_WARNING, "drg.tsv", drg->condition.line,
                                 "condition", "%s的条件“%s”在ADRG %s内不可能成立", name,
                                 text_of(k, drg->condition.text), text_of(k, step->name));
        if (drg->condition.entry == YB_TERM_ACCEPT && before == NULL)
            before = name;
    }
    if (step->kind == YB_STEP_KIND_ADRG && before == NULL)
        yb_scheme_report_add(k->report, YB_RULE_OPEN_END, YB_SCHEME_NOTE, "adrg.tsv", step->condition.line,
                             "drg_in_order", "%s没有总是成立（true）的DRG：都不成立的病例会继续试后面的ADRG",
                             text_of(k, step->name));
}

/* Codes of a single-term row that rows before have taken: counted, with an example. */
static void overlap_check(checker_t *k, const yb_scheme_step_t *step, uint32_t list, bool is_dx, const char *file)
{
    size_t count, shared = 0;
    const uint32_t *members = yb_reach_members(k->reach, list, &count);
    const char *example = "";
    for (size_t i = 0; i < count; i++)
        if (yb_reach_is_covered(k->reach, is_dx, members[i]) && shared++ == 0)
            example = k->s->codes[members[i]].text;
    if (shared > 0)
        yb_scheme_report_add(k->report, YB_RULE_OVERLAP, YB_SCHEME_NOTE, file, step->condition.line, "condition",
                             "%s的%zu个%s（如%.*s）已由同一MDC排在前面的组收入", text_of(k, step->name), shared,
                             is_dx ? "主要诊断" : "主要手术", YB_CODE_TEXT_MAX, example);
}

static void step_check(checker_t *k, const yb_scheme_mdc_t *mdc, const yb_scheme_step_t *step, const char *taker)
{
    const char *file = step->kind == YB_STEP_KIND_QY ? "qy.tsv" : "adrg.tsv", *name = text_of(k, step->name);
    const yb_scheme_condition_t *const chain[] = { &mdc->condition, &step->condition, NULL };
    uint32_t list;
    bool is_dx;
    if (!yb_reach_possible(k->reach, chain, false)) {
        yb_scheme_report_add(k->report, YB_RULE_NEVER, YB_SCHEME_WARNING, file, step->condition.line, "condition",
                             "%s的条件“%s”在MDC %s内不可能成立", name, text_of(k, step->condition.text),
                             text_of(k, mdc->name));
        return;
    }
    if (taker != NULL)
        yb_scheme_report_add(k->report, YB_RULE_SHADOWED, YB_SCHEME_WARNING, file, step->condition.line, "condition",
                             "%s排在总是成立的%s之后，永远轮不到", name, taker);
    else if (!yb_reach_possible(k->reach, chain, true))
        yb_scheme_report_add(k->report, YB_RULE_SHADOWED, YB_SCHEME_WARNING, file, step->condition.line, "condition",
                             "%s的病例全部已由MDC %s内排在前面的组收入", name, text_of(k, mdc->name));
    else if (is_single(k, &step->condition, &list, &is_dx))
        overlap_check(k, step, list, is_dx, file);
    drgs_check(k, mdc, step);
}

static void mdc_check(checker_t *k, const yb_scheme_mdc_t *mdc)
{
    const yb_scheme_condition_t *const chain[] = { &mdc->condition, NULL };
    const char *taker = NULL;
    uint32_t list;
    bool is_dx;
    if (!yb_reach_possible(k->reach, chain, false)) {
        yb_scheme_report_add(k->report, YB_RULE_NEVER, YB_SCHEME_WARNING, "mdc.tsv", mdc->condition.line, "condition",
                             "MDC %s的条件“%s”不可能成立", text_of(k, mdc->name), text_of(k, mdc->condition.text));
        return;
    }
    yb_reach_cover_clear(k->reach);
    for (uint32_t i = mdc->steps_at; i < mdc->steps_at + mdc->steps_count; i++) {
        const yb_scheme_step_t *step = &k->s->steps[i];
        step_check(k, mdc, step, taker);
        if (!always_groups(k, step))
            continue;
        if (step->condition.entry == YB_TERM_ACCEPT && taker == NULL)
            taker = text_of(k, step->name);
        if (is_single(k, &step->condition, &list, &is_dx))
            yb_reach_cover(k->reach, is_dx, list);
    }
}

/* ---- principal diagnoses outside their MDC ---- */

/* Per list: the MDC row, and one, in which it is only asked of the principal diagnosis while the MDC's own list is
 * asked of it too. */
static uint32_t *lists_bound_to_mdc(checker_t *k)
{
    const yb_scheme_t *s = k->s;
    uint32_t *bound = calloc((size_t)s->lists_count + 1, sizeof *bound);
    YB_ASSERT(bound != NULL);
    for (uint32_t m = 0; m < s->mdcs_count; m++) {
        const yb_scheme_mdc_t *mdc = &s->mdcs[m];
        const bool needs = yb_reach_needs(k->reach, &mdc->condition, mdc->list, YB_MARK_DX1);
        for (uint32_t i = mdc->steps_at; i < mdc->steps_at + mdc->steps_count; i++) {
            const yb_scheme_condition_t *c = &s->steps[i].condition;
            for (uint32_t t = c->entry; t < c->entry + c->terms; t++) {
                const yb_scheme_term_t *term = &s->terms[t];
                if (term->kind == YB_TERM_LIST && term->list >= YB_LIST_FIRST_OWN)
                    bound[term->list] =
                        needs && term->what == YB_MARK_DX1 && (bound[term->list] == 0 || bound[term->list] == m + 1)
                            ? m + 1
                            : UINT32_MAX;
            }
        }
    }
    return bound;
}

/* The list of an ADRG that a row of adrg_code.tsv speaks of. */
static uint32_t list_of_row(const checker_t *k, const yb_scheme_code_t *code, const char *adrg, const char *list)
{
    const size_t len = strlen(adrg);
    for (uint32_t i = 0; i < code->lists_count; i++) {
        const uint32_t id = k->s->memberships[code->lists_at + i];
        const char *name = text_of(k, k->s->lists[id]);
        if (strncmp(name, adrg, len) == 0 && name[len] == ' ' && strcmp(name + len + 1, list) == 0)
            return id;
    }
    return YB_LIST_EMPTY;
}

static void outside_check(checker_t *k)
{
    const yb_scheme_table_t *t = &k->tables->tables[YB_TABLE_ADRG_CODE];
    uint32_t *bound = lists_bound_to_mdc(k);
    for (size_t r = 0; r < t->count; r++) {
        const char *adrg = t->rows[r].cells[YB_ADRG_CODE_ADRG], *text = t->rows[r].cells[YB_ADRG_CODE_CODE];
        const yb_scheme_code_t *code = yb_scheme_code_find(k->s, text, strlen(text));
        YB_ASSERT(code != NULL);
        const uint32_t m = bound[list_of_row(k, code, adrg, t->rows[r].cells[YB_ADRG_CODE_LIST])];
        if (m == 0 || m == UINT32_MAX || yb_scheme_code_in(k->s, code, k->s->mdcs[m - 1].list))
            continue;
        yb_scheme_report_add(k->report, YB_RULE_DX_OUTSIDE_MDC, YB_SCHEME_WARNING, "adrg_code.tsv", t->rows[r].line,
                             "code", "%s是%s的主要诊断，但不在MDC %s的主诊表内，永远入不了该组", text, adrg,
                             text_of(k, k->s->mdcs[m - 1].name));
    }
    free(bound);
}

/* ---- diagnoses without a medical group ---- */

static bool is_medical(const char *adrg) { return adrg[0] != '\0' && adrg[1] >= MEDICAL_FIRST && adrg[1] <= 'Z'; }

/* Whether the step asks for a list that has the diagnosis, other than the MDC's own. */
static bool names_diagnosis(const checker_t *k, const yb_scheme_step_t *step, const yb_scheme_code_t *code)
{
    for (uint32_t t = step->condition.entry; t < step->condition.entry + step->condition.terms; t++) {
        const yb_scheme_term_t *term = &k->s->terms[t];
        if (term->kind == YB_TERM_LIST && term->list >= YB_LIST_FIRST_OWN &&
            (term->what & (YB_MARK_DX1 | YB_MARK_DX_OTHER)) != 0 && yb_scheme_code_in(k->s, code, term->list))
            return true;
    }
    return false;
}

/* *ret_named: some ADRG of the MDC, medical or not, has it in a list of diagnoses. */
static bool has_medical(const checker_t *k, const char *mdc, const yb_scheme_code_t *code, bool *ret_named)
{
    *ret_named = false;
    for (uint32_t m = 0; m < k->s->mdcs_count; m++) {
        const yb_scheme_mdc_t *row = &k->s->mdcs[m];
        if (strcmp(text_of(k, row->name), mdc) != 0)
            continue;
        for (uint32_t i = row->steps_at; i < row->steps_at + row->steps_count; i++) {
            const yb_scheme_step_t *step = &k->s->steps[i];
            if (step->kind != YB_STEP_KIND_ADRG)
                continue;
            if (is_medical(text_of(k, step->printed)) && yb_reach_possible_dx(k->reach, &step->condition, code))
                return true;
            *ret_named |= names_diagnosis(k, step, code);
        }
    }
    return false;
}

/* Pairs of MDC and diagnosis: those in no list at all (DRG.md §2 counts these), and those that need an operation. */
static void medical_check(checker_t *k)
{
    const yb_scheme_table_t *t = &k->tables->tables[YB_TABLE_MDC_DX];
    for (size_t r = 0; r < t->count; r++) {
        const char *mdc = t->rows[r].cells[YB_MDC_DX_MDC], *text = t->rows[r].cells[YB_MDC_DX_CODE];
        const yb_scheme_code_t *code = yb_scheme_code_find(k->s, text, strlen(text));
        bool named;
        YB_ASSERT(code != NULL);
        if (has_medical(k, mdc, code, &named))
            continue;
        yb_scheme_report_add(k->report, named ? YB_RULE_SURGICAL_ONLY : YB_RULE_NO_MEDICAL_GROUP, YB_SCHEME_WARNING,
                             "mdc_dx.tsv", t->rows[r].line, "code",
                             named ? "MDC %s的主要诊断%s只在外科ADRG的诊断表内：没有相应手术的病例入不了组"
                                   : "MDC %s的主要诊断%s不在任何内科ADRG的诊断表内：没有手术的病例入不了组",
                             mdc, text);
    }
}

void yb_scheme_check_reach(const yb_scheme_tables_t *tables, const yb_scheme_t *scheme, yb_scheme_report_t *report)
{
    checker_t k = { tables, scheme, yb_reach_create(scheme), report };
    for (uint32_t m = 0; m < scheme->mdcs_count; m++)
        mdc_check(&k, &scheme->mdcs[m]);
    outside_check(&k);
    medical_check(&k);
    yb_reach_destroy(&k.reach);
}
