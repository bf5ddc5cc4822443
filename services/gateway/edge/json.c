#include "services/gateway/edge/json.h"

#include <string.h>
#include "libcommon/text.h"

#define FIRST_CAP 1024

yb_json_out_t yb_json_out(yb_arena_t *arena)
{
    return (yb_json_out_t){.arena = arena};
}

/* Room for `more` bytes; the old buffer stays in the arena, doubling keeps that to as much again. */
static bool reserve(yb_json_out_t *out, size_t more)
{
    if (out->failed)
        return false;
    if (more <= out->cap - out->len)
        return true;
    size_t cap = out->cap ? out->cap * 2 : FIRST_CAP;
    while (cap - out->len < more)
        cap *= 2;
    char *data = yb_arena_alloc(out->arena, cap);
    if (!data) {
        out->failed = true;
        return false;
    }
    if (out->len)
        memcpy(data, out->data, out->len);
    out->data = data;
    out->cap = cap;
    return true;
}

static void put(yb_json_out_t *out, const char *bytes, size_t len)
{
    if (!reserve(out, len))
        return;
    memcpy(out->data + out->len, bytes, len);
    out->len += len;
}

/* \uXXXX for the control characters that have no short form. */
static void put_control(yb_json_out_t *out, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char escape[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};
    put(out, escape, sizeof(escape));
}

static void put_escaped(yb_json_out_t *out, unsigned char c)
{
    switch (c) {
    case '"': put(out, "\\\"", 2); break;
    case '\\': put(out, "\\\\", 2); break;
    case '\n': put(out, "\\n", 2); break;
    case '\r': put(out, "\\r", 2); break;
    case '\t': put(out, "\\t", 2); break;
    default: put_control(out, c); break;
    }
}

static size_t char_len(const char *text, size_t len)
{
    unsigned char c = (unsigned char)text[0];
    size_t n = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
    return n <= len && yb_utf8_valid(text, n) ? n : 0;
}

static void put_mended(yb_json_out_t *out, const char *text, size_t len)
{
    while (len) {
        size_t n = char_len(text, len);
        if (n == 0)
            put(out, "\xef\xbf\xbd", 3);
        else if (n == 1 && ((unsigned char)*text < 0x20 || *text == '"' || *text == '\\'))
            put_escaped(out, (unsigned char)*text);
        else
            put(out, text, n);
        n = n ? n : 1;
        text += n;
        len -= n;
    }
}

static void put_string(yb_json_out_t *out, const char *text, size_t len)
{
    put(out, "\"", 1);
    if (!yb_utf8_valid(text, len)) {
        put_mended(out, text, len);
    } else {
        size_t from = 0;
        for (size_t i = 0; i < len; i++) {
            unsigned char c = (unsigned char)text[i];
            if (c >= 0x20 && c != '"' && c != '\\')
                continue;
            put(out, text + from, i - from);
            put_escaped(out, c);
            from = i + 1;
        }
        put(out, text + from, len - from);
    }
    put(out, "\"", 1);
}

static void begin(yb_json_out_t *out, const char *key)
{
    if (out->comma)
        put(out, ",", 1);
    out->comma = true;
    if (key) {
        put_string(out, key, strlen(key));
        put(out, ":", 1);
    }
}

static void open_with(yb_json_out_t *out, const char *key, const char *bracket)
{
    begin(out, key);
    put(out, bracket, 1);
    out->comma = false;
}

static void close_with(yb_json_out_t *out, const char *bracket)
{
    put(out, bracket, 1);
    out->comma = true;
}

void yb_json_object(yb_json_out_t *out, const char *key)
{
    open_with(out, key, "{");
}

void yb_json_object_end(yb_json_out_t *out)
{
    close_with(out, "}");
}

void yb_json_array(yb_json_out_t *out, const char *key)
{
    open_with(out, key, "[");
}

void yb_json_array_end(yb_json_out_t *out)
{
    close_with(out, "]");
}

void yb_json_raw(yb_json_out_t *out, const char *key, const char *json, size_t len)
{
    begin(out, key);
    put(out, json, len);
}

void yb_json_text_n(yb_json_out_t *out, const char *key, const char *text, size_t len)
{
    begin(out, key);
    put_string(out, text, len);
}

void yb_json_text(yb_json_out_t *out, const char *key, const char *text)
{
    if (text)
        yb_json_text_n(out, key, text, strlen(text));
    else
        yb_json_null(out, key);
}

void yb_json_null(yb_json_out_t *out, const char *key)
{
    yb_json_raw(out, key, "null", 4);
}

void yb_json_bool(yb_json_out_t *out, const char *key, bool value)
{
    yb_json_raw(out, key, value ? "true" : "false", value ? 4 : 5);
}

void yb_json_decimal(yb_json_out_t *out, const char *key, int64_t value, int scale)
{
    char text[YB_DECIMAL_TEXT];
    yb_decimal_format(value, scale, text);
    yb_json_raw(out, key, text, strlen(text));
}

void yb_json_int(yb_json_out_t *out, const char *key, int64_t value)
{
    yb_json_decimal(out, key, value, 0);
}

void yb_json_ratio(yb_json_out_t *out, const char *key, int64_t value, int scale, int shown)
{
    YB_ASSERT(0 <= shown && shown < scale && scale <= 18);
    int64_t divisor = 1;
    for (int i = shown; i < scale; i++)
        divisor *= 10;
    YB_ASSERT(value % divisor == 0);
    yb_json_decimal(out, key, value / divisor, shown);
}

void yb_json_day(yb_json_out_t *out, const char *key, yb_day_t day)
{
    char text[YB_TIME_TEXT];
    yb_json_text(out, key, day == 0 ? "" : yb_day_format(day, text));
}

void yb_json_time(yb_json_out_t *out, const char *key, yb_time_t time)
{
    char text[YB_TIME_TEXT];
    yb_json_text(out, key, time == 0 ? "" : yb_time_format(time, text));
}
