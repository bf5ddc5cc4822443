#include "services/gateway/edge/fields.h"

#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "libcommon/text.h"
#include "services/gateway/rules/decimal.h"

typedef struct value {
    const char *text;       /* NULL = absent */
    size_t len;
    int64_t num;            /* DECIMAL, INT, DAY, TIME; length of BYTES */
} value_t;

struct yb_row {
    const yb_node_t *node;
    value_t *values;        /* one per field */
};

typedef struct rows {
    size_t count;
    yb_row_t *row;          /* at least one */
} rows_t;

struct yb_input {
    const yb_fields_t *table;
    rows_t *nodes;          /* one per node */
};

#define PATH_TEXT 128

static void path_of(const yb_node_t *node, size_t row, const char *field, char path[PATH_TEXT])
{
    const char *dot = node->name[0] && field[0] ? "." : "";
    if (node->list)
        snprintf(path, PATH_TEXT, "%s[%zu]%s%s", node->name, row + 1, dot, field);
    else
        snprintf(path, PATH_TEXT, "%s%s%s", node->name, dot, field);
}

static bool blank(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] != ' ')
            return false;
    return true;
}

/* null, "", blanks, {} and [] all say "not there". */
static bool absent(const json_t *value)
{
    if (!value || json_is_null(value))
        return true;
    if (json_is_string(value))
        return blank(json_string_value(value), json_string_length(value));
    if (json_is_object(value))
        return json_object_size(value) == 0;
    return json_is_array(value) && json_array_size(value) == 0;
}

/* --- one value --- */

static bool has_control(const char *text, size_t len, bool lines_allowed)
{
    for (size_t i = 0; i < len; i++) {
        unsigned char c = (unsigned char)text[i];
        if (c == 0x7f || (c < 0x20 && !(lines_allowed && (c == '\t' || c == '\n' || c == '\r'))))
            return true;
    }
    return false;
}

static yb_err_t check_text(const yb_field_t *f, const value_t *v, const char *path, yb_refusal_t *ret)
{
    if (has_control(v->text, v->len, f->kind == YB_FIELD_TEXT))
        return yb_refuse(ret, YB_E_FIELD_FORM, path, "含有控制字符，请去除后重报");
    if (f->len && v->len > f->len) {
        size_t chars = yb_utf8_chars(v->text, v->len);
        if (chars > f->len)
            return yb_refuse(ret, YB_E_FIELD_LENGTH, path, "最长%u个字符，实为%zu个，请缩短后重报", (unsigned)f->len,
                             chars);
    }
    return YB_OK;
}

static yb_err_t check_dict(const yb_field_t *f, const value_t *v, const char *path, yb_refusal_t *ret)
{
    if (yb_dict_has(f->dict, v->text, v->len))
        return YB_OK;
    return yb_refuse(ret, YB_E_FIELD_DICT, path, "可取值：%s", yb_dict_values(f->dict));
}

static int64_t power_of_ten(unsigned n)
{
    int64_t power = 1;
    for (unsigned i = 0; i < n && i < 18; i++)
        power *= 10;
    return power;
}

static yb_err_t check_number(const yb_field_t *f, value_t *v, const char *path, yb_refusal_t *ret)
{
    char plain[YB_DECIMAL_PLAIN];
    int64_t num = 0;
    bool written_out = yb_decimal_plain(v->text, v->len, plain);
    if (!written_out && !yb_decimal_form(v->text, v->len))
        return yb_refuse(ret, YB_E_FIELD_TYPE, path, "应为数值，请核对后重报");
    yb_err_t err = written_out ? yb_decimal_parse(plain, strlen(plain), f->scale, &num) : YB_E_OVERFLOW;
    if (!err && num < power_of_ten(f->len) && num > -power_of_ten(f->len)) {
        v->num = num;
        return YB_OK;
    }
    if (f->scale)
        return yb_refuse(ret, YB_E_FIELD_RANGE, path, "应为最多%u位整数、%u位小数的数值，请核对后重报",
            (unsigned)f->len - f->scale, (unsigned)f->scale);
    return yb_refuse(ret, YB_E_FIELD_RANGE, path, "应为最多%u位的整数，请核对后重报", (unsigned)f->len);
}

