/* Lane leases: a worker thread holds a lane number that no other live worker of the service has. The number goes into
 * ids (libcommon/id.h) and names the worker's journal chain; the fence grows with each change of hands, so that a
 * holder who overslept is refused by those who check it. */
#ifndef YB_LEASE_H
#define YB_LEASE_H

#include "db.h"

#define YB_LANE_MAX 1023
#define YB_LEASE_US 30000000LL      /* a lease lasts 30 s and is renewed by a third of it */

typedef struct yb_lease {
    int lane;
    int64_t fence;
    int64_t until_us;
    char holder[128];
} yb_lease_t;

/* Takes, in this order: the lane this holder had before, one whose lease has run out, a new one. `holder` must be
 * unique among live processes (host, folder, service, thread) and stay the same over a restart. YB_E_OVERLOADED: all
 * lanes are taken. */
YB_CHECK yb_err_t yb_lease_claim(yb_db_t *db, const char *holder, int64_t now_us, yb_lease_t *ret_lease);
/* Extends it. YB_E_LANE_LOST: somebody else has the lane now. */
YB_CHECK yb_err_t yb_lease_renew(yb_db_t *db, yb_lease_t *lease, int64_t now_us);
/* Gives it back at a clean stop. */
YB_CHECK yb_err_t yb_lease_release(yb_db_t *db, const yb_lease_t *lease);

#endif
