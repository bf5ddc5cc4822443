/* What a lane of settlement keeps between batches: the end of its journal chain, its hasher. */
#ifndef SETTLEMENT_LANE_STATE_H
#define SETTLEMENT_LANE_STATE_H

#include "libcommon/service.h"
#include "services/settlement/store/journal.h"

#define YB_BOOK_ACCOUNT "310200"     /* personal accounts */
#define YB_BOOK_CASH "000000"        /* cash between patient and institution, outside every fund */

typedef struct yb_lane_state {
    yb_sm3_t *sm3;
    bool chain_known;
    yb_chain_t chain;                /* as of the last append, committed or not: the database has the last word */
} yb_lane_state_t;

yb_err_t yb_settlement_lane_open(yb_worker_t *worker, void **ret_lane);
void yb_settlement_lane_close(yb_worker_t *worker, void **lane);
/* Appends entries to the lane's chain in the open transaction. When the last append was rolled back, the remembered end
 * is ahead of the database; moving the head then touches no row, and the end is read again. */
YB_CHECK yb_err_t yb_lane_journal(yb_worker_t *worker, yb_entry_t *entries, size_t count);

#endif