static yb_err_t check_day(value_t *v, const char *path, yb_refusal_t *ret)
{
    yb_day_t day;
    yb_time_t time;
    if (yb_day_parse(v->text, v->len, &day) == YB_OK)
        v->num = day;
    else if (yb_time_parse(v->text, v->len, &time) == YB_OK)
        v->num = yb_time_day(time);
    else
        return yb_refuse(ret, YB_E_FIELD_FORM, path, "应为真实存在的日期yyyy-MM-dd（四位年份），请核对后重报");
    return YB_OK;
}

static yb_err_t check_time(value_t *v, const char *path, yb_refusal_t *ret)
{
    yb_time_t time;
    if (yb_time_parse(v->text, v->len, &time))
        return yb_refuse(ret, YB_E_FIELD_FORM, path, "应为真实存在的时间yyyy-MM-dd HH:mm:ss（四位年份），请核对后重报");
    v->num = time;
    return YB_OK;
}

static yb_err_t bytes_of_base64(const char *text, size_t len, uint8_t *out, size_t *ret_len)
{
    EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
    if (!ctx)
        return YB_E_NO_MEMORY;
    int n = 0, tail = 0;
    EVP_DecodeInit(ctx);
    bool ok = EVP_DecodeUpdate(ctx, out, &n, (const unsigned char *)text, (int)len) >= 0 &&
        EVP_DecodeFinal(ctx, out + n, &tail) == 1;
    EVP_ENCODE_CTX_free(ctx);
    if (!ok)
        return YB_E_FIELD_FORM;
    *ret_len = (size_t)(n + tail);
    return YB_OK;
}

static yb_err_t bytes_of_array(const json_t *array, uint8_t *out, size_t *ret_len)
{
    size_t i;
    const json_t *item;
    json_array_foreach(array, i, item) {
        int64_t byte;
        if (!json_is_string(item) ||
            yb_decimal_parse(json_string_value(item), json_string_length(item), 0, &byte) || byte < 0 ||
            byte > 255)
            return YB_E_FIELD_FORM;
        out[i] = (uint8_t)byte;
    }
    *ret_len = json_array_size(array);
    return YB_OK;
}

static yb_err_t read_bytes(
    const json_t *json, yb_arena_t *arena, value_t *v, const char *path, yb_refusal_t *ret)
{
    bool text = json_is_string(json);
    if (!text && !json_is_array(json))
        return yb_refuse(ret, YB_E_FIELD_TYPE, path, "应为base64文本或0至255的数组，请核对后重报");
    size_t cap = text ? json_string_length(json) : json_array_size(json), len = 0;
    uint8_t *out = yb_arena_alloc(arena, cap + 4);
    if (!out)
        return yb_refuse(ret, YB_E_NO_MEMORY, path, NULL);
    yb_err_t err =
        text ? bytes_of_base64(json_string_value(json), cap, out, &len) : bytes_of_array(json, out, &len);
    if (err == YB_E_NO_MEMORY)
        return yb_refuse(ret, err, path, NULL);
    if (err)
        return yb_refuse(ret, YB_E_FIELD_FORM, path, "应为base64文本或0至255的数组，请核对后重报");
    v->text = (const char *)out;
    v->len = len;
    v->num = (int64_t)len;
    return YB_OK;
}

static yb_err_t check_value(const yb_field_t *f, value_t *v, const char *path, yb_refusal_t *ret)
{
    yb_err_t err;
    switch (f->kind) {
    case YB_FIELD_TEXT:
        return check_text(f, v, path, ret);
    case YB_FIELD_CODE:
        err = check_text(f, v, path, ret);
        return err || !f->form ? err : f->form(v->text, v->len, path, ret);
    case YB_FIELD_DICT:
        return check_dict(f, v, path, ret);
    case YB_FIELD_DECIMAL:
    case YB_FIELD_INT:
        return check_number(f, v, path, ret);
    case YB_FIELD_DAY:
        return check_day(v, path, ret);
    case YB_FIELD_TIME:
        return check_time(v, path, ret);
    case YB_FIELD_BYTES:
        break;
    }
    return YB_OK;
}

