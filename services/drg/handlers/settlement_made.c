/* The event SettlementMade. Its inbox row is in the same transaction: applied once. Said again under another number (a
 * backfill), it changes nothing. Original and reversal meet at the row of the original, whichever comes first. What
 * becomes true of a stay whose month has been released waits as a change for the next run of its pooling area. */
#include <string.h>

#include "services/drg/handlers/handlers.h"
#include "services/drg/store/change.h"
#include "services/drg/store/list.h"
#include "services/drg/store/month.h"

#define PER_YM 100000000 /* yyyymmddHHMMSS to yyyymm */

typedef Yibao__Events__SettlementMade made_t;

/* What one delivery works on. */
typedef struct desk {
    yb_worker_t *worker;
    yb_arena_t *arena;
    yb_copy_t *copies;
    size_t copy_count; /* as the originals say */
    yb_copy_reversal_t *reversals;
    size_t reversal_count;
    int64_t *originals;
    size_t original_count; /* the ids of both */
    yb_copy_t *before;
    size_t before_count; /* of the originals, what was there */
} desk_t;

static const char *text_or(const char *text) { return text != NULL ? text : ""; }

/* The book of the basic fund (基本医疗保险统筹基金) of an insutype is the insutype and "100": 310100, 390100. */
static yb_fen_t of_basic_fund(const made_t *made)
{
    const char *insutype = text_or(made->insutype);
    const size_t len = strlen(insutype);
    yb_fen_t sum = 0;
    for (size_t i = 0; i < made->n_funds; i++)
        if (len == 3 && strncmp(made->funds[i]->fund_pay_type, insutype, len) == 0 &&
            strcmp(made->funds[i]->fund_pay_type + len, "100") == 0)
            sum += made->funds[i]->fund_payamt_fen;
    return sum;
}

static yb_copy_t copy_of(const made_t *made, yb_arena_t *arena)
{
    Yibao__Drg__StoredFunds funds = YIBAO__DRG__STORED_FUNDS__INIT;
    funds.n_funds = made->n_funds;
    funds.funds = made->funds;
    size_t len = yibao__drg__stored_funds__get_packed_size(&funds);
    uint8_t *packed = yb_arena_alloc(arena, len + 1);
    yibao__drg__stored_funds__pack(&funds, packed);
    return (yb_copy_t){ .setl_id = made->setl_id,
                        .known = true,
                        .poolarea = made->poolarea,
                        .mdtrt_id = made->mdtrt_id,
                        .psn_no = text_or(made->psn_no),
                        .insutype = text_or(made->insutype),
                        .med_type = text_or(made->med_type),
                        .fixmedins_code = text_or(made->fixmedins_code),
                        .insuplc_admdvs = text_or(made->insuplc_admdvs),
                        .inpatient = made->inpatient,
                        .setl_time = made->setl_time,
                        .begntime = made->begntime,
                        .endtime = made->endtime,
                        .medfee_sumamt_fen = made->medfee_sumamt_fen,
                        .fund_pay_sumamt_fen = made->fund_pay_sumamt_fen,
                        .fulamt_ownpay_amt_fen = made->fulamt_ownpay_amt_fen,
                        .overlmt_selfpay_fen = made->overlmt_selfpay_fen,
                        .acct_pay_fen = made->acct_pay_fen,
                        .psn_cash_pay_fen = made->psn_cash_pay_fen,
                        .basic_fund_fen = of_basic_fund(made),
                        .funds = packed,
                        .funds_len = len };
}

static const yb_copy_reversal_t *reversal_of(const desk_t *desk, int64_t setl_id)
{
    for (size_t i = 0; i < desk->reversal_count; i++)
        if (desk->reversals[i].setl_id == setl_id)
            return &desk->reversals[i];
    return NULL;
}

