/* What makes two messages the same: SM3 over (infno, fixmedins_code, input) in canonical form. inf_time,
 * sign_no, opter, msgid and headers do not count. Canonical (INTERFACE.md section 10):
 *   - object members sorted by name (bytes); null, "", {} and [] members are left out, and so are such items
 * of a list;
 *   - a JSON number and the same digits as text are the same text ("numbers as decimal text");
 *   - fields the transaction's table has as numbers count by value: 69.6, "69.60" and 6.96e1 are one. Texts
 * never do: code "0010" is not "10";
 *   - a list node sent as a single object is the list of that one object. */
#ifndef YB_GATEWAY_CANON_H
#define YB_GATEWAY_CANON_H

#include <stdint.h>
#include "libcommon/crypto.h"
#include "services/gateway/edge/fields.h"

#define YB_CANON_HASH 32
#define YB_CANON_KEY 16

/* `input` must have passed yb_fields_read with `table` (its depth is bounded by the parser). */
YB_CHECK yb_err_t yb_canon_hash(yb_sm3_t *sm3, const yb_fields_t *table, const char *fixmedins_code,
    const json_t *input, yb_arena_t *arena, uint8_t ret_hash[YB_CANON_HASH]);
/* Idempotency key of a message: the first 16 bytes of SM3("msg" NUL fixmedins_code NUL msgid). */
void yb_canon_key(
    yb_sm3_t *sm3, const char *fixmedins_code, const char *msgid, uint8_t ret_key[YB_CANON_KEY]);

#endif
