#include "services/drg/rules/what_if.h"

typedef struct trial {
    const yb_scheme_t *s;
    yb_group_scratch_t *scratch;
    yb_arena_t *arena;
    yb_group_result_t now; /* of the case as it is */
    yb_slice_t *room;      /* codes of the changed case: one more than it has */
    yb_what_if_change_t *changes;
    size_t count, capacity;
} trial_t;

static yb_what_if_change_t *change_new(trial_t *t)
{
    if (t->count == t->capacity) {
        t->capacity = t->capacity * 2 + 32;
        yb_what_if_change_t *more = YB_NEW_ARRAY(t->arena, yb_what_if_change_t, t->capacity);
        if (t->count > 0)
            memcpy(more, t->changes, t->count * sizeof *more);
        t->changes = more;
    }
    return &t->changes[t->count++];
}

/* Codes that were added and give the same group are told together; `since` is where the kind's changes begin. */
static void change_note(trial_t *t, yb_what_if_kind_t kind, bool together, size_t since, size_t place, yb_slice_t code,
                        const yb_group_result_t *result)
{
    yb_what_if_change_t *change = NULL;
    for (size_t i = since; together && i < t->count && change == NULL; i++)
        if (t->changes[i].kind == kind && strcmp(t->changes[i].result.drg, result->drg) == 0)
            change = &t->changes[i];
    if (change == NULL) {
        change = change_new(t);
        *change = (yb_what_if_change_t){ .kind = kind, .result = *result, .place = place };
    }
    if (change->count < YB_WHAT_IF_EXAMPLES)
        change->codes[change->count] = code;
    change->count++;
}

static void try(trial_t *t, const yb_group_case_t *changed, yb_what_if_kind_t kind, bool together, size_t since,
                size_t place, yb_slice_t code)
{
    yb_group_result_t result;
    yb_group(t->s, t->scratch, changed, &result, NULL);
    if (strcmp(result.drg, t->now.drg) != 0)
        change_note(t, kind, together, since, place, code, &result);
}

static yb_group_case_t with_codes(const yb_group_case_t *c, bool is_dx, const yb_slice_t *codes, size_t count)
{
    yb_group_case_t changed = *c;
    if (is_dx) {
        changed.dx = codes;
        changed.dx_count = count;
    } else {
        changed.px = codes;
        changed.px_count = count;
    }
    return changed;
}

static void without_one(trial_t *t, const yb_group_case_t *c, bool is_dx)
{
    const yb_slice_t *codes = is_dx ? c->dx : c->px;
    const size_t count = is_dx ? c->dx_count : c->px_count;
    for (size_t gone = 0; gone < count; gone++) {
        for (size_t i = 0; i + 1 < count; i++)
            t->room[i] = codes[i < gone ? i : i + 1];
        const yb_group_case_t changed = with_codes(c, is_dx, t->room, count - 1);
        try(t, &changed, is_dx ? YB_WHAT_IF_WITHOUT_DX : YB_WHAT_IF_WITHOUT_PX, false, 0, gone, codes[gone]);
    }
}

static void another_first(trial_t *t, const yb_group_case_t *c, bool is_dx)
{
    const yb_slice_t *codes = is_dx ? c->dx : c->px;
    const size_t count = is_dx ? c->dx_count : c->px_count;
    for (size_t first = 1; first < count; first++) {
        t->room[0] = codes[first];
        for (size_t i = 1; i < count; i++)
            t->room[i] = codes[i <= first ? i - 1 : i];
        const yb_group_case_t changed = with_codes(c, is_dx, t->room, count);
        try(t, &changed, is_dx ? YB_WHAT_IF_FIRST_DX : YB_WHAT_IF_FIRST_PX, false, 0, first, codes[first]);
    }
}

static yb_slice_t slice_of(const yb_scheme_code_t *code) { return (yb_slice_t){ code->text, code->len }; }

static void one_diagnosis_more(trial_t *t, const yb_group_case_t *c)
{
    static const yb_what_if_kind_t kinds[YB_LEVELS] = { YB_WHAT_IF_MORE_DX, YB_WHAT_IF_MORE_CC, YB_WHAT_IF_MORE_MCC };
    const yb_severity_level_t order[] = { YB_LEVEL_MCC, YB_LEVEL_CC, YB_LEVEL_NONE };
    if (c->dx_count == 0)
        return; /* it would be the principal one */
    memcpy(t->room, c->dx, c->dx_count * sizeof *c->dx);
    const yb_group_case_t changed = with_codes(c, true, t->room, c->dx_count + 1);
    for (size_t l = 0; l < YB_LEVELS; l++) {
        const size_t since = t->count;
        for (uint32_t i = 0; i < t->s->codes_count; i++) {
            const yb_scheme_code_t *code = &t->s->codes[i];
            if ((code->uses & YB_USE_DX) == 0 || code->level != order[l])
                continue;
            t->room[c->dx_count] = slice_of(code);
            try(t, &changed, kinds[order[l]], true, since, c->dx_count, t->room[c->dx_count]);
        }
    }
}

static void one_procedure_more(trial_t *t, const yb_group_case_t *c, bool first)
{
    const size_t since = t->count, place = first ? 0 : c->px_count;
    if (!first && c->px_count == 0)
        return; /* it would be the first one */
    if (c->px_count > 0)
        memcpy(t->room + first, c->px, c->px_count * sizeof *c->px);
    const yb_group_case_t changed = with_codes(c, false, t->room, c->px_count + 1);
    for (uint32_t i = 0; i < t->s->codes_count; i++) {
        if ((t->s->codes[i].uses & YB_USE_PX) == 0)
            continue;
        t->room[place] = slice_of(&t->s->codes[i]);
        try(t, &changed, first ? YB_WHAT_IF_MORE_FIRST_PX : YB_WHAT_IF_MORE_PX, true, since, place, t->room[place]);
    }
}

const yb_what_if_change_t *yb_what_if(const yb_scheme_t *scheme, yb_group_scratch_t *scratch, const yb_group_case_t *c,
                                      yb_arena_t *arena, size_t *ret_count)
{
    trial_t t = { .s = scheme, .scratch = scratch, .arena = arena };
    t.room = YB_NEW_ARRAY(arena, yb_slice_t, c->dx_count + c->px_count + 1);
    yb_group(scheme, scratch, c, &t.now, NULL);
    without_one(&t, c, true);
    without_one(&t, c, false);
    another_first(&t, c, true);
    another_first(&t, c, false);
    one_diagnosis_more(&t, c);
    one_procedure_more(&t, c, true);
    one_procedure_more(&t, c, false);
    *ret_count = t.count;
    return t.changes;
}
