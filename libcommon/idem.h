/* Idempotency keys are rows written in the effect's own transaction and kept for the whole clearing period.
 * What a caller gets, for every state × {same hash, other hash}:
 *
 *     state                    same hash              other hash
 *     new                      run                    run
 *     done                     the stored reply       YB_E_KEY_CONFLICT
 *     in flight, this lane     YB_E_IN_FLIGHT         YB_E_KEY_CONFLICT   (the service loop knows)
 *     in flight, elsewhere     waits for the row lock within the deadline and is then as done
 *
 * Refusals are not stored: asking again decides again. Table idem_key is part of the frame's schema (migrate.c). */
#ifndef YB_IDEM_H
#define YB_IDEM_H

#include "db.h"

#define YB_IDEM_KEY 16
#define YB_IDEM_HASH 32

typedef struct yb_idem {
    const uint8_t *key, *hash;        /* 16 and 32 bytes, borrowed */
    const uint8_t *reply; /* packed body of the answer; in: to store; out: as stored, in the arena */
    size_t reply_len;
    enum { YB_IDEM_NEW, YB_IDEM_DONE, YB_IDEM_CONFLICT } state;   /* out of yb_idem_find */
} yb_idem_t;

/* One SELECT … IN for all keys: fills state, and reply for DONE. */
YB_CHECK yb_err_t yb_idem_find(yb_db_t *db, yb_idem_t *keys, size_t count, yb_arena_t *arena);
/* One bulk insert, inside the open transaction. YB_E_DB_DUPLICATE: somebody else was first. now_us stamps the
 * rows. */
YB_CHECK yb_err_t yb_idem_store(yb_db_t *db, const yb_idem_t *keys, size_t count, int64_t now_us,
                                yb_arena_t *arena);
/* Deletes at most `limit` rows older than before_us; returns how many through ret_deleted. */
YB_CHECK yb_err_t yb_idem_prune(yb_db_t *db, int64_t before_us, unsigned limit, uint64_t *ret_deleted);

#endif
