#include "services/drg/rules/group.h"

#include <stdlib.h>

#define AHEAD 16 /* codes looked up together, so that their memory comes at once */

struct yb_group_scratch {
    const yb_scheme_t *scheme;
    uint8_t *marks;   /* per list: where in the case it was met */
    uint8_t *reached; /* per term of one condition */
    int32_t values[YB_CASE_FIELDS];
    const yb_scheme_code_t *principal; /* NULL = not in the scheme */
    uint64_t sites;
    uint32_t first_mdc; /* the first MDC whose condition held */
    bool adrg_held;
};

const char *yb_group_reason_name(yb_group_reason_t reason)
{
    static const char *const names[] = {
#define X(sym, zh) #sym,
        YB_GROUP_REASONS(X)
#undef X
    };
    YB_ASSERT(reason < YB_GROUP_REASON_COUNT);
    return reason == YB_GROUP_NONE ? "" : names[reason];
}

const char *yb_group_reason_zh(yb_group_reason_t reason)
{
    static const char *const texts[] = {
#define X(sym, zh) zh,
        YB_GROUP_REASONS(X)
#undef X
    };
    YB_ASSERT(reason < YB_GROUP_REASON_COUNT);
    return texts[reason];
}

yb_group_scratch_t *yb_group_scratch_create(const yb_scheme_t *scheme)
{
    const size_t lists = scheme->lists_count, reached = (size_t)scheme->header->terms_max + 1;
    yb_group_scratch_t *scratch = calloc(1, sizeof *scratch + lists + reached);
    if (scratch == NULL)
        return NULL;
    scratch->scheme = scheme;
    scratch->marks = (uint8_t *)(scratch + 1);
    scratch->reached = scratch->marks + lists;
    return scratch;
}

void yb_group_scratch_destroy(yb_group_scratch_t **scratch)
{
    if (scratch == NULL || *scratch == NULL)
        return;
    free(*scratch);
    *scratch = NULL;
}

/* --- codes ------------------------------------------------------------------------------------------------------ */

static inline bool is_code(const yb_scheme_code_t *code, const char *text, size_t len)
{
    return code->len == len && memcmp(code->text, text, len) == 0;
}

/* The first slot from `slot` on whose tag is the hash's: its code, not yet compared. */
static inline const yb_scheme_code_t *candidate(const yb_scheme_t *s, uint64_t hash, uint32_t *slot, uint32_t *probes)
{
    const uint32_t mask = s->slots_count - 1, tag = yb_code_tag(hash);
    for (; *probes <= s->header->probe_max; (*probes)++, *slot = (*slot + 1) & mask) {
        const uint32_t entry = s->slots[*slot];
        if (entry == 0)
            return NULL;
        if ((entry & YB_SLOT_TAG) == tag)
            return &s->codes[(entry & ~YB_SLOT_TAG) - 1];
    }
    return NULL;
}

static inline const yb_scheme_code_t *settle(const yb_scheme_t *s, const yb_scheme_code_t *code, const yb_slice_t *text,
                                             uint64_t hash, uint32_t slot, uint32_t probes)
{
    while (code != NULL && !is_code(code, text->data, text->len)) {
        slot = (slot + 1) & (s->slots_count - 1);
        probes++;
        code = candidate(s, hash, &slot, &probes);
    }
    return code;
}

const yb_scheme_code_t *yb_scheme_code_find(const yb_scheme_t *scheme, const char *text, size_t len)
{
    if (len == 0 || len > YB_CODE_TEXT_MAX)
        return NULL;
    const yb_slice_t slice = { text, len };
    const uint64_t hash = yb_code_hash(text, len);
    uint32_t slot = yb_code_slot(hash, scheme->slots_count), probes = 0;
    const yb_scheme_code_t *code = candidate(scheme, hash, &slot, &probes);
    return settle(scheme, code, &slice, hash, slot, probes);
}