static yb_err_t read_present(
    const yb_field_t *f, const json_t *json, yb_arena_t *arena, value_t *v, yb_refusal_t *ret)
{
    bool shape = json_is_object(json) || (json_is_array(json) && f->kind != YB_FIELD_BYTES);
    if (absent(json) && !shape)
        return yb_refuse(ret, YB_E_FIELD_MISSING, f->name, "请填写后重报");
    if (f->kind == YB_FIELD_BYTES)
        return read_bytes(json, arena, v, f->name, ret);
    if (!json_is_string(json))
        return yb_refuse(ret, YB_E_FIELD_TYPE, f->name, "应为文本或数值，请核对后重报");
    v->text = json_string_value(json);
    v->len = json_string_length(json);
    return check_value(f, v, f->name, ret);
}

/* The path is made only for a fault: most values have none. */
static yb_err_t read_value(const yb_node_t *node, size_t row, const yb_field_t *f, const json_t *json,
    yb_arena_t *arena, value_t *v, yb_refusal_t *ret)
{
    if (absent(json) && !f->required)
        return YB_OK;
    yb_err_t err = read_present(f, json, arena, v, ret);
    if (err) {
        char path[PATH_TEXT];
        path_of(node, row, f->name, path);
        yb_text_copy(ret->field, sizeof(ret->field), path);
    }
    return err;
}

/* --- nodes --- */

static yb_err_t read_row(const yb_node_t *node, size_t row, const json_t *object, yb_arena_t *arena,
    yb_row_t *to, yb_refusal_t *ret)
{
    for (size_t i = 0; i < node->field_count; i++) {
        const yb_field_t *f = &node->fields[i];
        yb_err_t err = read_value(node, row, f, json_object_get(object, f->name), arena, &to->values[i], ret);
        if (err)
            return err;
    }
    return YB_OK;
}

static yb_err_t make_rows(const yb_node_t *node, size_t count, yb_arena_t *arena, rows_t *rows)
{
    size_t n = count ? count : 1;
    rows->row = YB_NEW_ARRAY(arena, yb_row_t, n);
    value_t *values = YB_NEW_ARRAY(arena, value_t, n * node->field_count + 1);
    if (!rows->row || !values)
        return YB_E_NO_MEMORY;
    for (size_t i = 0; i < n; i++)
        rows->row[i] = (yb_row_t){.node = node, .values = values + i * node->field_count};
    return YB_OK;
}

static yb_err_t check_shape(const yb_node_t *node, const json_t *json, size_t count, yb_refusal_t *ret)
{
    if (!json_is_array(json) && !json_is_object(json))
        return yb_refuse(ret, YB_E_FIELD_TYPE, node->name,
                         node->list ? "应为对象数组，请核对后重报" : "应为对象，请核对后重报");
    if (!node->list && count > 1)
        return yb_refuse(ret, YB_E_FIELD_TYPE, node->name, "应为单个对象，请核对后重报");
    if (count > YB_FIELDS_ROWS_MAX)
        return yb_refuse(ret, YB_E_TOO_LARGE, node->name, "每次最多%d行，请分批上传", YB_FIELDS_ROWS_MAX);
    return YB_OK;
}

static size_t present_items(const json_t *json)
{
    size_t count = 0, i;
    const json_t *item;
    if (!json_is_array(json))
        return absent(json) ? 0 : 1;
    json_array_foreach(json, i, item)
        count += !absent(item);
    return count;
}

