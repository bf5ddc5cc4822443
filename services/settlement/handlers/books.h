/* The books as the metrics show them, cheaply: what was booked since the last look is read again from the database and
 * must balance in every book, follow its number and carry the hash of its chain. An entry that does not balance is
 * never written (the booking asserts it); what is found here was changed afterwards, by a hand, a fault of the disk or
 * of the database. The whole of the books is the audit's matter; when it ended last, and how, is told as well. */
#ifndef SETTLEMENT_BOOKS_H
#define SETTLEMENT_BOOKS_H

#include "libcommon/service.h"

typedef struct yb_books yb_books_t;

/* How far each lane was looked at; the keeper's alone. */
yb_books_t *yb_books_create(void);
void yb_books_destroy(yb_books_t **books);
/* The chore: the newest entries of each lane, 10,000 at most in one go; the last audit. */
yb_err_t yb_books_chore(yb_worker_t *worker);
/* An audit went through to its end: kept in YB_HEADS_DIR/audit.json, for all replicas and the next start. */
YB_CHECK yb_err_t yb_books_audited(yb_worker_t *worker, uint64_t checked, uint64_t findings);

#endif
