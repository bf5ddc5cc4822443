#include "services/settlement/store/journal.h"

#include <stdio.h>
#include <string.h>

static const yb_sql_t sql_head = { "journal_head.load", "SELECT seq, hash, fence FROM journal_head WHERE lane = ?" };
static const yb_sql_t sql_heads = { "journal_head.all", "SELECT lane, seq, hash, fence FROM journal_head ORDER BY lane" };
static const yb_sql_t sql_head_make = { "journal_head.make", "INSERT IGNORE INTO journal_head (lane, seq, hash, fence) VALUES (?, 0, ?, ?)" };
static const yb_sql_t sql_head_move = { "journal_head.move",
    "UPDATE journal_head SET seq = ?, hash = ?, fence = ? WHERE lane = ? AND seq = ? AND fence <= ?" };
static const yb_sql_t sql_entry_insert = { "journal_entry.insert",
    "INSERT INTO journal_entry (lane, seq, kind, poolarea, subject, reverses, day, time_us, legs, hash) VALUES (?,?,?,?,?,?,?,?,?,?)" };
static const yb_sql_t sql_leg_insert = { "journal_leg.insert",
    "INSERT INTO journal_leg (lane, seq, n, poolarea, book, account, party, debit_fen, credit_fen) VALUES (?,?,?,?,?,?,?,?,?)" };
#define ENTRY_COLUMNS "lane, seq, kind, poolarea, subject, reverses, day, time_us, hash"
#define LEG_COLUMNS "l.lane, l.seq, l.n, l.book, l.account, l.party, l.debit_fen, l.credit_fen"
static const yb_sql_t sql_entry_page = { "journal_entry.page",
    "SELECT " ENTRY_COLUMNS " FROM journal_entry WHERE lane = ? AND seq > ? AND seq <= ? ORDER BY lane, seq" };
static const yb_sql_t sql_leg_page = { "journal_leg.page",
    "SELECT " LEG_COLUMNS " FROM journal_leg l WHERE l.lane = ? AND l.seq > ? AND l.seq <= ? ORDER BY l.lane, l.seq, l.n" };
static const yb_sql_t sql_entry_of = { "journal_entry.of", "SELECT " ENTRY_COLUMNS " FROM journal_entry WHERE subject IN (?*) ORDER BY lane, seq" };
static const yb_sql_t sql_leg_of = { "journal_leg.of",
    "SELECT " LEG_COLUMNS " FROM journal_entry e JOIN journal_leg l ON l.lane = e.lane AND l.seq = e.seq WHERE e.subject IN (?*) "
    "ORDER BY l.lane, l.seq, l.n" };
static const yb_sql_t sql_hash_at = { "journal_entry.hash", "SELECT hash FROM journal_entry WHERE lane = ? AND seq = ?" };

/* ---- legs ---- */

static void add_leg(yb_entry_t *entry, const char *book, yb_ledger_account_t account, const char *party, yb_fen_t debit, yb_fen_t credit)
{
    YB_ASSERT(entry->leg_count < YB_LEGS_MAX);
    yb_leg_t *leg = &entry->legs[entry->leg_count++];
    *leg = (yb_leg_t){ .account = account, .party = party, .debit_fen = debit, .credit_fen = credit };
    snprintf(leg->book, sizeof leg->book, "%s", book);
}

void yb_entry_post(yb_entry_t *entry, const char *book, yb_ledger_account_t debit, const char *debit_party, yb_ledger_account_t credit,
                   const char *credit_party, yb_fen_t amount_fen)
{
    if (amount_fen > 0) {
        add_leg(entry, book, debit, debit_party, amount_fen, 0);
        add_leg(entry, book, credit, credit_party, 0, amount_fen);
    } else if (amount_fen < 0) {
        add_leg(entry, book, debit, debit_party, 0, -amount_fen);
        add_leg(entry, book, credit, credit_party, -amount_fen, 0);
    }
}

bool yb_entry_balanced(const yb_entry_t *entry)
{
    for (size_t i = 0; i < entry->leg_count; i++) {
        yb_fen_t net = 0;
        for (size_t k = 0; k < entry->leg_count; k++)
            if (strcmp(entry->legs[k].book, entry->legs[i].book) == 0)
                net += entry->legs[k].debit_fen - entry->legs[k].credit_fen;
        if (net != 0 || entry->legs[i].debit_fen < 0 || entry->legs[i].credit_fen < 0)
            return false;
    }
    return true;
}

void yb_entry_assert_balanced(const yb_entry_t *entry) { YB_ASSERT(yb_entry_balanced(entry)); }

/* Numbers as 8 bytes, most significant first: the same on every machine. */
static void hash_i64(yb_sm3_t *h, int64_t v)
{
    uint8_t b[8];
    for (int i = 0; i < 8; i++)
        b[i] = (uint8_t)((uint64_t)v >> (56 - 8 * i));
    yb_sm3_update(h, b, sizeof b);
}

static void hash_text(yb_sm3_t *h, const char *text)
{
    size_t len = strlen(text);
    hash_i64(h, (int64_t)len);
    yb_sm3_update(h, text, len);
}