/* What is said twice in one delivery is taken once. */
static yb_err_t sort_out(desk_t *desk, const Yibao__Rpc__Event *const *events, size_t count)
{
    desk->copies = YB_NEW_ARRAY(desk->arena, yb_copy_t, count);
    desk->reversals = YB_NEW_ARRAY(desk->arena, yb_copy_reversal_t, count);
    desk->originals = YB_NEW_ARRAY(desk->arena, int64_t, count);
    for (size_t i = 0; i < count; i++) {
        const made_t *made = (const made_t *)yb_rpc_unpack(&yibao__events__settlement_made__descriptor,
                                                           events[i]->body.data, events[i]->body.len, desk->arena);
        if (made == NULL || made->setl_id <= 0 || made->init_setl_id < 0)
            return YB_E_MALFORMED;
        const bool reverses = made->init_setl_id != 0;
        if (reverses ? reversal_of(desk, made->init_setl_id) != NULL
                     : yb_copy_find(desk->copies, desk->copy_count, made->setl_id) != NULL)
            continue;
        if (reverses)
            desk->reversals[desk->reversal_count++] = (yb_copy_reversal_t){ .setl_id = made->init_setl_id,
                                                                            .reversed_by = made->setl_id,
                                                                            .poolarea = made->poolarea };
        else
            desk->copies[desk->copy_count++] = copy_of(made, desk->arena);
        desk->originals[desk->original_count++] = reverses ? made->init_setl_id : made->setl_id;
    }
    return YB_OK;
}

/* ---- what is new, and of which month ---- */

/* A transition of a stay that counts in its month: it became known, or it was reversed. */
typedef struct news {
    yb_change_t change;
    int32_t ym;
} news_t;

static news_t news_of(const yb_copy_t *c, yb_change_cause_t cause, int64_t ref_id)
{
    return (news_t){ .change = { .setl_id = c->setl_id, .poolarea = c->poolarea, .cause = cause, .ref_id = ref_id },
                     .ym = (int32_t)(c->setl_time / PER_YM) };
}

/* Compared with what was there. Known and reversed at once, a stay never counted: that is no news. */
static size_t find_news(const desk_t *desk, news_t *news)
{
    size_t n = 0;
    for (size_t i = 0; i < desk->copy_count; i++) {
        const yb_copy_t *c = &desk->copies[i], *b = yb_copy_find(desk->before, desk->before_count, c->setl_id);
        const bool was_known = b != NULL && b->known, reversed = b != NULL && b->reversed_by != 0;
        if (c->inpatient && !was_known && !reversed && reversal_of(desk, c->setl_id) == NULL)
            news[n++] = news_of(c, YB_CHANGE_LATE, c->setl_id);
    }
    for (size_t i = 0; i < desk->reversal_count; i++) {
        const yb_copy_reversal_t *r = &desk->reversals[i];
        const yb_copy_t *b = yb_copy_find(desk->before, desk->before_count, r->setl_id);
        if (b != NULL && b->known && b->inpatient && b->reversed_by == 0)
            news[n++] = news_of(b, YB_CHANGE_REVERSED, r->reversed_by);
    }
    return n;
}

/* Another delivery may have said the same while this one waited for the row. */
static yb_err_t is_told(const desk_t *desk, const yb_change_t *change, bool *ret_told)
{
    yb_change_t *known = NULL;
    size_t count = 0;
    yb_err_t err = yb_change_of_settlement(yb_worker_db(desk->worker), change->setl_id, desk->arena, &known, &count);
    *ret_told = false;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        *ret_told = *ret_told || (known[i].cause == change->cause && known[i].ref_id == change->ref_id);
    return err;
}

