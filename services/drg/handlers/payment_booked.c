/* The event PaymentBooked: settlement's answer to PaymentReleased. The statement is in the books, and says where. */
#include "proto/events.pb-c.h"
#include "services/drg/handlers/handlers.h"
#include "services/drg/store/statement.h"

yb_err_t yb_payment_booked_apply(yb_worker_t *worker, const Yibao__Rpc__Event *const *events, size_t count,
                                 yb_arena_t *arena)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        const Yibao__Events__PaymentBooked *e = (const Yibao__Events__PaymentBooked *)yb_rpc_unpack(
            &yibao__events__payment_booked__descriptor, events[i]->body.data, events[i]->body.len, arena);
        if (e == NULL || e->statement_id <= 0 || e->journal_seq <= 0)
            return YB_E_MALFORMED;
        err = yb_statement_booked(yb_worker_db(worker), e->statement_id, e->journal_lane, e->journal_seq,
                                  yb_worker_now_us(worker), arena);
    }
    return err;
}
