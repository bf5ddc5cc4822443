#include "db_impl.h"

#include <stdlib.h>
#include <string.h>

/* ---- parameters ---- */

/* What yb_params_create answers when the arena is used up: takes cells, holds nothing, fails at execution. */
static const yb_params_t params_failed = { .failed = true };

yb_params_t *yb_params_create(yb_arena_t *arena, size_t columns)
{
    YB_ASSERT(columns > 0);
    yb_params_t *params = YB_NEW(arena, yb_params_t);
    param_column_t *column = YB_NEW_ARRAY(arena, param_column_t, columns);
    if (params == NULL || column == NULL)
        return (yb_params_t *)&params_failed;    /* never written: every function looks at `failed` first */
    params->arena = arena;
    params->column = column;
    params->columns = columns;
    return params;
}

static bool grow(yb_params_t *params)
{
    size_t cap = params->cap == 0 ? 1 : params->cap < 16 ? 16 : params->cap * 2;
    for (size_t c = 0; c < params->columns; c++) {
        param_column_t *column = &params->column[c];
        param_slot_t *slots =
            yb_arena_alloc(params->arena, cap * (sizeof *slots + sizeof(unsigned long) + 1));
        if (slots == NULL)
            return false;
        unsigned long *lens = (unsigned long *)(slots + cap);
        char *nulls = (char *)(lens + cap);
        if (params->row > 0) {
            memcpy(slots, column->slots, params->row * sizeof *slots);
            memcpy(lens, column->lens, params->row * sizeof *lens);
            memcpy(nulls, column->nulls, params->row);
        }
        column->slots = slots;
        column->lens = lens;
        column->nulls = nulls;
    }
    params->cap = cap;
    return true;
}

static void append(yb_params_t *params, param_kind_t kind, param_slot_t slot, size_t len)
{
    if (params->failed)
        return;
    if (params->next == 0 && params->row == params->cap && !grow(params)) {
        params->failed = true;
        return;
    }
    param_column_t *column = &params->column[params->next];
    if (kind != PARAM_NONE) {
        YB_ASSERT(column->kind == PARAM_NONE || column->kind == kind);
        column->kind = kind;
    }
    column->slots[params->row] = slot;
    column->lens[params->row] = len;
    column->nulls[params->row] = kind == PARAM_NONE ? STMT_INDICATOR_NULL : STMT_INDICATOR_NONE;
    params->bytes += 10 + len;
    if (++params->next == params->columns) {
        params->next = 0;
        params->row++;
    }
}

void yb_params_i64(yb_params_t *params, int64_t value)
{
    append(params, PARAM_I64, (param_slot_t){ .number = value }, 0);
}

void yb_params_u64(yb_params_t *params, uint64_t value)
{
    append(params, PARAM_U64, (param_slot_t){ .number = (int64_t)value }, 0);
}

void yb_params_text(yb_params_t *params, const char *text)
{
    if (text == NULL)
        yb_params_null(params);
    else
        yb_params_textn(params, text, strlen(text));
}

void yb_params_textn(yb_params_t *params, const char *text, size_t len)
{
    YB_ASSERT(text != NULL || len == 0);
    append(params, PARAM_TEXT, (param_slot_t){ .data = text != NULL ? text : "" }, len);
}

void yb_params_bytes(yb_params_t *params, const void *data, size_t len)
{
    YB_ASSERT(data != NULL || len == 0);
    append(params, PARAM_BYTES, (param_slot_t){ .data = data != NULL ? data : "" }, len);
}

void yb_params_null(yb_params_t *params)
{
    append(params, PARAM_NONE, (param_slot_t){ .data = "" }, 0);
}

size_t yb_params_rows(const yb_params_t *params) { return params->row; }