bool yb_scheme_code_in(const yb_scheme_t *scheme, const yb_scheme_code_t *code, uint32_t list)
{
    for (uint32_t i = 0; i < code->lists_count; i++)
        if (scheme->memberships[code->lists_at + i] == list)
            return true;
    return false;
}

/* Up to AHEAD codes at once: all slots are asked for, then all records, then they are compared. */
static void codes_find(const yb_scheme_t *s, const yb_slice_t *texts, size_t count, const yb_scheme_code_t **ret)
{
    uint64_t hashes[AHEAD];
    uint32_t slots[AHEAD], probes[AHEAD];
    for (size_t i = 0; i < count; i++) {
        const bool possible = texts[i].len > 0 && texts[i].len <= YB_CODE_TEXT_MAX;
        hashes[i] = possible ? yb_code_hash(texts[i].data, texts[i].len) : 0;
        slots[i] = yb_code_slot(hashes[i], s->slots_count);
        probes[i] = possible ? 0 : UINT32_MAX;
        __builtin_prefetch(&s->slots[slots[i]]);
    }
    for (size_t i = 0; i < count; i++) {
        ret[i] = candidate(s, hashes[i], &slots[i], &probes[i]);
        if (ret[i] != NULL)
            __builtin_prefetch(ret[i]);
    }
    for (size_t i = 0; i < count; i++)
        ret[i] = settle(s, ret[i], &texts[i], hashes[i], slots[i], probes[i]);
}

static inline void marks_set(yb_group_scratch_t *scratch, const yb_scheme_code_t *code, uint8_t mark)
{
    const uint16_t *lists = scratch->scheme->memberships + code->lists_at;
    for (uint32_t i = 0; i < code->lists_count; i++)
        scratch->marks[lists[i]] |= mark;
}

static inline void path_add(yb_group_path_t *path, yb_path_kind_t kind, bool held, uint32_t row)
{
    if (path == NULL)
        return;
    if (path->count < YB_GROUP_PATH_MAX)
        path->entries[path->count++] = (yb_path_entry_t){ .kind = (uint8_t)kind, .held = held, .row = row };
    else
        path->left_out++;
}

/* Another diagnosis that is a CC or MCC: it counts unless its table is the principal diagnosis's. */
static inline void severity_see(yb_group_scratch_t *scratch, const yb_scheme_code_t *code, size_t dx,
                                yb_group_path_t *path)
{
    const uint16_t excluded = scratch->principal == NULL ? 0 : scratch->principal->exclusion_table;
    const bool counts = code->severity_table != excluded;
    if (counts)
        scratch->marks[code->level == YB_LEVEL_MCC ? YB_LIST_MCC : YB_LIST_CC] = YB_MARK_ALL;
    if (path == NULL)
        return;
    const uint32_t before = path->count;
    path_add(path, counts ? YB_PATH_SEVERITY : YB_PATH_EXCLUDED, counts, (uint32_t)dx);
    if (path->count > before) {
        path->entries[before].level = code->level;
        path->entries[before].table = code->severity_table;
    }
}

static void diagnoses_mark(yb_group_scratch_t *scratch, const yb_group_case_t *c, yb_group_path_t *path)
{
    const yb_scheme_code_t *codes[AHEAD];
    for (size_t begin = 0; begin < c->dx_count; begin += AHEAD) {
        const size_t count = c->dx_count - begin < AHEAD ? c->dx_count - begin : AHEAD;
        codes_find(scratch->scheme, c->dx + begin, count, codes);
        for (size_t i = 0; i < count; i++) {
            const bool first = begin + i == 0;
            if (first)
                scratch->principal = codes[0];
            if (codes[i] == NULL)
                continue;
            marks_set(scratch, codes[i], first ? YB_MARK_DX1 : YB_MARK_DX_OTHER);
            scratch->sites |= codes[i]->sites;
            if (!first && codes[i]->level != YB_LEVEL_NONE)
                severity_see(scratch, codes[i], begin + i, path);
        }
    }
}

