/* Audit: the books against themselves and against what they record. One call checks a page of one part, so the operator
 * sees progress and no lane is held long. Findings name what, where, what was expected and what stands there. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "services/settlement/handlers/audit_sheet.h"
#include "services/settlement/handlers/booking.h"
#include "services/settlement/handlers/books.h"
#include "services/settlement/handlers/handlers.h"
#include "services/settlement/handlers/heads.h"
#include "services/settlement/handlers/lane_state.h"
#include "services/settlement/store/audit.h"

void yb_audit_found(yb_audit_sheet_t *s, const char *what, const char *where, const char *expected, const char *fmt,
                    ...)
{
    char text[256];
    va_list args;
    va_start(args, fmt);
    vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    if (s->reply->n_findings >= YB_AUDIT_FINDINGS_MAX)
        return;
    Yibao__Settlement__AuditFinding *f = YB_NEW(s->arena, Yibao__Settlement__AuditFinding);
    yibao__settlement__audit_finding__init(f);
    f->what = (char *)(uintptr_t)what;
    f->where = yb_arena_strdup(s->arena, where);
    f->expected = yb_arena_strdup(s->arena, expected);
    f->found = yb_arena_strdup(s->arena, text);
    s->reply->findings[s->reply->n_findings++] = f;
}

yb_err_t yb_audit_id_of_cursor(const yb_audit_sheet_t *s, int64_t *ret_after)
{
    *ret_after = 0;
    return s->cursor[0] == '\0' ? YB_OK : yb_id_parse(s->cursor, strlen(s->cursor), ret_after);
}

void yb_audit_go_on_after(yb_audit_sheet_t *s, int64_t id)
{
    s->reply->cursor = yb_arena_printf(s->arena, "%" PRId64, id);
}

void yb_audit_part_done(yb_audit_sheet_t *s) { s->reply->cursor = (char *)(uintptr_t) ""; }

const yb_entry_t *yb_audit_entry_of(const yb_entry_t *entries, size_t count, int64_t subject, size_t from)
{
    for (size_t k = 0; k < count; k++)
        if (entries[(from + k) % count].subject == subject)
            return &entries[(from + k) % count];
    return NULL;
}

/* ---- journal: numbers without gap, chain, balance; cursor "lane seq" ---- */

static yb_err_t place_of_cursor(const yb_audit_sheet_t *s, int64_t *ret_lane, int64_t *ret_seq)
{
    const char *space = strchr(s->cursor, ' ');
    *ret_lane = *ret_seq = 0;
    if (s->cursor[0] == '\0')
        return YB_OK;
    if (space == NULL || yb_decimal_parse(s->cursor, (size_t)(space - s->cursor), 0, ret_lane) != YB_OK ||
        yb_decimal_parse(space + 1, strlen(space + 1), 0, ret_seq) != YB_OK || *ret_lane < 0 || *ret_seq < 0)
        return YB_E_FIELD_FORM;
    return YB_OK;
}

static void check_entries(yb_audit_sheet_t *s, yb_chain_t *chain, const yb_entry_t *entries, size_t count)
{
    yb_lane_state_t *state = yb_worker_own(s->worker);
    for (size_t i = 0; i < count; i++) {
        const yb_entry_t *e = &entries[i];
        char where[64];
        uint8_t hash[32];
        snprintf(where, sizeof where, "journal lane %d entry %" PRId64, e->lane, e->seq);
        if (e->seq != chain->seq + 1)
            yb_audit_found(s, "journal entry missing", where, "numbers without a gap",
                           "the entry before it is %" PRId64, chain->seq);
        yb_entry_hash(state->sm3, chain->hash, e, hash);
        if (memcmp(hash, e->hash, 32) != 0)
            yb_audit_found(s, "journal chain broken", where, "hash over the entry and the one before",
                           "another hash: the entry or its legs were changed");
        if (!yb_entry_balanced(e))
            yb_audit_found(s, "journal entry unbalanced", where, "debits = credits in every book", "they differ");
        chain->seq = e->seq;
        memcpy(chain->hash, e->hash, 32);
    }
}