/* A list of nothing but empty items is no list; one such item among rows is somebody's lost row. */
static yb_err_t read_items(const yb_node_t *node, const json_t *json, size_t count, yb_arena_t *arena,
    rows_t *rows, yb_refusal_t *ret)
{
    size_t present = present_items(json);
    for (size_t i = 0; i < count; i++) {
        const json_t *item = json_is_array(json) ? json_array_get(json, i) : json;
        yb_err_t err;
        char path[PATH_TEXT];
        if (absent(item) && (node->list || item != json)) {   /* {} of a single node is a row, see read_node */
            if (present == 0)
                continue;
            path_of(node, i, "", path);
            return yb_refuse(ret, YB_E_FIELD_MISSING, path, "数组中不应有空行，请填写或去除后重报");
        }
        if (!json_is_object(item)) {
            path_of(node, i, "", path);
            return yb_refuse(ret, YB_E_FIELD_TYPE, path, "应为对象，请核对后重报");
        }
        if ((err = read_row(node, i, item, arena, &rows->row[rows->count], ret)))
            return err;
        rows->count++;
    }
    return YB_OK;
}

static yb_err_t read_node(
    const yb_node_t *node, const json_t *input, yb_arena_t *arena, rows_t *rows, yb_refusal_t *ret)
{
    const json_t *json = node->name[0] ? json_object_get(input, node->name) : input;
    size_t count = absent(json) ? 0 : json_is_array(json) ? json_array_size(json) : 1;
    if (node->required && json_is_object(json))
        count = 1; /* {} is a row without values: the refusal names its first field, not the node */
    yb_err_t err;
    if (count && (err = check_shape(node, json, count, ret)))
        return err;
    if ((err = make_rows(node, count, arena, rows)))
        return yb_refuse(ret, err, node->name, NULL);
    if ((err = read_items(node, json, count, arena, rows, ret)))
        return err;
    if (node->required && rows->count == 0)
        return yb_refuse(ret, YB_E_FIELD_MISSING, node->name, "请填写后重报");
    return YB_OK;
}

yb_err_t yb_fields_read(const yb_fields_t *table, const json_t *input, yb_arena_t *arena,
    const yb_input_t **ret_in, yb_refusal_t *ret)
{
    yb_input_t *in = YB_NEW(arena, yb_input_t);
    rows_t *nodes = YB_NEW_ARRAY(arena, rows_t, table->node_count + 1);
    if (!in || !nodes)
        return yb_refuse(ret, YB_E_NO_MEMORY, NULL, NULL);
    *in = (yb_input_t){.table = table, .nodes = nodes};
    yb_err_t err;
    for (size_t i = 0; i < table->node_count; i++)
        if ((err = read_node(&table->nodes[i], input, arena, &nodes[i], ret)))
            return err;
    if (table->check && (err = table->check(in, ret)))
        return err;
    *ret_in = in;
    return YB_OK;
}

yb_err_t yb_fields_read_object(const yb_node_t *node, const json_t *object, yb_arena_t *arena,
    const yb_row_t **ret_row, yb_refusal_t *ret)
{
    rows_t rows = {0};
    yb_err_t err = make_rows(node, 1, arena, &rows);
    if (err)
        return yb_refuse(ret, err, NULL, NULL);
    if ((err = read_row(node, 0, object, arena, rows.row, ret)))
        return err;
    *ret_row = rows.row;
    return YB_OK;
}

/* --- access --- */

const yb_fields_t *yb_input_table(const yb_input_t *in)
{
    return in->table;
}

static const rows_t *find_node(const yb_input_t *in, const char *name)
{
    for (size_t i = 0; i < in->table->node_count; i++)
        if (strcmp(in->table->nodes[i].name, name) == 0)
            return &in->nodes[i];
    return NULL;
}

size_t yb_input_count(const yb_input_t *in, const char *node)
{
    const rows_t *rows = find_node(in, node);
    YB_ASSERT(rows != NULL);
    return rows->count;
}

const yb_row_t *yb_input_row(const yb_input_t *in, const char *node, size_t row)
{
    const rows_t *rows = find_node(in, node);
    YB_ASSERT(rows != NULL);
    YB_ASSERT(row < rows->count || row == 0);
    return &rows->row[row];
}

