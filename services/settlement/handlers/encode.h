/* Rows as the messages that queries answer with. Text is borrowed from the rows. */
#ifndef SETTLEMENT_ENCODE_H
#define SETTLEMENT_ENCODE_H

#include "libcommon/service.h"
#include "proto/settlement.pb-c.h"
#include "services/settlement/store/line.h"
#include "services/settlement/store/visit.h"

/* For messages that are only packed: protobuf-c fields are plain char *. */
static inline char *yb_lend(const char *text)
{
    return (char *)(uintptr_t)text;
}

/* `detail` of registration with that of 2203 or 2402 laid over it, canonical JSON. */
const char *yb_detail_merge(const char *detail, const char *later, yb_arena_t *arena);
Yibao__Settlement__Visit *yb_encode_visit(const yb_visit_t *visit, yb_arena_t *arena);
Yibao__Settlement__Line *yb_encode_line(const yb_fee_line_t *line, const char *psn_no, yb_arena_t *arena);

/* Queries at a counter need one: NOT_YOURS without an institution. */
bool yb_query_admit(yb_call_t *call);

#endif