/* The months stay as they are until this is committed (store/month.h). */
static yb_err_t tell_released_months(const desk_t *desk)
{
    news_t *news = YB_NEW_ARRAY(desk->arena, news_t, desk->original_count);
    const size_t count = find_news(desk, news);
    yb_month_key_t *keys = YB_NEW_ARRAY(desk->arena, yb_month_key_t, count + 1);
    yb_change_t *changes = YB_NEW_ARRAY(desk->arena, yb_change_t, count + 1);
    yb_month_t *months = NULL;
    size_t month_count = 0, n = 0;
    for (size_t i = 0; i < count; i++)
        keys[i] = (yb_month_key_t){ .poolarea = news[i].change.poolarea, .ym = news[i].ym };
    yb_err_t err = yb_month_share(yb_worker_db(desk->worker), keys, count, desk->arena, &months, &month_count);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        const yb_month_t *month = yb_month_find(months, month_count, news[i].change.poolarea, news[i].ym);
        bool told = true;
        if (month != NULL && month->state == YB_MONTH_RELEASED)
            err = is_told(desk, &news[i].change, &told);
        if (told || err != YB_OK)
            continue;
        changes[n] = news[i].change;
        changes[n].change_id = yb_worker_id(desk->worker);
        changes[n++].made_us = yb_worker_now_us(desk->worker);
    }
    return err != YB_OK ? err : yb_change_insert(yb_worker_db(desk->worker), changes, n, desk->arena);
}

/* ---- in the transaction ---- */

/* A row that is not there cannot be locked. A reversal whose original is missing makes its row and looks again: the
 * original may come in another transaction at this very moment. */
static yb_err_t look_again(desk_t *desk)
{
    int64_t *ids = YB_NEW_ARRAY(desk->arena, int64_t, desk->reversal_count + 1);
    yb_copy_t *came = NULL;
    size_t missing = 0, n = 0;
    for (size_t i = 0; i < desk->reversal_count; i++) {
        const int64_t id = desk->reversals[i].setl_id;
        if (yb_copy_find(desk->before, desk->before_count, id) == NULL &&
            yb_copy_find(desk->copies, desk->copy_count, id) == NULL)
            ids[missing++] = id;
    }
    if (missing == 0)
        return YB_OK;
    yb_err_t err = yb_copy_load(yb_worker_db(desk->worker), ids, missing, true, desk->arena, &came, &n);
    yb_copy_t *all = YB_NEW_ARRAY(desk->arena, yb_copy_t, desk->before_count + n + 1);
    for (size_t i = 0; i < desk->before_count; i++)
        all[i] = desk->before[i];
    for (size_t i = 0; i < n && err == YB_OK; i++) {
        all[desk->before_count] = came[i];
        all[desk->before_count++].reversed_by = 0; /* the mark is the one just made */
    }
    desk->before = all;
    return err;
}

/* The copies' rows are locked first, then the lists', the months' last, as an upload does it. */
static yb_err_t apply(desk_t *desk)
{
    yb_db_t *db = yb_worker_db(desk->worker);
    int64_t *gone = YB_NEW_ARRAY(desk->arena, int64_t, desk->reversal_count + 1);
    for (size_t i = 0; i < desk->reversal_count; i++)
        gone[i] = desk->reversals[i].setl_id;
    yb_err_t err =
        yb_copy_load(db, desk->originals, desk->original_count, true, desk->arena, &desk->before, &desk->before_count);
    if (err == YB_OK)
        err = yb_copy_put(db, desk->copies, desk->copy_count, desk->arena);
    if (err == YB_OK)
        err = yb_copy_reverse(db, desk->reversals, desk->reversal_count, desk->arena);
    if (err == YB_OK)
        err = look_again(desk);
    if (err == YB_OK)
        err = yb_list_void(db, gone, desk->reversal_count, desk->arena);
    return err != YB_OK ? err : tell_released_months(desk);
}

yb_err_t yb_settlement_made_apply(yb_worker_t *worker, const Yibao__Rpc__Event *const *events, size_t count,
                                  yb_arena_t *arena)
{
    desk_t desk = { .worker = worker, .arena = arena };
    yb_err_t err = sort_out(&desk, events, count);
    return err != YB_OK ? err : apply(&desk);
}
