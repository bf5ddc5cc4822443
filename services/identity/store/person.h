/* Persons and the audit of their reads. */
#ifndef YB_IDENTITY_STORE_PERSON_H
#define YB_IDENTITY_STORE_PERSON_H

#include "services/identity/identity.h"
#include "libcommon/strset.h"

/* The persons under these numbers, opened; in no order. One query. */
YB_CHECK yb_err_t yb_person_by_psn_no(yb_db_t *db, yb_box_t *box, const yb_strset_t *psn_nos,
                                      yb_arena_t *arena, yb_person_t **ret_persons, size_t *ret_count);
/* The persons with these ID numbers, of whatever certificate type. One query, by keyed hash. */
YB_CHECK yb_err_t yb_person_by_certno(yb_db_t *db, yb_box_t *box, const yb_strset_t *certnos,
                                      yb_arena_t *arena, yb_person_t **ret_persons, size_t *ret_count);
/* Which of these numbers are registered: those that are, in no order. Reads nothing of the record. */
YB_CHECK yb_err_t yb_person_exists(yb_db_t *db, const yb_strset_t *psn_nos, yb_arena_t *arena,
                                   const char ***ret_psn_nos, size_t *ret_count);
/* Bulk. */
YB_CHECK yb_err_t yb_person_insert(yb_db_t *db, yb_box_t *box, yb_person_t *const *persons, size_t count,
                                   int64_t now_us, yb_arena_t *arena);
/* Bulk; the pooling area stays. */
YB_CHECK yb_err_t yb_person_update(yb_db_t *db, yb_box_t *box, yb_person_t *const *persons, size_t count,
                                   int64_t now_us, yb_arena_t *arena);

typedef struct yb_person_read {
    int64_t read_id, read_us;
    int32_t poolarea;
    const char *psn_no, *service, *fixmedins_code, *opter, *purpose;
    uint8_t request_id[16];
} yb_person_read_t;
/* Bulk. */
YB_CHECK yb_err_t yb_person_read_insert(yb_db_t *db, const yb_person_read_t *reads, size_t count,
                                        yb_arena_t *arena);
/* Newest first. */
YB_CHECK yb_err_t yb_person_read_list(yb_db_t *db, const char *psn_no, unsigned limit, yb_arena_t *arena,
                                      yb_person_read_t **ret_reads, size_t *ret_count);

#endif
