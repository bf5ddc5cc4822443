#include "services/drg/scheme/reach.h"

#include <stdlib.h>

#include "libcommon/err.h"

#define FACTS_MAX 256 /* of one way; beyond it nothing is concluded */

typedef struct fact {
    uint16_t list;
    uint8_t marks;
    bool holds;
} fact_t;

struct yb_reach {
    const yb_scheme_t *s;
    uint32_t *at; /* per list and one: its first member */
    uint32_t *members;
    uint8_t *covered_dx, *covered_px; /* per code */
    bool has_level[YB_LEVELS];
    uint8_t *reached; /* per term of one condition */
    /* one search */
    const yb_scheme_condition_t *const *chain;
    bool with_cover;
    uint32_t steps, depth;
    fact_t facts[FACTS_MAX];
    size_t fact_count;
    bool overflow;
};

/* ---- members of lists ---- */

static void members_fill(yb_reach_t *r)
{
    const yb_scheme_t *s = r->s;
    for (uint32_t c = 0; c < s->codes_count; c++)
        for (uint32_t i = 0; i < s->codes[c].lists_count; i++)
            r->at[s->memberships[s->codes[c].lists_at + i] + 1]++;
    for (uint32_t l = 0; l < s->lists_count; l++)
        r->at[l + 1] += r->at[l];
    uint32_t *next = calloc((size_t)s->lists_count + 1, sizeof *next);
    YB_ASSERT(next != NULL);
    memcpy(next, r->at, ((size_t)s->lists_count + 1) * sizeof *next);
    for (uint32_t c = 0; c < s->codes_count; c++) {
        r->has_level[s->codes[c].level] = true;
        for (uint32_t i = 0; i < s->codes[c].lists_count; i++)
            r->members[next[s->memberships[s->codes[c].lists_at + i]]++] = c;
    }
    free(next);
}

yb_reach_t *yb_reach_create(const yb_scheme_t *scheme)
{
    yb_reach_t *r = calloc(1, sizeof *r);
    YB_ASSERT(r != NULL);
    r->s = scheme;
    r->at = calloc((size_t)scheme->lists_count + 1, sizeof *r->at);
    r->members = calloc((size_t)scheme->memberships_count + 1, sizeof *r->members);
    r->covered_dx = calloc((size_t)scheme->codes_count + 1, 1);
    r->covered_px = calloc((size_t)scheme->codes_count + 1, 1);
    r->reached = calloc((size_t)scheme->header->terms_max + 1, 1);
    YB_ASSERT(r->at != NULL && r->members != NULL && r->covered_dx != NULL && r->covered_px != NULL &&
              r->reached != NULL);
    members_fill(r);
    return r;
}

void yb_reach_destroy(yb_reach_t **reach)
{
    if (reach == NULL || *reach == NULL)
        return;
    free((*reach)->at);
    free((*reach)->members);
    free((*reach)->covered_dx);
    free((*reach)->covered_px);
    free((*reach)->reached);
    free(*reach);
    *reach = NULL;
}

const uint32_t *yb_reach_members(const yb_reach_t *r, uint32_t list, size_t *ret_count)
{
    *ret_count = r->at[list + 1] - r->at[list];
    return r->members + r->at[list];
}

bool yb_reach_list_empty(const yb_reach_t *r, uint32_t list)
{
    if (list == YB_LIST_MCC || list == YB_LIST_CC)
        return !r->has_level[list == YB_LIST_MCC ? YB_LEVEL_MCC : YB_LEVEL_CC];
    return r->at[list + 1] == r->at[list];
}

void yb_reach_cover_clear(yb_reach_t *r)
{
    memset(r->covered_dx, 0, r->s->codes_count);
    memset(r->covered_px, 0, r->s->codes_count);
}

void yb_reach_cover(yb_reach_t *r, bool is_dx, uint32_t list)
{
    for (uint32_t i = r->at[list]; i < r->at[list + 1]; i++)
        (is_dx ? r->covered_dx : r->covered_px)[r->members[i]] = 1;
}

