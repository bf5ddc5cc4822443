/* Chronic-disease filings. */
#ifndef YB_ENROLLMENT_STORE_FILING_H
#define YB_ENROLLMENT_STORE_FILING_H

#include "services/enrollment/enrollment.h"

/* Takes the filing lock of these persons until the transaction ends; sorted sets never deadlock each other.
 */
YB_CHECK yb_err_t yb_filing_lock_persons(yb_db_t *db, const yb_strset_t *psn_nos, yb_arena_t *arena);
/* Those not cancelled, of all days, in no order. One query. */
YB_CHECK yb_err_t yb_filing_by_person(yb_db_t *db, const yb_strset_t *psn_nos, yb_arena_t *arena,
                                      yb_filing_t **ret_filings, size_t *ret_count);
/* Locks the row. YB_E_NOT_FOUND. */
YB_CHECK yb_err_t yb_filing_lock(yb_db_t *db, int64_t trt_dcla_detl_sn, yb_arena_t *arena,
                                 yb_filing_t **ret_filing);
/* Bulk. */
YB_CHECK yb_err_t yb_filing_insert(yb_db_t *db, yb_filing_t *const *filings, size_t count, int64_t now_us,
                                   yb_arena_t *arena);
/* Bulk: name and end of a filing known by person, scheme, disease and begndate. */
YB_CHECK yb_err_t yb_filing_update(yb_db_t *db, yb_filing_t *const *filings, size_t count, yb_arena_t *arena);
YB_CHECK yb_err_t yb_filing_cancel(yb_db_t *db, int64_t trt_dcla_detl_sn, int64_t now_us, const char *by,
                                   const char *memo, yb_arena_t *arena);

#endif
