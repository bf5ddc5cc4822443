#include "id.h"

#include <stdbool.h>

#define EPOCH_MS 1577836800000LL   /* 2020-01-01 UTC */
#define NODE_BITS 10
#define SEQUENCE_BITS 12
#define SEQUENCE_COUNT (1u << SEQUENCE_BITS)
#define MS_MAX ((1LL << 41) - 1)

static int64_t clock_ms(const yb_clock_t *clock)
{
    return yb_clock_unix_us(clock) / 1000 - EPOCH_MS;
}

void yb_id_gen_init(yb_id_gen_t *gen, const yb_clock_t *clock, uint32_t node)
{
    YB_ASSERT(node <= YB_ID_NODE_MAX);
    *gen = (yb_id_gen_t){ .clock = *clock, .node = node, .last_ms = 1, .seen_ms = 1 };   /* no id is 0 */
}

void yb_id_gen_raise(yb_id_gen_t *gen, yb_id_t id)
{
    int64_t ms = id >> (NODE_BITS + SEQUENCE_BITS);
    if (ms < gen->last_ms)
        return;
    /* the id may be another node's: a whole millisecond on is above it for any sequence */
    gen->last_ms = ms + 1;
    gen->sequence = 0;
    if (gen->seen_ms < ms)
        gen->seen_ms = ms;   /* that time has been, whatever this clock says: borrowing counts from it */
}

yb_err_t yb_id_next(yb_id_gen_t *gen, yb_id_t *ret_id)
{
    int64_t now = clock_ms(&gen->clock);
    if (now > gen->seen_ms)
        gen->seen_ms = now;
    int64_t ms = gen->last_ms;
    uint32_t sequence = gen->sequence;
    if (now > ms) {
        ms = now;
        sequence = 0;
    } else if (sequence == SEQUENCE_COUNT) {
        ms++;
        sequence = 0;
    }
    if (ms > MS_MAX)
        return YB_E_OVERFLOW;
    if (ms > gen->seen_ms + YB_ID_AHEAD_MS_MAX)
        return YB_E_OVERLOADED;
    gen->last_ms = ms;
    gen->sequence = sequence + 1;
    *ret_id = (ms << (NODE_BITS + SEQUENCE_BITS)) | ((int64_t)gen->node << SEQUENCE_BITS) | sequence;
    return YB_OK;
}

int64_t yb_id_unix_us(yb_id_t id)
{
    return ((id >> (NODE_BITS + SEQUENCE_BITS)) + EPOCH_MS) * 1000;
}

uint32_t yb_id_node(yb_id_t id)
{
    return (uint32_t)(id >> SEQUENCE_BITS) & YB_ID_NODE_MAX;
}

char *yb_id_format(yb_id_t id, char buf[YB_ID_TEXT])
{
    YB_ASSERT(id >= 0);
    char digits[YB_ID_TEXT];
    int n = 0;
    uint64_t left = (uint64_t)id;
    do {
        digits[n++] = (char)('0' + left % 10);
        left /= 10;
    } while (left > 0);
    char *at = buf;
    while (n > 0)
        *at++ = digits[--n];
    *at = '\0';
    return buf;
}

yb_err_t yb_id_parse(const char *text, size_t len, yb_id_t *ret_id)
{
    if (len == 0 || len >= YB_ID_TEXT || text[0] == '0')
        return YB_E_FIELD_FORM;
    uint64_t value = 0;   /* 19 digits fit */
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return YB_E_FIELD_FORM;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    if (value > INT64_MAX)
        return YB_E_FIELD_FORM;
    *ret_id = (yb_id_t)value;
    return YB_OK;
}
