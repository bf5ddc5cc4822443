/* Covers, opening balances and tags. */
#ifndef YB_ENROLLMENT_STORE_COVER_H
#define YB_ENROLLMENT_STORE_COVER_H

#include "services/enrollment/enrollment.h"

/* Everything of these persons, of all days, in no order. One query each. */
YB_CHECK yb_err_t yb_cover_by_person(yb_db_t *db, const yb_strset_t *psn_nos, yb_arena_t *arena,
                                     yb_cover_t **ret_covers, size_t *ret_count);
YB_CHECK yb_err_t yb_tag_by_person(yb_db_t *db, const yb_strset_t *psn_nos, yb_arena_t *arena,
                                   yb_tag_t **ret_tags, size_t *ret_count);
YB_CHECK yb_err_t yb_opening_by_person(yb_db_t *db, const yb_strset_t *psn_nos, yb_arena_t *arena,
                                       yb_account_opening_t **ret_openings, size_t *ret_count);
/* Bulk. */
YB_CHECK yb_err_t yb_cover_insert(yb_db_t *db, yb_cover_t *const *covers, size_t count, int64_t now_us,
                                  yb_arena_t *arena);
YB_CHECK yb_err_t yb_cover_update(yb_db_t *db, yb_cover_t *const *covers, size_t count, int64_t now_us,
                                  yb_arena_t *arena);
YB_CHECK yb_err_t yb_opening_insert(yb_db_t *db, const yb_account_opening_t *openings, size_t count,
                                    int64_t now_us, yb_arena_t *arena);
YB_CHECK yb_err_t yb_tag_insert(yb_db_t *db, yb_tag_t *const *tags, size_t count, int64_t now_us,
                                yb_arena_t *arena);
YB_CHECK yb_err_t yb_tag_update(yb_db_t *db, yb_tag_t *const *tags, size_t count, int64_t now_us,
                                yb_arena_t *arena);

#endif
