#include "migrate.h"

#include <ctype.h>
#include <mariadb/mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "crypto.h"

#define LOCK_WAIT_S 120

/* Made before a service's own files, as version 0. A later change of the frame is one more entry at the end
 * of this list with versions of its own below 0; this text itself never changes again. */
static const char frame_sql[] =
    "CREATE TABLE idem_key (\n"
    "  id          BIGINT UNSIGNED NOT NULL AUTO_INCREMENT PRIMARY KEY COMMENT 'rows go to the end; keys are random',\n"
    "  id_key      BINARY(16)   NOT NULL,\n"
    "  body_hash   BINARY(32)   NOT NULL,\n"
    "  reply       MEDIUMBLOB   NOT NULL,\n"
    "  created_us  BIGINT       NOT NULL,\n"
    "  UNIQUE KEY id_key (id_key)\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;\n"
    "CREATE TABLE outbox (\n"
    "  id          BIGINT UNSIGNED NOT NULL PRIMARY KEY,\n"
    "  target      VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,\n"
    "  type        VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,\n"
    "  event_key   VARCHAR(128) NOT NULL,\n"
    "  traceparent VARCHAR(64)  CHARACTER SET ascii COLLATE ascii_bin NULL,\n"
    "  body        MEDIUMBLOB   NOT NULL,\n"
    "  created_us  BIGINT       NOT NULL,\n"
    "  acked_us    BIGINT       NOT NULL DEFAULT 0 COMMENT '0 = waits',\n"
    "  KEY waiting (acked_us, target, id, created_us)\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;\n"
    "CREATE TABLE inbox (\n"
    "  source      VARCHAR(32)  CHARACTER SET ascii COLLATE ascii_bin NOT NULL,\n"
    "  id          BIGINT UNSIGNED NOT NULL,\n"
    "  created_us  BIGINT       NOT NULL,\n"
    "  PRIMARY KEY (source, id),\n"
    "  KEY created (created_us)\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;\n"
    "CREATE TABLE lane (\n"
    "  lane        INT          NOT NULL PRIMARY KEY,\n"
    "  holder      VARCHAR(128) CHARACTER SET ascii COLLATE ascii_bin NOT NULL,\n"
    "  fence       BIGINT       NOT NULL,\n"
    "  until_us    BIGINT       NOT NULL,\n"
    "  KEY holder (holder),\n"
    "  KEY until_us (until_us)\n"
    ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin;\n";

#define COMPATIBLE_COLUMN                                                                                            \
    "compatible_from INT NOT NULL DEFAULT 0 COMMENT 'programs whose newest file this is, or a later one, work with " \
    "it; 0 = none older'"
#define COMPATIBLE_MARK "-- compatible-from:"

static const char version_table[] =
    "CREATE TABLE IF NOT EXISTS schema_version ("
    "version INT NOT NULL PRIMARY KEY, "
    "name VARCHAR(64) CHARACTER SET ascii NOT NULL, "
    "checksum CHAR(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'SM3 of the file', "
    "statements_done INT NOT NULL, statements_total INT NOT NULL, "
    "in_flight TINYINT NOT NULL COMMENT '1 = the next statement was sent, its outcome not noted', "
    "applied_us BIGINT NOT NULL, " COMPATIBLE_COLUMN ") ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";

static const char version_table_0_1_0[] = "ALTER TABLE schema_version ADD COLUMN IF NOT EXISTS " COMPATIBLE_COLUMN;

static const yb_sql_t sql_lock = { "migrate.lock", "SELECT GET_LOCK(CONCAT('yb_migrate.', DATABASE()), ?)" };
static const yb_sql_t sql_unlock = { "migrate.unlock",
                                     "SELECT RELEASE_LOCK(CONCAT('yb_migrate.', DATABASE()))" };
static const yb_sql_t sql_known = { "migrate.known",
                                    "SELECT version, name, checksum, statements_done, statements_total, "
                                    "in_flight, compatible_from FROM schema_version ORDER BY version" };
static const yb_sql_t sql_start = { "migrate.start",
                                    "REPLACE INTO schema_version (version, name, checksum, statements_done, "
                                    "statements_total, in_flight, applied_us, compatible_from) "
                                    "VALUES (?, ?, ?, 0, ?, 0, 0, ?)" };
static const yb_sql_t sql_back = { "migrate.back", "UPDATE schema_version SET version = ? WHERE version = ?" };
static const yb_sql_t sql_note = { "migrate.note",
    "UPDATE schema_version SET statements_done = ?, in_flight = ?, applied_us = ? WHERE version = ?" };

/* Rows of schema_version, by column. */
enum { VERSION, NAME, CHECKSUM, DONE, TOTAL, IN_FLIGHT, COMPATIBLE_FROM };

