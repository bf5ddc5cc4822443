/* Writing settlements and reversals: rows, books, accumulators, states, each kind in one bulk statement for the whole
 * batch. */
#ifndef SETTLEMENT_BOOKING_H
#define SETTLEMENT_BOOKING_H

#include "libcommon/service.h"
#include "proto/settlement.pb-c.h"
#include "services/settlement/store/accumulator.h"
#include "services/settlement/store/journal.h"
#include "services/settlement/store/line.h"
#include "services/settlement/store/settlement.h"
#include "services/settlement/store/visit.h"

typedef struct yb_booking {
    yb_worker_t *worker;
    size_t count, cap;
    const yb_settlement_t **rows;
    const yb_visit_t **visits;
    const yb_fee_batch_t **batches;
    yb_entry_t *entries;
    int64_t *reversed; size_t reversed_count;
} yb_booking_t;

/* Room for `cap` members, in the worker's arena. */
void yb_booking_open(yb_booking_t *booking, yb_worker_t *worker, size_t cap);
/* Takes a row (a reversal when init_setl_id is set) with its visit and batch as they shall be, and makes its journal
 * entry. */
void yb_booking_add(yb_booking_t *booking, const yb_settlement_t *row, const yb_visit_t *visit,
                    const yb_fee_batch_t *batch);
/* Tells drg of the row, in the transaction of the call, which writes it: the settlement list stands on it. `funds` are
 * the row's. */
void yb_booking_tell(yb_worker_t *worker, yb_call_t *call, const yb_settlement_t *row,
                     const Yibao__Settlement__StoredFunds *funds);
/* Writes everything and the changed accumulators, in the open transaction. */
YB_CHECK yb_err_t yb_booking_write(yb_booking_t *booking, const yb_acc_set_t *accs);

/* Adds (sign +1) or takes back (-1) what a settlement added to the year. */
void yb_booking_apply(const Yibao__Settlement__StoredInputs *inputs, int sign, yb_acc_t *acc, yb_chronic_t *chronic);
/* Packs inputs and funds into the row. */
void yb_booking_pack(yb_settlement_t *row, const Yibao__Settlement__StoredInputs *inputs,
                     const Yibao__Settlement__StoredFunds *funds, yb_arena_t *arena);
/* The legs that these amounts make: each fund its own book, the personal account, cash. */
void yb_booking_legs(yb_entry_t *entry, const char *insutype, const char *fixmedins_code, const char *psn_no,
                     const yb_setl_amounts_t *amounts);
/* Basic book of a scheme: 310100, 390100. */
const char *yb_booking_basic_book(const char *insutype);

#endif
