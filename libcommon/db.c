#include "db_impl.h"

#include <mariadb/errmsg.h>
#include <mariadb/mysqld_error.h>
#include <mariadb/ma_pvio.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <uthash.h>

#define HOSTS_MAX 16
#define CONNECT_TIMEOUT_MS 2000
#define READ_TIMEOUT_MS 3600000 /* without a deadline: schema changes take long, for ever they do not */
#define ROLLBACK_TIMEOUT_MS 10000
#define LOCK_WAIT_S 10u /* a row lock is waited for at most so long, less when the deadline is nearer */
#define METADATA_WAIT_S 60u
#define WRITER_WAIT_MS 10000           /* a node that lost its neighbour is silent until the rest have put it out */
#define IN_MAX 256u                    /* keys of one statement */
#define BULK_MAX_ROWS 8192u
#define BULK_MAX_BYTES (8u << 20)      /* the server's max_allowed_packet is 16 MiB unless set otherwise */
#define ROWS_LIMIT 1000000u
#define STATEMENT_MAX (64u << 10)

typedef struct statement_key {
    const yb_sql_t *sql;
    size_t keys;                       /* of the "(?*)", 0 = the text as it stands */
} statement_key_t;

typedef struct statement {
    statement_key_t key;
    MYSQL_STMT *stmt;
    MYSQL_BIND *binds;
    size_t params;
    bool no_bulk;                      /* the server wants it row by row */
    bool takes_lock, gives_lock; /* GET_LOCK, RELEASE_LOCK: the connection is more than a way to the server */
    UT_hash_handle hh;
} statement_t;

typedef struct host { char *name; unsigned port; } host_t;

/* BROKEN: the transaction is lost, or rolled back by the server in part or whole; until the caller ends it
 * every statement answers tx_err, since on its own it would be committed at once. */
typedef enum tx { TX_NONE, TX_OPEN, TX_BROKEN } tx_t;

struct yb_db {
    char *socket_path, *user, *password, *schema;
    host_t hosts[HOSTS_MAX];
    size_t host_count, host;           /* host = the one to try first */
    unsigned connect_timeout_ms;
    MYSQL *mysql;                      /* NULL = not connected */
    statement_t *statements;
    tx_t tx;
    yb_err_t tx_err;
    int64_t deadline_us;
    unsigned limit_s;                  /* max_statement_time the server has, 0 = none */
    bool holds_lock;
    yb_galera_t galera;
    uint64_t round_trips;
    int64_t time_us;                   /* waited for the server since open */
    char slowest[48];                  /* since it was last asked for */
    int64_t slowest_us;
    unsigned error_number;
    char error_text[512];
};

/* ---- failures ---- */

static void set_error(yb_db_t *db, const char *what, unsigned number, const char *message)
{
    db->error_number = number;
    const char *from = yb_db_quotes_values(number) ? strchr(message, '\'') : NULL;
    if (from == NULL) {
        snprintf(db->error_text, sizeof db->error_text, "%s: %s", what, message);
        return;
    }
    const char *rest = "";
    for (const char *p = strstr(from, "' for "); p != NULL; p = strstr(p + 1, "' for "))
        rest = p;                      /* the last one: the value may hold quotes too */
    snprintf(db->error_text, sizeof db->error_text, "%s: %.*s'***%s", what, (int)(from - message), message,
             *rest != '\0' ? rest : "'");
}

static void drop_statement(yb_db_t *db, statement_t *st)
{
    HASH_DEL(db->statements, st);
    if (st->stmt != NULL)
        mysql_stmt_close(st->stmt);
    free(st->binds);
    free(st);
}

/* A hung peer must not hold us: with the socket shut down first, the farewell of mysql_close cannot block.
 * The statements are closed after it, when they know of no connection and send nothing. */
