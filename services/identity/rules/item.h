/* Which catalogue row holds for a code on a day in an area. Pure. */
#ifndef YB_IDENTITY_RULES_ITEM_H
#define YB_IDENTITY_RULES_ITEM_H

#include "services/identity/identity.h"

/* Of the rows of one code: the one valid on `day` whose area is nearest to `area` — the code itself, its
 * first four digits + 00, its first two + 0000, then the rows of every area (policy/lvliang.md, "a row for
 * the area wins over the all-area row"). NULL = none. */
const yb_item_t *yb_item_pick(const yb_item_t *rows, size_t count, int32_t day, const char *area);

#endif