const yb_field_t *yb_node_field(const yb_node_t *node, const char *name)
{
    for (size_t i = 0; i < node->field_count; i++)
        if (strcmp(node->fields[i].name, name) == 0)
            return &node->fields[i];
    return NULL;
}

bool yb_input_knows(const yb_input_t *in, const char *node, const char *field)
{
    const rows_t *rows = find_node(in, node);
    return rows && yb_node_field(rows->row->node, field);
}

static const value_t *find_value(const yb_row_t *row, const char *name, const yb_field_t **ret_field)
{
    const yb_field_t *f = yb_node_field(row->node, name);
    YB_ASSERT(f != NULL);
    *ret_field = f;
    return &row->values[f - row->node->fields];
}

bool yb_row_has(const yb_row_t *row, const char *field)
{
    const yb_field_t *f;
    return find_value(row, field, &f)->text != NULL;
}

const char *yb_row_text(const yb_row_t *row, const char *field)
{
    const yb_field_t *f;
    const value_t *v = find_value(row, field, &f);
    YB_ASSERT(f->kind != YB_FIELD_BYTES);
    return v->text ? v->text : "";
}

int64_t yb_row_decimal(const yb_row_t *row, const char *field, int scale)
{
    const yb_field_t *f;
    const value_t *v = find_value(row, field, &f);
    YB_ASSERT(f->kind == YB_FIELD_DECIMAL && f->scale == scale);
    return v->num;
}

yb_fen_t yb_row_fen(const yb_row_t *row, const char *field)
{
    return yb_row_decimal(row, field, 2);
}

int64_t yb_row_int(const yb_row_t *row, const char *field)
{
    const yb_field_t *f;
    const value_t *v = find_value(row, field, &f);
    YB_ASSERT(f->kind == YB_FIELD_INT);
    return v->num;
}

yb_day_t yb_row_day(const yb_row_t *row, const char *field)
{
    const yb_field_t *f;
    const value_t *v = find_value(row, field, &f);
    YB_ASSERT(f->kind == YB_FIELD_DAY || f->kind == YB_FIELD_TIME);
    return f->kind == YB_FIELD_DAY ? (yb_day_t)v->num : yb_time_day(v->num);
}

yb_time_t yb_row_time(const yb_row_t *row, const char *field)
{
    const yb_field_t *f;
    const value_t *v = find_value(row, field, &f);
    YB_ASSERT(f->kind == YB_FIELD_DAY || f->kind == YB_FIELD_TIME);
    return f->kind == YB_FIELD_TIME ? v->num : v->num * 1000000;
}

const uint8_t *yb_row_bytes(const yb_row_t *row, const char *field, size_t *ret_len)
{
    const yb_field_t *f;
    const value_t *v = find_value(row, field, &f);
    YB_ASSERT(f->kind == YB_FIELD_BYTES);
    *ret_len = v->len;
    return (const uint8_t *)v->text;
}

void yb_fields_qualify(const yb_fields_t *table, const char *name, char buf[YB_REFUSAL_FIELD_MAX])
{
    yb_text_copy(buf, YB_REFUSAL_FIELD_MAX, name);
    for (size_t i = 0; i < table->node_count; i++) {
        const yb_node_t *node = &table->nodes[i];
        if (node->list || !yb_node_field(node, name))
            continue;
        snprintf(buf, YB_REFUSAL_FIELD_MAX, "%s%s%s", node->name, node->name[0] ? "." : "", name);
        return;
    }
}

const char *yb_fields_label(const yb_fields_t *table, const char *path)
{
    const char *dot = strchr(path, '.');
    size_t node_len = strcspn(path, "[.");
    for (size_t i = 0; i < table->node_count; i++) {
        const yb_node_t *node = &table->nodes[i];
        bool named = strlen(node->name) == node_len && strncmp(node->name, path, node_len) == 0;
        if (named && !dot)
            return node->label;
        if (dot && !named)
            continue;
        const yb_field_t *f = yb_node_field(node, dot ? dot + 1 : path);
        if (f)
            return f->label;
    }
    return NULL;
}
