/* Schema migrations: services/<s>/schema/NNNN_what.sql are compiled into the program and applied forward at
 * start, under GET_LOCK so that replicas wait for each other; each applied file's SM3 is kept in table
 * schema_version. */
#ifndef YB_MIGRATE_H
#define YB_MIGRATE_H

#include "db.h"

typedef struct yb_migration {
    int version;          /* 1, 2, 3 … without gaps */
    const char *name;     /* "0001_visit" */
    /* Statements ended by ';' at the end of a line; "-- " and C comments; no compound bodies. A line "--
     * compatible-from: N" says that programs whose newest file is N work with this one as well; without it only those
     * do that have it. */
    const char *sql;
    size_t sql_len;
} yb_migration_t;

/* deploy/way-back gives a row of schema_version the number version - YB_MIGRATE_ASIDE, so that programs before
 * "compatible-from" start beside it; the next program that has the file gives the number back. */
#define YB_MIGRATE_ASIDE 1000000

/* Applies what is missing, after the tables every service has (version 0: idem_key, outbox, inbox, lane).
 * Waits at most two minutes for another process that migrates (YB_E_DB_CONFLICT). Clears the deadline of
 * `db`. `detail` always ends with NUL, empty when all went well. YB_E_CONFIG: a file whose last statement is
 * not ended. Errors: YB_E_SCHEMA_NEWER (the database knows versions this program lacks and cannot work with),
 * YB_E_SCHEMA_CHANGED (an applied file has another checksum), YB_E_DB_*. A half-applied file is repeated from its first
 * unapplied statement (DDL commits by itself in MariaDB; progress is recorded per statement). ret_applied may be NULL.
 */
YB_CHECK yb_err_t yb_migrate(yb_db_t *db, const char *service, const yb_migration_t *list, size_t count,
                             int *ret_applied, char *detail, size_t detail_cap);
/* The next statement in [*at, end), without leading comments and the ';'; moves *at behind it. NULL: no more.
 * Borrowed. */
const char *yb_migrate_next_statement(const char **at, const char *end, size_t *ret_len);

#endif
