/* A folder of files that people add to (plans, schemes), read anew when its files have changed: an added one needs no
 * restart. What is in use is kept until its last holder gives it back. Used by all lanes at once. */
#ifndef YB_DRG_SHELF_H
#define YB_DRG_SHELF_H

#include <stdbool.h>
#include <stddef.h>
#include "libcommon/err.h"

typedef struct yb_shelf yb_shelf_t;
typedef struct yb_shelf_kind {
    yb_err_t (*load)(const char *dir, void **ret_set, char *detail, size_t detail_cap);
    void (*destroy)(void **set);
} yb_shelf_kind_t;

/* `dir` is copied. Nothing is read yet. The caller owns the shelf. */
yb_shelf_t *yb_shelf_create(const char *dir, const yb_shelf_kind_t *kind);
/* Nobody holds anything any more (asserted). NULL-safe, nulls *shelf. */
void yb_shelf_destroy(yb_shelf_t **shelf);

/* What the folder holds now; the caller gives it back. An error is the load's own, `detail` says more: what was read
 * before is then not answered, since the folder says something else. */
YB_CHECK yb_err_t yb_shelf_take(yb_shelf_t *shelf, const void **ret_set, char *detail, size_t detail_cap);
/* NULL-safe, nulls *set. */
void yb_shelf_give(yb_shelf_t *shelf, const void **set);

#endif