static yb_err_t audit_journal(yb_audit_sheet_t *s)
{
    yb_db_t *db = yb_worker_db(s->worker);
    yb_chain_t *heads = NULL, at = { 0 };
    size_t head_count = 0, n = 0, k = 0;
    yb_entry_t *entries = NULL;
    int64_t lane = 0, seq = 0;
    yb_err_t err = place_of_cursor(s, &lane, &seq);
    if (err == YB_OK)
        err = yb_journal_lanes(db, s->arena, &heads, &head_count);
    while (err == YB_OK && k < head_count && heads[k].lane < lane)
        k++;
    if (err != YB_OK || k == head_count) {
        yb_audit_part_done(s);
        return err;
    }
    at.lane = heads[k].lane;
    at.seq = heads[k].lane == lane ? seq : 0;
    if (at.seq > 0)
        err = yb_journal_hash_at(db, at.lane, at.seq, s->arena, at.hash);
    if (err == YB_OK)
        err = yb_journal_page(db, at.lane, at.seq, YB_AUDIT_PAGE, s->arena, &entries, &n);
    if (err != YB_OK)
        return err;
    check_entries(s, &at, entries, n);
    err = yb_audit_adjusting_entries(s, entries, n);
    if (err != YB_OK)
        return err;
    s->reply->checked = n;
    if (n > 0) {
        s->reply->cursor = yb_arena_printf(s->arena, "%d %" PRId64, at.lane, at.seq);
        return YB_OK;
    }
    /* The head was read before the page: the chain may have grown past it, but never fall short. */
    if (at.seq < heads[k].seq || (at.seq == heads[k].seq && memcmp(at.hash, heads[k].hash, 32) != 0 && at.seq > 0))
        yb_audit_found(s, "journal head differs", "journal_head", "number and hash of the last entry",
                       "lane %d: head %" PRId64 ", last entry %" PRId64, at.lane, heads[k].seq, at.seq);
    s->reply->cursor = yb_arena_printf(s->arena, "%d 0", at.lane + 1);
    return YB_OK;
}

/* ---- settlements: identities, and a journal entry with exactly their legs; cursor setl_id ---- */

bool yb_audit_same_legs(const yb_entry_t *a, const yb_entry_t *b)
{
    bool same = a->leg_count == b->leg_count;
    for (size_t i = 0; same && i < a->leg_count; i++)
        same = strcmp(a->legs[i].book, b->legs[i].book) == 0 && a->legs[i].account == b->legs[i].account &&
               a->legs[i].debit_fen == b->legs[i].debit_fen && a->legs[i].credit_fen == b->legs[i].credit_fen &&
               strcmp(a->legs[i].party, b->legs[i].party) == 0;
    return same;
}

static void check_settlement(yb_audit_sheet_t *s, const yb_settlement_t *row, const yb_entry_t *entry)
{
    char where[64];
    const yb_setl_amounts_t *a = &row->amounts;
    yb_entry_t expected = { 0 };
    snprintf(where, sizeof where, "settlement %" PRId64, row->setl_id);
    if (a->medfee_sumamt_fen !=
            a->fulamt_ownpay_amt_fen + a->overlmt_selfpay_fen + a->preselfpay_amt_fen + a->inscp_scp_amt_fen ||
        a->medfee_sumamt_fen != a->fund_pay_sumamt_fen + a->psn_part_amt_fen ||
        a->psn_part_amt_fen != a->acct_pay_fen + a->psn_cash_pay_fen ||
        a->fund_pay_sumamt_fen != a->hifp_pay_fen + a->hifmi_pay_fen + a->hifob_pay_fen + a->maf_pay_fen)
        yb_audit_found(s, "amounts do not add up", where, "total = scope parts = funds + person", "they differ");
    if (entry == NULL) {
        yb_audit_found(s, "settlement without journal entry", where, "one entry", "none");
        return;
    }
    yb_booking_legs(&expected, row->insutype, row->fixmedins_code, row->psn_no, a);
    if (!yb_audit_same_legs(&expected, entry) || entry->reverses != row->init_setl_id)
        yb_audit_found(s, "journal differs from settlement", where, "legs of its amounts",
                       "other legs in lane %d entry %" PRId64, entry->lane, entry->seq);
}

