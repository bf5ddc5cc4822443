/* The catalogue: dated rows per area. */
#ifndef YB_IDENTITY_STORE_CATALOGUE_H
#define YB_IDENTITY_STORE_CATALOGUE_H

#include "services/identity/identity.h"
#include "libcommon/strset.h"

/* Every row of these codes, of all areas and days, ordered by code. One query. */
YB_CHECK yb_err_t yb_item_by_code(yb_db_t *db, const yb_strset_t *codes, yb_arena_t *arena,
                                  yb_item_t **ret_items, size_t *ret_count);

typedef struct yb_item_filter {      /* "" and 0 do not filter */
    const char *code, *area, *name_part, *chrgitm_lv, *list_type;
    int32_t day, begndate_from, updt_from;
    size_t offset;
    unsigned limit;
} yb_item_filter_t;
/* A page, and how many rows there are in all. `area` finds the rows of that area and of every area. */
YB_CHECK yb_err_t yb_item_list(yb_db_t *db, const yb_item_filter_t *filter, yb_arena_t *arena,
                               yb_item_t **ret_items, size_t *ret_count, uint64_t *ret_total);
/* Bulk. */
YB_CHECK yb_err_t yb_item_insert(yb_db_t *db, yb_item_t *const *items, size_t count, int32_t today,
                                 yb_arena_t *arena);
YB_CHECK yb_err_t yb_item_update(yb_db_t *db, yb_item_t *const *items, size_t count, int32_t today,
                                 yb_arena_t *arena);

#endif
