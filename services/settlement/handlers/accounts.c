/* Personal accounts and what a year has used up: GetAccounts (1101), GetAccumulators (5206), CountOpenings, the event
 * AccountOpened. */
#include <string.h>

#include "proto/events.pb-c.h"
#include "services/settlement/handlers/handlers.h"
#include "services/settlement/handlers/lane_state.h"
#include "services/settlement/store/accumulator.h"

static Yibao__Settlement__Account *to_account(yb_arena_t *arena, const yb_account_t *a)
{
    Yibao__Settlement__Account *out = YB_NEW(arena, Yibao__Settlement__Account);
    yibao__settlement__account__init(out);
    out->psn_no = (char *)(uintptr_t)a->psn_no;
    out->insutype = (char *)(uintptr_t)a->insutype;
    out->balc_fen = a->balc_fen;
    return out;
}

/* One query for all persons of all calls. */
yb_err_t yb_get_accounts_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_arena_t *arena = yb_worker_arena(worker);
    size_t total = 0, n = 0, found = 0;
    for (size_t i = 0; i < count; i++)
        total += ((const Yibao__Settlement__GetAccountsRequest *)calls[i]->body)->n_psn_no;
    const char **persons = YB_NEW_ARRAY(arena, const char *, total + 1);
    for (size_t i = 0; i < count; i++) {
        const Yibao__Settlement__GetAccountsRequest *req =
            (const Yibao__Settlement__GetAccountsRequest *)calls[i]->body;
        for (size_t k = 0; k < req->n_psn_no; k++)
            persons[n++] = req->psn_no[k];
    }
    yb_account_t *accounts = NULL;
    yb_err_t err = yb_account_list(yb_worker_db(worker), persons, n, arena, &accounts, &found);
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        const Yibao__Settlement__GetAccountsRequest *req =
            (const Yibao__Settlement__GetAccountsRequest *)calls[i]->body;
        Yibao__Settlement__GetAccountsReply *reply = YB_NEW(arena, Yibao__Settlement__GetAccountsReply);
        yibao__settlement__get_accounts_reply__init(reply);
        reply->accounts = YB_NEW_ARRAY(arena, Yibao__Settlement__Account *, found + 1);
        for (size_t a = 0; a < found; a++)
            for (size_t k = 0; k < req->n_psn_no; k++)
                if (strcmp(accounts[a].psn_no, req->psn_no[k]) == 0) {
                    reply->accounts[reply->n_accounts++] = to_account(arena, &accounts[a]);
                    break;
                }
        calls[i]->reply = &reply->base;
    }
    return err;
}

/* ---- 5206: the interface's cum_type_code: C0000 visits, D + fund paid by that fund, others by suffix ---- */

typedef struct out {
    Yibao__Settlement__Accumulator **list;
    size_t count;
    yb_arena_t *arena;
    const yb_acc_t *acc;
} out_t;

static void put(out_t *o, const char *code, int64_t value, bool is_count)
{
    Yibao__Settlement__Accumulator *a = YB_NEW(o->arena, Yibao__Settlement__Accumulator);
    yibao__settlement__accumulator__init(a);
    a->insutype = (char *)(uintptr_t)o->acc->insutype;
    a->year = o->acc->year;
    a->cum_ym = yb_arena_printf(o->arena, "%04d12", o->acc->year);
    a->cum_type_code = (char *)(uintptr_t)code;
    a->cum_fen = value;
    a->is_count = is_count;
    o->list[o->count++] = a;
}

static void put_year(out_t *o)
{
    bool employee = strcmp(o->acc->insutype, "310") == 0;
    put(o, "C0000_BIZ21", o->acc->stays, true);
    put(o, employee ? "D310100" : "D390100", o->acc->pool_fen, false);
    put(o, employee ? "D330100" : "D390200", o->acc->dabing_fen, false);
    put(o, "D610100", o->acc->jiuzhu_fen, false);
    put(o, employee ? "D310100_BIZ11" : "D390100_BIZ11", o->acc->opt_fund_fen, false);
    put(o, "TQ0000_BIZ11", o->acc->opt_dedc_fen, false);
    put(o, employee ? "TS330100" : "TS390200", o->acc->burden_fen, false);
    put(o, "TS610100", o->acc->own136_fen, false);
}

