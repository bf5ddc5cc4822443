/* Ids of 63 bits, roughly in order of time: 41 bits milliseconds since 2020-01-01 UTC (to 2089), 10 bits
 * node, 12 bits sequence. Unique while every generator that runs at one time has its own node number. */
#ifndef YB_ID_H
#define YB_ID_H

#include <stddef.h>
#include <stdint.h>
#include "clock.h"
#include "err.h"

typedef int64_t yb_id_t;      /* > 0 */

#define YB_ID_NODE_MAX 1023
#define YB_ID_TEXT 20         /* 19 digits and the NUL */
/* How far a generator may run ahead of the latest time its clock has shown. A restarted process must not
 * start sooner than this after the one before it with the same node, or be raised above that one's last
 * id. */
#define YB_ID_AHEAD_MS_MAX 1000

/* One per thread; not shared. Plain memory, nothing to destroy. */
typedef struct yb_id_gen {
    yb_clock_t clock;
    int64_t last_ms;          /* since 2020 */
    int64_t seen_ms;          /* latest the clock has shown, since 2020 */
    uint32_t node;
    uint32_t sequence;        /* next one in last_ms */
} yb_id_gen_t;

/* node 0..YB_ID_NODE_MAX (asserted). */
void yb_id_gen_init(yb_id_gen_t *gen, const yb_clock_t *clock, uint32_t node);
/* No id handed out from now on is <= `id` (one read from the database at start). */
void yb_id_gen_raise(yb_id_gen_t *gen, yb_id_t id);
/* Greater than every id before it, also when the clock stands still or steps back; never waits. 4096 a
 * millisecond are paid from that millisecond, more are borrowed from the following ones. YB_E_OVERLOADED
 * when YB_ID_AHEAD_MS_MAX is borrowed (four million ids in one standing millisecond). YB_E_OVERFLOW after
 * the year 2089. */
YB_CHECK yb_err_t yb_id_next(yb_id_gen_t *gen, yb_id_t *ret_id);

/* Unix microseconds (of the millisecond) and node an id was made with. */
int64_t yb_id_unix_us(yb_id_t id);
uint32_t yb_id_node(yb_id_t id);
/* Decimal text without leading zeros; returns buf. */
char *yb_id_format(yb_id_t id, char buf[YB_ID_TEXT]);
/* The reverse, digits only. YB_E_FIELD_FORM otherwise, also for 0 and above 63 bits. */
YB_CHECK yb_err_t yb_id_parse(const char *text, size_t len, yb_id_t *ret_id);

#endif
