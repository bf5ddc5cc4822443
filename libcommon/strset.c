#include "libcommon/strset.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

yb_strset_t yb_strset_create(yb_arena_t *arena, size_t expected)
{
    yb_strset_t set = { .arena = arena, .cap = expected < 8 ? 8 : expected };
    set.items = YB_NEW_ARRAY(arena, const char *, set.cap);
    return set;
}

void yb_strset_add(yb_strset_t *set, const char *item)
{
    if (set->count == set->cap) {
        const char **more = YB_NEW_ARRAY(set->arena, const char *, set->cap * 2);
        memcpy(more, set->items, set->count * sizeof *more);
        set->items = more;
        set->cap *= 2;
    }
    set->items[set->count++] = item;
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void yb_strset_seal(yb_strset_t *set)
{
    if (set->count == 0)
        return;
    qsort(set->items, set->count, sizeof *set->items, by_text);
    size_t kept = 1;
    for (size_t i = 1; i < set->count; i++)
        if (strcmp(set->items[i], set->items[kept - 1]) != 0)
            set->items[kept++] = set->items[i];
    set->count = kept;
}

size_t yb_strset_find(const yb_strset_t *set, const char *item)
{
    if (set->count == 0)
        return SIZE_MAX;
    const char **at = bsearch(&item, set->items, set->count, sizeof *set->items, by_text);
    return at == NULL ? SIZE_MAX : (size_t)(at - set->items);
}