bool yb_reach_is_covered(const yb_reach_t *r, bool is_dx, uint32_t code)
{
    return (is_dx ? r->covered_dx : r->covered_px)[code] != 0;
}

/* ---- one way ---- */

/* Whether the lists met and not met leave a first code: of the lists that it must be in, and of no other. */
static bool first_code_possible(const yb_reach_t *r, bool is_dx)
{
    const uint8_t mark = is_dx ? YB_MARK_DX1 : YB_MARK_PX1;
    const fact_t *smallest = NULL;
    for (size_t i = 0; i < r->fact_count; i++) {
        const fact_t *f = &r->facts[i];
        if (f->holds && f->marks == mark &&
            (smallest == NULL ||
             r->at[f->list + 1] - r->at[f->list] < r->at[smallest->list + 1] - r->at[smallest->list]))
            smallest = f;
    }
    if (smallest == NULL)
        return true;
    for (uint32_t m = r->at[smallest->list]; m < r->at[smallest->list + 1]; m++) {
        const yb_scheme_code_t *code = &r->s->codes[r->members[m]];
        bool fits = !r->with_cover || !yb_reach_is_covered(r, is_dx, r->members[m]);
        for (size_t i = 0; fits && i < r->fact_count; i++) {
            const fact_t *f = &r->facts[i];
            if (f->list < YB_LIST_VALID || (f->marks & mark) == 0 || (f->holds && f->marks != mark))
                continue;
            fits = yb_scheme_code_in(r->s, code, f->list) == f->holds;
        }
        if (fits)
            return true;
    }
    return false;
}

/* Whether the new fact agrees with those on the way. */
static bool fact_fits(const yb_reach_t *r, const fact_t *new)
{
    if (new->holds && yb_reach_list_empty(r, new->list))
        return false;
    for (size_t i = 0; i < r->fact_count; i++) {
        const fact_t *old = &r->facts[i];
        if (old->list != new->list || old->holds == new->holds)
            continue;
        const fact_t *yes = new->holds ? new : old, *no = new->holds ? old : new;
        if ((yes->marks & ~no->marks) == 0) /* met somewhere, but nowhere of a wider place */
            return false;
    }
    return true;
}

typedef struct bounds {
    int64_t low[YB_CASE_FIELDS], high[YB_CASE_FIELDS];
} bounds_t;

static bool way_search(yb_reach_t *r, size_t link, uint32_t at, bounds_t bounds);

static bool way_end(yb_reach_t *r, size_t link, uint32_t at, const bounds_t *bounds)
{
    if (at == YB_TERM_REJECT)
        return false;
    if (link + 1 < YB_REACH_CHAIN_MAX && r->chain[link + 1] != NULL)
        return way_search(r, link + 1, r->chain[link + 1]->entry, *bounds);
    return first_code_possible(r, true) && first_code_possible(r, false);
}

static bool list_way(yb_reach_t *r, size_t link, const yb_scheme_term_t *t, bool holds, const bounds_t *bounds)
{
    const fact_t fact = { t->list, t->what, holds };
    if (t->what == 0) /* nowhere: never met */
        return !holds && way_search(r, link, t->on_false, *bounds);
    if (!fact_fits(r, &fact))
        return false;
    if (r->fact_count == FACTS_MAX) {
        r->overflow = true;
        return true;
    }
    r->facts[r->fact_count++] = fact;
    const bool found = way_search(r, link, holds ? t->on_true : t->on_false, *bounds);
    r->fact_count--;
    return found;
}

static bool range_way(yb_reach_t *r, size_t link, const yb_scheme_term_t *t, bool holds, bounds_t bounds)
{
    int64_t *low = &bounds.low[t->what], *high = &bounds.high[t->what];
    if (holds) {
        *low = t->low > *low ? t->low : *low;
        *high = t->high < *high ? t->high : *high;
        if (*low > *high)
            return false;
    } /* where it fails the value may be missing: nothing follows */
    return way_search(r, link, holds ? t->on_true : t->on_false, bounds);
}