typedef struct job {
    yb_db_t *db;
    const yb_migration_t *file;
    int64_t done, total;
    bool in_flight;               /* found at start: the first statement may have been executed already */
    char *detail;
    size_t detail_cap;
} job_t;

static int64_t now_us(void)
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* ---- splitting ---- */

/* Steps over a quoted string or name; returns where it ends. */
static const char *skip_quoted(const char *p, const char *end)
{
    char quote = *p++;
    while (p < end && *p != quote)
        p += *p == '\\' && quote != '`' && p + 1 < end ? 2 : 1;
    return p < end ? p + 1 : end;
}

static const char *skip_comment(const char *p, const char *end)
{
    bool block = *p == '/';
    p += 2;
    while (p < end && !(block ? p[0] == '*' && p + 1 < end && p[1] == '/' : *p == '\n'))
        p++;
    return block && p < end ? p + 2 : p;
}

static bool starts_comment(const char *p, const char *end)
{
    if (p + 1 >= end)
        return false;
    return (p[0] == '-' && p[1] == '-' && (p + 2 == end || isspace((unsigned char)p[2]))) ||
           (p[0] == '/' && p[1] == '*' && !(p + 2 < end && (p[2] == '!' || p[2] == 'M')));
}

/* Only blanks or a comment up to the end of the line. */
static bool line_ends(const char *p, const char *end)
{
    while (p < end && *p != '\n' && isspace((unsigned char)*p))
        p++;
    return p == end || *p == '\n' || starts_comment(p, end);
}

const char *yb_migrate_next_statement(const char **at, const char *end, size_t *ret_len)
{
    const char *p = *at;
    while (p < end && (isspace((unsigned char)*p) || starts_comment(p, end)))
        p = isspace((unsigned char)*p) ? p + 1 : skip_comment(p, end);
    const char *start = p;
    while (p < end) {
        if (*p == '\'' || *p == '"' || *p == '`') {
            p = skip_quoted(p, end);
        } else if (starts_comment(p, end)) {
            p = skip_comment(p, end);
        } else if (*p == ';' && line_ends(p + 1, end)) {
            *ret_len = (size_t)(p - start);
            *at = p + 1;
            return start;
        } else {
            p++;
        }
    }
    *ret_len = (size_t)(end - start);
    *at = end;
    return start == end ? NULL : start;
}

/* -1 = the last one is not ended. */
static int count_statements(const yb_migration_t *file)
{
    const char *at = file->sql, *end = file->sql + file->sql_len, *last = NULL;
    size_t len = 0;
    int n = 0;
    for (const char *s; (s = yb_migrate_next_statement(&at, end, &len)) != NULL; n++)
        last = s + len;
    return last != NULL && (last == end || *last != ';') ? -1 : n;
}

/* ---- applying ---- */

static yb_err_t note(const job_t *job, int64_t done, bool in_flight, int64_t applied_us)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_params_t *p = yb_params_create(arena, 4);
    yb_params_i64(p, done);
    yb_params_i64(p, in_flight);
    yb_params_i64(p, applied_us);
    yb_params_i64(p, job->file->version);
    yb_err_t err = yb_db_execute(job->db, &sql_note, p, NULL);
    yb_arena_destroy(&arena);
    return err;
}

/* These commit by themselves. */
static bool is_ddl(const char *text, size_t len)
{
    static const char *const verbs[] = { "CREATE", "ALTER", "DROP", "RENAME", "TRUNCATE" };
    for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
        if (len > strlen(verbs[i]) && strncasecmp(text, verbs[i], strlen(verbs[i])) == 0)
            return true;
    return false;
}

/* What MariaDB answers when a statement of the schema has been executed before. */
static bool says_already_done(unsigned number)
{
    return number == ER_TABLE_EXISTS_ERROR || number == ER_DUP_FIELDNAME || number == ER_DUP_KEYNAME ||
           number == ER_CANT_DROP_FIELD_OR_KEY || number == ER_BAD_TABLE_ERROR ||
           number == ER_BAD_FIELD_ERROR || number == ER_MULTIPLE_PRI_KEY || number == ER_NO_SUCH_TABLE;
}

/* Statements on rows and their note are one transaction. DDL commits by itself: it is marked before, so that
 * one whose outcome we never learned may be found done. */
