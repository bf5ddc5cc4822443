/* One MariaDB connection with its prepared statements, owned by one thread (the blocking connector).
 * Statements are prepared once per connection, on first use; parameters are rows, so one row executes and
 * many rows execute in bulk in one round trip. After a lost connection the next use reconnects and prepares
 * again.
 *
 * Outcome of a failed call: YB_E_DB_GONE (not reachable, or lost: a commit in flight is *unknown*),
 * YB_E_DB_CONFLICT (1213, 1205: rolled back), YB_E_DB_DUPLICATE (1062), YB_E_DB_FULL (1021, 1114, 28),
 * YB_E_DEADLINE (statement time), else YB_E_DB_ERROR; yb_db_error_text() says more, for logs. */
#ifndef YB_DB_H
#define YB_DB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "arena.h"
#include "err.h"

typedef struct yb_db yb_db_t;

typedef struct yb_db_conf {
    const char *socket_path;       /* unix socket, or NULL */
    const char *host; /* used when socket_path is NULL; several comma-separated = tried in turn */
    unsigned port;
    const char *user, *password, *schema;
    unsigned connect_timeout_ms;   /* 0 = 2000 */
} yb_db_conf_t;

/* A statement is a static constant of a store/ file; its address is its identity. `text` may hold one "(?*)"
 * — the last placeholder of the statement: an IN list as long as the rows given to yb_db_query_in. */
typedef struct yb_sql {
    const char *name;              /* for metrics and slow logs: "visit.lock" */
    const char *text;
} yb_sql_t;

/* Opens lazily: never fails for a server that is away (the first statement tells). Copies conf. */
YB_CHECK yb_err_t yb_db_open(const yb_db_conf_t *conf, yb_db_t **ret_db);
void yb_db_close(yb_db_t **db);
/* Absolute deadline (unix microseconds, 0 = none) for the statements that follow: sent to the server as
 * max_statement_time (and innodb_lock_wait_timeout bounded), checked before each statement. */
void yb_db_set_deadline(yb_db_t *db, int64_t deadline_unix_us);
/* Ping and begin replace an old connection found dead, unless it held a named lock (GET_LOCK); other calls
 * answer YB_E_DB_GONE once and the next one reconnects. */
YB_CHECK yb_err_t yb_db_ping(yb_db_t *db);
/* READ COMMITTED. Not inside a transaction (asserted); one that broke is ended first. */
YB_CHECK yb_err_t yb_db_begin(yb_db_t *db);
/* YB_E_DB_GONE: unknown whether it was committed. After any error the transaction stays to be ended by
 * rollback. */
YB_CHECK yb_err_t yb_db_commit(yb_db_t *db);
void yb_db_rollback(yb_db_t *db);                /* harmless outside a transaction */
/* Also true of a broken one. A transaction breaks when the connection is lost or YB_E_DB_CONFLICT was
 * answered: every statement until rollback or begin then answers that error again and nothing is sent, since
 * a statement that continued by itself would be committed at once. */
bool yb_db_in_transaction(const yb_db_t *db);
/* A text sent as it stands, not prepared, rows thrown away: for schema changes and session commands, never
 * with values in it. */
YB_CHECK yb_err_t yb_db_run(yb_db_t *db, const char *text, size_t len);
/* Of the last failure; borrowed; holds no parameter values. */
const char *yb_db_error_text(const yb_db_t *db);
unsigned yb_db_error_number(const yb_db_t *db);  /* MariaDB's number of the last failure */

/* ---- parameters: rows of typed cells, in an arena ---- */
typedef struct yb_params yb_params_t;
yb_params_t *yb_params_create(yb_arena_t *arena, size_t columns);
/* Cells are appended left to right; a full row starts the next one. Text and bytes are borrowed until
 * execution. When the arena's budget is used up, execution answers YB_E_NO_MEMORY. The type of a column is
 * that of its first non-null cell; mixing types in a column is a programmer error. */
void yb_params_i64(yb_params_t *params, int64_t value);
void yb_params_u64(yb_params_t *params, uint64_t value);
void yb_params_text(yb_params_t *params, const char *text);                    /* NULL = SQL NULL */
void yb_params_textn(yb_params_t *params, const char *text, size_t len);
void yb_params_bytes(yb_params_t *params, const void *data, size_t len);
void yb_params_null(yb_params_t *params);
size_t yb_params_rows(const yb_params_t *params);   /* complete rows so far */
/* One column of keys for yb_db_query_in. Ids: ascending, each once, so that row locks are taken in the order in which
 * everybody takes them. Texts (of a sealed yb_strset_t, say): as they stand, borrowed. */
yb_params_t *yb_params_ids(yb_arena_t *arena, const int64_t *ids, size_t count);
yb_params_t *yb_params_texts(yb_arena_t *arena, const char *const *texts, size_t count);

/* ---- results, copied into the arena ---- */
typedef struct yb_rows yb_rows_t;
size_t yb_rows_count(const yb_rows_t *rows);
/* Integers of all widths, and whole DECIMAL (SUM of integers). 0 for NULL; BIGINT UNSIGNED above 63 bits:
 * cast back to uint64_t. Asking a number of text, or the reverse, is a programmer error. FLOAT, DOUBLE, DATE
 * and TIME columns are refused (YB_E_DB_ERROR): cast them in the statement. */
int64_t yb_rows_i64(const yb_rows_t *rows, size_t row, size_t column);
bool yb_rows_is_null(const yb_rows_t *rows, size_t row, size_t column);
const char *yb_rows_text(const yb_rows_t *rows, size_t row, size_t column); /* NUL-terminated; "" for NULL */
const uint8_t *yb_rows_bytes(const yb_rows_t *rows, size_t row, size_t column, size_t *ret_len);

/* Executes once per parameter row (in bulk when several; params NULL = none). ret_affected may be NULL: rows
 * matched by an UPDATE (changed or not), inserted, deleted; with several parameter rows the sum. 0 rows =
 * nothing is sent. Bulk outside a transaction is not one unit: rows before the one that failed may stay. */
YB_CHECK yb_err_t yb_db_execute(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *params,
                                uint64_t *ret_affected);
/* One parameter row (or NULL), all result rows. More than `limit` rows = YB_E_DB_ERROR; 0 = 1 000 000. */
YB_CHECK yb_err_t yb_db_query(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *params, yb_arena_t *arena,
                              size_t limit, yb_rows_t **ret_rows);
/* The statement's "(?*)" becomes one placeholder per row of `keys` (one column, or tuples when keys has
 * several columns: "(a,b) IN (?*)" → ((?,?),(?,?))); prepared in sizes of powers of two, padded with the last
 * key. `fixed` (may be NULL) is one row for the placeholders before it. Long lists are sent in several
 * statements; 0 keys = no rows, nothing is sent. */
YB_CHECK yb_err_t yb_db_query_in(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *fixed,
                                 const yb_params_t *keys, yb_arena_t *arena, yb_rows_t **ret_rows);
/* Statements and round trips since open: tests assert budgets with them. */
uint64_t yb_db_round_trips(const yb_db_t *db);
/* Microseconds spent waiting for the server since open: statements, rows, begin and commit. */
int64_t yb_db_time_us(const yb_db_t *db);
/* The name of the statement that the server took longest for since the last call of this, and its microseconds (0 and
 * an old name = none was sent): a slow batch says where its time went. Borrowed until the next statement. */
const char *yb_db_slowest(yb_db_t *db, int64_t *ret_took_us);

#endif
