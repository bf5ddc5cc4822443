/* The codes of a list in one text, as its row keeps them for the month's run: in their order, parted by one blank. */
#ifndef DRG_RULES_LIST_CODES_H
#define DRG_RULES_LIST_CODES_H

#include <stdbool.h>
#include <stddef.h>
#include "libcommon/arena.h"

/* True for what can be packed: not empty, no blank and no control character in it. */
bool yb_list_code_packs(const char *code);
/* Every code must pack (asserted). "" for none; NULL when the arena's budget is used up. */
char *yb_list_codes_pack(const char *const *codes, size_t count, yb_arena_t *arena);
/* The reverse: codes in the arena; *ret_count 0 for "". NULL when the arena's budget is used up. */
const char **yb_list_codes_split(const char *text, yb_arena_t *arena, size_t *ret_count);

#endif
