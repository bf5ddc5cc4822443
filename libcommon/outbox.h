/* Events leave with the transaction that caused them (outbox) and are taken in once (inbox). Delivery is at
 * least once: the relay sends rows until acknowledged; rows are found by state, not by "id > last", since ids
 * commit out of order. */
#ifndef YB_OUTBOX_H
#define YB_OUTBOX_H

#include "db.h"
#include "proto/rpc.pb-c.h"

typedef struct yb_event {
    uint64_t id;                      /* unique per source (yb_id) */
    const char *target;               /* service to deliver to: "settlement" */
    const char *type;                 /* "AccountOpened" */
    const char *key;
    const char *traceparent;          /* or NULL */
    const uint8_t *body; size_t body_len;
} yb_event_t;

/* One bulk insert, inside the open transaction. */
YB_CHECK yb_err_t yb_outbox_put(yb_db_t *db, const yb_event_t *events, size_t count, int64_t now_us,
                                yb_arena_t *arena);
/* At most `limit` unacknowledged events for `target`, oldest first; FOR UPDATE SKIP LOCKED, so call it inside
 * a transaction when several relays run. */
YB_CHECK yb_err_t yb_outbox_take(yb_db_t *db, const char *target, unsigned limit, yb_arena_t *arena,
                                 yb_event_t **ret_events, size_t *ret_count);
YB_CHECK yb_err_t yb_outbox_ack(yb_db_t *db, const uint64_t *ids, size_t count, int64_t now_us,
                                yb_arena_t *arena);
/* How many wait and since when (unix microseconds, 0 = none). */
YB_CHECK yb_err_t yb_outbox_lag(yb_db_t *db, uint64_t *ret_pending, int64_t *ret_oldest_us);
/* Deletes acknowledged rows older than before_us, at most `limit`. */
YB_CHECK yb_err_t yb_outbox_prune(yb_db_t *db, int64_t before_us, unsigned limit, uint64_t *ret_deleted);

#define YB_INBOX_SOURCE_MAX 32        /* characters, ASCII; a service's name */
/* Inserts (source, id) in the open transaction; ret_fresh[i] = not seen before (of an id given twice, the
 * first). One statement round trip per call. Waits for another transaction that takes the same id, and
 * answers by its outcome. */
YB_CHECK yb_err_t yb_inbox_take(yb_db_t *db, const char *source, const uint64_t *ids, size_t count,
                                int64_t now_us, yb_arena_t *arena, bool *ret_fresh);
/* Deletes entries older than before_us, at most `limit`: no event may come again after so long. */
YB_CHECK yb_err_t yb_inbox_prune(yb_db_t *db, int64_t before_us, unsigned limit, uint64_t *ret_deleted);

#endif
