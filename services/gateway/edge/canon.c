#include "services/gateway/edge/canon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "services/gateway/edge/envelope.h"
#include "services/gateway/rules/decimal.h"

typedef struct member {
    const char *name;
    const json_t *value;
} member_t;

/* One open object or list on the way down. Its bracket is written with its first leaf, so what holds nothing
 * leaves no trace. */
typedef struct frame {
    const char *name;            /* as a member of the frame below; NULL = item of a list */
    const yb_node_t *node;       /* what the fields inside are; NULL = not in the table */
    bool top;                    /* members are nodes */
    bool list;
    bool opened;
    const json_t *items;         /* list: the array, or the one object standing for it */
    member_t *members;           /* object: sorted */
    size_t count, next;
} frame_t;

#define FRAMES_MAX (2 * YB_ENVELOPE_DEPTH + 4)

typedef struct walk {
    yb_sm3_t *sm3;
    yb_arena_t *arena;
    const yb_fields_t *table;
    frame_t frames[FRAMES_MAX];
    size_t depth;
} walk_t;

static void add_text(yb_sm3_t *sm3, char kind, const char *text, size_t len)
{
    char head[32];
    int n = snprintf(head, sizeof(head), "%c%zu:", kind, len);
    yb_sm3_update(sm3, head, (size_t)n);
    yb_sm3_update(sm3, text, len);
}

static void open_frames(walk_t *w)
{
    for (size_t i = 0; i < w->depth; i++) {
        frame_t *f = &w->frames[i];
        if (f->opened)
            continue;
        if (f->name)
            add_text(w->sm3, 'k', f->name, strlen(f->name));
        yb_sm3_update(w->sm3, f->list ? "[" : "{", 1);
        f->opened = true;
    }
}

static void add_leaf(walk_t *w, const char *name, const yb_field_t *field, const json_t *value)
{
    char plain[YB_DECIMAL_PLAIN];
    const char *text = json_string_value(value);
    size_t len = json_string_length(value);
    if (json_is_string(value) && len == 0)
        return;
    open_frames(w);
    if (name)
        add_text(w->sm3, 'k', name, strlen(name));
    if (!json_is_string(value)) {
        yb_sm3_update(w->sm3, json_is_true(value) ? "t" : "f", 1);
        return;
    }
    bool number = field && (field->kind == YB_FIELD_DECIMAL || field->kind == YB_FIELD_INT);
    if (number && yb_decimal_plain(text, len, plain)) {
        text = plain;
        len = strlen(plain);
    }
    add_text(w->sm3, 's', text, len);
}

static int by_name(const void *a, const void *b)
{
    return strcmp(((const member_t *)a)->name, ((const member_t *)b)->name);
}

static yb_err_t push_object(
    walk_t *w, const char *name, const yb_node_t *node, bool top, const json_t *object)
{
    YB_ASSERT(w->depth < FRAMES_MAX);
    size_t count = json_object_size(object), n = 0;
    member_t *members = YB_NEW_ARRAY(w->arena, member_t, count + 1);
    if (!members)
        return YB_E_NO_MEMORY;
    /* jansson's iteration takes a non-const object but does not change it */
    json_t *reading = (json_t *)(uintptr_t)object;
    for (void *it = json_object_iter(reading); it && n < count; it = json_object_iter_next(reading, it))
        members[n++] = (member_t){json_object_iter_key(it), json_object_iter_value(it)};
    qsort(members, n, sizeof(*members), by_name);
    w->frames[w->depth++] = (frame_t){.name = name, .node = node, .top = top, .members = members, .count = n};
    return YB_OK;
}

static void push_list(walk_t *w, const char *name, const yb_node_t *node, const json_t *items)
{
    YB_ASSERT(w->depth < FRAMES_MAX);
    size_t count = json_is_array(items) ? json_array_size(items) : 1;
    w->frames[w->depth++] =
        (frame_t){.name = name, .node = node, .list = true, .items = items, .count = count};
}

static const yb_node_t *node_named(const yb_fields_t *table, const char *name)
{
    for (size_t i = 0; table && i < table->node_count; i++)
        if (strcmp(table->nodes[i].name, name) == 0)
            return &table->nodes[i];
    return NULL;
}

static yb_err_t step(walk_t *w, frame_t *f)
{
    const json_t *value;
    const char *name = NULL;
    if (f->list) {
        value = json_is_array(f->items) ? json_array_get(f->items, f->next) : f->items;
    } else {
        name = f->members[f->next].name;
        value = f->members[f->next].value;
    }
    f->next++;
    const yb_node_t *node = f->top ? node_named(w->table, name) : NULL;
    if (json_is_object(value) && node)
        push_list(w, name, node, value);
    else if (json_is_array(value))
        push_list(w, name, node, value);
    else if (json_is_object(value))
        return push_object(w, name, f->list ? f->node : NULL, false, value);
    else if (value && !json_is_null(value))
        add_leaf(w, name, f->node && name ? yb_node_field(f->node, name) : NULL, value);
    return YB_OK;
}

yb_err_t yb_canon_hash(yb_sm3_t *sm3, const yb_fields_t *table, const char *fixmedins_code,
    const json_t *input, yb_arena_t *arena, uint8_t ret_hash[YB_CANON_HASH])
{
    walk_t *w = YB_NEW(arena, walk_t);
    if (!w)
        return YB_E_NO_MEMORY;
    *w = (walk_t){.sm3 = sm3, .arena = arena, .table = table};
    yb_err_t err = push_object(w, NULL, NULL, true, input);
    if (err)
        return err;
    add_text(sm3, 'i', table->infno, strlen(table->infno));
    add_text(sm3, 'm', fixmedins_code, strlen(fixmedins_code));
    while (w->depth && !err) {
        frame_t *f = &w->frames[w->depth - 1];
        if (f->next < f->count) {
            err = step(w, f);
            continue;
        }
        if (f->opened)
            yb_sm3_update(sm3, f->list ? "]" : "}", 1);
        w->depth--;
    }
    uint8_t hash[YB_CANON_HASH];
    yb_sm3_final(sm3, hash);       /* in every case: leaves the context fresh */
    if (err)
        return err;
    memcpy(ret_hash, hash, sizeof(hash));
    return YB_OK;
}

void yb_canon_key(yb_sm3_t *sm3, const char *fixmedins_code, const char *msgid, uint8_t ret_key[YB_CANON_KEY])
{
    uint8_t hash[YB_SM3_SIZE];
    yb_sm3_update(sm3, "msg", 4);
    yb_sm3_update(sm3, fixmedins_code, strlen(fixmedins_code) + 1);
    yb_sm3_update(sm3, msgid, strlen(msgid) + 1);
    yb_sm3_final(sm3, hash);
    memcpy(ret_key, hash, YB_CANON_KEY);
}