static void procedures_mark(yb_group_scratch_t *scratch, const yb_group_case_t *c)
{
    const yb_scheme_code_t *codes[AHEAD];
    for (size_t begin = 0; begin < c->px_count; begin += AHEAD) {
        const size_t count = c->px_count - begin < AHEAD ? c->px_count - begin : AHEAD;
        codes_find(scratch->scheme, c->px + begin, count, codes);
        for (size_t i = 0; i < count; i++)
            if (codes[i] != NULL)
                marks_set(scratch, codes[i], begin + i == 0 ? YB_MARK_PX1 : YB_MARK_PX_OTHER);
    }
}

static void case_take(yb_group_scratch_t *scratch, const yb_group_case_t *c, yb_group_path_t *path)
{
    memset(scratch->marks, 0, scratch->scheme->lists_count);
    scratch->principal = NULL;
    scratch->sites = 0;
    scratch->adrg_held = false;
    diagnoses_mark(scratch, c, path);
    procedures_mark(scratch, c);
    memcpy(scratch->values, c->values, sizeof scratch->values);
    scratch->values[YB_CASE_SITES] = __builtin_popcountll(scratch->sites);
    if (path != NULL)
        path->exclusion_table = scratch->principal == NULL ? 0 : scratch->principal->exclusion_table;
}

/* --- conditions -------------------------------------------------------------------------------------------------- */

static inline bool term_holds(const yb_group_scratch_t *scratch, const yb_scheme_term_t *term)
{
    if (term->kind == YB_TERM_LIST)
        return (scratch->marks[term->list] & term->what) != 0;
    const int32_t value = scratch->values[term->what]; /* missing is below every `low` */
    return term->low <= value && value <= term->high;
}

static inline bool holds(const yb_group_scratch_t *scratch, const yb_scheme_condition_t *condition)
{
    const yb_scheme_term_t *terms = scratch->scheme->terms;
    uint32_t at = condition->entry;
    while (at < YB_TERM_REJECT)
        at = term_holds(scratch, &terms[at]) ? terms[at].on_true : terms[at].on_false;
    return at == YB_TERM_ACCEPT;
}

/* Whether the condition could hold if the fields of the set `unknown` had another value. */
static bool could_hold(yb_group_scratch_t *scratch, const yb_scheme_condition_t *condition, uint32_t unknown)
{
    const yb_scheme_term_t *terms = scratch->scheme->terms;
    const uint32_t entry = condition->entry, end = entry + condition->terms;
    bool accepted = entry == YB_TERM_ACCEPT;
    if (entry >= YB_TERM_REJECT)
        return accepted;
    memset(scratch->reached, 0, condition->terms);
    scratch->reached[0] = 1;
    for (uint32_t at = entry; at < end; at++) {
        if (!scratch->reached[at - entry])
            continue;
        const yb_scheme_term_t *term = &terms[at];
        const bool open = term->kind == YB_TERM_RANGE && (unknown >> term->what & 1) != 0;
        const bool yes = term_holds(scratch, term);
        const uint32_t ways[2] = { open || yes ? term->on_true : YB_TERM_REJECT,
                                   open || !yes ? term->on_false : YB_TERM_REJECT };
        for (size_t w = 0; w < 2; w++) {
            accepted |= ways[w] == YB_TERM_ACCEPT;
            if (ways[w] < YB_TERM_REJECT)
                scratch->reached[ways[w] - entry] = 1;
        }
    }
    return accepted;
}

/* --- why a case has no group ------------------------------------------------------------------------------------- */

static bool step_could_group(yb_group_scratch_t *scratch, const yb_scheme_step_t *step, uint32_t unknown)
{
    if (!could_hold(scratch, &step->condition, unknown))
        return false;
    if (step->kind == YB_STEP_KIND_QY)
        return true;
    for (uint32_t d = 0; d < step->drgs_count; d++)
        if (could_hold(scratch, &scratch->scheme->drgs[step->drgs_at + d].condition, unknown))
            return true;
    return false;
}

