/* A list of keys turned into a sorted set, to ask the database for each once and to find the answers again.
 */
#ifndef YB_STRSET_H
#define YB_STRSET_H

#include <stddef.h>
#include "arena.h"

typedef struct yb_strset {
    const char **items;              /* sorted by strcmp once yb_strset_seal was called */
    size_t count, cap;
    yb_arena_t *arena;
} yb_strset_t;

yb_strset_t yb_strset_create(yb_arena_t *arena, size_t expected);
/* Borrowed. */
void yb_strset_add(yb_strset_t *set, const char *item);
/* Sorts and drops repeats; from here on only yb_strset_find. */
void yb_strset_seal(yb_strset_t *set);
/* Index of the item; SIZE_MAX = not in it. */
size_t yb_strset_find(const yb_strset_t *set, const char *item);

#endif
