/* The envelope of a national-interface message (INTERFACE.md sections 2.1, 2.2, 10): read tolerantly,
 * answered exactly. Numbers never pass through floating point: before jansson reads the text every number is
 * put between quotes, so that it arrives as the digits the sender wrote. Duplicate keys are refused (which of
 * two amounts would count?), as is nesting beyond YB_ENVELOPE_DEPTH. */
#ifndef YB_GATEWAY_ENVELOPE_H
#define YB_GATEWAY_ENVELOPE_H

#include <jansson.h>
#include <stddef.h>
#include "libcommon/arena.h"
#include "libcommon/err.h"
#include "services/gateway/edge/fields.h"
#include "services/gateway/edge/json.h"

#define YB_ENVELOPE_DEPTH 32
#define YB_ENVELOPE_VALUES_MAX 500000   /* values in one message; what bounds the memory jansson takes */

typedef struct yb_envelope {
    const char *infno, *msgid, *mdtrtarea_admvs, *insuplc_admdvs, *recer_sys_code, *infver;
    const char *opter_type, *opter, *opter_name, *inf_time, *fixmedins_code, *fixmedins_name, *sign_no;
    const char *cainfo, *signtype;      /* all texts: "" when absent; borrowed from `root` */
    const json_t *input;                /* an object, after yb_envelope_check */
    json_t *root;
} yb_envelope_t;

/* Rewrites bare numbers of `text` as strings, in the arena; checks depth and count of values on the way.
 * Anything that is not a number of JSON is left as it is, for jansson to refuse. YB_E_MALFORMED (too deep),
 * YB_E_TOO_LARGE (too many values), YB_E_NO_MEMORY. */
YB_CHECK yb_err_t yb_envelope_quote_numbers(const char *text, size_t len, yb_arena_t *arena,
    const char **ret_text, size_t *ret_len, yb_refusal_t *ret);

/* Parses the body (BOM allowed) and picks infno, msgid and fixmedins_code as far as they are there: enough to
 * know who is asking. YB_E_MALFORMED with line and column. On success the caller frees with
 * yb_envelope_release. */
YB_CHECK yb_err_t yb_envelope_parse(
    const char *body, size_t len, yb_arena_t *arena, yb_envelope_t *ret_env, yb_refusal_t *ret);
/* All fields by their table: required, length, form. Run after the caller is known. */
YB_CHECK yb_err_t yb_envelope_check(yb_envelope_t *env, yb_arena_t *arena, yb_refusal_t *ret);
/* Safe on a zeroed envelope. */
void yb_envelope_release(yb_envelope_t *env);
/* The table of the envelope, for the reference. */
const yb_node_t *yb_envelope_node(void);

/* --- answers ---- */
#define YB_REFMSGID_TEXT 31
typedef struct yb_answer_head {
    char refmsgid[YB_REFMSGID_TEXT];    /* 接收方区划6 + 时间14 + 流水10 */
    int64_t received_us;                /* unix; refmsg_time */
} yb_answer_head_t;

/* Opens the answer of a success; what is written next is the members of "output". */
yb_json_out_t yb_answer_open(yb_arena_t *arena, const yb_answer_head_t *head);
/* Closes it. `any` false when nothing was written: output is then null. YB_E_NO_MEMORY when the buffer could
 * not grow. */
YB_CHECK yb_err_t yb_answer_close(yb_json_out_t *out, int64_t responded_us);
/* The whole answer of a failure. err_msg = "FSI-" + what is wrong + "：field（名称），" + what to do, at most
 * 200 characters. `table` may be NULL. Never fails: *ret_data is a constant when the arena is used up. */
void yb_answer_refusal(yb_arena_t *arena, const yb_answer_head_t *head, const yb_refusal_t *refusal,
    const yb_fields_t *table, int64_t responded_us, const char **ret_data, size_t *ret_len);
/* HTTP status of an error: 200 for refusals and malformed messages; 401, 413, 429, 503; never 500. */
unsigned yb_answer_http_status(yb_err_t err);

#endif