static yb_err_t audit_settlements(yb_audit_sheet_t *s)
{
    yb_db_t *db = yb_worker_db(s->worker);
    yb_settlement_t *rows = NULL;
    yb_entry_t *entries = NULL;
    size_t n = 0, m = 0;
    int64_t after = 0, in_journal = 0, in_table = 0;
    yb_err_t err = yb_audit_id_of_cursor(s, &after);
    if (err == YB_OK)
        err = yb_settlement_page(db, after, YB_AUDIT_PAGE, s->arena, &rows, &n);
    if (err == YB_OK && n == 0) {
        err = yb_audit_counts(db, s->arena, &in_journal, &in_table);
        if (err == YB_OK && in_journal != in_table)
            yb_audit_found(s, "journal entries without settlement", "journal_entry", "as many as settlements",
                           "%" PRId64 " entries, %" PRId64 " settlements", in_journal, in_table);
        yb_audit_part_done(s);
        return err;
    }
    int64_t *ids = YB_NEW_ARRAY(s->arena, int64_t, n + 1);
    for (size_t i = 0; i < n; i++)
        ids[i] = rows[i].setl_id;
    if (err == YB_OK)
        err = yb_journal_of(db, ids, n, s->arena, &entries, &m);
    if (err != YB_OK)
        return err;
    for (size_t i = 0; i < n; i++) {
        const yb_entry_t *entry = yb_audit_entry_of(entries, m, rows[i].setl_id, i);
        check_settlement(s, &rows[i], entry);
    }
    s->reply->checked = n;
    yb_audit_go_on_after(s, rows[n - 1].setl_id);
    return YB_OK;
}

/* ---- lines; cursor setl_id ---- */

static yb_err_t audit_lines(yb_audit_sheet_t *s)
{
    yb_rows_t *rows = NULL;
    int64_t after = 0, last = 0;
    yb_err_t err = yb_audit_id_of_cursor(s, &after);
    if (err == YB_OK)
        err = yb_audit_lines(yb_worker_db(s->worker), after, YB_AUDIT_PAGE, s->arena, &rows, &s->reply->checked, &last);
    if (err != YB_OK)
        return err;
    for (size_t r = 0; r < yb_rows_count(rows); r++) {
        char where[64], expected[64];
        snprintf(where, sizeof where, "settlement %" PRId64, yb_rows_i64(rows, r, 0));
        snprintf(expected, sizeof expected, "%" PRId64 " fen", yb_rows_i64(rows, r, 1));
        yb_audit_found(s, "lines differ from settlement", where, expected,
                       "lines %" PRId64 " fen, batch names settlement %" PRId64, yb_rows_i64(rows, r, 2),
                       yb_rows_i64(rows, r, 3));
    }
    if (last == 0) {
        yb_audit_part_done(s);
        return YB_OK;
    }
    yb_audit_go_on_after(s, last);
    return YB_OK;
}

/* ---- accumulators: what stands is the sum of what live settlements added; cursor psn_no ---- */

enum { SUMS = 8 };
static const char *const sum_names[SUMS] = { "stays",  "pool",   "burden",   "dabing",
                                             "jiuzhu", "own136", "opt_fund", "opt_dedc" };

static bool add_inputs(const yb_rows_t *rows, size_t r, size_t column, yb_arena_t *arena, int64_t sums[SUMS],
                       int64_t *chronic)
{
    size_t len = 0;
    const uint8_t *data = yb_rows_bytes(rows, r, column, &len);
    Yibao__Settlement__StoredInputs *in = (Yibao__Settlement__StoredInputs *)yb_rpc_unpack(
        &yibao__settlement__stored_inputs__descriptor, data, len, arena);
    if (in == NULL)
        return false;
    const int64_t added[SUMS] = { in->stays_added,        in->pool_added_fen,    in->burden_added_fen,
                                  in->dabing_added_fen,   in->jiuzhu_added_fen,  in->own136_added_fen,
                                  in->opt_fund_added_fen, in->opt_dedc_added_fen };
    for (int i = 0; i < SUMS; i++)
        sums[i] += added[i];
    *chronic += in->chronic_added_fen;
    return true;
}

