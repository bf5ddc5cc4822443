/* Institutions and their sessions. */
#ifndef YB_IDENTITY_STORE_INSTITUTION_H
#define YB_IDENTITY_STORE_INSTITUTION_H

#include "services/identity/identity.h"
#include "libcommon/strset.h"

/* By code, in no order; app_secret opened. One query. */
YB_CHECK yb_err_t yb_institution_by_code(yb_db_t *db, yb_box_t *box, const yb_strset_t *codes,
                                         yb_arena_t *arena, yb_institution_t **ret_list, size_t *ret_count);
/* "" does not filter; name is a part of the name. Ordered by code; secrets left out. */
YB_CHECK yb_err_t yb_institution_list(yb_db_t *db, const char *type, const char *name, const char *code,
                                      unsigned limit, yb_arena_t *arena, yb_institution_t **ret_list,
                                      size_t *ret_count);
/* Bulk. */
YB_CHECK yb_err_t yb_institution_insert(yb_db_t *db, yb_box_t *box, yb_institution_t *const *list,
                                        size_t count, int64_t now_us, yb_arena_t *arena);
/* Bulk; every column. */
YB_CHECK yb_err_t yb_institution_update(yb_db_t *db, yb_box_t *box, yb_institution_t *const *list,
                                        size_t count, int64_t now_us, yb_arena_t *arena);
/* Locks the row for the transaction. */
YB_CHECK yb_err_t yb_institution_lock(yb_db_t *db, yb_box_t *box, const char *code, yb_arena_t *arena,
                                      yb_institution_t **ret_institution);

typedef struct yb_sign_in {
    const char *sign_no, *fixmedins_code, *opter_no, *mac, *ip;
    int32_t poolarea;
    int64_t sign_time, out_time;
} yb_sign_in_t;
/* Bulk. */
YB_CHECK yb_err_t yb_sign_in_insert(yb_db_t *db, const yb_sign_in_t *list, size_t count, yb_arena_t *arena);
YB_CHECK yb_err_t yb_sign_in_by_no(yb_db_t *db, const yb_strset_t *sign_nos, yb_arena_t *arena,
                                   yb_sign_in_t **ret_list, size_t *ret_count);
/* Ends those that still stand; ret_ended = how many of them did. */
YB_CHECK yb_err_t yb_sign_in_end(yb_db_t *db, const char *sign_no, int64_t out_time, yb_arena_t *arena,
                                 uint64_t *ret_ended);

#endif
