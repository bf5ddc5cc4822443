/* Tables petition and case_ruling (written here, read with the truth of a month), and what a petition changes of its
 * settlement: until when its list may still come. */
#ifndef DRG_STORE_PETITION_H
#define DRG_STORE_PETITION_H

#include "libcommon/day.h"
#include "libcommon/db.h"

typedef struct yb_petition {
    int64_t petition_id, setl_id;
    int32_t poolarea, setl_ym;
    const char *fixmedins_code;
    int32_t kind, state; /* rules/petition.h, as remedies */
    const char *reason;
    int32_t wanted;
    const char *wanted_drg;
    int64_t filed_us;
    const char *filed_by;
    yb_day_t deadline_day; /* 0 = there was none */
    bool grants;           /* the decision, as all below */
    int32_t remedy;
    const char *drg;
    int32_t list_days;
    yb_day_t until_day;
    const char *answer, *proposed_by;
    int64_t proposed_us;
    const char *decided_by;
    int64_t decided_us;
} yb_petition_t;

YB_CHECK yb_err_t yb_petition_insert(yb_db_t *db, const yb_petition_t *petition, yb_arena_t *arena);
/* lock = FOR UPDATE. YB_E_NOT_FOUND. */
YB_CHECK yb_err_t yb_petition_load(yb_db_t *db, int64_t petition_id, bool lock, yb_arena_t *arena, yb_petition_t *ret);
/* State and decision. */
YB_CHECK yb_err_t yb_petition_update(yb_db_t *db, const yb_petition_t *petition, yb_arena_t *arena);
/* Another one of the kind for the settlement that is not decided, else one that was granted; 0 = none. */
YB_CHECK yb_err_t yb_petition_standing(yb_db_t *db, int64_t setl_id, int32_t kind, yb_arena_t *arena, int64_t *ret_id,
                                       int32_t *ret_state);

/* Each 0 or "" = all. */
typedef struct yb_petition_filter {
    int64_t setl_id, before; /* before: petition_id */
    int32_t poolarea, setl_ym, state, kind;
    const char *fixmedins_code;
} yb_petition_filter_t;
/* Newest first, at most `limit`. */
YB_CHECK yb_err_t yb_petition_list(yb_db_t *db, const yb_petition_filter_t *filter, unsigned limit, yb_arena_t *arena,
                                   yb_petition_t **ret_rows, size_t *ret_count);

/* Special ones granted for settlements of a month of an institution that stand. */
YB_CHECK yb_err_t yb_petition_granted_special(yb_db_t *db, int32_t poolarea, int32_t setl_ym,
                                              const char *fixmedins_code, yb_arena_t *arena, int64_t *ret_count);
/* Its cases of the month that are paid by group: in a run (`run_id` not 0), or by the lists submitted so far. */
YB_CHECK yb_err_t yb_petition_cases(yb_db_t *db, int32_t poolarea, int32_t setl_ym, const char *fixmedins_code,
                                    int64_t run_id, yb_arena_t *arena, int64_t *ret_count);

/* How the case is to be paid from now on. */
YB_CHECK yb_err_t yb_ruling_put(yb_db_t *db, const yb_petition_t *petition, int64_t now_us, yb_arena_t *arena);
/* The list of the settlement may come, or be replaced, up to that day. */
YB_CHECK yb_err_t yb_petition_reopen(yb_db_t *db, int64_t setl_id, yb_day_t until_day, yb_arena_t *arena);

#endif
