/* What the lanes of the service share; made once at start, never changed (yb_worker_data). */
#ifndef YB_DRG_H
#define YB_DRG_H

#include "libcommon/crypto.h"
#include "libcommon/service.h"
#include "services/drg/check/icd.h"
#include "services/drg/shelf.h"

#define YB_QLTCTRL_VER_MAX 17

typedef struct yb_drg {
    yb_keyring_t ring;
    yb_list_rules_t *rules;
    char qltctrl_ver[YB_QLTCTRL_VER_MAX]; /* of `rules`: the first 16 hex digits of their tables' SM3 */
    yb_icd_t *icd;                        /* NULL: no code set is given, codes are taken as they come */
    yb_code_book_t book;                  /* of icd, or one that knows every code */
    yb_shelf_t *plans, *schemes;          /* of yb_plan_set_t and yb_scheme_set_t: read anew when files are added */
} yb_drg_t;

/* A month's run in the making, and what it holds meanwhile. */
typedef struct yb_drg_work {
    struct yb_closing *closing; /* NULL = none */
    const void *plans, *schemes;
    int64_t began_us, read_us; /* of the reading: for the log */
} yb_drg_work_t;

/* What a lane has of its own, used in its thread only. */
typedef struct yb_drg_lane {
    yb_box_t *box; /* made from the ring in the lane's thread */
    yb_drg_work_t work;
} yb_drg_lane_t;

static inline yb_box_t *yb_drg_box(yb_worker_t *worker) { return ((yb_drg_lane_t *)yb_worker_own(worker))->box; }

#endif