static bool same_key(const yb_rows_t *rows, size_t a, size_t b, size_t columns)
{
    bool same = true;
    for (size_t c = 0; c < columns && same; c++)
        same = c == 2 ? yb_rows_i64(rows, a, c) == yb_rows_i64(rows, b, c)
                      : strcmp(yb_rows_text(rows, a, c), yb_rows_text(rows, b, c)) == 0;
    return same;
}

static void compare_sums(yb_audit_sheet_t *s, const yb_rows_t *rows, size_t r, const int64_t sums[SUMS])
{
    for (size_t i = 0; i < SUMS; i++) {
        char where[96], expected[64];
        int64_t stands = yb_rows_i64(rows, r, 3 + i);
        if (stands == sums[i])
            continue;
        snprintf(where, sizeof where, "accumulator of person %.30s scheme %.6s year %" PRId64, yb_rows_text(rows, r, 0),
                 yb_rows_text(rows, r, 1), yb_rows_i64(rows, r, 2));
        snprintf(expected, sizeof expected, "%s %" PRId64, sum_names[i], sums[i]);
        yb_audit_found(s, "accumulator differs from its settlements", where, expected, "%" PRId64, stands);
    }
}

static void check_accumulators(yb_audit_sheet_t *s, const yb_rows_t *rows)
{
    size_t n = yb_rows_count(rows);
    for (size_t r = 0; r < n;) {
        int64_t sums[SUMS] = { 0 }, chronic = 0;
        size_t first = r;
        for (; r < n && same_key(rows, first, r, 3); r++)
            if (!yb_rows_is_null(rows, r, 12) && !add_inputs(rows, r, 11, s->arena, sums, &chronic))
                yb_audit_found(s, "stored inputs cannot be decoded", "settlement.inputs", "a StoredInputs",
                               "settlement %" PRId64, yb_rows_i64(rows, r, 12));
        compare_sums(s, rows, first, sums);
        s->reply->checked++;
    }
}

static void check_chronic(yb_audit_sheet_t *s, const yb_rows_t *rows)
{
    size_t n = yb_rows_count(rows);
    for (size_t r = 0; r < n;) {
        int64_t sums[SUMS] = { 0 }, chronic = 0;
        char where[128], expected[32];
        size_t first = r;
        for (; r < n && same_key(rows, first, r, 4); r++)
            if (!yb_rows_is_null(rows, r, 6) && !add_inputs(rows, r, 5, s->arena, sums, &chronic))
                yb_audit_found(s, "stored inputs cannot be decoded", "settlement.inputs", "a StoredInputs",
                               "settlement %" PRId64, yb_rows_i64(rows, r, 6));
        if (chronic != yb_rows_i64(rows, first, 4)) {
            snprintf(where, sizeof where, "chronic fund of person %.30s disease %.30s", yb_rows_text(rows, first, 0),
                     yb_rows_text(rows, first, 3));
            snprintf(expected, sizeof expected, "%" PRId64, chronic);
            yb_audit_found(s, "chronic fund differs from its settlements", where, expected, "%" PRId64,
                           yb_rows_i64(rows, first, 4));
        }
    }
}

static yb_err_t audit_accumulators(yb_audit_sheet_t *s)
{
    yb_db_t *db = yb_worker_db(s->worker);
    yb_rows_t *rows = NULL;
    const char *last = "";
    yb_err_t err = yb_audit_next_persons(db, s->cursor, YB_AUDIT_PAGE, s->arena, &last);
    if (err != YB_OK || last[0] == '\0') {
        yb_audit_part_done(s);
        return err;
    }
    err = yb_audit_accumulators(db, s->cursor, last, s->arena, &rows);
    if (err == YB_OK) {
        check_accumulators(s, rows);
        err = yb_audit_chronic(db, s->cursor, last, s->arena, &rows);
    }
    if (err == YB_OK)
        check_chronic(s, rows);
    s->reply->cursor = (char *)(uintptr_t)last;
    return err;
}

/* ---- accounts; cursor psn_no ---- */

