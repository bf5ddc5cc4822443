/* libFuzzer: any bytes as a compiled scheme, its checksum made to fit: refused, or safe to group with. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "services/drg/rules/path.h"
#include "services/drg/scheme/image.h"

#define ALIGNMENT 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void group_one(const yb_scheme_t *scheme)
{
    static const yb_slice_t dx[] = { { "A1", 2 }, { "C1", 2 }, { "A1", 2 } }, px[] = { { "P1", 2 }, { "P2", 2 } };
    static yb_group_path_t path;
    static char text[YB_PATH_TEXT_MAX];
    const yb_group_case_t c = {
        .values = { 1, 70, YB_CASE_MISSING, 3000, 9 }, .dx = dx, .dx_count = 3, .px = px, .px_count = 2
    };
    yb_group_result_t result;
    yb_group_scratch_t *scratch = yb_group_scratch_create(scheme);
    YB_ASSERT(scratch != NULL);
    yb_group(scheme, scratch, &c, &result, &path);
    yb_path_text(scheme, &c, &path, text, sizeof text);
    yb_group_scratch_destroy(&scratch);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char detail[256];
    yb_scheme_t scheme;
    const size_t room = (size + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
    uint8_t *block = aligned_alloc(ALIGNMENT, room);
    YB_ASSERT(block != NULL);
    if (size > 0)
        memcpy(block, data, size);
    if (size >= sizeof(yb_scheme_header_t))
        yb_scheme_sign(block, size);
    if (yb_scheme_verify(block, size, &scheme, detail, sizeof detail) == YB_OK)
        group_one(&scheme);
    else
        YB_ASSERT(detail[0] != '\0');
    free(block);
    return 0;
}