static yb_err_t apply_statement(const job_t *job, int64_t number, const char *text, size_t len,
                                bool maybe_done)
{
    bool last = number + 1 == job->total, ddl = is_ddl(text, len);
    yb_err_t err = ddl ? note(job, number, true, 0) : YB_OK;
    if (err == YB_OK)
        err = yb_db_begin(job->db);
    if (err != YB_OK)
        return err;
    err = yb_db_run(job->db, text, len);
    bool refused = err != YB_OK && err != YB_E_DB_GONE;
    if (refused && ddl && maybe_done && says_already_done(yb_db_error_number(job->db)))
        err = YB_OK;
    if (err == YB_OK)
        err = note(job, number + 1, false, last ? now_us() : 0);
    if (err == YB_OK)
        err = yb_db_commit(job->db);
    if (err == YB_OK)
        return YB_OK;
    snprintf(job->detail, job->detail_cap, "%s, statement %d of %d: %s", job->file->name, (int)number + 1,
             (int)job->total, yb_db_error_text(job->db));
    yb_db_rollback(job->db);
    if (refused && ddl && !maybe_done && note(job, number, false, 0) != YB_OK)
        return YB_E_DB_GONE;                 /* refused for certain, and the next run should have known */
    return err;
}

static yb_err_t apply_file(const job_t *job)
{
    const char *at = job->file->sql, *end = at + job->file->sql_len, *text = NULL;
    size_t len = 0;
    yb_err_t err = YB_OK;
    for (int64_t number = 0; err == YB_OK && (text = yb_migrate_next_statement(&at, end, &len)) != NULL;
         number++)
        if (number >= job->done)
            err = apply_statement(job, number, text, len, job->in_flight && number == job->done);
    if (err == YB_OK && job->total == 0)
        err = note(job, 0, false, now_us());
    return err;
}

/* "-- compatible-from: 3" at the start of a line; the file's own version when it says nothing. */
static int compatible_from(const yb_migration_t *file)
{
    size_t mark = strlen(COMPATIBLE_MARK);
    for (const char *p = file->sql, *end = p + file->sql_len; p < end;) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((eol != NULL ? eol : end) - p);
        if (len > mark && strncmp(p, COMPATIBLE_MARK, mark) == 0)
            return (int)strtol(p + mark, NULL, 10);
        p += len + 1;
    }
    return file->version;
}

static yb_err_t start_file(const job_t *job, const char *checksum)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_params_t *p = yb_params_create(arena, 5);
    yb_params_i64(p, job->file->version);
    yb_params_text(p, job->file->name);
    yb_params_text(p, checksum);
    yb_params_i64(p, job->total);
    yb_params_i64(p, compatible_from(job->file));
    yb_err_t err = yb_db_execute(job->db, &sql_start, p, NULL);
    yb_arena_destroy(&arena);
    return err;
}

/* An older program was given way to (deploy/way-back), and is gone again: the file was applied, and is not applied
 * anew. */
static yb_err_t take_back(const job_t *job)
{
    yb_arena_t *arena = yb_arena_create(0);
    yb_params_t *p = yb_params_create(arena, 2);
    yb_params_i64(p, job->file->version);
    yb_params_i64(p, job->file->version - YB_MIGRATE_ASIDE);
    yb_err_t err = yb_db_execute(job->db, &sql_back, p, NULL);
    yb_arena_destroy(&arena);
    return err;
}

static bool find_row(const yb_rows_t *known, int64_t version, size_t *ret_row)
{
    for (size_t i = 0; i < yb_rows_count(known); i++)
        if (yb_rows_i64(known, i, VERSION) == version) {
            *ret_row = i;
            return true;
        }
    return false;
}

/* `known` holds what the database has; applies `file` where it is missing or half done. */
static yb_err_t migrate_one(yb_db_t *db, const yb_migration_t *file, const yb_rows_t *known, int *applied,
                            char *detail, size_t detail_cap)
{
    uint8_t digest[YB_SM3_SIZE];
    char checksum[2 * YB_SM3_SIZE + 1];
    yb_err_t err = yb_sm3(file->sql, file->sql_len, digest);
    if (err != YB_OK)
        return err;
    yb_hex_encode(digest, sizeof digest, checksum);
    job_t job = {
        .db = db, .file = file, .total = count_statements(file), .detail = detail, .detail_cap = detail_cap
    };
    if (job.total < 0) {
        snprintf(detail, detail_cap, "%s: the last statement is not ended by ';'", file->name);
        return YB_E_CONFIG;
    }
    size_t row = 0;
    bool found = find_row(known, file->version, &row);
    bool aside = !found && file->version > 0 && find_row(known, file->version - YB_MIGRATE_ASIDE, &row);
    if (found || aside) {
        job.done = yb_rows_i64(known, row, DONE);
        job.in_flight = yb_rows_i64(known, row, IN_FLIGHT) != 0;
        bool begun = job.done > 0 || job.in_flight || yb_rows_i64(known, row, TOTAL) == 0;
        if (begun && strcmp(yb_rows_text(known, row, CHECKSUM), checksum) != 0) {
            snprintf(detail, detail_cap,
                     "%s was applied as another file (%s); applied migrations are never edited: restore "
                     "it and add a new one",
                     file->name, yb_rows_text(known, row, NAME));
            return YB_E_SCHEMA_CHANGED;
        }
        if (aside)
            err = take_back(&job);
        if (err == YB_OK && begun && job.done == yb_rows_i64(known, row, TOTAL))
            return YB_OK;
        found = begun; /* else nothing was done: starts anew */
    }
    if (err == YB_OK && !found)
        err = start_file(&job, checksum);
    if (err == YB_OK)
        err = apply_file(&job);
    if (err == YB_OK)
        ++*applied;
    return err;
}