/* Recurses once per term of a way. */
static bool way_search(yb_reach_t *r, size_t link, uint32_t at, bounds_t bounds)
{
    if (at >= YB_TERM_REJECT)
        return way_end(r, link, at, &bounds);
    if (++r->steps > YB_REACH_STEPS_MAX || r->depth == YB_REACH_DEPTH_MAX)
        return true;
    const yb_scheme_term_t *t = &r->s->terms[at];
    r->depth++;
    const bool found = t->kind == YB_TERM_LIST
                           ? list_way(r, link, t, true, &bounds) || list_way(r, link, t, false, &bounds)
                           : range_way(r, link, t, true, bounds) || range_way(r, link, t, false, bounds);
    r->depth--;
    return found;
}

bool yb_reach_possible(yb_reach_t *r, const yb_scheme_condition_t *const *chain, bool with_cover)
{
    bounds_t all;
    for (size_t f = 0; f < YB_CASE_FIELDS; f++) {
        all.low[f] = f == YB_CASE_SITES ? 0 : INT32_MIN;
        all.high[f] = f == YB_CASE_SITES ? r->s->sites_count : INT32_MAX;
    }
    r->chain = chain;
    r->with_cover = with_cover;
    r->steps = r->depth = 0;
    r->fact_count = 0;
    r->overflow = false;
    return way_search(r, 0, chain[0]->entry, all) || r->overflow;
}

/* ---- one condition, some terms known ---- */

typedef enum known { NOT_KNOWN, YES, NO } known_t;

static known_t term_known(const yb_reach_t *r, const yb_scheme_term_t *t, const yb_scheme_code_t *principal)
{
    if (t->kind != YB_TERM_LIST || (t->what & YB_MARK_DX1) == 0 || t->list < YB_LIST_VALID)
        return NOT_KNOWN;
    if (yb_scheme_code_in(r->s, principal, t->list))
        return YES;
    return t->what == YB_MARK_DX1 ? NO : NOT_KNOWN;
}

/* Whether an accepting end can be reached; `principal` NULL: the terms of `list` at `marks` fail, the others are free.
 */
static bool accept_reached(yb_reach_t *r, const yb_scheme_condition_t *c, const yb_scheme_code_t *principal,
                           uint32_t list, uint8_t marks)
{
    if (c->entry >= YB_TERM_REJECT)
        return c->entry == YB_TERM_ACCEPT;
    memset(r->reached, 0, c->terms);
    r->reached[0] = 1;
    for (uint32_t at = c->entry; at < c->entry + c->terms; at++) {
        const yb_scheme_term_t *t = &r->s->terms[at];
        if (r->reached[at - c->entry] == 0)
            continue;
        known_t known = NOT_KNOWN;
        if (principal != NULL)
            known = term_known(r, t, principal);
        else if (t->kind == YB_TERM_LIST && t->list == list && t->what == marks)
            known = NO;
        const uint32_t ways[2] = { known == NO ? YB_TERM_REJECT : t->on_true,
                                   known == YES ? YB_TERM_REJECT : t->on_false };
        for (size_t w = 0; w < 2; w++) {
            if (ways[w] == YB_TERM_ACCEPT)
                return true;
            if (ways[w] < YB_TERM_REJECT)
                r->reached[ways[w] - c->entry] = 1;
        }
    }
    return false;
}

bool yb_reach_possible_dx(yb_reach_t *r, const yb_scheme_condition_t *condition, const yb_scheme_code_t *principal)
{
    return accept_reached(r, condition, principal, 0, 0);
}

bool yb_reach_needs(yb_reach_t *r, const yb_scheme_condition_t *condition, uint32_t list, uint8_t marks)
{
    return condition->entry != YB_TERM_REJECT && !accept_reached(r, condition, NULL, list, marks);
}
