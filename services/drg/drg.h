/* What the lanes of the service share; made once at start, never changed (yb_worker_data). */
#ifndef YB_DRG_H
#define YB_DRG_H

#include "libcommon/crypto.h"
#include "libcommon/service.h"
#include "services/drg/check/icd.h"

#define YB_QLTCTRL_VER_MAX 17

typedef struct yb_drg {
    yb_keyring_t ring;
    yb_list_rules_t *rules;
    char qltctrl_ver[YB_QLTCTRL_VER_MAX]; /* of `rules`: the first 16 hex digits of their tables' SM3 */
    yb_icd_t *icd;                        /* NULL: no code set is given, codes are taken as they come */
    yb_code_book_t book;                  /* of icd, or one that knows every code */
} yb_drg_t;

/* The lane's own box: made from the ring in the lane's thread. */
static inline yb_box_t *yb_drg_box(yb_worker_t *worker) { return yb_worker_own(worker); }

#endif
