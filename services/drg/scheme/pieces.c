#include "services/drg/scheme/pieces.h"

#include <stdlib.h>

static void *piece_push(yb_piece_t *piece, const void *data, size_t count, size_t size)
{
    if (piece->count + count > piece->capacity) {
        piece->capacity = (piece->count + count) * 2 + 16;
        piece->data = realloc(piece->data, piece->capacity * size);
        YB_ASSERT(piece->data != NULL);
    }
    void *at = (char *)piece->data + piece->count * size;
    memcpy(at, data, count * size);
    piece->count += count;
    return at;
}
#define PUSH(piece, element) ((void)piece_push(&(piece), (element), 1, sizeof *(element)))

void yb_pieces_codes(yb_pieces_t *p, const char *const *names, size_t count)
{
    YB_ASSERT(p->codes == NULL);
    p->codes = calloc(count + 1, sizeof *p->codes);
    YB_ASSERT(p->codes != NULL);
    p->codes_count = count;
    for (size_t i = 0; i < count; i++) {
        const size_t len = strlen(names[i]);
        YB_ASSERT(len >= 1 && len <= YB_CODE_TEXT_MAX);
        memcpy(p->codes[i].text, names[i], len);
        p->codes[i].len = (uint8_t)len;
    }
}

void yb_pieces_member(yb_pieces_t *p, uint32_t code, uint32_t list, uint8_t uses)
{
    const uint64_t member = (uint64_t)code << 32 | list;
    YB_ASSERT(code < p->codes_count);
    p->codes[code].uses |= uses;
    if (list != YB_LIST_EMPTY)
        PUSH(p->members, &member);
}

uint32_t yb_pieces_text(yb_pieces_t *p, const char *text)
{
    if (p->text.count == 0)
        (void)piece_push(&p->text, "", 1, 1);
    if (text[0] == '\0')
        return 0;
    const uint32_t at = (uint32_t)p->text.count;
    YB_ASSERT(p->text.count < UINT32_MAX / 2);
    (void)piece_push(&p->text, text, strlen(text) + 1, 1);
    return at;
}

yb_scheme_condition_t yb_pieces_condition(yb_pieces_t *p, const yb_condition_t *condition, const char *text,
                                          uint32_t line)
{
    const uint32_t base = (uint32_t)p->terms.count;
    yb_scheme_condition_t c = { .entry = condition->entry, .terms = condition->count, .line = line };
    c.text = yb_pieces_text(p, text);
    if (condition->count == 0)
        return c;
    c.entry += base;
    if (p->terms_max < condition->count)
        p->terms_max = condition->count;
    yb_scheme_term_t *terms = piece_push(&p->terms, condition->terms, condition->count, sizeof *condition->terms);
    for (uint32_t i = 0; i < condition->count; i++) {
        terms[i].on_true += terms[i].on_true < YB_TERM_REJECT ? base : 0;
        terms[i].on_false += terms[i].on_false < YB_TERM_REJECT ? base : 0;
    }
    return c;
}

void yb_pieces_mdc(yb_pieces_t *p, const yb_scheme_mdc_t *mdc) { PUSH(p->mdcs, mdc); }
void yb_pieces_step(yb_pieces_t *p, const yb_scheme_step_t *step) { PUSH(p->steps, step); }
void yb_pieces_drg(yb_pieces_t *p, const yb_scheme_drg_t *drg) { PUSH(p->drgs, drg); }
void yb_pieces_list(yb_pieces_t *p, uint32_t name) { PUSH(p->lists, &name); }
void yb_pieces_table(yb_pieces_t *p, uint32_t name) { PUSH(p->tables, &name); }
void yb_pieces_site(yb_pieces_t *p, uint32_t name) { PUSH(p->sites, &name); }

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return x < y ? -1 : x > y;
}

/* Sorted members become each code's run of list ids. The caller frees the result. */
static uint16_t *memberships_make(yb_pieces_t *p, size_t *ret_count)
{
    uint64_t *members = p->members.data;
    uint16_t *out = malloc((p->members.count + 1) * sizeof *out);
    size_t count = 0;
    YB_ASSERT(out != NULL);
    if (p->members.count > 1)
        qsort(members, p->members.count, sizeof *members, by_number);
    for (size_t i = 0; i < p->members.count; i++) {
        if (i > 0 && members[i] == members[i - 1])
            continue;
        yb_scheme_code_t *code = &p->codes[members[i] >> 32];
        if (code->lists_count++ == 0)
            code->lists_at = (uint32_t)count;
        out[count++] = (uint16_t)members[i];
    }
    *ret_count = count;
    return out;
}

/* Linear probing in a table at most 3/8 full; how far the furthest stands is noted and bounds every search. */
static uint32_t *slots_make(const yb_pieces_t *p, size_t *ret_count, uint32_t *ret_probe_max)
{
    size_t count = 16;
    while (count * 3 / 8 < p->codes_count)
        count *= 2;
    uint32_t *slots = calloc(count, sizeof *slots);
    YB_ASSERT(slots != NULL);
    *ret_probe_max = 0;
    for (uint32_t i = 0; i < p->codes_count; i++) {
        const uint64_t hash = yb_code_hash(p->codes[i].text, p->codes[i].len);
        uint32_t slot = yb_code_slot(hash, (uint32_t)count), probes = 0;
        for (; slots[slot] != 0; slot = (slot + 1) & (uint32_t)(count - 1))
            probes++;
        slots[slot] = yb_code_tag(hash) | (i + 1);
        if (probes > *ret_probe_max)
            *ret_probe_max = probes;
    }
    *ret_count = count;
    return slots;
}

yb_err_t yb_pieces_assemble(yb_pieces_t *p, const yb_scheme_about_t *about, yb_scheme_t **ret_scheme)
{
    yb_scheme_parts_t parts = { .terms_max = p->terms_max };
    size_t slots_count, members_count;
    (void)yb_pieces_text(p, "");
    uint16_t *memberships = memberships_make(p, &members_count);
    uint32_t *slots = slots_make(p, &slots_count, &parts.probe_max);
#define SECTION(section, elements, n) \
    parts.sections[YB_SECTION_##section].data = (elements), parts.sections[YB_SECTION_##section].count = (n)
    SECTION(codes, p->codes, p->codes_count);
    SECTION(slots, slots, slots_count);
    SECTION(memberships, memberships, members_count);
    SECTION(mdcs, p->mdcs.data, p->mdcs.count);
    SECTION(steps, p->steps.data, p->steps.count);
    SECTION(drgs, p->drgs.data, p->drgs.count);
    SECTION(terms, p->terms.data, p->terms.count);
    SECTION(lists, p->lists.data, p->lists.count);
    SECTION(tables, p->tables.data, p->tables.count);
    SECTION(sites, p->sites.data, p->sites.count);
    SECTION(text, p->text.data, p->text.count);
#undef SECTION
    yb_err_t err = yb_scheme_assemble(&parts, about, ret_scheme);
    free(slots);
    free(memberships);
    return err;
}

void yb_pieces_free(yb_pieces_t *p)
{
    yb_piece_t *const all[] = { &p->members, &p->mdcs,   &p->steps, &p->drgs, &p->terms,
                                &p->lists,   &p->tables, &p->sites, &p->text };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        free(all[i]->data);
    free(p->codes);
    *p = (yb_pieces_t){ 0 };
}