static yb_err_t audit_accounts(yb_audit_sheet_t *s)
{
    yb_rows_t *rows = NULL;
    const char *last = "";
    uint64_t checked = 0;
    yb_err_t err =
        yb_audit_accounts(yb_worker_db(s->worker), s->cursor, YB_AUDIT_PAGE, s->arena, &rows, &checked, &last);
    if (err != YB_OK)
        return err;
    for (size_t r = 0; r < yb_rows_count(rows); r++) {
        char where[80], expected[32];
        snprintf(where, sizeof where, "account of person %.30s scheme %.6s", yb_rows_text(rows, r, 0),
                 yb_rows_text(rows, r, 1));
        snprintf(expected, sizeof expected, "%" PRId64 " fen", yb_rows_i64(rows, r, 3));
        yb_audit_found(s, "account differs from its settlements", where, expected, "%" PRId64 " fen",
                       yb_rows_i64(rows, r, 2));
    }
    s->reply->checked = checked;
    s->reply->cursor = (char *)(uintptr_t)last;
    return YB_OK;
}

/* ---- heads written outside the database; no cursor ---- */

static void on_bad_head(void *ctx, const char *where, const char *why)
{
    yb_audit_found(ctx, "signed journal head does not hold", where, "signature and hash as written that day", "%s",
                   why);
}

static yb_err_t audit_heads(yb_audit_sheet_t *s)
{
    yb_audit_part_done(s);
    return yb_heads_check(s->worker, s->arena, on_bad_head, s, &s->reply->checked);
}

/* ---- the parts in order ---- */

static const struct part {
    const char *key, *name;
    yb_err_t (*run)(yb_audit_sheet_t *);
} parts[] = {
    { "journal", "journal: numbers, chain, balance", audit_journal },
    { "settlements", "settlements: amounts add up, journal says the same", audit_settlements },
    { "adjustments", "adjustments: journal says the same", yb_audit_adjustments },
    { "lines", "lines: add up to their settlement", audit_lines },
    { "accumulators", "accumulators: the sum of what settlements added", audit_accumulators },
    { "accounts", "personal accounts: opening less payments", audit_accounts },
    { "heads", "signed heads saved outside the database", audit_heads },
};
#define PARTS (sizeof parts / sizeof parts[0])

static yb_err_t audit_one(yb_worker_t *worker, yb_call_t *call)
{
    const Yibao__Settlement__AuditRequest *req = (const Yibao__Settlement__AuditRequest *)call->body;
    yb_arena_t *arena = yb_worker_arena(worker);
    size_t at = 0;
    while (at < PARTS && req->part[0] != '\0' && strcmp(parts[at].key, req->part) != 0)
        at++;
    if (at == PARTS) {
        yb_call_refuse(call, YB_E_FIELD_DICT, "part", NULL);
        return YB_OK;
    }
    Yibao__Settlement__AuditReply *reply = YB_NEW(arena, Yibao__Settlement__AuditReply);
    yibao__settlement__audit_reply__init(reply);
    reply->findings = YB_NEW_ARRAY(arena, Yibao__Settlement__AuditFinding *, YB_AUDIT_FINDINGS_MAX);
    yb_audit_sheet_t sheet = { .worker = worker, .arena = arena, .reply = reply, .cursor = req->cursor };
    yb_err_t err = parts[at].run(&sheet);
    if (err == YB_E_FIELD_FORM) { /* only a cursor is of any form here */
        yb_call_refuse(call, err, "cursor", "不是审计给出的位置，请从头开始或沿用上一次返回的cursor");
        return YB_OK;
    }
    if (err != YB_OK)
        return err;
    reply->part_name = (char *)(uintptr_t)parts[at].name;
    if (reply->cursor[0] == '\0') {
        at++;
        reply->done = at == PARTS;
    }
    if (reply->done)
        err = yb_books_audited(worker, req->checked + reply->checked, req->findings + reply->n_findings);
    if (err != YB_OK)
        yb_log(yb_worker_log(worker), YB_LOG_WARN, call->env->request_id.data,
               "the end of the audit could not be written to YB_HEADS_DIR: %s", yb_err_text(err));
    reply->part = (char *)(uintptr_t)(at < PARTS ? parts[at].key : "");
    call->reply = &reply->base;
    return YB_OK;
}

yb_err_t yb_audit_run(yb_worker_t *worker, yb_call_t **calls, size_t count)
{
    yb_err_t err = YB_OK;
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = audit_one(worker, calls[i]);
    return err;
}