static void disconnect(yb_db_t *db, bool polite)
{
    if (db->mysql != NULL) {
        my_socket fd = db->mysql->net.pvio != NULL ? mysql_get_socket(db->mysql) : MARIADB_INVALID_SOCKET;
        if (!polite && fd != MARIADB_INVALID_SOCKET)
            shutdown(fd, SHUT_RDWR);
        mysql_close(db->mysql);
        db->mysql = NULL;
    }
    db->holds_lock = false;
    statement_t *st, *next;
    HASH_ITER(hh, db->statements, st, next)
        drop_statement(db, st);
}

/* Records the failure, and what it does to connection and transaction. */
static yb_err_t fail(yb_db_t *db, const char *what, unsigned number, const char *message)
{
    char text[400];
    snprintf(text, sizeof text, "%s", message);        /* may live in what is closed below */
    yb_err_t err = yb_db_error_of(number, text);
    set_error(db, what, number, text);
    bool lost = yb_db_ends_connection(number) || (db->mysql != NULL && db->mysql->net.pvio == NULL);
    if (lost) {
        disconnect(db, false);
        if (db->host_count > 0)
            db->host = (db->host + 1) % db->host_count;
    }
    if (db->tx == TX_OPEN && (lost || err == YB_E_DB_CONFLICT)) {
        db->tx = TX_BROKEN;
        db->tx_err = err == YB_E_DB_CONFLICT ? err : YB_E_DB_GONE;
    }
    return err;
}

static yb_err_t fail_mysql(yb_db_t *db, const char *what)
{
    return fail(db, what, mysql_errno(db->mysql), mysql_error(db->mysql));
}

static yb_err_t fail_stmt(yb_db_t *db, const char *what, MYSQL_STMT *stmt)
{
    return mysql_stmt_errno(stmt) != 0 ? fail(db, what, mysql_stmt_errno(stmt), mysql_stmt_error(stmt))
                                       : fail_mysql(db, what);
}

/* ---- connection ---- */

