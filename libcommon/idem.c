#include "idem.h"

#include <string.h>
#include <uthash.h>

/* Locks nothing: a key that another transaction is about to commit is not seen here and ends in
 * YB_E_DB_DUPLICATE at the store, after which the caller finds it. */
static const yb_sql_t sql_find = { "idem.find",
                                   "SELECT id_key, body_hash, reply FROM idem_key WHERE id_key IN (?*)" };
static const yb_sql_t sql_store = { "idem.store",
    "INSERT INTO idem_key (id_key, body_hash, reply, created_us) VALUES (?, ?, ?, ?)" };
static const yb_sql_t sql_prune = {
    "idem.prune", "DELETE FROM idem_key WHERE id <= (SELECT COALESCE(MAX(oldest.id), 0) FROM (SELECT id, created_us "
                  "FROM idem_key ORDER BY id LIMIT ?) oldest "
                  "WHERE oldest.created_us < ?)"
}; /* looks at the first `limit` rows only: they are in order of time */

typedef struct known {
    const uint8_t *key;
    size_t row;
    UT_hash_handle hh;
} known_t;

/* Fills the states from the rows; one key may stand several times in `keys`. */
static void match(yb_idem_t *keys, size_t count, const yb_rows_t *rows, known_t *known)
{
    known_t *table = NULL, *found = NULL;
    size_t len = 0;
    for (size_t i = 0; i < yb_rows_count(rows); i++) {
        known[i] = (known_t){ .key = yb_rows_bytes(rows, i, 0, &len), .row = i };
        YB_ASSERT(len == YB_IDEM_KEY);
        HASH_ADD_KEYPTR(hh, table, known[i].key, YB_IDEM_KEY, &known[i]);
    }
    for (size_t i = 0; i < count; i++) {
        HASH_FIND(hh, table, keys[i].key, YB_IDEM_KEY, found);
        if (found == NULL) {
            keys[i].state = YB_IDEM_NEW;
            continue;
        }
        const uint8_t *hash = yb_rows_bytes(rows, found->row, 1, &len);
        YB_ASSERT(len == YB_IDEM_HASH);
        if (memcmp(hash, keys[i].hash, YB_IDEM_HASH) != 0) {
            keys[i].state = YB_IDEM_CONFLICT;
            continue;
        }
        keys[i].state = YB_IDEM_DONE;
        keys[i].reply = yb_rows_bytes(rows, found->row, 2, &keys[i].reply_len);
    }
    HASH_CLEAR(hh, table);
}

yb_err_t yb_idem_find(yb_db_t *db, yb_idem_t *keys, size_t count, yb_arena_t *arena)
{
    if (count == 0)
        return YB_OK;
    yb_params_t *p = yb_params_create(arena, 1);
    for (size_t i = 0; i < count; i++)
        yb_params_bytes(p, keys[i].key, YB_IDEM_KEY);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query_in(db, &sql_find, NULL, p, arena, &rows);
    if (err != YB_OK)
        return err;
    known_t *known = YB_NEW_ARRAY(arena, known_t, yb_rows_count(rows) + 1);
    if (known == NULL)
        return YB_E_NO_MEMORY;
    match(keys, count, rows, known);
    return YB_OK;
}

yb_err_t yb_idem_store(yb_db_t *db, const yb_idem_t *keys, size_t count, int64_t now_us, yb_arena_t *arena)
{
    YB_ASSERT(yb_db_in_transaction(db));
    yb_params_t *p = yb_params_create(arena, 4);
    for (size_t i = 0; i < count; i++) {
        yb_params_bytes(p, keys[i].key, YB_IDEM_KEY);
        yb_params_bytes(p, keys[i].hash, YB_IDEM_HASH);
        yb_params_bytes(p, keys[i].reply, keys[i].reply_len);
        yb_params_i64(p, now_us);
    }
    return yb_db_execute(db, &sql_store, p, NULL);
}

yb_err_t yb_idem_prune(yb_db_t *db, int64_t before_us, unsigned limit, uint64_t *ret_deleted)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, limit);
    yb_params_i64(p, before_us);
    yb_err_t err = yb_db_execute(db, &sql_prune, p, ret_deleted);
    yb_arena_destroy(&arena);
    return err;
}
