/* Writes JSON text straight into a growing buffer of the arena. Money and rates are written from integers, so
 * that no amount ever passes through floating point. Reading JSON is jansson's part. Commas are the writer's:
 * say what comes, in order. `key` is NULL inside an array, and at the top. */
#ifndef YB_GATEWAY_JSON_H
#define YB_GATEWAY_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "libcommon/arena.h"
#include "libcommon/day.h"
#include "libcommon/money.h"

typedef struct yb_json_out {
    yb_arena_t *arena;
    char *data;                 /* not terminated */
    size_t len, cap;
    bool comma;                 /* the next value needs one before it */
    bool failed;                /* arena's budget used up: everything after is ignored */
} yb_json_out_t;

yb_json_out_t yb_json_out(yb_arena_t *arena);
void yb_json_object(yb_json_out_t *out, const char *key);
void yb_json_object_end(yb_json_out_t *out);
void yb_json_array(yb_json_out_t *out, const char *key);
void yb_json_array_end(yb_json_out_t *out);
/* UTF-8; a byte that is not becomes U+FFFD. NULL is written as null. */
void yb_json_text(yb_json_out_t *out, const char *key, const char *text);
void yb_json_text_n(yb_json_out_t *out, const char *key, const char *text, size_t len);
void yb_json_int(yb_json_out_t *out, const char *key, int64_t value);
/* A JSON number with exactly `scale` decimals: 6960 at 2 → 69.60. scale 0..18. */
void yb_json_decimal(yb_json_out_t *out, const char *key, int64_t value, int scale);
/* value × 10^-scale written with `shown` < scale decimals; the digits left out must be zeros (asserted): ppm
 * 650000 → 0.6500. */
void yb_json_ratio(yb_json_out_t *out, const char *key, int64_t value, int scale, int shown);
static inline void yb_json_fen(yb_json_out_t *out, const char *key, yb_fen_t fen)
{
    yb_json_decimal(out, key, fen, 2);
}
/* "yyyy-MM-dd" and "yyyy-MM-dd HH:mm:ss" as text; 0 and YB_DAY_OPEN become "". */
void yb_json_day(yb_json_out_t *out, const char *key, yb_day_t day);
void yb_json_time(yb_json_out_t *out, const char *key, yb_time_t time);
void yb_json_bool(yb_json_out_t *out, const char *key, bool value);
void yb_json_null(yb_json_out_t *out, const char *key);
/* Text that is JSON already, unchecked. */
void yb_json_raw(yb_json_out_t *out, const char *key, const char *json, size_t len);

#endif
