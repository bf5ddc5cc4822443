/* The payment plans in force: a folder of plans (*.yaml), each with its table of weights beside it. At most one speaks
 * of a pooling area and a day. */
#ifndef DRG_PLAN_REGISTRY_H
#define DRG_PLAN_REGISTRY_H

#include "libcommon/arena.h"
#include "services/drg/plan/plan_file.h"

#define YB_PLANS_MAX 256 /* in one folder */
#define YB_PLAN_DIGEST 32

typedef struct yb_kept_plan {
    char file[64];
    yb_plan_t *plan;              /* NULL: it has faults */
    uint8_t hash[YB_PLAN_DIGEST]; /* SM3 of `stored` */
    uint8_t *stored;              /* packed StoredPlan */
    size_t stored_len;
    char area[8]; /* "" = not even that could be read */
    yb_day_t from, to;
    char fault[256]; /* the first one, with its line; "" = none */
} yb_kept_plan_t;

typedef struct yb_plan_set {
    size_t count;
    yb_kept_plan_t plans[YB_PLANS_MAX];
} yb_plan_set_t;

/* Reads every plan of the folder. A plan with faults is among the results, since it speaks of its area and days all the
 * same; a folder that is not there has none. YB_E_IO, YB_E_TOO_LARGE: `detail` says it. The caller owns *ret_set. */
YB_CHECK yb_err_t yb_plan_set_load(const char *dir, yb_plan_set_t **ret_set, char *detail, size_t detail_cap);
/* NULL-safe, nulls *set. */
void yb_plan_set_destroy(yb_plan_set_t **set);
/* The plan of a pooling area on a day, borrowed. Refuses in Chinese and by name: none (POLICY_NONE), two
 * (POLICY_CONFLICT), one with faults that speaks of it (POLICY_FORM). */
YB_CHECK yb_err_t yb_plan_set_find(const yb_plan_set_t *set, int32_t poolarea, yb_day_t day,
                                   const yb_kept_plan_t **ret_plan, yb_refusal_t *ret_why);

/* A plan as it was stored, parsed again; the caller owns *ret_plan. YB_E_POLICY_FORM: not a plan (any more). */
YB_CHECK yb_err_t yb_plan_of_stored(const uint8_t *stored, size_t len, yb_arena_t *arena, yb_plan_t **ret_plan);

#endif