static yb_err_t read_known(yb_db_t *db, yb_arena_t *arena, yb_rows_t **ret_known)
{
    yb_err_t err = yb_db_run(db, version_table, sizeof version_table - 1);
    if (err == YB_OK)
        err = yb_db_query(db, &sql_known, NULL, arena, 0, ret_known);
    if (err == YB_OK || yb_db_error_number(db) != ER_BAD_FIELD_ERROR)
        return err;
    err = yb_db_run(db, version_table_0_1_0, sizeof version_table_0_1_0 - 1);
    return err != YB_OK ? err : yb_db_query(db, &sql_known, NULL, arena, 0, ret_known);
}

/* Files this program does not have must let it work beside them. */
static yb_err_t check_newer(const yb_rows_t *known, int64_t newest, char *detail, size_t detail_cap)
{
    for (size_t i = 0; i < yb_rows_count(known); i++) {
        int64_t version = yb_rows_i64(known, i, VERSION), from = yb_rows_i64(known, i, COMPATIBLE_FROM);
        if (version <= newest || (from > 0 && from <= newest))
            continue;
        snprintf(detail, detail_cap,
                 "the database has version %d (%s), this program knows up to %d: "
                 "start the program of that version, or restore a backup made before it",
                 (int)version, yb_rows_text(known, i, NAME), (int)newest);
        return YB_E_SCHEMA_NEWER;
    }
    return YB_OK;
}

static yb_err_t migrate_locked(yb_db_t *db, const yb_migration_t *list, size_t count, yb_arena_t *arena, int *applied,
                               char *detail, size_t detail_cap)
{
    yb_rows_t *known = NULL;
    yb_err_t err = read_known(db, arena, &known);
    if (err == YB_OK)
        err = check_newer(known, count > 0 ? list[count - 1].version : 0, detail, detail_cap);
    if (err != YB_OK)
        return err;
    yb_migration_t frame = {
        .version = 0, .name = "0000_frame", .sql = frame_sql, .sql_len = sizeof frame_sql - 1
    };
    err = migrate_one(db, &frame, known, applied, detail, detail_cap);
    for (size_t i = 0; i < count && err == YB_OK; i++)
        err = migrate_one(db, &list[i], known, applied, detail, detail_cap);
    return err;
}

static yb_err_t lock(yb_db_t *db, yb_arena_t *arena, char *detail, size_t detail_cap)
{
    yb_params_t *p = yb_params_create(arena, 1);
    yb_params_i64(p, LOCK_WAIT_S);
    yb_rows_t *rows = NULL;
    yb_err_t err = yb_db_query(db, &sql_lock, p, arena, 1, &rows);
    if (err == YB_OK && yb_rows_i64(rows, 0, 0) != 1) {
        snprintf(detail, detail_cap, "another process has been migrating this schema for %d s", LOCK_WAIT_S);
        err = YB_E_DB_CONFLICT;
    }
    return err;
}

yb_err_t yb_migrate(yb_db_t *db, const char *service, const yb_migration_t *list, size_t count,
                    int *ret_applied, char *detail, size_t detail_cap)
{
    YB_ASSERT(detail_cap > 0);
    for (size_t i = 0; i < count; i++)
        YB_ASSERT(list[i].version == (int)i + 1);
    detail[0] = '\0';
    yb_db_set_deadline(db, 0);
    yb_arena_t *arena = yb_arena_create(0);
    int applied = 0;
    yb_err_t err = lock(db, arena, detail, detail_cap);
    if (err == YB_OK) {
        err = migrate_locked(db, list, count, arena, &applied, detail, detail_cap);
        if (err != YB_OK && detail[0] == '\0')
            snprintf(detail, detail_cap, "%s: %s", service, yb_db_error_text(db));
        yb_rows_t *rows = NULL;                    /* a lost connection has given the lock back already */
        (void)(yb_db_query(db, &sql_unlock, NULL, arena, 1, &rows) == YB_OK);
    } else if (detail[0] == '\0') {
        snprintf(detail, detail_cap, "%s: %s", service, yb_db_error_text(db));
    }
    yb_arena_destroy(&arena);
    if (err == YB_OK && ret_applied != NULL)
        *ret_applied = applied;
    return err;
}
