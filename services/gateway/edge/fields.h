/* One table per transaction says what its `input` may hold: nodes, fields, names, types, lengths, what is
 * required. yb_fields_read checks a message against its table and gives typed access to it; the interface
 * reference is printed from the same tables (edge/doc.c). Sources: INTERFACE.md section 3 (what is required),
 * section 5 (dictionaries), section 10.
 *
 * A handler reads:
 *     const yb_row_t *d = yb_input_row(txn->in, "data", 0);
 *     yb_row_text(d, "psn_no")  yb_row_fen(d, "medfee_sumamt")  yb_row_time(d, "begntime")
 *     for (size_t i = 0; i < yb_input_count(txn->in, "feedetail"); i++) … yb_input_row(txn->in, "feedetail",
 * i) Asking for a node or a field that the table does not have, or by another type than it has, is a
 * programmer error (asserted). An optional node that was not sent reads as a row without values. */
#ifndef YB_GATEWAY_FIELDS_H
#define YB_GATEWAY_FIELDS_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "libcommon/arena.h"
#include "libcommon/day.h"
#include "libcommon/err.h"
#include "libcommon/money.h"
#include "services/gateway/rules/dict.h"

typedef enum yb_field_kind {
    YB_FIELD_TEXT,      /* free text; tab and line ends allowed, other control characters not */
    YB_FIELD_CODE,      /* text without any control character; checked by `form` when there is one */
    YB_FIELD_DICT,      /* one of a dictionary's values */
    YB_FIELD_DECIMAL,   /* n(p,s): int64 scaled by 10^s */
    YB_FIELD_INT,       /* n(p): decimal digits, may be negative */
    YB_FIELD_DAY,       /* yyyy-MM-dd; a time after it is accepted and left out */
    YB_FIELD_TIME,      /* yyyy-MM-dd HH:mm:ss; a bare date is midnight */
    YB_FIELD_BYTES,     /* base64 text, or an array of 0..255 */
} yb_field_kind_t;

/* A code's form: YB_OK, or a refusal in *ret naming `field` (libcommon/code.h, rules/form.h). */
typedef yb_err_t (*yb_form_fn)(const char *text, size_t len, const char *field, yb_refusal_t *ret);

typedef struct yb_field {
    const char *name;        /* national field name */
    const char *label;       /* Chinese name */
    yb_field_kind_t kind;
    bool required;
    uint16_t len;            /* characters; digits in all for DECIMAL and INT; 0 = by kind */
    uint8_t scale;           /* DECIMAL */
    yb_dict_t dict;          /* DICT */
    yb_form_fn form;         /* CODE; NULL = length only */
} yb_field_t;

typedef struct yb_node {
    const char *name;        /* "data", "feedetail"; "" = the fields stand in `input` itself */
    const char *label;
    bool list;               /* one object is taken as a list of one */
    bool required;           /* at least one row */
    const yb_field_t *fields;
    size_t field_count;
} yb_node_t;

typedef struct yb_input yb_input_t;
typedef struct yb_row yb_row_t;

#define YB_FIELDS_ERRORS_MAX 16
/* What a field holds in the printed example of one transaction, where edge/doc.c's value for its name would be
 * refused. */
typedef struct yb_example {
    const char *field, *value;
} yb_example_t;

#define YB_FIELDS_EXAMPLES_MAX 4
typedef struct yb_fields {
    const char *infno;
    const char *title;       /* Chinese */
    const char *output;      /* what it answers, for the reference: "setlinfo, setldetail[]" */
    const yb_node_t *nodes;
    size_t node_count;
    /* What one field says about another; run after all fields passed. NULL = nothing. */
    yb_err_t (*check)(const yb_input_t *in, yb_refusal_t *ret);
    yb_err_t errors[YB_FIELDS_ERRORS_MAX];   /* business refusals it may answer, for the reference; 0 ends */
    yb_example_t examples[YB_FIELDS_EXAMPLES_MAX];   /* field NULL ends */
} yb_fields_t;