static int id_order(const void *a, const void *b)
{
    const int64_t *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

yb_params_t *yb_params_ids(yb_arena_t *arena, const int64_t *ids, size_t count)
{
    yb_params_t *keys = yb_params_create(arena, 1);
    if (count == 0)
        return keys;
    int64_t *sorted = yb_arena_memdup(arena, ids, count * sizeof *ids);
    if (sorted == NULL)
        return (yb_params_t *)&params_failed;
    qsort(sorted, count, sizeof *sorted, id_order);
    for (size_t i = 0; i < count; i++)
        if (i == 0 || sorted[i] != sorted[i - 1])
            yb_params_i64(keys, sorted[i]);
    return keys;
}

yb_params_t *yb_params_texts(yb_arena_t *arena, const char *const *texts, size_t count)
{
    yb_params_t *keys = yb_params_create(arena, 1);
    for (size_t i = 0; i < count; i++)
        yb_params_text(keys, texts[i]);
    return keys;
}

void yb_params_bind(const yb_params_t *params, size_t row, bool bulk, MYSQL_BIND *binds)
{
    for (size_t c = 0; c < params->columns; c++) {
        const param_column_t *column = &params->column[c];
        bool number = column->kind == PARAM_I64 || column->kind == PARAM_U64;
        MYSQL_BIND *bind = &binds[c];
        memset(bind, 0, sizeof *bind);
        bind->buffer_type = number ? MYSQL_TYPE_LONGLONG
            : column->kind == PARAM_BYTES ? MYSQL_TYPE_BLOB : MYSQL_TYPE_STRING;
        bind->is_unsigned = column->kind == PARAM_U64;
        bind->length = &column->lens[row];
        if (bulk) {
            bind->buffer = &column->slots[row];
            bind->u.indicator = &column->nulls[row];
        } else {
            bind->buffer = number ? (void *)&column->slots[row] : (void *)(uintptr_t)column->slots[row].data;
            bind->is_null = &column->nulls[row];
        }
    }
}

size_t yb_params_span(const yb_params_t *params, size_t row, size_t max_bytes)
{
    size_t left = params->row - row;
    if (params->bytes <= max_bytes)
        return left;
    size_t bytes = 0, n = 0;
    for (; n < left; n++) {
        for (size_t c = 0; c < params->columns; c++)
            bytes += 10 + params->column[c].lens[row + n];
        if (bytes > max_bytes && n > 0)
            break;
    }
    return n;
}

/* ---- results ---- */

#define SLAB_BYTES 4096

yb_rows_t *yb_rows_create(yb_arena_t *arena, size_t limit)
{
    yb_rows_t *rows = YB_NEW(arena, yb_rows_t);
    if (rows != NULL) {
        rows->arena = arena;
        rows->limit = limit;
    }
    return rows;
}

/* Integers, text and bytes, and whole DECIMAL (what SUM over integers gives) are fetched; the rest has no
 * place near money and dates here. */
static int form_of(const MYSQL_FIELD *field)
{
    bool is_unsigned = (field->flags & UNSIGNED_FLAG) != 0;
    switch ((int)field->type) {
    case MYSQL_TYPE_NULL: return CELL_NULL;
    case MYSQL_TYPE_TINY: return is_unsigned ? CELL_U8 : CELL_I8;
    case MYSQL_TYPE_SHORT: return is_unsigned ? CELL_U16 : CELL_I16;
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG: return is_unsigned ? CELL_U32 : CELL_I32;
    case MYSQL_TYPE_LONGLONG: return CELL_I64;
    case MYSQL_TYPE_DECIMAL:
    case MYSQL_TYPE_NEWDECIMAL: return field->decimals == 0 ? CELL_DECIMAL : CELL_TEXT;
    case MYSQL_TYPE_VARCHAR:
    case MYSQL_TYPE_VAR_STRING:
    case MYSQL_TYPE_STRING:
    case MYSQL_TYPE_ENUM:
    case MYSQL_TYPE_SET:
    case MYSQL_TYPE_JSON:
    case MYSQL_TYPE_TINY_BLOB:
    case MYSQL_TYPE_MEDIUM_BLOB:
    case MYSQL_TYPE_LONG_BLOB:
    case MYSQL_TYPE_BLOB: return CELL_TEXT;
    default: return -1;
    }
}

bool yb_rows_expect(yb_rows_t *rows, const MYSQL_FIELD *fields, unsigned count)
{
    bool first = rows->form == NULL;
    if (first) {
        rows->columns = count;
        rows->form = yb_arena_calloc(rows->arena, count > 0 ? count : 1, 1);
        if (rows->form == NULL) {
            rows->err = YB_E_NO_MEMORY;
            return true;
        }
    }
    for (unsigned c = 0; c < count; c++) {
        int form = form_of(&fields[c]);
        if (form < 0 || count != rows->columns || (!first && form != rows->form[c]))
            return false;
        rows->form[c] = (uint8_t)form;
    }
    return true;
}

static cell_t *row_at(const yb_rows_t *rows, size_t row)
{
    size_t group = row / ROWS_FIRST_CHUNK + 1;
    unsigned k = 63u - (unsigned)__builtin_clzll(group);
    size_t first = ROWS_FIRST_CHUNK * (((size_t)1 << k) - 1);
    return rows->chunk[k] + (row - first) * rows->columns;
}

static bool next_row(yb_rows_t *rows)
{
    if (rows->err != YB_OK)
        return false;
    if (rows->count >= rows->limit) {
        rows->err = YB_E_DB_ERROR;
        return false;
    }
    size_t group = rows->count / ROWS_FIRST_CHUNK + 1;
    unsigned k = 63u - (unsigned)__builtin_clzll(group);
    YB_ASSERT(k < ROWS_CHUNKS);
    if (rows->chunk[k] == NULL) {
        size_t cells = ((size_t)ROWS_FIRST_CHUNK << k) * rows->columns;
        rows->chunk[k] = yb_arena_alloc(rows->arena, cells * sizeof(cell_t));
        if (rows->chunk[k] == NULL) {
            rows->err = YB_E_NO_MEMORY;
            return false;
        }
    }
    rows->row = row_at(rows, rows->count++);
    return true;
}

static char *keep_text(yb_rows_t *rows, const unsigned char *text, size_t len)
{
    if (len + 1 > rows->slab_left) {
        size_t size = len + 1 > SLAB_BYTES / 4 ? len + 1 : SLAB_BYTES;
        char *slab = yb_arena_alloc(rows->arena, size);
        if (slab == NULL)
            return NULL;
        if (size != SLAB_BYTES) {          /* long ones stand alone; the slab goes on */
            memcpy(slab, text, len);
            slab[len] = '\0';
            return slab;
        }
        rows->slab = slab;
        rows->slab_left = size;
    }
    char *copy = rows->slab;
    memcpy(copy, text, len);
    copy[len] = '\0';
    rows->slab += len + 1;
    rows->slab_left -= len + 1;
    return copy;
}

/* Length-encoded integer of the client/server protocol. */
static size_t wire_length(unsigned char **wire)
{
    unsigned char *p = *wire;
    size_t bytes = *p < 251 ? 0 : *p == 252 ? 2 : *p == 253 ? 3 : 8;
    uint64_t len = *p < 251 ? *p : 0;
    for (size_t i = 0; i < bytes; i++)
        len |= (uint64_t)p[1 + i] << (8 * i);
    *wire = p + 1 + bytes;
    return (size_t)len;
}

static bool decimal_number(const unsigned char *text, size_t len, int64_t *ret_number)
{
    bool negative = len > 0 && text[0] == '-';
    int64_t number = 0;
    for (size_t i = negative; i < len; i++) {
        int digit = text[i] - '0';
        if (digit < 0 || digit > 9 || __builtin_mul_overflow(number, 10, &number) ||
            __builtin_sub_overflow(number, digit, &number))
            return false;
    }
    if (!negative && __builtin_sub_overflow(0, number, &number))
        return false;
    *ret_number = number;
    return len > 0;
}

static void take_text(yb_rows_t *rows, cell_t *cell, cell_form_t form, unsigned char **wire)
{
    size_t len = wire_length(wire);
    const unsigned char *text = *wire;
    *wire += len;
    if (form == CELL_DECIMAL) {
        if (!decimal_number(text, len, &cell->value.number))
            rows->err = YB_E_DB_ERROR;
        return;
    }
    cell->value.text = len <= UINT32_MAX ? keep_text(rows, text, len) : NULL;
    cell->len = (uint32_t)len;
    if (cell->value.text == NULL)
        rows->err = YB_E_NO_MEMORY;
}

/* Integers come little-endian in their own width. Once something failed the rest is only stepped over. */
void yb_rows_take(void *data, unsigned column, unsigned char **wire)
{
    static const uint8_t width[] = { [CELL_I8] = 1, [CELL_U8] = 1, [CELL_I16] = 2, [CELL_U16] = 2,
                                     [CELL_I32] = 4, [CELL_U32] = 4, [CELL_I64] = 8 };
    yb_rows_t *rows = data;
    cell_t skipped;
    if (column == 0)
        next_row(rows);
    cell_t *cell = rows->err == YB_OK ? &rows->row[column] : &skipped;
    cell_form_t form = rows->form != NULL ? (cell_form_t)rows->form[column] : CELL_NULL;
    *cell = (cell_t){ .null = wire == NULL };
    if (wire == NULL)
        return;
    if (form >= CELL_DECIMAL) {
        if (rows->err == YB_OK) {
            take_text(rows, cell, form, wire);
        } else {
            size_t len = wire_length(wire);
            *wire += len;
        }
        return;
    }
    uint64_t number = 0;
    for (unsigned i = 0; i < width[form]; i++)
        number |= (uint64_t)(*wire)[i] << (8 * i);
    *wire += width[form];
    cell->value.number = form == CELL_I8 ? (int8_t)number : form == CELL_I16 ? (int16_t)number
        : form == CELL_I32 ? (int32_t)number : (int64_t)number;
}

size_t yb_rows_count(const yb_rows_t *rows) { return rows->count; }

static const cell_t *cell_at(const yb_rows_t *rows, size_t row, size_t column)
{
    YB_ASSERT(row < rows->count && column < rows->columns);
    return row_at(rows, row) + column;
}

int64_t yb_rows_i64(const yb_rows_t *rows, size_t row, size_t column)
{
    const cell_t *cell = cell_at(rows, row, column);
    YB_ASSERT(rows->form[column] != CELL_TEXT);
    return cell->value.number;             /* NULL was cleared to 0 */
}

bool yb_rows_is_null(const yb_rows_t *rows, size_t row, size_t column)
{
    return cell_at(rows, row, column)->null;
}

const char *yb_rows_text(const yb_rows_t *rows, size_t row, size_t column)
{
    const cell_t *cell = cell_at(rows, row, column);
    YB_ASSERT(rows->form[column] == CELL_TEXT || rows->form[column] == CELL_NULL);
    return cell->null ? "" : cell->value.text;
}

const uint8_t *yb_rows_bytes(const yb_rows_t *rows, size_t row, size_t column, size_t *ret_len)
{
    const char *text = yb_rows_text(rows, row, column);
    *ret_len = cell_at(rows, row, column)->len;
    return (const uint8_t *)text;
}
