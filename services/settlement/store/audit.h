/* What the audit reads. Each statement sees one snapshot, so what must agree at every moment is read by one statement.
 */
#ifndef SETTLEMENT_STORE_AUDIT_H
#define SETTLEMENT_STORE_AUDIT_H

#include "libcommon/db.h"
#include "libcommon/money.h"

/* Entries of the journal that belong to settlements, and settlements, counted at one moment. */
YB_CHECK yb_err_t yb_audit_counts(yb_db_t *db, yb_arena_t *arena, int64_t *ret_entries, int64_t *ret_settlements);

/* Last person of the next `limit` accumulator rows after `psn_no`; *ret_last "" = none left. */
YB_CHECK yb_err_t yb_audit_next_persons(yb_db_t *db, const char *psn_no, unsigned limit, yb_arena_t *arena,
                                        const char **ret_last);
/* Accumulator rows of persons in (from, to] with the live settlements behind each: one row per settlement, or one with
 * inputs NULL. Columns: psn_no, insutype, year, stays, pool, burden, dabing, jiuzhu, own136, opt_fund, opt_dedc,
 * inputs, setl_id, dise_codg. */
YB_CHECK yb_err_t yb_audit_accumulators(yb_db_t *db, const char *from, const char *to, yb_arena_t *arena,
                                        yb_rows_t **ret_rows);
/* Chronic rows of persons in (from, to]. Columns: psn_no, insutype, year, dise_codg, fund, inputs, setl_id. */
YB_CHECK yb_err_t yb_audit_chronic(yb_db_t *db, const char *from, const char *to, yb_arena_t *arena,
                                   yb_rows_t **ret_rows);

/* Accounts whose balance is not opening − Σ acct_pay of all settlements and reversals: columns psn_no, insutype,
 * balance, expected. `from` "" begins; a page of `limit` accounts; *ret_last "" = that was the last page. */
YB_CHECK yb_err_t yb_audit_accounts(yb_db_t *db, const char *from, unsigned limit, yb_arena_t *arena,
                                    yb_rows_t **ret_rows, uint64_t *ret_checked, const char **ret_last);
/* Live settlements in (after, after + page] whose lines do not add up to them, or whose batch does not name them.
 * Columns: setl_id, medfee, Σ lines, setl_id of the batch. */
YB_CHECK yb_err_t yb_audit_lines(yb_db_t *db, int64_t after, unsigned limit, yb_arena_t *arena, yb_rows_t **ret_rows,
                                 uint64_t *ret_checked, int64_t *ret_last);

#endif
