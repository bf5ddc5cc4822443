/* Which node of a Galera cluster writes: see db_impl.h, and docs/decisions/033-one-node-writes.md. */
#include <mariadb/mysqld_error.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "db_impl.h"

#define ASK_EVERY_US 1000000 /* less than a node takes to be put out of the cluster and come back */
#define TRIES 5
#define TEXT_MAX 256

static const char sql_table[] =
    "CREATE TABLE IF NOT EXISTS writer_node (one TINYINT NOT NULL PRIMARY KEY, "
    "node VARCHAR(255) CHARACTER SET ascii COLLATE ascii_bin NOT NULL COMMENT 'the address of the node that writes') "
    "ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin";
static const char sql_read[] = "SELECT node FROM writer_node WHERE one = 1";

static bool failed(yb_galera_t *g, MYSQL *mysql)
{
    g->number = mysql_errno(mysql);
    snprintf(g->text, sizeof g->text, "%s", mysql_error(mysql));
    return false;
}

static bool run(yb_galera_t *g, MYSQL *mysql, const char *text)
{
    return mysql_real_query(mysql, text, (unsigned long)strlen(text)) == 0 || failed(g, mysql);
}

/* The first row's last column, "" when there is no row. */
static bool read_text(yb_galera_t *g, MYSQL *mysql, const char *text, char *ret_value, size_t cap)
{
    if (!run(g, mysql, text))
        return false;
    MYSQL_RES *result = mysql_store_result(mysql);
    if (result == NULL)
        return failed(g, mysql);
    MYSQL_ROW row = mysql_fetch_row(result);
    const char *value = row != NULL ? row[mysql_num_fields(result) - 1] : NULL;
    snprintf(ret_value, cap, "%s", value != NULL ? value : "");
    mysql_free_result(result);
    return true;
}

static bool refuse(yb_galera_t *g, const char *what, const char *node)
{
    g->number = ER_OPTION_PREVENTS_STATEMENT;
    snprintf(g->text, sizeof g->text, "node %.120s %s %.120s", g->self, what, node);
    return false;
}

/* Is the address one of "a:1,b:2"? */
static bool is_listed(const char *list, const char *address)
{
    size_t len = strlen(address);
    for (const char *p = list; *p != '\0'; p += strcspn(p, ","), p += *p == ',')
        if (strcspn(p, ",") == len && strncmp(p, address, len) == 0)
            return true;
    return false;
}

static bool read_self(yb_galera_t *g, MYSQL *mysql, char *members, size_t cap)
{
    char index[24];
    if (!read_text(g, mysql, "SHOW GLOBAL STATUS LIKE 'wsrep_incoming_addresses'", members, cap) ||
        !read_text(g, mysql, "SHOW GLOBAL STATUS LIKE 'wsrep_local_index'", index, sizeof index))
        return false;
    const char *p = members;
    for (unsigned long i = strtoul(index, NULL, 10); i > 0 && *p != '\0'; i--) {
        p += strcspn(p, ",");
        p += *p == ',';
    }
    snprintf(g->self, sizeof g->self, "%.*s", (int)strcspn(p, ","), p);
    if (strchr(g->self, '.') != NULL || strchr(g->self, ':') != NULL)
        return true;
    return refuse(g, "does not say under which address clients find it: set wsrep_node_incoming_address;",
                  "the cluster knows of");
}

/* Writes this node in the place of `old` ("" = there is none yet), unless somebody was quicker. */
static bool take_over(yb_galera_t *g, MYSQL *mysql, const char *old)
{
    char text[2 * TEXT_MAX * 2 + 128], self[2 * TEXT_MAX + 1], was[2 * TEXT_MAX + 1];
    mysql_real_escape_string(mysql, self, g->self, (unsigned long)strlen(g->self));
    mysql_real_escape_string(mysql, was, old, (unsigned long)strlen(old));
    if (old[0] == '\0')
        snprintf(text, sizeof text, "INSERT IGNORE INTO writer_node (one, node) VALUES (1, '%s')", self);
    else
        snprintf(text, sizeof text, "UPDATE writer_node SET node = '%s' WHERE one = 1 AND node = '%s'", self, was);
    return run(g, mysql, text) || g->number == ER_LOCK_DEADLOCK;
}

/* Read again after each attempt to write it: what stands there is what holds. */
static bool settle_writer(yb_galera_t *g, MYSQL *mysql, bool only_way)
{
    char writer[TEXT_MAX], members[1024];
    for (int tries = 0; tries < TRIES; tries++) {
        if (!read_text(g, mysql, sql_read, writer, sizeof writer)) {
            if (g->number != ER_NO_SUCH_TABLE || !run(g, mysql, sql_table))
                return false;
            writer[0] = '\0';
        }
        if (!read_self(g, mysql, members, sizeof members))
            return false;
        if (strcmp(writer, g->self) == 0)
            return true;
        if (!only_way && writer[0] != '\0' && is_listed(members, writer))
            return refuse(g, "does not write, but", writer);
        if (!take_over(g, mysql, writer))
            return false;
    }
    return refuse(g, "does not know who writes; last it was", writer);
}

bool yb_galera_join(yb_galera_t *g, MYSQL *mysql, bool only_way)
{
    char on[8];
    memset(g, 0, sizeof *g);
    if (!read_text(g, mysql, "SHOW VARIABLES LIKE 'wsrep_on'", on, sizeof on))
        return false;
    if (strcmp(on, "ON") != 0)
        return true;
    g->node = true;
    return run(g, mysql, "SET SESSION wsrep_sync_wait = 1") && settle_writer(g, mysql, only_way) &&
           run(g, mysql, "SET SESSION wsrep_sync_wait = 0");
}

bool yb_galera_is_due(const yb_galera_t *g, int64_t now_us)
{
    return g->node && (now_us - g->asked_us >= ASK_EVERY_US || now_us < g->asked_us);
}

bool yb_galera_ask(yb_galera_t *g, MYSQL *mysql, int64_t now_us)
{
    char writer[TEXT_MAX];
    if (!read_text(g, mysql, sql_read, writer, sizeof writer))
        return false;
    if (strcmp(writer, g->self) != 0)
        return refuse(g, "does not write any more, but", writer);
    g->asked_us = now_us;
    return true;
}