void yb_entry_hash(yb_sm3_t *sm3, const uint8_t before[32], const yb_entry_t *entry, uint8_t ret_hash[32])
{
    yb_sm3_update(sm3, before, 32);
    const int64_t head[] = { entry->lane, entry->seq, entry->kind, entry->poolarea, entry->subject, entry->reverses, entry->day, entry->time_us,
                             (int64_t)entry->leg_count };
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        hash_i64(sm3, head[i]);
    for (size_t i = 0; i < entry->leg_count; i++) {
        const yb_leg_t *leg = &entry->legs[i];
        hash_text(sm3, leg->book);
        hash_i64(sm3, leg->account);
        hash_text(sm3, leg->party);
        hash_i64(sm3, leg->debit_fen);
        hash_i64(sm3, leg->credit_fen);
    }
    yb_sm3_final(sm3, ret_hash);
}

/* ---- the chain ---- */

yb_err_t yb_chain_load(yb_db_t *db, int lane, int64_t fence, yb_arena_t *arena, yb_chain_t *ret_chain)
{
    static const uint8_t zeros[32];
    yb_rows_t *rows = NULL;
    yb_params_t *make = yb_params_create(arena, 3), *p = yb_params_create(arena, 1);
    yb_params_i64(make, lane);
    yb_params_bytes(make, zeros, sizeof zeros);
    yb_params_i64(make, fence);
    yb_params_i64(p, lane);
    yb_err_t err = yb_db_execute(db, &sql_head_make, make, NULL);
    if (err == YB_OK)
        err = yb_db_query(db, &sql_head, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    size_t len = 0;
    const uint8_t *hash = yb_rows_bytes(rows, 0, 1, &len);
    if (yb_rows_i64(rows, 0, 2) > fence || len != 32)
        return YB_E_LANE_LOST;
    ret_chain->lane = lane;
    ret_chain->fence = fence;
    ret_chain->seq = yb_rows_i64(rows, 0, 0);
    memcpy(ret_chain->hash, hash, 32);
    return YB_OK;
}

static yb_err_t move_head(yb_db_t *db, const yb_chain_t *from, const yb_chain_t *to, yb_arena_t *arena)
{
    uint64_t moved = 0;
    yb_params_t *p = yb_params_create(arena, 6);
    yb_params_i64(p, to->seq);
    yb_params_bytes(p, to->hash, 32);
    yb_params_i64(p, to->fence);
    yb_params_i64(p, from->lane);
    yb_params_i64(p, from->seq);
    yb_params_i64(p, from->fence);
    yb_err_t err = yb_db_execute(db, &sql_head_move, p, &moved);
    return err == YB_OK && moved != 1 ? YB_E_LANE_LOST : err;
}

static void entry_params(yb_params_t *p, const yb_entry_t *e)
{
    yb_params_i64(p, e->lane);
    yb_params_i64(p, e->seq);
    yb_params_i64(p, e->kind);
    yb_params_i64(p, e->poolarea);
    yb_params_i64(p, e->subject);
    yb_params_i64(p, e->reverses);
    yb_params_i64(p, e->day);
    yb_params_i64(p, e->time_us);
    yb_params_i64(p, (int64_t)e->leg_count);
    yb_params_bytes(p, e->hash, 32);
}

static void leg_params(yb_params_t *p, const yb_entry_t *e)
{
    for (size_t n = 0; n < e->leg_count; n++) {
        const yb_leg_t *leg = &e->legs[n];
        yb_params_i64(p, e->lane);
        yb_params_i64(p, e->seq);
        yb_params_i64(p, (int64_t)n + 1);
        yb_params_i64(p, e->poolarea);
        yb_params_text(p, leg->book);
        yb_params_i64(p, leg->account);
        yb_params_text(p, leg->party);
        yb_params_i64(p, leg->debit_fen);
        yb_params_i64(p, leg->credit_fen);
    }
}

yb_err_t yb_journal_append(yb_db_t *db, yb_sm3_t *sm3, const yb_chain_t *chain, yb_entry_t *entries, size_t count, yb_arena_t *arena,
                           yb_chain_t *ret_chain)
{
    yb_chain_t next = *chain;
    yb_params_t *heads = yb_params_create(arena, 10), *legs = yb_params_create(arena, 9);
    for (size_t i = 0; i < count; i++) {
        yb_entry_t *e = &entries[i];
        yb_entry_assert_balanced(e);
        e->lane = chain->lane;
        e->seq = ++next.seq;
        yb_entry_hash(sm3, next.hash, e, e->hash);
        memcpy(next.hash, e->hash, 32);
        entry_params(heads, e);
        leg_params(legs, e);
    }
    yb_err_t err = move_head(db, chain, &next, arena);
    if (err == YB_OK)
        err = yb_db_execute(db, &sql_entry_insert, heads, NULL);
    if (err == YB_OK)
        err = yb_db_execute(db, &sql_leg_insert, legs, NULL);
    if (err == YB_OK)
        *ret_chain = next;
    return err;
}

/* ---- reading back ---- */

/* Entries and their legs, both ordered by (lane, seq): one walk joins them. A leg without its entry, or past the limit, is left out: the hash tells. */
static void join_legs(const yb_rows_t *heads, const yb_rows_t *legs, yb_arena_t *arena, yb_entry_t **ret_entries, size_t *ret_count)
{
    size_t n = yb_rows_count(heads), m = yb_rows_count(legs), k = 0;
    yb_entry_t *list = YB_NEW_ARRAY(arena, yb_entry_t, n + 1);
    for (size_t r = 0; r < n; r++) {
        yb_entry_t *e = &list[r];
        size_t len = 0;
        e->lane = (int)yb_rows_i64(heads, r, 0);
        e->seq = yb_rows_i64(heads, r, 1);
        e->kind = (yb_entry_kind_t)yb_rows_i64(heads, r, 2);
        e->poolarea = (int32_t)yb_rows_i64(heads, r, 3);
        e->subject = yb_rows_i64(heads, r, 4);
        e->reverses = yb_rows_i64(heads, r, 5);
        e->day = (yb_day_t)yb_rows_i64(heads, r, 6);
        e->time_us = yb_rows_i64(heads, r, 7);
        const uint8_t *hash = yb_rows_bytes(heads, r, 8, &len);
        if (len == 32)
            memcpy(e->hash, hash, 32);
        while (k < m && (yb_rows_i64(legs, k, 0) < e->lane || (yb_rows_i64(legs, k, 0) == e->lane && yb_rows_i64(legs, k, 1) < e->seq)))
            k++;
        for (; k < m && yb_rows_i64(legs, k, 0) == e->lane && yb_rows_i64(legs, k, 1) == e->seq && e->leg_count < YB_LEGS_MAX; k++)
            add_leg(e, yb_rows_text(legs, k, 3), (yb_ledger_account_t)yb_rows_i64(legs, k, 4), yb_rows_text(legs, k, 5),
                    yb_rows_i64(legs, k, 6), yb_rows_i64(legs, k, 7));
    }
    *ret_entries = list;
    *ret_count = n;
}

yb_err_t yb_journal_page(yb_db_t *db, int lane, int64_t after_seq, unsigned limit, yb_arena_t *arena, yb_entry_t **ret_entries, size_t *ret_count)
{
    yb_rows_t *heads = NULL, *legs = NULL;
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_i64(p, lane);
    yb_params_i64(p, after_seq);
    yb_params_i64(p, after_seq + limit);
    yb_err_t err = yb_db_query(db, &sql_entry_page, p, arena, 0, &heads);
    if (err == YB_OK)
        err = yb_db_query(db, &sql_leg_page, p, arena, 0, &legs);
    if (err == YB_OK)
        join_legs(heads, legs, arena, ret_entries, ret_count);
    return err;
}

yb_err_t yb_journal_of(yb_db_t *db, const int64_t *subjects, size_t count, yb_arena_t *arena, yb_entry_t **ret_entries, size_t *ret_count)
{
    yb_rows_t *heads = NULL, *legs = NULL;
    const yb_params_t *p = yb_params_ids(arena, subjects, count);
    yb_err_t err = yb_db_query_in(db, &sql_entry_of, NULL, p, arena, &heads);
    if (err == YB_OK)
        err = yb_db_query_in(db, &sql_leg_of, NULL, p, arena, &legs);
    if (err == YB_OK)
        join_legs(heads, legs, arena, ret_entries, ret_count);
    return err;
}

yb_err_t yb_journal_lanes(yb_db_t *db, yb_arena_t *arena, yb_chain_t **ret_heads, size_t *ret_count)
{
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_heads, NULL, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    size_t n = yb_rows_count(rows);
    yb_chain_t *list = YB_NEW_ARRAY(arena, yb_chain_t, n + 1);
    for (size_t r = 0; r < n; r++) {
        size_t len = 0;
        const uint8_t *hash = yb_rows_bytes(rows, r, 2, &len);
        list[r].lane = (int)yb_rows_i64(rows, r, 0);
        list[r].seq = yb_rows_i64(rows, r, 1);
        list[r].fence = yb_rows_i64(rows, r, 3);
        if (len == 32)
            memcpy(list[r].hash, hash, 32);
    }
    *ret_heads = list;
    *ret_count = n;
    return YB_OK;
}

yb_err_t yb_journal_hash_at(yb_db_t *db, int lane, int64_t seq, yb_arena_t *arena, uint8_t ret_hash[32])
{
    yb_rows_t *rows = NULL;
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, lane);
    yb_params_i64(p, seq);
    yb_err_t err = yb_db_query(db, &sql_hash_at, p, arena, 0, &rows);
    if (err != YB_OK)
        return err;
    size_t len = 0;
    const uint8_t *hash = yb_rows_count(rows) > 0 ? yb_rows_bytes(rows, 0, 0, &len) : NULL;
    if (len != 32)
        return YB_E_NOT_FOUND;
    memcpy(ret_hash, hash, 32);
    return YB_OK;
}
