/* The journal entry of an adjustment: made when it is booked, and again by the audit to compare. */
#ifndef SETTLEMENT_ADJUSTING_H
#define SETTLEMENT_ADJUSTING_H

#include "services/settlement/store/adjustment.h"
#include "services/settlement/store/journal.h"

/* Everything but lane, seq and hash. The fund's benefits paid and its payable to the institution grow by the
 * difference; a negative one takes that much back from both. The texts are the adjustment's. */
static inline void yb_adjusting_entry(const yb_adjustment_t *a, yb_entry_t *ret_entry)
{
    *ret_entry = (yb_entry_t){ .kind = YB_ENTRY_ADJUSTMENT,
                               .poolarea = a->poolarea,
                               .subject = a->adjustment_id,
                               .day = a->day,
                               .time_us = a->booked_us };
    yb_entry_post(ret_entry, a->fund_pay_type, YB_LEDGER_BENEFIT, a->fixmedins_code, YB_LEDGER_PAYABLE,
                  a->fixmedins_code, a->difference_fen);
}

#endif