/* The first MDC that could take the case if the fields of `unknown` were other; YB_GROUP_NO_ROW = none. */
static uint32_t could_group(yb_group_scratch_t *scratch, uint32_t unknown)
{
    const yb_scheme_t *s = scratch->scheme;
    for (uint32_t m = 0; m < s->mdcs_count; m++) {
        const yb_scheme_mdc_t *mdc = &s->mdcs[m];
        if (!could_hold(scratch, &mdc->condition, unknown))
            continue;
        for (uint32_t i = 0; i < mdc->steps_count; i++)
            if (step_could_group(scratch, &s->steps[mdc->steps_at + i], unknown))
                return m;
    }
    return YB_GROUP_NO_ROW;
}

/* Which value that is not given would have let the case into a group; NONE when none would. */
static yb_group_reason_t missing_find(yb_group_scratch_t *scratch, uint32_t *ret_mdc)
{
    static const struct {
        uint32_t fields;
        yb_group_reason_t reason;
    } kinds[] = {
        { 1u << YB_CASE_SEX, YB_GROUP_SEX_MISSING },
        { 1u << YB_CASE_AGE | 1u << YB_CASE_AGE_DAY, YB_GROUP_AGE_MISSING },
        { 1u << YB_CASE_WEIGHT, YB_GROUP_WEIGHT_MISSING },
        { (1u << YB_CASE_FIELDS) - 1, YB_GROUP_VALUE_MISSING },
    };
    uint32_t missing = 0;
    for (uint32_t f = 0; f < YB_CASE_SITES; f++)
        missing |= (uint32_t)(scratch->values[f] == YB_CASE_MISSING) << f;
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++) {
        const uint32_t unknown = kinds[k].fields & missing;
        if (unknown != 0 && (*ret_mdc = could_group(scratch, unknown)) != YB_GROUP_NO_ROW)
            return kinds[k].reason;
    }
    return YB_GROUP_NONE;
}

/* Whether the condition asks something of the principal diagnosis. */
static bool asks_principal(const yb_scheme_t *s, const yb_scheme_condition_t *condition)
{
    for (uint32_t t = condition->entry; t < condition->entry + condition->terms; t++)
        if (s->terms[t].kind == YB_TERM_LIST && s->terms[t].list >= YB_LIST_VALID &&
            (s->terms[t].what & YB_MARK_DX1) != 0)
            return true;
    return false;
}

/* No value was missing: how far did the principal diagnosis come? An MDC that holds whatever it is (A, by procedure)
 * is not its MDC. */
static yb_group_reason_t why_no_row(yb_group_scratch_t *scratch, uint32_t *ret_mdc)
{
    const yb_scheme_t *s = scratch->scheme;
    uint32_t listed = YB_GROUP_NO_ROW, asked = YB_GROUP_NO_ROW;
    for (uint32_t m = s->mdcs_count; m-- > 0;) { /* the first of each kind stays */
        const yb_scheme_mdc_t *mdc = &s->mdcs[m];
        const bool held = holds(scratch, &mdc->condition), has = (scratch->marks[mdc->list] & YB_MARK_DX1) != 0;
        if (has && (held || listed == YB_GROUP_NO_ROW || !holds(scratch, &s->mdcs[listed].condition)))
            listed = m;
        if (held && asks_principal(s, &mdc->condition))
            asked = m;
    }
    *ret_mdc = listed != YB_GROUP_NO_ROW ? listed : asked;
    if (*ret_mdc == YB_GROUP_NO_ROW)
        return YB_GROUP_NO_MDC;
    if (!holds(scratch, &s->mdcs[*ret_mdc].condition))
        return YB_GROUP_MDC_CONDITION;
    return scratch->adrg_held ? YB_GROUP_NO_DRG : YB_GROUP_NO_ADRG;
}