static yb_err_t accumulators_of(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Settlement__GetAccumulatorsRequest *req =
        (const Yibao__Settlement__GetAccumulatorsRequest *)call->body;
    yb_arena_t *arena = yb_worker_arena(worker);
    yb_acc_set_t set = { 0 };
    int32_t month = 0;
    if (req->cum_ym[0] != '\0' && yb_month_parse(req->cum_ym, strlen(req->cum_ym), &month) != YB_OK) {
        yb_call_refuse(call, YB_E_FIELD_FORM, "data.cum_ym", "应为年月yyyyMM，请核对cum_ym");
        return YB_OK;
    }
    yb_err_t err = yb_acc_list(yb_worker_db(worker), req->psn_no, arena, &set);
    if (err != YB_OK)
        return err;
    const int year = month / 100; /* 0 = all */
    out_t o = { .arena = arena,
                .list =
                    YB_NEW_ARRAY(arena, Yibao__Settlement__Accumulator *, set.acc_count * 8 + set.chronic_count + 1) };
    for (size_t i = 0; i < set.acc_count; i++) {
        o.acc = &set.accs[i];
        if (year == 0 || o.acc->year == year)
            put_year(&o);
    }
    for (size_t i = 0; i < set.chronic_count; i++) {
        const yb_chronic_t *c = &set.chronics[i];
        yb_acc_t owner = { .insutype = c->insutype, .year = c->year };
        o.acc = &owner;
        if (year == 0 || c->year == year)
            put(&o,
                yb_arena_printf(arena, "D%s00_BIZ14_%s", strcmp(c->insutype, "310") == 0 ? "3101" : "3901",
                                c->dise_codg),
                c->fund_fen, false);
    }
    Yibao__Settlement__GetAccumulatorsReply *reply = YB_NEW(arena, Yibao__Settlement__GetAccumulatorsReply);
    yibao__settlement__get_accumulators_reply__init(reply);
    reply->accumulators = o.list;
    reply->n_accumulators = o.count;
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_get_accumulators_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = accumulators_of(worker, calls[i]);
    return err;
}

yb_err_t yb_count_openings_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    uint64_t accounts = 0;
    yb_fen_t balc_fen = 0;
    yb_err_t err = yb_account_count(yb_worker_db(worker), &accounts, &balc_fen, yb_worker_arena(worker));
    for (size_t i = 0; i < count && err == YB_OK; i++) {
        Yibao__Settlement__CountOpeningsReply *reply =
            YB_NEW(yb_worker_arena(worker), Yibao__Settlement__CountOpeningsReply);
        yibao__settlement__count_openings_reply__init(reply);
        reply->accounts = accounts;
        reply->balc_fen = balc_fen;
        calls[i]->reply = &reply->base;
    }
    return err;
}

/* Accounts and their opening entries in one transaction with the inbox rows. A second opening of one person and scheme
 * is a fault of the sender: it is refused by the key and stays in his outbox, where an operator sees it. */
yb_err_t yb_account_opened_apply(yb_worker_t *worker, const Yibao__Rpc__Event *const *events, size_t count,
                                 yb_arena_t *arena)
{
    yb_account_t *accounts = YB_NEW_ARRAY(arena, yb_account_t, count);
    yb_entry_t *entries = YB_NEW_ARRAY(arena, yb_entry_t, count);
    size_t entry_count = 0;
    for (size_t i = 0; i < count; i++) {
        Yibao__Events__AccountOpened *e = (Yibao__Events__AccountOpened *)yb_rpc_unpack(
            &yibao__events__account_opened__descriptor, events[i]->body.data, events[i]->body.len, arena);
        if (e == NULL || e->balc_fen < 0)
            return YB_E_MALFORMED;
        accounts[i] = (yb_account_t){ .psn_no = e->psn_no,
                                      .insutype = e->insutype,
                                      .poolarea = e->poolarea,
                                      .opening_fen = e->balc_fen,
                                      .balc_fen = e->balc_fen,
                                      .opened_us = yb_worker_now_us(worker) };
        if (e->balc_fen == 0)
            continue;
        yb_entry_t *entry = &entries[entry_count++];
        *entry = (yb_entry_t){ .kind = YB_ENTRY_OPENING,
                               .poolarea = e->poolarea,
                               .subject = (int64_t)events[i]->id,
                               .day = yb_time_day(yb_worker_now(worker)),
                               .time_us = yb_worker_now_us(worker) };
        yb_entry_post(entry, YB_BOOK_ACCOUNT, YB_LEDGER_OPENING, e->psn_no, YB_LEDGER_PERSONAL, e->psn_no, e->balc_fen);
    }
    yb_err_t err = yb_account_open(yb_worker_db(worker), accounts, count, arena);
    return err != YB_OK ? err : yb_lane_journal(worker, entries, entry_count);
}