#define YB_FIELDS_ROWS_MAX 5000   /* rows of one list node */

/* Checks `input` (object) against the table. The first fault in the order of the table (row by row) is
 * reported in *ret, with field "node.field", or "node[3].field" in lists (counted from 1). Texts are borrowed
 * from `input`, which must outlive *ret_in. YB_E_FIELD_…; YB_E_TOO_LARGE: too many rows; YB_E_NO_MEMORY:
 * arena's budget. */
YB_CHECK yb_err_t yb_fields_read(const yb_fields_t *table, const json_t *input, yb_arena_t *arena,
    const yb_input_t **ret_in, yb_refusal_t *ret);

/* The same for one object, as the envelope is; `node` names it in refusals ("" = just the field). */
YB_CHECK yb_err_t yb_fields_read_object(const yb_node_t *node, const json_t *object, yb_arena_t *arena,
    const yb_row_t **ret_row, yb_refusal_t *ret);

const yb_fields_t *yb_input_table(const yb_input_t *in);
/* Rows sent of a list node; 0 or 1 of a single one. */
size_t yb_input_count(const yb_input_t *in, const char *node);
/* Never NULL: row < count, or row 0 of a node that was not sent (all absent). */
const yb_row_t *yb_input_row(const yb_input_t *in, const char *node, size_t row);
/* True when the table has that field in that node (row 0 is then safe to read). */
bool yb_input_knows(const yb_input_t *in, const char *node, const char *field);

/* Sent, and neither null nor "". */
bool yb_row_has(const yb_row_t *row, const char *field);
/* Any kind but BYTES, as it was sent (numbers as their decimal text); "" when absent. Lives as long as the
 * request. */
const char *yb_row_text(const yb_row_t *row, const char *field);
/* 0 when absent. */
yb_fen_t yb_row_fen(const yb_row_t *row, const char *field);            /* DECIMAL with scale 2 */
int64_t yb_row_decimal(
    const yb_row_t *row, const char *field, int scale); /* `scale` is the table's (asserted) */
int64_t yb_row_int(const yb_row_t *row, const char *field);
yb_day_t yb_row_day(const yb_row_t *row, const char *field);            /* DAY, or the day of a TIME */
yb_time_t yb_row_time(const yb_row_t *row, const char *field);          /* TIME; midnight of a DAY */
/* Decoded, in the arena. NULL when absent. */
const uint8_t *yb_row_bytes(const yb_row_t *row, const char *field, size_t *ret_len);

/* Shorthands for row 0 of a node. */
static inline const char *yb_input_text(const yb_input_t *in, const char *node, const char *field)
{
    return yb_row_text(yb_input_row(in, node, 0), field);
}
static inline yb_fen_t yb_input_fen(const yb_input_t *in, const char *node, const char *field)
{
    return yb_row_fen(yb_input_row(in, node, 0), field);
}
static inline yb_time_t yb_input_time(const yb_input_t *in, const char *node, const char *field)
{
    return yb_row_time(yb_input_row(in, node, 0), field);
}
static inline yb_day_t yb_input_day(const yb_input_t *in, const char *node, const char *field)
{
    return yb_row_day(yb_input_row(in, node, 0), field);
}

/* Chinese name of a field of this table by its path "node.field", "node[3].field" or "field"; NULL = not in
 * it. */
const char *yb_fields_label(const yb_fields_t *table, const char *path);
/* "node.name" for a bare name that a single node of this table has; else the name as it is. Services refuse by bare
 * names, the caller is told where he wrote it. */
void yb_fields_qualify(const yb_fields_t *table, const char *name, char buf[YB_REFUSAL_FIELD_MAX]);
/* Finds a field of a node by name; NULL = none. */
const yb_field_t *yb_node_field(const yb_node_t *node, const char *name);

#endif
