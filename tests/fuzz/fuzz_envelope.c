/* libFuzzer: whatever bytes come, the gateway's reading of a message ends in a checked input or in a refusal
 * that can be answered. The first byte picks a transaction, so that every table is walked; the rest is the
 * body. */
#include <jansson.h>
#include <stdint.h>
#include <string.h>

#include "libcommon/crypto.h"
#include "services/gateway/edge/canon.h"
#include "services/gateway/edge/envelope.h"
#include "services/gateway/rules/tables.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(yb_arena_t *arena, const yb_refusal_t *why, const yb_fields_t *table)
{
    static const yb_answer_head_t head = {"141102202502220800000000000001", 1740182400123456};
    const char *answer;
    size_t len;
    YB_ASSERT(why->code != YB_OK && why->text[0]);
    yb_answer_refusal(arena, &head, why, table, 0, &answer, &len);
    json_t *parsed = json_loadb(answer, len, 0, NULL);
    YB_ASSERT(parsed != NULL);
    YB_ASSERT(json_string_length(json_object_get(parsed, "err_msg")) > 4);
    YB_ASSERT(json_integer_value(json_object_get(parsed, "infcode")) == -1);
    json_decref(parsed);
}

static yb_err_t check_hash(const yb_fields_t *table, const json_t *input, yb_arena_t *arena)
{
    uint8_t once[YB_CANON_HASH], again[YB_CANON_HASH];
    yb_sm3_t *sm3 = yb_sm3_create();
    YB_ASSERT(sm3 != NULL);
    yb_err_t err = yb_canon_hash(sm3, table, "H14110200001", input, arena, once);
    if (!err)
        err = yb_canon_hash(sm3, table, "H14110200001", input, arena, again);
    YB_ASSERT(err || memcmp(once, again, sizeof(once)) == 0);
    yb_sm3_destroy(&sm3);
    return err;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    const yb_fields_t *table = yb_tables_at(data[0] % yb_tables_count());
    yb_arena_t *arena = yb_arena_create((size_t)64 << 20);
    yb_envelope_t env = {0};
    yb_refusal_t why = {0};
    const yb_input_t *in;
    yb_err_t err = yb_envelope_parse((const char *)data + 1, size - 1, arena, &env, &why);
    const json_t *input = err ? NULL : json_object_get(env.root, "input");
    if (err) {
        check_answer(arena, &why, NULL);
    } else {
        if (yb_envelope_check(&env, arena, &why))
            check_answer(arena, &why, NULL);
        memset(&why, 0, sizeof(why));
        if (json_is_object(input) && yb_fields_read(table, input, arena, &in, &why))
            check_answer(arena, &why, table);
        if (json_is_object(input))
            YB_ASSERT(check_hash(table, input, arena) == YB_OK || yb_arena_used(arena) > 0);
    }
    yb_envelope_release(&env);
    yb_arena_destroy(&arena);
    return 0;
}
