/* Between prepare and run of UploadLines: what the lines of one call are, checked and split. */
#ifndef SETTLEMENT_UPLOAD_H
#define SETTLEMENT_UPLOAD_H

#include "libcommon/service.h"
#include "proto/settlement.pb-c.h"
#include "services/settlement/rules/refund.h"
#include "services/settlement/store/line.h"
#include "services/settlement/store/visit.h"

#define YB_UPLOAD_LINES_MAX 10000        /* of one call; more = FIELD_RANGE */

typedef struct yb_upload {
    yb_fee_line_t *lines;                /* as the request has them; refunds are not split yet */
    size_t count;
} yb_upload_t;

/* "feedetail[3]", or "feedetail[3].name" when name is given; in the call's arena. */
const char *yb_upload_field(yb_call_t *call, size_t index, const char *name);
/* What can be said of the lines without the catalogue and without the visit's other lines; refuses the call at its
 * first faulty line. Returns whether it may go on. */
bool yb_upload_check(yb_call_t *call, const yb_visit_t *visit, yb_day_t today);
/* Splits a raw line of a positive amount by the class facts that stand in it. */
YB_CHECK yb_err_t yb_upload_split(yb_raw_line_t *raw);
/* Splits a refund of `original`, of which `refunded` came back before: YB_E_LINE_REFUND, YB_E_LINE_AMOUNT
 * (rules/line.h). */
YB_CHECK yb_err_t yb_upload_refund(yb_raw_line_t *raw, const yb_raw_line_t *original, const yb_line_part_t *refunded);
/* The money of a line. */
yb_line_part_t yb_upload_part(const yb_raw_line_t *raw);

/* Puts the visit's serials under the lines of one call: refuses repeats (LINE_EXISTS), resolves and splits refunds
 * (LINE_REFUND). `refs` and, when the call has refunds, `raws` are the visit's live lines, index by index. */
typedef struct yb_upload_visit {
    const yb_line_ref_t *refs;
    const yb_raw_line_t *raws;           /* NULL = not loaded */
    size_t count;
} yb_upload_visit_t;
YB_CHECK yb_err_t yb_upload_link(yb_call_t *call, yb_upload_t *upload, const yb_upload_visit_t *there,
                                 yb_arena_t *arena);

#endif