static yb_group_reason_t why_ungrouped(yb_group_scratch_t *scratch, const yb_group_case_t *c, uint32_t *ret_mdc)
{
    *ret_mdc = YB_GROUP_NO_ROW;
    if (c->dx_count == 0 || c->dx[0].len == 0)
        return YB_GROUP_NO_PRINCIPAL;
    if (scratch->principal == NULL || (scratch->principal->uses & YB_USE_DX) == 0)
        return YB_GROUP_PRINCIPAL_UNKNOWN;
    const yb_group_reason_t missing = missing_find(scratch, ret_mdc);
    if (missing != YB_GROUP_NONE)
        return missing;
    if ((*ret_mdc = could_group(scratch, 1u << YB_CASE_SEX)) != YB_GROUP_NO_ROW)
        return YB_GROUP_SEX_CONFLICT;
    return why_no_row(scratch, ret_mdc);
}

/* --- grouping ---------------------------------------------------------------------------------------------------- */

static bool drg_find(yb_group_scratch_t *scratch, const yb_scheme_step_t *step, yb_group_result_t *result,
                     yb_group_path_t *path)
{
    const yb_scheme_t *s = scratch->scheme;
    scratch->adrg_held = true;
    for (uint32_t d = step->drgs_at; d < step->drgs_at + step->drgs_count; d++) {
        const bool held = holds(scratch, &s->drgs[d].condition);
        path_add(path, YB_PATH_DRG, held, d);
        if (held) {
            result->drg = yb_scheme_text(s, s->drgs[d].name);
            result->drg_row = d;
            return true;
        }
    }
    return false;
}

static bool mdc_try(yb_group_scratch_t *scratch, uint32_t m, yb_group_result_t *result, yb_group_path_t *path)
{
    const yb_scheme_t *s = scratch->scheme;
    const yb_scheme_mdc_t *mdc = &s->mdcs[m];
    for (uint32_t i = mdc->steps_at; i < mdc->steps_at + mdc->steps_count; i++) {
        const yb_scheme_step_t *step = &s->steps[i];
        const bool is_qy = step->kind == YB_STEP_KIND_QY, held = holds(scratch, &step->condition);
        path_add(path, is_qy ? YB_PATH_QY : YB_PATH_ADRG, held, i);
        if (!held || (!is_qy && !drg_find(scratch, step, result, path)))
            continue;
        result->mdc = yb_scheme_text(s, mdc->name);
        result->adrg = is_qy ? "" : yb_scheme_text(s, step->printed);
        result->mdc_row = m;
        result->step_row = i;
        if (is_qy) {
            result->drg = yb_scheme_text(s, step->printed);
            result->reason = YB_GROUP_QY;
            result->reason_mdc = m;
        }
        return true;
    }
    return false;
}

void yb_group(const yb_scheme_t *scheme, yb_group_scratch_t *scratch, const yb_group_case_t *c,
              yb_group_result_t *ret_result, yb_group_path_t *path)
{
    YB_ASSERT(scratch->scheme == scheme);
    yb_group_result_t result = { .mdc = "",
                                 .adrg = "",
                                 .drg = YB_GROUP_UNGROUPED,
                                 .mdc_row = YB_GROUP_NO_ROW,
                                 .step_row = YB_GROUP_NO_ROW,
                                 .drg_row = YB_GROUP_NO_ROW,
                                 .reason_mdc = YB_GROUP_NO_ROW };
    if (path != NULL)
        path->count = path->left_out = path->exclusion_table = 0;
    case_take(scratch, c, path);
    for (uint32_t m = 0; m < scheme->mdcs_count; m++) {
        const bool held = holds(scratch, &scheme->mdcs[m].condition);
        path_add(path, YB_PATH_MDC, held, m);
        if (!held)
            continue;
        if (mdc_try(scratch, m, &result, path)) {
            *ret_result = result;
            return;
        }
    }
    result.reason = why_ungrouped(scratch, c, &result.reason_mdc);
    *ret_result = result;
}