static int64_t now_us(void)            /* deadlines of the wire are wall clock; so is the server's patience */
{
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* The connector keeps timeouts per connection in milliseconds but sets them only before connecting and in
 * seconds. */
static void set_timeout(yb_db_t *db, int64_t timeout_ms)
{
    MARIADB_PVIO *pvio = db->mysql->net.pvio;
    if (pvio != NULL) {
        pvio->timeout[PVIO_READ_TIMEOUT] = (int)timeout_ms;
        pvio->timeout[PVIO_WRITE_TIMEOUT] = (int)timeout_ms;
    }
}

static void note_time(yb_db_t *db, const char *name, int64_t begun_us)
{
    int64_t took_us = now_us() - begun_us;
    db->time_us += took_us > 0 ? took_us : 0;
    if (took_us <= db->slowest_us)
        return;
    db->slowest_us = took_us;
    snprintf(db->slowest, sizeof db->slowest, "%s", name);
}

static yb_err_t command(yb_db_t *db, const char *text, size_t len)
{
    db->round_trips++;
    char what[24];
    snprintf(what, sizeof what, "%.*s", (int)(len < sizeof what ? len : sizeof what - 1), text);
    int64_t begun_us = now_us();
    int rc = mysql_real_query(db->mysql, text, (unsigned long)len);
    note_time(db, what, begun_us);
    if (rc != 0)
        return fail_mysql(db, what);
    if (mysql_field_count(db->mysql) > 0) {
        MYSQL_RES *result = mysql_store_result(db->mysql);
        if (result == NULL)
            return fail_mysql(db, what);
        mysql_free_result(result);
    }
    return YB_OK;
}

/* wait_ms: what is left for what follows the greeting. */
static yb_err_t connect_to(yb_db_t *db, const host_t *host, int64_t timeout_ms, int64_t wait_ms)
{
    db->mysql = mysql_init(NULL);
    if (db->mysql == NULL)
        return YB_E_NO_MEMORY;
    unsigned timeout_s = (unsigned)((timeout_ms + 999) / 1000);
    size_t max_packet = 64u << 20;
    unsigned no_files = 0;             /* whoever sits at the other end could ask for a key file */
    mysql_optionsv(db->mysql, MYSQL_OPT_CONNECT_TIMEOUT, &timeout_s);
    mysql_optionsv(db->mysql, MYSQL_OPT_READ_TIMEOUT, &timeout_s);      /* the greeting comes under these */
    mysql_optionsv(db->mysql, MYSQL_OPT_WRITE_TIMEOUT, &timeout_s);
    mysql_optionsv(db->mysql, MYSQL_OPT_LOCAL_INFILE, &no_files);
    mysql_optionsv(db->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
    mysql_optionsv(db->mysql, MYSQL_OPT_MAX_ALLOWED_PACKET, &max_packet);
    db->round_trips++;
    if (mysql_real_connect(db->mysql, host != NULL ? host->name : NULL, db->user, db->password, db->schema,
                           host != NULL ? host->port : 0, host != NULL ? NULL : db->socket_path,
                           CLIENT_FOUND_ROWS) == NULL) {
        yb_err_t err = fail(db, host != NULL ? host->name : db->socket_path, mysql_errno(db->mysql),
                            mysql_error(db->mysql));
        disconnect(db, false);
        return err;
    }
    char text[320];
    int len = snprintf(
        text, sizeof text,
        "SET SESSION tx_isolation='READ-COMMITTED', autocommit=1, "
        "sql_mode='STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION,"
        "ERROR_FOR_DIVISION_BY_ZERO', time_zone='+08:00', innodb_lock_wait_timeout=%u, lock_wait_timeout=%u, "
        "max_statement_time=0",
        LOCK_WAIT_S, METADATA_WAIT_S);
    db->limit_s = 0;
    yb_err_t err = command(db, text, (size_t)len);
    if (err == YB_OK && db->schema != NULL) {
        set_timeout(db, wait_ms < WRITER_WAIT_MS ? wait_ms : WRITER_WAIT_MS);
        db->round_trips++;
        if (!yb_galera_join(&db->galera, db->mysql, db->host_count < 2)) {
            (void)fail(db, "writer", db->galera.number, db->galera.text);
            err = YB_E_DB_GONE;
        }
    }
    if (err != YB_OK)
        disconnect(db, false);
    return err;
}

static yb_err_t connect_any(yb_db_t *db)
{
    int64_t timeout_ms = db->connect_timeout_ms;
    yb_err_t err = YB_E_DB_GONE;
    size_t first = db->host, tries = db->host_count > 0 ? db->host_count : 1;
    for (size_t i = 0; i < tries && err != YB_OK; i++) {
        int64_t left_ms = db->deadline_us > 0 ? (db->deadline_us - now_us()) / 1000 : WRITER_WAIT_MS;
        if (left_ms <= 0)
            return i > 0 ? err : YB_E_DEADLINE;
        size_t at = db->host_count > 0 ? (first + i) % db->host_count : 0;
        err = connect_to(db, db->host_count > 0 ? &db->hosts[at] : NULL, left_ms < timeout_ms ? left_ms : timeout_ms,
                         left_ms);
        if (err == YB_OK && db->host_count > 0)
            db->host = at;
    }
    return err;
}

/* Sends the statement time only when what the server has would stop too early or much too late. */
static yb_err_t send_limit(yb_db_t *db, int64_t left_us)
{
    unsigned need_s = left_us > 0 ? (unsigned)((left_us + 999999) / 1000000) : 0;
    if (need_s == 0 ? db->limit_s == 0 : need_s <= db->limit_s && db->limit_s <= need_s + 1 + need_s / 4)
        return YB_OK;
    char text[128];
    int len = snprintf(text, sizeof text, "SET SESSION max_statement_time=%u, innodb_lock_wait_timeout=%u",
                       need_s, need_s > 0 && need_s < LOCK_WAIT_S ? need_s : LOCK_WAIT_S);
    yb_err_t err = command(db, text, (size_t)len);
    if (err == YB_OK)
        db->limit_s = need_s;
    return err;
}

/* Between transactions, now and then: is this still the node that writes? If not the connection goes, unless it was
 * more than a way to the server, and the next one finds who is. */
static yb_err_t ask_writer(yb_db_t *db, int64_t left_us)
{
    if (db->tx != TX_NONE || !yb_galera_is_due(&db->galera, now_us()))
        return YB_OK;
    bool replaceable = !db->holds_lock;
    set_timeout(db, left_us > 0 && left_us / 1000 < WRITER_WAIT_MS ? left_us / 1000 + 1 : WRITER_WAIT_MS);
    db->round_trips++;
    if (yb_galera_ask(&db->galera, db->mysql, now_us()))
        return YB_OK;
    (void)fail(db, "writer", db->galera.number, db->galera.text);
    disconnect(db, false);
    return replaceable ? YB_OK : YB_E_DB_GONE;
}

/* Before every statement: transaction whole, deadline not passed, connection there and told how long it may
 * take. */
static yb_err_t make_ready(yb_db_t *db)
{
    if (db->tx == TX_BROKEN)
        return db->tx_err;
    int64_t left_us = 0;
    if (db->deadline_us > 0) {
        left_us = db->deadline_us - now_us();
        if (left_us <= 0) {
            set_error(db, "deadline", 0, "passed before the statement was sent");
            return YB_E_DEADLINE;
        }
        if (left_us > READ_TIMEOUT_MS * 1000LL)
            left_us = READ_TIMEOUT_MS * 1000LL;
    }
    yb_err_t err = db->mysql != NULL ? ask_writer(db, left_us) : YB_OK;
    if (err == YB_OK && db->mysql == NULL)
        err = connect_any(db);
    if (err != YB_OK)
        return err;
    set_timeout(db, left_us > 0 ? left_us / 1000 + 1000 : READ_TIMEOUT_MS);
    err = send_limit(db, left_us);
    if (err == YB_OK && db->limit_s > 0)     /* the server, who stops cleanly, goes first */
        set_timeout(db, db->limit_s * 1000LL + 1000);
    return err;
}

static void library_init(void) { mysql_library_init(0, NULL, NULL); }

static void parse_hosts(yb_db_t *db, const char *list, unsigned port)
{
    for (const char *p = list; *p != '\0' && db->host_count < HOSTS_MAX;) {
        size_t len = strcspn(p, ",");
        char *name = strndup(p, len);
        YB_ASSERT(name != NULL);
        host_t *host = &db->hosts[db->host_count++];
        *host = (host_t){ .name = name, .port = port };
        char *colon = strchr(name, ':'), *end = NULL;
        if (colon != NULL && strchr(colon + 1, ':') == NULL) {     /* not an IPv6 address */
            unsigned long own = strtoul(colon + 1, &end, 10);
            if (end != colon + 1 && *end == '\0' && own > 0 && own <= 65535) {
                host->port = (unsigned)own;
                *colon = '\0';
            }
        }
        p += len + (p[len] == ',');
    }
}

yb_err_t yb_db_open(const yb_db_conf_t *conf, yb_db_t **ret_db)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;    /* the connector's own start is not thread safe */
    pthread_once(&once, library_init);
    if (conf->socket_path == NULL && (conf->host == NULL || *conf->host == '\0'))
        return YB_E_CONFIG;
    yb_db_t *db = calloc(1, sizeof *db);
    if (db == NULL)
        return YB_E_NO_MEMORY;
    const char *from[] = { conf->socket_path, conf->user, conf->password, conf->schema };
    char **to[] = { &db->socket_path, &db->user, &db->password, &db->schema };
    for (size_t i = 0; i < sizeof from / sizeof *from; i++) {
        *to[i] = from[i] != NULL ? strdup(from[i]) : NULL;
        if (from[i] != NULL && *to[i] == NULL) {
            yb_db_close(&db);
            return YB_E_NO_MEMORY;
        }
    }
    if (conf->socket_path == NULL)
        parse_hosts(db, conf->host, conf->port);
    db->connect_timeout_ms = conf->connect_timeout_ms > 0 ? conf->connect_timeout_ms : CONNECT_TIMEOUT_MS;
    *ret_db = db;
    return YB_OK;
}

void yb_db_close(yb_db_t **pdb)
{
    yb_db_t *db = *pdb;
    if (db == NULL)
        return;
    if (db->mysql != NULL)
        set_timeout(db, 1000);
    disconnect(db, true);
    for (size_t i = 0; i < db->host_count; i++)
        free(db->hosts[i].name);
    if (db->password != NULL)
        explicit_bzero(db->password, strlen(db->password));
    free(db->socket_path);
    free(db->user);
    free(db->password);
    free(db->schema);
    free(db);
    *pdb = NULL;
}

void yb_db_set_deadline(yb_db_t *db, int64_t deadline_unix_us) { db->deadline_us = deadline_unix_us; }
bool yb_db_in_transaction(const yb_db_t *db) { return db->tx != TX_NONE; }
const char *yb_db_error_text(const yb_db_t *db) { return db->error_text; }
unsigned yb_db_error_number(const yb_db_t *db) { return db->error_number; }
uint64_t yb_db_round_trips(const yb_db_t *db) { return db->round_trips; }
int64_t yb_db_time_us(const yb_db_t *db) { return db->time_us; }

const char *yb_db_slowest(yb_db_t *db, int64_t *ret_took_us)
{
    *ret_took_us = db->slowest_us;
    db->slowest_us = 0;
    return db->slowest;
}

/* ---- commands ---- */

/* Sends a command that changes nothing, so that an old connection found dead may be replaced and the command
 * sent again, once. */
static yb_err_t harmless(yb_db_t *db, yb_err_t (*send)(yb_db_t *db))
{
    bool replaceable = db->mysql != NULL && !db->holds_lock;
    yb_err_t err = make_ready(db);
    if (err == YB_OK)
        err = send(db);
    if (err == YB_E_DB_GONE && replaceable && db->mysql == NULL && db->tx == TX_NONE) {
        err = make_ready(db);
        if (err == YB_OK)
            err = send(db);
    }
    return err;
}

static yb_err_t send_ping(yb_db_t *db)
{
    db->round_trips++;
    return mysql_ping(db->mysql) == 0 ? YB_OK : fail_mysql(db, "ping");
}

static yb_err_t send_begin(yb_db_t *db) { return command(db, "START TRANSACTION", 17); }

yb_err_t yb_db_ping(yb_db_t *db) { return harmless(db, send_ping); }

yb_err_t yb_db_begin(yb_db_t *db)
{
    YB_ASSERT(db->tx != TX_OPEN);
    yb_db_rollback(db);                /* of what broke */
    yb_err_t err = harmless(db, send_begin);
    if (err == YB_OK)
        db->tx = TX_OPEN;
    return err;
}

yb_err_t yb_db_commit(yb_db_t *db)
{
    YB_ASSERT(db->tx != TX_NONE);
    yb_err_t err = make_ready(db);
    if (err != YB_OK)
        return err;
    err = command(db, "COMMIT", 6);
    if (err == YB_OK)
        db->tx = TX_NONE;
    if (err != YB_OK && err != YB_E_DB_CONFLICT && db->mysql != NULL && db->galera.node) {
        disconnect(db, false); /* what this node could not finish may have reached the others */
        db->tx = TX_BROKEN;
        err = db->tx_err = YB_E_DB_GONE;
    }
    return err;
}

void yb_db_rollback(yb_db_t *db)
{
    tx_t was = db->tx;
    db->tx = TX_NONE;
    if (was == TX_NONE || db->mysql == NULL)
        return;                        /* the server rolls back what lost its connection */
    char text[sizeof db->error_text];
    unsigned number = db->error_number;
    memcpy(text, db->error_text, sizeof text);
    set_timeout(db, ROLLBACK_TIMEOUT_MS);
    if (command(db, "ROLLBACK", 8) != YB_OK)
        disconnect(db, false);
    db->error_number = number;         /* the caller wants to know why, not how it ended */
    memcpy(db->error_text, text, sizeof text);
}

yb_err_t yb_db_run(yb_db_t *db, const char *text, size_t len)
{
    yb_err_t err = make_ready(db);
    return err != YB_OK ? err : command(db, text, len);
}

/* ---- statements ---- */

/* The text with "(?*)" spelled out for `keys` rows of `columns`; NULL when it has none. malloc'd. */
static char *expand(const char *text, size_t keys, size_t columns)
{
    const char *star = strstr(text, "(?*)");
    if (star == NULL)
        return NULL;
    size_t cap = strlen(text) + keys * (2 * columns + 2) + 2;
    YB_ASSERT(cap < STATEMENT_MAX);
    char *out = malloc(cap);
    YB_ASSERT(out != NULL);
    size_t n = (size_t)(star - text);
    memcpy(out, text, n);
    out[n++] = '(';
    for (size_t k = 0; k < keys; k++) {
        if (k > 0)
            out[n++] = ',';
        if (columns > 1)
            out[n++] = '(';
        for (size_t c = 0; c < columns; c++) {
            if (c > 0)
                out[n++] = ',';
            out[n++] = '?';
        }
        if (columns > 1)
            out[n++] = ')';
    }
    out[n++] = ')';
    snprintf(out + n, cap - n, "%s", star + 4);
    return out;
}

static yb_err_t prepare(yb_db_t *db, const yb_sql_t *sql, size_t keys, size_t columns, statement_t **ret_st)
{
    statement_key_t key;
    memset(&key, 0, sizeof key);
    key.sql = sql;
    key.keys = keys;
    statement_t *st = NULL;
    HASH_FIND(hh, db->statements, &key, sizeof key, st);
    if (st != NULL) {
        *ret_st = st;
        return YB_OK;
    }
    st = calloc(1, sizeof *st);
    YB_ASSERT(st != NULL);
    st->key = key;
    HASH_ADD(hh, db->statements, key, sizeof st->key, st);
    char *expanded = keys > 0 ? expand(sql->text, keys, columns) : NULL;
    YB_ASSERT(keys == 0 || expanded != NULL);
    const char *text = expanded != NULL ? expanded : sql->text;
    st->stmt = mysql_stmt_init(db->mysql);
    YB_ASSERT(st->stmt != NULL);
    db->round_trips++;
    int64_t begun_us = now_us();
    int rc = mysql_stmt_prepare(st->stmt, text, (unsigned long)strlen(text));
    note_time(db, sql->name, begun_us);
    if (rc != 0) {
        free(expanded);
        MYSQL_STMT *stmt = st->stmt;
        st->stmt = NULL;                    /* outlives the disconnect that fail may do */
        drop_statement(db, st);
        yb_err_t err = fail_stmt(db, sql->name, stmt);
        mysql_stmt_close(stmt);
        return err;
    }
    st->takes_lock = strstr(text, "GET_LOCK(") != NULL;
    st->gives_lock = strstr(text, "RELEASE_LOCK(") != NULL;
    st->params = mysql_stmt_param_count(st->stmt);
    free(expanded);
    st->binds = calloc(st->params + 1, sizeof *st->binds);
    YB_ASSERT(st->binds != NULL);
    mysql_stmt_attr_set(st->stmt, STMT_ATTR_CB_RESULT, (const void *)(uintptr_t)yb_rows_take);
    *ret_st = st;
    return YB_OK;
}

/* Sends the bound statement: `array` rows in bulk, 0 = one row of values. A statement the server has
 * forgotten, or whose tables changed under it, is prepared anew at its next use. */
static yb_err_t send_bound(yb_db_t *db, statement_t *st, unsigned array)
{
    const char *name = st->key.sql->name;
    mysql_stmt_attr_set(st->stmt, STMT_ATTR_ARRAY_SIZE, &array);
    db->round_trips++;
    int64_t begun_us = now_us();
    bool failed = (st->params > 0 && mysql_stmt_bind_param(st->stmt, st->binds) != 0) ||
                  mysql_stmt_execute(st->stmt) != 0;
    note_time(db, name, begun_us);
    if (failed) {
        unsigned number = mysql_stmt_errno(st->stmt);
        yb_err_t err = fail_stmt(db, name, st->stmt);
        if (db->mysql != NULL && (number == ER_UNKNOWN_STMT_HANDLER || number == ER_NEED_REPREPARE ||
                                  number == CR_NEW_STMT_METADATA))
            drop_statement(db, st);
        return err;
    }
    return YB_OK;
}

static yb_err_t execute_singly(yb_db_t *db, statement_t *st, const yb_params_t *params, size_t from,
                               size_t count, uint64_t *affected)
{
    for (size_t row = from; row < from + count; row++) {
        if (params != NULL)
            yb_params_bind(params, row, false, st->binds);
        yb_err_t err = send_bound(db, st, 0);
        if (err != YB_OK)
            return err;
        uint64_t n = mysql_stmt_affected_rows(st->stmt);
        *affected += n != UINT64_MAX ? n : 0;
        if (mysql_stmt_field_count(st->stmt) > 0)
            mysql_stmt_free_result(st->stmt);
    }
    return YB_OK;
}

yb_err_t yb_db_execute(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *params, uint64_t *ret_affected)
{
    uint64_t affected = 0;
    if (params != NULL && params->failed)
        return YB_E_NO_MEMORY;
    YB_ASSERT(params == NULL || params->next == 0);
    size_t rows = params != NULL ? params->row : 1;
    statement_t *st = NULL;
    yb_err_t err = YB_OK;
    for (size_t row = 0; row < rows && err == YB_OK;) {
        err = make_ready(db);
        if (err == YB_OK)
            err = prepare(db, sql, 0, 0, &st);
        if (err != YB_OK)
            return err;
        YB_ASSERT(st->params == (params != NULL ? params->columns : 0));
        size_t span = params != NULL ? yb_params_span(params, row, BULK_MAX_BYTES) : 1;
        if (span > BULK_MAX_ROWS)
            span = BULK_MAX_ROWS;
        if (span > 1 && !st->no_bulk) {
            yb_params_bind(params, row, true, st->binds);
            err = send_bound(db, st, (unsigned)span);
            if (err == YB_OK) {
                affected += mysql_stmt_affected_rows(st->stmt);
            } else if (db->error_number == ER_UNSUPPORTED_PS && db->mysql != NULL) {
                st->no_bulk = true;
                err = YB_OK;
                continue;
            }
        } else {
            err = execute_singly(db, st, params, row, span, &affected);
        }
        row += span;
    }
    if (err == YB_OK && ret_affected != NULL)
        *ret_affected = affected;
    return err;
}

/* Executes what is bound and takes all rows. They come straight from the socket's buffer into the arena. */
static yb_err_t fetch(yb_db_t *db, statement_t *st, yb_rows_t *rows)
{
    const char *name = st->key.sql->name;
    yb_err_t err = send_bound(db, st, 0);
    if (err != YB_OK)
        return err;
    unsigned fields = mysql_stmt_field_count(st->stmt);
    if (!yb_rows_expect(rows, mariadb_stmt_fetch_fields(st->stmt), fields)) {
        set_error(db, name, 0, "a column of this type is not fetched: cast it");
        err = YB_E_DB_ERROR;
    }
    mysql_stmt_attr_set(st->stmt, STMT_ATTR_CB_USER_DATA, rows);
    int rc = 0;
    int64_t begun_us = now_us();       /* what follows the first rows */
    while (fields > 0 && err == YB_OK && rows->err == YB_OK && (rc = mysql_stmt_fetch(st->stmt)) == 0)
        continue;
    note_time(db, name, begun_us);
    if (rc != 0 && rc != MYSQL_NO_DATA)
        return fail_stmt(db, name, st->stmt);
    if (rc == 0 && fields > 0)
        mysql_stmt_free_result(st->stmt);      /* reads off the rest */
    if (err == YB_OK && rows->err != YB_OK) {
        set_error(db, name, 0,
                  rows->err == YB_E_NO_MEMORY ? "rows do not fit the arena"
                                              : "more rows than expected, or a number above 63 bits");
        err = rows->err;
    }
    if (st->takes_lock || st->gives_lock)
        db->holds_lock = st->takes_lock;
    return err;
}

yb_err_t yb_db_query(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *params, yb_arena_t *arena,
                     size_t limit, yb_rows_t **ret_rows)
{
    if (params != NULL && params->failed)
        return YB_E_NO_MEMORY;
    YB_ASSERT(params == NULL || (params->row == 1 && params->next == 0));
    yb_rows_t *rows = yb_rows_create(arena, limit > 0 ? limit : ROWS_LIMIT);
    if (rows == NULL)
        return YB_E_NO_MEMORY;
    statement_t *st = NULL;
    yb_err_t err = make_ready(db);
    if (err == YB_OK)
        err = prepare(db, sql, 0, 0, &st);
    if (err != YB_OK)
        return err;
    YB_ASSERT(st->params == (params != NULL ? params->columns : 0));
    if (params != NULL)
        yb_params_bind(params, 0, false, st->binds);
    err = fetch(db, st, rows);
    if (err == YB_OK)
        *ret_rows = rows;
    return err;
}

static yb_err_t query_span(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *fixed,
                           const yb_params_t *keys, size_t from, size_t count, yb_rows_t *rows)
{
    size_t size = 1;
    while (size < count)
        size *= 2;
    statement_t *st = NULL;
    yb_err_t err = make_ready(db);
    if (err == YB_OK)
        err = prepare(db, sql, size, keys->columns, &st);
    if (err != YB_OK)
        return err;
    size_t before = fixed != NULL ? fixed->columns : 0;
    YB_ASSERT(st->params == before + size * keys->columns);
    if (fixed != NULL)
        yb_params_bind(fixed, 0, false, st->binds);
    for (size_t k = 0; k < size; k++)
        yb_params_bind(keys, from + (k < count ? k : count - 1), false,
                       st->binds + before + k * keys->columns);
    return fetch(db, st, rows);
}

yb_err_t yb_db_query_in(yb_db_t *db, const yb_sql_t *sql, const yb_params_t *fixed, const yb_params_t *keys,
                        yb_arena_t *arena, yb_rows_t **ret_rows)
{
    if (keys->failed || (fixed != NULL && fixed->failed))
        return YB_E_NO_MEMORY;
    YB_ASSERT(keys->next == 0 && (fixed == NULL || (fixed->row == 1 && fixed->next == 0)));
    yb_rows_t *rows = yb_rows_create(arena, ROWS_LIMIT);
    if (rows == NULL)
        return YB_E_NO_MEMORY;
    for (size_t from = 0; from < keys->row; from += IN_MAX) {
        size_t left = keys->row - from;
        yb_err_t err = query_span(db, sql, fixed, keys, from, left < IN_MAX ? left : IN_MAX, rows);
        if (err != YB_OK)
            return err;
    }
    *ret_rows = rows;
    return YB_OK;
}
