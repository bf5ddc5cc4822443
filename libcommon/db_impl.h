/* Inside of the database client, shared by db.c (connection, statements), db_value.c (parameters, results), db_error.c
 * (what the server's numbers mean) and db_galera.c (which node writes). Nobody else includes it. */
#ifndef YB_DB_IMPL_H
#define YB_DB_IMPL_H

#include <mariadb/mysql.h>

#include "db.h"

/* The connection cannot be used any more, whatever else the number means. */
bool yb_db_ends_connection(unsigned number);
yb_err_t yb_db_error_of(unsigned number, const char *message);
/* These messages quote values, which may be a person's: "Duplicate entry '…' for key 'PRIMARY'". */
bool yb_db_quotes_values(unsigned number);

/* ---- Galera: all services of a schema write to one node ----
 * Row locks and named locks (GET_LOCK) hold on the node that gave them, not on the others. So each schema says in its
 * table writer_node which node writes; a connection to another one is given up and the next host tried. When the writer
 * has left the cluster, the first who asks writes another node there: only one can, as on any row. */
typedef struct yb_galera {
    bool node;      /* the server is one of a cluster */
    char self[256]; /* its address, as the cluster knows it */
    int64_t asked_us;
    unsigned number; /* of the last failure: MariaDB's, ER_OPTION_PREVENTS_STATEMENT for "another one writes" */
    char text[400];
} yb_galera_t;

/* After connecting. Waits until the node has what was committed elsewhere. `only_way`: there is no other host to try;
 * whoever stands in between has chosen the node, and it becomes the writer. false: number and text say why. */
bool yb_galera_join(yb_galera_t *galera, MYSQL *mysql, bool only_way);
/* Is it time to ask again? Never on a server that stands alone. */
bool yb_galera_is_due(const yb_galera_t *galera, int64_t now_us);
/* Is it still this node that writes? */
bool yb_galera_ask(yb_galera_t *galera, MYSQL *mysql, int64_t now_us);

typedef enum param_kind { PARAM_NONE, PARAM_I64, PARAM_U64, PARAM_TEXT, PARAM_BYTES } param_kind_t;

/* Eight bytes either way, so that a column of them is an array the connector can take in bulk. */
typedef union param_slot {
    int64_t number;
    const void *data;
} param_slot_t;
_Static_assert(sizeof(param_slot_t) == 8, "stride of the connector's arrays");

typedef struct param_column {
    param_kind_t kind;
    param_slot_t *slots;
    unsigned long *lens;
    char *nulls;                 /* STMT_INDICATOR_NULL or STMT_INDICATOR_NONE */
} param_column_t;

struct yb_params {
    yb_arena_t *arena;
    param_column_t *column;
    size_t columns, row, next;   /* next = column of the next cell */
    size_t cap;                  /* rows there is room for */
    size_t bytes;                /* about what all of it takes on the wire */
    bool failed;                 /* the arena's budget is used up: execution answers YB_E_NO_MEMORY */
};

/* Binds one parameter row as values (bulk = false), or `rows` rows from `row` on as arrays. */
void yb_params_bind(const yb_params_t *params, size_t row, bool bulk, MYSQL_BIND *binds);
/* Rows from `row` on that fit into one message of about `max_bytes`, at least one. */
size_t yb_params_span(const yb_params_t *params, size_t row, size_t max_bytes);

typedef enum cell_form {
    CELL_NULL, CELL_I8, CELL_U8, CELL_I16, CELL_U16, CELL_I32, CELL_U32, CELL_I64, CELL_DECIMAL, CELL_TEXT,
} cell_form_t;

typedef struct cell {
    union { int64_t number; const char *text; } value;
    uint32_t len;
    bool null;
} cell_t;

#define ROWS_FIRST_CHUNK 4       /* chunk k holds ROWS_FIRST_CHUNK << k rows, so that nothing is ever moved */
#define ROWS_CHUNKS 28

struct yb_rows {
    yb_arena_t *arena;
    size_t count, columns, limit;
    uint8_t *form;               /* cell_form_t of each column */
    cell_t *chunk[ROWS_CHUNKS];
    cell_t *row;                 /* being filled */
    char *slab;                  /* text of many cells, back to back */
    size_t slab_left;
    yb_err_t err;                /* first failure while filling */
};

yb_rows_t *yb_rows_create(yb_arena_t *arena, size_t limit);
/* Tells what columns come; false = one has a type that is not fetched (cast it in the statement). The second
 * result of an IN list must look like the first. */
bool yb_rows_expect(yb_rows_t *rows, const MYSQL_FIELD *fields, unsigned count);
/* The connector's result callback: `data` is the yb_rows_t, *wire the cell as sent or wire NULL for SQL NULL.
 */
void yb_rows_take(void *data, unsigned column, unsigned char **wire);

#endif
