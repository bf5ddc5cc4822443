/* libFuzzer: what a hospital sends with a petition or a page of feedback. Any text is taken or refused by name; a cursor that
 * is taken is one that would be written. The first two bytes say kind and remedy. */
#include <stdint.h>
#include <string.h>

#include "services/drg/rules/feedback.h"
#include "services/drg/rules/petition.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char text[4096], again[YB_FEEDBACK_CURSOR_TEXT];
    yb_feedback_place_t place;
    if (size < 2 || size - 2 >= sizeof text)
        return 0;
    memcpy(text, data + 2, size - 2);
    text[size - 2] = '\0';
    if (yb_feedback_cursor_parse(text, &place)) {
        yb_feedback_place_t back;
        YB_ASSERT(yb_feedback_cursor_parse(yb_feedback_cursor(&place, again), &back));
        YB_ASSERT(back.run_id == place.run_id && back.setl_id == place.setl_id && back.kind == place.kind);
    }
    yb_refusal_t why = { .code = YB_OK };
    yb_err_t err = yb_petition_text_check(text, "reason", &why);
    YB_ASSERT(err == why.code && (err == YB_OK || why.text[0] != '\0'));
    why = (yb_refusal_t){ .code = YB_OK };
    const yb_petition_kind_t kind = (yb_petition_kind_t)(data[0] % YB_PETITION_KINDS + 1);
    err = yb_petition_remedy_check(kind, (yb_remedy_t)(data[1] % YB_REMEDY_COUNT), text, "way", "drg", &why);
    YB_ASSERT(err == why.code && (err == YB_OK || why.text[0] != '\0'));
    return 0;
}
