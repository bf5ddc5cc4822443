/* The event PaymentReleased: what a month or a year of DRG payment owes beyond what settlements booked enters the books
 * as an adjusting entry, once per statement, and PaymentBooked answers in the same transaction (decision 026). */
#include <inttypes.h>
#include <string.h>

#include "libcommon/outbox.h"
#include "proto/events.pb-c.h"
#include "services/settlement/handlers/adjusting.h"
#include "services/settlement/handlers/booking.h"
#include "services/settlement/handlers/handlers.h"
#include "services/settlement/handlers/lane_state.h"

typedef Yibao__Events__PaymentReleased released_t;

/* What one delivery works on: the adjustment of each event, as it stands in the books or as it shall. */
typedef struct desk {
    yb_worker_t *worker;
    yb_arena_t *arena;
    size_t count;
    yb_adjustment_t *asked;         /* as each event says */
    const yb_adjustment_t **booked; /* by event */
    yb_adjustment_t *fresh;
    size_t fresh_count;
} desk_t;

/* Only the basic fund pays by case, and its book is the insutype's. */
static bool usable(const released_t *e)
{
    return e != NULL && e->statement_id > 0 && e->poolarea > 0 && e->period > 0 && e->difference_fen != 0 &&
           e->difference_fen > INT64_MIN && yb_day_valid(e->day) && e->fixmedins_code[0] != '\0' &&
           strlen(e->fixmedins_code) <= 12 && (strcmp(e->insutype, "310") == 0 || strcmp(e->insutype, "390") == 0) &&
           strcmp(e->fund_pay_type, yb_booking_basic_book(e->insutype)) == 0;
}

static yb_err_t decode(desk_t *desk, const Yibao__Rpc__Event *const *events)
{
    for (size_t i = 0; i < desk->count; i++) {
        const released_t *e = (const released_t *)yb_rpc_unpack(&yibao__events__payment_released__descriptor,
                                                                events[i]->body.data, events[i]->body.len, desk->arena);
        if (!usable(e))
            return YB_E_MALFORMED;
        desk->asked[i] = (yb_adjustment_t){ .statement_id = e->statement_id,
                                            .event_id = (int64_t)events[i]->id,
                                            .poolarea = e->poolarea,
                                            .period = e->period,
                                            .fixmedins_code = e->fixmedins_code,
                                            .insutype = e->insutype,
                                            .fund_pay_type = e->fund_pay_type,
                                            .difference_fen = e->difference_fen,
                                            .day = e->day };
    }
    return YB_OK;
}

static bool same_statement(const yb_adjustment_t *a, const yb_adjustment_t *b)
{
    return a->poolarea == b->poolarea && a->period == b->period && a->difference_fen == b->difference_fen &&
           a->day == b->day && strcmp(a->fixmedins_code, b->fixmedins_code) == 0 &&
           strcmp(a->insutype, b->insutype) == 0 && strcmp(a->fund_pay_type, b->fund_pay_type) == 0;
}

/* A statement that stands in the books already is not booked again, whatever event brings it; with other values it is a
 * fault of the sender. */
static yb_err_t sort_out(desk_t *desk)
{
    yb_adjustment_t *known = NULL;
    size_t known_count = 0;
    int64_t *ids = YB_NEW_ARRAY(desk->arena, int64_t, desk->count);
    for (size_t i = 0; i < desk->count; i++)
        ids[i] = desk->asked[i].statement_id;
    yb_err_t err = yb_adjustment_of(yb_worker_db(desk->worker), ids, desk->count, desk->arena, &known, &known_count);
    for (size_t i = 0; i < desk->count && err == YB_OK; i++) {
        for (size_t k = 0; k < known_count && desk->booked[i] == NULL; k++)
            if (known[k].statement_id == desk->asked[i].statement_id)
                desk->booked[i] = &known[k];
        if (desk->booked[i] != NULL) {
            if (!same_statement(desk->booked[i], &desk->asked[i]))
                err = YB_E_ROW_EXISTS;
            continue;
        }
        yb_adjustment_t *a = &desk->fresh[desk->fresh_count++];
        *a = desk->asked[i];
        a->adjustment_id = yb_worker_id(desk->worker);
        a->booked_us = yb_worker_now_us(desk->worker);
        desk->booked[i] = a;
    }
    return err;
}

static yb_err_t book(desk_t *desk)
{
    yb_entry_t *entries = YB_NEW_ARRAY(desk->arena, yb_entry_t, desk->fresh_count);
    for (size_t i = 0; i < desk->fresh_count; i++)
        yb_adjusting_entry(&desk->fresh[i], &entries[i]);
    yb_err_t err = yb_lane_journal(desk->worker, entries, desk->fresh_count);
    for (size_t i = 0; i < desk->fresh_count; i++) {
        desk->fresh[i].lane = entries[i].lane;
        desk->fresh[i].seq = entries[i].seq;
    }
    return err != YB_OK ? err
                        : yb_adjustment_insert(yb_worker_db(desk->worker), desk->fresh, desk->fresh_count, desk->arena);
}

static yb_err_t answer(const desk_t *desk, const Yibao__Rpc__Event *const *events)
{
    yb_event_t *answers = YB_NEW_ARRAY(desk->arena, yb_event_t, desk->count);
    for (size_t i = 0; i < desk->count; i++) {
        const yb_adjustment_t *a = desk->booked[i];
        Yibao__Events__PaymentBooked booked = YIBAO__EVENTS__PAYMENT_BOOKED__INIT;
        booked.statement_id = a->statement_id;
        booked.journal_lane = a->lane;
        booked.journal_seq = a->seq;
        answers[i] = yb_worker_event(desk->worker, "drg", "PaymentBooked",
                                     yb_arena_printf(desk->arena, "%" PRId64, a->statement_id), &booked.base);
        if (events[i]->traceparent[0] != '\0')
            answers[i].traceparent = events[i]->traceparent;
    }
    return yb_outbox_put(yb_worker_db(desk->worker), answers, desk->count, yb_worker_now_us(desk->worker), desk->arena);
}

yb_err_t yb_payment_released_apply(yb_worker_t *worker, const Yibao__Rpc__Event *const *events, size_t count,
                                   yb_arena_t *arena)
{
    desk_t desk = { .worker = worker,
                    .arena = arena,
                    .count = count,
                    .asked = YB_NEW_ARRAY(arena, yb_adjustment_t, count),
                    .booked = YB_NEW_ARRAY(arena, const yb_adjustment_t *, count),
                    .fresh = YB_NEW_ARRAY(arena, yb_adjustment_t, count) };
    yb_err_t err = decode(&desk, events);
    if (err == YB_OK)
        err = sort_out(&desk);
    if (err == YB_OK)
        err = book(&desk);
    return err != YB_OK ? err : answer(&desk, events);
}
