/* libFuzzer: any bytes as the nine tables of a scheme, separated by the byte 0x1E. They are refused with an error that
 * names a file, or compiled; what is compiled can be checked, and groups a case with its path. */
#include <stdint.h>
#include <string.h>

#include "services/drg/rules/path.h"
#include "services/drg/scheme/check.h"

#define SEPARATOR 0x1E

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void group_one(const yb_scheme_t *scheme)
{
    static const yb_slice_t dx[] = { { "A1", 2 }, { "C1", 2 }, { "M1", 2 } }, px[] = { { "P1", 2 } };
    static yb_group_path_t path;
    static char text[YB_PATH_TEXT_MAX];
    const yb_group_case_t c = {
        .values = { 1, 70, YB_CASE_MISSING, 3000, 9 }, .dx = dx, .dx_count = 3, .px = px, .px_count = 1
    };
    yb_group_result_t result;
    yb_group_scratch_t *scratch = yb_group_scratch_create(scheme);
    YB_ASSERT(scratch != NULL);
    yb_group(scheme, scratch, &c, &result, &path);
    YB_ASSERT((result.reason == YB_GROUP_NONE) == (result.drg_row != YB_GROUP_NO_ROW));
    yb_path_text(scheme, &c, &path, text, sizeof text);
    yb_group_scratch_destroy(&scratch);
}

static void tables_split(const char *data, size_t size, yb_slice_t tables[YB_TABLE_COUNT])
{
    for (size_t i = 0; i < YB_TABLE_COUNT; i++) {
        const char *end = size > 0 ? memchr(data, SEPARATOR, size) : NULL;
        const size_t len = end != NULL ? (size_t)(end - data) : size;
        tables[i] = (yb_slice_t){ data, len };
        data += end != NULL ? len + 1 : len;
        size -= end != NULL ? len + 1 : len;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    yb_slice_t text[YB_TABLE_COUNT];
    yb_scheme_tables_t *tables = NULL;
    yb_scheme_t *scheme = NULL;
    const yb_scheme_about_t about = { .name = "fuzz", .area = "" };
    yb_scheme_report_t report = yb_scheme_report_create(0);
    tables_split(size > 0 ? (const char *)data : "", size, text);
    yb_err_t err = yb_scheme_tables_parse(text, &report, &tables);
    if (err == YB_OK)
        err = yb_scheme_compile(tables, &about, &report, &scheme);
    YB_ASSERT((err == YB_OK) == (report.by_severity[YB_SCHEME_ERROR] == 0));
    if (err == YB_OK) {
        yb_scheme_check(tables, scheme, NULL, &report);
        group_one(scheme);
    }
    yb_scheme_destroy(&scheme);
    yb_scheme_tables_destroy(&tables);
    yb_scheme_report_clear(&report);
    return 0;
}
