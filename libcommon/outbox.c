#include "outbox.h"

#include <stdio.h>
#include <string.h>

static const yb_sql_t sql_put = { "outbox.put",
                                  "INSERT INTO outbox (id, target, type, event_key, traceparent, body, "
                                  "created_us) VALUES (?, ?, ?, ?, ?, ?, ?)" };
static const yb_sql_t sql_take = { "outbox.take", "SELECT id, type, event_key, traceparent, body FROM outbox "
                                                  "FORCE INDEX (waiting) WHERE acked_us = 0 AND target = ? "
                                                  "ORDER BY id LIMIT ? FOR UPDATE SKIP LOCKED" };
static const yb_sql_t sql_ack = { "outbox.ack",
                                  "UPDATE outbox SET acked_us = ? WHERE id = ? AND acked_us = 0" };
static const yb_sql_t sql_lag = { "outbox.lag",
                                  "SELECT COUNT(*), MIN(created_us) FROM outbox WHERE acked_us = 0" };
static const yb_sql_t sql_prune = { "outbox.prune",
    "DELETE FROM outbox WHERE acked_us > 0 AND acked_us < ? ORDER BY acked_us LIMIT ?" };
/* IGNORE turns what is there already into a warning and RETURNING names the rest: one statement for any
 * number. */
static const yb_sql_t sql_inbox = { "inbox.take", "INSERT IGNORE INTO inbox (source, id, created_us) SELECT "
                                                  "?, j.id, ? FROM JSON_TABLE(?, '$[*]' COLUMNS (id BIGINT "
                                                  "UNSIGNED PATH '$')) j RETURNING id" };
static const yb_sql_t sql_inbox_prune = { "inbox.prune",
    "DELETE FROM inbox WHERE created_us < ? ORDER BY created_us LIMIT ?" };

yb_err_t yb_outbox_put(yb_db_t *db, const yb_event_t *events, size_t count, int64_t now_us, yb_arena_t *arena)
{
    YB_ASSERT(count == 0 || yb_db_in_transaction(db));
    yb_params_t *p = yb_params_create(arena, 7);
    for (size_t i = 0; i < count; i++) {
        const yb_event_t *e = &events[i];
        yb_params_u64(p, e->id);
        yb_params_text(p, e->target);
        yb_params_text(p, e->type);
        yb_params_text(p, e->key != NULL ? e->key : "");
        yb_params_text(p, e->traceparent);
        yb_params_bytes(p, e->body, e->body_len);
        yb_params_i64(p, now_us);
    }
    return yb_db_execute(db, &sql_put, p, NULL);
}

yb_err_t yb_outbox_take(yb_db_t *db, const char *target, unsigned limit, yb_arena_t *arena,
                        yb_event_t **ret_events, size_t *ret_count)
{
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_text(p, target);
    yb_params_i64(p, limit);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_take, p, arena, limit, &rows);
    if (err != YB_OK)
        return err;
    size_t n = yb_rows_count(rows);
    yb_event_t *events = YB_NEW_ARRAY(arena, yb_event_t, n + 1);
    char *same = yb_arena_strdup(arena, target);
    if (events == NULL || same == NULL)
        return YB_E_NO_MEMORY;
    for (size_t i = 0; i < n; i++) {
        events[i] =
            (yb_event_t){ .id = (uint64_t)yb_rows_i64(rows, i, 0),
                          .target = same,
                          .type = yb_rows_text(rows, i, 1),
                          .key = yb_rows_text(rows, i, 2),
                          .traceparent = yb_rows_is_null(rows, i, 3) ? NULL : yb_rows_text(rows, i, 3) };
        events[i].body = yb_rows_bytes(rows, i, 4, &events[i].body_len);
    }
    *ret_events = events;
    *ret_count = n;
    return YB_OK;
}

yb_err_t yb_outbox_ack(yb_db_t *db, const uint64_t *ids, size_t count, int64_t now_us, yb_arena_t *arena)
{
    YB_ASSERT(now_us > 0);
    yb_params_t *p = yb_params_create(arena, 2);
    for (size_t i = 0; i < count; i++) {
        yb_params_i64(p, now_us);
        yb_params_u64(p, ids[i]);
    }
    return yb_db_execute(db, &sql_ack, p, NULL);
}

yb_err_t yb_outbox_lag(yb_db_t *db, uint64_t *ret_pending, int64_t *ret_oldest_us)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_lag, NULL, arena, 1, &rows);
    if (err == YB_OK) {
        *ret_pending = (uint64_t)yb_rows_i64(rows, 0, 0);
        *ret_oldest_us = yb_rows_i64(rows, 0, 1);
    }
    yb_arena_destroy(&arena);
    return err;
}

static yb_err_t prune(yb_db_t *db, const yb_sql_t *sql, int64_t before_us, unsigned limit,
                      uint64_t *ret_deleted)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, before_us);
    yb_params_i64(p, limit);
    yb_err_t err = yb_db_execute(db, sql, p, ret_deleted);
    yb_arena_destroy(&arena);
    return err;
}

yb_err_t yb_outbox_prune(yb_db_t *db, int64_t before_us, unsigned limit, uint64_t *ret_deleted)
{
    return prune(db, &sql_prune, before_us, limit, ret_deleted);
}

yb_err_t yb_inbox_prune(yb_db_t *db, int64_t before_us, unsigned limit, uint64_t *ret_deleted)
{
    return prune(db, &sql_inbox_prune, before_us, limit, ret_deleted);
}

/* "[1,2,3]" in the arena. */
static char *json_list(const uint64_t *ids, size_t count, yb_arena_t *arena, size_t *ret_len)
{
    size_t cap = count * 21 + 3, n = 0;
    char *text = yb_arena_alloc(arena, cap);
    if (text == NULL)
        return NULL;
    text[n++] = '[';
    for (size_t i = 0; i < count; i++)
        n += (size_t)snprintf(text + n, cap - n, "%s%llu", i > 0 ? "," : "", (unsigned long long)ids[i]);
    text[n++] = ']';
    *ret_len = n;
    return text;
}

yb_err_t yb_inbox_take(yb_db_t *db, const char *source, const uint64_t *ids, size_t count, int64_t now_us,
                       yb_arena_t *arena, bool *ret_fresh)
{
    YB_ASSERT(count == 0 || yb_db_in_transaction(db));
    YB_ASSERT(strlen(source) <= YB_INBOX_SOURCE_MAX);      /* IGNORE would cut it silently */
    if (count == 0)
        return YB_OK;
    size_t len = 0;
    char *list = json_list(ids, count, arena, &len);
    if (list == NULL)
        return YB_E_NO_MEMORY;
    yb_params_t *p = yb_params_create(arena, 3);
    yb_params_text(p, source);
    yb_params_i64(p, now_us);
    yb_params_textn(p, list, len);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_inbox, p, arena, count, &rows);
    if (err != YB_OK)
        return err;
    memset(ret_fresh, 0, count * sizeof *ret_fresh);
    size_t at = 0; /* rows come in the order of the list, so this is one walk over both */
    for (size_t row = 0; row < yb_rows_count(rows); row++) {
        uint64_t id = (uint64_t)yb_rows_i64(rows, row, 0);
        size_t looked = 0;
        for (; looked < count && (ids[at] != id || ret_fresh[at]); looked++)
            at = at + 1 < count ? at + 1 : 0;
        YB_ASSERT(looked < count);
        ret_fresh[at] = true;
    }
    return YB_OK;
}
